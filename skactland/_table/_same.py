"""Cells of equal content, which need to be worked on once."""

import numpy as np


def first_of_same(cells):
    """Return for each of some cells the position of the first that is equal to it.

    Arrays are compared by their numbers; what is no array is equal to itself alone.
    """
    firsts, by_id, by_look = [], {}, {}
    for i, cell in enumerate(cells):
        first = by_id.get(id(cell))
        if first is None:
            # Most cells that differ do so at first sight; those that do not are read whole.
            alike = by_look.setdefault(_look(cell), [])
            first = next((j for j in alike if _are_equal(cells[j], cell)), i)
            if first == i:
                alike.append(i)
            by_id[id(cell)] = first
        firsts.append(first)
    return firsts


def _look(cell):
    """Return what equal arrays have in common and can be told without reading all of them."""
    if not isinstance(cell, np.ndarray):
        return id(cell)
    some = np.linspace(0, len(cell) - 1, 3).astype(int) if len(cell) else []
    return type(cell).__name__, cell.dtype.str, cell.shape, cell[some].tobytes()


def _are_equal(cell, other):
    is_array = isinstance(cell, np.ndarray) and isinstance(other, np.ndarray)
    return is_array and np.array_equal(cell, other)
