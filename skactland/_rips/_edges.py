"""The edges of a distance matrix in increasing order, as far as they are needed.

The order is total: by length, and among equal lengths by the ends (i, j), i < j, as they come in
the matrix. An edge is coded as i * 65536 + j.
"""

import numpy as np
from numba import njit

#: Largest number of points whose edges can be coded.
LARGEST = 65_536

_N_BINS = 256
_CROWDED = 48


@njit(cache=True, nogil=True)
def precedes(length, a, b, other, i, j):
    """Tell whether the edge ab comes before the edge ij, i < j, of length `other`."""
    if length != other:
        return length < other
    low, high = min(a, b), max(a, b)
    return low < i or (low == i and high < j)


@njit(cache=True, nogil=True, error_model="numpy")
def bin_edges(distances, threshold):
    """Group the edges up to a finite threshold into bins of increasing length.

    Returns
    -------
    codes : array of uint32
    lengths : array of float64
    starts : array of shape (n_bins + 1,)
        The edges of bin k, in matrix order, are at ``starts[k]:starts[k + 1]``.
    """
    n = len(distances)
    scale = _N_BINS / threshold
    if not np.isfinite(scale):
        scale = 0.0
    starts = np.zeros(_N_BINS + 1, np.int64)
    for i in range(n):
        row = distances[i, i + 1 :]
        for j in range(len(row)):
            if row[j] <= threshold:
                starts[1 + min(int(row[j] * scale), _N_BINS - 1)] += 1
    for k in range(_N_BINS):
        starts[k + 1] += starts[k]
    codes = np.empty(starts[-1], np.uint32)
    lengths = np.empty(starts[-1])
    ends = starts[:-1].copy()
    for i in range(n):
        row = distances[i, i + 1 :]
        for j in range(len(row)):
            if row[j] <= threshold:
                k = min(int(row[j] * scale), _N_BINS - 1)
                codes[ends[k]] = np.uint32(i * LARGEST + i + 1 + j)
                lengths[ends[k]] = row[j]
                ends[k] += 1
    return codes, lengths, starts


@njit(cache=True, nogil=True)
def sort_edges(codes, lengths):
    """Sort edges by length in place; equal lengths keep their order.

    Buckets by value, crowded ones cut into buckets again, and one insertion sort over all: linear
    time for smooth distributions and for ties.
    """
    new_codes = np.empty_like(codes)
    new_lengths = np.empty_like(lengths)
    crowded = [(0, len(lengths))]
    while crowded:
        start, stop = crowded.pop()
        starts = _distribute(
            codes[start:stop], lengths[start:stop], new_codes[start:stop], new_lengths[start:stop]
        )
        for k in range(len(starts) - 1):
            if starts[k + 1] - starts[k] > _CROWDED:
                crowded.append((start + starts[k], start + starts[k + 1]))
    _insertion_sort(codes, lengths)


@njit(cache=True, nogil=True)
def _insertion_sort(codes, lengths):
    for i in range(1, len(lengths)):
        length = lengths[i]
        if lengths[i - 1] <= length:
            continue
        code = codes[i]
        j = i
        while j > 0 and lengths[j - 1] > length:
            lengths[j] = lengths[j - 1]
            codes[j] = codes[j - 1]
            j -= 1
        lengths[j] = length
        codes[j] = code


@njit(cache=True, nogil=True, error_model="numpy")
def _distribute(codes, lengths, new_codes, new_lengths):
    """Move edges to buckets by value, in place; return where each bucket starts, if there is any.

    The shortest edge and the longest are in different buckets, so that cutting ends.
    """
    m = len(lengths)
    if m < 2:
        return np.zeros(1, np.int64)
    low = lengths.min()
    span = lengths.max() - low
    if span == 0:
        return np.zeros(1, np.int64)
    starts = np.zeros(m + 1, np.int64)
    bucket = np.empty(m, np.int32)
    for i in range(m):
        bucket[i] = int((lengths[i] - low) / span * (m - 1))
        starts[1 + bucket[i]] += 1
    for k in range(m):
        starts[k + 1] += starts[k]
    ends = starts[:-1].copy()
    for i in range(m):
        k = ends[bucket[i]]
        ends[bucket[i]] += 1
        new_codes[k] = codes[i]
        new_lengths[k] = lengths[i]
    codes[:] = new_codes
    lengths[:] = new_lengths
    return starts
