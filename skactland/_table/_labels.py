"""Labels that go with the rows of a table."""

from collections.abc import Sequence

import numpy as np


def check_labels(labels, n_rows, name):
    """Return the distinct labels of the rows, in order, as a list, and the code of each row's."""
    values = labels_of_rows(labels, n_rows, name)
    for row, value in enumerate(values):
        if is_missing(value):
            raise ValueError(
                f"{name}: the label of network {row} is missing (NaN or None); drop that row of "
                "the table too."
            )
    try:
        names = sorted(set(values))
    except TypeError as error:
        kinds = sorted({type(value).__name__ for value in values})
        raise TypeError(
            f"{name}: labels of one type are expected, such as text or numbers, got {kinds}."
        ) from error
    code_of = {name: code for code, name in enumerate(names)}
    return names, np.array([code_of[value] for value in values])


def labels_of_rows(labels, n_rows, name):
    """Return one label for each row, as Python's own objects.

    NumPy would make text of all labels if one of them is, and turn NaN into a group called "nan".
    """
    if not hasattr(labels, "__array__"):
        if isinstance(labels, (str, bytes)) or not isinstance(labels, Sequence):
            raise TypeError(
                f"{name} must be a sequence with one label for each of {n_rows} networks, got "
                f"{type(labels).__name__}."
            )
        try:
            labels = np.array(labels, dtype=object)
        except ValueError as error:
            raise ValueError(f"{name} must hold one label for each network.") from error
    labels = np.asarray(labels)
    if labels.shape != (n_rows,):
        raise ValueError(
            f"{name} must hold one label for each of {n_rows} networks, got shape {labels.shape}."
        )
    return labels.tolist()


def is_missing(value):
    """Tell what stands for no value: None, NaN and pandas' NA."""
    try:
        return value is None or bool(value != value)  # NaN alone is not itself
    except TypeError:  # pandas' NA is neither equal to itself nor not
        return True
