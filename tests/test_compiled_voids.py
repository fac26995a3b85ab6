"""The kernels of degree 2, each against its definition; quick with NUMBA_DISABLE_JIT=1, too."""

from itertools import combinations, pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from matrices import KINDS, finite_quantile
from numpy.testing import assert_array_equal
from oracles import rips_bars

from skactland._compiled.bits import empty_rows, holds, join
from skactland._compiled.rips.cores import (
    bring_components_forward,
    close_loop,
    independent_loops,
)
from skactland._compiled.rips.folding import empty_room, find_cone_point, fold_lune
from skactland._compiled.rips.grades import last_grades, sample_grades, write_grades
from skactland._compiled.rips.lengths import lengths_of_matrix
from skactland._compiled.rips.lunes import first_in_lune, flood_from_apex
from skactland._compiled.rips.pairing_voids import persistence_pairs_with_voids
from skactland._compiled.rips.triangles import (
    NOT_COME,
    UNKNOWN,
    annotation_of,
    has_room_for_one,
    longest_edge_first,
    no_triangles,
    remember,
    with_room_for_triangles,
)
from skactland._compiled.rips.volumes import find_path
from skactland._compiled.rips.workspace import allocate

seeds = st.integers(0, 2**32 - 1)
densities = st.sampled_from([0.1, 0.3, 0.5, 0.8])


def random_graph(n, density, seed):
    """The stars of a random graph, and its points' sets of neighbours."""
    rng = np.random.default_rng(seed)
    neighbours = empty_rows(n)
    for u in range(n):
        join(neighbours, u, u)
    for u, v in combinations(range(n), 2):
        if rng.random() < density:
            join(neighbours, u, v)
    return neighbours, [{v for v in range(n) if holds(neighbours, u, v)} for u in range(n)]


def with_tips(n, density, seed):
    """The same with two more points, joined to all but each other: all others are their lune."""
    neighbours, _ = random_graph(n + 2, density, seed)
    for u in range(n):
        join(neighbours, u, n)
        join(neighbours, u, n + 1)
    for tip, other in [(n, n + 1), (n + 1, n)]:
        neighbours[tip, other >> 6] &= ~(np.uint64(1) << np.uint64(other & 63))
    stars = [{v for v in range(n) if holds(neighbours, u, v)} for u in range(n)]
    return neighbours, stars


def rank(rows):
    """The rank over Z/2 of rows that are written as sets."""
    pivots = {}
    for row in rows:
        row = set(row)
        while row and max(row) in pivots:
            row ^= pivots[max(row)]
        if row:
            pivots[max(row)] = row
    return len(pivots)


def flag_complex(points, stars):
    """The edges of the flag complex on some points, and the boundaries of its triangles."""
    edges = [(a, b) for a, b in combinations(sorted(points), 2) if b in stars[a]]
    boundaries = [
        {(a, b), (a, c), (b, c)}
        for a, b, c in combinations(sorted(points), 3)
        if {b, c} <= stars[a] and c in stars[b]
    ]
    return edges, boundaries


def betti(points, stars):
    """The numbers of components and of independent loops."""
    edges, boundaries = flag_complex(points, stars)
    joined = rank(edges)
    return len(points) - joined, len(edges) - joined - rank(boundaries)


@settings(deadline=None, max_examples=60)
@given(st.integers(1, 14), densities, seeds)
def test_cores_have_the_homology_of_their_lunes_and_nothing_to_fold(n, density, seed):
    assert_folds(n, density, seed)


@pytest.mark.parametrize(("n", "density"), [(80, 0.06), (100, 0.1), (70, 0.25)])
def test_cores_of_more_points_than_a_word(n, density):
    assert assert_folds(n, density, seed=0) > 64


def assert_folds(n, density, seed):
    """Check the core of a lune of n points; return how many it has."""
    neighbours, stars = with_tips(n, density, seed)
    room = empty_room(n + 2)
    m = fold_lune(neighbours, n, n + 1, *room)
    core = room.points[:m].tolist()
    assert core == sorted(core)
    assert betti(core, stars) == betti(range(n), stars)
    left = {x: stars[x] & {*core} for x in core}
    assert not any(left[x] <= left[y] for x in core for y in core if x != y)
    return m


