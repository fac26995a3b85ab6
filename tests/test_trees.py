"""Disjoint spanning trees, held against Kruskal's algorithm and SciPy's."""

import networkx
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal
from oracles import disjoint_trees
from scipy.sparse.csgraph import minimum_spanning_tree

from skactland import rips_persistence, spanning_trees
from skactland.metrics import distance_matrix
from skactland.persistence import _trees

#: Points with ties and duplicates among them, and without.
clouds = st.builds(
    lambda seed, n, d, kind: {
        "ties": np.random.default_rng(seed).integers(0, 3, (n, d)).astype(float),
        "none": np.random.default_rng(seed).normal(size=(n, d)),
        "tiny": np.random.default_rng(seed).normal(size=(n, d)) * 1e-200,
    }[kind],
    st.integers(0, 10**6),
    st.integers(6, 14),
    st.integers(1, 3),
    st.sampled_from(["ties", "none", "tiny"]),
)


def as_sets(edges):
    return [set(map(tuple, tree.tolist())) for tree in edges]


def grown(cloud, n_trees, **options):
    """Trees, or the number of those that there are."""
    try:
        return spanning_trees(cloud, n_trees, **options)
    except ValueError as error:
        return int(str(error).partition("points have ")[2].split()[0])


@given(clouds, st.integers(1, 3))
def test_trees_of_a_matrix_are_those_of_kruskal(cloud, n_trees):
    distances = distance_matrix(cloud)
    expected = disjoint_trees(distances, n_trees)
    found = grown(distances, n_trees, metric="precomputed")
    whole = [len(tree) == len(cloud) - 1 for tree in expected]
    if not all(whole):
        assert found == whole.index(False)
        return
    edges, lengths = found
    assert as_sets(edges) == [set(tree) for tree in expected]
    assert_array_equal(lengths, distances[edges[..., 0], edges[..., 1]])


@given(clouds, st.integers(1, 3))
def test_order_of_edges(cloud, n_trees):
    found = grown(cloud, n_trees)
    if isinstance(found, int):
        return
    edges, lengths = found
    assert edges.shape == (n_trees, len(cloud) - 1, 2)
    assert (edges[..., 0] < edges[..., 1]).all()
    for tree, of_tree in zip(edges, lengths, strict=True):
        keys = list(zip(of_tree, *tree.T, strict=True))
        assert keys == sorted(keys)


@given(clouds, st.integers(1, 3), st.randoms(use_true_random=False))
def test_order_of_points_does_not_matter(cloud, n_trees, random):
    """Of duplicates, which are the same point, either may be the end of an edge."""
    order = np.array(random.sample(range(len(cloud)), len(cloud)))
    found, turned = grown(cloud, n_trees), grown(cloud[order], n_trees)
    if isinstance(found, int):
        assert turned == found
        return

    def as_points(points, edges):
        return [sorted(sorted(points[list(e)].tolist()) for e in tree) for tree in edges]

    assert as_points(cloud, found[0]) == as_points(cloud[order], turned[0])
    assert_array_equal(found[1], turned[1])


@given(clouds, st.integers(1, 3))
def test_same_with_and_without_a_matrix(cloud, n_trees):
    expected = grown(cloud, n_trees)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(_trees, "_LARGEST_MATRIX", 0)
        found = grown(cloud, n_trees)
    if isinstance(expected, int):
        assert found == expected
    else:
        assert_array_equal(found[0], expected[0])
        assert_array_equal(found[1], expected[1])


@pytest.mark.parametrize("metric", ["euclidean", "cityblock", "scaled", "sphere"])
def test_repeated_trees_of_scipy(metric):
    cloud = np.random.default_rng(0).random((40, 5))
    edges, lengths = spanning_trees(cloud, 6, metric=metric)
    left = distance_matrix(cloud, metric)
    for tree, of_tree in zip(edges, lengths, strict=True):
        expected = minimum_spanning_tree(left).tocoo()
        pairs = np.sort(np.column_stack([expected.row, expected.col]), axis=1)
        assert set(map(tuple, pairs.tolist())) == set(map(tuple, tree.tolist()))
        assert_allclose(np.sort(expected.data), of_tree)
        left[tuple(tree.T)] = left[tuple(tree.T[::-1])] = 0  # to SciPy no edge


