"""The kernels of the engine, each against its definition.

Sizes are small, so that these tests are quick with NUMBA_DISABLE_JIT=1, too.
"""

from itertools import chain, combinations
from unittest import mock

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from matrices import KINDS, finite_quantile
from numpy.testing import assert_allclose, assert_array_equal
from oracles import disjoint_trees as trees_of_kruskal
from oracles import rips_bars
from scipy.spatial.distance import pdist, squareform

from skactland._compiled.bits import empty_rows, join
from skactland._compiled.distances import differences
from skactland._compiled.rips import grades, groups
from skactland._compiled.rips.annotations import (
    MOVED,
    UNKNOWN,
    ZERO,
    annotation_of_birth,
    empty_annotations,
    with_room_for_births,
    with_room_for_sums,
)
from skactland._compiled.rips.disjoint import disjoint_trees, disjoint_trees_of_points
from skactland._compiled.rips.edges import fetch_edges, sort_bucket, sort_edges
from skactland._compiled.rips.grades import (
    BEYOND,
    counted_last_grades,
    grades_of_tiles,
    last_grades,
    sample_grades,
    write_grades,
)
from skactland._compiled.rips.lengths import lengths_of_matrix
from skactland._compiled.rips.lunes import (
    first_in_lune,
    first_in_lune_outside,
    flood_from,
    flood_from_apex,
    lune_meets,
    meets_reached,
)
from skactland._compiled.rips.neighbourhood import edges_that_may_begin_bars, longest_empty_lune
from skactland._compiled.rips.order import density_peaks_first
from skactland._compiled.rips.pairing import persistence_pairs
from skactland._compiled.rips.reduction import kill_pivot, sum_at_sight, sum_of
from skactland._compiled.rips.spanning import spanning_tree, spanning_tree_of_points
from skactland._compiled.rips.support import (
    annotate_edge,
    annotation_of_edge,
    no_support,
    renew_support,
)
from skactland._compiled.rips.workspace import allocate, with_room_for_edges

seeds = st.integers(0, 2**32 - 1)
kinds = pytest.mark.parametrize("kind", KINDS)


def graded(distances, limit):
    """A workspace with grades, and their scale."""
    space = allocate(len(distances))
    return space, write_grades(distances, limit, space.grades)


# Edges


@given(arrays(float, st.integers(0, 300), elements=st.floats(0, 1e300)))
def test_edges_are_sorted_and_ties_keep_their_order(lengths):
    order = np.argsort(lengths, kind="stable")
    codes, found = np.arange(len(lengths), dtype=np.uint32), lengths.copy()
    sort_edges(codes, found)
    assert_array_equal(found, lengths[order])
    assert_array_equal(codes, order)


@kinds
@pytest.mark.parametrize("quantile", [0.0, 0.5, 1.0])
def test_grades_are_lengths_to_scale(kind, quantile):
    distances = KINDS[kind](20, np.random.default_rng(0))
    limit = finite_quantile(distances, quantile)
    space, scale = graded(distances, limit)
    within = distances <= limit
    assert_array_equal(space.grades[within], np.floor(scale * distances[within]))
    assert (space.grades[~within] == BEYOND).all()
    assert (space.grades[within] < BEYOND).all()
    # The threshold has the largest grade, up to rounding, unless all lengths are zero.
    assert scale == 0 if limit == 0 else BEYOND - 2 <= int(scale * limit) <= BEYOND - 1


def test_no_threshold_is_too_small_for_grades():
    distances = np.array([[0, 5e-324], [5e-324, 0]])
    space, scale = graded(distances, 5e-324)
    assert scale == 0
    assert_array_equal(space.grades, 0)


