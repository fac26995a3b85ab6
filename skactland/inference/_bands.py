"""Confidence bands of mean landscapes, uniform over filtration values and levels."""

from dataclasses import dataclass, field
from functools import cached_property
from numbers import Real

import numpy as np

from skactland._checks import check_count
from skactland._compiled.landscapes.tents import level_values
from skactland.inference._reading import check_groups, check_labels, column_sets, read_bars
from skactland.landscapes import PersistenceLandscape
from skactland.landscapes._bars import column_window

# Numbers in a batch of resampled landscapes.
_BATCH = 2**21
# An adaptive band is nowhere narrower than this part of its largest width. Where hardly any network
# has a bar, the mean is too low and the spread too small, both at once: at a tenth rather than a
# half, fewer than half of the bands of 20 networks held the truth.
_NARROWEST = 0.5


@dataclass(frozen=True, eq=False)
class ConfidenceBand:
    """A confidence band of the mean landscape of a column, or of a difference of two.

    Attributes
    ----------
    column : str
        The column that it is of.
    t : ndarray of shape (n_nodes,)
        Filtration values.
    mean, lower, upper : ndarray of shape (n_levels, n_nodes)
        The mean landscape of the sample at t, exactly, and the two sides of the band.
    alpha : float
        One minus the confidence level.
    landscape : PersistenceLandscape
        The mean landscape with all its critical points and levels. Computed when first asked for.
    """

    column: str
    t: np.ndarray = field(repr=False)
    mean: np.ndarray = field(repr=False)
    lower: np.ndarray = field(repr=False)
    upper: np.ndarray = field(repr=False)
    alpha: float
    _bars: np.ndarray = field(repr=False)
    _weights: np.ndarray = field(repr=False)

    @cached_property
    def landscape(self):
        """The mean landscape, or the difference of two, exactly."""
        landscapes = map(PersistenceLandscape.from_diagram, self._bars)
        return PersistenceLandscape.linear_combination(landscapes, self._weights)

    @property
    def excludes_zero(self):
        """Where the band does not hold zero, an array of bool of shape (n_levels, n_nodes)."""
        return (self.lower > 0) | (self.upper < 0)

    def contains(self, landscape):
        """Tell whether a landscape lies inside the band at all of its nodes and levels.

        Parameters
        ----------
        landscape : PersistenceLandscape
            Levels beyond its last are zero; levels beyond the band's are not looked at.

        Returns
        -------
        bool
        """
        values = np.zeros(self.mean.shape)
        given = landscape(self.t)[: len(values)]
        values[: len(given)] = given
        return bool(((self.lower <= values) & (values <= self.upper)).all())

    def plot(self, *, n_landscapes=None, ax=None):
        """Draw the band, a panel a level.

        Parameters
        ----------
        n_landscapes : int or None, default=None
            Number of levels drawn; all by default.
        ax : Axes, array of Axes or None, default=None
            Where to draw; a new figure by default.

        Returns
        -------
        skactland.displays.BandDisplay
        """
        from skactland.displays import BandDisplay

        return BandDisplay.from_band(self, n_landscapes=n_landscapes, ax=ax)


