"""Distance matrices, against their definitions."""

import tracemalloc
import warnings

import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal
from scipy.sparse.csgraph import shortest_path
from scipy.spatial.distance import pdist, squareform

from skactland import PointSampler, farthest_points, metrics, rips_persistence
from skactland.metrics import (
    distance_matrix,
    euclidean_distances,
    geodesic_distances,
    local_distances,
    scaled_distances,
    sphere_distances,
)
from skactland.metrics._euclidean import euclidean_from_each
from skactland.metrics._registry import METRICS, Metric

OURS = sorted(set(METRICS) - {"precomputed"})
METHODS = pytest.mark.parametrize("method", ["auto", "differences"])
seeds = st.integers(0, 2**32 - 1)


def normal(*shape, seed=0):
    return np.random.default_rng(seed).normal(size=shape)


def of_differences(points):
    """The definition, at a scale where no square underflows."""
    unit = 2.0 ** np.frexp(np.abs(points).max(initial=1e-300))[1]
    return unit * squareform(pdist(points / unit))


def clustered(rng):
    centres = rng.normal(size=(4, 300))
    return centres[rng.integers(4, size=80)] + 1e-7 * rng.normal(size=(80, 300))


def nearly_duplicated(rng):
    points = rng.normal(size=(80, 300))
    points[40:45] = points[:5]
    points[45:50] = points[:5] * (1 + 1e-9)
    return points


def with_a_close_pair(rng):
    points = rng.normal(size=(80, 300))
    points[1] = points[0] + 1e-6 * rng.normal(size=300)
    return points


KINDS = {
    "a close pair": with_a_close_pair,
    "normal": lambda rng: rng.normal(size=(80, 300)),
    "far from the origin": lambda rng: 1e6 + rng.normal(size=(80, 300)),
    "clusters": clustered,
    "near duplicates": nearly_duplicated,
    "rectified": lambda rng: np.maximum(rng.normal(size=(80, 300)), 0),
    "saturated": lambda rng: np.tanh(20 * rng.normal(size=(80, 300))).astype(np.float32),
    "scales": lambda rng: rng.normal(size=(80, 300)) * 10.0 ** rng.integers(-9, 9, size=(80, 1)),
    "integers": lambda rng: rng.integers(-50, 50, size=(80, 300)),
    "tiny": lambda rng: 1e-160 * rng.normal(size=(80, 300)),
    "equal": lambda rng: np.full((80, 300), rng.normal()),
}


@pytest.mark.parametrize("shape", [(2, 1), (33, 3), (70, 4), (200, 7), (50, 127)])
def test_differences_are_summed_in_the_order_of_the_units(shape):
    points = normal(*shape)
    squares = np.zeros((len(points), len(points)))
    for unit in points.T:
        squares += (unit[:, None] - unit) ** 2
    distances = euclidean_distances(points)
    assert_array_equal(distances, np.sqrt(squares))
    order = np.random.default_rng(0).permutation(len(points))
    assert_array_equal(euclidean_distances(points[order]), distances[np.ix_(order, order)])


@METHODS
@pytest.mark.parametrize("kind", KINDS)
def test_euclidean_is_the_norm_of_differences(kind, method):
    for seed in range(5):
        points = KINDS[kind](np.random.default_rng(seed))
        found = euclidean_distances(points, method=method)
        assert_allclose(found, of_differences(points), rtol=1e-12, atol=0)
        assert_array_equal(found, found.T)
        assert not found.diagonal().any()


@given(seeds, st.integers(2, 80), st.integers(1, 200))
def test_euclidean_of_any_shape(seed, n_points, n_units):
    points = normal(n_points, n_units, seed=seed)
    for method in ("auto", "differences"):
        found = euclidean_distances(points, method=method)
        assert_allclose(found, of_differences(points), rtol=1e-12, atol=0)


@METHODS
@given(seeds, st.sampled_from([1.0, 0.25, 1 / 16, 2.0**40]), st.sampled_from([0, 1, 100]))
def test_multiples_of_a_power_of_two_are_as_exact_as_differences(method, seed, unit, offset):
    points = unit * (offset + np.random.default_rng(seed).integers(0, 4, size=(70, 130)))
    assert_array_equal(euclidean_distances(points, method=method), of_differences(points))


