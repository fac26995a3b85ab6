"""The probe: the inputs that are shown to every network."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import torch
from sklearn.utils import check_random_state
from torch.utils.data import (
    DataLoader,
    Dataset,
    IterableDataset,
    RandomSampler,
    SequentialSampler,
    default_collate,
)

from skactland._checks import check_count

# What datasets call the targets in an item that is a dictionary; a network given them would return
# its loss.
_TARGET_KEYS = {"label", "labels", "label_ids"}


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
    that takes keywords; the first axis counts them.
    """

    n_points: int
    take: Callable


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
    values = given.detach() if isinstance(given, torch.Tensor) else _as_numbers(given, name)
    if values.ndim == 0:
        raise ValueError(f"{name} is a single value; it needs at least one input, one a row.")
    finite = torch.isfinite(values) if isinstance(values, torch.Tensor) else np.isfinite(values)
    if not finite.all():
        raise ValueError(f"{name} contains NaN or infinite values; drop or impute those inputs.")
    if isinstance(values, torch.Tensor):
        return Inputs(len(values), lambda i: values[torch.as_tensor(i, device=values.device)])
    return Inputs(len(values), lambda i: torch.from_numpy(np.ascontiguousarray(values[i])))


def _as_numbers(given, name):
    """Return inputs that are no tensor as a numeric array."""
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
    """Return inputs that are passed to the network by keyword; targets among them are left out."""
    parts = {
        key: _from_array(value, f"The probe's {key!r}")
        for key, value in given.items()
        if key not in _TARGET_KEYS
    }
    lengths = {key: part.n_points for key, part in parts.items()}
    if len(set(lengths.values())) > 1:
        raise ValueError(f"The parts of the probe differ in length: {lengths}.")
    n_points = next(iter(lengths.values()), 0)
    return Inputs(n_points, lambda i: {key: part.take(i) for key, part in parts.items()})


def _from_dataset(dataset, collate):
    """Return inputs that are read from a dataset when they are needed, without their targets."""
    return Inputs(len(dataset), lambda i: _without_targets(collate([dataset[j] for j in i])))


def _from_loader(loader):
    """Return the inputs of a loader: by index where it serves its whole dataset, else all read.

    The order of a shuffling loader does not matter, as every network must be shown the same rows.
    """
    samplers = (SequentialSampler, RandomSampler)
    if isinstance(loader.sampler, samplers) and len(loader.sampler) == len(loader.dataset):
        return _from_dataset(loader.dataset, loader.collate_fn)
    batches = [_without_targets(batch) for batch in loader]
    if batches and isinstance(batches[0], Mapping):
        return _from_mapping({key: torch.cat([b[key] for b in batches]) for key in batches[0]})
    return _from_array(torch.cat(batches) if batches else torch.empty(0))


def _without_targets(batch):
    """Return the inputs of a batch: the first of a tuple, or a mapping less its targets."""
    if isinstance(batch, (tuple, list)):
        batch = batch[0]
    if isinstance(batch, Mapping):
        return {key: value for key, value in batch.items() if key not in _TARGET_KEYS}
    if not isinstance(batch, torch.Tensor):
        raise TypeError(
            "A Dataset must give tensors, tuples that begin with one, or dictionaries of them; "
            f"its batches are {type(batch).__name__}."
        )
    return batch


def as_arguments(batch, dtype, device):
    """Return a batch as a network takes it: on its device, floating point in its precision."""
    if isinstance(batch, Mapping):
        return {key: as_arguments(part, dtype, device) for key, part in batch.items()}
    if device.type == "cuda" and batch.device.type == "cpu":
        batch = batch.pin_memory()
    dtype = dtype if batch.is_floating_point() else None
    return batch.to(device=device, dtype=dtype, non_blocking=True)


def choose_points(n_points, labels, classes, max_points, random_state):
    """Return the indices of the inputs to use, in increasing order.

    Those of the classes that are wanted, and of these a random subset of `max_points`.
    """
    indices = np.arange(n_points)
    if classes is not None:
        indices = indices[np.isin(labels, classes)]
    if max_points is None or check_count(max_points, "max_points") >= len(indices):
        return indices
    draw = check_random_state(random_state).choice(len(indices), max_points, replace=False)
    return indices[np.sort(draw)]


def check_labels(probe_labels, classes, by_class, n_points):
    """Return the probe's labels and the classes that are wanted, (None, None) if all inputs are."""
    if probe_labels is None:
        if classes is not None or by_class:
            raise ValueError("classes and by_class need probe_labels, one label an input.")
        return None, None
    labels = np.asarray(probe_labels)
    if labels.shape != (n_points,):
        raise ValueError(
            f"probe_labels must hold one label for each of the {n_points} inputs, got shape "
            f"{labels.shape}."
        )
    present = np.unique(labels)
    wanted = present if classes is None else np.asarray(classes)
    if wanted.ndim != 1 or len(wanted) == 0 or not set(wanted.tolist()) <= set(present.tolist()):
        raise ValueError(
            f"classes must be a list of labels that the probe has, {present.tolist()}; "
            f"got {classes!r}."
        )
    return labels, wanted
