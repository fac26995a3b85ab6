"""What was read of a probe, kept for all networks, folds and calls that are shown it.

Reading is what a probe of images or texts costs, and cross-validation asks for it once a network
and a fold. So items are kept with the object that the user has given as the probe, for as long as
that lives: clones of an estimator share it, and it is let go with them.
"""

import types
import weakref
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from skactland._checks import warn_user
from skactland._memory import available_memory
from skactland._table._code import is_of_library
from skactland._table._digest import Undigestible, digest
from skactland._torch import ONE_AT_A_TIME
from skactland.activations._arguments import leaves

# Longer lists than this hold data, which is not looked through.
_FEW = 100
# What a class has as a setting rather than as code.
_SETTINGS = (type(None), bool, int, float, str, list, tuple, dict, set)
# How deep parts of parts are looked at: of a Probe's loader's subset's dataset's transform the
# first part's options are seven deep.
_DEPTH = 8


class KeptItems:
    """The items of a dataset that were read, by index, in half of the memory that is available.

    The other half is for the clouds. Of items that do not fit a checksum is kept: they are read
    again for every network, and every network must be shown the same. So must a network that is
    shown them in another process, which is why a pickle holds the checksums alone.
    """

    def __init__(self, watch):
        self._items = {}
        self._checksums = {}
        self._room = None
        self._watch = watch

    def __contains__(self, i):
        return i in self._items

    def __getitem__(self, i):
        return self._items[i]

    @property
    def is_full(self):
        """Whether nothing more is kept."""
        return self._room is not None and self._room < 0

    def add(self, i, item):
        """Keep an item that was read, or compare it with what was read before."""
        if i in self._checksums and _checksum(i, item) != self._checksums[i]:
            raise ValueError(
                f"The probe gives another input each time that item {i} is read, and every network "
                "must be shown the same: switch random augmentation off, or let it draw from the "
                "global generators of torch, NumPy or Python, which are seeded here."
            )
        if self._room is None:
            available = available_memory()
            self._room = np.inf if available is None else available / 2
        was_full = self.is_full
        if not was_full:
            self._room -= _size(item)
        if not self.is_full:
            self._items[i] = item
            return
        if not was_full:
            warn_user(
                f"The probe's items do not all fit into half of the available memory: after "
                f"{len(self._items)}, they are read again for every network. Use fewer "
                "(max_points), or smaller ones."
            )
        self._checksums[i] = _checksum(i, item)

    def note_read(self):
        """Hear that items were read."""
        if self._watch is not None:
            self._watch.note_read()

    def __getstate__(self):
        sums = dict(self._checksums)
        for i, item in self._items.items():
            with suppress(TypeError):  # what cannot be compared must be kept to be the same
                sums[i] = _checksum(i, item)
        return {"_items": {}, "_checksums": sums, "_room": None, "_watch": None}


def _checksum(i, item):
    try:
        return digest(item)
    except Undigestible as error:
        raise TypeError(
            f"Item {i} of the probe cannot be compared from reading to reading, as {error}. Let "
            "the dataset give tensors or arrays."
        ) from error


def _size(item):
    """Return about how many bytes an item takes."""
    return sum(getattr(leaf, "nbytes", 100) for leaf in leaves(item))


class Watch:
    """Whether a probe is still what it was when it was read.

    Looked at is what users set or add: its attributes, those of its class, and theirs, such as the
    dataset of a loader and the parts of a transform. What reading itself changes (counters, files
    opened late) does not count. Nor does what is inside NumPy arrays and long lists, as looking
    would cost as much as reading, nor what code reads beside attributes: after changing such, one
    gives a new Probe.
    """

    def __init__(self, probe):
        key = id(probe)
        self._probe = weakref.ref(probe, lambda _: _entries.pop(key, None))
        self._seen = _state(probe)
        self._known = set(self._seen)
        self._growing = set()
        self._was_read = False

    def note_read(self):
        """Leave out what the first reading has changed, and what it has added to."""
        if not self._was_read:
            now = _state(self._probe())
            self._growing = {path[:-1] for path in now.keys() ^ self._known if path}
            self._known |= now.keys()
            self._seen = {path: v for path, v in self._seen.items() if now.get(path) == v}
            self._was_read = True

    def holds(self):
        """Tell whether nothing has changed that was the same after reading, and nothing is new."""
        now = _state(self._probe())
        if any(now.get(path) != value for path, value in self._seen.items()):
            return False
        return not any(
            self._growing.isdisjoint(path[:i] for i in range(len(path)))
            for path in now.keys() - self._known
        )


def _state(probe):
    """Return what tells whether a probe was changed, by the path to each of its parts."""
    state, seen, level = {}, set(), [((), probe)]
    for _ in range(_DEPTH):
        below = []
        for path, value in level:
            state[path] = _identity(value)
            if id(value) not in seen:
                seen.add(id(value))
                below += [((*path, key), part) for key, part in _parts(value).items()]
        level = below
    return state


def _parts(value):
    """Return the parts of a value that a user may set."""
    if isinstance(value, (list, tuple, dict)):
        if len(value) > _FEW:
            return {}
        return value if isinstance(value, dict) else dict(enumerate(value))
    no_parts = (type, types.ModuleType, types.FunctionType, torch.Tensor, np.ndarray)
    if isinstance(value, no_parts):
        return {}
    return {**_settings_of_class(type(value)), **getattr(value, "__dict__", {})}


def _settings_of_class(kind):
    """Return what a class of the user's has as settings of all its objects."""
    found = {}
    for base in reversed(kind.__mro__):
        if not is_of_library(base.__module__):
            found |= {name: v for name, v in vars(base).items() if type(v) in _SETTINGS}
    return found


def _identity(value):
    if value is None or type(value) in (bool, int, float, complex, str, bytes):
        return type(value), value
    if isinstance(value, (set, frozenset)) and len(value) <= _FEW:
        return type(value), frozenset(map(_identity, value))
    is_counted = isinstance(value, torch.Tensor) and not value.is_inference()
    return id(value), value._version if is_counted else None


@dataclass(frozen=True)
class _Entry:
    watch: Watch
    kept: Any


# By the identity of the object given as the probe. Not a WeakKeyDictionary, which would ask it for
# a hash, and datasets that compare by content have none.
_entries = {}


def kept_of(probe, make):
    """Return what was kept of a probe, if it is as it was then, or else what `make` makes.

    `make` is given the watch over the probe, to tell it when something was read. What is kept must
    not hold the probe, which would then never go.
    """
    with ONE_AT_A_TIME:  # lest two threads keep two readings, of which random ones differ
        entry = _entries.get(id(probe))
        if entry is not None and entry.watch.holds():
            return entry.kept
        try:
            watch = Watch(probe)
        except TypeError:  # a class with slots; nothing tells when it goes
            return make(None)
        kept = make(watch)
        _entries[id(probe)] = _Entry(watch, kept)
        return kept
