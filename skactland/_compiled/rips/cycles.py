"""Loops that begin bars of degree 1: the edge of a birth, and a shortest way back.

Ways lead over edges that came before, in the order of `edges`: by length, and among equal lengths
by their ends as they come in the matrix. Dijkstra's algorithm; of ways of equal length that with
fewer edges is shorter, so that points which coincide make no detour.
"""

import numpy as np

from skactland._compiled.jit import kernel

# A way has fewer than 2**16 edges: made so much smaller, lengths above the limit have finite sums.
_LARGE, _SMALLER = 2.0**1000, 2.0**-20


@kernel
def close_loops(distances, births):
    """Return the points of a shortest loop for each birth, in order around it.

    O(n^2) time for a birth, at worst.

    Parameters
    ----------
    distances : float64 array of shape (n, n)
        Symmetric and non-negative; infinite where points are never joined.
    births : int64 array of shape (n_births, 2)
        Edges whose ends are connected by edges that came before.

    Returns
    -------
    points : int64 array of shape (n_loop_points,)
        Loop after loop; each begins and ends with the ends of its birth.
    stops : int64 array of shape (n_births,)
        Where each loop stops.
    """
    n = len(distances)
    before = np.empty(n, np.int64)
    stops = np.empty(len(births), np.int64)
    points = np.empty(4 * len(births), np.int64)
    used = 0
    for k in range(len(births)):
        u, v = births[k, 0], births[k, 1]
        # From v, so that the way is read off from u on.
        _find_way(distances, v, u, before)
        x = u
        while True:
            if used == len(points):
                points = np.concatenate((points, np.empty_like(points)))
            points[used] = x
            used += 1
            if x == v:
                break
            x = before[x]
        stops[k] = used
    return points[:used], stops


@kernel
def _find_way(distances, start, goal, before):
    """Find a shortest way between the ends of an edge, over edges that came before it.

    Parameters
    ----------
    distances : float64 array of shape (n, n)
    start, goal : int
    before : int64 array of shape (n,)
        Written in place: the point before each on the way from the start, as far as it was looked
        for.
    """
    n = len(distances)
    limit = distances[start, goal]
    edge = min(start, goal) * n + max(start, goal)
    scale = _SMALLER if limit > _LARGE else 1.0
    sums, steps = np.full(n, np.inf), np.zeros(n, np.int64)
    is_open = np.ones(n, np.uint8)
    sums[start] = 0.0
    last = np.inf  # no way ends with a shorter edge
    for y in range(n):
        if y != goal:
            last = min(last, scale * distances[goal, y])
    x = start
    # Ways over points that are too far from the start to be on a shorter one need no look.
    while x != goal and sums[x] + last <= sums[goal]:
        is_open[x] = 0
        row, so_far, step = distances[x], sums[x], steps[x] + 1
        nearest = -1
        for y in range(n):
            if not is_open[y]:
                continue
            length = row[y]
            if length < limit or (length == limit and min(x, y) * n + max(x, y) < edge):
                total = so_far + scale * length
                if total < sums[y] or (total == sums[y] and step < steps[y]):
                    sums[y], steps[y], before[y] = total, step, x
            if (
                nearest < 0
                or sums[y] < sums[nearest]
                or (sums[y] == sums[nearest] and steps[y] < steps[nearest])
            ):
                nearest = y
        x = nearest
