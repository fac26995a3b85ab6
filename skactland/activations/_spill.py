"""Arrays kept on disk, whole or not at all."""

import os
import tempfile
from pathlib import Path

import numpy as np

from skactland.activations._digest import digest


def spilled(array, folder):
    """Write an array to a folder, and return it as a read-only memory map.

    The file is named by its content, so that what is written again, by another fold or run, is
    stored once; it appears under its name only when it is complete.
    """
    if array.size == 0:
        return array
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{digest(array)}.npy"
    if not path.exists():
        handle, unfinished = tempfile.mkstemp(dir=folder, suffix=".unfinished")
        try:
            with os.fdopen(handle, "wb") as file:
                np.save(file, array)
            os.replace(unfinished, path)
        except BaseException:
            os.unlink(unfinished)
            raise
    return np.load(path, mmap_mode="r")
