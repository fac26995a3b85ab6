"""The columns that are no layers: what a network is shown, and what it makes of it."""

import numpy as np
import torch

from skactland.activations._outputs import LayerOutputError, find_part, parts_of, tensors_in


def input_rows(entries):
    """Return what a network is shown as points."""
    if list(entries) != [None]:
        raise LayerOutputError(
            f"include_input needs a probe of one array, and it has {list(entries)}."
        )
    rows = entries[None].flatten(1) if entries[None].ndim > 1 else entries[None]
    return rows if rows.is_floating_point() else rows.float()


def logits(output, key):
    """Return what a network gives: the part that is wanted, that called "logits", or the only one.

    Parameters
    ----------
    output : object
        What its forward pass returned.
    key : str, int, callable or None
        As the `output` of :func:`~skactland.extract_activations`.
    """
    for wanted in (key, "logits"):
        if wanted is not None and not isinstance(output, torch.Tensor):
            part, found = find_part(output, wanted)
            if found is True:
                output = part
                break
    given = list(tensors_in(output))
    if len(given) != 1:
        raise LayerOutputError(
            f"the network's output, {type(output).__name__}, has {len(given)} tensors"
            f"{_names(output)}, and none is called 'logits'; choose one with `output`."
        )
    return given[0]


def _names(output):
    names = list(parts_of(output))
    return f", {names}" if names else ""


def softmax(values):
    """Return the class probabilities that logits stand for.

    One logit z, as of a network for two classes, stands for those of logits (0, z): its sigmoid is
    the probability of the second class.
    """
    values = _rows_of_logits(values, "include_softmax", "choose another part with `output`")
    values = values.float() if values.dtype.itemsize < 4 else values
    if values.shape[1] == 1:
        values = torch.cat([torch.zeros_like(values), values], dim=1)
    return torch.softmax(values, dim=1)


def class_scores(values):
    """Return the scores of classes that predictions are made from, a row an input."""
    remedy = (
        "choose the part that holds them with `output`; a network that scores no classes, or more "
        "than one row an input, has no such column"
    )
    return _rows_of_logits(values, "include_classes", remedy)


def predicted_classes(scores):
    """Return the class of the largest score of each input, the first of equal ones, (n_points,).

    One logit z stands for the logits (0, z), as in `softmax`: class 1 where it is positive.
    """
    if scores.shape[1] == 1:
        return (scores[:, 0] > 0).astype(np.int64)
    return scores.argmax(axis=1).astype(np.int64)


def _rows_of_logits(values, wanted_by, remedy):
    """Return logits as a tensor of shape (n_points, n_classes), or refuse what is none."""
    if isinstance(values, torch.Tensor) and values.ndim == 1:
        values = values[:, None]
    is_tensor = isinstance(values, torch.Tensor)
    if is_tensor and values.ndim == 2 and values.shape[1] and values.is_floating_point():
        return values
    kind = f"{values.dtype} of shape {tuple(values.shape)}" if is_tensor else type(values).__name__
    raise LayerOutputError(
        f"{wanted_by} needs logits of shape (n_points, n_classes) as the network's output, got "
        f"{kind}; {remedy}."
    )
