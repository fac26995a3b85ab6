"""The landscape kernel: exact inner products of activation landscapes."""

import numpy as np
from sklearn.base import ClassNamePrefixFeaturesOutMixin
from sklearn.utils.validation import check_is_fitted

from skactland._checks import check_option
from skactland._diagrams import (
    ESSENTIAL_POLICIES,
    check_diagram_table,
    column_window,
    finite_bars,
    warn_of_dropped_bars,
)
from skactland._levels import inner_product
from skactland._tables import TableTransformer, empty_table
from skactland._tents import critical_points


def landscape_gram(X, Y=None, *, essential="drop"):
    r"""Return the Gram matrix of the landscape kernel.

    .. math:: K(X_i, Y_j) = \sum_{c} \sum_{k \ge 1}
        \int \lambda^{X_{ic}}_k(t)\, \lambda^{Y_{jc}}_k(t)\, dt

    over the columns c of two tables of diagrams and all levels k of their landscapes: the inner
    product of activation landscapes [1]_. It is integrated exactly, without a grid.

    Parameters
    ----------
    X : table of diagrams
        Object array of shape (n, n_columns), data frame, or list of diagrams (one column).
    Y : table of diagrams or None, default=None
        A table with the same columns; `X` itself if None.
    essential : {"drop", "cut"}, default="drop"
        Bars with infinite death are left out, or cut at the largest finite death of their column
        in `Y`.

    Returns
    -------
    ndarray of shape (n_X, n_Y)
        In units of the cubed filtration value.

    Raises
    ------
    ValueError, TypeError
        If the columns differ, or a cell is no diagram, has NaN coordinates or a bar that dies
        before its birth.

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
    kernel = LandscapeKernel(essential=essential)
    return kernel.fit_transform(X) if Y is None else kernel.fit(Y).transform(X)


class LandscapeKernel(ClassNamePrefixFeaturesOutMixin, TableTransformer):
    """Gram matrix of activation landscapes, for estimators with ``kernel="precomputed"``.

    The entry of two networks is the sum, over the columns of the table of diagrams and all levels,
    of the exact L2 inner products of their persistence landscapes; see
    :func:`~skactland.landscape_gram`. The networks seen in fit are kept, and ``transform`` gives
    the inner products of new networks with them, as scikit-learn expects of a precomputed kernel.

    Parameters
    ----------
    essential : {"drop", "cut"}, default="drop"
        Bars with infinite death are left out, as in reduced homology, or cut at the largest finite
        death of their column in fit. Dropping any but the one component of a cloud that never dies
        gives a warning.

    Attributes
    ----------
    landscapes_ : object array of shape (n_fitted, n_features_in_)
        The landscapes of the networks seen in fit: the critical points of all levels, shape
        (n_points, 2), and where each level starts among them.
    window_ends_ : ndarray of shape (n_features_in_,)
        The largest finite death of each column in fit, 1 if there was no bar.
    n_features_in_ : int
        Number of columns of the table seen in fit.
    feature_names_in_ : ndarray of shape (n_features_in_,)
        Names of those columns, if the table was a data frame.

    See Also
    --------
    landscape_gram : The same as a function.
    LandscapeVectorizer : Features on a grid, for estimators without a kernel.

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

    def __init__(self, *, essential="drop"):
        self.essential = essential

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
        check_option(self.essential, "essential", ESSENTIAL_POLICIES)
        diagrams = check_diagram_table(self, X, reset=True)
        self.window_ends_ = np.array([column_window(column)[1] for column in diagrams.T])
        self.landscapes_ = self._landscapes(diagrams)
        self._n_features_out = len(diagrams)
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
        self.fit(X)
        warn_of_dropped_bars(self, check_diagram_table(self, X, reset=False))
        gram = np.empty((len(self.landscapes_), len(self.landscapes_)))
        for i, row in enumerate(self.landscapes_):
            for j in range(i + 1):
                gram[i, j] = gram[j, i] = _inner_product_of_rows(row, self.landscapes_[j])
        return gram

    def transform(self, X):
        """Compute the inner products with the networks seen in fit.

        Parameters
        ----------
        X : table of diagrams
            With the columns seen in fit.

        Returns
        -------
        ndarray of shape (n_networks, n_fitted)
            In units of the cubed filtration value.
        """
        check_is_fitted(self)
        diagrams = check_diagram_table(self, X, reset=False)
        warn_of_dropped_bars(self, diagrams)
        rows = self._landscapes(diagrams)
        return np.array(
            [[_inner_product_of_rows(row, other) for other in self.landscapes_] for row in rows]
        )

    def _landscapes(self, diagrams):
        landscapes = empty_table(*diagrams.shape)
        for i, j in np.ndindex(diagrams.shape):
            end = self.window_ends_[j]
            bars = finite_bars(diagrams[i, j], self.essential, end)
            landscapes[i, j] = critical_points(bars, len(bars))
        return landscapes


def _inner_product_of_rows(row, other):
    """Return the inner product of two networks' landscapes, summed over the columns."""
    return sum(inner_product(*f, *g) for f, g in zip(row, other, strict=True))
