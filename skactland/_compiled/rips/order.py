"""In which order points are tried as the apex of a lune."""

import numpy as np

from skactland._compiled.jit import kernel


def central_first(levels, near):
    """Return the points in an order that begins with those in the middle of dense places.

    They come by the number of points at most a level `near` away that have more such points than
    they have themselves. The first of them in a lune is joined to most of the others; an order by
    density alone would leave the points of a thin place to the end.
    """
    crowds = _count_near(levels, near)
    return np.argsort(_count_more_crowded(levels, near, crowds), kind="stable")


@kernel
def _count_near(levels, near):
    crowds = np.empty(len(levels), np.uint16)
    for u in range(len(levels)):
        row, n_near = levels[u], 0
        for v in range(len(row)):
            n_near += row[v] <= near
        crowds[u] = min(n_near, 65_535)
    return crowds


@kernel
def _count_more_crowded(levels, near, crowds):
    counts = np.empty(len(levels), np.uint16)
    for u in range(len(levels)):
        row, crowd, n_more = levels[u], crowds[u], 0
        for v in range(len(row)):
            n_more += (row[v] <= near) & (crowds[v] > crowd)
        counts[u] = min(n_more, 65_535)
    return counts
