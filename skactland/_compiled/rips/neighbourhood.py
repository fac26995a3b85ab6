"""How long the edges with an empty lune are: the relative neighbourhood graph (Toussaint 1980).

Here the lune of an edge uv is the set of points w for which uw and vw are both *shorter*. Ties only
make lunes larger, so an edge whose lune is empty in the order of step 1 of `persistence/_lunes.py`
is among those whose lune is empty here: the longest of these is a bound for step 7.
"""

import numpy as np

from skactland._compiled.bits import contains
from skactland._compiled.intrinsics import trailing_zeros
from skactland._compiled.jit import kernel
from skactland._compiled.rips.edges import LARGEST
from skactland._compiled.rips.grades import BEYOND
from skactland._compiled.rips.lengths import length_of

# Most pairs have one of their ends' nearest neighbours in their lune. A multiple of four.
_N_NEAREST = 16
# Grades that are compared at once.
_STRIDE = 256


@kernel
def longest_empty_lune(lengths, threshold, grades, scale, codes):
    """Return a length up to a threshold that no edge with an empty lune exceeds.

    Parameters
    ----------
    lengths : Lengths
    threshold : float
    grades : uint16 array of shape (n, n)
    scale : float
        As `grades.write_grades` writes and returns them.
    codes : uint32 array of shape (n_codes,)
        The shortest edges in increasing order, few or many.

    Returns
    -------
    float
    """
    n = len(grades)
    nearest = _nearest_points(codes, n)
    longest = 0.0
    for u in range(n):  # nothing is in the lune of a point and its nearest neighbour
        longest = max(longest, length_of(lengths, u, nearest[u, 0]))
    # Rounded down: an edge of that grade may be a little longer.
    candidates = _candidates(grades, np.uint16(longest * scale), nearest)
    for u in range(n):
        for i in range(candidates.shape[1]):
            word = candidates[u, i]
            while word:
                v = 64 * i + trailing_zeros(word)
                word &= word - np.uint64(1)
                # Each pair once; points near v rule out other pairs than those near u.
                if u > v or not contains(candidates[v], u):
                    continue
                length = length_of(lengths, u, v)
                if longest < length <= threshold and _lune_is_empty(u, v, length, grades, lengths):
                    longest = length
    return longest


@kernel
def _nearest_points(codes, n):
    """Return for each point the first that edges join it to.

    Parameters
    ----------
    codes : uint32 array of shape (n_codes,)
        Edges in increasing order.
    n : int

    Returns
    -------
    int64 array of shape (n, _N_NEAREST)
        Filled up with the point itself where its edges are too few.
    """
    points = np.empty((n, _N_NEAREST), np.int64)
    for i in range(n):
        for k in range(_N_NEAREST):
            points[i, k] = i
    n_found = np.zeros(n, np.int64)
    for e in range(len(codes)):
        i, j = codes[e] // LARGEST, codes[e] % LARGEST
        if n_found[i] < _N_NEAREST:
            points[i, n_found[i]] = j
            n_found[i] += 1
        if n_found[j] < _N_NEAREST:
            points[j, n_found[j]] = i
            n_found[j] += 1
    return points


@kernel
def _candidates(grades, least, nearest):
    """Return for each u the points v such that no point near u is seen in the lune of uv.

    Grades are compared, which is fast, and misses a point w of the lune where uw or vw has the
    grade of uv. So there may be candidates whose lune is not empty, and no other is left out.

    Parameters
    ----------
    grades : uint16 array of shape (n, n)
    least : uint16
        Edges of lower grades need not be candidates.
    nearest : int64 array of shape (n, _N_NEAREST)

    Returns
    -------
    uint64 array of shape (n, n_words)
        A set for each u.
    """
    n = len(grades)
    candidates = np.zeros((n, (n + 63) // 64), np.uint64)
    bounds = np.empty(n, np.uint16)
    for u in range(n):
        row = grades[u]
        for v in range(n):
            # 0 rules a pair out. It does not where the grade is 0; lengths decide in the end.
            bounds[v] = BEYOND if (least <= row[v]) & (row[v] < BEYOND) else 0
        for k in range(0, _N_NEAREST, 4):
            _tighten(bounds, grades, row, nearest[u, k : k + 4])
        for i in range(candidates.shape[1]):
            start, stop = 64 * i, 64 * i + 64
            candidates[u, i] = _mask_at_most(row[start:stop], bounds[start:stop])
    return candidates


@kernel
def _mask_at_most(grades, bounds):
    """Return a word with a bit for each grade: whether it is at most its bound.

    Parameters
    ----------
    grades, bounds : uint16 array of shape (n_bits,), n_bits <= 64

    Returns
    -------
    uint64
    """
    word = np.uint64(0)
    for j in range(len(grades)):
        word |= np.uint64(grades[j] <= bounds[j]) << np.uint64(j)
    return word


@kernel
def _tighten(bounds, grades, row, points):
    """Lower the bound of each v to the larger of the grades of uw and vw, for four points w.

    Four at once, so that each bound is read and written a quarter as often.

    Parameters
    ----------
    bounds : uint16 array of shape (n,)
        Changed in place.
    grades : uint16 array of shape (n, n)
    row : uint16 array of shape (n,)
        The grades of the edges from u.
    points : int64 array of shape (4,)
    """
    a, b, c, d = points[0], points[1], points[2], points[3]
    from_a, from_b, from_c, from_d = grades[a], grades[b], grades[c], grades[d]
    to_a, to_b, to_c, to_d = row[a], row[b], row[c], row[d]
    for j in range(len(bounds)):
        one = min(max(from_a[j], to_a), max(from_b[j], to_b))
        two = min(max(from_c[j], to_c), max(from_d[j], to_d))
        bounds[j] = min(bounds[j], min(one, two))


@kernel
def _lune_is_empty(u, v, length, grades, lengths):
    """Tell whether no point is closer than a length to both of two points.

    Parameters
    ----------
    u, v : int
    length : float
        That of uv.
    grades : uint16 array of shape (n, n)
    lengths : Lengths

    Returns
    -------
    bool
    """
    row, other, grade = grades[u], grades[v], grades[u, v]
    # Counting has no branch, so that many grades are compared at once; a look at the count from
    # time to time ends the search early, as most lunes are found out soon not to be empty.
    for start in range(0, len(row), _STRIDE):
        ours, theirs = row[start : start + _STRIDE], other[start : start + _STRIDE]
        n_inside = 0
        for w in range(len(ours)):
            n_inside += (ours[w] < grade) & (theirs[w] < grade)
        if n_inside:
            return False
    # Of the same grade a point may be closer too, which its lengths tell.
    for w in range(len(row)):
        if (
            (row[w] <= grade) & (other[w] <= grade)
            and length_of(lengths, u, w) < length
            and length_of(lengths, v, w) < length
        ):
            return False
    return True
