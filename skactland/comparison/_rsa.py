"""The usual comparison of layers by the distances of all pairs of points."""

from functools import partial

import numpy as np
from scipy.spatial.distance import squareform
from scipy.stats import rankdata

from skactland._checks import check_option
from skactland.comparison._matched import Measure, mean_of_batches, one_less_product
from skactland.metrics._matrix import is_precomputed
from skactland.metrics._registry import find_metric
from skactland.metrics._rounding import as_lengths, distance_roundings

_METHODS = ("pearson", "spearman")
# What computing them adds, beside the longest.
_ROUNDING_OF_DISTANCES = 1e-12


def rsa(cloud, other, *, method="spearman", metric="euclidean", metric_params=None):
    """Return the representational similarity of two clouds of the same inputs.

    The correlation of the distances of all pairs of points in the one and in the other [1]_.

    Parameters
    ----------
    cloud, other : arrays of shape (n_points, n_units) and (n_points, n_other_units)
        Row i of both is of the same input; three points at least. Distance matrices if
        ``metric="precomputed"``.
    method : {"spearman", "pearson"}, default="spearman"
        Correlation of ranks, or of the distances themselves.
    metric : str or callable, default="euclidean"
        As in :func:`~skactland.rips_persistence`; [1]_ has "correlation".
    metric_params : dict or None, default=None
        Further arguments of the metric.

    Returns
    -------
    float
        A similarity, from -1 to 1.

    Raises
    ------
    ValueError, TypeError
        If the two have not as many points, or all distances of a cloud are equal but for rounding.

    See Also
    --------
    layer_divergences : All pairs of layers.
    linear_cka : Correlates inner products in the place of distances.

    Notes
    -----
    Distances that differ by rounding of the type of the numbers alone share a rank, so that it does
    not depend on rotation in single precision either.

    References
    ----------
    .. [1] Kriegeskorte, Mur, Bandettini, "Representational similarity analysis - connecting the
       branches of systems neuroscience", Frontiers in Systems Neuroscience 2, 2008.

    Examples
    --------
    >>> from skactland.comparison import rsa
    >>> round(rsa([[0], [1], [3]], [[0], [10], [1000]]), 6)
    1.0
    """
    measure = rsa_measure(method=method, metric=metric, metric_params=metric_params)
    return 1.0 - mean_of_batches(measure, cloud, other)


def rsa_measure(*, method="spearman", metric="euclidean", metric_params=None):
    """Return one less :func:`rsa`, in two steps."""
    check_option(method, "method", _METHODS)
    row, params = find_metric(metric, metric_params)
    is_of_matrices = is_precomputed(metric)
    options = {"method": method, "metric": metric, "row": row, "params": params}
    return Measure(
        partial(_unit_pairs, **options),
        one_less_product,
        "1 - RSA",
        fewest=3,
        is_of_matrices=is_of_matrices,
    )


def _unit_pairs(cloud, method, metric, row, params):
    """Return the distances of all pairs or their ranks, centred and of norm 1."""
    pairs = squareform(row.function(cloud, **params), checks=False)
    if np.isinf(pairs).any():
        raise ValueError("some of its distances are infinite; use another metric.")
    lengths = as_lengths(pairs, metric)
    apart, ties = distance_roundings(cloud, lengths, metric)
    # In units of the longest, whose squares are numbers.
    longest = lengths.max() or 1.0
    lengths, apart, ties = lengths / longest, apart / longest, ties / longest
    ties = max(ties, _ROUNDING_OF_DISTANCES)
    if np.ptp(lengths) <= 2 * ties or lengths.max() <= apart:
        raise ValueError(
            "the distances of all pairs of its points are equal, but for rounding, so that they "
            "correlate with nothing; leave this cloud out."
        )
    is_of_ranks = method == "spearman"
    values = rankdata(_tied(lengths, apart, ties)) if is_of_ranks else pairs / pairs.max()
    # Of large distances that differ little the first mean is rounded.
    values = values - values[0]
    values = values - values.mean()
    return values / np.linalg.norm(values)


def _tied(pairs, apart, ties):
    """Return distances of which those are equal that differ by rounding alone.

    So turned points keep the ranks of theirs. A chain of distances, each within rounding of the
    next, is one where it is short. Where distances are dense it has no end, and the steps of a grid
    are as good as any.
    """
    order = np.argsort(pairs)
    ordered = np.where(pairs[order] <= apart, 0.0, pairs[order])
    starts = np.flatnonzero(np.append(True, np.diff(ordered) > ties))
    firsts = np.repeat(ordered[starts], np.diff(np.append(starts, len(ordered))))
    tied = np.empty_like(pairs)
    tied[order] = firsts + np.floor((ordered - firsts) / (2 * ties)) * (2 * ties)
    return tied
