"""What a distance matrix must be."""

import numpy as np

from skactland._checks import as_matrix, check_matrix
from skactland._compiled.distances.symmetry import is_dissimilarity


def is_precomputed(metric):
    """Tell whether a metric, which may be a function, says that cells are distance matrices."""
    return isinstance(metric, str) and metric == "precomputed"


def check_distances(distances):
    """Return a symmetric, non-negative float64 matrix with zero diagonal.

    Points at an infinite distance are never joined. Asymmetry within rounding (1e-12 of the median
    of the finite, positive entries, 1e-5 where the matrix came in single precision or less) is
    averaged away; more is an error.
    """
    matrix = check_matrix(distances)
    if matrix.shape[0] != matrix.shape[1]:
        raise ValueError(
            f"a distance matrix is square, got shape {matrix.shape}; "
            'for a cloud of points choose another metric than "precomputed".'
        )
    if is_dissimilarity(np.ascontiguousarray(matrix).view(np.int64)):
        return matrix
    with np.errstate(invalid="ignore"):
        least = matrix.min(initial=0)  # NaN if there is one
    if np.isnan(least):
        raise ValueError(
            "the distances contain NaN; check the points and the metric, and give points "
            "that are never joined the distance inf."
        )
    if least < 0:
        raise ValueError(
            f"the distances contain negative values (least {least:g}); "
            "similarities must be turned into distances first."
        )
    if np.diagonal(matrix).any():
        raise ValueError(
            f"the diagonal of the distance matrix is not zero (largest "
            f"{np.diagonal(matrix).max():g}); if this is rounding, use np.fill_diagonal(D, 0)."
        )
    # Well above what rounding adds to sums over many units, far below asymmetry that is meant.
    return _symmetric(matrix, 1e-5 if _is_single(as_matrix(distances)) else 1e-12)


def _is_single(matrix):
    """Tell whether numbers came in single precision or less."""
    return matrix.dtype.kind == "f" and matrix.dtype.itemsize < 8


def _symmetric(matrix, tolerance):
    """Return the mean of a matrix and its transpose, which should differ by rounding alone."""
    with np.errstate(invalid="ignore"):  # inf - inf
        difference = np.fmax.reduce(np.abs(matrix - matrix.T), axis=None)
    positive = matrix[(matrix > 0) & np.isfinite(matrix)]
    # Not the largest: a few entries may be huge, and stand for points that are never joined.
    size = np.median(positive) if len(positive) else 0.0
    if difference > tolerance * size:
        raise ValueError(
            f"the distance matrix is not symmetric (largest difference "
            f"{difference:g}); if this is intended, pass (D + D.T) / 2 or np.maximum(D, D.T)."
        )
    if positive.max() > np.finfo(np.float64).max / 2:  # the sum would be infinite
        return matrix / 2 + matrix.T / 2
    return (matrix + matrix.T) / 2
