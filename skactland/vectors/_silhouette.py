"""Silhouettes of persistence diagrams on a grid."""

from numbers import Real

import numpy as np

from skactland._compiled.landscapes.tents import add_tents
from skactland.landscapes._norms import tent_heights
from skactland.vectors._grid import GridVectorizer


class SilhouetteVectorizer(GridVectorizer):
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
    resolution : int, default=30
        Number of nodes of each grid, at least 2 since both end points of the window are nodes.
    sample_range, grid, weighting, clip, essential
        As in :class:`~skactland.LandscapeVectorizer`.

    Attributes
    ----------
    nodes_ : ndarray of shape (n_diagram_columns, resolution)
        The filtration values at which the silhouettes of each column of diagrams are read.
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
    LandscapeVectorizer : The first levels of the landscapes.

    References
    ----------
    .. [1] Chazal, Fasy, Lecci, Rinaldo, Wasserman, "Stochastic convergence of persistence
       landscapes and silhouettes", Journal of Computational Geometry 6(2), 2015.

    Examples
    --------
    >>> from skactland import SilhouetteVectorizer
    >>> SilhouetteVectorizer(resolution=5, weighting=None).fit_transform([[[0.0, 4.0], [0.0, 2.0]]])
    array([[0.        , 1.        , 1.33333333, 0.66666667, 0.        ]])
    """

    def __init__(
        self,
        power=1.0,
        resolution=30,
        *,
        sample_range=None,
        grid="column",
        weighting="balanced",
        clip=True,
        essential="drop",
    ):
        self.power = power
        self.resolution = resolution
        self.sample_range = sample_range
        self.grid = grid
        self.weighting = weighting
        self.clip = clip
        self.essential = essential

    def _count_functions(self, table):
        is_number = isinstance(self.power, Real) and not isinstance(self.power, bool)
        if not is_number or not 0 <= self.power < np.inf:
            raise ValueError(f"power must be a finite number, at least 0, got {self.power!r}.")
        return 1

    def _write_values(self, bars, nodes, values):
        if len(bars):
            heights = tent_heights(bars)
            weights = (heights / heights.max()) ** self.power  # ratios: powers may overflow
            add_tents(bars, weights / weights.sum(), nodes, values[0])

    def _function_names(self):
        return [""]
