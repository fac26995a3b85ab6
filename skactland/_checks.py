"""What may come in, and the messages for what may not.

A check takes a value and returns it in the form that the package computes with. It does not know
where the value stands: the loop that does says so around it, by :func:`at_place`.
"""

import difflib
import math
import sys
import warnings
from collections.abc import Mapping
from contextvars import ContextVar
from itertools import pairwise
from numbers import Integral, Real

import numpy as np
from sklearn.utils import check_random_state

# GUDHI's persistence takes moduli that fit in 16 bits.
_LARGEST_FIELD = 65_521
#: Which row the first one is, in messages: a table may be a part of one, as where each network is
#: taken through the stages alone.
FIRST_ROW = ContextVar("first row", default=0)


class at_place:
    """Begin the message of an error raised within by where the value at fault stands.

    A context manager; a class, as it is entered for every call of every layer.

    Parameters
    ----------
    words : str
        Such as "row 3, column 'fc1'". Places within places are named from the outside in.
    """

    __slots__ = ("words",)

    def __init__(self, words):
        self.words = words

    def __enter__(self):
        """Begin."""

    def __exit__(self, kind, error, traceback):
        """Name the place in an error, and let it pass."""
        if not isinstance(error, Exception):
            return
        if len(error.args) == 1 and isinstance(error.args[0], str):
            error.args = (f"{self.words}: {error.args[0]}",)
        if self.words not in str(error):  # some classes write their messages themselves
            error.add_note(f"This was {self.words}.")


# Between the user's line and ours may stand wrappers of these.
_PASSED_OVER = {"skactland", "sklearn", "joblib", "contextlib", "functools", "concurrent"}


def warn_user(message, category=UserWarning):
    """Give a warning that points at the line of the user's that led here.

    Parameters
    ----------
    message : str
    category : type, default=UserWarning
    """
    level, frame = 1, sys._getframe()
    while frame.f_back and frame.f_globals.get("__name__", "").split(".")[0] in _PASSED_OVER:
        level, frame = level + 1, frame.f_back
    warnings.warn(message, category, stacklevel=level)


def check_count(value, name, *, minimum=1):
    """Return an integer that is at least `minimum`."""
    # True is an integer to Python, and hardly ever meant as 1.
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


def check_flag(value, name):
    """Return a value that is True or False."""
    if not isinstance(value, (bool, np.bool_)):
        raise TypeError(f"{name} must be True or False, got {value!r}.")
    return bool(value)


def check_n_jobs(n_jobs):
    """Return a number of jobs as joblib takes it: -1 means all processors."""
    if n_jobs is not None and (not isinstance(n_jobs, Integral) or isinstance(n_jobs, bool)):
        raise TypeError(f"n_jobs must be an integer or None, got {n_jobs!r}.")
    if n_jobs == 0:
        raise ValueError("n_jobs must not be 0; 1 means one at a time, -1 all processors at once.")
    return n_jobs


def check_homology_dimensions(dimensions):
    """Return the degrees as a tuple of increasing, non-negative integers."""
    # A set has no order, and a generator would be empty when it is read again.
    has_order = hasattr(dimensions, "__getitem__") and np.iterable(dimensions)
    if not has_order or isinstance(dimensions, (str, bytes, Mapping)):
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
    # The bound first, or a huge p would be divided by all numbers up to its root.
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
    if not length >= 0:  # NaN is not
        raise ValueError(f"max_edge_length must be non-negative (or inf), got {length}.")
    try:
        return float(length)
    except OverflowError:  # an integer beyond the largest float, which is no limit either
        return float("inf")


def check_positive(value, name):
    """Return a positive, finite number."""
    number = _as_float(value, name)
    if not 0 < number < np.inf:  # which NaN is not either
        raise ValueError(f"{name} must be positive and finite, got {value}.")
    return number


def check_finite(value, name):
    """Return a finite number of either sign."""
    number = _as_float(value, name)
    if not math.isfinite(number):
        raise ValueError(f"{name} must be finite, got {value}.")
    return number


def _as_float(value, name):
    """Return a real number as a float, infinite if it is an integer too large for one."""
    if not isinstance(value, Real) or isinstance(value, bool):
        raise TypeError(f"{name} must be a number, got {value!r}.")
    try:
        return float(value)
    except OverflowError:
        return math.inf


def check_seed(random_state):
    """Return the generator that a `random_state` stands for."""
    try:
        return check_random_state(random_state)
    except ValueError as error:
        raise ValueError(
            "random_state must be None, an integer from 0 to 2**32 - 1 or a "
            f"numpy.random.RandomState, got {random_state!r}."
        ) from error


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
    if not values.size:
        raise ValueError(f"{name} is empty; give None for weights 1, or one number at least.")
    if not values.any():
        raise ValueError(f"{name} are all zero; at least one must be positive.")
    return values


