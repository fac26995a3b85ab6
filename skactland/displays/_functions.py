"""Functions of the filtration value by layer, degree and level: as curves, or as a heat map."""

import math
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
from skactland.displays._lines import group_styles, name_groups
from skactland.displays._names import plain, set_title, short_names
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
    is zero everywhere the picture says ``nothing``. With ``groups``, names in order, the lines of a
    column are the levels of the first group, then those of the second, and so on. ``thresholds``
    are lines, a slope and an intercept by layer and degree.
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
    groups: np.ndarray | None = None
    group_name: str | None = None
    thresholds: Mapping = field(default_factory=dict)

    @property
    def n_levels(self):
        """The number of levels, of each group if there are any."""
        return self.values.shape[1] // (1 if self.groups is None else len(self.groups))


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

    def _draw(self, ax, kind, **names):
        self.figure_, self.axes_ = draw_functions(self._functions(**names), kind, ax)


def check_functions(columns, nodes, values, called, *n_groups):
    """Return the names, the nodes and the values of functions, as arrays of agreeing shapes."""
    names = read_names(columns)
    nodes = check_numbers(nodes, "nodes", len(names), "n_nodes")
    values = check_numbers(values, called, *n_groups, len(names), "n_levels", nodes.shape[1])
    return names, nodes, values


def draw_functions(functions, kind, ax):
    """Draw functions; return the figure and the axes that are used."""
    check_option(kind, "kind", KINDS)
    layers, degrees, places = by_degree(functions.columns)
    if kind == "auto":
        is_wide = len(layers) > _MOST_PANELS and not functions.thresholds
        kind = "heatmap" if is_wide else "curves"
    if kind == "heatmap" and functions.thresholds:
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
            if (layer, degree) in functions.thresholds:
                _draw_threshold(panel_ax, *functions.thresholds[layer, degree])
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
    """Name the groups or several levels, the band and the threshold, beside the panels."""
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    others = []
    if functions.lower is not None and functions.band_label:
        others = [Patch(facecolor=GREY, alpha=0.4, label=functions.band_label)]
    if functions.thresholds:
        others.append(Line2D([], [], color=GREY, label="threshold", **DASHES))
    if functions.groups is not None:
        name_groups(axes, functions.groups, functions.group_name, *others)
        return
    n_levels = functions.n_levels
    colours = shades(n_levels, ax=axes[0, 0])
    if n_levels > _MOST_LEVELS:
        colour_bar(list(axes.flat), colours, "level", [str(k + 1) for k in range(n_levels)])
        if others:
            axes[0, -1].legend(handles=others, frameon=False, fontsize="small")
        return
    # Of panels that stay empty none has names. The first level was drawn last.
    handles = next(filter(None, (ax.get_legend_handles_labels()[0] for ax in axes.flat)), [])
    handles = [*handles[::-1], *others]
    if len(handles) > 1:
        legend_beside(axes[0, -1], handles=handles, title="level")


def _styles(functions, ax):
    """Yield the position of each line and how it is drawn, the last level first.

    Levels are told apart by shades. Groups have colours, and their levels are ever thinner.
    """
    n_levels, groups = functions.n_levels, functions.groups
    looks = [{"color": colour} for colour in shades(n_levels, ax=ax)]
    if groups is not None:
        looks = [style | {"marker": None} for style in group_styles(groups, ax)]
    for k in reversed(range(n_levels)):
        rest = (n_levels - k) / n_levels  # 1 for the first level
        size = {"linewidth": 1.0 + 0.8 * rest, "zorder": 2 + rest}
        if groups is None:
            yield k, looks[k] | size | {"label": f"{k + 1}"}
            continue
        for g, style in enumerate(looks):
            label = plain(groups[g]) if k == 0 else None
            yield g * n_levels + k, style | size | {"alpha": rest, "label": label}


def _hide_left_over(axes, n_layers, n_degrees, n_columns):
    """Hide the panels after the last layer."""
    for j in range(n_layers, len(axes) // n_degrees * n_columns):
        block, column = divmod(j, n_columns)
        hide(axes[block * n_degrees : (block + 1) * n_degrees, column])


def _draw_panel(ax, functions, j):
    """Draw the lines of one column, the first level on top."""
    t, levels = functions.nodes[j], functions.values[j]
    shade = (0.25 if is_dark(ax) else 0.14) / math.sqrt(len(levels) / functions.n_levels)
    for line, style in _styles(functions, ax):
        if functions.lower is not None:
            sides = functions.lower[j, line], functions.upper[j, line]
            ax.fill_between(t, *sides, color=style["color"], alpha=shade, linewidth=0)
        ax.plot(t, levels[line], **style)
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


def _draw_threshold(ax, slope, start):
    """Draw a line, and make room for it where it is not far above all that is drawn."""
    first, last = ax.get_xlim()
    ends = slope * first + start, slope * last + start
    bottom, top = ax.get_ylim()
    if top < min(ends) <= 2 * top:  # beyond that, the curves would be flat
        top = 1.05 * min(ends)
    ax.plot([first, last], ends, color=GREY, zorder=1.5, **DASHES)
    ax.set(xlim=(first, last), ylim=(bottom, top))