def confidence_band(
    X,
    *,
    alpha=0.05,
    adaptive=False,
    columns=None,
    n_landscapes=5,
    resolution=500,
    n_resamples=9999,
    rng=None,
    essential="drop",
):
    r"""Return a confidence band of the mean landscape of each column.

    The networks are taken for a sample of n. With :math:`\xi_i` independent standard normal, the
    multiplier bootstrap [1]_ draws

    .. math:: G = \sup_{k, t} \Big| \frac{1}{\sqrt{n}} \sum_i \xi_i
        \frac{\lambda_{ik}(t) - \bar\lambda_k(t)}{\sigma_k(t)} \Big|

    and the band is :math:`\bar\lambda_k(t) \pm q\, \sigma_k(t) / \sqrt n` with q the
    :math:`1 - \alpha` quantile of G: it holds the whole mean landscape, all k and t at once, with a
    probability that tends to :math:`1 - \alpha` as n grows. The plain band has :math:`\sigma = 1`.
    The adaptive one is wide where networks differ: :math:`\sigma_k(t)` is their standard deviation,
    though at least half of its largest value. Residuals are scaled by
    :math:`\sqrt{n / (n - 1)}`.

    In simulations the plain band holds the truth as often as it says from 5 networks on; the
    adaptive one holds it less often below 100 networks, since where few networks have a bar both
    their mean and their spread come out too small. The page on calibration has the numbers.

    Parameters
    ----------
    X : table of diagrams
        Object array of shape (n_networks, n_columns), data frame, or list of diagrams (one
        column). At least two networks.
    alpha : float, default=0.05
        One minus the confidence level of each column's band.
    adaptive : bool, default=False
        Whether the width follows the spread of the networks.
    columns : list of str or None, default=None
        The columns for which bands are made; all by default. Each has its own confidence: for all
        of m columns at once, divide alpha by m.
    n_landscapes : int, default=5
        Number of levels.
    resolution : int, default=500
        Number of filtration values, evenly from the least birth to the largest death of the column.
        Values are exact there; between them landscapes change by no more than the step.
    n_resamples : int, default=9999
        Number of draws of G.
    rng : int, Generator or None, default=None
        Source of chance, as in :func:`numpy.random.default_rng`.
    essential : {"drop", "cut"}, default="drop"
        What happens to infinite bars, as in :class:`~skactland.LandscapeKernel`.

    Returns
    -------
    dict of ConfidenceBand
        By column.

    Raises
    ------
    ValueError, TypeError
        If there is one network only, no diagram has a finite bar, or alpha is not between 0 and 1.

    References
    ----------
    .. [1] Chazal, Fasy, Lecci, Rinaldo, Wasserman, "Stochastic convergence of persistence
       landscapes and silhouettes", Symposium on Computational Geometry, 2014.

    Examples
    --------
    >>> from skactland.inference import confidence_band
    >>> diagrams = [[[0, 2 + 0.1 * i]] for i in range(10)]
    >>> band = confidence_band(diagrams, n_landscapes=1, rng=0)["x0"]
    >>> band.mean.shape, band.contains(band.landscape)
    ((1, 500), True)
    """
    names, bars = read_bars(X, essential)
    if len(bars) < 2:
        raise ValueError("A confidence band needs at least two networks, the table has one.")
    group_of_row, signs = np.zeros(len(bars), dtype=np.intp), np.array([1.0])
    sample = _Sample(group_of_row, signs, np.arange(len(bars)))
    options = _check_options(alpha, n_landscapes, resolution, n_resamples)
    return _bands(names, bars, columns, sample, adaptive, *options, rng)


def mean_difference_band(
    X,
    groups,
    *,
    blocks=None,
    alpha=0.05,
    adaptive=False,
    columns=None,
    n_landscapes=5,
    resolution=500,
    n_resamples=9999,
    rng=None,
    essential="drop",
):
    r"""Return a confidence band of the difference of two mean landscapes, for each column.

    The difference is that of the second group less the first, in the order of their sorted labels.
    As in :func:`~skactland.inference.confidence_band`, with

    .. math:: \sup_{k, t} \Big| \sum_i \xi_i \frac{s_i}{n_{g(i)}}
        \frac{\lambda_{ik}(t) - \bar\lambda_{g(i), k}(t)}{\sigma_k(t)} \Big|,

    :math:`s_i = \pm 1` by group, and :math:`\sigma` the standard error of the difference in an
    adaptive band. In a paired design the two networks of a block share :math:`\xi_i`.

    Parameters
    ----------
    X : table of diagrams
        Object array of shape (n_networks, n_columns), data frame, or list of diagrams (one
        column).
    groups : array of shape (n_networks,)
        The label of each network; two groups of two networks or more.
    blocks : array of shape (n_networks,) or None, default=None
        The pair that each network belongs to: one of each group.
    alpha, adaptive, columns, n_landscapes, resolution, n_resamples, rng, essential
        As in :func:`~skactland.inference.confidence_band`.

    Returns
    -------
    dict of ConfidenceBand
        By column. Where `excludes_zero`, the groups differ.

    Raises
    ------
    ValueError, TypeError
        If there are not two groups of two networks or more, or the blocks are no pairs.

    Examples
    --------
    >>> from skactland.inference import mean_difference_band
    >>> diagrams = [[[0, 1 + 0.1 * i]] for i in range(20)]
    >>> groups = ["early"] * 10 + ["late"] * 10
    >>> bands = mean_difference_band(diagrams, groups, rng=0)
    >>> bool(bands["x0"].excludes_zero.any())
    True
    """
    names, bars = read_bars(X, essential)
    labels, codes = check_groups(groups, len(bars))
    if len(labels) > 2:
        raise ValueError(f"groups: a difference is one of two groups, got {labels.tolist()}.")
    sample = _Sample(codes, np.array([-1.0, 1.0]), _pairs(blocks, codes))
    options = _check_options(alpha, n_landscapes, resolution, n_resamples)
    return _bands(names, bars, columns, sample, adaptive, *options, rng)


