"""The edges of a cloud by increasing length, as far as they are needed, and as far as it matters.

The order is total: by length, and among equal lengths by the ends (i, j), i < j, as they come in
the matrix (step 1 of `persistence/_lunes.py`). An edge is coded as i * 65536 + j.

Edges are fetched in *buckets*: those of one grade or of a few next to each other, without their
lengths, as they come in the matrix. A bucket is sorted only if the order of its edges matters.
"""

import numpy as np

from skactland._compiled.intrinsics import trailing_zeros
from skactland._compiled.jit import kernel
from skactland._compiled.rips.lengths import length_of
from skactland._compiled.simd import mask_between

#: Largest number of points whose edges can be coded: i * 65536 + j fits in 32 bits.
LARGEST = 65_536

# Edges of a bucket, on average, unless single grades have more. With fewer, calls for each bucket
# would take longer than its edges; with more, one edge that matters has more others sorted.
_MEAN = 64
# More edges are sorted by buckets of their own, since insertion sort takes the square of their
# number.
_CROWDED = 48


@kernel
def fetch_edges(low, high, space):
    """Fetch the edges with low < grade <= high in buckets.

    Parameters
    ----------
    low, high : int
    space : Workspace
        Its grades are read, and all its arrays of edges written in place.

    Returns
    -------
    stops : int64 array of shape (n_buckets,)
        Where each bucket stops in ``space.codes``.
    lasts : int64 array of shape (n_buckets,)
        The last grade of each bucket; the first is the next after the bucket before.
    """
    m = _find_edges(low, high, space)
    codes, found, grades = space.codes, space.found, space.found_grades
    shift, n_grades = 0, high - low
    while _MEAN * (n_grades >> shift) > m:
        shift += 1
    stops = np.zeros(((n_grades - 1) >> shift) + 1, np.int64)
    first = low + 1
    for e in range(m):
        stops[(grades[e] - first) >> shift] += 1
    total = 0
    for k in range(len(stops)):
        total, stops[k] = total + stops[k], total
    # So far `stops` tells where buckets start; each edge that comes to one moves its stop on.
    for e in range(m):
        k = (grades[e] - first) >> shift
        codes[stops[k]] = found[e]
        stops[k] += 1
    lasts = np.empty(len(stops), np.int64)
    for k in range(len(lasts)):
        lasts[k] = min(low + ((k + 1) << shift), high)
    return stops, lasts


@kernel
def _find_edges(low, high, space):
    """Write the edges with low < grade <= high, and their grades, as they come in the matrix.

    Parameters
    ----------
    low, high : int
    space : Workspace
        ``found`` and ``found_grades`` are written in place.

    Returns
    -------
    int
        How many there are.
    """
    found, found_grades, grades = space.found, space.found_grades, space.grades
    n, m = len(grades), 0
    least, largest = np.uint16(low + 1), np.uint16(high)
    for i in range(n):
        for start in range(i + 1, n, 64):
            word = _mask_between(grades, i, start, least, largest)
            while word:
                j = start + trailing_zeros(word)
                word &= word - np.uint64(1)  # without its lowest bit, which has been seen
                found[m] = i * LARGEST + j
                found_grades[m] = grades[i, j]
                m += 1
    return m


@kernel
def _mask_between(grades, i, start, least, largest):
    """Return a word with a bit for each grade of a row from `start` on: whether it is in a range.

    Parameters
    ----------
    grades : uint16 array of shape (n, n)
    i, start : int
    least, largest : uint16

    Returns
    -------
    uint64
    """
    n = len(grades)
    if start + 64 <= n:
        return mask_between(grades, i, start, least, largest)
    if n >= 64:  # the last 64, without those that come before
        return mask_between(grades, i, n - 64, least, largest) >> np.uint64(start + 64 - n)
    word = np.uint64(0)
    for j in range(start, n):
        is_within = (least <= grades[i, j]) & (grades[i, j] <= largest)
        word |= np.uint64(is_within) << np.uint64(j - start)
    return word


