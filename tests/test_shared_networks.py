"""Builders that return one network again, or build on a part that they keep."""

import copy
import threading
import warnings
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import torch
from joblib import parallel_config
from numpy.testing import assert_array_equal
from sklearn.pipeline import make_pipeline
from torch import nn

from skactland import ComplexityVectorizer, EachNetwork, LayerActivationExtractor, RipsPersistence
from skactland._torch import ONE_AT_A_TIME
from skactland.activations import _sources
from skactland.activations._filled import Filled


class Net(nn.Module):
    def __init__(self, body=None):
        super().__init__()
        self.head = nn.Linear(6, 3)
        self.body = body or nn.Sequential(nn.Linear(4, 6), nn.Tanh())  # what is loaded last

    def forward(self, x):
        return self.head(self.body(x))


@pytest.fixture
def shared():
    return Net()


@pytest.fixture
def paths(tmp_path):
    found = [str(tmp_path / f"{i}.pt") for i in range(4)]
    for path in found:
        torch.save(Net().state_dict(), path)
    return found


def numbers(probe, builder, **options):
    extractor = LayerActivationExtractor(probe, network_builder=builder, **options)
    return make_pipeline(extractor, RipsPersistence((0,)), ComplexityVectorizer())


class Turns:
    """Has a network that was loaded wait until the next row has come as far as it may.

    That is until another thread has loaded a row as well, or is kept from it by the lock.
    """

    def __init__(self, part):
        self.is_armed = False
        self._others = threading.Event()
        self._first = threading.Lock()
        part.register_load_state_dict_post_hook(self._loaded)

    def _loaded(self, module, keys):
        if self.is_armed and self._first.acquire(blocking=False):
            assert self._others.wait(60), "there is no other thread"
        elif self.is_armed:
            self._others.set()

    def __enter__(self):
        if not ONE_AT_A_TIME.acquire(blocking=False):
            self._others.set()
            ONE_AT_A_TIME.acquire()

    def __exit__(self, *_):
        ONE_AT_A_TIME.release()


@pytest.fixture
def turns(shared, monkeypatch):
    made = Turns(shared.body)
    monkeypatch.setattr(_sources, "ONE_AT_A_TIME", made)
    return made


def filled_by_itself(shared):
    def build(row):
        shared.load_state_dict(torch.load(row))
        return shared

    return build


def as_at_first(network, weights):
    """Put back what a builder keeps, as keys of the cache hold what it does."""
    with torch.no_grad():
        for name, weight in network.state_dict().items():
            weight.copy_(weights[name])


KEPT = {
    "all": lambda shared: lambda: shared,
    "all, told the row": lambda shared: lambda row: shared,
    "all, filled by the builder": filled_by_itself,
    "a part": lambda shared: lambda: Net(shared.body),
}


@pytest.mark.parametrize("kept", KEPT)
@pytest.mark.parametrize("is_cached", [False, True])
def test_threads_do_not_mix_rows(shared, turns, paths, probe, tmp_path, kept, is_cached):
    expected = numbers(probe, Net).fit_transform(paths)
    each = EachNetwork(numbers(probe, KEPT[kept](shared)), n_jobs=2).fit(paths)
    each.set_params(memory=tmp_path / "cache" if is_cached else None)
    first = copy.deepcopy(shared.state_dict())
    turns.is_armed = True
    with parallel_config("threading"):
        assert_array_equal(each.transform(paths[:2]), expected[:2])
        as_at_first(shared, first)
        assert_array_equal(each.transform(paths[::-1]), expected[::-1])
    as_at_first(shared, first)
    assert_array_equal(each.set_params(n_jobs=1).transform(paths), expected)


def test_looking_up_does_not_mix_rows(shared, turns, paths, probe, tmp_path):
    """What is kept is looked for in threads, also where one job works."""
    expected = numbers(probe, Net).fit_transform(paths)
    each = EachNetwork(numbers(probe, lambda row: shared), memory=tmp_path / "cache").fit(paths)
    first = copy.deepcopy(shared.state_dict())
    each.transform(paths[:2])
    as_at_first(shared, first)
    turns.is_armed = True
    assert_array_equal(each.transform(paths[:2]), expected[:2])


