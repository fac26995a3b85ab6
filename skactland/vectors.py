"""Features from persistence diagrams: their landscapes and silhouettes on a grid."""

from numbers import Real

import numpy as np
from sklearn.utils.validation import check_array, check_is_fitted

from skactland._checks import check_count, check_option, check_window
from skactland._diagrams import (
    ESSENTIAL_POLICIES,
    check_diagram_table,
    column_window,
    finite_bars,
    warn_of_dropped_bars,
)
from skactland._tables import TableTransformer, column_names, empty_table, layer_and_degree
from skactland._tents import add_tents, level_values
from skactland.landscapes import PersistenceLandscape

_GRIDS = ("column", "degree", "shared")


class _GridVectorizer(TableTransformer):
    """What vectorizers of functions on a grid share: the grid, the weighting and the way back.

    A subclass says how many functions a diagram has (`_count_functions`), writes their values at
    the nodes (`_write_values`) and names them (`_function_names`).
    """

    def fit(self, X, y=None):
        """Learn the windows.

        Parameters
        ----------
        X : table of diagrams
            Object array of shape (n_networks, n_columns), data frame, or list of diagrams (one
            column); cells have shape (n_bars, 2).
        y : None
            Ignored.

        Returns
        -------
        self
            The fitted estimator.
        """
        resolution = check_count(self.resolution, "resolution", minimum=2)
        check_option(self.essential, "essential", ESSENTIAL_POLICIES)
        check_option(self.grid, "grid", _GRIDS)
        if self.weighting is not None:
            check_option(self.weighting, "weighting", ("l2",))
        diagrams = check_diagram_table(self, X, reset=True)
        windows = self._windows(diagrams)
        self.nodes_ = np.array([np.linspace(*window, resolution) for window in windows])
        self._n_functions = self._count_functions(diagrams)
        return self

    def _windows(self, diagrams):
        """Return the window of each column."""
        groups = np.array(self._groups())
        if self.sample_range is not None:
            return [check_window(self.sample_range)] * len(groups)
        of_group = {g: column_window(diagrams[:, groups == g].ravel()) for g in set(groups)}
        return [of_group[g] for g in groups]

    def _groups(self):
        """Return for each column what it shares its window with."""
        names = column_names(self)
        if self.grid == "column":
            return range(len(names))
        if self.grid == "shared":
            return [0] * len(names)
        degrees = [layer_and_degree(name)[1] for name in names]
        if None in degrees:
            raise ValueError(
                f'grid="degree" reads the degree from names such as "fc1__H1", and column '
                f"{names[degrees.index(None)]!r} has none; give a data frame with such names, as "
                'RipsPersistence().set_output(transform="pandas") makes it.'
            )
        return degrees

    def transform(self, X):
        """Compute the features.

        Parameters
        ----------
        X : table of diagrams
            With the columns seen in fit.

        Returns
        -------
        ndarray of shape (n_networks, n_columns * n_functions * resolution)
            Ordered by column, then function (level), then node; in units of the filtration value,
            to the power 3/2 with ``weighting="l2"``.
        """
        check_is_fitted(self)
        diagrams = check_diagram_table(self, X, reset=False)
        warn_of_dropped_bars(self, diagrams)
        values = np.zeros((*diagrams.shape, self._n_functions, self.nodes_.shape[1]))
        for i, j in np.ndindex(diagrams.shape):
            self._write_values(self._bars(diagrams[i, j], j), self.nodes_[j], values[i, j])
        if self.weighting is not None:
            values *= self._factors()
        return values.reshape(len(values), -1)

    def _bars(self, diagram, j):
        """Return the finite bars of a diagram in column j."""
        return finite_bars(diagram, self.essential, end=self.nodes_[j, -1])

    def _factors(self):
        """Return what the values of each column are multiplied by, as (n_columns, 1, n_nodes)."""
        factors = np.ones(self.nodes_.shape)
        if self.weighting == "l2":
            factors *= np.sqrt(self.nodes_[:, 1:2] - self.nodes_[:, :1])
            factors[:, [0, -1]] /= np.sqrt(2)
        return factors[:, None, :]

    def to_landscapes(self, coefficients):
        """Turn feature vectors back into functions, column by column.

        The functions are linear between the nodes, where they have the coefficients as values,
        less the factors of ``weighting="l2"``; beyond the window they fall to zero within one
        step. For features they are landscapes between whose nodes nothing is known. For the
        coefficients of a linear model or a principal component on features with
        ``weighting="l2"`` they are the functions whose inner products with landscapes the model
        computes, and so what to plot.

        Parameters
        ----------
        coefficients : array of shape (n_features,) or (n_vectors, n_features)
            In the order of the features.

        Returns
        -------
        object array of shape (n_columns,) or (n_vectors, n_columns)
            A :class:`~skactland.PersistenceLandscape` for each column, in the order of the columns
            seen in fit.
        """
        check_is_fitted(self)
        vectors = check_array(coefficients, ensure_2d=False, dtype=np.float64)
        n_columns, n_nodes = self.nodes_.shape
        shape = (n_columns, self._n_functions, n_nodes)
        if vectors.ndim > 2 or vectors.shape[-1] != np.prod(shape):
            raise ValueError(
                f"Expected coefficients of {np.prod(shape)} features, {n_columns} columns x "
                f"{self._n_functions} functions x {n_nodes} nodes, got shape {vectors.shape}."
            )
        values = vectors.reshape(-1, *shape) / self._factors()
        table = empty_table(len(values), n_columns)
        for i, j in np.ndindex(table.shape):
            levels = [_polyline(self.nodes_[j], row) for row in values[i, j]]
            table[i, j] = PersistenceLandscape(levels)
        return table if vectors.ndim == 2 else table[0]

    def get_feature_names_out(self, input_features=None):
        """Return the names of the features, such as ``fc1__H1__k1__t0.250``.

        Parameters
        ----------
        input_features : sequence of str or None, default=None
            Names of the columns; those seen in fit, or x0, x1, ... if there were none.

        Returns
        -------
        ndarray of str objects
            Column, function (level, from 1) and node, the latter with as many decimals as tell the
            nodes apart.
        """
        names = column_names(self, input_features)
        return np.array(
            [
                f"{name}{function}__t{node}"
                for name, nodes in zip(names, self.nodes_, strict=True)
                for function in self._function_names()
                for node in _short_decimals(nodes)
            ],
            dtype=object,
        )


