"""Tests of trends and of dependence: by definition, and as in SciPy."""

from itertools import permutations

import numpy as np
import pandas as pd
import pytest
from inference_tables import COLUMNS, random_table
from numpy.testing import assert_allclose
from scipy import stats

from skactland import PersistenceLandscape, landscape_distance, landscape_gram
from skactland.inference import _independence, independence_test, trend_test


@pytest.fixture
def table():
    return random_table(7)


@pytest.fixture
def frame(table):
    return pd.DataFrame(table, columns=COLUMNS)


def complexity(row):
    return sum(PersistenceLandscape.from_diagram(cell).norm() ** 2 for cell in row) ** 0.5


@pytest.mark.parametrize("alternative", ["two-sided", "greater", "less"])
def test_spearman_as_in_scipy(alternative):
    table, y = random_table(6, seed=3), np.array([0.3, 0.5, 0.5, 0.2, 0.9, 0.7])
    values = [complexity(row) for row in table]
    expected = stats.permutation_test(
        (y,),
        lambda y: stats.spearmanr(values, y).statistic,
        permutation_type="pairings",
        alternative=alternative,
        vectorized=False,
    )
    result = trend_test(table, y, alternative=alternative)
    assert result.statistic == pytest.approx(expected.statistic)
    if alternative == "two-sided":
        null = np.abs(expected.null_distribution)
        expected.pvalue = np.mean(null >= abs(expected.statistic) - 1e-9)
    assert result.pvalue == pytest.approx(expected.pvalue)


def test_page_as_in_scipy():
    table, y, blocks = random_table(12, seed=2), np.tile([3, 1, 2, 7], 3), np.repeat([5, 2, 9], 4)
    values = np.array([complexity(row) for row in table]).reshape(3, 4)
    expected = stats.page_trend_test(values, predicted_ranks=[3, 1, 2, 4], method="exact")
    options = {"statistic": "page", "blocks": blocks, "n_resamples": 24**3}
    result = trend_test(table, y, alternative="greater", **options)
    assert result.statistic == expected.statistic
    assert result.is_exact
    assert result.pvalue == pytest.approx(expected.pvalue)
    # Both statistics order relabellings of complete blocks in the same way.
    spearman = trend_test(table, y, alternative="greater", **(options | {"statistic": "spearman"}))
    assert spearman.pvalue == result.pvalue
    by_block = [stats.spearmanr(row, [3, 1, 2, 7]).statistic for row in values]
    assert spearman.statistic == pytest.approx(np.mean(by_block))
    down = trend_test(table, y, alternative="less", **options)
    equal = np.mean(result.null_distribution == result.statistic)
    assert down.pvalue == pytest.approx(1 - result.pvalue + equal)


def test_trend_along_layers(frame):
    result = trend_test(frame, "layer", columns="degree", statistic="page", correction=None)
    assert result.columns == ["H0", "H1"]
    for degree, statistic in zip(result.columns, result.statistic, strict=True):
        layers = [f"fc1__{degree}", f"fc2__{degree}"]
        values = [[complexity([cell]) for cell in row] for row in frame[layers].to_numpy()]
        assert statistic == (stats.rankdata(values, axis=1) @ [1, 2]).sum()
    whole = trend_test(frame, "layer")
    assert len(whole.null_distribution) == 2**7
    assert whole.columns is None


@pytest.mark.parametrize("p", [1, 2, 3.5, np.inf])
def test_complexity_is_the_norm(table, p):
    norms = [[PersistenceLandscape.from_diagram(c).norm(p) for c in row] for row in table]
    y = np.arange(7.0)
    result = trend_test(table, y, columns="column", p=p, n_resamples=9)
    expected = [stats.spearmanr(column, y).statistic for column in np.transpose(norms)]
    assert_allclose(result.statistic, expected, atol=1e-12)


@pytest.mark.parametrize("statistic", ["dcov", "hsic"])
def test_independence_by_definition(table, statistic):
    y = np.array([0.1, 0.5, 0.5, 0.2, 0.9, 0.7, 0.3])
    centre = np.eye(7) - 1 / 7
    gaps = np.abs(y[:, None] - y)
    if statistic == "dcov":
        of_table, of_y = landscape_distance(table), gaps
    else:
        median = np.median(gaps[np.triu_indices(7, 1)])
        of_table, of_y = landscape_gram(table), np.exp(-((gaps / median) ** 2))
    of_table, of_y = centre @ of_table @ centre, centre @ of_y @ centre
    expected = [(of_table * of_y[np.ix_(order, order)]).mean() for order in permutations(range(7))]
    result = independence_test(table, y, statistic=statistic)
    assert result.statistic == pytest.approx(expected[0])
    assert len(result.null_distribution) == 5040 / 2  # two values of y are equal
    assert_allclose(np.sort(np.repeat(result.null_distribution, 2)), np.sort(expected), atol=1e-12)
    assert result.pvalue == pytest.approx(np.mean(expected >= expected[0] - 1e-12))
    several = independence_test(table, y[:, None], statistic=statistic)
    assert several.pvalue == result.pvalue


def test_dependence_without_trend_is_found():
    y = np.linspace(-1, 1, 40)
    table = [[[0, 1 + value**2]] for value in y]
    assert independence_test(table, y, rng=0).pvalue < 0.01
    assert trend_test(table, y, rng=0).pvalue > 0.5


@pytest.mark.parametrize("statistic", sorted(_independence._STATISTICS))
def test_statistics_see_what_they_say(statistic):
    """Where y is 0 there is either hole, where it is 1 both or none: equal means."""
    one, other = [[0.0, 2.0]], [[10.0, 12.0]]
    table = [one, other] * 6 + [one + other, np.empty((0, 2))] * 6
    options = {"statistic": statistic, "n_resamples": 999, "rng": 0}
    y = np.repeat([0, 1], 12)
    pvalue = independence_test(table, y, **options).pvalue
    sees = _independence._STATISTICS[statistic].sees
    assert {"means": pvalue == 1, "anything": pvalue < 0.01}[sees]
    assert independence_test([one] * 12 + [one + other] * 12, y, **options).pvalue < 0.01
