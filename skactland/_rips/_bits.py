"""Sets of small integers as rows of machine words, and what numba lacks for them."""

import numpy as np
from llvmlite import ir
from numba import njit, types
from numba.extending import intrinsic

_ONE = np.uint64(1)


@intrinsic
def trailing_zeros(typingctx, word):
    """Return the position of the lowest bit that is set in a word that is not zero."""

    def codegen(context, builder, signature, args):
        return builder.cttz(args[0], ir.Constant(ir.IntType(1), 1))

    return types.int64(types.uint64), codegen


@intrinsic
def leading_zeros(typingctx, word):
    """Return the number of zeros above the highest bit that is set in a word that is not zero."""

    def codegen(context, builder, signature, args):
        return builder.ctlz(args[0], ir.Constant(ir.IntType(1), 1))

    return types.int64(types.uint64), codegen


@njit(cache=True, nogil=True)
def flip(row, member):
    """Put a member in, or take it out."""
    row[member >> 6] ^= _ONE << np.uint64(member & 63)


@njit(cache=True, nogil=True)
def has(row, member):
    """Tell whether a member is in."""
    return row[member >> 6] >> np.uint64(member & 63) & _ONE != 0


@njit(cache=True, nogil=True)
def lowest(row):
    """Return the lowest member, or -1 if there is none."""
    for i in range(len(row)):
        if row[i]:
            return 64 * i + trailing_zeros(row[i])
    return -1


@njit(cache=True, nogil=True)
def lowest_common(bits, u, v):
    """Return the lowest member that rows u and v share, or -1."""
    for i in range(bits.shape[1]):
        word = bits[u, i] & bits[v, i]
        if word:
            return 64 * i + trailing_zeros(word)
    return -1


# These write one row at most: many words are read at once, but two rows are not written so.


@njit(cache=True, nogil=True)
def lowest_beyond(bits, u, v, w):
    """Return the lowest member that rows u and v share and row w lacks, or -1."""
    for i in range(bits.shape[1]):
        word = bits[u, i] & bits[v, i] & ~bits[w, i]
        if word:
            return 64 * i + trailing_zeros(word)
    return -1


@njit(cache=True, nogil=True)
def cover(bits, u, v, w, x):
    """Tell whether rows w and x have all that rows u and v share, and whether both have a part."""
    missing = both = np.uint64(0)
    for i in range(bits.shape[1]):
        shared = bits[u, i] & bits[v, i]
        missing |= shared & ~(bits[w, i] | bits[x, i])
        both |= shared & bits[w, i] & bits[x, i]
    return missing == 0, both != 0


@njit(cache=True, nogil=True)
def write_rest(bits, u, v, w, x, rest):
    """Write to `rest` what rows u and v share and neither row w nor row x has."""
    for i in range(len(rest)):
        rest[i] = bits[u, i] & bits[v, i] & ~(bits[w, i] | bits[x, i])


@njit(cache=True, nogil=True)
def meets_others(bits, u, v, w, rest):
    """Tell whether row w has a member that rows u and v share and that is not in the rest."""
    met = np.uint64(0)
    for i in range(len(rest)):
        met |= bits[u, i] & bits[v, i] & bits[w, i] & ~rest[i]
    return met != 0


@njit(cache=True, nogil=True)
def drop(rest, bits, w):
    """Take the members that row w has out of the rest; tell whether it is empty then."""
    left = np.uint64(0)
    for i in range(len(rest)):
        rest[i] &= ~bits[w, i]
        left |= rest[i]
    return left == 0
