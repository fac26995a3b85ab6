"""The recorder of snapshots: what it keeps, and that training does not notice."""

import copy
import random
import subprocess
import sys

import numpy as np
import pandas as pd
import polars as pl
import pytest
import torch
from sklearn.exceptions import NotFittedError
from sklearn.pipeline import make_pipeline
from sklearn.utils.validation import check_is_fitted
from torch import nn
from torch.distributed.device_mesh import init_device_mesh
from torch.distributed.fsdp import fully_shard
from torch.nn.parallel import DistributedDataParallel
from torch.testing._internal.distributed.fake_pg import FakeStore
from torch.utils.data import DataLoader, TensorDataset

from skactland import (
    LayerActivationExtractor,
    RipsPersistence,
    SnapshotRecorder,
    extract_activations,
)
from skactland.displays import ActivationLandscapeDisplay, ComplexityDisplay
from skactland.inference import trend_test

LAYERS = ["fc1", "act1", "fc2", "act2", "logits"]


def with_chance():
    """A network that draws random numbers, has buffers, and a part that stays as it is."""
    torch.manual_seed(0)
    network = nn.Sequential(
        nn.Linear(4, 8), nn.BatchNorm1d(8), nn.ReLU(), nn.Dropout(0.3), nn.Linear(8, 3)
    )
    network[1].eval()  # as in fine-tuning
    return network


def train(network, look=lambda network, step: None, n_epochs=3):
    """A loop that draws from all generators; `look` is shown the network before each step."""
    torch.manual_seed(1)
    np.random.seed(1)
    random.seed(1)
    X = torch.linspace(-1, 1, 96).reshape(24, 4)
    loader = DataLoader(TensorDataset(X, torch.arange(24) % 3), batch_size=8, shuffle=True)
    optimiser = torch.optim.Adam(network.parameters(), lr=0.05)
    step = 0
    for _ in range(n_epochs):
        for inputs, labels in loader:
            noise = np.random.normal(0, 0.1) + random.gauss(0, 0.1)
            optimiser.zero_grad()
            nn.functional.cross_entropy(network(inputs + noise), labels).backward()
            look(network, step)
            optimiser.step()
            step += 1
    return network


def equal_states(state, other):
    return state.keys() == other.keys() and all(
        torch.equal(state[name], other[name]) for name in state
    )


@pytest.fixture
def extractor(probe):
    return LayerActivationExtractor(probe)


@pytest.fixture
def process_group():
    """Be one of several processes that train together, as far as torch knows."""

    def join(rank, world_size):
        torch.distributed.init_process_group(
            "fake", store=FakeStore(), rank=rank, world_size=world_size
        )

    yield join
    torch.distributed.destroy_process_group()


class TestSnapshots:
    def test_clouds_are_those_of_the_moment(self, extractor, probe):
        moments, recorder = [], SnapshotRecorder(extractor)

        def look(network, step):
            moments.append(copy.deepcopy(network))
            recorder.record(network, step)

        train(with_chance(), look)
        table = recorder.table()
        assert recorder.index_ == list(range(9))
        for row, moment in zip(table, moments, strict=True):
            for cell, cloud in zip(row, extract_activations(moment, probe).values(), strict=True):
                np.testing.assert_array_equal(cell, cloud)

    def test_weights_are_those_of_the_moment(self):
        moments, recorder = [], SnapshotRecorder()

        def look(network, step):
            moments.append(copy.deepcopy(network.state_dict()))
            recorder.record(network, step)

        train(with_chance(), look)
        assert len(moments) == len(recorder.snapshots_) == 9
        assert all(map(equal_states, recorder.snapshots_, moments))
        assert not equal_states(moments[0], moments[-1])

    def test_both_ways_give_the_same_table(self, probe):
        extractor = LayerActivationExtractor(probe, network_builder=with_chance)
        extractor.set_output(transform="pandas")
        at_once, later = SnapshotRecorder(extractor), SnapshotRecorder()
        for recorder in (at_once, later):
            train(with_chance(), recorder.record)
        pd.testing.assert_frame_equal(at_once.table(), later.table(extractor))

    @pytest.mark.parametrize("layers", ["act*", ["logits", "fc1"]])
    def test_columns_are_the_extractors(self, make_network, probe, layers):
        extractor = LayerActivationExtractor(probe, layers=layers, by_class=True)
        extractor.set_params(probe_labels=np.arange(30) % 2)
        extractor.set_output(transform="pandas")
        recorder = SnapshotRecorder(extractor)
        recorder.record(make_network(), 0)
        assert list(recorder.table()) == list(extractor.fit_transform([make_network()]))

    def test_one_subset_of_the_probe_for_all_snapshots(self, make_network, probe):
        recorder = SnapshotRecorder(LayerActivationExtractor(probe, max_points=7))
        for step in range(3):
            recorder.record(make_network(), step)
        first, *others = recorder.table()[:, 0]
        assert len(first) == 7
        assert all(np.array_equal(first, other) for other in others)

    def test_the_extractor_given_stays_unfitted(self, make_network, extractor):
        SnapshotRecorder(extractor).record(make_network(), 0)
        with pytest.raises(NotFittedError):
            check_is_fitted(extractor)

    def test_diagrams_at_once(self, networks, extractor):
        recorder = SnapshotRecorder(make_pipeline(extractor, RipsPersistence()))
        for step, network in enumerate(networks):
            recorder.record(network, step)
        expected = RipsPersistence().fit_transform(extractor.fit_transform(networks))
        table = recorder.table()
        assert table.shape == expected.shape
        for cell, other in zip(table.ravel(), expected.ravel(), strict=True):
            np.testing.assert_array_equal(cell, other)

    def test_a_later_network_that_cannot_be_read_does_not_end_training(self, extractor):
        def look(network, step):
            if step == 4:
                with torch.no_grad():
                    network[0].weight.fill_(torch.nan)
            recorder.record(network, step)

        recorder = SnapshotRecorder(extractor)
        with pytest.warns(UserWarning, match=r"the snapshot at [4-8]: .*NaN.*left out"):
            train(with_chance(), look)
        assert recorder.index_ == [0, 1, 2, 3]
        assert len(recorder.table()) == 4

    def test_a_first_network_that_cannot_be_read_is_an_error(self, make_network, probe):
        recorder = SnapshotRecorder(LayerActivationExtractor(probe, layers="fc9"))
        with pytest.raises(ValueError, match=r"the snapshot at 0: .*fc9"):
            recorder.record(make_network(), 0)
        assert recorder.index_ == []

    def test_cleared(self, make_network, extractor):
        recorder = SnapshotRecorder(extractor)
        recorder.record(make_network(), 3)
        recorder.clear()
        recorder.record(make_network(widths=(5,)), 0)  # other layers: nothing stays of the first
        assert recorder.table().shape == (1, 3)


