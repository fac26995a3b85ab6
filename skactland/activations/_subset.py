"""Which inputs of a probe are used: those of some classes, and of these a random subset."""

import numpy as np
from sklearn.utils import check_random_state

from skactland._checks import check_count


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
    if inputs.are_drawn:
        raise ValueError(
            "The probe is a DataLoader that draws its inputs at random, so that no probe_labels "
            "can be told to them; give a Dataset, or an array in the order of the labels."
        )
    labels = np.asarray(probe_labels)
    if labels.shape != (inputs.n_points,):
        raise ValueError(
            f"probe_labels must hold one label for each of the {inputs.n_points} inputs, got shape "
            f"{labels.shape}."
        )
    present = np.unique(labels)
    wanted = present if classes is None else np.asarray(classes)
    names = wanted.tolist()
    is_list = wanted.ndim == 1 and len(wanted) > 0
    if not is_list or len(set(names)) < len(names) or not set(names) <= set(present.tolist()):
        raise ValueError(
            f"classes must be a list of different labels that the probe has, {present.tolist()}; "
            f"got {classes!r}."
        )
    return labels, wanted


def check_every_class(labels, classes):
    """Refuse a draw that leaves a class without inputs."""
    empty = sorted(set(classes.tolist()) - set(labels.tolist()))
    if empty:
        raise ValueError(
            f"None of the {len(labels)} inputs drawn is of class {empty[0]!r}; raise max_points, "
            "or leave it out of `classes`."
        )
