"""Which axis of a layer's output counts inputs, units and tokens: followed, never guessed.

What the axes of the probe count is known. While a few inputs run through a network, each operation
says what it does to them (:mod:`~skactland.activations._axis_rules`), and each module of a known
kind says where its units are. So a permutation is seen where it happens, and the ReLU after it has
the axes that its input had. Sizes never tell: a network of 8 tokens and 8 units is followed as any
other.
"""

import torch
from torch import nn
from torch.nn.utils.rnn import PackedSequence
from torch.overrides import TorchFunctionMode
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves
from torch.utils.weak import WeakIdKeyDictionary

from skactland.activations._axis_parts import (
    INPUTS,
    UNITS,
    Positions,
    axis,
    is_of_units,
    size_of,
    unknown,
    without_units,
)
from skactland.activations._axis_rules import RULES, elementwise

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

_SEEN_THROUGH = (torch.Tensor, str, int, float, complex, type(None))


class Axes(TorchDispatchMode):
    """What the axes of tensors count, as far as it is known.

    A context in which torch's operations are followed.

    Parameters
    ----------
    entries : dict of str to tensor
        The probe's tensors in this batch, by the name of the argument (None for a single one), with
        inputs along their first axis.
    given : object
        All that the network is given. What hides tensors, such as a graph, hides as well which
        layers are computed from it.
    """

    def __init__(self, entries, given):
        super().__init__()
        self._known = WeakIdKeyDictionary()
        self._computed = WeakIdKeyDictionary()
        leaves = tree_leaves(given)
        self._sees_all = all(isinstance(leaf, _SEEN_THROUGH) for leaf in leaves)
        for leaf in leaves:
            if isinstance(leaf, torch.Tensor):
                self._computed[leaf] = True
        for name, tensor in entries.items():
            if tensor.ndim:
                positions = [
                    axis(Positions(name, i), size) for i, size in enumerate(tensor.shape) if i
                ]
                self._known[tensor] = (axis(INPUTS, len(tensor)), *positions)

    def of(self, tensor):
        """Return the axes of a tensor, None if nothing is known of them.

        Those of packed or nested sequences are the axes that they have once padded.
        """
        if isinstance(tensor, PackedSequence):
            packed = self.of(tensor.data)
            return packed and (axis(INPUTS, int(tensor.batch_sizes[0])), *packed)
        return self._known.get(tensor) if isinstance(tensor, torch.Tensor) else None

    __call__ = of

    def depends(self, tensor):
        """Tell whether a tensor was computed from the probe, and not from constants alone."""
        return not self._sees_all or tensor in self._computed

    def __torch_dispatch__(self, function, types, args=(), kwargs=None):
        """Run an operation, and follow the axes of what it is given."""
        result = function(*args, **(kwargs or {}))
        name = function._schema.name.partition("::")[2]
        rule = RULES.get(name)
        if rule is None and torch.Tag.pointwise in function.tags:
            rule = elementwise
        if (function._schema.is_mutable and rule is not elementwise) or name == "copy_":
            self._forget_others(args)
        given = [x for x in tree_leaves((args, kwargs)) if isinstance(x, torch.Tensor)]
        if any(self.depends(tensor) for tensor in given):
            for tensor in result if isinstance(result, (tuple, list)) else [result]:
                if isinstance(tensor, torch.Tensor):
                    self._computed[tensor] = True
                    self._follow(rule, args, tensor)
        return result

    def _forget_others(self, args):
        """Forget the axes of what shares the memory that an operation has written to.

        It moved numbers, perhaps to where others count something else.
        """
        written = args[0] if args else None
        if not isinstance(written, torch.Tensor) or not written._is_view():
            return
        memory = _memory_of(written)
        for tensor in list(self._known):
            if tensor is not written and _memory_of(tensor) == memory:
                self._known.pop(tensor, None)

    def __enter__(self):
        """Follow also what torch takes apart before it dispatches it."""
        self._whole = _WholeFunctions(self)
        self._whole.__enter__()
        return super().__enter__()

    def __exit__(self, *error):
        """Follow no longer."""
        super().__exit__(*error)
        self._whole.__exit__(*error)

    def follow(self, name, args, tensor):
        """Note what a function makes of axes, by its name."""
        self._follow(RULES[name], args, tensor)

    def _follow(self, rule, args, tensor):
        """Note the axes of a result, if they are known."""
        if tensor.is_nested:  # of no shape; nearly all that is done to such keeps the axes
            known = self.of(args[0]) if args else None
            if known is not None:
                self._known[tensor] = known
            return
        shape = tuple(tensor.shape)
        try:
            found = rule and rule(self, args, shape)
        except (IndexError, TypeError, ValueError):
            found = None  # a variant of the operation, with other arguments than the rule knows
        if found and tuple(size_of(parts) for parts in found) == shape:
            self._known[tensor] = found
        else:  # written in place, perhaps: what was known of it no longer holds
            self._known.pop(tensor, None)

    def note_module(self, module, args, output, children):
        """Say where a module's output has its units, by its kind or by its children's agreement.

        What was followed counts for more than either.

        Parameters
        ----------
        module : Module
        args : tuple
            What it was called with.
        output : object
            What it gave, first of its tensors if there are several.
        children : list
            What the modules gave that it called.
        """
        args, output = ([_data(each) for each in args], _data(output))
        if not isinstance(output, torch.Tensor) or output.ndim < 2:
            return
        shape = (1,) * output.ndim if output.is_nested else tuple(output.shape)
        if isinstance(module, nn.RNNBase) and args:  # its steps run in code that is not followed
            self._known[output] = RULES["linear"](self, args, shape)
        if units_axis(self.of(output)) is not None:
            return
        place = _by_kind(module, output.ndim)
        if place is None:
            place = self._agreement(children, output.ndim)
        if place is not None:
            known = list(without_units(self.of(output) or unknown(shape)))
            known[place] = axis(UNITS, shape[place])
            self._known[output] = tuple(known)

    def _agreement(self, children, ndim):
        """Return where all children of as many axes have their units, if that is one place."""
        children = [c for c in children if isinstance(c, torch.Tensor) and c.ndim == ndim]
        places = {units_axis(self.of(child)) for child in children}
        return places.pop() if len(places) == 1 else None


