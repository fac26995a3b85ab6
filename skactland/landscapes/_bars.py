"""Diagrams on their way to landscapes: which bars have one, and over which window."""

import warnings

import numpy as np

from skactland._checks import check_diagram
from skactland._table import cell_places, check_table, empty_table

#: What may be done with bars whose death is infinite.
ESSENTIAL_POLICIES = ("drop", "cut")


def finite_bars(diagram, essential="drop", end=np.inf):
    """Return the bars that have a landscape: finite, of positive length, in the kernels' order.

    Parameters
    ----------
    diagram : array of shape (n_bars, 2)
        Checked already.
    essential : {"drop", "cut"}
        Leave out the bars with infinite death, or let them die at `end`.
    end : float
        Where infinite bars are cut.
    """
    bars = diagram.copy()
    if essential == "cut":
        bars[np.isinf(bars[:, 1]), 1] = end
    bars = bars[(bars[:, 0] < bars[:, 1]) & np.isfinite(bars[:, 1])]
    return bars[np.lexsort((-bars[:, 1], bars[:, 0]))]


def check_diagram_table(estimator, X, *, reset):
    """Return a table of checked diagrams, its columns learned or held against those of fit."""
    given = check_table(estimator, X, "diagrams", reset=reset)
    places = cell_places(estimator, given.shape)
    diagrams = empty_table(*given.shape)
    for index in np.ndindex(given.shape):
        diagrams[index] = check_diagram(given[index], places[index])
    return diagrams


def warn_of_dropped_bars(estimator, diagrams):
    """Warn if dropping infinite bars loses more than the one essential component of a cloud.

    That component is [0, inf). Any other infinite bar is a piece or a hole that the filtration was
    too short to see die.
    """
    if estimator.essential != "drop":
        return
    places = cell_places(estimator, diagrams.shape)
    lossy = [places[i] for i in np.ndindex(diagrams.shape) if _has_unfinished_bars(diagrams[i])]
    if lossy:
        others = f" and {len(lossy) - 1} more" if len(lossy) > 1 else ""
        warnings.warn(
            f"Infinite bars other than the one essential component are dropped in {lossy[0]}"
            f"{others}. Raise max_edge_length so that they die, or keep them with "
            'essential="cut".',
            UserWarning,
            stacklevel=3,
        )


def _has_unfinished_bars(diagram):
    births = diagram[np.isinf(diagram[:, 1]), 0]
    return len(births) > 1 or births.any()


def column_window(diagrams):
    """Return the least birth and the largest finite death of some diagrams, (0, 1) if none."""
    bars = np.concatenate([finite_bars(diagram) for diagram in diagrams])
    return (bars[:, 0].min(), bars[:, 1].max()) if len(bars) else (0.0, 1.0)
