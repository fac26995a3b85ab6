"""From a layer's output to points: tensors of any shape become rows."""

from dataclasses import fields, is_dataclass

import torch

FEATURE_MAPS = {
    "flatten": lambda maps: maps.flatten(1),
    "gap": lambda maps: maps.flatten(2).mean(2),
    "positions": lambda maps: maps.flatten(2).transpose(1, 2).flatten(0, 1),
}


def _mean_token(tokens, mask):
    if mask is None:
        return tokens.mean(1)
    weights = mask.to(tokens.dtype)[:, :, None]
    return (tokens * weights).sum(1) / weights.sum(1)


def _first_token(tokens, mask):
    if mask is None:
        return tokens[:, 0]
    return tokens[torch.arange(len(tokens), device=tokens.device), mask.int().argmax(1)]


def _last_token(tokens, mask):
    if mask is None:
        return tokens[:, -1]
    last = mask.shape[1] - 1 - mask.flip(1).int().argmax(1)
    return tokens[torch.arange(len(tokens), device=tokens.device), last]


TOKENS = {
    "mean": _mean_token,
    "cls": _first_token,
    "last": _last_token,
    "flatten": lambda tokens, mask: tokens.flatten(1),
    "positions": lambda tokens, mask: tokens.flatten(0, 1) if mask is None else tokens[mask],
}


def as_points(tensor, mask, feature_map, tokens):
    """Return an output as rows, and the number of rows that each input gave.

    Parameters
    ----------
    tensor : tensor of shape (n,), (n, d), (n, t, d) or (n, c, h, w, ...)
        Floating point.
    mask : boolean tensor of shape (n, t) or None
        Which tokens count; for an output of another length it does not apply.
    feature_map, tokens : str
        How outputs of four or more axes, and of three, are reduced.
    """
    n_inputs = len(tensor)
    if tensor.ndim == 3:
        mask = mask if mask is not None and mask.shape == tensor.shape[:2] else None
        rows = TOKENS[tokens](tensor, mask)
        if tokens == "positions" and mask is not None:
            return rows, mask.sum(1)
    else:
        rows = (
            FEATURE_MAPS[feature_map](tensor) if tensor.ndim > 3 else tensor.reshape(n_inputs, -1)
        )
    return rows, torch.full((n_inputs,), len(rows) // max(n_inputs, 1))


def find_tensor(output, key):
    """Return the tensor meant in a layer's output, None if there is none.

    `key` is a callable on the output, or an index or name in a tuple, dictionary or dataclass; by
    default, and where the output has no such part, the first tensor is taken.
    """
    if callable(key):
        return key(output)
    if key is not None and not isinstance(output, torch.Tensor):
        try:
            output = output[key]
        except (KeyError, IndexError, TypeError):
            output = getattr(output, str(key), output)
    return first_tensor(output)


def first_tensor(output):
    """Return the first tensor in an output: tensor, tuple, list, dictionary or dataclass."""
    if isinstance(output, torch.Tensor):
        return output
    if isinstance(output, dict):
        output = output.values()
    elif is_dataclass(output) and not isinstance(output, type):
        output = [getattr(output, field.name) for field in fields(output)]
    elif not isinstance(output, (list, tuple)):
        return None
    found = (first_tensor(part) for part in output)
    return next((tensor for tensor in found if tensor is not None), None)
