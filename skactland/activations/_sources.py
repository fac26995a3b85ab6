"""Where networks come from: modules, skorch nets, state dicts and checkpoints on disk."""

import os
from collections.abc import Mapping
from pickle import UnpicklingError

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import nn
from torch.nn.modules.utils import consume_prefix_in_state_dict_if_present

from skactland.activations._isolation import check_network, unwrap

# Under what name training loops commonly store the weights beside the optimizer's state.
_WEIGHTS_KEYS = ("state_dict", "model_state_dict", "model", "network", "module")
_WRAPPER_PREFIXES = ("_orig_mod.", "module.")


def check_source(source, where):
    """Refuse what no network can come from, without loading anything."""
    if isinstance(source, (nn.Module, Mapping, str, os.PathLike)) or hasattr(source, "module_"):
        return
    if isinstance(source, type):
        hint = "; an instance is needed, not the class"
    elif hasattr(source, "initialize") and hasattr(source, "module"):
        hint = "; the skorch net is not fitted: call fit or initialize first"
    else:
        hint = ""
    raise TypeError(
        f"{where}: expected a torch.nn.Module, a fitted skorch net, a state dict or the path of a "
        f"checkpoint, got {type(source).__name__}{hint}."
    )


def source_name(source, index=None):
    """Return the words that say which network is meant in a message."""
    if isinstance(source, (str, os.PathLike)):
        kind = os.fspath(source)
    elif hasattr(source, "module_"):
        kind = f"{type(source).__name__} of {type(source.module_).__name__}"
    else:
        kind = type(unwrap(source)).__name__
    return f"the network ({kind})" if index is None else f"network {index} ({kind})"


def open_network(source, network_builder, strict, where):
    """Return the bare module of a source, weights loaded."""
    check_source(source, where)
    if not isinstance(source, nn.Module) and hasattr(source, "module_"):
        source = source.module_
    if isinstance(source, nn.Module):
        return check_network(source, where)
    if network_builder is None:
        raise ValueError(
            f"{where}: weights alone say nothing of the architecture; give network_builder, a "
            "callable without arguments that returns the network to load them into."
        )
    state = source if isinstance(source, Mapping) else _read(source, where)
    with torch.random.fork_rng(devices=[]):
        network = network_builder()
    if not isinstance(network, nn.Module):
        raise TypeError(
            f"{where}: network_builder must return a torch.nn.Module, got {type(network).__name__}."
        )
    _load(network, _weights(state, where), strict, where)
    return check_network(network, where)


def _read(path, where):
    """Return what a checkpoint file holds, on the CPU, without running code from it."""
    if not os.path.isfile(path):
        raise FileNotFoundError(f"{where}: there is no such file.")
    is_safetensors = os.fspath(path).endswith(".safetensors")
    _check_beginning(path, is_safetensors, where)
    try:
        if is_safetensors:
            return load_file(path)
        return torch.load(path, map_location="cpu", weights_only=True)
    except UnpicklingError as error:
        raise ValueError(
            f"{where}: the file holds more than tensors, and reading it would run code from it. "
            "Store network.state_dict() instead; or, only if you trust its origin, load it with "
            "torch.load(path, weights_only=False) and pass the network."
        ) from error
    except (EOFError, OSError, RuntimeError, SafetensorError) as error:
        raise ValueError(
            f"{where}: the file cannot be read as a checkpoint; it may be truncated or of another "
            f"format: {error}"
        ) from error


def _check_beginning(path, is_safetensors, where):
    """Refuse a file that only stands in for a checkpoint, as what was not fetched does."""
    with open(path, "rb") as file:
        beginning = file.read(40)
    if beginning.startswith(b"version https://git-lfs"):
        raise ValueError(
            f"{where}: the file is a Git LFS pointer, not the weights; run git lfs pull."
        )
    if beginning and not is_safetensors and not beginning.startswith((b"PK", b"\x80")):
        raise ValueError(
            f"{where}: the file is not one of torch.save, and begins with {beginning!r}."
        )


def _weights(state, where):
    """Return the state dict in what a checkpoint holds."""
    for key in _WEIGHTS_KEYS:
        if isinstance(state, Mapping) and isinstance(state.get(key), Mapping):
            state = state[key]
            break
    if not isinstance(state, Mapping) or not any(map(torch.is_tensor, state.values())):
        held = sorted(map(str, state)) if isinstance(state, Mapping) else type(state).__name__
        raise ValueError(
            f"{where}: no state dict found in the checkpoint, which holds {held}; it is looked for "
            f"at the top and under {list(_WEIGHTS_KEYS)}."
        )
    return state


def _load(network, weights, strict, where):
    """Load weights, less the prefixes that wrappers gave their names."""
    weights = dict(weights)
    own = network.state_dict()
    for prefix in _WRAPPER_PREFIXES:
        if not any(name.startswith(prefix) for name in own):
            consume_prefix_in_state_dict_if_present(weights, prefix)
    if not strict and own and not set(own) & set(weights):
        raise ValueError(
            f"{where}: the weights do not fit network_builder(): none of their keys, such as "
            f"{next(iter(weights))!r}, is one of the network's, such as {next(iter(own))!r}."
        )
    try:
        network.load_state_dict(weights, strict=strict)
    except RuntimeError as error:
        raise ValueError(f"{where}: the weights do not fit network_builder(): {error}") from error
