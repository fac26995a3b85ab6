"""Arrays kept on disk as memory maps."""

import errno
import os
from pathlib import Path

import numpy as np

from skactland._table import digest, whole_file

_NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


class DiskFull(OSError):
    """There is no room for one more array."""


def spilled(array, folder):
    """Write an array to a folder, and return it as a read-only memory map.

    The file is named by its content, so that what is written again, by another fold or run, is
    stored once. A file that is there already is read once and compared, at the speed of memory
    where the system still holds it: after a loss of power it may have its length, and zeros in it.

    Raises
    ------
    DiskFull
        If the array does not fit.
    OSError
        If the folder cannot be written to.
    """
    if array.size == 0:
        return array
    folder = Path(folder)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / f"{digest(array)}.npy"
        if not _holds(path, array):
            # Open for reading too, or NumPy would write by a way that does not tell a full disk
            # from other failures.
            with whole_file(path) as unfinished, open(unfinished, "x+b") as file:
                np.save(file, array)
        return np.load(path, mmap_mode="r")
    except OSError as error:
        kind = DiskFull if error.errno in _NO_ROOM else OSError
        raise kind(
            f"spill={os.fspath(folder)!r} must be a folder that can be written to, on a disk that "
            f"is not full: {error}"
        ) from error


def _holds(path, array):
    """Tell whether a file is there, whole and with an array's numbers in it.

    Its map is let go again, lest the pages that were compared count as this process's memory.
    """
    try:
        stored = np.load(path, mmap_mode="r")
    except Exception:  # none is there; or its header is garbled, which NumPy parses as Python
        return False
    return stored.dtype == array.dtype and np.array_equal(stored, array)
