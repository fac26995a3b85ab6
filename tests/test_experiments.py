"""The experiments' own parts against their definitions, and whole runs in a tiny setting."""

from functools import partial
from unittest.mock import Mock

import numpy as np
import pytest
import torch
from torch import nn

from skactland import rips_persistence
from skactland.datasets import make_discs
from skactland.inference import trend_test
from skactland.landscapes import PersistenceLandscape
from skactland.training import loss_and_accuracy


@pytest.fixture
def diagrams():
    rng = np.random.default_rng(0)
    return [rips_persistence(rng.normal(size=(20, 3))) for _ in range(6)]


class TestStack:
    @pytest.fixture
    def train(self, load):
        X, y = make_discs(100, arrangement="two", gap=0.2, random_state=0)
        stacked = load("experiments.stacked")

        def make(seeds, **changes):
            options = {"max_epochs": 40, "batch_size": 30, "learning_rate": 3e-3}
            options["thresholds"] = (0.6, 0.8)
            return stacked.train_stack(seeds, X, y, [8, 8], **(options | changes))

        make.data = X.astype(np.float32), y
        return make

    def test_the_networks_do_not_know_of_each_other(self, train):
        alone = [train([seed])[0] for seed in (3, 4, 5)]
        for run, other in zip(train([3, 4, 5]), alone, strict=True):
            assert [c.epoch for c in run.checkpoints] == [c.epoch for c in other.checkpoints]
            for name, weights in run.network.state_dict().items():
                torch.testing.assert_close(weights, other.network.state_dict()[name])

    def test_the_steps_are_those_of_adam(self, train):
        """With one batch an epoch, on the whole set, a network by itself gets the same weights."""
        X, y = map(torch.tensor, train.data)
        (run,) = train([3], thresholds=(0.8,), max_epochs=300, batch_size=100)
        start, end = run.checkpoint_networks()
        adam = torch.optim.Adam(start.parameters(), 3e-3)
        for _ in range(run.n_epochs):
            adam.zero_grad()
            nn.functional.cross_entropy(start(X), y).backward()
            adam.step()
        assert run.n_epochs > 2
        torch.testing.assert_close(start(X), end(X), rtol=1e-2, atol=1e-3)

    def test_checkpoints_have_the_accuracy_that_they_are_kept_for(self, train):
        (run,) = train([0], thresholds=(0.6, 0.7, 0.8), max_epochs=300)
        assert run.converged
        assert [c.threshold for c in run.checkpoints] == [0.0, 0.6, 0.7, 0.8]
        for network, checkpoint in zip(run.checkpoint_networks(), run.checkpoints, strict=True):
            measured = loss_and_accuracy(network, *train.data)
            np.testing.assert_allclose(measured, (checkpoint.loss, checkpoint.accuracy), rtol=1e-4)
            assert checkpoint.accuracy >= checkpoint.threshold

    def test_training_ends_when_all_are_there(self, train):
        runs = train(range(3), thresholds=(0.6, 0.8), max_epochs=300)
        assert all(run.converged for run in runs)
        assert len({run.n_epochs for run in runs}) > 1  # each has its own end
        (late,) = train([0], thresholds=(0.6, 1.0), max_epochs=2)
        assert not late.converged
        assert late.n_epochs == 2

    @pytest.mark.parametrize("activation", [nn.Tanh, nn.ReLU, partial(nn.LeakyReLU, 0.2)])
    def test_signals_keep_their_size_before_training(self, load, activation):
        stacked = load("experiments.stacked")
        network = stacked.initial_network(0, 400, [400] * 9, 2, activation)
        X = torch.randn(200, 400, generator=torch.Generator().manual_seed(0))
        sizes = []
        for name, module in network.named_children():
            X = module(X)
            sizes += [X.square().mean().item()] if name.startswith("fc") else []
        slope = getattr(network.act1, "negative_slope", 0.0)
        first = 25 / 9 if activation is nn.Tanh else 2 / (1 + slope**2)
        assert sizes[0] == pytest.approx(first, rel=0.05)
        assert 0.2 < sizes[-1] / sizes[0] < 2  # with torch's own weights far below a thousandth
        assert not any(module.bias.any() for module in network if isinstance(module, nn.Linear))

    @pytest.mark.parametrize("scaled", [True, False])
    def test_initial_weights_are_those_of_the_first_checkpoint(self, load, train, scaled):
        (run,) = train([5], scaled_weights=scaled)
        network = load("experiments.stacked").initial_network(5, 2, [8, 8], 2, nn.Tanh, scaled)
        for name, weights in network.state_dict().items():
            torch.testing.assert_close(weights, run.checkpoints[0].state_dict[name])


