"""The names of columns, and their grammar.

A column of diagrams is named after its layer and degree, ``fc1__H1``, or ``H1`` where the layer has
no name; the column of the simplices that begin and end its bars is ``fc1__H1__simplices``.
"""

from sklearn.base import OneToOneFeatureMixin

_SIMPLICES = "__simplices"


def column_names(estimator, input_features=None):
    """Return the names of the columns that a fitted estimator takes, as scikit-learn finds them."""
    return OneToOneFeatureMixin.get_feature_names_out(estimator, input_features)


def diagram_column(layer, degree):
    """Return the name of a column of diagrams."""
    return f"{layer}__H{degree}" if layer else f"H{degree}"


def simplices_column(diagrams):
    """Return the name of the column of simplices beside a column of diagrams."""
    return diagrams + _SIMPLICES


def is_simplices_column(name):
    """Tell whether a column is named as one of simplices."""
    return str(name).endswith(_SIMPLICES)


def layer_and_degree(name):
    """Return what a column of diagrams is named after: ("fc1", 1) for fc1__H1, ("", 0) for H0.

    The degree is None if the name does not end in one.
    """
    layer, _, ending = str(name).rpartition("__")
    if ending.startswith("H") and ending[1:].isdecimal():
        return layer, int(ending[1:])
    return str(name), None


def by_degree(names):
    """Return the layers and degrees of columns, in order, and where each pair of them stands.

    Returns
    -------
    layers : list of str
    degrees : list of int or None
    places : dict of (str, int or None) to int
    """
    keys = [layer_and_degree(name) for name in names]
    layers = list(dict.fromkeys(layer for layer, _ in keys))
    degrees = sorted({q for _, q in keys}, key=lambda q: -1 if q is None else q)
    return layers, degrees, {key: j for j, key in enumerate(keys)}
