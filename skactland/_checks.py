"""What may come in, and the messages for what may not.

A check takes a value and returns it in the form that the package computes with. It does not know
where the value stands: the loop that does says so around it, by :func:`at_place`.
"""

import difflib
from contextlib import contextmanager
from itertools import pairwise
from numbers import Integral, Real

import numpy as np

# GUDHI's persistence takes moduli that fit in 16 bits.
_LARGEST_FIELD = 65_521


@contextmanager
def at_place(words):
    """Begin the message of an error raised within by where the value at fault stands.

    Parameters
    ----------
    words : str
        Such as "row 3, column 'fc1'". Places within places are named from the outside in.
    """
    try:
        yield
    except Exception as error:
        if len(error.args) == 1 and isinstance(error.args[0], str):
            error.args = (f"{words}: {error.args[0]}",)
        if words not in str(error):  # some classes write their messages themselves
            error.add_note(f"This was {words}.")
        raise


def check_count(value, name, *, minimum=1):
    """Return an integer that is at least `minimum`."""
    if not isinstance(value, Integral) or isinstance(value, bool):
        raise TypeError(f"{name} must be an integer, got {value!r}.")
    if value < minimum:
        raise ValueError(f"{name} must be at least {minimum}, got {value}.")
    return int(value)


def check_option(value, name, options):
    """Return a value that is one of `options`."""
    if not isinstance(value, str) or value not in options:
        raise ValueError(f"{name} must be one of {sorted(options)}, got {value!r}.")
    return value


def check_homology_dimensions(dimensions):
    """Return the degrees as a tuple of increasing, non-negative integers."""
    if isinstance(dimensions, (str, Real)) or not np.iterable(dimensions):
        raise TypeError(
            f"homology_dimensions must be a sequence such as (0, 1), got {dimensions!r}; "
            "for one degree q write (q,)."
        )
    degrees = tuple(check_count(q, "each of homology_dimensions", minimum=0) for q in dimensions)
    if not degrees:
        raise ValueError("homology_dimensions is empty; give at least one degree, such as (0, 1).")
    if any(low >= high for low, high in pairwise(degrees)):
        raise ValueError(
            f"homology_dimensions must increase strictly, got {degrees}; "
            f"write {tuple(sorted(set(degrees)))}."
        )
    return degrees


def check_coefficient_field(p):
    """Return the characteristic p of the field Z/p of coefficients."""
    p = check_count(p, "coefficient_field", minimum=2)
    if p > _LARGEST_FIELD or any(p % divisor == 0 for divisor in range(2, int(p**0.5) + 1)):
        raise ValueError(
            f"coefficient_field must be a prime number no larger than {_LARGEST_FIELD}, got {p}; "
            "the usual choice is 2."
        )
    return p


def check_max_edge_length(length):
    """Return the largest filtration value as a float; infinity means no limit."""
    if not isinstance(length, Real) or isinstance(length, bool):
        raise TypeError(f"max_edge_length must be a number, got {length!r}.")
    if np.isnan(length) or length < 0:
        raise ValueError(f"max_edge_length must be non-negative (or inf), got {length}.")
    return float(length)


def check_positive(value, name):
    """Return a positive, finite number."""
    if not isinstance(value, Real) or isinstance(value, bool):
        raise TypeError(f"{name} must be a number, got {value!r}.")
    if not 0 < value < np.inf:
        raise ValueError(f"{name} must be positive and finite, got {value}.")
    return float(value)


