"""Cells worked on in parallel, and memory given back."""

import ctypes
import math
import mmap
import os

import numpy as np
from joblib import Parallel, delayed
from tqdm.auto import tqdm

from skactland._table._table import empty_table


def map_cells(function, table, places, *, n_jobs=None, progress=None):
    """Apply a function to every cell, in parallel, and return the table of its results.

    The largest cells come first, so that no thread is left alone with one at the end. The backend
    is joblib's choice: threads are preferred, since the engines release the interpreter's lock.

    Parameters
    ----------
    function : callable
        ``function(cell, where)``; picklable, for backends of processes or clusters.
    table, places : object arrays of one shape
        The cells, and the words that say where each stands.
    n_jobs : int or None
        As in joblib.
    progress : str or None
        The name of a progress bar; without it there is none.
    """
    order = sorted(np.ndindex(table.shape), key=lambda index: -math.prod(np.shape(table[index])))
    results = _parallel(n_jobs)(
        delayed(_at)(index, function, table[index], places[index]) for index in order
    )
    out = empty_table(*table.shape)
    for index, result in tqdm(results, progress, len(order), disable=progress is None):
        out[index] = result
    return out


def _parallel(n_jobs):
    """Return joblib's Parallel, which gives results as they come where its backend can."""
    try:
        return Parallel(n_jobs=n_jobs, prefer="threads", return_as="generator_unordered")
    except ValueError:  # multiprocessing
        return Parallel(n_jobs=n_jobs, prefer="threads")


def _at(index, function, cell, where):
    """Return a result with the index of its cell, as results come in any order."""
    result = function(cell, where)
    _release(cell)
    return index, result


def _release(cell):
    """Give the pages of a read-only memory map back, so that a table may be larger than memory.

    They would count as this process's memory until the map is closed; if they are read once more,
    they come from the file again.
    """
    if isinstance(cell, np.memmap) and cell.mode == "r" and hasattr(mmap, "MADV_DONTNEED"):
        cell._mmap.madvise(mmap.MADV_DONTNEED)
        trim_memory()


def trim_memory():
    """Give what was freed back to the system, where the allocator keeps it in pieces (glibc)."""
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None) if os.name == "posix" else None
    if trim is not None:
        trim(0)
