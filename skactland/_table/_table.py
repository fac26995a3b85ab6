"""The table that travels between stages: rows are networks, columns are layers, cells are arrays.

A table is an object array of shape (n_networks, n_columns), or a data frame with the same cells.
"""

import numpy as np
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils.validation import validate_data


class TableTransformer(TransformerMixin, BaseEstimator):
    """A transformer whose X is a table, or a list, rather than a two-dimensional array of numbers.

    scikit-learn's common checks feed such arrays; the tag tells them not to.
    """

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.two_d_array = False
        return tags


def empty_table(n_rows, n_columns):
    """Return a table of cells still to be filled.

    Cells are assigned one by one: ``np.array(list_of_arrays, dtype=object)`` would melt arrays of
    equal shape into one block.
    """
    return np.empty((n_rows, n_columns), dtype=object)


def is_frame(X):
    """Tell whether X is a data frame (pandas, polars)."""
    return hasattr(X, "columns") and hasattr(X, "to_numpy")


def as_table(X, cells):
    """Return X as an object array of shape (n_rows, n_columns).

    Parameters
    ----------
    X : data frame, array or list
        A frame or a two-dimensional object array is a table already. A list (or one-dimensional
        object array, or series, or stack of equal shapes) of arrays is a table of one column. A
        list of lists of arrays holds the rows.
    cells : str
        What a cell is ("clouds", "diagrams"), for the messages.
    """
    if is_frame(X):
        table = X.to_numpy()
    elif hasattr(X, "to_numpy"):
        table = _from_list(list(X.to_numpy()), cells)
    elif isinstance(X, np.ndarray) and X.dtype == object and X.ndim == 2:
        table = X
    elif isinstance(X, (list, tuple)) or (isinstance(X, np.ndarray) and X.ndim in (1, 3)):
        table = _from_list(list(X), cells)
    else:
        came = f"an array of shape {X.shape}" if hasattr(X, "shape") else type(X).__name__
        raise TypeError(
            f"Expected a table of {cells} (an object array of shape (n_networks, n_columns), a "
            f"data frame, or a list of arrays for one column), got {came}; for a single cell "
            "write [cell]."
        )
    if table.dtype != object:
        raise TypeError(
            f"Expected a table whose cells are {cells}, got one of plain {table.dtype} values; "
            "a single array goes in a list: [cell]."
        )
    if 0 in table.shape:
        raise ValueError(
            f"The table of {cells} is empty: it has {table.shape[0]} rows and {table.shape[1]} "
            "columns, and at least one of each is needed."
        )
    return table


def _from_list(items, cells):
    """Return the table of one column, or of rows that are lists, held by a list."""
    if any(item is None or np.isscalar(item) for item in items):
        raise TypeError(
            f"Expected a list of {cells}, got a list of single values; a single array goes in a "
            "list: [cell]."
        )
    rows = [item if _is_row(item) else [item] for item in items]
    widths = {len(row) for row in rows}
    if len(widths) > 1:
        raise ValueError(
            f"Every row must have the same columns, got rows of {sorted(widths)} {cells}."
        )
    table = empty_table(len(rows), max(widths, default=0))
    for i, row in enumerate(rows):
        for j, cell in enumerate(row):
            table[i, j] = cell
    return table


def _is_row(item):
    """Tell whether an item of a list is a row of cells rather than a cell."""
    if isinstance(item, np.ndarray):
        return item.dtype == object and item.ndim == 1
    holds_arrays = isinstance(item, (list, tuple)) and len(item) > 0
    return holds_arrays and all(hasattr(cell, "shape") for cell in item)


def check_table(estimator, X, cells, *, reset):
    """Return X as an object array, its columns learned (``reset``) or held against those of fit."""
    table = as_table(X, cells)
    validate_data(estimator, X if is_frame(X) else table, reset=reset, skip_check_array=True)
    return table


def cell_places(estimator, shape):
    """Return a table of the words that say where each cell stands."""
    names = getattr(estimator, "feature_names_in_", range(shape[1]))
    places = empty_table(*shape)
    for i, j in np.ndindex(*shape):
        places[i, j] = f"row {i}, column {names[j]!r}"
    return places


def named_table(X, cells, columns=None):
    """Return X as an object array, and the names of its columns.

    Parameters
    ----------
    X : data frame, array or list
        As for `as_table`.
    cells : str
        What a cell is, for the messages.
    columns : sequence of str or None
        The names, if X does not carry them; None leaves an array without names, x0, x1, ...
    """
    table = as_table(X, cells)
    if columns is None:
        names = list(X.columns) if is_frame(X) else [f"x{j}" for j in range(table.shape[1])]
    else:
        names = [columns] if isinstance(columns, str) else list(columns)
    names = [str(name) for name in names]
    if len(names) != table.shape[1] or len(set(names)) < len(names):
        raise ValueError(
            f"columns must name each of the {table.shape[1]} columns of the table once, got "
            f"{len(names)} names, {len(set(names))} of them different; "
            "RipsPersistence.get_feature_names_out() gives them."
        )
    return table, names
