"""Degree 0 alone: the minimum spanning tree, by Prim's algorithm."""

import numpy as np

from skactland._compiled.jit import kernel

# Gaps of points in the tree, and of points that it has not come close to: integers above the bits
# of all doubles, infinity included.
_INSIDE = np.int64(2**63 - 1)
_OUTSIDE = _INSIDE - 1
# Gaps that are compared at once.
_STRIDE = 128
# Points whose distances to one other are worked out at once, in the nearest cache.
_BLOCK = 1024


def spanning_tree(distances):
    """Return the edges of a minimum spanning tree, (n - 1, 2), for n >= 1, and their lengths.

    O(n^2) time and O(n) memory. Edges of infinite length join what is never joined.
    """
    # Read as integers, the bits of doubles that are not negative keep their order, and the least of
    # integers is found several times as fast.
    edges, bits = _prim(np.ascontiguousarray(distances).view(np.int64))
    return edges, bits.view(np.float64)


@kernel
def _prim(distances):
    n = len(distances)
    edges = np.empty((n - 1, 2), np.int64)
    lengths = np.empty(n - 1, np.int64)
    gaps = np.full(n, _OUTSIDE)
    ends = np.zeros(n, np.int64)
    floors = np.zeros(n, np.int64)
    point = 0
    for m in range(n - 1):
        floors[point] = gaps[point] = _INSIDE
        lengths[m] = _approach(distances[point], point, floors, gaps, ends)
        point = _first(gaps, lengths[m])
        edges[m] = ends[point], point
    return edges, lengths


@kernel
def _approach(row, point, floors, gaps, ends):
    """Bring the gap between each point outside and the tree up to date; return the least.

    Floors keep points in the tree from coming close again.
    """
    least = _INSIDE
    for k in range(len(row)):
        gap = max(row[k], floors[k])
        ends[k] = point if gap < gaps[k] else ends[k]
        gaps[k] = min(gap, gaps[k])
        least = min(least, gaps[k])
    return least


@kernel
def _first(gaps, least):
    """Return the first point whose gap is the least."""
    for start in range(0, len(gaps), _STRIDE):
        part = gaps[start : start + _STRIDE]
        n_found = 0
        for k in range(len(part)):
            n_found += part[k] == least
        if n_found:
            return start + np.argmax(part == least)
    return -1


@kernel
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


@kernel
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
