"""The relative neighbourhood graph: the edges whose lune is empty (Toussaint 1980).

The lune of an edge uv is the set of points w for which uw and vw both come before uv. The edges
without one are the minimum spanning tree and the births of degree 1, so that their number says when
no class is still to be born.
"""

import numpy as np
from numba import njit

from skactland._rips._edges import precedes

# Most pairs have one of their ends' nearest neighbours in their lune.
_N_NEAREST = 8


@njit(cache=True, nogil=True)
def count_empty_lunes(distances, threshold):
    """Return the number of edges up to a threshold with an empty lune."""
    n = len(distances)
    nearest = _nearest_points(distances, min(_N_NEAREST, n - 1))
    bounds = np.empty(n)
    count = 0
    for u in range(n - 1):
        row = distances[u]
        lengths = row[u + 1 :]
        bound = bounds[: len(lengths)]
        bound[:] = np.inf
        for w in nearest[u]:
            _lower(bound, distances[w, u + 1 :], row[w])
        for j in range(len(lengths)):
            length = lengths[j]
            if length > threshold or bound[j] < length:
                continue
            v = u + 1 + j
            other = distances[v]
            if not _holds_any(row, other, nearest[v], length) and _is_empty(row, other, u, v):
                count += 1
    return count


@njit(cache=True, nogil=True)
def _nearest_points(distances, k):
    """Return for each point the k nearest others, by insertion into a short list."""
    n = len(distances)
    points = np.empty((n, k), np.int64)
    lengths = np.empty(k)
    for u in range(n):
        row = distances[u]
        found = 0
        for v in range(n):
            if v == u or (found == k and row[v] >= lengths[k - 1]):
                continue
            found = min(found + 1, k)
            i = found - 1
            while i > 0 and lengths[i - 1] > row[v]:
                lengths[i] = lengths[i - 1]
                points[u, i] = points[u, i - 1]
                i -= 1
            lengths[i] = row[v]
            points[u, i] = v
    return points


@njit(cache=True, nogil=True)
def _lower(bound, lengths, length):
    """Lower each bound to the longer of the two edges over one point."""
    for j in range(len(bound)):
        longer = lengths[j] if lengths[j] > length else length
        bound[j] = longer if longer < bound[j] else bound[j]


@njit(cache=True, nogil=True)
def _holds_any(row, other, points, length):
    """Tell whether one of some points is in a lune, ties aside."""
    n_inside = 0
    for w in points:
        n_inside += row[w] < length and other[w] < length
    return n_inside > 0


@njit(cache=True, nogil=True)
def _is_empty(row, other, u, v):
    """Tell whether no point is in the lune of uv; ties are looked at only where there are any."""
    length = row[v]
    n_ties = 0
    for start in range(0, len(row), 256):
        ours = row[start : start + 256]
        theirs = other[start : start + 256]
        n_inside = 0
        for w in range(len(ours)):
            longer = ours[w] if ours[w] > theirs[w] else theirs[w]
            n_inside += 1 if longer < length else 0
            n_ties += 1 if longer == length else 0
        if n_inside:
            return False
    if n_ties > 2:  # u and v are two
        for w in range(len(row)):
            if w in (u, v):
                continue
            if precedes(row[w], u, w, length, u, v) and precedes(other[w], v, w, length, u, v):
                return False
    return True
