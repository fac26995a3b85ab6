"""Euclidean distances, as they are or in units of their own size."""

from functools import partial

import numpy as np
from scipy.spatial.distance import cdist, pdist, squareform

from skactland._checks import check_cloud, check_option
from skactland._compiled.distances.differences import distances_by_differences
from skactland.metrics._scale import from_scale, to_safe_scale, to_top

# With fewer, summing the differences is as fast as a matrix product (measured).
_FEWEST_UNITS = 128
_FEWEST_POINTS = 64
# Units that one product sums over, which bounds its rounding error whatever their number.
_UNITS_AT_ONCE = 256
# Relative error of a squared distance that is let pass; its root's is half as large.
_TOLERANCE = 1e-12
# Share of the pairs that are recomputed one by one; with more, all of them are.
_MOST_RECOMPUTED = 0.05
# Numbers that a block of differences holds.
_BLOCK = 1 << 20
_STATISTICS = {"mean": np.mean, "max": np.max, "median": np.median}


def euclidean_distances(cloud, *, method="differences"):
    r"""Return the Euclidean distances :math:`\sqrt{\sum_j (x_j - y_j)^2}` of a cloud's points.

    Parameters
    ----------
    cloud : array of shape (n_points, n_units)
        One point a row.
    method : {"differences", "products"}, default="differences"
        "differences" sums the squares of the differences. "products" takes
        :math:`|x|^2 + |y|^2 - 2 \langle x, y \rangle` from a matrix product, which is faster from
        some 1000 units on; its last digits depend on the order of the points and on the threads
        of the linear algebra library.

    Returns
    -------
    ndarray of shape (n_points, n_points)
        float64, symmetric, in the units of the coordinates. Duplicates are at distance 0 exactly,
        and pairs with the same squared differences are at the same distance to the last bit, with
        either method: rounding would turn such ties into loops.

    Raises
    ------
    ValueError, TypeError
        If the cloud is not a two-dimensional array of finite numbers, `method` is unknown, or two
        points are farther apart than the largest double.

    Notes
    -----
    If the coordinates are multiples of a power of two, few enough for every step of the product
    to be exact, both methods use it, and agree to the last bit with the differences: this holds
    for integers, pixels, one-hot codes, and units that saturate at -1 and 1.

    Else "products" centres the points and bounds its rounding error [1]_. Pairs whose bound exceeds
    1e-12 of the squared distance (points close to each other), and then those within a few 1e-12
    of another pair, where rounding may have parted a tie, are recomputed from differences. So both
    methods agree within 1e-12, relatively, and put the pairs in the same order.

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
    check_option(method, "method", {"differences", "products"})
    points = check_cloud(cloud)
    if len(points) < 2:
        return np.zeros((len(points), len(points)))
    # A product also has terms much smaller than the squared distances: the higher, the safer.
    points, shift = to_top(points) if method == "products" else to_safe_scale(points)
    return from_scale(_distances(points, method), shift)


def _distances(points, method):
    """Return the matrix of distances of points whose squares are safe."""
    if len(points) >= _FEWEST_POINTS and points.shape[1] >= _FEWEST_UNITS:
        if _is_exact_in_products(points):
            squares = _squares_from_products(points, _squared_norms(points))
            return squareform(np.sqrt(squares), checks=False)
        if method == "products":
            return squareform(_distances_from_products(points), checks=False)
    return distances_by_differences(points)


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


def _is_exact_in_products(points):
    """Tell whether all the sums of a product are integers below 2**53, up to a power of two."""
    largest = np.abs(points).max()
    if largest == 0:
        return True
    # 4 n_units (largest 2**shift)**2 <= 2**53, the bound of |x|^2 + |y|^2 + 2 |<x, y>|
    shift = int(np.floor((51 - np.log2(points.shape[1])) / 2 - np.log2(largest)))
    if abs(shift) > 500:  # squares would underflow or overflow
        return False
    scaled = np.ldexp(points, shift)
    return np.array_equal(scaled, np.rint(scaled))


def _squared_norms(points):
    return np.square(points).sum(axis=1)


def _squares_from_products(points, norms):
    """Return condensed squared distances; rounding may leave some of them negative."""
    products = np.zeros((len(points), len(points)))
    for start in range(0, points.shape[1], _UNITS_AT_ONCE):
        units = points[:, start : start + _UNITS_AT_ONCE]
        products += units @ units.T
    squares = np.empty(len(points) * (len(points) - 1) // 2)
    starts = _row_starts(len(points))
    for i, start in enumerate(starts[:-1]):
        row = squares[start : starts[i + 1]]
        np.multiply(products[i, i + 1 :], -2, out=row)
        row += norms[i] + norms[i + 1 :]
    return squares


def _distances_from_products(points):
    """Return condensed distances from products, or from differences where these may be wrong."""
    centred = points - points.mean(axis=0)
    norms = _squared_norms(centred)
    squares = _squares_from_products(centred, norms)
    most = _MOST_RECOMPUTED * len(squares)
    for doubtful in (partial(_inaccurate, norms, points.shape[1]), _near_ties):
        pairs = doubtful(squares)
        if len(pairs) > most:
            return pdist(points)
        _recompute(squares, points, pairs)
    return np.sqrt(squares, out=squares)


def _inaccurate(norms, n_units, squares):
    """Return the pairs whose squared distance may be off by more than the tolerance."""
    terms = min(n_units, _UNITS_AT_ONCE) + n_units / _UNITS_AT_ONCE + 16
    bound = 2 * terms * np.finfo(np.float64).eps / 2
    starts = _row_starts(len(norms))
    is_inaccurate = np.empty(len(squares), dtype=bool)
    for i, start in enumerate(starts[:-1]):
        error = bound * (norms[i] + norms[i + 1 :]) + 1e-290  # what underflow may add
        row = slice(start, starts[i + 1])
        np.greater(error, _TOLERANCE * squares[row], out=is_inaccurate[row])
    return np.flatnonzero(is_inaccurate)


def _near_ties(squares):
    """Return the pairs whose squared distance is that of another pair, or nearly."""
    ordered = np.sort(squares)
    # Each may be off by the tolerance, and the sum of differences, less than that, by rounding.
    is_close = np.diff(ordered) <= 4 * _TOLERANCE * ordered[1:]
    low, high = ordered[:-1][is_close], ordered[1:][is_close]
    if len(low) == 0:
        return np.empty(0, dtype=np.intp)
    place = np.searchsorted(low, squares, side="right") - 1
    return np.flatnonzero((place >= 0) & (squares <= high[place]))


def _recompute(squares, points, pairs):
    """Overwrite squared distances of some pairs by sums over differences, all in one order."""
    starts = _row_starts(len(points))
    rows = np.searchsorted(starts, pairs, side="right") - 1
    columns = pairs - starts[rows] + rows + 1
    step = max(1, _BLOCK // points.shape[1])
    for first in range(0, len(pairs), step):
        block = slice(first, first + step)
        differences = points[rows[block]] - points[columns[block]]
        squares[pairs[block]] = np.square(differences, out=differences).sum(axis=1)


def _row_starts(n_points):
    """Return where each row of the upper triangle starts in condensed form, and where it ends."""
    return np.concatenate([[0], np.cumsum(np.arange(n_points - 1, 0, -1))])
