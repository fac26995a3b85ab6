"""Degree 0 alone: the minimum spanning tree, by Prim's algorithm."""

import numpy as np

from skactland._compiled.jit import kernel

# Gaps of points in the tree, and of points that it has not come close to: integers above the bits
# of all doubles, infinity included.
INSIDE = np.int64(2**63 - 1)
OUTSIDE = INSIDE - 1
# Gaps that are compared at once.
_STRIDE = 128
# Points whose distances to one other are worked out at once, in the nearest cache.
_BLOCK = 1024


def spanning_tree(distances):
    """Return the edges of a minimum spanning tree and their lengths.

    O(n^2) time and O(n) memory. Edges of infinite length join what is never joined.

    Parameters
    ----------
    distances : float64 array of shape (n, n), n >= 1
        Symmetric and non-negative.

    Returns
    -------
    edges : int64 array of shape (n - 1, 2)
    lengths : float64 array of shape (n - 1,)
    """
    # Read as integers, the bits of doubles that are not negative keep their order, and the least of
    # integers is found several times as fast.
    edges, bits = _prim(np.ascontiguousarray(distances).view(np.int64))
    return edges, bits.view(np.float64)


@kernel
def _prim(distances):
    """Return the same for distances as integers.

    Parameters
    ----------
    distances : int64 array of shape (n, n)

    Returns
    -------
    edges : int64 array of shape (n - 1, 2)
    lengths : int64 array of shape (n - 1,)
    """
    n = len(distances)
    edges = np.empty((n - 1, 2), np.int64)
    lengths = np.empty(n - 1, np.int64)
    gaps = np.empty(n, np.int64)
    ends = np.empty(n, np.int64)
    floors = np.empty(n, np.int64)
    for k in range(n):
        gaps[k], ends[k], floors[k] = OUTSIDE, 0, 0
    point = 0
    for m in range(n - 1):
        floors[point] = gaps[point] = INSIDE
        lengths[m] = update_gaps(distances[point], point, floors, gaps, ends)
        point = first_at(gaps, lengths[m])
        edges[m, 0], edges[m, 1] = ends[point], point
    return edges, lengths


@kernel
def update_gaps(row, point, floors, gaps, ends):
    """Bring the gap between each point outside and the tree up to date; return the least.

    Floors keep points in the tree from coming close again, without a branch in the loop.

    Parameters
    ----------
    row : int64 array of shape (n,)
        The distances from the point that has joined the tree last.
    point : int
        That point.
    floors : int64 array of shape (n,)
        `INSIDE` for points in the tree, 0 for others.
    gaps : int64 array of shape (n,)
    ends : int64 array of shape (n,)
        The point of the tree that is nearest to each point. Both are changed in place.

    Returns
    -------
    int64
    """
    least = INSIDE
    for k in range(len(row)):
        gap = max(row[k], floors[k])
        ends[k] = point if gap < gaps[k] else ends[k]
        gaps[k] = min(gap, gaps[k])
        least = min(least, gaps[k])
    return least


@kernel
def first_at(gaps, least):
    """Return the first point whose gap is the least.

    Parameters
    ----------
    gaps : int64 array of shape (n,)
    least : int64

    Returns
    -------
    int
    """
    for start in range(0, len(gaps), _STRIDE):
        stop = min(start + _STRIDE, len(gaps))
        n_found = 0
        for k in range(start, stop):
            n_found += gaps[k] == least
        if n_found:
            k = start
            while gaps[k] != least:
                k += 1
            return k
    return -1


@kernel
def spanning_tree_of_points(points):
    """Return the same for the Euclidean distances of points, without their matrix.

    O(n^2 d) time and O(n d) memory.

    Parameters
    ----------
    points : float64 array of shape (n, d), n >= 1

    Returns
    -------
    edges : int64 array of shape (n - 1, 2)
    lengths : float64 array of shape (n - 1,)
    """
    n = len(points)
    edges = np.empty((n - 1, 2), np.int64)
    lengths = np.empty(n - 1)
    outside = points.T.copy()  # in the first columns
    names = np.empty(n, np.int64)
    gaps = np.empty(n)
    ends = np.empty(n, np.int64)
    for k in range(n):
        names[k], gaps[k], ends[k] = k, np.inf, 0
    squares = np.empty(_BLOCK)
    point, coordinates = n - 1, points[n - 1].copy()
    for last in range(n - 2, -1, -1):
        _update_gaps_to_points(outside[:, : last + 1], coordinates, point, gaps, ends, squares)
        k, least = 0, gaps[0]
        for j in range(1, last + 1):
            if gaps[j] < least:
                k, least = j, gaps[j]
        edges[last, 0], edges[last, 1] = ends[k], names[k]
        lengths[last] = np.sqrt(least)
        point = names[k]
        # The last of those outside takes its place, so that they stay side by side.
        for i in range(len(outside)):
            coordinates[i], outside[i, k] = outside[i, k], outside[i, last]
        names[k], gaps[k], ends[k] = names[last], gaps[last], ends[last]
    return edges, lengths


@kernel
def _update_gaps_to_points(outside, coordinates, point, gaps, ends, squares):
    """Bring the squared gaps up to date; each is summed in the order of the coordinates.

    Parameters
    ----------
    outside : float64 array of shape (d, n_outside)
        The coordinates of the points outside the tree.
    coordinates : float64 array of shape (d,)
        Those of the point that has joined the tree last.
    point : int
        That point.
    gaps : float64 array of shape (n_gaps,)
    ends : int64 array of shape (n_gaps,)
        The first `n_outside` are changed in place.
    squares : float64 array of shape (n_squares,)
        Room for the squared distances of some points at once, written in place.
    """
    n = outside.shape[1]
    for start in range(0, n, len(squares)):
        stop = min(start + len(squares), n)
        write_squares(outside[:, start:stop], coordinates, squares)
        for k in range(start, stop):
            is_closer = squares[k - start] < gaps[k]
            gaps[k] = squares[k - start] if is_closer else gaps[k]
            ends[k] = point if is_closer else ends[k]


@kernel
def write_squares(points, coordinates, squares):
    """Write the squared distances of points from one, summed in the order of the coordinates.

    Parameters
    ----------
    points : float64 array of shape (d, n)
    coordinates : float64 array of shape (d,)
        Those of the one.
    squares : float64 array of shape (n_squares,)
        The first n are written in place, n <= n_squares.
    """
    for k in range(points.shape[1]):
        squares[k] = 0.0
    for j in range(len(points)):
        row, x = points[j], coordinates[j]
        for k in range(len(row)):
            squares[k] += (row[k] - x) * (row[k] - x)
