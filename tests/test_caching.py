"""Caches by content, and cells on disk."""

import copy
import pickle
import threading
from functools import reduce

import joblib
import numpy as np
import pytest
import torch
from numpy.testing import assert_array_equal
from sklearn.linear_model import Ridge
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from torch import nn

from skactland import LandscapeVectorizer, LayerActivationExtractor, RipsPersistence
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


def passes(extractor, networks):
    """The forward passes that a transform costs."""
    PASSES.n = 0
    extractor.transform(networks)
    return PASSES.n


def test_second_time_is_read_from_the_cache(counted, probe, tmp_path):
    extractor = LayerActivationExtractor(probe, memory=tmp_path).fit(counted)
    plain = LayerActivationExtractor(probe).fit_transform(counted)
    assert passes(extractor, counted) == 4
    assert passes(extractor, counted) == 0
    for a, b in zip(extractor.transform(counted)[:, 0], plain[:, 0], strict=True):
        assert_array_equal(a, b)


@pytest.mark.parametrize("kind", [str, lambda p: p, lambda p: joblib.Memory(p, verbose=0)])
def test_kinds_of_memory(counted, probe, tmp_path, kind):
    extractor = LayerActivationExtractor(probe, memory=kind(tmp_path)).fit(counted)
    assert [passes(extractor, counted) for _ in range(2)] == [4, 0]


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
    assert passes(extractor, [change(network) for network in counted]) == 0


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
    assert passes(extractor, [change(copy.deepcopy(n)) for n in counted]) == 4


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
    assert passes(extractor, counted) >= 4


def test_layer_functions_are_told_apart_by_what_they_do(counted, probe, tmp_path):
    def pick(wanted):
        return lambda name, module: name == wanted

    extractor = LayerActivationExtractor(probe, memory=tmp_path, layers=pick("fc")).fit(counted)
    extractor.transform(counted)
    extractor.set_params(layers=pick("fc"))
    assert passes(extractor, counted) == 0
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
    assert PASSES.n == 4 + n_fits, "each network once, and in each fit one for the columns"


def test_interrupted_run_resumes(counted, probe, tmp_path):
    extractor = LayerActivationExtractor(probe, memory=tmp_path).fit(counted)
    stop = copy.deepcopy(counted[2])

    def interrupt(*args):
        raise KeyboardInterrupt

    stop.register_forward_hook(interrupt)
    with pytest.raises(KeyboardInterrupt):
        extractor.transform([*counted[:2], stop, counted[3]])
    assert passes(extractor, counted) == 2


def test_truncated_entry_is_recomputed(counted, probe, tmp_path):
    extractor = LayerActivationExtractor(probe, memory=tmp_path).fit(counted)
    expected = extractor.transform(counted)
    entries = sorted(tmp_path.rglob("output.pkl"))
    assert len(entries) == 4
    entries[0].write_bytes(entries[0].read_bytes()[:100])
    found = extractor.transform(counted)
    for a, b in zip(found[:, 0], expected[:, 0], strict=True):
        assert_array_equal(a, b)
    assert passes(extractor, counted) == 0


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
        assert passes(extractor, counted) == 4
    with pytest.warns(UserWarning, match="not cached"):
        assert passes(extractor, counted) == 1
    if hasattr(thing, "close"):
        thing.close()


def test_autocast_and_precision_are_told_apart(counted, probe, tmp_path):
    extractor = LayerActivationExtractor(probe, memory=tmp_path).fit(counted)
    extractor.transform(counted)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        assert [passes(extractor, counted) for _ in range(2)] == [4, 0]
    assert passes(extractor, counted) == 0


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
    assert [passes(extractor, counted) for _ in range(2)] == [4, 0]
    assert isinstance(extractor.transform(counted)[0, 0], np.memmap)
