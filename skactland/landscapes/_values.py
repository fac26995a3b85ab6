"""Values of persistence landscapes at given filtration values."""

import numpy as np

from skactland._checks import as_array, check_count, check_diagram
from skactland._compiled.landscapes.tents import level_values
from skactland.landscapes._bars import finite_bars


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

    See Also
    --------
    PersistenceLandscape : The function itself.
    skactland.LandscapeVectorizer : The values of a table, as features.

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
    bars = finite_bars(check_diagram(diagram))
    expected = "nodes must be a one-dimensional array of increasing, finite values"
    # In C order, as numba compiles anew for every other layout.
    nodes = as_array(nodes, expected).astype(np.float64, order="C", copy=False)
    if nodes.ndim != 1 or not np.isfinite(nodes).all() or (nodes[1:] < nodes[:-1]).any():
        raise ValueError(f"{expected}, got {np.array2string(nodes, threshold=6)}.")
    values = np.zeros((check_count(n_landscapes, "n_landscapes"), len(nodes)))
    level_values(bars, nodes, values)
    return values