def test_a_tree_of_networkx():
    cloud = np.random.default_rng(1).random((30, 4))
    graph = networkx.from_numpy_array(distance_matrix(cloud))
    expected = {tuple(sorted(edge)) for edge in networkx.minimum_spanning_edges(graph, data=False)}
    assert as_sets(spanning_trees(cloud)[0]) == [expected]


def test_lengths_are_the_bars_of_degree_0():
    cloud = np.random.default_rng(2).normal(size=(200, 3))
    (bars,) = rips_persistence(cloud, (0,))
    assert_array_equal(spanning_trees(cloud)[1][0], bars[:-1, 1])


def test_trees_are_disjoint_and_reach_every_point():
    edges, _ = spanning_trees(np.random.default_rng(3).normal(size=(300, 8)), 6)
    sets = as_sets(edges)
    assert len(set.union(*sets)) == 6 * 299
    for tree in edges:
        assert networkx.is_tree(networkx.Graph(tree.tolist()))


@pytest.mark.parametrize("n_trees", [1, 3])
def test_one_point(n_trees):
    edges, lengths = spanning_trees([[1.0, 2.0]], n_trees)
    assert edges.shape == (n_trees, 0, 2)
    assert lengths.shape == (n_trees, 0)


def test_two_points():
    edges, lengths = spanning_trees([[0, 0], [3, 4]])
    assert edges.tolist() == [[[0, 1]]]
    assert lengths.tolist() == [[5]]


def test_equal_points_have_many_trees():
    """As of a layer that is dead; a star would take all edges of its centre."""
    edges, lengths = spanning_trees(np.zeros((30, 2)), 6)
    assert (lengths == 0).all()
    assert len(set.union(*as_sets(edges))) == 6 * 29


def test_scales_at_the_ends_of_doubles():
    cloud = np.random.default_rng(4).normal(size=(20, 3))
    edges, lengths = spanning_trees(cloud, 2)
    for shift in (-1000, 1000):
        scaled = spanning_trees(np.ldexp(cloud, shift), 2)
        assert_array_equal(scaled[0], edges)
        assert_array_equal(scaled[1], np.ldexp(lengths, shift))


def test_a_hub_leaves_one_tree():
    star = np.vstack([np.zeros(8), 10 * np.eye(8)])
    with pytest.raises(ValueError, match=r"9 points have 1 disjoint spanning trees.*n_trees=1"):
        spanning_trees(star, 2)
    with pytest.raises(ValueError, match=r"the cloud: 2 points have 1 .* n_trees=2 are wanted"):
        spanning_trees([[0], [1]], 2)


def test_points_that_are_never_joined():
    with pytest.raises(ValueError, match="several parts that are never joined"):
        spanning_trees([[0, np.inf], [np.inf, 0]], metric="precomputed")


@pytest.mark.parametrize(
    ("cloud", "options", "message"),
    [
        (np.empty((0, 3)), {}, "it has no points"),
        ([[0.0], [np.nan]], {}, "NaN or infinite"),
        ([[0.0, 1.0], [2.0, 0.0]], {"metric": "precomputed"}, "not symmetric"),
        ([[0.0]], {"n_trees": 0}, "n_trees must be at least 1"),
        ([[0.0]], {"n_trees": 2.0}, "n_trees must be an integer"),
        ([[0.0]], {"metric": 3}, "metric must be one of"),
    ],
)
def test_nonsense_is_refused(cloud, options, message):
    with pytest.raises((ValueError, TypeError), match=message):
        spanning_trees(cloud, **options)


@given(clouds)
def test_canonical_order_is_that_of_coordinates(cloud):
    order = _trees.canonical_order(cloud, "euclidean")
    assert cloud[order].tolist() == sorted(cloud.tolist())
    signed = cloud - cloud.mean(axis=0)
    order = _trees.canonical_order(signed, "euclidean")
    assert signed[order].tolist() == sorted(signed.tolist())
