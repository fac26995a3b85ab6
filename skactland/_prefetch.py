"""A word to the processor that numba lacks."""

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic


@intrinsic
def prefetch(typingctx, matrix, i, j):
    """Ask for the line of the cache that an entry is in."""

    def codegen(context, builder, signature, args):
        array = context.make_array(signature.args[0])(context, builder, args[0])
        entry = cgutils.get_item_pointer(context, builder, signature.args[0], array, args[1:])
        byte, number = ir.IntType(8).as_pointer(), ir.IntType(32)
        kind = ir.FunctionType(ir.VoidType(), [byte, number, number, number])
        fetch = builder.module.declare_intrinsic("llvm.prefetch", [byte], kind)
        to_read, near, data = (ir.Constant(number, value) for value in (0, 3, 1))
        builder.call(fetch, [builder.bitcast(entry, byte), to_read, near, data])
        return context.get_dummy_value()

    return types.void(matrix, i, j), codegen
