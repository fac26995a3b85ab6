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
#: In place of the number of births of a sum: the annotation that it is now comes next.
MOVED = -1
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
def with_room_for_sums(annotations):
    """Return the same annotations with a pool of twice the size.

    Parameters
    ----------
    annotations : Annotations

    Returns
    -------
    Annotations
    """
    replacements, column, pool, used = annotations
    return Annotations(replacements, column, longer(pool, 2 * len(pool)), used)


@kernel
def annotation_of_birth(birth):
    """Return the annotation that is one birth alone.

    Parameters
    ----------
    birth : int

    Returns
    -------
    int32
    """
    return np.int32(-2 - 2 * birth)


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
def place_of(annotation):
    """Return the place in the pool that an annotation is.

    Parameters
    ----------
    annotation : int32
        Odd, and not `ZERO`.

    Returns
    -------
    int
    """
    return (-3 - annotation) // 2


@kernel
def annotation_at(place):
    """Return the annotation that is a place in the pool.

    Parameters
    ----------
    place : int

    Returns
    -------
    int32
    """
    return np.int32(-3 - 2 * place)


@kernel
def forwarded(annotation, replacements, pool):
    """Return what has come in the place of an annotation, be it a birth or a sum; or the same.

    Parameters
    ----------
    annotation : int32
    replacements : int32 array of shape (n_births_at_most,)
    pool : int32 array of shape (n_pool,)

    Returns
    -------
    int32
        Only a sum may hold births that are dead.
    """
    while annotation != ZERO:
        if annotation % 2 == 0:
            if replacements[birth_of(annotation)] == ALIVE:
                break
            annotation = replacements[birth_of(annotation)]
        else:
            if pool[place_of(annotation)] != MOVED:
                break
            annotation = pool[place_of(annotation) + 1]
    return annotation


@kernel
def forward(annotation, other, pool):
    """Let another annotation come in the place of a sum.

    Edges share sums, so that what one has been found to be without dead births is found once.

    Parameters
    ----------
    annotation, other : int32
    pool : int32 array of shape (n_pool,)
        Changed in place.
    """
    pool[place_of(annotation)] = MOVED
    pool[place_of(annotation) + 1] = other


@kernel
def has_dead(annotation, replacements, pool):
    """Tell whether an annotation is a sum with births that are dead.

    Parameters
    ----------
    annotation : int32
        As `forwarded` returns it.
    replacements : int32 array of shape (n_births_at_most,)
    pool : int32 array of shape (n_pool,)

    Returns
    -------
    bool
    """
    if annotation == ZERO or annotation % 2 == 0:
        return False
    k, stop = place_of(annotation) + 1, place_of(annotation) + 1 + pool[place_of(annotation)]
    while k < stop and replacements[pool[k]] == ALIVE:
        k += 1
    return k < stop


@kernel
def has_room(replacements, pool, used):
    """Tell whether the pool has room for a sum of any length.

    Parameters
    ----------
    replacements : int32 array of shape (n_births_at_most,)
    pool : int32 array of shape (n_pool,)
    used : int64 array of shape (1,)
        Those of `Annotations`.

    Returns
    -------
    bool
    """
    # One place more, for the number of births that stands before them.
    return used[0] + 1 + len(replacements) <= len(pool)
