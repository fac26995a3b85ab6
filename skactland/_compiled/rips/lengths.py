"""The lengths of edges: read from a matrix, or worked out anew from points whenever one is wanted.

The engine reads grades (see `grades`) wherever these tell enough, and few lengths.
"""

from typing import NamedTuple

import numpy as np

from skactland._compiled.distances.pairs import Points, distance_of
from skactland._compiled.jit import kernel


class Lengths(NamedTuple):
    """Where lengths come from.

    Attributes
    ----------
    matrix : float64 array of shape (n, n), or (0, 0) if they come from points
        Symmetric, non-negative, with zero diagonal.
    points : Points
        Of none if there is a matrix.
    """

    matrix: np.ndarray
    points: Points


def lengths_of_matrix(distances):
    """Return lengths that are read from a matrix.

    Parameters
    ----------
    distances : float64 array of shape (n, n)

    Returns
    -------
    Lengths
    """
    return Lengths(distances, Points(_NOTHING, False))


def lengths_of_points(points):
    """Return lengths that are worked out anew.

    Parameters
    ----------
    points : Points
        One at least.

    Returns
    -------
    Lengths
    """
    return Lengths(_NOTHING, points)


_NOTHING = np.empty((0, 0))


@kernel
def length_of(lengths, i, j):
    """Return the length of one edge.

    Parameters
    ----------
    lengths : Lengths
    i, j : int

    Returns
    -------
    float
    """
    if len(lengths.matrix):
        return lengths.matrix[i, j]
    return distance_of(lengths.points, i, j)


@kernel
def lengths_of_simplices(lengths, simplices):
    """Return the lengths of the first edges of simplices, infinite where there is none.

    Parameters
    ----------
    lengths : Lengths
    simplices : int64 array of shape (n_simplices, n_vertices)
        -1 where there is none.

    Returns
    -------
    float64 array of shape (n_simplices,)
    """
    found = np.empty(len(simplices))
    for k in range(len(simplices)):
        i, j = simplices[k, 0], simplices[k, 1]
        found[k] = length_of(lengths, i, j) if i >= 0 else np.inf
    return found


@kernel
def least_radius(lengths, centres, n):
    """Return the least distance within which one of some points sees all others.

    Parameters
    ----------
    lengths : Lengths
    centres : int64 array of shape (n_centres,)
    n : int
        The number of all points.

    Returns
    -------
    float
    """
    least = np.inf
    for k in range(len(centres)):
        farthest = 0.0
        for i in range(n):
            farthest = max(farthest, length_of(lengths, centres[k], i))
        least = min(least, farthest)
    return least
