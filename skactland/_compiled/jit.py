"""How kernels are compiled."""

from numba import njit


def kernel(function=None, **options):
    """Compile a function when it is first called, free of the interpreter's lock.

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
    compile_it = njit(cache=True, nogil=True, **options)
    return compile_it if function is None else compile_it(function)
