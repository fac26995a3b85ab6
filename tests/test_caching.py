"""Caches by content, and cells on disk."""

import copy
import errno
import os
import pickle
import subprocess
import sys
import threading
from functools import partial, reduce

import joblib
import numpy as np
import pytest
import torch
from numpy.testing import assert_array_equal
from sklearn.linear_model import Ridge
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from torch import nn

from skactland import (
    LandscapeKernel,
    LandscapeVectorizer,
    LayerActivationExtractor,
    RipsPersistence,
    extract_activations,
    rips_persistence,
)
from skactland._table import Cache, _cache
from skactland._table._digest import Undigestible, digest


class Count:
    """A number of events; of no digest's concern, as it reduces to its name."""

    def __init__(self):
        self.n = 0

    def __reduce__(self):
        return "PASSES"


PASSES = Count()


class Counted(nn.Module):
    """Counts its forward passes, over all copies."""

    def __init__(self, scale=1.0):
        super().__init__()
        self.fc = nn.Linear(4, 3)
        self.scale = scale

    def forward(self, x):
        PASSES.n += 1
        return self.fc(self.scale * x)


@pytest.fixture
def counted():
    torch.manual_seed(0)
    networks = [Counted() for _ in range(4)]
    PASSES.n = 0
    return networks


def readings(extractor, networks):
    """The networks that a transform runs, each for a first look and then on all inputs."""
    PASSES.n = 0
    extractor.transform(networks)
    return PASSES.n / 2


def test_second_time_is_read_from_the_cache(counted, probe, tmp_path):
    extractor = LayerActivationExtractor(probe, memory=tmp_path).fit(counted)
    plain = LayerActivationExtractor(probe).fit_transform(counted)
    assert readings(extractor, counted) == 4
    assert readings(extractor, counted) == 0
    for a, b in zip(extractor.transform(counted)[:, 0], plain[:, 0], strict=True):
        assert_array_equal(a, b)


@pytest.mark.parametrize("kind", [str, lambda p: p, lambda p: joblib.Memory(p, verbose=0)])
def test_kinds_of_memory(counted, probe, tmp_path, kind):
    extractor = LayerActivationExtractor(probe, memory=kind(tmp_path)).fit(counted)
    assert [readings(extractor, counted) for _ in range(2)] == [4, 0]


@pytest.mark.parametrize(
    "change",
    [
        copy.deepcopy,
        lambda n: pickle.loads(pickle.dumps(n)),
        lambda n: copy.deepcopy(n).train(not n.training),
        lambda n: copy.deepcopy(n).requires_grad_(False),
        lambda n: nn.DataParallel(n),
    ],
)
def test_copies_hit(counted, probe, tmp_path, change):
    extractor = LayerActivationExtractor(probe, memory=tmp_path).fit(counted)
    extractor.transform(counted)
    assert readings(extractor, [change(network) for network in counted]) == 0


def other_weight(network):
    with torch.no_grad():
        network.fc.weight[0, 0] += 1e-4
    return network


def other_attribute(network):
    network.scale = 2.0
    return network


def other_code(network):
    network.forward = lambda x: Counted.forward(network, -x)
    return network


def other_precision(network):
    return network.double()


def other_hook(network):
    network.fc.register_forward_hook(lambda module, args, output: 2 * output)
    return network


@pytest.mark.parametrize(
    "change", [other_weight, other_attribute, other_code, other_precision, other_hook]
)
def test_changed_networks_miss(counted, probe, tmp_path, change):
    extractor = LayerActivationExtractor(probe, memory=tmp_path).fit(counted)
    extractor.transform(counted)
    assert readings(extractor, [change(copy.deepcopy(n)) for n in counted]) == 4


@pytest.mark.parametrize(
    "change",
    [
        {"probe": np.ones((30, 4))},
        {"include_softmax": True},
        {"call": "all"},
        {"max_points": 20},
        {"layers": lambda name, module: name == "fc"},
        {"batch_size": 29},
    ],
)
def test_changed_options_miss(counted, probe, tmp_path, change):
    extractor = LayerActivationExtractor(probe, memory=tmp_path).fit(counted)
    extractor.transform(counted)
    extractor.set_params(**change).fit(counted)
    assert readings(extractor, counted) >= 4


