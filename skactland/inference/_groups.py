"""Tests of whether groups of networks have the same landscapes."""

import numpy as np

from skactland._checks import check_option
from skactland.inference._permutations import check_blocks, relabelled
from skactland.inference._pvalues import check_correction
from skactland.inference._reading import (
    centred,
    check_groups,
    column_sets,
    grams,
    read_bars,
    squared_distances,
)
from skactland.inference._results import PermutationTestResult


def permutation_test(
    X,
    groups,
    *,
    statistic="mean_distance",
    columns=None,
    blocks=None,
    n_resamples=9999,
    rng=None,
    correction="holm",
    column_weights=None,
    essential="drop",
    n_jobs=None,
):
    r"""Test whether groups of networks have landscapes of one distribution.

    The statistic is compared with its values when the labels of the networks are exchanged, all
    in exact arithmetic of landscapes: no grid, every level. With b of B random relabellings at
    least as extreme as the labels given, :math:`p = (1 + b) / (1 + B)`, which is valid for every
    B [1]_; if there are no more than `n_resamples` different relabellings, all are tried, and p is
    the part of them that is as extreme.

    Parameters
    ----------
    X : table of diagrams
        Object array of shape (n_networks, n_columns), data frame, or list of diagrams (one
        column).
    groups : array of shape (n_networks,)
        The label of each network; two or more groups, of two or more networks each.
    statistic : {"mean_distance", "mmd", "energy", "anova"} or callable, default="mean_distance"
        With :math:`\lambda_i` the activation landscape of network i and
        :math:`\bar\lambda_g` the mean of group g:

        - "mean_distance": :math:`\big(\sum_{g < h} \|\bar\lambda_g - \bar\lambda_h\|^2
          \big)^{1/2}`, for two groups the L2 distance of their means [2]_. It sees differences of
          means only.
        - "mmd": the squared maximum mean discrepancy (biased) under the kernel
          :math:`\exp(-\gamma \|\lambda_i - \lambda_j\|^2)`, :math:`1 / \gamma` the median squared
          distance [3]_, summed over the pairs of groups.
        - "energy": the energy distance :math:`2 E\|\lambda - \mu\| - E\|\lambda - \lambda'\| -
          E\|\mu - \mu'\|` [4]_, summed over the pairs of groups. Like "mmd" it sees differences of
          any kind.
        - "anova": :math:`F = \frac{\sum_g n_g \|\bar\lambda_g - \bar\lambda\|^2 / (G - 1)}
          {\sum_i \|\lambda_i - \bar\lambda_{g(i)}\|^2 / (n - G)}` [5]_.
        - A callable takes the Gram matrix of the landscapes, shape (n_networks, n_networks), and
          the labels, and returns a number that is larger the more the groups differ.
    columns : {"column", "layer", "degree"}, list of str or None, default=None
        One test of all columns together, or one for each column, each layer (its degrees
        together), each degree, or each of the columns named.
    blocks : array of shape (n_networks,) or None, default=None
        Labels are exchanged only among networks of one block. For a paired design, such as the
        same networks before and after training, give each pair a block of its own.
    n_resamples : int, default=9999
        Number of random relabellings.
    rng : int, Generator or None, default=None
        Source of chance, as in :func:`numpy.random.default_rng`.
    correction : {"holm", "fdr_bh", "max-t"} or None, default="holm"
        How p-values are corrected for several tests: by the step-down method of Holm, the false
        discovery rate of Benjamini and Hochberg, or the distribution of the largest standardised
        statistic [6]_, which knows that columns depend on each other.
    column_weights : None, "balanced", dict or array, default=None
        As in :class:`~skactland.LandscapeKernel`; "balanced" keeps columns of large scale from
        deciding a test of several columns alone.
    essential : {"drop", "cut"}, default="drop"
        What happens to infinite bars, as in :class:`~skactland.LandscapeKernel`.
    n_jobs : int or None, default=None
        Columns whose inner products are computed at once. The result does not depend on it.

    Returns
    -------
    PermutationTestResult
        With `statistic`, `pvalue`, `null_distribution`, `columns` and `group_means`.

    Raises
    ------
    ValueError, TypeError
        If a label is missing, a group has one network, no diagram has a finite bar, a block has
        networks of one group alone, or an option is unknown.

    References
    ----------
    .. [1] Phipson, Smyth, "Permutation p-values should never be zero", Statistical Applications in
       Genetics and Molecular Biology 9, 2010.
    .. [2] Bubenik, "Statistical topological data analysis using persistence landscapes", Journal
       of Machine Learning Research 16, 2015.
    .. [3] Gretton et al., "A kernel two-sample test", Journal of Machine Learning Research 13,
       2012.
    .. [4] Szekely, Rizzo, "Energy statistics", Journal of Statistical Planning and Inference 143,
       2013.
    .. [5] Anderson, "A new method for non-parametric multivariate analysis of variance", Austral
       Ecology 26, 2001.
    .. [6] Westfall, Young, "Resampling-based multiple testing", Wiley, 1993.

    Examples
    --------
    >>> from skactland.inference import permutation_test
    >>> diagrams = [[[0, 1]], [[0, 1.2]], [[0, 1.1]], [[0, 3]], [[0, 3.1]], [[0, 2.8]]]
    >>> result = permutation_test(diagrams, ["small"] * 3 + ["large"] * 3)
    >>> result.pvalue, result.is_exact  # 2 of the 20 relabellings
    (0.1, True)
    >>> result.group_means["large"]["x0"]
    PersistenceLandscape(n_levels=1, support=(0, 3.1))
    """
    if not callable(statistic):
        check_option(statistic, "statistic", tuple(_STATISTICS))
    check_correction(correction)
    names, bars = read_bars(X, essential)
    labels, codes = check_groups(groups, len(bars))
    rows = check_blocks(blocks, codes, "groups")
    tests, sets = column_sets(columns, names)
    matrices = grams(bars, names, sets, column_weights, n_jobs)
    function = _statistic(statistic, matrices, labels, np.bincount(codes))
    return PermutationTestResult.of(
        relabelled(codes, rows, function, n_resamples, rng),
        tests,
        correction,
        groups=labels.tolist(),
        _codes=codes,
        _names=names,
        _bars=bars,
    )


