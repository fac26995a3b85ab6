"""Persistence diagrams of layers, as points and as bars."""

import math

import numpy as np

from skactland._checks import at_place, check_diagram
from skactland._table import diagram_column, layer_and_degree, read_diagrams
from skactland.displays._axes import COLOURS, GREY, MARKERS, degree_title, make_axes, tidy

_PANELS_IN_A_ROW = 6


class _DisplayOfDiagrams:
    """What the two pictures of diagrams share: a panel a layer, its degrees side by side."""

    _panel = (3.4, 3.2)

    def __init__(self, diagrams, columns):
        self.diagrams = diagrams
        self.columns = columns

    @classmethod
    def from_diagrams(cls, diagrams, homology_dimensions=(0, 1), *, ax=None):
        """Draw the diagrams of one cloud.

        Parameters
        ----------
        diagrams : list of arrays of shape (n_bars, 2)
            One a degree, as :func:`~skactland.rips_persistence` returns them.
        homology_dimensions : sequence of int, default=(0, 1)
            Their degrees.
        ax : Axes or None, default=None
            Where to draw.

        Returns
        -------
        display
        """
        if len(diagrams) != len(homology_dimensions):
            raise ValueError(
                f"There are {len(diagrams)} diagrams and {len(homology_dimensions)} "
                "homology_dimensions; one degree a diagram is needed."
            )
        columns = [diagram_column("", q) for q in homology_dimensions]
        checked = []
        for name, diagram in zip(columns, diagrams, strict=True):
            with at_place(name):
                checked.append(check_diagram(diagram))
        return cls(checked, columns).plot(ax=ax)

    @classmethod
    def from_table(cls, X, *, row=0, layers=None, columns=None, ax=None):
        """Draw the diagrams of one network of a table.

        Parameters
        ----------
        X : table of diagrams
            Data frame, object array of shape (n_networks, n_columns), or list of diagrams.
        row : int, default=0
            Which network.
        layers : str, sequence of str or None, default=None
            Which layers; all by default.
        columns : sequence of str or None, default=None
            Names of the columns, such as ``fc1__H1``, if X is an array.
        ax : Axes, array of Axes or None, default=None
            Where to draw. The place of a single axes is divided if several are needed.

        Returns
        -------
        display
        """
        table = read_diagrams(X, columns)
        n_rows = len(table.cells)
        if not -n_rows <= row < n_rows:
            raise IndexError(f"There is no row {row}; the table has {n_rows}.")
        wanted = [layers] if isinstance(layers, str) else layers
        there = list(dict.fromkeys(layer_and_degree(name)[0] for name in table.names))
        missing = [layer for layer in wanted or () if layer not in there]
        if missing:
            raise ValueError(f"There is no layer {missing[0]!r}; there are {there}.")
        kept = [
            j
            for j, name in enumerate(table.names)
            if not wanted or layer_and_degree(name)[0] in wanted
        ]
        chosen = table.take(kept)
        return cls(list(chosen.cells[row]), chosen.names).plot(ax=ax)

    def plot(self, *, ax=None):
        """Draw it.

        Parameters
        ----------
        ax : Axes, array of Axes or None, default=None
            Where to draw; a new figure by default.

        Returns
        -------
        display
            Itself.
        """
        by_layer = {}
        for name, diagram in zip(self.columns, self.diagrams, strict=True):
            layer, degree = layer_and_degree(name)
            by_layer.setdefault(layer, []).append((degree, diagram))
        n_rows = math.ceil(len(by_layer) / _PANELS_IN_A_ROW)
        n_columns = math.ceil(len(by_layer) / n_rows)
        shrink = min(1, 14 / (self._panel[0] * n_columns))
        panel = (self._panel[0] * shrink, self._panel[1] * shrink)
        self.figure_, self.axes_ = make_axes(ax, n_rows, n_columns, panel=panel)
        for panel_ax in self.axes_.ravel()[len(by_layer) :]:
            panel_ax.set_axis_off()
        for j, (layer, diagrams) in enumerate(by_layer.items()):
            panel_ax = self.axes_[divmod(j, n_columns)]
            self._draw(panel_ax, diagrams)
            panel_ax.set_title(layer, fontsize="medium")
            tidy(panel_ax)
            self._label(panel_ax, j % n_columns == 0, j // n_columns == n_rows - 1)
        degrees = [degree for degree, _ in next(iter(by_layer.values()))]
        if degrees != [None]:
            self._draw_legend(self.axes_)
        return self


def _look(degree):
    """Return the colour and the marker of a degree."""
    place = degree or 0
    return COLOURS[place % len(COLOURS)], MARKERS[place % len(MARKERS)]


def _last_finite(diagrams):
    """Return the largest finite birth or death, 1 if there is none."""
    ends = np.concatenate([diagram.ravel() for _, diagram in diagrams])
    return ends[np.isfinite(ends)].max(initial=0.0) or 1.0


class DiagramDisplay(_DisplayOfDiagrams):
    """Persistence diagrams: a point a bar, at its birth and death; a panel a layer.

    Bars that never die lie on a line above all others, marked with the sign of infinity. The
    further a point is above the diagonal, the longer is its bar.

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

    def _draw(self, ax, diagrams):
        last = _last_finite(diagrams)
        top = 1.12 * last
        limit = 1.2 * last
        ax.plot([0, limit], [0, limit], color=GREY, linewidth=1, zorder=1)
        if any(np.isinf(diagram).any() for _, diagram in diagrams):
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
        for degree, diagram in diagrams:
            if len(diagram) == 0:
                continue
            colour, marker = _look(degree)
            ax.scatter(
                diagram[:, 0],
                np.where(np.isinf(diagram[:, 1]), top, diagram[:, 1]),
                s=24,
                color=colour,
                marker=marker,
                alpha=0.6,
                linewidths=0,
                zorder=2 + (degree or 0),
                label=degree_title(degree),
                clip_on=False,
            )
        margin = 0.03 * limit
        ax.set(xlim=(-margin, limit), ylim=(-margin, limit), aspect="equal")

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
        place = {"loc": "lower right"}
        if axes.shape[1] > 2:
            place = {"loc": "upper left", "bbox_to_anchor": (1.08, 1.0)}
        handles = [by_label[label] for label in labels]
        axes[0, -1].legend(handles, labels, frameon=False, fontsize="small", **place)


class BarcodeDisplay(_DisplayOfDiagrams):
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

    def _draw(self, ax, diagrams):
        last = _last_finite(diagrams)
        end = 1.06 * last
        n_bars = sum(len(diagram) for _, diagram in diagrams)
        width = float(np.clip(150 / max(n_bars, 1), 0.4, 3))
        gap = max(2, round(0.03 * n_bars))
        height, middles, names = 0, [], []
        for degree, diagram in diagrams:
            if len(diagram) == 0:
                continue
            bars = diagram[np.lexsort((diagram[:, 1], diagram[:, 0]))]
            rows = height + np.arange(len(bars))
            colour, _ = _look(degree)
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
            height += len(bars) + gap
        ax.set_yticks(middles, names)
        ax.set(xlim=(0, end), ylim=(-1, max(height - gap, 1)))

    def _label(self, ax, is_left, is_lowest):
        ax.spines["left"].set_visible(False)
        ax.tick_params(axis="y", left=False, labelsize="medium")
        if is_lowest:
            ax.set_xlabel("filtration value")

    def _draw_legend(self, axes):
        """Degrees are named on the axis."""
