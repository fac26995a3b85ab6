"""Tests, trends and bands against their definitions, against SciPy, and by their laws."""

from itertools import combinations, permutations

import matplotlib
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy import stats

from skactland import LandscapeKernel, PersistenceLandscape, landscape_distance, landscape_gram
from skactland.inference import (
    confidence_band,
    independence_test,
    mean_difference_band,
    permutation_test,
    trend_test,
)
from skactland.inference._multipliers import multipliers
from skactland.inference._permutations import _arrangements, count_relabellings, relabelled
from skactland.landscapes import landscape_values

COLUMNS = ["fc1__H0", "fc1__H1", "fc2__H0", "fc2__H1"]
STATISTICS = ["mean_distance", "mmd", "energy", "anova"]


def random_table(n_networks, n_columns=4, seed=0):
    """Diagrams of 0 to 6 bars; the first column is never empty and has its essential component."""
    rng = np.random.default_rng(seed)
    table = np.empty((n_networks, n_columns), dtype=object)
    for i, j in np.ndindex(table.shape):
        births = rng.random(rng.integers(j == 0, 7))
        bars = np.column_stack([births, births + rng.exponential(0.5, len(births))])
        table[i, j] = np.vstack([bars, [[0, np.inf]]]) if j == 0 else bars
    return table


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


def all_labellings(labels):
    return [np.array(p) for p in sorted(set(permutations(labels)))]


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


@pytest.mark.parametrize("counts", [[1], [3], [1, 1], [2, 3], [2, 1, 2], [1, 1, 1, 1]])
def test_arrangements_are_all_and_different(counts):
    labels = np.repeat(np.arange(len(counts)), counts)
    found = _arrangements(counts)
    assert_array_equal(np.unique(found, axis=0), all_labellings(labels))
    assert len(found) == count_relabellings(labels, [np.arange(len(labels))])


@pytest.mark.parametrize("n_resamples", [5, 10**6])
def test_labels_stay_in_their_blocks(n_resamples):
    codes = np.array([0, 1, 2, 0, 1, 0, 0])
    blocks = [np.array([0, 1, 4]), np.array([2, 3, 5, 6])]
    _, null, is_exact = relabelled(codes, blocks, lambda labels: labels, n_resamples, 0)
    assert is_exact == (n_resamples > 12)
    assert len(null) == (12 if is_exact else 5)
    for rows in blocks:
        assert (np.sort(null[:, rows], axis=1) == np.sort(codes[rows])).all()


def test_random_relabellings_are_uniform():
    codes, rows = np.array([0, 0, 1, 1, 2, 2]), [np.arange(6)]
    places = 3 ** np.arange(6)
    _, null, is_exact = relabelled(codes, rows, lambda labels: labels @ places[:, None], 80, 0)
    assert not is_exact
    _, null, _ = relabelled(np.arange(6), rows, lambda labels: labels[:, :1], 700, 0)
    assert stats.chisquare(np.bincount(null[:, 0])).pvalue > 1e-3


@pytest.mark.parametrize("statistic", STATISTICS)
def test_pvalue_of_random_relabellings(table, statistic):
    result = permutation_test(table, [0, 1, 0, 1, 0, 1, 1], statistic=statistic, n_resamples=30)
    assert not result.is_exact
    b = np.count_nonzero(result.null_distribution >= result.statistic * (1 - 1e-9))
    assert result.pvalue == (1 + b) / 31
    assert result.pvalue > 0


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


def test_seed_decides_and_n_jobs_does_not(frame):
    groups, y = [0, 1, 0, 1, 0, 1, 1], np.arange(7.0)
    for test, given in (
        (permutation_test, groups),
        (independence_test, y),
        (trend_test, y),
    ):
        options = {"columns": "column", "n_resamples": 25}
        one = test(frame, given, rng=3, **options)
        two = test(frame, given, rng=np.random.default_rng(3), **options)
        assert_array_equal(one.null_distribution, two.null_distribution)
        assert (
            test(frame, given, rng=4, **options).null_distribution != one.null_distribution
        ).any()
        if test is not trend_test:
            three = test(frame, given, rng=3, n_jobs=2, **options)
            assert_array_equal(one.null_distribution, three.null_distribution)


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


