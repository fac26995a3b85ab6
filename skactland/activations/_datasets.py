"""The inputs of a probe that are read item by item: of datasets, loaders and other sequences."""

import pickle
import random
from collections.abc import Mapping
from dataclasses import replace
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
    default_collate,
)

from skactland._checks import at_place
from skactland._torch import generators_kept
from skactland.activations._arguments import Settled, copied
from skactland.activations._inputs import (
    COLLATE,
    Inputs,
    checked,
    from_array,
    from_mapping,
    without,
)
from skactland.activations._kept import KeptItems, kept_of

# What a loader was told of the processes that read for it.
_OF_WORKERS = ("num_workers", "worker_init_fn", "multiprocessing_context", "timeout")


class Items:
    """The items of a dataset, by index, each read once while what is read fits into memory.

    Parameters
    ----------
    dataset : object with ``__len__`` and ``__getitem__``
    kept : KeptItems
        What was read before, by whomever was shown the same probe.
    batch_size : int
        How many items a worker reads at a time.
    **of_workers
        How workers read, as in a DataLoader; without them this process reads.
    """

    def __init__(self, dataset, kept, batch_size=1, **of_workers):
        self.dataset = dataset
        self.kept = kept
        self.batch_size = batch_size
        self.of_workers = of_workers
        self._expected = []

    def __len__(self):
        return len(self.dataset)

    def expect(self, indices):
        """Hear which items will be wanted.

        Workers read them all at once: to start some for every batch would take longer than reading.
        """
        if self.of_workers.get("num_workers"):
            self._expected = [int(i) for i in indices]

    def read(self, indices):
        """Return a list of items."""
        wanted = dict.fromkeys(int(i) for i in indices)
        missing = [i for i in wanted if i not in self.kept]
        found = {}
        if missing:
            ahead = [i for i in self._expected if i not in wanted and i not in self.kept]
            order = missing if self.kept.is_full else [*missing, *ahead]
            for i, item in zip(order, self._load(order), strict=False):
                self.kept.add(i, item)
                if i in wanted:
                    found[i] = item
                elif self.kept.is_full:
                    break
            self.kept.note_read()
        return [found[i] if i in found else self.kept[i] for i in map(int, indices)]

    def _load(self, indices):
        """Yield items in the order of their indices."""
        seeded = _Seeded(self.dataset)
        if not self.of_workers.get("num_workers"):
            yield from (seeded[i] for i in indices)
            return
        # As bytes: each tensor on its own in shared memory would take an open file.
        loader = DataLoader(
            seeded,
            sampler=indices,
            batch_size=self.batch_size,
            collate_fn=_as_bytes,
            **self.of_workers,
        )
        for batch in loader:
            yield from pickle.loads(batch)


def _as_bytes(items):
    return pickle.dumps(copied(items))


class _Seeded(Dataset):
    """A dataset whose items are the same whenever and in whichever process they are read.

    As far as they draw from the global generators. Each item has its own seed, so that it does not
    depend on those that are read before it.
    """

    def __init__(self, dataset):
        self.dataset = dataset

    def __len__(self):
        return len(self.dataset)

    def __getitem__(self, i):
        _seed(i)
        with at_place(f"item {i} of the probe"):
            return self.dataset[i]


def _seed(seed):
    """Seed what code on the CPU draws from; ``torch.manual_seed`` would seed accelerators too."""
    torch.default_generator.manual_seed(seed)
    np.random.seed(seed)
    random.seed(seed)


def from_sequence(probe, given, collate):
    """Return inputs that the user's function makes of the items of a sequence."""
    items = Items(given, kept_of(probe, KeptItems))
    take = partial(_built, items, collate)
    return Inputs(len(items), take, collate=collate, may_be_padded=True)


def _built(items, collate, indices):
    with generators_kept():
        return call_collate(collate, items.read(indices), indices)


def call_collate(collate, items, indices):
    """Call a function of the user's on items, alike for every network whatever it does to them.

    It is given copies, since some take labels out of items; and it gives copies, since a network
    may write to a tensor that the function holds for all batches, such as the edges of a graph.
    """
    first, last = min(indices), max(indices)
    with generators_kept(), at_place(f"collate, of items {first} to {last} of the probe"):
        _seed(int(indices[0]))
        batch = copied(collate(copied(items)))
        # A mapping of the user's own making holds what the network is to be called with.
        return Settled(batch) if isinstance(batch, Mapping) else batch


