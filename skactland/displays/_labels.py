"""What networks are told apart by in a picture: numbers, such as accuracies, or names of groups."""

from collections.abc import Mapping, Set
from numbers import Real

import numpy as np


def check_labels(labels, n_networks, name):
    """Return one label a network, an array of numbers or of what can be sorted."""
    if isinstance(labels, (str, bytes, Mapping, Set)) or not hasattr(labels, "__len__"):
        raise TypeError(
            f"{name} must be a sequence of one label for each of the {n_networks} networks, got "
            f"{labels!r}."
        )
    # As objects, since NumPy would make text of all if one is, and of NaN a group called "nan".
    values = np.asarray(labels if hasattr(labels, "__array__") else np.array(labels, object))
    if values.shape != (n_networks,):
        raise ValueError(
            f"{name} must hold one value for each of the {n_networks} networks, got shape "
            f"{values.shape}."
        )
    values = values.tolist()
    for i, value in enumerate(values):
        if value is None or value != value or (isinstance(value, Real) and abs(value) == np.inf):
            raise ValueError(f"{name}: network {i} has the label {value!r}; leave its row out.")
    is_number = [isinstance(value, Real) and not isinstance(value, bool) for value in values]
    if all(is_number):
        return np.array(values)
    if any(is_number) or len({type(value) for value in values}) > 1:
        raise TypeError(f"{name} must be all numbers or all names, got a mixture.")
    found = np.empty(n_networks, dtype=object)
    found[:] = values
    return found


def are_numbers(labels):
    """Tell whether checked labels are numbers, which have an order that colours should show."""
    return labels.dtype != object
