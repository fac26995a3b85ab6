"""The edges whose lune may be empty: the relative neighbourhood graph (Toussaint 1980), and a few.

Here the lune of an edge uv is the set of points w for which uw and vw are both *shorter*. Ties only
make lunes larger, so an edge whose lune is empty in the order of step 1 of `persistence/_lunes.py`
is among those whose lune is empty here: the longest of these is a bound for step 7.
"""

import numpy as np

from skactland._compiled.arrays import longer
from skactland._compiled.intrinsics import trailing_zeros
from skactland._compiled.jit import kernel
from skactland._compiled.rips.edges import LARGEST, sort_edges
from skactland._compiled.rips.grades import BEYOND
from skactland._compiled.rips.lengths import length_of
from skactland._compiled.simd import mask_at_most

# Most pairs have one of their ends' nearest neighbours in their lune. A multiple of four.
_N_NEAREST = 16
# Grades that are compared at once.
_STRIDE = 256


@kernel
def edges_that_may_begin_bars(grades, codes):
    """Return edges in order of their grades, all among them whose lune is empty.

    Left out is whatever has a point near one of its ends in its lune. Grades are compared, which is
    fast, and misses a point w of the lune of uv where uw or vw has the grade of uv.

    Parameters
    ----------
    grades : uint16 array of shape (n, n)
        As `grades.write_grades` writes them.
    codes : uint32 array of shape (n_codes,)
        The shortest edges, few or many, about in increasing order.

    Returns
    -------
    uint32 array of shape (n_found,)
    """
    n = len(grades)
    nearest = _nearest_points(codes, n)
    found, m = np.empty(8 * n, np.uint32), 0
    bounds = np.zeros((1, n), np.uint16)
    for u in range(n):
        _bound_grades(grades, u, nearest, bounds)
        for start in range(u + 1, n, 64):
            word = _mask_at_most(grades, u, start, bounds)
            while word:
                v = start + trailing_zeros(word)
                word &= word - np.uint64(1)
                # Points near v rule out other pairs than those near u.
                if _is_ruled_out(u, v, grades, nearest):
                    continue
                if m == len(found):
                    found = longer(found, 2 * m)
                found[m] = u * LARGEST + v
                m += 1
    found, keys = found[:m], np.empty(m)
    for e in range(m):
        keys[e] = grades[found[e] // LARGEST, found[e] % LARGEST]
    sort_edges(found, keys)
    return found


@kernel
def longest_empty_lune(lengths, grades, codes):
    """Return the length of the longest edge with an empty lune, 0 where there is none.

    Parameters
    ----------
    lengths : Lengths
    grades : uint16 array of shape (n, n)
    codes : uint32 array of shape (n_codes,)
        Edges in order of their grades, all among them whose lune is empty.

    Returns
    -------
    float
    """
    longest, least = 0.0, np.int64(0)
    for e in range(len(codes) - 1, -1, -1):
        u, v = codes[e] // LARGEST, codes[e] % LARGEST
        if grades[u, v] < least:
            break
        length = length_of(lengths, u, v)
        if length > longest and _lune_is_empty(u, v, length, grades, lengths):
            # Of the same grade there may be longer ones.
            longest, least = length, np.int64(grades[u, v])
    return longest


@kernel
def _nearest_points(codes, n):
    """Return for each point the first that edges join it to.

    Parameters
    ----------
    codes : uint32 array of shape (n_codes,)
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
def _bound_grades(grades, u, nearest, bounds):
    """Write for each v > u the least grade w must be closer than to both, for the points w near u.

    A pair uv of a higher grade is ruled out; so is one that is beyond the threshold.

    Parameters
    ----------
    grades : uint16 array of shape (n, n)
    u : int
    nearest : int64 array of shape (n, _N_NEAREST)
    bounds : uint16 array of shape (1, n)
        Written in place from u + 1 on.
    """
    # Unsigned, since numba looks whether other indices count from the end.
    first, stop = np.uint64(u + 1), np.uint64(len(grades))
    for v in range(first, stop):
        bounds[0, v] = BEYOND - 1
    # Four at once, so that each bound is read and written a quarter as often.
    for k in range(0, _N_NEAREST, 4):
        a, b, c, d = nearest[u, k], nearest[u, k + 1], nearest[u, k + 2], nearest[u, k + 3]
        to_a, to_b, to_c, to_d = grades[u, a], grades[u, b], grades[u, c], grades[u, d]
        for v in range(first, stop):
            one = min(max(grades[a, v], to_a), max(grades[b, v], to_b))
            two = min(max(grades[c, v], to_c), max(grades[d, v], to_d))
            bounds[0, v] = min(bounds[0, v], min(one, two))


@kernel
def _mask_at_most(grades, u, start, bounds):
    """Return a word with a bit for each grade of a row from `start` on: whether it is in bounds.

    Parameters
    ----------
    grades : uint16 array of shape (n, n)
    u, start : int
    bounds : uint16 array of shape (1, n)

    Returns
    -------
    uint64
    """
    n = len(grades)
    if start + 64 <= n:
        return mask_at_most(grades, u, start, bounds, 0, start)
    if n >= 64:  # the last 64, without those that come before
        return mask_at_most(grades, u, n - 64, bounds, 0, n - 64) >> np.uint64(start + 64 - n)
    word = np.uint64(0)
    for v in range(start, n):
        word |= np.uint64(grades[u, v] <= bounds[0, v]) << np.uint64(v - start)
    return word


@kernel
def _is_ruled_out(u, v, grades, nearest):
    """Tell whether one of the points near v is seen in the lune of uv.

    Parameters
    ----------
    u, v : int
    grades : uint16 array of shape (n, n)
    nearest : int64 array of shape (n, _N_NEAREST)

    Returns
    -------
    bool
    """
    for k in range(_N_NEAREST):
        w = nearest[v, k]
        if max(grades[u, w], grades[v, w]) < grades[u, v]:
            return True
    return False


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
