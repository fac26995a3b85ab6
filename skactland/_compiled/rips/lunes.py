"""Lunes as sets of bits, and the components of a lune: steps 2 to 5 of `persistence/_lunes.py`.

Each point has a set of neighbours, the points that edges have joined it to, itself among them: its
*star* in the graph of the edges that have come. The lune of an edge uv is what the sets of u and v
share. Blocks of 512 points are read at once.

The components of a lune are found by flooding it star by star. What no star has reached yet is the
*rest*, a set in a single row; what is in the lune and not in the rest has been *reached*.
"""

import numpy as np

from skactland._compiled.intrinsics import trailing_zeros
from skactland._compiled.jit import kernel
from skactland._compiled.simd import WORDS, both, load, nonzero_words, store, without


@kernel
def first_in_lune(neighbours, u, v):
    """Return the first point of the lune of uv, or -1 if the lune is empty.

    Parameters
    ----------
    neighbours : uint64 array of shape (n, n_words)
        The star of each point, as `bits.empty_rows` makes it.
    u, v : int

    Returns
    -------
    int
    """
    for b in range(neighbours.shape[1] // WORDS):
        found = nonzero_words(both(load(neighbours, u, b), load(neighbours, v, b)))
        if found:
            i = WORDS * b + trailing_zeros(found)
            return 64 * i + trailing_zeros(neighbours[u, i] & neighbours[v, i])
    return -1


@kernel
def lune_meets(neighbours, sets, u, v):
    """Tell whether the lune of uv shares a point with the sets of u or v.

    Parameters
    ----------
    neighbours : uint64 array of shape (n, n_words)
        The star of each point.
    sets : uint64 array of shape (n, n_words)
        Another set for each point.
    u, v : int

    Returns
    -------
    bool
    """
    found = np.uint64(0)
    for b in range(neighbours.shape[1] // WORDS):
        lune = both(load(neighbours, u, b), load(neighbours, v, b))
        # All blocks, as most lunes share none, and to stop early is a branch at each.
        found |= nonzero_words(both(lune, load(sets, u, b)))
        found |= nonzero_words(both(lune, load(sets, v, b)))
    return found != 0


@kernel
def first_in_lune_outside(neighbours, sets, u, v):
    """Return the first point of the lune of uv in neither the set of u nor that of v, or -1.

    Parameters
    ----------
    neighbours : uint64 array of shape (n, n_words)
        The star of each point.
    sets : uint64 array of shape (n, n_words)
        Another set for each point.
    u, v : int

    Returns
    -------
    int
    """
    for b in range(neighbours.shape[1] // WORDS):
        lune = both(load(neighbours, u, b), load(neighbours, v, b))
        found = nonzero_words(without(without(lune, load(sets, u, b)), load(sets, v, b)))
        if found:
            i = WORDS * b + trailing_zeros(found)
            left = neighbours[u, i] & neighbours[v, i] & ~sets[u, i] & ~sets[v, i]
            return 64 * i + trailing_zeros(left)
    return -1


@kernel
def flood_from_apex(neighbours, u, v, apex, rest):
    """Begin to flood the lune of uv: the rest is what the star of the apex does not reach.

    Parameters
    ----------
    neighbours : uint64 array of shape (n, n_words)
        The star of each point.
    u, v, apex : int
    rest : uint64 array of shape (1, n_words)
        Written in place.

    Returns
    -------
    int
        The first point of the rest, -1 if it is empty.
    """
    n_blocks = neighbours.shape[1] // WORDS
    first = n_blocks
    # From the last block down, so that the first that is not empty is found without a branch.
    for b in range(n_blocks - 1, -1, -1):
        lune = both(load(neighbours, u, b), load(neighbours, v, b))
        left = without(lune, load(neighbours, apex, b))
        store(rest, 0, b, left)
        first = b if nonzero_words(left) else first
    return _first_in_block(rest, first) if first < n_blocks else -1


@kernel
def flood_from(neighbours, w, rest):
    """Flood on: take the star of w out of the rest.

    Parameters
    ----------
    neighbours : uint64 array of shape (n, n_words)
        The star of each point.
    w : int
        The first point of the rest.
    rest : uint64 array of shape (1, n_words)
        Changed in place.

    Returns
    -------
    int
        The first point of the rest, -1 if it is empty.
    """
    n_blocks = neighbours.shape[1] // WORDS
    first = n_blocks
    # Blocks before that of w are empty.
    for b in range(n_blocks - 1, w // (64 * WORDS) - 1, -1):
        left = without(load(rest, 0, b), load(neighbours, w, b))
        store(rest, 0, b, left)
        first = b if nonzero_words(left) else first
    return _first_in_block(rest, first) if first < n_blocks else -1


@kernel
def meets_reached(neighbours, u, v, w, rest):
    """Tell whether the star of w meets what has been reached of the lune of uv.

    Parameters
    ----------
    neighbours : uint64 array of shape (n, n_words)
        The star of each point.
    u, v, w : int
    rest : uint64 array of shape (1, n_words)

    Returns
    -------
    bool
    """
    for b in range(neighbours.shape[1] // WORDS):
        lune = both(load(neighbours, u, b), load(neighbours, v, b))
        if nonzero_words(without(both(lune, load(neighbours, w, b)), load(rest, 0, b))):
            return True
    return False


@kernel
def _first_in_block(rest, b):
    """Return the first point of a block of the rest that is not empty.

    Parameters
    ----------
    rest : uint64 array of shape (1, n_words)
    b : int
        The number of the block.

    Returns
    -------
    int
    """
    i = WORDS * b + trailing_zeros(nonzero_words(load(rest, 0, b)))
    return 64 * i + trailing_zeros(rest[0, i])
