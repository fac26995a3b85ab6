"""Where networks come from: one row of `SOURCES` for each kind of thing.

To add a kind, such as a folder of a model hub or a handle of an experiment tracker:

1. Write a function that opens one: it takes the thing and returns a :class:`torch.nn.Module`; or,
   where it holds weights alone, a mapping from names to tensors, which are then loaded into what
   `network_builder` returns. Of a thing that cannot be opened it raises a ValueError; which of the
   networks that is, the caller says.
2. Add a :class:`Source` with this function, before any row that fits as well, as the first that
   fits counts. From outside this package: ``SOURCES.insert(0, Source(...))``.

Nothing else knows of kinds: what a table takes, the names in messages, and the list of what is
expected all follow.
"""

import inspect
import os
from collections.abc import Callable, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field

import torch
from torch import nn

from skactland._checks import FIRST_ROW, at_place
from skactland._torch import ONE_AT_A_TIME, random_state_kept
from skactland.activations._checkpoints import (
    is_folder,
    read_folder,
    read_safetensors,
    read_shards,
    read_torch,
)
from skactland.activations._filled import memory_of
from skactland.activations._modules import check_network, unwrap
from skactland.activations._weights import find_weights, load_weights


@dataclass(frozen=True)
class Source:
    """A kind of thing that a network can come from.

    Attributes
    ----------
    kind : str
        What it is called where it is expected, with its article.
    fits : callable
        ``fits(thing)`` tells whether a thing is one.
    open : callable
        ``open(thing)`` returns a module, or a mapping of weights.
    weights_alone : bool
        Whether it is the latter, so that a `network_builder` is needed.
    name : callable
        ``name(thing)`` says in messages which one it is; by default its class.
    identity : callable
        ``identity(thing)`` is the same for two things only if they are one network; by default
        ``id``.
    almost : dict of str to callable
        Hints for things that are nearly one, and whether a thing is such.
    """

    kind: str
    fits: Callable
    open: Callable
    weights_alone: bool = False
    name: Callable = lambda thing: type(thing).__name__
    identity: Callable = id
    almost: Mapping = field(default_factory=dict)


def _is_module(thing):
    return isinstance(thing, nn.Module)


def _is_skorch(thing):
    return not _is_module(thing) and hasattr(thing, "module_")


def _is_unfitted_skorch(thing):
    return hasattr(thing, "initialize") and hasattr(thing, "module")


def _is_exported(thing):
    return isinstance(thing, torch.export.ExportedProgram)


def _is_path(thing):
    return isinstance(thing, (str, os.PathLike))


def _ends_in(ending):
    return lambda thing: _is_path(thing) and os.fspath(thing).endswith(ending)


def _identity_of_weights(state):
    """Return where the numbers of a state dict lie: each call makes a new dict of the same."""
    return tuple(map(memory_of, _tensors(state))) or id(state)


def _tensors(state):
    for value in state.values():
        if isinstance(value, Mapping):
            yield from _tensors(value)
        elif torch.is_tensor(value):
            yield value


def _of_path(kind, fits, open):
    """Return the row of a kind of path."""
    return Source(kind, fits, open, weights_alone=True, name=os.fspath, identity=os.path.abspath)


SOURCES = [
    Source(
        "a torch.nn.Module",
        fits=_is_module,
        open=lambda module: module,
        name=lambda module: type(unwrap(module)).__name__,
        identity=lambda module: id(unwrap(module)),
        almost={
            "an instance is needed, not the class": lambda thing: isinstance(thing, type),
            "write torch.export.unflatten(program), whose layers can be listened to": _is_exported,
        },
    ),
    Source(
        "a fitted skorch net",
        fits=_is_skorch,
        open=lambda net: net.module_,
        name=lambda net: f"{type(net).__name__} of {type(net.module_).__name__}",
        identity=lambda net: id(unwrap(net.module_)),
        almost={
            "the skorch net is not fitted: call fit or initialize first": _is_unfitted_skorch,
        },
    ),
    Source(
        "a state dict",
        fits=lambda thing: isinstance(thing, Mapping),
        open=lambda state: state,
        weights_alone=True,
        identity=_identity_of_weights,
    ),
    _of_path("the path of a folder of save_pretrained", is_folder, read_folder),
    _of_path("the path of a .safetensors file", _ends_in(".safetensors"), read_safetensors),
    _of_path("the path of an index of shards", _ends_in(".index.json"), read_shards),
    _of_path("the path of a checkpoint", _is_path, read_torch),
]


def find_source(thing):
    """Return the row of a thing that a network can come from, None if it is nothing such."""
    return next((source for source in SOURCES if source.fits(thing)), None)


def check_source(thing):
    """Return the row of a thing, and refuse what no network can come from; nothing is loaded."""
    source = find_source(thing)
    if source is not None:
        return source
    hints = [hint for row in SOURCES for hint, holds in row.almost.items() if holds(thing)]
    *kinds, last = (row.kind for row in SOURCES)
    raise TypeError(
        f"expected {', '.join(kinds)} or {last}, got {'; '.join([type(thing).__name__, *hints])}."
    )


def source_name(thing, index=None):
    """Return the words that say which network is meant in a message."""
    source = find_source(thing)
    kind = type(thing).__name__ if source is None else source.name(thing)
    return (
        f"the network ({kind})" if index is None else f"network {FIRST_ROW.get() + index} ({kind})"
    )


@contextmanager
def opened_network(thing, name, *, network_builder, weights_key, strict):
    """Give the bare module of what a network comes from, weights loaded; `name` is for warnings.

    Until it is closed, no other thread opens one: a builder may return the same network again, or
    one that shares a part with another, and would have the next row's weights in it before this
    row's are read. Files are read meanwhile. Other parameters are those of
    :func:`~skactland.extract_activations`.
    """
    source = check_source(thing)
    if not source.weights_alone:
        with ONE_AT_A_TIME:
            yield check_network(source.open(thing))
        return
    if network_builder is None:
        raise ValueError(
            "weights alone say nothing of the architecture; give network_builder, a callable that "
            "returns the network to load them into, without arguments or from this row."
        )
    weights = find_weights(source.open(thing), weights_key)
    with ONE_AT_A_TIME, ExitStack() as stack:
        network = build_network(network_builder, thing)
        load_weights(network, weights, strict, name, stack)
        del weights
        yield check_network(network)


def build_network(network_builder, row):
    """Return the bare architecture of a row of weights alone."""
    if isinstance(network_builder, nn.Module) or not callable(network_builder):
        raise TypeError(
            "network_builder must be a function or class that returns a new network, got "
            f"{type(network_builder).__name__}."
        )
    arguments = [row] if _takes_row(network_builder) else []
    with random_state_kept(), at_place("network_builder"):
        network = network_builder(*arguments)
    if not isinstance(network, nn.Module):
        raise TypeError(
            f"network_builder must return a torch.nn.Module, got {type(network).__name__}."
        )
    return network


def _takes_row(network_builder):
    """Tell whether a builder cannot be called without an argument."""
    try:
        parameters = inspect.signature(network_builder).parameters.values()
    except (TypeError, ValueError):  # of compiled code, which tells none
        return False
    positional = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    return any(p.kind in positional and p.default is p.empty for p in parameters)
