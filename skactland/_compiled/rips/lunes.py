"""The loop over edges that pairs births and deaths; `skactland.persistence._lunes` tells why."""

import numpy as np

from skactland._compiled.bits import (
    join,
    lowest_beyond,
    lowest_common,
    meets_reached,
    new_rows,
    reach,
)
from skactland._compiled.intrinsics import prefetch
from skactland._compiled.jit import kernel
from skactland._compiled.rips.annotations import (
    ALIVE,
    EMPTY,
    longer,
    settle_triangle,
    single,
    work_out,
)
from skactland._compiled.rips.edges import BEYOND, LARGEST, fetch_edges
from skactland._compiled.rips.neighbourhood import longest_empty_lune

# Edges that are added before the triangles among them are dealt with.
_BLOCK = 1024
# What an edge needs is fetched while those before it are dealt with.
_AHEAD = 8
# What the counts of a run count.
MERGES, BIRTHS, DEATHS, TRIANGLES = range(4)


@kernel
def pairs(distances, threshold, order, scale, cuts, space):
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


@kernel
def _cut_at(level, cuts):
    """Let a part end at a level, which is often the last that is needed."""
    for k in range(1, len(cuts) - 1):
        if cuts[k - 1] < level <= cuts[k]:
            cuts[k] = level


@kernel
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


@kernel
def _ends(code, place):
    """Return the numbers of an edge's ends in the order of the points, the lower one first."""
    one, two = place[code // LARGEST], place[code % LARGEST]
    return min(one, two), max(one, two)


@kernel
def _write_ends(code, edges, k):
    """Write the points that an edge joins to a row; value by value, which compiles faster."""
    edges[k, 0] = code // LARGEST
    edges[k, 1] = code % LARGEST


@kernel
def _list(u, v, w, triangles, counts):
    k = counts[TRIANGLES]
    triangles[k, 0] = u
    triangles[k, 1] = v
    triangles[k, 2] = w
    counts[TRIANGLES] = k + 1


@kernel
def _join(forest, u, v):
    """Join the trees of two points; tell whether they were two."""
    u, v = _root(forest, u), _root(forest, v)
    forest[u] = v
    return u != v


@kernel
def _root(forest, u):
    while forest[u] != u:
        forest[u] = forest[forest[u]]
        u = forest[u]
    return u


@kernel
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
