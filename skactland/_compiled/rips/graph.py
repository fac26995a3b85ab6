"""The graph of the edges that have come, and its components: step 2 of `persistence/_lunes.py`."""

from typing import NamedTuple

import numpy as np

from skactland._compiled.bits import empty_rows, join
from skactland._compiled.jit import kernel
from skactland._compiled.rips.edges import LARGEST


class Graph(NamedTuple):
    """The edges that have come; points are numbered by the order in which apexes are tried.

    Attributes
    ----------
    numbers : int64 array of shape (n,)
        The number of each point.
    neighbours : uint64 array of shape (n, n_words)
        The star of each point: see `lunes`.
    forest : int64 array of shape (n,)
        A point further up in the tree of each point's component; a root has itself.
    """

    numbers: np.ndarray
    neighbours: np.ndarray
    forest: np.ndarray


@kernel
def no_edges(order):
    """Return the graph without edges.

    Parameters
    ----------
    order : int64 array of shape (n,)

    Returns
    -------
    Graph
    """
    n = len(order)
    numbers, forest = np.empty(n, np.int64), np.empty(n, np.int64)
    neighbours = empty_rows(n)
    for u in range(n):
        numbers[order[u]] = forest[u] = u
        join(neighbours, u, u)  # a point is in its own star
    return Graph(numbers, neighbours, forest)


@kernel
def ends(code, numbers):
    """Return the numbers of an edge's ends, the lower one first.

    Parameters
    ----------
    code : uint32
    numbers : int64 array of shape (n,)

    Returns
    -------
    u, v : int
    """
    one, two = numbers[code // LARGEST], numbers[code % LARGEST]
    return min(one, two), max(one, two)


@kernel
def join_components(forest, u, v):
    """Join the components of two points; tell whether they were two.

    Parameters
    ----------
    forest : int64 array of shape (n,)
        Changed in place.
    u, v : int

    Returns
    -------
    bool
    """
    u, v = _root(forest, u), _root(forest, v)
    # Not by rank: with halved paths alone, finding a root takes logarithmic time on average.
    forest[u] = v
    return u != v


@kernel
def _root(forest, u):
    """Return the root of a point's tree.

    Parameters
    ----------
    forest : int64 array of shape (n,)
        Changed in place: paths are halved, so that roots are near the next time.
    u : int

    Returns
    -------
    int
    """
    while forest[u] != u:
        forest[u] = forest[forest[u]]
        u = forest[u]
    return u
