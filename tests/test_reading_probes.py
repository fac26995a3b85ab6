"""How often the items of a probe are read, and that every network is shown the same."""

import copy
import gc
import pickle
import random
import threading
import weakref

import numpy as np
import pytest
import torch
from numpy.testing import assert_array_equal
from sklearn.base import BaseEstimator, clone
from sklearn.dummy import DummyRegressor
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline
from torch import nn
from torch.utils.data import (
    DataLoader,
    Dataset,
    IterableDataset,
    Subset,
    SubsetRandomSampler,
    get_worker_info,
)

from skactland import LayerActivationExtractor, Probe, extract_activations
from skactland.activations import _kept

N = 30


class Counted(Dataset):
    """Rows of an array, counted when they are read, in two ways that a reading leaves traces."""

    def __init__(self, rows, transform=None):
        self.rows = torch.tensor(rows, dtype=torch.float32)
        self.transform = transform
        self.read = []
        self.n_read = 0

    def __len__(self):
        return len(self.rows)

    def __getitem__(self, i):
        self.read.append(i)
        self.n_read += 1
        row = self.rows[i]
        return row if self.transform is None else self.transform(row)


class Stream(IterableDataset):
    def __init__(self, counted):
        self.counted = counted

    def __iter__(self):
        return (self.counted[i] for i in range(len(self.counted)))


class Unhashable(Counted):
    def __eq__(self, other):
        return True

    __hash__ = None


class Slotted:
    """A sequence that nothing can refer to weakly."""

    __slots__ = ("counted",)

    def __init__(self, counted):
        self.counted = counted

    def __len__(self):
        return len(self.counted)

    def __getitem__(self, i):
        return self.counted[i]


def copies(networks):
    return [copy.deepcopy(network) for network in networks]


@pytest.fixture
def networks(make_network):
    """Few, as what is counted are readings."""
    return [make_network(seed) for seed in range(4)]


@pytest.fixture
def counted(probe):
    return Counted(probe)


@pytest.fixture
def little_memory(monkeypatch):
    """Let ten items of four numbers fit."""
    monkeypatch.setattr(_kept, "available_memory", lambda: 2 * 10 * 16)


def first_column(table):
    return np.array([cell.sum() for cell in table[:, 0]])[:, None]


class Sums(BaseEstimator):
    def fit(self, X, y=None):
        return self

    def transform(self, X):
        return first_column(X)


# Read once


@pytest.mark.parametrize(
    "wrap",
    [
        lambda counted: counted,
        lambda counted: DataLoader(counted, batch_size=7, shuffle=True),
        lambda counted: DataLoader(counted, batch_size=7, collate_fn=torch.stack),
        lambda counted: DataLoader(counted, sampler=SubsetRandomSampler(range(N))),
        lambda counted: DataLoader(Stream(counted)),
        Stream,
        lambda counted: Subset(counted, range(N)),
        Probe,
        lambda counted: Probe(DataLoader(counted)),
        lambda counted: Probe(counted, collate=torch.stack),
    ],
)
def test_four_folds_read_each_item_once(counted, networks, wrap):
    extractor = LayerActivationExtractor(wrap(counted), layers="fc*", batch_size=8)
    pipeline = make_pipeline(extractor, Sums(), DummyRegressor())
    scores = cross_val_score(
        pipeline, [*networks, *copies(networks)], np.arange(8.0), cv=4, error_score="raise"
    )
    assert len(scores) == 4
    assert sorted(counted.read) == list(range(N))


def test_a_grid_reads_each_item_once(counted, networks):
    pipeline = make_pipeline(LayerActivationExtractor(counted), Sums(), DummyRegressor())
    grid = {"layeractivationextractor__layers": ["fc1", "fc2"]}
    GridSearchCV(pipeline, grid, cv=2, error_score="raise").fit(networks, np.arange(4.0))
    assert sorted(counted.read) == list(range(N))


def test_calls_of_the_function_share_a_reading(counted, networks):
    for size in (30, 7, 1):
        extract_activations(networks[0], counted, batch_size=size, layers="fc1")
    assert sorted(counted.read) == list(range(N))


