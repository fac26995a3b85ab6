"""Which layers of a network are meant, and what their columns are called."""

from fnmatch import fnmatchcase

import numpy as np
from torch import nn

from skactland._checks import closest_names


def select_layers(modules, layers, exclude):
    """Return the layers that a specification means, in the network's own order.

    Parameters
    ----------
    modules : dict of str to Module
        The layers there are.
    layers : str, type, callable, dict, or sequence of str and types
        As in :func:`~skactland.extract_activations`.
    exclude : str, type, callable, sequence of them, or None
        Which of these to leave out; here a name or glob need not match.

    Returns
    -------
    dict of str to str
        The names of the layers, and what their columns are called.
    """
    if isinstance(layers, dict):
        columns = _renamed(modules, layers)
    elif isinstance(layers, (list, tuple)):
        columns = {name: name for part in layers for name in _select_one(modules, part)}
    else:
        columns = {name: name for name in _select_one(modules, layers)}
    for name in _excluded(modules, exclude):
        columns.pop(name, None)
    if not columns:
        raise ValueError(f"layers={layers!r} selects no layer; {closest_names(layers, modules)}")
    return {name: columns[name] for name in modules if name in columns}


def _excluded(modules, exclude):
    """Return the names of the layers to leave out."""
    if exclude is None:
        return []
    parts = exclude if isinstance(exclude, (list, tuple)) else [exclude]
    patterns = [part for part in parts if isinstance(part, str)]
    names = [name for name in modules if any(_fits(name, pattern) for pattern in patterns)]
    others = [part for part in parts if not isinstance(part, str)]
    return names + [name for part in others for name in _select_one(modules, part)]


def _renamed(modules, layers):
    """Return the layers that a dictionary renames; each of its keys means one layer."""
    columns = {}
    for pattern, column in layers.items():
        names = _select_one(modules, pattern)
        if len(names) != 1 or not isinstance(column, str):
            raise ValueError(
                f"layers={{{pattern!r}: {column!r}}} must map the name of one layer to "
                f"that of its column, and means {names}."
            )
        columns[names[0]] = column
    if len(set(columns.values())) < len(layers):
        raise ValueError(f"layers={layers!r} gives two layers one name, or one two.")
    return columns


def evenly_spaced(names, n_layers):
    """Return `n_layers` of some names, first and last among them, under the names of depths."""
    if n_layers > len(names):
        raise ValueError(f"n_layers={n_layers}, but it has only {len(names)}: {names}.")
    positions = np.linspace(0, len(names) - 1, n_layers).round().astype(int)
    return {names[position]: f"depth{i}" for i, position in enumerate(positions)}


def _select_one(modules, layers):
    """Return the names that one name, glob, type or callable selects."""
    if isinstance(layers, str):
        return _select_by_name(modules, layers)
    if isinstance(layers, type) and issubclass(layers, nn.Module):
        return [name for name, module in modules.items() if isinstance(module, layers)]
    if callable(layers) and not isinstance(layers, type):
        return [name for name, module in modules.items() if layers(name, module)]
    raise TypeError(
        'layers must be "leaf", a name, a glob, a module type, a callable (name, module) -> bool, '
        f"a list of names, globs and types, or a dict of new names; got {layers!r}."
    )


def _select_by_name(modules, pattern):
    """Return the names that equal a string, or match it as a glob."""
    if pattern in modules:
        return [pattern]
    if pattern == "leaf":
        return [name for name, module in modules.items() if _is_leaf(name, module)]
    matches = [name for name in modules if _fits(name, pattern)]
    if not matches:
        raise ValueError(
            f"there is no layer {pattern!r}; {closest_names(pattern, modules)} In a glob, * "
            "stands for one part of a dotted name and ** for any number of parts."
        )
    return matches


def _is_leaf(name, module):
    """Tell whether a module has no submodules, those that compute its weights aside."""
    if "parametrizations" in name.split("."):
        return False
    return all(part == "parametrizations" for part, _ in module.named_children())


def _fits(name, pattern):
    """Tell whether a name equals a string, or matches it as a glob."""
    return _matches(name.split("."), pattern.split("."))


def _matches(parts, patterns):
    """Tell whether the parts of a dotted name match those of a glob."""
    if not patterns:
        return not parts
    if patterns[0] == "**":
        return any(_matches(parts[i:], patterns[1:]) for i in range(len(parts) + 1))
    return bool(parts) and fnmatchcase(parts[0], patterns[0]) and _matches(parts[1:], patterns[1:])
