"""The table of triangles and their annotations: step 11 of `persistence/_lunes.py`.

A triangle is named by its longest edge xy, x < y, and its third point z. Annotations are as in
`annotations`, sums of births of degree 2. Few triangles are ever annotated.
"""

from typing import NamedTuple

import numpy as np

from skactland._compiled.arrays import with_more_rows
from skactland._compiled.jit import kernel
from skactland._compiled.rips.annotations import UNKNOWN, ZERO
from skactland._compiled.rips.edges import LARGEST

#: The rank of an edge that has not come.
NOT_COME = 2**31 - 1

_NO_KEY = -1
# The golden ratio in 64 bits, which spreads keys that are close to each other.
_SPREAD = np.uint64(0x9E3779B97F4A7C15)


class Triangles(NamedTuple):
    """What is known of triangles.

    Attributes
    ----------
    ranks : int32 array of shape (n, n)
        The place of each edge in the order, `NOT_COME` if it has not come. Symmetric.
    apexes : uint16 array of shape (n_edges,)
        The apex of each edge that has one, by rank.
    keys : int64 array of shape (n_slots,)
    values : int32 array of shape (n_slots,)
        The table: annotations by triangle. The number of slots is a power of two.
    used : int64 array of shape (1,)
        How many slots are in use.
    stack : int32 array of shape (depth, 3)
        Triangles that wait for their annotation, each for those after it.
    path : int64 array of shape (n,)
        Room for a path within a lune.
    """

    ranks: np.ndarray
    apexes: np.ndarray
    keys: np.ndarray
    values: np.ndarray
    used: np.ndarray
    stack: np.ndarray
    path: np.ndarray


@kernel
def no_triangles(ranks, apexes):
    """Return the table without triangles; little room at first, so that every test sees it grow.

    Parameters
    ----------
    ranks : int32 array of shape (n, n)
        Written in place.
    apexes : uint16 array of shape (n_edges,)
        Without content.

    Returns
    -------
    Triangles
    """
    ranks[:] = NOT_COME
    n = len(ranks)
    return Triangles(
        ranks,
        apexes,
        np.full(64, _NO_KEY, np.int64),
        np.empty(64, np.int32),
        np.zeros(1, np.int64),
        np.empty((16, 3), np.int32),
        np.empty(n, np.int64),
    )


@kernel
def with_room_for_triangles(triangles):
    """Return the same triangles with a table of twice the size, and a deeper stack.

    Parameters
    ----------
    triangles : Triangles

    Returns
    -------
    Triangles
    """
    ranks, apexes, keys, values, used, stack, path = triangles
    new_keys = np.full(2 * len(keys), _NO_KEY, np.int64)
    new_values = np.empty(2 * len(keys), np.int32)
    for k in range(len(keys)):
        if keys[k] != _NO_KEY:
            slot = _slot(new_keys, keys[k])
            new_keys[slot], new_values[slot] = keys[k], values[k]
    return Triangles(
        ranks, apexes, new_keys, new_values, used, with_more_rows(stack, 2 * len(stack)), path
    )


@kernel
def _slot(keys, key):
    """Return where a key stands in the table, or would stand.

    Parameters
    ----------
    keys : int64 array of shape (n_slots,)
    key : int64

    Returns
    -------
    int
    """
    last = len(keys) - 1
    slot = np.int64((np.uint64(key) * _SPREAD) >> np.uint64(32)) & last
    while keys[slot] != key and keys[slot] != _NO_KEY:
        slot = (slot + 1) & last
    return slot


@kernel
def has_room_for_one(triangles):
    """Tell whether the table has room for one more: it is kept half empty.

    Parameters
    ----------
    triangles : Triangles

    Returns
    -------
    bool
    """
    return 2 * (triangles.used[0] + 1) <= len(triangles.keys)


@kernel
def remember(rank, z, annotation, triangles):
    """Write the annotation of a triangle that is not in the table, which has room.

    Parameters
    ----------
    rank : int
        That of the longest edge.
    z : int
        The third point.
    annotation : int
    triangles : Triangles
        Changed in place.
    """
    key = np.int64(rank) * LARGEST + z
    slot = _slot(triangles.keys, key)
    triangles.keys[slot] = key
    triangles.values[slot] = annotation
    triangles.used[0] += 1


@kernel
def longest_edge_first(a, b, c, ranks):
    """Return the name of a triangle: its longest edge, lower end first, and its third point.

    Parameters
    ----------
    a, b, c : int
    ranks : int32 array of shape (n, n)

    Returns
    -------
    x, y, z : int
    """
    ab, ac, bc = ranks[a, b], ranks[a, c], ranks[b, c]
    if ab > ac and ab > bc:
        return min(a, b), max(a, b), c
    if ac > bc:
        return min(a, c), max(a, c), b
    return min(b, c), max(b, c), a


@kernel
def annotation_of(rank, z, floor, triangles):
    """Return the annotation of a triangle, or `UNKNOWN`.

    Parameters
    ----------
    rank : int
        That of the longest edge.
    z : int
        The third point.
    floor : int
        No class is alive that was born with an edge of lower rank.
    triangles : Triangles

    Returns
    -------
    int
    """
    # A sum of births that came no later than the edge itself, all of them dead: zero from now on.
    if rank < floor or triangles.apexes[rank] == z:
        return ZERO
    slot = _slot(triangles.keys, np.int64(rank) * LARGEST + z)
    return triangles.values[slot] if triangles.keys[slot] != _NO_KEY else UNKNOWN
