"""Degrees 0 and 1 over Z/2, by lunes.

Edges come in increasing order, ties broken by a fixed rule. The *lune* of an edge uv is the set of
points w such that uw and vw have come already.

1. An edge with an empty lune joins two components, or it is the birth of a class of degree 1.
2. An edge with a point w in its lune, its apex, is filled in at once by the triangle uvw: it is
   homologous to the path over w, and nothing else follows from it.
3. Two points of a lune that are connected within it fill the same cycle. So only one triangle for
   each *further component* of the lune can make a class die, and these triangles are few.

The boundary of such a triangle is a sum of three edges, each of which is, over its apexes, a sum of
the classes that were born so far. If that sum is not zero, its youngest class dies: it equals the
older ones from then on. The relative neighbourhood graph, the edges with an empty lune, is counted
beforehand. Once all of them have come and no class is alive, nothing can happen any more: the rest
of the edges, most of them, are neither sorted nor looked at.

Lunes and their components: Koyama, Memoli, Robins, Turner, arXiv:2307.16333. Classes as sums that
are updated forwards ("annotations"): Dey, Fan, Wang, "Computing topological persistence for
simplicial maps", 2014; de Silva, Morozov, Vejdemo-Johansson, "Dualities in persistent
(co)homology", 2011. Why nothing happens past the enclosing radius: Bauer, "Ripser", 2021.
"""

import numpy as np
from numba import njit

from skactland._rips._annotations import ALIVE, EMPTY, add, class_of, keep, new_sums, settle
from skactland._rips._bits import (
    flip,
    intersect,
    look_into_lune,
    lowest,
    lowest_common,
    move,
)
from skactland._rips._edges import LARGEST, bin_edges, sort_edges
from skactland._rips._neighbourhood import count_empty_lunes

# Edges that are added before the triangles among them are dealt with.
_BLOCK = 1024
# Least number of edges that are sorted at once.
_CHUNK = 32_768
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
    merges, births, deaths = _pairs(distances, threshold, order)
    components = np.zeros((len(distances), 2))
    components[:, 1] = _lengths(distances, merges)
    loops = np.column_stack([_lengths(distances, births), _lengths(distances, deaths)])
    return [components, loops], [merges, np.hstack([births, deaths])]


def _lengths(distances, simplices):
    """Return the lengths of the first edges of simplices, infinite where there is none."""
    lengths = distances[simplices[:, 0], simplices[:, 1]]
    return np.where(simplices[:, 0] < 0, np.inf, lengths)


@njit(cache=True, nogil=True)
def _pairs(distances, threshold, order):
    """Return what makes components die, classes be born, and classes die, as points.

    Inside, points are numbered by `order`.
    """
    n = len(distances)
    n_empty = count_empty_lunes(distances, threshold)
    codes, lengths, bins = bin_edges(distances, threshold)
    place = np.empty(n, np.int64)
    place[order] = np.arange(n)
    bits = np.zeros((n, (n + 63) // 64), np.uint64)
    apexes = np.empty((n, n), np.int32)
    forest = np.arange(n)
    remains = np.full(n_empty + 1, ALIVE, np.int32)
    marks = np.zeros(n_empty // 64 + 1, np.uint64)
    sums = new_sums(n_empty)
    merges = np.full((n, 2), -1, np.int64)
    births = np.full((n_empty, 2), -1, np.int64)
    deaths = np.full((n_empty, 3), -1, np.int64)
    triangles = np.empty((n + 4 * _BLOCK, 3), np.int64)
    counts = np.zeros(4, np.int64)
    stop = 0
    for k in range(len(bins) - 1):
        start = stop
        is_last = k + 2 == len(bins)
        if not is_last and bins[k + 1] < start + _CHUNK:
            continue
        stop = bins[k + 1]
        chunk = codes[start:stop]
        sort_edges(chunk, lengths[start:stop])
        done = 0
        while done < len(chunk):
            done += _add_edges(
                chunk[done : done + _BLOCK], place, bits, apexes, forest, merges, births,
                triangles, counts,
            )  # fmt: skip
            for triangle in triangles[: counts[TRIANGLES]]:
                sums = _fill_in(triangle, order, apexes, marks, sums, remains, deaths, counts)
            if counts[MERGES] + counts[BIRTHS] == n_empty and counts[BIRTHS] == counts[DEATHS]:
                return merges, births[: counts[BIRTHS]], deaths[: counts[BIRTHS]]
    return merges, births[: counts[BIRTHS]], deaths[: counts[BIRTHS]]


@njit(cache=True, nogil=True)
def _add_edges(codes, place, bits, apexes, forest, merges, births, triangles, counts):
    """Add edges one by one, and list the triangles that may make a class die.

    Returns the number of edges added, fewer than given if the list is nearly full.
    """
    lune = np.empty(bits.shape[1], np.uint64)
    reached = np.empty(bits.shape[1], np.uint64)
    counts[TRIANGLES] = 0
    for e in range(len(codes)):
        if counts[TRIANGLES] + len(bits) > len(triangles):
            return e
        i, j = divmod(np.int64(codes[e]), LARGEST)
        u, v = min(place[i], place[j]), max(place[i], place[j])
        apex, sees_all = look_into_lune(bits, u, v)
        if apex >= 0:
            apexes[u, v] = apex
            if not sees_all and counts[BIRTHS] > counts[DEATHS]:
                intersect(bits[u], bits[v], lune)
                _list_triangles(u, v, apex, lune, reached, bits, triangles, counts)
        elif _join(forest, u, v):
            apexes[u, v] = EMPTY
            merges[counts[MERGES]] = i, j
            counts[MERGES] += 1
        else:
            apexes[u, v] = -2 - counts[BIRTHS]
            births[counts[BIRTHS]] = i, j
            counts[BIRTHS] += 1
        flip(bits[u], v)
        flip(bits[v], u)
    return len(codes)


@njit(cache=True, nogil=True)
def _list_triangles(u, v, apex, lune, reached, bits, triangles, counts):
    """List a triangle over uv for each component of its lune but the one of the apex.

    Points still in `lune` are not known to be connected to the component; those in `reached` are,
    and their neighbours have not been looked at.
    """
    flip(lune, apex)
    reached[:] = 0
    w = apex
    while move(lune, reached, bits[w]):
        w = lowest(lune)
        if lowest_common(reached, bits[w]) >= 0:
            flip(lune, w)
            continue
        w = lowest(reached)
        if w >= 0:
            flip(reached, w)
            continue
        w = lowest(lune)
        flip(lune, w)
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
