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
