"""The simplices that begin and end bars of degrees 0 and 1, as they are found."""

from typing import NamedTuple

import numpy as np

from skactland._compiled.arrays import with_more_rows
from skactland._compiled.jit import kernel
from skactland._compiled.rips.edges import LARGEST

#: Edges for which room is made at once.
BLOCK = 1024
#: What an edge needs is fetched while so many before it are dealt with.
AHEAD = 8
#: What is counted.
MERGES, BIRTHS, DEATHS = range(3)


class Pairs(NamedTuple):
    """The simplices that have begun and ended bars so far, as points with their own numbers.

    Attributes
    ----------
    merges : int64 array of shape (n, 2)
        The edges that have joined two components; -1 beyond.
    births : int64 array of shape (n_births_at_most, 2)
        The edges that have begun a class of degree 1.
    deaths : int64 array of shape (n_births_at_most, 3)
        The triangle that has ended each; -1 where none has.
    counts : int64 array of shape (3,)
        How many merges, births and deaths there are.
    """

    merges: np.ndarray
    births: np.ndarray
    deaths: np.ndarray
    counts: np.ndarray


@kernel
def no_pairs(n, n_births):
    """Return no pairs, with room for some.

    Parameters
    ----------
    n : int
        Number of points.
    n_births : int

    Returns
    -------
    Pairs
    """
    merges, births = np.empty((n, 2), np.int64), np.empty((n_births, 2), np.int64)
    deaths = np.empty((n_births, 3), np.int64)
    first = np.int64(0)  # to numba 0 is a type of its own, for which it compiles again
    write_nothing(merges, first)
    write_nothing(deaths, first)
    return Pairs(merges, births, deaths, np.zeros(3, np.int64))


@kernel
def write_nothing(rows, start):
    """Write -1 to rows.

    Parameters
    ----------
    rows : int64 array of shape (n, p)
        Written in place.
    start : int
        The first to be written.
    """
    for i in range(start, len(rows)):
        for j in range(rows.shape[1]):
            rows[i, j] = -1


@kernel
def none_alive(pairs):
    """Tell whether no class of degree 1 is alive.

    Parameters
    ----------
    pairs : Pairs

    Returns
    -------
    bool
    """
    return pairs.counts[BIRTHS] == pairs.counts[DEATHS]


@kernel
def with_room_for_pairs(pairs):
    """Return the same pairs with room for twice as many births.

    Parameters
    ----------
    pairs : Pairs

    Returns
    -------
    Pairs
    """
    merges, births, deaths, counts = pairs
    n_births = len(births)
    births = with_more_rows(births, 2 * n_births)
    deaths = with_more_rows(deaths, 2 * n_births)
    write_nothing(deaths, n_births)
    return Pairs(merges, births, deaths, counts)


@kernel
def write_ends(code, edges, k):
    """Write the points that an edge joins to a row.

    Parameters
    ----------
    code : uint32
    edges : int64 array of shape (n_edges, 2)
        Written in place.
    k : int
        The row.
    """
    edges[k, 0] = code // LARGEST
    edges[k, 1] = code % LARGEST


@kernel
def write_death(birth, u, v, w, deaths, counts):
    """Let a triangle end a class of degree 1.

    Parameters
    ----------
    birth : int
        The number of the class.
    u, v, w : int
        Points, with their own numbers.
    deaths : int64 array of shape (n_births_at_most, 3)
    counts : int64 array of shape (3,)
        Those of `Pairs`, changed in place.
    """
    # Value by value, which compiles faster than whole rows.
    deaths[birth, 0] = u
    deaths[birth, 1] = v
    deaths[birth, 2] = w
    counts[DEATHS] += 1
