"""Rounding of a cloud is no shape: not to divergences, tests against nulls, or dimensions."""

import numpy as np
import pytest
import torch
from numpy.testing import assert_allclose, assert_array_equal
from scipy.spatial.distance import pdist
from scipy.stats import spearmanr

from skactland import extract_activations, intrinsic_dimension, rips_persistence
from skactland.comparison import (
    linear_cka,
    procrustes_distance,
    rsa,
    rtd,
    rtd_lite,
    svcca,
)
from skactland.inference import bar_test, null_clouds, null_test, universal_bar_test
from skactland.metrics import distance_matrix
from skactland.metrics._rounding import are_one_point, distance_roundings, unit_roundings

EPS = {dtype: np.finfo(dtype).eps for dtype in (np.float16, np.float32, np.float64)}
SINGLE_OR_DOUBLE = pytest.mark.parametrize("dtype", [np.float32, np.float64])


def normal(shape, seed=0):
    return np.random.default_rng(seed).normal(size=shape)


def rounded(points, dtype, seed=0):
    """Points of which each number is a step or none off."""
    steps = np.random.default_rng(seed).integers(-1, 2, np.shape(points))
    return np.asarray(points, dtype) * (1 + EPS[dtype] * steps).astype(dtype)


def turned(points, dtype, seed=1, far=0.0):
    width = points.shape[1]
    turn = np.linalg.qr(normal((width, width), seed))[0]
    return (points @ turn + far).astype(dtype)


def one_answer(dtype, n=60, width=8):
    return rounded(np.tile(normal(width), (n, 1)), dtype)


# How large it is


@pytest.mark.parametrize("dtype", EPS)
def test_units_are_rounded_by_their_size_and_that_of_others(dtype):
    points = np.array([[8, 4, 0.125, 0], [-4, -2, -0.125, 0]], dtype)
    steps = (2 if dtype == np.float16 else 16) * EPS[dtype]
    # A small unit by the size of the others, a dead one not at all.
    assert_allclose(unit_roundings(points), steps * np.array([8, 4, 4, 0]))
    apart, ties = distance_roundings(points, pdist(points), "euclidean")
    assert_allclose([apart, ties], steps * np.array([np.sqrt(96), 8]))
    # In other units as large beside the distances; of a matrix by its numbers alone.
    found = distance_roundings(points, 100 * pdist(points), "cityblock")
    assert_allclose(found, [100 * 2 * apart, 100 * 2 * ties])
    matrix = distance_matrix(points).astype(dtype)
    found = distance_roundings(matrix, matrix.astype(float), "precomputed")
    assert_allclose(found, steps * matrix.max())


def test_equal_points_are_within_rounding():
    for seed in range(50):
        steps = np.random.default_rng(seed).integers(-7, 8, (2, 1 + seed))
        pair = (1 + EPS[np.float32] * steps).astype(np.float32)
        distances = pdist(pair)
        assert distances.max() <= distance_roundings(pair, distances, "euclidean")[0]
        matrix = pdist(pair, "cityblock")
        assert matrix.max() <= distance_roundings(pair, matrix, "cityblock")[0]


def test_integers_are_not_rounded_and_huge_units_swallow_no_others():
    assert not unit_roundings(np.arange(12).reshape(4, 3)).any()
    assert are_one_point(np.ones((3, 2), int))
    assert not are_one_point(np.array([[0, 2**30], [0, 2**30 + 1]]))
    points = np.column_stack([np.full(20, 1e9), normal((20, 1))]).astype(np.float32)
    assert not are_one_point(points)
    assert unit_roundings(points)[0] == 0  # as it never changes
    for far in (1e-300, 1e307, 1.7e308):
        assert are_one_point(far * np.linspace(1, 1 + 4e-16, 5)[:, None])
        assert not are_one_point(far * np.linspace(-1, 1, 5)[:, None])
    assert are_one_point(np.ones((0, 2)))
    assert are_one_point(np.zeros((4, 2)))


# A layer that answers alike to all inputs


def dead_layer():
    """What a dead layer gives to a number of inputs that batches do not divide."""
    torch.manual_seed(0)
    network = torch.nn.Sequential(
        torch.nn.Linear(20, 64),
        torch.nn.ReLU(),
        torch.nn.Linear(64, 64),
        torch.nn.Tanh(),
        torch.nn.Linear(64, 37),
    )
    with torch.no_grad():
        network[0].bias.fill_(-50)
    clouds = extract_activations(network, torch.randn(257, 20), layers=["0", "4"])
    return clouds["0"], clouds["4"]


