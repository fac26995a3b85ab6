"""The large arrays of the engine."""

from typing import NamedTuple

import numpy as np


class Space(NamedTuple):
    """Arrays without content. Those of edges have room for all; most often a part is used."""

    lengths: np.ndarray
    moved_lengths: np.ndarray
    codes: np.ndarray
    moved_codes: np.ndarray
    buckets: np.ndarray
    stops: np.ndarray
    apexes: np.ndarray
    levels: np.ndarray


def allocate(n_points):
    """Return the space for a cloud, cut from one block.

    For a large block NumPy asks for large pages. Thousands of small ones, as arrays allocated one
    by one have, can take as long to come by as all that is done in them.
    """
    n_edges = n_points * (n_points - 1) // 2
    types = [float, float, *4 * [np.uint32], np.int32, np.uint16]
    shapes = [(n_edges,)] * 6 + [(n_points, n_points)] * 2
    sizes = [np.dtype(t).itemsize * np.prod(s) for t, s in zip(types, shapes, strict=True)]
    stops = np.cumsum(sizes)
    block = np.empty(stops[-1], np.uint8)
    arrays = (
        block[stop - size : stop].view(t).reshape(s)
        for size, stop, t, s in zip(sizes, stops, types, shapes, strict=True)
    )
    return Space(*arrays)
