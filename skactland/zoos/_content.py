"""What a row's result depends on: the bytes of its checkpoint, the probe, the parameters."""

import hashlib
import inspect
import os
import sys
import types

import xxhash

from skactland._table import Cache, digest
from skactland.activations import LayerActivationExtractor
from skactland.activations._sources import find_source, opened_network

# What changes how steps run, and not what they give.
_OF_RUN = {"memory", "n_jobs", "spill", "verbose"}
# Of weights in folders, and of what says which of them is where.
_ENDINGS = (".safetensors", ".bin", ".index.json")
_LIBRARIES = ("gudhi", "numba", "numpy", "scikit-learn", "scipy", "torch")


def cache_of(memory, steps, *settings):
    """Return the cache of rows that go through fitted steps.

    Keys hold what each step was given and has learned, the extractor's also what its probe shows.
    """
    if memory is None:  # spares reading the probe for its digest
        return Cache(None)
    content = [(type(step), _content_of(step)) for _, step in steps]
    return Cache(memory, "rows of a zoo", content, settings, libraries=_LIBRARIES)


def _content_of(step):
    if isinstance(step, LayerActivationExtractor):
        return step._content()
    left_out = _OF_RUN
    if getattr(step, "learns_from_rows", True) is False:
        # What it has seen of the rows of fit does not matter, and would make keys of the folds.
        left_out = _OF_RUN | {n for n in vars(step) if n.endswith("_") and not _is_of_columns(n)}
    return {name: value for name, value in vars(step).items() if name not in left_out}


def _is_of_columns(name):
    return name in ("n_features_in_", "feature_names_in_") or name.endswith("columns_")


def seal_of(steps):
    """Return a digest of the functions and classes of steps that travel by name alone.

    A worker may have another version of their module than the process that begins the run, imported
    before it was changed, and would give other rows. What is written in a notebook or within a
    function travels by what it does. None if there is content that cannot be seen.
    """
    values = [value for _, step in steps for value in step.get_params(deep=False).values()]
    try:
        return digest([value for value in values if _travels_by_name(value)])
    except TypeError:  # such as an open file
        return None


def _travels_by_name(value):
    """Tell a function or class that a worker imports."""
    if not isinstance(value, (type, types.FunctionType)) or value.__module__ == "__main__":
        return False
    found = sys.modules.get(value.__module__)
    for name in value.__qualname__.split("."):
        found = getattr(found, name, None)
    return found is value


def key_of(row, extractor, cache, name):
    """Return under what key a network's row is kept, wherever it lies; None if it is not kept.

    Of a file that is all that the network is made of, beside a builder that takes no argument, that
    is the bytes: nothing is loaded. Else the network itself, as the row may tell a builder more
    than what the file holds, and weights that it lacks are the builder's.
    """
    if not cache.is_in_use:
        return None
    if is_told_by_bytes(row, extractor):
        return cache.key(digest_of(row), name=name)
    with opened_network(
        row,
        name,
        network_builder=extractor.network_builder,
        weights_key=extractor.weights_key,
        strict=extractor.strict,
    ) as network:
        return cache.key(network, name=name)


def is_told_by_bytes(row, extractor):
    """Tell whether the bytes of a row's file say all that its network is made of."""
    return is_file(row) and extractor.strict and not _takes_arguments(extractor.network_builder)


def is_file(row):
    """Tell a path of one file that holds all weights."""
    if not isinstance(row, (str, os.PathLike)) or os.fspath(row).endswith(".index.json"):
        return False
    return find_source(row).weights_alone and os.path.isfile(row)


def digest_of(path):
    """Return a digest of what a file holds, read in pieces."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, xxhash.xxh3_128).hexdigest()


def state_of_files(row):
    """Return what tells, without reading them, that a row's files of weights were written to.

    Of a folder, and of an index of shards, which is among them, these are several; of what is no
    path there are none.
    """
    if not isinstance(row, (str, os.PathLike)):
        return []
    is_index = os.fspath(row).endswith(".index.json")
    folder = os.path.dirname(row) or "." if is_index else row
    if os.path.isdir(folder):
        names = sorted(name for name in os.listdir(folder) if name.endswith(_ENDINGS))
        paths = [os.path.join(folder, name) for name in names]
    else:
        paths = [row]
    found = [os.stat(path) for path in paths if os.path.exists(path)]
    return [(stat.st_ino, stat.st_size, stat.st_mtime_ns) for stat in found]


def _takes_arguments(builder):
    """Tell whether a builder may be given the row; one that hides its parameters may."""
    try:
        return bool(inspect.signature(builder).parameters)
    except (TypeError, ValueError):  # no builder, or of compiled code
        return True
