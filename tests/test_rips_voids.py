"""Degree 2 of our own engine: against GUDHI bar for bar, definitions, and spaces that are known."""

from itertools import combinations, product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from matrices import KINDS, finite_quantile
from numpy.testing import assert_allclose, assert_array_equal
from oracles import rips_bars as slow_bars
from scipy.spatial.distance import squareform

from skactland import RipsPersistence, rips_persistence
from skactland.datasets import make_sphere
from skactland.metrics import distance_matrix

pytestmark = pytest.mark.filterwarnings("ignore:No bar in some degree above 0")


def bars_of(distances, engine="lunes", degrees=(0, 1, 2), **options):
    return rips_persistence(distances, degrees, metric="precomputed", engine=engine, **options)


def assert_agree(distances, **options):
    pairs = zip(bars_of(distances, **options), bars_of(distances, "gudhi", **options), strict=True)
    for ours, theirs in pairs:
        assert_array_equal(ours, theirs)


def assert_agree_on_many(kind, n_cases, seed):
    rng = np.random.default_rng([sorted(KINDS).index(kind), seed])
    for _ in range(n_cases):
        distances = KINDS[kind](int(rng.integers(2, 32)), rng)
        assert_agree(distances)
        assert_agree(distances, max_edge_length=finite_quantile(distances, rng.random()))


@pytest.mark.parametrize("kind", KINDS)
def test_agrees_with_gudhi(kind):
    assert_agree_on_many(kind, n_cases=85, seed=0)


@pytest.mark.fuzz
@pytest.mark.parametrize("kind", KINDS)
def test_agrees_with_gudhi_on_many_more(kind):
    assert_agree_on_many(kind, n_cases=2100, seed=1)


@pytest.mark.parametrize(
    ("kind", "n"),
    [("space", 120), ("torus", 120), ("blocks", 90), ("hops", 90), ("random", 45)],
)
def test_agrees_with_gudhi_on_larger_clouds(kind, n):
    assert_agree(KINDS[kind](n, np.random.default_rng(0)))


def test_agrees_with_gudhi_beyond_a_block_of_512_points():
    rng = np.random.default_rng(0)
    points = np.maximum(rng.normal(size=(530, 6)), 0)
    distances = distance_matrix(points)
    assert_agree(distances, max_edge_length=np.quantile(distances, 0.1))