@kernel
def sort_bucket(lengths, codes):
    """Sort edges in place, which have come as they do in the matrix.

    Parameters
    ----------
    lengths : Lengths
    codes : uint32 array of shape (m,)
    """
    keys = np.empty(len(codes))
    # A matrix is taken out once, as numba would count references to it within the loop.
    matrix = lengths.matrix
    if len(matrix):
        for e in range(len(codes)):
            keys[e] = matrix[codes[e] // LARGEST, codes[e] % LARGEST]
    else:
        for e in range(len(codes)):
            keys[e] = length_of(lengths, codes[e] // LARGEST, codes[e] % LARGEST)
    sort_edges(codes, keys)


@kernel
def sort_edges(codes, lengths):
    """Sort edges by length in place; equal lengths keep their order.

    Buckets by value, crowded ones cut into buckets again, and one insertion sort over all: linear
    time for smooth distributions and for ties.

    Parameters
    ----------
    codes : uint32 array of shape (m,)
    lengths : float64 array of shape (m,)
    """
    if len(codes) > _CROWDED:
        _sort_roughly(codes, lengths)
    _insertion_sort(codes, lengths)


@kernel
def _sort_roughly(codes, lengths):
    """Sort edges by length in place, but for those in runs of no more than `_CROWDED`.

    Parameters
    ----------
    codes : uint32 array of shape (m,)
    lengths : float64 array of shape (m,)
    """
    m = len(codes)
    moved_codes, moved_lengths = np.empty(m, np.uint32), np.empty(m)
    buckets, stops = np.empty(m, np.uint32), np.empty(m, np.uint32)
    # Those that wait to be cut share no edge, and all but the first are crowded.
    crowded = np.empty((m // _CROWDED + 1, 2), np.int64)
    crowded[0, 0], crowded[0, 1] = 0, m
    n_crowded = 1
    while n_crowded:
        n_crowded -= 1
        start, stop = crowded[n_crowded, 0], crowded[n_crowded, 1]
        first = start
        n_buckets = _distribute(
            codes[start:stop], lengths[start:stop], moved_codes, moved_lengths, buckets, stops
        )
        for k in range(n_buckets):
            last = start + stops[k]
            if last - first > _CROWDED:
                crowded[n_crowded, 0], crowded[n_crowded, 1] = first, last
                n_crowded += 1
            first = last


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
def _distribute(codes, lengths, moved_codes, moved_lengths, buckets, stops):
    """Move edges to buckets by value, as many buckets as edges.

    The shortest edge and the longest are in different buckets, so that cutting ends. Where all are
    equal there are no buckets.

    Parameters
    ----------
    codes : uint32 array of shape (m,)
    lengths : float64 array of shape (m,)
        The edges, moved in place.
    moved_codes : uint32 array of shape (n_room,)
    moved_lengths : float64 array of shape (n_room,)
    buckets : uint32 array of shape (n_room,)
        Without content; at least as long.
    stops : uint32 array of shape (n_room,)
        Where each bucket stops is written in place.

    Returns
    -------
    int
        How many buckets there are.
    """
    m = len(codes)
    low, high = _range(lengths)
    if low == high:
        return 0
    span = high - low
    for k in range(m):
        stops[k] = 0
    for i in range(m):
        # Divided first, the largest gives 1 exactly, and so the last bucket.
        buckets[i] = int((lengths[i] - low) / span * (m - 1))
        stops[buckets[i]] += 1
    total = 0
    for k in range(m):
        total, stops[k] = total + stops[k], total
    # So far `stops` tells where buckets start, as in `fetch_edges`.
    for i in range(m):
        k = stops[buckets[i]]
        stops[buckets[i]] += 1
        moved_codes[k] = codes[i]
        moved_lengths[k] = lengths[i]
    for k in range(m):
        codes[k] = moved_codes[k]
        lengths[k] = moved_lengths[k]
    return m


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
