"""Functions of the filtration value by layer, degree and level: as curves, or as a heat map."""

from dataclasses import dataclass

import numpy as np

from skactland._checks import check_option
from skactland._table import by_degree, read_names
from skactland.displays._axes import (
    degree_title,
    grid_shape,
    hide,
    legend_beside,
    make_axes,
    shades,
    tidy,
)
from skactland.displays._base import Display, check_numbers

KINDS = ("auto", "curves", "heatmap")
T_LABEL = "filtration value $t$"
# More layers than this do not fit as curves into one picture.
_MOST_PANELS = 8
_PANELS_IN_A_ROW = 6


@dataclass(frozen=True)
class Functions:
    """What is drawn: levels of functions in columns, ``values[column, level, node]``.

    ``lower`` and ``upper`` (of the same shape, or None) bound a band around them, which
    ``band_label`` names. Signed functions may be negative, others are heights.
    """

    columns: list
    nodes: np.ndarray
    values: np.ndarray
    lower: np.ndarray | None = None
    upper: np.ndarray | None = None
    band_label: str | None = None
    signed: bool = False
    label: str = r"$\lambda_k(t)$"


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
        self.figure_, self.axes_ = draw_functions(self._functions(), kind, ax)
        return self


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
        kind = "curves" if len(layers) <= _MOST_PANELS else "heatmap"
    draw = draw_curves if kind == "curves" else draw_heatmap
    return draw(functions, layers, degrees, places, ax)


def draw_curves(functions, layers, degrees, places, ax):
    """Draw a panel a layer and degree; long rows of layers are broken into blocks."""
    n_blocks, n_columns = grid_shape(len(layers), _PANELS_IN_A_ROW)
    panel = (max(2.2, min(4.2, 12 / n_columns)), 2.2)
    figure, axes = make_axes(ax, n_blocks * len(degrees), n_columns, panel=panel)
    for i, degree in enumerate(degrees):
        for j, layer in enumerate(layers):
            block, column = divmod(j, n_columns)
            panel_ax = axes[block * len(degrees) + i, column]
            if (layer, degree) not in places:
                hide([panel_ax])
                continue
            _draw_panel(panel_ax, functions, places[layer, degree])
            panel_ax.set_title(layer if i == 0 else "", fontsize="medium")
            if column == 0:
                panel_ax.set_ylabel(f"{degree_title(degree)}\n{functions.label}".strip())
            if i == len(degrees) - 1 and block == n_blocks - 1:
                panel_ax.set_xlabel(T_LABEL)
    _hide_left_over(axes, len(layers), len(degrees), n_columns)
    _draw_legend(axes, functions)
    return figure, axes


def _draw_legend(axes, functions):
    """Name the levels, if there are several, and the band beside the upper right panel."""
    from matplotlib.patches import Patch

    handles, labels = axes[0, 0].get_legend_handles_labels()
    handles, labels = handles[::-1], labels[::-1]  # the first level was drawn last
    if functions.lower is not None and functions.band_label:
        handles.append(Patch(facecolor="0.8"))
        labels.append(functions.band_label)
    if len(handles) > 1:
        legend_beside(axes[0, -1], handles, labels, title="level")


def _hide_left_over(axes, n_layers, n_degrees, n_columns):
    """Hide the panels after the last layer."""
    for j in range(n_layers, len(axes) // n_degrees * n_columns):
        block, column = divmod(j, n_columns)
        hide(axes[block * n_degrees : (block + 1) * n_degrees, column])


def _draw_panel(ax, functions, j):
    """Draw the levels of one column, the first on top."""
    t, levels = functions.nodes[j], functions.values[j]
    colours = shades(len(levels))
    for k in reversed(range(len(levels))):
        order = 2 + (len(levels) - k) / len(levels)
        width = 1.0 + 0.8 * (len(levels) - k) / len(levels)
        if functions.lower is not None:
            ax.fill_between(
                t,
                functions.lower[j, k],
                functions.upper[j, k],
                color=colours[k],
                alpha=0.14,
                linewidth=0,
            )
        ax.plot(t, levels[k], color=colours[k], linewidth=width, zorder=order, label=f"{k + 1}")
    if functions.signed:
        ax.axhline(0, color="0.6", linewidth=0.8, zorder=1)
    else:
        ax.set_ylim(bottom=0)
    ax.set_xlim(t[0], t[-1])
    tidy(ax)


def draw_heatmap(functions, layers, degrees, places, ax):
    """Draw an axes a degree; a layer is a stripe, its levels the lines of the stripe."""
    height = max(2.4, 0.28 * len(layers) + 1.0)
    figure, axes = make_axes(ax, 1, len(degrees), panel=(5.5, height))
    for degree, panel_ax in zip(degrees, axes[0], strict=True):
        of_degree = [places.get((layer, degree)) for layer in layers]
        _draw_stripes(panel_ax, functions, of_degree)
        panel_ax.set_yticks(np.arange(len(layers)) + 0.5, layers)
        panel_ax.tick_params(labelleft=panel_ax is axes[0, 0])
        panel_ax.set_ylim(len(layers), 0)  # the first layer on top
        panel_ax.set_title(degree_title(degree), fontsize="medium")
        panel_ax.set_xlabel(T_LABEL)
        panel_ax.tick_params(labelsize="small", left=False)
    return figure, axes


def _draw_stripes(ax, functions, places):
    """Draw the layers of one degree, on one scale of colours."""
    from matplotlib.colors import Normalize, PowerNorm

    present = [j for j in places if j is not None]
    largest = np.abs(functions.values[present]).max() or 1.0
    if functions.signed:
        colours = {"cmap": "PuOr", "norm": Normalize(-largest, largest)}
    else:
        colours = {"cmap": "BuPu", "norm": PowerNorm(0.5, 0, largest)}  # low layers show as well
    edges = np.linspace(0.06, 0.94, functions.values.shape[1] + 1)  # white between stripes
    for i, j in enumerate(places):
        if j is not None:
            mesh = ax.pcolormesh(
                _cell_edges(functions.nodes[j]),
                i + edges,
                functions.values[j],
                rasterized=True,  # or a vector file would hold every cell
                **colours,
            )
    # Beyond its window a function is zero, and is shown so.
    ax.set_facecolor(mesh.cmap(0.5 if functions.signed else 0.0))
    ax.set_xlim(functions.nodes[present].min(), functions.nodes[present].max())
    aspect = max(15, 1.8 * len(places))
    bar = ax.figure.colorbar(mesh, ax=ax, label=functions.label, pad=0.02, aspect=aspect)
    bar.ax.tick_params(labelsize="small")
    bar.outline.set_visible(False)
    ax.spines[:].set_visible(False)


def _cell_edges(nodes):
    """Return the ends of the cells of which nodes are the middles."""
    middles = (nodes[1:] + nodes[:-1]) / 2
    return np.concatenate([nodes[:1], middles, nodes[-1:]])
