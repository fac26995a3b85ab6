"""Lines above which bars stand out, in diagrams and in landscapes."""

from collections.abc import Mapping

import numpy as np

from skactland._checks import at_place, check_positive
from skactland._table import layer_and_degree

#: How they are drawn, for the arguments of ``plot``.
DASHES = {"linewidth": 1.2, "linestyle": (0, (5, 2))}


def lines_of(threshold, columns):
    """Return the slope and the intercept of thresholds in a diagram, by layer and degree.

    Parameters
    ----------
    threshold : float, result of a test, dict of them by column, or None
    columns : list of str
    """
    keys = {name: layer_and_degree(name) for name in columns}
    if threshold is None:
        return {}
    if not isinstance(threshold, Mapping):
        degree = getattr(threshold, "homology_dimension", None)
        fitting = [name for name, (_, q) in keys.items() if degree is None or q in (degree, None)]
        threshold = dict.fromkeys(fitting, threshold)
    lines = {}
    for name, one in threshold.items():
        if name not in keys:
            raise ValueError(f"threshold: there is no column {name!r}; there are {columns}.")
        with at_place(f"column {name!r}"):
            lines[keys[name]] = _line(one)
    # Where no bar could stand out, there is no line.
    return {key: line for key, line in lines.items() if np.isfinite(line).all()}


def _line(threshold):
    line = getattr(threshold, "line", None)
    return (1.0, check_positive(threshold, "threshold")) if line is None else line


def line_in_landscapes(line):
    """Return the slope and the intercept of the line that the peaks of tents lie on.

    A bar (b, d) is a tent of height (d - b) / 2 at (b + d) / 2. Those with d = s b + c have their
    peaks where the height is ((s - 1) t + c) / (s + 1): at c / 2 for the length c.
    """
    slope, start = line
    return (slope - 1) / (slope + 1), start / (slope + 1)