@pytest.mark.parametrize("of", [dead_layer, lambda: (normal((60, 3)), one_answer(np.float32))])
def test_one_answer_has_no_shape(of):
    layer, dead = of()
    for measure in (rtd, rtd_lite):
        assert measure(layer, dead) == measure(layer, np.ones_like(dead))
    for measure in (linear_cka, procrustes_distance, rsa, svcca):
        with pytest.raises(ValueError, match=r"the other cloud: .*but for rounding|rounding alone"):
            measure(layer, dead)
    with pytest.raises(ValueError, match="equal, but for rounding"):
        rsa(layer, dead, metric="cityblock")
    with pytest.raises(ValueError, match="points, of which 1 are different"):
        intrinsic_dimension(dead, ("twonn",))


@SINGLE_OR_DOUBLE
@pytest.mark.parametrize("kind", ["rotated", "gaussian", "permuted"])
def test_one_answer_is_like_its_nulls(dtype, kind):
    dead = one_answer(dtype)
    assert (null_clouds(dead, kind) == dead[0].astype(float)).all()
    result = null_test([dead], kind=kind, n_nulls=9, rng=0)
    assert_array_equal(result.zscore, 0)
    assert_array_equal(result.pvalue, 1)
    bars = bar_test(dead, 0, kind=kind, n_nulls=19, rng=0)
    assert len(bars.bars) == len(bars.standing_out) == 0
    nulls = [[one_answer(dtype, width=i)] for i in (7, 8, 9)]
    result = null_test([dead], nulls=nulls, correction=None)
    assert_array_equal(result.pvalue, 1)


# Nearly so


@SINGLE_OR_DOUBLE
@pytest.mark.parametrize("measure", [rtd, rtd_lite])
def test_scales_that_are_rounding_are_refused(dtype, measure):
    points = np.full((60, 5), 0.1)
    points[:2] += 1
    for cloud, metric in [
        (points, "euclidean"),
        (rounded(points, dtype), "euclidean"),
        (rounded(points, dtype), "cityblock"),
        (distance_matrix(rounded(points, np.float64)), "precomputed"),
    ]:
        with pytest.raises(ValueError, match=r"0.9 quantile of the distances is 0, but for round"):
            measure(cloud, cloud, metric=metric)


@SINGLE_OR_DOUBLE
def test_what_centring_leaves_of_rounding_is_refused(dtype):
    other = normal((60, 3))
    almost = one_answer(dtype)
    almost[3] += normal(8, 1).astype(dtype)
    for points in (np.eye(60), 0.3 * np.eye(60) + 7):
        equidistant = turned(points, dtype)
        with pytest.raises(ValueError, match="U-centring leaves nothing of it but rounding"):
            linear_cka(equidistant, other)
        with pytest.raises(ValueError, match=r"distances of all pairs .* but for rounding"):
            rsa(equidistant, other)
    with pytest.raises(ValueError, match="U-centring leaves nothing of it but rounding"):
        linear_cka(almost, other)
    exact = np.arange(60)[:, None] == 3
    assert_allclose(rsa(almost, other), rsa(exact, other), rtol=1e-9)


@SINGLE_OR_DOUBLE
def test_clouds_that_are_more_than_rounding_are_not_refused(dtype):
    """Spread of a hundred times rounding is shape: all measures find it, in single precision."""
    points = normal((60, 40))
    far = (points + 0.01 / EPS[dtype] / 16).astype(dtype)
    for measure in (linear_cka, rsa, svcca):
        assert measure(points, far) > 0.99
    assert procrustes_distance(points, far) < 0.02
    assert_allclose(*(intrinsic_dimension(c, ("mle",))["mle"] for c in (far, points)), rtol=0.03)


# Ties


