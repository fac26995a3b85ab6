"""The large arrays of the engine."""

import math
from itertools import accumulate, repeat
from typing import NamedTuple

import numpy as np

from skactland._compiled.rips.grades import most_at_once


class Workspace(NamedTuple):
    """Arrays without content. Those of edges have room for a part of them, see `grades`.

    Attributes
    ----------
    lengths, codes : float64 and uint32 array of shape (n_room,)
        The edges of a part, as `edges.fetch_edges` finds them.
    moved_lengths, moved_codes : float64 and uint32 array of shape (n_room,)
        The same while they are sorted.
    buckets, stops : uint32 array of shape (n_room,)
        While edges are sorted, the bucket of each, and where each bucket stops.
    apexes : int32 array of shape (n_points, n_points)
        Above the diagonal the apex of each edge, or its annotation: see `annotations`.
    ranks : int32 array of shape (n_points, n_points), or (0, 0) without triangles
        The place of each edge in the order: see `triangles`.
    grades : uint16 array of shape (n_points, n_points)
        The grade of each length: see `grades`.
    apexes_by_rank : uint16 array of shape (n_edges,), or (0,) without triangles
        The apex of each edge: see `triangles`.
    """

    lengths: np.ndarray
    moved_lengths: np.ndarray
    codes: np.ndarray
    moved_codes: np.ndarray
    buckets: np.ndarray
    stops: np.ndarray
    apexes: np.ndarray
    ranks: np.ndarray
    grades: np.ndarray
    apexes_by_rank: np.ndarray


def allocate(n_points, with_triangles=False):
    """Return the workspace of a cloud, with room for `most_at_once` of its edges.

    Parameters
    ----------
    n_points : int
    with_triangles : bool, default=False
        Whether there is room for what degree 2 needs.

    Returns
    -------
    Workspace
    """
    n_edges = n_points * (n_points - 1) // 2
    square = (n_points, n_points)
    more = (square, (n_edges,)) if with_triangles else ((0, 0), (0,))
    # The widest types come first, so that every array starts at a multiple of its item's size.
    shapes = (*6 * ((most_at_once(n_edges),),), square, more[0], square, more[1])
    return Workspace(*_cut((*_OF_EDGES, *map(np.dtype, ("i4", "i4", "u2", "u2"))), shapes))


def with_room_for_edges(space, n_room):
    """Return the same workspace with room for some edges, if it has less.

    Parameters
    ----------
    space : Workspace
    n_room : int

    Returns
    -------
    Workspace
    """
    if n_room <= len(space.codes):
        return space
    return Workspace(*_cut(_OF_EDGES, 6 * ((n_room,),)), *space[6:])


_OF_EDGES = tuple(map(np.dtype, ("f8", "f8", "u4", "u4", "u4", "u4")))


def _cut(types, shapes):
    """Return arrays cut from one block.

    For a large block NumPy asks for large pages. Thousands of small ones, as arrays allocated one
    by one have, can take as long to come by as all that is done in them.
    """
    sizes = [math.prod(shape) * each.itemsize for each, shape in zip(types, shapes, strict=True)]
    block, starts = np.empty(sum(sizes), np.uint8), accumulate(sizes, initial=0)
    return [np.ndarray(*one) for one in zip(shapes, types, repeat(block), starts, strict=False)]
