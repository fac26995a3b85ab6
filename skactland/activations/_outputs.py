"""From what a layer gives to one floating-point tensor, its inputs along the first axis."""

from dataclasses import dataclass, fields, is_dataclass, replace
from functools import lru_cache

import torch
from torch.nn.utils.rnn import PackedSequence, pad_packed_sequence

from skactland.activations._axes import inputs_axis, inputs_outermost, units_axis


class LayerOutputError(ValueError):
    """A layer's output cannot be read as points."""


class Unreadable(LayerOutputError):
    """A layer's output holds no activations, whatever is said of it."""


class SameForAll(Unreadable):
    """A layer's output is the same for all inputs: a table of positions, say, and no activation."""


def parts_of(output):
    """Return the parts of an output by name or position."""
    if isinstance(output, dict):
        return output
    if is_dataclass(output):
        return {field.name: getattr(output, field.name) for field in fields(output)}
    if hasattr(output, "_asdict"):
        return output._asdict()
    return dict(enumerate(output)) if isinstance(output, (list, tuple)) else {}


def find_part(output, key):
    """Return the part of an output that has a key, and True; or the output, and the keys it has.

    `key` is a callable on the output, or an index or name in a tuple, dictionary or dataclass.
    """
    if callable(key):
        return key(output), True
    parts = parts_of(output)
    values = list(parts.values())
    if key in parts:
        return parts[key], True
    if isinstance(key, int) and -len(values) <= key < len(values):
        return values[key], True
    return output, list(parts)


def tensors_in(output):
    """Yield the tensors in an output, in their order; a packed sequence counts as one."""
    if isinstance(output, (torch.Tensor, PackedSequence)):
        yield output
    else:
        for part in parts_of(output).values():
            yield from tensors_in(part)


def first_tensor(output):
    """Return the first tensor in an output: tensor, tuple, list, dictionary or dataclass."""
    return next(tensors_in(output), None)


def plain(tensor):
    """Return a tensor as one of numbers in rows, and which of its tokens count, None for all.

    Sequences of several lengths, nested or packed, are padded; quantised numbers become floats.
    """
    if isinstance(tensor, PackedSequence):
        tokens, lengths = pad_packed_sequence(tensor, batch_first=True)
        return tokens, _up_to(lengths.to(tokens.device), tokens.shape[1])
    if tensor.is_nested:
        lengths = torch.tensor([len(part) for part in tensor.unbind()], device=tensor.device)
        tokens = tensor.to_padded_tensor(0.0)
        return tokens, _up_to(lengths, tokens.shape[1])
    return tensor.dequantize() if tensor.is_quantized else tensor, None


def _up_to(lengths, n_tokens):
    return torch.arange(n_tokens, device=lengths.device) < lengths[:, None]


def check_tensor(tensor, output):
    """Refuse what holds no activations."""
    if tensor is None:
        raise Unreadable(f"its output, {type(output).__name__}, has no tensor; {_REMEDY}")
    kind = tensor.data if isinstance(tensor, PackedSequence) else tensor
    if kind.is_meta:
        raise Unreadable(
            "its output is on the meta device, without values; load the weights and constants "
            "that it is computed from, or leave this layer out with `exclude`."
        )
    if not (kind.is_floating_point() or kind.is_quantized):
        raise Unreadable(f"its output is {kind.dtype}, not floating point; {_REMEDY}")


_REMEDY = "choose another part with `output`, or leave this layer out with `exclude`."


@dataclass(frozen=True)
class Arrangement:
    """How the axes of a layer's output stand.

    Attributes
    ----------
    inputs : int
        The axis that counts the inputs.
    is_merged : bool
        Whether that axis counts the positions of each input as well, inputs outermost.
    units : int or None
        The axis of the units once the inputs come first; None if it is unknown.
    """

    inputs: int = 0
    is_merged: bool = False
    units: int | None = None

    def with_layout(self, layout, ndim):
        """Return the same where the user says which axis holds the units, of `ndim` in all."""
        if layout == "auto":
            return self
        last = ndim - 1 + self.is_merged
        return replace(self, units=1 if layout == "channels_first" else last)

    def apply(self, tensor, n_inputs):
        """Return a tensor with its inputs along the first axis."""
        if self.is_merged:
            return tensor.unflatten(0, (n_inputs, -1))
        return tensor.movedim(self.inputs, 0) if self.inputs else tensor


@lru_cache(maxsize=1024)
def arrangement(shape, n_inputs, axes, other=None):
    """Tell which axis of an output counts the inputs, and where its units are.

    It depends on nothing else, so that networks which are alike share what was found.

    Parameters
    ----------
    shape : tuple of int
        That of the output for `n_inputs` inputs.
    n_inputs : int
    axes : tuple or None
        What is known of its axes.
    other : (tuple of int, int) or None
        The shape of the same output for another number of inputs. The axis that follows the number
        is that of the inputs; without it, the one that is known to be, or else the first.
    """
    if other is None:
        found = inputs_axis(axes)
        following = [0 if found is None else found]
        following = [i for i in following if i < len(shape) and shape[i] == n_inputs]
    else:
        following = _following(shape, n_inputs, *other)
    # Where tokens are padded to the longest of a batch, their number may follow that of the inputs.
    if len(following) > 1 and inputs_axis(axes) in following:
        following = [inputs_axis(axes)]
    units = units_axis(axes)
    if not following:
        if _is_merged(shape, n_inputs, axes, other):
            return Arrangement(0, True, None if units is None else units + 1)
        raise _no_inputs(shape, n_inputs, other)
    if len(following) > 1:
        raise LayerOutputError(
            f"its output of shape {shape} for {n_inputs} inputs has more than one axis that counts "
            "inputs, so that its rows depend on each other; use rows='dependent', or leave this "
            "layer out with `exclude`."
        )
    inputs = following[0]
    if units is not None and units < inputs:
        units += 1
    return Arrangement(inputs, False, units)


def _following(shape, n_inputs, other_shape, n_others):
    """Return the axes whose sizes are those of both batches."""
    if len(shape) != len(other_shape):
        return []
    sizes = zip(shape, other_shape, strict=True)
    return [i for i, (a, b) in enumerate(sizes) if (a, b) == (n_inputs, n_others)]


def _is_merged(shape, n_inputs, axes, other):
    """Tell whether the first axis is known to have each input's positions in one block."""
    if not shape or not inputs_outermost(axes) or shape[0] % n_inputs:
        return False
    return other is None or shape[0] * other[1] == other[0][0] * n_inputs


def _no_inputs(shape, n_inputs, other):
    if other is not None and shape == other[0]:
        return SameForAll(
            f"its output has shape {shape} whatever the number of inputs, and no axis that counts "
            "them; leave this layer out with `exclude`."
        )
    return Unreadable(
        f"output of shape {shape} for a batch of {n_inputs} inputs, of which no axis counts the "
        "inputs; choose another part with `output`, or leave this layer out with `exclude`."
    )
