"""Sums of degree-1 classes over Z/2, and the class of every edge.

A class is named by its birth, 0, 1, ... in order; every cycle is a sum of them. A sum is known by a
negative code: EMPTY, an even one for a single birth, or an odd one for a place in a pool, where the
number of its births stands and then they, the youngest first. A birth that is dead equals the sum
of older births that its death left over.
"""

import numpy as np

from skactland._compiled.bits import flip
from skactland._compiled.intrinsics import leading_zeros
from skactland._compiled.jit import kernel

EMPTY = -1
ALIVE = -(2**31)


@kernel
def longer(array):
    """Return an array that begins with another and has as much room again."""
    return np.concatenate((array, array))


@kernel
def single(birth):
    """Return the code of one birth alone."""
    return -2 - 2 * birth


@kernel
def _add(marks, pool, code):
    """Add a sum to those that are marked; return the highest word of marks that it touches."""
    if code == EMPTY:
        return -1
    if code % 2 == 0:
        birth = (-2 - code) // 2
        flip(marks, birth)
        return birth >> 6
    start = (-3 - code) // 2
    for k in range(start + 1, start + 1 + pool[start]):
        flip(marks, pool[k])
    return pool[start + 1] >> 6


@kernel
def _settle(marks, highest, pool, start, remains):
    """Write the marked sum to the pool in terms of what is alive, and clear the marks.

    From the youngest down, a dead birth is replaced by what its death left over, which is older.
    Returns where the births stop that were written from `start` on.
    """
    stop = start
    for word in range(highest, -1, -1):
        while marks[word]:
            birth = 64 * word + 63 - leading_zeros(marks[word])
            flip(marks, birth)
            if remains[birth] == ALIVE:
                pool[stop] = birth
                stop += 1
            else:
                _add(marks, pool, remains[birth])
    return stop


@kernel
def _keep(pool, used, start, stop):
    """Return the code of the births from start to stop, kept in the pool if they are several."""
    if start == stop:
        return EMPTY
    if start + 1 == stop:
        return single(pool[start])
    pool[start - 1] = stop - start
    used[0] = stop
    return -3 - 2 * (start - 1)


@kernel
def work_out(u, v, w, apexes, todo, marks, pool, used, remains):
    """Work out the classes of the three edges of a triangle, u < v, and of those they come from.

    An edge with a point w in its lune, its apex, is the sum of uw and vw. ``apexes[u, v]``, u < v,
    holds the apex, or the code of the class once it is known. Returns whether there was room; what
    was found is kept in any case.
    """
    todo[0, 0], todo[0, 1] = u, v
    todo[1, 0], todo[1, 1] = min(u, w), max(u, w)
    todo[2, 0], todo[2, 1] = min(v, w), max(v, w)
    depth = 3
    while depth:
        x, y = todo[depth - 1, 0], todo[depth - 1, 1]
        apex = apexes[x, y]
        if apex < 0:
            depth -= 1
            continue
        a, b = min(x, apex), max(x, apex)
        c, d = min(y, apex), max(y, apex)
        one, two = apexes[a, b], apexes[c, d]
        if not _has_room(pool, used, remains) or depth == len(todo):
            return False
        if one < 0 and two < 0:
            apexes[x, y] = _sum(one, two, marks, pool, used, remains)
            depth -= 1
        else:
            todo[depth, 0], todo[depth, 1] = (a, b) if one >= 0 else (c, d)
            depth += 1
    return _has_room(pool, used, remains)


@kernel
def _sum(one, two, marks, pool, used, remains):
    """Return the sum of two classes; most often one of them is nothing, or both are the same."""
    if one == two:
        return EMPTY
    if one == EMPTY:
        return two
    if two == EMPTY:
        return one
    start = used[0] + 1
    highest = max(_add(marks, pool, one), _add(marks, pool, two))
    return _keep(pool, used, start, _settle(marks, highest, pool, start, remains))


@kernel
def settle_triangle(u, v, w, apexes, marks, pool, used, remains):
    """Let the youngest class of a boundary die that is worked out; return it, -1 if there is none.

    From then on it equals the sum of the others.
    """
    one, two, three = apexes[u, v], apexes[min(u, w), max(u, w)], apexes[min(v, w), max(v, w)]
    highest = max(_add(marks, pool, one), _add(marks, pool, two), _add(marks, pool, three))
    start = used[0] + 1
    stop = _settle(marks, highest, pool, start, remains)
    if start == stop:
        return -1
    youngest = pool[start]
    remains[youngest] = _keep(pool, used, start + 1, stop)
    return youngest


@kernel
def _has_room(pool, used, remains):
    """Tell whether the pool has room for a sum of any length."""
    return used[0] + 1 + len(remains) <= len(pool)
