"""Persistence diagrams of layers, as bars."""

import numpy as np

from skactland.displays._axes import degree_title, look
from skactland.displays._networks import NetworkDisplay, finite_range


class BarcodeDisplay(NetworkDisplay):
    """Barcodes: a line a bar, from birth to death; a panel a layer, the lowest degree at its foot.

    Bars are sorted by birth and then death. Those that never die run on to an arrow head.

    Parameters
    ----------
    diagrams : list of arrays of shape (n_bars, 2)
        One for each column.
    columns : list of str
        Their names, such as ``fc1__H1``.

    Attributes
    ----------
    axes_ : ndarray of Axes
        A panel a layer, at most six in a row.
    figure_ : matplotlib.figure.Figure

    See Also
    --------
    DiagramDisplay : The same as points.

    Examples
    --------
    >>> import matplotlib
    >>> matplotlib.use("Agg")
    >>> from skactland import rips_persistence
    >>> from skactland.displays import BarcodeDisplay
    >>> square = rips_persistence([[0, 0], [1, 0], [1, 1], [0, 1]])
    >>> BarcodeDisplay.from_diagrams(square).axes_.shape
    (1, 1)
    """

    _panel = (4.2, 3.2)

    def _draw_layer(self, ax, layer, diagrams):
        first, last = finite_range(diagrams.values())
        end = last + 0.06 * (last - first)  # room for arrow heads
        n_bars = sum(map(len, diagrams.values()))
        # In points: lines of several bars leave white between them as long as there is room.
        height = 72 * ax.get_window_extent().height / ax.figure.dpi
        width = float(np.clip(0.75 * height / max(n_bars, 1), 0.4, 3))
        gap = max(2, round(0.03 * n_bars))
        foot, middles, names = 0, [], []
        for degree, diagram in diagrams.items():
            if len(diagram) == 0:
                continue
            bars = diagram[np.lexsort((diagram[:, 1], diagram[:, 0]))]
            rows = foot + np.arange(len(bars))
            colour = look(degree or 0, ax)["color"]
            deaths = np.where(np.isinf(bars[:, 1]), end, bars[:, 1])
            ax.hlines(
                rows, bars[:, 0], deaths, color=colour, linewidth=width, label=degree_title(degree)
            )
            endless = np.isinf(bars[:, 1])
            if endless.any():
                ax.plot(
                    deaths[endless], rows[endless], ">", color=colour, markersize=5, clip_on=False
                )
            middles.append(rows.mean())
            names.append("" if degree is None else f"$H_{degree}$")
            foot += len(bars) + gap
        ax.set_yticks(middles, names)
        ax.set(xlim=(first, end), ylim=(-1, max(foot - gap, 1)))

    def _label(self, ax, is_left, is_lowest):
        ax.spines["left"].set_visible(False)
        ax.tick_params(axis="y", left=False, labelsize="medium")
        if is_lowest:
            ax.set_xlabel("filtration value")

    def _draw_legend(self, axes):
        """Degrees are named on the axis."""
