"""Disjoint spanning trees: each the minimum spanning tree of what the earlier ones left.

Prim's algorithm. An edge comes before another if it is shorter or, of equal length, if its ends
are closer to each other in the order of the points, or else if its smaller end is. By this order no
two edges are equal, so that each tree is the only one of its kind. And where all lengths are equal
it is a path: a star would take all edges of a point, and leave none for further trees.
"""

import numpy as np

from skactland._compiled.jit import kernel
from skactland._compiled.rips.spanning import write_squares

# Points whose distances to one other are worked out at once, in the nearest cache.
_BLOCK = 1024


@kernel
def disjoint_trees(distances, n_trees):
    """Return the edges of disjoint spanning trees, their lengths, and how many trees there are.

    O(n_trees n^2) time, and O(n_trees n) memory.

    Parameters
    ----------
    distances : float64 array of shape (n, n), n >= 1
        Symmetric and non-negative; infinite where points are never joined.
    n_trees : int

    Returns
    -------
    edges : int64 array of shape (n_trees, n - 1, 2)
    lengths : float64 array of shape (n_trees, n - 1)
    n_found : int
        Less than `n_trees` where what the first ones left is not connected.
    """
    n = len(distances)
    edges, lengths = np.zeros((n_trees, n - 1, 2), np.int64), np.zeros((n_trees, n - 1))
    taken = _no_edges(n, n_trees)
    for tree in range(n_trees):
        names, places, gaps, ends = _all_outside(n)
        row = np.empty(n)
        point = 0
        for last in range(n - 1, 0, -1):
            _leave(point, last, names, places, gaps, ends)
            for k in range(last):
                row[k] = distances[point, names[k]]
            _shut(row, point, last, places, taken)
            _come_closer(row[:last], point, names, gaps, ends)
            point = _join_nearest(last, names, gaps, ends, edges[tree], lengths[tree])
            if point < 0:
                return edges, lengths, tree
        _take(edges[tree], tree * (n - 1), taken)
    return edges, lengths, n_trees


@kernel
def disjoint_trees_of_points(points, n_trees):
    """Return the same for the Euclidean distances of points, without their matrix.

    O(n_trees n^2 d) time, and O(n (d + n_trees)) memory.

    Parameters
    ----------
    points : float64 array of shape (n, d), n >= 1
    n_trees : int

    Returns
    -------
    edges : int64 array of shape (n_trees, n - 1, 2)
    lengths : float64 array of shape (n_trees, n - 1)
    n_found : int
    """
    n = len(points)
    edges, lengths = np.zeros((n_trees, n - 1, 2), np.int64), np.zeros((n_trees, n - 1))
    taken = _no_edges(n, n_trees)
    squares = np.empty(_BLOCK)
    for tree in range(n_trees):
        names, places, gaps, ends = _all_outside(n)
        outside = points.T.copy()  # in the first columns
        row = np.empty(n)
        point = 0
        for last in range(n - 1, 0, -1):
            k = places[point]
            outside[:, k] = outside[:, last]
            _leave(point, last, names, places, gaps, ends)
            _write_distances(outside[:, :last], points[point], row, squares)
            _shut(row, point, last, places, taken)
            _come_closer(row[:last], point, names, gaps, ends)
            point = _join_nearest(last, names, gaps, ends, edges[tree], lengths[tree])
            if point < 0:
                return edges, lengths, tree
        _take(edges[tree], tree * (n - 1), taken)
    return edges, lengths, n_trees


@kernel
def _all_outside(n):
    """Return the points outside a tree that has none yet.

    Parameters
    ----------
    n : int

    Returns
    -------
    names : int64 array of shape (n,)
        The points, those outside first.
    places : int64 array of shape (n,)
        Where each point is among them.
    gaps : float64 array of shape (n,)
        The distance of each from the tree, in the order of the names.
    ends : int64 array of shape (n,)
        The point of the tree that it is measured from.
    """
    return np.arange(n), np.arange(n), np.full(n, np.inf), np.full(n, n)


@kernel
def _leave(point, last, names, places, gaps, ends):
    """Take a point from those outside: the last of these takes its place.

    Parameters
    ----------
    point : int
    last : int
        The place of the last.
    names, places : int64 array of shape (n,)
    gaps : float64 array of shape (n,)
    ends : int64 array of shape (n,)
        All changed in place.
    """
    k = places[point]
    moved = names[last]
    names[k], gaps[k], ends[k] = moved, gaps[last], ends[last]
    names[last] = point
    places[moved], places[point] = k, last