@METHODS
def test_ties_stay_ties(method):
    """Few points with many mirror images: the squared differences are the same numbers."""
    rng = np.random.default_rng(0)
    points = rng.normal(size=(70, 300))
    points[30] = -points[31]
    points[32, 1:] = points[33, 1:] = points[34, 1:] = 0.1
    points[32:35, 0] = [0.1 - 2**-6, 0.1, 0.1 + 2**-6]  # up to rounding of the first coordinate
    points[40:] = points[:30]
    found = euclidean_distances(points, method=method)
    assert_array_equal(found[:, 40:], found[:, :30])
    assert_array_equal(found[40:], found[:30])
    mirrored = np.vstack([points[:35], points[:35] * [-1] + 2.0**-3])
    found = euclidean_distances(mirrored, method=method)
    expected = of_differences(mirrored)
    tied = squareform(expected)[:, None] == squareform(expected)
    values = squareform(found)
    assert tied.sum() > len(tied)
    assert (values[:, None] == values)[tied].all()


def test_both_methods_order_the_pairs_alike():
    points = normal(80, 300)
    points[40:] = points[:40] + 1e-3 * normal(40, 300, seed=1)
    rounded = squareform(euclidean_distances(points))
    order = np.argsort(squareform(euclidean_distances(points, method="differences")))
    assert (np.diff(rounded[order]) >= -1e-13 * rounded[order][1:]).all()


@pytest.mark.parametrize("kind", KINDS)
def test_a_distance_depends_on_its_two_points_alone(kind):
    """Of a rounded product without bounds, some bits depend on the place and on the mean."""
    rng = np.random.default_rng(1)
    points = KINDS[kind](rng)
    found = euclidean_distances(points)
    order = rng.permutation(len(points))[:37]
    assert_array_equal(euclidean_distances(points[order]), found[np.ix_(order, order)])
    others = rng.normal(size=(740, 300)) * np.abs(points).max()
    with_others = euclidean_distances(np.concatenate([others, points]))
    assert_array_equal(with_others[740:, 740:], found)


def test_single_precision_is_as_good_as_double():
    points = normal(600, 200).astype(np.float32)
    expected = euclidean_distances(points.astype(np.float64))
    assert_array_equal(euclidean_distances(points), expected)
    assert_array_equal(euclidean_distances(np.asfortranarray(points)), expected)
    points.flags.writeable = False
    assert_array_equal(euclidean_distances(points), expected)
    largest = np.full((2, 130), [[-1], [1]], np.float32) * np.finfo(np.float32).max
    expected = 2 * float(np.finfo(np.float32).max) * np.sqrt(130)
    assert_allclose(euclidean_distances(largest)[0, 1], expected, rtol=1e-12)
    with pytest.raises(ValueError, match="NaN or infinite"):
        euclidean_distances(np.full((2, 130), np.nan, np.float32))


def test_single_precision_is_not_copied_as_a_whole():
    points = np.ones((600, 20_000), np.float32)
    points[::2] = 2
    euclidean_distances(points[:2])
    tracemalloc.start()
    try:
        euclidean_distances(points)
        assert tracemalloc.get_traced_memory()[1] < 0.8 * points.nbytes
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("metric", OURS)
@pytest.mark.parametrize("n_points", [0, 1])
def test_no_point_and_one_point(metric, n_points):
    assert distance_matrix(np.zeros((n_points, 3)), metric).shape == (n_points, n_points)
    assert not distance_matrix(np.zeros((n_points, 3)), metric).any()


@pytest.mark.parametrize("metric", OURS)
def test_laws(metric):
    points = normal(30, 4)
    points[20:25] = points[:5]
    points.flags.writeable = False
    found = distance_matrix(points, metric)
    assert found.dtype == np.float64
    assert_array_equal(found, found.T)
    assert not found.diagonal().any()
    assert (found >= 0).all()
    assert_array_equal(found, getattr(metrics, f"{metric}_distances")(points))
    if metric != "geodesic":  # whose ties are broken by the order
        order = np.random.default_rng(1).permutation(30)
        assert_allclose(distance_matrix(points[order], metric), found[np.ix_(order, order)])


