"""Confidence bands: by definition, by their laws, and as often right as they say."""

import numpy as np
import pandas as pd
import pytest
from inference_tables import COLUMNS, random_table
from numpy.testing import assert_allclose, assert_array_equal
from scipy import stats

from skactland import PersistenceLandscape
from skactland.inference import confidence_band, mean_difference_band
from skactland.inference._multipliers import Sample, half_width, multipliers
from skactland.landscapes import landscape_values


@pytest.fixture
def table():
    return random_table(7)


@pytest.fixture
def frame(table):
    return pd.DataFrame(table, columns=COLUMNS)


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


def sample_of(n):
    return Sample(np.zeros(n, dtype=int), np.array([1.0]), np.arange(n))


@pytest.mark.parametrize("n", [2, 5, 20])
@pytest.mark.parametrize("adaptive", [False, True])
def test_band_of_multiples_of_one_function_is_that_of_the_t_test(n, adaptive):
    factors = np.random.default_rng(n).normal(2, 1, n)
    shape = np.sin(np.linspace(0.1, 3, 30))
    half = half_width(sample_of(n), np.outer(factors, shape), adaptive, 0.1, 60_000, 1)
    width_of_t = stats.t.ppf(0.95, n - 1) * factors.std(ddof=1) / np.sqrt(n)
    assert half.max() == pytest.approx(width_of_t * shape.max(), rel=0.04)


def test_multipliers_are_jointly_student():
    """A sum of them with weights of norm 1 has the t distribution of its sample."""
    sample_of_unit = np.array([0, 1, 0, 1, 1, 0, 1, 0])
    drawn = np.concatenate(list(multipliers(sample_of_unit, 4000, 1000, 0)))
    for sample in (0, 1):
        sums = drawn[:, sample_of_unit == sample] @ np.array([0.5, -0.5, 0.1, 0.7])
        assert stats.kstest(sums, stats.t(3).cdf).pvalue > 1e-3
    apart = np.abs(drawn[:, sample_of_unit == 0]).max(axis=1), np.abs(drawn[:, 1])
    assert stats.spearmanr(*apart).pvalue > 1e-3  # each sample has a factor of its own
    (whole,) = multipliers(sample_of_unit, 50, 50, 3)
    assert_array_equal(np.concatenate(list(multipliers(sample_of_unit, 50, 7, 3))), whole)


def test_pairs_are_one_sample():
    groups, signs = np.array([0, 1, 0, 1, 1, 0]), np.array([-1.0, 1.0])
    pairs = Sample(groups, signs, np.array([0, 0, 1, 1, 2, 2]))
    assert_array_equal(pairs.sample_of_unit, [0, 0, 0])
    rows = Sample(groups, signs, np.arange(6))
    assert_array_equal(rows.sample_of_unit, groups)


def test_bands_of_five_networks_hold_the_truth():
    """A normal band would hold the mean of a bar's length in 85 % of such samples."""
    held = 0
    for seed in range(200):
        lengths = np.random.default_rng(seed).normal(1, 0.2, 5)
        table = [[[0, length]] for length in lengths]
        options = {"n_landscapes": 1, "resolution": 40, "n_resamples": 199, "rng": seed}
        (band,) = confidence_band(table, **options).values()
        held += band.contains(TRUE_MEAN)
    assert held >= stats.binom(200, 0.95).ppf(0.001)


def mean_tent(n=4000):
    """The mean landscape of bars [0, l], l normal around 1, by its quantiles."""
    lengths = stats.norm(1, 0.2).ppf((np.arange(n) + 0.5) / n)
    t = np.linspace(0, 2, 401)
    heights = np.maximum(np.minimum(t, lengths[:, None] - t), 0).mean(axis=0)
    heights[-1] = 0
    return PersistenceLandscape([np.column_stack([t, heights])])


TRUE_MEAN = mean_tent()


def test_two_calls_with_one_generator_draw_anew(table):
    rng = np.random.default_rng(0)
    one, other = (confidence_band(table, n_resamples=99, rng=rng)["x1"] for _ in range(2))
    assert (one.upper != other.upper).any()
