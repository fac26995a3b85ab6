"""Inner products and distances of tables of landscapes, weighted by level and by column."""

from functools import partial

import numpy as np
from joblib import Parallel, delayed

from skactland._compiled.landscapes.integrals import inner_product, squared_distance
from skactland._compiled.landscapes.pairs import inner_products
from skactland._compiled.landscapes.tents import critical_points
from skactland._table import Cache
from skactland.landscapes._norms import squared_norm


def squared_norms(table, level_weights):
    """Return the squared norm of each landscape of a table of bars, an array of its shape."""
    norms = np.empty(table.shape)
    for index, bars in np.ndenumerate(table):
        if level_weights is None:
            norms[index] = squared_norm(bars)
        else:
            landscape = _landscape(bars, level_weights)
            norms[index] = inner_product(*landscape, *landscape, level_weights)
    return norms


def inner_products_of_tables(
    table, others, level_weights, column_weights, *, n_jobs=None, memory=None
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
    n_jobs, memory
        As in joblib: columns at once, and the cache of each column's products.

    Returns
    -------
    array of shape (n, m)
    """
    used = np.flatnonzero(column_weights)
    with Cache(memory, level_weights, libraries=("numba", "numpy")) as cache:
        products = Parallel(n_jobs=n_jobs, prefer="threads")(
            delayed(_remembered)(
                cache, None if table is None else table[:, j], others[:, j], level_weights
            )
            for j in used
        )
    return weighted_sum(products, column_weights[used])


def _remembered(cache, column, others, level_weights):
    """Return the inner products of two columns, from the cache if it holds them."""
    compute = partial(_column_products, column, others, level_weights)
    return cache.get(compute, column, others, name="inner products of a column")


def _column_products(column, others, level_weights):
    """Return the inner products of two columns; without the first, of the second with itself."""
    points_y, starts_y = _pack(others, level_weights)
    symmetric = column is None
    points_x, starts_x = (points_y, starts_y) if symmetric else _pack(column, level_weights)
    weights = _weights(level_weights, starts_y.shape[1] - 1)
    return inner_products(points_x, starts_x, points_y, starts_y, weights, symmetric)


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
    return critical_points(bars, len(bars) if level_weights is None else len(level_weights))


def _weights(level_weights, depth):
    return np.ones(depth) if level_weights is None else level_weights


def squared_distance_of_rows(row, other, level_weights, column_weights):
    """Return the squared distance of two rows of bars, integrated of the difference itself."""
    squares = [
        squared_distance(
            *_landscape(bars, level_weights),
            *_landscape(other_bars, level_weights),
            _weights(level_weights, max(len(bars), len(other_bars))),
        )
        for bars, other_bars in zip(row, other, strict=True)
    ]
    return weighted_sum(squares, column_weights)


def weighted_sum(terms, weights):
    """Add up the terms in their order, so that no bit depends on the shape of their arrays."""
    return sum(weight * term for weight, term in zip(weights, terms, strict=True))