# Geodesics


def hops(points, k):
    """Breadth-first search, in loops."""
    n = len(points)
    lengths = of_differences(points)
    joined = np.zeros((n, n), dtype=bool)
    for i in range(n):
        others = sorted((lengths[i, j], j) for j in range(n) if j != i)
        for _, j in others[:k]:
            joined[i, j] = joined[j, i] = True
    return joined, np.where(joined, lengths, np.inf)


def all_paths(costs):
    """Floyd and Warshall's recursion."""
    paths = costs.copy()
    np.fill_diagonal(paths, 0)
    for k in range(len(paths)):
        paths = np.minimum(paths, paths[:, [k]] + paths[[k]])
    return paths


@given(seeds, st.integers(1, 4), st.integers(5, 14), st.booleans())
def test_geodesics_are_shortest_paths(seed, k, n, has_ties):
    rng = np.random.default_rng(seed)
    points = rng.integers(0, 3, size=(n, 2)) if has_ties else rng.normal(size=(n, 2))
    joined, lengths = hops(points, k)
    found = geodesic_distances(points, n_neighbors=k)
    assert_array_equal(found, all_paths(np.where(joined, 1.0, np.inf)))
    found = geodesic_distances(points, n_neighbors=k, weights="lengths")
    assert_allclose(found, all_paths(lengths), rtol=1e-14)
    assert_array_equal(found, found.T)


@pytest.mark.parametrize("n_points", [64, 65, 200])
@pytest.mark.parametrize("has_ties", [True, False])
def test_hops_of_many_points_are_those_of_scipy(n_points, has_ties):
    rng = np.random.default_rng(0)
    points = rng.integers(0, 9, (n_points, 2)) if has_ties else rng.normal(size=(n_points, 2))
    joined, _ = hops(points, 4)
    expected = shortest_path(joined, directed=False, unweighted=True)
    assert_array_equal(geodesic_distances(points, n_neighbors=4), expected)


def test_duplicates_are_joined_by_edges_without_length():
    points = np.array([[0.0], [0], [1], [1]])
    assert_array_equal(
        geodesic_distances(points, n_neighbors=1, weights="lengths"),
        np.where([[1, 1, 0, 0], [1, 1, 0, 0], [0, 0, 1, 1], [0, 0, 1, 1]], 0, np.inf),
    )
    assert_array_equal(geodesic_distances(points, n_neighbors=1)[0], [0, 1, np.inf, np.inf])


def test_hops_around_a_circle():
    n = 40
    angles = 2 * np.pi * np.arange(n) / n
    circle = np.column_stack([np.cos(angles), np.sin(angles)])
    steps = np.abs(np.subtract.outer(np.arange(n), np.arange(n)))
    assert_array_equal(geodesic_distances(circle, n_neighbors=2), np.minimum(steps, n - steps))
    _, loops = rips_persistence(circle, metric="geodesic", metric_params={"n_neighbors": 2})
    assert_array_equal(loops, [[1, 14]])


@pytest.mark.parametrize("engine", ["lunes", "gudhi"])
def test_points_that_no_path_joins_stay_apart(engine):
    points = np.concatenate([normal(10, 2), 100 + normal(10, 2)])
    components, _ = rips_persistence(
        points, metric="geodesic", metric_params={"n_neighbors": 5}, engine=engine
    )
    assert np.isinf(components).sum() == 2


# Sphere


def test_sphere_is_the_angle_between_roots_of_probabilities():
    logits = normal(20, 5)
    p = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    angles = np.arccos(np.clip(np.sqrt(p) @ np.sqrt(p).T, 0, 1))
    np.fill_diagonal(angles, 0)
    assert_allclose(sphere_distances(logits), angles, atol=1e-7)
    assert_allclose(sphere_distances(p, rows="probabilities"), angles, atol=1e-7)
    assert_allclose(sphere_distances(logits + 7), sphere_distances(logits), rtol=1e-9)


