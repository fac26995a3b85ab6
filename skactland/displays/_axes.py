"""Axes and colours: what all displays draw on and with."""

import math

import numpy as np

#: Colours that the colour-blind tell apart (Okabe and Ito), and markers for print in grey.
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")
MARKERS = ("o", "^", "s", "D", "v", "P", "X")
GREY = "0.45"
T_LABEL = "filtration value $t$"
# Inches: on narrower panels the name of the axis is small.
_NARROW = 2.4
# Inches between the panels that share the place of one, for what is written there.
_GAPS = (0.45, 0.5)


def make_axes(ax, n_rows=1, n_columns=1, *, panel=(4.0, 3.0)):
    """Return a figure and an array of axes of shape (n_rows, n_columns).

    Parameters
    ----------
    ax : Axes, array of Axes or None
        None makes a new figure. A single axes is drawn on, or, where several are needed, gives its
        place to a grid of them. An array is taken as it is.
    n_rows, n_columns : int
        The grid.
    panel : (float, float)
        Width and height of each axes of a new figure, in inches.
    """
    if ax is None:
        import matplotlib.pyplot as plt

        size = (panel[0] * n_columns, panel[1] * n_rows)
        figure, axes = plt.subplots(
            n_rows, n_columns, figsize=size, squeeze=False, layout="constrained"
        )
        return figure, axes
    axes = np.asarray(ax, dtype=object)
    for one in axes.flat:
        if not hasattr(one, "get_subplotspec"):
            raise TypeError(
                f"ax must be Axes, an array of them or None, got {type(one).__name__}; "
                "figure.subplots() makes Axes."
            )
    if axes.ndim == 0:
        axes = _split(ax, n_rows, n_columns)
    if axes.size != n_rows * n_columns:
        raise ValueError(
            f"ax must be a single axes, whose place is divided, or {n_rows} x {n_columns} of them; "
            f"got {axes.size}."
        )
    axes = axes.reshape(n_rows, n_columns)
    return axes[0, 0].figure, axes


def _split(ax, n_rows, n_columns):
    """Return axes in a grid at the place of one, which is hidden unless it is enough."""
    if n_rows == n_columns == 1:
        return np.array([[ax]], dtype=object)
    if ax.get_subplotspec() is None:
        raise ValueError(
            f"This picture needs {n_rows} x {n_columns} axes, and the one given has no place in a "
            "grid that could be divided; pass an array of axes, or axes made by subplots."
        )
    ax.set_axis_off()
    # Where no layout sees to it, panels leave room for what is written between them.
    is_laid_out = ax.figure.get_layout_engine() or is_alone(ax)
    room = {} if is_laid_out else _spaces(ax, n_rows, n_columns)
    grid = ax.get_subplotspec().subgridspec(n_rows, n_columns, **room)
    axes = np.empty((n_rows, n_columns), dtype=object)
    for i, j in np.ndindex(axes.shape):
        axes[i, j] = ax.figure.add_subplot(grid[i, j])
    return axes


def is_alone(ax):
    """Tell whether axes are the only ones of a figure, in a grid that no layout sees to."""
    from matplotlib.figure import Figure  # a part of a figure is laid out with all of it

    figure = ax.figure
    is_free = isinstance(figure, Figure) and figure.get_layout_engine() is None
    return is_free and list(figure.axes) == [ax] and ax.get_subplotspec() is not None


def _spaces(ax, n_rows, n_columns):
    """Return the white between panels at the place of axes, in parts of a panel."""
    place = ax.get_window_extent()
    spaces = {}
    for name, length, n, gap in (
        ("wspace", place.width, n_columns, _GAPS[0]),
        ("hspace", place.height, n_rows, _GAPS[1]),
    ):
        panel = length / ax.figure.dpi / n
        spaces[name] = gap / max(panel - gap, 0.5 * panel)
    return spaces


def grid_shape(n_panels, most_in_a_row):
    """Return the rows and columns of the smallest grid for some panels, its rows about even."""
    n_rows = max(1, math.ceil(n_panels / most_in_a_row))
    return n_rows, max(1, math.ceil(n_panels / n_rows))


def hide(axes):
    """Leave the places of some axes empty."""
    for ax in axes:
        ax.set_axis_off()


