"""Sums of degree-1 classes over Z/2, and the class of every edge.

A class is named by its birth, 0, 1, ... in order; every cycle is a sum of them. A sum is known by a
negative code: EMPTY, an even one for a single birth, or an odd one for a row of a table that says
where its births stand in a pool, the youngest first. A birth that is dead equals the sum of older
births that its death left over.
"""

import numpy as np
from numba import njit

from skactland._rips._bits import flip, leading_zeros

EMPTY = -1
ALIVE = -(2**31)


@njit(cache=True, nogil=True)
def new_sums(n):
    """Return an empty table, an empty pool, and how much of each is used."""
    return np.empty((n, 2), np.int64), np.empty(n, np.int32), np.zeros(2, np.int64)


@njit(cache=True, nogil=True)
def longer(array):
    """Return a copy of an array with as much room again."""
    longer = np.empty((2 * len(array),) + array.shape[1:], array.dtype)
    longer[: len(array)] = array
    return longer


@njit(cache=True, nogil=True)
def single(birth):
    """Return the code of one birth alone."""
    return -2 - 2 * birth


@njit(cache=True, nogil=True)
def add(marks, sums, code):
    """Add a sum to those that are marked; return the highest word of marks that it touches."""
    if code == EMPTY:
        return -1
    if code % 2 == 0:
        birth = (-2 - code) // 2
        flip(marks, birth)
        return birth >> 6
    table, pool, _ = sums
    start, stop = table[(-3 - code) // 2]
    for birth in pool[start:stop]:
        flip(marks, birth)
    return pool[start] >> 6


@njit(cache=True, nogil=True)
def settle(marks, highest, sums, remains):
    """Write the marked sum to the end of the pool in terms of what is alive, and clear the marks.

    From the youngest down, a dead birth is replaced by what its death left over, which is older.
    Returns the sums and the stop of what was written; it starts at the pool's count.
    """
    table, pool, used = sums
    stop = used[1]
    for word in range(highest, -1, -1):
        while marks[word]:
            birth = 64 * word + 63 - leading_zeros(marks[word])
            flip(marks, birth)
            if remains[birth] != ALIVE:
                add(marks, (table, pool, used), remains[birth])
                continue
            if stop == len(pool):
                pool = longer(pool)
            pool[stop] = birth
            stop += 1
    return (table, pool, used), stop


@njit(cache=True, nogil=True)
def keep(sums, start, stop):
    """Enter what stands in the pool from start to stop into the table; return sums and code."""
    table, pool, used = sums
    if start == stop:
        return sums, EMPTY
    if start + 1 == stop:
        return sums, single(pool[start])
    k = used[0]
    if k == len(table):
        table = longer(table)
    table[k] = start, stop
    used[0] = k + 1
    used[1] = stop
    return (table, pool, used), -3 - 2 * k


@njit(cache=True, nogil=True)
def class_of(u, v, apexes, marks, sums, remains):
    """Return the class of an edge, and note it and those that it was worked out from.

    An edge with a point w in its lune, its apex, is the sum of uw and vw. ``apexes[u, v]``, u < v,
    holds the apex, or the code of the class once it is known.
    """
    todo = [(u, v)]
    while todo:
        x, y = todo[-1]
        apex = apexes[x, y]
        if apex < 0:
            todo.pop()
            continue
        one = (min(x, apex), max(x, apex))
        two = (min(y, apex), max(y, apex))
        if apexes[one] >= 0:
            todo.append(one)
        elif apexes[two] >= 0:
            todo.append(two)
        else:
            sums, apexes[x, y] = _sum(apexes[one], apexes[two], marks, sums, remains)
            todo.pop()
    return sums, apexes[u, v]


@njit(cache=True, nogil=True)
def _sum(one, two, marks, sums, remains):
    """Return the sum of two classes; most often one of them is nothing, or both are the same."""
    if one == two:
        return sums, EMPTY
    if one == EMPTY:
        return sums, two
    if two == EMPTY:
        return sums, one
    start = sums[2][1]
    highest = max(add(marks, sums, one), add(marks, sums, two))
    sums, stop = settle(marks, highest, sums, remains)
    return keep(sums, start, stop)
