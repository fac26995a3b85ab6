"""Euclidean distances of single pairs of points, to the last bit as their matrix holds them."""

from typing import NamedTuple

import numpy as np

from skactland._compiled.distances.products import UNITS, rounded
from skactland._compiled.jit import kernel
from skactland._compiled.simd import LANES, add_squares, no_squares, total


class Points(NamedTuple):
    """Points, and how their distances are defined.

    Attributes
    ----------
    coordinates : float64 array of shape (n, width)
        If distances are rounded, whole lanes wide, with zeros in the last.
    is_rounded : bool
        Whether they are those of `products`, or those of `differences`.
    """

    coordinates: np.ndarray
    is_rounded: bool


def points_of(cloud, is_rounded):
    """Return points, for either definition.

    Parameters
    ----------
    cloud : float64 or float32 array of shape (n, d)
    is_rounded : bool

    Returns
    -------
    Points
    """
    n, d = cloud.shape
    coordinates = np.zeros((n, -(-d // LANES) * LANES if is_rounded else d))
    coordinates[:, :d] = cloud
    return Points(coordinates, is_rounded)


@kernel
def distance_of(points, i, j):
    """Return the distance of two points.

    Parameters
    ----------
    points : Points
    i, j : int

    Returns
    -------
    float
    """
    coordinates = points.coordinates
    if points.is_rounded:
        return np.sqrt(rounded(_summed_by_blocks(coordinates, i, j)))
    square, one, other = 0.0, coordinates[i], coordinates[j]
    for k in range(len(one)):
        square += (one[k] - other[k]) * (one[k] - other[k])
    return np.sqrt(square)


@kernel
def _summed_by_blocks(coordinates, i, j):
    """Return a squared distance, summed as `products` does.

    Parameters
    ----------
    coordinates : float64 array of shape (n, width)
    i, j : int

    Returns
    -------
    float
    """
    square, n_lanes = 0.0, coordinates.shape[1] // LANES
    for first in range(0, n_lanes, UNITS // LANES):
        squares = no_squares()
        for block in range(first, min(first + UNITS // LANES, n_lanes)):
            squares = add_squares(squares, coordinates, i, coordinates, j, block)
        square += total(squares)
    return square


@kernel
def write_distances_from(points, i, others, distances):
    """Write the distances of one point from others.

    Parameters
    ----------
    points : Points
    i : int
    others : uint32 array of shape (n_others,)
    distances : float64 array of shape (n_others,)
        Written in place.
    """
    n, coordinates = len(others), points.coordinates
    if points.is_rounded:
        for m in range(n):
            distances[m] = distance_of(points, i, others[m])
        return
    one = coordinates[i]
    # A sum in order waits for each of its terms, so that four at once take hardly longer.
    for m in range(0, n - 3, 4):
        a, b = coordinates[others[m]], coordinates[others[m + 1]]
        c, d = coordinates[others[m + 2]], coordinates[others[m + 3]]
        of_a = of_b = of_c = of_d = 0.0
        for k in range(len(one)):
            of_a += (one[k] - a[k]) * (one[k] - a[k])
            of_b += (one[k] - b[k]) * (one[k] - b[k])
            of_c += (one[k] - c[k]) * (one[k] - c[k])
            of_d += (one[k] - d[k]) * (one[k] - d[k])
        distances[m], distances[m + 1] = np.sqrt(of_a), np.sqrt(of_b)
        distances[m + 2], distances[m + 3] = np.sqrt(of_c), np.sqrt(of_d)
    for m in range(n - n % 4, n):
        distances[m] = distance_of(points, i, others[m])
