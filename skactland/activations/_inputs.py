"""The inputs of a probe that are rows of arrays: one tensor, or several by name."""

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial

import numpy as np
import torch

from skactland.activations._arguments import TARGET_KEYS, Settled, leaves

#: How to show networks what is not rows of one array, for messages.
COLLATE = "Probe(inputs, collate=...), where a function makes batches of any items"

# So many rows are kept for all networks, beside the probe.
_FEW = 8
# Where torch and NumPy let memory begin, in bytes.
_ALIGNED = 64


def _size_of_one(batch):
    """Return how many numbers an input of a batch has."""
    tensors = [leaf for leaf in leaves(batch) if isinstance(leaf, torch.Tensor) and leaf.ndim]
    return sum(leaf[0].numel() for leaf in tensors if len(leaf) and not leaf.is_nested)


def _nothing_to_do(indices):
    """Hear what will be taken, where that changes nothing."""


@dataclass(frozen=True)
class Taker:
    """What takes some inputs: called, as a batch of the network's own, which it may write to.

    Parameters
    ----------
    take : callable
    kept : tensor or None
        What a network that only computes may be lent in its place, if such is there at no cost.
    ready : dict
        What was made of that for such networks.
    """

    take: Callable
    kept: torch.Tensor | None = None
    ready: dict = field(default_factory=dict)

    def __call__(self):
        """Return a batch for a network that may write to it."""
        return self.take()

    def lent(self):
        """Return a batch for one that does not."""
        return self.take() if self.kept is None else self.kept


@dataclass(frozen=True)
class Inputs:
    """The inputs of a probe, by index.

    Parameters
    ----------
    n_points : int
    take : callable
        From indices to the batch of those inputs: a tensor, a dictionary of tensors for a network
        that takes keywords, or whatever the user's `collate` makes.
    are_ordered : bool
        Whether they are in the order of the dataset; else no labels can be told to them.
    expect : callable
        Is told the indices that are going to be taken, batch by batch.
    collate : callable or None
        The function of the user's that makes batches, on which results depend.
    may_be_padded : bool
        Whether a function makes the batches that may give inputs other sizes in each.
    prepare : callable or None
        From indices to a :class:`Taker`, where the inputs are the rows of one plain array.
    """

    n_points: int
    take: Callable
    are_ordered: bool = True
    expect: Callable = _nothing_to_do
    collate: Callable | None = None
    may_be_padded: bool = False
    prepare: Callable | None = None
    _padded: dict = field(default_factory=dict, compare=False)

    def taker(self, indices):
        """Return what takes some inputs, once a network."""
        return Taker(partial(self.take, indices)) if self.prepare is None else self.prepare(indices)

    def padded(self, indices):
        """Return which of some inputs are larger in the batch of them than by themselves.

        As texts are that a function pads to the longest of their batch; the smallest first. It is
        told once for all networks.
        """
        if not self.may_be_padded:
            return np.arange(0)
        key = tuple(map(int, indices))
        if key not in self._padded:
            with suppress(Exception):  # one that makes no batch of a single input pads none either
                sizes = np.array([_size_of_one(self.take(one)) for one in indices[:, None]])
                order = np.argsort(sizes, kind="stable")
                self._padded[key] = order[sizes[order] < _size_of_one(self.take(indices))]
        return self._padded.setdefault(key, np.arange(0))


@dataclass(frozen=True)
class Shown:
    """What networks are shown of some inputs, batch by batch; a digest reads it."""

    inputs: Inputs
    indices: np.ndarray
    batch_size: int

    def batches(self):
        """Yield the batches, one held at a time."""
        for start in range(0, len(self.indices), self.batch_size):
            yield self.inputs.take(self.indices[start : start + self.batch_size])


def from_array(given, name="The probe", may_be_missing=False):
    """Return inputs that are one array or tensor."""
    if isinstance(given, torch.Tensor):
        values = given.detach()
    elif _are_tensors(given):
        values = _stacked(given, name)
    else:
        values = _as_numbers(given, name)
    check_values(values, name, may_be_missing)
    if values.ndim == 0:
        raise ValueError(f"{name} is a single value; it needs at least one input, one a row.")
    is_plain = type(values) in (torch.Tensor, np.ndarray)  # without functions of a class of its own
    prepare = partial(_prepared, values) if is_plain else None
    return Inputs(len(values), partial(_rows, values), prepare=prepare)


def from_mapping(given, kind=dict):
    """Return inputs that are passed to the network by keyword, in mappings of some kind."""
    given = _without_words(given)
    parts = {}
    for key, value in given.items():
        is_target = key in TARGET_KEYS and kind is not Settled
        parts[key] = from_array(value, f"The probe's {key!r}", may_be_missing=is_target)
    lengths = {key: part.n_points for key, part in parts.items()}
    if len(set(lengths.values())) > 1:
        raise ValueError(
            f"The entries of the probe differ in length: {lengths}. For one that is the same for "
            f"all inputs, use {COLLATE}."
        )
    return Inputs(next(iter(lengths.values()), 0), partial(_rows_of_parts, kind, parts))


def without(batch, ignore):
    """Return a batch without the entries that are no inputs; None leaves that to the networks."""
    if ignore is None:
        return batch
    if not isinstance(batch, Mapping):
        raise TypeError(
            f"ignore={ignore!r} is for entries of mappings, but the probe's batches are "
            f"{type(batch).__name__}, which have no names."
        )
    unknown = [key for key in ignore if key not in batch]
    if unknown:
        raise ValueError(f"ignore names {unknown}, but the probe has the entries {list(batch)}.")
    return Settled((key, part) for key, part in batch.items() if key not in ignore)