def test_corrections(frame):
    groups = [0, 1, 0, 1, 0, 1, 1]
    results = {
        correction: permutation_test(frame, groups, columns="column", correction=correction)
        for correction in (None, "holm", "fdr_bh", "max-t")
    }
    single = results[None].pvalue
    holm = [max(np.sum(single >= q) * q for q in single if q <= p) for p in single]  # without ties
    assert len(np.unique(single)) == 4
    assert_allclose(results["holm"].pvalue, np.minimum(holm, 1))
    assert_allclose(results["fdr_bh"].pvalue, stats.false_discovery_control(single))
    for result in results.values():
        assert_array_equal(result.pvalue_uncorrected, single)
    null = results[None].null_distribution
    largest = stats.zscore(null).max(axis=1)
    observed = (results[None].statistic - null.mean(axis=0)) / null.std(axis=0)
    expected = [np.mean(largest >= z - 1e-9) for z in observed]
    assert_allclose(results["max-t"].pvalue, expected)
    assert (results["max-t"].pvalue >= single).all()


def test_column_without_bars_is_no_evidence(table):
    for i in range(7):
        table[i, 2] = np.empty((0, 2))
    groups, y = [0, 1, 0, 1, 0, 1, 1], np.arange(7.0)
    for correction in (None, "max-t"):
        options = {"columns": "column", "n_resamples": 20, "rng": 0, "correction": correction}
        for statistic in STATISTICS:
            result = permutation_test(table, groups, statistic=statistic, **options)
            assert (result.statistic[2], result.pvalue[2]) == (0, 1)
        for result in (trend_test(table, y, **options), independence_test(table, y, **options)):
            assert (result.statistic[2], result.pvalue[2]) == (0, 1)


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


def test_pictures(frame):
    matplotlib.use("Agg")
    groups = [0, 1, 0, 1, 0, 1, 1]
    assert permutation_test(frame, groups).plot().axes_.size == 1
    several = trend_test(frame, np.arange(7.0), columns="column", n_resamples=50, rng=0)
    assert several.plot().axes_.size == 4
    band = mean_difference_band(frame, groups, n_resamples=50, rng=0)["fc1__H1"]
    assert band.plot(n_landscapes=2).axes_.shape == (1, 2)
    plt.close("all")


def values_on(band, diagrams):
    levels = len(band.mean)
    return np.array([landscape_values(d, band.t, levels).ravel() for d in diagrams])


def draws(seed, sample_of_unit, n):
    """The multipliers that a band of this seed is made with."""
    seed = np.random.default_rng(seed).integers(2**63)
    return np.concatenate(list(multipliers(np.asarray(sample_of_unit), n, n, seed)))


@pytest.mark.parametrize("adaptive", [False, True])
def test_band_by_definition(table, adaptive):
    (band,) = confidence_band(
        table[:, 1:2], alpha=0.2, adaptive=adaptive, resolution=40, n_resamples=99, rng=5
    ).values()
    values = values_on(band, table[:, 1])
    residuals = (values - values.mean(axis=0)) * np.sqrt(7 / 6)
    spread = np.ones(len(values.T))
    if adaptive:
        spread = np.maximum(values.std(axis=0, ddof=1), values.std(axis=0, ddof=1).max() / 2)
    largest = [np.abs(xi @ residuals / np.sqrt(7) / spread).max() for xi in draws(5, [0] * 7, 99)]
    half = (np.sort(largest)[79] * spread / np.sqrt(7)).reshape(band.mean.shape)
    assert_allclose(band.mean, values.mean(axis=0).reshape(5, 40), atol=1e-14)
    assert_allclose(band.upper - band.mean, half, rtol=1e-9)
    assert_allclose(band.mean - band.lower, half, rtol=1e-9)
    assert_allclose(band.landscape(band.t)[:5], band.mean[: band.landscape.n_levels], atol=1e-12)
    assert band.contains(band.landscape)
    assert not band.contains(band.landscape + PersistenceLandscape.from_diagram([[0, 9]]))