@settings(deadline=None, max_examples=60)
@given(st.integers(2, 14), st.sampled_from([0.3, 0.7, 0.9]), seeds)
def test_cone_points_see_all(n, density, seed):
    neighbours, stars = with_tips(n, density, seed)
    room = empty_room(n + 2)
    apex = first_in_lune(neighbours, n, n + 1)
    if flood_from_apex(neighbours, n, n + 1, apex, room.rest) >= 0:
        found = find_cone_point(neighbours, n, n + 1, room.lune, room.rest)
        cones = [x for x in range(n) if stars[x] == {*range(n)}]
        assert found in cones if cones else found == -1


@settings(deadline=None, max_examples=60)
@given(st.integers(2, 14), densities, seeds)
def test_one_point_of_each_component_comes_first(n, density, seed):
    neighbours, stars = random_graph(n, density, seed)
    points = np.random.default_rng(seed).permutation(n)
    n_components, n_edges = bring_components_forward(neighbours, points, n)
    assert sorted(points) == [*range(n)]
    edges, _ = flag_complex(range(n), stars)
    assert n_edges == len(edges)
    assert n_components == n - rank(edges)
    # None of the first is joined to another, in as many steps as one likes.
    heads = [(points[0], head) for head in points[1:n_components].tolist()]
    assert rank([*edges, *heads]) == n - 1


@settings(deadline=None, max_examples=60)
@given(st.integers(2, 16), densities, seeds)
def test_loops_of_a_core_are_a_basis(n, density, seed):
    assert_loops_are_a_basis(*random_graph(n, density, seed), exactly=True)


def test_loops_span_where_there_are_more_than_bits():
    n = 24
    neighbours = empty_rows(n)
    for u in range(n):
        join(neighbours, u, u)
        for v in range(n):
            if (u + v) % 2:  # a bipartite graph, complete, and one edge beside it
                join(neighbours, u, v)
    join(neighbours, 0, 22)
    stars = [{v for v in range(n) if holds(neighbours, u, v)} for u in range(n)]
    assert_loops_are_a_basis(neighbours, stars, exactly=False)


def assert_loops_are_a_basis(neighbours, stars, exactly):
    n = len(stars)
    edges, boundaries = flag_complex(range(n), stars)
    points = np.arange(n)
    local, births = independent_loops(neighbours, points, n, len(edges))
    loops = []
    for i, j in births:
        loop = np.empty(n, np.int64)
        loop = loop[: close_loop(local, i, j, loop)].tolist()
        assert len({*loop}) == len(loop) >= 4
        around = {tuple(sorted(edge)) for edge in zip(loop, loop[1:] + loop[:1], strict=True)}
        assert around <= {*edges}
        loops.append(around)
    n_loops = betti(range(n), stars)[1]
    assert rank([*boundaries, *loops]) - rank(boundaries) == n_loops
    assert len(loops) == n_loops if exactly else len(loops) >= n_loops > 64


# Triangles


