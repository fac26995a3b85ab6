"""What may be given for a landscape by hand: levels, and coefficients of sums."""

from collections.abc import Mapping, Set

import numpy as np

from skactland._checks import as_array, at_place


def read_levels(levels):
    """Return the critical points of some levels, one after another, and where each level starts."""
    if isinstance(levels, (str, bytes, Mapping, Set)) or not np.iterable(levels):
        raise TypeError(
            "levels must be a sequence of arrays of critical points (t, height), one for each "
            f"level, got {levels!r}; the landscape of a diagram is "
            "PersistenceLandscape.from_diagram(diagram), and [] is the zero landscape."
        )
    checked = []
    for k, level in enumerate(levels, start=1):
        with at_place(f"level {k}"):
            checked.append(_check_level(level))
    points = np.concatenate([np.empty((0, 2)), *checked])
    return points, np.cumsum([0] + [len(level) for level in checked])


def _check_level(level):
    """Return the critical points of a level, as float64 values."""
    points = as_array(level, "expected critical points, an array of shape (n_points, 2)")
    points = points.astype(np.float64, copy=False)
    if points.size == 0:
        return np.empty((0, 2))
    if points.ndim != 2 or points.shape[1] != 2 or not np.isfinite(points).all():
        raise ValueError(
            f"expected finite critical points, an array of shape (n_points, 2) with rows "
            f"(t, height), got shape {points.shape}."
        )
    if (points[1:, 0] <= points[:-1, 0]).any():
        raise ValueError("the critical points must be sorted by t, without repetition.")
    if points[:1, 1].any() or points[-1:, 1].any():
        raise ValueError(
            f"heights start and end at zero, got {points[0, 1]:g} and "
            f"{points[-1, 1]:g}; add the points where the function leaves zero."
        )
    return points


def check_coefficients(coefficients, name, n_landscapes):
    """Return a finite number for each landscape of a sum."""
    factors = as_array(coefficients, f"{name} must be numbers, one for each landscape")
    factors = factors.astype(np.float64, copy=False)
    if factors.shape != (n_landscapes,) or not np.isfinite(factors).all():
        raise ValueError(
            f"{name} must be a finite number for each of {n_landscapes} landscapes, got "
            f"{factors.tolist()}."
        )
    return factors
