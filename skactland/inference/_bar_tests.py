"""Which bars of a diagram are too long to be chance."""

from dataclasses import dataclass, field

import numpy as np
from joblib import Parallel

from skactland._checks import (
    at_place,
    check_count,
    check_diagram,
    check_n_jobs,
    check_option,
    warn_user,
)
from skactland._table import diagram_column
from skactland.inference._null_clouds import KINDS, check_points
from skactland.inference._null_measure import Measure, draw_seeds, tasks_of
from skactland.inference._pvalues import check_alpha
from skactland.inference._rng import check_rng
from skactland.inference._statistic import TIE
from skactland.landscapes._bars import finite_bars

# Bars shorter than this part of their deaths are what rounding makes of ties, in single precision
# too.
_ROUNDING = 2e-6


def bar_test(
    cloud,
    homology_dimension=1,
    *,
    kind="rotated",
    metric="euclidean",
    metric_params=None,
    alpha=0.05,
    n_nulls=999,
    rng=None,
    n_jobs=None,
):
    r"""Test each bar of a cloud against the longest bars of null clouds.

    With b of B nulls whose longest bar is at least as long as this one,
    :math:`p = (1 + b) / (1 + B)`. Since a bar is compared with the longest of all, p is corrected
    for the number of bars: the chance that any bar of a cloud of the null hypothesis has
    :math:`p \le \alpha` is at most :math:`\alpha`.

    Parameters
    ----------
    cloud : array of shape (n_points, n_units)
        One point a row, two points or more.
    homology_dimension : int, default=1
        The degree.
    kind : {"rotated", "gaussian", "permuted"}, default="rotated"
        What nulls have in common with the cloud, and what is tested, as in
        :func:`~skactland.inference.null_clouds`.
    metric, metric_params
        As in :func:`~skactland.rips_persistence`, but for "precomputed".
    alpha : float, default=0.05
        The level of the threshold.
    n_nulls : int, default=999
        Number of null clouds.
    rng : int, Generator or None, default=None
        Source of chance, as in :func:`numpy.random.default_rng`.
    n_jobs : int or None, default=None
        Groups of nulls worked on at once, as in joblib. The result does not depend on it.

    Returns
    -------
    BarTestResult
        Its threshold is a length, in units of the metric.

    Raises
    ------
    ValueError, TypeError
        If the cloud has fewer than two points, or an option is unknown or out of range.

    See Also
    --------
    universal_bar_test : The same by ratios of death and birth, without nulls.
    skactland.representative_loops : The points around the bars that stand out.

    Examples
    --------
    >>> from skactland import representative_loops
    >>> from skactland.datasets import make_circle
    >>> from skactland.inference import bar_test
    >>> circle = make_circle(80, noise=0.1, random_state=0)
    >>> result = bar_test(circle, n_nulls=199, rng=0)
    >>> result.pvalue[:2]  # the longest bars
    array([0.005, 1.   ])
    >>> loops, _ = representative_loops(circle, result.standing_out)
    >>> len(loops)
    1
    """
    degree = check_count(homology_dimension, "homology_dimension", minimum=0)
    check_option(kind, "kind", KINDS)
    check_n_jobs(n_jobs)
    alpha = check_alpha(alpha)
    n_nulls, rng = check_count(n_nulls, "n_nulls"), check_rng(rng)
    measure = Measure.of([_longest], (degree,), metric, metric_params)
    with at_place("the cloud"):
        (diagram,) = measure.diagrams(check_points(cloud))
    tasks = tasks_of(measure, cloud, kind, draw_seeds(rng, n_nulls), "the cloud")
    longest = np.concatenate(Parallel(n_jobs=n_jobs, prefer="threads")(tasks))[:, 0]
    bars = finite_bars(diagram)
    lengths = bars[:, 1] - bars[:, 0]
    order = np.argsort(-lengths, kind="stable")
    reach = lengths[order] * (1 - TIE)
    counts = np.count_nonzero(longest >= reach[:, None], axis=1)
    # So many nulls may be as long as a bar that stands out.
    n_longer = int(alpha * (1 + n_nulls) * (1 + TIE)) - 1
    threshold = np.sort(longest)[::-1][n_longer] if n_longer >= 0 else np.inf
    return BarTestResult(
        bars[order], (1 + counts) / (1 + n_nulls), float(threshold), alpha, degree, diagram
    )


