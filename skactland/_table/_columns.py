"""The names of columns, and their grammar.

A column of diagrams is named after its layer and degree, ``fc1__H1``, or ``H1`` where the layer has
no name; the column of the simplices that begin and end its bars is ``fc1__H1__simplices``, that of
the loops of its bars ``fc1__H1__cycles``.

The column of the classes that networks predict is ``classes``. Where points were chosen, those of
``fc1__sample0`` or ``fc1__class3`` have their classes in ``classes__sample0``, ``classes__class3``.
"""

from collections.abc import Hashable, Mapping, Set

import numpy as np
from sklearn.base import OneToOneFeatureMixin

from skactland._table._labels import is_missing

_SIMPLICES, _CYCLES = "__simplices", "__cycles"
_CLASSES = "classes"


def column_names(estimator, input_features=None):
    """Return the names of the columns that a fitted estimator takes, as scikit-learn finds them."""
    if input_features is not None:
        input_features = read_names(input_features, "input_features")
    return OneToOneFeatureMixin.get_feature_names_out(estimator, input_features)


def read_names(columns, called="columns"):
    """Return the names of columns as strings, of which no two are the same.

    Parameters
    ----------
    columns : sequence
        Strings, or what a data frame may have for names: numbers are written as they are, and the
        parts of a tuple (of a MultiIndex) are joined, ("fc1", "H1") to "fc1__H1".
    called : str, default="columns"
        The parameter, for the messages.
    """
    if isinstance(columns, str):
        columns = [columns]
    if isinstance(columns, (bytes, Mapping, Set)) or not np.iterable(columns):
        raise TypeError(
            f"{called} must be a sequence of names such as 'fc1__H1', got {type(columns).__name__}."
        )
    columns = list(columns)
    for name in columns:
        parts = name if isinstance(name, tuple) else [name]
        if not isinstance(name, Hashable) or any(map(is_missing, parts)):
            raise TypeError(f"{called} must hold names such as 'fc1__H1', got {name!r} among them.")
    if not columns:
        raise ValueError(f"{called} is empty; give one name at least.")
    names = ["__".join(map(str, n)) if isinstance(n, tuple) else str(n) for n in columns]
    twice = [name for name in dict.fromkeys(names) if names.count(name) > 1]
    if twice:
        raise ValueError(
            f"{called} must have different names, and {names.count(twice[0])} are called "
            f"{twice[0]!r}; rename them, or leave all but one out."
        )
    return names


def diagram_column(layer, degree):
    """Return the name of a column of diagrams."""
    return f"{layer}__H{degree}" if layer else f"H{degree}"


def simplices_column(diagrams):
    """Return the name of the column of simplices beside a column of diagrams."""
    return diagrams + _SIMPLICES


def cycles_column(diagrams):
    """Return the name of the column of cycles beside a column of diagrams."""
    return diagrams + _CYCLES


def is_simplices_column(name):
    """Tell whether a column is named as one of simplices, or of cycles, which are made of them."""
    return str(name).endswith((_SIMPLICES, _CYCLES))


def is_classes_column(name):
    """Tell whether a column is named as one of classes."""
    return str(name) == _CLASSES or str(name).startswith(f"{_CLASSES}__")


def classes_column_of(name, columns):
    """Return the column of classes that has those of a column's points, None if none is.

    It has the ending that the column has, the longest of several.

    Parameters
    ----------
    name : str
        The name of a column of clouds or diagrams.
    columns : sequence of str
        The names of the columns of classes. The only one, if it is not named as such, is for all.
    """
    if len(columns) == 1 and not is_classes_column(columns[0]):
        return columns[0]
    layer, _ = layer_and_degree(name)
    endings = {column: str(column).removeprefix(_CLASSES) for column in columns}
    fitting = [column for column in columns if layer.endswith(endings[column])]
    return max(fitting, key=lambda column: len(endings[column]), default=None)


def layer_and_degree(name):
    """Return what a column of diagrams is named after: ("fc1", 1) for fc1__H1, ("", 0) for H0.

    The degree is None if the name does not end in one.
    """
    # From the right, as a layer's own name may hold "__".
    layer, _, ending = str(name).rpartition("__")
    if ending.startswith("H") and ending[1:].isdecimal():  # isdigit() takes ² as well
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
    # None stands before all degrees, with which it cannot be compared.
    degrees = sorted({q for _, q in keys}, key=lambda q: -1 if q is None else q)
    return layers, degrees, {key: j for j, key in enumerate(keys)}
