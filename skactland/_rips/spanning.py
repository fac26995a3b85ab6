"""Degree 0 alone: the minimum spanning tree, by Prim's algorithm."""

import numpy as np
from numba import njit

# Points whose distances to one other are worked out at once, in the nearest cache.
_BLOCK = 1024


@njit(cache=True, nogil=True)
def spanning_tree(distances):
    """Return the edges of a minimum spanning tree, (n - 1, 2), for n >= 1, and their lengths.

    O(n^2) time and O(n) memory. Edges of infinite length join what is never joined.
    """
    n = len(distances)
    edges = np.empty((n - 1, 2), np.int64)
    lengths = np.empty(n - 1)
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
        lengths[m] = gaps[point]
    return edges, lengths


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


@njit(cache=True, nogil=True)
def spanning_tree_of_points(points):
    """Return the same for the Euclidean distances of points, (n, d), without their matrix.

    O(n^2 d) time and O(n d) memory.
    """
    n = len(points)
    edges = np.empty((n - 1, 2), np.int64)
    lengths = np.empty(n - 1)
    outside = points.T.copy()  # in the first columns
    names = np.arange(n)
    gaps = np.full(n, np.inf)
    ends = np.zeros(n, np.int64)
    squares = np.empty(_BLOCK)
    point, coordinates = n - 1, points[n - 1].copy()
    for last in range(n - 2, -1, -1):
        _approach_points(outside[:, : last + 1], coordinates, point, gaps, ends, squares)
        k = np.argmin(gaps[: last + 1])
        edges[last] = ends[k], names[k]
        lengths[last] = np.sqrt(gaps[k])
        point, coordinates = names[k], outside[:, k].copy()
        outside[:, k] = outside[:, last]
        names[k], gaps[k], ends[k] = names[last], gaps[last], ends[last]
    return edges, lengths


@njit(cache=True, nogil=True)
def _approach_points(outside, coordinates, point, gaps, ends, squares):
    """Bring the squared gaps up to date; each is summed in the order of the coordinates."""
    d, n = outside.shape
    for start in range(0, n, len(squares)):
        stop = min(start + len(squares), n)
        squares[:] = 0
        for j in range(d):
            row, x = outside[j, start:stop], coordinates[j]
            for k in range(len(row)):
                squares[k] += (row[k] - x) * (row[k] - x)
        for k in range(start, stop):
            is_closer = squares[k - start] < gaps[k]
            gaps[k] = squares[k - start] if is_closer else gaps[k]
            ends[k] = point if is_closer else ends[k]
