"""What a digest is fed of Python's and NumPy's kinds of values.

Of what is installed, name and version; of what the user has written, all that it does. Python's own
classes of code (functions, cells, methods) have no other way to be seen than their parts.
"""

import functools
import types

import numpy as np

from skactland._table._code import is_of_library, values_read, version
from skactland._table._digest import feed, name_of

_BUILTINS = (types.BuiltinFunctionType, types.MethodWrapperType, types.WrapperDescriptorType)
_DESCRIPTORS = (types.GetSetDescriptorType, types.MemberDescriptorType, types.MethodDescriptorType)
_WRAPPERS = (staticmethod, classmethod, types.MethodType)
# What Python writes into a class beside what its body defines.
_CLASS_BOOKKEEPING = {
    "__abstractmethods__",
    "__annotate_func__",
    "__annotations__",
    "__annotations_cache__",
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


@feed.register(set)
@feed.register(frozenset)
def _(values, whole):
    whole.unordered(values)


@feed.register(np.dtype)
def _(kind, whole):
    whole.text(str(kind))


@feed.register(np.generic)
def _(value, whole):
    whole.array(np.asarray(value))


@feed.register(np.ndarray)
def _(values, whole):
    if type(values) not in (np.ndarray, np.memmap):  # masked arrays, and others that hold more
        feed.dispatch(object)(values, whole)
        whole.add(getattr(values, "__dict__", None))
    else:
        whole.array(values)


@feed.register(types.ModuleType)
def _(module, whole):
    """Feed a module: that of a library by its version, the user's by what it holds."""
    whole.text(module.__name__)
    if is_of_library(module.__name__):
        whole.text(version(module.__name__))
    else:
        names = (name for name in vars(module) if not name.startswith("__"))
        whole.named((name, vars(module)[name]) for name in sorted(names))


@feed.register(type)
def _(kind, whole):
    """Feed a class: that of a library by name and version, another by what it defines."""
    whole.text(name_of(kind))
    if is_of_library(kind.__module__):
        whole.text(version(kind.__module__))
        return
    whole.items(kind.__bases__)
    whole.named(
        (name, value)
        for name, value in sorted(vars(kind).items())
        if name not in _CLASS_BOOKKEEPING and not isinstance(value, _DESCRIPTORS)
    )


@feed.register(types.FunctionType)
def _(function, whole):
    """Feed what a function does: its code, not where it was written, and what that reads."""
    # By where its globals are: functools.wraps gives a function the module of another.
    of_library = is_of_library(function.__globals__.get("__name__"))
    if of_library:
        whole.items((name_of(function), version(function.__module__)))
    whole.items((function.__code__, function.__defaults__, function.__kwdefaults__))
    whole.items(function.__closure__ or ())
    if not of_library:
        whole.named(sorted(vars(function).items()))
        whole.named(sorted(values_read(function).items()))


@feed.register(types.CodeType)
def _(code, whole):
    whole.items((code.co_code, code.co_consts, code.co_names, code.co_varnames))
    whole.items((code.co_argcount, code.co_posonlyargcount, code.co_kwonlyargcount, code.co_flags))
    whole.add(code.co_exceptiontable)


@feed.register(types.CellType)
def _(cell, whole):
    try:
        whole.items([cell.cell_contents])
    except ValueError:  # a variable that has no value yet
        whole.items([])


@feed.register(functools.partial)
def _(call, whole):
    whole.items((call.func, call.args, call.keywords, vars(call)))


@feed.register(property)
def _(value, whole):
    whole.items((value.fget, value.fset, value.fdel))


@feed.register(functools.cached_property)
def _(value, whole):
    whole.add(value.func)  # Python 3.11 keeps a lock beside it


def _feed_method(value, whole):
    whole.items((value.__func__, getattr(value, "__self__", None)))


def _feed_builtin(value, whole):
    whole.items((value.__qualname__, getattr(value, "__self__", None)))


for _kind in _WRAPPERS:
    feed.register(_kind, _feed_method)
for _kind in (*_BUILTINS, *_DESCRIPTORS):
    feed.register(_kind, _feed_builtin)
