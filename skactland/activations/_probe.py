"""The probe: the inputs that are shown to every network."""

from collections.abc import Mapping
from functools import partial

import numpy as np
import torch
from torch.utils.data import DataLoader, Dataset, IterableDataset

from skactland.activations._arguments import Settled
from skactland.activations._datasets import call_collate, from_dataset, from_loader, from_sequence
from skactland.activations._inputs import Inputs, from_array, from_mapping, without


class Probe:
    """Inputs that every network is shown, with what networks need to be told of them.

    Wherever plain inputs could stand, a ``Probe`` of them can. Clones of an estimator share it, as
    they do plain inputs.

    Parameters
    ----------
    inputs : array, tensor, mapping of them, Dataset, DataLoader, or with `collate` any sequence
        As the `probe` of :func:`~skactland.extract_activations`. With `collate`, whatever has a
        length and gives items by index: indices, texts, graphs, a Dataset.
    collate : callable or None, default=None
        Makes of some items what a network is called with, ``collate(items)``: a mapping is passed
        by keyword, a tuple by position, anything else as the one argument. Items are a list, or the
        rows of an array, tensor or pandas object. This is the way for inputs that are not rows of
        tensors, and for constants that all inputs share. Floating-point tensors in what it returns,
        at any depth of mappings, lists and tuples, take the network's precision, and all are moved
        to its device. Items and results are copied, and torch's, NumPy's and Python's generators
        seeded, so that every network is shown the same.
    ignore : sequence of str or None, default=None
        The entries of a mapping, or of a dataset's dictionaries, that no network is shown, such as
        targets and texts; all others are inputs. By default "label", "labels" and "label_ids" are
        targets where the network's forward does not take them, and where it is one of transformers
        (which return their loss when given them); they are inputs where forward has them without
        a default; and otherwise an error asks.

    See Also
    --------
    LayerActivationExtractor : Shows a probe to networks.

    Notes
    -----
    The items of a Dataset, DataLoader or sequence are read once, by the workers of the loader if it
    has some, and kept as long as the object given as the probe lives, in up to half of the memory
    that is available. They are read anew after attributes of the dataset or its class were set or
    added, its transform for example. After changing its arrays in place, or what its code reads
    elsewhere, such as a global variable, give a new ``Probe``.

    Each item is read with the global generators of torch, NumPy and Python seeded by its index.
    Augmentation that draws from these is so the same in all processes. Of what draws from
    generators of its own, one reading is kept; where it cannot be, or another process reads for an
    extractor that was fitted here, a difference is an error. An extractor that is fitted in another
    process reads anew there: seed such a generator by the index of the item.

    Examples
    --------
    >>> import numpy as np
    >>> import torch
    >>> from skactland import Probe, extract_activations
    >>> class Node(torch.nn.Module):
    ...     '''A layer of a graph network, called with some nodes and the graph of all.'''
    ...     def __init__(self):
    ...         super().__init__()
    ...         self.layer = torch.nn.Linear(2, 4)
    ...     def forward(self, nodes, x, adjacency):
    ...         return self.layer(adjacency @ x)[nodes]
    >>> x, adjacency = torch.ones(5, 2), torch.eye(5)
    >>> def with_graph(nodes):
    ...     return {"nodes": torch.tensor(nodes), "x": x, "adjacency": adjacency}
    >>> probe = Probe(np.arange(5), collate=with_graph)
    >>> extract_activations(Node(), probe, rows="dependent")["layer"].shape
    (5, 4)
    """

    def __init__(self, inputs, *, collate=None, ignore=None):
        self.inputs = inputs
        self.collate = collate
        self.ignore = ignore

    def __sklearn_clone__(self):
        return self

    def __repr__(self):
        shape = f" of shape {tuple(self.inputs.shape)}" if hasattr(self.inputs, "shape") else ""
        return f"Probe({type(self.inputs).__name__}{shape})"


