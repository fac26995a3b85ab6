"""Degree 0 alone: the minimum spanning tree, by Prim's algorithm on the matrix."""

import numpy as np
from numba import njit


@njit(cache=True, nogil=True)
def spanning_tree(distances):
    """Return the edges of a minimum spanning tree, (n - 1, 2), for n >= 1.

    O(n^2) time and O(n) memory. Edges of infinite length join what is never joined.
    """
    n = len(distances)
    edges = np.empty((n - 1, 2), np.int64)
    gaps = np.full(n, np.inf)
    ends = np.zeros(n, np.int64)
    barred = np.zeros(n)
    point = 0
    for m in range(n - 1):
        barred[point] = np.inf
        gaps[point] = np.inf
        _approach(distances[point], point, barred, gaps, ends)
        point = _first(gaps, _least(gaps), barred)
        edges[m] = ends[point], point
    return edges


@njit(cache=True, nogil=True)
def _approach(row, point, barred, gaps, ends):
    """Bring the gap between each point outside and the tree up to date; inf bars those inside."""
    for k in range(len(row)):
        gap = row[k] if row[k] > barred[k] else barred[k]
        is_closer = gap < gaps[k]
        gaps[k] = gap if is_closer else gaps[k]
        ends[k] = point if is_closer else ends[k]


@njit(cache=True, nogil=True, fastmath={"nnan", "nsz", "reassoc"})
def _least(gaps):
    least = np.inf
    for k in range(len(gaps)):
        least = min(least, gaps[k])
    return least


@njit(cache=True, nogil=True)
def _first(gaps, least, barred):
    """Return the first point outside whose gap is the least."""
    for k in range(len(gaps)):
        if gaps[k] == least and barred[k] == 0:
            return k
    return -1
