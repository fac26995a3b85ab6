"""The null distribution of a permutation test beside what was observed."""

import math

import numpy as np

from skactland.displays._axes import COLOURS, make_axes, tidy

# More columns than this do not get a histogram each.
_MOST_HISTOGRAMS = 12
_HISTOGRAMS_IN_A_ROW = 4


class PermutationTestDisplay:
    """The null distribution of a test statistic, and the value observed.

    A histogram for each column; for more than twelve columns a row each, with the middle 95 % and
    the median of its null distribution and the value observed.

    Parameters
    ----------
    null_distribution : ndarray of shape (n_resamples,) or (n_resamples, n_columns)
        The statistic under relabelling.
    statistic : float or ndarray of shape (n_columns,)
        The statistic observed.
    pvalue : float or ndarray of shape (n_columns,)
        Its p-value, as the test gives it.
    columns : sequence of str or None, default=None
        What each column is, such as ``fc1__H1``.

    Attributes
    ----------
    axes_ : ndarray of Axes
    figure_ : matplotlib.figure.Figure

    Examples
    --------
    >>> import matplotlib, numpy as np
    >>> matplotlib.use("Agg")
    >>> from skactland.displays import PermutationTestDisplay
    >>> null = np.random.default_rng(0).normal(size=999)
    >>> PermutationTestDisplay(null, 2.5, 0.007).plot().axes_.shape
    (1, 1)
    """

    def __init__(self, null_distribution, statistic, pvalue, columns=None):
        self.null_distribution = null_distribution
        self.statistic = statistic
        self.pvalue = pvalue
        self.columns = columns

    @classmethod
    def from_result(cls, result, *, ax=None):
        """Draw the result of a test of ``skactland.inference`` or :mod:`scipy.stats`.

        Parameters
        ----------
        result : object
            With `null_distribution`, `statistic`, `pvalue` and, if it has several columns,
            `columns`.
        ax : Axes, array of Axes or None, default=None
            Where to draw.

        Returns
        -------
        PermutationTestDisplay
        """
        null = getattr(result, "null_distribution", None)
        if null is None:
            raise ValueError(
                "The result holds no null_distribution; ask the test to keep and return it."
            )
        columns = getattr(result, "columns", None)
        return cls(null, result.statistic, result.pvalue, columns).plot(ax=ax)

    def plot(self, *, ax=None):
        """Draw it.

        Parameters
        ----------
        ax : Axes, array of Axes or None, default=None
            Where to draw; a new figure by default.

        Returns
        -------
        PermutationTestDisplay
            Itself.
        """
        null = np.asarray(self.null_distribution, dtype=float)
        null = null.reshape(len(null), -1)
        observed = np.atleast_1d(self.statistic)
        pvalues = np.atleast_1d(self.pvalue)
        names = [""] * len(observed) if self.columns is None else [str(c) for c in self.columns]
        if not null.shape[1] == len(observed) == len(pvalues) == len(names):
            raise ValueError(
                f"null_distribution has {null.shape[1]} columns, statistic {len(observed)}, pvalue "
                f"{len(pvalues)} and columns {len(names)}; they must agree."
            )
        if len(names) > _MOST_HISTOGRAMS:
            self.figure_, self.axes_ = make_axes(ax, panel=(6, 1.2 + 0.22 * len(names)))
            _draw_rows(self.axes_[0, 0], null, observed, pvalues, names)
            return self
        n_rows = math.ceil(len(names) / _HISTOGRAMS_IN_A_ROW)
        n_columns = math.ceil(len(names) / n_rows)
        panel = (4.6, 3.0) if len(names) == 1 else (3.0, 2.4)
        self.figure_, self.axes_ = make_axes(ax, n_rows, n_columns, panel=panel)
        for panel_ax in self.axes_.ravel()[len(names) :]:
            panel_ax.set_axis_off()
        for j, panel_ax in enumerate(self.axes_.ravel()[: len(names)]):
            _draw_histogram(panel_ax, null[:, j], observed[j], pvalues[j])
            panel_ax.set_title(names[j], fontsize="medium", loc="left")
            if j % n_columns == 0:
                panel_ax.set_ylabel("relabellings")
            if j + n_columns >= len(names):
                panel_ax.set_xlabel("test statistic")
        return self


def _draw_histogram(ax, null, observed, pvalue):
    """Draw one null distribution and the value observed."""
    ax.hist(null, bins=min(50, max(10, len(null) // 40)), color="0.75", edgecolor="white", lw=0.3)
    ax.axvline(observed, color=COLOURS[1], linewidth=2)
    ax.annotate(
        f"observed\n$p = {pvalue:.3g}$",
        (observed, 1),
        xycoords=("data", "axes fraction"),
        xytext=(-4 if observed > np.median(null) else 4, -2),
        textcoords="offset points",
        ha="right" if observed > np.median(null) else "left",
        va="top",
        fontsize="small",
        color=COLOURS[1],
        bbox={"facecolor": "white", "alpha": 0.75, "linewidth": 0, "pad": 1},
    )
    ax.locator_params(axis="x", nbins=4)
    tidy(ax)


def _draw_rows(ax, null, observed, pvalues, names):
    """Draw a row a column: the middle of the null distribution and the value observed.

    Columns differ in scale, so each row is in units of the upper end of its middle 95 %.
    """
    low, middle, high = np.quantile(null, [0.025, 0.5, 0.975], axis=0)
    unit = np.where(high > 0, high, 1.0)
    rows = np.arange(len(names))
    ax.hlines(rows, low / unit, high / unit, color="0.7", linewidth=5, label="95 % of relabellings")
    ax.plot(middle / unit, rows, "|", color="0.3", markersize=8, label="their median")
    is_beyond = pvalues <= 0.05
    for chosen, fill, label in (
        (is_beyond, COLOURS[1], "$p \\leq 0.05$"),
        (~is_beyond, "white", "$p > 0.05$"),
    ):
        ax.plot(
            observed[chosen] / unit[chosen],
            rows[chosen],
            "o",
            color=COLOURS[1],
            markerfacecolor=fill,
            label=f"observed, {label}",
        )
    ax.set_yticks(rows, names)
    ax.set_ylim(len(names) - 0.5, -0.5)
    ax.set_xlabel("test statistic / its upper 97.5 % point")
    ax.legend(frameon=False, fontsize="small", loc="lower left", bbox_to_anchor=(0, 1), ncols=2)
    tidy(ax)
