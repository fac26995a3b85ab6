"""Tests between groups of networks: by definition, as in SciPy, and by their laws."""

from itertools import combinations

import numpy as np
import pandas as pd
import pytest
from inference_tables import COLUMNS, all_labellings, random_table
from numpy.testing import assert_allclose, assert_array_equal
from scipy import stats

from skactland import LandscapeKernel, PersistenceLandscape, landscape_gram
from skactland.inference import _groups, permutation_test
from skactland.inference._statistic import Row, Statistic

# Few relabellings do for most tests, with which no p-value is small after correction.
pytestmark = pytest.mark.filterwarnings("ignore:No p-value of")

STATISTICS = ["mean_distance", "mmd", "energy", "anova"]


@pytest.fixture
def table():
    return random_table(7)


@pytest.fixture
def frame(table):
    return pd.DataFrame(table, columns=COLUMNS)


def gram_of(table):
    return landscape_gram(table)


def mean_distance(gram, labels):
    """The root of the summed squared distances of group means, pair by pair."""
    total = 0.0
    for g, h in combinations(np.unique(labels), 2):
        a = (labels == g) / np.sum(labels == g) - (labels == h) / np.sum(labels == h)
        total += a @ gram @ a
    return np.sqrt(max(total, 0.0))


def anova(gram, labels):
    """F, from the squared distances within groups and over all (Anderson 2001)."""
    squares = np.diag(gram)[:, None] + np.diag(gram) - 2 * gram
    n, names = len(labels), np.unique(labels)
    total = squares.sum() / (2 * n)
    within = sum(
        squares[np.ix_(labels == g, labels == g)].sum() / (2 * np.sum(labels == g)) for g in names
    )
    return (total - within) / (len(names) - 1) / (within / (n - len(names)))


def discrepancy(kernel):
    """Twice the mean of the kernel between two groups taken from those within, over all pairs."""

    def statistic(gram, labels):
        values = kernel(gram)
        total = 0.0
        for g, h in combinations(np.unique(labels), 2):
            blocks = [values[np.ix_(labels == a, labels == b)].mean() for a, b in ((g, g), (h, h))]
            total += sum(blocks) - 2 * values[np.ix_(labels == g, labels == h)].mean()
        return total

    return statistic


def distances(gram):
    return np.sqrt(np.maximum(np.diag(gram)[:, None] + np.diag(gram) - 2 * gram, 0))


def gaussian(gram):
    squares = distances(gram) ** 2
    return np.exp(-squares / np.median(squares[np.triu_indices(len(gram), 1)]))


DEFINITIONS = {
    "mean_distance": mean_distance,
    "anova": anova,
    "mmd": discrepancy(gaussian),
    "energy": discrepancy(lambda gram: -distances(gram)),
}


@pytest.mark.parametrize("statistic", STATISTICS)
@pytest.mark.parametrize("labels", ["aaabbbb", "abcabca", "bbaabbb"])
def test_all_relabellings_by_definition(table, statistic, labels):
    labels = np.array(list(labels))
    gram, function = gram_of(table), DEFINITIONS[statistic]
    expected = np.array([function(gram, other) for other in all_labellings(labels)])
    result = permutation_test(table, labels, statistic=statistic)
    observed = function(gram, labels)
    assert result.statistic == pytest.approx(observed, rel=1e-9)
    assert result.is_exact
    assert_allclose(np.sort(result.null_distribution), np.sort(expected), rtol=1e-8, atol=1e-10)
    assert result.pvalue == np.mean(expected >= observed - 1e-9)


def test_mean_distance_is_that_of_the_mean_landscapes(frame):
    result = permutation_test(frame, [0, 0, 0, 1, 1, 1, 1], columns="column")
    means = result.group_means
    for name, statistic in zip(result.columns, result.statistic, strict=True):
        assert statistic == pytest.approx(means[0][name].distance(means[1][name]), rel=1e-9)
    of_two = map(PersistenceLandscape.from_diagram, frame["fc1__H1"][:3])
    assert means[0]["fc1__H1"] == PersistenceLandscape.mean(of_two)