def tidy(ax):
    """Take away the upper and right border of axes, and keep what is written on them apart.

    In narrow panels small filtration values would need more digits than there is room for, and
    their power of ten would run into the name of the axis.
    """
    from matplotlib.ticker import ScalarFormatter

    ax.spines[["top", "right"]].set_visible(False)
    ax.tick_params(labelsize="small")
    is_narrow = ax.get_window_extent().width < _NARROW * ax.figure.dpi
    for axis, limits in ((ax.xaxis, (-2, 4 if is_narrow else 5)), (ax.yaxis, (-3, 5))):
        if isinstance(axis.get_major_formatter(), ScalarFormatter):
            axis.get_major_formatter().set_powerlimits(limits)
            axis.get_offset_text().set_size("x-small")
    if is_narrow:
        ax.xaxis.label.set_size("small")
    ax.xaxis.labelpad = 11 if is_narrow else 8  # below the power of ten at the end of the axis


def legend_beside(ax, *handles_and_labels, **options):
    """Put a legend to the right of axes, where nothing is drawn."""
    ax.legend(
        *handles_and_labels,
        **{"frameon": False, "loc": "upper left", "bbox_to_anchor": (1.0, 1.0), **options},
    )


def is_dark(ax=None):
    """Tell whether the background of axes is dark, or that of the style in force."""
    from matplotlib import rcParams
    from matplotlib.colors import to_rgba

    colour = to_rgba(rcParams["axes.facecolor"] if ax is None else ax.get_facecolor())
    if colour[3] == 0 and ax is not None:  # one sees through
        colour = to_rgba(ax.figure.get_facecolor())
    return np.dot(colour[:3], (0.299, 0.587, 0.114)) < 0.5


def ink(ax=None):
    """Return black, or white where the background is dark."""
    return "white" if is_dark(ax) else "black"


def look(i, ax=None):
    """Return the colour and the marker of the i-th of some groups or degrees.

    All 49 pairs of them come before one comes again.
    """
    colour = COLOURS[i % len(COLOURS)]
    marker = MARKERS[(i + i // len(COLOURS)) % len(MARKERS)]
    return {"color": ink(ax) if colour == "#000000" else colour, "marker": marker}


def shades(n, name="viridis", stop=0.85, *, ax=None):
    """Return n colours of a map that stay in their order in grey, the first the most distinct.

    From dark to light, and on a dark background from light to dark.
    """
    return shading(name, stop, ax)(np.linspace(0, 1, max(n, 1)))


def shading(name="viridis", stop=0.85, ax=None):
    """Return the colours of a map that can be seen on the background of axes, as a map."""
    from matplotlib import colormaps
    from matplotlib.colors import ListedColormap

    ends = (1, 1.15 - stop) if is_dark(ax) else (0, stop)
    return ListedColormap(colormaps[name](np.linspace(*ends, 256)))


def colour_bar(axes, colours, label, names=None):
    """Put a bar of colours beside axes: for so many things in order that no legend holds them.

    Parameters
    ----------
    axes : sequence of Axes
    colours : ScalarMappable, or array of shape (n, 4)
    label : str or None
        What the colours tell.
    names : sequence of str
        Of each of n colours; about eight of them are written.
    """
    from matplotlib.cm import ScalarMappable
    from matplotlib.colors import ListedColormap, Normalize

    options = {}
    if names is not None:
        n = len(names)
        colours = ScalarMappable(Normalize(-0.5, n - 0.5), ListedColormap(colours))
        options["ticks"] = np.unique(np.linspace(0, n - 1, min(n, 8)).round().astype(int))
    bar = axes[0].figure.colorbar(colours, ax=axes, label=label, pad=0.02, **options)
    if names is not None:
        bar.ax.set_yticks(options["ticks"], [names[i] for i in options["ticks"]])
    bar.ax.tick_params(labelsize="small")
    bar.outline.set_visible(False)
    return bar


def say(ax, words):
    """Write why axes are empty."""
    ax.text(0.5, 0.7, words, transform=ax.transAxes, ha="center", va="center", color=GREY)


def degree_title(degree):
    """Return what a degree is called in a picture."""
    names = {0: " (components)", 1: " (loops)", 2: " (voids)"}
    return "" if degree is None else f"degree {degree}{names.get(degree, '')}"
