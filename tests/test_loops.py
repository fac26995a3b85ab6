"""Representative loops, held against boundary matrices over Z/2 and all paths."""

from itertools import combinations, pairwise

import numpy as np
import pytest
from matrices import KINDS
from numpy.testing import assert_array_equal

from skactland import RipsPersistence, representative_loops, rips_persistence


def edges_of(loop):
    """The edges of a closed loop, the closing one last, smaller ends first."""
    loop = loop.tolist()
    return [(min(e), max(e)) for e in pairwise([*loop, loop[0]])]


def in_order(distances):
    n = len(distances)
    return sorted(combinations(range(n), 2), key=lambda e: (distances[e], e))


def rank(vectors):
    """The rank over Z/2 of vectors given as whole numbers, a bit an entry."""
    basis = {}
    for vector in vectors:
        while vector and vector.bit_length() in basis:
            vector ^= basis[vector.bit_length()]
        if vector:
            basis[vector.bit_length()] = vector
    return len(basis)


def homology(distances, t):
    """The boundaries of triangles at a value, as sums of edges, and dim H_1 at that value."""
    edges = [e for e in in_order(distances) if distances[e] <= t]
    bit = {e: 1 << i for i, e in enumerate(edges)}
    filled = [
        bit[i, j] ^ bit[i, k] ^ bit[j, k]
        for i, j, k in combinations(range(len(distances)), 3)
        if (i, j) in bit and (i, k) in bit and (j, k) in bit
    ]
    n_cycles = len(edges) - rank([1 << i | 1 << j for i, j in edges])
    return bit, filled, n_cycles - rank(filled)


def cycles_of(edges):
    """A basis of the cycles of a graph: each edge that joins nothing, with its way in the tree."""
    way, cycles = {}, []
    for e in edges:
        part_u, part_v = way.setdefault(e[0], {e[0]: []}), way.setdefault(e[1], {e[1]: []})
        if part_u is part_v:
            cycles.append([e, *set(part_u[e[0]]).symmetric_difference(part_u[e[1]])])
            continue
        # Ways from one root: those of the second part go by way of the new edge.
        bridge = set(part_u[e[0]]) ^ {e}
        base = part_v[e[1]]
        for point, path in part_v.items():
            part_u[point] = list(set(path) ^ set(base) ^ bridge)
            way[point] = part_u
    return cycles


def as_number(edges, bit):
    number = 0
    for e in edges:
        number ^= bit[e]
    return number


def shortest_way(distances, u, v):
    """The least length of a path of earlier edges from u to v, and of edges: Bellman and Ford."""
    order = in_order(distances)
    earlier = order[: order.index((min(u, v), max(u, v)))]
    best = {u: (0.0, 0)}
    for _ in range(len(distances)):
        for a, b in [*earlier, *(e[::-1] for e in earlier)]:
            if a in best:
                new = (best[a][0] + distances[a, b], best[a][1] + 1)
                best[b] = min(best.get(b, new), new)
    return best[v]


def assert_loops_are_born_with_their_bars(distances, quantile, kind):
    finite = distances[np.isfinite(distances)]
    longest = float(np.quantile(finite, quantile))
    options = {"metric": "precomputed", "max_edge_length": longest}
    values = np.unique(finite[finite <= longest])
    loops, bars = representative_loops(distances, **options)
    assert_array_equal(bars, rips_persistence(distances, (1,), **options)[0])
    place = {e: i for i, e in enumerate(in_order(distances))}
    for loop, (birth, death) in zip(loops, bars, strict=True):
        edges = edges_of(loop)
        assert len(set(loop.tolist())) == len(loop) >= 4
        # The last edge closes it, and is that of the birth.
        assert max(edges, key=place.get) == edges[-1]
        assert distances[edges[-1]] == birth
        length = 0.0
        for e in edges[-2::-1]:
            length += distances[e]
        least, n_edges = shortest_way(distances, loop[-1], loop[0])
        assert length == least
        # Of lengths of all sizes the small ones are lost in sums, and with them the least number.
        assert len(edges) - 1 == n_edges or kind == "wide range"
        # Not from before, at no value while the bar lives; from before when it is over.
        old = cycles_of([e for e in place if place[e] < place[edges[-1]]])
        for t in values[(birth <= values) & (values <= death)]:
            bit, filled, _ = homology(distances, t)
            known = [*filled, *(as_number(cycle, bit) for cycle in old)]
            is_new = rank([*known, as_number(edges, bit)]) > rank(known)
            assert is_new == (t < death)
    for t in values:
        bit, filled, betti = homology(distances, t)
        alive = [
            as_number(edges_of(loop), bit)
            for loop, (birth, death) in zip(loops, bars, strict=True)
            if birth <= t < death
        ]
        assert len(alive) == betti
        assert rank([*filled, *alive]) == rank(filled) + betti


