"""Euclidean distances, as they are or in units of their own size."""

import numpy as np
from scipy.spatial.distance import cdist, squareform

from skactland._checks import check_cloud, check_option
from skactland._compiled.distances import differences, products
from skactland._compiled.distances.pairs import points_of
from skactland.metrics._scale import from_scale, to_safe_scale

# With fewer, all bits are kept: sums of the differences are nearly as fast (measured).
_FEWEST_UNITS = 128
_STATISTICS = {"mean": np.mean, "max": np.max, "median": np.median}


def euclidean_distances(cloud, *, method="auto"):
    r"""Return the Euclidean distances :math:`\sqrt{\sum_j (x_j - y_j)^2}` of a cloud's points.

    Parameters
    ----------
    cloud : array of shape (n_points, n_units)
        One point a row. What is in single precision is not copied as a whole, from 128 units on.
    method : {"auto", "differences"}, default="auto"
        "differences" sums the squares of the differences in the order of the units, in double
        precision. "auto" does so below 128 units; from there on it rounds the sum, before the root,
        to 39 significant bits, which lets a matrix product tell nearly all of them, in about half
        the time.

    Returns
    -------
    ndarray of shape (n_points, n_points)
        float64, symmetric, in the units of the coordinates. Duplicates are at distance 0 exactly.
        With either method each distance depends on its two points alone, not on their places in
        the cloud, the other points, or the threads of the linear algebra library; pairs with the
        same differences are at the same distance to the last bit: rounding would turn such ties
        into loops.

    Raises
    ------
    ValueError, TypeError
        If the cloud is not a two-dimensional array of finite numbers, `method` is unknown, or two
        points are farther apart than the largest double.

    See Also
    --------
    distance_matrix : Any metric by its name.
    scaled_distances : In units of the cloud.

    Notes
    -----
    Rounding to 39 bits changes a distance by no more than :math:`2^{-40}` of itself, which is
    0.91e-12, and leaves squared distances as they are that have no more bits: those of integers,
    pixels, one-hot codes. Why it makes a product safe, and the bound [1]_ of the product's error,
    is told in ``skactland/_compiled/distances/products.py``. Pairs that the product does not tell,
    such as those close to each other and far from the mean, are summed: three in a hundred on most
    layers, more where points are in tight clusters.

    References
    ----------
    .. [1] Higham, "Accuracy and Stability of Numerical Algorithms", 2nd ed., section 3.1.

    Examples
    --------
    >>> from skactland.metrics import euclidean_distances
    >>> euclidean_distances([[0, 0], [3, 4], [3, 4]])
    array([[0., 5., 5.],
           [5., 0., 0.],
           [5., 0., 0.]])
    """
    check_option(method, "method", {"auto", "differences"})
    points, shift = _to_safe(check_cloud(cloud, keep_single=True))
    if len(points) < 2:
        return np.zeros((len(points), len(points)))
    if method == "auto" and _are_rounded(points):
        return from_scale(products.distances_by_products(points), shift)
    return from_scale(differences.distances_by_differences(points), shift)


def euclidean_parts(cloud):
    """Return what tells the Euclidean distances of a cloud without their matrix.

    Parameters
    ----------
    cloud : float64 or float32 array of shape (n, d), n >= 1

    Returns
    -------
    points : Points
        Tell those of pairs.
    tiles : object
        Tells those of groups of points: `Tiles` of differences or of products.
    shift : int
        All of these are ``2**shift`` times what they are, see `_scale`.
    """
    points, shift = _to_safe(cloud)
    are_rounded = _are_rounded(points)
    tiles = (products if are_rounded else differences).Tiles(points)
    return points_of(points, are_rounded), tiles, shift


def _to_safe(points):
    # Squares of single precision are safe in double precision.
    return (points, 0) if points.dtype == np.float32 else to_safe_scale(points)


def _are_rounded(points):
    return points.shape[1] >= _FEWEST_UNITS


def euclidean_from_each(cloud):
    """Return a function of one point's index to its Euclidean distances from all, (n_points,).

    It needs no matrix.
    """
    points, shift = to_safe_scale(check_cloud(cloud))
    return lambda index: from_scale(cdist(points[[index]], points)[0], shift)


def scaled_distances(cloud, *, scale="mean"):
    r"""Return Euclidean distances divided by a statistic of themselves.

    So layers of different scale become comparable: :math:`d(x, y) / s`, where s is the mean, the
    largest or the median distance of two different points of the cloud.

    Parameters
    ----------
    cloud : array of shape (n_points, n_units)
        One point a row.
    scale : {"mean", "max", "median"}, default="mean"
        The statistic, over the n_points (n_points - 1) / 2 pairs.

    Returns
    -------
    ndarray of shape (n_points, n_points)
        float64, symmetric, without unit. All zeros if the points are all equal.

    Raises
    ------
    ValueError, TypeError
        If the cloud is not a two-dimensional array of finite numbers, `scale` is unknown, or the
        median is 0 although some points differ.

    See Also
    --------
    distance_matrix : Any metric by its name.
    euclidean_distances : Without scaling.

    Examples
    --------
    >>> from skactland.metrics import scaled_distances
    >>> scaled_distances([[0], [1], [3]], scale="max").round(2)
    array([[0.  , 0.33, 1.  ],
           [0.33, 0.  , 0.67],
           [1.  , 0.67, 0.  ]])
    """
    check_option(scale, "scale", _STATISTICS)
    # The quotient does not depend on the unit, so distances stay where none can overflow.
    points, _ = to_safe_scale(check_cloud(cloud))
    distances = euclidean_distances(points)
    pairs = squareform(distances, checks=False)
    if not pairs.any():
        return distances
    size = _STATISTICS[scale](pairs)
    if size == 0:
        raise ValueError(
            "the median distance is 0, as more than half of the pairs of points are "
            'equal; use scale="mean" or "max".'
        )
    return distances / size
