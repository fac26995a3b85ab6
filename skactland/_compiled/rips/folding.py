"""Lunes folded to their cores: step 9 of `persistence/_lunes.py`.

To *see* a point is to be joined to it, or to be it. A point is *dominated* by another that sees all
that it sees in the lune. The flag complex of the lune keeps its homotopy type when dominated
points are taken out one by one; what is left when none is dominated is the *core*. Of most lunes a
single point is left, and most of these are *cones*: one point sees all others.
"""

from typing import NamedTuple

import numpy as np

from skactland._compiled.bits import empty_rows, flip
from skactland._compiled.intrinsics import trailing_zeros
from skactland._compiled.jit import kernel
from skactland._compiled.rips.lunes import flood_from_apex
from skactland._compiled.simd import WORDS, both, load, nonzero_words, store, without

# So many points are a word.
_FEW = 64


class Room(NamedTuple):
    """Where lunes are folded; without content between one and the next.

    Attributes
    ----------
    lune, rest : uint64 array of shape (1, n_words)
    points : int64 array of shape (n,)
        The points of a lune that are left, in increasing order.
    stars : uint64 array of shape (64,)
        What each of a few points sees of the others.
    """

    lune: np.ndarray
    rest: np.ndarray
    points: np.ndarray
    stars: np.ndarray


@kernel
def empty_room(n):
    """Return the room for lunes of n points.

    Parameters
    ----------
    n : int

    Returns
    -------
    Room
    """
    return Room(
        empty_rows(n)[:1], empty_rows(n)[:1], np.empty(n, np.int64), np.empty(_FEW, np.uint64)
    )


@kernel
def fold_lune(neighbours, u, v, lune, rest, points, stars):
    """Write the core of the lune of uv to a list.

    Parameters
    ----------
    neighbours : uint64 array of shape (n, n_words)
        The star of each point.
    u, v : int
        Their lune is not empty.
    lune, rest : uint64 array of shape (1, n_words)
    points : int64 array of shape (n,)
    stars : uint64 array of shape (64,)
        All are written in place; the core is in increasing order.

    Returns
    -------
    int
        How many points the core has: at least one.
    """
    m = _list_lune(neighbours, u, v, lune, points)
    i = n_in_vain = 0
    while n_in_vain < m:
        y = points[i]
        if not _leave_unseen(neighbours, y, lune, rest):
            points[0] = y
            return 1
        # Whoever sees nothing of what y does not see is dominated by y, and seen by it: each point
        # sees itself. All go at once, as y stays.
        n_left = 0
        for j in range(m):
            x = points[j]
            points[n_left] = x
            if x == y:
                i = n_left + 1
                n_left += 1
            elif _sees_some(neighbours, x, rest):
                n_left += 1
            else:
                flip(lune[0], x)
        n_in_vain = n_in_vain + 1 if n_left == m else 1
        m = n_left
        if m <= _FEW:
            return _fold_few(neighbours, points, m, stars)
        if i == m:
            i = 0
    return m


@kernel
def _fold_few(neighbours, points, m, stars):
    """Fold what is left of a lune when its points are a word; return how many are left then.

    Parameters
    ----------
    neighbours : uint64 array of shape (n, n_words)
    points : int64 array of shape (n,)
        The first m of them are folded in place.
    m : int
        At most 64.
    stars : uint64 array of shape (64,)
        Written in place.

    Returns
    -------
    int
    """
    one = np.uint64(1)
    for j in range(m):
        row = neighbours[points[j]]
        stars[j] = one << np.uint64(j)
        for i in range(j):
            # Unlike `contains`, without a sign: numba looks whether others count from the end.
            x = np.uint64(points[i])
            is_seen = row[x >> np.uint64(6)] >> (x & np.uint64(63)) & one
            stars[j] |= is_seen << np.uint64(i)
            stars[i] |= is_seen << np.uint64(j)
    left = ~np.uint64(0) >> np.uint64(_FEW - m)
    before = np.uint64(0)
    while left != before:
        before = word = left
        while word:
            y = trailing_zeros(word)
            word &= word - one
            unseen = left & ~stars[y]
            if unseen == 0:
                points[0] = points[y]
                return 1
            left &= _seeing(stars, m, unseen) | one << np.uint64(y)
            word &= left
    n_left = 0
    while left:
        points[n_left] = points[trailing_zeros(left)]
        left &= left - one
        n_left += 1
    return n_left


