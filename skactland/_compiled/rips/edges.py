"""The edges of a distance matrix in increasing order, as far as they are needed.

The order is total: by length, and among equal lengths by the ends (i, j), i < j, as they come in
the matrix. An edge is coded as i * 65536 + j.

A length has a *level*, a small integer: no level is lower than that of a shorter edge. The levels
of a matrix take a quarter of its memory, so that they are read faster than the lengths.
"""

import numpy as np

from skactland._compiled.intrinsics import trailing_zeros
from skactland._compiled.jit import kernel

#: Largest number of points whose edges can be coded.
LARGEST = 65_536
#: The level of lengths beyond the threshold.
BEYOND = 65_535

# Edges are fetched in about so many parts; most clouds need the first ones alone.
_N_PARTS = 6
# Rows that tell how levels are distributed, about.
_N_ROWS = 8

_CROWDED = 48


@kernel
def write_levels(distances, threshold, levels):
    """Write the level of each distance; return what times a length up to the threshold is one."""
    scale = (BEYOND - 1) / threshold if threshold > 0 else np.inf
    if np.isinf(scale):
        scale = 0.0
    for i in range(len(distances)):
        row, out = distances[i], levels[i]
        for j in range(len(row)):
            level = np.uint16(np.int32(min(row[j], threshold) * scale))
            out[j] = level if row[j] <= threshold else BEYOND
    return scale


def sample(levels):
    """Return the levels up to the threshold of some points' edges, in increasing order."""
    rows = levels[:: -(-len(levels) // _N_ROWS)]
    return np.sort(rows[rows < BEYOND]).astype(np.int64)


def cut(sample):
    """Return levels that cut the edges up to the threshold into parts; the last is the highest."""
    return np.append(sample[[len(sample) * k // _N_PARTS for k in range(1, _N_PARTS)]], BEYOND - 1)


@kernel
def fetch_edges(distances, low, high, space):
    """Return codes and lengths of the edges with low < level <= high, in increasing order."""
    codes, lengths = space.codes, space.lengths
    m = 0
    for i in range(len(distances)):
        row = space.levels[i, i + 1 :]
        for start in range(0, len(row), 64):
            word = _between(low, row[start : start + 64], high)
            while word:
                codes[m] = i * LARGEST + i + 1 + start + trailing_zeros(word)
                word &= word - np.uint64(1)
                m += 1
    for k in range(m):
        lengths[k] = distances[codes[k] // LARGEST, codes[k] % LARGEST]
    sort_edges(m, space)
    return codes[:m], lengths[:m]


@kernel
def _between(low, levels, high):
    """Return a word with a bit for each of at most 64 levels: whether low < level <= high."""
    word = np.uint64(0)
    for j in range(len(levels)):
        word |= np.uint64((low < levels[j]) & (levels[j] <= high)) << np.uint64(j)
    return word


@kernel
def sort_edges(m, space):
    """Sort the first m edges by length in place; equal lengths keep their order.

    Buckets by value, crowded ones cut into buckets again, and one insertion sort over all: linear
    time for smooth distributions and for ties.
    """
    crowded = [(0, m)]
    while crowded:
        start, stop = crowded.pop()
        first = start
        for last in _distribute(start, stop, space):
            if start + last - first > _CROWDED:
                crowded.append((first, start + last))
            first = start + last
    _insertion_sort(space.codes[:m], space.lengths[:m])


@kernel
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


@kernel(error_model="numpy")
def _distribute(start, stop, space):
    """Move some edges to buckets by value, as many as they are; return where each bucket ends.

    The shortest edge and the longest are in different buckets, so that cutting ends. Where all are
    equal there are no buckets.
    """
    m = stop - start
    codes, lengths = space.codes[start:stop], space.lengths[start:stop]
    moved_codes, moved_lengths = space.moved_codes[:m], space.moved_lengths[:m]
    low, high = _range(lengths)
    if low == high:
        return space.stops[:0]
    span = high - low
    buckets, stops = space.buckets[:m], space.stops[:m]
    stops[:] = 0
    for i in range(m):
        buckets[i] = int((lengths[i] - low) / span * (m - 1))
        stops[buckets[i]] += 1
    total = 0
    for k in range(m):
        total, stops[k] = total + stops[k], total
    for i in range(m):
        k = stops[buckets[i]]
        stops[buckets[i]] += 1
        moved_codes[k] = codes[i]
        moved_lengths[k] = lengths[i]
    for k in range(m):
        codes[k] = moved_codes[k]
        lengths[k] = moved_lengths[k]
    return stops


@kernel(fastmath={"nnan", "nsz", "reassoc"})
def _range(lengths):
    """Return the least length and the largest, 0 and 0 where there is none."""
    if len(lengths) == 0:
        return 0.0, 0.0
    low = high = lengths[0]
    for length in lengths:
        low = min(low, length)
        high = max(high, length)
    return low, high