def _pairs(blocks, codes):
    """Return the number of each row's pair, or of the row itself."""
    if blocks is None:
        return np.arange(len(codes))
    names, pair_of_row = check_labels(blocks, len(codes), "blocks")
    for pair, name in enumerate(names):
        if sorted(codes[pair_of_row == pair]) != [0, 1]:
            raise ValueError(
                f"blocks: a pair holds one network of each group; block {name.item()!r} holds "
                f"{np.bincount(codes[pair_of_row == pair], minlength=2).tolist()} of them."
            )
    return pair_of_row


def _check_options(alpha, n_landscapes, resolution, n_resamples):
    if not isinstance(alpha, Real) or not 0 < alpha < 1:
        raise ValueError(f"alpha must be between 0 and 1, got {alpha!r}.")
    n_landscapes = check_count(n_landscapes, "n_landscapes")
    resolution = check_count(resolution, "resolution", minimum=2)
    n_resamples = check_count(n_resamples, "n_resamples")
    if n_resamples < 1 / alpha - 1:
        raise ValueError(
            f"n_resamples={n_resamples} draws have no {1 - alpha:g} quantile; take at least "
            f"{int(np.ceil(1 / alpha - 1))}."
        )
    return alpha, n_landscapes, resolution, n_resamples


@dataclass(frozen=True)
class _Sample:
    """How rows enter a mean, or a difference of means, and which are drawn together."""

    group_of_row: np.ndarray
    signs: np.ndarray
    unit_of_row: np.ndarray

    @property
    def weights(self):
        return (self.signs / np.bincount(self.group_of_row))[self.group_of_row]

    def residuals(self, values):
        """Return what each unit adds to the mean beyond its expectation, shape (n_units, ...)."""
        units = np.zeros((self.unit_of_row.max() + 1, values.shape[1]))
        for group, sign in enumerate(self.signs):
            members = self.group_of_row == group
            n = np.count_nonzero(members)
            scale = sign / n * np.sqrt(n / (n - 1))
            deviations = values[members] - values[members].mean(axis=0)
            np.add.at(units, self.unit_of_row[members], scale * deviations)
        return units


def _bands(
    names, bars, columns, sample, adaptive, alpha, n_landscapes, resolution, n_resamples, rng
):
    tests, sets = column_sets("column" if columns is None else list(columns), names)
    n_units = sample.unit_of_row.max() + 1
    multipliers = np.random.default_rng(rng).standard_normal((n_resamples, n_units))
    bands = {}
    for name, (j,) in zip(tests, sets, strict=True):
        t = np.linspace(*column_window(bars[:, j]), resolution)
        values = np.zeros((len(bars), n_landscapes, resolution))
        for diagram, of_row in zip(bars[:, j], values, strict=True):
            level_values(diagram, t, of_row)
        values = values.reshape(len(bars), -1)
        half = _half_width(sample.residuals(values), multipliers, adaptive, alpha)
        mean = (sample.weights @ values).reshape(n_landscapes, resolution)
        half = half.reshape(n_landscapes, resolution)
        bands[name] = ConfidenceBand(
            name, t, mean, mean - half, mean + half, alpha, bars[:, j], sample.weights
        )
    return bands


def _half_width(residuals, multipliers, adaptive, alpha):
    """Return the half-width of a band at every node of every level."""
    spread = np.ones(residuals.shape[1])
    if adaptive:
        spread = np.sqrt((residuals**2).sum(axis=0))
        spread = np.maximum(spread, _NARROWEST * spread.max())
        spread[spread == 0] = 1.0
    scaled = residuals / spread
    size = max(1, _BATCH // scaled.shape[1])
    largest = [
        np.abs(multipliers[i : i + size] @ scaled).max(axis=1)
        for i in range(0, len(multipliers), size)
    ]
    order = int(np.ceil((1 - alpha) * (len(multipliers) + 1))) - 1
    return np.partition(np.concatenate(largest), order)[order] * spread
