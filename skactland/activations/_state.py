"""What a network remembers of its forward passes, and how that is put back."""

from collections import deque
from operator import is_

import torch
from torch import nn

# What every module carries; buffers may be replaced, and are treated for themselves.
_NOT_PLAIN = set(vars(nn.Module()))
_OWN = _NOT_PLAIN - {"_buffers"}
_CONTAINERS = (list, dict, set, deque, bytearray)


class State:
    """The buffers and plain attributes of a network, as they are now.

    Each forward pass is to find the network as the first did: a unit that leaks, a memory or a
    counter would make what a batch gives depend on those before it. Attributes are put back that
    were replaced, added or removed, containers with other things in them, and tensors that were
    written to. What lies deeper is not seen.
    """

    def __init__(self, network):
        self._tables = []
        self._containers = []
        tensors = {}
        for module in network.modules():
            attributes = vars(module)
            self._tables.append((attributes, attributes.copy()))
            plain = [value for name, value in attributes.items() if name not in _NOT_PLAIN]
            if isinstance(module._buffers, dict):  # a ScriptModule keeps its own out of reach
                self._tables.append((module._buffers, module._buffers.copy()))
                plain += module._buffers.values()
            for value in plain:
                if isinstance(value, _CONTAINERS):
                    self._containers.append((value, value.copy()))
                elif isinstance(value, torch.Tensor) and not isinstance(value, nn.Parameter):
                    tensors[id(value)] = value
        self._tensors = [
            (tensor, tensor.detach().clone())
            for tensor in tensors.values()
            if not (tensor.is_inference() or tensor.is_meta)  # these cannot be written to here
        ]

    def put_back(self):
        """Undo what forward passes did."""
        for tensor, values in self._tensors:
            # A write that changes nothing would still break a graph that needs the tensor.
            if tensor.layout != torch.strided or not torch.equal(tensor, values):
                with torch.no_grad():
                    tensor.copy_(values)
        for container, kept in self._containers:
            if not _holds_same(container, kept):
                _refill(container, kept)
        for table, kept in self._tables:
            # Told without a loop in Python: small networks are read in little more time than this.
            if table.keys() != kept.keys() or not all(map(is_, table.values(), kept.values())):
                _refill_table(table, kept)


def _refill_table(table, kept):
    """Put back what a table of attributes or buffers held, but for what is torch's own."""
    for name in [name for name in table if name not in kept and name not in _OWN]:
        del table[name]
    for name, value in kept.items():
        if name not in _OWN and table.get(name, table) is not value:
            table[name] = value


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
