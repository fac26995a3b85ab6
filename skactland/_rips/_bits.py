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
def meets(bits, u, row):
    """Tell whether row u has a member in common with another."""
    common = np.uint64(0)
    for i in range(len(row)):
        common |= bits[u, i] & row[i]
    return common != 0


@njit(cache=True, nogil=True)
def lowest_common(bits, u, v):
    """Return the lowest member that rows u and v share, or -1."""
    for i in range(bits.shape[1]):
        word = bits[u, i] & bits[v, i]
        if word:
            return 64 * i + trailing_zeros(word)
    return -1


@njit(cache=True, nogil=True)
def has_common(bits, u, v, w):
    """Tell whether row w has all members that rows u and v share."""
    missing = np.uint64(0)
    for i in range(bits.shape[1]):
        missing |= bits[u, i] & bits[v, i] & ~bits[w, i]
    return missing == 0


@njit(cache=True, nogil=True)
def split_common(bits, u, v, w, inside, outside):
    """Write what rows u and v share to `inside` where row w has it too, else to `outside`."""
    for i in range(len(outside)):
        word = bits[u, i] & bits[v, i]
        inside[i] = word & bits[w, i]
        outside[i] = word & ~bits[w, i]


@njit(cache=True, nogil=True)
def move(source, target, bits, u):
    """Move the members of `source` that row u has to `target`; tell whether any are left."""
    rest = np.uint64(0)
    for i in range(len(source)):
        target[i] |= source[i] & bits[u, i]
        source[i] &= ~bits[u, i]
        rest |= source[i]
    return rest != 0
