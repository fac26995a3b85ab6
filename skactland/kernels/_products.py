"""Inner products and distances of tables of landscapes, weighted by level and by column."""

from functools import partial

import numpy as np
from joblib import Parallel, delayed, effective_n_jobs

from skactland._checks import at_place
from skactland._compiled.landscapes.integrals import squared_distance
from skactland._compiled.landscapes.pairs import inner_products
from skactland._compiled.landscapes.projections import squared_norm_of_levels
from skactland._compiled.landscapes.tents import count_critical_points, critical_points
from skactland._memory import available_memory
from skactland._table import Cache
from skactland.kernels._projection import Cells, projected_products, projected_square
from skactland.landscapes._norms import squared_norm

# What the exact kernel takes for each critical point of a column, at its peak.
_POINT_BYTES = 32
# Columns that cannot take more than this are not held against the memory that there is.
_SMALL = 2**26


def squared_norms(table, level_weights):
    """Return the squared norm of each landscape of a table of bars, an array of its shape."""
    norms = np.empty(table.shape)
    for index, bars in np.ndenumerate(table):
        if level_weights is None:
            norms[index] = squared_norm(bars)
        else:
            norms[index] = squared_norm_of_levels(bars, level_weights)
    return norms


def learn_cells(
    table, norms, names, level_weights, column_weights, approximation, *, n_jobs=None, memory=None
):
    """Return where to approximate each column of a table, and what that leaves out of it.

    Parameters
    ----------
    table : object array of shape (n_rows, n_columns)
        Finite bars in the kernels' order.
    norms : array of shape (n_rows, n_columns)
        The squared norms of their landscapes.
    names : sequence of str
    level_weights : array or None
    column_weights : array of shape (n_columns,)
        Columns of weight zero have no cells.
    approximation : int, float or None
    n_jobs, memory
        As in joblib.

    Returns
    -------
    cells : tuple of Cells or None
        None for exact columns.
    left_out : array of shape (n_rows, n_columns)
        Of the squared norms.
    """
    cells, left_out = [None] * len(names), np.zeros(table.shape)
    used = [] if approximation is None else np.flatnonzero(column_weights)
    with Cache(memory, level_weights, approximation, libraries=("numba", "numpy")) as cache:
        found = Parallel(n_jobs=n_jobs, prefer="threads")(
            delayed(_remembered_cells)(
                cache, names[j], table[:, j], norms[:, j], level_weights, approximation
            )
            for j in used
        )
    for j, of_column in zip(used, found, strict=True):
        cells[j], left_out[:, j] = of_column
    return tuple(cells), left_out


def _remembered_cells(cache, name, column, norms, *options):
    with at_place(f"column {name!r}"):
        compute = partial(Cells.learn, column, norms, *options)
        return cache.get(compute, column, name="the cells of a column")


def squared_norms_left_out(table, cells, level_weights, *, n_jobs=None, memory=None):
    """Return what the approximation leaves out of each landscape's squared norm."""
    left = np.zeros(table.shape)
    approximated = [j for j, of_column in enumerate(cells) if of_column is not None]
    with Cache(memory, level_weights, libraries=("numba", "numpy")) as cache:
        columns = Parallel(n_jobs=n_jobs, prefer="threads")(
            delayed(_remembered_left)(cache, table[:, j], cells[j], level_weights)
            for j in approximated
        )
    for j, column in zip(approximated, columns, strict=True):
        left[:, j] = column
    return left


def _remembered_left(cache, column, cells, level_weights):
    def compute():
        return np.array([cells.left_out(bars, level_weights)[0] for bars in column])

    return cache.get(compute, column, cells, name="what is left out of a column")


def inner_products_of_tables(
    table, others, level_weights, column_weights, cells=None, *, n_jobs=None, memory=None
):
    """Return the inner products of the rows of two tables of bars.

    Parameters
    ----------
    table : object array of shape (n, n_columns) or None
        Finite bars in the kernels' order; the other table if None, at half the work.
    others : object array of shape (m, n_columns)
        The other table.
    level_weights : array or None
        None for weights 1.
    column_weights : array of shape (n_columns,)
        Columns of weight zero are not computed.
    cells : sequence of Cells or None
        Where each column is approximated; None where it is not, or for exact products of all.
    n_jobs, memory
        As in joblib: columns at once, and the cache of each column's products.

    Returns
    -------
    array of shape (n, m)
    """
    used = np.flatnonzero(column_weights)
    cells = cells or (None,) * len(column_weights)
    n_at_once = min(effective_n_jobs(n_jobs), len(used)) or 1
    with Cache(memory, level_weights, libraries=("numba", "numpy")) as cache:
        products = Parallel(n_jobs=n_jobs, prefer="threads")(
            delayed(_remembered)(
                cache,
                None if table is None else table[:, j],
                others[:, j],
                cells[j],
                level_weights,
                n_at_once,
            )
            for j in used
        )
    return weighted_sum(products, column_weights[used])


