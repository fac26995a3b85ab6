"""What the tests read: tables of diagrams, and sets of their columns."""

import numpy as np

from skactland._checks import check_option, closest_names
from skactland._table import layer_and_degree, read_diagrams
from skactland.landscapes._bars import (
    ESSENTIAL_POLICIES,
    bars_of_table,
    warn_of_dropped_bars,
    window_ends,
)


def read_bars(X, essential):
    """Return the names of a table's columns of diagrams, and their finite bars."""
    check_option(essential, "essential", ESSENTIAL_POLICIES)
    table = read_diagrams(X)
    warn_of_dropped_bars(table, essential)
    bars = bars_of_table(table, essential, window_ends(table))
    if not any(map(len, bars.ravel())):
        raise ValueError(
            "No diagram of the table has a finite bar of positive length, so all landscapes are "
            "zero and there is nothing to compare; look at max_edge_length and at the clouds."
        )
    return table.names, bars


def column_sets(columns, names):
    """Return the names of the tests that `columns` asks for, and which columns each is of.

    The names are None for one test of all columns together.
    """
    if columns is None:
        return None, [np.arange(len(names))]
    if isinstance(columns, str):
        check_option(columns, "columns", ("column", "degree", "layer"))
        keys = names if columns == "column" else _parts(names, columns)
    else:
        listed = check_columns(columns, names)
        keys = [name if name in listed else None for name in names]
    found = list(dict.fromkeys(key for key in keys if key is not None))
    return found, [np.array([j for j, key in enumerate(keys) if key == name]) for name in found]


def check_columns(columns, names):
    """Return some names of columns as a list."""
    if isinstance(columns, (str, bytes)) or not np.iterable(columns):
        raise TypeError(
            f"columns must be None or a list of names of columns, got {columns!r}; for one column "
            "give a list of one name."
        )
    listed = list(columns)
    for name in listed:
        if name not in names:
            raise ValueError(
                f"columns: no column is named {name!r}; {closest_names(name, names)} Columns "
                'are named where the table is a data frame: set_output(transform="pandas").'
            )
        if listed.count(name) > 1:
            raise ValueError(f"columns: {name!r} is named twice; name each column once.")
    if not listed:
        raise ValueError("columns is empty; name at least one column, or give None for all.")
    return listed


def _parts(names, part):
    """Return the layer, or the degree as H0, H1, ..., of each name."""
    layers, degrees = zip(*map(layer_and_degree, names), strict=True)
    if None in degrees:
        raise ValueError(
            f"columns={part!r} needs columns named after a layer and a degree, such as 'fc1__H1'; "
            f"got {names[degrees.index(None)]!r}. Give the table as a data frame: "
            'RipsPersistence().set_output(transform="pandas").'
        )
    return layers if part == "layer" else [f"H{degree}" for degree in degrees]
