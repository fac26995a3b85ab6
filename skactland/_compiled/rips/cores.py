"""The components of a core, and its loops: steps 9 and 10 of `persistence/_lunes.py`."""

from typing import NamedTuple

import numpy as np

from skactland._compiled.bits import empty_rows, holds, join
from skactland._compiled.intrinsics import leading_zeros
from skactland._compiled.jit import kernel
from skactland._compiled.rips.graph import join_components
from skactland._compiled.rips.lunes import (
    first_in_lune,
    flood_from,
    flood_from_apex,
    meets_reached,
)

# Births of loops in a core that one word holds.
_TRACKED = 64


@kernel
def bring_components_forward(neighbours, points, m):
    """Reorder the points of a core: one of each component comes first.

    Parameters
    ----------
    neighbours : uint64 array of shape (n, n_words)
    points : int64 array of shape (n,)
        The first m of them are reordered in place.
    m : int

    Returns
    -------
    n_components, n_edges : int
        Of the core.
    """
    forest = np.arange(m)
    n_components, n_edges = m, 0
    for j in range(m):
        for i in range(j):
            if holds(neighbours, points[i], points[j]):
                n_edges += 1
                n_components -= join_components(forest, j, i)
    n_found = 0
    for i in range(m):
        if forest[i] == i:
            points[n_found], points[i] = points[i], points[n_found]
            n_found += 1
    return n_components, n_edges


class Loops(NamedTuple):
    """Loops of a core, each an edge that closes it and a path between its ends.

    Attributes
    ----------
    local : uint64 array of shape (m, n_words)
        The stars within the core, its points numbered by their place in the list.
    births : int64 array of shape (n_loops, 2)
        The closing edges, i < j.
    """

    local: np.ndarray
    births: np.ndarray


@kernel
def independent_loops(neighbours, points, m, n_edges):
    """Return loops that are a basis of the homology of degree 1 of a core.

    This is steps 2 to 6 once more, in small: the edges of the core come one by one, in any order, a
    birth is a bit of a word, and so its annotation, a sum of births, is a word. Where there are
    more births than bits, which hardly any core has, the loops span the homology, and some may
    hang on others.

    Parameters
    ----------
    neighbours : uint64 array of shape (n, n_words)
    points : int64 array of shape (n,)
        The core is the first m.
    m, n_edges : int

    Returns
    -------
    Loops
    """
    local, rest = empty_rows(m), empty_rows(m)[:1]
    sums = np.zeros((m, m), np.uint64)  # the annotation of each edge
    relations = np.zeros(_TRACKED, np.uint64)  # by its pivot each
    births = np.empty((n_edges, 2), np.int64)
    forest = np.arange(m)
    n_births = 0
    for j in range(m):
        join(local, j, j)
        for i in range(j):
            if not holds(neighbours, points[i], points[j]):
                continue
            apex = first_in_lune(local, i, j)
            if apex >= 0:
                sums[i, j] = sums[j, i] = sums[i, apex] ^ sums[j, apex]
                # Beyond, births are in no word, so that sums of them would be taken to be zero.
                if 0 < n_births <= _TRACKED:
                    _fill_triangles(local, i, j, apex, rest, sums, relations)
            elif not join_components(forest, i, j):
                if n_births < _TRACKED:
                    sums[i, j] = sums[j, i] = np.uint64(1) << np.uint64(n_births)
                births[n_births, 0] = i
                births[n_births, 1] = j
                n_births += 1
            join(local, i, j)
    n_kept = 0
    for k in range(n_births):
        if k >= _TRACKED or not relations[k]:
            births[n_kept, 0], births[n_kept, 1] = births[k, 0], births[k, 1]
            n_kept += 1
    return Loops(local, births[:n_kept])


@kernel
def _fill_triangles(local, i, j, apex, rest, sums, relations):
    """Let the boundary of a triangle of edge ij be zero, for each further component of its lune.

    Parameters
    ----------
    local : uint64 array of shape (m, n_words)
    i, j, apex : int
    rest : uint64 array of shape (1, n_words)
        Written in place.
    sums : uint64 array of shape (m, m)
        The annotation of each edge.
    relations : uint64 array of shape (64,)
        Changed in place, see `_relate`.
    """
    w = flood_from_apex(local, i, j, apex, rest)
    while w >= 0:
        if not meets_reached(local, i, j, w, rest):
            _relate(sums[i, j] ^ sums[i, w] ^ sums[j, w], relations)
        w = flood_from(local, w, rest)


@kernel
def _relate(word, relations):
    """Let a sum of births be zero: its youngest that is not dead dies.

    Parameters
    ----------
    word : uint64
    relations : uint64 array of shape (64,)
        By the birth that died of it each sum that is zero; changed in place.
    """
    while word:
        pivot = 63 - leading_zeros(word)
        if not relations[pivot]:
            relations[pivot] = word
            return
        word ^= relations[pivot]


@kernel
def close_loop(local, i, j, loop):
    """Write the points of a shortest loop of edge ij and edges that came before it.

    Parameters
    ----------
    local : uint64 array of shape (m, n_words)
        As in `Loops`.
    i, j : int
        i < j. Edges to j came in the order of their other end, and those among the points before j
        came earlier.
    loop : int64 array of shape (m,)
        Written in place: numbers of points within the core; j comes last.

    Returns
    -------
    int
        How many points the loop has.
    """
    parents = np.full(j, -1, np.int64)
    queue = np.empty(j, np.int64)
    queue[0] = parents[i] = i
    n_queued, k, x = 1, 0, i
    # Until an edge to j is found that came before ij.
    while x >= i or not holds(local, x, j):
        for y in range(j):
            if parents[y] < 0 and holds(local, x, y):
                parents[y] = x
                queue[n_queued] = y
                n_queued += 1
        k += 1
        x = queue[k]
    length = 0
    while x != i:
        loop[length] = x
        length += 1
        x = parents[x]
    loop[length] = i
    loop[length + 1] = j
    return length + 2
