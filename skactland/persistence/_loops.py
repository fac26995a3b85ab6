"""Loops of a cloud that can be seen: a representative for each bar of degree 1."""

from numbers import Integral

import numpy as np

from skactland._checks import (
    Simplices,
    as_matrix,
    at_place,
    check_count,
    check_diagram,
    check_max_edge_length,
)
from skactland._compiled.rips.cycles import close_loops
from skactland.metrics._memory import reserve_memory
from skactland.metrics._registry import find_metric
from skactland.persistence._engines import ENGINES, choose_engine, rips_bars

_TOO_MANY_POINTS = "Use fewer: landmarks or several subsamples (skactland.PointSampler)."


def representative_loops(
    cloud, bars=None, *, metric="euclidean", metric_params=None, max_edge_length=np.inf
):
    r"""Return a loop of points for each bar of degree 1, and the bars.

    The edge uv that begins the bar is closed by a shortest path from u to v among the edges that
    came strictly before it. So the loop is a shortest one of all that begin with this edge.

    Parameters
    ----------
    cloud : array of shape (n_points, n_units)
        One point a row, or a distance matrix if ``metric="precomputed"``.
    bars : int, array of shape (n_bars, 2) or None, default=None
        Which bars: that many of the longest, the longest first, all if there are fewer; rows
        (birth, death) of the diagram that :func:`~skactland.rips_persistence` returns for the same
        cloud, metric and `max_edge_length`; or all, in the order of that diagram.
    metric : str or callable, default="euclidean"
        As in :func:`~skactland.rips_persistence`.
    metric_params : dict or None, default=None
        Further arguments of the metric.
    max_edge_length : float, default=inf
        As in :func:`~skactland.rips_persistence`. Bars that do not end have death inf, and are
        longer than all others.

    Returns
    -------
    loops : list of int64 arrays of shape (n_loop_points,)
        Indices of points, in order around each loop, which is closed by the edge from its last
        point to its first. That edge is the one that begins the bar; at least 4 points, none twice.
    bars : ndarray of shape (n_loops, 2)
        The bar (birth, death) of each, in units of the metric.

    Raises
    ------
    ValueError, TypeError
        If the cloud or a parameter is not valid, or a row of `bars` is none of the diagram's.
    MemoryError
        If there are too many points for the memory that is available.

    See Also
    --------
    rips_persistence : The bars; with ``return_cycles=True`` the loops of all of them.
    skactland.displays.LoopDisplay : Draws loops.

    Notes
    -----
    Edges come by length and, where lengths are equal, by their two ends (i, j), i < j, as in the
    engine. Homology is over Z/2. For a bar (b, d) and its loop z:

    - All edges of z are of length at most b, and z is not homologous, at any value from b to just
      before d, to a sum of edges that came before its own last one. In particular its class is not
      zero while the bar lives, and not from before b.
    - At each value the loops of the bars that are alive there are a basis of the homology.
    - At d, z becomes homologous to a cycle of older edges. That cycle need not be zero: z itself is
      *not* guaranteed to be filled at d. It may run around an older hole as well, which is filled
      later. The cycle that is filled at d is a sum of z and older loops, in general no single loop.

    *Why.* No triangle comes with uv, so a cycle with uv as its last edge is homologous to none
    without it when it comes. If the sum of several such cycles were filled before d, for the bar of
    the youngest of their last edges, that edge would have ended before its bar does.

    Shortest by the sum of lengths, as rounded, and, where sums are equal, by the number of edges:
    decimals such as 0.1 are rounded, and what is a tie among them may be none. Sums of
    lengths hardly ever tie, so that the loop does not depend on the order of the points; numbers of
    edges nearly always do. Where lengths are equal, as on lattices or among duplicates, which edge
    begins a bar, and which of several shortest paths is taken, may depend on that order.

    O(n^2) time a loop at worst, beyond that of the diagram.

    Examples
    --------
    >>> from skactland import representative_loops
    >>> loops, bars = representative_loops([[0, 0], [1, 0], [1, 1], [0, 1], [0.5, 9]], 1)
    >>> sorted(loops[0].tolist())
    [0, 1, 2, 3]
    >>> bars.round(4)
    array([[1.    , 1.4142]])
    """
    if isinstance(bars, Integral):
        bars = check_count(bars, "bars")
    elif bars is not None:
        with at_place("bars"):
            bars = check_diagram(bars)
    max_edge_length = check_max_edge_length(max_edge_length)
    measure, params = find_metric(metric, metric_params)
    with at_place("the cloud"):
        n_points = len(as_matrix(cloud))
        engine = choose_engine("auto", (1,), 2, ["loops"], n_points)
        bytes_per_pair = max(measure.bytes_per_pair, ENGINES[engine].bytes_for((1,)))
        with reserve_memory(n_points, bytes_per_pair, _TOO_MANY_POINTS):
            distances = measure.function(cloud, **params)
            diagrams, simplices = rips_bars(distances, (1,), max_edge_length, 2, engine)
            rows = _chosen(bars, diagrams[0])
            points, stops = _close(distances, simplices[0][rows])
    return np.split(points, stops)[:-1], diagrams[0][rows]


def padded_loops(distances, simplices):
    """Return the loops of all bars as the rows of one array, -1 where a loop is over.

    Parameters
    ----------
    distances : float64 array of shape (n, n)
    simplices : Simplices of shape (n_bars, 5)
        Of degree 1, from the same distances.
    """
    points, stops = _close(distances, simplices)
    lengths = np.diff(stops, prepend=0)
    loops = np.full((len(lengths), lengths.max(initial=0)), -1)
    loops[np.arange(loops.shape[1]) < lengths[:, None]] = points
    return Simplices.of(loops)


def _close(distances, simplices):
    """Return the points of the loops of bars of degree 1, one after the other, and their ends."""
    # Of plain arrays, as kernels take no other.
    births = np.array(simplices[:, :2], dtype=np.int64)
    return close_loops(np.ascontiguousarray(distances), births)


def _chosen(bars, diagram):
    """Return the rows of a diagram that are asked for."""
    if bars is None:
        return np.arange(len(diagram))
    if isinstance(bars, int):
        return np.argsort(diagram[:, 0] - diagram[:, 1], kind="stable")[:bars]
    # Equal bars, such as those of a lattice, are taken one after the other.
    free = {}
    for row, bar in enumerate(diagram.tolist()):
        free.setdefault(tuple(bar), []).append(row)
    rows = []
    for bar in bars.tolist():
        if not free.get(tuple(bar)):
            raise ValueError(
                f"{tuple(bar)} is no bar of degree 1, or is wanted more often than it is there; "
                "give rows of the diagram of rips_persistence for the same points, metric and "
                "max_edge_length."
            )
        rows.append(free[tuple(bar)].pop(0))
    return np.array(rows, dtype=np.int64)