@kernel
def _seeing(stars, m, unseen):
    """Return the points that see some of a set.

    Parameters
    ----------
    stars : uint64 array of shape (64,)
    m : int
    unseen : uint64

    Returns
    -------
    uint64
    """
    word = np.uint64(0)
    for j in range(m):  # without a branch, so that many are looked at at once
        word |= np.uint64((stars[j] & unseen) != 0) << np.uint64(j)
    return word


@kernel
def find_cone_point(neighbours, u, v, lune, rest):
    """Return a point that sees all of the lune of uv, or -1.

    Parameters
    ----------
    neighbours : uint64 array of shape (n, n_words)
        The star of each point.
    u, v : int
    lune : uint64 array of shape (1, n_words)
        Written in place.
    rest : uint64 array of shape (1, n_words)
        What some point of the lune does not see: not empty.

    Returns
    -------
    int
    """
    for b in range(neighbours.shape[1] // WORDS):
        store(lune, 0, b, both(load(neighbours, u, b), load(neighbours, v, b)))
    for i in range(neighbours.shape[1]):
        word = rest[0, i]
        while word:
            w = 64 * i + trailing_zeros(word)
            word &= word - np.uint64(1)
            if not _keep_seen(neighbours, w, lune):
                return -1
    # What is left sees all of the rest.
    for i in range(neighbours.shape[1]):
        word = lune[0, i]
        while word:
            w = 64 * i + trailing_zeros(word)
            word &= word - np.uint64(1)
            if flood_from_apex(neighbours, u, v, w, rest) < 0:
                return w
    return -1


@kernel
def _keep_seen(neighbours, y, lune):
    """Take what y does not see out of a set; tell whether anything is left.

    Parameters
    ----------
    neighbours : uint64 array of shape (n, n_words)
    y : int
    lune : uint64 array of shape (1, n_words)
        Changed in place.

    Returns
    -------
    bool
    """
    found = np.uint64(0)
    for b in range(neighbours.shape[1] // WORDS):
        seen = both(load(lune, 0, b), load(neighbours, y, b))
        store(lune, 0, b, seen)
        found |= nonzero_words(seen)
    return found != 0


@kernel
def _list_lune(neighbours, u, v, lune, points):
    """Write the lune of uv as a set, and as a list in increasing order; return its length.

    Parameters
    ----------
    neighbours : uint64 array of shape (n, n_words)
    u, v : int
    lune : uint64 array of shape (1, n_words)
    points : int64 array of shape (n,)
        Both are written in place.

    Returns
    -------
    int
    """
    m = 0
    for i in range(neighbours.shape[1]):
        word = neighbours[u, i] & neighbours[v, i]
        lune[0, i] = word
        while word:
            points[m] = 64 * i + trailing_zeros(word)
            word &= word - np.uint64(1)
            m += 1
    return m


@kernel
def _leave_unseen(neighbours, y, lune, rest):
    """Let the rest be what y does not see of the lune; tell whether there is any.

    Parameters
    ----------
    neighbours : uint64 array of shape (n, n_words)
    y : int
    lune : uint64 array of shape (1, n_words)
    rest : uint64 array of shape (1, n_words)
        Written in place.

    Returns
    -------
    bool
    """
    found = np.uint64(0)
    for b in range(neighbours.shape[1] // WORDS):
        unseen = without(load(lune, 0, b), load(neighbours, y, b))
        store(rest, 0, b, unseen)
        found |= nonzero_words(unseen)
    return found != 0


@kernel
def _sees_some(neighbours, x, rest):
    """Tell whether x sees a point of the rest.

    Parameters
    ----------
    neighbours : uint64 array of shape (n, n_words)
    x : int
    rest : uint64 array of shape (1, n_words)

    Returns
    -------
    bool
    """
    found = np.uint64(0)
    for b in range(neighbours.shape[1] // WORDS):
        found |= nonzero_words(both(load(neighbours, x, b), load(rest, 0, b)))
    return found != 0