class TestTrainingDoesNotNotice:
    @pytest.mark.parametrize("probe_kind", [None, "array", "loader"])
    def test_weights_come_out_bit_for_bit(self, probe, probe_kind):
        """With dropout, batch norm, shuffling, and a subset drawn from NumPy's own generator."""
        extractor = None
        if probe_kind is not None:
            tensor = torch.tensor(probe, dtype=torch.float32)
            shown = probe if probe_kind == "array" else DataLoader(tensor, shuffle=True)
            extractor = LayerActivationExtractor(shown, max_points=10)
        alone = train(with_chance())
        watched = train(with_chance(), SnapshotRecorder(extractor).record)
        assert equal_states(alone.state_dict(), watched.state_dict())

    def test_flags_hooks_and_gradients(self, extractor):
        network = with_chance()
        network(torch.ones(5, 4)).sum().backward()
        gradients = [parameter.grad.clone() for parameter in network.parameters()]
        SnapshotRecorder(extractor).record(network, 0)
        assert [module.training for module in network] == [True, False, True, True, True]
        assert not any(module._forward_hooks for module in network.modules())
        assert all(
            torch.equal(parameter.grad, gradient)
            for parameter, gradient in zip(network.parameters(), gradients, strict=True)
        )


class TestWrappers:
    @pytest.mark.parametrize(
        "wrap", [nn.DataParallel, lambda network: torch.compile(network, backend="eager")]
    )
    def test_they_are_looked_through(self, make_network, extractor, wrap):
        for given in (None, extractor):
            bare, wrapped = SnapshotRecorder(given), SnapshotRecorder(given)
            bare.record(make_network(), 0)
            wrapped.record(wrap(make_network()), 0)
            if given is None:
                assert equal_states(bare.snapshots_[0], wrapped.snapshots_[0])
            else:
                assert all(map(np.array_equal, bare.table()[0], wrapped.table()[0]))

    @pytest.mark.parametrize("rank", [0, 1])
    def test_of_several_processes_the_first_records(
        self, make_network, extractor, process_group, rank
    ):
        process_group(rank, world_size=2)
        network = DistributedDataParallel(make_network())
        for recorder in (SnapshotRecorder(), SnapshotRecorder(extractor)):
            recorder.record(network, 0)
            assert recorder.index_ == ([0] if rank == 0 else [])
            assert len(recorder.snapshots_) == 1 - rank
        if rank:
            with pytest.raises(ValueError, match="only the first records"):
                recorder.table()

    def test_sharded_weights_are_refused_rather_than_waited_for(self, make_network, process_group):
        process_group(rank=0, world_size=2)
        network = fully_shard(make_network(), mesh=init_device_mesh("cpu", (2,)))
        with pytest.raises(ValueError, match=r"sharded over processes .*fc1\.weight"):
            SnapshotRecorder().record(network, 0)


