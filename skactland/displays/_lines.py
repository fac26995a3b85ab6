"""Lines of means over networks, a line a group."""

from numbers import Real

import numpy as np
from scipy.stats import t as student

from skactland.displays._axes import colour_bar, ink, legend_beside, look, shades, shading, tidy
from skactland.displays._labels import are_numbers, in_order
from skactland.displays._names import plain

_LINE_STYLES = ("-", "--", "-.", ":")
# More groups that are numbers get a bar of colours in the place of a legend.
MOST_IN_A_LEGEND = 8
_MOST_IN_A_COLUMN = 9


def draw_groups(ax, positions, rows, groups, confidence):
    """Draw a line a group, shifted a little so that intervals do not hide each other.

    Parameters
    ----------
    ax : Axes
    positions : ndarray of shape (n_positions,)
    rows : ndarray of shape (n_networks, n_positions)
    groups : ndarray of shape (n_networks,) or None
        As from `read_labels`; None for one group.
    confidence : float or None
        Level of the interval of each mean.
    """
    labels = np.zeros(len(rows), int) if groups is None else groups
    values = in_order(labels)
    step = min(0.04, 0.6 / len(values))  # the lines of a layer stay beside its name
    styles = group_styles(values, ax)
    is_many = len(values) > MOST_IN_A_LEGEND
    for g, (value, style) in enumerate(zip(values, styles, strict=True)):
        group = rows[labels == value]
        ax.errorbar(
            positions + step * (g - (len(values) - 1) / 2),
            group.mean(axis=0),
            _half_widths(group, confidence),
            **style,
            markersize=3.5 if is_many else 5,
            linewidth=1.2 if is_many else 1.6,
            elinewidth=0.6 if is_many else 1,
            capsize=0 if is_many else 2,
            label=plain(value),
        )


def group_styles(values, ax):
    """Return how each group is drawn, of which these are the names in order.

    Numbers have an order, which shades show; names are told apart by colour and by dashes.
    """
    looks = [look(g, ax) for g in range(len(values))]
    if len(values) > 1 and are_numbers(values):
        colours = shades(len(values), ax=ax)
        if _has_bar(values):
            colours = _scale(values, ax).to_rgba(values)
        return [style | {"color": colour} for style, colour in zip(looks, colours, strict=True)]
    n = len(_LINE_STYLES)
    return [style | {"linestyle": _LINE_STYLES[g % n]} for g, style in enumerate(looks)]


def name_groups(axes, groups, title, *others):
    """Tell what the lines of all of some axes are: in a legend, or many numbers by a bar.

    Parameters
    ----------
    axes : ndarray of Axes of shape (n_rows, n_columns)
        The legend stands beside the upper right one.
    groups : ndarray of shape (n_networks,) or (n_groups,), or None
    title : str or None
    *others : Artist
        What a legend names beside the groups.
    """
    if groups is None:
        return
    if _has_bar(groups):
        colour_bar(list(axes.flat), _scale(groups, axes[0, 0]), title)
        if others:
            axes[0, -1].legend(handles=others, frameon=False, fontsize="small")
        return
    # Of panels that stay empty none has names.
    handles = next(filter(None, (ax.get_legend_handles_labels()[0] for ax in axes.flat)), [])
    handles = [*handles, *others]
    n_columns = -(-len(handles) // _MOST_IN_A_COLUMN)
    legend_beside(axes[0, -1], handles=handles, title=title, ncols=n_columns)


def _has_bar(groups):
    return are_numbers(groups) and len(np.unique(groups)) > MOST_IN_A_LEGEND


def _scale(values, ax):
    """Return the shades of numbers between the least and the largest."""
    from matplotlib.cm import ScalarMappable
    from matplotlib.colors import Normalize

    return ScalarMappable(Normalize(np.min(values), np.max(values)), shading(ax=ax))


def tidy_lines(ax):
    """Give lines their background; numbers that are not negative begin at 0."""
    if ax.dataLim.y0 >= 0:
        # Margins go by the range of the data, which may be small beside how high they lie.
        ax.set_ylim(0, max(ax.get_ylim()[1], 1.05 * ax.dataLim.y1))
    ax.grid(axis="y", color=ink(ax), alpha=0.1, linewidth=0.8)
    ax.set_axisbelow(True)
    tidy(ax)


def check_confidence(confidence):
    """Refuse what is no confidence level."""
    if confidence is None:
        return
    if not isinstance(confidence, Real) or isinstance(confidence, bool):
        raise TypeError(f"confidence must be a number or None, got {confidence!r}.")
    if not 0 < confidence < 1:
        raise ValueError(f"confidence must be between 0 and 1 or None, got {confidence!r}.")


def _half_widths(group, confidence):
    """Return half the length of the interval of each mean, None where there is none."""
    if confidence is None or len(group) < 2:
        return None
    quantile = student.ppf((1 + confidence) / 2, len(group) - 1)
    unit = np.abs(group).max() or 1.0  # keeps squares from overflowing
    return quantile * unit * (group / unit).std(axis=0, ddof=1) / np.sqrt(len(group))