def test_items_that_are_wanted_later_are_read_then(counted, networks):
    for n in (5, 12):
        extract_activations(networks[0], counted, max_points=n, random_state=0)
    assert len(counted.read) == len(set(counted.read)) <= 17


def test_what_needs_no_hash_and_no_weak_reference(probe, networks):
    expected = extract_activations(networks[0], torch.tensor(probe, dtype=torch.float32))["fc1"]
    unhashable = Unhashable(probe)
    slotted = Counted(probe)
    for given in (unhashable, unhashable, Slotted(slotted)):
        assert_array_equal(extract_activations(networks[0], given)["fc1"], expected)
    assert len(unhashable.read) == len(slotted.read) == N
    LayerActivationExtractor(Slotted(slotted)).fit_transform(networks)
    assert len(slotted.read) == 2 * N


def test_a_reading_goes_with_its_probe(probe, networks):
    counted = Counted(probe)
    loader = DataLoader(counted)
    extract_activations(networks[0], counted)
    extract_activations(networks[0], loader)
    assert {id(counted), id(loader)} <= set(_kept._entries)
    keys, last = {id(counted), id(loader)}, weakref.ref(counted)
    del counted, loader
    gc.collect()
    assert last() is None
    assert not keys & set(_kept._entries)


# Read anew


class Scale:
    def __init__(self, factor):
        self.factor = factor

    def __call__(self, row):
        return self.factor * row


class Chain:
    def __init__(self, *transforms):
        self.transforms = list(transforms)

    def __call__(self, row):
        for transform in self.transforms:
            row = transform(row)
        return row


def set_transform(counted):
    counted.transform = Scale(3)


def set_option(counted):
    counted.transform.transforms[0].factor = 3


def replace_part(counted):
    counted.transform.transforms[0] = Scale(3)


def write_in_place(counted):
    counted.rows *= 1.5


@pytest.mark.parametrize("change", [set_transform, set_option, replace_part, write_in_place])
@pytest.mark.parametrize(
    "wrap", [lambda c: c, lambda c: Subset(c, range(N)), lambda c: Probe(DataLoader(c)), Stream]
)
def test_a_dataset_that_was_changed_is_read_anew(probe, networks, change, wrap):
    counted = Counted(probe, Chain(Scale(2)))
    given = wrap(counted)
    extractor = LayerActivationExtractor(given, layers="fc1")
    before = extractor.fit_transform(networks)[0, 0]
    change(counted)
    after = extractor.fit_transform(networks)[0, 0]
    assert_array_equal(before, extract_activations(networks[0], 2 * Counted(probe).rows)["fc1"])
    expected = extract_activations(networks[0], Counted(3 * probe).rows)["fc1"]
    np.testing.assert_allclose(after, expected, rtol=1e-5, atol=1e-6)


def test_a_new_probe_is_a_new_reading(probe, networks):
    class OfArray(Counted):
        def __getitem__(self, i):
            return torch.as_tensor(self.array[i], dtype=torch.float32)

    dataset = OfArray(probe)
    dataset.array = probe.copy()
    before = extract_activations(networks[0], Probe(dataset))["fc1"]
    dataset.array *= 3
    after = extract_activations(networks[0], Probe(dataset))["fc1"]
    assert not np.allclose(before, after)


# Workers


class FromWorkers(Dataset):
    """Tells where it was read."""

    def __init__(self, draws=False):
        self.draws = draws

    def __len__(self):
        return 9

    def __getitem__(self, i):
        drawn = random.random() + np.random.random() + torch.rand(()).item()
        return torch.tensor([i, drawn if self.draws else get_worker_info() is not None]).float()


def as_column(items):
    return torch.stack(items)


@pytest.mark.parametrize("collate", [None, as_column])
def test_workers_of_a_loader_read(collate):
    loader = DataLoader(
        FromWorkers(), num_workers=2, batch_size=4, shuffle=True, collate_fn=collate
    )
    found = extract_activations(nn.Sequential(nn.Identity()), loader, batch_size=2)["0"]
    assert_array_equal(found, [[i, 1] for i in range(9)])


def test_workers_draw_what_this_process_would():
    network = nn.Sequential(nn.Identity())
    loader = DataLoader(FromWorkers(draws=True), num_workers=2, batch_size=4)
    expected = extract_activations(network, FromWorkers(draws=True))["0"]
    assert_array_equal(extract_activations(network, loader)["0"], expected)


