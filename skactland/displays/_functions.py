"""Functions of the filtration value by layer, degree and level: as curves, or as a heat map."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from skactland._checks import check_option
from skactland._table import by_degree, read_names
from skactland.displays._axes import (
    GREY,
    T_LABEL,
    colour_bar,
    degree_title,
    grid_shape,
    hide,
    is_dark,
    legend_beside,
    make_axes,
    say,
    shades,
    tidy,
)
from skactland.displays._base import Display, check_numbers
from skactland.displays._names import set_title, short_names
from skactland.displays._stripes import draw_heatmap
from skactland.displays._thresholds import DASHES

KINDS = ("auto", "curves", "heatmap")
# More layers than this do not fit as curves into one picture.
_MOST_PANELS = 8
_PANELS_IN_A_ROW = 6
# More levels get a bar of colours in the place of a legend.
_MOST_LEVELS = 8


@dataclass(frozen=True)
class Functions:
    """What is drawn: levels of functions in columns, ``values[column, level, node]``.

    ``lower`` and ``upper`` (of the same shape, or None) bound a band around them, which
    ``band_label`` names. Signed functions may be negative, others are heights. Of a function that
    is zero everywhere the picture says ``nothing``. ``lines`` are thresholds, a slope and an
    intercept by layer and degree.
    """

    columns: list
    nodes: np.ndarray
    values: np.ndarray
    lower: np.ndarray | None = None
    upper: np.ndarray | None = None
    band_label: str | None = None
    signed: bool = False
    label: str = r"$\lambda_k(t)$"
    nothing: str = "no finite bars"
    lines: Mapping = field(default_factory=dict)


class FunctionsDisplay(Display):
    """A display of levels of functions in columns; a subclass says which in ``_functions``."""

    def plot(self, *, kind="auto", ax=None):
        """Draw it.

        Parameters
        ----------
        kind : {"auto", "curves", "heatmap"}, default="auto"
            A panel a layer and degree, with a curve a level; or a heat map a degree, with a stripe
            a layer. By default curves for up to eight layers.
        ax : Axes, array of Axes or None, default=None
            Where to draw; a new figure by default.

        Returns
        -------
        display
            Itself.
        """
        return self._draw_into(ax, kind=kind)

    def _draw(self, ax, kind):
        self.figure_, self.axes_ = draw_functions(self._functions(), kind, ax)


def check_functions(columns, nodes, values, called):
    """Return the names, the nodes and the values of functions, as arrays of agreeing shapes."""
    names = read_names(columns)
    nodes = check_numbers(nodes, "nodes", len(names), "n_nodes")
    values = check_numbers(values, called, len(names), "n_levels", nodes.shape[1])
    return names, nodes, values


def draw_functions(functions, kind, ax):
    """Draw functions; return the figure and the axes that are used."""
    check_option(kind, "kind", KINDS)
    layers, degrees, places = by_degree(functions.columns)
    if kind == "auto":
        kind = "curves" if len(layers) <= _MOST_PANELS or functions.lines else "heatmap"
    if kind == "heatmap" and functions.lines:
        raise ValueError('a heat map shows no threshold; use kind="curves", or threshold=None.')
    draw = draw_curves if kind == "curves" else draw_heatmap
    return draw(functions, layers, degrees, places, ax)


def draw_curves(functions, layers, degrees, places, ax):
    """Draw a panel a layer and degree; long rows of layers are broken into blocks."""
    n_blocks, n_columns = grid_shape(len(layers), _PANELS_IN_A_ROW)
    panel = (max(2.2, min(4.2, 12 / n_columns)), 2.2)
    figure, axes = make_axes(ax, n_blocks * len(degrees), n_columns, panel=panel)
    for i, degree in enumerate(degrees):
        for j, (layer, name) in enumerate(zip(layers, short_names(layers), strict=True)):
            block, column = divmod(j, n_columns)
            panel_ax = axes[block * len(degrees) + i, column]
            if (layer, degree) not in places:
                hide([panel_ax])
                continue
            _draw_panel(panel_ax, functions, places[layer, degree])
            if (layer, degree) in functions.lines:
                _draw_line(panel_ax, *functions.lines[layer, degree])
            if i == 0:
                set_title(panel_ax, name)
            if column == 0:
                panel_ax.set_ylabel(f"{degree_title(degree)}\n{functions.label}".strip())
            if i == len(degrees) - 1 and block == n_blocks - 1:
                panel_ax.set_xlabel(T_LABEL)
    _hide_left_over(axes, len(layers), len(degrees), n_columns)
    _draw_legend(axes, functions)
    return figure, axes


def _draw_legend(axes, functions):
    """Name the levels, if there are several, band and threshold beside the upper right panel."""
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    handles, labels = axes[0, 0].get_legend_handles_labels()
    handles, labels = handles[::-1], labels[::-1]  # the first level was drawn last
    if functions.lower is not None and functions.band_label:
        handles.append(Patch(facecolor=GREY, alpha=0.4))
        labels.append(functions.band_label)
    dashes = [Line2D([], [], color=GREY, **DASHES)] if functions.lines else []
    n_levels = functions.values.shape[1]
    if n_levels > _MOST_LEVELS:
        numbers = [str(k + 1) for k in range(n_levels)]
        colour_bar(list(axes.flat), shades(n_levels, ax=axes[0, 0]), "level", numbers)
        if dashes:
            axes[0, -1].legend(dashes, ["threshold"], frameon=False, fontsize="small")
    elif len(handles) + len(dashes) > 1:
        names = [*labels, "threshold"][: len(handles) + len(dashes)]
        legend_beside(axes[0, -1], handles + dashes, names, title="level")


def _hide_left_over(axes, n_layers, n_degrees, n_columns):
    """Hide the panels after the last layer."""
    for j in range(n_layers, len(axes) // n_degrees * n_columns):
        block, column = divmod(j, n_columns)
        hide(axes[block * n_degrees : (block + 1) * n_degrees, column])


def _draw_panel(ax, functions, j):
    """Draw the levels of one column, the first on top."""
    t, levels = functions.nodes[j], functions.values[j]
    colours = shades(len(levels), ax=ax)
    for k in reversed(range(len(levels))):
        order = 2 + (len(levels) - k) / len(levels)
        width = 1.0 + 0.8 * (len(levels) - k) / len(levels)
        if functions.lower is not None:
            ax.fill_between(
                t,
                functions.lower[j, k],
                functions.upper[j, k],
                color=colours[k],
                alpha=0.25 if is_dark(ax) else 0.14,
                linewidth=0,
            )
        ax.plot(t, levels[k], color=colours[k], linewidth=width, zorder=order, label=f"{k + 1}")
    if functions.signed:
        ax.axhline(0, color="0.6", linewidth=0.8, zorder=1)
    elif not levels.any():
        ax.set_ylim(0, 1)
    else:
        ax.set_ylim(bottom=0)
    if not levels.any():
        say(ax, functions.nothing)
    ax.set_xlim(t[0], t[-1])
    tidy(ax)


def _draw_line(ax, slope, start):
    """Draw a threshold, and make room for it where it is not far above all that is drawn."""
    first, last = ax.get_xlim()
    ends = slope * first + start, slope * last + start
    bottom, top = ax.get_ylim()
    if top < min(ends) <= 2 * top:  # beyond that, the curves would be flat
        top = 1.05 * min(ends)
    ax.plot([first, last], ends, color=GREY, zorder=1.5, **DASHES)
    ax.set_xlim(first, last)
    ax.set_ylim(bottom, top)
