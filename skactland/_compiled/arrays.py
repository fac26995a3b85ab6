"""Arrays that grow, running totals and sorting, in loops of our own.

NumPy has all of it, too. But numba puts what NumPy does with whole arrays together from dozens of
functions, errors with their texts among them, and compiles each: `numpy.sort` takes a second, and
to assign a row to another one takes a second, once. Elsewhere, too, kernels go entry by entry where
that is as fast.
"""

import numpy as np

from skactland._compiled.jit import kernel


@kernel
def longer(array, n):
    """Return an array that begins with another and goes on without content.

    Parameters
    ----------
    array : uint32, int32 or int64 array of shape (m,)
    n : int
        At least m.

    Returns
    -------
    array of shape (n,)
    """
    grown = np.empty(n, array.dtype)
    for i in range(len(array)):
        grown[i] = array[i]
    return grown


@kernel
def with_more_rows(array, n):
    """Return an array that begins with the rows of another and goes on without content.

    Parameters
    ----------
    array : int32, int64 or float64 array of shape (m, p)
    n : int
        At least m.

    Returns
    -------
    array of shape (n, p)
    """
    grown = np.empty((n, array.shape[1]), array.dtype)
    for i in range(len(array)):
        for j in range(array.shape[1]):
            grown[i, j] = array[i, j]
    return grown


@kernel
def add_up(counts):
    """Add to each entry all before it, in place.

    Parameters
    ----------
    counts : int64 array of shape (n,)
    """
    for i in range(1, len(counts)):
        counts[i] += counts[i - 1]


@kernel
def sort(values):
    """Return values in increasing order, by merging two at a time the runs that are in order.

    Parameters
    ----------
    values : float64 array of shape (n,)
        Without NaN; written over.

    Returns
    -------
    float64 array of shape (n,)
        Either the same array or another one.
    """
    n = len(values)
    merged = np.empty(n)
    n_runs = 2
    while n_runs > 1:
        n_runs, stop = 0, np.int64(0)  # to numba 0 is a type of its own
        while stop < n:
            start = stop
            middle = _end_of_run(values, start)
            stop = _end_of_run(values, middle)
            i, j = start, middle
            for k in range(start, stop):
                # Of equal values the first comes first.
                if j == stop or (i < middle and values[i] <= values[j]):
                    merged[k] = values[i]
                    i += 1
                else:
                    merged[k] = values[j]
                    j += 1
            n_runs += 1
        values, merged = merged, values
    return values


@kernel
def _end_of_run(values, start):
    """Return where the values stop to increase.

    Parameters
    ----------
    values : float64 array of shape (n,)
    start : int
        At most n.

    Returns
    -------
    int
    """
    stop = min(start + 1, len(values))
    while stop < len(values) and values[stop - 1] <= values[stop]:
        stop += 1
    return stop
