"""The null distribution of a permutation test beside what was observed."""

import numpy as np

from skactland._checks import as_array
from skactland._table import read_names
from skactland.displays._axes import COLOURS, GREY, grid_shape, hide, ink, tidy
from skactland.displays._base import Display, check_numbers, read_attributes
from skactland.displays._names import elided, set_title, short_names

# More columns than this do not get a histogram each.
_MOST_HISTOGRAMS = 12
_HISTOGRAMS_IN_A_ROW = 4


class PermutationTestDisplay(Display):
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

    See Also
    --------
    skactland.inference.permutation_test : Computes what is drawn.

    Examples
    --------
    >>> import matplotlib, numpy as np
    >>> matplotlib.use("Agg")
    >>> from skactland.displays import PermutationTestDisplay
    >>> null = np.random.default_rng(0).normal(size=999)
    >>> PermutationTestDisplay(null, 2.5, 0.007).plot().axes_.shape
    (1, 1)
    """

    #: What the null distribution counts.
    _counted = "relabellings"

    def __init__(self, null_distribution, statistic, pvalue, columns=None):
        self.columns = None if columns is None else read_names(columns)
        self.null_distribution = _numbers(null_distribution, "null_distribution")
        self.statistic = _numbers(statistic, "statistic")
        self.pvalue = _numbers(pvalue, "pvalue")
        if (self.pvalue < 0).any() or (self.pvalue > 1).any():
            raise ValueError(f"pvalue must be between 0 and 1, got {pvalue!r}.")
        null = self.null_distribution
        lengths = {
            "null_distribution": 1 if null.ndim < 2 else null.shape[1],
            "statistic": self.statistic.size,
            "pvalue": self.pvalue.size,
        }
        if self.columns is not None:
            lengths["columns"] = len(self.columns)
        if null.ndim not in (1, 2) or len(set(lengths.values())) > 1:
            raise ValueError(
                "null_distribution must have shape (n_resamples,) or (n_resamples, n_columns), and "
                f"statistic, pvalue and columns must agree with it; got shape {null.shape} and the "
                f"numbers of columns {lengths}."
            )

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
        statistic, pvalue = read_attributes(result, "result", ("statistic", "pvalue"))
        null = getattr(result, "null_distribution", None)
        if null is None:
            raise ValueError(
                "The result holds no null_distribution; ask the test to keep and return it."
            )
        display = cls(null, statistic, pvalue, getattr(result, "columns", None))
        display._counted = getattr(result, "_counted", cls._counted)
        return display.plot(ax=ax)

    def _draw(self, ax):
        observed, pvalues = np.atleast_1d(self.statistic), np.atleast_1d(self.pvalue)
        null = self.null_distribution.reshape(-1, len(observed))
        null, observed = _within_reach(null, observed)
        names = short_names(self.columns or [""])
        if len(names) > _MOST_HISTOGRAMS:
            axes = self._make_axes(ax, panel=(6, 1.2 + 0.22 * len(names)))
            _draw_rows(axes[0, 0], null, observed, pvalues, names, self._counted)
            return
        n_rows, n_columns = grid_shape(len(names), _HISTOGRAMS_IN_A_ROW)
        panel = (4.6, 3.0) if len(names) == 1 else (3.0, 2.4)
        axes = self._make_axes(ax, n_rows, n_columns, panel=panel)
        hide(axes.flat[len(names) :])
        for j, name in enumerate(names):
            panel_ax = axes.flat[j]
            _draw_histogram(panel_ax, null[:, j], observed[j], pvalues[j])
            set_title(panel_ax, name, loc="left")
            if j % n_columns == 0:
                panel_ax.set_ylabel(self._counted)
            if j + n_columns >= len(names):
                panel_ax.set_xlabel("test statistic")

    def _fit(self):
        """Leave room above the bars for what is written there, however small the panel."""
        for ax in self.axes_.flat:
            place = ax.get_window_extent()
            for text in ax.texts:
                room = 0.5 * place.width
                text.set_size(text.get_size() * min(1, room / text.get_window_extent().width))
                share = 1.1 * text.get_window_extent().height / place.height
                ax.set_ylim(top=ax.dataLim.y1 / max(1 - share, 0.3))


def _numbers(values, name):
    """Return numbers of whatever shape."""
    shape = as_array(values, f"{name} must be real numbers").shape
    return check_numbers(values, name, *shape)


def _within_reach(null, observed):
    """Return both with infinite statistics moved a little beyond the finite ones of their column.

    An F statistic is infinite where groups differ and nothing within them does.
    """
    both = np.vstack([null, observed])
    is_finite = np.isfinite(both)
    last = np.where(is_finite, both, -np.inf).max(axis=0)
    first = np.where(is_finite, both, np.inf).min(axis=0)
    first, last = (np.where(np.isfinite(ends), ends, 0.0) for ends in (first, last))
    span = np.where(last > first, last - first, 1.0)
    both = np.clip(both, first - 0.2 * span, last + 0.2 * span)
    return both[:-1], both[-1]


def _draw_histogram(ax, null, observed, pvalue):
    """Draw one null distribution and the value observed."""
    n_bins = min(50, max(10, len(null) // 40))  # some forty values to a bin
    first, last = null.min(), null.max()
    if last - first <= 1e-12 * max(abs(first), abs(last)):  # too narrow a range to be divided
        half = 0.05 * abs(last) or 0.5
        first, last = first - half, last + half
    ax.hist(null, n_bins, range=(first, last), color=GREY, alpha=0.5)
    ax.set_ylim(top=1.35 * ax.dataLim.y1)  # room for what is written above the bars
    ax.axvline(observed, color=COLOURS[1], linewidth=2)
    is_right = observed > np.mean(ax.get_xlim())  # where there is more room beside it
    ax.annotate(
        f"observed\n$p = {pvalue:.3g}$",
        (observed, 1),
        xycoords=("data", "axes fraction"),
        xytext=(-4 if is_right else 4, -2),
        textcoords="offset points",
        ha="right" if is_right else "left",
        va="top",
        fontsize="small",
        color=COLOURS[1],
    )
    ax.locator_params(axis="x", nbins=4)
    tidy(ax)


def _draw_rows(ax, null, observed, pvalues, names, counted):
    """Draw a row a column: the middle of the null distribution and the value observed.

    Columns differ in scale, so each row is in units of the upper end of its middle 95 %.
    """
    low, middle, high = np.quantile(null, [0.025, 0.5, 0.975], axis=0)
    unit = np.where(high > 0, high, 1.0)
    rows = np.arange(len(names))
    ax.hlines(
        rows,
        low / unit,
        high / unit,
        color=GREY,
        alpha=0.5,
        linewidth=5,
        label=f"95 % of {counted}",
    )
    ax.plot(middle / unit, rows, "|", color=ink(ax), markersize=8, label="their median")
    is_beyond = pvalues <= 0.05
    for chosen, fill, label in (
        (is_beyond, COLOURS[1], "$p \\leq 0.05$"),
        (~is_beyond, ax.get_facecolor(), "$p > 0.05$"),
    ):
        ax.plot(
            observed[chosen] / unit[chosen],
            rows[chosen],
            "o",
            color=COLOURS[1],
            markerfacecolor=fill,
            label=f"observed, {label}",
        )
    ax.set_yticks(rows, [elided(name, 40) for name in names])
    ax.set_ylim(len(names) - 0.5, -0.5)
    ax.set_xlabel("test statistic / its upper 97.5 % point")
    ax.legend(frameon=False, fontsize="small", loc="lower right", bbox_to_anchor=(1, 1), ncols=2)
    tidy(ax)
