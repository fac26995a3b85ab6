"""Graphs of nearest neighbours, and the numbers of steps between their points."""

import numpy as np

from skactland._compiled.intrinsics import trailing_zeros
from skactland._compiled.jit import kernel

_ONE = np.uint64(1)


@kernel
def nearest_neighbours(distances, n_neighbors):
    """Return the points nearest to each point, itself not counted.

    They come by distance; of points equally near, those that come first.

    Parameters
    ----------
    distances : float64 array of shape (n, n)
    n_neighbors : int
        From 1 to n - 1.

    Returns
    -------
    int64 array of shape (n, n_neighbors)
    """
    n = len(distances)
    nearest = np.empty((n, n_neighbors), np.int64)
    gaps = np.empty(n_neighbors)
    for u in range(n):
        row, points = distances[u], nearest[u]
        gaps[:] = np.inf
        n_found = 0
        for v in range(n):
            # Until there are enough, points at infinite distance count too.
            if v == u or (n_found == n_neighbors and row[v] >= gaps[n_neighbors - 1]):
                continue
            k = min(n_found, n_neighbors - 1)
            while k > 0 and row[v] < gaps[k - 1]:
                gaps[k], points[k] = gaps[k - 1], points[k - 1]
                k -= 1
            gaps[k], points[k] = row[v], v
            n_found = min(n_found + 1, n_neighbors)
    return nearest


@kernel
def hop_counts(starts, neighbours):
    """Return the least number of edges between any two points.

    All points look one step further at a time: what one has reached, as a row of bits, is what its
    neighbours had reached before.

    Parameters
    ----------
    starts : int64 array of shape (n + 1,)
    neighbours : int64 array of shape (n_neighbours,)
        The neighbours of point u are ``neighbours[starts[u] : starts[u + 1]]``.

    Returns
    -------
    float64 array of shape (n, n)
        Infinite where no path leads.
    """
    n = len(starts) - 1
    counts = np.full((n, n), np.inf)
    reached = np.zeros((n, (n + 63) // 64), np.uint64)
    for u in range(n):
        counts[u, u] = 0
        reached[u, u >> 6] = _ONE << np.uint64(u & 63)
    step, n_new = 0, n
    while n_new:
        step += 1
        n_new = 0
        before = reached.copy()
        for u in range(n):
            row = reached[u]
            for k in range(starts[u], starts[u + 1]):
                _unite(row, before[neighbours[k]])
            n_new += _write_new(row, before[u], step, counts[u])
    return counts


@kernel
def _unite(row, other):
    """Put the members of another set into a set.

    Parameters
    ----------
    row : uint64 array of shape (n_words,)
        Changed in place.
    other : uint64 array of shape (n_words,)
    """
    for i in range(len(row)):
        row[i] |= other[i]


@kernel
def _write_new(row, before, step, counts):
    """Write a number of steps for each point that has been reached now; return how many have.

    Parameters
    ----------
    row, before : uint64 array of shape (n_words,)
        The points that have been reached, and those that had been before.
    step : int
    counts : float64 array of shape (n,)
        Changed in place.

    Returns
    -------
    int
    """
    n_new = 0
    for i in range(len(row)):
        new = row[i] & ~before[i]
        while new:
            counts[64 * i + trailing_zeros(new)] = step
            new &= new - _ONE
            n_new += 1
    return n_new
