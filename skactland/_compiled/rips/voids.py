"""Classes of degree 2, from birth to death: steps 8 and 10 of `persistence/_lunes.py`."""

from typing import NamedTuple

import numpy as np

from skactland._compiled.arrays import longer, with_more_rows
from skactland._compiled.jit import kernel
from skactland._compiled.rips.annotations import (
    ALIVE,
    Annotations,
    annotation_of_birth,
    empty_annotations,
    with_room_for_births,
    with_room_for_sums,
)
from skactland._compiled.rips.pairs import BIRTHS, DEATHS, write_nothing
from skactland._compiled.rips.reduction import keep, reduce_column
from skactland._compiled.rips.triangles import (
    NOT_COME,
    Triangles,
    has_room_for_one,
    no_triangles,
    remember,
    with_room_for_triangles,
)
from skactland._compiled.rips.volumes import DONE, SUMS, add_triangle, annotate

# In place of merges, which `pairs` counts: the first birth that may be alive.
_OLDEST = 0


class Voids(NamedTuple):
    """The classes of degree 2, and what is known of the triangles that tell them apart.

    Attributes
    ----------
    births : int64 array of shape (n_births_at_most, 3)
        The triangles that have begun a class, as points with their own numbers.
    deaths : int64 array of shape (n_births_at_most, 4)
        The tetrahedron that has ended each; -1 where none has.
    ranks : int64 array of shape (n_births_at_most,)
        The rank of the longest edge of each birth.
    counts : int64 array of shape (3,)
        The oldest birth that may be alive; as in `Pairs`, how many births and deaths there are.
    triangles : Triangles
    sums : Annotations
        Of triangles.
    """

    births: np.ndarray
    deaths: np.ndarray
    ranks: np.ndarray
    counts: np.ndarray
    triangles: Triangles
    sums: Annotations


@kernel
def no_voids(ranks, apexes):
    """Return no classes, with room for some.

    Parameters
    ----------
    ranks : int32 array of shape (n, n)
        Written in place.
    apexes : uint16 array of shape (n_edges,)
        Without content.

    Returns
    -------
    Voids
    """
    return Voids(
        np.empty((64, 3), np.int64),
        np.full((64, 4), -1, np.int64),
        np.empty(64, np.int64),
        np.zeros(3, np.int64),
        no_triangles(ranks, apexes),
        empty_annotations(64),
    )


@kernel
def with_room(voids):
    """Return the same with room for one more class, and for one more triangle in the table.

    Parameters
    ----------
    voids : Voids

    Returns
    -------
    Voids
    """
    births, deaths, ranks, counts, triangles, sums = voids
    if counts[BIRTHS] == len(births):
        room = 2 * len(births)
        births, deaths = with_more_rows(births, room), with_more_rows(deaths, room)
        write_nothing(deaths, len(births) // 2)
        ranks = longer(ranks, room)
        sums = with_room_for_births(sums)
    if not has_room_for_one(triangles):
        triangles = with_room_for_triangles(triangles)
    return Voids(births, deaths, ranks, counts, triangles, sums)


@kernel
def begin_void(rank, w, u, v, x, voids):
    """Let a triangle begin a class (step 8).

    Parameters
    ----------
    rank : int
        That of the longest edge.
    w : int
        The third point, by its number in the order of apexes.
    u, v, x : int
        The same points with their own numbers.
    voids : Voids
        With room; changed in place.
    """
    birth = voids.counts[BIRTHS]
    voids.births[birth, 0] = u
    voids.births[birth, 1] = v
    voids.births[birth, 2] = x
    voids.ranks[birth] = rank
    voids.counts[BIRTHS] += 1
    remember(rank, w, annotation_of_birth(birth), voids.triangles)


@kernel
def end_void(u, v, loop, order, voids):
    """Let the youngest class that the suspension of a loop holds die (step 10).

    Parameters
    ----------
    u, v : int
        The edge that comes.
    loop : int64 array of shape (n_points_of_loop,)
        A loop of its lune, which its last two points close.
    order : int64 array of shape (n,)
        The point of each number.
    voids : Voids
        Changed in place as far as it has room.

    Returns
    -------
    Voids
        The same, or one that has more room.
    """
    floor = _oldest_rank(voids)
    voids = _annotate_suspension(u, v, loop, floor, voids)
    replacements, column, pool, used = voids.sums
    highest = -1
    for k in range(len(loop)):
        highest = max(highest, _add_pair(u, v, loop[k - 1], loop[k], floor, voids))
    start = used[0] + 1
    stop = reduce_column(highest, start, replacements, column, pool)
    if start == stop:
        return voids
    pivot = pool[start]
    # Of the edge that closes the loop: other loops of this lune have other such edges, so that no
    # tetrahedron ends two classes.
    a, b = loop[-2], loop[-1]
    _write_death(pivot, order[u], order[v], order[a], order[b], voids)
    replacements[pivot] = keep(start + 1, stop, pool, used)
    return voids


@kernel
def _oldest_rank(voids):
    """Return the rank with which the oldest class that is alive was born, `NOT_COME` without any.

    Parameters
    ----------
    voids : Voids
        The counts are changed in place.

    Returns
    -------
    int
    """
    counts, replacements = voids.counts, voids.sums.replacements
    while counts[_OLDEST] < counts[BIRTHS] and replacements[counts[_OLDEST]] != ALIVE:
        counts[_OLDEST] += 1
    return voids.ranks[counts[_OLDEST]] if counts[_OLDEST] < counts[BIRTHS] else NOT_COME


@kernel
def _annotate_suspension(u, v, loop, floor, voids):
    """Annotate the triangles between an edge's ends and a loop of its lune.

    Parameters
    ----------
    u, v : int
    loop : int64 array of shape (n_points_of_loop,)
    floor : int
    voids : Voids
        Changed in place as far as it has room.

    Returns
    -------
    Voids
        The same, or one that has more room.
    """
    births, deaths, ranks, counts, triangles, sums = voids
    for k in range(len(loop)):
        for end in (u, v):
            short_of = annotate(end, loop[k - 1], loop[k], floor, triangles, sums)
            while short_of != DONE:
                if short_of == SUMS:
                    sums = with_room_for_sums(sums)
                else:
                    triangles = with_room_for_triangles(triangles)
                short_of = annotate(end, loop[k - 1], loop[k], floor, triangles, sums)
    # For the sum of all, and as much again.
    while sums.used[0] + 2 * (1 + len(sums.replacements)) > len(sums.pool):
        sums = with_room_for_sums(sums)
    return Voids(births, deaths, ranks, counts, triangles, sums)


@kernel
def _add_pair(u, v, a, b, floor, voids):
    """Add the annotations of uab and vab, which are known, to the column.

    Parameters
    ----------
    u, v, a, b, floor : int
    voids : Voids
        The column is changed in place.

    Returns
    -------
    int
        The highest word of the column that changes, -1 if none does.
    """
    triangles, sums = voids.triangles, voids.sums
    one = add_triangle(u, a, b, floor, triangles, sums)
    return max(one, add_triangle(v, a, b, floor, triangles, sums))


@kernel
def _write_death(birth, u, v, a, b, voids):
    """Let a tetrahedron end a class.

    Parameters
    ----------
    birth : int
        The number of the class.
    u, v, a, b : int
        Points, with their own numbers.
    voids : Voids
        Changed in place.
    """
    voids.deaths[birth, 0] = u
    voids.deaths[birth, 1] = v
    voids.deaths[birth, 2] = a
    voids.deaths[birth, 3] = b
    voids.counts[DEATHS] += 1
