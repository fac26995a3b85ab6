"""Persistence landscapes: from the bars of a diagram to functions."""

import warnings

import numpy as np

from skactland._checks import check_count, check_diagram
from skactland._tables import cell_places, check_table, empty_table
from skactland._tents import critical_points, inner_product, level_values

#: What may be done with bars whose death is infinite.
ESSENTIAL_POLICIES = ("drop", "cut")


def finite_bars(diagram, essential="drop", end=np.inf):
    """Return the bars that have a landscape: finite, of positive length, in the kernels' order.

    Parameters
    ----------
    diagram : array of shape (n_bars, 2)
        Checked already.
    essential : {"drop", "cut"}
        Leave out the bars with infinite death, or let them die at `end`.
    end : float
        Where infinite bars are cut.
    """
    bars = diagram.copy()
    if essential == "cut":
        bars[np.isinf(bars[:, 1]), 1] = end
    bars = bars[(bars[:, 0] < bars[:, 1]) & np.isfinite(bars[:, 1])]
    return bars[np.lexsort((-bars[:, 1], bars[:, 0]))]


def check_diagram_table(estimator, X, *, reset):
    """Return a table of checked diagrams, its columns learned or held against those of fit."""
    given = check_table(estimator, X, "diagrams", reset=reset)
    places = cell_places(estimator, given.shape)
    diagrams = empty_table(*given.shape)
    for index in np.ndindex(given.shape):
        diagrams[index] = check_diagram(given[index], places[index])
    return diagrams


def warn_of_dropped_bars(estimator, diagrams):
    """Warn if dropping infinite bars loses more than the one essential component of a cloud.

    That component is [0, inf). Any other infinite bar is a piece or a hole that the filtration was
    too short to see die.
    """
    if estimator.essential != "drop":
        return
    places = cell_places(estimator, diagrams.shape)
    lossy = [places[i] for i in np.ndindex(diagrams.shape) if _has_unfinished_bars(diagrams[i])]
    if lossy:
        others = f" and {len(lossy) - 1} more" if len(lossy) > 1 else ""
        warnings.warn(
            f"Infinite bars other than the one essential component are dropped in {lossy[0]}"
            f"{others}. Raise max_edge_length so that they die, or keep them with "
            'essential="cut".',
            UserWarning,
            stacklevel=3,
        )


def _has_unfinished_bars(diagram):
    births = diagram[np.isinf(diagram[:, 1]), 0]
    return len(births) > 1 or births.any()


def column_window(diagrams):
    """Return the least birth and the largest finite death of some diagrams, (0, 1) if none."""
    bars = np.concatenate([finite_bars(diagram) for diagram in diagrams])
    return (bars[:, 0].min(), bars[:, 1].max()) if len(bars) else (0.0, 1.0)


def landscape_values(diagram, nodes, n_landscapes=5):
    r"""Return the exact values of the first levels of a persistence landscape.

    The landscape of a diagram is the sequence of functions

    .. math:: \lambda_k(t) = k\text{-th largest of } \max(0, \min(t - b_i, d_i - t)),
        \quad k = 1, 2, \dots

    over its bars :math:`(b_i, d_i)` [1]_; levels beyond the number of bars are zero.

    Parameters
    ----------
    diagram : array of shape (n_bars, 2)
        Rows (birth, death). Bars with infinite death have no landscape and are left out.
    nodes : array of shape (n_nodes,)
        Increasing filtration values.
    n_landscapes : int, default=5
        Number of levels.

    Returns
    -------
    array of shape (n_landscapes, n_nodes)
        Row k - 1 holds :math:`\lambda_k` at the nodes, in units of the filtration value. Nothing is
        rounded to a grid: the nodes only say where the functions are read.

    Raises
    ------
    ValueError, TypeError
        If a bar dies before its birth or has NaN coordinates, the nodes do not increase, or
        `n_landscapes` is not a positive integer.

    References
    ----------
    .. [1] Bubenik, "Statistical topological data analysis using persistence landscapes", Journal
       of Machine Learning Research 16, 2015.

    Examples
    --------
    >>> from skactland import landscape_values
    >>> landscape_values([[0, 4], [1, 3]], nodes=[0, 1, 2, 3, 4], n_landscapes=3)
    array([[0., 1., 2., 1., 0.],
           [0., 0., 1., 0., 0.],
           [0., 0., 0., 0., 0.]])
    """
    bars = finite_bars(check_diagram(diagram, "the diagram"))
    nodes = np.ascontiguousarray(nodes, dtype=np.float64)
    if nodes.ndim != 1 or not np.isfinite(nodes).all() or (np.diff(nodes) < 0).any():
        raise ValueError("nodes must be a one-dimensional array of increasing, finite values.")
    values = np.zeros((check_count(n_landscapes, "n_landscapes"), len(nodes)))
    level_values(bars, nodes, values)
    return values


def critical_points_of(diagram, essential="drop", end=np.inf):
    """Return all levels of a checked diagram's landscape, as the kernels write them."""
    return critical_points(finite_bars(diagram, essential, end))


def landscape_inner_product(diagram, other):
    r"""Return the exact L2 inner product of the landscapes of two diagrams.

    .. math:: \langle D, E \rangle = \sum_{k \ge 1} \int \lambda_k(t)\, \lambda'_k(t)\, dt

    over all levels, integrated piece by piece without a grid (units: cubed filtration value). In
    particular :math:`\langle D, D \rangle = \sum_i (d_i - b_i)^3 / 12`.

    Parameters
    ----------
    diagram, other : array of shape (n_bars, 2)
        Rows (birth, death). Bars with infinite death are left out.

    Returns
    -------
    float

    Raises
    ------
    ValueError, TypeError
        If a bar dies before its birth or has NaN coordinates.

    Examples
    --------
    >>> from skactland.landscapes import landscape_inner_product
    >>> round(landscape_inner_product([[0, 2]], [[1, 3]]), 6)
    0.166667
    """
    f, g = (
        critical_points_of(check_diagram(bars, where))
        for bars, where in ((diagram, "diagram"), (other, "other"))
    )
    return float(inner_product(*f, *g))
