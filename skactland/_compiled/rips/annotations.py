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

from skactland._compiled.arrays import longer
from skactland._compiled.jit import kernel

#: The annotation that is a sum of nothing.
ZERO = -1
#: In place of an annotation.
UNKNOWN = 0
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
    """

    replacements: np.ndarray
    column: np.ndarray
    pool: np.ndarray
    used: np.ndarray


@kernel
def empty_annotations(n_births):
    """Return annotations with room for some births, and little for sums.

    The pool is small at first, so that every test sees it grow.

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
    replacements, column, pool, used = annotations
    n_births = len(replacements)
    replacements = longer(replacements, 2 * n_births)
    for birth in range(n_births, 2 * n_births):
        replacements[birth] = ALIVE
    return Annotations(
        replacements,
        np.zeros(2 * len(column), np.uint64),  # empty between sums, so nothing is copied
        longer(pool, 2 * len(pool)),  # since a sum may be of all births
        used,
    )


@kernel
def with_room_for_sums(n_sums, annotations):
    """Return the same annotations with room in the pool for some sums of any length.

    Parameters
    ----------
    n_sums : int
    annotations : Annotations

    Returns
    -------
    Annotations
    """
    while not has_room(n_sums, annotations):
        replacements, column, pool, used = annotations
        annotations = Annotations(replacements, column, longer(pool, 2 * len(pool)), used)
    return annotations


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
def birth_of(annotation):
    """Return the birth that an annotation is, if it is one alone.

    Parameters
    ----------
    annotation : int32
        Even.

    Returns
    -------
    int
    """
    return (-2 - annotation) // 2


@kernel
def with_replacement(annotation, replacements):
    """Return what an annotation equals if it is a single birth that is dead; else the same.

    Parameters
    ----------
    annotation : int32
    replacements : int32 array of shape (n_births_at_most,)

    Returns
    -------
    int32
    """
    while annotation % 2 == 0 and replacements[birth_of(annotation)] != ALIVE:
        annotation = replacements[birth_of(annotation)]
    return annotation


@kernel
def has_dead(annotation, replacements, pool):
    """Tell whether one of the births in an annotation is dead.

    Parameters
    ----------
    annotation : int32
    replacements : int32 array of shape (n_births_at_most,)
    pool : int32 array of shape (n_pool,)

    Returns
    -------
    bool
    """
    if annotation == ZERO:
        return False
    if annotation % 2 == 0:
        return replacements[birth_of(annotation)] != ALIVE
    start = (-3 - annotation) // 2
    k, stop = start + 1, start + 1 + pool[start]
    while k < stop and replacements[pool[k]] == ALIVE:
        k += 1
    return k < stop


@kernel
def has_room(n_sums, annotations):
    """Tell whether the pool has room for some sums of any length.

    Parameters
    ----------
    n_sums : int
    annotations : Annotations

    Returns
    -------
    bool
    """
    # One place more in each, for the number of births that stands before them.
    longest = 1 + len(annotations.replacements)
    return annotations.used[0] + n_sums * longest <= len(annotations.pool)
