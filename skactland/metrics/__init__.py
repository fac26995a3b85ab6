"""Distance matrices of point clouds."""

import inspect

import numpy as np
from sklearn.metrics import pairwise_distances

from skactland._checks import at_place, check_cloud
from skactland.metrics._euclidean import euclidean_distances, scaled_distances
from skactland.metrics._geodesic import geodesic_distances
from skactland.metrics._local import local_distances
from skactland.metrics._matrix import check_distances
from skactland.metrics._sphere import sphere_distances

__all__ = [
    "distance_matrix",
    "euclidean_distances",
    "geodesic_distances",
    "local_distances",
    "scaled_distances",
    "sphere_distances",
]

_METRICS = {
    "euclidean": euclidean_distances,
    "geodesic": geodesic_distances,
    "local": local_distances,
    "scaled": scaled_distances,
    "sphere": sphere_distances,
}


def distance_matrix(cloud, metric="euclidean", metric_params=None):
    """Return the matrix of distances between the points of a cloud.

    Parameters
    ----------
    cloud : array of shape (n_points, n_units)
        One point a row; with ``metric="precomputed"`` the distance matrix itself, which is
        checked.
    metric : str or callable, default="euclidean"
        "euclidean", "geodesic", "local", "scaled" or "sphere", which the functions of this module
        compute; any other name or callable that :func:`sklearn.metrics.pairwise_distances` takes;
        or "precomputed".
    metric_params : dict or None
        Further arguments of the metric, such as ``{"n_neighbors": 14}`` for "geodesic".

    Returns
    -------
    array of shape (n_points, n_points)
        float64; symmetric, non-negative, with zero diagonal. Infinite between points that are
        never joined.

    Raises
    ------
    ValueError
        If a coordinate is NaN or infinite, or the distances are NaN, negative, not symmetric or
        not zero on the diagonal.
    TypeError
        If one of our metrics does not have such an argument.

    See Also
    --------
    euclidean_distances : Differences of coordinates.
    geodesic_distances : Shortest paths between nearest neighbours.
    local_distances : Within a ball whose outside is one point.
    scaled_distances : Euclidean, in units of the cloud's size.
    sphere_distances : Angles between distributions over classes.

    Examples
    --------
    >>> from skactland.metrics import distance_matrix
    >>> distance_matrix([[0.0, 0.0], [3.0, 4.0]])
    array([[0., 5.],
           [5., 0.]])
    >>> distance_matrix([[0.0, 0.0], [3.0, 4.0]], "minkowski", {"p": 1})
    array([[0., 7.],
           [7., 0.]])
    """
    params = metric_params or {}
    if isinstance(metric, str) and metric == "precomputed":
        return check_distances(cloud)
    if isinstance(metric, str) and metric in _METRICS:
        _check_params(metric, params)
        return _METRICS[metric](cloud, **params)
    points = check_cloud(cloud)
    if len(points) < 2:
        return np.zeros((len(points), len(points)))
    try:
        distances = pairwise_distances(points, metric=metric, **params)
    except (TypeError, ValueError) as error:
        raise ValueError(
            f"the metric {metric!r} failed on {len(points)} points in "
            f"{points.shape[1]} dimensions: {error}"
        ) from error
    with at_place(f"the metric {metric!r}"):
        return check_distances(distances)


def _check_params(metric, params):
    """Refuse arguments that one of our metrics does not have."""
    names = [*inspect.signature(_METRICS[metric]).parameters][1:]
    unknown = sorted(set(params) - set(names))
    if unknown:
        raise TypeError(
            f"the metric {metric!r} takes {', '.join(names)} in metric_params, got "
            f"{', '.join(unknown)}."
        )
