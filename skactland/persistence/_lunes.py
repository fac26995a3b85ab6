"""Degrees 0 and 1 over Z/2, by lunes.

Edges come in increasing order, ties broken by a fixed rule. The *lune* of an edge uv is the set of
points w such that uw and vw have come already.

1. An edge with an empty lune joins two components, or it is the birth of a class of degree 1.
2. An edge with a point w in its lune, its apex, is filled in at once by the triangle uvw: it is
   homologous to the path over w, and nothing else follows from it.
3. Two points of a lune that are connected within it fill the same cycle. So only one triangle for
   each *further component* of the lune can make a class die, and these triangles are few. They
   matter only while a class is alive.

The boundary of such a triangle is a sum of three edges, each of which is, over its apexes, a sum of
the classes that were born so far. If that sum is not zero, its youngest class dies: it equals the
older ones from then on. The edges with an empty lune are the relative neighbourhood graph; how long
they are is found out beforehand. Once they have come and no class is alive, nothing can happen any
more: the rest of the edges, most of them, are neither sorted nor looked at.

Lunes and their components: Koyama, Memoli, Robins, Turner, arXiv:2307.16333. Classes as sums that
are updated forwards ("annotations"): Dey, Fan, Wang, "Computing topological persistence for
simplicial maps", 2014; de Silva, Morozov, Vejdemo-Johansson, "Dualities in persistent
(co)homology", 2011. Why nothing happens past the enclosing radius: Bauer, "Ripser", 2021.
"""

import numpy as np

from skactland._compiled.rips.edges import cut, sample, write_levels
from skactland._compiled.rips.lunes import pairs
from skactland._compiled.rips.order import central_first
from skactland._compiled.rips.space import allocate


def lune_bars(distances, max_edge_length):
    """Return the bars of degrees 0 and 1, zero-length ones included, and where they come from.

    Parameters
    ----------
    distances : C-contiguous float64 array of shape (n, n), 2 <= n <= 65536
        Symmetric, non-negative, with zero diagonal; infinite where points are never joined.
    max_edge_length : float

    Returns
    -------
    bars : list of two arrays of shape (n_bars, 2)
    simplices : list of two arrays
        For degree 0 the edge that kills each bar, (n_bars, 2). For degree 1 the edge of the birth
        and the triangle of the death, its longest edge first, (n_bars, 5). -1 where a bar lives on.
    """
    threshold = min(max_edge_length, distances.max(axis=1).min())  # the enclosing radius
    if np.isinf(threshold):
        threshold = distances[np.isfinite(distances)].max()
    space = allocate(len(distances))
    scale = write_levels(distances, threshold, space.levels)
    seen = sample(space.levels)
    cuts = cut(seen)
    order = central_first(space.levels, seen[len(seen) // 16])
    merges, births, deaths = pairs(distances, threshold, order, scale, cuts, space)
    components = np.zeros((len(distances), 2))
    components[:, 1] = _lengths(distances, merges)
    loops = np.column_stack([_lengths(distances, births), _lengths(distances, deaths)])
    return [components, loops], [merges, np.hstack([births, deaths])]


def _lengths(distances, simplices):
    """Return the lengths of the first edges of simplices, infinite where there is none."""
    lengths = distances[simplices[:, 0], simplices[:, 1]]
    return np.where(simplices[:, 0] < 0, np.inf, lengths)
