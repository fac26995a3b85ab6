"""The zoos of recipes, their measures and their scores, against their definitions."""

import importlib
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from scipy.stats import kendalltau
from torch import nn

sys.path.insert(0, str(Path(__file__).parents[1] / "examples"))

from experiments import measures, ordering, recipe_zoos, samples, targets

#: Two widths and two noises, two networks of each.
SHORT = {key: values[:1] for key, values in recipe_zoos.GRID.items()} | {
    "width": (32, 96),
    "input_noise": (0.0, 0.1),
    "dropout": (0.05,),
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("zoo")


@pytest.fixture(scope="module")
def zoo(folder):
    return recipe_zoos.make_zoo("digits", 0, folder=folder, grid=(SHORT, 2))


@pytest.fixture(scope="module")
def numbers(zoo):
    return measures.measures_of(zoo)[0]


def losses(zoo):
    X, y = map(torch.tensor, zoo.data.train)
    pairs = zip(zoo.networks, zoo.chosen, strict=True)
    with torch.no_grad():
        return [nn.functional.cross_entropy(n(X[i]), y[i]).item() for n, i in pairs]


def test_all_networks_reach_the_loss(zoo):
    assert zoo.n_trained == 8
    assert 4 <= len(zoo.networks) <= 8
    assert max(losses(zoo)) <= recipe_zoos.LOSS * (1 + 1e-4)
    # And no sooner: an epoch earlier they were above it.
    assert min(losses(zoo)) > recipe_zoos.LOSS / 2


def test_data_share_no_sample(zoo):
    data = zoo.data
    rows = np.vstack([data.train[0], data.probe, data.test[0]])
    assert len(rows) == 1797
    X, _ = samples.load_samples("digits", 0)
    np.testing.assert_array_equal(np.sort(rows.sum(axis=1)), np.sort(X.sum(axis=1)))
    assert len(data.probe) == len(data.probe_labels)


def test_a_stopped_run_goes_on_where_it_was(zoo, folder):
    kept, lost = sorted(folder.glob("*.pt"))
    before = kept.stat().st_mtime_ns
    lost.unlink()
    again = recipe_zoos.make_zoo("digits", 0, folder=folder, grid=(SHORT, 2))
    assert kept.stat().st_mtime_ns == before
    np.testing.assert_array_equal(again.recipes, zoo.recipes)
    for one, other in zip(again.networks, zoo.networks, strict=True):
        for p, q in zip(one.parameters(), other.parameters(), strict=True):
            assert torch.equal(p, q)


def test_networks_of_one_recipe_have_their_own_samples(tmp_path):
    zoo = recipe_zoos.make_zoo_of_one_recipe("clusters", 0, folder=tmp_path, n_networks=4)
    assert len({tuple(sorted(rows)) for rows in zoo.chosen}) == 4
    assert len(np.unique(zoo.recipes, axis=0)) == 1
    assert max(losses(zoo)) <= recipe_zoos.LOSS * (1 + 1e-4)
    numbers, _ = measures.measures_of(zoo)
    assert "data alone" in numbers
    assert "number of parameters" not in numbers


def stack_of(recipe, data, name="digits"):
    networks = [recipe_zoos.build(name, data, 32, 2) for _ in range(2)]
    return networks, recipe_zoos.Stack(networks, recipe)


def test_the_steps_are_those_of_adamw(zoo):
    """Whole batches, a rate and a decay of each network's own, beside torch's optimiser."""
    X, y = map(torch.tensor, zoo.data.train)
    rates, decays = torch.tensor([0.001, 0.01]), torch.tensor([0.1, 0.0])
    zero = torch.zeros(2)
    recipe = {"learning_rate": rates, "weight_decay": decays, "dropout": zero, "input_noise": zero}
    networks, stack = stack_of(recipe, zoo.data)
    rows = torch.arange(len(X)).expand(2, -1)
    for _ in range(5):
        stack.train_epoch(X, y, rows, len(X))
    ends = stack.take_out(torch.tensor([True, True]))
    for i, network in enumerate(networks):
        adam = torch.optim.AdamW(
            network.parameters(), rates[i].item(), weight_decay=decays[i].item()
        )
        for _ in range(5):
            adam.zero_grad()
            nn.functional.cross_entropy(network(X), y).backward()
            adam.step()
        for name, value in network.state_dict().items():
            torch.testing.assert_close(ends[i][name], value, rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize("name", ["digits", "mnist"])
def test_a_stack_says_what_its_networks_say(zoo, name):
    data, zero = zoo.data, torch.zeros(2)
    if name == "mnist":
        images = np.random.default_rng(0).uniform(size=(20, 196)).astype(np.float32)
        data = replace(data, train=(images, data.train[1][:20]))
    recipe = dict.fromkeys(("learning_rate", "weight_decay", "dropout", "input_noise"), zero)
    networks, stack = stack_of(recipe, data, name)
    X = torch.tensor(data.train[0][:20])
    with torch.no_grad():
        together = stack.forward(X.expand(2, *X.shape))
        for network, logits in zip(networks, together, strict=True):
            torch.testing.assert_close(network(X), logits, rtol=1e-4, atol=1e-5)


def test_dropout_keeps_the_mean_and_is_each_networks_own(zoo):
    recipe = dict.fromkeys(("learning_rate", "weight_decay", "input_noise"), torch.zeros(2))
    _, stack = stack_of(recipe | {"dropout": torch.zeros(2)}, zoo.data)
    # One hidden value of 1 at each unit, and logits that are its mean.
    with torch.no_grad():
        for name, value in stack.parameters(stack.weights).items():
            value.zero_()
            if name == "fc1.bias":
                value.fill_(1.0)
            if name == "fc2.weight":
                value.copy_(torch.eye(32))
            if name == "logits.weight":
                value.fill_(1 / 32)
        X = torch.zeros(2, 4000, 64)
        logits = stack.forward(X, torch.tensor([0.0, 0.5]))
    assert (logits[0] == 1).all()
    assert logits[1].mean().item() == pytest.approx(1, abs=0.02)
    # Two layers of masks: the mean of 32 products of variance 1 / .25 - 1 = 3.
    assert logits[1, :, 0].var().item() == pytest.approx(3 / 32, rel=0.15)


def test_numbers_are_finite_and_differ(numbers, zoo):
    assert len(numbers) == len(zoo.networks)
    assert set(numbers) == set(measures.ROWS) - {"data alone"}
    assert np.isfinite(numbers.to_numpy()).all()


def test_labelled_bars_by_hand(numbers, zoo):
    from scipy.sparse.csgraph import minimum_spanning_tree
    from scipy.spatial.distance import pdist, squareform

    tree = minimum_spanning_tree(squareform(pdist(zoo.data.probe.astype(float)))).tocoo()
    with torch.no_grad():
        classes = zoo.networks[2](torch.tensor(zoo.data.probe)).argmax(dim=1).numpy()
    share = (classes[tree.row] != classes[tree.col]).mean()
    assert numbers["labelled bars, one tree"][2] == pytest.approx(-share)


def test_agreements_by_hand(numbers, zoo):
    with torch.no_grad():
        predicted = [n(torch.tensor(zoo.data.probe)).argmax(dim=1).numpy() for n in zoo.networks]
    others = [np.mean(predicted[0] == p) for p in predicted[1:]]
    assert numbers["agreement with the zoo"][0] == pytest.approx(np.mean(others), abs=1e-6)
    partner = measures.partners(zoo)
    assert (zoo.recipes[partner] == zoo.recipes).all()
    second = np.mean(predicted[0] == predicted[partner[0]])
    assert numbers["agreement with a second run"][0] == pytest.approx(second, abs=1e-6)
    right = (predicted[1] == zoo.data.probe_labels)[:150].mean()
    assert numbers["accuracy on 150 labels"][1] == pytest.approx(right)


def test_no_row_but_those_that_say_so_sees_a_label_of_the_probe(numbers, zoo):
    data = replace(zoo.data, probe_labels=zoo.data.probe_labels * 0)
    others, _ = measures.measures_of(replace(zoo, data=data))
    with_labels = ["ATC", "accuracy on 150 labels"]
    plain = numbers.drop(columns=with_labels)
    pd.testing.assert_frame_equal(plain, others[plain.columns])


def test_mixed_samples_are_of_one_class():
    """A network that says the class of a mean of two samples of it has no error."""
    X = np.eye(3, dtype=np.float32)[[0, 1, 2, 0, 1, 2]] * 5
    network = nn.Sequential(nn.Linear(3, 3), nn.ReLU(), nn.Linear(3, 3))
    with torch.no_grad():
        for layer in (network[0], network[2]):
            layer.weight.copy_(torch.eye(3))
            layer.bias.zero_()
    index, error = measures._index_and_mixup(network, X, np.array([0, 1, 2, 0, 1, 2]))
    assert (index, error) == (0, 0)
    _, error = measures._index_and_mixup(network, X, np.array([1, 2, 0, 1, 2, 0]))
    assert error == 1


def test_threshold_of_confidence():
    """Where as many labelled inputs are above it as are right, all others are counted."""
    confidence = np.linspace(0.5, 1, 600)[None].repeat(2, axis=0)
    confidence = np.random.default_rng(0).permuted(confidence, axis=1)
    is_right = np.stack([np.arange(150) < 120, np.ones(150, bool)])
    shares = measures._above_threshold(confidence, is_right)
    assert shares[0] == pytest.approx(0.8, abs=0.1)
    assert shares[1] > 0.98


def test_other_targets(zoo):
    """A step against the gradient does more harm than noise of its length, and shuffling shows."""
    found = targets.targets_of("digits", zoo)
    plain = measures.Outputs.of(zoo).test
    accuracies = np.array([(p.argmax(axis=1) == zoo.data.test[1]).mean() for p in plain])
    assert (found["accuracy under noise"] < accuracies).all()
    assert (found["accuracy under FGSM"] < accuracies).all()
    assert (found["AUROC of shuffled inputs"] > 0.5).all()
    again = targets.targets_of("digits", zoo)
    for name, values in found.items():
        np.testing.assert_array_equal(values, again[name])


class TestScores:
    @pytest.fixture
    def target(self):
        return np.random.default_rng(0).normal(size=40).round(1)

    def test_tau_as_in_scipy(self, target):
        values = (target + np.random.default_rng(1).normal(size=40)).round()
        assert ordering.tau(values, target) == pytest.approx(kendalltau(values, target).statistic)

    def test_tau_of_a_resample(self, target):
        values = target + np.random.default_rng(1).normal(size=40)
        weights = np.random.default_rng(2).integers(2, size=(1, 40))
        drawn = weights[0] > 0
        expected = kendalltau(values[drawn], target[drawn]).statistic
        assert ordering.tau(values, target, weights)[0] == pytest.approx(expected)

    def test_recipes_come_and_go_together(self):
        recipes = np.repeat([[0, 1], [0, 2], [1, 1]], 2, axis=0)
        weights = ordering.resample_recipes(recipes, 50, np.random.default_rng(0))
        assert (weights[:, ::2] == weights[:, 1::2]).all()
        assert (weights[:, ::2].sum(axis=1) == 3).all()
        of_one = ordering.resample_recipes(np.zeros((6, 2)), 50, np.random.default_rng(0))
        assert (of_one.sum(axis=1) == 6).all()
        assert (of_one[:, 0] != of_one[:, 1]).any()

    def test_an_interval_knows_that_zoos_differ(self):
        rng = np.random.default_rng(0)
        alike = rng.normal(scale=0.01, size=(3, 5000))
        low, high = ordering.interval(alike + np.array([[0.0], [1.0], [2.0]]), rng)
        assert low == pytest.approx(0, abs=0.1)
        assert high == pytest.approx(2, abs=0.1)

    def test_a_recipe_that_is_predicted_was_not_fitted_on(self):
        """Noise by recipe is learned by heart, unless its networks are held out together."""
        rng = np.random.default_rng(0)
        recipes = np.repeat(np.arange(30), 4)[:, None]
        target = np.repeat(rng.normal(size=30), 4)
        by_heart = np.repeat(np.eye(30), 4, axis=0)
        predicted = ordering.predict_out_of_fold(by_heart, target, recipes)
        assert np.corrcoef(predicted, target)[0, 1] < 0.3
        told = ordering.predict_out_of_fold(target[:, None], target, recipes)
        assert np.corrcoef(told, target)[0, 1] > 0.95

    def test_gain(self, target):
        zoo = recipe_zoos.Zoo(None, [], np.arange(40)[:, None], None, None, 40)
        nothing = np.full(40, target.mean())
        gains, (low, high) = ordering.gain([nothing] * 2, [target] * 2, [target] * 2, [zoo] * 2)
        np.testing.assert_allclose(gains, 1)
        assert low <= high
        gains, ends = ordering.gain([nothing], [nothing], [target], [zoo])
        assert (gains[0], *ends) == (0, 0, 0)


def test_the_benchmark_in_small(tmp_path, capsys, monkeypatch):
    module = importlib.import_module("benchmark_generalisation")
    tiny = {"grid": {"digits": 1}, "one recipe": {"digits": 1}, "n_networks": 12}
    monkeypatch.setattr(module, "SMALL", tiny | {"n_resamples": 5})
    arguments = ["--small", "--cache", str(tmp_path), "--output", str(tmp_path / "figure.png")]
    module.main(arguments)
    first = capsys.readouterr().out
    monkeypatch.delattr(recipe_zoos, "train_stack")
    monkeypatch.delattr(measures, "measures_of")
    module.main(arguments)
    again = capsys.readouterr().out
    assert first.splitlines()[:-1] == again.splitlines()[:-1]  # the last tells the time
    for row in measures.ROWS:
        assert f"\n{row:<35}" in first
    assert (tmp_path / "figure.png").stat().st_size > 10_000
    module.main([*arguments, "--targets"])
    table = capsys.readouterr().out
    assert "accuracy under FGSM" in table
    assert f"\n{measures.TWIN:<35}" in table
