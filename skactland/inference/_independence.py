"""Tests of whether landscapes depend on something that is a number, in any way."""

import numpy as np
from scipy.spatial.distance import cdist

from skactland._checks import check_option
from skactland.inference._geometry import centred, gaussian, landscape_geometry
from skactland.inference._labels import check_response
from skactland.inference._permutations import check_blocks, relabelled
from skactland.inference._pvalues import check_correction
from skactland.inference._reading import column_sets, read_bars
from skactland.inference._results import ResamplingResult
from skactland.inference._statistic import Row, Statistic, tie_by_scale

# Numbers in a batch of relabelled matrices.
_BATCH = 2**20


def independence_test(
    X,
    y,
    *,
    statistic="dcov",
    columns=None,
    blocks=None,
    n_resamples=9999,
    rng=None,
    correction="holm",
    column_weights=None,
    essential="drop",
    n_jobs=None,
):
    r"""Test whether activation landscapes and accuracy are independent.

    The statistic is :math:`\frac{1}{n^2} \sum_{i,j} A_{ij} B_{ij}`, where A and B are matrices of
    the landscapes and of y, centred so that rows and columns sum to zero. It is compared with its
    values when y is exchanged; p-values are as in
    :func:`~skactland.inference.permutation_test`.

    Parameters
    ----------
    X : table of diagrams
        Object array of shape (n_networks, n_columns), data frame, or list of diagrams (one
        column).
    y : array of shape (n_networks,) or (n_networks, n_outputs)
        Numbers that go with each network, such as its accuracy.
    statistic : {"dcov", "hsic"}, default="dcov"
        - "dcov": the squared distance covariance [1]_: A and B are the distances of landscapes and
          of y. It sees dependence of any kind.
        - "hsic": the Hilbert-Schmidt independence criterion [2]_: A is the landscape kernel, B the
          Gaussian kernel of y, whose squared width is the median squared distance, or the mean of
          those that are not zero if the median is. It sees means of landscapes that change with y
          in any way.
    columns, blocks, n_resamples, rng, correction, column_weights, essential, n_jobs
        As in :func:`~skactland.inference.permutation_test`.

    Returns
    -------
    ResamplingResult

    Raises
    ------
    ValueError, TypeError
        If y is constant or not finite, no diagram has a finite bar, or blocks do not fit.

    See Also
    --------
    trend_test : For an order.
    permutation_test : For groups.

    References
    ----------
    .. [1] Szekely, Rizzo, Bakirov, "Measuring and testing dependence by correlation of
       distances", Annals of Statistics 35, 2007.
    .. [2] Gretton et al., "A kernel statistical test of independence", NIPS 2007.

    Examples
    --------
    >>> from skactland.inference import independence_test
    >>> diagrams = [[[0, 1]], [[0, 1.5]], [[0, 1.4]], [[0, 2]], [[1, 4]]]
    >>> independence_test(diagrams, [0.5, 0.6, 0.7, 0.8, 0.9]).pvalue
    0.1
    """
    check_option(statistic, "statistic", tuple(_STATISTICS))
    check_correction(correction)
    names, bars = read_bars(X, essential)
    values, codes = np.unique(check_response(y, len(bars)), axis=0, return_inverse=True)
    codes = codes.ravel()
    rows = check_blocks(blocks, codes, "y")
    tests, sets = column_sets(columns, names)
    geometry = landscape_geometry(bars, names, sets, column_weights, n_jobs)
    made = _STATISTICS[statistic].make(geometry, values.reshape(len(values), -1), codes)
    return ResamplingResult.of(
        relabelled(codes, rows, made.values, n_resamples, rng), made, tests, correction
    )


def _dcov(geometry, values, codes):
    exponent = np.frexp(np.abs(values).max())[1]
    # At unit scale, as squares may overflow.
    distances = cdist(*2 * [np.ldexp(values, -exponent)])
    return _covariance(
        np.sqrt(geometry.squares), distances, codes, geometry.exponents + int(exponent)
    )


def _hsic(geometry, values, codes):
    exponent = np.frexp(np.abs(values).max())[1]
    squares = cdist(*2 * [np.ldexp(values, -exponent)], "sqeuclidean")
    # The median is over networks, of which several may have one value.
    of_rows = gaussian(squares[codes[:, None], codes])
    of_values = np.empty_like(squares)
    of_values[codes[:, None], codes] = of_rows
    return _covariance(geometry.products_about_mean, of_values, codes, 2 * geometry.exponents)


def _covariance(of_rows, of_values, codes, exponents):
    """Return the mean product of matrices of the landscapes and of one of y, both centred.

    It is at most the product of their norms, by which it is rounded.
    """
    of_rows = centred(of_rows)
    others = centred(of_values[codes[:, None], codes])
    scale = np.linalg.norm(of_rows, axis=(1, 2)) * np.linalg.norm(others) / others.size
    return Statistic(
        _MeanProduct(of_rows, of_values), least_tie=tie_by_scale(scale), exponents=exponents
    )


class _MeanProduct:
    """The mean product of centred matrices and a matrix of relabelled values.

    Since the ones are centred, the other need not be.
    """

    def __init__(self, matrices, of_values):
        self.columns = np.ascontiguousarray(matrices.reshape(len(matrices), -1).T)
        self.columns /= len(self.columns)
        self.of_values = of_values

    def __call__(self, labellings):
        size = max(1, _BATCH // len(self.columns))
        parts = [labellings[i : i + size] for i in range(0, len(labellings), size)]
        return np.concatenate([self._products(part) for part in parts])

    def _products(self, labellings):
        matrices = self.of_values[labellings[:, :, None], labellings[:, None, :]]
        return matrices.reshape(len(labellings), -1) @ self.columns


_STATISTICS = {
    "dcov": Row(_dcov, sees="anything"),
    "hsic": Row(_hsic, sees="means"),
}