def check_weights(weights, name):
    """Return non-negative, finite weights of a kernel, of which one at least is positive."""
    try:
        values = np.asarray(weights, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise TypeError(f"{name} must be numbers, got {weights!r}.") from error
    if values.ndim != 1 or not np.isfinite(values).all():
        raise ValueError(f"{name} must be a sequence of finite numbers, got {weights!r}.")
    if (values < 0).any():
        raise ValueError(
            f"{name} must not be negative, got {values.min():g}: the result would be "
            "not a kernel, since it would not be positive semidefinite."
        )
    if not values.any():
        raise ValueError(f"{name} are all zero; at least one must be positive.")
    return values


def check_window(window):
    """Return the two ends of a range of filtration values."""
    try:
        start, stop = (float(end) for end in window)
    except (TypeError, ValueError) as error:
        raise TypeError(
            f"sample_range must be a pair (start, stop) or None, got {window!r}."
        ) from error
    if not (np.isfinite(start) and np.isfinite(stop) and start < stop):
        raise ValueError(f"sample_range must be finite with start < stop, got {(start, stop)}.")
    return start, stop


def check_matrix(values, where):
    """Return a two-dimensional float64 array, without looking at its entries."""
    matrix = _as_doubles(values, f"{where}: expected a two-dimensional array of real numbers")
    if matrix.ndim != 2:
        raise ValueError(
            f"{where}: expected a two-dimensional array, got shape {matrix.shape}; "
            "a cloud of n points on a line has shape (n, 1)."
        )
    return matrix


def _as_doubles(values, expected):
    """Return real numbers, in whatever array, tensor or list, as float64."""
    if hasattr(values, "detach"):  # a tensor, perhaps with a gradient, elsewhere, or in bfloat16
        values = values.detach().cpu() if values.is_complex() else values.detach().cpu().double()
    try:
        array = np.asarray(values)
        if array.dtype.kind in "fiub":
            return array.astype(np.float64, copy=False)
        if array.dtype.kind == "O":
            return array.astype(np.float64)
        came = f"{type(values).__name__} of dtype {array.dtype}"
    except (TypeError, ValueError):
        came = type(values).__name__
    raise TypeError(f"{expected}, got {came}.")


def check_cloud(cloud, where):
    """Return a point cloud, one point a row, as finite float64 values."""
    points = check_matrix(cloud, where)
    if points.shape[0] and not points.shape[1]:
        raise ValueError(f"{where}: {points.shape[0]} points without coordinates.")
    finite = np.isfinite(points)
    if not finite.all():
        row = int(np.flatnonzero(~finite.all(axis=1))[0])
        raise ValueError(
            f"{where}: {np.count_nonzero(~finite)} of {points.size} coordinates are NaN or "
            f"infinite (first in point {row}); look for divergence in the network that made them, "
            "or drop those points."
        )
    return points


def check_diagram(diagram, where):
    """Return a persistence diagram as a float64 array of shape (n_bars, 2)."""
    bars = _as_doubles(
        diagram, f"{where}: expected a persistence diagram, an array of shape (n_bars, 2)"
    )
    if bars.size == 0:
        return np.empty((0, 2))
    if bars.ndim != 2 or bars.shape[1] != 2:
        raise ValueError(
            f"{where}: a persistence diagram has shape (n_bars, 2), births before deaths; got "
            f"shape {bars.shape}."
        )
    births, deaths = bars.T
    if np.isnan(deaths).any() or not np.isfinite(births).all():
        raise ValueError(
            f"{where}: births must be finite and deaths must not be NaN; an essential class has "
            "death inf."
        )
    if (deaths < births).any():
        row = int(np.flatnonzero(deaths < births)[0])
        raise ValueError(
            f"{where}: bar {row} dies at {deaths[row]:g}, before its birth at {births[row]:g}; "
            "for sublevel filtrations the columns are (birth, death), in this order."
        )
    return bars


def closest_names(name, names):
    """Return words that point to the names most like `name`."""
    close = difflib.get_close_matches(str(name), names, n=3, cutoff=0.4)
    shown = close or list(names)[:10]
    words = "did you mean" if close else "the names are"
    more = "" if close or len(names) <= len(shown) else ", ..."
    return f"{words} {', '.join(map(repr, shown))}{more}{'?' if close else '.'}"
