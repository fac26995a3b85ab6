"""Bars of degree 1 of a cloud beside another that is collapsed to a point."""

import numpy as np

from skactland.metrics._memory import reserve_memory
from skactland.persistence._engines import ENGINES, choose_engine, rips_bars


def loops_beside_collapsed(cross, within):
    """Return the total length of the bars of degree 1 of a matrix with a block of zeros.

    Parameters
    ----------
    cross : float64 array of shape (n_collapsed, n)
        Distances between the collapsed points and the others, finite.
    within : float64 array of shape (n, n)
        Distances of the others.
    """
    n_collapsed, n = cross.shape
    n_points = n_collapsed + n
    engine = choose_engine("auto", (1,), 2, n_points=n_points)
    bytes_per_pair = ENGINES[engine].bytes_for((1,))
    with reserve_memory(n_points, bytes_per_pair, "Use a smaller batch."):
        matrix = np.zeros((n_points, n_points))
        matrix[:n_collapsed, n_collapsed:] = cross
        matrix[n_collapsed:, :n_collapsed] = cross.T
        matrix[n_collapsed:, n_collapsed:] = within
        (bars,), _ = rips_bars(matrix, (1,), np.inf, 2, engine)
    return float((bars[:, 1] - bars[:, 0]).sum())
