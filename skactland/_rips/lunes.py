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

from skactland._rips._annotations import (
    ALIVE,
    EMPTY,
    add,
    class_of,
    keep,
    longer,
    new_sums,
    settle,
    single,
)
from skactland._rips._bits import (
    cover,
    drop,
    flip,
    lowest,
    lowest_beyond,
    lowest_common,
    meets_others,
    write_rest,
)
from skactland._rips._edges import BEYOND, LARGEST, cut, fetch_edges, write_levels
from skactland._rips._neighbourhood import longest_empty_lune
from skactland._rips._space import allocate

# Edges that are added before the triangles among them are dealt with.
_BLOCK = 1024
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
    reach = distances.max(axis=1)
    threshold = min(max_edge_length, reach.min())
    if np.isinf(threshold):
        threshold = distances[np.isfinite(distances)].max()
    # The first point of a lune should be close to the others: central points come first.
    order = np.argsort(reach, kind="stable")
    space = allocate(len(distances))
    scale = write_levels(distances, threshold, space.levels)
    cuts = cut(space.levels)
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
    place[order] = np.arange(n)
    bits = np.zeros((n, (n + 63) // 64), np.uint64)
    for u in range(n):
        flip(bits[u], u)  # so that a point is among its neighbours
    forest = np.arange(n)
    sums = new_sums(2 * _BLOCK)
    remains = np.empty(2 * _BLOCK, np.int32)
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
            done += _add_edges(
                codes[done : done + _BLOCK], place, bits, apexes, forest, merges, births,
                deaths, remains, triangles, counts,
            )  # fmt: skip
            for triangle in triangles[: counts[TRIANGLES]]:
                sums = _fill_in(triangle, order, apexes, marks, sums, remains, deaths, counts)
    return merges, births[: counts[BIRTHS]], deaths[: counts[BIRTHS]]


@njit(cache=True, nogil=True)
def _cut_at(level, cuts):
    """Let a part end at a level, which is often the last that is needed."""
    k = np.searchsorted(cuts, level)
    if 0 < k < len(cuts) - 1:
        cuts[k] = level


@njit(cache=True, nogil=True)
def _add_edges(
    codes, place, bits, apexes, forest, merges, births, deaths, remains, triangles, counts
):
    """Add edges one by one, and list the triangles that may make a class die.

    Returns the number of edges added, fewer than given if the list is nearly full.
    """
    rest = np.empty(bits.shape[1], np.uint64)
    counts[TRIANGLES] = 0
    for e in range(len(codes)):
        if counts[TRIANGLES] + len(bits) > len(triangles):
            return e
        i, j = codes[e] // LARGEST, codes[e] % LARGEST
        u, v = min(place[i], place[j]), max(place[i], place[j])
        apex = lowest_common(bits, u, v)
        if apex >= 0:
            apexes[u, v] = apex
            if counts[BIRTHS] > counts[DEATHS]:
                other = lowest_beyond(bits, u, v, apex)
                if other >= 0:
                    _list_triangles(u, v, apex, other, rest, bits, triangles, counts)
        elif _join(forest, u, v):
            apexes[u, v] = EMPTY
            merges[counts[MERGES]] = i, j
            counts[MERGES] += 1
        else:
            birth = counts[BIRTHS]
            apexes[u, v] = single(birth)
            births[birth] = i, j
            deaths[birth] = -1
            remains[birth] = ALIVE
            counts[BIRTHS] += 1
        flip(bits[u], v)
        flip(bits[v], u)
    return len(codes)


@njit(cache=True, nogil=True)
def _list_triangles(u, v, apex, other, rest, bits, triangles, counts):
    """List a triangle over uv for each component of its lune but that of the apex.

    From the apex on, all neighbours of a point are reached at once: `other` is the next point, then
    the lowest of the rest. A point that is joined to those reached only over others of the rest
    counts as a component as well: its triangle changes nothing, and is rare.
    """
    is_done, is_joined = cover(bits, u, v, apex, other)
    if not is_joined:
        _list(u, v, other, triangles, counts)
    if not is_done:
        write_rest(bits, u, v, apex, other, rest)
    while not is_done:
        other = lowest(rest)
        if not meets_others(bits, u, v, other, rest):
            _list(u, v, other, triangles, counts)
        is_done = drop(rest, bits, other)


@njit(cache=True, nogil=True)
def _list(u, v, w, triangles, counts):
    triangles[counts[TRIANGLES]] = u, v, w
    counts[TRIANGLES] += 1


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
def _fill_in(triangle, order, apexes, marks, sums, remains, deaths, counts):
    """Let the youngest class of a triangle's boundary die, if it is not zero already."""
    u, v, w = triangle
    sums, one = class_of(u, v, apexes, marks, sums, remains)
    sums, two = class_of(min(u, w), max(u, w), apexes, marks, sums, remains)
    sums, three = class_of(min(v, w), max(v, w), apexes, marks, sums, remains)
    highest = max(add(marks, sums, one), add(marks, sums, two), add(marks, sums, three))
    start = sums[2][1]
    sums, stop = settle(marks, highest, sums, remains)
    if start < stop:
        youngest = sums[1][start]
        sums, remains[youngest] = keep(sums, start + 1, stop)
        deaths[youngest] = order[u], order[v], order[w]
        counts[DEATHS] += 1
    return sums
