"""Persistence landscapes on a grid."""

import numpy as np

from skactland._checks import check_count
from skactland._compiled.landscapes.tents import level_values
from skactland.vectors._grid import GridVectorizer


class LandscapeVectorizer(GridVectorizer):
    r"""Exact values of persistence landscapes at the nodes of a grid.

    Each cell becomes the values of :math:`\lambda_1, \dots, \lambda_k` at equally spaced
    filtration values, where :math:`\lambda_k(t)` is the k-th largest of
    :math:`\max(0, \min(t - b_i, d_i - t))` over the bars :math:`(b_i, d_i)` [1]_. The grid of a
    column covers the bars of the diagrams seen in fit; it says where the functions are read, and
    rounds nothing. Bars that reach beyond it, in tables seen later, are cut off from view.

    By default values are then limited to what the networks of fit commonly have, and columns are
    brought to one scale, so that any of the usual scalers, or none, may come next. With
    ``clip=False, weighting=None`` they are left as they are.

    Parameters
    ----------
    n_landscapes : int or None, default=None
        Number of levels k; levels that a diagram does not have are zero. None takes as many as the
        deepest landscape seen in fit has: in degree 0 of n points that is n - 1, one for each bar.
    resolution : int, default=30
        Number of nodes of each grid, at least 2 since both end points of the window are nodes.
    sample_range : (float, float) or None, default=None
        One window for all columns. By default windows are learned in fit: from the least birth to
        the largest finite death, or (0, 1) if there was no bar. One that holds too few
        floating-point numbers for as many different nodes is widened a little.
    grid : {"column", "degree", "shared"}, default="column"
        The columns that share a window, if it is learned: each has its own, those of one degree
        share one (their names end in the degree, as in "fc1__H1"), or all do.
    weighting : "balanced", "l2" or None, default="balanced"
        With "balanced" the values of each column are divided by one number, the root of the mean
        squared norm of its rows in fit, so that no layer or degree weighs more than others by its
        scale alone, as with ``LandscapeKernel(column_weights="balanced")``; a column of zeros stays
        as it is. None leaves values as they are.
        With "l2" values are multiplied by the square roots of the weights of the trapezoidal rule.
        The Euclidean inner product of two networks' features is then the L2 inner product of
        their first levels over the window, summed over columns, but for an error of at most
        :math:`h^2 V / 8`, where h is the step of the grid and V the total variation of the
        derivative of :math:`\sum_k \lambda_k \lambda'_k`: a quarter at twice the resolution. That
        is so where nothing is clipped.
    clip : bool, default=True
        Limit values to Tukey's outer fences [2]_, within their range in fit: with a the lower and b
        the upper quartile of a feature in fit, to :math:`[a - 3 (b - a), b + 3 (b - a)]` and to
        its least and its largest value. A node that fewer than a quarter of those networks reach
        is then 0 for all. No row, seen in fit or later, is more than :math:`\sqrt{n - 1}`
        deviations from the mean of its n networks, or 4 quartile ranges from their median: nothing
        that a StandardScaler, MinMaxScaler or RobustScaler would blow up. A single network limits
        nothing.
    essential : {"drop", "cut"}, default="drop"
        Bars with infinite death are left out, as in reduced homology, or cut at the end of the
        window. The component of a cloud that never dies, if cut, adds the same to every network,
        an amount that depends on the window alone. Dropping any other infinite bar gives a
        warning.

    Attributes
    ----------
    nodes_ : ndarray of shape (n_diagram_columns, resolution)
        The filtration values at which the landscapes of each column of diagrams are read.
    n_landscapes_ : int
        Number of levels.
    limits_ : ndarray of shape (2, n_diagram_columns, n_landscapes_, resolution)
        The least and the largest value that counts, before weighting; only with ``clip``.
    scales_ : ndarray of shape (n_diagram_columns,)
        What the values of each column are divided by, 1 if they are not "balanced".
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
    landscape_values : The same for a single diagram.
    SilhouetteVectorizer : One function for each diagram instead of levels.
    ComplexityVectorizer : Norms of the landscapes instead of their values.
    LandscapeKernel : Inner products of all levels, without a grid.

    References
    ----------
    .. [1] Bubenik, "Statistical topological data analysis using persistence landscapes", Journal
       of Machine Learning Research 16, 2015.
    .. [2] Tukey, "Exploratory Data Analysis", Addison-Wesley, 1977, chapter 2.

    Examples
    --------
    >>> from skactland import LandscapeVectorizer
    >>> diagrams = [[[0.0, 4.0], [1.0, 3.0]], [[0.0, 2.0]]]
    >>> vectorizer = LandscapeVectorizer(n_landscapes=2, resolution=5, weighting=None)
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
        n_landscapes=None,
        resolution=30,
        *,
        sample_range=None,
        grid="column",
        weighting="balanced",
        clip=True,
        essential="drop",
    ):
        self.n_landscapes = n_landscapes
        self.resolution = resolution
        self.sample_range = sample_range
        self.grid = grid
        self.weighting = weighting
        self.clip = clip
        self.essential = essential

    def _count_functions(self, table):
        if self.n_landscapes is None:
            depths = [_depth(bars) for bars in self._bars(table).ravel()]
            self.n_landscapes_ = max(1, *depths)
        else:
            self.n_landscapes_ = check_count(self.n_landscapes, "n_landscapes")
        return self.n_landscapes_

    def _write_values(self, bars, nodes, values):
        level_values(bars, nodes, values)

    def _function_names(self):
        return [f"__k{level}" for level in range(1, self.n_landscapes_ + 1)]


def _depth(bars):
    """Return the largest number of bars that overlap: the number of levels of their landscape."""
    # Each sorted by itself: how many bars are alive at t does not ask which birth is of which
    # death.
    births, deaths = np.sort(bars[bars[:, 0] < bars[:, 1]], axis=0).T
    begun = np.searchsorted(births, births, side="right")
    return int((begun - np.searchsorted(deaths, births, side="right")).max(initial=0))
