"""Sets of small integers as rows of machine words."""

import numpy as np

from skactland._compiled.intrinsics import trailing_zeros
from skactland._compiled.jit import kernel
from skactland._compiled.simd import WORDS, both, load, nonzero_words, store, without

_ONE = np.uint64(1)


@kernel
def flip(row, member):
    """Put a member in, or take it out."""
    row[member >> 6] ^= _ONE << np.uint64(member & 63)


@kernel
def new_rows(n):
    """Return n empty rows of at least n members, whole blocks of them."""
    return np.zeros((n, WORDS * ((n + 64 * WORDS - 1) // (64 * WORDS))), np.uint64)


@kernel
def join(bits, u, v):
    """Put u and v into each other's rows."""
    bits[u, v >> 6] |= _ONE << np.uint64(v & 63)
    bits[v, u >> 6] |= _ONE << np.uint64(u & 63)


@kernel
def has(row, member):
    """Tell whether a member is in."""
    return row[member >> 6] >> np.uint64(member & 63) & _ONE != 0


@kernel
def lowest_common(bits, u, v):
    """Return the lowest member that rows u and v share, or -1."""
    for b in range(bits.shape[1] // WORDS):
        found = nonzero_words(both(load(bits, u, b), load(bits, v, b)))
        if found:
            i = WORDS * b + trailing_zeros(found)
            return 64 * i + trailing_zeros(bits[u, i] & bits[v, i])
    return -1


@kernel
def lowest_beyond(bits, u, v, w, rest):
    """Write to `rest` what rows u and v share and row w lacks; return the lowest member, or -1."""
    lowest = -1
    for b in range(bits.shape[1] // WORDS):
        left = without(both(load(bits, u, b), load(bits, v, b)), load(bits, w, b))
        store(rest, 0, b, left)
        if lowest < 0:
            lowest = _lowest_in(left, rest, b)
    return lowest


@kernel
def meets_reached(bits, u, v, w, rest):
    """Tell whether row w has a member that rows u and v share and that is not in the rest."""
    for b in range(bits.shape[1] // WORDS):
        shared = both(both(load(bits, u, b), load(bits, v, b)), load(bits, w, b))
        if nonzero_words(without(shared, load(rest, 0, b))):
            return True
    return False


@kernel
def reach(bits, w, rest):
    """Take the members of row w out of the rest; return the lowest that is left, or -1."""
    lowest = -1
    for b in range(bits.shape[1] // WORDS):
        left = without(load(rest, 0, b), load(bits, w, b))
        store(rest, 0, b, left)
        if lowest < 0:
            lowest = _lowest_in(left, rest, b)
    return lowest


@kernel
def _lowest_in(block, row, b):
    """Return the lowest member of a block that was written to a row, or -1."""
    found = nonzero_words(block)
    if found == 0:
        return -1
    i = WORDS * b + trailing_zeros(found)
    return 64 * i + trailing_zeros(row[0, i])