@pytest.mark.parametrize(
    "points",
    [
        np.eye(4)[np.arange(60) % 4],
        (normal((60, 30)) > 0.5) * 0.1,
        normal((60, 6)).round(1),
        normal((60, 300)).round(),
    ],
    ids=["one-hot", "codes", "decimals", "wide"],
)
@pytest.mark.parametrize(("dtype", "far"), [(np.float32, 0), (np.float32, 10), (np.float64, 1000)])
def test_turned_points_keep_their_ranks(points, dtype, far):
    other = normal((60, 3), 5)
    found = rsa(points, turned(points, dtype, far=far))
    assert found == pytest.approx(1, abs=1e-9)
    exact = spearmanr(pdist(points).round(9), pdist(other)).statistic
    assert_allclose(rsa(turned(points, dtype, far=far), other), exact, atol=1e-9)


def test_equal_points_of_many_units_keep_their_rank():
    points = normal((10, 20_000)).astype(np.float32)[np.arange(30) % 10]
    nearly = points.copy()
    nearly[20:] = rounded(points[20:], np.float32)
    assert rsa(points, nearly) == pytest.approx(1, abs=1e-9)


@pytest.mark.parametrize("metric", ["correlation", "cosine"])
def test_small_angles_are_no_rounding(metric):
    """Beside a huge unit all are small, or near half a turn: cosines are the same to 1e-7."""
    points = np.column_stack([normal((60, 40)), 1e4 * normal(60, 1)])
    single, other = points.astype(np.float32), normal((60, 3), 2)
    expected = spearmanr(pdist(points, metric), pdist(other, metric)).statistic
    assert_allclose(rsa(single, other, metric=metric), expected, atol=1e-3)
    # Found in single precision as in double.
    found, expected = (
        intrinsic_dimension(c, ("twonn",), metric=metric)["twonn"] for c in (single, points)
    )
    assert_allclose(found, expected, rtol=0.01)


def test_dense_distances_keep_their_order():
    points, other = normal((300, 1)).astype(np.float32), normal((300, 1), 1)
    exact = spearmanr(pdist(points), pdist(other)).statistic
    assert_allclose(rsa(points, other), exact, atol=1e-5)


def test_directions_of_one_variance_stay_together_in_single_precision():
    points = normal((64, 2))
    points = np.linalg.qr(points - points.mean(axis=0))[0]
    wide = np.pad(points, ((0, 0), (0, 6)))
    far, again = (turned(wide, np.float32, seed, far=100) for seed in (1, 2))
    assert svcca(far, again, variance=0.3) == pytest.approx(1)
    # and rounding adds no direction, be all variance wanted
    other = normal((64, 5), 1)
    found = svcca(far, other, variance=1.0)
    assert_allclose(found, svcca(points, other, variance=1.0), atol=1e-4)


@pytest.mark.parametrize("estimator", ["ph", "twonn", "mle"])
@SINGLE_OR_DOUBLE
def test_points_that_rounding_tells_apart_count_once(dtype, estimator):
    points = normal((100, 3)).astype(dtype)
    twice = np.vstack([points, rounded(points[:30], dtype)])
    found = intrinsic_dimension(twice, (estimator,), random_state=0)[estimator]
    expected = intrinsic_dimension(points, (estimator,), random_state=0)[estimator]
    assert_allclose(found, expected, rtol=1e-4)


# Bars


@pytest.mark.parametrize(("n_digits", "dtype"), [(0, np.float64), (1, np.float64), (1, np.float32)])
def test_bars_of_broken_ties_count_as_bars_of_length_zero(n_digits, dtype):
    exact = rips_persistence((normal((150, 3)) * 10**n_digits).round())[1]
    tenths = (normal((150, 3)).round(n_digits).astype(dtype) * dtype(0.7)).astype(dtype)
    found = universal_bar_test(rips_persistence(tenths)[1])
    expected = universal_bar_test(exact)
    assert len(found.bars) == len(expected.bars)
    assert_allclose(found.pvalue, expected.pvalue, rtol=1e-3)
    assert_allclose(found.threshold, expected.threshold, rtol=1e-3)


def test_bars_that_are_left_out_are_told():
    bars = rips_persistence(normal((60, 3)))[1]
    more = np.vstack([bars, [[1, np.nextafter(1, 2)], [2, 2 + 4e-7]]])
    expected, found = universal_bar_test(bars), universal_bar_test(more)
    assert (expected.n_rounded, found.n_rounded) == (0, 2)
    assert_array_equal(found.pvalue, expected.pvalue)
    assert found.threshold == expected.threshold
    assert "left out as rounding" in repr(found)
    assert "left out" not in repr(expected)
    assert_array_equal(np.unique(found.diagram, axis=0), np.unique(more, axis=0))
