"""A reader of the IDX format."""

import gzip
import math
import os

import numpy as np

# By their code in a file; the format is big-endian.
_TYPES = {8: "u1", 9: "i1", 11: ">i2", 12: ">i4", 13: ">f4", 14: ">f8"}


def read_idx(path):
    """Return the array in a file of the IDX format, which MNIST and its kin come in.

    Parameters
    ----------
    path : path
        A local file, compressed if its name ends in ``.gz``.

    Returns
    -------
    ndarray
        Of the shape and type that the file names: (n_images, height, width) of uint8 for images,
        (n_images,) for labels. Numbers are in the byte order of this machine.

    Raises
    ------
    ValueError
        If the file is not in this format, or is longer or shorter than its header says.

    See Also
    --------
    sklearn.datasets.load_digits : Images that come with scikit-learn.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> from skactland.datasets import read_idx
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = pathlib.Path(folder, "labels.idx1-ubyte")
    ...     _ = path.write_bytes(bytes([0, 0, 8, 1, 0, 0, 0, 3, 7, 2, 1]))
    ...     read_idx(path)
    array([7, 2, 1], dtype=uint8)
    """
    if not isinstance(path, (str, os.PathLike)):  # open() takes an integer for a file descriptor
        raise TypeError(f"path must name a file, got {path!r}.")
    opener = gzip.open if str(path).endswith(".gz") else open
    with opener(path, "rb") as file:
        content = file.read()
    if len(content) < 4 or content[:2] != b"\0\0" or content[2] not in _TYPES:
        raise ValueError(
            f"{path} is not an IDX file: it starts with the bytes {content[:4]!r}; expected two "
            "zeros, a type and a number of axes. Give a .gz file its ending, or decompress it."
        )
    dtype, start = np.dtype(_TYPES[content[2]]), 4 + 4 * content[3]
    if len(content) < start:
        raise ValueError(f"{path} ends within its header; it is cut short: fetch it again.")
    shape = tuple(np.frombuffer(content[4:start], ">u4").tolist())
    expected = start + math.prod(shape) * dtype.itemsize
    if len(content) != expected:
        raise ValueError(
            f"{path} has {len(content)} bytes, but its header (shape {shape}, {dtype.name}) says "
            f"{expected}; it is cut short or damaged: fetch it again."
        )
    values = np.frombuffer(content[start:], dtype).reshape(shape)
    return values.astype(dtype.newbyteorder("="))