def _without_words(batch):
    """Return a batch without targets that are no numbers, which no network could take."""
    if not isinstance(batch, Mapping) or isinstance(batch, Settled):
        return batch
    return {
        key: part for key, part in batch.items() if key not in TARGET_KEYS or _are_numbers(part)
    }


def _are_numbers(values):
    if isinstance(values, torch.Tensor):
        return True
    try:
        return np.asarray(values).dtype.kind in "fiubc"
    except ValueError:  # lists of different lengths
        return False


def checked(batch):
    """Return a batch of a dataset, less what is no network's input; it holds finite tensors."""
    batch = _without_words(batch)
    for key, part in batch.items() if isinstance(batch, Mapping) else [(None, batch)]:
        name = "The probe" if key is None else f"The probe's {key!r}"
        is_target = key in TARGET_KEYS and not isinstance(batch, Settled)
        for leaf in leaves(part):
            if not isinstance(leaf, torch.Tensor):
                raise TypeError(
                    f"{name} holds {type(leaf).__name__}, and networks take tensors. Leave it out, "
                    f"Probe(inputs, ignore=({key!r},)), or use {COLLATE}."
                )
            check_values(leaf, name, may_be_missing=is_target)
    return batch


def check_values(values, name, may_be_missing=False):
    """Refuse a tensor that has no values, or not as numbers in rows, and values that are no use."""
    if isinstance(values, torch.Tensor):
        _check_tensor(values, name)
        is_finite = torch.isfinite(values).all()
    else:
        is_finite = np.isfinite(values).all()
    if not (is_finite or may_be_missing):
        raise ValueError(f"{name} contains NaN or infinite values; drop or impute those inputs.")


def _check_tensor(values, name):
    if values.is_meta:
        raise ValueError(
            f"{name} is on the meta device, without values; make it on the device where it is read."
        )
    if values.is_nested:
        raise TypeError(f"{name} is a nested tensor; use {COLLATE}.")
    if values.layout != torch.strided:
        raise TypeError(f"{name} is a sparse tensor; write .to_dense(), or use {COLLATE}.")
    if values.is_quantized:
        raise TypeError(f"{name} is a quantised tensor; write .dequantize(), or use {COLLATE}.")


def _rows(values, indices):
    """Return some rows of an array or tensor as a tensor, in a type that torch has."""
    return _copied(values, _as_slice(indices))


def _as_slice(indices):
    """Return indices as a slice if they are one, whose rows are copied in one go."""
    first, last = int(indices[0]), int(indices[-1])
    is_range = len(indices) == last - first + 1 and (indices[1:] - indices[:-1] == 1).all()
    return slice(first, last + 1) if is_range else indices


def _prepared(values, indices):
    """Return what takes some rows."""
    indices = _as_slice(indices)
    return Taker(partial(_copied, values, indices), _kept(values, indices))


def _kept(values, indices):
    """Return some rows such that they take no more memory and a network computes the same of them.

    None where there are no such: sums may be taken in another order of numbers that lie otherwise.
    """
    if not isinstance(indices, slice):
        return _copied(values, indices) if len(indices) <= _FEW else None
    if not isinstance(values, torch.Tensor):
        return None
    rows = values[indices]
    is_like_copy = rows.is_contiguous() and rows.data_ptr() % _ALIGNED == 0
    return rows if is_like_copy and not rows.is_inference() else None


def _copied(values, indices):
    if isinstance(values, torch.Tensor):
        if isinstance(indices, slice):
            return values[indices].clone()
        return values[torch.as_tensor(indices, device=values.device)]
    rows = values[indices].copy() if isinstance(indices, slice) else values[indices]
    kind = np.float64 if rows.dtype.kind == "f" and rows.dtype.itemsize > 8 else rows.dtype
    return torch.from_numpy(np.ascontiguousarray(rows, np.dtype(kind).newbyteorder("=")))


def _rows_of_parts(kind, parts, indices):
    return kind((key, part.take(indices)) for key, part in parts.items())


def _are_tensors(given):
    """Tell a list of tensors, one an input; a tuple would rather be the inputs of one network."""
    return (
        isinstance(given, list)
        and len(given) > 0
        and all(isinstance(row, torch.Tensor) for row in given)
    )


def _stacked(given, name):
    shapes = sorted({tuple(row.shape) for row in given})
    if len(shapes) > 1:
        raise ValueError(f"{name}'s inputs differ in shape: {shapes}; pad them, or use {COLLATE}.")
    return torch.stack([row.detach() for row in given])


def _as_numbers(given, name):
    """Return inputs that are no tensor as a numeric array."""
    if isinstance(given, tuple) and any(np.ndim(part) > 1 for part in given):
        raise TypeError(
            f"{name} is a tuple of arrays; for a network of several inputs give a dictionary, with "
            f"the names of the arguments of its forward as keys, or use {COLLATE}."
        )
    if hasattr(given, "tocoo"):
        raise TypeError(f"{name} is a sparse matrix; write .toarray(), or use {COLLATE}.")
    if isinstance(given, np.ma.MaskedArray) and np.ma.is_masked(given):
        raise TypeError(
            f"{name} has {np.ma.count_masked(given)} masked values; drop those inputs, or fill "
            "them."
        )
    try:
        array = np.asarray(given)
        if array.dtype == object and array.ndim > 0:  # such as a frame's column of nullable numbers
            array = np.array(array.tolist())
    except ValueError as error:
        raise ValueError(
            f"{name}'s inputs differ in shape: {error} Pad them, or use {COLLATE}."
        ) from error
    if array.dtype.kind not in "fiubc":
        raise TypeError(
            f"{name} must be an array or tensor of numbers, a mapping of them, a Dataset or a "
            f"DataLoader; got {type(given).__name__} of dtype {array.dtype}. For other inputs use "
            f"{COLLATE}."
        )
    return array