def test_sphere_at_its_limits():
    assert_array_equal(sphere_distances([[1e4, 0], [0, 1e4]]), np.pi / 2 * (1 - np.eye(2)))
    close = sphere_distances([[0.0, 0.0], [0.0, 1e-9]])
    assert_allclose(close[0, 1], 1e-9 / 4, rtol=1e-6)
    assert_allclose(sphere_distances([[0.0, 0], [0, 1], [0, 2]]).diagonal(), 0, atol=0)


# Scaled


@pytest.mark.parametrize("scale", ["mean", "max", "median"])
def test_scaled(scale):
    points = normal(21, 3)
    found = scaled_distances(points, scale=scale)
    assert_allclose(getattr(np, scale)(squareform(found)), 1)
    assert_allclose(found * pdist(points).max() / found.max(), of_differences(points))
    assert_allclose(scaled_distances(1e-3 * points + 5, scale=scale), found)
    assert_array_equal(scaled_distances(np.full((4, 2), 0.1), scale=scale), np.zeros((4, 4)))


# Local


@pytest.mark.parametrize("centre", [True, False])
@pytest.mark.parametrize("project", [True, False])
def test_local_homology_of_a_line_and_a_cross(centre, project):
    options = {"centre": centre, "project": project}
    line = np.linspace(-1, 1, 21)[:, None]
    _, loops = rips_persistence(line, metric="local", metric_params={"quantile": 0.95, **options})
    assert_allclose(loops, [[0.1, 1]])
    cross = np.unique(np.concatenate([line * [1, 0], line * [0, 1]]).round(12), axis=0)
    assert len(cross) == 41
    params = {"quantile": 37 / 41, **options}
    _, loops = rips_persistence(cross, metric="local", metric_params=params)
    assert_allclose(loops, [[0.1, 1]] * 3)


@given(seeds, st.floats(0.05, 0.95), st.booleans(), st.booleans())
def test_local_is_its_definition(seed, quantile, centre, project):
    points = 2 + normal(15, 2, seed=seed)
    found = local_distances(points, quantile=quantile, centre=centre, project=project)
    if centre:
        points = points - points.mean(axis=0)
    points = sorted(enumerate(points), key=lambda pair: np.linalg.norm(pair[1]))
    places = [i for i, _ in points]
    points = np.array([x for _, x in points])
    index = int(15 * quantile)
    points = points / np.linalg.norm(points[index])
    if project:
        points[index:] /= np.linalg.norm(points[index:], axis=1, keepdims=True)
    expected = of_differences(points)
    expected[index:, index:] = 0
    assert_allclose(found[np.ix_(places, places)], expected, rtol=1e-9, atol=1e-12)


def test_local_of_equal_points():
    assert_array_equal(local_distances(np.full((5, 2), 0.1)), np.zeros((5, 5)))


# The door


def test_other_metrics_are_those_of_scikit_learn():
    points = normal(10, 3)
    found = distance_matrix(points, "minkowski", {"p": 1})
    assert_allclose(found, squareform(pdist(points, "cityblock")))
    assert_allclose(distance_matrix(points, lambda x, y: np.abs(x - y).sum()), found)
    assert_array_equal(distance_matrix(found, "precomputed"), found)


def test_infinite_distances_pass():
    apart = np.array([[0, 1, np.inf], [1, 0, np.inf], [np.inf, np.inf, 0]])
    assert_array_equal(distance_matrix(apart, "precomputed"), apart)
    noisy = apart.copy()
    noisy[0, 1] += 1e-15
    found = distance_matrix(noisy, "precomputed")
    assert_array_equal(found, found.T)
    assert_allclose(found, apart)


