"""What a network is called with: a batch of the probe, on its device and in its precision."""

import copy
import inspect
from collections.abc import Mapping, MutableMapping
from functools import partial

import torch
from torch.nn.utils.rnn import PackedSequence

#: What data sets call the targets in an item that is a dictionary.
TARGET_KEYS = ("label", "labels", "label_ids")
#: Packages whose networks return their loss if they are given targets, which they never need.
_RETURN_LOSS = {"transformers", "peft"}


class Settled(dict):
    """Keyword arguments of which it is known that all are inputs, and none is a target."""


def as_arguments(batch, dtype, device):
    """Return a batch on a network's device, its floating-point tensors in the network's precision.

    Parameters
    ----------
    batch : tensor, or whatever holds some
        Mappings, lists and tuples are walked through. Other objects are moved by their own ``to``
        if they have one, as batches of graphs do, and else left as they are.
    dtype : torch.dtype or None
        None leaves the precision as it is.
    device : torch.device
    """
    return map_leaves(partial(_move, dtype=dtype, device=device), batch)


def map_leaves(function, batch):
    """Return a batch of the same structure, with a function applied to all that it holds.

    The structure is that of mappings, lists and tuples; a packed sequence is one thing.
    """
    if isinstance(batch, torch.Tensor):  # first, as it is told the soonest
        return function(batch)
    if isinstance(batch, MutableMapping):
        mapped = copy.copy(batch)  # of its own class, which may give its entries as attributes
        for key, part in batch.items():
            mapped[key] = map_leaves(function, part)
        return mapped
    if isinstance(batch, (list, tuple)) and not isinstance(batch, PackedSequence):
        parts = [map_leaves(function, part) for part in batch]
        return type(batch)(*parts) if hasattr(batch, "_fields") else type(batch)(parts)
    return function(batch)


def leaves(batch):
    """Yield all that a batch holds."""
    if isinstance(batch, (Mapping, list, tuple)):
        for part in batch.values() if isinstance(batch, Mapping) else batch:
            yield from leaves(part)
    else:
        yield batch


def copied(batch):
    """Return a batch whose values nothing else can change.

    Not by ``copy.deepcopy`` alone: of a row it copies the tensor that it is a row of.
    """
    return map_leaves(
        lambda leaf: leaf.clone() if isinstance(leaf, torch.Tensor) else copy.deepcopy(leaf), batch
    )


def _move(leaf, dtype, device):
    """Return a tensor on a device, or whatever knows how to move; integers and masks keep type."""
    if isinstance(leaf, PackedSequence):
        return leaf.to(device=device, dtype=dtype if leaf.data.is_floating_point() else None)
    if not isinstance(leaf, torch.Tensor):
        return leaf.to(device) if callable(getattr(leaf, "to", None)) else leaf
    if device.type == "cuda" and leaf.device.type == "cpu" and leaf.layout == torch.strided:
        leaf = leaf.pin_memory()
    dtype = dtype if leaf.is_floating_point() else None
    return leaf.to(device=device, dtype=dtype, non_blocking=True)


def call_arguments(batch, network):
    """Return the positional and the keyword arguments that a batch is for a network.

    A mapping is passed by keyword, a tuple by position, and anything else is the one argument.
    """
    if isinstance(batch, Mapping):
        return (), for_network(batch, network)
    # Exactly a tuple: a packed sequence is one too, and one argument.
    return (batch if type(batch) is tuple else (batch,)), {}


def for_network(batch, network):
    """Return the keyword arguments in a batch, without the targets of a data set.

    An entry called as targets often are is an input where the network's forward cannot do without
    it, as in class-conditional networks. It is a target where forward does not take it, and where
    networks are known to make their loss from it. Nothing else tells: then this asks.

    Raises
    ------
    ValueError
        If an entry may be either.
    """
    entries = dict(batch)
    if isinstance(batch, Settled) or not any(key in entries for key in TARGET_KEYS):
        return entries
    parameters = _parameters(network)
    takes_any = any(parameter.kind is parameter.VAR_KEYWORD for parameter in parameters.values())
    for key in TARGET_KEYS:
        if key not in entries or _is_needed(parameters.get(key)):
            continue
        if (key in parameters or takes_any) and not _is_known_to_return_loss(network):
            raise ValueError(
                f"its forward takes the entry {key!r} of the probe, but does not need it, so that "
                "it may be an input or a target. If it is an input, give Probe(inputs, ignore=()) "
                f"as the probe; if it is a target, Probe(inputs, ignore=({key!r},)), which shows "
                "it to no network."
            )
        del entries[key]
    return entries


def _parameters(network):
    """Return the parameters of a network's forward by name; of compiled code, any keywords."""
    try:
        return inspect.signature(network.forward).parameters
    except (TypeError, ValueError):
        return inspect.signature(lambda **entries: None).parameters


def _is_needed(parameter):
    """Tell whether forward has a parameter that must be given."""
    return (
        parameter is not None
        and parameter.default is parameter.empty
        and parameter.kind in (parameter.POSITIONAL_OR_KEYWORD, parameter.KEYWORD_ONLY)
    )


def _is_known_to_return_loss(network):
    packages = {kind.__module__.partition(".")[0] for kind in type(network).__mro__}
    return not packages.isdisjoint(_RETURN_LOSS)