def test_layer_functions_are_told_apart_by_what_they_do(counted, probe, tmp_path):
    def pick(wanted):
        return lambda name, module: name == wanted

    extractor = LayerActivationExtractor(probe, memory=tmp_path, layers=pick("fc")).fit(counted)
    extractor.transform(counted)
    extractor.set_params(layers=pick("fc"))
    assert readings(extractor, counted) == 0
    with pytest.raises(ValueError, match="selects no layer"):
        extractor.set_params(layers=pick("other")).transform(counted)


def test_cache_is_shared_by_folds_and_grid_points(counted, probe, tmp_path):
    pipe = make_pipeline(
        LayerActivationExtractor(probe, memory=tmp_path),
        RipsPersistence(),
        LandscapeVectorizer(resolution=10),
        Ridge(),
    )
    grid = {"ridge__alpha": [0.1, 1, 10], "landscapevectorizer__n_landscapes": [1, 2]}
    search = GridSearchCV(pipe, grid, cv=2, error_score="raise", refit=False)
    search.fit(counted, [0.0, 1.0, 2.0, 3.0])
    n_fits = 6 * 2
    assert PASSES.n / 2 == 4 + n_fits, "each network once, and in each fit one for the columns"


def test_interrupted_run_resumes(counted, probe, tmp_path):
    extractor = LayerActivationExtractor(probe, memory=tmp_path).fit(counted)
    stop = copy.deepcopy(counted[2])

    def interrupt(*args):
        raise KeyboardInterrupt

    stop.register_forward_hook(interrupt)
    with pytest.raises(KeyboardInterrupt):
        extractor.transform([*counted[:2], stop, counted[3]])
    assert readings(extractor, counted) == 2


def test_truncated_entry_is_recomputed(counted, probe, tmp_path):
    extractor = LayerActivationExtractor(probe, memory=tmp_path).fit(counted)
    expected = extractor.transform(counted)
    entries = sorted(tmp_path.rglob("output.pkl"))
    assert len(entries) == 4
    entries[0].write_bytes(entries[0].read_bytes()[:100])
    found = extractor.transform(counted)
    for a, b in zip(found[:, 0], expected[:, 0], strict=True):
        assert_array_equal(a, b)
    assert readings(extractor, counted) == 0


@pytest.mark.parametrize(
    "make",
    [
        threading.Lock,
        lambda: (i for i in range(3)),
        lambda: open(__file__),  # noqa: SIM115
        lambda: reduce(lambda inner, _: [inner], range(100_000), []),
    ],
)
def test_what_cannot_be_seen_is_not_cached(counted, probe, tmp_path, make):
    thing = make()
    with pytest.raises(Undigestible):
        digest(thing)
    counted[1].thing = {"held": thing}
    extractor = LayerActivationExtractor(probe, memory=tmp_path).fit(counted)
    with pytest.warns(UserWarning, match=r"network 1 \(Counted\): .*not cached, as (thing|it)"):
        assert readings(extractor, counted) == 4
    with pytest.warns(UserWarning, match="not cached"):
        assert readings(extractor, counted) == 1
    if hasattr(thing, "close"):
        thing.close()


def test_autocast_and_precision_are_told_apart(counted, probe, tmp_path):
    extractor = LayerActivationExtractor(probe, memory=tmp_path).fit(counted)
    extractor.transform(counted)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        assert [readings(extractor, counted) for _ in range(2)] == [4, 0]
    assert readings(extractor, counted) == 0


# The cache that all stages share


@pytest.fixture
def calls(monkeypatch):
    """Clouds whose homology was computed."""
    from skactland.persistence import _rips

    found = []
    compute = _rips.rips_bars
    monkeypatch.setattr(_rips, "rips_bars", lambda *a: found.append(1) or compute(*a))
    return found


CLOUD = np.random.default_rng(0).normal(size=(9, 2))


def manhattan(x, y):
    return abs(x - y).sum()


SETTINGS = {"power": 1}


class Weighted:
    def __init__(self, weight):
        self.weight = weight

    def __call__(self, x, y):
        return self.weight * abs(x - y).sum()

    def largest(self, x, y):
        return self.weight * abs(x - y).max()


def redefined(body):
    """A metric as a notebook's cell defines it, again and again under one name."""
    names = {"__name__": "__main__", "SETTINGS": SETTINGS}
    exec(f"def metric(x, y):\n    return {body}", names)
    return names["metric"]


