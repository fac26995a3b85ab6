"""Annotations: every edge as a sum over Z/2 of classes of degree 1 (steps 5 and 6).

The steps are those of `persistence/_lunes.py`. A class is named by its birth, 0, 1, ... in order,
and every cycle is a sum of births: the sum of the annotations of its edges. (Read the other way
round, the edges whose annotations hold a birth are a *cocycle*.)

An annotation is written as a negative number: `ZERO`, an even one for a single birth, or an odd one
for a place in a pool, where the number of its births stands and then they, the youngest first. A
birth that is dead has a *replacement*, the annotation of older births that it has equalled since.

Sums are worked out in a *column*, a set of births as a row of bits. Its youngest birth that is
alive is its *pivot*.
"""

from typing import NamedTuple

import numpy as np

from skactland._compiled.arrays import longer, with_more_rows
from skactland._compiled.jit import kernel

#: The annotation that is a sum of nothing.
ZERO = -1
#: In place of a replacement: the birth has not died. No annotation is as low, but that of birth
#: number 2**30 - 1.
ALIVE = -(2**31)


class Annotations(NamedTuple):
    """What sums of births are made of and kept in.

    Arrays of a fixed size, as compiled code passes them on at no cost; the kernels that need more
    room return other annotations.

    Attributes
    ----------
    replacements : int32 array of shape (n_births_at_most,)
        By birth its replacement, or `ALIVE`.
    column : uint64 array of shape (n_births_at_most // 64,)
        The column, without members between sums.
    pool : int32 array of shape (n_pool,)
    used : int64 array of shape (1,)
        How much of the pool is in use.
    stack : int32 array of shape (depth, 2)
        Edges that wait for their annotation, each for those after it.
    """

    replacements: np.ndarray
    column: np.ndarray
    pool: np.ndarray
    used: np.ndarray
    stack: np.ndarray


@kernel
def empty_annotations(n_births):
    """Return annotations with room for some births, and little for sums.

    The pool and the stack are small at first, so that every test sees them grow.

    Parameters
    ----------
    n_births : int
        A multiple of 64.

    Returns
    -------
    Annotations
    """
    replacements = np.empty(n_births, np.int32)
    for birth in range(n_births):
        replacements[birth] = ALIVE
    return Annotations(
        replacements,
        np.zeros(n_births // 64, np.uint64),
        np.empty(n_births + 16, np.int32),  # one sum of all births, and hardly more
        np.zeros(1, np.int64),
        np.empty((4, 2), np.int32),  # the edges of a triangle, and one that they wait for
    )


@kernel
def with_room_for_births(annotations):
    """Return the same annotations with room for twice as many births.

    Parameters
    ----------
    annotations : Annotations

    Returns
    -------
    Annotations
    """
    replacements, column, pool, used, stack = annotations
    n_births = len(replacements)
    replacements = longer(replacements, 2 * n_births)
    for birth in range(n_births, 2 * n_births):
        replacements[birth] = ALIVE
    return Annotations(
        replacements,
        np.zeros(2 * len(column), np.uint64),  # empty between sums, so nothing is copied
        longer(pool, 2 * len(pool)),  # since a sum may be of all births
        used,
        stack,
    )


@kernel
def with_room_for_sums(annotations):
    """Return the same annotations with a larger pool and a deeper stack.

    Parameters
    ----------
    annotations : Annotations

    Returns
    -------
    Annotations
    """
    replacements, column, pool, used, stack = annotations
    pool, stack = longer(pool, 2 * len(pool)), with_more_rows(stack, 2 * len(stack))
    return Annotations(replacements, column, pool, used, stack)


@kernel
def annotation_of_birth(birth):
    """Return the annotation that is one birth alone.

    Parameters
    ----------
    birth : int

    Returns
    -------
    int
    """
    return -2 - 2 * birth


@kernel
def has_room(annotations):
    """Tell whether the pool has room for a sum of any length.

    Parameters
    ----------
    annotations : Annotations

    Returns
    -------
    bool
    """
    # One place more, for the number of births that stands before them.
    return annotations.used[0] + 1 + len(annotations.replacements) <= len(annotations.pool)
