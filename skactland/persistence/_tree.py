"""Degree 0 alone, over every field: a bar for each edge of the minimum spanning tree."""

import os

import numpy as np
from joblib import effective_n_jobs

from skactland._compiled.rips.groups import spanning_tree_by_groups
from skactland._compiled.rips.spanning import spanning_tree, spanning_tree_of_points
from skactland.metrics._scale import from_scale, to_safe_scale

# From so many on, distances take longer than what goes by groups to spare memory.
_FEWEST_UNITS = 20


def tree_bars(distances, degrees, max_edge_length, coefficient_field):
    """Return the bars of degree 0, zero-length ones included, and the edges of their deaths.

    Parameters
    ----------
    distances : float64 array of shape (n, n), n >= 2
        Symmetric, non-negative, with zero diagonal; infinite where points are never joined.
    degrees : tuple of int
        (0,)
    max_edge_length : float
    coefficient_field : int
        Of any characteristic: components are the same over all of them.

    Returns
    -------
    bars : list of one array of shape (n, 2)
    simplices : list of one array of shape (n, 2)
        -1 where a bar lives on.
    """
    return _bars(*spanning_tree(distances), max_edge_length)


def tree_bars_of_points(points, degrees, max_edge_length):
    """Return the same for the Euclidean distances of points, (n, d), without their matrix."""
    points, shift = to_safe_scale(points.astype(np.float64, copy=False))
    if points.shape[1] >= _FEWEST_UNITS:
        edges, lengths = spanning_tree_by_groups(points, _threads())
    else:
        edges, lengths = spanning_tree_of_points(points)
    return _bars(edges, from_scale(lengths, shift), max_edge_length)


def _threads():
    """Return how many threads a cloud may have: as many jobs as the user's context of joblib says.

    Where cells of a table are shared among workers, each worker's context says one.
    """
    return max(1, min(effective_n_jobs(None), os.cpu_count() or 1))


def _bars(edges, lengths, max_edge_length):
    is_joined = (lengths <= max_edge_length) & (lengths < np.inf)
    bars = np.zeros((len(edges) + 1, 2))
    bars[:, 1] = np.append(np.where(is_joined, lengths, np.inf), np.inf)
    simplices = np.vstack([np.where(is_joined[:, None], edges, -1), [[-1, -1]]])
    return [bars], [simplices]
