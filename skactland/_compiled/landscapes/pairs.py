"""Inner products of all pairs of landscapes of two tables' columns, exact and fast.

Level by level, the axis is cut into cells. In a cell a level f is the line between its values at
the cell's ends, If, and a remainder that bends where f does: with slope jumps c at places x from
the left end of a cell of width w, f - If = - sum c K(x, .), where K(x, t) = x (w - t) / w for
x <= t and symmetric. So

    <f, g> = <If, Ig> + <f - If, Ig> + <If, g - Ig> + <f - If, g - Ig>

is exact, and each term is cheap for many pairs at once. The first three are products of arrays of
values at the ends of cells. The last is a sum over those bends of f and g that share a cell, of
c c' times the integral of K(x, .) K(y, .), the deflection of a simply supported beam,

    H(x, y) = x (w - y) (w^2 - x^2 - (w - y)^2) / (6 w)   for x <= y,

which is a sum of two products of a factor of x and a factor of y. Cells are chosen from the second
column alone, with about as many bends of its levels in each, and sums are taken in an order that
depends on the pair alone: so an entry does not depend on which other rows are there, to the last
bit, and is symmetric. Where the terms cancel to a small part of themselves, the pair is integrated
piece by piece instead.
"""

import numpy as np

from skactland._compiled.jit import kernel
from skactland._compiled.landscapes.cells import cut_into_cells, sample_level
from skactland._compiled.landscapes.integrals import inner_product

# Where the sum is a smaller part than this of the bound of its terms, digits would be lost.
_LEAST_PART = 1e-3


@kernel
def inner_products(points_x, starts_x, points_y, starts_y, weights, symmetric):
    """Return the matrix of inner products of the landscapes of two columns.

    Parameters
    ----------
    points_x : float64 array of shape (n_points_x, 2)
    starts_x : int64 array of shape (n_x, depth_x + 1)
    points_y : float64 array of shape (n_points_y, 2)
    starts_y : int64 array of shape (n_y, depth_y + 1)
        The critical points of all levels of all landscapes of either column, and where levels
        start: level k of landscape i is ``points_x[starts_x[i, k]:starts_x[i, k + 1]]``. They are
        landscapes of diagrams: their slopes are -1, 0 and 1.
    weights : float64 array of shape (n_levels,)
        Level k counts ``weights[k]`` times, and levels beyond not at all.
    symmetric : bool
        Whether the two columns are the same one.

    Returns
    -------
    float64 array of shape (n_x, n_y)
    """
    n_levels = min(len(weights), starts_x.shape[1] - 1, starts_y.shape[1] - 1)
    products = np.zeros((len(starts_x), len(starts_y)))
    bounds_x = np.zeros((3, len(starts_x)))
    bounds_y = np.zeros((3, len(starts_y)))
    for k in range(n_levels):
        if weights[k] > 0:
            edges = cut_into_cells(points_y, starts_y[:, k], starts_y[:, k + 1])
            # No landscape of the second column has this level.
            if len(edges) < 2:
                continue
            x = sample_level(points_x, starts_x[:, k], starts_x[:, k + 1], edges)
            y = (
                x
                if symmetric
                else sample_level(points_y, starts_y[:, k], starts_y[:, k + 1], edges)
            )
            _add_level(x, y, weights[k], symmetric, products)
            _add_bounds(x, edges, weights[k], bounds_x)
            _add_bounds(y, edges, weights[k], bounds_y)
    _write_roots(bounds_x)
    _write_roots(bounds_y)
    for i in range(len(starts_x)):
        for j in range(i if symmetric else 0, len(starts_y)):
            bound = bounds_x[0, i] * bounds_y[1, j] + bounds_x[1, i] * bounds_y[0, j]
            if products[i, j] <= _LEAST_PART * (bound + bounds_x[2, i] * bounds_y[2, j]):
                products[i, j] = inner_product(
                    points_x, starts_x[i], points_y, starts_y[j], weights
                )
            if symmetric:
                products[j, i] = products[i, j]
    return products


