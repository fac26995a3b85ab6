"""Functions by layer, degree and level as a heat map: a layer is a stripe."""

import numpy as np

from skactland.displays._axes import T_LABEL, colour_bar, degree_title, make_axes, say
from skactland.displays._names import name_rows, plain

# Layers whose scales differ by more have each its own: on one, the smaller are blank.
_LARGEST_RATIO = 10.0
# Of more groups the first and the last are named.
_MOST_NAMES = 4


def draw_heatmap(functions, layers, degrees, places, ax):
    """Draw an axes a degree; a layer is a stripe, its levels (of each group) the lines of it."""
    height = max(2.4, 0.28 * len(layers) + 1.0)
    figure, axes = make_axes(ax, 1, len(degrees), panel=(5.5, height))
    for degree, panel_ax in zip(degrees, axes[0], strict=True):
        of_degree = [places.get((layer, degree)) for layer in layers]
        step = name_rows(panel_ax, layers, "small")
        _draw_stripes(panel_ax, functions, of_degree, has_room=step == 1)
        panel_ax.tick_params(labelleft=panel_ax is axes[0, 0])
        panel_ax.set_title(degree_title(degree), fontsize="medium")
        panel_ax.tick_params(labelsize="small", left=False)
    return figure, axes


def _draw_stripes(ax, functions, places, has_room):
    """Draw the layers of one degree, on one scale if it shows them all."""
    from matplotlib.cm import ScalarMappable

    present = [j for j in places if j is not None]
    heights, heights_label = _units(np.abs(functions.values[present]).max(axis=(1, 2)))
    ends, ends_label = _units(np.abs(functions.nodes[present]).max(axis=1))
    if functions.signed:  # coefficients of different layers are comparable as they are
        heights, heights_label = np.ones(len(present)), ""
    values = functions.values[present] / heights[:, None, None]
    nodes = functions.nodes[present] / ends[:, None]
    colours = _colours(functions.signed, np.abs(values).max() or 1.0)
    edges = np.linspace(0.06, 0.94, values.shape[1] + 1)  # white between stripes
    rows = [i for i, j in enumerate(places) if j is not None]
    for row, of_layer, t, end in zip(rows, values, nodes, ends, strict=True):
        # Rasterized, or a vector file would hold every cell.
        ax.pcolormesh(_cell_edges(t), row + edges, of_layer, rasterized=True, **colours)
        if ends_label and has_room:
            _write(ax, row, f"$t \\leq {_number(end)}$")
    mesh = ScalarMappable(colours["norm"], colours["cmap"])
    # Beyond its window a function is zero, and is shown so.
    ax.set_facecolor(mesh.cmap(0.5 if functions.signed else 0.0))
    ax.set_xlim(nodes.min(), nodes.max())
    ax.set_xlabel(T_LABEL + ends_label + _order_of(functions))
    if not values.any():
        say(ax, functions.nothing)
    label = functions.label + heights_label
    if functions.lower is not None:
        label = f"mean {label}\n(a heat map shows no band)"
    bar = colour_bar([ax], mesh, label)
    bar.ax.set_box_aspect(max(15, 1.8 * len(places)))
    ax.spines[:].set_visible(False)


def _order_of(functions):
    """Return what tells in which order the groups are within the stripe of a layer."""
    if functions.groups is None:
        return ""
    names = [plain(group) for group in functions.groups]
    if len(names) > _MOST_NAMES:
        names = [*names[:2], "…", names[-1]]
    called = f" ({plain(functions.group_name)})" if functions.group_name else ""
    return f"\neach layer from the top{called}: {', '.join(names)}"


def _units(largest):
    """Return what the values of each layer are divided by, and how that is told."""
    positive = largest[largest > 0]
    if len(positive) == 0 or positive.max() / _LARGEST_RATIO <= positive.min():
        return np.ones(len(largest)), ""
    return np.where(largest > 0, largest, 1.0), " / largest of the layer"


def _colours(signed, largest):
    from matplotlib import colormaps
    from matplotlib.colors import Normalize, PowerNorm

    if signed:
        return {"cmap": colormaps["PuOr"], "norm": Normalize(-largest, largest)}
    # Low layers show as well.
    return {"cmap": colormaps["BuPu"], "norm": PowerNorm(0.5, 0, largest)}


def _write(ax, row, words):
    """Write into the end of a stripe, where functions are low and colours light."""
    place = {"transform": ax.get_yaxis_transform(), "ha": "right", "va": "center"}
    ax.text(0.99, row + 0.5, words, fontsize="x-small", color="0.25", **place)


def _number(value):
    """Return a number as mathematics, with two digits."""
    mantissa, _, power = f"{value:.2g}".partition("e")
    return rf"{mantissa} \cdot 10^{{{int(power)}}}" if power else mantissa


def _cell_edges(nodes):
    """Return the ends of the cells of which nodes are the middles."""
    middles = (nodes[1:] + nodes[:-1]) / 2
    return np.concatenate([nodes[:1], middles, nodes[-1:]])
