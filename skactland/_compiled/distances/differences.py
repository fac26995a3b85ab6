"""Euclidean distances as sums of squared differences, for many pairs at once."""

import numpy as np

from skactland._compiled.jit import kernel

# Points and units that are gone through again and again; together they fit in the second cache.
_N_POINTS = 512
_N_UNITS = 64
_TILE = 32


class Tiles:
    """Distances between groups of up to `side` points that follow each other.

    Parameters
    ----------
    points : array of shape (n, d), n >= 1
        Of numbers.
    """

    side = _N_POINTS

    def __init__(self, points):
        self.units = points.T.astype(np.float64, order="C")
        self.tile = np.empty(self.side * self.side)

    def between(self, start, other):
        """Return the distances of the points from `start` on to those from `other` on.

        What is returned is overwritten by the next call.
        """
        n = self.units.shape[1]
        shape = [min(self.side, n - first) for first in (start, other)]
        tile = self.tile[: shape[0] * shape[1]].reshape(shape)
        write_squares_across(self.units, start, other, tile)
        return np.sqrt(tile, out=tile)


def distances_by_differences(points):
    """Return the matrix of distances of points.

    Each is the root of a sum in the order of the coordinates, so that neither the order of the
    points nor the machine changes a bit of it.

    Parameters
    ----------
    points : array of shape (n, d)
        Of numbers.

    Returns
    -------
    float64 array of shape (n, n)
    """
    distances = np.empty((len(points), len(points)))
    _write_distances(points.T.astype(np.float64, order="C"), distances)
    return distances


@kernel
def _write_distances(units, distances):
    """Write the distances of points.

    Parameters
    ----------
    units : float64 array of shape (d, n)
        The coordinates of a point are a column, so that a row is gone through for many pairs.
    distances : float64 array of shape (n, n)
        Written in place.
    """
    d, n = units.shape
    distances[:] = 0
    for start in range(0, n, _N_POINTS):
        stop = min(start + _N_POINTS, n)
        for first in range(0, d, _N_UNITS):
            some = units[first : first + _N_UNITS]
            for i in range(stop):
                beyond = max(start, i + 1)
                add_squares(some, i, beyond, distances[i, beyond:stop])
        for i in range(stop):
            row = distances[i, max(start, i + 1) : stop]
            for j in range(len(row)):
                row[j] = np.sqrt(row[j])
    _mirror(distances)


@kernel
def add_squares(units, i, start, sums):
    """Add the squared differences of point i and others, from a start on, to sums.

    Four units at once, so that each sum is read and written a quarter as often.

    Parameters
    ----------
    units : float64 array of shape (d, n)
    i, start : int
    sums : float64 array of shape (n_others,)
        Changed in place.
    """
    d, stop = len(units), start + len(sums)
    for k in range(0, d - 3, 4):
        w, x, y, z = units[k, i], units[k + 1, i], units[k + 2, i], units[k + 3, i]
        one, two = units[k, start:stop], units[k + 1, start:stop]
        three, four = units[k + 2, start:stop], units[k + 3, start:stop]
        for j in range(len(sums)):
            # One after the other, though four are at hand: the order of a sum is part of its last
            # bit.
            total = sums[j] + (w - one[j]) * (w - one[j])
            total += (x - two[j]) * (x - two[j])
            total += (y - three[j]) * (y - three[j])
            sums[j] = total + (z - four[j]) * (z - four[j])
    for k in range(d - d % 4, d):
        x, one = units[k, i], units[k, start:stop]
        for j in range(len(sums)):
            sums[j] += (x - one[j]) * (x - one[j])


@kernel
def write_squares_across(units, start, other, squares):
    """Write the squared distances of some points, from `start` on, from others, from `other` on.

    Parameters
    ----------
    units : float64 array of shape (d, n)
    start, other : int
    squares : float64 array of shape (n_some, n_others)
        Written in place.
    """
    squares[:] = 0
    for first in range(0, len(units), _N_UNITS):
        some = units[first : first + _N_UNITS]
        for i in range(len(squares)):
            add_squares(some, start + i, other, squares[i])


@kernel
def _mirror(matrix):
    """Write what is above the diagonal below it too, tile by tile.

    Parameters
    ----------
    matrix : float64 array of shape (n, n)
        Changed in place.
    """
    n = len(matrix)
    # Going down a whole column would ask memory for a line at each entry.
    for start in range(0, n, _TILE):
        for other in range(0, start + 1, _TILE):
            for i in range(start, min(start + _TILE, n)):
                for j in range(other, min(other + _TILE, i)):
                    matrix[i, j] = matrix[j, i]
