"""What the tests read: tables of diagrams, sets of their columns, labels of their rows."""

import numpy as np
from joblib import Parallel, delayed

from skactland._checks import check_option, closest_names
from skactland._table import layer_and_degree, read_diagrams
from skactland.kernels._gram import inner_products_of_tables, squared_norms
from skactland.kernels._weights import check_column_weights
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
        for name in columns:
            if name not in names:
                raise ValueError(
                    f"columns: no column is named {name!r}; {closest_names(name, names)} Columns "
                    'are named where the table is a data frame: set_output(transform="pandas").'
                )
        keys = [name if name in list(columns) else None for name in names]
    found = list(dict.fromkeys(key for key in keys if key is not None))
    if not found:
        raise ValueError("columns is empty; name at least one column, or give None for all.")
    return found, [np.array([j for j, key in enumerate(keys) if key == name]) for name in found]


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


def grams(bars, names, sets, column_weights, n_jobs):
    """Return the Gram matrix of each set of columns, an array of shape (n_sets, n, n)."""
    weights = check_column_weights(column_weights, names, squared_norms(bars, None))
    products = Parallel(n_jobs=n_jobs, prefer="threads")(
        delayed(inner_products_of_tables)(
            None, bars[:, columns], None, weights[columns], n_jobs=n_jobs if len(sets) == 1 else 1
        )
        for columns in sets
    )
    matrices = np.zeros((len(sets), len(bars), len(bars)))
    for matrix, product in zip(matrices, products, strict=True):
        matrix += product
    return matrices


def squared_distances(matrices):
    """Return the squared distances that Gram matrices give, zero where rounding is all there is."""
    norms = np.diagonal(matrices, axis1=1, axis2=2)
    sums = norms[:, :, None] + norms[:, None, :]
    squares = sums - 2 * matrices
    squares[squares <= 1e-12 * sums] = 0
    return squares


def centred(matrices):
    """Return matrices whose rows and columns sum to zero: the mean of the points is the origin."""
    rows = matrices.mean(axis=-1, keepdims=True)
    return matrices - rows - np.swapaxes(rows, -1, -2) + rows.mean(axis=-2, keepdims=True)


def check_labels(labels, n_rows, name):
    """Return the distinct labels of the rows, in order, and the code of each row's."""
    values = np.asarray(labels)
    if values.shape != (n_rows,):
        raise ValueError(
            f"{name} must hold one label for each of {n_rows} networks, got shape {values.shape}."
        )
    is_missing = np.array([value is None or value != value for value in values.tolist()])
    if is_missing.any():
        raise ValueError(
            f"{name}: the label of network {int(np.flatnonzero(is_missing)[0])} is missing "
            "(NaN or None); drop that row of the table too."
        )
    try:
        return np.unique(values, return_inverse=True)
    except TypeError as error:
        raise TypeError(f"{name}: labels of one type are expected, got a mixture.") from error


def check_groups(groups, n_rows):
    """Return the names of at least two groups of two networks or more, and the code of each row."""
    names, codes = check_labels(groups, n_rows, "groups")
    if len(names) < 2:
        raise ValueError(
            f"groups: at least two different labels are needed, all are {names[0].item()!r}."
        )
    sizes = np.bincount(codes)
    if sizes.min() < 2:
        raise ValueError(
            f"groups: {names[sizes.argmin()].item()!r} is a group of one network, which shows "
            "no spread; every group needs at least two."
        )
    return names, codes


def check_response(y, n_rows):
    """Return numbers that go with the rows, an array of shape (n_rows,) or (n_rows, n_outputs)."""
    try:
        values = np.asarray(y, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise TypeError("y must be numbers, one for each network.") from error
    if values.ndim not in (1, 2) or len(values) != n_rows:
        raise ValueError(
            f"y must hold one number for each of {n_rows} networks, got shape {values.shape}."
        )
    is_finite = np.isfinite(values.reshape(n_rows, -1)).all(axis=1)
    if not is_finite.all():
        raise ValueError(
            f"y: the value of network {int(np.flatnonzero(~is_finite)[0])} is NaN or infinite; "
            "drop that row of the table too."
        )
    if (values == values[0]).all():
        raise ValueError(f"y is constant ({values[0]}); there is nothing to relate it to.")
    return values
