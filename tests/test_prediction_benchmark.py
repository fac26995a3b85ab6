"""The benchmark of what predicts accuracy keeps the laws of honest prediction."""

import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from sklearn.linear_model import LinearRegression
from sklearn.metrics import r2_score

sys.path.insert(0, str(Path(__file__).parents[1] / "examples"))

from experiments import known, noisy_zoos, predictors, scoring

SETTINGS = noisy_zoos.draw_settings((8, 16), (0.0, 0.3), 3, 110, random_state=0)


@pytest.fixture(scope="module")
def data():
    return noisy_zoos.load_data("digits", 20, random_state=0)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("zoo")


@pytest.fixture(scope="module")
def zoo(data, folder):
    return noisy_zoos.make_zoo(SETTINGS, data, folder, 1, random_state=0, verbose=False)


def synthetic(zoo, n_networks, rng):
    """Return a zoo of made-up accuracies on a grid of cells."""
    return replace(
        zoo,
        accuracies=rng.normal(size=n_networks),
        widths=np.arange(n_networks) % 3,
        noises=np.arange(n_networks) // 3 % 2,
    )


def test_data_share_no_sample(data):
    parts = [data.pool[0], data.probe, data.test[0]]
    rows = np.vstack(parts)
    assert len(rows) == 1797
    assert set(np.unique(data.pool[1])) == set(range(data.n_classes))


def test_every_network_fits_its_own_wrong_labels(zoo):
    for run, (X, y) in zip(zoo.runs, zoo.training_sets, strict=True):
        predicted = run.network(torch.tensor(X)).argmax(dim=1).numpy()
        assert (predicted == y).all()
        assert run.accuracy == 1.0


def test_a_stopped_run_goes_on_where_it_was(zoo, data, folder):
    files = sorted(folder.glob("*.pt"))
    assert len(files) == len(SETTINGS)
    kept, lost = files[0], files[-1]
    before = kept.stat().st_mtime_ns
    lost.unlink()
    again = noisy_zoos.make_zoo(SETTINGS, data, folder, 1, random_state=0, verbose=False)
    assert kept.stat().st_mtime_ns == before
    assert lost.exists()
    np.testing.assert_array_equal(again.accuracies, zoo.accuracies)
    for one, other in zip(again.networks, zoo.networks, strict=True):
        for p, q in zip(one.parameters(), other.parameters(), strict=True):
            assert torch.equal(p, q)


def test_a_file_of_another_seed_is_not_taken(zoo, data, folder, tmp_path):
    (tmp_path / "0000.pt").write_bytes((folder / "0000.pt").read_bytes())
    (run,) = noisy_zoos.make_zoo(SETTINGS[:1], data, tmp_path, 1, 5, verbose=False).runs
    first = next(zoo.networks[0].parameters())
    assert not torch.equal(next(run.network.parameters()), first)


def test_numbers_are_complete(zoo, data):
    clouds = predictors.clouds_of(zoo.networks, data.probe)
    assert list(clouds) == ["act1", "act2", "act3", "logits", "softmax"]
    numbers = predictors.numbers_of(zoo, clouds.to_numpy())
    for X in numbers.values():
        assert X.shape[0] == len(zoo.networks)
        assert np.isfinite(X).all()
    assert numbers["all numbers"].shape[1] == sum(X.shape[1] for X in numbers.values()) / 2
    assert (numbers["margins"][:, 0] > 0).all()  # all fit their training set


def test_what_else_is_known_is_complete(zoo, data):
    numbers = known.numbers_of(zoo, data)
    for X in numbers.values():
        assert X.shape[0] == len(zoo.networks)
        assert np.isfinite(X).all()
    predicted = known.predicted_classes(zoo, data)
    others = [np.mean(predicted[0] == p) for p in predicted[1:]]
    assert numbers["agreement with the zoo"][0, 0] == pytest.approx(np.mean(others))
    assert numbers["labelled merges"].shape[1] == 11


def test_only_the_labelled_probe_sees_its_labels(zoo, data):
    plain = known.numbers_of(zoo, data)
    others = known.numbers_of(zoo, replace(data, probe_labels=data.probe_labels * 0))
    changed = [name for name in plain if not np.array_equal(plain[name], others[name])]
    assert changed == ["labelled probe"]