CASES = [(kind, n, seed) for kind in KINDS for n in (4, 7, 11) for seed in (0, 1)]


@pytest.mark.parametrize(("kind", "n", "seed"), CASES)
@pytest.mark.parametrize("quantile", [0.4, 1.0])
def test_loops_are_born_with_their_bars(kind, n, seed, quantile):
    distances = KINDS[kind](n, np.random.default_rng(seed))
    assert_loops_are_born_with_their_bars(distances, quantile, kind)


@pytest.mark.fuzz
@pytest.mark.filterwarnings("ignore:No bar in some degree above 0")
@pytest.mark.parametrize("kind", KINDS)
def test_many_more_loops_are_born_with_their_bars(kind):
    rng = np.random.default_rng(2)
    for _ in range(300):
        distances = KINDS[kind](int(rng.integers(2, 16)), rng)
        assert_loops_are_born_with_their_bars(distances, rng.random(), kind)


def test_a_circle_and_a_square_apart():
    angles = 2 * np.pi * np.arange(12) / 12
    circle = np.column_stack([np.cos(angles), np.sin(angles)])
    square = [[9, 0], [9.7, 0], [9.7, 0.7], [9, 0.7]]
    loops, bars = representative_loops(np.vstack([circle, square]), 2)
    assert [sorted(loop.tolist()) for loop in loops] == [list(range(12)), [12, 13, 14, 15]]
    steps = np.diff(np.append(loops[0], loops[0][0])) % 12
    assert set(steps.tolist()) in ({1}, {11})
    assert bars[0, 1] - bars[0, 0] > bars[1, 1] - bars[1, 0]


def test_the_order_of_points_does_not_matter():
    rng = np.random.default_rng(3)
    cloud = rng.normal(size=(80, 3))
    order = rng.permutation(80)
    loops, bars = representative_loops(cloud)
    others, other_bars = representative_loops(cloud[order])
    assert_array_equal(bars, other_bars)
    for loop, other in zip(loops, others, strict=True):
        assert set(edges_of(loop)) == set(edges_of(order[other]))


