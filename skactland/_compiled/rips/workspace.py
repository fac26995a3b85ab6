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
    codes : uint32 array of shape (n_room,)
        The edges of a part, in buckets: see `edges`.
    found, found_grades : uint32 and uint16 array of shape (n_room,)
        The same as they come in the matrix, and their grades.
    of_edges : int32 array of shape (n_points, n_points)
        Above the diagonal the annotations of edges: see `support`.
    ranks : int32 array of shape (n_points, n_points), or (0, 0) without triangles
        The place of each edge in the order: see `triangles`.
    grades : uint16 array of shape (n_points, n_points)
        The grade of each length: see `grades`.
    apexes_by_rank : uint16 array of shape (n_edges,), or (0,) without triangles
        The apex of each edge: see `triangles`.
    """

    codes: np.ndarray
    found: np.ndarray
    of_edges: np.ndarray
    ranks: np.ndarray
    found_grades: np.ndarray
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
    room = (most_at_once(n_edges),)
    # The widest types come first, so that every array starts at a multiple of its item's size.
    types = map(np.dtype, ("u4", "u4", "i4", "i4", "u2", "u2", "u2"))
    return Workspace(*_cut([*types], (room, room, square, more[0], room, square, more[1])))


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
    codes, found, grades = _cut([*map(np.dtype, ("u4", "u4", "u2"))], ((n_room,),) * 3)
    return space._replace(codes=codes, found=found, found_grades=grades)


def _cut(types, shapes):
    """Return arrays cut from one block.

    For a large block NumPy asks for large pages. Thousands of small ones, as arrays allocated one
    by one have, can take as long to come by as all that is done in them.
    """
    sizes = [math.prod(shape) * each.itemsize for each, shape in zip(types, shapes, strict=True)]
    block, starts = np.empty(sum(sizes), np.uint8), accumulate(sizes, initial=0)
    return [np.ndarray(*one) for one in zip(shapes, types, repeat(block), starts, strict=False)]
