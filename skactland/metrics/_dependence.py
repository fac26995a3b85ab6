"""One less the absolute correlation: how far activations are from telling each other."""

import numpy as np

from skactland._checks import check_cloud
from skactland.metrics._euclidean import euclidean_distances


def dependence_distances(cloud):
    r"""Return :math:`1 - |r|`, where r is the correlation of two rows over the columns.

    For clouds of units, one a row, with an input in each column (``points="units"`` of the
    extractor): units that rise and fall together, or one as the other falls, are near [1]_. With r
    from centred rows of norm 1, u and v, this is :math:`\min(\|u - v\|^2, \|u + v\|^2) / 2`, which
    keeps small distances accurate.

    Parameters
    ----------
    cloud : array of shape (n_points, n_coordinates)
        One point a row.

    Returns
    -------
    ndarray of shape (n_points, n_points)
        float64, symmetric, between 0 and 1, without a unit. Not a metric, as it breaks the triangle
        inequality, which Rips complexes bear. Rows that are constant, such as dead units, have no
        correlation: they are at distance 1 from all others, and at 0 of each other.

    Raises
    ------
    ValueError, TypeError
        If the cloud is not a two-dimensional array of finite numbers.

    See Also
    --------
    distance_matrix : Any metric by its name.

    References
    ----------
    .. [1] Ballester, Arnal Clemente, Casacuberta, Madadi, Corneanu, Escalera, "Predicting the
       generalization gap in neural networks using topological data analysis", Neurocomputing 596,
       2024, arXiv:2203.12330.

    Examples
    --------
    >>> from skactland.metrics import dependence_distances
    >>> dependence_distances([[0, 1, 2], [4, 2, 0], [1, -2, 1], [5, 5, 5]]).round(12)
    array([[0., 0., 1., 1.],
           [0., 0., 1., 1.],
           [1., 1., 0., 1.],
           [1., 1., 1., 0.]])
    """
    points = check_cloud(cloud)
    if points.shape[1] == 0:
        return np.zeros((len(points), len(points)))
    # Less one of their own values first, so that constant rows are exactly 0 whatever they hold; of
    # halves, as whole differences may overflow.
    rows = points / 2 - points[:, :1] / 2
    is_constant = ~rows.any(axis=1)
    largest = np.abs(rows).max(axis=1, initial=0, keepdims=True)
    rows = rows / np.where(largest > 0, largest, 1)  # of any scale, each by itself
    rows -= rows.mean(axis=1, keepdims=True)
    norms = np.linalg.norm(rows, axis=1, keepdims=True)
    halves = euclidean_distances(rows / np.where(norms > 0, norms, 1))
    halves *= halves
    halves /= 2
    np.minimum(halves, 2 - halves, out=halves)
    np.maximum(halves, 0, out=halves)  # rounding may take opposite rows a little further apart
    halves[np.ix_(is_constant, ~is_constant)] = 1
    halves[np.ix_(~is_constant, is_constant)] = 1
    return halves
