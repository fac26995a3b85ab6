"""How complex networks are: norms of their landscapes, of which a trend looks at the order."""

from numbers import Real

import numpy as np

from skactland.inference._statistic import TIE
from skactland.landscapes._norms import norm_parts


def log_complexities(bars, sets, p):
    """Return the logarithm of the p-norm of each row's landscapes of each set of columns.

    Powers of lengths overflow and underflow long before lengths do, so each row is measured by its
    own longest bar. Even a norm may, of length to the power (p + 1) / p, so it is never formed.

    Parameters
    ----------
    bars : object array of shape (n_rows, n_columns)
        Finite bars.
    sets : list of int arrays
        The columns of each set, whose bars are taken together.
    p : float
        At least 1, or infinity.

    Returns
    -------
    array of shape (n_rows, n_sets)
        Minus infinity where there is no bar.
    """
    p = check_p(p)
    return np.array(
        [[_log_norm(np.concatenate(row[columns]), p) for columns in sets] for row in bars]
    )


def check_p(p):
    """Return the exponent of a norm as a float."""
    if isinstance(p, Real) and not isinstance(p, (bool, np.bool_)) and p >= 1:
        return float(p)
    raise ValueError(f"p must be a number between 1 and inf, got {p!r}.")


def _log_norm(bars, p):
    highest, factor = norm_parts(bars, p)
    return (1 + 1 / p) * np.log(highest) + np.log(factor) if highest > 0 else -np.inf


def without_rounding(values):
    """Return values of shape (n_values,), where those within rounding of the one below equal it.

    Sums of powers that are equal, such as 3^3 + 4^3 + 5^3 and 6^3, must share their rank in any
    unit of length.
    """
    order = np.argsort(values)
    ordered = values[order]
    # Values are logarithms: TIE is a part of the complexity, in any unit of length.
    is_new = np.append(True, ordered[1:] > ordered[:-1] + TIE)
    first = np.maximum.accumulate(np.where(is_new, np.arange(len(values)), 0))
    joined = np.empty_like(values)
    joined[order] = ordered[first]
    return joined