def test_a_fit_within_cells_learns_what_a_pooled_fit_does_not(zoo):
    """Cells differ by what runs against the order in each of them."""
    rng = np.random.default_rng(0)
    zoo = synthetic(zoo, 120, rng)
    cell = zoo.widths + 3.0 * zoo.noises
    inside = rng.normal(size=120)
    zoo = replace(zoo, accuracies=inside - 5 * cell)
    X = pd.DataFrame((inside + 5 * cell)[:, None])
    partitions = scoring.make_folds(zoo, 1, 0)["5-fold"]
    assert scoring.tau_from_within(predictors.ridge(), X, zoo, partitions) > 0.9
    (pooled,) = scoring.predict_out_of_fold(predictors.ridge(), X, zoo.accuracies, partitions)
    cells = np.column_stack([zoo.widths, zoo.noises])
    assert scoring.tau_within_cells(pooled, zoo.accuracies, cells) < -0.9


def test_a_fit_within_cells_sees_no_accuracy_that_it_predicts(zoo):
    zoo = synthetic(zoo, 60, np.random.default_rng(0))
    X = np.random.default_rng(1).normal(size=(60, 2))
    partitions = scoring.make_folds(zoo, 1, 0)["5-fold"]
    test = partitions[0][0][1]
    changed = zoo.accuracies.copy()
    changed[test] += 100
    first = scoring.predict_within_cells(LinearRegression(), X, zoo, partitions)
    second = scoring.predict_within_cells(
        LinearRegression(), X, replace(zoo, accuracies=changed), partitions
    )
    np.testing.assert_array_equal(first[0, test], second[0, test])


def test_folds_hold_each_network_out_once(zoo):
    zoo = synthetic(zoo, 30, np.random.default_rng(0))
    for name, partitions in scoring.make_folds(zoo, 2, 0).items():
        for folds in partitions:
            held_out = np.concatenate([test for _, test in folds])
            assert sorted(held_out) == list(range(30))
            for train, test in folds:
                assert not set(train) & set(test)
                groups = {"new width": zoo.widths, "new noise": zoo.noises}.get(name)
                if groups is not None:
                    assert not set(groups[train]) & set(groups[test])


def test_shuffled_accuracies_are_not_predicted(zoo):
    rng = np.random.default_rng(0)
    zoo = synthetic(zoo, 120, rng)
    X = pd.DataFrame(zoo.accuracies[:, None] + rng.normal(scale=0.1, size=(120, 4)))
    (folds,) = scoring.make_folds(zoo, 1, 0)["5-fold"]
    (honest,) = scoring.predict_out_of_fold(predictors.ridge(), X, zoo.accuracies, [folds])
    shuffled = rng.permutation(zoo.accuracies)
    (control,) = scoring.predict_out_of_fold(predictors.ridge(), X, shuffled, [folds])
    assert r2_score(zoo.accuracies, honest) > 0.9
    assert r2_score(shuffled, control) < 0.1


def test_a_networks_own_accuracy_does_not_reach_its_prediction(zoo):
    rng = np.random.default_rng(1)
    zoo = synthetic(zoo, 20, rng)
    X = pd.DataFrame(rng.normal(size=(20, 2)))
    partitions = scoring.make_folds(zoo, 1, 0)["5-fold"]
    changed = zoo.accuracies.copy()
    test = partitions[0][0][1]
    changed[test] += 100
    model = LinearRegression()
    first = scoring.predict_out_of_fold(model, X, zoo.accuracies, partitions)
    second = scoring.predict_out_of_fold(model, X, changed, partitions)
    np.testing.assert_array_equal(first[0, test], second[0, test])


def test_tau_within_cells_ignores_what_differs_between_cells():
    cells = np.repeat([[0, 0], [1, 0]], 10, axis=0)
    y = np.arange(20.0)
    between = np.repeat([0.0, 1.0], 10)
    assert scoring.tau_within_cells(between, y, cells) == 0
    assert scoring.tau_within_cells(y, y, cells) == pytest.approx(1)
    assert scoring.tau_within_cells(-y + 100 * between, y, cells) == pytest.approx(-1)


def test_bootstrap_difference():
    rng = np.random.default_rng(0)
    y = [rng.normal(size=200) for _ in range(2)]
    good = [t[None] + 0.1 * rng.normal(size=(3, 200)) for t in y]
    bad = [t[None] + 0.7 * rng.normal(size=(3, 200)) for t in y]
    difference, low, high = scoring.bootstrap_difference(good, bad, y)
    r2 = [np.mean([r2_score(t, q) for q in p]) for t, p in zip(y + y, good + bad, strict=True)]
    assert difference == pytest.approx(np.mean(r2[:2]) - np.mean(r2[2:]))
    assert 0 < low < difference < high
    assert scoring.bootstrap_difference(good, good, y) == (0, 0, 0)
