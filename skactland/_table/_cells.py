"""What may stand for a table, as an object array of cells."""

from collections.abc import Iterator, Mapping

import numpy as np

from skactland._checks import is_network


def empty_table(n_rows, n_columns):
    """Return cells still to be filled.

    They are assigned one by one: ``np.array(list_of_arrays, dtype=object)`` would melt arrays of
    equal shape into one block.
    """
    return np.empty((n_rows, n_columns), dtype=object)


def is_frame(X):
    """Tell whether X is a data frame (pandas, polars)."""
    # By what it can do: to ask for its type, pandas or polars would have to be there.
    return hasattr(X, "columns") and hasattr(X, "to_numpy")


def read_cells(X, kind):
    """Return X as an object array of shape (n_rows, n_columns)."""
    if is_frame(X):
        cells = X.to_numpy()
    elif hasattr(X, "to_numpy"):
        _refuse_row(X, kind)
        cells = X.to_numpy().reshape(-1, 1)
    elif isinstance(X, np.ndarray) and X.dtype == object and X.ndim == 2:
        cells = X
    elif isinstance(X, (list, tuple)) or (isinstance(X, np.ndarray) and X.ndim in (1, 3)):
        cells = _from_list(list(X), kind)
    else:
        came = f"an array of shape {X.shape}" if hasattr(X, "shape") else type(X).__name__
        remedy = "for a single cell write [cell]"
        if isinstance(X, Mapping):
            remedy = "for one row write pandas.DataFrame([row])"
        elif isinstance(X, Iterator):
            remedy = "write list(X)"
        elif is_network(X):
            remedy = "LayerActivationExtractor makes clouds of networks"
        elif _to_dense(X):
            came = f"a sparse array of shape {tuple(X.shape)}"
            remedy = f"cells are dense: for a single one write [X{_to_dense(X)}]"
        raise TypeError(
            f"Expected a table of {kind} (an object array of shape (n_networks, n_columns), a "
            f"data frame, or a list of arrays for one column), got {came}; {remedy}."
        )
    if cells.dtype != object:
        raise TypeError(
            f"Expected a table whose cells are {kind}, got one of plain {cells.dtype} values; "
            "a single array goes in a list: [cell]."
        )
    if 0 in cells.shape:
        raise ValueError(
            f"The table of {kind} is empty: it has {cells.shape[0]} rows and {cells.shape[1]} "
            "columns, and at least one of each is needed."
        )
    return cells


def _to_dense(X):
    """Return the call that makes a sparse array of SciPy or torch dense; nothing for others."""
    if hasattr(X, "tocoo"):
        return ".toarray()"
    return ".to_dense()" if "sparse" in str(getattr(X, "layout", "")) else ""


def _refuse_row(series, kind):
    """Refuse a series that is labelled by words: it may be a row, whose cells are no networks."""
    for label in getattr(series, "index", ()):
        parts = label if isinstance(label, tuple) else (label,)
        if any(isinstance(part, str) for part in parts):
            raise TypeError(
                f"Expected a table of {kind}, got a series labelled {label!r}, ..., which may be a "
                "row or a column: for one row write frame.iloc[[i]], for one column frame[[name]]."
            )


def _from_list(items, kind):
    """Return the cells of one column, or of rows that are lists, held by a list."""
    if all(item is None or np.isscalar(item) for item in items) and items:
        raise TypeError(
            f"Expected a list of {kind}, got a list of single values; a single array goes in a "
            "list: [cell]."
        )
    rows = [item if _is_row(item) else [item] for item in items]
    widths = {len(row) for row in rows}
    if len(widths) > 1:
        raise ValueError(
            f"Every row must have the same columns, got rows of {sorted(widths)} {kind}."
        )
    cells = empty_table(len(rows), max(widths, default=0))
    for i, row in enumerate(rows):
        for j, cell in enumerate(row):
            cells[i, j] = cell
    return cells


def _is_row(item):
    """Tell whether an item of a list is a row of cells rather than a cell."""
    if isinstance(item, np.ndarray):
        return item.dtype == object and item.ndim == 1
    # Lists of lists of numbers are cells, such as diagrams written by hand.
    return isinstance(item, (list, tuple)) and any(hasattr(cell, "shape") for cell in item)