class LandscapeVectorizer(_GridVectorizer):
    r"""Exact values of persistence landscapes at the nodes of a grid.

    Each cell becomes the values of :math:`\lambda_1, \dots, \lambda_k` at equally spaced
    filtration values, where :math:`\lambda_k(t)` is the k-th largest of
    :math:`\max(0, \min(t - b_i, d_i - t))` over the bars :math:`(b_i, d_i)` [1]_. The grid of a
    column covers the bars of the diagrams seen in fit; it says where the functions are read, and
    rounds nothing. Bars that reach beyond it, in tables seen later, are cut off from view.

    Parameters
    ----------
    n_landscapes : int or None, default=5
        Number of levels k; levels that a diagram does not have are zero. None takes as many as the
        deepest landscape seen in fit has: in degree 0 of n points that is n - 1, one for each bar.
    resolution : int, default=100
        Number of nodes of each grid, at least 2 since both end points of the window are nodes.
    sample_range : (float, float) or None, default=None
        One window for all columns. By default windows are learned in fit: from the least birth to
        the largest finite death, or (0, 1) if there was no bar.
    grid : {"column", "degree", "shared"}, default="column"
        The columns that share a window, if it is learned: each has its own, those of one degree
        share one (their names end in the degree, as in "fc1__H1"), or all do.
    weighting : None or "l2", default=None
        With "l2" values are multiplied by the square roots of the weights of the trapezoidal rule.
        The Euclidean inner product of two networks' features is then the L2 inner product of
        their first levels over the window, summed over columns, but for an error of at most
        :math:`h^2 V / 8`, where h is the step of the grid and V the total variation of the
        derivative of :math:`\sum_k \lambda_k \lambda'_k`: a quarter at twice the resolution.
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
    SilhouetteVectorizer : One function for each diagram instead of levels.
    ComplexityVectorizer : Norms of the landscapes instead of their values.
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

    Coefficients of a model are drawn as landscapes:

    >>> vectorizer.to_landscapes([0, 1, 2, 1, 0, 0, 0, 1, 0, 0])[0]
    PersistenceLandscape(n_levels=2, support=(0, 4))
    """

    def __init__(
        self,
        n_landscapes=5,
        resolution=100,
        *,
        sample_range=None,
        grid="column",
        weighting=None,
        essential="drop",
    ):
        self.n_landscapes = n_landscapes
        self.resolution = resolution
        self.sample_range = sample_range
        self.grid = grid
        self.weighting = weighting
        self.essential = essential

    def _count_functions(self, diagrams):
        if self.n_landscapes is None:
            cells = np.ndindex(diagrams.shape)
            self.n_landscapes_ = max(1, *(_depth(self._bars(diagrams[i, j], j)) for i, j in cells))
        else:
            self.n_landscapes_ = check_count(self.n_landscapes, "n_landscapes")
        return self.n_landscapes_

    def _write_values(self, bars, nodes, values):
        level_values(bars, nodes, values)

    def _function_names(self):
        return [f"__k{level}" for level in range(1, self.n_landscapes_ + 1)]