METRICS = {
    "function": (lambda: manhattan, lambda: redefined("abs(x - y).max()")),
    "redefined": (
        lambda: redefined("abs(x - y).sum()"),
        lambda: redefined("2 * abs(x - y).sum()"),
    ),
    "lambda": (
        lambda: lambda x, y: abs(x - y).sum(),
        lambda: lambda x, y: 3 * abs(x - y).sum(),
    ),
    "closure": (lambda: partial_of(1), lambda: partial_of(2)),
    "partial": (lambda: partial(scaled, weight=1), lambda: partial(scaled, weight=2)),
    "callable instance": (lambda: Weighted(1), lambda: Weighted(2)),
    "method": (lambda: Weighted(1).largest, lambda: Weighted(2).largest),
}


def scaled(x, y, weight):
    return weight * abs(x - y).sum()


def partial_of(weight):
    return lambda x, y: weight * abs(x - y).sum()


@pytest.mark.parametrize("kind", METRICS)
def test_metrics_count_by_what_they_do(kind, calls, tmp_path):
    same, other = METRICS[kind]
    results = {}
    for make, expected in [(same, 1), (same, 0), (other, 1), (same, 0), (other, 0)]:
        calls.clear()
        _, loops = rips_persistence(CLOUD, metric=make(), memory=tmp_path)
        assert len(calls) == expected
        assert_array_equal(loops, results.setdefault(make, loops))
    for make, loops in results.items():
        assert_array_equal(loops, rips_persistence(CLOUD, metric=make())[1])


def test_metrics_count_by_what_they_read(calls, tmp_path, monkeypatch):
    metric = redefined("SETTINGS['power'] * abs(x - y).sum()")
    for power, expected in [(1, 1), (1, 0), (2, 1), (1, 0)]:
        monkeypatch.setitem(SETTINGS, "power", power)
        calls.clear()
        rips_persistence(CLOUD, metric=metric, memory=tmp_path)
        assert len(calls) == expected


def test_a_metric_that_cannot_be_seen_is_not_cached(calls, tmp_path):
    steps = (i for i in range(10**6))
    metric = lambda x, y: (next(steps) > -1) * abs(x - y).sum()  # noqa: E731
    message = r"all results: not cached, as metric.* is a builtins\.generator"
    for _ in range(2):
        with pytest.warns(UserWarning, match=message) as caught:
            RipsPersistence(metric=metric, memory=tmp_path, n_jobs=2).fit_transform([CLOUD] * 3)
        assert [w.filename for w in caught] == [__file__]
    assert len(calls) == 6
    assert list(tmp_path.iterdir()) == []


def on_disk(folder, values):
    np.save(folder / "cloud.npy", values)
    return np.load(folder / "cloud.npy", mmap_mode="r")


@pytest.mark.parametrize(
    "form",
    [
        lambda cloud, folder: torch.tensor(cloud),
        lambda cloud, folder: torch.tensor(cloud, requires_grad=True),
        lambda cloud, folder: np.asfortranarray(cloud),
        lambda cloud, folder: cloud.tolist(),
        lambda cloud, folder: on_disk(folder, cloud),
        lambda cloud, folder: np.repeat(cloud, 2, axis=0)[::2],
    ],
)
def test_clouds_and_parameters_count_by_their_numbers(form, calls, tmp_path):
    def count(cloud, weights):
        calls.clear()
        options = {"metric": "minkowski", "metric_params": {"p": 1, "w": weights}}
        rips_persistence(cloud, memory=tmp_path / "cache", **options)
        return len(calls)

    weights = np.array([1.0, 2.0])
    assert count(CLOUD, weights) == 1
    assert count(form(CLOUD, tmp_path), weights.copy()) == 0
    assert count(CLOUD, on_disk(tmp_path, weights)) == 0
    assert count(form(CLOUD + 1, tmp_path), weights) == 1


@pytest.mark.parametrize("form", [torch.tensor, np.asfortranarray, lambda bars: bars.tolist()])
def test_diagrams_count_by_their_numbers(diagrams, tmp_path, monkeypatch, form):
    from skactland.kernels import _products

    found = []
    compute = _products.inner_products
    monkeypatch.setattr(_products, "inner_products", lambda *a: found.append(1) or compute(*a))

    def count(table, **options):
        found.clear()
        LandscapeKernel(memory=tmp_path, **options).fit_transform(table)
        return len(found)

    other = diagrams.copy()
    for index in np.ndindex(other.shape):
        other[index] = form(diagrams[index])
    n_columns = diagrams.shape[1]
    assert [count(diagrams), count(other)] == [n_columns, 0]
    assert count(diagrams, level_weights=[1.0, 0.5]) == n_columns
    other[0, 0] = 2 * diagrams[0, 0]
    assert count(other) == 1


