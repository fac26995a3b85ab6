"""Lines above which bars stand out, in diagrams and in landscapes."""

from collections.abc import Mapping

import numpy as np

from skactland._checks import at_place, check_positive, warn_user
from skactland._table import layer_and_degree
from skactland.landscapes._bars import finite_bars

#: How they are drawn, for the arguments of ``plot``.
DASHES = {"linewidth": 1.2, "linestyle": (0, (5, 2))}


def thresholds_by_column(threshold, columns, rows=None):
    """Return the threshold of each column that has one, or refuse what is of other diagrams.

    Parameters
    ----------
    threshold : float, result of a test, dict of them by column, or None
        A length is one for all columns; the result of a test is of the diagram that was tested.
    columns : list of str
    rows : sequence of rows of diagrams, or None
        The diagrams drawn, a row a network and one a column; None where they are not known.

    Returns
    -------
    dict of str to float or result of a test
    """
    if threshold is None:
        return {}
    if not isinstance(threshold, Mapping):
        if not _is_test(threshold):
            return dict.fromkeys(columns, threshold)
        return dict.fromkeys(_columns_tested(threshold, columns, rows), threshold)
    for name, one in threshold.items():
        if name not in columns:
            raise ValueError(f"threshold: there is no column {name!r}; there are {columns}.")
        reason = _why_not_of(one, name, columns, rows)
        if reason:
            raise ValueError(f"threshold: column {name!r}: {reason}.")
    return dict(threshold)


def lines_of(thresholds):
    """Return the slope and the intercept of thresholds in a diagram, by layer and degree.

    Parameters
    ----------
    thresholds : dict
        As `thresholds_by_column` returns it.
    """
    lines = {}
    for name, threshold in thresholds.items():
        if not _is_test(threshold):
            with at_place(f"column {name!r}"):
                lines[layer_and_degree(name)] = 1.0, check_positive(threshold, "threshold")
        elif np.isfinite(threshold.line).all():
            lines[layer_and_degree(name)] = threshold.line
        elif len(threshold.bars):
            warn_user(
                f"column {name!r} has no line: no bar can stand out at alpha={threshold.alpha:g}, "
                "as its threshold is infinite; test with more nulls."
            )
    return lines


def line_in_landscapes(line):
    """Return the slope and the intercept of the line that the peaks of tents lie on.

    A bar (b, d) is a tent of height (d - b) / 2 at (b + d) / 2. Those with d = s b + c have their
    peaks where the height is ((s - 1) t + c) / (s + 1): at c / 2 for the length c.
    """
    slope, start = line
    return (slope - 1) / (slope + 1), start / (slope + 1)


def _is_test(threshold):
    return hasattr(threshold, "line")


def _columns_tested(test, columns, rows):
    """Return the columns whose diagram was tested: one, but for layers that are the same."""
    reasons = {name: _why_not_of(test, name, columns, rows) for name in columns}
    fitting = [name for name, reason in reasons.items() if reason is None]
    if not fitting:
        raise ValueError(
            f"threshold: none of the columns {columns} was tested: "
            f"{'; '.join(dict.fromkeys(reasons.values()))}."
        )
    if len(fitting) > 1 and rows is None:
        raise ValueError(
            f"threshold: the test is of one diagram, and may be that of any of {fitting}; give a "
            f"dict by column, such as {{{fitting[0]!r}: result}}."
        )
    return fitting


def _why_not_of(threshold, name, columns, rows):
    """Return in words why a threshold does not belong to a column, or None."""
    if not _is_test(threshold):
        return None
    degree = layer_and_degree(name)[1]
    if degree not in (None, threshold.homology_dimension):
        return f"the test is of degree {threshold.homology_dimension}"
    if rows is None:
        return None
    if len(rows) > 1:
        return (
            f"the result of a test is of one network, and there are {len(rows)}; give its row "
            "alone, such as X[[i]] or frame.iloc[[i]], or a length"
        )
    if not _same_bars(threshold.diagram, rows[0][columns.index(name)]):
        return "the test is of another diagram; test the one that is drawn, or give a length"
    return None


def _same_bars(diagram, other):
    """Tell whether two diagrams are one but for rounding, which makes and ends the shortest bars.

    Births and deaths are sorted apart from each other, as rounding changes the order of ties.
    """
    ends = []
    for bars in map(finite_bars, (diagram, other)):
        births, deaths = bars.T
        ends.append(np.sort(bars[deaths - births > 1e-6 * np.abs(deaths)], axis=0))
    return ends[0].shape == ends[1].shape and np.allclose(*ends, rtol=1e-5, atol=0)
