"""Digests by content: equal for copies, different after any change that could matter.

``joblib.hash`` of a module differs with every copy, since it pickles hooks, flags and identities.
"""

import copyreg
import functools
import hashlib
import sys
import sysconfig
import types

import numpy as np
import torch
from torch import nn

from skactland.activations._isolation import unwrap

# What every module carries, and what changes without changing its outputs here.
_BOOKKEEPING = set(vars(nn.Module())) | {
    "_compiled_call_impl",
    "_flat_weight_refs",
    "_is_torch_compile",
}
_CLASS_BOOKKEEPING = {
    "__abstractmethods__",
    "__annotations__",
    "__dict__",
    "__doc__",
    "__firstlineno__",
    "__module__",
    "__orig_bases__",
    "__parameters__",
    "__qualname__",
    "__slotnames__",
    "__slots__",
    "__static_attributes__",
    "__weakref__",
    "_abc_impl",
}
_ATOMS = (type(None), bool, int, float, complex, str, bytes, type(...), range, slice)
_TORCH_ATOMS = (torch.dtype, torch.device, torch.layout, torch.memory_format, torch.qscheme)
_BUILTINS = (types.BuiltinFunctionType, types.MethodWrapperType, types.WrapperDescriptorType)
_DESCRIPTORS = (types.GetSetDescriptorType, types.MemberDescriptorType, types.MethodDescriptorType)
_WRAPPERS = (staticmethod, classmethod, types.MethodType)
# What is followed of the global variables that a function reads; others may hold anything.
_FOLLOWED = (
    *_ATOMS,
    *_TORCH_ATOMS,
    np.ndarray,
    torch.Tensor,
    type,
    types.FunctionType,
    types.ModuleType,
)
_LIBRARIES = tuple(sysconfig.get_paths()[kind] for kind in ("stdlib", "purelib", "platlib"))


class Undigestible(TypeError):
    """There is content that cannot be seen, so that no digest could tell a change of it."""


def digest(*values):
    """Return a digest of some values as a short text.

    Raises
    ------
    Undigestible
        If there is content that cannot be seen, such as that of a generator.
    """
    whole = _Digest()
    try:
        for value in values:
            whole.add(value)
    except RecursionError as error:
        raise Undigestible("it is nested too deeply") from error
    return whole.hexdigest()


