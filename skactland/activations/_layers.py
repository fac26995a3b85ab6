"""Which layers of a network are meant, and what their columns are called."""

from fnmatch import fnmatchcase
from inspect import signature

import numpy as np
from torch import nn

from skactland._checks import closest_names
from skactland.activations._modules import unwrap


def select_layers(modules, layers, exclude):
    """Return the layers that a specification means, in the network's own order.

    Parameters
    ----------
    modules : dict of str to Module
        The layers there are, under all their names: one that has several goes by the first.
    layers : str, type, Module, callable, dict, or sequence of names, globs, types and modules
        As in :func:`~skactland.extract_activations`.
    exclude : str, type, Module, callable, sequence of them, or None
        Which of these to leave out; here a glob need not match.

    Returns
    -------
    columns : dict of str to str
        The names of the layers, and what their columns are called.
    by_leaf : set of str
        Those of them that are wanted only if the forward pass shows them to be leaves.
    """
    firsts = first_names(modules)
    if isinstance(layers, dict):
        columns = _renamed(modules, layers)
    else:
        parts = layers if isinstance(layers, (list, tuple)) else [layers]
        columns = {n: n for part in parts if not is_leaf(part) for n in _select(modules, part)}
    # Asked for by two of its names, a layer still is one, and goes by the first that was asked for.
    columns = {firsts[name]: column for name, column in reversed(columns.items())}
    by_leaf = set()
    if any(map(is_leaf, layers if isinstance(layers, (list, tuple)) else [layers])):
        by_leaf = {n for n in modules if firsts[n] == n and _may_be_leaf(n)} - set(columns)
        columns |= {name: name for name in by_leaf}
    excluded = {firsts[name] for name in _excluded(modules, exclude)}
    columns = {name: columns[name] for name in modules if name in columns and name not in excluded}
    if not columns:
        raise ValueError(f"layers={layers!r} selects no layer; {closest_names(layers, modules)}")
    return columns, by_leaf - excluded


def first_names(modules):
    """Return the first name of each module by each of its names."""
    firsts = {}
    return {name: firsts.setdefault(module, name) for name, module in modules.items()}


def is_leaf(layers):
    """Tell whether a specification is the word for the innermost modules that are called."""
    return isinstance(layers, str) and layers == "leaf"


def _may_be_leaf(name):
    """Tell whether a module may be a layer, and not one that computes another's weights."""
    return "parametrizations" not in name.split(".")


def _excluded(modules, exclude):
    """Return the names of the layers to leave out."""
    if exclude is None:
        return []
    parts = exclude if isinstance(exclude, (list, tuple)) else [exclude]
    return [name for part in parts for name in _select(modules, part, "exclude")]


def _renamed(modules, layers):
    """Return the layers that a dictionary renames; each of its keys means one layer."""
    columns, firsts = {}, first_names(modules)
    for pattern, column in layers.items():
        names = _select(modules, pattern)
        if len(names) != 1 or not isinstance(column, str):
            raise ValueError(
                f"layers={{{pattern!r}: {column!r}}} must map the name of one layer to "
                f"that of its column, and means {names}."
            )
        columns[names[0]] = column
    is_one = len({firsts[name] for name in columns}) < len(layers)
    if is_one or len(set(columns.values())) < len(layers):
        raise ValueError(f"layers={layers!r} gives two layers one name, or one two.")
    return columns


def evenly_spaced(names, n_layers):
    """Return `n_layers` of some names, first and last among them, under the names of depths."""
    if n_layers > len(names):
        raise ValueError(f"n_layers={n_layers}, but it has only {len(names)}: {names}.")
    positions = np.linspace(0, len(names) - 1, n_layers).round().astype(int)
    return {names[position]: f"depth{i}" for i, position in enumerate(positions)}


def _select(modules, layers, parameter="layers"):
    """Return the names that one name, glob, type, module or callable selects."""
    if isinstance(layers, str):
        return _select_by_name(modules, layers, may_miss=parameter == "exclude")
    if isinstance(layers, nn.Module):
        return _select_module(modules, layers, parameter)
    if isinstance(layers, type) and issubclass(layers, nn.Module):
        return [name for name, module in modules.items() if isinstance(module, layers)]
    if callable(layers) and not isinstance(layers, type) and _takes_two(layers):
        return [name for name, module in modules.items() if layers(name, module)]
    leaf = '"leaf", ' if parameter == "layers" else ""
    renamed = " or a dict of new names" if parameter == "layers" else ""
    raise TypeError(
        f"{parameter} must be {leaf}a name, a glob, a module or its type, a callable (name, "
        f"module) -> bool, a list of names, globs, modules and types{renamed}; got {layers!r}."
    )


def _takes_two(function):
    try:
        signature(function).bind("name", nn.Identity())
    except TypeError:
        return False
    except ValueError:  # some functions that are written in C do not tell
        return True
    return True


def _select_module(modules, module, parameter):
    """Return the first name of a module of the network."""
    names = [name for name, other in modules.items() if other is unwrap(module)]
    if not names:
        raise ValueError(
            f"{parameter} names a {type(module).__name__} that is no module of this network; "
            "a table of several networks needs names, globs or types."
        )
    return names[:1]


def _select_by_name(modules, pattern, *, may_miss):
    """Return the names that equal a string, or match it as a glob."""
    if pattern in modules:
        return [pattern]
    matches = [name for name in modules if fits(name, pattern) and not _only_holds(modules[name])]
    # A glob may leave out nothing of some networks of a table; a name that is none is misspelt.
    if not matches and not (may_miss and set(pattern) & set("*?[")):
        raise ValueError(
            f"there is no layer {pattern!r}; {closest_names(pattern, modules)} In a glob, * "
            "stands for one part of a dotted name and ** for any number of parts. Functions such "
            "as torch.relu are no layers; use a module of torch.nn in their place."
        )
    return matches


def _only_holds(module):
    """Tell whether a module only holds others, and cannot be called."""
    return isinstance(module, (nn.ModuleList, nn.ModuleDict)) and type(module).forward in (
        nn.ModuleList.forward,
        nn.ModuleDict.forward,
    )


def said_of(name, said, default):
    """Return what a dict from names and globs says of a layer: by its name, or the first glob."""
    if name in said:
        return said[name]
    return next((value for key, value in said.items() if fits(name, key)), default)


def fits(name, pattern):
    """Tell whether a name equals a string, or matches it as a glob."""
    return _matches(name.split("."), pattern.split("."))


def _matches(parts, patterns):
    """Tell whether the parts of a dotted name match those of a glob."""
    if not patterns:
        return not parts
    if patterns[0] == "**":
        return any(_matches(parts[i:], patterns[1:]) for i in range(len(parts) + 1))
    return bool(parts) and fnmatchcase(parts[0], patterns[0]) and _matches(parts[1:], patterns[1:])
