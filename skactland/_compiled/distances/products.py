r"""Euclidean distances in many dimensions: squared differences, mostly without summing them.

The distance of two points is defined here as the root of S, the sum of the squares of their
differences (summed in a fixed order, in double precision), rounded to 39 significant bits. So it is
a function of the two points alone: the same wherever they stand in a cloud, and for pairs whose
differences are the same.

**Why rounded.** A matrix product gives :math:`|x|^2 + |y|^2 - 2 \langle x, y \rangle` several
times as fast as differences can be summed, but its last bits depend on the library, its threads and
the place in the matrix, so that ties would come apart. With the error bound e below, S lies within
s - e and s + e for the s that the product gave. If both of these round to the same number, so
does S, since rounding never changes an order, and S need not be summed. Of pairs whose distance is
not small beside their distances from the mean, three in a hundred are left at 1000 units. They are
summed.

**What is lost.** A relative 2**-39 of S, 0.91e-12 of its root. Nothing where the squared distance
has no more than 39 bits: integers, pixels, one-hot codes, to any power of two.

**The bound.** With u = 2**-53, x and y centred, N = |x|^2 + |y|^2, and B blocks of 256 units, these
are multiples of u N, to first order:

- 2 <x, y>, in whatever order each block is summed, then the blocks: 256 + B
- the two norms, each block in 16 lanes, then the lanes in pairs, then the blocks: 21 + B
- N itself, and s: 3
- centring, which moves each coordinate by u of itself, and the difference of x and y by no more
  than u (|x| + |y|): 4
- S, 23 + B of itself, which is no more than 2 N: 46 + 2 B
- s - e and s + e: 4

Together 334 + 4 B; 10 more are for terms of higher order. Any vector may be the mean: its own
error does not matter. (Sums: Higham, "Accuracy and Stability of Numerical Algorithms", 2nd ed.,
section 3.1. Rounding by a product with 2**14 + 1: Veltkamp 1968; Boldo, "Pitfalls of a full
floating-point proof", IJCAR 2006.)
"""

import numpy as np

from skactland._compiled.jit import kernel
from skactland._compiled.simd import LANES, add_squares, no_squares, total

# Points of a tile's side. With fewer, coordinates are fetched from memory too often (measured).
TILE = 768
# Units whose products are summed at once.
UNITS = 256
_SPLITTER = 2.0**14 + 1
# What underflow may add, far above what it can, and far below squares that matter.
_UNDERFLOW = 1e-290
_SIDE = 32


def distances_by_products(points):
    """Return the matrix of distances of points, rounded as above.

    Parameters
    ----------
    points : float64 or float32 array of shape (n, d), n >= 1
        Their squares neither overflow nor underflow. No copy of all of them is made.

    Returns
    -------
    float64 array of shape (n, n)
    """
    tiles, n = Tiles(points), len(points)
    distances = np.empty((n, n))
    for start in range(0, n, TILE):
        for other in range(0, start + 1, TILE):
            _place(tiles.between(start, other), start, other, distances)
    return distances


