"""Degrees 0 and 1 over Z/2, by lunes.

Edges come in increasing order, ties broken by a fixed rule. The *lune* of an edge uv is the set of
points w such that uw and vw have come already.

1. An edge with an empty lune joins two components, or it is the birth of a class of degree 1.
2. An edge with a point w in its lune, its apex, is filled in at once by the triangle uvw: it is
   homologous to the path over w, and nothing else follows from it.
3. Two points of a lune that are connected within it fill the same cycle. So only one triangle for
   each *further component* of the lune can make a class die, and these triangles are few. They
   matter only while a class is alive.

The boundary of such a triangle is a sum of three edges, each of which is, over its apexes, a sum of
the classes that were born so far. If that sum is not zero, its youngest class dies: it equals the
older ones from then on. The edges with an empty lune are the relative neighbourhood graph; how long
they are is found out beforehand. Once they have come and no class is alive, nothing can happen any
more: the rest of the edges, most of them, are neither sorted nor looked at.

Lunes and their components: Koyama, Memoli, Robins, Turner, arXiv:2307.16333. Classes as sums that
are updated forwards ("annotations"): Dey, Fan, Wang, "Computing topological persistence for
simplicial maps", 2014; de Silva, Morozov, Vejdemo-Johansson, "Dualities in persistent
(co)homology", 2011. Why nothing happens past the enclosing radius: Bauer, "Ripser", 2021.
"""

import numpy as np
from numba import njit

from skactland._intrinsics import prefetch
from skactland._rips._annotations import ALIVE, EMPTY, longer, settle_triangle, single, work_out
from skactland._rips._bits import (
    join,
    lowest_beyond,
    lowest_common,
    meets_reached,
    new_rows,
    reach,
)
from skactland._rips._edges import BEYOND, LARGEST, cut, fetch_edges, sample, write_levels
from skactland._rips._neighbourhood import longest_empty_lune
from skactland._rips._order import central_first
from skactland._rips._space import allocate

# Edges that are added before the triangles among them are dealt with.
_BLOCK = 1024
# What an edge needs is fetched while those before it are dealt with.
_AHEAD = 8
# What the counts of a run count.
MERGES, BIRTHS, DEATHS, TRIANGLES = range(4)


