"""What a distance matrix must be."""

import numpy as np
from numba import njit

from skactland._checks import check_matrix
from skactland._intrinsics import prefetch

_TILE = 32
# Entries in a line of the cache.
_LINE = 8
# What the bits of infinity, read as an integer, lack to the largest integer.
_ROOM = np.int64(2**63 - 1) - np.array(np.inf).view(np.int64)[()]


def check_distances(distances, where):
    """Return a symmetric, non-negative float64 matrix with zero diagonal.

    Points at an infinite distance are never joined. Asymmetry within rounding (1e-12 of the largest
    finite entry, 1e-5 where the matrix came in single precision or less) is averaged away; more is
    an error.
    """
    matrix = check_matrix(distances, where)
    if matrix.shape[0] != matrix.shape[1]:
        raise ValueError(
            f"{where}: a distance matrix is square, got shape {matrix.shape}; "
            'for a cloud of points choose another metric than "precomputed".'
        )
    if _mirrors_itself(np.ascontiguousarray(matrix).view(np.int64)):
        return matrix
    with np.errstate(invalid="ignore"):
        least = matrix.min(initial=0)  # NaN if there is one
    if np.isnan(least):
        raise ValueError(
            f"{where}: the distances contain NaN; check the points and the metric, and give points "
            "that are never joined the distance inf."
        )
    if least < 0:
        raise ValueError(
            f"{where}: the distances contain negative values (least {least:g}); "
            "similarities must be turned into distances first."
        )
    if np.diagonal(matrix).any():
        raise ValueError(
            f"{where}: the diagonal of the distance matrix is not zero (largest "
            f"{np.diagonal(matrix).max():g}); if this is rounding, use np.fill_diagonal(D, 0)."
        )
    return _symmetric(matrix, 1e-5 if _is_single(distances) else 1e-12, where)


@njit(cache=True, nogil=True)
def _mirrors_itself(bits):
    """Tell whether a matrix is symmetric and non-negative with zero diagonal, by its bits."""
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


@njit(cache=True, nogil=True)
def _is_mirrored(bits, start, other, turned):
    """Tell whether two tiles are transposes of each other, without NaN or negative values.

    Meanwhile the tiles that come next are fetched: memory sends whole rows by itself, not tiles.
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


@njit(cache=True, nogil=True)
def _prefetch_row(matrix, row, start, stop):
    for j in range(start, stop, _LINE):
        prefetch(matrix, row, j)


def _is_single(values):
    """Tell whether an array or tensor came in single precision or less."""
    dtype = getattr(values, "dtype", None)
    is_float = getattr(dtype, "is_floating_point", getattr(dtype, "kind", None) == "f")
    return is_float and dtype.itemsize < 8


def _symmetric(matrix, tolerance, where):
    """Return the mean of a matrix and its transpose, which should differ by rounding alone."""
    with np.errstate(invalid="ignore"):  # inf - inf
        difference = np.fmax.reduce(np.abs(matrix - matrix.T), axis=None)
    if difference > tolerance * matrix[np.isfinite(matrix)].max():
        raise ValueError(
            f"{where}: the distance matrix is not symmetric (largest difference "
            f"{difference:g}); if this is intended, pass (D + D.T) / 2 or np.maximum(D, D.T)."
        )
    return (matrix + matrix.T) / 2
