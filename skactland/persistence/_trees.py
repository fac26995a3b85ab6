"""Disjoint minimum spanning trees of one point cloud."""

import numpy as np

from skactland._checks import as_matrix, at_place, check_cloud, check_count
from skactland._compiled.distances.differences import distances_by_differences
from skactland._compiled.rips.disjoint import disjoint_trees, disjoint_trees_of_points
from skactland._memory import available_memory
from skactland.metrics._matrix import is_precomputed
from skactland.metrics._memory import reserve_memory
from skactland.metrics._registry import find_metric
from skactland.metrics._scale import from_scale, to_safe_scale

_TOO_MANY_POINTS = (
    'Use metric="euclidean", which needs no matrix of distances, or fewer points: max_points of '
    "the extractor."
)
# Bytes of a matrix of Euclidean distances that is worth having for several trees.
_LARGEST_MATRIX = 9e8


def spanning_trees(cloud, n_trees=1, *, metric="euclidean", metric_params=None):
    r"""Return disjoint minimum spanning trees of the points of a cloud.

    The first is the minimum spanning tree of all pairs of points, whose edges are the bars of
    degree 0. Each further one is the minimum spanning tree of the pairs that are no edges of those
    before it, so that k trees join a point to some 2 k others near it [1]_.

    Parameters
    ----------
    cloud : array of shape (n_points, n_units)
        One point a row, or a distance matrix if ``metric="precomputed"``.
    n_trees : int, default=1
        Number of trees.
    metric : str or callable, default="euclidean"
        As in :func:`~skactland.rips_persistence`. The Euclidean one needs no matrix of distances.
    metric_params : dict or None, default=None
        Further arguments of the metric.

    Returns
    -------
    edges : ndarray of shape (n_trees, n_points - 1, 2)
        int64 indices of points, the smaller of an edge first. Edges of a tree are sorted by length,
        then by their ends.
    lengths : ndarray of shape (n_trees, n_points - 1)
        float64, in units of the metric.

    Raises
    ------
    ValueError, TypeError
        If the cloud has no points or is not valid, nor the metric, or what some trees left is not
        connected: says how many trees there are. n points have n / 2 disjoint trees at most, and
        only one if a point is nearest to all others.
    MemoryError
        If the metric needs a matrix that does not fit into the memory that is available.

    See Also
    --------
    rips_persistence : Diagrams, of any degree.

    Notes
    -----
    Where lengths are equal there are several minimum spanning trees. Points are put in an order by
    their coordinates, and of edges of equal length comes that first whose ends are closer in this
    order, or else come first: so the trees do not depend on the order of the points in the cloud,
    but for exact duplicates, which stand in the order of the cloud. The points of a distance matrix
    have no coordinates, and their order counts.

    Euclidean lengths are sums of differences, also from 128 units on, where
    :func:`~skactland.metrics.euclidean_distances` rounds them by less than 1e-12 of themselves.

    O(n_trees n_points^2) time beyond that of the distances, by Prim's algorithm. Distances of up to
    10,000 points are worked out once for all trees, where memory allows it; those of more for each.

    References
    ----------
    .. [1] Friedman and Rafsky, "Multivariate generalizations of the Wald-Wolfowitz and Smirnov
       two-sample tests", Annals of Statistics 7, 1979.

    Examples
    --------
    >>> from skactland import spanning_trees
    >>> edges, lengths = spanning_trees([[0], [1], [3], [7]], 2)
    >>> edges.tolist()
    [[[0, 1], [1, 2], [2, 3]], [[0, 2], [1, 3], [0, 3]]]
    >>> lengths
    array([[1., 2., 4.],
           [3., 6., 7.]])
    """
    n_trees = check_count(n_trees, "n_trees")
    find_metric(metric, metric_params)
    with at_place("the cloud"):
        return trees_of_cloud(cloud, n_trees, metric, metric_params)


