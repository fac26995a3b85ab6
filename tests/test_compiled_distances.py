"""The kernels of distance matrices and of graphs, each against its definition, at small size."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_array_equal
from scipy.spatial.distance import pdist, squareform
from threadpoolctl import threadpool_limits

from skactland._compiled.distances import differences, products
from skactland._compiled.distances.differences import distances_by_differences
from skactland._compiled.distances.graphs import hop_counts, nearest_neighbours
from skactland._compiled.distances.pairs import distance_of, points_of
from skactland._compiled.distances.products import TILE, Tiles, _round, distances_by_products
from skactland._compiled.distances.symmetry import is_dissimilarity

seeds = st.integers(0, 2**32 - 1)


@pytest.mark.parametrize("shape", [(1, 3), (2, 1), (33, 3), (40, 4), (12, 70)])
def test_squares_are_summed_in_the_order_of_the_units(shape):
    points = np.random.default_rng(0).normal(size=shape)
    squares = np.zeros((len(points), len(points)))
    for unit in points.T:
        squares += (unit[:, None] - unit) ** 2
    assert_array_equal(distances_by_differences(points), np.sqrt(squares))


def in_lanes(points):
    """The definition: blocks of 256 units, each in 16 lanes, whose sums are added by halves."""
    padded = np.pad(points, [(0, 0), (0, -points.shape[1] % 256)])
    squares = np.zeros((len(points), len(points)))
    for block in np.split(padded, padded.shape[1] // 256, axis=1):
        lanes = np.zeros((16, *squares.shape))
        for k, unit in enumerate(block.T):
            lanes[k % 16] += (unit[:, None] - unit) ** 2
        while len(lanes) > 1:
            lanes = lanes[: len(lanes) // 2] + lanes[len(lanes) // 2 :]
        squares += lanes[0]
    return squares


def assert_rounded_to_39_bits(distances, squares):
    """In the middle between two numbers either will do."""
    significands, exponents = np.frexp(squares)
    whole = np.ldexp(significands, 39)
    low, high = np.ceil(whole - 0.5), np.floor(whole + 0.5)
    expected = [np.sqrt(np.ldexp(side, exponents - 39)) for side in (low, high)]
    assert ((distances == expected[0]) | (distances == expected[1])).all()
    assert_array_equal(distances, distances.T)


def points_of_kind(kind, shape, rng):
    points = rng.normal(size=shape)
    if kind == "integers":
        return rng.integers(-9, 9, shape).astype(float)
    if kind == "far away":
        return points + 1e5
    if kind == "clusters":
        return rng.normal(size=(3, shape[1]))[rng.integers(3, size=shape[0])] + 1e-5 * points
    if kind == "duplicates":
        return points[rng.integers(min(4, len(points)), size=len(points))]
    return points


@settings(max_examples=40, deadline=None)
@given(
    seeds,
    st.integers(1, 40),
    st.sampled_from([1, 15, 16, 256, 257, 300]),
    st.sampled_from(["normal", "integers", "far away", "clusters", "duplicates"]),
)
def test_products_give_sums_of_lanes_rounded(seed, n, d, kind):
    points = points_of_kind(kind, (n, d), np.random.default_rng(seed))
    assert_rounded_to_39_bits(distances_by_products(points), in_lanes(points))


@pytest.mark.parametrize("n", [TILE - 1, TILE, TILE + 1])
def test_tiles_of_products_meet_at_their_edges(n):
    points = np.random.default_rng(0).normal(size=(n, 130))
    assert_rounded_to_39_bits(distances_by_products(points), in_lanes(points))


def test_products_tell_nearly_all_and_not_more_than_they_know():
    """Else all would be summed, or nothing that is near the middle between two numbers."""
    points = np.random.default_rng(0).normal(size=(400, 1000))
    tiles = Tiles(points)
    tile = tiles._products(slice(0, 400), slice(0, 400)).copy()
    exact = in_lanes(points)
    sums = tiles.norms[:, None] + tiles.norms - 2 * tile
    bound = tiles.error * (tiles.norms[:, None] + tiles.norms)
    below = np.tril_indices(400, -1)
    assert (np.abs(sums - exact) < bound)[below].all()
    n_left = _round(tile, tiles.norms, tiles.norms, tiles.error, True)
    assert 0 < n_left < 0.05 * len(below[0])
    assert (tile[below] < 0).sum() == n_left


def test_threads_change_no_bit():
    points = np.random.default_rng(0).normal(size=(800, 300))
    found = []
    for n_threads in (1, 2):
        with threadpool_limits(n_threads):
            found.append(distances_by_products(points))
    assert_array_equal(*found)


@settings(max_examples=40, deadline=None)
@given(
    seeds,
    st.integers(1, 12),
    st.sampled_from([1, 3, 16, 130, 257, 520]),
    st.sampled_from(["normal", "integers", "far away", "clusters", "duplicates"]),
    st.sampled_from([np.float64, np.float32]),
)
def test_distances_of_pairs_are_those_of_the_matrix(seed, n, d, kind, dtype):
    cloud = points_of_kind(kind, (n, d), np.random.default_rng(seed)).astype(dtype)
    for are_rounded, compute in ((False, distances_by_differences), (True, distances_by_products)):
        points, matrix = points_of(cloud, are_rounded), compute(cloud)
        for i in range(n):
            assert [distance_of(points, i, j) for j in range(n)] == matrix[i].tolist()


@pytest.mark.parametrize(("module", "d"), [(differences, 3), (products, 130)])
def test_tiles_are_parts_of_the_matrix(module, d, monkeypatch):
    monkeypatch.setattr(module, "TILE", 7, raising=False)
    monkeypatch.setattr(module.Tiles, "side", 7)
    points = np.random.default_rng(0).normal(size=(20, d))
    whole = {differences: distances_by_differences, products: distances_by_products}[module]
    matrix, tiles = whole(points), module.Tiles(points)
    for start in range(0, 20, 7):
        for other in range(0, start + 1, 7):
            expected = matrix[start : start + 7, other : other + 7]
            below = np.ones(expected.shape, bool) if other < start else np.tri(len(expected), k=-1)
            found = tiles.between(start, other)
            assert_array_equal(found[below > 0], expected[below > 0])


@settings(max_examples=50)
@given(seeds, st.integers(2, 25), st.booleans(), st.data())
def test_nearest_neighbours_come_by_distance_and_then_by_number(seed, n, has_ties, data):
    rng = np.random.default_rng(seed)
    points = rng.integers(0, 3, (n, 2)) if has_ties else rng.normal(size=(n, 2))
    distances = squareform(pdist(points))
    k = data.draw(st.integers(1, n - 1))
    others = distances + np.diag(np.full(n, np.inf))  # the point itself comes last
    expected = np.argsort(others, axis=1, kind="stable")[:, :k]
    assert_array_equal(nearest_neighbours(distances, k), expected)


@settings(max_examples=50)
@given(seeds, st.integers(1, 70), st.sampled_from([0.01, 0.05, 0.3]))
def test_hops_are_the_least_power_of_the_adjacency_that_joins(seed, n, density):
    joined = np.triu(np.random.default_rng(seed).random((n, n)) < density, 1)
    joined |= joined.T
    expected, paths = np.full((n, n), np.inf), np.eye(n, dtype=int)
    for step in range(n):
        expected[(paths > 0) & np.isinf(expected)] = step
        paths = (paths @ joined > 0).astype(int)
    starts = np.concatenate([[0], np.cumsum(joined.sum(axis=1))])
    assert_array_equal(hop_counts(starts, np.argwhere(joined)[:, 1]), expected)


def is_dissimilarity_of_floats(matrix):
    return is_dissimilarity(matrix.view(np.int64))


@settings(max_examples=50)
@given(seeds, st.integers(1, 70))
def test_one_wrong_entry_is_found_wherever_it_stands(seed, n):
    rng = np.random.default_rng(seed)
    right = np.triu(rng.choice([0.0, 1.0, 1e-320, 1e300, np.inf], (n, n)), 1)
    right += right.T
    assert is_dissimilarity_of_floats(right)
    i, j = rng.integers(0, n, 2)
    for wrong in (-1.0, np.nan, -np.nan, -np.inf, -1e-320, 0.5):
        matrix = right.copy()
        matrix[i, j] = wrong
        assert not is_dissimilarity_of_floats(matrix)
        if wrong != 0.5:
            matrix[j, i] = wrong
            assert not is_dissimilarity_of_floats(matrix)
