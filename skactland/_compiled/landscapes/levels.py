"""Kernels of piecewise-linear levels: sums and multiples of landscapes, in a form that is unique.

A landscape comes as two arrays: `points`, the critical points (t, height) of its levels, one level
after the other, and `starts`, where each level starts among them: level k (from 0) is
``points[starts[k]:starts[k + 1]]``. A level is zero before its first point and after its last.
"""

import numpy as np

from skactland._compiled.jit import kernel


@kernel
def interpolate(points, i, t):
    """Return the value at t of the piece between points i and i + 1, to all digits near zeros.

    Parameters
    ----------
    points : float64 array of shape (n_points, 2)
        Of one level.
    i : int
    t : float
        Between the two points.

    Returns
    -------
    float
    """
    t0, height0 = points[i, 0], points[i, 1]
    t1, height1 = points[i + 1, 0], points[i + 1, 1]
    # Exactly, so that a level has one value where two pieces meet.
    if t == t1:
        return height1
    slope = (height1 - height0) / (t1 - t0)
    # From the lower end, which is the nearer one to a zero.
    return height0 + slope * (t - t0) if abs(height0) < abs(height1) else height1 - slope * (t1 - t)


@kernel
def linear_combination(points_f, starts_f, a, points_g, starts_g, b):
    """Return the landscape a f + b g, in the form of `tidy`.

    Parameters
    ----------
    points_f : float64 array of shape (n_f, 2)
    starts_f : int64 array of shape (depth_f + 1,)
    a : float
    points_g : float64 array of shape (n_g, 2)
    starts_g : int64 array of shape (depth_g + 1,)
    b : float

    Returns
    -------
    points : float64 array of shape (n_points, 2)
    starts : int64 array of shape (depth + 1,)
    """
    points = np.empty((len(points_f) + len(points_g), 2))
    starts = np.zeros(max(len(starts_f), len(starts_g)), np.int64)
    nothing = np.empty((0, 2))
    for k in range(len(starts) - 1):
        f = points_f[starts_f[k] : starts_f[k + 1]] if k + 1 < len(starts_f) else nothing
        g = points_g[starts_g[k] : starts_g[k + 1]] if k + 1 < len(starts_g) else nothing
        rest = points[starts[k] :]
        n_points = combine_levels(f, a, g, b, rest)
        starts[k + 1] = starts[k] + _tidy_level(rest, n_points)
    return points[: starts[-1]].copy(), starts


@kernel
def combine_levels(f, a, g, b, points):
    """Write a f + b g at the critical points of both levels, and return their number.

    Parameters
    ----------
    f : float64 array of shape (n_f, 2)
    a : float
    g : float64 array of shape (n_g, 2)
    b : float
    points : float64 array of shape (n_points_at_most, 2)
        Written in place; n_f + n_g rows are enough.

    Returns
    -------
    int
    """
    i = j = n_points = 0
    while i < len(f) or j < len(g):
        t = min(f[i, 0] if i < len(f) else np.inf, g[j, 0] if j < len(g) else np.inf)
        points[n_points, 0] = t
        points[n_points, 1] = a * _height(f, i, t) + b * _height(g, j, t)
        n_points += 1
        if i < len(f) and f[i, 0] == t:
            i += 1
        if j < len(g) and g[j, 0] == t:
            j += 1
    return n_points


@kernel
def _height(f, i, t):
    """Return the value of a level at t.

    Parameters
    ----------
    f : float64 array of shape (n_f, 2)
    i : int
        The first point that is not before t.
    t : float

    Returns
    -------
    float
    """
    if i == len(f):
        return 0.0
    if f[i, 0] == t:
        return f[i, 1]
    return interpolate(f, i - 1, t) if i > 0 else 0.0


@kernel
def tidy(points, starts):
    """Return a landscape without the points that change nothing, which makes its form unique.

    Those are points on the line through their neighbours, points that rounding has put on top of
    the one before, and zeros at either end of a level beyond the first.

    Parameters
    ----------
    points : float64 array of shape (n_points, 2)
    starts : int64 array of shape (depth + 1,)

    Returns
    -------
    points : float64 array of shape (n_kept, 2)
    starts : int64 array of shape (depth + 1,)
    """
    points = points.copy()
    tidied = np.zeros(len(starts), np.int64)
    for k in range(len(starts) - 1):
        n_points = starts[k + 1] - starts[k]
        level = points[tidied[k] :]
        # Upwards, as the two places may overlap, and the new one is never after the old one.
        for i in range(n_points):
            level[i, 0], level[i, 1] = points[starts[k] + i, 0], points[starts[k] + i, 1]
        tidied[k + 1] = tidied[k] + _tidy_level(level, n_points)
    return points[: tidied[-1]].copy(), tidied


@kernel
def _tidy_level(points, n_points):
    """Move the points that are needed to the front, and return their number.

    Parameters
    ----------
    points : float64 array of shape (n_points_at_most, 2)
        Changed in place.
    n_points : int
        How many of them the level has.

    Returns
    -------
    int
    """
    kept = 0
    for i in range(n_points):
        t, height = points[i, 0], points[i, 1]
        if kept > 0 and t == points[kept - 1, 0]:  # of two points at one place the later counts
            if kept > 1:  # the first stays at zero, as a level does not jump
                points[kept - 1, 1] = height
            continue
        if kept == 1 and points[0, 1] == height == 0:
            kept = 0
        elif kept > 1 and _slope(points, kept - 2) == (height - points[kept - 1, 1]) / (
            t - points[kept - 1, 0]
        ):
            kept -= 1
        points[kept, 0], points[kept, 1] = t, height
        kept += 1
    while kept > 1 and points[kept - 1, 1] == points[kept - 2, 1] == 0:
        kept -= 1
    # A single point is left of a level that is zero.
    return kept if kept > 1 else 0


@kernel
def _slope(points, i):
    """Return the slope between points i and i + 1.

    Parameters
    ----------
    points : float64 array of shape (n_points, 2)
    i : int

    Returns
    -------
    float
    """
    return (points[i + 1, 1] - points[i, 1]) / (points[i + 1, 0] - points[i, 0])
