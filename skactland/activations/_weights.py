"""Weights alone: read from files, found in checkpoints, loaded into networks."""

import os
from collections.abc import Mapping
from pickle import UnpicklingError

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch.nn.modules.utils import consume_prefix_in_state_dict_if_present

# Under what name training loops commonly store the weights beside the optimizer's state.
_WEIGHTS_KEYS = ("state_dict", "model_state_dict", "model", "network", "module")
_WRAPPER_PREFIXES = ("_orig_mod.", "module.")


def read_safetensors(path):
    """Return the tensors of a ``.safetensors`` file, on the CPU."""
    _first_bytes(path)
    try:
        return load_file(path)
    except (OSError, SafetensorError) as error:
        raise _unreadable(error) from error


def read_torch(path):
    """Return what a file of :func:`torch.save` holds, on the CPU, without running code from it."""
    beginning = _first_bytes(path)
    if beginning and not beginning.startswith((b"PK", b"\x80")):  # a zip file or a pickle
        raise ValueError(f"the file is not one of torch.save, and begins with {beginning!r}.")
    try:
        return torch.load(path, map_location="cpu", weights_only=True)
    except UnpicklingError as error:
        raise ValueError(
            "the file holds more than tensors, and reading it would run code from it. "
            "Store network.state_dict() instead; or, only if you trust its origin, load it with "
            "torch.load(path, weights_only=False) and pass the network."
        ) from error
    except (EOFError, OSError, RuntimeError) as error:
        raise _unreadable(error) from error


def _unreadable(error):
    return ValueError(
        "the file cannot be read as a checkpoint; it may be truncated or of another format: "
        f"{error}"
    )


def _first_bytes(path):
    """Return how a file begins, if it is there and not a stand-in for one that was not fetched."""
    if not os.path.isfile(path):
        raise FileNotFoundError("there is no such file.")
    with open(path, "rb") as file:
        beginning = file.read(40)
    if beginning.startswith(b"version https://git-lfs"):
        raise ValueError("the file is a Git LFS pointer, not the weights; run git lfs pull.")
    return beginning


def find_weights(state):
    """Return the state dict in what a checkpoint holds."""
    for key in _WEIGHTS_KEYS:
        if isinstance(state, Mapping) and isinstance(state.get(key), Mapping):
            state = state[key]
            break
    if not isinstance(state, Mapping) or not any(map(torch.is_tensor, state.values())):
        held = sorted(map(str, state)) if isinstance(state, Mapping) else type(state).__name__
        raise ValueError(
            f"no state dict found in the checkpoint, which holds {held}; it is looked for at the "
            f"top and under {list(_WEIGHTS_KEYS)}."
        )
    return state


def load_weights(network, weights, strict):
    """Load weights, less the prefixes that wrappers gave their names."""
    weights = dict(weights)
    own = network.state_dict()
    for prefix in _WRAPPER_PREFIXES:
        if not any(name.startswith(prefix) for name in own):
            consume_prefix_in_state_dict_if_present(weights, prefix)
    # Loosely, torch would load nothing at all without a word.
    if not strict and own and not set(own) & set(weights):
        raise ValueError(
            "the weights do not fit network_builder(): none of their keys, such as "
            f"{next(iter(weights))!r}, is one of the network's, such as {next(iter(own))!r}."
        )
    try:
        network.load_state_dict(weights, strict=strict)
    except RuntimeError as error:
        raise ValueError(f"the weights do not fit network_builder(): {error}") from error
