"""Persistence diagrams of layers, as points."""

import numpy as np

from skactland.displays._axes import GREY, degree_title, legend_beside, look
from skactland.displays._networks import NetworkDisplay, finite_range
from skactland.displays._thresholds import DASHES, lines_of, thresholds_by_column


class DiagramDisplay(NetworkDisplay):
    """Persistence diagrams: a point a bar, at its birth and death; a panel a layer.

    Bars that never die lie on a line above all others, marked with the sign of infinity. The
    further a point is above the diagonal, the longer is its bar.

    Parameters
    ----------
    diagrams : list of arrays of shape (n_bars, 2)
        One for each column.
    columns : list of str
        Their names, such as ``fc1__H1``.
    threshold : float, BarTestResult, dict of them by column, or None, default=None
        Above which bars stand out: a length, for all columns, or the result of a test of
        :mod:`skactland.inference`, which is drawn in the diagram that was tested and refused if
        that is not there. Or one for each of the columns named.

    Attributes
    ----------
    axes_ : ndarray of Axes
        A panel a layer, at most six in a row.
    figure_ : matplotlib.figure.Figure

    See Also
    --------
    BarcodeDisplay : The same as bars.

    Examples
    --------
    >>> import matplotlib
    >>> matplotlib.use("Agg")
    >>> from skactland import rips_persistence
    >>> from skactland.displays import DiagramDisplay
    >>> square = rips_persistence([[0, 0], [1, 0], [1, 1], [0, 1]])
    >>> DiagramDisplay.from_diagrams(square).axes_.shape
    (1, 1)
    """

    def __init__(self, diagrams, columns, threshold=None):
        super().__init__(diagrams, columns)
        self.threshold = threshold
        self._lines = lines_of(thresholds_by_column(threshold, self.columns, [self.diagrams]))

    def _draw_layer(self, ax, layer, diagrams):
        lines = {q: self._lines[layer, q] for q in diagrams if (layer, q) in self._lines}
        first, last = _range_with(lines, diagrams)
        span = last - first
        top, limit = last + 0.12 * span, last + 0.2 * span
        ax.plot([first, limit], [first, limit], color=GREY, linewidth=1, zorder=1)
        if any(np.isinf(diagram).any() for diagram in diagrams.values()):
            ax.axhline(top, color=GREY, linewidth=1, linestyle=(0, (4, 3)), zorder=1)
            ax.annotate(
                r"$\infty$",
                (1, top),
                xycoords=("axes fraction", "data"),
                xytext=(2, 0),
                textcoords="offset points",
                va="center",
                annotation_clip=False,
            )
        for degree, diagram in diagrams.items():
            if len(diagram) == 0:
                continue
            ax.scatter(
                diagram[:, 0],
                np.where(np.isinf(diagram[:, 1]), top, diagram[:, 1]),
                s=24,
                **look(degree or 0, ax),
                alpha=0.6,
                linewidths=0,
                zorder=2 + (degree or 0),  # of high degrees there are fewer: they lie on top
                label=degree_title(degree),
                clip_on=False,
            )
        _draw_lines(ax, lines, first, limit)
        start = first - 0.036 * span  # bars born at the first value are not cut
        ax.set(xlim=(start, limit), ylim=(start, limit), aspect="equal")

    def _label(self, ax, is_left, is_lowest):
        if is_left:
            ax.set_ylabel("death (filtration value)")
        if is_lowest:
            ax.set_xlabel("birth (filtration value)")

    def _draw_legend(self, axes):
        """Draw the legend below the diagonal, where no point is, or beside narrow panels."""
        by_label = {
            label: handle
            for ax in axes.ravel()
            for handle, label in zip(*ax.get_legend_handles_labels(), strict=True)
        }
        labels = sorted(by_label)
        handles = [by_label[label] for label in labels]
        if axes.shape[1] > 2:
            # The sign of infinity stands between the panel and its legend.
            legend_beside(axes[0, -1], handles, labels, fontsize="small", bbox_to_anchor=(1.08, 1))
        else:
            axes[0, -1].legend(handles, labels, frameon=False, fontsize="small", loc="lower right")


def _range_with(lines, diagrams):
    """Return the range of filtration values that shows all bars and, in reason, the thresholds."""
    first, last = finite_range(diagrams.values())
    farthest = first + 2 * (last - first)  # with a line beyond that, bars would be a spot
    for q, (slope, start) in lines.items():
        lowest = slope * diagrams[q][:, 0].min(initial=last) + start
        last = max(last, lowest) if lowest <= farthest else last
    return first, last


def _draw_lines(ax, lines, first, limit):
    """Draw the thresholds, each in the colour of its degree."""
    for i, (degree, (slope, start)) in enumerate(lines.items()):
        ax.plot(
            [first, limit],
            [slope * first + start, slope * limit + start],
            color=look(degree or 0, ax)["color"],
            zorder=1,
            **DASHES,
            label="_" if i else "threshold",
        )
