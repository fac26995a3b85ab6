"""Sums of annotations, and which class dies of them: steps 5 and 6 of `persistence/_lunes.py`."""

import numpy as np

from skactland._compiled.bits import flip
from skactland._compiled.intrinsics import leading_zeros
from skactland._compiled.jit import kernel
from skactland._compiled.rips.annotations import (
    ALIVE,
    MOVED,
    UNKNOWN,
    ZERO,
    annotation_at,
    annotation_of_birth,
    birth_of,
    place_of,
)


@kernel
def kill_pivot(one, two, three, replacements, column, pool, used):
    """Let the pivot of a triangle's boundary die (step 6).

    From then on the pivot equals the sum of the others.

    Parameters
    ----------
    one, two, three : int32
        The annotations of the triangle's edges.
    replacements : int32 array of shape (n_births_at_most,)
    column : uint64 array of shape (n_words,)
    pool : int32 array of shape (n_pool,)
    used : int64 array of shape (1,)
        Those of `Annotations` with room for a sum. All are written in place.

    Returns
    -------
    int
        The pivot, -1 if the boundary is zero.
    """
    highest = max(add(column, pool, one), add(column, pool, two), add(column, pool, three))
    start = used[0] + 1
    stop = reduce_column(highest, start, replacements, column, pool)
    if start == stop:
        return -1
    pivot = pool[start]
    replacements[pivot] = keep(start + 1, stop, pool, used)
    return pivot


@kernel
def sum_at_sight(one, two):
    """Return the sum of two annotations if it is one of them or zero, as it most often is.

    Parameters
    ----------
    one, two : int32

    Returns
    -------
    int32
        `UNKNOWN` if births have to be summed.
    """
    if one == two:
        return np.int32(ZERO)
    if one == ZERO:
        return two
    if two == ZERO:
        return one
    return np.int32(UNKNOWN)


@kernel
def sum_of(one, two, replacements, column, pool, used):
    """Return the sum of two annotations.

    Parameters
    ----------
    one, two : int32
    replacements : int32 array of shape (n_births_at_most,)
    column : uint64 array of shape (n_words,)
    pool : int32 array of shape (n_pool,)
    used : int64 array of shape (1,)
        Those of `Annotations` with room for a sum. All but the first are written in place.

    Returns
    -------
    int32
    """
    at_sight = sum_at_sight(one, two)
    if at_sight != UNKNOWN:
        return at_sight
    highest, start = max(add(column, pool, one), add(column, pool, two)), used[0] + 1
    return keep(start, reduce_column(highest, start, replacements, column, pool), pool, used)


@kernel
def sum_of_alive(annotation, replacements, column, pool, used):
    """Return an annotation without births that are dead.

    Parameters
    ----------
    annotation : int32
    replacements : int32 array of shape (n_births_at_most,)
    column : uint64 array of shape (n_words,)
    pool : int32 array of shape (n_pool,)
    used : int64 array of shape (1,)
        Those of `Annotations` with room for a sum. All but the first are written in place.

    Returns
    -------
    int32
    """
    highest, start = add(column, pool, annotation), used[0] + 1
    return keep(start, reduce_column(highest, start, replacements, column, pool), pool, used)


@kernel
def add(column, pool, annotation):
    """Add an annotation to the column.

    Parameters
    ----------
    column : uint64 array of shape (n_words,)
        Changed in place.
    pool : int32 array of shape (n_pool,)
    annotation : int32

    Returns
    -------
    int
        The highest word of the column that changes, -1 if none does.
    """
    while annotation != ZERO and annotation % 2 and pool[place_of(annotation)] == MOVED:
        annotation = pool[place_of(annotation) + 1]
    if annotation == ZERO:
        return -1
    if annotation % 2 == 0:
        birth = birth_of(annotation)
        flip(column, birth)
        return birth >> 6
    start = place_of(annotation)
    for k in range(start + 1, start + 1 + pool[start]):
        flip(column, pool[k])
    return pool[start + 1] >> 6


@kernel
def reduce_column(highest, start, replacements, column, pool):
    """Write the births of the column that are alive to the pool, the pivot first, and empty it.

    From the youngest down, a dead birth is replaced by older ones, which come later in turn.

    Parameters
    ----------
    highest : int
        No higher word of the column has members.
    start : int
        Where in the pool the births go.
    replacements : int32 array of shape (n_births_at_most,)
    column : uint64 array of shape (n_words,)
    pool : int32 array of shape (n_pool,)
        Column and pool are written in place.

    Returns
    -------
    int
        Where in the pool the births stop.
    """
    stop = start
    for word in range(highest, -1, -1):
        while column[word]:
            birth = 64 * word + 63 - leading_zeros(column[word])  # the youngest is the highest bit
            flip(column, birth)
            if replacements[birth] == ALIVE:
                pool[stop] = birth
                stop += 1
            else:
                add(column, pool, replacements[birth])
    return stop


@kernel
def keep(start, stop, pool, used):
    """Return the annotation that is the sum of births in the pool, kept there if they are several.

    Parameters
    ----------
    start, stop : int
        Where the births stand; before them there is room for their number.
    pool : int32 array of shape (n_pool,)
    used : int64 array of shape (1,)
        Both are written in place.

    Returns
    -------
    int32
    """
    if start == stop:
        return np.int32(ZERO)
    if start + 1 == stop:
        return annotation_of_birth(pool[start])
    pool[start - 1] = stop - start
    used[0] = stop
    return annotation_at(start - 1)
