"""One extraction: networks from wherever they come, points to wherever they are kept."""

import numbers
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from sklearn.utils import check_random_state
from torch import nn

from skactland._checks import Classes, at_place, check_flag, check_option, warn_user
from skactland._table import Cache, check_memory, trim_memory
from skactland._torch import settings_of_numbers
from skactland.activations import _digest  # noqa: F401  the digests of what torch knows
from skactland.activations._inputs import Inputs, Shown
from skactland.activations._isolation import Row
from skactland.activations._memmaps import DiskFull, spilled
from skactland.activations._network import read_network
from skactland.activations._probe import read_probe
from skactland.activations._reading import Reading
from skactland.activations._schedule import Schedule
from skactland.activations._sources import opened_network
from skactland.activations._subset import check_every_class, check_labels, choose_points


@dataclass(frozen=True)
class Drawn:
    """What is the same for all networks of a table, also in `transform` after `fit`.

    Attributes
    ----------
    inputs : Inputs
        The probe.
    indices : ndarray of int
        The inputs to use.
    seed : int
        The seed of forward passes.
    told : set of str
        Warnings that were given, each of them once.
    """

    inputs: Inputs
    indices: np.ndarray
    seed: int
    told: set = field(default_factory=set)


def _seed(random_state):
    """Return the seed of forward passes: None stands for one, so that caches have hits."""
    with at_place("random_state"):
        check_random_state(random_state)
    if isinstance(random_state, numbers.Integral):
        return int(random_state)
    return 0 if random_state is None else int(random_state.randint(2**31))


