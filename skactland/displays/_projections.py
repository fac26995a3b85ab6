"""Clouds on a plane."""

import numpy as np

from skactland._checks import as_array, as_matrix
from skactland.metrics._matrix import is_precomputed


def projected(cloud, metric):
    """Return the first two principal components of a cloud, zero where there are fewer."""
    if is_precomputed(metric):
        raise ValueError(
            "distances have no principal components; give LoopDisplay.from_cloud coordinates, such "
            "as those of sklearn.manifold.MDS."
        )
    points = as_matrix(cloud).astype(np.float64)
    found = np.zeros((len(points), 2))
    scale = np.abs(points).max(initial=0.0)
    if points.size and scale > 0:
        points = points / scale  # such that no square overflows
        left, values, axes = np.linalg.svd(points - points.mean(axis=0), full_matrices=False)
        # The sign is a choice: the largest weight of each component is positive.
        largest = np.abs(axes).argmax(axis=1)
        signs = np.sign(axes[np.arange(len(axes)), largest])
        scores = (left * values * signs)[:, :2]
        found[:, : scores.shape[1]] = scale * scores
    return found


def check_coordinates(coordinates):
    """Return places on a plane as a float64 array."""
    places = as_array(coordinates, "coordinates must be an array of real numbers")
    places = places.astype(np.float64)
    if places.ndim != 2 or places.shape[1] != 2 or not np.isfinite(places).all():
        raise ValueError(
            f"coordinates must be finite numbers of shape (n_points, 2), got shape {places.shape}."
        )
    return places
