"""Which axis of a layer's output counts inputs, units and tokens: followed, never guessed.

What the axes of the probe count is known. While a few inputs run through a network, each operation
says what it does to them (:mod:`~skactland.activations._axis_rules`), and each module of a known
kind says where its units are. So a permutation is seen where it happens, and the ReLU after it has
the axes that its input had. Sizes never tell: a network of 8 tokens and 8 units is followed as any
other.
"""

import torch
from torch import nn
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves
from torch.utils.weak import WeakIdKeyDictionary

from skactland.activations._axis_rules import (
    INPUTS,
    RULES,
    UNITS,
    Positions,
    Share,
    axis,
    elementwise,
    unknown,
)

CHANNELS_FIRST = (
    nn.modules.conv._ConvNd,
    nn.modules.batchnorm._NormBase,
    nn.GroupNorm,
    nn.LocalResponseNorm,
    nn.modules.pooling._MaxPoolNd,
    nn.modules.pooling._AvgPoolNd,
    nn.modules.pooling._AdaptiveAvgPoolNd,
    nn.modules.pooling._AdaptiveMaxPoolNd,
    nn.modules.pooling._LPPoolNd,
    nn.PixelShuffle,
    nn.Upsample,
)
CHANNELS_LAST = (
    nn.Linear,
    nn.Bilinear,
    nn.Embedding,
    nn.LayerNorm,
    nn.RMSNorm,
    nn.RNNBase,
    nn.MultiheadAttention,
    nn.TransformerEncoderLayer,
    nn.TransformerDecoderLayer,
)


class Axes(TorchDispatchMode):
    """What the axes of tensors count, as far as it is known.

    A context in which torch's operations are followed. `entries` are the probe's tensors in this
    batch, by the name of the argument (None for a single one), with inputs along their first axis.
    """

    def __init__(self, entries):
        super().__init__()
        self._known = WeakIdKeyDictionary()
        for name, tensor in entries.items():
            if tensor.ndim:
                positions = [
                    axis(Positions(name, i), size) for i, size in enumerate(tensor.shape) if i
                ]
                self._known[tensor] = (axis(INPUTS, len(tensor)), *positions)

    def of(self, tensor):
        """Return the axes of a tensor, None if nothing is known of them."""
        return self._known.get(tensor) if isinstance(tensor, torch.Tensor) else None

    def __torch_dispatch__(self, function, types, args=(), kwargs=None):
        """Run an operation, and follow the axes of what it is given."""
        result = function(*args, **(kwargs or {}))
        name = function._schema.name.partition("::")[2]
        rule = RULES.get(name)
        if rule is None and torch.Tag.pointwise in function.tags:
            rule = elementwise
        if rule is not None and any(self.of(x) for x in tree_leaves(args)):
            for tensor in result if isinstance(result, (tuple, list)) else [result]:
                self._follow(rule, args, tensor)
        return result

    def _follow(self, rule, args, tensor):
        if not isinstance(tensor, torch.Tensor):
            return
        shape = tuple(tensor.shape)
        found = rule(self.of, args, shape)
        if found and tuple(_size(parts) for parts in found) == shape:
            self._known[tensor] = found
        else:  # written in place, perhaps: what was known of it no longer holds
            self._known.pop(tensor, None)

    def note_module(self, module, output, children):
        """Say where a module's output has its units, by its kind or by its children's agreement.

        What was followed counts for more than what children agree on, and a known kind for more
        than both. `children` are the outputs of the modules that it called.
        """
        if not isinstance(output, torch.Tensor) or output.ndim < 2:
            return
        shape = tuple(output.shape)
        place = _by_kind(module, output.ndim)
        if place is None and units_axis(self.of(output)) is None:
            place = self._agreement(children, output.ndim)
        if place is not None:
            known = list(self.of(output) or unknown(shape))
            known[place] = axis(UNITS, shape[place])
            self._known[output] = tuple(known)

    def _agreement(self, children, ndim):
        """Return where all children have their units, if that is one place."""
        children = [child for child in children if isinstance(child, torch.Tensor)]
        places = {
            _place(units_axis(self.of(child)), child.ndim) for child in children if child.ndim > 1
        }
        if len(places) != 1 or (place := places.pop()) is None:
            return None
        return {"first": 1, "last": ndim - 1}[place]


def _size(parts):
    size = 1
    for part in parts:
        size *= part.size
    return size


def _by_kind(module, ndim):
    if isinstance(module, CHANNELS_LAST):
        if isinstance(module, nn.LayerNorm | nn.RMSNorm) and len(module.normalized_shape) > 1:
            return None
        return ndim - 1
    return 1 if isinstance(module, CHANNELS_FIRST) else None


def _place(units, ndim):
    """Return "first" or "last", None for units elsewhere."""
    if units is None:
        return None
    return "last" if units == ndim - 1 else "first" if units == 1 else None


def units_axis(axes):
    """Return the axis that holds all units of a layer, None if there is no such, or it is unknown.

    Where heads and the units of each head have axes of their own, neither is it.
    """
    if axes is None:
        return None
    places = [i for i, parts in enumerate(axes) if any(_is_of_units(part) for part in parts)]
    whole = len(places) == 1 and all(part.of == UNITS for part in axes[places[0]])
    return places[0] if whole else None


def _is_of_units(part):
    return part.of == UNITS or isinstance(part.of, Share)


def inputs_axis(axes):
    """Return the axis that counts the inputs and nothing else, None if there is no such one."""
    places = [i for i, parts in enumerate(axes or ()) if any(part.of == INPUTS for part in parts)]
    whole = len(places) == 1 and all(part.of == INPUTS for part in axes[places[0]])
    return places[0] if whole else None


def inputs_outermost(axes):
    """Tell whether the first axis has the inputs as its outer factor: (n * m, ...) by inputs."""
    return bool(axes) and bool(axes[0]) and axes[0][0].of == INPUTS