@kernel
def _add_level(x, y, weight, symmetric, products):
    """Add the weighted inner products of one level.

    Parameters
    ----------
    x, y : SampledLevel
    weight : float
    symmetric : bool
        Whether x and y are the same; then what is below the diagonal is left out.
    products : float64 array of shape (n_x, n_y)
        Changed in place.
    """
    rows_x, values_x, duals_x, bends_x, owners_x, bend_starts_x, _ = x
    rows_y, values_y, duals_y, bends_y, owners_y, bend_starts_y, _ = y
    level = np.zeros((len(rows_x), len(rows_y)))
    # So the inner loop, over many landscapes, goes along memory.
    values_y, duals_y = values_y.T.copy(), duals_y.T.copy()
    for i in range(len(rows_x)):
        row = level[i]
        for e in range(values_x.shape[1]):
            value = values_x[i, e]
            dual = duals_x[i, e]
            # Beyond the support of a level both are zero, and deep levels have a short one.
            if value != 0 or dual != 0:
                for j in range(i if symmetric else 0, len(row)):
                    row[j] += value * duals_y[e, j] + dual * values_y[e, j]
    lower = np.zeros((len(rows_x), len(rows_y)))
    _add_lower(bends_x, owners_x, bend_starts_x, bends_y, owners_y, bend_starts_y, lower)
    # A level against itself: above and below are mirror images.
    upper = lower
    if not symmetric:
        upper = np.zeros((len(rows_y), len(rows_x)))
        _add_lower(bends_y, owners_y, bend_starts_y, bends_x, owners_x, bend_starts_x, upper)
    for i in range(len(rows_x)):
        for j in range(i if symmetric else 0, len(rows_y)):
            shared = lower[i, j] + upper[j, i]
            products[rows_x[i], rows_y[j]] += weight * (level[i, j] + shared)


@kernel
def _add_lower(bends, owners, starts, others, other_owners, other_starts, sums):
    """Add c c' H(x, y) for bends c at x below others c' at y, and half of it where x = y.

    Parameters
    ----------
    bends : float64 array of shape (5, n_bends)
    owners : int64 array of shape (n_bends,)
    starts : int64 array of shape (n_cells + 1,)
    others : float64 array of shape (5, n_others)
    other_owners : int64 array of shape (n_others,)
    other_starts : int64 array of shape (n_cells + 1,)
        What `SampledLevel` has of two levels.
    sums : float64 array of shape (n_rows, n_other_rows)
        Changed in place.
    """
    for cell in range(len(starts) - 1):
        first = other_starts[cell]
        end = other_starts[cell + 1]
        for i in range(starts[cell], starts[cell + 1]):
            place = bends[0, i]
            row = sums[owners[i]]
            while first < end and others[0, first] < place:
                first += 1
            a, b = bends[1, i], bends[2, i]
            after = first
            while after < end and others[0, after] == place:
                # The other half is added when the two levels change places.
                row[other_owners[after]] += (a * others[3, after] - b * others[4, after]) / 2
                after += 1
            for j in range(after, end):
                row[other_owners[j]] += a * others[3, j] - b * others[4, j]


@kernel
def _write_roots(squares):
    """Write the roots of numbers in their place.

    Parameters
    ----------
    squares : float64 array of shape (m, n)
    """
    for k in range(len(squares)):
        for i in range(squares.shape[1]):
            squares[k, i] = np.sqrt(squares[k, i])


@kernel
def _add_bounds(level, edges, weight, bounds):
    """Add the squares of the norms that bound the terms by the Cauchy-Schwarz inequality.

    Parameters
    ----------
    level : SampledLevel
    edges : float64 array of shape (n_edges,)
    weight : float
    bounds : float64 array of shape (3, n)
        By landscape the squared norms of values, of duals, and of spreads; changed in place.
    """
    rows, values, duals, _, _, _, spread = level
    for r in range(len(rows)):
        for e in range(len(edges)):
            mass = (edges[min(e + 1, len(edges) - 1)] - edges[max(e - 1, 0)]) / 2
            bounds[0, rows[r]] += weight * (values[r, e] * values[r, e]) * mass
            bounds[1, rows[r]] += weight * (duals[r, e] * duals[r, e]) / mass
        bounds[2, rows[r]] += weight * spread[r]
