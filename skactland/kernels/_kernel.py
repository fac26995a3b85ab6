"""The landscape kernel: exact inner products and distances of activation landscapes."""

import numpy as np
from sklearn.base import ClassNamePrefixFeaturesOutMixin

from skactland._checks import check_option, check_positive
from skactland.kernels._gram import (
    inner_products_of_tables,
    squared_distance_of_rows,
    squared_norms,
    weighted_sum,
)
from skactland.kernels._weights import check_column_weights, check_level_weights
from skactland.landscapes._bars import (
    warn_of_dropped_bars,
)
from skactland.landscapes._transformer import DiagramTransformer

# Squared distances are sums of squared norms and inner products; where they are a smaller part of
# the norms than this, they are integrated anew, so that nine digits or more are right.
_NEAR = 1e-6


def landscape_gram(
    X,
    Y=None,
    *,
    kernel="linear",
    gamma=None,
    level_weights=None,
    nu=1.0,
    column_weights=None,
    normalize=False,
    essential="drop",
    n_jobs=None,
):
    r"""Return the Gram matrix of the landscape kernel.

    .. math:: K(X_i, Y_j) = \sum_{c} v_c \sum_{k \ge 1} w_k
        \int \lambda^{X_{ic}}_k(t)\, \lambda^{Y_{jc}}_k(t)\, dt

    over the columns c of two tables of diagrams and all levels k of their landscapes: the inner
    product of activation landscapes [1]_, by default with all weights 1. It is integrated exactly,
    without a grid. Kernels of the distance :math:`\sqrt{K(x, x) + K(y, y) - 2 K(x, y)}` are built
    on it.

    Parameters
    ----------
    X : table of diagrams
        Object array of shape (n, n_columns), data frame, or list of diagrams (one column).
    Y : table of diagrams or None, default=None
        A table with the same columns; `X` itself if None.
    kernel, gamma, level_weights, nu, column_weights, normalize, essential, n_jobs
        As in :class:`~skactland.LandscapeKernel`, fitted to `Y`.

    Returns
    -------
    ndarray of shape (n_X, n_Y)
        In units of the cubed filtration value, for the linear kernel without ``normalize``.

    Raises
    ------
    ValueError, TypeError
        If the columns differ, a cell is no diagram, has NaN coordinates or a bar that dies
        before its birth, or a weight is negative.

    References
    ----------
    .. [1] Wheeler, Bouza, Bubenik, "Activation landscapes as a topological summary of neural
       network performance", IEEE Big Data 2021, arXiv:2110.10136.

    Examples
    --------
    >>> from skactland import landscape_gram
    >>> landscape_gram([[[0.0, 2.0]], [[1.0, 3.0]]]).round(4)
    array([[0.6667, 0.1667],
           [0.1667, 0.6667]])
    """
    estimator = LandscapeKernel(
        kernel=kernel,
        gamma=gamma,
        level_weights=level_weights,
        nu=nu,
        column_weights=column_weights,
        normalize=normalize,
        essential=essential,
        n_jobs=n_jobs,
    )
    return estimator.fit_transform(X) if Y is None else estimator.fit(Y).transform(X)


def landscape_distance(X, Y=None, **options):
    r"""Return the L2 distances of activation landscapes.

    .. math:: d(X_i, Y_j)^2 = \sum_{c} v_c \sum_{k \ge 1} w_k
        \int \big(\lambda^{X_{ic}}_k(t) - \lambda^{Y_{jc}}_k(t)\big)^2\, dt

    over the columns c of two tables of diagrams and all levels k. Where the two landscapes are so
    close that the difference of their inner products would lose more than six digits, the integral
    is taken of the difference itself.

    Parameters
    ----------
    X : table of diagrams
        Object array of shape (n, n_columns), data frame, or list of diagrams (one column).
    Y : table of diagrams or None, default=None
        A table with the same columns; `X` itself if None.
    **options
        Those of :func:`landscape_gram` but for ``kernel`` and ``gamma``: ``level_weights``,
        ``nu``, ``column_weights``, ``normalize``, ``essential``, ``n_jobs``.

    Returns
    -------
    ndarray of shape (n_X, n_Y)
        In units of the filtration value to the power 3/2, unless ``normalize=True``.

    Examples
    --------
    >>> from skactland import landscape_distance
    >>> landscape_distance([[[0.0, 2.0]], [[1.0, 3.0]]]).round(4)
    array([[0., 1.],
           [1., 0.]])
    """
    return landscape_gram(X, Y, kernel=_distance_itself, **options)


