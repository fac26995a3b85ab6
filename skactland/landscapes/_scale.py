"""Units in which powers of filtration values neither overflow nor vanish.

An inner product of landscapes goes with the cube of the filtration value: past 1e103 it is no
floating-point number, and below 1e-108 it is zero. So values far from 1 are measured in a unit that
is a power of two, which costs no digit, and what is found is told in the user's unit at the end.
Where no floating-point number can tell it, it is refused.

There are two units. `unit_exponent` goes by the largest value and leaves ordinary ones as they
are, for what is told in the user's unit: kernels and norms. `to_unit_scale` goes by the longest bar
of a column, always, for what has no unit: tests and bands, which thus see bars that are short
beside their births, too.
"""

import numpy as np

from skactland.landscapes._bars import finite_bars

# The kernels form fourth powers. Those of numbers between the powers -200 and 200 of two are far
# from either end of floating-point numbers, also when a great many are added. Such values keep
# their unit: nothing is copied, and small ones beside large ones lose nothing.
_ORDINARY = 200


def unit_exponent(*arrays):
    """Return the power of two that is the unit of some values: 0 unless the largest is extreme.

    It is even, so that the square root of its cube is a power of two too.
    """
    largest = max(np.abs(values).max(initial=0.0) for values in arrays)
    exponent = int(np.frexp(largest)[1])
    return 0 if abs(exponent) <= _ORDINARY else exponent + exponent % 2


def bars_in_unit(bars, exponent):
    """Return finite bars measured in ``2.0 ** exponent``, still in the kernels' order.

    Bars that are nothing beside the unit are left out.
    """
    return finite_bars(np.ldexp(bars, -exponent)) if exponent else bars


def to_unit_scale(bars, names):
    """Return bars of which the longest of each column is about 1, and the powers of two taken out.

    Powers of two cost no digit. Births do not overflow: no bar is shorter than the rounding of its
    birth, nor is any longer than the longest.

    Parameters
    ----------
    bars : object array of shape (n_rows, n_columns)
        Finite bars.
    names : list of str
        The names of the columns.

    Returns
    -------
    scaled : object array of shape (n_rows, n_columns)
        The bars times ``2.0 ** -exponents``.
    exponents : int array of shape (n_columns,)
        0 for a column without bars.
    """
    scaled, exponents = np.empty(bars.shape, dtype=object), np.zeros(bars.shape[1], dtype=int)
    for j, name in enumerate(names):
        with np.errstate(over="ignore"):
            longest = max(np.diff(cell).max(initial=0.0) for cell in bars[:, j])
        if np.isinf(longest):
            raise ValueError(
                f"column {name!r}: a bar is longer than the largest floating-point number; divide "
                "all diagrams by one number."
            )
        exponents[j] = np.frexp(longest)[1]
        for i, cell in enumerate(bars[:, j]):
            scaled[i, j] = np.ldexp(cell, -exponents[j])
    return scaled, exponents


def in_users_unit(values, power, what):
    """Return values times ``2.0 ** power``.

    Parameters
    ----------
    values : float or array
        Measured in a unit.
    power : int
        The unit's power of two, in the units of the values.
    what : str
        What they are, for the message.

    Raises
    ------
    ValueError
        If one of them is too large for a floating-point number, or even the largest too small.
    """
    with np.errstate(over="ignore", under="ignore"):
        told = np.ldexp(values, power)
    largest, in_unit = (np.abs(array).max(initial=0.0) for array in (told, values))
    is_lost = power < 0 and in_unit > 0 and largest < np.finfo(float).tiny
    if is_lost or not np.isfinite(told).all():
        size = ""
        if np.isfinite(in_unit):
            size = f" of about 1e{np.log10(in_unit) + power * np.log10(2):+.0f}"
        raise ValueError(
            f"{what}{size} would be too {'small' if is_lost else 'large'} for floating-point "
            "numbers, which reach from 1e-308 to 1e+308; multiply all diagrams by one number that "
            "brings their filtration values near 1."
        )
    return told
