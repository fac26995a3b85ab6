"""A first look at a network: which of its modules are called, and what they give."""

from dataclasses import dataclass
from itertools import chain

import torch
from torch.nn.utils.rnn import PackedSequence

from skactland.activations._hooks import Listener
from skactland.activations._outputs import (
    LayerOutputError,
    check_tensor,
    find_part,
    first_tensor,
    tensors_in,
)


@dataclass
class Seen:
    """What one call of a module gave.

    Attributes
    ----------
    tensor : Tensor, PackedSequence or None
        A copy of the part that is wanted, of a layer that may be: a later layer may overwrite it.
    shape : tuple of int or None
        Its shape.
    is_leaf : bool
        Whether no module was called within, or what it gave is none of what these gave.
    axes : tuple or None
        What is known of the axes of that tensor, if they were followed.
    is_constant : bool
        Whether it is the same for all inputs, and computed from nothing that the network is shown.
    depends : bool
        Whether it is computed from what the network is shown, as far as that was followed.
    """

    tensor: object
    shape: tuple | None
    is_leaf: bool
    axes: tuple | None
    is_constant: bool
    depends: bool = True


class Look(Listener):
    """One forward pass in which all modules are listened to.

    Parameters
    ----------
    modules : dict of str to Module
        The modules, by their first names.
    wanted : dict of str to bool
        The names of possible layers, and whether they are such only if they are leaves.
    reading : Reading
    axes : Axes or None
        Where axes are followed in this pass.

    Attributes
    ----------
    seen : dict of (str, int) to Seen
        What was noted, by name and call, in the order of the calls.
    draws : bool
        Whether the pass drew random numbers.
    """

    def __init__(self, modules, wanted, reading, axes=None):
        super().__init__(modules, reading.call)
        self.wanted = wanted
        self.reading = reading
        self.axes = axes
        self.seen = {}
        self.draws = False
        self._parts = {}
        self._within = []

    def enter(self, name, args):
        """Begin to collect what is called within a module."""
        self._within.append((name, args if self.axes is not None else (), []))

    def leave(self, name, module, output, call):
        """Note what a module gave."""
        while (entry := self._within.pop())[0] != name:
            pass  # modules that raised, and whose caller went on, never returned
        _, args, children = entry
        first = first_tensor(output)
        if self.axes is not None:
            self.axes.note_module(module, args, first, [child for child, _ in children])
        is_leaf = not children or _is_own(first, children)
        if name in self.wanted and (is_leaf or not self.wanted[name]):
            self.note_parts(name, output)
            self.note((name, call), self.reading.choose(output), is_leaf)
        if self._within:
            given = [(each, _version(each)) for each in tensors_in(output)]
            self._within[-1][2].append((first, given))

    def note(self, key, tensor, is_leaf=False):
        """Note what a layer gave, or the network."""
        if isinstance(tensor, torch.Tensor) and tensor.is_meta:
            check_tensor(tensor, tensor)  # before what is computed from it fails
        axes = None if self.axes is None else self.axes.of(tensor)
        self.seen.pop(key, None)  # of several calls the last one counts, and its place in the order
        copy = tensor.detach().clone() if isinstance(tensor, torch.Tensor) else tensor
        is_plain = isinstance(tensor, torch.Tensor) and not tensor.is_nested
        shape = tuple(tensor.shape) if is_plain else None
        # What is computed beside torch, in NumPy say, is not followed; but it has other rows.
        depends = not is_plain or self.axes is None or self.axes.depends(tensor)
        is_constant = not depends and bool((tensor == tensor[:1]).all())
        self.seen[key] = Seen(copy, shape, is_leaf, axes, is_constant, depends)

    def note_parts(self, name, output):
        """Note whether an output of several parts has the one that is wanted."""
        key = self.reading.output
        if isinstance(key, (str, int)) and not isinstance(output, torch.Tensor):
            self._parts[name] = find_part(output, key)[1]

    def check_parts(self):
        """Refuse a key for parts of outputs that no output has."""
        if self._parts and not any(found is True for found in self._parts.values()):
            name, there = next(iter(self._parts.items()))
            raise LayerOutputError(
                f"no output has a part {self.reading.output!r}; that of {name!r} has {there}."
            )


def _is_own(tensor, children):
    """Tell whether a module computed a tensor itself: no child gave it, nor what it is a view of.

    A child's tensor that was written to since then is the module's own again.
    """
    given = chain.from_iterable(tensors for _, tensors in children)
    return tensor is not None and not any(
        _storage(tensor) == _storage(each) and _version(each) == version for each, version in given
    )


def _storage(tensor):
    """Return what tells whose memory a tensor is: its storage, or itself where it has none."""
    tensor = tensor.data if isinstance(tensor, PackedSequence) else tensor
    try:
        return tensor.untyped_storage().data_ptr() or id(tensor)
    except (NotImplementedError, RuntimeError):  # nested, sparse and other kinds
        return id(tensor)


def _version(tensor):
    tensor = tensor.data if isinstance(tensor, PackedSequence) else tensor
    return 0 if tensor.is_inference() else tensor._version
