"""Tests of whether complexity goes up or down with something."""

from dataclasses import replace

import numpy as np
from scipy.stats import rankdata

from skactland._checks import check_option
from skactland.inference._complexities import log_complexities, without_rounding
from skactland.inference._labels import check_response
from skactland.inference._permutations import check_blocks, relabelled
from skactland.inference._pvalues import check_correction
from skactland.inference._reading import column_sets, read_bars
from skactland.inference._results import ResamplingResult
from skactland.inference._statistic import Row, Statistic, itself, tie_by_scale

_ALTERNATIVES = ("greater", "less", "two-sided")


def trend_test(
    X,
    y,
    *,
    statistic="spearman",
    columns=None,
    blocks=None,
    p=2,
    alternative="two-sided",
    n_resamples=9999,
    rng=None,
    correction="holm",
    essential="drop",
):
    r"""Test whether the complexity of networks goes up or down with accuracy, epoch or layer.

    The complexity of a network is the norm of its activation landscape, in closed form
    :math:`\big(\sum_i (d_i - b_i)^{p+1} / (2^p (p + 1))\big)^{1/p}` over all bars of the columns.
    Only its rank within a block counts. The statistic is compared with its values when y is
    exchanged within blocks; p-values are as in :func:`~skactland.inference.permutation_test`.

    Parameters
    ----------
    X : table of diagrams
        Object array of shape (n_networks, n_columns), data frame, or list of diagrams (one
        column).
    y : array of shape (n_networks,) or "layer"
        A number for each network, such as accuracy or epoch. With "layer" the order of the layers
        in the table is y, and each network is a block, for whether complexity grows along the
        layers.
    statistic : {"spearman", "page"}, default="spearman"
        Spearman's rank correlation, averaged over the blocks, or Page's L [1]_, the sum over
        networks of the rank of y times the rank of complexity in the block, for blocks in which
        every value of y occurs once.
    columns : {"column", "layer", "degree"}, list of str or None, default=None
        One test of all columns together, or one for each of these, as in
        :func:`~skactland.inference.permutation_test`. With ``y="layer"``: None or "degree".
    blocks : array of shape (n_networks,) or None, default=None
        Networks of one block, such as the checkpoints of one training, have one value; y is
        exchanged only among these.
    p : float, default=2
        Which norm: at least 1; for ``inf`` it is half the length of the longest bar.
    alternative : {"two-sided", "greater", "less"}, default="two-sided"
        Whether complexity goes with y in either direction (by distance of the statistic from its
        mean under exchange), up, or down.
    n_resamples, rng, correction, essential
        As in :func:`~skactland.inference.permutation_test`.

    Returns
    -------
    ResamplingResult
        A column whose complexity is constant has correlation 0 and p-value 1.

    Raises
    ------
    ValueError, TypeError
        If y is constant or not finite, no diagram has a finite bar, or blocks do not fit.

    See Also
    --------
    permutation_test : For groups.
    independence_test : For any dependence.

    References
    ----------
    .. [1] Page, "Ordered hypotheses for multiple treatments: a significance test for linear
       ranks", Journal of the American Statistical Association 58, 1963.

    Examples
    --------
    >>> from skactland.inference import trend_test
    >>> diagrams = [[[0, 1]], [[0, 1.5]], [[0, 1.4]], [[0, 2]], [[1, 4]]]
    >>> result = trend_test(diagrams, [0.5, 0.6, 0.7, 0.8, 0.9], alternative="greater")
    >>> round(result.statistic, 3), round(result.pvalue, 3)
    (0.9, 0.042)
    """
    check_option(statistic, "statistic", tuple(_STATISTICS))
    check_option(alternative, "alternative", _ALTERNATIVES)
    check_correction(correction)
    names, bars = read_bars(X, essential)
    if isinstance(y, str):
        check_option(y, "y", ("layer",))
        tests, values, y, blocks = _along_layers(bars, names, columns, blocks, p)
    else:
        tests, sets = column_sets(columns, names)
        values = log_complexities(bars, sets, p)
        y = check_response(y, len(bars))
        if y.ndim != 1:
            raise ValueError(f"y must hold one number for each network, got shape {y.shape}.")
    codes = np.unique(y, return_inverse=True)[1]
    rows = check_blocks(blocks, codes, "y")
    made, expected = _STATISTICS[statistic].make(values, codes, rows)
    sides = {
        "greater": itself,
        "less": np.negative,
        "two-sided": lambda found: np.abs(found - expected),
    }
    made = replace(made, evidence=sides[alternative])
    return ResamplingResult.of(
        relabelled(codes, rows, made.values, n_resamples, rng), made, tests, correction
    )


