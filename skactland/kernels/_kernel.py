"""The landscape kernel as an estimator."""

import numpy as np
from sklearn.base import ClassNamePrefixFeaturesOutMixin

from skactland.kernels._gram import (
    check_kernel,
    error_bounds,
    gaussian_rate,
    kernel_of_distances,
    linear_gram,
)
from skactland.kernels._space import LandscapeSpace
from skactland.landscapes._bars import warn_of_dropped_bars
from skactland.landscapes._transformer import DiagramTransformer


class LandscapeKernel(ClassNamePrefixFeaturesOutMixin, DiagramTransformer):
    r"""Gram matrix of activation landscapes, for estimators with ``kernel="precomputed"``.

    The entry of two networks is the sum, over the columns of the table of diagrams and all levels,
    of the exact L2 inner products of their persistence landscapes; see
    :func:`~skactland.landscape_gram`. By default columns are brought to one scale first; with
    ``column_weights=None`` it is the plain inner product, as in that function. The networks seen in
    fit are kept, and ``transform`` gives the kernel of new networks and them, as scikit-learn
    expects of a precomputed kernel.

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
        The parameter of the Poisson weights, which is about the level that weighs most.
    column_weights : "balanced", dict, array or None, default="balanced"
        Weights of the columns; an array has one for each column of diagrams. The keys of a dict are
        layers ("fc1"), degrees ("H1" or 1) or whole names ("fc1__H1"); a column's weight is the
        product of the values that name it, 1 if none does. "balanced" divides each column by the
        mean of its squared norms in fit, so that no layer weighs more than others by its scale
        alone.
    normalize : bool, default=False
        Divide landscapes by their norms, so that the linear kernel is the cosine. The zero
        landscape stays zero.
    gamma : float or None, default=None
        The parameter of "rbf"; 1 over the median of the squared distances of different networks in
        fit if None (over the mean of those that are not zero if that is zero, 1 if all are).
    essential : {"drop", "cut"}, default="drop"
        Bars with infinite death are left out, as in reduced homology, or cut at the largest finite
        death of their column in fit. Dropping any but the one component of a cloud that never dies
        gives a warning.
    approximation : None, int or float, default=None
        None is the exact kernel. Where diagrams have thousands of bars, its time and memory go with
        the pairs of bars that cross. Otherwise each level is projected onto functions that are
        linear in each of so many equal cells between the least birth and the largest death of its
        column in fit; a float between 0 and 1 takes 16 cells or so many times 2 as are needed for
        no diagram of fit to lose a larger part of its squared norm. See the notes.
    n_jobs : int or None, default=None
        Columns computed at once, as in joblib; threads unless ``joblib.parallel_config`` says
        otherwise. The result does not depend on it.
    memory : path, joblib.Memory or None, default=None
        Cache the inner products of each column by content. A grid search over any other parameter
        than ``level_weights``, ``nu``, ``essential`` and ``approximation`` then computes them once
        for each fold.

    Attributes
    ----------
    bars_ : object array of shape (n_fitted, n_diagram_columns)
        The bars of the networks seen in fit whose landscapes are kept: finite, of positive length.
    squared_norms_ : ndarray of shape (n_fitted,)
        Squared norms of the networks seen in fit, before ``normalize``.
    column_weights_ : ndarray of shape (n_diagram_columns,)
        The weight of each column of diagrams.
    level_weights_ : ndarray or None
        The weight of each level; None where all are 1.
    gamma_ : float
        The parameter of "rbf", for that kernel alone.
    n_cells_ : ndarray of shape (n_diagram_columns,)
        In how many cells the landscapes of a column are projected; 0 for columns that are exact:
        all without ``approximation``, those of weight 0, and those in which all bars of fit have
        one birth, as in degree 0, where a level is but one tent.
    error_bound_ : float
        The largest of the errors that ``approximation`` may make in the kernel of the networks of
        fit, as :meth:`error_bounds` tells them; 0 for the exact kernel.
    window_ends_ : ndarray of shape (n_diagram_columns,)
        The largest finite death of each column of diagrams in fit, 1 if there was no bar.
    diagram_columns_ : ndarray of shape (n_diagram_columns,)
        The positions of the columns of diagrams in the table; columns of simplices are left out.
    n_features_in_ : int
        Number of columns of the table seen in fit, those of simplices among them.
    feature_names_in_ : ndarray of shape (n_features_in_,)
        Names of those columns, if the table was a data frame.

    See Also
    --------
    landscape_gram : The same as a function.
    landscape_distance : The distances that the kernel belongs to.
    LandscapeVectorizer : Features on a grid, for estimators without a kernel.

    Notes
    -----
    With ``approximation`` an inner product is that of projections, :math:`\langle Pf, Pg \rangle`.
    As P is an orthogonal projection, it differs from the exact one by
    :math:`\langle f - Pf, g - Pg \rangle`, which is at most r(f) r(g), where
    :math:`r(f)^2 = |f|^2 - |Pf|^2`; the approximate matrix and what it lacks are both positive
    semidefinite. As long as levels bend many times in a cell, :math:`r^2` falls to about a third
    with each doubling of the number of cells, and to an eighth once they do not.
    ``column_weights="balanced"`` and ``normalize`` divide by exact norms, so a tolerance bounds the
    error of a cosine, and that of a network with itself is below 1 by as much at most. What a new
    network has outside of the cells meets nothing of the networks of fit; in distances it counts
    exactly.

    Inner products go with the cube of the filtration value, and so leave the floating-point numbers
    where those are past 1e103 or below 1e-108: the linear kernel then raises an error. What has no
    unit ("balanced" columns, ``normalize``, "rbf" with the learned gamma) is right at any scale;
    the attributes with a unit (``squared_norms_``, ``column_weights_``, ``gamma_``) may then be
    infinite or zero.

    What takes ``kernel="precomputed"`` (SVC, SVR, KernelRidge, KernelPCA and others) comes next in
    a pipeline, after a :class:`~sklearn.preprocessing.KernelCenterer` if wanted; kernel ridge
    regression, which has no intercept, wants that and a centred target. A Gaussian process
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
        column_weights="balanced",
        normalize=False,
        gamma=None,
        essential="drop",
        approximation=None,
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
        self.approximation = approximation
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
            # A given gamma needs no distances.
            self._learn_gamma(self._squared_distances() if self.gamma is None else None)
        self.error_bound_ = float(self._error_bounds(self._rows).max())
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
        squares = None if self.kernel == "linear" else self._squared_distances()
        if self.kernel == "rbf":
            self._learn_gamma(squares)
        self.error_bound_ = float(self._error_bounds(self._rows).max())
        return self._inner_products() if squares is None else self._of_squared_distances(squares)

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
        rows = self._read_rows(X)
        if self.kernel == "linear":
            return self._inner_products(rows)
        return self._of_squared_distances(self._squared_distances(rows))

    def error_bounds(self, X):
        """Return how far the entries of ``transform(X)`` are from the exact kernel at most.

        Beside rounding. For "rbf" it is the kernel of the same ``gamma_``, and approximate values
        are never too small, since no distance grows by a projection. For a callable the bounds are
        those of the squared distances, which are never too large.

        Parameters
        ----------
        X : table of diagrams
            With the columns seen in fit.

        Returns
        -------
        ndarray of shape (n_networks, n_fitted)
            In the units of the kernel; zeros without ``approximation``.
        """
        return self._error_bounds(self._read_rows(X))

    def _keep(self, X):
        """Check the parameters and keep the bars of a table of diagrams, which is returned."""
        check_kernel(self.kernel, self.gamma, self.normalize, self.approximation, self.n_jobs)
        table = self._learn_table(X)
        self.bars_ = self._bars(table)
        # What scikit-learn numbers the names of the outputs by.
        self._n_features_out = len(self.bars_)
        self._space, self._rows = space, rows = LandscapeSpace.learn(
            self.bars_,
            self._diagram_names(),
            level_weights=self.level_weights,
            nu=self.nu,
            column_weights=self.column_weights,
            approximation=self.approximation,
            n_jobs=self.n_jobs,
            memory=self.memory,
        )
        self.n_cells_ = np.array([cells.n_cells if cells else 0 for cells in space.cells])
        self.level_weights_, self.column_weights_ = space.level_weights, space.column_weights
        with np.errstate(over="ignore", under="ignore"):
            self.squared_norms_ = np.ldexp(rows.squared_norms, space.power)
        return table

    def _read_rows(self, X):
        return self._space.rows(self._read_bars(X), n_jobs=self.n_jobs, memory=self.memory)

    def _error_bounds(self, rows):
        rate = self._rate if self.kernel == "rbf" else None
        return error_bounds(
            self._space, rows, self._rows, self.kernel, rate, normalize=self.normalize
        )

    def _learn_gamma(self, squares):
        power = self._space.power_of_distances(self.normalize)
        self._rate = factor, exponent = gaussian_rate(self.gamma, squares, power)
        with np.errstate(over="ignore", under="ignore"):
            self.gamma_ = float(np.ldexp(factor, exponent - power))

    def _inner_products(self, rows=None):
        """Return the linear kernel of some networks, or those seen in fit, with the latter."""
        options = {"normalize": self.normalize, "n_jobs": self.n_jobs, "memory": self.memory}
        return linear_gram(self._space, rows, self._rows, **options)

    def _squared_distances(self, rows=None):
        """Return the squared distances of some networks, or those seen in fit, to the latter."""
        options = {"normalize": self.normalize, "n_jobs": self.n_jobs, "memory": self.memory}
        return self._space.squared_distances(rows, self._rows, **options)

    def _of_squared_distances(self, squares):
        power = self._space.power_of_distances(self.normalize)
        rate = self._rate if self.kernel == "rbf" else None
        return kernel_of_distances(squares, power, self.kernel, rate)
