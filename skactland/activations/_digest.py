"""Digests by content: equal for copies, different after any change that could matter.

``joblib.hash`` of a module differs with every copy, since it pickles hooks, flags and identities.
"""

import functools
import hashlib
import re
import types

import numpy as np
import torch
from torch import nn

# What every module carries, and what changes without changing its outputs here.
_BOOKKEEPING = set(vars(nn.Module())) | {"_compiled_call_impl", "_flat_weight_refs"}


class _Digest:
    """A hash that is fed with values, types and lengths of all they hold."""

    def __init__(self):
        self._hash = hashlib.blake2b(digest_size=20)
        self._path = set()

    def hexdigest(self):
        return self._hash.hexdigest()

    def add(self, value):
        """Feed one value, and all that it holds."""
        if id(value) in self._path:
            return
        self._path.add(id(value))
        kind = type(value)
        self._text(f"{kind.__module__}.{kind.__qualname__}")
        if isinstance(value, nn.Module):
            self._module(value)
        elif isinstance(value, (torch.Tensor, np.ndarray)):
            self._numbers(value)
        elif isinstance(value, dict):
            self._items(value.items())
        elif isinstance(value, (list, tuple)):
            self._items(value)
        elif isinstance(value, (set, frozenset)):
            self._items(sorted(value, key=repr))
        elif isinstance(value, functools.partial):
            self._items((value.func, value.args, value.keywords))
        elif isinstance(value, types.MethodType):
            self._items((value.__func__, value.__self__))
        elif isinstance(value, (types.FunctionType, types.CodeType)):
            self._code(value)
        elif isinstance(value, types.CellType):
            self.add(value.cell_contents)
        elif isinstance(value, (type, types.BuiltinFunctionType, types.ModuleType)):
            self._text(f"{getattr(value, '__module__', '')}.{value.__name__}")
        elif hasattr(value, "__dict__"):
            self.add(vars(value))
        else:
            self._text(re.sub(r" at 0x[0-9a-f]+", "", repr(value)))
        self._path.discard(id(value))

    def _text(self, text):
        data = text.encode()
        self._hash.update(f"{len(data)}:".encode() + data)

    def _items(self, items):
        items = list(items)
        self._text(str(len(items)))
        for item in items:
            self.add(item)

    def _numbers(self, values):
        if isinstance(values, torch.Tensor):
            self._text(f"{values.dtype} {tuple(values.shape)}")
            values = values.detach().cpu().reshape(-1).view(torch.uint8).numpy()
        self._text(f"{values.dtype} {values.shape}")
        if values.dtype == object:
            self._items(values.ravel())
        else:
            self._hash.update(np.ascontiguousarray(values).reshape(-1).view(np.uint8).data)

    def _code(self, function):
        """Feed what a function does: its code, not where it was written."""
        code = getattr(function, "__code__", function)
        self._items((code.co_code, code.co_consts, code.co_names, code.co_varnames))
        for part in ("__defaults__", "__kwdefaults__", "__closure__"):
            self.add(getattr(function, part, None))

    def _module(self, module):
        """Feed a module: the code of its class, attributes, user's hooks, weights and children."""
        for kind in type(module).__mro__:
            if not kind.__module__.startswith("torch.") and kind is not object:
                self._items(f for f in vars(kind).values() if isinstance(f, types.FunctionType))
        names = sorted(set(vars(module)) - _BOOKKEEPING)
        self._items((name, vars(module)[name]) for name in names)
        self._items(module._forward_pre_hooks.values())
        self._items(module._forward_hooks.values())
        for parts in (module._parameters, module._buffers, module._modules):
            self._items(parts.items())


def digest(*values):
    """Return a digest of some values as a short text."""
    whole = _Digest()
    for value in values:
        whole.add(value)
    return whole.hexdigest()