def test_bands_of_a_frame(frame):
    options = {"resolution": 50, "n_resamples": 99, "rng": 0}
    bands = confidence_band(frame, **options)
    assert list(bands) == COLUMNS
    (alone,) = confidence_band(frame, columns=["fc2__H0"], **options).values()
    assert_array_equal(alone.upper, bands["fc2__H0"].upper)
    assert alone.column == "fc2__H0"
    wider = confidence_band(frame, alpha=0.02, **options)
    assert (wider["fc2__H0"].upper >= alone.upper).all()


def test_difference_band_by_definition():
    table, groups = random_table(9, 1, seed=8), np.array([1, 1, 0, 1, 0, 0, 1, 0, 1])
    (band,) = mean_difference_band(
        table, groups, alpha=0.1, resolution=30, n_resamples=199, rng=2
    ).values()
    values = values_on(band, table[:, 0])
    means = [values[groups == g].mean(axis=0) for g in (0, 1)]
    assert_allclose(band.mean.ravel(), means[1] - means[0], atol=1e-14)
    sums = 0.0
    xi = draws(2, groups, 199)
    for g, n in ((0, 4), (1, 5)):
        residuals = (values[groups == g] - means[g]) * np.sqrt(n / (n - 1)) / n
        sums = sums + (-1) ** g * xi[:, groups == g] @ residuals
    half = np.sort(np.abs(sums).max(axis=1))[179]
    assert_allclose(band.upper - band.mean, half, rtol=1e-9)
    assert_array_equal(band.excludes_zero, (band.lower > 0) | (band.upper < 0))


def test_pairs_that_change_alike_have_a_narrow_band():
    lengths = np.random.default_rng(0).uniform(1, 5, 20)
    table = [[[0, length + after]] for length in lengths for after in (0, 0.5)]
    groups, pairs = np.arange(40) % 2, np.arange(40) // 2
    options = {"n_landscapes": 1, "n_resamples": 199, "rng": 0}
    alone = mean_difference_band(table, groups, **options)["x0"]
    paired = mean_difference_band(table, groups, blocks=pairs, **options)["x0"]
    assert np.ptp(paired.upper - paired.mean) < 1e-12
    assert (paired.upper - paired.mean).max() < 0.5 * (alone.upper - alone.mean).max()
    assert paired.excludes_zero.any()
    assert not alone.excludes_zero.any()


@pytest.mark.parametrize(
    ("groups", "message"),
    [
        ([0, 0, 0, 0, 0, 0, 1], "1 is a group of one network"),
        (["a"] * 7, "at least two different labels are needed, all are 'a'"),
        ([0, 1, 0], r"one label for each of 7 networks, got shape \(3,\)"),
        ([0, 1, 0, np.nan, 1, 1, 0], "label of network 3 is missing"),
        (["a", "b", None, "a", "b", "a", "b"], "label of network 2 is missing"),
    ],
)
@pytest.mark.parametrize("function", [permutation_test, mean_difference_band])
def test_bad_groups(table, function, groups, message):
    with pytest.raises(ValueError, match=message):
        function(table, groups)


@pytest.mark.parametrize(
    ("y", "error", "message"),
    [
        ([1, 2, np.nan, 3, 4, 5, 6], ValueError, "value of network 2 is NaN or infinite"),
        ([1, 2, np.inf, 3, 4, 5, 6], ValueError, "value of network 2 is NaN or infinite"),
        ([3] * 7, ValueError, "y is constant"),
        ([1, 2], ValueError, r"one number for each of 7 networks, got shape \(2,\)"),
        (list("abcdefg"), TypeError, "y must be numbers"),
    ],
)
@pytest.mark.parametrize("function", [trend_test, independence_test])
def test_bad_responses(table, function, y, error, message):
    with pytest.raises(error, match=message):
        function(table, y)


