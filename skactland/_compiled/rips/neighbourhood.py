"""How long the edges with an empty lune are: the relative neighbourhood graph (Toussaint 1980).

Here the lune of an edge uv is the set of points w for which uw and vw are both shorter. Where it is
not empty, no components are joined and no class of degree 1 is born.
"""

import numpy as np

from skactland._compiled.bits import has
from skactland._compiled.intrinsics import trailing_zeros
from skactland._compiled.jit import kernel
from skactland._compiled.rips.edges import BEYOND, LARGEST

# Most pairs have one of their ends' nearest neighbours in their lune. A multiple of four.
_N_NEAREST = 16


@kernel
def longest_empty_lune(distances, threshold, levels, scale, codes):
    """Return a length up to a threshold that no edge with an empty lune exceeds.

    `levels` and `scale` are those of `write_levels`, and `codes` those of the shortest edges, in
    increasing order.
    """
    n = len(distances)
    nearest = _nearest_points(codes, n)
    longest = 0.0
    for u in range(n):  # nothing is in the lune of a point and its nearest neighbour
        longest = max(longest, distances[u, nearest[u, 0]])
    unseen = _look_from_one_end(levels, np.uint16(longest * scale), nearest)
    for u in range(n):
        for i in range(unseen.shape[1]):
            word = unseen[u, i]
            while word:
                v = 64 * i + trailing_zeros(word)
                word &= word - np.uint64(1)
                length = distances[u, v]
                if (
                    longest < length <= threshold
                    and has(unseen[v], u)
                    and _is_empty(distances[u], distances[v], length)
                ):
                    longest = length
    return longest


@kernel
def _nearest_points(codes, n):
    """Return for each point the first that edges join it to; itself where they are too few."""
    points = np.empty((n, _N_NEAREST), np.int64)
    for i in range(n):
        points[i] = i
    n_found = np.zeros(n, np.int64)
    for code in codes:
        i, j = code // LARGEST, code % LARGEST
        if n_found[i] < _N_NEAREST:
            points[i, n_found[i]] = j
            n_found[i] += 1
        if n_found[j] < _N_NEAREST:
            points[j, n_found[j]] = i
            n_found[j] += 1
    return points


@kernel
def _look_from_one_end(levels, least, nearest):
    """Return for each u the points v, from a least level on, with no point near u in their lune.

    Levels are compared, so that a point in the lune may go unseen.
    """
    n = len(levels)
    unseen = np.zeros((n, (n + 63) // 64), np.uint64)
    bounds = np.empty(n, np.uint16)
    for u in range(n):
        row = levels[u]
        for v in range(n):
            bounds[v] = BEYOND if (least <= row[v]) & (row[v] < BEYOND) else 0
        for k in range(0, _N_NEAREST, 4):
            _lower(bounds, levels, row, nearest[u, k : k + 4])
        for i in range(unseen.shape[1]):
            start, stop = 64 * i, 64 * i + 64
            unseen[u, i] = _not_beyond(row[start:stop], bounds[start:stop])
    return unseen


@kernel
def _not_beyond(levels, bounds):
    """Return a word with a bit for each of at most 64 levels that is not beyond its bound."""
    word = np.uint64(0)
    for j in range(len(levels)):
        word |= np.uint64(levels[j] <= bounds[j]) << np.uint64(j)
    return word


@kernel
def _lower(bounds, levels, row, points):
    """Lower each bound to the longer of the two edges over one of four points."""
    a, b, c, d = points[0], points[1], points[2], points[3]
    over_a, over_b, over_c, over_d = levels[a], levels[b], levels[c], levels[d]
    to_a, to_b, to_c, to_d = row[a], row[b], row[c], row[d]
    for j in range(len(bounds)):
        one = min(max(over_a[j], to_a), max(over_b[j], to_b))
        two = min(max(over_c[j], to_c), max(over_d[j], to_d))
        bounds[j] = min(bounds[j], min(one, two))


@kernel
def _is_empty(row, other, length):
    """Tell whether no point is closer than a length to both of the points whose rows are given."""
    for start in range(0, len(row), 256):
        ours = row[start : start + 256]
        theirs = other[start : start + 256]
        n_inside = 0
        for w in range(len(ours)):
            n_inside += (ours[w] < length) & (theirs[w] < length)
        if n_inside:
            return False
    return True
