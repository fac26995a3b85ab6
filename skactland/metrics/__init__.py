"""Distance matrices of point clouds."""

from skactland._checks import as_matrix
from skactland.metrics._dependence import dependence_distances
from skactland.metrics._euclidean import euclidean_distances, scaled_distances
from skactland.metrics._geodesic import geodesic_distances
from skactland.metrics._local import local_distances
from skactland.metrics._memory import reserve_memory
from skactland.metrics._registry import find_metric
from skactland.metrics._sphere import sphere_distances

__all__ = [
    "dependence_distances",
    "distance_matrix",
    "euclidean_distances",
    "geodesic_distances",
    "local_distances",
    "scaled_distances",
    "sphere_distances",
]


def distance_matrix(cloud, metric="euclidean", metric_params=None):
    """Return the matrix of distances between the points of a cloud.

    Parameters
    ----------
    cloud : array of shape (n_points, n_units)
        One point a row; with ``metric="precomputed"`` the distance matrix itself, which is
        checked.
    metric : str or callable, default="euclidean"
        "dependence", "euclidean", "geodesic", "local", "scaled" or "sphere", which the functions of
        this module compute; any other name that :func:`sklearn.metrics.pairwise_distances` takes; a
        function of two points, which is called for every pair in both orders; or "precomputed".
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
        not zero on the diagonal; if finite points are farther apart than the largest double.
    TypeError
        If one of our metrics does not have such an argument, or a function of two points does not
        return a number.
    MemoryError
        If the matrix does not fit into the memory that is available; says how many points would.

    See Also
    --------
    dependence_distances : One less the absolute correlation, for units as points.
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
    row, params = find_metric(metric, metric_params)
    n_points = len(as_matrix(cloud))
    with reserve_memory(n_points, row.bytes_per_pair, "Use fewer points (skactland.PointSampler)."):
        return row.function(cloud, **params)