class TestMeasures:
    def test_complexity_is_the_norm_of_the_landscape(self, load, diagrams):
        for bars in (bars for pair in diagrams for bars in pair):
            norm = PersistenceLandscape.from_diagram(bars).norm()
            assert load("experiments.growth").complexity(bars) == pytest.approx(norm)
        both = np.hypot(*(PersistenceLandscape.from_diagram(b).norm() for b in diagrams[0]))
        assert load("experiments.trends").norm(diagrams[0]) == pytest.approx(both)

    def test_scaled_diagrams_are_those_of_the_scaled_metric(self, load):
        cloud = np.random.default_rng(1).normal(size=(30, 4))
        ours = load("experiments.growth").scaled(rips_persistence(cloud), cloud)
        for bars, others in zip(ours, rips_persistence(cloud, metric="scaled"), strict=True):
            np.testing.assert_allclose(bars, others)

    def test_betti_numbers_count_what_is_alive(self, load):
        bars = np.array([[0, 1], [0, 2.5], [1, 3], [2.5, 4], [3, 4], [0, np.inf]])
        assert load("experiments.growth").betti_number(bars) == 3  # births closed, deaths open

    def test_a_trend_has_its_signs(self, load):
        find_trends = load("experiments.trends").find_trends
        steps = np.add.outer(np.arange(1.0, 7.0), np.arange(4.0))
        series = {"up": steps, "flat": np.ones((6, 3)), "down": steps[:, ::-1]}
        found = find_trends(series)
        assert list(found) == ["up", "flat", "down"]
        assert (found["up"].share, found["down"].share) == (1, 0)
        assert found["up"].rho == pytest.approx(1)
        assert found["down"].rho == pytest.approx(-1)
        assert found["up"].pvalue < 0.001
        assert found["up"].ratio == pytest.approx(np.median(steps[:, 3] / steps[:, 0]))
        assert (found["flat"].rho, found["flat"].pvalue) == (0, 1)

    def test_a_trend_is_that_of_the_diagrams(self, load):
        """The bars that stand for complexities give what the package finds for the diagrams."""
        rng = np.random.default_rng(2)
        table = np.empty((12, 1), dtype=object)
        for i in range(12):
            table[i, 0] = np.sort(rng.uniform(size=(5, 2)), axis=1)
        y, blocks = np.tile(np.arange(4), 3), np.repeat(np.arange(3), 4)
        result = trend_test(table, y, blocks=blocks, n_resamples=99, rng=0)
        values = np.array([load("experiments.trends").norm(row) for row in table]).reshape(3, 4)
        find_trends = load("experiments.trends").find_trends
        (found,) = find_trends({"": values}, n_resamples=99, random_state=0).values()
        assert found.rho == pytest.approx(result.statistic)
        assert found.pvalue == pytest.approx(result.pvalue)

    def test_holm_by_its_definition(self, load):
        p = np.array([0.04, 0.01, 0.03, 0.5])
        np.testing.assert_allclose(load("experiments.trends").holm(p), [0.09, 0.04, 0.09, 0.5])


def run_twice(monkeypatch, module, path, picture, *names):
    """Run an example with a cache, again with what it trains and measures by taken away, and
    without a cache. The picture, a place and a name, is drawn the first time."""
    first = module.main(["--small", "--output", str(path), "--cache", str(path / "cache")])
    monkeypatch.setattr(*picture, Mock())
    with monkeypatch.context() as broken:
        for place, name in names:
            broken.delattr(place, name)
        again = module.main(["--small", "--output", str(path), "--cache", str(path / "cache")])
    fresh = module.main(["--small", "--output", str(path)])
    assert first == again == fresh
    return first


# joblib says so where a worker reads the file of a function's code that another is writing.
@pytest.mark.filterwarnings("ignore:Possible name collisions between functions:UserWarning")
def test_through_training(load, monkeypatch, tmp_path):
    growth = load("experiments.growth")
    module = load("through_training")
    tiny = {"n_networks": 2, "n_train": 100, "n_probe": 30, "max_epochs": 300}
    tiny |= {"digit_probe": 30, "digit_epochs": 25}
    monkeypatch.setitem(module.SETTINGS, "small", tiny)
    monkeypatch.setattr(growth, "THRESHOLDS", (0.6, 0.7))
    monkeypatch.setattr(growth, "DIGIT_THRESHOLDS", (0.2, 0.5))
    picture = module.growth_figures, "draw_all"
    stopped_by = [(growth, "train_stack"), (growth, "train_zoo"), (growth, "rips_persistence")]
    text = run_twice(monkeypatch, module, tmp_path, picture, *stopped_by)
    for group in ("two discs, leaky", "digits, mlp"):
        rows = [line for line in text.splitlines() if line.startswith(f"{group:<18}")]
        assert len(rows) >= 5  # networks, and two tables for each of two claims
    assert "scaled H2, untrained" in text
    assert "trained, Betti number 2" in text
    assert "Solids, degrees 0 to 2: claim 2" in text
    assert "trained, Betti number 1" in text
    assert len(list(tmp_path.glob("*.png"))) >= 2
    assert (tmp_path / "through_training.txt").read_text() == text + "\n"


def test_transformer_and_cnn(load, monkeypatch, tmp_path):
    module = load("transformer_and_cnn")
    tiny = {"n_networks": 2, "n_probe": 30, "max_epochs": 30}
    monkeypatch.setitem(module.SIZES, "small", tiny)
    monkeypatch.setitem(module.THRESHOLDS, "small", (0.2, 0.4))
    load_images = module.load_images

    def load_fewer(random_state):
        X, images, y, labels = load_images(random_state)
        return X[:400], images, y[:400], labels

    monkeypatch.setattr(module, "load_images", load_fewer)
    text = run_twice(monkeypatch, module, tmp_path, (module, "draw"), (module, "train_zoo"))
    for kind in ("transformer", "cnn"):
        assert text.count(f"{kind}, ") == 8  # two metrics, two degrees, two trends
    assert (tmp_path / "transformer_and_cnn.png").stat().st_size > 10_000