def _remembered(cache, column, others, cells, level_weights, n_at_once):
    """Return the inner products of two columns, from the cache if it holds them."""
    if cells is None:
        compute = partial(_exact_products, column, others, level_weights, n_at_once)
    else:
        compute = partial(projected_products, column, others, cells, level_weights, n_at_once)
    return cache.get(compute, column, others, cells, name="inner products of a column")


def _exact_products(column, others, level_weights, n_at_once):
    """Return the inner products of two columns; without the first, of the second with itself."""
    symmetric = column is None
    _check_room([*others, *(() if symmetric else column)], level_weights, n_at_once)
    points_y, starts_y = _pack(others, level_weights)
    points_x, starts_x = (points_y, starts_y) if symmetric else _pack(column, level_weights)
    weights = _weights(level_weights, starts_y.shape[1] - 1)
    return inner_products(points_x, starts_x, points_y, starts_y, weights, symmetric)


def _check_room(landscapes, level_weights, n_at_once):
    """Refuse landscapes of more critical points than memory holds, before one is written."""
    most = sum(len(bars) * _n_levels(bars, level_weights) for bars in landscapes)
    if 3 * _POINT_BYTES * n_at_once * most <= _SMALL:
        return
    room = available_memory()
    if room is None:
        return
    n_points = sum(
        count_critical_points(bars, _n_levels(bars, level_weights)) for bars in landscapes
    )
    needed = _POINT_BYTES * n_points * n_at_once
    if needed > room:
        raise MemoryError(
            f"the exact kernel would take {needed / 1e9:.1f} GB for {n_points} critical points of "
            f"the landscapes of each column, and {room / 1e9:.1f} GB are available. Give "
            "approximation=1e-3 to LandscapeKernel, landscape_gram or landscape_distance: it takes "
            "little memory, and no entry is off by more than a thousandth of the product of the "
            "norms of its rows. What has no such option takes fewer points."
        )


def _pack(column, level_weights):
    """Return the points of all landscapes of a column, and where each level starts."""
    landscapes = [_landscape(bars, level_weights) for bars in column]
    depth = max(len(starts) for _, starts in landscapes)
    # One more than there are landscapes: the last is where all points end.
    offsets = np.cumsum([0] + [len(points) for points, _ in landscapes])
    # Levels that a landscape does not have begin and end where its last one ends.
    packed = [
        offset + np.pad(starts, (0, depth - len(starts)), mode="edge")
        for offset, (_, starts) in zip(offsets, landscapes, strict=False)
    ]
    return np.concatenate([points for points, _ in landscapes]), np.array(packed)


def _landscape(bars, level_weights):
    return critical_points(bars, _n_levels(bars, level_weights))


def _n_levels(bars, level_weights):
    return len(bars) if level_weights is None else min(len(bars), len(level_weights))


def _weights(level_weights, depth):
    return np.ones(depth) if level_weights is None else level_weights


def squared_distance_of_rows(row, other, level_weights, column_weights, cells=None):
    """Return the squared distance of two rows of bars, integrated of the difference itself.

    Where columns are approximated, the other row is one of fit.
    """
    cells = cells or (None,) * len(row)
    squares = [
        _exact_square(*pair, level_weights)
        if of_column is None
        else projected_square(*pair, of_column, level_weights)
        for *pair, of_column in zip(row, other, cells, strict=True)
    ]
    return weighted_sum(squares, column_weights)


def _exact_square(bars, others, level_weights):
    weights = _weights(level_weights, max(len(bars), len(others)))
    landscapes = _landscape(bars, level_weights), _landscape(others, level_weights)
    return squared_distance(*landscapes[0], *landscapes[1], weights)


def weighted_sum(terms, weights):
    """Add up the terms in their order, so that no bit depends on the shape of their arrays."""
    return sum(weight * term for weight, term in zip(weights, terms, strict=True))
