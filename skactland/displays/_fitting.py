"""How what is written in a picture is made to fit into a figure of the user's, however small."""

import math
import warnings
from operator import attrgetter

import numpy as np

# Points: smaller letters cannot be read.
_SMALLEST = 6.5
# The part of a figure that a legend beside it may take at its full size.
_LARGEST_LEGEND = 0.25


def lay_out(figure):
    """Place the axes of a figure once, so that nothing beside them overlaps."""
    from matplotlib.layout_engine import ConstrainedLayoutEngine

    with warnings.catch_warnings():  # once names are smaller there may be room
        warnings.filterwarnings("ignore", "constrained_layout not applied")
        ConstrainedLayoutEngine().execute(figure)


def fit_labels(axes, bars=()):
    """Make what is written at small axes small, and name the axis of a row of such panels once.

    Parameters
    ----------
    axes : ndarray of Axes of shape (n_rows, n_columns)
    bars : sequence of Axes
        Those of bars of colours.
    """
    for ax in (*axes.flat, *bars):
        if not ax.axison:
            continue
        _fit_ticks(ax)
        place = ax.get_window_extent()
        _fit(ax.xaxis.label, place.width, "width")
        _fit(ax.yaxis.label, place.height, "height")
        for title in (ax.title, ax._left_title):
            _fit(title, place.width, "width")
    for texts in ("title", "_left_title", "yaxis.label"):
        _make_alike([attrgetter(texts)(ax) for ax in axes.flat])
    for ax in axes.flat:
        if ax.get_legend():
            _fit_legend(ax.get_legend())
    for row in axes:
        named = [ax for ax in row if ax.axison and ax.get_xlabel()]
        lengths = [ax.xaxis.label.get_window_extent().width for ax in named]
        if len(named) > 1 and max(lengths) > named[0].get_window_extent().width:
            for ax in named:
                if ax is not named[len(named) // 2]:
                    ax.set_xlabel("")


def _fit(text, room, along):
    """Give what is in brackets a line of its own, and then smaller letters, until there is room."""
    length = getattr(text.get_window_extent(), along)
    if length > room:
        text.set_text(text.get_text().replace(" (", "\n("))
        length = getattr(text.get_window_extent(), along)
    if length > room:
        text.set_size(max(_SMALLEST, text.get_size() * room / length))
        length = getattr(text.get_window_extent(), along)
    if length > 1.02 * room:
        text.set_text(_in_two(text.get_text()))


def _in_two(words):
    """Return words of one line in two, about as long as each other."""
    spaces = [i for i, letter in enumerate(words) if letter == " "]
    if not spaces or "\n" in words or "$" in words:
        return words
    middle = min(spaces, key=lambda i: abs(i - len(words) / 2))
    return f"{words[:middle]}\n{words[middle + 1 :]}"


def _make_alike(texts):
    """Give texts that stand beside each other the letters of the smallest, and lines alike."""
    texts = [text for text in texts if text.get_text()]
    size = min((text.get_size() for text in texts), default=0)
    is_broken = any(" (" not in text.get_text() and "\n(" in text.get_text() for text in texts)
    for text in texts:
        text.set_size(size)
        if is_broken:
            text.set_text(text.get_text().replace(" (", "\n("))


def _fit_legend(legend):
    """Make a legend small that would take much of the figure."""
    texts = legend.get_texts()
    if legend.get_window_extent().width <= _LARGEST_LEGEND * legend.figure.bbox.width:
        return
    for text in texts:
        text.set_text(text.get_text().replace(" (", "\n("))
    for text in (*texts, legend.get_title()):
        text.set_size(_SMALLEST)


def _fit_ticks(ax):
    """Write as few numbers or names beside small axes as leave white between them."""
    from matplotlib.ticker import FixedLocator, FuncFormatter, MaxNLocator

    place = ax.get_window_extent()
    for axis, along in ((ax.xaxis, "width"), (ax.yaxis, "height")):
        boxes = [label.get_window_extent() for label in axis.get_ticklabels() if label.get_text()]
        longest = max((getattr(box, along) for box in boxes), default=0)
        low, high = sorted(axis.get_view_interval())
        scale = getattr(place, along) / (high - low)
        locator = axis.get_major_locator()
        if isinstance(locator, FixedLocator) and isinstance(
            axis.get_major_formatter(), FuncFormatter
        ):
            _thin_out_names(axis, longest, scale)
        elif isinstance(locator, MaxNLocator):
            places = axis.get_majorticklocs()
            places = places[(low <= places) & (places <= high)]
            if len(places) > 1 and scale * np.diff(places).min() < 1.2 * longest:
                if axis.get_ticklabels()[0].get_size() > _SMALLEST:
                    axis.set_tick_params(labelsize=_SMALLEST)  # which may be enough
                else:
                    axis.set_major_locator(_fewer(places, 1.2 * longest / scale))


def _fewer(places, distance):
    """Return what places ticks some distance apart, or at the two ends of where they are."""
    from matplotlib.ticker import FixedLocator, MaxNLocator

    n = int((places[-1] - places[0]) / distance)
    if n > 1:
        return MaxNLocator(n, steps=(1, 2, 5, 10))
    return FixedLocator(places[[0, -1]] if n else places[:1])


def _thin_out_names(axis, longest, scale):
    """Leave out names, every second or more of them, that would overlap."""
    places = axis.get_majorticklocs()
    if len(places) < 2:
        return
    every = math.ceil(longest / (scale * np.diff(places).min()) - 0.05)  # boxes are a bit larger
    if every > 1:
        names = [label.get_text() for label in axis.get_ticklabels()]
        axis.set_ticks(places[::every], names[::every])


def keep_inside(figure, axes):
    """Move axes of a figure that has no layout, such that nothing beside them is cut off.

    What is written keeps its size, so a second step mends what the first has changed.
    """
    from matplotlib.transforms import Bbox

    if figure.get_layout_engine() is not None:
        return
    for _ in range(2):
        boxes = [box for box in (ax.get_tightbbox() for ax in axes) if box is not None]
        if not boxes:
            return
        written = Bbox.union(boxes).transformed(figure.transFigure.inverted())
        places = [ax.get_position(original=True) for ax in axes]
        inner = Bbox.union(places)
        low = inner.min + np.maximum(-written.min, 0)
        high = inner.max - np.maximum(written.max - 1, 0)
        if (low == inner.min).all() and (high == inner.max).all():
            return
        if (high - low < 0.2 * inner.size).any():  # too small a figure: better cut than crushed
            return
        factor = (high - low) / inner.size
        for ax, place in zip(axes, places, strict=True):
            ends = low + factor * (place.get_points() - inner.min)
            ax.set_position(Bbox(ends))
            ax.set_in_layout(True)  # of a layout that is asked for later
