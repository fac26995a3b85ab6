"""Caches by content, and cells on disk."""

import copy
import pickle
import subprocess
import sys

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
from skactland.activations._digest import digest


class Counted(nn.Module):
    """Counts its forward passes, over all copies."""

    passes = 0

    def __init__(self, scale=1.0):
        super().__init__()
        self.fc = nn.Linear(4, 3)
        self.scale = scale

    def forward(self, x):
        Counted.passes += 1
        return self.fc(self.scale * x)


@pytest.fixture
def counted():
    torch.manual_seed(0)
    networks = [Counted() for _ in range(4)]
    Counted.passes = 0
    return networks


def passes(extractor, networks):
    """The forward passes that a transform costs."""
    Counted.passes = 0
    extractor.transform(networks)
    return Counted.passes


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
    assert Counted.passes == 4 + n_fits, "each network once, and in each fit one for the columns"


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


def test_digest_is_the_same_in_another_process(make_network):
    code = (
        "from conftest import mlp; from skactland.activations._digest import digest; "
        "print(digest(mlp(3), {'b': 1}, {3, 1}, print, len))"
    )
    runs = {
        subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd="tests"
        ).stdout
        for _ in range(2)
    }
    assert runs == {digest(make_network(3), {"b": 1}, {3, 1}, print, len) + "\n"}


def test_digest_tells_values_apart():
    values = [
        0, 0.0, "0", b"0", None, (), [], {}, (0,), [0], ([0], []), ([], [0]), "ab", ("a", "b"),
        np.zeros(2), np.zeros(2, np.float32), np.zeros((2, 1)), np.array(["a"]),
        np.array([None]), torch.zeros(2), torch.zeros(2, dtype=torch.bfloat16), nn.ReLU(),
        nn.Tanh(), nn.Linear, {"a": 0}, {"a": 1}, slice(1), lambda: 0, lambda: 1, lambda x=1: 0,
    ]  # fmt: skip
    assert len({digest(value) for value in values}) == len(values)


def test_digest_of_a_recurrent_network_and_of_a_cycle():
    lstm = nn.LSTM(3, 4)
    assert digest(lstm) == digest(copy.deepcopy(lstm)) == digest(pickle.loads(pickle.dumps(lstm)))
    cycle = nn.Linear(2, 2)
    cycle.me = [cycle]
    assert digest(cycle) == digest(copy.deepcopy(cycle))


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


def test_spill_and_memory_together(counted, probe, tmp_path):
    extractor = LayerActivationExtractor(probe, spill=tmp_path / "a", memory=tmp_path / "b")
    extractor.fit(counted)
    assert [passes(extractor, counted) for _ in range(2)] == [4, 0]
    assert isinstance(extractor.transform(counted)[0, 0], np.memmap)