@pytest.mark.parametrize("form", [torch.tensor, np.asfortranarray, lambda p: p.tolist()])
def test_probes_count_by_their_numbers(counted, probe, tmp_path, form):
    extractor = LayerActivationExtractor(probe, memory=tmp_path).fit(counted)
    extractor.transform(counted)
    assert readings(extractor.set_params(probe=form(probe)), counted) == 0


def test_another_state_of_the_code_counts(tmp_path, calls, monkeypatch):
    for code, expected in [("one", 1), ("two", 1), ("one", 0)]:
        monkeypatch.setattr(_cache, "own_code", lambda code=code: code)
        calls.clear()
        rips_persistence(CLOUD, memory=tmp_path)
        assert len(calls) == expected


def test_own_code_is_that_of_the_files(tmp_path, monkeypatch):
    def told():
        return _cache.own_code.__wrapped__()

    before = told()
    assert told() == before
    monkeypatch.setattr(_cache, "__file__", str(tmp_path / "_table" / "_cache.py"))
    (tmp_path / "kernel.py").write_text("a = 1")
    first = told()
    (tmp_path / "kernel.py").write_text("a = 2")
    assert len({before, first, told()}) == 3


def test_versions_of_libraries_count(tmp_path, monkeypatch):
    for version in ("1.0", "1.1", "1.0"):
        monkeypatch.setattr(_cache, "version", lambda library, version=version: version)
        with Cache(tmp_path, libraries=["gudhi"]) as cache:
            assert cache.get(lambda version=version: version) == version


def test_no_memory_keeps_nothing(tmp_path):
    for memory in (None, joblib.Memory(None)):
        with Cache(memory, threading.Lock()) as cache:
            assert [cache.get(lambda i=i: i, threading.Lock()) for i in range(2)] == [0, 1]


@pytest.mark.parametrize("memory", [3, True, b"folder", [], object()])
def test_what_is_no_memory(memory, counted, probe, table_of):
    message = "memory must be None, a path, or a joblib.Memory"
    with pytest.raises(TypeError, match=message):
        LayerActivationExtractor(probe, memory=memory).fit(counted)
    with pytest.raises(TypeError, match=message):
        RipsPersistence(memory=memory).fit([CLOUD])
    with pytest.raises(TypeError, match=message):
        LandscapeKernel(memory=memory).fit_transform(table_of([[[[0, 1]]]]))


@pytest.mark.parametrize("options", [{}, {"mmap_mode": "r"}, {"compress": 3}])
def test_entries_are_as_those_of_joblib(tmp_path, options):
    memory = joblib.Memory(str(tmp_path), verbose=0, **options)
    with Cache(memory) as cache:
        for expected in ({"a": np.arange(3)}, {"a": np.arange(3)}):
            found = cache.get(lambda: {"a": np.arange(3)}, 1)
            assert_array_equal(found["a"], expected["a"])
            assert isinstance(found["a"], np.memmap) == ("mmap_mode" in options)
        with Cache(str(tmp_path)) as other:
            assert_array_equal(other.get(dict, 1)["a"], np.arange(3))
        memory.reduce_size(items_limit=0)
        assert list(tmp_path.rglob("output.pkl")) == []
        assert cache.get(lambda: 2, 1) == 2
        memory.clear(warn=False)
        assert cache.get(lambda: 3, 1) == 3


@pytest.mark.parametrize("cut", [0, 1, 10, 0.5, 0.9, 1.0])
def test_garbled_entries_are_computed_again(tmp_path, cut):
    values = np.arange(1.0, 1000.0)
    with Cache(tmp_path) as cache:
        cache.get(lambda: [values], "name")
        (entry,) = tmp_path.rglob("output.pkl")
        whole = entry.read_bytes()
        if cut == 1.0:  # the right length, and zeros: what a loss of power may leave
            entry.write_bytes(whole.replace(values[500:].tobytes(), bytes(8 * 499)))
        else:
            entry.write_bytes(whole[: int(cut * len(whole)) if cut < 1 else cut])
        for calls in ([1], []):
            computed = []
            (found,) = cache.get(lambda c=computed: c.append(1) or [values], "name")
            assert_array_equal(found, values)
            assert computed == calls


