"""How kernels are compiled, and what runs in their place where nothing is to be compiled."""

from functools import partial, update_wrapper

import numpy as np
from numba import config, njit, types
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
    return _Kernel(function, options)


class _Kernel:
    """A function that is compiled by how it is called: from Python, or from other kernels.

    What lets Python call machine code takes as long to compile as a short function itself, and most
    kernels are called by kernels alone. So there are two of numba's functions, and each is compiled
    when it is first wanted.
    """

    def __init__(self, function, options):
        update_wrapper(self, function)
        # No kernel is called by way of a pointer, as C would, from anywhere.
        options = {"nogil": True, "no_cfunc_wrapper": True, **options}
        # Without `cache=True`: numba's own cache trusts files that are damaged, or of other
        # sources.
        self._from_python = njit(**options)(function)
        self._from_kernels = njit(no_cpython_wrapper=True, **options)(function)
        keep_on_disk(self._from_python, "python")
        keep_on_disk(self._from_kernels, "kernels")

    def __call__(self, *args):
        return self._from_python(*args)

    @property
    def _numba_type_(self):
        # What numba takes the name of a kernel for, wherever it stands in another one.
        return types.Dispatcher(self._from_kernels)

    def __getattr__(self, name):
        # What numba asks of a function before it knows types: whether it is to be inlined.
        if name in {"py_func", "targetoptions"}:
            return getattr(self._from_python, name)
        raise AttributeError(name)

    def __reduce__(self):
        return self.__qualname__


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
