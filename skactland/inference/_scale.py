"""Bars brought to unit scale, where their powers neither overflow nor vanish."""

import numpy as np


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