def test_copies_of_points_make_no_detour():
    hexagon = np.exp(1j * np.pi * np.arange(6) / 3)
    cloud = np.repeat(np.column_stack([hexagon.real, hexagon.imag]).round(6), 3, axis=0)
    (loop,), _ = representative_loops(cloud, 1)
    assert sorted(loop // 3) == list(range(6))


def test_which_bars():
    cloud = np.random.default_rng(0).normal(size=(60, 2))
    loops, diagram = representative_loops(cloud)
    lengths = diagram[:, 1] - diagram[:, 0]
    longest = np.argsort(-lengths, kind="stable")[:3]
    for bars in (3, diagram[longest]):
        chosen, their_bars = representative_loops(cloud, bars)
        assert_array_equal(their_bars, diagram[longest])
        for loop, row in zip(chosen, longest, strict=True):
            assert_array_equal(loop, loops[row])
    assert len(representative_loops(cloud, 10**6)[0]) == len(diagram)
    # Bars that do not end are the longest.
    threshold = float(np.median(diagram[:, 0]))
    _, (first,) = representative_loops(cloud, 1, max_edge_length=threshold)
    assert np.isinf(first[1])


def test_equal_bars_have_loops_of_their_own():
    grid = np.array([[i, j] for i in range(4) for j in range(4)], float)
    diagram = rips_persistence(grid, (1,))[0]
    assert len(np.unique(diagram, axis=0)) < len(diagram)
    loops, _ = representative_loops(grid, diagram)
    assert len({frozenset(edges_of(loop)) for loop in loops}) == len(diagram) == 9


@pytest.mark.parametrize("cloud", [np.empty((0, 2)), [[0, 0]], [[0, 0], [1, 0], [0, 1]]])
def test_no_loops(cloud):
    for bars in (None, 3, []):
        loops, found = representative_loops(cloud, bars)
        assert loops == []
        assert found.shape == (0, 2)


def test_lengths_whose_sums_overflow():
    square = np.array([[0, 0], [1, 0], [1, 1], [0, 1]])
    distances = np.abs(square[:, None] - square).max(axis=2).astype(float)
    distances[[0, 1, 2, 3], [2, 3, 0, 1]] = 1.5
    (loop,), _ = representative_loops(1e308 * distances, metric="precomputed")
    assert {abs(a - b) for a, b in edges_of(loop)} == {1, 3}


@pytest.mark.parametrize(
    ("bars", "error", "match"),
    [
        (0, ValueError, "bars must be at least 1"),
        (True, TypeError, "bars must be an integer"),
        ([[1, 2, 3]], ValueError, r"bars: .*births before deaths"),
        ([[1.0, 1.25]], ValueError, r"\(1.0, 1.25\) is no bar of degree 1"),
    ],
)
def test_bars_that_there_are_not(bars, error, match):
    with pytest.raises(error, match=match):
        representative_loops([[0, 0], [1, 0], [1, 1], [0, 1]], bars)


def test_what_cannot_be_read():
    with pytest.raises(ValueError, match=r"the cloud: .*NaN"):
        representative_loops([[0, np.nan], [1, 0]])
    with pytest.raises(ValueError, match="max_edge_length"):
        representative_loops([[0, 0]], max_edge_length=-1)


def loops_of(cycles):
    return [row[row >= 0].tolist() for row in cycles]


@pytest.mark.filterwarnings("ignore:No bar in some degree above 0")
@pytest.mark.parametrize("n", [0, 1, 3, 4, 40])
@pytest.mark.parametrize("degrees", [(1,), (0, 1), (1, 2)])
def test_cycles_are_the_loops_of_all_bars(n, degrees):
    distances = KINDS["random integers"](n, np.random.default_rng(n)) if n > 1 else np.zeros((n, n))
    options = {"metric": "precomputed", "max_edge_length": 3}
    diagrams, cycles = rips_persistence(distances, degrees, return_cycles=True, **options)
    loops, bars = representative_loops(distances, **options)
    assert_array_equal(diagrams[degrees.index(1)], bars)
    assert loops_of(cycles) == [loop.tolist() for loop in loops]
    # No wider than the longest, and all of the padding at the end.
    assert cycles.shape == (len(loops), max(map(len, loops), default=0))
    is_point = np.asarray(cycles) >= 0
    assert not (is_point[:, 1:] & ~is_point[:, :-1]).any()


def test_a_table_has_cycles_beside_degree_one(tmp_path):
    rng = np.random.default_rng(5)
    clouds = [rng.normal(size=(30, 3)) for _ in range(2)]
    stage = RipsPersistence(return_simplices=True, return_cycles=True, memory=tmp_path)
    table = stage.fit_transform(clouds)
    names = ["x0__H0", "x0__H0__simplices", "x0__H1", "x0__H1__simplices", "x0__H1__cycles"]
    assert stage.get_feature_names_out().tolist() == names
    for again in (table, stage.fit_transform(clouds)):  # the second from the cache
        for row, cloud in zip(again, clouds, strict=True):
            assert loops_of(row[4]) == [loop.tolist() for loop in representative_loops(cloud)[0]]
            assert_array_equal(np.sort(row[3][:, :2]), np.sort(ends(row[4])))


def ends(cycles):
    """The first and last point of each loop, which the edge of its birth joins."""
    return np.array([(loop[0], loop[-1]) for loop in loops_of(cycles)])


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"homology_dimensions": (0, 2)}, r"needs degree 1 in homology_dimensions, got \(0, 2\)"),
        ({"coefficient_field": 3}, "engine='gudhi' cannot do return_cycles=True"),
        ({"engine": "gudhi"}, "cannot do return_cycles=True; engine='lunes' can"),
    ],
)
def test_cycles_that_cannot_be_had(given, message):
    with pytest.raises(ValueError, match=message):
        rips_persistence(np.eye(4), **{"return_cycles": True, **given})


def test_flags_may_be_those_of_numpy():
    cloud = np.random.default_rng(0).normal(size=(20, 2))
    flags = {"return_simplices": np.True_, "return_cycles": np.True_}
    assert len(rips_persistence(cloud, **flags)) == 3
    assert isinstance(rips_persistence(cloud, return_cycles=np.False_), list)
