"""Vectors, which numba would take apart: 512 bits, sixteen doubles, or 64 grades.

Rows of bits are whole blocks long, eight words each; rows of doubles are whole lanes long. LLVM
turns what is done with a vector into the widest instructions that the processor has, and the result
does not depend on how wide they are.
"""

import numpy as np
from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.core.datamodel import models
from numba.extending import register_model

from skactland._compiled.jit import instruction

#: The widest registers hold 512 bits (AVX-512); where they are narrower LLVM cuts blocks up.
WORDS = 8
#: Sums that grow side by side, enough for two of the widest registers.
LANES = 16

_VECTOR = ir.VectorType(ir.IntType(64), WORDS)
_DOUBLES = ir.VectorType(ir.DoubleType(), LANES)
_GRADES = ir.VectorType(ir.IntType(16), 64)


class _Block(types.Type):
    def __init__(self):
        super().__init__(name="Block")


class _Lanes(types.Type):
    def __init__(self):
        super().__init__(name="Lanes")


# numba has no vectors; to it each is one value, which has no parts.
@register_model(_Block)
class _BlockModel(models.PrimitiveModel):
    def __init__(self, dmm, fe_type):
        super().__init__(dmm, fe_type, _VECTOR)


@register_model(_Lanes)
class _LanesModel(models.PrimitiveModel):
    def __init__(self, dmm, fe_type):
        super().__init__(dmm, fe_type, _DOUBLES)


_BLOCK = _Block()
_LANES = _Lanes()


def _pointer(context, builder, array_type, args, vector=_VECTOR):
    """Return a pointer to a vector, given an array, a row, and the number of the vector in it."""
    array, row, block = args
    array = context.make_array(array_type)(context, builder, array)
    word = builder.mul(block, ir.Constant(ir.IntType(64), vector.count))
    entry = cgutils.get_item_pointer(context, builder, array_type, array, [row, word])
    return builder.bitcast(entry, vector.as_pointer())


def _load(typingctx, bits, row, block):
    def codegen(context, builder, signature, args):
        # By default LLVM takes vectors to be aligned to 64 bytes, and would read rows of NumPy by
        # instructions that fault.
        return builder.load(_pointer(context, builder, signature.args[0], args), align=8)

    return _BLOCK(bits, types.int64, types.int64), codegen


@instruction(_load)
def load(bits, row, block):
    """Return a block of a row of bits."""
    # A block is a value: what is stored later does not change it.
    return bits[row, WORDS * block : WORDS * (block + 1)].copy()


def _store(typingctx, bits, row, block, value):
    def codegen(context, builder, signature, args):
        pointer = _pointer(context, builder, signature.args[0], args[:3])
        builder.store(args[3], pointer, align=8)
        return context.get_dummy_value()

    return types.void(bits, types.int64, types.int64, _BLOCK), codegen


@instruction(_store)
def store(bits, row, block, value):
    """Write a block of a row of bits."""
    bits[row, WORDS * block : WORDS * (block + 1)] = value


def _both(typingctx, one, other):
    def codegen(context, builder, signature, args):
        return builder.and_(*args)

    return _BLOCK(_BLOCK, _BLOCK), codegen


@instruction(_both)
def both(one, other):
    """Return the bits that two blocks share."""
    return one & other


def _without(typingctx, one, other):
    def codegen(context, builder, signature, args):
        return builder.and_(args[0], builder.not_(args[1]))

    return _BLOCK(_BLOCK, _BLOCK), codegen


@instruction(_without)
def without(one, other):
    """Return the bits of a block that another lacks."""
    return one & ~other


def _nonzero_words(typingctx, block):
    def codegen(context, builder, signature, args):
        is_set = builder.icmp_unsigned("!=", args[0], ir.Constant(_VECTOR, None))
        return builder.zext(builder.bitcast(is_set, ir.IntType(WORDS)), ir.IntType(64))

    return types.uint64(_BLOCK), codegen


@instruction(_nonzero_words)
def nonzero_words(block):
    """Return a word with a bit for each word of a block: whether it is not zero."""
    return np.uint64(np.packbits(block != 0, bitorder="little")[0])


