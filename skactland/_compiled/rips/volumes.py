"""Annotations of triangles, on demand: step 11 of `persistence/_lunes.py`."""

import numpy as np

from skactland._compiled.jit import kernel
from skactland._compiled.rips.annotations import has_room
from skactland._compiled.rips.reduction import add, keep, reduce_column
from skactland._compiled.rips.triangles import (
    UNKNOWN,
    annotation_of,
    has_room_for_one,
    longest_edge_first,
    remember,
)

#: Whether a triangle was annotated, or of what there was no room.
DONE, SUMS, TABLE = range(3)


@kernel
def annotate(a, b, c, floor, triangles, annotations):
    """Annotate a triangle and those that its annotation comes from (step 11).

    Parameters
    ----------
    a, b, c : int
    floor : int
        No class is alive that was born with an edge of lower rank.
    triangles : Triangles
    annotations : Annotations
        Both are changed in place.

    Returns
    -------
    int
        `DONE`; or `SUMS` or `TABLE`, of which there was no room. What was found is kept, so that
        the same call with more room goes on where this one stopped.
    """
    ranks, stack = triangles.ranks, triangles.stack
    x, y, z = longest_edge_first(a, b, c, ranks)
    stack[0, 0], stack[0, 1], stack[0, 2] = x, y, z
    depth = 1
    while depth:
        x, y, z = stack[depth - 1, 0], stack[depth - 1, 1], stack[depth - 1, 2]
        rank = ranks[x, y]
        if annotation_of(rank, z, floor, triangles) != UNKNOWN:
            depth -= 1
            continue
        if not has_room(annotations.replacements, annotations.pool, annotations.used):
            return SUMS
        n_steps = find_path(x, y, z, floor, triangles)
        if not has_room_for_one(triangles) or depth + 2 * n_steps > len(stack):
            return TABLE
        n_waiting = _stack_unknown(x, y, n_steps, depth, floor, triangles)
        if n_waiting:
            depth += n_waiting
            continue
        annotation = _sum_along(x, y, n_steps, floor, triangles, annotations)
        remember(rank, z, annotation, triangles)
        depth -= 1
    return DONE if has_room(annotations.replacements, annotations.pool, annotations.used) else SUMS


@kernel
def _stack_unknown(x, y, n_steps, depth, floor, triangles):
    """Put the triangles between xy and a path that are not annotated on the stack.

    Parameters
    ----------
    x, y : int
    n_steps : int
        The path is in the room for it.
    depth : int
        How many are on the stack.
    floor : int
    triangles : Triangles
        The stack is changed in place.

    Returns
    -------
    int
        How many were put there.
    """
    ranks, stack, path = triangles.ranks, triangles.stack, triangles.path
    n_waiting = 0
    for k in range(n_steps):
        for end in (x, y):
            p, q, r = longest_edge_first(end, path[k], path[k + 1], ranks)
            if annotation_of(ranks[p, q], r, floor, triangles) == UNKNOWN:
                place = depth + n_waiting
                stack[place, 0], stack[place, 1], stack[place, 2] = p, q, r
                n_waiting += 1
    return n_waiting


@kernel
def _sum_along(x, y, n_steps, floor, triangles, annotations):
    """Return the annotation of xyz, z being where a path begins, from those along the path.

    Parameters
    ----------
    x, y : int
    n_steps : int
        The path is in the room for it; all its triangles are annotated, and the one at its end.
    floor : int
    triangles : Triangles
    annotations : Annotations
        With room; the pool is written in place.

    Returns
    -------
    int
    """
    ranks, path = triangles.ranks, triangles.path
    replacements, column, pool, used = annotations
    at_end = annotation_of(ranks[x, y], path[n_steps], floor, triangles)
    highest = add(column, pool, at_end)
    for k in range(n_steps):
        for end in (x, y):
            highest = max(
                highest,
                add_triangle(end, path[k], path[k + 1], floor, triangles, annotations),
            )
    start = used[0] + 1
    return keep(start, reduce_column(highest, start, replacements, column, pool), pool, used)


@kernel
def add_triangle(a, b, c, floor, triangles, annotations):
    """Add the annotation of a triangle, which is known, to the column.

    Parameters
    ----------
    a, b, c : int
    floor : int
    triangles : Triangles
    annotations : Annotations
        The column is changed in place.

    Returns
    -------
    int
        The highest word of the column that changes, -1 if none does.
    """
    x, y, z = longest_edge_first(a, b, c, triangles.ranks)
    annotation = annotation_of(triangles.ranks[x, y], z, floor, triangles)
    return add(annotations.column, annotations.pool, annotation)


@kernel
def find_path(x, y, z, floor, triangles):
    """Find a shortest path within the lune of xy, as it was when xy came, to what is known.

    That is the apex, or a point whose triangle with xy is in the table; each component has one.

    Parameters
    ----------
    x, y, z : int
        The path begins with z.
    floor : int
    triangles : Triangles
        The path is written in place.

    Returns
    -------
    int
        How many edges it has.
    """
    ranks, path = triangles.ranks, triangles.path
    rank = ranks[x, y]
    apex = np.int64(triangles.apexes[rank])
    path[0] = z
    if ranks[z, apex] < rank:  # so it is most often
        path[1] = apex
        return 1
    n = len(ranks)
    waiting, queue, parents = np.empty(n, np.int64), np.empty(n, np.int64), np.empty(n, np.int64)
    n_waiting = 0
    for w in range(n):
        waiting[n_waiting] = w
        n_waiting += (ranks[x, w] < rank) & (ranks[y, w] < rank) & (w != z)
    queue[0], parents[0] = z, -1
    n_queued, head = 1, 0
    end = -1
    while end < 0:
        row = ranks[queue[head]]
        n_left = 0
        for k in range(n_waiting):
            w = waiting[k]
            waiting[n_left] = w
            if row[w] < rank:
                queue[n_queued], parents[n_queued] = w, head
                if annotation_of(rank, w, floor, triangles) != UNKNOWN:
                    end = n_queued
                    break
                n_queued += 1
            else:
                n_left += 1
        n_waiting = n_left
        head += 1
    return _write_path(queue, parents, end, path)


@kernel
def _write_path(queue, parents, end, path):
    """Write the path that a search has found, first point first; return its number of edges.

    Parameters
    ----------
    queue, parents : int64 array of shape (n,)
        The points in the order in which they were found, and the place of the one before each.
    end : int
        The place of the last.
    path : int64 array of shape (n,)
        Written in place.

    Returns
    -------
    int
    """
    n_steps, k = -1, end
    while k >= 0:
        n_steps += 1
        k = parents[k]
    k = end
    for place in range(n_steps, -1, -1):
        path[place] = queue[k]
        k = parents[k]
    return n_steps
