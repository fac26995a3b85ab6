"""What networks are told apart by in a picture: numbers, such as accuracies, or names of groups."""

from numbers import Real

import numpy as np

from skactland._table import check_labels
from skactland.displays._base import check_text
from skactland.displays._names import natural_key


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


def name_of(labels, name, parameter):
    """Return what labels are called: as a parameter says, or as the series that they are is."""
    own = getattr(labels, "name", None)
    return own if check_text(name, parameter) is None and isinstance(own, str) else name


def are_numbers(labels):
    """Tell whether labels are numbers, which have an order that colours should show."""
    return labels.dtype != object


def in_order(labels):
    """Return the different labels: numbers as they grow, names as one counts (g2 before g10)."""
    found = np.unique(labels)
    if are_numbers(found):
        return found
    return found[sorted(range(len(found)), key=lambda i: natural_key(found[i]))]