class Extraction:
    """What is wanted of every network of a table, checked and drawn once.

    Parameters are those of :func:`~skactland.extract_activations`; `drawn` is what was read and
    drawn before, if it was. Errors say nothing of the network, which the caller names; `name` is
    for warnings.
    """

    def __init__(
        self,
        probe,
        *,
        probe_labels,
        classes,
        by_class,
        points,
        max_points,
        random_state,
        network_builder,
        weights_key,
        strict,
        spill,
        memory,
        drawn=None,
        **reading,
    ):
        seed = _seed(random_state) if drawn is None else drawn.seed
        self.reading = Reading(**reading, seed=seed)
        self.inputs = read_probe(probe) if drawn is None else drawn.inputs
        n_points = self.inputs.n_points
        check_flag(by_class, "by_class")
        check_flag(strict, "strict")
        check_option(points, "points", ("inputs", "units"))
        if points == "units" and self.reading.include_classes:
            raise ValueError(
                "include_classes gives a class for each input, and points='units' a point for each "
                "unit; extract classes with points='inputs'."
            )
        self.of_units = points == "units"
        if not (weights_key is None or isinstance(weights_key, str)):
            raise TypeError(f"weights_key must be a str such as 'model.net', got {weights_key!r}.")
        labels, classes = check_labels(probe_labels, classes, by_class, self.inputs)
        if drawn is None:
            self.indices = choose_points(n_points, labels, classes, max_points, random_state)
            drawn = Drawn(self.inputs, self.indices, seed)
        self.drawn = drawn
        self.indices = drawn.indices
        self.inputs.expect(self.indices)
        self.labels = labels[self.indices] if by_class else None
        if by_class:
            check_every_class(self.labels, classes)
        self.classes = classes
        self.network_builder = network_builder
        self.weights_key = weights_key
        self.strict = strict
        self.spill = spill
        self._disk_is_full = False
        check_memory(memory)  # before a network is run in vain
        self.memory = memory

    def clouds(self, source, name, row):
        """Return the clouds of a network, by column; `row` is the :class:`Row` it stands in."""
        with self._opened(source, name) as network:
            points, left_out = self.cache.get(
                lambda: self._read(network, self._schedule, name, row), network, name=name
            )
        self._tell_left_out(left_out, name)
        clouds = self._by_class(points)
        classes = {
            column: Classes.of(clouds.pop(column))
            for column in self._class_columns("classes")
            if self.reading.include_classes
        }
        if self.of_units:
            for column in clouds:  # one by one, lest all be there twice
                clouds[column] = np.ascontiguousarray(clouds[column].T)
        clouds = clouds if self.spill is None else self._spilled(clouds, name)
        return {**clouds, **classes}  # the last, and too small to be worth a file

    def columns(self, source, name, n_inputs=None):
        """Return the names of the columns, which the first inputs tell: by default a batch."""
        shown = self.indices[: n_inputs or self.reading.batch_size]
        schedule = Schedule(self.inputs, shown, self.reading)
        with self._opened(source, name) as network, Row() as row:
            points, left_out = self._read(network, schedule, name, row)
        self._tell_left_out(left_out, name)
        return [column for layer in points for column in self._class_columns(layer)]

    @property
    def n_input_columns(self):
        """The number of columns of the inputs themselves, which come first."""
        return len(self._class_columns("input")) if self.reading.include_input else 0

    def _opened(self, source, name):
        return opened_network(
            source,
            name,
            network_builder=self.network_builder,
            weights_key=self.weights_key,
            strict=self.strict,
        )

    def _read(self, network, schedule, name, row):
        """Return, by layer, points and how many an input gave; and the layers left out."""
        return read_network(network, self.inputs, schedule, self.reading, name, row)

    @cached_property
    def _schedule(self):
        """When all inputs are shown."""
        return Schedule(self.inputs, self.indices, self.reading)

    def _tell_left_out(self, left_out, name):
        """Warn of layers without activations, once for all networks that are alike."""
        if not left_out:
            return
        reasons = {}
        for layer, reason in left_out.items():
            reasons.setdefault(reason.partition(";")[0], []).append(repr(layer))
        said = "; ".join(f"{', '.join(names)}: {reason}" for reason, names in reasons.items())
        message = f"Layers that hold no activations are left out. {said}."
        if message not in self.drawn.told:
            self.drawn.told.add(message)
            warn_user(f"{name}: {message[0].lower()}{message[1:]}")

    @cached_property
    def cache(self):
        """The activations that are kept, by all but the network that they depend on."""
        if self.memory is None:  # spares reading the probe for its digest
            return Cache(None)
        return Cache(self.memory, *self.content, libraries=("numpy", "torch"))

    @property
    def content(self):
        """What the points of any network depend on beside that network, for a digest."""
        shown = Shown(self.inputs, self.indices, self.reading.batch_size)
        return vars(self.reading), shown, _surroundings()

    def _spilled(self, clouds, name):
        """Return read-only maps of clouds; once the disk is full, the clouds themselves.

        What has been computed is worth more than the promise to keep it on disk.
        """
        kept = {}
        for column, points in clouds.items():
            try:
                kept[column] = points if self._disk_is_full else spilled(points, self.spill)
            except DiskFull as error:
                self._disk_is_full = True
                kept[column] = points
                warn_user(f"{name}: {error} From here on points stay in memory.")
        trim_memory()
        return kept

    def _class_columns(self, name):
        if self.labels is None:
            return [name]
        return [f"{name}__class{label}" for label in self.classes]

    def _by_class(self, clouds):
        """Return the points alone, or those of each class by themselves."""
        if self.labels is None:
            return {name: points for name, (points, _) in clouds.items()}
        divided = {}
        for name in list(clouds):
            points, counts = clouds.pop(name)  # lest all be there twice
            labels = np.repeat(self.labels, counts)
            for column, label in zip(self._class_columns(name), self.classes, strict=True):
                divided[column] = points[labels == label]
        return divided


def _surroundings():
    """Return the settings and the global hooks that change what any network computes."""
    hooks = nn.modules.module._global_forward_pre_hooks, nn.modules.module._global_forward_hooks
    hooks = [list(registered.values()) for registered in hooks]
    return *settings_of_numbers(), hooks