def _longest(bars):
    return (bars[:, 1] - bars[:, 0]).max(initial=0.0)


def universal_bar_test(diagram, *, homology_dimension=1, alpha=0.05):
    r"""Test each bar of a diagram against the universal law of ratios of death and birth.

    With :math:`\pi_i = d_i / b_i` of the m bars,

    .. math:: \ell_i = \log \log \pi_i - \overline{\log \log \pi} - \gamma, \qquad
        p_i = \min(1, m \exp(-\exp(\ell_i))),

    where :math:`\gamma` is Euler's constant: :math:`\ell` of noise has the left-skewed Gumbel
    distribution, whatever the points were drawn from, and m corrects for the number of bars, as
    Bonferroni does [1]_.

    Parameters
    ----------
    diagram : array of shape (n_bars, 2)
        Of a Vietoris-Rips filtration, as :func:`~skactland.rips_persistence` returns it. Bars that
        do not end are left out, with a warning; so are, as if their length were zero, those no
        longer than 2e-6 of their death, which rounding makes of ties.
    homology_dimension : int, default=1
        Its degree, at least 1: in degree 0 births are zero, and there are no ratios.
    alpha : float, default=0.05
        The level of the threshold.

    Returns
    -------
    BarTestResult
        Its threshold is a ratio, and `n_rounded` tells how many bars were left out as rounding.

    Raises
    ------
    ValueError, TypeError
        If the degree is 0, a birth is not positive, or `alpha` is not between 0 and 1.

    See Also
    --------
    bar_test : By lengths, against nulls that have the covariance of the cloud.

    Notes
    -----
    That the law is the same in all dimensions and degrees is a conjecture, upheld by experiments;
    that it is the same for all densities in one dimension and degree is a theorem for large samples
    [2]_. It is of independent points with a density, with many bars: not of lattices, duplicates or
    graphs, nor of ten bars, whose mean says little. Where many bars are signal, their mean is too
    large and so are p-values. As a ratio, a bar of a small scale counts as one of a large scale.

    By the law fewer than one bar in a thousand is so short that it is left out. Ties that rounding
    broke, as of values with few digits, would leave many, whose logarithms pull the mean so far
    down that others stand out. In single precision, points that are far from the origin beside
    their distances are rounded by more than that, which a diagram does not tell.

    References
    ----------
    .. [1] Bobrowski, Skraba, "A universal null-distribution for topological data analysis",
       Scientific Reports 13, 2023, arXiv:2207.03926.
    .. [2] Bobrowski, Skraba, "Universality in random persistent homology and scale-invariant
       functionals", arXiv:2406.05553, 2024.

    Examples
    --------
    >>> from skactland import rips_persistence
    >>> from skactland.datasets import make_circle
    >>> from skactland.inference import universal_bar_test
    >>> _, loops = rips_persistence(make_circle(200, noise=0.1, random_state=0))
    >>> result = universal_bar_test(loops)
    >>> len(result.standing_out), len(result.bars)
    (1, 27)
    """
    degree = check_count(homology_dimension, "homology_dimension", minimum=0)
    if degree == 0:
        raise ValueError(
            "homology_dimension must be at least 1: in degree 0 all bars are born at zero, with "
            "no ratio of death and birth; use bar_test, which goes by length."
        )
    alpha = check_alpha(alpha)
    if isinstance(diagram, (list, tuple)) and any(np.ndim(part) == 2 for part in diagram):
        raise TypeError(
            f"expected one diagram, got a sequence of {len(diagram)}; give that of one degree, "
            "such as diagrams[1]."
        )
    with at_place("the diagram"):
        diagram = check_diagram(diagram)
    if np.isinf(diagram).any():
        warn_user("Bars that do not end have no ratio of death and birth, and are left out.")
    bars = finite_bars(diagram)
    is_rounding = bars[:, 1] - bars[:, 0] <= _ROUNDING * bars[:, 1]
    bars = bars[~is_rounding]
    if (bars[:, 0] <= 0).any():
        raise ValueError(
            f"diagram: a bar is born at {bars[:, 0].min():g}, and ratios need positive births; in "
            "degree 1 or more of a cloud all are positive. Use bar_test, which goes by length."
        )
    values = np.log(_log_ratios(bars))
    order = np.argsort(-values, kind="stable")
    shift = -np.euler_gamma - (values.mean() if len(values) else 0.0)
    with np.errstate(over="ignore"):
        pvalues = np.minimum(1, len(bars) * np.exp(-np.exp(values[order] + shift)))
        # Of no bars none can stand out.
        threshold = (
            np.exp(np.exp(np.log(np.log(len(bars) / alpha)) - shift)) if len(bars) else np.inf
        )
    return BarTestResult(
        bars[order],
        pvalues,
        float(threshold),
        alpha,
        degree,
        diagram,
        is_ratio=True,
        n_rounded=int(np.count_nonzero(is_rounding)),
    )


