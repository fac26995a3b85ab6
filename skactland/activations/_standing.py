"""Modules that are rows of a run in which others are loaded into what a builder returns."""

from contextlib import contextmanager
from itertools import chain
from threading import Lock

from torch import nn

from skactland._torch import all_modules

_LOCK = Lock()
# By the identity of each of their tensors, the names of the rows that it is in.
_STANDING = {}


@contextmanager
def standing(rows, name_of):
    """Know the modules among rows for a while, by what ``name_of(row, i)`` calls the i-th."""
    modules = [(module, i) for i, row in enumerate(rows) if (module := _module_of(row)) is not None]
    if len(modules) in (0, len(rows)):  # then nothing is loaded into them
        yield
        return
    found = [(id(t), name_of(rows[i], i)) for module, i in modules for t in _tensors_of(module)]
    with _LOCK:
        for tensor, name in found:
            _STANDING.setdefault(tensor, []).append(name)
    try:
        yield
    finally:
        with _LOCK:
            for tensor, name in found:
                _STANDING[tensor].remove(name)
                if not _STANDING[tensor]:
                    del _STANDING[tensor]


def _module_of(row):
    """Return the module that a row is, or that a fitted skorch net holds; None if it is none."""
    module = row if isinstance(row, nn.Module) else getattr(row, "module_", None)
    return module if isinstance(module, nn.Module) else None


def _tensors_of(module):
    for part in all_modules(module):
        for tensor in chain(part._parameters.values(), part._buffers.values()):
            if tensor is not None:
                yield tensor


def check_is_no_row(network, loaded):
    """Refuse a network that weights of some names are to be loaded into, if it is a row itself."""
    if not _STANDING:
        return
    options = {"remove_duplicate": False}
    for name, tensor in chain(
        network.named_parameters(**options), network.named_buffers(**options)
    ):
        rows = _STANDING.get(id(tensor))
        if rows and name in loaded:
            raise ValueError(
                f"network_builder() returned a network, or a part of one, that is itself a row, "
                f"{rows[0]}, and would lose its {name!r}; let it build a new network in each call, "
                "or return copy.deepcopy(network)."
            )
