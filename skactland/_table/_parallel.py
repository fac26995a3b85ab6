"""Cells worked on in parallel, and memory given back."""

import ctypes
import math
import mmap
import os
import sys

import numpy as np
from joblib import Parallel, delayed
from tqdm.auto import tqdm

from skactland._checks import at_place
from skactland._table._cells import empty_table


def has_bar(verbose):
    """Tell whether progress is to be shown: if it was asked for, and not from within a search.

    scikit-learn's searches and cross-validations call an estimator once a candidate and fold, and
    would leave hundreds of bars. They have a ``verbose`` of their own.
    """
    frame = sys._getframe() if verbose else None
    while frame is not None:
        if frame.f_globals.get("__name__", "").startswith("sklearn.model_selection."):
            return False
        frame = frame.f_back
    return bool(verbose)


def map_cells(function, table, *, beside=None, n_jobs=None, progress=None):
    """Apply a function to every cell, in parallel, and return the results as an object array.

    The largest cells come first, so that no thread is left alone with one at the end. The backend
    is joblib's choice: threads are preferred, since the engines release the interpreter's lock.

    Parameters
    ----------
    function : callable
        Of a cell; picklable, for backends of processes or clusters. Errors say at which cell they
        arose.
    table : Table
    beside : object array of the table's shape or None, default=None
        A second argument of the function, by cell. Cells for which it is None are passed over, and
        None is their result.
    n_jobs : int or None
        As in joblib.
    progress : str or None
        The name of a progress bar; without it there is none.
    """
    cells = table.cells
    order = sorted(np.ndindex(cells.shape), key=lambda index: -_size(cells[index]))
    arguments = {index: (cells[index],) for index in order}
    if beside is not None:
        order = [index for index in order if beside[index] is not None]
        arguments = {index: (cells[index], beside[index]) for index in order}
    # The table stays here: a worker is sent one cell, and the words for where it stands.
    results = as_they_come(n_jobs, prefer="threads")(
        delayed(_at)(index, function, arguments[index], table.place(*index)) for index in order
    )
    out = empty_table(*cells.shape)
    for index, result in tqdm(results, progress, len(order), disable=progress is None):
        out[index] = result
    return out


def _size(cell):
    """Return about how large a cell is, whatever it may be: it is not checked yet."""
    shape = getattr(cell, "shape", None)
    return len(cell) if shape is None and hasattr(cell, "__len__") else math.prod(shape or ())


def as_they_come(n_jobs, **options):
    """Return joblib's Parallel, which gives results as they come where its backend can."""
    try:
        return Parallel(n_jobs=n_jobs, return_as="generator_unordered", **options)
    except ValueError:  # multiprocessing
        return Parallel(n_jobs=n_jobs, **options)


def _at(index, function, arguments, place):
    """Return a result with the index of its cell, as results come in any order."""
    with at_place(place):
        result = function(*arguments)
    _release(arguments[0])
    return index, result


def _release(cell):
    """Give the pages of a read-only memory map back, so that a table may be larger than memory.

    They would count as this process's memory until the map is closed; if they are read once more,
    they come from the file again.
    """
    # Of a map in mode "c" what was written would be lost.
    if isinstance(cell, np.memmap) and cell.mode == "r" and hasattr(mmap, "MADV_DONTNEED"):
        cell._mmap.madvise(mmap.MADV_DONTNEED)
        trim_memory()


def trim_memory():
    """Give what was freed back to the system, where the allocator keeps it in pieces (glibc)."""
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None) if os.name == "posix" else None
    if trim is not None:
        trim(0)
