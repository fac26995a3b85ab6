"""Features from persistence diagrams."""

import numpy as np
from sklearn.utils.validation import check_is_fitted

from skactland._checks import check_count, check_option, check_window
from skactland._diagrams import (
    ESSENTIAL_POLICIES,
    check_diagram_table,
    column_window,
    finite_bars,
    warn_of_dropped_bars,
)
from skactland._tables import TableTransformer, column_names
from skactland._tents import level_values


class LandscapeVectorizer(TableTransformer):
    r"""Exact values of persistence landscapes at the nodes of a grid, one window a column.

    Each cell becomes the values of :math:`\lambda_1, \dots, \lambda_k` at equally spaced
    filtration values, where :math:`\lambda_k(t)` is the k-th largest of
    :math:`\max(0, \min(t - b_i, d_i - t))` over the bars :math:`(b_i, d_i)` [1]_. The grid of a
    column covers the bars of the diagrams seen in fit; it says where the functions are read, and
    rounds nothing. Bars that reach beyond it, in tables seen later, are cut off from view.

    Parameters
    ----------
    n_landscapes : int, default=5
        Number of levels k; levels that a diagram does not have are zero.
    resolution : int, default=100
        Number of nodes of each grid, at least 2 since both end points of the window are nodes.
    sample_range : (float, float) or None, default=None
        One window for all columns. By default each column has its own, from the least birth to
        the largest finite death in fit, or (0, 1) if there was no bar.
    essential : {"drop", "cut"}, default="drop"
        Bars with infinite death are left out, as in reduced homology, or cut at the end of the
        window. The component of a cloud that never dies, if cut, adds the same to every network,
        an amount that depends on the window alone. Dropping any other infinite bar gives a
        warning.

    Attributes
    ----------
    nodes_ : ndarray of shape (n_features_in_, resolution)
        The filtration values at which the landscapes of each column are read.
    n_landscapes_ : int
        Number of levels.
    n_features_in_ : int
        Number of columns of the table seen in fit.
    feature_names_in_ : ndarray of shape (n_features_in_,)
        Names of those columns, if the table was a data frame.

    See Also
    --------
    landscape_values : The same for a single diagram.
    LandscapeKernel : Inner products of all levels, without a grid.

    References
    ----------
    .. [1] Bubenik, "Statistical topological data analysis using persistence landscapes", Journal
       of Machine Learning Research 16, 2015.

    Examples
    --------
    >>> from skactland import LandscapeVectorizer
    >>> diagrams = [[[0.0, 4.0], [1.0, 3.0]], [[0.0, 2.0]]]
    >>> vectorizer = LandscapeVectorizer(n_landscapes=2, resolution=5)
    >>> vectorizer.fit_transform(diagrams)
    array([[0., 1., 2., 1., 0., 0., 0., 1., 0., 0.],
           [0., 1., 0., 0., 0., 0., 0., 0., 0., 0.]])
    >>> vectorizer.get_feature_names_out(["fc1__H1"])[:2]
    array(['fc1__H1__k1__t0.000', 'fc1__H1__k1__t1.000'], dtype=object)
    """

    def __init__(self, n_landscapes=5, resolution=100, *, sample_range=None, essential="drop"):
        self.n_landscapes = n_landscapes
        self.resolution = resolution
        self.sample_range = sample_range
        self.essential = essential

    def fit(self, X, y=None):
        """Learn the window of each column.

        Parameters
        ----------
        X : table of diagrams
            Object array of shape (n_networks, n_columns), data frame, or list of diagrams (one
            column); cells have shape (n_bars, 2).
        y : None
            Ignored.

        Returns
        -------
        LandscapeVectorizer
            The fitted estimator.
        """
        self.n_landscapes_ = check_count(self.n_landscapes, "n_landscapes")
        resolution = check_count(self.resolution, "resolution", minimum=2)
        check_option(self.essential, "essential", ESSENTIAL_POLICIES)
        diagrams = check_diagram_table(self, X, reset=True)
        if self.sample_range is None:
            windows = [column_window(column) for column in diagrams.T]
        else:
            windows = [check_window(self.sample_range)] * diagrams.shape[1]
        self.nodes_ = np.array([np.linspace(*window, resolution) for window in windows])
        return self

    def transform(self, X):
        """Compute the features.

        Parameters
        ----------
        X : table of diagrams
            With the columns seen in fit.

        Returns
        -------
        ndarray of shape (n_networks, n_columns * n_landscapes * resolution)
            Ordered by column, then level, then node; in units of the filtration value.
        """
        check_is_fitted(self)
        diagrams = check_diagram_table(self, X, reset=False)
        warn_of_dropped_bars(self, diagrams)
        values = np.zeros((*diagrams.shape, self.n_landscapes_, self.nodes_.shape[1]))
        for i, j in np.ndindex(diagrams.shape):
            nodes = self.nodes_[j]
            bars = finite_bars(diagrams[i, j], self.essential, end=nodes[-1])
            level_values(bars, nodes, values[i, j])
        return values.reshape(len(values), -1)

    def get_feature_names_out(self, input_features=None):
        """Return the names of the features, such as ``fc1__H1__k1__t0.250``.

        Parameters
        ----------
        input_features : sequence of str or None, default=None
            Names of the columns; those seen in fit, or x0, x1, ... if there were none.

        Returns
        -------
        ndarray of str objects
            Column, level (from 1) and node, the latter with as many decimals as tell the nodes
            apart.
        """
        names = column_names(self, input_features)
        return np.array(
            [
                f"{name}__k{level}__t{node}"
                for name, nodes in zip(names, self.nodes_, strict=True)
                for level in range(1, self.n_landscapes_ + 1)
                for node in _short_decimals(nodes)
            ],
            dtype=object,
        )


def _short_decimals(nodes):
    """Write increasing numbers with three decimals, or with more where they would look alike."""
    decimals = 3
    while decimals < 17 and len({f"{t:.{decimals}f}" for t in nodes}) < len(nodes):
        decimals += 1
    return [f"{t:.{decimals}f}" for t in nodes]
