"""The edges of a cloud in increasing order, as far as they are needed.

The order is total: by length, and among equal lengths by the ends (i, j), i < j, as they come in
the matrix (step 1 of `persistence/_lunes.py`). An edge is coded as i * 65536 + j.
"""

import numpy as np

from skactland._compiled.intrinsics import trailing_zeros
from skactland._compiled.jit import kernel
from skactland._compiled.rips.lengths import write_lengths

#: Largest number of points whose edges can be coded: i * 65536 + j fits in 32 bits.
LARGEST = 65_536

# Buckets of more edges are cut again, since insertion sort takes the square of their number.
_CROWDED = 48


@kernel
def fetch_edges(source, low, high, space):
    """Return codes and lengths of the edges with low < grade <= high, in increasing order.

    Parameters
    ----------
    source : Lengths
    low, high : int
    space : Workspace
        Its grades are read, and all its arrays of edges written in place.

    Returns
    -------
    codes : uint32 array of shape (n_fetched,)
    lengths : float64 array of shape (n_fetched,)
        Both are views of the workspace, which the next call writes over.
    """
    codes, lengths = space.codes, space.lengths
    m = np.int64(0)  # to numba 0 is a type of its own, for which `sort_edges` is compiled as well
    for i in range(len(space.grades)):
        first, row = m, space.grades[i, i + 1 :]
        for start in range(0, len(row), 64):
            word = _mask_between(low, row[start : start + 64], high)
            while word:
                codes[m] = i + 1 + start + trailing_zeros(word)  # the other end
                word &= word - np.uint64(1)  # without its lowest bit, which has been seen
                m += 1
        write_lengths(source, i, codes[first:m], lengths[first:m])
        for k in range(first, m):
            codes[k] += i * LARGEST
    sort_edges(m, space)
    return codes[:m], lengths[:m]


@kernel
def _mask_between(low, grades, high):
    """Return a word with a bit for each grade: whether low < grade <= high.

    Parameters
    ----------
    low : int
    grades : uint16 array of shape (n_bits,), n_bits <= 64
    high : int

    Returns
    -------
    uint64
    """
    word = np.uint64(0)
    for j in range(len(grades)):
        # `&` where `and` would branch, so that many grades are compared at once.
        word |= np.uint64((low < grades[j]) & (grades[j] <= high)) << np.uint64(j)
    return word


@kernel
def sort_edges(m, space):
    """Sort the first m edges by length in place; equal lengths keep their order.

    Buckets by value, crowded ones cut into buckets again, and one insertion sort over all: linear
    time for smooth distributions and for ties.

    Parameters
    ----------
    m : int
    space : Workspace
        All its arrays of edges are written in place.
    """
    # Those that wait to be cut share no edge, and all but the first are crowded.
    crowded = np.empty((m // _CROWDED + 1, 2), np.int64)
    crowded[0, 0], crowded[0, 1] = 0, m
    n_crowded = 1
    while n_crowded:
        n_crowded -= 1
        start, stop = crowded[n_crowded, 0], crowded[n_crowded, 1]
        first = start
        stops = _distribute(start, stop, space)
        for k in range(len(stops)):
            last = start + stops[k]
            if last - first > _CROWDED:
                crowded[n_crowded, 0], crowded[n_crowded, 1] = first, last
                n_crowded += 1
            first = last
    _insertion_sort(space.codes[:m], space.lengths[:m])


@kernel
def _insertion_sort(codes, lengths):
    """Sort edges that are nearly in order by length; equal lengths keep their order.

    Parameters
    ----------
    codes : uint32 array of shape (m,)
    lengths : float64 array of shape (m,)
        Both are sorted in place.
    """
    for i in range(1, len(lengths)):
        length = lengths[i]
        # Most edges are in order already.
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


# Division as NumPy does it, without a branch for zero, which the span is not.
@kernel(error_model="numpy")
def _distribute(start, stop, space):
    """Move some edges to buckets by value, as many buckets as edges.

    The shortest edge and the longest are in different buckets, so that cutting ends. Where all are
    equal there are no buckets.

    Parameters
    ----------
    start, stop : int
        Where the edges stand.
    space : Workspace
        All its arrays of edges are written in place.

    Returns
    -------
    uint32 array of shape (n_buckets,)
        Where each bucket stops, counted from `start`.
    """
    m = stop - start
    codes, lengths = space.codes[start:stop], space.lengths[start:stop]
    moved_codes, moved_lengths = space.moved_codes[:m], space.moved_lengths[:m]
    low, high = _range(lengths)
    if low == high:
        return space.stops[:0]
    span = high - low
    buckets, stops = space.buckets[:m], space.stops[:m]
    for k in range(m):
        stops[k] = 0
    for i in range(m):
        # Divided first, the largest gives 1 exactly, and so the last bucket.
        buckets[i] = int((lengths[i] - low) / span * (m - 1))
        stops[buckets[i]] += 1
    total = 0
    for k in range(m):
        total, stops[k] = total + stops[k], total
    # So far `stops` tells where buckets start; each edge that comes to one moves its stop on.
    for i in range(m):
        k = stops[buckets[i]]
        stops[buckets[i]] += 1
        moved_codes[k] = codes[i]
        moved_lengths[k] = lengths[i]
    for k in range(m):
        codes[k] = moved_codes[k]
        lengths[k] = moved_lengths[k]
    return stops


# Lengths are neither NaN nor -0.0, so that the least may be found in any order, several at once.
@kernel(fastmath={"nnan", "nsz", "reassoc"})
def _range(lengths):
    """Return the least length and the largest, 0 and 0 where there is none.

    Parameters
    ----------
    lengths : float64 array of shape (m,)

    Returns
    -------
    low, high : float
    """
    if len(lengths) == 0:
        return 0.0, 0.0
    low = high = lengths[0]
    for k in range(len(lengths)):
        low = min(low, lengths[k])
        high = max(high, lengths[k])
    return low, high
