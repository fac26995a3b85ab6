"""How far values may be from those of most networks, and the scale of a column.

A node of a grid that few networks reach holds zeros and a few large values. Whatever divides by a
deviation or a quartile range then blows up what the next network has there, and a linear model with
it. Fences end that before any scaler: with a the lower and b the upper quartile of what the
networks of fit have, values are limited to [a - 3 (b - a), b + 3 (b - a)], Tukey's outer fences,
and to the least and the largest value. Hence, for any row, seen in fit or later,

- less the mean and over the deviation it is at most the square root of n - 1, where n networks were
  seen in fit (Samuelson's inequality, for values within a sample's range);
- brought to the range it stays in [0, 1];
- less the median and over the quartile range it is at most 4. Fences move no quartile: of the two
  values that a quartile lies between, each has at least a quarter of the weight, so neither is more
  than 3 quartile ranges beyond it.
"""

import math

import numpy as np

_FENCE = 3  # quartile ranges; what the note above proves needs 3 at least


def fences(values):
    """Return the least and the largest value that counts, for each feature.

    Parameters
    ----------
    values : array of shape (n_networks, ...)
        Features, none of them negative.

    Returns
    -------
    array of shape (2, ...)
        Infinite for a single network, which says nothing of how far others reach; scalers then
        divide by 1.
    """
    if len(values) == 1:
        return np.stack([np.full(values.shape[1:], -np.inf), np.full(values.shape[1:], np.inf)])
    lower, upper = np.quantile(values, [0.25, 0.75], axis=0)
    with np.errstate(over="ignore"):  # an infinite fence is none, and the range ends before it
        reach = _FENCE * (upper - lower)
        inner = np.stack([lower - reach, upper + reach])
    return np.clip(inner, values.min(axis=0), values.max(axis=0))


def root_mean_square(values):
    """Return the root of the mean squared norm of rows, 1 if all are zero, as two factors.

    Two factors, the largest value and the rest, since squares leave the floating-point numbers long
    before the values do. The sum does not depend on the order of the rows.

    Parameters
    ----------
    values : array of shape (n_networks, n_features)

    Returns
    -------
    largest, ratio : float
    """
    largest = np.abs(values).max(initial=0.0)
    if largest == 0:
        return 1.0, 1.0
    squares = ((values / largest) ** 2).sum(axis=1)
    return largest, math.sqrt(math.fsum(squares) / len(values))
