"""Betti curves of persistence diagrams on a grid."""

import numpy as np

from skactland.vectors._grid import GridVectorizer


class BettiCurveVectorizer(GridVectorizer):
    r"""Numbers of bars that are alive at the nodes of a grid, the Betti curve.

    .. math:: \beta(t) = \#\{i : b_i \le t < d_i\}

    is the number of components, loops or voids at the filtration value t [1]_. A bar counts the
    same however long it is, so that noise counts most: of landscapes, which are zero where bars
    begin and end, it is the coarse relative.

    Parameters
    ----------
    resolution : int, default=30
        Number of nodes of each grid, at least 2 since both end points of the window are nodes.
    sample_range, grid, weighting, clip, essential
        As in :class:`~skactland.LandscapeVectorizer`; ``weighting="l2"`` is of the L2 inner product
        of Betti curves, up to what they do between nodes. With ``weighting=None, clip=False``
        features are counts.

    Attributes
    ----------
    nodes_ : ndarray of shape (n_diagram_columns, resolution)
        The filtration values at which bars of each column of diagrams are counted.
    limits_ : ndarray of shape (2, n_diagram_columns, 1, resolution)
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
    LandscapeVectorizer : How long the bars are that are alive, level by level.
    PersistenceImageVectorizer : Where bars lie in the diagram.

    References
    ----------
    .. [1] Giusti, Pastalkova, Curto, Itskov, "Clique topology reveals intrinsic geometric structure
       in neural correlations", PNAS 112(44), 2015.

    Examples
    --------
    >>> from skactland import BettiCurveVectorizer
    >>> vectorizer = BettiCurveVectorizer(resolution=5, weighting=None)
    >>> vectorizer.fit_transform([[[0.0, 4.0], [0.0, 2.0]]])
    array([[2., 2., 1., 1., 0.]])
    >>> vectorizer.get_feature_names_out(["fc1__H1"])[:2]
    array(['fc1__H1__t0.000', 'fc1__H1__t1.000'], dtype=object)
    """

    def __init__(
        self,
        resolution=30,
        *,
        sample_range=None,
        grid="column",
        weighting="balanced",
        clip=True,
        essential="drop",
    ):
        self.resolution = resolution
        self.sample_range = sample_range
        self.grid = grid
        self.weighting = weighting
        self.clip = clip
        self.essential = essential

    def _count_functions(self, table):
        return 1

    def _write_values(self, bars, nodes, values):
        # Each sorted by itself: how many are alive does not ask which death is of which birth.
        births, deaths = np.sort(bars, axis=0).T
        begun = np.searchsorted(births, nodes, side="right")
        values[0] = begun - np.searchsorted(deaths, nodes, side="right")

    def _function_names(self):
        return [""]
