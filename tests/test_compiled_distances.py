"""The kernels of distance matrices and of graphs, each against its definition, at small size."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_array_equal
from scipy.spatial.distance import pdist, squareform

from skactland._compiled.distances.differences import distances_by_differences
from skactland._compiled.distances.graphs import hop_counts, nearest_neighbours
from skactland._compiled.distances.symmetry import is_dissimilarity

seeds = st.integers(0, 2**32 - 1)


@pytest.mark.parametrize("shape", [(1, 3), (2, 1), (33, 3), (40, 4), (12, 70)])
def test_squares_are_summed_in_the_order_of_the_units(shape):
    points = np.random.default_rng(0).normal(size=shape)
    squares = np.zeros((len(points), len(points)))
    for unit in points.T:
        squares += (unit[:, None] - unit) ** 2
    assert_array_equal(distances_by_differences(points), np.sqrt(squares))


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