def test_the_table_of_triangles_is_a_dictionary():
    rng = np.random.default_rng(0)
    n = 40
    ranks = np.empty((n, n), np.int32)
    apexes = np.full(n * (n - 1) // 2, n, np.uint16)
    triangles = no_triangles(ranks, apexes)
    assert (ranks == NOT_COME).all()
    expected = {}
    for _ in range(700):
        key = int(rng.integers(len(apexes))), int(rng.integers(n))
        assert annotation_of(*key, 0, triangles) == expected.get(key, UNKNOWN)
        if key not in expected:
            while not has_room_for_one(triangles):
                triangles = with_room_for_triangles(triangles)
            expected[key] = -int(rng.integers(1, 1000))
            remember(*key, expected[key], triangles)
    for key, annotation in expected.items():
        assert annotation_of(*key, 0, triangles) == annotation
        assert annotation_of(*key, key[0] + 1, triangles) == -1


def test_triangles_are_named_by_their_longest_edge():
    ranks = np.array([[9, 0, 1], [0, 9, 2], [1, 2, 9]], np.int32)
    for order in [(0, 1, 2), (2, 0, 1), (1, 0, 2), (2, 1, 0)]:
        assert longest_edge_first(*order, ranks) == (1, 2, 0)


@settings(deadline=None, max_examples=60)
@given(seeds)
def test_paths_stay_in_the_lune_as_it_was(seed):
    rng = np.random.default_rng(seed)
    n = 12
    ranks = np.empty((n, n), np.int32)
    apexes = np.zeros(n * (n - 1) // 2, np.uint16)
    triangles = no_triangles(ranks, apexes)
    for rank_of_edge, (a, b) in enumerate(rng.permutation([*combinations(range(n), 2)])):
        ranks[a, b] = ranks[b, a] = rank_of_edge
    for x, y in combinations(range(n), 2):
        last = ranks[x, y]
        lune = [w for w in range(n) if ranks[x, w] < last and ranks[y, w] < last]
        near = {w: {v for v in lune if ranks[w, v] < last} for w in lune}
        if not lune:
            continue
        apexes[last] = rng.choice(lune)
        found = {int(apexes[last])}
        while not has_room_for_one(triangles):
            triangles = with_room_for_triangles(triangles)
        if (other := int(rng.choice(lune))) not in found:
            remember(last, other, -2, triangles)
            found.add(other)
        for z in set(lune) - found:
            n_steps, reached = 0, {z}
            while not reached & found and n_steps < n:
                n_steps, reached = n_steps + 1, reached.union(*(near[w] for w in reached))
            if reached & found:
                length = find_path(x, y, z, 0, triangles)
                path = triangles.path[: length + 1].tolist()
                assert path[0] == z
                assert path[-1] in found
                assert all(b in near[a] for a, b in pairwise(path))
                assert length == n_steps


# Pairs


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(sorted(KINDS)), st.integers(2, 9), seeds, st.sampled_from([0.4, 0.8, 1.0]))
def test_pairs_are_those_of_the_reduction_of_the_boundary_matrix(kind, n, seed, quantile):
    """Edge by edge, not only length by length: lengths give way to places in the order."""
    rng = np.random.default_rng(seed)
    distances = KINDS[kind](n, rng)
    assert_pairs(distances, finite_quantile(distances, quantile), rng.permutation(n))


@pytest.mark.parametrize("seed", range(8))
def test_pairs_of_many_voids(seed):
    """The complex is a sphere of dimension 2 or higher, or close to one."""
    rng = np.random.default_rng(seed)
    n = 12
    points = np.vstack([np.eye(n // 2), -np.eye(n // 2)])[:, : 3 + seed % 3]
    distances = np.linalg.norm(points[:, None] - points, axis=2)
    distances += np.triu(rng.random((n, n)), 1) / 2
    distances = np.triu(distances, 1) + np.triu(distances, 1).T
    assert_pairs(distances, distances.max(), rng.permutation(n))


def assert_pairs(distances, limit, order):
    n = len(distances)
    edges = sorted((distances[i, j], i, j) for i, j in combinations(range(n), 2))
    places = np.zeros((n, n))
    for k, (length, i, j) in enumerate(edges):
        places[i, j] = places[j, i] = k + 1 if length <= limit else np.inf
    space = allocate(n, with_triangles=True)
    write_grades(distances, limit, space.grades)
    parts = last_grades(sample_grades(space.grades))
    merges, *ends = persistence_pairs_with_voids(lengths_of_matrix(distances), order, parts, space)

    def place(simplices):
        return [np.inf if u < 0 else places[u, v] for u, v, *_ in simplices]

    assert place(merges) == [death for _, death in rips_bars(places, 0)]
    for q in (1, 2):
        births, deaths = ends[2 * q - 2 : 2 * q]
        expected = [bar for bar in rips_bars(places, q).tolist() if bar[0] < np.inf]
        assert sorted(map(list, zip(place(births), place(deaths), strict=True))) == expected
        for simplex in [*births, *deaths[deaths[:, 0] >= 0]]:
            lengths = [places[a, b] for a, b in combinations(simplex, 2)]
            assert_array_equal(np.argsort(lengths, kind="stable")[-1], 0)
