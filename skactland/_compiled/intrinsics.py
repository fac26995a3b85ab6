"""Instructions of the processor that numba lacks."""

from llvmlite import ir
from numba import types
from numba.core import cgutils

from skactland._compiled.jit import instruction


def _cttz(typingctx, word):
    def codegen(context, builder, signature, args):
        # The 1 lets the answer for zero be anything, which spares a branch.
        return builder.cttz(args[0], ir.Constant(ir.IntType(1), 1))

    return types.int64(types.uint64), codegen


@instruction(_cttz)
def trailing_zeros(word):
    """Return the position of the lowest bit that is set in a word that is not zero."""
    return (int(word) & -int(word)).bit_length() - 1


def _ctlz(typingctx, word):
    def codegen(context, builder, signature, args):
        return builder.ctlz(args[0], ir.Constant(ir.IntType(1), 1))

    return types.int64(types.uint64), codegen


@instruction(_ctlz)
def leading_zeros(word):
    """Return the number of zeros above the highest bit that is set in a word that is not zero."""
    return 64 - int(word).bit_length()


def _prefetch(typingctx, matrix, i, j):
    def codegen(context, builder, signature, args):
        array = context.make_array(signature.args[0])(context, builder, args[0])
        entry = cgutils.get_item_pointer(context, builder, signature.args[0], array, args[1:])
        byte, number = ir.IntType(8).as_pointer(), ir.IntType(32)
        kind = ir.FunctionType(ir.VoidType(), [byte, number, number, number])
        fetch = builder.module.declare_intrinsic("llvm.prefetch", [byte], kind)
        # LLVM takes these as constants alone, so they are no parameters.
        to_read, near, data = (ir.Constant(number, value) for value in (0, 3, 1))
        builder.call(fetch, [builder.bitcast(entry, byte), to_read, near, data])
        return context.get_dummy_value()

    return types.void(matrix, i, j), codegen


@instruction(_prefetch)
def prefetch(matrix, i, j):
    """Ask for the line of the cache that an entry is in; nothing that a program can tell."""