class Tiles:
    """Distances between groups of up to `side` points that follow each other.

    Parameters
    ----------
    points : float64 or float32 array of shape (n, d), n >= 1
    """

    side = TILE

    def __init__(self, points):
        self.points = points
        self.mean = points.mean(axis=0, dtype=np.float64)
        n_units, side = points.shape[1], min(TILE, len(points))
        self.blocks = [slice(k, min(k + UNITS, n_units)) for k in range(0, n_units, UNITS)]
        self.error = (344 + 4 * len(self.blocks)) * 2.0**-53
        width = min(-(-n_units // LANES) * LANES, UNITS)
        # Zeros fill the last lanes.
        self.sides = np.zeros((2, side, width))
        self.products, self.more = np.empty((2, side * side))
        self.norms = self._norms()

    def between(self, start, other):
        """Return the distances of the points from `start` on to those from `other` on.

        If both are the same, only what is below the diagonal is meant. What is returned is
        overwritten by the next call.
        """
        stop, end = (min(first + TILE, len(self.points)) for first in (start, other))
        tile = self._products(slice(start, stop), slice(other, end))
        below = start == other
        n_left = _round(tile, self.norms[start:stop], self.norms[other:end], self.error, below)
        if n_left:
            pairs = _left(tile, n_left, below)
            sums = np.zeros(n_left)
            for units in self.blocks:
                one, two = self._sides(start, stop, other, end, units, mean=None)
                _add_differences(one, two, pairs, sums)
            _write_rounded(pairs, sums, tile)
        return tile

    def _norms(self):
        norms, nothing = np.zeros(len(self.points)), np.zeros((1, self.sides.shape[2]))
        for start in range(0, len(norms), TILE):
            some = norms[start : start + TILE]
            pairs = np.column_stack([np.arange(len(some)), np.zeros(len(some), np.int64)])
            for units in self.blocks:
                rows = slice(start, start + TILE)
                side = self._side(0, rows, units, self.mean)
                _add_differences(side, nothing, pairs, some)
        return norms

    def _products(self, rows, others):
        """Return the products of centred points, (n_rows, n_others)."""
        n_rows, n_others = rows.stop - rows.start, others.stop - others.start
        products, more = (
            room[: n_rows * n_others].reshape(n_rows, n_others)
            for room in (self.products, self.more)
        )
        for k, units in enumerate(self.blocks):
            sides = self._sides(rows.start, rows.stop, others.start, others.stop, units, self.mean)
            one, two = (side[:, : units.stop - units.start] for side in sides)
            np.matmul(one, two.T, out=more if k else products)
            if k:
                products += more
        return products

    def _sides(self, start, stop, other, end, units, mean):
        """Return some units of the points of both groups, in double precision."""
        one = self._side(0, slice(start, stop), units, mean)
        return one, one if start == other else self._side(1, slice(other, end), units, mean)

    def _side(self, which, rows, units, mean):
        some = self.points[rows, units]
        n_units = some.shape[1]
        side = self.sides[which, : len(some)]
        if mean is None:
            side[:, :n_units] = some
        else:
            np.subtract(some, mean[units], out=side[:, :n_units])
        side[:, n_units:] = 0
        return side


@kernel
def _round(products, norms, others, error, below):
    """Write rounded distances in the place of products, -1 where these do not tell them.

    Parameters
    ----------
    products : float64 array of shape (n_rows, n_others)
        Changed in place.
    norms : float64 array of shape (n_rows,)
    others : float64 array of shape (n_others,)
    error : float
        The bound of a squared distance's error, over the sum of the two squared norms.
    below : bool
        Whether only pairs below the diagonal are meant.

    Returns
    -------
    int
        How many are left.
    """
    n_left = 0
    for i in range(len(products)):
        row = products[i, : i if below else len(others)]
        for j in range(len(row)):
            both = norms[i] + others[j]
            square = both - 2 * row[j]
            bound = error * both + _UNDERFLOW
            low, high = rounded(square - bound), rounded(square + bound)
            row[j] = np.sqrt(high) if low == high else -1.0
        for j in range(len(row)):
            n_left += row[j] < 0
    return n_left


@kernel
def rounded(number):
    """Return a number rounded to 39 bits.

    Parameters
    ----------
    number : float

    Returns
    -------
    float
    """
    product = _SPLITTER * number
    return product + (number - product)


@kernel
def _left(tile, n_left, below):
    """Return the places of the pairs that are left.

    Parameters
    ----------
    tile : float64 array of shape (n_rows, n_others)
    n_left : int
    below : bool

    Returns
    -------
    int64 array of shape (n_left, 2)
    """
    pairs = np.empty((n_left + 1, 2), np.int64)  # the last is written over and over
    m = 0
    for i in range(len(tile)):
        row = tile[i, : i if below else tile.shape[1]]
        for j in range(len(row)):
            pairs[m] = i, j
            m += row[j] < 0
    return pairs[:n_left]


@kernel
def _add_differences(rows, others, pairs, sums):
    """Add squared differences, of some units, to the sums of pairs.

    Parameters
    ----------
    rows, others : float64 array of shape (n_points, n_units)
        Whole lanes of units.
    pairs : int64 array of shape (n_pairs, 2)
    sums : float64 array of shape (n_pairs,)
        Changed in place.
    """
    n_blocks = rows.shape[1] // LANES
    for m in range(len(pairs)):
        i, j = pairs[m]
        squares = no_squares()
        for block in range(n_blocks):
            squares = add_squares(squares, rows, i, others, j, block)
        sums[m] += total(squares)


@kernel
def _write_rounded(pairs, sums, tile):
    """Write the distances of pairs from their sums of squares.

    Parameters
    ----------
    pairs : int64 array of shape (n_pairs, 2)
    sums : float64 array of shape (n_pairs,)
    tile : float64 array of shape (n_rows, n_others)
        Written in place.
    """
    for m in range(len(pairs)):
        tile[pairs[m, 0], pairs[m, 1]] = np.sqrt(rounded(sums[m]))


@kernel
def _place(tile, start, other, distances):
    """Write a tile into a matrix, and its transpose into the place across the diagonal.

    Parameters
    ----------
    tile : float64 array of shape (n_rows, n_others)
    start, other : int
        Its first row and column in the matrix. If they are the same, what is not below the diagonal
        is not looked at.
    distances : float64 array of shape (n, n)
        Written in place.
    """
    n_rows, n_others = tile.shape
    if start == other:
        for i in range(n_rows):
            tile[i, i] = 0
            for j in range(i):
                tile[j, i] = tile[i, j]
    for i in range(n_rows):
        distances[start + i, other : other + n_others] = tile[i]
    if start == other:
        return
    # Going down a whole column would ask memory for a line at each entry.
    for first in range(0, n_rows, _SIDE):
        for j in range(n_others):
            row = distances[other + j, start + first : start + min(first + _SIDE, n_rows)]
            for i in range(len(row)):
                row[i] = tile[first + i, j]
