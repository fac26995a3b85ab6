"""Axes and colours: what all displays draw on and with."""

import numpy as np

#: Colours that the colour-blind tell apart (Okabe and Ito), and markers for print in grey.
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")
MARKERS = ("o", "^", "s", "D", "v", "P", "X")
GREY = "0.45"


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


def tidy(ax):
    """Take away the upper and right border of axes."""
    ax.spines[["top", "right"]].set_visible(False)
    ax.tick_params(labelsize="small")


def shades(n, name="viridis", stop=0.85):
    """Return n colours of a map, dark to light, that stay in this order in grey."""
    from matplotlib import colormaps

    return colormaps[name](np.linspace(0, stop, max(n, 1)))


def degree_title(degree):
    """Return what a degree is called in a picture."""
    names = {0: " (components)", 1: " (loops)", 2: " (voids)"}
    return "" if degree is None else f"degree {degree}{names.get(degree, '')}"
