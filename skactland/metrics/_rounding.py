"""What rounding alone makes of a cloud, and of its distances.

A layer that answers alike to all inputs gives rows that differ in their last digits: sums are taken
in another order in batches of another size. Whoever scales distances by themselves, ranks them, or
counts different points would find a shape in that, another one for every size of batches. All ask
here how large it may be. The type of the numbers tells it: integers are not rounded, and what came
from single precision and is in double precision now cannot be known.
"""

import numpy as np

from skactland._checks import as_matrix, check_cloud
from skactland.metrics._matrix import is_precomputed
from skactland.metrics._scale import to_safe_scale

# Sums of layers differ by as many of the least steps between numbers, or fewer. Half precision is
# summed in single, and rounded once.
_STEPS, _STEPS_OF_HALF = 16, 2


def are_one_point(cloud):
    """Tell whether all points of a cloud are equal, but for rounding of the type of its numbers."""
    points = as_matrix(cloud)
    if len(points) == 0:
        return True
    limits, spreads = _limits_and_spreads(points)
    return bool((spreads <= limits).all())


def unit_roundings(cloud):
    """Return how far two equal values of each unit may be apart, (n_units,), in its own units.

    Not farther than any two of its values are: a unit of 1e9 that never changes adds nothing.
    """
    points = as_matrix(cloud)
    return np.minimum(*_limits_and_spreads(points)) if len(points) else np.zeros(points.shape[1])


def as_lengths(distances, metric):
    """Return distances in the same order, which rounding moves by the same, be they long or short.

    Squares are the less rounded the smaller they are, and one less a cosine moves by nearly nothing
    at both of its ends; their roots and angles are as good as lengths.
    """
    of_metric = _LENGTHS.get(metric) if isinstance(metric, str) else None
    return of_metric(distances) if of_metric else distances


def _angles(distances):
    """Return the angles of which distances are one less the cosine."""
    return 2 * np.arcsin(np.sqrt(np.minimum(distances / 2, 1.0)))


_LENGTHS = {
    "correlation": _angles,
    "cosine": _angles,
    "dependence": _angles,  # of lines, which have no direction
    "sqeuclidean": np.sqrt,
}


def distance_roundings(cloud, distances, metric):
    """Return how far equal points may be apart, and by how much equal distances may differ.

    The first is the norm of the roundings of all units. They are rounded each on its own, so in a
    distance of many units they cancel but for those in its direction: a longer one differs by no
    more than the largest of them.

    Parameters
    ----------
    cloud : array
        What the distances are of, in the type that it came in; a matrix if "precomputed".
    distances : float64 array
        Those of all pairs, finite, as `as_lengths` gives them.
    metric : str or callable

    Returns
    -------
    apart, ties : float
        In units of the distances.
    """
    largest = distances.max(initial=0.0)
    if is_precomputed(metric):
        rounding = _step(as_matrix(cloud).dtype) * largest
        return rounding, rounding
    roundings = unit_roundings(cloud)
    greatest = roundings.max(initial=0.0)
    if greatest == 0:
        return 0.0, 0.0
    # Of numbers whose squares are numbers, and a little more, as distances are rounded too.
    apart = np.linalg.norm(roundings / greatest) * (1 + 1e-9)
    if isinstance(metric, str) and metric == "euclidean":
        return apart * greatest, greatest
    # Other metrics have other units. Beside the size of the cloud rounding is as large in them.
    points, shift = to_safe_scale(check_cloud(cloud))
    middle = points.min(axis=0) / 2 + points.max(axis=0) / 2
    radius = np.sqrt(((points - middle) ** 2).sum(axis=1).max())
    ties = np.ldexp(greatest, shift) / radius * largest
    return apart * ties, ties


def _limits_and_spreads(points):
    """Return how far rounding may move values of each unit apart, and how far apart they are."""
    least, largest = points.min(axis=0).astype(float), points.max(axis=0).astype(float)
    sizes = np.maximum(np.abs(least), np.abs(largest))
    # A unit near zero is a sum, whose summands are about as large as other units are. The lower
    # median of those: a few huge units must not swallow the others.
    some = np.sort(sizes[sizes > 0])
    typical = some[(len(some) - 1) // 2] if len(some) else 0.0
    with np.errstate(over="ignore"):  # differences may be infinite
        return _step(points.dtype) * np.maximum(sizes, typical), largest - least


def _step(dtype):
    """Return what rounding may do, beside the size of a number."""
    if dtype.kind != "f":
        return 0.0
    return float(np.finfo(dtype).eps) * (_STEPS_OF_HALF if dtype.itemsize < 4 else _STEPS)
