"""The weights of levels and columns in a kernel."""

from collections.abc import Mapping

import numpy as np
from scipy.stats import poisson

from skactland._checks import check_option, check_positive, check_weights, closest_names
from skactland._table import layer_and_degree


def check_level_weights(level_weights, nu):
    """Return the weights of the levels as an array, or None for weights 1."""
    if level_weights is None:
        return None
    if isinstance(level_weights, str):
        check_option(level_weights, "level_weights", ("poisson",))
        return _poisson_weights(check_positive(nu, "nu"))
    return check_weights(level_weights, "level_weights")


def _poisson_weights(nu):
    """Return the Poisson weights of the levels, without those that no sum would notice.

    Inner products decrease from level to level, so levels that have less than rounding's share of
    the weights have less than its share of the kernel.
    """
    weights = poisson.pmf(np.arange(int(nu + 20 * np.sqrt(nu)) + 40), nu)
    tails = np.cumsum(weights[::-1])[::-1]
    kept = tails > np.finfo(float).eps / 4 * np.cumsum(weights)
    return weights[kept]


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
