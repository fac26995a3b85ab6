"""The support of the classes that are alive: the edges whose annotation is not zero (step 5).

Of real clouds it is small, a few edges for each class, mostly about points on the outskirts. A lune
without an edge of it is one that nothing can die in.
"""

from typing import NamedTuple

import numpy as np

from skactland._compiled.bits import empty_rows, holds, join, separate
from skactland._compiled.intrinsics import trailing_zeros
from skactland._compiled.jit import kernel
from skactland._compiled.rips.annotations import (
    ZERO,
    forward,
    forwarded,
    has_dead,
    has_room,
    with_room_for_sums,
)
from skactland._compiled.rips.reduction import sum_of_alive

# The support is renewed when one class has died for so many that are alive.
_STALE = 8


class Support(NamedTuple):
    """The edges whose annotation is not zero; with a few that have become zero since.

    Attributes
    ----------
    others : uint64 array of shape (n, n_words)
        For each point the set of others that it is joined to by such an edge.
    touched : bool array of shape (n,)
        Whether a point's set has members.
    of_edges : int32 array of shape (n, n)
        Above the diagonal the annotations of these edges; elsewhere without content.
    n_died : int64 array of shape (1,)
        How many classes have died since it was renewed.
    """

    others: np.ndarray
    touched: np.ndarray
    of_edges: np.ndarray
    n_died: np.ndarray


@kernel
def no_support(of_edges):
    """Return the support of no class.

    Parameters
    ----------
    of_edges : int32 array of shape (n, n)
        Without content.

    Returns
    -------
    Support
    """
    n = len(of_edges)
    return Support(empty_rows(n), np.zeros(n, np.bool_), of_edges, np.zeros(1, np.int64))


# Arrays one by one, and no branches: numba would count references to them at each call, which takes
# longer than what is done here.
@kernel
def annotation_of_edge(u, v, others, of_edges):
    """Return the annotation of an edge that has come.

    Parameters
    ----------
    u, v : int
    others : uint64 array of shape (n, n_words)
    of_edges : int32 array of shape (n, n)

    Returns
    -------
    int32
    """
    return of_edges[min(u, v), max(u, v)] if holds(others, u, v) else np.int32(ZERO)


@kernel
def annotate_edge(u, v, annotation, others, touched, of_edges):
    """Annotate an edge that comes.

    Parameters
    ----------
    u, v : int
        u < v.
    annotation : int32
        Not zero.
    others : uint64 array of shape (n, n_words)
    touched : bool array of shape (n,)
    of_edges : int32 array of shape (n, n)
        All are changed in place.
    """
    of_edges[u, v] = annotation
    touched[u] = touched[v] = True
    join(others, u, v)


@kernel
def renew_support(support, annotations):
    """Write annotations without births that are dead, and let edges go where zero is left.

    Parameters
    ----------
    support : Support
        Changed in place.
    annotations : Annotations
        The pool is written in place.

    Returns
    -------
    bool
        Whether there was room for all sums; the same call with more room goes on.
    """
    others, touched, of_edges, n_died = support
    replacements, column, pool, used = annotations
    for u in range(len(others)):
        if not touched[u]:
            continue
        left = np.uint64(0)
        for i in range(others.shape[1]):
            word = others[u, i]
            while word:
                v = 64 * i + trailing_zeros(word)
                word &= word - np.uint64(1)
                if v < u:
                    continue
                annotation = forwarded(of_edges[u, v], replacements, pool)
                if has_dead(annotation, replacements, pool):
                    if not has_room(replacements, pool, used):
                        return False
                    total = sum_of_alive(annotation, replacements, column, pool, used)
                    forward(annotation, total, pool)
                    annotation = total
                if annotation == ZERO:
                    separate(others, u, v)
                else:
                    of_edges[u, v] = annotation
            left |= others[u, i]
        touched[u] = left != 0
    n_died[0] = 0
    return True


@kernel
def renew_if_stale(support, n_alive, annotations):
    """Renew the support if so many classes have died that it pays.

    Parameters
    ----------
    support : Support
        Changed in place.
    n_alive : int
    annotations : Annotations

    Returns
    -------
    Annotations
        The same or others that have more room.
    """
    if _STALE * support.n_died[0] > n_alive:
        while not renew_support(support, annotations):
            annotations = with_room_for_sums(annotations)
    return annotations
