"""Which inputs of a probe are used: those of some classes, and of these a random subset."""

import numpy as np
from sklearn.utils import check_random_state

from skactland._checks import check_count
from skactland._table import is_missing, plain_array


def choose_points(n_points, labels, classes, max_points, random_state):
    """Return the indices of the inputs to use, in increasing order.

    Those of the classes that are wanted, and of these a random subset of `max_points`.
    """
    indices = np.arange(n_points)
    if classes is not None:
        indices = indices[np.isin(labels, classes)]
    if max_points is None or check_count(max_points, "max_points") >= len(indices):
        return indices
    draw = check_random_state(random_state).choice(len(indices), max_points, replace=False)
    return indices[np.sort(draw)]


def check_labels(probe_labels, classes, by_class, inputs):
    """Return the probe's labels and the classes that are wanted, (None, None) if all inputs are."""
    if probe_labels is None:
        if classes is not None or by_class:
            raise ValueError("classes and by_class need probe_labels, one label an input.")
        return None, None
    if not inputs.are_ordered:
        raise ValueError(
            "The probe is a DataLoader whose sampler draws inputs at random or puts them in an "
            "order of its own, so that no probe_labels can be told to them; give its dataset, or "
            "an array in the order of the labels."
        )
    labels = _one_an_input(probe_labels, inputs.n_points)
    present = np.unique(labels)
    wanted = present if classes is None else _as_list(classes, present)
    return labels, wanted


def _one_an_input(probe_labels, n_points):
    """Return the labels as an array of one type; none may be missing."""
    if not hasattr(probe_labels, "__array__"):
        # NumPy would make a word of NaN, if others are words.
        probe_labels = np.array(probe_labels, dtype=object)
    labels = plain_array(probe_labels)
    if labels.shape != (n_points,):
        raise ValueError(
            f"probe_labels must hold one label for each of the {n_points} inputs, got shape "
            f"{labels.shape}."
        )
    values = np.ma.asarray(labels).tolist()  # masked ones become None
    for i, label in enumerate(values):
        if np.ndim(label):
            raise ValueError(f"probe_labels must hold one label an input; input {i} has {label!r}.")
        if is_missing(label):
            raise ValueError(
                f"probe_labels: the label of input {i} is missing (NaN or None); drop that input "
                "of the probe too, or give it a class of its own."
            )
    kinds = {"text" if isinstance(label, str) else "numbers" for label in values}
    if len(kinds) > 1:
        raise TypeError("probe_labels must be of one type, got both text and numbers.")
    return np.array(values)


def _as_list(classes, present):
    """Return the classes that are wanted, each one that the probe has."""
    try:
        wanted = np.asarray(classes)
    except ValueError:  # lists of different lengths
        wanted = np.array(None)
    names = wanted.tolist() if wanted.ndim == 1 else []
    if not names or len(set(names)) < len(names) or not set(names) <= set(present.tolist()):
        raise ValueError(
            f"classes must be a list of different labels that the probe has, {present.tolist()}; "
            f"got {classes!r}."
        )
    return wanted


def check_every_class(labels, classes):
    """Refuse a draw that leaves a class without inputs."""
    empty = sorted(set(classes.tolist()) - set(labels.tolist()))
    if empty:
        raise ValueError(
            f"None of the {len(labels)} inputs drawn is of class {empty[0]!r}; raise max_points, "
            "or leave it out of `classes`."
        )