def no_room(*args, **options):
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def test_a_full_disk_loses_nothing(counted, probe, tmp_path, monkeypatch, diagrams):
    steps = [
        (LayerActivationExtractor(probe, memory=tmp_path), counted),
        (RipsPersistence(memory=tmp_path, n_jobs=2), [CLOUD, CLOUD + 1, 2 * CLOUD]),
        (LandscapeKernel(memory=tmp_path, n_jobs=2), diagrams),
    ]
    expected = [step.set_params(memory=None).fit(X).transform(X) for step, X in steps]
    monkeypatch.setattr(pickle, "dump", no_room)
    for (step, X), table in zip(steps, expected, strict=True):
        step.set_params(memory=tmp_path).fit(X)
        message = r"not cached in '.*skactland' \(.*No space left on device\)\. Nor were [23] more"
        with pytest.warns(UserWarning, match=message) as caught:
            found = step.transform(X)
        assert [w.filename for w in caught] == [__file__]
        for a, b in zip(found.ravel(), table.ravel(), strict=True):
            assert_array_equal(a, b)
    assert not any(path.is_file() for path in tmp_path.rglob("*"))


def test_a_folder_that_cannot_be_made_loses_nothing(tmp_path):
    (tmp_path / "file").touch()
    with pytest.warns(UserWarning, match=r"diagrams of a cloud: not cached in '.*file"):
        found = rips_persistence(CLOUD, memory=tmp_path / "file")
    assert_array_equal(found[1], rips_persistence(CLOUD)[1])


def test_a_cache_says_nothing_after_an_error(tmp_path):
    def fail():
        with Cache(tmp_path) as cache:
            cache.get(lambda: 1 / 0, threading.Lock())

    with pytest.raises(ZeroDivisionError):  # a warning would be an error of its own
        fail()


def test_a_cache_in_another_process_says_at_once_what_is_not_kept(tmp_path, monkeypatch):
    cache = pickle.loads(pickle.dumps(Cache(tmp_path)))
    assert [cache.get(lambda i=i: i, "name") for i in range(2)] == [0, 0]
    monkeypatch.setattr(os, "getpid", lambda: -1)
    with pytest.warns(UserWarning, match=r"a result: not cached, as it is a _thread\.lock"):
        assert cache.get(lambda: 3, threading.Lock()) == 3


# Cells on disk


def test_spilled_cells_are_read_only_maps(networks, probe, tmp_path):
    expected = LayerActivationExtractor(probe).fit_transform(networks)
    table = LayerActivationExtractor(probe, spill=tmp_path / "cells").fit_transform(networks)
    for index in np.ndindex(expected.shape):
        assert isinstance(table[index], np.memmap)
        assert not table[index].flags.writeable
        assert_array_equal(table[index], expected[index])
    files = sorted((tmp_path / "cells").iterdir())
    assert {path.suffix for path in files} == {".npy"}
    LayerActivationExtractor(probe, spill=tmp_path / "cells").fit_transform(networks[::-1])
    assert sorted((tmp_path / "cells").iterdir()) == files, "what is there is not written again"
    for diagrams in (RipsPersistence(n_jobs=2).fit_transform(t) for t in (table, expected)):
        assert diagrams.shape == (10, 10)


def test_nothing_is_left_half_written(networks, probe, tmp_path, monkeypatch):
    def fail(file, array):
        file.write(b"half of it")
        raise KeyboardInterrupt

    monkeypatch.setattr(np, "save", fail)
    with pytest.raises(KeyboardInterrupt):
        LayerActivationExtractor(probe, spill=tmp_path).fit_transform(networks)
    assert list(tmp_path.iterdir()) == []


def test_spilled_files_are_whole_and_readable_by_others(networks, probe, tmp_path):
    extractor = LayerActivationExtractor(probe, spill=tmp_path, layers="fc1").fit(networks)
    expected = [np.array(cell) for cell in extractor.transform(networks)[:, 0]]
    files = sorted(tmp_path.iterdir())
    plain = tmp_path / "plain"
    plain.touch()
    assert {path.stat().st_mode for path in files} == {plain.stat().st_mode}
    for path, size in zip(files, (0, 60, 200), strict=False):
        path.write_bytes(path.read_bytes()[:size])
    for cell, wanted in zip(extractor.transform(networks)[:, 0], expected, strict=True):
        assert_array_equal(cell, wanted)
    with pytest.raises(OSError, match=r"spill='.*plain' must be a folder"):
        extractor.set_params(spill=plain).transform(networks)


