"""Sums of annotations, and which class dies of them: steps 5 and 6 of `persistence/_lunes.py`."""

from skactland._compiled.bits import flip
from skactland._compiled.intrinsics import leading_zeros
from skactland._compiled.jit import kernel
from skactland._compiled.rips.annotations import ALIVE, ZERO, annotation_of_birth, has_room


@kernel
def annotate_triangle(u, v, w, apexes, annotations):
    """Annotate the edges of a triangle and those that their annotations come from (step 5).

    The apex of an edge leads to two shorter edges, these to shorter ones, and so on until all
    annotations are known. That may be a long way, and so there is a stack in place of recursion.

    Parameters
    ----------
    u, v, w : int
        u < v.
    apexes : int32 array of shape (n, n)
        ``apexes[x, y]``, x < y, is the apex of an edge that has come, or negative: its annotation.
        Apexes give way to annotations in place, as these are found.
    annotations : Annotations
        Pool and stack are written in place.

    Returns
    -------
    bool
        Whether there was room for all of it; what was found is kept in any case, so that the same
        call with more room goes on where this one stopped.
    """
    stack = annotations.stack
    stack[0, 0], stack[0, 1] = u, v
    stack[1, 0], stack[1, 1] = min(u, w), max(u, w)
    stack[2, 0], stack[2, 1] = min(v, w), max(v, w)
    depth = 3
    while depth:
        x, y = stack[depth - 1, 0], stack[depth - 1, 1]
        apex = apexes[x, y]
        # Annotated already, for another triangle or by way of another edge.
        if apex < 0:
            depth -= 1
            continue
        a, b = min(x, apex), max(x, apex)
        c, d = min(y, apex), max(y, apex)
        one, two = apexes[a, b], apexes[c, d]
        # Before anything is written, so that the next call finds it all in order.
        if not has_room(annotations) or depth == len(stack):
            return False
        if one < 0 and two < 0:
            apexes[x, y] = _sum(one, two, annotations)
            depth -= 1
        else:
            # If both wait, the second is found when this edge is looked at again.
            stack[depth, 0], stack[depth, 1] = (a, b) if one >= 0 else (c, d)
            depth += 1
    # `kill_pivot` writes one more sum.
    return has_room(annotations)


@kernel
def kill_pivot(u, v, w, apexes, annotations):
    """Let the pivot of a triangle's boundary die, the edges of which are annotated (step 6).

    From then on the pivot equals the sum of the others.

    Parameters
    ----------
    u, v, w : int
        u < v.
    apexes : int32 array of shape (n, n)
    annotations : Annotations
        With room, as `annotate_triangle` leaves it. Pool and replacements are written in place.

    Returns
    -------
    int
        The pivot, -1 if the boundary is zero.
    """
    column, pool = annotations.column, annotations.pool
    highest = max(
        add(column, pool, apexes[u, v]),
        add(column, pool, apexes[min(u, w), max(u, w)]),
        add(column, pool, apexes[min(v, w), max(v, w)]),
    )
    start = annotations.used[0] + 1
    stop = reduce_column(highest, start, annotations)
    if start == stop:
        return -1
    pivot = pool[start]
    annotations.replacements[pivot] = keep(start + 1, stop, annotations)
    return pivot


@kernel
def _sum(one, two, annotations):
    """Return the sum of two annotations; most often one of them is zero, or both are the same.

    Parameters
    ----------
    one, two : int32
    annotations : Annotations
        The pool is written in place.

    Returns
    -------
    int32
    """
    if one == two:
        return ZERO
    if one == ZERO:
        return two
    if two == ZERO:
        return one
    column, pool = annotations.column, annotations.pool
    highest = max(add(column, pool, one), add(column, pool, two))
    start = annotations.used[0] + 1
    return keep(start, reduce_column(highest, start, annotations), annotations)


@kernel
def add(column, pool, annotation):
    """Add an annotation to the column.

    Parameters
    ----------
    column : uint64 array of shape (n_words,)
        Changed in place.
    pool : int32 array of shape (n_pool,)
    annotation : int32

    Returns
    -------
    int
        The highest word of the column that changes, -1 if none does.
    """
    if annotation == ZERO:
        return -1
    if annotation % 2 == 0:
        birth = (-2 - annotation) // 2
        flip(column, birth)
        return birth >> 6
    start = (-3 - annotation) // 2
    for k in range(start + 1, start + 1 + pool[start]):
        flip(column, pool[k])
    return pool[start + 1] >> 6


@kernel
def reduce_column(highest, start, annotations):
    """Write the births of the column that are alive to the pool, the pivot first, and empty it.

    From the youngest down, a dead birth is replaced by older ones, which come later in turn.

    Parameters
    ----------
    highest : int
        No higher word of the column has members.
    start : int
        Where in the pool the births go.
    annotations : Annotations
        Column and pool are written in place.

    Returns
    -------
    int
        Where in the pool the births stop.
    """
    replacements, column, pool = annotations.replacements, annotations.column, annotations.pool
    stop = start
    for word in range(highest, -1, -1):
        while column[word]:
            birth = 64 * word + 63 - leading_zeros(column[word])  # the youngest is the highest bit
            flip(column, birth)
            if replacements[birth] == ALIVE:
                pool[stop] = birth
                stop += 1
            else:
                add(column, pool, replacements[birth])
    return stop


@kernel
def keep(start, stop, annotations):
    """Return the annotation that is the sum of births in the pool, kept there if they are several.

    Parameters
    ----------
    start, stop : int
        Where the births stand; before them there is room for their number.
    annotations : Annotations
        The pool is written in place.

    Returns
    -------
    int
    """
    pool = annotations.pool
    if start == stop:
        return ZERO
    if start + 1 == stop:
        return annotation_of_birth(pool[start])
    pool[start - 1] = stop - start
    annotations.used[0] = stop
    return -3 - 2 * (start - 1)