def _statistic(statistic, matrices, labels, sizes):
    """Return the function that takes labellings to the statistic of every Gram matrix."""
    if callable(statistic):
        return _Callable(statistic, matrices, labels)
    kernel, form = _STATISTICS[statistic]
    return _Form(form, centred(kernel(matrices)), sizes)


class _Callable:
    """A user's statistic, one labelling at a time."""

    def __init__(self, statistic, matrices, labels):
        self.statistic, self.matrices, self.labels = statistic, matrices.copy(), labels
        self.matrices.flags.writeable = False

    def __call__(self, labellings):
        return np.array(
            [[self._value(matrix, codes) for matrix in self.matrices] for codes in labellings]
        )

    def _value(self, matrix, codes):
        value = np.asarray(self.statistic(matrix, self.labels[codes]), dtype=np.float64)
        if value.ndim or not np.isfinite(value):
            raise ValueError(f"statistic must return one finite number, got {value!r}.")
        return value


class _Form:
    """A quadratic form of the labels, of many labellings by one matrix product.

    The matrices are centred, so the last group, which is all networks but those of the others,
    needs no product of its own.
    """

    def __init__(self, form, matrices, sizes):
        self.form, self.sizes = form, sizes
        self.side_by_side = np.concatenate(matrices, axis=1)
        self.totals = np.trace(matrices, axis1=1, axis2=2)

    def __call__(self, labellings):
        squares, of_weights = [], 0.0
        last, last_product, weights, weights_product = 0.0, 0.0, 0.0, 0.0
        for group, size in enumerate(self.sizes[:-1]):
            members = (labellings == group).astype(np.float64)
            product = (members @ self.side_by_side).reshape(len(members), len(self.totals), -1)
            squares.append(_contract(product, members))
            factor = 1 / size - 1 / self.sizes[-1]
            last, last_product = last + members, last_product + product
            weights = weights + factor * members
            weights_product = weights_product + factor * product
        squares.append(_contract(last_product, last))
        of_weights = _contract(weights_product, weights)
        return self.form(np.stack(squares), of_weights, self.sizes, self.totals)


def _contract(product, members):
    return np.einsum("bti,bi->bt", product, members)


def _between_pairs(squares, of_weights, sizes, totals):
    r"""Return the squared distances of the group means, summed over the pairs of groups.

    :math:`G \sum_g \|m_g\|^2 - \|\sum_g m_g\|^2`; what is rounding alone becomes zero.
    """
    norms = np.einsum("gbt,g->bt", squares, 1 / sizes**2)
    values = len(sizes) * norms - of_weights
    return np.where(values > 1e-12 * totals / sizes.sum(), values, 0.0)


def _root_between_pairs(*parts):
    return np.sqrt(_between_pairs(*parts))


def _pseudo_f(squares, of_weights, sizes, totals):
    """Return the variance between groups over that within, the latter no less than rounding."""
    between = np.einsum("gbt,g->bt", squares, 1 / sizes)
    within = np.maximum(totals - between, 1e-12 * totals)
    n_groups, n_rows = len(sizes), sizes.sum()
    ratio = np.divide(between, within, out=np.zeros_like(between), where=within > 0)
    return ratio * (n_rows - n_groups) / (n_groups - 1)


def _gaussian(matrices):
    """Return the Gaussian kernel of the distances, its width their median."""
    squares = squared_distances(matrices)
    upper = np.triu_indices(squares.shape[1], 1)
    medians = np.median(squares[:, *upper], axis=1)
    return np.exp(-squares / np.where(medians > 0, medians, 1.0)[:, None, None])


def _minus_distances(matrices):
    return -np.sqrt(squared_distances(matrices))


def _itself(matrices):
    return matrices


#: The kernel of each statistic, and the form of the labels.
_STATISTICS = {
    "anova": (_itself, _pseudo_f),
    "energy": (_minus_distances, _between_pairs),
    "mean_distance": (_itself, _root_between_pairs),
    "mmd": (_gaussian, _between_pairs),
}
