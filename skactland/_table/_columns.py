"""The names of columns, and their grammar: layer, degree and what else they say."""

from sklearn.base import OneToOneFeatureMixin


def column_names(estimator, input_features=None):
    """Return the names of the columns that a fitted estimator takes, as scikit-learn finds them."""
    return OneToOneFeatureMixin.get_feature_names_out(estimator, input_features)


def layer_and_degree(name):
    """Return what a column of diagrams is named after: ("fc1", 1) for fc1__H1, ("", 0) for H0.

    The degree is None if the name does not end in one.
    """
    layer, _, ending = str(name).rpartition("__")
    if ending.startswith("H") and ending[1:].isdecimal():
        return layer, int(ending[1:])
    return str(name), None
