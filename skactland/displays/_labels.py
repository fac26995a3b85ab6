"""What networks are told apart by in a picture: numbers, such as accuracies, or names of groups."""

from numbers import Real

import numpy as np

from skactland._table import check_labels


def read_labels(labels, n_networks, name):
    """Return one label a network: an array of finite numbers, or of objects."""
    names, codes = check_labels(labels, n_networks, name)
    if all(isinstance(label, Real) and not isinstance(label, bool) for label in names):
        if not np.isfinite(names).all():
            raise ValueError(f"{name} must be finite, got {names[0]} to {names[-1]}.")
        return np.array(names)[codes]
    found = np.empty(len(names), dtype=object)
    found[:] = names
    return found[codes]


def are_numbers(labels):
    """Tell whether labels are numbers, which have an order that colours should show."""
    return labels.dtype != object
