"""Weights read from files and folders, on the CPU, without running code from them."""

import json
import os
import re
from pickle import UnpicklingError

import numpy as np
import torch
from safetensors import SafetensorError
from safetensors.torch import load_file

from skactland._checks import at_place

_INDEX = ".index.json"
# As transformers and diffusers call them; of several the first is read, as the safest.
_FILES_OF_FOLDERS = [
    stem + ending
    for ending in (".safetensors", ".safetensors" + _INDEX, ".bin", ".bin" + _INDEX)
    for stem in ("model", "pytorch_model", "diffusion_pytorch_model")
]


# What NumPy's scalars are made by, and the classes of their types.
_OF_NUMPY = (
    f"{np._core.multiarray.scalar.__module__}.scalar",
    "numpy.dtype",
    *(f"numpy.dtypes.{type(np.dtype(kind)).__name__}" for kind in ("f4", "f8", "i4", "i8", "?")),
)


def read_file(path):
    """Return what a file of weights holds, whichever of the kinds below it is."""
    name = os.fspath(path)
    if name.endswith(".safetensors"):
        return read_safetensors(path)
    return read_shards(path) if name.endswith(_INDEX) else read_torch(path)


def read_safetensors(path):
    """Return the tensors of a ``.safetensors`` file."""
    _first_bytes(path)
    try:
        return load_file(path)
    except (OSError, SafetensorError) as error:
        raise _unreadable(error) from error


def read_torch(path):
    """Return what a file of :func:`torch.save` holds."""
    beginning = _first_bytes(path)
    if beginning and not beginning.startswith((b"PK", b"\x80")):  # a zip file or a pickle
        raise ValueError(f"the file is not one of torch.save, and begins with {beginning!r}.")
    try:
        return torch.load(path, map_location="cpu", weights_only=True)
    except UnpicklingError as error:
        raise ValueError(_needs_code(path, error)) from error
    except (EOFError, OSError, RuntimeError) as error:
        if "TorchScript" in str(error):
            raise ValueError(
                "the file is a TorchScript archive, whose layers cannot be listened to; store the "
                "state_dict() of the module that it was scripted or traced from."
            ) from error
        raise _unreadable(error) from error


def _needs_code(path, error):
    """Return the message for a file that holds more than tensors, and what that is."""
    refused = ", ".join(_refused_globals(path, error))
    if not refused:
        return f"the file is a pickle, and no file of torch.save: {error}"
    return (
        f"the file holds more than tensors ({refused}), and reading it would run code from it. "
        "Store network.state_dict() alone instead; or, if these are plain values that you trust, "
        "such as NumPy's scalars, let them through around this call: "
        f"with torch.serialization.safe_globals([{refused}]); or, only if you trust the file's "
        "origin, load it with torch.load(path, weights_only=False) and pass the network."
    )


def _refused_globals(path, error):
    """Return the names of the classes and functions that reading a file would call.

    Those that the user has let through by :mod:`torch.serialization` are not among them.
    """
    try:
        names = torch.serialization.get_unsafe_globals_in_checkpoint(path)
    except ValueError:  # of the format before torch 1.6
        names = re.findall(r"Unsupported global: GLOBAL (\S+)", str(error))
    # What a global makes is another class, which is refused only once the global is let through.
    names = names or re.findall(r"but got <class '(.+?)'>", str(error))
    if any(name.startswith("numpy.") for name in names):  # the commonest case, told at once
        names = [*names, *_OF_NUMPY]
    return sorted(set(names))


def read_shards(path):
    """Return the tensors of all files that an index of shards names."""
    _first_bytes(path)
    try:
        with open(path, encoding="utf-8") as file:
            file_of = json.load(file)["weight_map"]
        shards = sorted(set(file_of.values()))
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise ValueError(
            "the file is no index of shards, as it lacks a weight_map from names to files."
        ) from error
    weights = {}
    for shard in shards:
        with at_place(f"shard {shard!r}"):
            held = read_file(os.path.join(os.path.dirname(path), shard))
        weights |= {name: value for name, value in held.items() if file_of.get(name) == shard}
    lost = [name for name in file_of if name not in weights]
    if lost:
        raise ValueError(
            f"its shards lack {len(lost)} of the tensors it names, such as {lost[0]!r} in "
            f"{file_of[lost[0]]!r}."
        )
    return weights


def is_folder(thing):
    """Tell whether a thing is the path of a folder."""
    return isinstance(thing, (str, os.PathLike)) and os.path.isdir(thing)


def read_folder(folder):
    """Return the weights of a folder as ``save_pretrained`` writes it."""
    held = sorted(os.listdir(folder))
    found = _weights_in(held)
    if not found:
        raise ValueError(
            "the folder holds no weights as save_pretrained writes them, such as "
            f"model.safetensors or its index, but {held[:10]}; give the path of a checkpoint."
        )
    return read_file(os.path.join(folder, found[0]))


def holds_weights(folder):
    """Tell whether a folder is one that ``save_pretrained`` wrote weights into."""
    return bool(_weights_in(os.listdir(folder)))


def _weights_in(held):
    """Return those of the names in a folder that are of files of weights, the safest first."""
    return [name for name in _FILES_OF_FOLDERS if name in held]


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