def fetch(low, high, space):
    """The edges of a part by bucket, as they come in the matrix."""
    stops, lasts = fetch_edges(low, high, space)
    codes = space.codes[: stops[-1]] if len(stops) else space.codes[:0]
    found = [[(int(c) // 65_536, int(c) % 65_536) for c in b] for b in np.split(codes, stops)[:-1]]
    for before, last, bucket in zip([low, *lasts], lasts, found, strict=False):
        assert all(before < space.grades[edge] <= last <= high for edge in bucket)
        assert bucket == sorted(bucket)
    assert len(lasts) == len(found)
    return found


@kinds
@pytest.mark.parametrize("quantile", [0.0, 0.5, 1.0])
@pytest.mark.parametrize("n", [7, 40, 90])
def test_parts_hold_every_edge_once_and_buckets_are_sorted(kind, quantile, n):
    distances = KINDS[kind](n, np.random.default_rng(0))
    limit = finite_quantile(distances, quantile)
    space, _ = graded(distances, limit)
    found, low = [], np.int64(-1)
    for high in last_grades(sample_grades(space.grades)):
        for bucket in fetch(low, high, space):
            codes = np.array([i * 65_536 + j for i, j in bucket], np.uint32)
            sort_bucket(lengths_of_matrix(distances), codes)
            found += [(distances[c // 65_536, c % 65_536], c // 65_536, c % 65_536) for c in codes]
        low = high
    edges = [(distances[a, b], a, b) for a, b in combinations(range(n), 2)]
    assert found == sorted(edge for edge in edges if edge[0] <= limit)


@pytest.mark.parametrize("n", [2, 63, 64, 65, 150])
@pytest.mark.parametrize("n_grades", [1, 3, 1000])
def test_buckets_have_a_grade_or_a_few(n, n_grades):
    space = allocate(n)
    grades_of_edges = np.random.default_rng(0).integers(0, n_grades, (n, n))
    space.grades[:] = np.triu(grades_of_edges, 1) + np.triu(grades_of_edges, 1).T
    for low, high in [(-1, n_grades - 1), (0, n_grades // 2), (n_grades // 2, n_grades // 2)]:
        found = [*chain(*fetch(np.int64(low), np.int64(high), space))]
        within = (low < space.grades) & (space.grades <= high)
        assert sorted(found) == [*map(tuple, np.argwhere(np.triu(within, 1)).tolist())]


@kinds
@pytest.mark.parametrize("most", [1, 50, 10_000])
def test_counted_parts_have_room_for_no_more_edges(kind, most, monkeypatch):
    monkeypatch.setattr(grades, "_MOST_AT_ONCE", most)
    distances = KINDS[kind](40, np.random.default_rng(0))
    space, _ = graded(distances, finite_quantile(distances, 0.9))
    parts, n_most = counted_last_grades(space.grades)
    upper = space.grades[np.triu_indices(40, 1)]
    edges = np.split(np.sort(upper), np.searchsorted(np.sort(upper), parts, side="right"))
    assert (edges.pop() == BEYOND).all()
    assert n_most == max(map(len, edges))
    assert all(len(part) <= most or len(set(part)) == 1 for part in edges)
    assert (np.diff(parts) > 0).all()
    assert parts[-1] == BEYOND - 1
    found, low = with_room_for_edges(space, n_most), np.int64(-1)
    for high, part in zip(parts, edges, strict=True):
        assert sum(map(len, fetch(low, high, found))) == len(part)
        low = high


def test_parts_of_no_edge_up_to_the_threshold():
    space, _ = graded(np.ones((3, 3)) - np.eye(3), 0.0)
    parts, n_most = counted_last_grades(space.grades)
    assert (parts.tolist(), n_most) == ([BEYOND - 1], 0)


@pytest.mark.parametrize("n", [1, 6, 7, 8, 20])
def test_grades_of_tiles_are_those_of_the_matrix(n, monkeypatch):
    monkeypatch.setattr(differences.Tiles, "side", 7)
    points = np.random.default_rng(0).normal(size=(n, 3))
    distances = differences.distances_by_differences(points)
    space, scale = graded(distances, 2.0)
    found = np.empty((n, n), np.uint16)
    assert grades_of_tiles(differences.Tiles(points), 2.0, found) == scale
    assert_array_equal(found, space.grades)


# Lunes


@settings(max_examples=50)
@given(st.integers(1, 1100), st.sampled_from([0, 0.01, 0.3, 0.9]), seeds)
def test_lunes_are_intersections_and_floods_differences_of_sets(n, density, seed):
    rng = np.random.default_rng(seed)
    neighbours, rest = empty_rows(n), empty_rows(n)[:1]
    stars = [set() for _ in range(n)]
    few = min(n, 8)
    for u, v in np.argwhere(rng.random((few, n)) < density):
        join(neighbours, u, v)
        stars[u].add(v)
        stars[v].add(u)
    others, sets = empty_rows(n), [set() for _ in range(n)]
    for u, v in np.argwhere(rng.random((few, n)) < density / 2):
        join(others, u, v)
        sets[u].add(v)
        sets[v].add(u)
    for u, v, w, x in rng.integers(0, few, (10, 4)):
        lune = stars[u] & stars[v]
        assert first_in_lune(neighbours, u, v) == min(lune, default=-1)
        assert lune_meets(neighbours, others, u, v) == bool(lune & (sets[u] | sets[v]))
        outside = lune - sets[u] - sets[v]
        assert first_in_lune_outside(neighbours, others, u, v) == min(outside, default=-1)
        beyond = lune - stars[w]
        assert flood_from_apex(neighbours, u, v, w, rest) == min(beyond, default=-1)
        assert meets_reached(neighbours, u, v, x, rest) == bool(lune & stars[x] - beyond)
        assert flood_from(neighbours, x, rest) == min(beyond - stars[x], default=-1)


@kinds
def test_apexes_are_tried_from_density_peaks_on(kind):
    distances = KINDS[kind](40, np.random.default_rng(0))
    space, _ = graded(distances, finite_quantile(distances, 1))
    near = int(np.median(space.grades))
    is_near = space.grades <= near
    densities = is_near.sum(axis=1)
    n_denser = [(densities[is_near[u]] > densities[u]).sum() for u in range(40)]
    assert_array_equal(density_peaks_first(space.grades, near), np.argsort(n_denser, kind="stable"))


@kinds
@pytest.mark.parametrize("quantile", [0.1, 0.8, 1.0])
@pytest.mark.parametrize("n_codes", [0, 50, 435])
def test_edges_of_the_relative_neighbourhood_graph(kind, quantile, n_codes):
    distances = KINDS[kind](30, np.random.default_rng(0))
    limit = finite_quantile(distances, quantile)
    space, _ = graded(distances, limit)
    expected = [
        (a, b)
        for a, b in combinations(range(30), 2)
        if distances[a, b] <= limit
        and not (np.maximum(distances[a], distances[b]) < distances[a, b]).any()
    ]
    # From few points near each other on, or from none, more edges are left than there have to be.
    near = np.random.default_rng(1).permutation([a * 65_536 + b for a, b in expected])
    found = edges_that_may_begin_bars(space.grades, near[:n_codes].astype(np.uint32))
    ends = [(int(code) // 65_536, int(code) % 65_536) for code in found]
    assert len(set(ends)) == len(ends)
    assert {*expected} <= {*ends}
    found_grades = [space.grades[edge] for edge in ends]
    assert found_grades == sorted(found_grades)
    assert BEYOND not in found_grades
    longest = longest_empty_lune(lengths_of_matrix(distances), space.grades, found)
    assert longest == max((distances[edge] for edge in expected), default=0)


# Annotations


class Sums:
    """Annotations as Python's sets of births."""

    def __init__(self):
        self.of_edge, self.replacements, self.n_births = {}, {}, 0

    def begin(self):
        self.n_births += 1
        return self.n_births - 1

    def alive(self, births):
        """The same sum without births that are dead."""
        while dead := births & self.replacements.keys():
            births = births ^ {max(dead)} ^ self.replacements[max(dead)]
        return births

    def kill(self, triangle):
        """Let the youngest birth of a boundary die; return it, or -1."""
        boundary = set()
        for edge in combinations(triangle, 2):
            boundary ^= self.of_edge[edge]
        boundary = self.alive(boundary)
        if not boundary:
            return -1
        pivot = max(boundary)
        self.replacements[pivot] = boundary - {pivot}
        return pivot


def births_of(annotation, pool):
    """The set of births that an annotation stands for."""
    if annotation == ZERO:
        return set()
    if annotation % 2 == 0:
        return {-1 - annotation // 2}
    start = -(annotation + 3) // 2
    if pool[start] == MOVED:
        return births_of(pool[start + 1], pool)
    return set(pool[start + 1 : start + 1 + pool[start]].tolist())


@settings(max_examples=30)
@given(seeds, st.integers(3, 22), st.sampled_from([0.1, 0.5, 0.9]))
def test_annotations_are_sums_of_births(seed, n, share_of_apexes):
    """Edges and triangles in an order that no cloud has to have."""
    rng = np.random.default_rng(seed)
    annotations, sums = empty_annotations(64), Sums()
    support = no_support(np.empty((n, n), np.int32))
    others, touched, of_edges, _ = support

    def annotation_of(*edge):
        return annotation_of_edge(*edge, others, of_edges)

    for u, v in rng.permutation([*combinations(range(n), 2)]).tolist():
        lune = [
            w for w in range(n) if {tuple(sorted((u, w))), tuple(sorted((v, w)))} <= {*sums.of_edge}
        ]
        # For a sum, for what dies, and once more if there are to be more births.
        while annotations.used[0] + 4 * (1 + len(annotations.replacements)) > len(annotations.pool):
            annotations = with_room_for_sums(annotations)
        annotation, sums.of_edge[u, v] = ZERO, set()
        if lune and rng.random() < share_of_apexes:
            apex = int(rng.choice(lune))
            one, two = annotation_of(u, apex), annotation_of(v, apex)
            annotation = sum_of(one, two, *annotations)
            assert sum_at_sight(one, two) in {UNKNOWN, annotation}
            paths = (sums.of_edge[tuple(sorted((end, apex)))] for end in (u, v))
            sums.of_edge[u, v] = next(paths) ^ next(paths)
        elif rng.random() < 0.8:
            if sums.n_births == len(annotations.replacements):
                annotations = with_room_for_births(annotations)
            birth = sums.begin()
            annotation, sums.of_edge[u, v] = annotation_of_birth(birth), {birth}
        if annotation != ZERO:
            annotate_edge(u, v, annotation, others, touched, of_edges)
        if lune and rng.random() < 0.3:
            w = int(rng.choice(lune))
            triangle = [annotation_of(*edge) for edge in ((u, v), (u, w), (v, w))]
            pivot = kill_pivot(*triangle, *annotations)
            assert pivot == sums.kill(sorted((u, v, w)))
            assert not annotations.column.any()
        if rng.random() < 0.1:
            while not renew_support(support, annotations):
                annotations = with_room_for_sums(annotations)
            for edge, births in sums.of_edge.items():
                assert births_of(annotation_of(*edge), annotations.pool) == sums.alive(births)
            assert_array_equal(touched, others.any(axis=1))
    for edge, births in sums.of_edge.items():
        found = births_of(annotation_of(*edge), annotations.pool)
        assert sums.alive(found) == sums.alive(births)


# Pairs


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(sorted(KINDS)), st.integers(2, 11), seeds, st.sampled_from([0.4, 0.8, 1.0]))
def test_pairs_are_those_of_the_reduction_of_the_boundary_matrix(kind, n, seed, quantile):
    """Edge by edge, not only length by length: lengths give way to places in the order."""
    rng = np.random.default_rng(seed)
    distances = KINDS[kind](n, rng)
    limit = finite_quantile(distances, quantile)
    edges = sorted((distances[i, j], i, j) for i, j in combinations(range(n), 2))
    places = np.zeros((n, n))
    for k, (length, i, j) in enumerate(edges):
        places[i, j] = places[j, i] = k + 1 if length <= limit else np.inf

    space, scale = graded(distances, limit)
    parts = last_grades(sample_grades(space.grades))
    # Any order of apexes gives the same pairs.
    merges, births, deaths = persistence_pairs(
        lengths_of_matrix(distances), rng.permutation(n), scale, parts, space
    )

    def place(simplices):
        return [np.inf if u < 0 else places[u, v] for u, v, *_ in simplices]

    assert place(merges) == [death for _, death in rips_bars(places, 0)]
    expected = [bar for bar in rips_bars(places, 1).tolist() if bar[0] < np.inf]
    assert sorted(map(list, zip(place(births), place(deaths), strict=True))) == expected
    for u, v, w in deaths[deaths[:, 0] >= 0]:
        assert max(places[u, w], places[v, w]) < places[u, v]


# Degree 0 alone


def assert_spanning(edges, n):
    """Check that n - 1 edges make one component."""
    component = np.arange(n)
    for u, v in edges:
        assert component[u] != component[v]
        component[component == component[u]] = component[v]


@kinds
def test_spanning_trees_have_the_bars_of_degree_zero(kind):
    for n in (1, 2, 12):
        distances = KINDS[kind](n, np.random.default_rng(0)) if n > 1 else np.zeros((1, 1))
        edges, lengths = spanning_tree(distances)
        assert_spanning(edges, n)
        assert_array_equal(lengths, distances[tuple(edges.T)])
        assert [*sorted(lengths[lengths > 0]), np.inf] == rips_bars(distances, 0)[:, 1].tolist()


@given(seeds, st.integers(1, 25), st.integers(1, 4), st.booleans())
def test_spanning_trees_of_points_need_no_matrix(seed, n, d, has_ties):
    rng = np.random.default_rng(seed)
    points = rng.integers(0, 4, (n, d)) * 1.0 if has_ties else rng.normal(size=(n, d))
    distances = squareform(pdist(points)) if n > 1 else np.zeros((1, 1))
    edges, lengths = spanning_tree_of_points(points)
    assert_spanning(edges, n)
    assert_allclose(lengths, distances[tuple(edges.T)], rtol=1e-14)
    assert_allclose(np.sort(lengths), np.sort(spanning_tree(distances)[1]), rtol=1e-14)


@given(seeds, st.integers(1, 25), st.integers(1, 9), st.integers(1, 30), st.booleans())
def test_spanning_trees_by_groups_are_the_same_to_the_last_bit(seed, n, d, group, has_ties):
    rng = np.random.default_rng(seed)
    points = rng.integers(0, 3, (n, d)) * 1.0 if has_ties else rng.normal(size=(n, d))
    with mock.patch.object(groups, "GROUP", group):
        edges, lengths = groups.spanning_tree_by_groups(points)
        in_threads = groups.spanning_tree_by_groups(points, n_threads=3)
    assert_array_equal(in_threads[0], edges)
    assert_array_equal(in_threads[1], lengths)
    assert_spanning(edges, n)
    apart = points[edges[:, 0]] - points[edges[:, 1]]
    assert_allclose(lengths, np.linalg.norm(apart, axis=1), rtol=1e-14)
    assert_array_equal(np.sort(lengths), np.sort(spanning_tree_of_points(points)[1]))


def test_spanning_trees_of_several_groups_of_full_size():
    points = np.random.default_rng(0).normal(size=(2 * groups.GROUP + 3, 20))
    edges, lengths = groups.spanning_tree_by_groups(points)
    assert_spanning(edges, len(points))
    assert_array_equal(np.sort(lengths), np.sort(spanning_tree_of_points(points)[1]))


# Disjoint trees


@given(seeds, st.integers(1, 9), st.integers(1, 3))
def test_disjoint_trees_are_those_of_kruskal(seed, n, n_trees):
    points = np.random.default_rng(seed).integers(0, 3, (n, 2)).astype(float)
    distances = squareform(pdist(points)).reshape(n, n)
    expected = trees_of_kruskal(distances, n_trees)
    whole = [len(tree) == n - 1 for tree in expected]
    n_expected = n_trees if all(whole) else whole.index(False)
    for found in (disjoint_trees(distances, n_trees), disjoint_trees_of_points(points, n_trees)):
        edges, lengths, n_found = found
        assert n_found == n_expected
        for tree, of_tree, by_kruskal in zip(edges, lengths, expected[:n_found], strict=False):
            assert {tuple(sorted(edge)) for edge in tree.tolist()} == set(by_kruskal)
            assert_allclose(of_tree, distances[tuple(tree.T)])


def test_disjoint_trees_of_points_that_are_never_joined():
    distances = np.array([[0, 1, np.inf], [1, 0, np.inf], [np.inf, np.inf, 0]])
    assert disjoint_trees(distances, 2)[2] == 0