def from_dataset(probe, dataset, ignore):
    """Return inputs that are read from a dataset when they are needed."""
    items = Items(dataset, kept_of(probe, KeptItems))
    return _of_items(items, default_collate, ignore)


def _of_items(items, collate, ignore):
    take = partial(_batch, items, collate, ignore)
    is_own = collate is not default_collate
    return Inputs(len(items), take, expect=items.expect, may_be_padded=is_own)


def _batch(items, collate, ignore, indices):
    """Return the inputs in some items of a dataset."""
    with generators_kept():
        found = items.read(indices)
        _seed(int(indices[0]))  # a collate may draw as well, such as one that masks tokens
        batch = _collated(found) if collate is default_collate else collate(copied(found))
    return checked(without(_inputs_of(batch), ignore))


def _collated(items):
    try:
        return default_collate(items)
    except (TypeError, RuntimeError) as error:
        raise TypeError(f"The probe's items make no batch: {error} Use {COLLATE}.") from error


def _inputs_of(batch):
    """Return the inputs of a batch: the first of a tuple, else all of it."""
    batch = batch[0] if isinstance(batch, (tuple, list)) and len(batch) else batch
    if not isinstance(batch, (torch.Tensor, Mapping)):
        raise TypeError(
            "A Dataset must give tensors, tuples that begin with one, or dictionaries of them; "
            f"its batches are {type(batch).__name__}. For other items use {COLLATE}."
        )
    return batch


def from_loader(probe, loader, ignore):
    """Return the inputs of a loader: by index where it serves its whole dataset, else all read.

    The order of a shuffling loader does not matter, as every network must be shown the same rows.
    """
    if not _serves_whole_dataset(loader):
        return kept_of(probe, partial(_read_through, loader, ignore))
    of_workers = {name: getattr(loader, name) for name in _OF_WORKERS} if loader.num_workers else {}
    kept = kept_of(probe, KeptItems)
    items = Items(loader.dataset, kept, loader.batch_size, **of_workers)
    return _of_items(items, loader.collate_fn, ignore)


def _read_through(loader, ignore, watch):
    """Return the inputs that a loader gives in one pass, the same in every process if it can be."""
    with generators_kept():
        _seed(0)
        batches = [without(_inputs_of(batch), ignore) for batch in loader]
    if watch is not None:
        watch.note_read()
    if batches and isinstance(batches[0], Mapping):
        columns = {key: _joined([batch[key] for batch in batches]) for key in batches[0]}
        inputs = from_mapping(columns, dict if ignore is None else Settled)
    else:
        inputs = from_array(_joined(batches) if batches else torch.empty(0))
    return replace(inputs, are_ordered=_keeps_order(loader))


def _keeps_order(loader):
    """Tell whether a loader gives inputs in the order of its dataset."""
    if isinstance(loader.dataset, IterableDataset):
        return True
    in_batches = loader.batch_sampler is None or type(loader.batch_sampler) is BatchSampler
    return in_batches and type(loader.sampler) is SequentialSampler


def _joined(batches):
    """Return batches as one."""
    if not all(isinstance(batch, torch.Tensor) for batch in batches):
        return [row for batch in batches for row in batch]
    shapes = sorted({tuple(batch.shape[1:]) for batch in batches})
    if len(shapes) > 1:
        raise ValueError(
            f"The batches of the probe's loader have inputs of different shapes, {shapes}, and "
            "every network is shown them in batches of batch_size: pad all to one length, or use "
            f"{COLLATE}."
        )
    return torch.cat(batches)


def _serves_whole_dataset(loader):
    """Tell whether a loader gives each item of its dataset once, in whatever order."""
    if isinstance(loader.dataset, IterableDataset) or loader.batch_sampler is None:
        return False
    if type(loader.batch_sampler) is not BatchSampler or len(loader.sampler) != len(loader.dataset):
        return False
    if type(loader.sampler) is RandomSampler:
        return not loader.sampler.replacement
    return type(loader.sampler) is SequentialSampler
