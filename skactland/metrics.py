"""Distance matrices of point clouds."""

import numpy as np
from scipy.spatial.distance import pdist, squareform
from sklearn.metrics import pairwise_distances

from skactland._checks import check_cloud, check_distances


def distance_matrix(cloud, metric="euclidean", metric_params=None, *, where="the cloud"):
    r"""Return the matrix of distances between the points of a cloud.

    Parameters
    ----------
    cloud : array of shape (n_points, n_units)
        One point a row; with ``metric="precomputed"`` the distance matrix itself, which is
        checked.
    metric : str or callable, default="euclidean"
        "euclidean" is :math:`\sqrt{\sum_j (x_j - y_j)^2}`, summed over the differences in double
        precision, so that duplicates are at distance 0 exactly. Any other name or callable that
        :func:`sklearn.metrics.pairwise_distances` takes, or "precomputed".
    metric_params : dict or None
        Further arguments of the metric, such as ``{"p": 3}`` for "minkowski".
    where : str
        What the cloud is called in error messages.

    Returns
    -------
    array of shape (n_points, n_points)
        float64; finite, symmetric, non-negative, with zero diagonal.

    Raises
    ------
    ValueError
        If a coordinate or a distance is NaN or infinite, or the distances are negative, not
        symmetric or not zero on the diagonal.

    Examples
    --------
    >>> distance_matrix([[0.0, 0.0], [3.0, 4.0]])
    array([[0., 5.],
           [5., 0.]])
    """
    if isinstance(metric, str) and metric == "precomputed":
        return check_distances(cloud, where)
    points = check_cloud(cloud, where)
    if len(points) < 2:
        return np.zeros((len(points), len(points)))
    if isinstance(metric, str) and metric == "euclidean" and not metric_params:
        return squareform(pdist(points), checks=False)
    try:
        distances = pairwise_distances(points, metric=metric, **(metric_params or {}))
    except (TypeError, ValueError) as error:
        raise ValueError(
            f"{where}: the metric {metric!r} failed on {len(points)} points in "
            f"{points.shape[1]} dimensions: {error}"
        ) from error
    return check_distances(distances, f"{where}, metric {metric!r}")
