"""Whether a matrix of distances is its own transpose, without NaN or negative values."""

import numpy as np

from skactland._compiled.intrinsics import prefetch
from skactland._compiled.jit import kernel

_TILE = 32
# Entries in a line of the cache.
_LINE = 8
# What the bits of infinity, read as an integer, lack to the largest integer.
_ROOM = np.int64(2**63 - 1) - np.array(np.inf).view(np.int64)[()]


@kernel
def is_dissimilarity(bits):
    """Tell whether a matrix is symmetric and non-negative with zero diagonal.

    Parameters
    ----------
    bits : int64 array of shape (n, n)
        A float64 matrix, read as integers.

    Returns
    -------
    bool
    """
    n = len(bits)
    turned = np.empty((_TILE, _TILE + _LINE), np.int64)  # wider, or its rows would share few lines
    for i in range(n):
        if bits[i, i]:
            return False
    for i in range(0, n, _TILE):
        for j in range(0, i + 1, _TILE):
            if not _is_mirrored(bits, i, j, turned):
                return False
    return True


@kernel
def _is_mirrored(bits, start, other, turned):
    """Tell whether two tiles are transposes of each other, without NaN or negative values.

    Meanwhile the tiles that come next are fetched: memory sends whole rows by itself, not tiles.

    Parameters
    ----------
    bits : int64 array of shape (n, n)
    start, other : int
        The first row and the first column of one tile.
    turned : int64 array of shape (_TILE, _TILE + _LINE)
        Room for the other tile, written in place.

    Returns
    -------
    bool
    """
    n = len(bits)
    stop, end = min(start + _TILE, n), min(other + _TILE, n)
    for j in range(other, end):
        if j + _TILE < n:
            _prefetch_row(bits, j + _TILE, start, stop)
        row = bits[j, start:stop]
        for i in range(len(row)):
            turned[i, j - other] = row[i]
    differences = signs = 0
    for i in range(start, stop):
        _prefetch_row(bits, i, end, min(end + _TILE, n))
        row, column = bits[i, other:end], turned[i - start]
        for j in range(len(row)):
            differences |= row[j] ^ column[j]
            # Set in negative numbers, and by overflow in NaN, whose bits come after infinity's.
            signs |= row[j] | (row[j] + _ROOM)
    return differences == 0 and signs >= 0


@kernel
def _prefetch_row(matrix, row, start, stop):
    """Ask for a part of a row.

    Parameters
    ----------
    matrix : int64 array of shape (n, n)
    row, start, stop : int
    """
    for j in range(start, stop, _LINE):
        prefetch(matrix, row, j)
