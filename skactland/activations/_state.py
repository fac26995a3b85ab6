"""What a network remembers of its forward passes, and how that is put back."""

import random
from collections import deque
from contextlib import suppress
from functools import partial
from itertools import chain, islice
from operator import is_

import numpy as np
import torch
from torch import nn

# What every module carries; buffers may be replaced, and are treated for themselves.
_NOT_PLAIN = set(vars(nn.Module()))
_OWN = _NOT_PLAIN - {"_buffers"}
_CONTAINERS = (list, dict, set, deque, bytearray)
_UNCHANGING = {type(None), bool, int, float, str}
# How deep containers are looked into, and how long ones; others hold data.
_DEPTH = 2
_FEW = 1000


class State:
    """The buffers, submodules and plain attributes of a network, as they are now.

    Each forward pass is to find the network as the first did: a unit that leaks, a memory or a
    counter would make what a batch gives depend on those before it. Attributes are put back that
    were replaced, added or removed, containers with other things in them, tensors and arrays that
    were written to, and generators that were drawn from. What lies in objects of other kinds is not
    seen.

    Parameters
    ----------
    modules : list of Module
        All modules of the network.
    """

    def __init__(self, modules):
        self._live = []
        self._containers = []
        self._arrays = []
        self._generators = []
        tensors = {}
        for module in modules:
            attributes = vars(module)
            tables = attributes, module._buffers, module._parameters, module._modules
            # A ScriptModule keeps its own out of reach.
            self._live += [table for table in tables if isinstance(table, dict)]
            plain = [value for name, value in attributes.items() if name not in _NOT_PLAIN]
            self._keep([*plain, *module._buffers.values()], tensors, depth=_DEPTH)
        self._names, self._values = list(self._names_now()), list(self._values_now())
        self._tensors = []
        for tensor in tensors.values():
            # These cannot be written to here; and subclasses need know nothing of copies.
            with suppress(NotImplementedError, RuntimeError, TypeError):
                if not (tensor.is_inference() or tensor.is_meta):
                    self._tensors.append((tensor, tensor.detach().clone()))

    def _keep(self, values, tensors, depth):
        """Note what some values are now, and of containers what they hold."""
        for value in values:
            if type(value) in _UNCHANGING:
                continue
            if isinstance(value, torch.Tensor) and not isinstance(value, nn.Parameter):
                tensors[id(value)] = value
            elif isinstance(value, np.ndarray) and value.flags.writeable:
                self._arrays.append((value, value.copy()))
            elif isinstance(value, _CONTAINERS):
                self._containers.append((value, value.copy()))
                held = value.values() if isinstance(value, dict) else value
                if depth and not isinstance(value, bytearray) and len(value) <= _FEW:
                    self._keep(held, tensors, depth - 1)
            elif isinstance(value, tuple) and depth:
                self._keep(value, tensors, depth - 1)
            else:
                self._generators += _with_states(value)

    def put_back(self):
        """Undo what forward passes did."""
        for put, state in self._generators:
            put(state)
        for array, values in self._arrays:
            if not np.array_equal(array, values):
                array[...] = values
        for tensor, values in self._tensors:
            # A write that changes nothing would still break a graph that needs the tensor.
            if tensor.layout != torch.strided or not torch.equal(tensor, values):
                with torch.no_grad():
                    tensor.copy_(values)
        for container, kept in self._containers:
            if not _holds_same(container, kept):
                _refill(container, kept)
        if self._tables_hold():
            return
        for table, kept in self._tables():
            if table.keys() != kept.keys() or not all(map(is_, table.values(), kept.values())):
                _refill_table(table, kept)

    def _tables(self):
        """Yield each table, and what it held."""
        names, values = iter(self._names[len(self._live) :]), iter(self._values)
        for table, n in zip(self._live, self._names, strict=False):
            yield table, dict(zip(islice(names, n), islice(values, n), strict=True))

    def _names_now(self):
        """Return the numbers of names in all tables, and then the names."""
        return chain(map(len, self._live), chain.from_iterable(self._live))

    def _values_now(self):
        return chain.from_iterable(map(dict.values, self._live))

    def _tables_hold(self):
        """Tell whether all tables hold the very things that they did, in their order.

        Of all at once, without a loop in Python: small networks are read in little more time.
        """
        return list(self._names_now()) == self._names and all(
            map(is_, self._values_now(), self._values)
        )


def _with_states(value):
    """Return how to put a generator's state back, and that state; nothing for what is none."""
    if isinstance(value, torch.Generator):
        return [(value.set_state, value.get_state())]
    if isinstance(value, np.random.RandomState):
        return [(value.set_state, value.get_state())]
    if isinstance(value, random.Random):
        return [(value.setstate, value.getstate())]
    if isinstance(value, np.random.Generator):
        return [(partial(setattr, value.bit_generator, "state"), value.bit_generator.state)]
    return []


def _refill_table(table, kept):
    """Put back what a table of attributes or buffers held, but for what is torch's own."""
    for name in [name for name in table if name not in kept and name not in _OWN]:
        del table[name]
    for name, value in kept.items():
        if name not in _OWN and table.get(name, table) is not value:
            table[name] = value
    if list(table) != list(kept):  # modules run in the order that they have in their table
        for name in kept:
            table[name] = table.pop(name)


def _holds_same(container, kept):
    """Tell whether a container holds the very things that it did."""
    if len(container) != len(kept):
        return False
    if isinstance(container, (set, bytearray)):
        return container == kept
    if isinstance(container, dict):
        pairs = zip(container.items(), kept.items(), strict=True)
        return all(a is b and x is y for (a, x), (b, y) in pairs)
    return all(x is y for x, y in zip(container, kept, strict=True))


def _refill(container, kept):
    container.clear()
    add = container.update if isinstance(container, (dict, set)) else container.extend
    add(kept)
