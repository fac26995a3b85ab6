"""Metrics that others wrote: scikit-learn's by their names, and functions of two points."""

import numpy as np
from sklearn.metrics import pairwise_distances

from skactland._checks import at_place, check_cloud
from skactland.metrics._matrix import check_distances
from skactland.metrics._memory import lend_memory
from skactland.metrics._scale import is_extreme


def named_distances(name, cloud, /, **params):
    """Return the distances of a metric of scikit-learn's.

    Raises
    ------
    ValueError
        If it does not know the name, or cannot use these points or arguments; if the coordinates
        are so large or small that its formulas overflow or underflow.
    """
    points = check_cloud(cloud)
    if len(points) < 2:
        return np.zeros((len(points), len(points)))
    if is_extreme(points):
        raise ValueError(
            f"scikit-learn's {name!r} may overflow or underflow on coordinates up to "
            f"{np.abs(points).max():g}; multiply the cloud by a power of two first."
        )
    if name == "cosine":  # scikit-learn takes points shorter than some 1e-15 for zero
        points = np.ldexp(points, -np.frexp(np.abs(points).max(axis=1, keepdims=True))[1])
    try:
        distances = pairwise_distances(points, metric=name, **params)
    except (TypeError, ValueError) as error:
        raise ValueError(
            f"the metric {name!r} failed on {len(points)} points in "
            f"{points.shape[1]} dimensions: {error}"
        ) from error
    with at_place(f"the metric {name!r}"):
        if np.isinf(distances).any():
            raise ValueError(
                "the distances of some points are infinite, so that they would never be joined; "
                "divide the cloud by a power of two, or look for divergence in the network."
            )
        return check_distances(distances)


def called_distances(function, cloud, /, **params):
    """Return the distances that a function of two points gives, which is called in both orders.

    Twice as many calls as a symmetric function needs show whether it is one. It may return inf for
    points that are never joined.

    Raises
    ------
    ValueError, TypeError
        If what it returns is not a number, NaN, negative, not 0 for a point and itself, or depends
        on the order of the points. What the function itself raises is raised.
    """
    points = check_cloud(cloud)

    def measure(x, y, **params):
        distance = function(x, y, **params)
        if np.ndim(distance) or np.asarray(distance).dtype.kind not in "fiub":
            raise TypeError(f"it must return one number for two points, got {distance!r}.")
        return float(distance)

    if len(points) < 2:
        return np.zeros((len(points), len(points)))
    with at_place(f"the metric {getattr(function, '__name__', function)!r}"):
        with lend_memory():
            # Of one array alone, scikit-learn would take the order (i, j), i < j, for both.
            distances = pairwise_distances(points, points.copy(), metric=measure, **params)
        return check_distances(distances)
