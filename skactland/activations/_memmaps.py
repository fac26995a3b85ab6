"""Arrays kept on disk, whole or not at all."""

import os
from pathlib import Path
from uuid import uuid4

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
    try:
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / f"{digest(array)}.npy"
        stored = _open_whole(path, array)
        return _write(path, array) if stored is None else stored
    except OSError as error:
        raise OSError(
            f"spill={os.fspath(folder)!r} must be a folder that can be written to, on a disk that "
            f"is not full: {error}"
        ) from error


def _open_whole(path, array):
    """Return the map of a file, if it is there and nothing has cut it short."""
    try:
        stored = np.load(path, mmap_mode="r")
    except (FileNotFoundError, EOFError, ValueError):
        return None
    return stored if stored.shape == array.shape and stored.dtype == array.dtype else None


def _write(path, array):
    """Write a file under another name first; its map is that of what was written."""
    unfinished = path.with_name(f"{path.stem}.{uuid4().hex}.unfinished")
    try:
        with open(unfinished, "xb") as file:
            np.save(file, array)
        os.replace(unfinished, path)
    finally:
        unfinished.unlink(missing_ok=True)
    return np.load(path, mmap_mode="r")
