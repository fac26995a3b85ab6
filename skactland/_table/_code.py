"""What code a function is made of: the names it reads, whose they are, and in which version."""

import dis
import functools
import importlib.metadata
import importlib.util
import os
import platform
import sys
import sysconfig
import types
from contextlib import suppress
from itertools import chain, takewhile

_PACKAGE = __name__.partition(".")[0]
_SCHEMES = (sysconfig.get_default_scheme(), sysconfig.get_preferred_scheme("user"))
_LIBRARIES = tuple(
    sysconfig.get_path(kind, scheme) + os.sep
    for scheme in _SCHEMES
    for kind in ("stdlib", "purelib", "platlib")
)
_READ_GLOBAL = {"LOAD_GLOBAL", "LOAD_NAME", "LOAD_FROM_DICT_OR_GLOBALS"}
_READ_ATTRIBUTE = {"LOAD_ATTR", "LOAD_METHOD"}


def is_of_library(module_name):
    """Tell whether a module is installed rather than the user's own, which may change.

    This package is one: its state is in every key of the cache.
    """
    if (module_name or "").partition(".")[0] == _PACKAGE:
        return True
    module = sys.modules.get(module_name or "")
    if module is None or module_name == "__main__":
        return False
    file = getattr(module, "__file__", None)
    if file is None:  # built in; or the user's: a folder without __init__.py, made at run time
        root = module_name.partition(".")[0]
        # Cython keeps the types that its modules share in one that it makes.
        return root in sys.stdlib_module_names or root.startswith("_cython_")
    return file.startswith(_LIBRARIES)


@functools.cache
def version(module_name):
    """Return the version of the library that a module is of; for Python's own, that of Python.

    First by what is installed, which is the same whether it is imported yet or not.
    """
    library = module_name.partition(".")[0]
    if library in sys.stdlib_module_names:
        return platform.python_version()
    try:
        return importlib.metadata.version(library)
    except importlib.metadata.PackageNotFoundError:
        return str(getattr(sys.modules.get(library), "__version__", ""))


def values_read(function):
    """Return what a function reads beside its arguments and closure, by dotted name.

    Of the user's modules only the attributes that are read, since they hold much else; a module
    that is handed on counts as a whole. What a function imports when it runs is imported now: else
    it would count from its first run on, and not before.
    """
    found = {}
    for names in _globals_read(function.__code__):
        found |= _look_up(names, function.__globals__)
    for name, attributes in _imports_within(function.__code__):
        with suppress(ImportError):
            name = importlib.util.resolve_name(name, function.__globals__.get("__package__"))
            variables = {name: importlib.import_module(name)}
            for names in [(name, attribute) for attribute in attributes or ()] or [(name,)]:
                found |= _look_up(names, variables)
    return found


def _look_up(names, variables):
    """Return what dotted names mean, as far as they lead through modules of the user's."""
    found = {}
    for i, name in enumerate(names, start=1):
        if name not in variables:
            break  # a builtin, or what a module makes on demand
        value = variables[name]
        found = {".".join(names[:i]): value}
        if not isinstance(value, types.ModuleType) or is_of_library(value.__name__):
            break
        variables = vars(value)
    return found


@functools.cache
def _globals_read(code):
    """Return the names that code and functions within it look up, with the attributes read."""
    found = []
    # EXTENDED_ARG is a prefix of the step after it, whose argument it is part of.
    steps = [step for step in dis.get_instructions(code) if step.opname != "EXTENDED_ARG"]
    for i, step in enumerate(steps):
        if step.opname in _READ_GLOBAL:
            after = takewhile(lambda step: step.opname in _READ_ATTRIBUTE, steps[i + 1 :])
            found.append((step.argval, *(attribute.argval for attribute in after)))
    return tuple(dict.fromkeys(chain(found, *map(_globals_read, _functions_within(code)))))


@functools.cache
def _imports_within(code):
    """Return the modules that code and functions within it import, with the names taken."""
    found = []
    steps = list(dis.get_instructions(code))
    for level, names, step in zip(steps, steps[1:], steps[2:], strict=False):
        if step.opname == "IMPORT_NAME":
            found.append(("." * level.argval + step.argval, names.argval))
    return tuple(dict.fromkeys(chain(found, *map(_imports_within, _functions_within(code)))))


def _functions_within(code):
    return [constant for constant in code.co_consts if isinstance(constant, types.CodeType)]