@kernel
def _write_distances(outside, coordinates, row, squares):
    """Write the distances of the points outside from one.

    Parameters
    ----------
    outside : float64 array of shape (d, n_outside)
    coordinates : float64 array of shape (d,)
    row : float64 array of shape (n,)
        The first `n_outside` are written in place.
    squares : float64 array of shape (n_squares,)
        Room.
    """
    n = outside.shape[1]
    for start in range(0, n, len(squares)):
        stop = min(start + len(squares), n)
        write_squares(outside[:, start:stop], coordinates, squares)
        for k in range(start, stop):
            row[k] = np.sqrt(squares[k - start])


@kernel
def _come_closer(row, point, names, gaps, ends):
    """Bring the gap between each point outside and the tree up to date, by the order of edges.

    Parameters
    ----------
    row : float64 array of shape (n_outside,)
        The distances from the point that has joined the tree last.
    point : int
        That point.
    names : int64 array of shape (n,)
    gaps : float64 array of shape (n,)
    ends : int64 array of shape (n,)
        The last two are changed in place.
    """
    for k in range(len(row)):
        here, there = abs(point - names[k]), abs(ends[k] - names[k])
        is_closer = here < there or (here == there and point < ends[k])
        is_first = row[k] < gaps[k] or (row[k] == gaps[k] and is_closer)
        ends[k] = point if is_first else ends[k]
        gaps[k] = row[k] if is_first else gaps[k]


@kernel
def _join_nearest(last, names, gaps, ends, edges, lengths):
    """Write the first edge from the tree to a point outside; return that point, -1 if none is near.

    Parameters
    ----------
    last : int
        How many points are outside.
    names : int64 array of shape (n,)
    gaps : float64 array of shape (n,)
    ends : int64 array of shape (n,)
    edges : int64 array of shape (n - 1, 2)
    lengths : float64 array of shape (n - 1,)
        Both are written in place.

    Returns
    -------
    int
    """
    k = _nearest(gaps[:last], ends, names)
    if gaps[k] == np.inf:
        return -1
    edges[last - 1] = ends[k], names[k]
    lengths[last - 1] = gaps[k]
    return names[k]


@kernel
def _nearest(gaps, ends, names):
    """Return the place of the point outside whose edge to the tree is the first.

    Parameters
    ----------
    gaps : float64 array of shape (n_outside,)
    ends, names : int64 array of shape (n,)

    Returns
    -------
    int
    """
    least = np.inf
    for k in range(len(gaps)):
        least = min(least, gaps[k])
    found, low, span = -1, 0, 0
    for k in range(len(gaps)):
        if gaps[k] == least:
            start, width = min(ends[k], names[k]), abs(ends[k] - names[k])
            if found < 0 or width < span or (width == span and start < low):
                found, low, span = k, start, width
    return found


@kernel
def _no_edges(n, n_trees):
    """Return room for the edges that are taken, as a list for each point.

    Parameters
    ----------
    n, n_trees : int

    Returns
    -------
    int64 array of shape (n + 4 n_trees (n - 1),)
        Where the list of each point begins, -1 for none; then for each end of an edge the other
        one, and where the list goes on.
    """
    taken = np.empty(n + 4 * n_trees * (n - 1), np.int64)
    taken[:n] = -1
    return taken


@kernel
def _take(edges, n_before, taken):
    """Add the edges of a tree to those that are taken.

    Parameters
    ----------
    edges : int64 array of shape (n - 1, 2)
    n_before : int
        The number of those added before.
    taken : int64 array of shape (n_taken,)
        Changed in place.
    """
    n = len(edges) + 1
    for m in range(len(edges)):
        for side in range(2):
            item = n + 4 * (n_before + m) + 2 * side
            taken[item] = edges[m, 1 - side]
            taken[item + 1] = taken[edges[m, side]]
            taken[edges[m, side]] = item


@kernel
def _shut(row, point, n_outside, places, taken):
    """Make the edges infinite that are taken, of those from one point to the points outside.

    Parameters
    ----------
    row : float64 array of shape (n,)
        Changed in place.
    point, n_outside : int
    places : int64 array of shape (n,)
    taken : int64 array of shape (n_taken,)
    """
    item = taken[point]
    while item >= 0:
        k = places[taken[item]]
        if k < n_outside:
            row[k] = np.inf
        item = taken[item + 1]
