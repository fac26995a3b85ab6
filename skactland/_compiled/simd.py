"""Blocks of 512 bits, which numba would read word by word.

Rows of bits are whole blocks long, eight words each. LLVM turns what is done with a block into the
widest instructions that the processor has.
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

_VECTOR = ir.VectorType(ir.IntType(64), WORDS)


class _Block(types.Type):
    def __init__(self):
        super().__init__(name="Block")


# numba has no vectors; to it a block is one value, which has no parts.
@register_model(_Block)
class _BlockModel(models.PrimitiveModel):
    def __init__(self, dmm, fe_type):
        super().__init__(dmm, fe_type, _VECTOR)


_BLOCK = _Block()


def _pointer(context, builder, array_type, args):
    """Return a pointer to a block, given an array, a row, and the number of the block in it."""
    array, row, block = args
    array = context.make_array(array_type)(context, builder, array)
    word = builder.mul(block, ir.Constant(ir.IntType(64), WORDS))
    entry = cgutils.get_item_pointer(context, builder, array_type, array, [row, word])
    return builder.bitcast(entry, _VECTOR.as_pointer())


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