def test_workers_read_views_as_rows(networks, probe):
    """A row of a tensor pickles as the whole tensor, if nothing is done about it."""
    counted = Counted(probe)
    loader = DataLoader(counted, num_workers=1, batch_size=30)
    extract_activations(networks[0], loader)
    kept = _kept._entries[id(loader)].kept
    assert kept[0].untyped_storage().nbytes() == 16


# Random items


class Flipped(Dataset):
    """Items that are turned around at times, by one generator or another."""

    def __init__(self, rows, draw):
        self.rows = torch.tensor(rows, dtype=torch.float32)
        self.draw = draw

    def __len__(self):
        return len(self.rows)

    def __getitem__(self, i):
        return -self.rows[i] if self.draw() < 0.3 else self.rows[i]


def of_numpy():
    return np.random.random()


def of_torch():
    return torch.rand(()).item()


SHARED = [random.random, of_numpy, of_torch]


@pytest.mark.parametrize("draw", SHARED)
@pytest.mark.parametrize("memory", ["much", "little"])
def test_shared_generators_are_seeded_and_put_back(probe, networks, draw, memory, request):
    states = random.getstate(), np.random.get_state(), torch.get_rng_state()
    expected = extract_activations(networks[0], Flipped(probe, draw))["fc1"]
    plain = extract_activations(networks[0], Flipped(probe, lambda: 1))["fc1"]
    if memory == "little":
        request.getfixturevalue("little_memory")
        with pytest.warns(UserWarning, match="do not all fit into half of the available memory"):
            table = LayerActivationExtractor(Flipped(probe, draw)).fit_transform(
                copies(networks[:1] * 3)
            )
    else:
        table = LayerActivationExtractor(Flipped(probe, draw)).fit_transform(
            copies(networks[:1] * 3)
        )
    assert not np.allclose(expected, plain)
    for i in range(3):
        assert_array_equal(table[i, 0], expected)
    some = extract_activations(
        networks[0], Flipped(probe, draw), probe_labels=np.arange(N) // 10, classes=[1]
    )
    np.testing.assert_allclose(some["fc1"], expected[10:20], rtol=1e-5, atol=1e-6)
    assert random.getstate() == states[0]
    assert_array_equal(np.random.get_state()[1], states[1][1])
    assert torch.equal(torch.get_rng_state(), states[2])


@pytest.mark.parametrize("collate_draws", SHARED)
def test_a_collate_that_draws_is_seeded(probe, networks, collate_draws):
    loader = DataLoader(Counted(probe), collate_fn=lambda rows: torch.stack(rows) + collate_draws())
    extractor = LayerActivationExtractor(loader, batch_size=8, check=False)
    table = extractor.fit_transform(copies(networks[:1] * 2))
    assert_array_equal(table[0, 0], table[1, 0])
    with pytest.raises(ValueError, match="rows that depend on the other inputs"):
        extractor.set_params(check=True).fit(networks)  # it draws for each batch as a whole


def test_one_reading_of_generators_of_ones_own_is_shown_to_all(probe, networks):
    dataset = Flipped(probe, np.random.default_rng(0).random)
    table = LayerActivationExtractor(dataset).fit_transform(copies(networks[:1] * 2))
    assert_array_equal(table[0, 0], table[1, 0])
    assert_array_equal(table[0, 0], extract_activations(networks[0], dataset)["fc1"])


def test_a_reading_that_is_not_kept_must_repeat(probe, networks, little_memory):
    dataset = Flipped(probe, np.random.default_rng(0).random)
    with (
        pytest.warns(UserWarning, match="after 10, they are read again for every network"),
        pytest.raises(ValueError, match=r"another input each time that item \d+ is read"),
    ):
        LayerActivationExtractor(dataset).fit_transform(networks)


def test_items_that_do_not_fit_are_read_for_every_network(counted, networks, little_memory):
    with pytest.warns(UserWarning, match="do not all fit"):
        LayerActivationExtractor(counted, batch_size=N).fit_transform(networks)
    assert [counted.read.count(i) for i in (0, 9)] == [1, 1]
    assert counted.read.count(10) >= len(networks)


