"""Axes and colours: what all displays draw on and with."""

import math

import numpy as np

#: Colours that the colour-blind tell apart (Okabe and Ito), and markers for print in grey.
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")
MARKERS = ("o", "^", "s", "D", "v", "P", "X")
GREY = "0.45"
# Inches: on narrower panels the name of the axis is small.
_NARROW = 2.4


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
    from matplotlib.gridspec import GridSpecFromSubplotSpec

    if ax.get_subplotspec() is None:
        raise ValueError(
            f"This picture needs {n_rows} x {n_columns} axes, and the one given has no place in a "
            "grid that could be divided; pass an array of axes, or axes made by subplots."
        )
    ax.set_axis_off()
    grid = GridSpecFromSubplotSpec(n_rows, n_columns, subplot_spec=ax.get_subplotspec())
    axes = np.empty((n_rows, n_columns), dtype=object)
    for i, j in np.ndindex(axes.shape):
        axes[i, j] = ax.figure.add_subplot(grid[i, j])
    return axes


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
    for axis, smallest in ((ax.xaxis, -2), (ax.yaxis, -3)):
        if isinstance(axis.get_major_formatter(), ScalarFormatter):
            axis.get_major_formatter().set_powerlimits((smallest, 5))
            axis.get_offset_text().set_size("x-small")
    if ax.get_window_extent().width < _NARROW * ax.figure.dpi:
        ax.xaxis.label.set_size("small")
        ax.xaxis.labelpad = 7  # below the power of ten, which stands at the end of the axis


def legend_beside(ax, *handles_and_labels, **options):
    """Put a legend to the right of axes, where nothing is drawn."""
    ax.legend(
        *handles_and_labels,
        **{"frameon": False, "loc": "upper left", "bbox_to_anchor": (1.0, 1.0), **options},
    )


def look(i):
    """Return the colour and the marker of the i-th of some groups or degrees."""
    return {"color": COLOURS[i % len(COLOURS)], "marker": MARKERS[i % len(MARKERS)]}


def shades(n, name="viridis", stop=0.85):
    """Return n colours of a map, dark to light, that stay in this order in grey."""
    from matplotlib import colormaps

    return colormaps[name](np.linspace(0, stop, max(n, 1)))


def degree_title(degree):
    """Return what a degree is called in a picture."""
    names = {0: " (components)", 1: " (loops)", 2: " (voids)"}
    return "" if degree is None else f"degree {degree}{names.get(degree, '')}"
