"""Persistence images."""

from numbers import Real

import numpy as np
from scipy.special import ndtr

from skactland._checks import check_count, check_flag, check_option, check_positive, check_window
from skactland.vectors._balanced import GRIDS, BalancedVectorizer
from skactland.vectors._nodes import equally_spaced, node_names, widened

# Deviations that a learned window reaches beyond the bars of fit: 95 % of what each adds.
_MARGIN = 2


class PersistenceImageVectorizer(BalancedVectorizer):
    r"""Exact persistence images: where bars lie in the plane of births and lengths.

    Each bar of birth :math:`b_i` and length :math:`\ell_i = d_i - b_i > 0` becomes a Gaussian of
    deviation :math:`\sigma` about :math:`(b_i, \ell_i)`, of weight :math:`(\ell_i / L)^p`, where L
    is the longest bar of the column in fit; bars of length 0 are none, also for p = 0. A feature is
    the integral of their sum over a pixel [1]_,

    .. math:: \sum_i \Big(\frac{\ell_i}{L}\Big)^p
        \Big[\Phi\Big(\frac{x - b_i}{\sigma}\Big)\Big]_{x_0}^{x_1}
        \Big[\Phi\Big(\frac{y - \ell_i}{\sigma}\Big)\Big]_{y_0}^{y_1},

    with :math:`\Phi` the normal distribution function: not a sample of the density at the middle of
    the pixel, so that no bar falls between pixels, and coarse images are sums of fine ones.

    Parameters
    ----------
    power : float, default=1.0
        The power p, at least 0. Above 0, images change little where a short bar comes or goes.
    resolution : int, default=10
        Number of pixels along each axis.
    bandwidth : float or None, default=None
        The deviation :math:`\sigma`, in units of the filtration value. By default that of each
        window is learned: a pixel of its longer side.
    birth_range, length_range : (float, float) or None, default=None
        One window for all columns. By default windows are learned in fit: of births, and of lengths
        from 0 up, with two deviations around. What of a Gaussian lies beyond is cut off from view.
    grid : {"column", "degree", "shared"}, default="column"
        The columns that share windows and deviations, as in
        :class:`~skactland.LandscapeVectorizer`.
    weighting : "balanced" or None, default="balanced"
        With "balanced" the values of each column are divided by one number, the root of the mean
        squared norm of its rows in fit.
    clip : bool, default=True
        Limit values to Tukey's outer fences, as in :class:`~skactland.LandscapeVectorizer`.
    essential : {"drop", "cut"}, default="drop"
        Bars with infinite death are left out, as in reduced homology, or cut at the largest finite
        death of their column in fit.

    Attributes
    ----------
    birth_edges_, length_edges_ : ndarray of shape (n_diagram_columns, resolution + 1)
        Between which births and lengths the pixels of each column lie.
    bandwidths_ : ndarray of shape (n_diagram_columns,)
        The deviation of each column.
    longest_ : ndarray of shape (n_diagram_columns,)
        The length of weight 1, that of the longest bar in fit; 1 if there was no bar.
    limits_ : ndarray of shape (2, n_diagram_columns, resolution, resolution)
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
    LandscapeVectorizer : Functions of the filtration value, without a bandwidth to choose.

    References
    ----------
    .. [1] Adams et al., "Persistence images: a stable vector representation of persistent
       homology", Journal of Machine Learning Research 18, 2017.

    Examples
    --------
    >>> from skactland import PersistenceImageVectorizer
    >>> vectorizer = PersistenceImageVectorizer(
    ...     resolution=2, bandwidth=0.1, birth_range=(0, 2), length_range=(0, 4), weighting=None
    ... )
    >>> vectorizer.fit_transform([[[0.5, 1.5], [1.5, 4.5]]]).round(4)
    array([[0.3333, 0.    , 0.    , 1.    ]])
    >>> vectorizer.get_feature_names_out(["fc1__H1"])[:2]
    array(['fc1__H1__b0.500__l1.000', 'fc1__H1__b0.500__l3.000'], dtype=object)
    """

    def __init__(
        self,
        power=1.0,
        resolution=10,
        *,
        bandwidth=None,
        birth_range=None,
        length_range=None,
        grid="column",
        weighting="balanced",
        clip=True,
        essential="drop",
    ):
        self.power = power
        self.resolution = resolution
        self.bandwidth = bandwidth
        self.birth_range = birth_range
        self.length_range = length_range
        self.grid = grid
        self.weighting = weighting
        self.clip = clip
        self.essential = essential

    def transform(self, X):
        """Compute the features.

        Parameters
        ----------
        X : table of diagrams
            With the columns seen in fit.

        Returns
        -------
        ndarray of shape (n_networks, n_columns * resolution ** 2)
            Ordered by column, then birth, then length; without unit.
        """
        return self._features(self._values(self._read_bars(X)))

    def _learn(self, X):
        """Learn everything; return the table of diagrams, and the values of its pixels."""
        self._check_parameters()
        table = self._learn_table(X)
        bars = self._bars(table)
        groups = np.array(self._groups())
        shape = len(groups), self.resolution + 1
        self.birth_edges_, self.length_edges_ = np.empty(shape), np.empty(shape)
        self.bandwidths_, self.longest_ = np.empty(shape[0]), np.empty(shape[0])
        for group in set(groups):
            learned = self._window(np.concatenate(bars[:, groups == group].ravel()))
            for array, value in zip(
                (self.birth_edges_, self.length_edges_, self.bandwidths_, self.longest_),
                learned,
                strict=True,
            ):
                array[groups == group] = value
        values = self._values(bars)
        self._learn_limits(values)
        return table, values

    def _check_parameters(self):
        is_number = isinstance(self.power, Real) and not isinstance(self.power, bool)
        if not is_number or not 0 <= self.power < np.inf:
            raise ValueError(f"power must be a finite number, at least 0, got {self.power!r}.")
        check_count(self.resolution, "resolution")
        if self.bandwidth is not None:
            check_positive(self.bandwidth, "bandwidth")
        check_option(self.grid, "grid", GRIDS)
        if self.weighting is not None:
            check_option(self.weighting, "weighting", ("balanced",))
        check_flag(self.clip, "clip")

    def _window(self, bars):
        """Return the edges of births and of lengths, the deviation and the longest bar of a group.

        Parameters
        ----------
        bars : array of shape (n_bars, 2)
            The finite bars of the group's diagrams.
        """
        births, lengths = _births_and_lengths(bars)
        longest = lengths.max(initial=0.0) or 1.0
        first, last = (births.min(), births.max()) if len(births) else (0.0, 1.0)
        with np.errstate(over="ignore"):  # refused below
            width = max(last - first, longest)
            deviation = width / self.resolution if self.bandwidth is None else float(self.bandwidth)
            margin = _MARGIN * deviation
            births, lengths = (first - margin, last + margin), (0.0, longest + margin)
        if self.birth_range is not None:
            births = check_window(self.birth_range, "birth_range")
        if self.length_range is not None:
            lengths = check_window(self.length_range, "length_range")
        if not np.isfinite([*births, *lengths, deviation]).all():
            raise ValueError(
                f"Births from {first:.3g} to {last:.3g} and bars as long as {longest:.3g} leave no "
                "room for a window of floating-point numbers; divide all diagrams by one number."
            )
        edges = [
            equally_spaced(*widened(*window, self.resolution + 1), self.resolution + 1)
            for window in (births, lengths)
        ]
        return (*edges, deviation, longest)

    def _values(self, bars):
        """Return the integrals over pixels, (n_networks, n_columns, n_births, n_lengths)."""
        n_pixels = self.birth_edges_.shape[1] - 1
        values = np.zeros((*bars.shape, n_pixels, n_pixels))
        for i, j in np.ndindex(bars.shape):
            births, lengths = _births_and_lengths(bars[i, j])
            weights = self._weights(lengths, self.longest_[j])
            of_births = _masses(births, self.birth_edges_[j], self.bandwidths_[j])
            of_lengths = _masses(lengths, self.length_edges_[j], self.bandwidths_[j])
            values[i, j] = (of_births * weights[:, None]).T @ of_lengths
        return values

    def _weights(self, lengths, longest):
        with np.errstate(over="ignore"):
            weights = (lengths / longest) ** self.power
        if np.isinf(weights).any():
            raise ValueError(
                f"A bar is {lengths.max() / longest:.3g} times as long as the longest in fit, and "
                f"that to the power {self.power:g} is too large for a floating-point number; "
                "choose a smaller power."
            )
        return weights

    def get_feature_names_out(self, input_features=None):
        """Return the names of the features, such as ``fc1__H1__b0.250__l0.500``.

        Parameters
        ----------
        input_features : sequence of str or None, default=None
            Names of the columns; those seen in fit, or x0, x1, ... if there were none.

        Returns
        -------
        ndarray of str objects
            Column, and birth and length in the middle of the pixel.
        """
        names = self._diagram_names(input_features)
        edges = zip(names, self.birth_edges_, self.length_edges_, strict=True)
        return np.array(
            [
                f"{name}__b{birth}__l{length}"
                for name, births, lengths in edges
                for birth in node_names(_middles(births))
                for length in node_names(_middles(lengths))
            ],
            dtype=object,
        )


def _births_and_lengths(bars):
    with np.errstate(over="ignore"):
        lengths = bars[:, 1] - bars[:, 0]
    if np.isinf(lengths).any():
        raise ValueError(
            "A bar is longer than the largest floating-point number; divide all diagrams by one "
            "number."
        )
    return bars[:, 0], lengths


def _masses(centres, edges, deviation):
    """Return what each of some normal distributions has between neighbouring edges.

    Parameters
    ----------
    centres : array of shape (n,)
    edges : array of shape (n_pixels + 1,)
    deviation : float

    Returns
    -------
    array of shape (n, n_pixels)
    """
    with np.errstate(over="ignore"):  # so far away that nothing is there
        distances = (edges - centres[:, None]) / deviation
    # From the nearer tail: beyond the centre, differences of numbers near 1 would lose all digits.
    is_above = distances[:, :-1] > 0
    starts = np.where(is_above, -distances[:, 1:], distances[:, :-1])
    stops = np.where(is_above, -distances[:, :-1], distances[:, 1:])
    return ndtr(stops) - ndtr(starts)


def _middles(edges):
    return edges[:-1] / 2 + edges[1:] / 2
