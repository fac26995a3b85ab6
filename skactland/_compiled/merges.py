"""Single linkage from the edges of a spanning tree, and classes on its merge tree.

Edges of equal length merge at once, so that nothing depends on an order among them.
"""

import numpy as np

from skactland._compiled.jit import kernel

# Classes that are counted in one pass over a tree.
_CLASSES_AT_ONCE = 16


@kernel
def merge_tree(edges, lengths):
    """Return the merges of single linkage, several components at once where lengths are equal.

    Parameters
    ----------
    edges : int64 array of shape (n - 1, 2)
        Of a spanning tree.
    lengths : float64 array of shape (n - 1,)
        Increasing.

    Returns
    -------
    smaller : int64 array of shape (n - 1,)
        For each edge, the number of points of the smaller of the two components that it joins:
        those that edges strictly shorter make.
    parents : int64 array of shape (n_nodes,)
        The merge that each node goes into, -1 for the last one. Nodes are the n points, and then
        the merges, by length.
    sizes : int64 array of shape (n_nodes,)
        Their numbers of points.
    """
    n = len(edges) + 1
    smaller = np.empty(n - 1, np.int64)
    parents, sizes = np.full(2 * n - 1, -1), np.ones(2 * n - 1, np.int64)
    above = np.arange(n)  # of each point another of its component, itself at the root
    nodes = np.arange(n)  # of each root the node of its component
    merged = np.empty((n - 1, 2), np.int64)
    n_nodes, start = n, 0
    while start < n - 1:
        stop = start
        while stop < n - 1 and lengths[stop] == lengths[start]:
            a, b = nodes[root_of(edges[stop, 0], above)], nodes[root_of(edges[stop, 1], above)]
            smaller[stop] = min(sizes[a], sizes[b])
            merged[stop] = a, b
            stop += 1
        for m in range(start, stop):
            above[root_of(edges[m, 0], above)] = root_of(edges[m, 1], above)
        first = n_nodes
        for m in range(start, stop):
            root = root_of(edges[m, 0], above)
            if nodes[root] < first:
                nodes[root] = n_nodes
                sizes[n_nodes] = 0
                n_nodes += 1
            for side in range(2):
                node = merged[m, side]
                if parents[node] < 0:
                    parents[node] = nodes[root]
                    sizes[nodes[root]] += sizes[node]
        start = stop
    return smaller, parents[:n_nodes], sizes[:n_nodes]


@kernel
def root_of(point, above):
    """Return the root of a point's component, and shorten the way to it.

    Parameters
    ----------
    point : int
    above : int64 array of shape (n,)
        Changed in place.

    Returns
    -------
    int
    """
    while above[point] != point:
        above[point] = above[above[point]]
        point = above[point]
    return point


@kernel
def pairs_within(parents, sizes, classes, n_classes):
    """Return the number of pairs of one class, and the sum of the shares of it where they meet.

    A pair meets in the first node that holds both points; the share is that of the pair's class
    among the points of that node.

    Parameters
    ----------
    parents, sizes : int64 array of shape (n_nodes,)
        As from `merge_tree`.
    classes : int64 array of shape (n,)
        From 0 to n_classes - 1.
    n_classes : int

    Returns
    -------
    n_pairs : float
    total : float
    """
    n, n_pairs, total = len(classes), 0.0, 0.0
    # Of some classes at once, which share the way up the tree.
    width = min(n_classes, _CLASSES_AT_ONCE)
    counts, squares = np.empty((2, len(parents) - n, width))
    for first in range(0, n_classes, width):
        counts[:] = squares[:] = 0
        for point in range(n):
            c = classes[point] - first
            if 0 <= c < width and parents[point] >= 0:
                counts[parents[point] - n, c] += 1
                squares[parents[point] - n, c] += 1
        for node in range(len(counts)):
            above = parents[n + node] - n
            for c in range(width):
                count = counts[node, c]
                pairs = (count * count - squares[node, c]) / 2
                n_pairs += pairs
                total += pairs * count / sizes[n + node]
                if above >= 0:
                    counts[above, c] += count
                    squares[above, c] += count * count
    return n_pairs, total