def _grades(context, builder, array_type, args):
    """Return a vector of grades, given an array, a row, and the first column."""
    array, row, start = args
    array = context.make_array(array_type)(context, builder, array)
    entry = cgutils.get_item_pointer(context, builder, array_type, array, [row, start])
    return builder.load(builder.bitcast(entry, _GRADES.as_pointer()), align=2)


def _mask_between(typingctx, grades, row, start, least, largest):
    def codegen(context, builder, signature, args):
        found = _grades(context, builder, signature.args[0], args[:3])
        least, largest = (_spread(builder, value) for value in args[3:])
        above = builder.icmp_unsigned(">=", found, least)
        below = builder.icmp_unsigned("<=", found, largest)
        return builder.bitcast(builder.and_(above, below), ir.IntType(64))

    number = types.uint16
    return types.uint64(grades, types.int64, types.int64, number, number), codegen


def _mask_at_most(typingctx, grades, row, start, bounds, of_row, first):
    def codegen(context, builder, signature, args):
        found = _grades(context, builder, signature.args[0], args[:3])
        bounds = _grades(context, builder, signature.args[3], args[3:])
        return builder.bitcast(builder.icmp_unsigned("<=", found, bounds), ir.IntType(64))

    index = types.int64
    return types.uint64(grades, index, index, bounds, index, index), codegen


def _spread(builder, value):
    """Return a vector of one value."""
    lane = ir.Constant(ir.IntType(32), 0)
    one = builder.insert_element(ir.Constant(_GRADES, ir.Undefined), value, lane)
    lanes = ir.Constant(ir.VectorType(ir.IntType(32), _GRADES.count), [0] * _GRADES.count)
    return builder.shuffle_vector(one, one, lanes)


@instruction(_mask_between)
def mask_between(grades, row, start, least, largest):
    """Return a word with a bit for each of 64 grades: whether it is between two, or one of them."""
    part = grades[row, start : start + 64]
    return _word((least <= part) & (part <= largest))


@instruction(_mask_at_most)
def mask_at_most(grades, row, start, bounds, of_row, first):
    """Return a word with a bit for each of 64 grades: whether it is at most another one."""
    return _word(grades[row, start : start + 64] <= bounds[of_row, first : first + 64])


def _word(flags):
    return np.packbits(flags, bitorder="little").view(np.uint64)[0]


def _no_squares(typingctx):
    def codegen(context, builder, signature, args):
        return ir.Constant(_DOUBLES, [0.0] * LANES)

    return _LANES(), codegen


@instruction(_no_squares)
def no_squares():
    """Return sums of nothing."""
    return np.zeros(LANES)


def _add_squares(typingctx, sums, one, i, other, j, block):
    def codegen(context, builder, signature, args):
        sums, one, i, other, j, block = args
        x, y = (
            builder.load(_pointer(context, builder, kind, place, _DOUBLES), align=8)
            for kind, place in (
                (signature.args[1], (one, i, block)),
                (signature.args[3], (other, j, block)),
            )
        )
        difference = builder.fsub(x, y)
        return builder.fadd(sums, builder.fmul(difference, difference))

    return _LANES(_LANES, one, types.int64, other, types.int64, types.int64), codegen


@instruction(_add_squares)
def add_squares(sums, one, i, other, j, block):
    """Return sums with the squared differences of two rows' lanes added, at one place in both."""
    place = slice(LANES * block, LANES * (block + 1))
    return sums + (one[i, place] - other[j, place]) ** 2


def _total(typingctx, sums):
    def codegen(context, builder, signature, args):
        (sums,) = args
        n = LANES
        while n > 1:
            n //= 2
            halves = (
                ir.Constant(ir.VectorType(ir.IntType(32), n), list(range(first, first + n)))
                for first in (0, n)
            )
            low, high = (builder.shuffle_vector(sums, sums, half) for half in halves)
            sums = builder.fadd(low, high)
        return builder.extract_element(sums, ir.Constant(ir.IntType(32), 0))

    return types.float64(_LANES), codegen


@instruction(_total)
def total(sums):
    """Return the sum over the lanes: of halves, and of their halves, until one number is left."""
    while len(sums) > 1:
        sums = sums[: len(sums) // 2] + sums[len(sums) // 2 :]
    return sums[0]