def lune_bars(distances, max_edge_length):
    """Return the bars of degrees 0 and 1, zero-length ones included, and where they come from.

    Parameters
    ----------
    distances : C-contiguous float64 array of shape (n, n), 2 <= n <= 65536
        Symmetric, non-negative, with zero diagonal; infinite where points are never joined.
    max_edge_length : float

    Returns
    -------
    bars : list of two arrays of shape (n_bars, 2)
    simplices : list of two arrays
        For degree 0 the edge that kills each bar, (n_bars, 2). For degree 1 the edge of the birth
        and the triangle of the death, its longest edge first, (n_bars, 5). -1 where a bar lives on.
    """
    threshold = min(max_edge_length, distances.max(axis=1).min())  # the enclosing radius
    if np.isinf(threshold):
        threshold = distances[np.isfinite(distances)].max()
    space = allocate(len(distances))
    scale = write_levels(distances, threshold, space.levels)
    seen = sample(space.levels)
    cuts = cut(seen)
    order = central_first(space.levels, seen[len(seen) // 16])
    merges, births, deaths = _pairs(distances, threshold, order, scale, cuts, space)
    components = np.zeros((len(distances), 2))
    components[:, 1] = _lengths(distances, merges)
    loops = np.column_stack([_lengths(distances, births), _lengths(distances, deaths)])
    return [components, loops], [merges, np.hstack([births, deaths])]


def _lengths(distances, simplices):
    """Return the lengths of the first edges of simplices, infinite where there is none."""
    lengths = distances[simplices[:, 0], simplices[:, 1]]
    return np.where(simplices[:, 0] < 0, np.inf, lengths)


@njit(cache=True, nogil=True)
def _pairs(distances, threshold, order, scale, cuts, space):
    """Return what makes components die, classes be born, and classes die, as points.

    Inside, points are numbered by `order`.
    """
    n, apexes = len(distances), space.apexes
    place = np.empty(n, np.int64)
    for u in range(n):
        place[order[u]] = u
    bits = new_rows(n)
    for u in range(n):
        join(bits, u, u)  # so that a point is among its neighbours
    forest = np.arange(n)
    remains = np.empty(2 * _BLOCK, np.int32)
    # Small at first, so that every test sees them grow.
    todo, pool = np.empty((4, 2), np.int32), np.empty(len(remains) + 16, np.int32)
    used = np.zeros(1, np.int64)
    merges = np.full((n, 2), -1, np.int64)
    births = np.empty((2 * _BLOCK, 2), np.int64)
    deaths = np.empty((2 * _BLOCK, 3), np.int64)
    marks = np.zeros(len(births) // 64, np.uint64)
    triangles = np.empty((n + 4 * _BLOCK, 3), np.int64)
    counts = np.zeros(4, np.int64)
    longest, last_level = 0.0, np.int64(BEYOND)
    low = -1
    for high in cuts:
        if counts[BIRTHS] == counts[DEATHS] and low >= last_level:
            break
        codes, lengths = fetch_edges(distances, low, high, space)
        if low < 0:
            longest = longest_empty_lune(distances, threshold, space.levels, scale, codes)
            last_level = np.int64(longest * scale)
            _cut_at(last_level, cuts)
        low = high
        done = 0
        while done < len(codes):
            if counts[BIRTHS] == counts[DEATHS] and lengths[done] > longest:
                return merges, births[: counts[BIRTHS]], deaths[: counts[BIRTHS]]
            if counts[BIRTHS] + _BLOCK > len(births):
                births, deaths, remains = longer(births), longer(deaths), longer(remains)
                marks = np.zeros(len(births) // 64, np.uint64)
                pool = longer(pool)
            done += _add_edges(
                codes[done : done + _BLOCK], place, bits, apexes, forest, merges, births,
                deaths, remains, triangles, counts,
            )  # fmt: skip
            todo, pool = _fill_in(
                triangles[: counts[TRIANGLES]], order, apexes, todo, marks, pool, used,
                remains, deaths, counts,
            )  # fmt: skip
    return merges, births[: counts[BIRTHS]], deaths[: counts[BIRTHS]]


@njit(cache=True, nogil=True)
def _cut_at(level, cuts):
    """Let a part end at a level, which is often the last that is needed."""
    for k in range(1, len(cuts) - 1):
        if cuts[k - 1] < level <= cuts[k]:
            cuts[k] = level


@njit(cache=True, nogil=True)
def _add_edges(
    codes, place, bits, apexes, forest, merges, births, deaths, remains, triangles, counts
):
    """Add edges one by one, and list the triangles that may make a class die.

    Returns the number of edges added, fewer than given if the list is nearly full.
    """
    rest = np.empty((1, bits.shape[1]), np.uint64)
    counts[TRIANGLES] = 0
    for e in range(len(codes)):
        if counts[TRIANGLES] + len(bits) > len(triangles):
            return e
        if e + _AHEAD < len(codes):
            u, v = _ends(codes[e + _AHEAD], place)
            prefetch(bits, u, 0)
            prefetch(bits, v, 0)
            prefetch(apexes, u, v)
        u, v = _ends(codes[e], place)
        apex = lowest_common(bits, u, v)
        if apex >= 0:
            apexes[u, v] = apex
            if counts[BIRTHS] > counts[DEATHS]:
                # From the apex on, all neighbours of a point are reached at once. A point that is
                # joined to those reached only over others of the rest counts as a component as
                # well: its triangle changes nothing, and is rare.
                w = lowest_beyond(bits, u, v, apex, rest)
                while w >= 0:
                    if not meets_reached(bits, u, v, w, rest):
                        _list(u, v, w, triangles, counts)
                    w = reach(bits, w, rest)
        elif _join(forest, u, v):
            apexes[u, v] = EMPTY
            _write_ends(codes[e], merges, counts[MERGES])
            counts[MERGES] += 1
        else:
            birth = counts[BIRTHS]
            apexes[u, v] = single(birth)
            _write_ends(codes[e], births, birth)
            deaths[birth] = -1
            remains[birth] = ALIVE
            counts[BIRTHS] += 1
        join(bits, u, v)
    return len(codes)


@njit(cache=True, nogil=True)
def _ends(code, place):
    """Return the numbers of an edge's ends in the order of the points, the lower one first."""
    one, two = place[code // LARGEST], place[code % LARGEST]
    return min(one, two), max(one, two)


@njit(cache=True, nogil=True)
def _write_ends(code, edges, k):
    """Write the points that an edge joins to a row; value by value, which compiles faster."""
    edges[k, 0] = code // LARGEST
    edges[k, 1] = code % LARGEST


@njit(cache=True, nogil=True)
def _list(u, v, w, triangles, counts):
    k = counts[TRIANGLES]
    triangles[k, 0] = u
    triangles[k, 1] = v
    triangles[k, 2] = w
    counts[TRIANGLES] = k + 1


@njit(cache=True, nogil=True)
def _join(forest, u, v):
    """Join the trees of two points; tell whether they were two."""
    u, v = _root(forest, u), _root(forest, v)
    forest[u] = v
    return u != v


@njit(cache=True, nogil=True)
def _root(forest, u):
    while forest[u] != u:
        forest[u] = forest[forest[u]]
        u = forest[u]
    return u


@njit(cache=True, nogil=True)
def _fill_in(triangles, order, apexes, todo, marks, pool, used, remains, deaths, counts):
    """Let the youngest class of each triangle's boundary die, if it is not zero already.

    Returns the arrays that may have become longer.
    """
    for k in range(len(triangles)):
        u, v, w = triangles[k, 0], triangles[k, 1], triangles[k, 2]
        while not work_out(u, v, w, apexes, todo, marks, pool, used, remains):
            todo, pool = longer(todo), longer(pool)
        youngest = settle_triangle(u, v, w, apexes, marks, pool, used, remains)
        if youngest >= 0:
            deaths[youngest, 0] = order[u]
            deaths[youngest, 1] = order[v]
            deaths[youngest, 2] = order[w]
            counts[DEATHS] += 1
    return todo, pool
