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
def lowest(row):
    """Return the lowest member, or -1 if there is none."""
    for i in range(len(row)):
        if row[i]:
            return 64 * i + trailing_zeros(row[i])
    return -1


@njit(cache=True, nogil=True)
def lowest_common(row, other):
    """Return the lowest member of both, or -1."""
    for i in range(len(row)):
        word = row[i] & other[i]
        if word:
            return 64 * i + trailing_zeros(word)
    return -1


@njit(cache=True, nogil=True)
def intersect(row, other, out):
    """Write the members of both to `out`."""
    for i in range(len(out)):
        out[i] = row[i] & other[i]


@njit(cache=True, nogil=True)
def look_into_lune(bits, u, v):
    """Return the lowest member that rows u and v share, or -1, and whether its row has the others.

    Most lunes end here, so that this is one pass and writes nothing.
    """
    n_words = bits.shape[1]
    i = 0
    while i < n_words and not bits[u, i] & bits[v, i]:
        i += 1
    if i == n_words:
        return -1, True
    word = bits[u, i] & bits[v, i]
    apex = 64 * i + trailing_zeros(word)
    unseen = word & (word - _ONE) & ~bits[apex, i]
    for k in range(i + 1, n_words):
        unseen |= bits[u, k] & bits[v, k] & ~bits[apex, k]
    return apex, unseen == 0


@njit(cache=True, nogil=True)
def move(source, target, row):
    """Move the members of `source` that are in `row` to `target`; tell whether any are left."""
    left = np.uint64(0)
    for i in range(len(source)):
        moved = source[i] & row[i]
        target[i] |= moved
        source[i] ^= moved
        left |= source[i]
    return left != 0