def test_spill_and_memory_together(counted, probe, tmp_path):
    extractor = LayerActivationExtractor(probe, spill=tmp_path / "a", memory=tmp_path / "b")
    extractor.fit(counted)
    assert [readings(extractor, counted) for _ in range(2)] == [4, 0]
    assert isinstance(extractor.transform(counted)[0, 0], np.memmap)


@pytest.mark.parametrize("garble", ["zeros", "other", "short", "text"])
def test_spilled_files_with_other_content_are_written_again(networks, probe, tmp_path, garble):
    extractor = LayerActivationExtractor(probe, spill=tmp_path, layers="fc1").fit(networks[:2])
    expected = [np.array(cell) for cell in extractor.transform(networks[:2])[:, 0]]
    for path in tmp_path.iterdir():
        values = np.load(path)
        if garble == "text":
            path.write_text("not an array")
        else:
            made = {"zeros": values * 0, "other": values[::-1], "short": values[:3]}[garble]
            np.save(path, made)
    for _ in range(2):
        for cell, wanted in zip(extractor.transform(networks[:2])[:, 0], expected, strict=True):
            assert_array_equal(cell, wanted)
    assert {path.stem for path in tmp_path.iterdir()} == {digest(cell) for cell in expected}


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EDQUOT])
def test_a_full_disk_leaves_points_in_memory(networks, probe, tmp_path, monkeypatch, code):
    expected = LayerActivationExtractor(probe).fit_transform(networks)
    save, room = np.save, iter(range(7))

    def fill(file, array):
        if next(room, None) is None:
            file.write(b"half")
            raise OSError(code, os.strerror(code))
        save(file, array)

    monkeypatch.setattr(np, "save", fill)
    with pytest.warns(UserWarning, match=rf"network 1 .*{tmp_path}.* stay in memory") as caught:
        found = LayerActivationExtractor(probe, spill=tmp_path).fit_transform(networks)
    assert [w.filename for w in caught] == [__file__]
    assert sum(isinstance(cell, np.memmap) for cell in found.ravel()) == 7
    for index in np.ndindex(expected.shape):
        assert_array_equal(found[index], expected[index])
    assert len(list(tmp_path.iterdir())) == 7
    monkeypatch.undo()
    clouds = extract_activations(networks[0], probe, spill=tmp_path)
    assert all(isinstance(cloud, np.memmap) for cloud in clouds.values())


def test_a_file_that_cannot_grow_leaves_points_in_memory(tmp_path):
    """No patch: the limit is the system's own, so that what it says of it is told right."""
    code = f"""
import resource, signal, warnings
import numpy as np, torch
from skactland import extract_activations
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, 50_000))
with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
    network = torch.nn.Sequential(torch.nn.Identity())
    clouds = extract_activations(network, np.ones((200, 200), np.float32), spill={str(tmp_path)!r})
print(clouds["0"].sum(), type(clouds["0"]).__name__, len(caught))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["40000.0", "ndarray", "1"]


@pytest.mark.parametrize("place", [8, 40, 60])
def test_a_spilled_file_with_a_garbled_header_is_written_anew(tmp_path, place):
    network, probe = nn.Sequential(nn.Identity()), np.arange(12.0).reshape(4, 3)
    extract_activations(network, probe, spill=tmp_path)
    (path,) = tmp_path.iterdir()
    content = bytearray(path.read_bytes())
    content[place : place + 4] = b"x'x("
    path.write_bytes(content)
    assert_array_equal(extract_activations(network, probe, spill=tmp_path)["0"], probe)


def test_an_entry_under_the_key_of_another_counts_as_missing(tmp_path):
    cache = Cache(tmp_path, "numbers")
    assert [cache.get(lambda n=n: n, n) for n in (1, 2)] == [1, 2]
    one, two = tmp_path.rglob("output.pkl")
    one.rename(tmp_path / "other")
    two.rename(one)
    (tmp_path / "other").rename(two)
    assert [cache.get(lambda: "anew", n) for n in (1, 2)] == ["anew", "anew"]
