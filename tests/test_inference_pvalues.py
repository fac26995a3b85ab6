"""Relabellings, p-values and corrections, which all tests share."""

import matplotlib
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from inference_tables import COLUMNS, all_labellings, random_table
from numpy.testing import assert_allclose, assert_array_equal
from scipy import stats

from skactland.inference import (
    _permutations,
    independence_test,
    mean_difference_band,
    permutation_test,
    trend_test,
)
from skactland.inference._permutations import _arrangements, count_relabellings, relabelled

# Few relabellings do for most tests, with which no p-value is small after correction.
pytestmark = pytest.mark.filterwarnings("ignore:No p-value of")

STATISTICS = ["mean_distance", "mmd", "energy", "anova"]


@pytest.fixture
def table():
    return random_table(7)


@pytest.fixture
def frame(table):
    return pd.DataFrame(table, columns=COLUMNS)


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


def test_pictures(frame):
    matplotlib.use("Agg")
    groups = [0, 1, 0, 1, 0, 1, 1]
    assert permutation_test(frame, groups).plot().axes_.size == 1
    several = trend_test(frame, np.arange(7.0), columns="column", n_resamples=50, rng=0)
    assert several.plot().axes_.size == 4
    band = mean_difference_band(frame, groups, n_resamples=50, rng=0)["fc1__H1"]
    assert band.plot(n_landscapes=2).axes_.shape == (1, 2)
    plt.close("all")


def test_any_number_of_relabellings_may_be_asked_for(table):
    few = permutation_test(table, [0, 1, 0, 1, 0, 1, 1], n_resamples=10**18)
    assert few.is_exact
    with pytest.raises(MemoryError, match="n_resamples=1000000000000000000 values of 1 statistics"):
        permutation_test(random_table(80), np.arange(80) % 2, n_resamples=10**18)


@pytest.mark.parametrize("n_resamples", [100, 3000])
def test_relabellings_do_not_depend_on_their_batches(monkeypatch, table, n_resamples):
    groups, y = np.array([0, 1, 0, 1, 0, 1, 1]), np.arange(7.0)
    whole = [
        test(table, given, n_resamples=n_resamples, rng=0).null_distribution
        for test, given in ((permutation_test, groups), (trend_test, y))
    ]
    monkeypatch.setattr(_permutations, "_BATCH", 70)
    parts = [
        test(table, given, n_resamples=n_resamples, rng=0).null_distribution
        for test, given in ((permutation_test, groups), (trend_test, y))
    ]
    for one, other in zip(whole, parts, strict=True):
        assert_allclose(one, other, rtol=1e-9, atol=1e-12)


# What is returned


def test_result_is_a_table():
    table = pd.DataFrame(random_table(10), columns=COLUMNS)
    result = permutation_test(table, list("aabbababab"), columns="column", n_resamples=99, rng=0)
    frame = result.to_frame()
    assert frame.index.tolist() == COLUMNS
    for name in ("statistic", "pvalue", "pvalue_uncorrected"):
        assert_array_equal(frame[name], getattr(result, name))
    head, names, *rows = repr(result).split("\n")
    assert head == "PermutationTestResult, 99 random relabellings"
    assert names.split() == ["statistic", "pvalue", "pvalue_uncorrected"]
    assert [row.split()[0] for row in rows] == COLUMNS
    assert [float(row.split()[2]) for row in rows] == pytest.approx(result.pvalue, rel=1e-3)
    assert len({len(row) for row in rows}) == 1


def test_result_of_all_columns_is_one_row():
    result = permutation_test(random_table(6), list("aabbab"), rng=0)
    assert result.to_frame().shape == (1, 3)
    assert result.to_frame().index.tolist() == ["all"]
    assert repr(result).split("\n")[-1].startswith("all")


def test_too_few_relabellings_for_many_tests_are_told():
    table = pd.DataFrame(random_table(12), columns=COLUMNS)
    options = {"columns": "column", "rng": 0}
    with pytest.warns(UserWarning, match=r"4 tests with 59 .* less than 0\.067 .*=80 or more"):
        permutation_test(table, list("ab" * 6), n_resamples=59, **options)
    with pytest.warns(UserWarning, match="take correction"):  # all 35 relabellings of 7 networks
        permutation_test(table.iloc[:7], list("aaabbbb"), n_resamples=99, **options)
    permutation_test(table, list("ab" * 6), n_resamples=79, **options)
    permutation_test(table, list("ab" * 6), n_resamples=59, correction="max-t", **options)
