"""Tests of whether the topology of clouds is more than a null hypothesis gives."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from joblib import Parallel, delayed

from skactland._checks import at_place, check_count, check_n_jobs, check_option
from skactland._table import Table, diagram_column
from skactland.inference._null_clouds import KINDS, check_points
from skactland.inference._null_measure import (
    Measure,
    check_statistics,
    draw_seeds,
    tasks_of,
)
from skactland.inference._results import ResamplingResult
from skactland.inference._rng import check_rng
from skactland.inference._statistic import Statistic, itself, tie_by_scale

_ALTERNATIVES = ("greater", "less", "two-sided")
# No largest of all tests: nulls of different layers are drawn apart, and layers are not.
_CORRECTIONS = ("fdr_bh", "holm")


def null_test(
    X,
    *,
    kind="rotated",
    nulls=None,
    statistic="l2",
    homology_dimensions=(0, 1),
    metric="euclidean",
    metric_params=None,
    alternative="two-sided",
    n_nulls=999,
    rng=None,
    correction="holm",
    n_jobs=None,
):
    r"""Test, layer by layer, whether topology is more, or less, than a null hypothesis gives.

    A statistic of the diagram of each layer and degree is compared with its values for null
    clouds. With b of B nulls at least as extreme, :math:`p = (1 + b) / (1 + B)`. Is a layer's
    topology its shape, or would any cloud of its covariance have it?

    Parameters
    ----------
    X : table of clouds
        Object array of shape (n_networks, n_layers), data frame, or list of clouds (one column).
        The statistic is its mean over the networks; for one network give its row alone.
    kind : {"rotated", "gaussian", "permuted"}, default="rotated"
        What nulls have in common with the cloud, and what is tested, as in
        :func:`~skactland.inference.null_clouds`.
    nulls : table of clouds or None, default=None
        Nulls of your own instead, a row a null, with the columns of X, which then has one row: the
        layers of networks that are untrained, or were trained on shuffled labels.
    statistic : str, callable, or list of them, default="l2"
        Names as in :class:`~skactland.ComplexityVectorizer`: "l2" is the complexity, "n_bars" the
        number of bars, "total_persistence" their total length, and "sup" half the length of the
        longest. A callable takes the finite bars of a diagram, shape (n_bars, 2), and returns a
        number. Of a list each is tested, in columns such as ``fc1__H1__l2``.
    homology_dimensions : sequence of int, default=(0, 1)
        The degrees.
    metric, metric_params
        As in :func:`~skactland.rips_persistence`, but for "precomputed": there must be a cloud.
    alternative : {"two-sided", "greater", "less"}, default="two-sided"
        Whether the statistic is far from the mean of the nulls (and itself), larger than theirs, or
        smaller.
    n_nulls : int, default=999
        Number of null clouds of each cloud.
    rng : int, Generator or None, default=None
        Source of chance, as in :func:`numpy.random.default_rng`.
    correction : {"holm", "fdr_bh"} or None, default="holm"
        How p-values are corrected for the number of tests, as in
        :func:`~skactland.inference.permutation_test`.
    n_jobs : int or None, default=None
        Groups of nulls worked on at once, as in joblib. The result does not depend on it.

    Returns
    -------
    NullTestResult
        With `statistic`, `pvalue`, `zscore`, `null_distribution` and `columns`.

    Raises
    ------
    ValueError, TypeError
        If a cloud has fewer than two points, nulls have other columns or X more rows than one
        beside them, a statistic is no finite number, bars never die since some distances are
        infinite, or an option is unknown.

    See Also
    --------
    bar_test : Which bars are longer than any of the nulls'.

    Notes
    -----
    "rotated" and "permuted" are exact tests of what they test, in every dimension. "gaussian" is
    not: `docs/calibration.md` has the rates. Points that occur twice are no Gaussian sample, nor
    are rectified units, which are often exactly zero: that such a cloud is none is no discovery,
    and it is the size and direction of the z-score, and the statistic that it is of, which say
    something. A cloud that was centred or scaled by unit is as good as before.

    Examples
    --------
    A circle has a loop that no Gaussian of its covariance has; a Gaussian has none:

    >>> import numpy as np, pandas as pd
    >>> from skactland.datasets import make_circle
    >>> from skactland.inference import null_test
    >>> clouds = {
    ...     "circle": make_circle(60, noise=0.1, random_state=0),
    ...     "normal": np.random.default_rng(0).normal(size=(60, 2)),
    ... }
    >>> table = pd.DataFrame({name: [cloud] for name, cloud in clouds.items()})
    >>> result = null_test(table, homology_dimensions=(1,), n_nulls=199, rng=0)
    >>> result.columns, result.pvalue <= 0.05
    (['circle__H1', 'normal__H1'], array([ True, False]))
    """
    names, functions = check_statistics(statistic)
    check_option(alternative, "alternative", _ALTERNATIVES)
    if correction is not None:
        check_option(correction, "correction", _CORRECTIONS)
    check_n_jobs(n_jobs)
    n_nulls, rng = check_count(n_nulls, "n_nulls", minimum=2), check_rng(rng)
    check_option(kind, "kind", KINDS)
    measure = Measure.of(functions, homology_dimensions, metric, metric_params)
    table = _read_clouds(X)
    observed = _map(measure, table, n_jobs)
    if nulls is None:
        found = _drawn(measure, table, kind, n_nulls, rng, n_jobs)
    else:
        found = _map(measure, _read_nulls(nulls, table), n_jobs)
        kind = None
    columns = [
        diagram_column(layer, q) + (f"__{name}" if name else "")
        for layer in table.names
        for q in measure.degrees
        for name in names
    ]
    means, found, exponents = _near_one(observed.mean(axis=0), found)
    compared = _compared(means, found, alternative, exponents)
    return NullTestResult.of((means, found, False), compared, columns, correction, kind=kind)


@dataclass(frozen=True, eq=False, repr=False)
class NullTestResult(ResamplingResult):
    """The result of :func:`~skactland.inference.null_test`.

    Attributes
    ----------
    statistic, pvalue, pvalue_uncorrected : ndarray of shape (n_tests,)
        As in :class:`~skactland.inference.ResamplingResult`.
    null_distribution : ndarray of shape (n_nulls, n_tests)
        The statistic of the nulls.
    columns : list of str
        What each test is of: a layer and degree, and the statistic if there are several.
    is_exact : bool
        False: nulls are drawn.
    kind : str or None
        The kind of nulls; None for those that were given.

    See Also
    --------
    null_test : Makes one.
    """

    kind: str | None = None

    _of_each_test: ClassVar = ("statistic", "zscore", "pvalue", "pvalue_uncorrected")
    _counted: ClassVar = "nulls"
    _remedy: ClassVar = 'take {} nulls or more, correction="fdr_bh", or fewer tests'

    @property
    def zscore(self):
        """The statistic less the mean of the nulls, over their deviation.

        Infinite if all nulls have one value and it is another; 0 if it is that value.
        """
        observed, nulls, _ = _near_one(self.statistic, self.null_distribution)
        apart = observed - nulls.mean(axis=0)
        spread = nulls.std(axis=0, ddof=1)
        size = np.abs(nulls).max(axis=0)
        # What is left of equal numbers, of which the mean is rounded, is no deviation.
        apart[np.abs(apart) <= 1e-12 * size] = 0.0
        spread[spread <= 1e-12 * size] = 0.0
        scores = np.where(apart == 0, 0.0, np.copysign(np.inf, apart))
        return np.divide(apart, spread, out=scores, where=spread > 0)


def _drawn(measure, table, kind, n_nulls, rng, n_jobs):
    """Return the mean over the rows of what null clouds of each measure, (n_nulls, n_tests)."""
    seeds = draw_seeds(rng, *table.shape, n_nulls)
    tasks = [
        task
        for i, j in np.ndindex(table.shape)
        for task in tasks_of(measure, table.cells[i, j], kind, seeds[i, j], table.place(i, j))
    ]
    values = np.concatenate(Parallel(n_jobs=n_jobs, prefer="threads")(tasks))
    values = values.reshape(*table.shape, n_nulls, -1).mean(axis=0)
    return np.moveaxis(values, 1, 0).reshape(n_nulls, -1)


def _map(measure, table, n_jobs):
    """Return what the clouds of a table measure, (n_rows, n_tests)."""
    places = list(np.ndindex(table.shape))
    values = Parallel(n_jobs=n_jobs, prefer="threads")(
        delayed(_measured)(measure, table.cells[place], table.place(*place)) for place in places
    )
    return np.array(values, dtype=np.float64).reshape(len(table.cells), -1)


def _measured(measure, cloud, place):
    with at_place(place):
        return measure(check_points(cloud))


def _read_clouds(X):
    table = Table.read(X, "clouds")
    return table.take(table.cloud_columns())


def _read_nulls(nulls, table):
    """Return a table of nulls that fits one of observed clouds."""
    with at_place("nulls"):
        found = _read_clouds(nulls)
    if len(table.cells) > 1:
        raise ValueError(
            f"nulls are compared with one network, and X has {len(table.cells)} rows; give one, as "
            "X[[i]] or frame.iloc[[i]], or compare groups of networks by permutation_test."
        )
    if len(found.cells) < 2:
        raise ValueError("nulls must have two rows or more, one a null, got 1.")
    if found.names != table.names:
        raise ValueError(f"nulls must have the columns of X, {table.names}, got {found.names}.")
    for i, j in np.ndindex(found.shape):
        n_points, n_wanted = len(found.cells[i, j]), len(table.cells[0, j])
        if n_points != n_wanted:
            raise ValueError(
                f"nulls: {found.place(i, j)} has {n_points} points and that of X {n_wanted}; nulls "
                "must have as many, since bars depend on their number."
            )
    return found


def _near_one(observed, nulls):
    """Return values of each test times a power of two, so that sums and squares stay numbers.

    Returns
    -------
    observed : array of shape (n_tests,)
    nulls : array of shape (n_nulls, n_tests)
    exponents : int array of shape (n_tests,)
        The powers that were taken out.
    """
    _, exponents = np.frexp(np.maximum(np.abs(observed), np.abs(nulls).max(axis=0)))
    return np.ldexp(observed, -exponents), np.ldexp(nulls, -exponents), exponents


def _compared(observed, nulls, alternative, exponents):
    """Return how values speak against the null hypothesis, in units of powers of two."""
    both = np.vstack([observed, nulls])
    centre = both.mean(axis=0)
    sides = {
        "greater": itself,
        "less": np.negative,
        # About the mean of all, in which what was observed is one of them.
        "two-sided": lambda found: np.abs(found - centre),
    }
    ties = tie_by_scale(np.abs(both).max(axis=0))
    return Statistic(values=None, evidence=sides[alternative], least_tie=ties, exponents=exponents)
