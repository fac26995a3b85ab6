"""Diagrams on their way to landscapes: which bars have one, and over which window."""

import numpy as np

from skactland._checks import warn_user
from skactland._compiled.landscapes.bars import move_tents_forward

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
    bars = np.array(diagram, np.float64, order="C")
    if essential == "cut":
        bars[np.isinf(bars[:, 1]), 1] = end
    n_tents = move_tents_forward(bars)
    if n_tents >= 0:
        return bars[:n_tents]
    births, deaths = bars.T
    bars = bars[(births < deaths) & (deaths < np.inf)]
    return bars[np.lexsort((-bars[:, 1], bars[:, 0]))]  # the last key comes first


def column_window(diagrams):
    """Return the least birth and the largest finite death of some diagrams, (0, 1) if none."""
    bars = np.concatenate([finite_bars(diagram) for diagram in diagrams])
    return (bars[:, 0].min(), bars[:, 1].max()) if len(bars) else (0.0, 1.0)


def window_ends(table):
    """Return the largest finite death of each column of a table of diagrams, 1 if there is none."""
    return np.array([column_window(column)[1] for column in table.cells.T])


def bars_of_table(table, essential, ends):
    """Return the finite bars of every diagram of a table, an object array of the same shape.

    Parameters
    ----------
    table : Table
        Of checked diagrams.
    essential : {"drop", "cut"}
        As for `finite_bars`.
    ends : array of shape (n_columns,)
        Where the infinite bars of each column are cut.
    """
    bars = np.empty(table.shape, dtype=object)
    for i, j in np.ndindex(table.shape):
        bars[i, j] = finite_bars(table.cells[i, j], essential, ends[j])
    return bars


def warn_of_dropped_bars(table, essential):
    """Warn if infinite bars are dropped other than the one essential component of a cloud.

    That component is [0, inf). Any other infinite bar is a piece or a hole that the filtration was
    too short to see die.
    """
    if essential != "drop":
        return
    cells = table.cells
    lossy = [table.place(*i) for i in np.ndindex(table.shape) if has_unfinished_bars(cells[i])]
    if lossy:
        others = f" and {len(lossy) - 1} more" if len(lossy) > 1 else ""
        warn_user(
            f"Infinite bars other than the one essential component are dropped in {lossy[0]}"
            f"{others}. Raise max_edge_length so that they die, or keep them with "
            'essential="cut".'
        )


def has_unfinished_bars(diagram):
    """Tell whether bars of a diagram never die, other than the one component of a cloud."""
    is_infinite = np.isinf(diagram[:, 1])
    if not is_infinite.any():
        return False
    births = diagram[is_infinite, 0]
    return len(births) > 1 or births.any()