@pytest.mark.parametrize(
    ("metric", "params", "error", "message"),
    [
        ("euclidean", {"method": "fast"}, ValueError, "method must be one of"),
        ("euclidean", {"squared": True}, TypeError, "takes method in metric_params, got squared"),
        ("geodesic", {"k": 3}, TypeError, "takes n_neighbors, weights in metric_params, got k"),
        ("geodesic", {"n_neighbors": 0}, ValueError, "n_neighbors must be at least 1"),
        ("geodesic", {"n_neighbors": 9}, ValueError, "9 points have 8 neighbours each"),
        ("geodesic", {"weights": "steps"}, ValueError, "weights must be one of"),
        ("sphere", {"rows": "angles"}, ValueError, "rows must be one of"),
        ("sphere", {"rows": "probabilities"}, ValueError, "row 0 is no probability"),
        ("scaled", {"scale": "sum"}, ValueError, "scale must be one of"),
        ("local", {"quantile": 1}, ValueError, "quantile must be a number between 0 and 1"),
        ("local", {"quantile": "high"}, ValueError, "quantile must be a number"),
        ("precomputed", {"p": 1}, TypeError, "takes nothing in metric_params, got p"),
        ("euclidean", 3, TypeError, "metric_params must be a dict"),
        ("minkowski", [("p", 1)], TypeError, "metric_params must be a dict"),
        ("minkowski", {1: 1}, TypeError, "metric_params must be a dict"),
        ("local", {"centre": "yes"}, TypeError, "centre must be True or False"),
        ("local", {"project": 1}, TypeError, "project must be True or False"),
        (None, None, TypeError, "metric must be one of"),
        (3, None, TypeError, "metric must be one of"),
        ("no such metric", None, ValueError, "there is no metric 'no such metric'"),
    ],
)
def test_bad_parameters(metric, params, error, message):
    with pytest.raises(error, match=message):
        distance_matrix(normal(9, 3), metric, params)


@pytest.mark.parametrize("metric", OURS)
def test_bad_clouds(metric):
    with pytest.raises(ValueError, match="1 of 4 coordinates are NaN"):
        distance_matrix([[0, 1], [np.nan, 2]], metric)


def test_clouds_of_mostly_one_point():
    points = np.zeros((9, 2))
    points[0] = 1
    with pytest.raises(ValueError, match="the median distance is 0, as more than half"):
        scaled_distances(points, scale="median")
    with pytest.raises(ValueError, match="at least 6 of 9 points are the centre itself"):
        local_distances(points, quantile=0.6, centre=False)


# Scales


EXPONENTS = pytest.mark.parametrize(
    "exponent", [-1000, -900, -520, -470, -300, 300, 470, 490, 520, 900, 1010]
)
# Each metric with the power of the scale that its distances go with.
OF_SCALE = {
    "euclidean": (euclidean_distances, {}, 1),
    "differences": (euclidean_distances, {"method": "differences"}, 1),
    "from each point": (lambda cloud: euclidean_from_each(cloud)(3), {}, 1),
    "scaled": (scaled_distances, {}, 0),
    "scaled by the median": (scaled_distances, {"scale": "median"}, 0),
    "hops": (geodesic_distances, {"n_neighbors": 3}, 0),
    "lengths": (geodesic_distances, {"n_neighbors": 3, "weights": "lengths"}, 1),
    "dependence": (metrics.dependence_distances, {}, 0),
    "local": (local_distances, {}, 0),
    "local about the origin": (
        local_distances,
        {"centre": False, "project": False, "quantile": 0.7},
        0,
    ),
}


@EXPONENTS
@pytest.mark.parametrize("metric", OF_SCALE)
@pytest.mark.parametrize("shape", [(30, 3), (70, 150)])
def test_distances_scale_with_the_cloud_to_the_last_bit(metric, exponent, shape):
    measure, params, power = OF_SCALE[metric]
    integers = np.random.default_rng(0).integers(0, 4, size=shape).astype(float)
    for cloud in (normal(*shape), np.maximum(normal(*shape, seed=1), 0), integers):
        expected = np.ldexp(measure(cloud, **params), power * exponent)
        assert_array_equal(measure(np.ldexp(cloud, exponent), **params), expected)


