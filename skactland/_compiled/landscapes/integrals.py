"""Kernels of integrals of piecewise-linear levels: inner products, distances and norms.

Landscapes come as in `levels`.
"""

import math

import numpy as np

from skactland._compiled.jit import kernel
from skactland._compiled.landscapes.levels import combine_levels, interpolate


@kernel
def inner_product(points_f, starts_f, points_g, starts_g, weights):
    """Return the L2 inner product of two landscapes.

    Parameters
    ----------
    points_f : float64 array of shape (n_f, 2)
    starts_f : int64 array of shape (depth_f + 1,)
    points_g : float64 array of shape (n_g, 2)
    starts_g : int64 array of shape (depth_g + 1,)
    weights : float64 array of shape (n_levels,)
        Level k counts ``weights[k]`` times, and levels beyond not at all.

    Returns
    -------
    float
    """
    total = 0.0
    for k in range(min(len(starts_f) - 1, len(starts_g) - 1, len(weights))):
        total += weights[k] * _level_product(
            points_f[starts_f[k] : starts_f[k + 1]], points_g[starts_g[k] : starts_g[k + 1]]
        )
    return total


@kernel
def _level_product(f, g):
    """Return the integral of the product of two levels; swapping them changes no bit of it.

    On a stretch of width h where both are linear, from a0 to a1 and from b0 to b1, the product
    integrates to (h / 6) (2 a0 b0 + 2 a1 b1 + a0 b1 + a1 b0).

    Parameters
    ----------
    f : float64 array of shape (n_f, 2)
    g : float64 array of shape (n_g, 2)
        The critical points of each level.

    Returns
    -------
    float
    """
    if len(f) == 0 or len(g) == 0:
        return 0.0
    left = max(f[0, 0], g[0, 0])
    stop = min(f[-1, 0], g[-1, 0])
    if left >= stop:
        return 0.0
    i, j = _piece_at(f, left), _piece_at(g, left)
    a0 = interpolate(f, i, left)
    b0 = interpolate(g, j, left)
    total = 0.0
    while left < stop:
        right = min(f[i + 1, 0], g[j + 1, 0])
        a1 = interpolate(f, i, right)
        b1 = interpolate(g, j, right)
        # The brackets make it symmetric: adding from the left would round f, g and g, f
        # differently.
        total += (right - left) * (2 * (a0 * b0 + a1 * b1) + (a0 * b1 + a1 * b0))
        if f[i + 1, 0] == right:
            i += 1
        if g[j + 1, 0] == right:
            j += 1
        left, a0, b0 = right, a1, b1
    return total / 6


@kernel
def _piece_at(f, t):
    """Return the last point of a level that is not after t.

    Parameters
    ----------
    f : float64 array of shape (n_f, 2)
    t : float
        Not before the first point.

    Returns
    -------
    int
    """
    # Halving, as levels have thousands of points.
    low, high = 0, len(f)
    while high - low > 1:
        middle = (low + high) // 2
        if f[middle, 0] <= t:
            low = middle
        else:
            high = middle
    return low


@kernel
def squared_distance(points_f, starts_f, points_g, starts_g, weights):
    """Return the square of the L2 distance of two landscapes.

    It is integrated from the differences of heights, not taken from inner products, which are
    large and nearly cancel where landscapes are close.

    Parameters
    ----------
    points_f : float64 array of shape (n_f, 2)
    starts_f : int64 array of shape (depth_f + 1,)
    points_g : float64 array of shape (n_g, 2)
    starts_g : int64 array of shape (depth_g + 1,)
    weights : float64 array of shape (n_levels,)
        Level k counts ``weights[k]`` times, and levels beyond not at all.

    Returns
    -------
    float
    """
    nothing = np.empty((0, 2))
    points = np.empty((len(points_f) + len(points_g), 2))
    total = 0.0
    for k in range(min(max(len(starts_f), len(starts_g)) - 1, len(weights))):
        f = points_f[starts_f[k] : starts_f[k + 1]] if k + 1 < len(starts_f) else nothing
        g = points_g[starts_g[k] : starts_g[k + 1]] if k + 1 < len(starts_g) else nothing
        # On each piece the difference is linear from a to b, and its square (a^2 + a b + b^2) / 3
        # on average.
        for i in range(combine_levels(f, 1.0, g, -1.0, points) - 1):
            a, b = points[i, 1], points[i + 1, 1]
            total += weights[k] * (points[i + 1, 0] - points[i, 0]) * (a * a + a * b + b * b)
    return total / 3


@kernel
def mean_power(points, starts, p, scale):
    """Return the sum over all levels of the integrals of ``(|height| / scale) ** p``.

    Parameters
    ----------
    points : float64 array of shape (n_points, 2)
    starts : int64 array of shape (depth + 1,)
    p : float
    scale : float
        The largest height, so that no power overflows.

    Returns
    -------
    float
    """
    total = 0.0
    for k in range(len(starts) - 1):
        for i in range(starts[k], starts[k + 1] - 1):
            width = points[i + 1, 0] - points[i, 0]
            total += width * _mean_power(points[i, 1] / scale, points[i + 1, 1] / scale, p)
    return total


@kernel
def _mean_power(a, b, p):
    """Return the mean of ``|x| ** p`` for x between a and b.

    If a and b have one sign and s = 1 - min / max, that is max^p (1 - (1 - s)^(p+1)) / ((p+1) s);
    written with the functions below it loses no digits where a and b are close.

    Parameters
    ----------
    a, b : float
    p : float

    Returns
    -------
    float
    """
    if min(a, b) < 0 < max(a, b):  # a * b underflows
        a, b = abs(a), abs(b)
        return (a ** (p + 1) + b ** (p + 1)) / ((p + 1) * (a + b))
    largest = max(abs(a), abs(b))
    if largest == 0:
        return 0.0
    s = abs(b - a) / largest
    if s == 0:
        return largest**p
    if s == 1:
        return largest**p / (p + 1)
    # Not NumPy's, which rounds otherwise in Python on processors for which it has vector functions.
    return largest**p * -math.expm1((p + 1) * math.log1p(-s)) / ((p + 1) * s)
