"""Sets of small integers as rows of machine words, 64 members to a word.

Rows are whole blocks of `simd.WORDS` words long, so that they can be read block by block.
"""

import numpy as np

from skactland._compiled.jit import kernel
from skactland._compiled.simd import WORDS

# Both sides of a shift are unsigned: NumPy refuses to shift signed and unsigned words by each
# other.
_ONE = np.uint64(1)


@kernel
def empty_rows(n):
    """Return n empty sets, each with room for the members 0 to n - 1.

    Parameters
    ----------
    n : int

    Returns
    -------
    uint64 array of shape (n, n_words)
        `n_words` is a multiple of `simd.WORDS`.
    """
    return np.zeros((n, WORDS * ((n + 64 * WORDS - 1) // (64 * WORDS))), np.uint64)


@kernel
def flip(row, member):
    """Put a member in, or take it out: the sum over Z/2.

    Parameters
    ----------
    row : uint64 array of shape (n_words,)
        A set, changed in place.
    member : int
    """
    row[member >> 6] ^= _ONE << np.uint64(member & 63)


@kernel
def join(rows, u, v):
    """Put u and v into each other's sets.

    Parameters
    ----------
    rows : uint64 array of shape (n, n_words)
        A set for each of n points, two of them changed in place.
    u, v : int
    """
    rows[u, v >> 6] |= _ONE << np.uint64(v & 63)
    rows[v, u >> 6] |= _ONE << np.uint64(u & 63)


@kernel
def separate(rows, u, v):
    """Take u and v out of each other's sets.

    Parameters
    ----------
    rows : uint64 array of shape (n, n_words)
        A set for each of n points, two of them changed in place.
    u, v : int
    """
    rows[u, v >> 6] &= ~(_ONE << np.uint64(v & 63))
    rows[v, u >> 6] &= ~(_ONE << np.uint64(u & 63))


@kernel
def holds(rows, u, v):
    """Tell whether the set of u has the member v.

    Parameters
    ----------
    rows : uint64 array of shape (n, n_words)
        A set for each of n points. To pass all of them on costs less than to take out one.
    u, v : int

    Returns
    -------
    bool
    """
    return rows[u, v >> 6] >> np.uint64(v & 63) & _ONE != 0