def _along_layers(bars, names, columns, blocks, p):
    """Return the tests, complexities, places and networks of a table with a row a layer."""
    if blocks is not None:
        raise ValueError('With y="layer" each network is a block; leave blocks out.')
    if columns is not None and not (isinstance(columns, str) and columns == "degree"):
        raise ValueError(f'With y="layer" columns must be None or "degree", got {columns!r}.')
    layers, of_layers = column_sets("layer", names)
    if len(layers) < 2:
        raise ValueError(f'y="layer" needs at least two layers, the table has {layers}.')
    tests, of_tests = column_sets(columns, names)
    values = []
    for name, of_test in zip(tests or [None], of_tests, strict=True):
        sets = [np.intersect1d(of_layer, of_test) for of_layer in of_layers]
        for layer, columns_here in zip(layers, sets, strict=True):
            if not len(columns_here):
                raise ValueError(f'y="layer": layer {layer!r} has no column of degree {name}.')
        values.append(log_complexities(bars, sets, p).ravel())
    networks = np.repeat(np.arange(len(bars)), len(layers))
    return tests, np.stack(values, axis=1), np.tile(np.arange(len(layers)), len(bars)), networks


def _ranks(values, blocks):
    """Return the ranks of each column within each block."""
    ranks = np.empty(values.shape)
    for rows in blocks:
        ranks[rows] = rankdata(np.apply_along_axis(without_rounding, 0, values[rows]), axis=0)
    return ranks


def _spearman(values, codes, blocks):
    """Return the mean of Spearman's correlation over blocks, and its mean under exchange."""

    def standardised(array):
        scores = _ranks(array, blocks)
        for rows in blocks:
            scores[rows] -= scores[rows].mean(axis=0)
            norms = np.linalg.norm(scores[rows], axis=0)
            scores[rows] /= np.where(norms > 0, norms, 1.0)  # 0 where all is constant
        return scores

    of_complexity = standardised(values) / len(blocks)
    # The scores of y stay when it is exchanged, and only change hands: they are looked up.
    of_y = np.zeros((len(blocks), codes.max() + 1))
    block_of_row = np.empty(len(codes), dtype=np.intp)
    for block, rows in enumerate(blocks):
        block_of_row[rows] = block
    of_y[block_of_row, codes] = standardised(codes[:, None])[:, 0]

    def correlation(labellings):
        return of_y[block_of_row, labellings] @ of_complexity

    return Statistic(correlation, least_tie=tie_by_scale(1.0)), 0.0


def _page(values, codes, blocks):
    """Return Page's L, and its mean under exchange within blocks."""
    n_values = codes.max() + 1
    for rows in blocks:
        if len(rows) != n_values or len(np.unique(codes[rows])) != n_values:
            raise ValueError(
                f"Page's L needs each of the {n_values} values of y once in every block; the block "
                f"of network {rows[0]} has {len(rows)} networks with "
                f'{len(np.unique(codes[rows]))} of them. Use statistic="spearman", or give blocks.'
            )
    ranks = _ranks(values, blocks)
    # In each block n products of two ranks, each of which is (n + 1) / 2 on average.
    expected = len(blocks) * n_values * (n_values + 1) ** 2 / 4
    # Ranks are multiples of a half, so that L has no rounding: equal is equal.
    return Statistic(lambda labellings: (labellings + 1.0) @ ranks, least_tie=itself), expected


_STATISTICS = {
    "page": Row(_page, sees="trends"),
    "spearman": Row(_spearman, sees="trends"),
}