class LandscapeKernel(ClassNamePrefixFeaturesOutMixin, DiagramTransformer):
    r"""Gram matrix of activation landscapes, for estimators with ``kernel="precomputed"``.

    The entry of two networks is the sum, over the columns of the table of diagrams and all levels,
    of the exact L2 inner products of their persistence landscapes; see
    :func:`~skactland.landscape_gram`. The networks seen in fit are kept, and ``transform`` gives
    the kernel of new networks and them, as scikit-learn expects of a precomputed kernel.

    Parameters
    ----------
    kernel : {"linear", "rbf"} or callable, default="linear"
        "linear" is the inner product, "rbf" is :math:`\exp(-\gamma d^2)` of the L2 distance d. A
        callable takes an array of distances and returns that of their kernel, of the same shape;
        whether that is positive semidefinite is its own affair.
    level_weights : None, "poisson" or array of shape (n_levels,), default=None
        Weights :math:`w_k` of the levels. "poisson" is :math:`e^{-\nu} \nu^{k-1} / (k-1)!` with k
        from 1 [1]_, and 0 for deep levels whose weights could not change the last digit of an
        inner product. Levels beyond the end of an array do not count.
    nu : float, default=1.0
        The parameter of the Poisson weights.
    column_weights : None, "balanced", dict or array of shape (n_columns,), default=None
        Weights of the columns. The keys of a dict are layers ("fc1"), degrees ("H1" or 1) or whole
        names ("fc1__H1"); a column's weight is the product of the values that name it, 1 if none
        does. "balanced" divides each column by the mean of its squared norms in fit, so that no
        layer weighs more than others by its scale alone.
    normalize : bool, default=False
        Divide landscapes by their norms, so that the linear kernel is the cosine. The zero
        landscape stays zero.
    gamma : float or None, default=None
        The parameter of "rbf"; 1 over the median of the squared distances of different networks in
        fit if None (1 if that is zero).
    essential : {"drop", "cut"}, default="drop"
        Bars with infinite death are left out, as in reduced homology, or cut at the largest finite
        death of their column in fit. Dropping any but the one component of a cloud that never dies
        gives a warning.
    n_jobs : int or None, default=None
        Columns computed at once, as in joblib; threads unless ``joblib.parallel_config`` says
        otherwise. The result does not depend on it.
    memory : path, joblib.Memory or None, default=None
        Cache the inner products of each column by content. A grid search over any other parameter
        than ``level_weights``, ``nu`` and ``essential`` then computes them once for each fold.

    Attributes
    ----------
    bars_ : object array of shape (n_fitted, n_features_in_)
        The bars of the networks seen in fit whose landscapes are kept: finite, of positive length.
    squared_norms_ : ndarray of shape (n_fitted,)
        Squared norms of the networks seen in fit, before ``normalize``.
    column_weights_ : ndarray of shape (n_features_in_,)
        The weight of each column.
    level_weights_ : ndarray or None
        The weight of each level; None where all are 1.
    gamma_ : float
        The parameter of "rbf", for that kernel alone.
    window_ends_ : ndarray of shape (n_features_in_,)
        The largest finite death of each column in fit, 1 if there was no bar.
    n_features_in_ : int
        Number of columns of the table seen in fit.
    feature_names_in_ : ndarray of shape (n_features_in_,)
        Names of those columns, if the table was a data frame.

    See Also
    --------
    landscape_gram : The same as a function.
    landscape_distance : The distances that the kernel belongs to.
    LandscapeVectorizer : Features on a grid, for estimators without a kernel.

    Notes
    -----
    What takes ``kernel="precomputed"`` (SVC, SVR, KernelRidge, KernelPCA and others) comes next in
    a pipeline, after a :class:`~sklearn.preprocessing.KernelCenterer` if wanted. A Gaussian process
    takes the matrix by ``PairwiseKernel(metric="precomputed", gamma_bounds="fixed")``, and then
    predicts means, though not standard deviations.

    References
    ----------
    .. [1] Bubenik, "The persistence landscape and some of its properties", Topological Data
       Analysis, Abel Symposia 15, 2020, arXiv:1810.04963.

    Examples
    --------
    >>> from sklearn.pipeline import make_pipeline
    >>> from sklearn.svm import SVC
    >>> from skactland import LandscapeKernel
    >>> diagrams = [[[0, 1]], [[0, 1.1]], [[0, 3]], [[0, 3.2]]]
    >>> svc = make_pipeline(LandscapeKernel(), SVC(kernel="precomputed"))
    >>> svc.fit(diagrams, ["small", "small", "large", "large"]).predict([[[0, 0.9]]])
    array(['small'], dtype='<U5')
    """

    def __init__(
        self,
        *,
        kernel="linear",
        level_weights=None,
        nu=1.0,
        column_weights=None,
        normalize=False,
        gamma=None,
        essential="drop",
        n_jobs=None,
        memory=None,
    ):
        self.kernel = kernel
        self.level_weights = level_weights
        self.nu = nu
        self.column_weights = column_weights
        self.normalize = normalize
        self.gamma = gamma
        self.essential = essential
        self.n_jobs = n_jobs
        self.memory = memory

    def fit(self, X, y=None):
        """Keep the landscapes of a table of diagrams.

        Parameters
        ----------
        X : table of diagrams
            Object array of shape (n_fitted, n_columns), data frame, or list of diagrams (one
            column).
        y : None
            Ignored.

        Returns
        -------
        LandscapeKernel
            The fitted estimator.
        """
        self._keep(X)
        if self.kernel == "rbf":
            self.gamma_ = self.gamma or _median_rule(self._squared_distances())
        return self

    def fit_transform(self, X, y=None):
        """Keep the landscapes of a table of diagrams, and return their Gram matrix.

        The same as ``fit(X).transform(X)``, at half the work since the matrix is symmetric.

        Parameters
        ----------
        X : table of diagrams
            As for ``fit``.
        y : None
            Ignored.

        Returns
        -------
        ndarray of shape (n_fitted, n_fitted)
        """
        warn_of_dropped_bars(self._keep(X), self.essential)
        if self.kernel == "linear":
            return self._products()
        squares = self._squared_distances()
        if self.kernel == "rbf":
            self.gamma_ = self.gamma or _median_rule(squares)
        return self._of_squared_distances(squares)

    def transform(self, X):
        """Compute the kernel of these networks and those seen in fit.

        Parameters
        ----------
        X : table of diagrams
            With the columns seen in fit.

        Returns
        -------
        ndarray of shape (n_networks, n_fitted)
            In units of the cubed filtration value, for the linear kernel without ``normalize``.
        """
        bars = self._read_bars(X)
        if self.kernel == "linear":
            return self._products(bars)
        return self._of_squared_distances(self._squared_distances(bars))

    def _keep(self, X):
        """Check the parameters and keep the bars of a table of diagrams, which is returned."""
        if not callable(self.kernel):
            check_option(self.kernel, "kernel", ("linear", "rbf"))
        if self.gamma is not None:
            check_positive(self.gamma, "gamma")
        self.level_weights_ = check_level_weights(self.level_weights, self.nu)
        table = self._learn_table(X)
        self.bars_ = self._bars(table)
        self._n_features_out = len(self.bars_)
        norms = squared_norms(self.bars_, self.level_weights_)
        names = self._diagram_names()
        self.column_weights_ = check_column_weights(self.column_weights, names, norms)
        self.squared_norms_ = weighted_sum(norms.T, self.column_weights_)
        return table

    def _squared_norms(self, bars):
        if bars is None:
            return self.squared_norms_
        return weighted_sum(squared_norms(bars, self.level_weights_).T, self.column_weights_)

    def _products(self, bars=None):
        """Return the inner products of some networks, or those seen in fit, with the latter."""
        products = inner_products_of_tables(
            bars,
            self.bars_,
            self.level_weights_,
            self.column_weights_,
            n_jobs=self.n_jobs,
            memory=self.memory,
        )
        if self.normalize:
            scales = _norms_or_one(self._squared_norms(bars))
            products /= scales[:, None] * _norms_or_one(self.squared_norms_)
        return products

    def _squared_distances(self, bars=None):
        """Return the squared distances of some networks, or those seen in fit, to the latter."""
        norms, others = self._squared_norms(bars), self.squared_norms_
        if self.normalize:
            norms, others = np.sign(norms), np.sign(others)
        sums = norms[:, None] + others
        squares = sums - 2 * self._products(bars)
        for i, j in np.argwhere(squares <= _NEAR * sums):
            if bars is not None:
                squares[i, j] = self._near_square(bars[i], self.bars_[j])
            elif i <= j:
                square = self._near_square(self.bars_[i], self.bars_[j]) if i < j else 0.0
                squares[i, j] = squares[j, i] = square
        return squares

    def _near_square(self, row, other):
        """Return the squared distance of two networks that are close, to all digits.

        That of f / p and g / q, where p and q are their norms, is that of f and g, less
        (p - q)^2, over p q.
        """
        weights = self.level_weights_, self.column_weights_
        square = squared_distance_of_rows(row, other, *weights)
        if self.normalize:
            p, q = _norms_or_one(self._squared_norms(np.stack([row, other])))
            square = max(square - (p - q) ** 2, 0.0) / (p * q)
        return square

    def _of_squared_distances(self, squares):
        if self.kernel == "rbf":
            return np.exp(-self.gamma_ * squares)
        distances = np.sqrt(squares)
        values = np.asarray(self.kernel(distances), dtype=np.float64)
        if values.shape != distances.shape or np.isnan(values).any():
            raise ValueError(
                f"kernel must turn an array of distances of shape {distances.shape} into one of "
                f"kernel values of that shape without NaN, got shape {values.shape}."
            )
        return values


def _distance_itself(distances):
    return distances


def _norms_or_one(squared):
    """Return norms, and 1 for the zero landscape, which stays zero when it is divided by that."""
    return np.sqrt(np.where(squared > 0, squared, 1.0))


def _median_rule(squares):
    """Return 1 over the median squared distance of different networks, or 1 if that is zero."""
    median = np.median(squares[np.triu_indices(len(squares), 1)]) if len(squares) > 1 else 0.0
    return 1 / float(median) if median > 0 else 1.0