def test_the_smallest_and_the_largest_distances():
    tiny = np.finfo(float).smallest_subnormal
    assert_array_equal(euclidean_distances([[0], [tiny]]), [[0, tiny], [tiny, 0]])
    largest = np.finfo(float).max
    assert euclidean_distances([[0, 0], [0.6 * largest, 0.8 * largest]])[0, 1] >= 0.99 * largest
    mixed = euclidean_distances([[0.0], [1e-200], [1]])
    assert_array_equal(mixed, np.abs(np.subtract.outer([0, 1e-200, 1], [0, 1e-200, 1])))


@pytest.mark.parametrize(
    "measure",
    [
        euclidean_distances,
        lambda cloud: euclidean_distances(cloud, method="differences"),
        lambda cloud: euclidean_from_each(cloud)(0),
        lambda cloud: geodesic_distances(cloud, n_neighbors=1, weights="lengths"),
    ],
)
def test_points_farther_apart_than_the_largest_number(measure):
    with pytest.raises(ValueError, match="farther apart than the largest number"):
        measure([[-1.7e308], [1.7e308]])


@pytest.mark.parametrize("largest", [1e-320, 1e-300, 1.0, 1.7e308])
def test_rounding_of_a_matrix_is_averaged_at_every_scale(largest):
    matrix = np.array([[0, 1, 0.5], [1, 0, 0.5], [0.5, 0.5, 0]]) * largest
    matrix[0, 1] = np.nextafter(matrix[0, 1], 0) if largest > 1e-310 else matrix[0, 1]
    found = distance_matrix(matrix, "precomputed")
    assert_array_equal(found, found.T)
    assert_allclose(found, matrix, rtol=1e-15)


def test_measures_without_a_unit_have_no_largest_number():
    cloud = np.array([[-1.7e308], [1.7e308], [0]])
    assert_allclose(
        scaled_distances(cloud, scale="max"), scaled_distances([[-1], [1], [0]]) * 2 / 3
    )
    assert_array_equal(local_distances(cloud), local_distances([[-1], [1], [0]]))
    assert_allclose(sphere_distances([[1.7e308, -1.7e308], [0, 0]])[0, 1], np.pi / 4)


@pytest.mark.parametrize("scale", [1e-200, 1e200])
def test_metrics_of_scikit_learn_refuse_scales_that_they_cannot_compute(scale):
    with pytest.raises(ValueError, match="'cosine' may overflow or underflow on coordinates"):
        distance_matrix(scale * normal(5, 2), "cosine")
    with pytest.raises(ValueError, match="'minkowski': the distances of some points are infinite"):
        distance_matrix(1e100 * normal(5, 2), "minkowski", {"p": 40})


# Functions of two points, and new rows


@pytest.mark.parametrize(
    ("function", "error", "message"),
    [
        (lambda x, y: float(x[0] > y[0]), ValueError, "is not symmetric"),
        (lambda x, y: abs(x[0] - y[0]) * (1 + 1e-9 * x[0]), ValueError, "is not symmetric"),
        (lambda x, y: 1.0, ValueError, "diagonal of the distance matrix is not zero"),
        (lambda x, y: -abs(x[0] - y[0]), ValueError, "negative values"),
        (lambda x, y: np.nan, ValueError, "contain NaN"),
        (lambda x, y: None, TypeError, "must return one number for two points, got None"),
        (lambda x, y: abs(x - y), TypeError, "must return one number for two points, got array"),
        (lambda x, y: "far", TypeError, "must return one number for two points, got 'far'"),
        (lambda x, y: 1j, TypeError, "must return one number for two points, got 1j"),
        (lambda x, y: x[5], IndexError, "out of bounds"),
        (lambda x: 0.0, TypeError, "positional argument"),
    ],
)
def test_functions_that_are_no_metric(function, error, message):
    with pytest.raises(error, match=f"the metric '<lambda>': .*{message}"):
        distance_matrix(normal(6, 2), function)


def test_functions_may_keep_points_apart():
    found = distance_matrix(
        [[0], [1], [9]], lambda x, y: abs(x - y)[0] if abs(x - y) < 5 else np.inf
    )
    assert_array_equal(found[0], [0, 1, np.inf])


