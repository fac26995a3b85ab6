"""Values of parameters: counts, options, degrees, numbers, seeds, weights, windows."""

import math
from collections.abc import Mapping
from itertools import pairwise
from numbers import Integral, Real

import numpy as np
from sklearn.utils import check_random_state

# GUDHI's persistence takes moduli that fit in 16 bits.
_LARGEST_FIELD = 65_521


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
