"""Distances along the graph of nearest neighbours."""

import numpy as np
from scipy.sparse import csr_array
from scipy.sparse.csgraph import shortest_path

from skactland._checks import check_cloud, check_count, check_option
from skactland._compiled.distances.graphs import hop_counts, nearest_neighbours
from skactland.metrics._euclidean import euclidean_distances
from skactland.metrics._scale import from_scale, to_safe_scale


def geodesic_distances(cloud, *, n_neighbors=11, weights="hops"):
    r"""Return lengths of shortest paths in the graph of nearest neighbours.

    Two points are joined if either is among the `n_neighbors` points nearest to the other, in the
    Euclidean metric, as in [1]_.

    Parameters
    ----------
    cloud : array of shape (n_points, n_units)
        One point a row.
    n_neighbors : int, default=11
        True neighbours of each point, itself not counted. Code that counts the point as its own
        neighbour, such as that of the first studies of activation topology, calls this k=12. Of
        points equally near, those that come first in the cloud are taken.
    weights : {"hops", "lengths"}, default="hops"
        A path's length is the number of its edges, or the sum of their Euclidean lengths.

    Returns
    -------
    ndarray of shape (n_points, n_points)
        float64, symmetric; inf where no path leads from one point to the other. Duplicates are
        one hop apart, or more, but at length 0 if they are neighbours.

    Raises
    ------
    ValueError, TypeError
        If the cloud is not a two-dimensional array of finite numbers, has fewer than
        n_neighbors + 1 points (but more than one), or a parameter is out of range.

    See Also
    --------
    distance_matrix : Any metric by its name.
    local_distances : Of a part of the cloud.

    References
    ----------
    .. [1] Naitzat, Zhitnikov, Lim, "Topology of deep neural networks", Journal of Machine Learning
       Research 21, 2020.

    Examples
    --------
    >>> from skactland.metrics import geodesic_distances
    >>> geodesic_distances([[0], [1], [3], [10], [11]], n_neighbors=1)
    array([[ 0.,  1.,  2., inf, inf],
           [ 1.,  0.,  1., inf, inf],
           [ 2.,  1.,  0., inf, inf],
           [inf, inf, inf,  0.,  1.],
           [inf, inf, inf,  1.,  0.]])
    """
    n_neighbors = check_count(n_neighbors, "n_neighbors")
    check_option(weights, "weights", {"hops", "lengths"})
    points = check_cloud(cloud)
    if len(points) < 2:
        return np.zeros((len(points), len(points)))
    if len(points) <= n_neighbors:
        raise ValueError(
            f"{len(points)} points have {len(points) - 1} neighbours each, got "
            f"n_neighbors={n_neighbors}; use more points or fewer neighbours."
        )
    points, shift = to_safe_scale(points)
    distances = euclidean_distances(points)
    edges = _edges(distances, n_neighbors)
    # Lengths are given one by one: of a dense matrix, edges of length 0 would be left out.
    graph = csr_array((distances[edges], edges), shape=distances.shape)
    if weights == "hops":
        return hop_counts(graph.indptr, graph.indices)
    paths = shortest_path(graph, method="D")
    paths = np.minimum(paths, paths.T)  # a sum depends on the end that it starts from
    return from_scale(paths, shift)


def _edges(distances, n_neighbors):
    """Return both directions of the edges of the graph, as two arrays of points.

    Of 32 bits, as scipy 1.13 takes no others.
    """
    nearest = nearest_neighbours(distances, n_neighbors)
    is_joined = np.zeros(distances.shape, dtype=bool)
    is_joined[np.arange(len(nearest))[:, None], nearest] = True
    return tuple(ends.astype(np.int32) for ends in np.nonzero(is_joined | is_joined.T))