@pytest.mark.parametrize("method", ["fit_transform", "problems"])
def test_extractors_in_threads_do_not_mix_rows(shared, turns, paths, probe, method):
    if method == "problems":
        torch.save({k: v * torch.nan for k, v in torch.load(paths[1]).items()}, paths[1])

    def found(path):
        extractor = LayerActivationExtractor(probe, network_builder=lambda: shared)
        return getattr(extractor, method)([path])

    expected = [found(path) for path in paths[:2]]
    assert len(expected[0]) != len(expected[1]) or method == "fit_transform"
    turns.is_armed = True
    with ThreadPoolExecutor(2) as pool:
        for rows, wanted in zip(pool.map(found, paths[:2]), expected, strict=True):
            assert len(rows) == len(wanted)
            if method == "problems":
                continue
            for cell, of_wanted in zip(np.ravel(rows), np.ravel(wanted), strict=True):
                assert_array_equal(cell, of_wanted)


# What no row loads


@pytest.fixture
def heads(paths):
    """Checkpoints of heads alone, beside one backbone."""
    found = []
    for path in paths:
        state = {k: v for k, v in torch.load(path).items() if k.startswith("head")}
        found.append(path.replace(".pt", "_head.pt"))
        torch.save(state, found[-1])
    return found


@pytest.mark.parametrize("n_jobs", [1, 2])
def test_a_frozen_part_that_is_only_read(shared, heads, probe, n_jobs):
    expected = [Net(copy.deepcopy(shared.body)) for _ in heads]
    for network, head in zip(expected, heads, strict=True):
        network.load_state_dict(torch.load(head), strict=False)
    expected = numbers(probe, None).fit_transform(expected)
    each = EachNetwork(numbers(probe, lambda: Net(shared.body), strict=False), n_jobs=n_jobs)
    with parallel_config("threading"), pytest.warns(UserWarning, match=r"'body\.0\.weight'.*stay"):
        assert_array_equal(each.fit_transform(heads), expected)


@pytest.mark.parametrize("keeps", ["all", "a part"])
@pytest.mark.parametrize("n_jobs", [1, 2])
def test_what_another_row_has_left_is_refused(shared, paths, heads, probe, keeps, n_jobs):
    """One checkpoint holds the backbone too: the next would be shown it, or not, by their order."""
    pipeline = numbers(probe, KEPT[keeps](shared), strict=False)
    each = EachNetwork(pipeline, n_jobs=n_jobs, on_error="mark")
    with parallel_config("threading"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        each.fit_transform([paths[0], *heads])
    assert [problem.row for problem in each.problems_] == [1, 2, 3, 4]
    for problem in each.problems_:
        assert "does not load 'body.0.weight', 'body.0.bias'" in problem.message
        assert "copy.deepcopy" in problem.message
    with pytest.raises(ValueError, match=r"network 1 .*a new network in each call"):
        numbers(probe, KEPT[keeps](shared), strict=False).fit_transform([paths[0], heads[0]])
    with pytest.warns(UserWarning, match="stay as network_builder made them"):
        numbers(probe, Net, strict=False).fit_transform([paths[0], heads[0]])


def test_weights_that_are_the_builders_own(shared, paths, probe):
    """A state dict is no copy: loading another row into its network writes to it."""
    state = shared.state_dict()
    extractor = LayerActivationExtractor(probe, network_builder=lambda: shared)
    expected = LayerActivationExtractor(probe).fit_transform([copy.deepcopy(shared)])
    for _ in range(2):
        assert_array_equal(extractor.fit_transform([state])[0, 1], expected[0, 1])
    with pytest.raises(ValueError, match=r"network 1 .*does not load 'head\.weight'"):
        extractor.fit_transform([paths[0], state])
    extractor.fit_transform([paths[0], copy.deepcopy(state)])


def test_memory_that_processes_share(shared, paths, probe):
    """Of these, no lock tells which row is in it."""
    extractor = LayerActivationExtractor(probe, network_builder=lambda: shared.share_memory())
    with pytest.raises(
        ValueError,
        match=r"network 0 .*'head\.weight' lies in memory that processes share.*deepcopy",
    ):
        extractor.fit(paths)


def test_what_is_gone_is_forgotten():
    filled = Filled()
    kept = torch.zeros(3)
    for _ in range(1500):
        filled.add(torch.zeros(3))
        filled.add(kept[1:])
    assert len(filled._places) < 1500
    assert kept[1:] in filled
    assert kept not in filled
    assert torch.zeros(3).to_sparse() not in filled
