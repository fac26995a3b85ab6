"""What the tests return."""

import math
from dataclasses import dataclass, field
from functools import cached_property
from typing import ClassVar

import numpy as np

from skactland._checks import warn_user
from skactland.inference._pvalues import corrected_pvalues, pvalues
from skactland.landscapes import PersistenceLandscape


@dataclass(frozen=True, eq=False, repr=False)
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

    See Also
    --------
    trend_test : Makes one.
    independence_test : Makes one.
    """

    statistic: float | np.ndarray
    pvalue: float | np.ndarray
    pvalue_uncorrected: float | np.ndarray
    null_distribution: np.ndarray = field(repr=False)
    columns: list | None
    is_exact: bool

    _of_each_test: ClassVar = ("statistic", "pvalue", "pvalue_uncorrected")
    #: What the null distribution counts, for words and axes.
    _counted: ClassVar = "relabellings"
    _remedy: ClassVar = (
        'take n_resamples={} or more, correction="max-t" or "fdr_bh", or fewer tests'
    )

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
        if correction == "holm":
            cls._warn_of_few(len(null), len(single), is_exact)
        joint = corrected_pvalues(evidence, least, of_null, is_exact, correction)
        observed, null = statistic.in_units(observed, null)
        if columns is None:
            # A single test needs no correction.
            observed, single, joint = float(observed[0]), float(single[0]), float(single[0])
            null = null[:, 0]
        return cls(observed, joint, single, null, columns, is_exact, **others)

    @classmethod
    def _warn_of_few(cls, n_null, n_tests, is_exact):
        """Warn if the correction of Holm leaves no p-value of 0.05, however clear evidence is."""
        smallest = 1 / (n_null + (not is_exact))
        if n_tests > 1 and smallest <= 0.05 < smallest * n_tests:
            remedy = 'take correction="max-t" or "fdr_bh", or fewer tests'
            if not is_exact:
                remedy = cls._remedy.format(math.ceil(n_tests / 0.05))
            warn_user(
                f"No p-value of {n_tests} tests with {n_null} {cls._counted} can be less than "
                f"{smallest * n_tests:.2g} after the correction of Holm: {remedy}."
            )

    def to_frame(self):
        """Return a row a test: `statistic`, `pvalue` and `pvalue_uncorrected`.

        Returns
        -------
        pandas.DataFrame
            Its index holds the columns, layers or degrees; a test of all columns together has one
            row, called "all".
        """
        import pandas as pd

        values = {name: np.atleast_1d(getattr(self, name)) for name in self._of_each_test}
        return pd.DataFrame(values, index=self.columns or ["all"])

    def __repr__(self):
        n = len(self.null_distribution)
        counted = f"all {n} {self._counted}" if self.is_exact else f"{n} random {self._counted}"
        rows = [("", *self._of_each_test)]
        values = zip(
            *(np.atleast_1d(getattr(self, name)) for name in self._of_each_test), strict=True
        )
        for column, numbers in zip(self.columns or ["all"], values, strict=True):
            rows.append((str(column), *(f"{number:.4g}" for number in numbers)))
        widths = [max(map(len, cells)) for cells in zip(*rows, strict=True)]
        lines = [
            "  ".join([row[0].ljust(widths[0]), *map(str.rjust, row[1:], widths[1:])])
            for row in rows
        ]
        return "\n".join([f"{type(self).__name__}, {counted}", *lines])

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


@dataclass(frozen=True, eq=False, repr=False)
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

    See Also
    --------
    permutation_test : Makes one.
    skactland.displays.PermutationTestDisplay : Draws one.
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