def _log_ratios(bars):
    """Return log(d / b), also of bars that are short beside their births, or born close to zero."""
    births, deaths = bars.T
    with np.errstate(over="ignore"):
        ratios = deaths / births
        growths = (deaths - births) / births
    far = np.where(np.isinf(ratios), np.log(deaths) - np.log(births), np.log(ratios))
    return np.where(ratios < 2, np.log1p(growths), far)


@dataclass(frozen=True, eq=False, repr=False)
class BarTestResult:
    """The result of a test of single bars.

    Attributes
    ----------
    bars : ndarray of shape (n_bars, 2)
        The finite bars, those that stand out most first.
    pvalue : ndarray of shape (n_bars,)
        The p-value of each, corrected for their number.
    threshold : float
        Bars beyond it have p-values of `alpha` or less: a length, or a ratio of death and birth.
        Infinite where no p-value can be so small.
    alpha : float
        The level.
    homology_dimension : int
        The degree.
    diagram : ndarray of shape (n_all_bars, 2)
        The diagram that was tested.
    is_ratio : bool
        Whether bars are told apart by their ratios rather than their lengths.
    n_rounded : int
        How many finite bars were left out, as they are no longer than rounding.

    See Also
    --------
    bar_test : Makes one, from null clouds.
    universal_bar_test : Makes one, from a diagram alone.
    """

    bars: np.ndarray
    pvalue: np.ndarray
    threshold: float
    alpha: float
    homology_dimension: int
    diagram: np.ndarray = field(repr=False)
    is_ratio: bool = False
    n_rounded: int = 0

    @property
    def standing_out(self):
        """The bars whose p-value is `alpha` or less, as ``representative_loops`` takes them."""
        return self.bars[self.pvalue <= self.alpha]

    @property
    def line(self):
        """The slope and the intercept of the line in a diagram above which bars stand out."""
        return (self.threshold, 0.0) if self.is_ratio else (1.0, self.threshold)

    def to_frame(self):
        """Return a row a bar: `birth`, `death` and `pvalue`.

        Returns
        -------
        pandas.DataFrame
        """
        import pandas as pd

        births, deaths = self.bars.T
        return pd.DataFrame({"birth": births, "death": deaths, "pvalue": self.pvalue})

    def __repr__(self):
        by = "ratio" if self.is_ratio else "length"
        left_out = f", {self.n_rounded} left out as rounding" if self.n_rounded else ""
        return (
            f"{type(self).__name__}(degree {self.homology_dimension}, {len(self.standing_out)} of "
            f"{len(self.bars)} bars beyond the {by} {self.threshold:.4g}, alpha={self.alpha:g}"
            f"{left_out})"
        )

    def plot(self, *, ax=None):
        """Draw the diagram and the threshold.

        Parameters
        ----------
        ax : Axes or None, default=None
            Where to draw; a new figure by default.

        Returns
        -------
        skactland.displays.DiagramDisplay
        """
        from skactland.displays import DiagramDisplay

        column = diagram_column("", self.homology_dimension)
        return DiagramDisplay([self.diagram], [column], threshold=self).plot(ax=ax)
