"""What the tests return."""

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from skactland.inference._pvalues import corrected_pvalues, pvalues
from skactland.landscapes import PersistenceLandscape


@dataclass(frozen=True, eq=False)
class ResamplingResult:
    """The result of a test by relabelling.

    Attributes
    ----------
    statistic : float or ndarray of shape (n_tests,)
        The statistic observed; a float for one test of all columns together.
    pvalue : float or ndarray of shape (n_tests,)
        Its p-value, corrected for several tests as was asked for.
    pvalue_uncorrected : float or ndarray of shape (n_tests,)
        The p-value of each test alone.
    null_distribution : ndarray of shape (n_relabellings,) or (n_relabellings, n_tests)
        The statistic under relabelling.
    columns : list of str or None
        What each test is of: a column, a layer or a degree; None for all columns together.
    is_exact : bool
        Whether all relabellings were tried rather than random ones.
    """

    statistic: float | np.ndarray
    pvalue: float | np.ndarray
    pvalue_uncorrected: float | np.ndarray
    null_distribution: np.ndarray = field(repr=False)
    columns: list | None
    is_exact: bool

    @classmethod
    def of(cls, relabelled, statistic, columns, correction, **others):
        """Return the result for a statistic and its values under relabelling.

        Parameters
        ----------
        relabelled : tuple
            What ``relabelled`` of ``_permutations`` returns.
        statistic : Statistic
            How the values speak against the null hypothesis.
        columns : list of str or None
            What each test is of.
        correction : str or None
            How p-values are corrected.
        **others
            Further attributes of the result.
        """
        observed, null, is_exact = relabelled
        evidence, of_null = statistic.evidence(observed), statistic.evidence(null)
        least = statistic.least_tie(evidence)
        single = pvalues(least, of_null, is_exact)
        joint = corrected_pvalues(evidence, least, of_null, is_exact, correction)
        observed, null = statistic.in_units(observed, null)
        if columns is None:
            # A single test needs no correction.
            observed, single, joint = float(observed[0]), float(single[0]), float(single[0])
            null = null[:, 0]
        return cls(observed, joint, single, null, columns, is_exact, **others)

    def plot(self, *, ax=None):
        """Draw the null distribution beside what was observed.

        Parameters
        ----------
        ax : Axes, array of Axes or None, default=None
            Where to draw; a new figure by default.

        Returns
        -------
        skactland.displays.PermutationTestDisplay
        """
        from skactland.displays import PermutationTestDisplay

        return PermutationTestDisplay.from_result(self, ax=ax)


@dataclass(frozen=True, eq=False)
class PermutationTestResult(ResamplingResult):
    """The result of :func:`~skactland.inference.permutation_test`.

    Attributes
    ----------
    statistic, pvalue, pvalue_uncorrected, null_distribution, columns, is_exact
        As in :class:`~skactland.inference.ResamplingResult`.
    groups : list
        The labels of the groups.
    group_means : dict of dict of PersistenceLandscape
        The mean landscape of each column in each group: ``group_means[group][column]``. Computed
        when first asked for.
    """

    groups: list = None
    _codes: np.ndarray = field(default=None, repr=False)
    _names: list = field(default=None, repr=False)
    _bars: np.ndarray = field(default=None, repr=False)

    @cached_property
    def group_means(self):
        """The mean landscape of each column in each group."""
        return {
            group: mean_landscapes(self._names, self._bars[self._codes == code])
            for code, group in enumerate(self.groups)
        }


def mean_landscapes(names, bars):
    """Return the mean landscape of each column of a table of bars."""
    return {
        name: PersistenceLandscape.mean(map(PersistenceLandscape.from_diagram, column))
        for name, column in zip(names, bars.T, strict=True)
    }
