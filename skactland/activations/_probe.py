"""The probe: the inputs that are shown to every network."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
import torch
from torch.utils.data import (
    BatchSampler,
    DataLoader,
    Dataset,
    IterableDataset,
    RandomSampler,
    SequentialSampler,
    SubsetRandomSampler,
    WeightedRandomSampler,
    default_collate,
)

from skactland._torch import random_state_kept


class Probe:
    """Inputs shared by reference when an estimator that holds them is cloned.

    scikit-learn deep-copies plain parameters with every ``clone``, and cross-validation clones a
    pipeline for every fold. A large set of inputs is worth wrapping: ``Probe(inputs)`` stands
    wherever the inputs themselves could.

    Parameters
    ----------
    inputs : array, tensor, mapping of them, Dataset or DataLoader
        As the `probe` of :func:`~skactland.extract_activations`.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.base import clone
    >>> from skactland import LayerActivationExtractor, Probe
    >>> extractor = LayerActivationExtractor(Probe(np.zeros((100, 64))))
    >>> clone(extractor).probe is extractor.probe
    True
    """

    def __init__(self, inputs):
        self.inputs = inputs

    def __sklearn_clone__(self):
        return self

    def __repr__(self):
        shape = f" of shape {tuple(self.inputs.shape)}" if hasattr(self.inputs, "shape") else ""
        return f"Probe({type(self.inputs).__name__}{shape})"


@dataclass(frozen=True)
class Inputs:
    """The inputs of a probe, by index.

    ``take(indices)`` gives those inputs as a tensor, or as a dictionary of tensors for a network
    that takes keywords; the first axis counts them. Where they were drawn at random, no labels can
    be told to them.
    """

    n_points: int
    take: Callable
    are_drawn: bool = False


def read_probe(probe):
    """Return the inputs of a probe, whatever it is; they must be finite, and at least one."""
    given = probe.inputs if isinstance(probe, Probe) else probe
    if given is None:
        raise ValueError(
            "There is no probe: give the inputs that every network is shown, "
            "LayerActivationExtractor(probe) with an array or tensor of shape (n_points, ...)."
        )
    if isinstance(given, DataLoader):
        inputs = _from_loader(given)
    elif isinstance(given, IterableDataset):
        inputs = _from_loader(DataLoader(given, batch_size=256))
    elif isinstance(given, Dataset):
        inputs = _from_dataset(given, default_collate)
    elif isinstance(given, Mapping):
        inputs = _from_mapping(given)
    else:
        inputs = _from_array(given)
    if inputs.n_points == 0:
        raise ValueError("The probe is empty; it needs at least one input.")
    return inputs


def _from_array(given, name="The probe"):
    """Return inputs that are one array or tensor."""
    if isinstance(given, torch.Tensor):
        values = given.detach() if given.requires_grad else given
    else:
        values = _as_numbers(given, name)
    if values.ndim == 0:
        raise ValueError(f"{name} is a single value; it needs at least one input, one a row.")
    _refuse_meta(values, name)
    finite = torch.isfinite(values) if isinstance(values, torch.Tensor) else np.isfinite(values)
    if not finite.all():
        raise ValueError(f"{name} contains NaN or infinite values; drop or impute those inputs.")
    return Inputs(len(values), partial(_rows, values))


def _refuse_meta(values, name):
    """Refuse a tensor that has a shape alone."""
    if isinstance(values, torch.Tensor) and values.is_meta:
        raise ValueError(
            f"{name} is on the meta device, without values; make it on the device where it is read."
        )


def _rows(values, indices):
    """Return some rows of an array or tensor as a tensor, in a type that torch has."""
    if isinstance(values, torch.Tensor):
        return values[torch.as_tensor(indices, device=values.device)]
    rows = values[indices]
    kind = np.float64 if rows.dtype.kind == "f" and rows.dtype.itemsize > 8 else rows.dtype
    return torch.from_numpy(np.ascontiguousarray(rows, np.dtype(kind).newbyteorder("=")))


def _as_numbers(given, name):
    """Return inputs that are no tensor as a numeric array."""
    if isinstance(given, tuple) and any(np.ndim(part) > 1 for part in given):
        raise TypeError(
            f"{name} is a tuple of arrays; for a network of several inputs give a dictionary, with "
            "the names of the arguments of its forward as keys."
        )
    if isinstance(given, np.ma.MaskedArray) and np.ma.is_masked(given):
        raise TypeError(
            f"{name} has {np.ma.count_masked(given)} masked values; drop those inputs, or fill "
            "them."
        )
    try:
        array = np.asarray(given)
    except ValueError as error:
        raise ValueError(f"{name}'s inputs differ in shape: {error}") from error
    if array.dtype.kind not in "fiub":
        raise TypeError(
            f"{name} must be an array or tensor of numbers, a mapping of them, a Dataset or a "
            f"DataLoader; got {type(given).__name__} of dtype {array.dtype}."
        )
    return array


def _from_mapping(given):
    """Return inputs that are passed to the network by keyword."""
    parts = {key: _from_array(value, f"The probe's {key!r}") for key, value in given.items()}
    lengths = {key: part.n_points for key, part in parts.items()}
    if len(set(lengths.values())) > 1:
        raise ValueError(f"The parts of the probe differ in length: {lengths}.")
    n_points = next(iter(lengths.values()), 0)
    return Inputs(n_points, partial(_rows_of_parts, parts))


def _rows_of_parts(parts, indices):
    return {key: part.take(indices) for key, part in parts.items()}


def _from_dataset(dataset, collate):
    """Return inputs that are read from a dataset when they are needed, without their targets."""
    return Inputs(len(dataset), partial(_items, dataset, collate))


def _items(dataset, collate, indices):
    """Read some items of a dataset, the same whenever they are read."""
    first, *others = (_item(dataset, int(i)) for i in [indices[0], *indices])
    batch = _without_targets(collate(others))
    _check_finite(batch)
    again = _without_targets(collate([first]))
    if not _equal(again, _first_row(batch)):
        raise ValueError(
            f"The probe's dataset gives another input each time that item {indices[0]} is read; "
            "every network must be shown the same, so switch random augmentation off."
        )
    return batch


def _item(dataset, i):
    """Read one item; what it draws with torch, it draws the same every time."""
    with random_state_kept(seed=i):
        return dataset[i]


def _first_row(batch):
    return {k: v[:1] for k, v in batch.items()} if isinstance(batch, Mapping) else batch[:1]


def _equal(batch, other):
    if isinstance(batch, Mapping):
        return all(_equal(batch[key], other[key]) for key in batch)
    return batch.shape[1:] != other.shape[1:] or torch.equal(batch, other)


def _check_finite(batch):
    for part in batch.values() if isinstance(batch, Mapping) else [batch]:
        _refuse_meta(part, "The probe")
        if not torch.isfinite(part).all():
            raise ValueError(
                "The probe contains NaN or infinite values; drop or impute those inputs."
            )


def _from_loader(loader):
    """Return the inputs of a loader: by index where it serves its whole dataset, else all read.

    The order of a shuffling loader does not matter, as every network must be shown the same rows.
    """
    if _serves_whole_dataset(loader):
        return _from_dataset(loader.dataset, loader.collate_fn)
    with random_state_kept():
        batches = [_without_targets(batch) for batch in loader]
    if batches and isinstance(batches[0], Mapping):
        inputs = _from_mapping({key: torch.cat([b[key] for b in batches]) for key in batches[0]})
    else:
        inputs = _from_array(torch.cat(batches) if batches else torch.empty(0))
    drawing = (RandomSampler, SubsetRandomSampler, WeightedRandomSampler)
    return replace(inputs, are_drawn=isinstance(getattr(loader, "sampler", None), drawing))


def _serves_whole_dataset(loader):
    """Tell whether a loader gives each item of its dataset once, in whatever order."""
    if isinstance(loader.dataset, IterableDataset) or loader.batch_sampler is None:
        return False
    if type(loader.batch_sampler) is not BatchSampler or len(loader.sampler) != len(loader.dataset):
        return False
    if type(loader.sampler) is RandomSampler:
        return not loader.sampler.replacement
    return type(loader.sampler) is SequentialSampler


def _without_targets(batch):
    """Return the inputs of a batch: the first of a tuple, or a mapping."""
    if isinstance(batch, (tuple, list)):
        batch = batch[0]
    if isinstance(batch, Mapping):
        return dict(batch)
    if not isinstance(batch, torch.Tensor):
        raise TypeError(
            "A Dataset must give tensors, tuples that begin with one, or dictionaries of them; "
            f"its batches are {type(batch).__name__}."
        )
    return batch
