"""From a layer's output to points: tensors of any shape become rows."""

from dataclasses import fields, is_dataclass

import torch
from torch import nn

# Which modules give channels before positions, (n, c, l), and which after them, (n, t, d): what
# comes between, such as an activation, has the layout of the one before it.
CHANNELS_FIRST = (
    nn.Conv1d,
    nn.ConvTranspose1d,
    nn.BatchNorm1d,
    nn.InstanceNorm1d,
    nn.MaxPool1d,
    nn.AvgPool1d,
    nn.LPPool1d,
    nn.AdaptiveMaxPool1d,
    nn.AdaptiveAvgPool1d,
)
CHANNELS_LAST = (nn.Linear, nn.Embedding, nn.LayerNorm, nn.RNNBase, nn.MultiheadAttention)

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
    tensor : tensor of shape (n,), (n, d), (n, t, d) or (n, c, ...)
        Floating point.
    mask : boolean tensor of shape (n, t) or None
        Which tokens count; for an output of another length it does not apply.
    feature_map : str or None
        How an output is reduced that is a feature map; None if it is not.
    tokens : str
        How other outputs of three axes are reduced.
    """
    n_inputs = len(tensor)
    if feature_map is not None:
        rows = FEATURE_MAPS[feature_map](tensor)
    elif tensor.ndim == 3:
        mask = mask if mask is not None and mask.shape == tensor.shape[:2] else None
        rows = TOKENS[tokens](tensor, mask)
        if tokens == "positions" and mask is not None:
            return rows, mask.sum(1)
    else:
        rows = tensor.reshape(n_inputs, -1)
    return rows, torch.full((n_inputs,), len(rows) // max(n_inputs, 1), device="cpu")


def padded(nested):
    """Return a nested tensor of sequences as one tensor, and which of its tokens count."""
    lengths = torch.tensor([len(sequence) for sequence in nested.unbind()], device=nested.device)
    tokens = nested.to_padded_tensor(0.0)
    return tokens, torch.arange(tokens.shape[1], device=nested.device) < lengths[:, None]


def find_part(output, key):
    """Return the part of an output that has a key, and True; or the output, and the keys it has.

    `key` is a callable on the output, or an index or name in a tuple, dictionary or dataclass.
    """
    if callable(key):
        return key(output), True
    parts = _parts(output)
    values = list(parts.values())
    if key in parts:
        return parts[key], True
    if isinstance(key, int) and -len(values) <= key < len(values):
        return values[key], True
    return output, list(parts)


def _parts(output):
    """Return the parts of an output by name or position."""
    if isinstance(output, dict):
        return output
    if is_dataclass(output):
        return {field.name: getattr(output, field.name) for field in fields(output)}
    if hasattr(output, "_asdict"):
        return output._asdict()
    return dict(enumerate(output)) if isinstance(output, (list, tuple)) else {}


def first_tensor(output):
    """Return the first tensor in an output: tensor, tuple, list, dictionary or dataclass."""
    if isinstance(output, torch.Tensor):
        return output
    found = (first_tensor(part) for part in _parts(output).values())
    return next((tensor for tensor in found if tensor is not None), None)
