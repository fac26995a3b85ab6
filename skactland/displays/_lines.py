"""Lines of means over networks, a line a group."""

from numbers import Real

import numpy as np
from scipy.stats import t as student

from skactland.displays._axes import look, shades, tidy
from skactland.displays._labels import are_numbers

_LINE_STYLES = ("-", "--", "-.", ":")


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
    values = np.unique(labels)
    # Numbers have an order, which shades show; names are told apart by colour and by dashes.
    is_ordered = groups is not None and are_numbers(groups)
    colours = shades(len(values))
    for g, value in enumerate(values):
        group = rows[labels == value]
        shift = 0.04 * (g - (len(values) - 1) / 2)
        dashes = {"linestyle": _LINE_STYLES[g % len(_LINE_STYLES)]}
        ax.errorbar(
            positions + shift,
            group.mean(axis=0),
            _half_widths(group, confidence),
            **look(g) | ({"color": colours[g]} if is_ordered else dashes),
            markersize=5,
            linewidth=1.6,
            elinewidth=1,
            capsize=2,
            label=f"{value}",
        )


def name_layers(ax, layers, is_long=False):
    """Write the names of layers below an axis."""
    rotation = 90 if is_long else (30 if max(map(len, layers)) > 6 else 0)
    ax.set_xticks(range(len(layers)), layers, rotation=rotation)


def tidy_lines(ax):
    """Give lines their background; numbers that are not negative begin at 0."""
    if ax.dataLim.y0 >= 0:
        ax.set_ylim(bottom=0)
    ax.grid(axis="y", color="0.9", linewidth=0.8)
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