def test_a_new_metric_is_one_row(monkeypatch):
    def discrete_distances(cloud, *, length=1.0):
        points = np.asarray(cloud)
        return length * (points[:, None] != points).any(axis=2)

    row = Metric(discrete_distances, parameters=("length",), bytes_per_pair=9)
    monkeypatch.setitem(METRICS, "discrete", row)
    cloud = normal(5, 2)
    assert_array_equal(distance_matrix(cloud, "discrete", {"length": 3.0}), 3 * (1 - np.eye(5)))
    (bars,) = rips_persistence(cloud, (0,), metric="discrete")
    assert_array_equal(bars, [[0, 1]] * 4 + [[0, np.inf]])
    assert farthest_points(cloud, 2, metric="discrete")[1] == 1
    assert PointSampler(2, metric="discrete").fit_transform([cloud])[0, 0].shape == (2, 2)
    with pytest.raises(TypeError, match="'discrete' takes length in metric_params, got p"):
        distance_matrix(cloud, "discrete", {"p": 1})


def test_one_huge_entry_does_not_hide_that_a_matrix_is_not_symmetric():
    matrix = np.full((6, 6), 1.0)
    np.fill_diagonal(matrix, 0)
    matrix[0, 1], matrix[1, 0] = 1, 2
    matrix[0, 5] = matrix[5, 0] = 1e20
    with pytest.raises(ValueError, match="not symmetric"):
        distance_matrix(matrix, "precomputed")


def test_a_missing_return_path_is_no_rounding():
    with pytest.raises(ValueError, match="not symmetric"):
        distance_matrix([[0, 0.0], [np.inf, 0]], "precomputed")


@pytest.mark.parametrize("as_frame", [pd.DataFrame, pl.DataFrame])
def test_a_frame_in_single_precision_may_be_rounded_as_such(as_frame):
    matrix = np.array([[0, 1, 2], [1, 0, 3], [2, 3, 0]], dtype=np.float32)
    matrix[0, 1] = np.nextafter(matrix[0, 1], np.float32(2))
    assert_array_equal(
        distance_matrix(as_frame(matrix), "precomputed"), distance_matrix(matrix, "precomputed")
    )


@pytest.mark.parametrize("exponent", [-400, -60, 0, 200])
def test_cosines_do_not_depend_on_the_length_of_points(exponent):
    points = np.random.default_rng(0).normal(size=(8, 3))
    shorter = points * np.ldexp(1.0, exponent * np.arange(8) // 8)[:, None]
    assert_allclose(
        distance_matrix(shorter, "cosine"), distance_matrix(points, "cosine"), atol=1e-12
    )


@pytest.mark.parametrize("n_columns", [1, 2, 3, 50])
def test_dependence_is_one_less_the_absolute_correlation(n_columns):
    rows = normal(12, n_columns)
    rows[1], rows[2], rows[3], rows[4] = rows[0], 7 - 3 * rows[0], 5, 0.1
    found = metrics.dependence_distances(rows)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # NumPy's, of rows without a deviation
        expected = 1 - np.abs(np.corrcoef(rows))
    is_constant = np.ptp(rows, axis=1) == 0
    expected[is_constant] = expected[:, is_constant] = 1  # they have no correlation
    expected[np.ix_(is_constant, is_constant)] = 0
    assert_allclose(found, expected, rtol=0, atol=1e-14)
    assert found[0, 1] == 0 == found[3, 4]
    assert_array_equal(found, found.T)
    assert found.max() <= 1


def test_nearly_dependent_rows_are_told_apart():
    x = np.linspace(-1, 1, 101)
    rows = [x, x + 1e-6 * x**2, -x + 2e-6 * x**2]
    found = metrics.dependence_distances(rows)
    from_zero = [0, found[0, 1], found[0, 2]]
    assert 0 < from_zero[1] < 1e-12
    assert_allclose(from_zero[2], 4 * from_zero[1], rtol=1e-3)
