"""Tests of whether groups of networks have the same landscapes."""

from functools import partial

import numpy as np

from skactland._checks import check_option
from skactland.inference._forms import GroupForms
from skactland.inference._geometry import gaussian, landscape_geometry
from skactland.inference._labels import check_groups
from skactland.inference._permutations import check_blocks, relabelled
from skactland.inference._pvalues import check_correction
from skactland.inference._reading import column_sets, read_bars
from skactland.inference._results import PermutationTestResult
from skactland.inference._statistic import TIE, Row, Statistic, one_number, tie_by_scale


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
          distance [3]_ (the mean of those that are not zero if the median is), summed over the
          pairs of groups.
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

    See Also
    --------
    trend_test : For an order in the place of groups.
    independence_test : For numbers in the place of groups.
    mean_difference_band : Where landscapes differ, and by how much.

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
    geometry = landscape_geometry(bars, names, sets, column_weights, n_jobs)
    if callable(statistic):
        made = Statistic(_Callable(statistic, geometry, np.array(labels)))
    else:
        made = _STATISTICS[statistic].make(geometry, np.bincount(codes))
    return PermutationTestResult.of(
        relabelled(codes, rows, made.values, n_resamples, rng),
        made,
        tests,
        correction,
        groups=labels,
        _codes=codes,
        _names=names,
        _bars=bars,
    )


class _Callable:
    """A user's statistic, one labelling at a time."""

    def __init__(self, statistic, geometry, labels):
        self.statistic, self.labels = statistic, labels
        with np.errstate(over="ignore"):
            self.matrices = np.ldexp(geometry.products, 2 * geometry.exponents[:, None, None])
        if not np.isfinite(self.matrices).all():
            raise ValueError(
                "The inner products of the landscapes are too large for floating-point numbers; "
                "divide all diagrams by one number before a statistic of your own sees them."
            )
        # A statistic that changed its matrix would change all relabellings after it.
        self.matrices.flags.writeable = False

    def __call__(self, labellings):
        return np.array(
            [[self._value(matrix, codes) for matrix in self.matrices] for codes in labellings]
        )

    def _value(self, matrix, codes):
        return one_number(self.statistic(matrix, self.labels[codes]))


def _mean_distance(geometry, sizes):
    forms = GroupForms(geometry.products_about_mean, sizes)
    return Statistic(
        lambda labellings: np.sqrt(forms.between_pairs(labellings)),
        # It is the square that is rounded by its scale; near zero its root is rounded by far more.
        least_tie=lambda root: np.sqrt(np.maximum(root**2 - TIE * forms.scale_of_pairs, 0)),
        exponents=geometry.exponents,
    )


def _discrepancy(kernel, geometry, sizes, exponents=0):
    """Return the statistic of the distances of group means under another kernel."""
    forms = GroupForms(kernel(geometry.squares), sizes)
    return Statistic(
        forms.between_pairs, least_tie=tie_by_scale(forms.scale_of_pairs), exponents=exponents
    )


def _energy(geometry, sizes):
    return _discrepancy(_minus_distances, geometry, sizes, geometry.exponents)


def _minus_distances(squares):
    return -np.sqrt(squares)


def _anova(geometry, sizes):
    r"""Return F, compared by :math:`B / (B + W)`, the share of the variance between groups.

    F goes with the share, but has no bounds: where groups are apart from each other, F is divided
    by rounding, and the largest of relabellings that are equal may be twice the least.
    """
    forms = GroupForms(geometry.products_about_mean, sizes)
    n_rows, n_groups = sizes.sum(), len(sizes)
    freedom = (n_rows - n_groups) / (n_groups - 1)

    def f_ratio(labellings):
        between = forms.between_groups(labellings)
        # What is less within groups is rounding, and F would be any number, of either sign.
        within = np.maximum(forms.totals - between, 1e-12 * forms.totals)
        ratio = np.divide(between, within, out=np.zeros_like(between), where=within > 0)
        return np.maximum(ratio, 0.0) * freedom

    return Statistic(f_ratio, evidence=lambda f: f / (f + freedom), least_tie=tie_by_scale(1.0))


_STATISTICS = {
    "anova": Row(_anova, sees="means"),
    "energy": Row(_energy, sees="anything"),
    "mean_distance": Row(_mean_distance, sees="means"),
    "mmd": Row(partial(_discrepancy, gaussian), sees="anything"),
}
