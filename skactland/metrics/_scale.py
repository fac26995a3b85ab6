"""Coordinates whose squares overflow, or underflow to zero.

A power of two changes no digit of a number. So clouds at the ends of what doubles can hold are
moved to where their squares are safe, and the distances are moved back: d(2^k x) = 2^k d(x), to the
last bit.
"""

import numpy as np

# With coordinates below 2**480, the squares of up to 2**60 differences have a finite sum.
_TOP = 480
# With coordinates of 2**-458 or more, differences are multiples of 2**-511, whose squares are
# normal numbers: none loses a digit.
_LEAST = 2.0**-458


def is_extreme(points):
    """Tell whether even the squares of the largest coordinates are not safe."""
    largest = np.abs(points).max(initial=0)
    return largest >= 2.0**_TOP or 0 < largest < _LEAST


def to_safe_scale(points):
    """Return points times a power of two, so that squares lose nothing, and its exponent.

    The points themselves, and 0, wherever their squares are safe as they are. Differences that are
    smaller than 2**-990 of the largest coordinate are lost.
    """
    sizes = np.abs(points)
    least = sizes.min(where=sizes > 0, initial=np.inf)
    if sizes.max(initial=0) < 2.0**_TOP and least >= _LEAST:
        return points, 0
    return to_top(points)


def to_top(points):
    """Return points times a power of two, the largest just below what is safe, and its exponent."""
    _, exponent = np.frexp(np.abs(points).max(initial=0))
    shift = _TOP - int(exponent)
    return np.ldexp(points, shift), shift


def from_scale(distances, shift):
    """Turn the distances of points times ``2**shift`` into those of the points, in place.

    Raises
    ------
    ValueError
        If two points are farther apart than the largest double: infinite distances would pass for
        those of points that are never joined.
    """
    if shift == 0:
        return distances
    n_apart = np.count_nonzero(np.isinf(distances))
    with np.errstate(over="ignore", under="ignore"):
        np.ldexp(distances, -shift, out=distances)
    if np.count_nonzero(np.isinf(distances)) > n_apart:
        raise ValueError(
            f"points are farther apart than the largest number, {np.finfo(np.float64).max:g}; "
            "divide the cloud by a power of two first."
        )
    return distances