def check_window(window, name="sample_range"):
    """Return the two ends of a range of filtration values, or of lengths."""
    # A set of two numbers does not say which one is the start.
    is_ordered = isinstance(window, (tuple, list, np.ndarray))
    try:
        start, stop = (float(end) for end in (window if is_ordered else ()))
    except (TypeError, ValueError) as error:
        raise TypeError(f"{name} must be a pair (start, stop) or None, got {window!r}.") from error
    if not (np.isfinite(start) and np.isfinite(stop) and start < stop):
        raise ValueError(f"{name} must be finite with start < stop, got {(start, stop)}.")
    return start, stop


def as_array(values, expected):
    """Return the real numbers of a cell as an array, in the type that they came in.

    The one door for what a cell may be: an array, a tensor of any device and precision, a list of
    equal rows, a data frame. What would lose something on the way is refused.

    Parameters
    ----------
    values : array-like
        A point cloud, a distance matrix or a diagram.
    expected : str
        What it should be, for the message.
    """
    if are_classes(values):
        raise TypeError(
            f"{expected}, got predicted classes, one a point, as include_classes=True of the "
            "extractor adds them; leave that column out."
        )
    got = f"{expected}, got {type(values).__name__}"
    if is_network(values):
        raise TypeError(f"{got}: a network, of which LayerActivationExtractor makes clouds.")
    if hasattr(values, "detach") and hasattr(values, "__array__"):  # a file has a detach as well
        values = _from_tensor(values, got)
    elif hasattr(values, "columns") and hasattr(values, "to_numpy"):
        values = values.to_numpy()
    if isinstance(values, np.ma.MaskedArray) and np.ma.is_masked(values):
        raise TypeError(
            f"{expected}, got a masked array with {np.ma.count_masked(values)} masked values; "
            "drop those points, or fill them."
        )
    if hasattr(values, "tocoo"):
        raise TypeError(f"{got}, which is sparse; write .toarray().")
    try:
        array = np.asarray(values)
    except (TypeError, ValueError, RuntimeError) as error:  # whatever an __array__ raises
        raise TypeError(f"{got}: {error}") from error
    if array.dtype.kind == "O":
        array = _from_objects(array, got)
    # Floating-point numbers, integers with and without sign, truth values.
    if array.dtype.kind not in "fiub":
        raise TypeError(f"{got} of dtype {array.dtype}.")
    return array


def _from_tensor(tensor, got):
    """Return the numbers of a tensor, which may have a gradient, and be elsewhere or quantised."""
    try:
        tensor = tensor.detach().cpu()
        tensor = tensor.dequantize() if tensor.is_quantized else tensor
        if not tensor.is_complex() and tensor.dtype.itemsize <= 2:
            tensor = tensor.double()  # NumPy knows no bfloat16
        return tensor.numpy()
    except (TypeError, RuntimeError) as error:  # sparse, nested, or without values ("meta")
        raise TypeError(f"{got}: {error}") from error


def _from_objects(array, got):
    """Return the numbers of an array of Python objects; None and pandas' NA become NaN."""
    if array.ndim == 0:  # None, a set, a generator: NumPy takes each for one value
        raise TypeError(f"{got}.")
    if any(isinstance(value, (str, bytes)) for value in array.flat):
        raise TypeError(f"{got} with words in it.")
    try:
        return np.array(array.tolist(), dtype=np.float64)  # also of lists, as in polars
    except (TypeError, ValueError, OverflowError) as error:
        raise TypeError(f"{got}: {error}") from error


def is_network(value):
    """Tell whether something is a module of torch, without torch."""
    return hasattr(value, "forward") and hasattr(value, "state_dict")


def as_matrix(values):
    """Return a two-dimensional array of real numbers, in the type that they came in."""
    matrix = as_array(values, "expected a two-dimensional array of real numbers")
    if matrix.ndim != 2:
        raise ValueError(
            f"expected a two-dimensional array, got shape {matrix.shape}; "
            "a cloud of n points on a line has shape (n, 1)."
        )
    return matrix


def check_matrix(values):
    """Return a two-dimensional float64 array, without looking at its entries."""
    return as_matrix(values).astype(np.float64, copy=False)


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


class _Known(np.ndarray):
    """An array that says by its type what it holds."""

    @classmethod
    def of(cls, values):
        """Return an array as one that says what it is."""
        return np.asarray(values).view(cls)


class Simplices(_Known):
    """Indices of points, which would pass for births and deaths if their type did not tell.

    The points of simplices, or those around cycles.
    """


class Classes(_Known):
    """Predicted classes of points, which would pass for a cloud's numbers if their type did not."""


def are_classes(values):
    """Tell an array of predicted classes; what is computed from one may be of its type still."""
    return isinstance(values, Classes) and values.ndim == 1 and values.dtype.kind == "i"


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


def closest_names(name, names):
    """Return words that point to the names most like `name`."""
    close = difflib.get_close_matches(str(name), names, n=3, cutoff=0.4)
    shown = close or list(names)[:10]
    words = "did you mean" if close else "the names are"
    more = "" if close or len(names) <= len(shown) else ", ..."
    return f"{words} {', '.join(map(repr, shown))}{more}{'?' if close else '.'}"