def trees_of_cloud(cloud, n_trees, metric, metric_params):
    """Return the edges and lengths of disjoint trees; the parameters are checked already."""
    n_points = len(as_matrix(cloud))
    if n_points == 0:
        raise ValueError("it has no points, and one at least is needed for a tree.")
    order = canonical_order(cloud, metric)
    compute = _of_euclidean if _is_plain_euclidean(metric, metric_params) else _of_matrix
    edges, lengths, n_found = compute(cloud, order, n_trees, metric, metric_params)
    if n_found < n_trees:
        raise _not_connected(n_points, n_trees, n_found)
    edges = np.sort(order[edges], axis=2)
    for tree in range(n_trees):
        by_length = np.lexsort((edges[tree, :, 1], edges[tree, :, 0], lengths[tree]))
        edges[tree], lengths[tree] = edges[tree, by_length], lengths[tree, by_length]
    return edges, lengths


def canonical_order(cloud, metric):
    """Return the points in an order that does not depend on that in the cloud, but for duplicates.

    By the first coordinate, then the second, and so on; that of a distance matrix is its own.
    """
    if is_precomputed(metric):
        return np.arange(len(as_matrix(cloud)))
    return order_of_rows(check_cloud(cloud))


def order_of_rows(points):
    """Return the rows of a float64 array by their first number, then the second, and so on."""
    points = np.ascontiguousarray(points + 0.0)  # of -0.0 and 0.0 the bits differ
    # Bytes that are in the order of the numbers, and whole rows of them compared at once: 784
    # coordinates one after the other would take longer than the tree.
    bits = points.view(np.uint64)
    is_negative = bits >> np.uint64(63) == 1
    ordered = np.where(is_negative, ~bits, bits | np.uint64(1 << 63)).astype(">u8")
    rows = ordered.view(np.dtype((np.void, 8 * points.shape[1])))
    return np.argsort(rows.reshape(-1), kind="stable")


def _is_plain_euclidean(metric, metric_params):
    return isinstance(metric, str) and metric == "euclidean" and not metric_params


def _of_euclidean(cloud, order, n_trees, metric, metric_params):
    """Return trees of points from their matrix, if there is room and use for it, or without."""
    points, shift = to_safe_scale(check_cloud(cloud)[order])
    row, _ = find_metric(metric, None)
    needed, available = row.bytes_per_pair * len(points) ** 2, available_memory()
    has_room = needed <= _LARGEST_MATRIX and (available is None or needed < available / 2)
    if n_trees > 1 and len(points) > 1 and has_room:
        with reserve_memory(len(points), row.bytes_per_pair, _TOO_MANY_POINTS):
            # Not by products, which are rounded: trees of more points would not agree with these.
            found = disjoint_trees(distances_by_differences(points), n_trees)
    else:
        found = disjoint_trees_of_points(points, n_trees)
    edges, lengths, n_found = found
    return edges, from_scale(lengths, shift), n_found


def _of_matrix(cloud, order, n_trees, metric, metric_params):
    row, params = find_metric(metric, metric_params)
    with reserve_memory(len(order), row.bytes_per_pair, _TOO_MANY_POINTS):
        is_matrix = is_precomputed(metric)
        given = cloud if is_matrix else check_cloud(cloud)[order]
        distances = np.ascontiguousarray(row.function(given, **params))
        return disjoint_trees(distances, n_trees)


def _not_connected(n_points, n_trees, n_found):
    """Return the error for trees that there are not."""
    if n_found == 0:
        return ValueError(
            "its points are in several parts that are never joined, as some distances are "
            "infinite, so that no tree joins them all; use another metric, or the points of one "
            "part."
        )
    return ValueError(
        f"{n_points} points have {n_found} disjoint spanning trees, each the least of what the "
        f"earlier ones left, and n_trees={n_trees} are wanted; use n_trees={n_found}, or more "
        "points."
    )
