"""The parts of the comparison of representations against what they stand for, and a tiny run."""

import numpy as np
import pytest
from numpy.testing import assert_allclose
from sklearn.linear_model import Ridge
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import RobustScaler, StandardScaler
from sklearn.svm import SVR


@pytest.fixture
def rows():
    """More features than rows; one is constant, one nearly always zero."""
    rng = np.random.default_rng(0)
    X = rng.exponential(size=(20, 60))
    X[:, 0] = 0
    X[1:, 1] = 0
    return X[:15], X[15:], rng.uniform(size=15)


def test_the_robust_scaler_is_that_of_scikit_learn(load, rows):
    seen, later, _ = rows
    ours = load("experiments.habits")._RobustScaler().fit(seen)
    theirs = RobustScaler().fit(seen)
    for X in (seen, later):
        assert_allclose(ours.transform(X), theirs.transform(X), rtol=1e-12, atol=1e-14)


def test_few_coordinates_keep_inner_products(load, rows):
    seen, later, _ = rows
    turned = np.vstack(load("experiments.habits").in_few_coordinates(seen, later))
    both = np.vstack([seen, later]) - seen.mean(axis=0)
    assert turned.shape == (20, 20)
    assert_allclose(turned @ turned.T, both @ both.T, atol=1e-10)


@pytest.mark.parametrize(("name", "model"), [("Ridge", Ridge()), ("SVR", SVR())])
def test_predictions_are_those_of_the_plain_pipelines(load, rows, name, model):
    seen, later, y = rows
    found = load("experiments.habits").predict_after_scalers(seen, later, y, False)
    plain = model.fit(seen, y).predict(later)
    assert_allclose(found["none", name], plain, rtol=1e-6)
    scaled = make_pipeline(StandardScaler(), model).fit(seen, y).predict(later)
    assert_allclose(found["standard", name], scaled, rtol=1e-6)


def test_a_tiny_run(load, monkeypatch, tmp_path, capsys):
    benchmark = load("benchmark_representations")
    first = {name: values[:1] for name, values in benchmark.RECIPES.items()}
    monkeypatch.setattr(benchmark, "RECIPES", first)
    tiny = {"n_per_recipe": 10, "n_clean": 60, "n_probe": 40, "sizes": (10,)}
    tiny |= {"noisy": ((32,), (0.0, 0.2), 6, 100), "size_for_forests": 10}
    monkeypatch.setattr(benchmark, "SMALL", {**benchmark.SMALL, **tiny})
    for _ in range(2):  # the second from the cache
        benchmark.main(["--small", "--cache", str(tmp_path)])
    first, second = capsys.readouterr().out.split("R2 below -1 counts as -1.")[1:]
    assert second.partition("Python")[0] == first.partition("Python")[0]
    for words in ("10 networks, forest: tau", "LandscapeVectorizer()", "KernelRidge, centred"):
        assert words in first