def read_probe(probe):
    """Return the inputs of a probe, whatever it is; at least one."""
    wrapped = probe if isinstance(probe, Probe) else Probe(probe)
    if wrapped.inputs is None:
        raise ValueError(
            "There is no probe: give the inputs that every network is shown, "
            "LayerActivationExtractor(probe) with an array or tensor of shape (n_points, ...)."
        )
    if wrapped.collate is not None:
        inputs = _for_collate(probe)
    else:
        inputs = _by_kind(probe, wrapped.inputs, _check_ignore(wrapped.ignore))
    if inputs.n_points == 0:
        raise ValueError("The probe is empty; it needs at least one input.")
    return inputs


def _by_kind(probe, given, ignore):
    """Return inputs as their kind has them: read from a loader or dataset, or rows of arrays."""
    if isinstance(given, DataLoader):
        return from_loader(probe, given, ignore)
    if isinstance(given, IterableDataset):
        return from_loader(probe, DataLoader(given, batch_size=256), ignore)
    if isinstance(given, Mapping):
        given = without(given, ignore)
        return from_mapping(given, dict if ignore is None else Settled)
    if _is_dataset(given):
        return from_dataset(probe, given, ignore)
    return from_array(without(given, ignore))  # which refuses names for what has none


def _is_dataset(given):
    """Tell a dataset by its kind, or one of another package by what it can do."""
    if isinstance(given, Dataset):
        return True
    has_items = hasattr(given, "__getitem__") and hasattr(given, "__len__")
    is_array = hasattr(given, "__array__") or hasattr(given, "tocoo")
    return has_items and not is_array and not isinstance(given, (list, tuple, range, str, bytes))


def _check_ignore(ignore):
    """Return the names of entries that are no inputs."""
    if ignore is None:
        return None
    names = None if isinstance(ignore, str) or not np.iterable(ignore) else tuple(ignore)
    if names is None or not all(isinstance(name, str) for name in names):
        raise TypeError(
            f"ignore must be a sequence of names such as ('labels',), or None; got {ignore!r}."
        )
    return names


def _for_collate(probe):
    """Return inputs that a function of the user's makes of items."""
    given, collate = probe.inputs, probe.collate
    if not callable(collate):
        raise TypeError(f"collate must be callable, got {collate!r}.")
    if probe.ignore is not None:
        raise ValueError("ignore has no use beside collate, which decides what networks are shown.")
    if isinstance(given, DataLoader):
        raise TypeError(
            "The probe is a DataLoader, which has a collate_fn itself; give Probe(loader.dataset, "
            "collate=...)."
        )
    if _has_rows(given):
        return Inputs(given.shape[0], partial(_built_of_rows, given, collate), collate=collate)
    has_items = hasattr(given, "__getitem__") and hasattr(given, "__len__")
    if not has_items or isinstance(given, (Mapping, str, bytes, IterableDataset)):
        raise TypeError(
            "With collate, the inputs of a Probe are a sequence: whatever has a length and gives "
            f"items by index. Got {type(given).__name__}; a list of its items may do."
        )
    return from_sequence(probe, given, collate)


def _has_rows(given):
    """Tell arrays, tensors, sparse matrices and pandas objects, whose rows are taken at once."""
    return isinstance(given, (np.ndarray, torch.Tensor)) or any(
        hasattr(given, name) for name in ("tocsr", "iloc")
    )


def _built_of_rows(rows, collate, indices):
    """Return what the user's function makes of some rows."""
    if isinstance(rows, torch.Tensor):
        chosen = rows.index_select(0, torch.as_tensor(indices, device=rows.device))
    elif hasattr(rows, "tocsr"):
        chosen = rows.tocsr()[indices]  # other formats have no rows
    else:  # the index of a pandas object holds labels, not positions
        chosen = rows.iloc[indices] if hasattr(rows, "iloc") else rows[indices]
    return call_collate(collate, chosen, indices)