class _WholeFunctions(TorchFunctionMode):
    """Functions that have a rule as a whole: dispatched, they are dozens of copies into views."""

    def __init__(self, axes):
        super().__init__()
        self.axes = axes

    def __torch_function__(self, function, types, args=(), kwargs=None):
        result = function(*args, **(kwargs or {}))
        if getattr(function, "__name__", None) == "_pad_packed_sequence":
            self.axes.follow("_pad_packed_sequence", args, result[0])
        return result


def _memory_of(tensor):
    """Return where a tensor's numbers lie, None for kinds that have no one place."""
    try:
        return tensor.untyped_storage().data_ptr()
    except (NotImplementedError, RuntimeError):
        return None


def _data(tensor):
    """Return the numbers of a packed sequence, (steps of all inputs, units); others as they are."""
    return tensor.data if isinstance(tensor, PackedSequence) else tensor


def _by_kind(module, ndim):
    """Return the axis where a kind of module has its units, None if that is not known.

    Of a class with a forward of its own nothing is known: one may well permute axes.
    """
    for kinds, place in ((CHANNELS_LAST, ndim - 1), (CHANNELS_FIRST, 1)):
        kind = next((kind for kind in kinds if isinstance(module, kind)), None)
        if kind is not None and type(module).forward.__module__.startswith("torch."):
            is_of_several = len(getattr(module, "normalized_shape", ())) > 1
            return None if is_of_several else place
    return None


def units_axis(axes):
    """Return the axis that holds all units of a layer, None if there is no such, or it is unknown.

    Where heads and the units of each head have axes of their own, neither is it.
    """
    if axes is None:
        return None
    places = [i for i, parts in enumerate(axes) if any(is_of_units(part) for part in parts)]
    whole = len(places) == 1 and all(part.of == UNITS for part in axes[places[0]])
    return places[0] if whole else None


def inputs_axis(axes):
    """Return the axis that counts the inputs and nothing else, None if there is no such one."""
    places = [i for i, parts in enumerate(axes or ()) if any(part.of == INPUTS for part in parts)]
    whole = len(places) == 1 and all(part.of == INPUTS for part in axes[places[0]])
    return places[0] if whole else None


def inputs_outermost(axes):
    """Tell whether the first axis has the inputs as its outer factor: (n * m, ...) by inputs."""
    return bool(axes) and bool(axes[0]) and axes[0][0].of == INPUTS
