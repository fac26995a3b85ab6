"""How kernels are compiled, and what runs in their place where nothing is to be compiled."""

from functools import partial, update_wrapper

import numpy as np
from numba import config, njit
from numba.extending import intrinsic

from skactland._compiled.cache import keep_on_disk


def kernel(function=None, **options):
    """Compile a function when it is first called, free of the interpreter's lock, and keep it.

    With ``NUMBA_DISABLE_JIT=1`` in the environment it stays the Python that it is, for debuggers
    and for coverage, with the same results.

    Parameters
    ----------
    function : callable
        In the part of Python that numba compiles.
    **options
        Further options of :func:`numba.njit`, for ``@kernel(fastmath=True)``.

    Returns
    -------
    callable
    """
    if function is None:
        return partial(kernel, **options)
    if config.DISABLE_JIT:
        # In machine code integers wrap around and doubles overflow without a word.
        return np.errstate(all="ignore")(function)
    # Without `cache=True`: numba's own cache trusts files that are damaged, or of other sources.
    compiled = njit(nogil=True, **options)(function)
    keep_on_disk(compiled)
    return compiled


def instruction(definition):
    """Let an instruction of the processor stand for a Python function in kernels.

    The function is the instruction's meaning, and what runs where nothing is compiled; otherwise it
    is found as ``__wrapped__``.

    Parameters
    ----------
    definition : callable
        Takes the types of the arguments, after numba's typing context, and returns the signature
        and how to write the instruction, as :func:`numba.extending.intrinsic` wants it.

    Returns
    -------
    callable
        The decorator of the Python function.
    """

    def decorate(twin):
        return twin if config.DISABLE_JIT else update_wrapper(intrinsic(definition), twin)

    return decorate
