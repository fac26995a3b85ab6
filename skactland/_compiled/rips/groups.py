"""Degree 0 alone of many points of many units: their tree, from those of pairs of groups.

An edge of the minimum spanning tree of all points is in that of every part that holds both its
ends: if a path of shorter edges made it superfluous there, it would do so among all. So the tree of
all is among the trees of unions of two groups. In those, what is within a group is its own tree,
and distances across are worked out tile by tile, which the nearest caches hold: Prim's algorithm
over all points asks memory for every coordinate of every point again and again.
"""

from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import NamedTuple

import numpy as np

from skactland._compiled.distances.differences import write_squares_across
from skactland._compiled.jit import kernel
from skactland._compiled.merges import root_of
from skactland._compiled.rips.spanning import (
    INSIDE,
    OUTSIDE,
    first_at,
    spanning_tree,
    update_gaps,
)

# Points of a group.
GROUP = 512


def spanning_tree_by_groups(points, n_threads=1):
    """Return the edges of a minimum spanning tree and their Euclidean lengths.

    O(n^2 d) time and O(n d) memory. Lengths are roots of sums in the order of the coordinates.

    Parameters
    ----------
    points : float64 array of shape (n, d), n >= 1
    n_threads : int, default=1
        How many pairs are worked on at once; whatever it is, the tree is the same.

    Returns
    -------
    edges : int64 array of shape (n - 1, 2)
    lengths : float64 array of shape (n - 1,)
    """
    n, units = len(points), np.ascontiguousarray(points.T)
    edges, squares, groups = np.empty((0, 2), np.int64), np.empty(0), []
    with ThreadPoolExecutor(n_threads) as pool:
        # In one thread no task need wait for another to begin.
        each = pool.map if n_threads > 1 else map
        for start in range(0, n, GROUP):
            group = _Group.of(units, start, min(start + GROUP, n))
            pairs = each(partial(_tree_of_pair, units, group), groups)  # in the order of groups
            found = [(edges, squares), (group.edges + start, group.squares), *pairs]
            groups.append(group)
            edges, squares = (np.concatenate(parts) for parts in zip(*found, strict=True))
            order = np.argsort(squares, kind="stable")
            kept = order[_joining(edges[order], n)]
            edges, squares = edges[kept], squares[kept]
    return edges, np.sqrt(squares)


class _Group(NamedTuple):
    """Neighbouring points, from `start` to `stop`, and their tree, which counts them from 0."""

    start: int
    stop: int
    edges: np.ndarray
    squares: np.ndarray

    @classmethod
    def of(cls, units, start, stop):
        """Work out the tree of some points."""
        within = np.empty((stop - start, stop - start))
        write_squares_across(units, start, start, within)
        return cls(start, stop, *spanning_tree(within))


def _tree_of_pair(units, group, other):
    """Return the edges of the tree of two groups together, and their squared lengths."""
    size = group.stop - group.start
    across = np.empty((size, other.stop - other.start))
    write_squares_across(units, group.start, other.start, across)
    edges, bits = _tree_across(
        across.view(np.int64),
        across.T.copy().view(np.int64),
        np.concatenate([group.edges, other.edges + size]),
        np.concatenate([group.squares, other.squares]).view(np.int64),
    )
    # Of the other group the points came after those of this one.
    edges += np.where(edges >= size, other.start - size, group.start)
    return edges, bits.view(np.float64)


@kernel
def _tree_across(rows, columns, edges, lengths):
    """Return the minimum spanning tree of two groups, by Prim's algorithm, lengths as integers.

    Parameters
    ----------
    rows : int64 array of shape (n_first, n_second)
        Lengths across, as the bits of doubles.
    columns : int64 array of shape (n_second, n_first)
        The same, transposed.
    edges : int64 array of shape (n_first + n_second - 2, 2)
        The trees of the two groups; points of the second come after those of the first.
    lengths : int64 array of shape (n_first + n_second - 2,)

    Returns
    -------
    edges : int64 array of shape (n_first + n_second - 1, 2)
    lengths : int64 array of shape (n_first + n_second - 1,)
    """
    n_first, n = len(rows), len(rows) + len(columns)
    heads, following = _listed(edges, n)
    tree, tree_lengths = np.empty((n - 1, 2), np.int64), np.empty(n - 1, np.int64)
    gaps, ends, floors = np.empty(n, np.int64), np.empty(n, np.int64), np.empty(n, np.int64)
    for k in range(n):
        gaps[k], ends[k], floors[k] = OUTSIDE, 0, 0
    point = 0
    for m in range(n - 1):
        floors[point] = gaps[point] = INSIDE
        if point < n_first:
            update_gaps(rows[point], point, floors[n_first:], gaps[n_first:], ends[n_first:])
        else:
            row = columns[point - n_first]
            update_gaps(row, point, floors[:n_first], gaps[:n_first], ends[:n_first])
        side = heads[point]
        while side >= 0:
            other, length = edges[side // 2, 1 - side % 2], lengths[side // 2]
            if length < gaps[other] and floors[other] == 0:
                gaps[other], ends[other] = length, point
            side = following[side]
        least = INSIDE
        for k in range(n):
            least = min(least, gaps[k])
        point = first_at(gaps, least)
        tree[m, 0], tree[m, 1] = ends[point], point
        tree_lengths[m] = least
    return tree, tree_lengths


@kernel
def _listed(edges, n):
    """Return the edges at each point, as lists of sides 2 m and 2 m + 1 of edge m.

    Parameters
    ----------
    edges : int64 array of shape (n_edges, 2)
    n : int

    Returns
    -------
    heads : int64 array of shape (n,)
        The first side at each point, -1 if there is none.
    following : int64 array of shape (2 * n_edges,)
        The side after each, -1 after the last.
    """
    heads, following = np.empty(n, np.int64), np.empty(2 * len(edges), np.int64)
    for point in range(n):
        heads[point] = -1
    for side in range(len(following)):
        point = edges[side // 2, side % 2]
        following[side] = heads[point]
        heads[point] = side
    return heads, following


@kernel
def _joining(edges, n):
    """Return which of some edges, in order, join two components: Kruskal's algorithm.

    Parameters
    ----------
    edges : int64 array of shape (n_edges, 2)
    n : int
        The number of points.

    Returns
    -------
    bool array of shape (n_edges,)
    """
    above = np.arange(n)
    is_joining = np.zeros(len(edges), np.bool_)
    for m in range(len(edges)):
        one, two = root_of(edges[m, 0], above), root_of(edges[m, 1], above)
        if one != two:
            above[one] = two
            is_joining[m] = True
    return is_joining
