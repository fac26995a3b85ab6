"""The weights of levels and columns in a kernel."""

from collections.abc import Mapping

import numpy as np
from scipy.stats import poisson

from skactland._checks import check_option, check_positive, check_weights, closest_names
from skactland._table import layer_and_degree

# Weights are made up to the level that they reach, which is about nu: here a million, 8 MB.
_LARGEST_NU = 1e6
# Weights that sum to less leave no room below them for the kernel of small landscapes.
_LEAST_SUM = 1e-250


def check_level_weights(level_weights, nu, n_levels):
    """Return the weights of the levels as an array, or None for weights 1.

    Parameters
    ----------
    level_weights, nu
        As in :class:`~skactland.LandscapeKernel`.
    n_levels : int
        No landscape of the table has more levels.
    """
    if level_weights is None:
        return None
    if isinstance(level_weights, str):
        check_option(level_weights, "level_weights", ("poisson",))
        weights = _poisson_weights(check_positive(nu, "nu"))
        if n_levels and weights[:n_levels].sum() < _LEAST_SUM:
            raise ValueError(
                f"nu={nu:g} puts the weight on levels around the {nu:g}th, and no landscape of the "
                f"table has more than {n_levels}; take nu near the level that should count most."
            )
        return weights
    return check_weights(level_weights, "level_weights")


def _poisson_weights(nu):
    """Return the Poisson weights of the levels, without those that no sum would notice.

    Inner products decrease from level to level, so levels that have less than rounding's share of
    the weights have less than its share of the kernel.
    """
    if nu > _LARGEST_NU:
        raise ValueError(
            f"nu must be at most {_LARGEST_NU:g}, got {nu:g}: the weight lies on levels around the "
            "nu-th, and no landscape is so deep; take nu near the level that should count most."
        )
    # Twenty standard deviations past the mean; the next lines leave out most of it again.
    weights = poisson.pmf(np.arange(int(nu + 20 * np.sqrt(nu)) + 40), nu)
    tails = np.cumsum(weights[::-1])[::-1]
    kept = tails > np.finfo(float).eps / 4 * np.cumsum(weights)
    return weights[kept]


def weights_in_units(column_weights, names, squared_norms, exponents):
    """Return the weights of columns whose bars are measured in powers of two.

    Parameters
    ----------
    column_weights, names, squared_norms
        As for :func:`check_column_weights`; norms are those of the bars as measured.
    exponents : int array of shape (n_columns,)
        The powers of two.

    Returns
    -------
    column_weights : array of shape (n_columns,)
        As they are where bars are not measured in powers of two; infinite or 0 where floating-point
        numbers end.
    exponents : int array of shape (n_columns,)
        As given.
    shares : array of shape (n_columns,)
        The weights of the bars as measured.
    power : int
        Their sum is measured in two to this power, such that no share of a column is large.
    """
    weights = check_column_weights(column_weights, names, squared_norms)
    is_balanced = isinstance(column_weights, str)  # these have undone the units already
    powers = 0 * exponents if is_balanced else 3 * exponents
    used = (weights > 0) & squared_norms.any(axis=0)
    power = int(powers[used].max()) if used.any() else 0
    with np.errstate(over="ignore", under="ignore"):
        # What was empty in fit counts as little as it may: nothing times infinity is no number.
        shares = np.minimum(np.ldexp(weights, powers - power), np.finfo(float).max)
        weights = np.ldexp(weights, powers - 3 * exponents)
    return weights, exponents, shares, power


def check_column_weights(column_weights, names, squared_norms):
    """Return the weight of each column, of which the squared norms in fit are given."""
    if column_weights is None:
        return np.ones(len(names))
    if isinstance(column_weights, str):
        check_option(column_weights, "column_weights", ("balanced",))
        means = squared_norms.mean(axis=0)
        return np.divide(1.0, means, out=np.ones(len(names)), where=means > 0)
    if isinstance(column_weights, Mapping):
        return _weights_by_name(column_weights, names)
    weights = check_weights(column_weights, "column_weights")
    if len(weights) != len(names):
        raise ValueError(
            f"column_weights must be one number for each of {len(names)} columns, got "
            f"{len(weights)}."
        )
    return weights


def _weights_by_name(column_weights, names):
    """Return for each column the product of the weights of its layer, its degree and itself."""
    # With a 1, as columns that are not named weigh 1: a dict may be empty, or hold zeros alone.
    check_weights([1.0, *column_weights.values()], "column_weights")
    weights = np.ones(len(names))
    known = {}
    for j, name in enumerate(names):
        layer, degree = layer_and_degree(name)
        words = {name, layer} if degree is None else {name, layer, degree, f"H{degree}"}
        known.update(dict.fromkeys(words))
        for word in words & column_weights.keys():
            weights[j] *= column_weights[word]
    for word in column_weights.keys() - known.keys():
        raise ValueError(
            f"column_weights: no column has the layer, degree or name {word!r}; "
            f"{closest_names(word, sorted(map(str, known)))} Columns are named where the table is "
            'a data frame: set_output(transform="pandas").'
        )
    return check_weights(weights, "column_weights")
