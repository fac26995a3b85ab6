"""Sums of degree-1 classes over Z/2, and the class of every edge.

A class is named by its birth, 0, 1, ... in order; every cycle is a sum of them. A sum is known by a
code: EMPTY, or -2 - k for row k of a table that says where its births stand in a pool, the youngest
first. Row k is {k} for each birth k. A birth that is dead equals the sum of older births that its
death left over.
"""

import numpy as np
from numba import njit

from skactland._rips._bits import flip, leading_zeros

EMPTY = -1
ALIVE = -(2**31)


@njit(cache=True, nogil=True)
def new_sums(n_births):
    """Return the sums of single births: the table, the pool, and how much of each is used."""
    table = np.empty((2 * n_births + 1024, 2), np.int64)
    pool = np.empty(4 * n_births + 4096, np.int32)
    for k in range(n_births):
        table[k] = k, k + 1
        pool[k] = k
    return table, pool, np.array([n_births, n_births])


@njit(cache=True, nogil=True)
def add(marks, sums, code):
    """Add a sum to those that are marked; return the highest word of marks that it touches."""
    table, pool, _ = sums
    highest = -1
    if code != EMPTY:
        start, stop = table[-2 - code]
        for i in range(start, stop):
            flip(marks, pool[i])
            highest = max(highest, pool[i] >> 6)
    return highest


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
                longer = np.empty(2 * stop, pool.dtype)
                longer[:stop] = pool
                pool = longer
            pool[stop] = birth
            stop += 1
    return (table, pool, used), stop


@njit(cache=True, nogil=True)
def keep(sums, start, stop):
    """Enter what stands in the pool from start to stop into the table; return sums and code."""
    table, pool, used = sums
    if start == stop:
        return sums, EMPTY
    k = used[0]
    if k == len(table):
        longer = np.empty((2 * k, 2), table.dtype)
        longer[:k] = table
        table = longer
    table[k] = start, stop
    used[0] = k + 1
    used[1] = stop
    return (table, pool, used), -2 - k


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