class SilhouetteVectorizer(_GridVectorizer):
    r"""Exact values of power-weighted silhouettes at the nodes of a grid.

    The silhouette of a diagram is the mean of its tents, weighted by powers of their lengths [1]_,

    .. math:: \phi(t) = \frac{\sum_i (d_i - b_i)^p \max(0, \min(t - b_i, d_i - t))}
        {\sum_i (d_i - b_i)^p},

    zero for a diagram without bars. It is one function where the landscape is a sequence of them:
    shorter features, and no longer enough to tell the diagram.

    Parameters
    ----------
    power : float, default=1.0
        The power p, at least 0; the larger, the more long bars count.
    resolution : int, default=100
        Number of nodes of each grid, at least 2 since both end points of the window are nodes.
    sample_range, grid, weighting, essential
        As in :class:`~skactland.LandscapeVectorizer`.

    Attributes
    ----------
    nodes_ : ndarray of shape (n_features_in_, resolution)
        The filtration values at which the silhouettes of each column are read.
    n_features_in_ : int
        Number of columns of the table seen in fit.
    feature_names_in_ : ndarray of shape (n_features_in_,)
        Names of those columns, if the table was a data frame.

    See Also
    --------
    LandscapeVectorizer : The first levels of the landscapes.

    References
    ----------
    .. [1] Chazal, Fasy, Lecci, Rinaldo, Wasserman, "Stochastic convergence of persistence
       landscapes and silhouettes", Journal of Computational Geometry 6(2), 2015.

    Examples
    --------
    >>> from skactland import SilhouetteVectorizer
    >>> SilhouetteVectorizer(resolution=5).fit_transform([[[0.0, 4.0], [0.0, 2.0]]])
    array([[0.        , 1.        , 1.33333333, 0.66666667, 0.        ]])
    """

    def __init__(
        self,
        power=1.0,
        resolution=100,
        *,
        sample_range=None,
        grid="column",
        weighting=None,
        essential="drop",
    ):
        self.power = power
        self.resolution = resolution
        self.sample_range = sample_range
        self.grid = grid
        self.weighting = weighting
        self.essential = essential

    def _count_functions(self, diagrams):
        if not isinstance(self.power, Real) or not 0 <= self.power < np.inf:
            raise ValueError(f"power must be a finite number, at least 0, got {self.power!r}.")
        return 1

    def _write_values(self, bars, nodes, values):
        if len(bars):
            lengths = bars[:, 1] - bars[:, 0]
            weights = (lengths / lengths.max()) ** self.power
            add_tents(bars, weights / weights.sum(), nodes, values[0])

    def _function_names(self):
        return [""]


def _depth(bars):
    """Return the largest number of bars that overlap: the number of levels of their landscape."""
    births, deaths = np.sort(bars[bars[:, 0] < bars[:, 1]], axis=0).T
    begun = np.searchsorted(births, births, side="right")
    return int((begun - np.searchsorted(deaths, births, side="right")).max(initial=0))


def _polyline(nodes, values):
    """Return the critical points of a function that is linear between nodes, zero a step beyond."""
    step = nodes[1] - nodes[0]
    nodes = np.concatenate([[nodes[0] - step], nodes, [nodes[-1] + step]])
    return np.column_stack([nodes, np.concatenate([[0.0], values, [0.0]])])


def _short_decimals(nodes):
    """Write increasing numbers with three decimals, or with more where they would look alike."""
    decimals = 3
    while decimals < 17 and len({f"{t:.{decimals}f}" for t in nodes}) < len(nodes):
        decimals += 1
    return [f"{t:.{decimals}f}" for t in nodes]