@settings(deadline=None, max_examples=60)
@given(st.integers(2, 9), st.data())
def test_agrees_with_the_reduction_of_the_boundary_matrix(n, data):
    lengths = data.draw(arrays(float, n * (n - 1) // 2, elements=st.integers(0, 6).map(float)))
    distances = squareform(lengths)
    for degree, bars in enumerate(bars_of(distances)):
        assert_array_equal(bars, slow_bars(distances, degree))


def test_degrees_0_and_1_do_not_hang_on_degree_2():
    rng = np.random.default_rng(0)
    for kind, make in KINDS.items():
        distances = make(50, rng)
        limit = finite_quantile(distances, 0.8)
        alone = bars_of(distances, degrees=(0, 1), max_edge_length=limit)
        for bars, expected in zip(bars_of(distances, max_edge_length=limit), alone, strict=False):
            assert_array_equal(bars, expected, err_msg=kind)


@pytest.mark.parametrize("degrees", [(2,), (0, 2), (1, 2)])
def test_degrees_may_be_chosen(degrees):
    distances = KINDS["space"](40, np.random.default_rng(0))
    every = bars_of(distances)
    for q, bars in zip(degrees, bars_of(distances, degrees=degrees), strict=True):
        assert_array_equal(bars, every[q])


@pytest.mark.parametrize("kind", ["torus", "blocks", "random integers", "hops"])
def test_order_of_the_points_does_not_matter(kind):
    rng = np.random.default_rng(0)
    distances = KINDS[kind](60, rng)
    expected = bars_of(distances)
    for _ in range(5):
        order = rng.permutation(60)
        for bars, reference in zip(bars_of(distances[np.ix_(order, order)]), expected, strict=True):
            assert_array_equal(bars, reference)


def test_duplicate_points_change_nothing():
    distances = KINDS["space"](40, np.random.default_rng(0))
    twice = np.tile(np.arange(40), 2)
    for bars, expected in zip(
        bars_of(distances[np.ix_(twice, twice)]), bars_of(distances), strict=True
    ):
        assert_array_equal(bars, expected)


def test_threads_give_the_same_table():
    rng = np.random.default_rng(0)
    clouds = [rng.normal(size=(60, 5)) for _ in range(8)]
    expected = RipsPersistence((0, 1, 2), n_jobs=1).fit_transform(clouds)
    for _ in range(10):
        found = RipsPersistence((0, 1, 2), n_jobs=2).fit_transform(clouds)
        for index in np.ndindex(expected.shape):
            assert_array_equal(found[index], expected[index])


# Spaces that are known


def cross_polytope(d):
    return np.vstack([np.eye(d), -np.eye(d)])


def test_cross_polytopes():
    """The complex is a sphere of one dimension less, from the shorter distance to the longer."""
    for d, expected in [(2, [0, 1, 0]), (3, [0, 0, 1]), (4, [0, 0, 0])]:
        _, *bars = rips_persistence(cross_polytope(d), (0, 1, 2), engine="lunes")
        assert [len(b) for b in bars] == expected[1:]
        for each in bars:
            assert_allclose(each, np.tile([np.sqrt(2), 2], (len(each), 1)))


def longest(bars, k):
    """The k longest bars, longest first."""
    return bars[np.argsort(bars[:, 0] - bars[:, 1], kind="stable")[:k]]


def test_spheres_have_one_void_each():
    """That of a unit sphere dies near sqrt(8 / 3), the edge of the largest tetrahedron in it."""
    inner = make_sphere(150, random_state=0)
    points = np.vstack([inner, 9 + 2 * inner[:100]])
    voids = rips_persistence(points, (2,), engine="lunes")[0]
    large, small, other = longest(voids, 3)
    assert_allclose([small[1], large[1] / 2], np.sqrt(8 / 3), rtol=0.1)
    assert small[0] < 1.1
    assert large[0] < 2.2
    assert other[1] - other[0] < 0.4


def product_of_circles(k, n):
    """Distances on the product of k circles of n points a step apart: the largest of theirs."""
    steps = np.abs(np.subtract.outer(np.arange(n), np.arange(n)))
    circle = np.minimum(steps, n - steps).astype(float)
    points = np.array(list(product(range(n), repeat=k))).T
    return np.max([circle[np.ix_(each, each)] for each in points], axis=0)


@pytest.mark.parametrize(
    ("k", "n", "expected"),
    [(1, 7, []), (2, 7, [[1, 3]]), (3, 5, 3 * [[1, 2]]), (1, 6, [[2, 3]])],
)
def test_products_of_circles(k, n, expected):
    """Their complex is the product of the circles' complexes (Adamaszek, Adams, arXiv:1503.03669).

    That of n points on a circle is a circle for 1 <= t < n / 3; at t = n / 3 it is a bunch of
    spheres, one for n = 6; and for t >= (n - 1) / 2 it is filled. So there is the void of a torus,
    and of three circles there are three.
    """
    voids = bars_of(product_of_circles(k, n))[2]
    assert_array_equal(voids, np.reshape(expected, (-1, 2)))


def suspension(graph):
    """Distances in a graph from 1 on, under two tips from 2 on, which are joined at 3."""
    n = len(graph)
    distances = np.full((n + 2, n + 2), 4.0)
    distances[:n, :n][graph | graph.T] = 1
    distances[n:, :n] = distances[:n, n:] = 2
    distances[n, n + 1] = distances[n + 1, n] = 3
    np.fill_diagonal(distances, 0)
    return distances


def test_a_core_with_more_loops_than_bits():
    parts = np.arange(20) % 2
    distances = suspension(parts[:, None] != parts)
    assert_array_equal(bars_of(distances)[2], np.tile([2, 3], (81, 1)))
    assert_agree(distances)


def test_a_core_of_more_points_than_a_block():
    distances = suspension(np.roll(np.eye(600, dtype=bool), 1, axis=1))
    diagrams, simplices = bars_of(distances, return_simplices=True)
    assert_array_equal(diagrams[2], [[2, 3]])
    assert {*simplices[2][0, 3:5]} == {600, 601}
    assert distances[tuple(simplices[2][0, 5:])] == 1


# Simplices


@pytest.mark.parametrize("kind", ["space", "torus", "blocks", "hops", "random integers", "random"])
@pytest.mark.parametrize("quantile", [0.5, 1])
def test_simplices_have_the_lengths_of_their_bars(kind, quantile):
    distances = KINDS[kind](45, np.random.default_rng(0))
    limit = np.quantile(distances, quantile)
    diagrams, simplices = bars_of(distances, return_simplices=True, max_edge_length=limit)
    bars, ends = diagrams[2], simplices[2]
    assert ends.shape == (len(bars), 7)
    birth, death = ends[:, :3], ends[:, 3:]
    dead = np.isfinite(bars[:, 1])
    assert_array_equal((death == -1).all(axis=1), ~dead)
    assert_array_equal((death == -1).any(axis=1), ~dead)
    for simplex, lengths in [(birth, bars[:, 0]), (death[dead], bars[dead, 1])]:
        assert_array_equal(distances[simplex[:, 0], simplex[:, 1]], lengths)
        edges = combinations(simplex.T, 2)
        assert_array_equal(np.max([distances[a, b] for a, b in edges], axis=0), lengths)
        assert all(len(set(row)) == len(row) for row in simplex.tolist())


def test_the_void_of_an_octahedron_is_traced_to_its_corners():
    points = cross_polytope(3) * [1, 1.1, 1.2]
    diagrams, simplices = rips_persistence(
        np.vstack([[[50, 50, 50]], points]), (2,), return_simplices=True
    )
    assert_allclose(diagrams[0], [[np.hypot(1.1, 1.2), 2]])
    birth, death = simplices[0][0, :3], simplices[0][0, 3:]
    assert set(birth[:2]) <= {2, 3, 5, 6}
    assert set(death[:2]) == {1, 4}
    assert set(death) < {1, 2, 3, 4, 5, 6}


def test_simplices_of_few_points():
    for n in (0, 1):
        _, simplices = bars_of(np.zeros((n, n)), return_simplices=True)
        assert [s.shape for s in simplices] == [(n, 2), (0, 5), (0, 7)]


def repeated(simplices):
    """Return how many of the tetrahedra are those of another bar too."""
    deaths = [frozenset(row[3:].tolist()) for row in np.asarray(simplices) if row[3] >= 0]
    births = [frozenset(row[:3].tolist()) for row in np.asarray(simplices)]
    return len(deaths) - len(set(deaths)) + len(births) - len(set(births))


def test_no_tetrahedron_ends_two_voids():
    """Loops of one lune share edges; of each the closing one is its own."""
    seven = np.array(
        [
            [0, 3, 2, 1, 5, 1, 1],
            [3, 0, 5, 1, 1, 1, 5],
            [2, 5, 0, 1, 1, 1, 5],
            [1, 1, 1, 0, 1, 4, 1],
            [5, 1, 1, 1, 0, 1, 1],
            [1, 1, 1, 4, 1, 0, 1],
            [1, 5, 5, 1, 1, 1, 0],
        ],
        dtype=float,
    )
    options = {"metric": "precomputed", "return_simplices": True}
    bars, simplices = rips_persistence(seven, (2,), **options)
    assert len(bars[0]) == 2
    assert repeated(simplices[0]) == 0
    rng = np.random.default_rng(0)
    n_voids = 0
    for n in (7, 8, 9, 12, 16) * 60:
        upper = np.triu(rng.integers(1, 6, size=(n, n)), 1).astype(float)
        bars, simplices = rips_persistence(upper + upper.T, (2,), **options)
        n_voids += len(bars[0])
        assert repeated(simplices[0]) == 0
    assert n_voids > 100
    k = 8  # the suspension of a complete bipartite graph: many loops in one lune
    graph = np.full((2 * k, 2 * k), 3.0)
    graph[:k, k:] = graph[k:, :k] = 1
    distances = np.full((2 * k + 2, 2 * k + 2), 1.0)
    distances[2:, 2:], distances[0, 1], distances[1, 0] = graph, 2, 2
    np.fill_diagonal(distances, 0)
    bars, simplices = rips_persistence(distances, (2,), **options)
    assert len(bars[0]) == (k - 1) ** 2
    assert repeated(simplices[0]) == 0