class _Digest:
    """A hash that is fed with values, types and lengths of all they hold.

    An object that comes again is fed as a reference to its first coming: so sharing is seen, and
    what is shared is walked through once.
    """

    def __init__(self):
        self._hash = hashlib.blake2b(digest_size=20)
        self._seen = {}  # by id; the objects are kept, lest an id be used again
        self._trail = []

    def hexdigest(self):
        return self._hash.hexdigest()

    def add(self, value):
        """Feed one value, and all that it holds."""
        if isinstance(value, (*_ATOMS, *_TORCH_ATOMS, np.dtype)):
            self._atom(value)
        elif isinstance(value, tuple):
            self._text(_name(type(value)))
            self._items(value)
        elif id(value) in self._seen:
            self._text(f"as before: {self._seen[id(value)][0]}")
        else:
            self._seen[id(value)] = len(self._seen), value
            self._text(_name(type(value)))
            self._object(value)

    def _atom(self, value):
        """Feed a value that is known by its text; a subclass may write itself in its own way."""
        base = next(kind for kind in (*_ATOMS, *_TORCH_ATOMS, np.dtype) if isinstance(value, kind))
        self._text(_name(type(value)))
        self._text(base.__repr__(value))

    def _object(self, value):
        if isinstance(value, nn.Module):
            self._module(value)
        elif isinstance(value, torch.Tensor):
            self._tensor(value)
        elif isinstance(value, (np.ndarray, np.generic)):
            self._array(np.asarray(value))
        elif isinstance(value, dict):
            self._items(value.items())
        elif isinstance(value, list):
            self._items(value)
        elif isinstance(value, (set, frozenset)):
            self._items(sorted(map(digest, value)))
        elif isinstance(value, torch.Generator):
            self.add(value.get_state())
        else:
            self._code_or_instance(value)

    def _code_or_instance(self, value):
        if isinstance(value, types.FunctionType):
            self._function(value)
        elif isinstance(value, types.CodeType):
            self._items((value.co_code, value.co_consts, value.co_names, value.co_varnames))
        elif isinstance(value, types.CellType):
            self._items([value.cell_contents] if _is_filled(value) else [])
        elif isinstance(value, functools.partial):
            self._items((value.func, value.args, value.keywords))
        elif isinstance(value, _WRAPPERS):
            self._items((value.__func__, getattr(value, "__self__", None)))
        elif isinstance(value, property):
            self._items((value.fget, value.fset, value.fdel))
        elif isinstance(value, types.ModuleType):
            self._items((value.__name__, _version(value.__name__)))
        elif isinstance(value, type):
            self._class(value)
        elif isinstance(value, (*_BUILTINS, *_DESCRIPTORS)):
            self._items((value.__qualname__, getattr(value, "__self__", None)))
        else:
            self._instance(value)

    def _text(self, text):
        data = text.encode()
        self._hash.update(f"{len(data)}:".encode() + data)

    def _items(self, items):
        items = list(items)
        self._text(str(len(items)))
        for item in items:
            self.add(item)

    def _named(self, items):
        """Feed values with their names, which tell where it was if one cannot be digested."""
        items = list(items)
        self._text(str(len(items)))
        for name, value in items:
            self._text(str(name))
            self._trail.append(str(name))
            self.add(value)
            self._trail.pop()

    def _array(self, values):
        self._text(f"{values.dtype} {values.shape}")
        if values.dtype.hasobject:
            self._items(values.ravel().tolist())
        else:
            self._hash.update(np.ascontiguousarray(values).reshape(-1).view(np.uint8).data)

    def _tensor(self, values):
        values = values.detach()
        self._text(f"{values.dtype} {tuple(values.shape)} {values.layout}")
        if values.is_quantized:
            self._items((values.int_repr(), values.dequantize()))
        elif values.layout == torch.sparse_coo:
            values = values.coalesce()
            self._items((values.indices(), values.values()))
        elif values.layout != torch.strided or values.is_nested:
            raise self._undigestible(values)
        elif not values.is_meta:
            values = values.cpu().resolve_conj().resolve_neg().contiguous()
            self._array(values.reshape(-1).view(torch.uint8).numpy())

    def _module(self, module):
        """Feed a module: its class, attributes, the user's hooks, weights and children."""
        self.add(type(module))
        names = sorted(set(vars(module)) - _BOOKKEEPING)
        self._named((name, vars(module)[name]) for name in names)
        self._items(module._forward_pre_hooks.values())
        self._items(module._forward_hooks.values())
        self._named(module._parameters.items())
        self._named(module._buffers.items())
        self._named(
            (name, None if child is None else unwrap(child))
            for name, child in module._modules.items()
        )

    def _class(self, kind):
        """Feed a class: that of a library by name and version, another by what it defines."""
        self._text(_name(kind))
        if _is_of_library(kind.__module__):
            self._text(_version(kind.__module__))
            return
        self._items(kind.__bases__)
        self._named(
            (name, value)
            for name, value in sorted(vars(kind).items())
            if name not in _CLASS_BOOKKEEPING and not isinstance(value, _DESCRIPTORS)
        )

    def _function(self, function):
        """Feed what a function does: its code, not where it was written, and what that reads."""
        if _is_of_library(function.__module__):
            self._items((_name(function), _version(function.__module__)))
        self._items((function.__code__, function.__defaults__, function.__kwdefaults__))
        self._items(function.__closure__ or ())
        if not _is_of_library(function.__module__):
            read = _names_read(function.__code__) & set(function.__globals__)
            values = {name: function.__globals__[name] for name in sorted(read)}
            self._named((k, v) for k, v in values.items() if isinstance(v, _FOLLOWED))

    def _instance(self, value):
        """Feed an object by what makes a copy of it."""
        self.add(type(value))
        reduce = copyreg.dispatch_table.get(type(value), lambda value: value.__reduce_ex__(2))
        try:
            parts = reduce(value)
        except Exception as error:  # any, as classes say in their own ways that they have none
            raise self._undigestible(value) from error
        if isinstance(parts, str):
            self._text(parts)
            return
        state, entries, pairs = (*parts[2:5], None, None, None)[:3]
        self._items(parts[:2])
        self.add(state)
        self._items(entries or ())
        self._items(pairs or ())

    def _undigestible(self, value):
        place = ".".join(self._trail) or "it"
        return Undigestible(f"{place} is a {_name(type(value))}, whose content cannot be seen")


def _name(value):
    return f"{value.__module__}.{value.__qualname__}"


def _is_filled(cell):
    try:
        cell.cell_contents  # noqa: B018
    except ValueError:
        return False
    return True


def _names_read(code):
    """Return the names that code, and the functions within it, may look up among the globals."""
    inner = (const for const in code.co_consts if isinstance(const, types.CodeType))
    return set(code.co_names).union(*map(_names_read, inner))


def _is_of_library(module_name):
    """Tell whether a module is installed rather than the user's own, which may change."""
    module = sys.modules.get(module_name or "")
    if module is None or module_name == "__main__":
        return False
    file = getattr(module, "__file__", None)
    return file is None or file.startswith(_LIBRARIES)


def _version(module_name):
    package = sys.modules.get((module_name or "").partition(".")[0])
    return str(getattr(package, "__version__", ""))