@pytest.mark.parametrize("statistic", STATISTICS)
def test_callable_gives_the_same_test(table, statistic):
    labels = np.array([3, 5, 3, 5, 5, 3, 3])
    named = permutation_test(table, labels, statistic=statistic, n_resamples=20, rng=1)
    definition = DEFINITIONS[statistic]
    called = permutation_test(table, labels, statistic=definition, n_resamples=20, rng=1)
    assert_allclose(called.null_distribution, named.null_distribution, rtol=1e-7)
    assert called.pvalue == named.pvalue


def test_two_independent_samples_as_in_scipy(table):
    gram, labels = gram_of(table), np.array([0, 0, 0, 1, 1, 1, 1])

    def statistic(rows, others):
        return mean_distance(gram, np.isin(np.arange(7), np.asarray(others, dtype=int)))

    expected = stats.permutation_test(
        (np.arange(3), np.arange(3, 7)), statistic, alternative="greater", vectorized=False
    )
    result = permutation_test(table, labels)
    assert result.pvalue == expected.pvalue
    assert result.statistic == pytest.approx(expected.statistic)


def test_pairs_as_in_scipy():
    table = random_table(8)
    gram = gram_of(table)

    def statistic(before, after):
        labels = np.zeros(8)
        labels[np.asarray(after, dtype=int)] = 1
        return mean_distance(gram, labels)

    expected = stats.permutation_test(
        (np.arange(0, 8, 2), np.arange(1, 8, 2)),
        statistic,
        permutation_type="samples",
        alternative="greater",
        vectorized=False,
    )
    result = permutation_test(table, np.arange(8) % 2, blocks=np.arange(8) // 2)
    assert len(result.null_distribution) == 2**4
    assert result.pvalue == expected.pvalue


@pytest.mark.parametrize("statistic", STATISTICS)
def test_exact_pvalues_are_valid(table, statistic):
    """Over all labellings, p <= alpha no more often than alpha."""
    labellings = all_labellings([0, 0, 0, 1, 1, 1, 1])
    found = [permutation_test(table, labels, statistic=statistic).pvalue for labels in labellings]
    for alpha in np.unique(found):
        assert np.mean(np.array(found) <= alpha) <= alpha + 1e-12


def test_equal_groups_are_no_evidence():
    table = [[[0, 1]], [[0, 2]], [[0, 1]], [[0, 2]]]
    for statistic in STATISTICS:
        result = permutation_test(table, [0, 0, 1, 1], statistic=statistic)
        assert result.pvalue == 1
        assert result.statistic == pytest.approx(0, abs=1e-12)


@pytest.mark.parametrize("statistic", STATISTICS)
def test_laws(table, statistic):
    labels = np.array(["u", "u", "v", "v", "v", "w", "w"])
    result = permutation_test(table, labels, statistic=statistic)
    order = np.array([4, 2, 0, 6, 5, 1, 3])
    others = {
        "order of rows": (table[order], labels[order]),
        "order of columns": (table[:, ::-1], labels),
        "names": (table, np.array([{"u": 9, "v": 1, "w": 4}[label] for label in labels])),
    }
    for name, given in others.items():
        other = permutation_test(*given, statistic=statistic)
        assert other.pvalue == result.pvalue, name
        assert other.statistic == pytest.approx(result.statistic, rel=1e-9), name
    scaled = np.empty_like(table)
    for index in np.ndindex(table.shape):
        scaled[index] = 1000 * table[index]
    other = permutation_test(scaled, labels, statistic=statistic)
    assert other.pvalue == result.pvalue
    power = {"mean_distance": 1.5, "energy": 1.5}.get(statistic, 0)
    assert other.statistic == pytest.approx(1000**power * result.statistic, rel=1e-9)


def test_sets_of_columns(frame):
    groups = [0, 1, 0, 1, 0, 1, 1]
    parts = {
        "column": [[name] for name in COLUMNS],
        "layer": [COLUMNS[:2], COLUMNS[2:]],
        "degree": [COLUMNS[::2], COLUMNS[1::2]],
    }
    for columns, sets in parts.items():
        result = permutation_test(frame, groups, columns=columns, correction=None)
        wholes = [permutation_test(frame[names], groups) for names in sets]
        assert_array_equal(result.pvalue, [whole.pvalue for whole in wholes])
        assert_allclose(result.statistic, [whole.statistic for whole in wholes], rtol=1e-9)
    assert permutation_test(frame, groups, columns="layer").columns == ["fc1", "fc2"]
    assert permutation_test(frame, groups, columns="degree").columns == ["H0", "H1"]
    assert permutation_test(frame, groups, columns=["fc2__H1"]).columns == ["fc2__H1"]


def test_column_weights_are_those_of_the_kernel(frame):
    groups = np.array([0, 1, 0, 1, 0, 1, 1])
    for weights in ("balanced", {"fc1": 0, "H1": 3}):
        gram = LandscapeKernel(column_weights=weights).fit_transform(frame)
        result = permutation_test(frame, groups, column_weights=weights)
        assert result.statistic == pytest.approx(mean_distance(gram, groups), rel=1e-9)


ONE, OTHER = [[0.0, 2.0]], [[10.0, 12.0]]
#: Two kinds of networks of one mean landscape: either hole, or both or none.
EITHER = [ONE, OTHER] * 6
BOTH_OR_NONE = [ONE + OTHER, np.empty((0, 2))] * 6


@pytest.mark.parametrize("statistic", STATISTICS)
def test_statistics_see_what_they_say(statistic):
    sees = _groups._STATISTICS[statistic].sees
    options = {"statistic": statistic, "n_resamples": 999, "rng": 0}
    groups = np.repeat([0, 1], 12)
    of_other_kind = permutation_test(EITHER + BOTH_OR_NONE, groups, **options).pvalue
    assert {"means": of_other_kind == 1, "anything": of_other_kind < 0.01}[sees]
    of_other_mean = permutation_test(EITHER + [ONE] * 12, groups, **options).pvalue
    assert of_other_mean < 0.02


def test_a_statistic_is_added_by_a_row(monkeypatch, table):
    def squared_distance_of_two_groups(geometry, sizes):
        n = sizes.sum()
        gram = geometry.products[0] * 4.0 ** geometry.exponents[0]

        def values(labellings):
            weights = (labellings - sizes[1] / n) * n / sizes.prod()
            return np.einsum("bi,ij,bj->b", weights, gram, weights)[:, None]

        return Statistic(values)

    row = Row(squared_distance_of_two_groups, sees="means")
    monkeypatch.setitem(_groups._STATISTICS, "squared_distance", row)
    groups = np.array([0, 1, 0, 1, 0, 1, 1])
    added = permutation_test(table, groups, statistic="squared_distance")
    known = permutation_test(table, groups)
    assert added.statistic == pytest.approx(known.statistic**2)
    assert added.pvalue == known.pvalue


def test_close_landscapes_far_from_zero(table):
    """Inner products lose the digits in which the networks differ; distances do not."""
    near = np.empty((7, 1), dtype=object)
    far = np.empty((7, 1), dtype=object)
    for i, shift in enumerate([0, 3, 1, 4, 8, 6, 2]):
        near[i, 0] = np.array([[0, 1.0], [2, 2 + 2.0**-7 * (8 + shift)]])
        far[i, 0] = np.array([[0, 1.0], [2, 2 + 2.0**-30 * (8 + shift)]])
    groups = [0, 0, 0, 1, 1, 1, 0]
    for statistic in STATISTICS:
        one, other = (permutation_test(t, groups, statistic=statistic) for t in (near, far))
        assert other.pvalue == one.pvalue