def test_another_process_must_be_shown_the_same(probe, networks):
    for draw, repeats in [(of_numpy, True), (np.random.default_rng(0).random, False)]:
        extractor = LayerActivationExtractor(Flipped(probe, draw), layers="fc1").fit(networks)
        expected = extractor.transform(networks[:1])[0, 0]
        pickled = pickle.dumps(extractor)
        assert pickled.count(b"_checksums") == 1
        copy = pickle.loads(pickled)
        if repeats:
            assert_array_equal(copy.transform(networks[:1])[0, 0], expected)
        else:
            with pytest.raises(ValueError, match="another input each time"):
                copy.transform(networks)


def test_items_that_cannot_be_compared(networks, little_memory):
    class Locked(Dataset):
        def __len__(self):
            return 99

        def __getitem__(self, i):
            return {"input": torch.zeros(4), "lock": threading.Lock()}

    given = Probe(Locked(), collate=lambda items: torch.zeros(len(items), 4))
    with (
        pytest.warns(UserWarning, match="do not all fit"),
        pytest.raises(TypeError, match=r"Item \d+ of the probe cannot be compared"),
    ):
        extract_activations(networks[0], given)


# Clones


@pytest.mark.parametrize(
    "given", [np.zeros((3, 4)), torch.zeros(3, 4), {"x": np.zeros(3)}, Counted(np.zeros((3, 4)))]
)
def test_clones_share_the_probe(given):
    from sklearn import config_context

    with config_context(enable_metadata_routing=True):
        extractor = LayerActivationExtractor(given, layers=["fc1"], exclude=["fc2"])
        extractor.set_output(transform="pandas")
        copied = clone(clone(extractor))
        assert copied.get_params()["probe"] is extractor.probe is given
        assert copied.get_params().keys() == extractor.get_params().keys()
        assert copied.layers == ["fc1"]
        assert copied.layers is not extractor.layers
        assert copied._sklearn_output_config == {"transform": "pandas"}
        assert clone(make_pipeline(extractor))[0].probe is given
        search = GridSearchCV(make_pipeline(extractor, DummyRegressor()), {})
        assert clone(search).estimator[0].probe is given


def test_a_clone_is_not_fitted_and_leaves_the_original_alone(networks, probe):
    extractor = LayerActivationExtractor(probe).fit(networks)
    copied = clone(extractor)
    assert not hasattr(copied, "layer_names_")
    assert extractor.probe is probe
    copied.set_params(probe=probe[:5])
    assert extractor.probe is probe
    extractor.transform(networks[:1])


class Settings(Dataset):
    """Rows that settings of many kinds change."""

    factor = 1
    transform = None

    def __init__(self):
        self.transforms, self.options, self.on = [], {}, set()
        self.cache = {}

    def __len__(self):
        return N

    def __getitem__(self, i):
        value = self.cache.setdefault(i, torch.arange(8.0) + i) * self.factor
        for function in (self.transform, *self.transforms):
            value = value if function is None else function(value)
        return value * self.options.get("factor", 1) * (2 if "double" in self.on else 1)


def double(x):
    return 2 * x


CHANGES = {
    "a default of the class": lambda data: setattr(data, "transform", double),
    "a longer list": lambda data: data.transforms.append(double),
    "a new key": lambda data: data.options.update(factor=2),
    "a set": lambda data: data.on.add("double"),
    "an attribute of the class": lambda data: setattr(type(data), "factor", 2),
}


@pytest.mark.parametrize("change", CHANGES)
def test_items_are_read_anew_after_something_was_added(change):
    kind = type("Settings", (Settings,), {"factor": 1, "__module__": __name__})
    data, network = kind(), nn.Linear(8, 3)
    before = extract_activations(network, data, include_input=True)["input"]
    CHANGES[change](data)
    after = extract_activations(network, data, include_input=True)["input"]
    assert_array_equal(after, 2 * before)


def test_what_reading_adds_to_is_no_change():
    data, reads = Settings(), []
    data.transform = lambda x: reads.append(1) or x
    for n in (10, 20, 30):  # each reads further items, which the dataset keeps
        extract_activations(nn.Linear(8, 3), data, max_points=n, random_state=0)
    assert len(reads) <= N