@pytest.mark.parametrize(
    "function", [permutation_test, mean_difference_band, trend_test, independence_test]
)
def test_bad_tables(table, function):
    labels = [0, 1, 0, 1, 0, 1, 1]
    with pytest.raises(ValueError, match="No diagram of the table has a finite bar"):
        function([np.empty((0, 2))] * 7, labels)
    with pytest.raises(ValueError, match="No diagram of the table has a finite bar"):
        function([[[0, np.inf]]] * 7, labels)
    table[3, 1] = np.array([[0.0, 1.0], [2.0, 1.0]])
    with pytest.raises(ValueError, match="row 3, column 1: bar 1 dies at 1, before its birth"):
        function(table, labels)
    with pytest.raises(ValueError, match="Every row must have the same columns"):
        function([list(table[0]), list(table[1, :2])], [0, 1])
    with pytest.raises(ValueError, match="essential must be one of"):
        function(table, labels, essential="keep")


def test_bad_blocks(table):
    groups = [0, 1, 0, 1, 0, 1, 1]
    with pytest.raises(ValueError, match="2 networks of block 'q' have the same value of groups"):
        permutation_test(table, groups, blocks=list("ppqpqpp"))
    with pytest.raises(ValueError, match="blocks must hold one label for each of 7"):
        permutation_test(table, groups, blocks=[0, 1])
    with pytest.raises(ValueError, match=r"block 1 holds \[2, 1\]"):
        mean_difference_band(table, groups, blocks=[0, 0, 1, 1, 1, 2, 2])
    with pytest.raises(ValueError, match="each of the 7 values of y once in every block"):
        trend_test(table, np.arange(7), blocks=[0, 0, 0, 1, 1, 1, 1], statistic="page")


def test_bad_options(frame):
    groups = [0, 1, 0, 1, 0, 1, 1]
    for options, message in (
        ({"statistic": "t"}, "statistic must be one of"),
        ({"correction": "bonferroni"}, "correction must be one of"),
        ({"columns": "layers"}, "columns must be one of"),
        ({"columns": ["fc1__H2"]}, "no column is named 'fc1__H2'; did you mean"),
        ({"columns": []}, "columns is empty"),
        ({"n_resamples": 0}, "n_resamples must be at least 1"),
        ({"column_weights": {"fc1": -1}}, "must not be negative"),
        ({"statistic": lambda gram, labels: np.nan}, "must return one finite number"),
        ({"statistic": lambda gram, labels: labels}, "must return one finite number"),
    ):
        with pytest.raises(ValueError, match=message):
            permutation_test(frame, groups, **options)
    with pytest.raises(ValueError, match="named after a layer and a degree"):
        permutation_test(frame.to_numpy(), groups, columns="layer")
    with pytest.raises(ValueError, match="p must be a number between 1 and inf"):
        trend_test(frame, groups, p=0.5)
    with pytest.raises(ValueError, match='columns must be None or "degree"'):
        trend_test(frame, "layer", columns="layer")
    with pytest.raises(ValueError, match="layer 'fc2' has no column of degree H1"):
        trend_test(frame.drop(columns="fc2__H1"), "layer", columns="degree")
    with pytest.raises(ValueError, match="leave blocks out"):
        trend_test(frame, "layer", blocks=groups)
    with pytest.raises(ValueError, match="alpha must be between 0 and 1"):
        confidence_band(frame, alpha=5)
    with pytest.raises(ValueError, match=r"no 0.95 quantile; take at least 19"):
        confidence_band(frame, n_resamples=18)
    with pytest.raises(ValueError, match="at least two networks"):
        confidence_band(frame[:1])
    with pytest.raises(ValueError, match="a difference is one of two groups"):
        mean_difference_band(frame, [0, 0, 1, 1, 2, 2, 2])
