"""The cells of a table: clouds, classes of their points, diagrams."""

from numbers import Real

import numpy as np

from skactland._checks._arrays import as_array, as_matrix
from skactland._checks._typed import Simplices


def check_cloud(cloud, *, keep_single=False):
    """Return a point cloud, one point a row, as finite float64 values.

    With `keep_single`, what is in single precision stays so, and is not copied.
    """
    points = as_matrix(cloud)
    if not (keep_single and points.dtype == np.float32):
        points = points.astype(np.float64, copy=False)
    if points.shape[0] and not points.shape[1]:
        raise ValueError(f"{points.shape[0]} points without coordinates.")
    finite = np.isfinite(points)
    if not finite.all():
        row = int(np.flatnonzero(~finite.all(axis=1))[0])
        raise ValueError(
            f"{np.count_nonzero(~finite)} of {points.size} coordinates are NaN or "
            f"infinite (first in point {row}); look for divergence in the network that made them, "
            "or drop those points."
        )
    return points


def check_classes(classes):
    """Return classes, one a point, as a plain array of integers or words."""
    # Of a list NumPy would make words of all, if one is.
    values = classes if hasattr(classes, "__array__") else np.array(classes, dtype=object)
    values = values.detach().cpu().numpy() if hasattr(values, "detach") else np.asarray(values)
    if values.ndim != 1:
        raise ValueError(
            f"expected classes, one a point, as an array of shape (n_points,), got shape "
            f"{values.shape}."
        )
    if values.dtype.kind == "i":
        return values.astype(np.int64, copy=False)
    given = values.tolist()
    kinds = {_kind_of_class(value) for value in given}
    if None in kinds:
        wrong = next(value for value in given if _kind_of_class(value) is None)
        raise ValueError(
            f"classes must be whole numbers, truth values or words, one a point; got {wrong!r}. "
            "Of rows of scores take scores.argmax(axis=1); a point without a class needs one."
        )
    if len(kinds) > 1:
        raise TypeError("classes must be of one type, got both words and numbers.")
    if kinds == {"number"}:
        return np.array([int(value) for value in given], dtype=np.int64)
    return np.array(given, dtype=str)


def _kind_of_class(value):
    """Return whether a class is a word or a number, None if it is neither."""
    if isinstance(value, str):
        return "word"
    is_number = isinstance(value, (Real, np.bool_)) and value == value and abs(value) < 2**63
    return "number" if is_number and value == int(value) else None


def check_diagram(diagram):
    """Return a persistence diagram as a float64 array of shape (n_bars, 2)."""
    if isinstance(diagram, Simplices):
        raise TypeError(
            "expected a persistence diagram, got simplices, which are indices of points rather "
            "than births and deaths; leave them out, or use return_simplices=False and "
            "return_cycles=False."
        )
    bars = as_array(diagram, "expected a persistence diagram, an array of shape (n_bars, 2)")
    bars = bars.astype(np.float64, copy=False)
    # An empty list has shape (0,), and others write what has no rows in other ways.
    if bars.size == 0:
        return np.empty((0, 2))
    if bars.ndim != 2 or bars.shape[1] != 2:
        raise ValueError(
            f"a persistence diagram has shape (n_bars, 2), births before deaths; got "
            f"shape {bars.shape}. Of clouds RipsPersistence makes diagrams."
        )
    if bars[-1, 0] == -1 == bars[-1, 1] and _are_edges(bars):
        raise TypeError(
            "expected a persistence diagram, got what looks like edges of degree 0, pairs of "
            "indices of points with -1 where none comes, of a table that has lost its types and "
            "names; leave that column out."
        )
    births, deaths = bars.T
    if (births <= deaths).all() and np.isfinite(births).all():  # which NaN is not
        return bars
    if np.isnan(deaths).any() or not np.isfinite(births).all():
        raise ValueError(
            "births must be finite and deaths must not be NaN; an essential class has death inf."
        )
    row = int(np.flatnonzero(deaths < births)[0])
    raise ValueError(
        f"bar {row} dies at {deaths[row]:g}, before its birth at {births[row]:g}; "
        "for sublevel filtrations the columns are (birth, death), in this order."
    )


def _are_edges(bars):
    """Tell whether rows, the last of which is (-1, -1), are else pairs of different indices."""
    rows = bars[bars[:, 0] != -1]
    are_indices = (rows >= 0).all() and (rows == np.floor(rows)).all()
    return len(rows) > 0 and bool(are_indices and (rows[:, 0] != rows[:, 1]).all())