class TestTable:
    @pytest.fixture
    def record(self, networks, extractor):
        def make(output=None, index=range(0, 50, 5)):
            recorder = SnapshotRecorder(extractor.set_output(transform=output))
            for i, network in zip(index, networks, strict=True):
                recorder.record(network, i)
            return recorder

        return make

    def test_pandas_has_the_index(self, record):
        table = record("pandas").table()
        assert list(table.index) == list(range(0, 50, 5))
        assert list(table) == LAYERS

    def test_polars_and_arrays_have_the_rows(self, record):
        cells = record().table()
        frame = record("polars").table()
        assert isinstance(frame, pl.DataFrame)
        assert frame.columns == LAYERS
        assert cells.shape == frame.shape == (10, 5)
        for cell, other in zip(cells.ravel(), frame.to_numpy().ravel(), strict=True):
            np.testing.assert_array_equal(cell, other)

    def test_displays_and_tests_take_it(self, record, no_screen):
        rips = RipsPersistence().set_output(transform="pandas")
        diagrams = rips.fit_transform(record("pandas").table())
        assert list(diagrams.index) == list(range(0, 50, 5))
        ActivationLandscapeDisplay.from_table(diagrams)
        display = ComplexityDisplay.from_table(diagrams, groups=diagrams.index)
        assert list(display.groups) == list(diagrams.index)
        result = trend_test(diagrams, diagrams.index, rng=0)
        by_hand = trend_test(diagrams, list(range(0, 50, 5)), rng=0)
        assert (result.statistic, result.pvalue) == (by_hand.statistic, by_hand.pvalue)

    def test_several_trainings_are_blocks(self, record):
        stacked = pd.concat({run: record("pandas").table() for run in ("a", "b")})
        diagrams = RipsPersistence().set_output(transform="pandas").fit_transform(stacked)
        run, epoch = map(diagrams.index.get_level_values, (0, 1))
        assert trend_test(diagrams, epoch, blocks=run, statistic="page", rng=0).pvalue <= 1

    def test_whole_numbers_are_integers(self, record):
        recorder = record(index=[0, np.int64(1), 2.0, np.float32(2.5), *range(3, 9)])
        assert recorder.index_ == [0, 1, 2, 2.5, *range(3, 9)]
        assert [type(i) for i in recorder.index_[:4]] == [int, int, int, float]


class TestErrors:
    def test_index(self, make_network):
        recorder = SnapshotRecorder()
        recorder.record(make_network(), 3)
        for index in (3, 2.5, -1):
            with pytest.raises(ValueError, match=rf"got {index} after 3.*make another recorder"):
                recorder.record(make_network(), index)
        for index in (None, "4", True, np.nan, np.inf, 4j):
            with pytest.raises(TypeError, match="index must be a finite number"):
                recorder.record(make_network(), index)
        assert recorder.index_ == [3]

    @pytest.mark.parametrize("network", [None, {"weight": torch.ones(1)}, nn.Linear, "a.pt"])
    def test_network(self, network):
        with pytest.raises(TypeError, match=r"network must be a torch\.nn\.Module"):
            SnapshotRecorder().record(network, 0)

    @pytest.mark.parametrize("extractor", [LayerActivationExtractor, np.zeros((3, 4)), "leaf"])
    def test_extractor(self, extractor):
        with pytest.raises(TypeError, match="must be a transformer of networks"):
            SnapshotRecorder(extractor)

    def test_table(self, make_network, extractor):
        with pytest.raises(ValueError, match="Nothing has been recorded yet"):
            SnapshotRecorder(extractor).table()
        recorder = SnapshotRecorder()
        recorder.record(make_network(), 0)
        with pytest.raises(ValueError, match=r"Weights were kept.*network_builder"):
            recorder.table()
        recorder = SnapshotRecorder(extractor)
        recorder.record(make_network(), 0)
        with pytest.raises(ValueError, match=r"made by the extractor that the recorder has"):
            recorder.table(extractor)


def test_no_framework_is_needed():
    code = """
import sys
FRAMEWORKS = ("lightning", "pytorch_lightning", "skorch", "transformers")
sys.modules.update(dict.fromkeys(FRAMEWORKS))  # as if none were installed
import torch
from skactland import SnapshotRecorder
recorder = SnapshotRecorder()
recorder.record(torch.nn.Linear(2, 2), 0)
for framework in ("lightning", "skorch", "transformers"):
    try:
        recorder.callback(framework)
    except ImportError as error:
        print(error)
print(recorder.index_)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    *messages, index = done.stdout.splitlines()
    assert index == "[0]"
    assert len(messages) == 3
    assert all("recorder.record(network, epoch) in a loop of your own" in m for m in messages)
