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

from typing import NamedTuple

import numpy as np

from skactland._compiled.jit import kernel
from skactland._compiled.landscapes.levels import inner_product

# The arrays of values take time that grows with the number of cells, and the shared bends time
# that falls with it; the sum is least near this number of cells for each bend of a level.
_CELLS_PER_BEND = 1.5
# Where the sum is a smaller part than this of the bound of its terms, digits would be lost.
_LEAST_PART = 1e-3


class _SampledLevel(NamedTuple):
    """What the terms need of one level of a column.

    Attributes
    ----------
    rows : int64 array of shape (n_rows,)
        The landscapes that have this level.
    values, duals : float64 array of shape (n_rows, n_edges)
        Their values at the edges, and the duals that make <f, g> - <f - If, g - Ig> the sum of
        values of f times duals of g and duals of f times values of g.
    bends : float64 array of shape (5, n_bends)
        For each bend within a cell, sorted by place: the place, its two factors of H as the lower
        of two bends, and those as the upper.
    owners : int64 array of shape (n_bends,)
        The row of each bend.
    bend_starts : int64 array of shape (n_cells + 1,)
        Where the bends of each cell start.
    spread : float64 array of shape (n_rows,)
        A number by row such that the two products that make H, summed over the bends that two rows
        share, are at most the root of the product of their numbers.
    """

    rows: np.ndarray
    values: np.ndarray
    duals: np.ndarray
    bends: np.ndarray
    owners: np.ndarray
    bend_starts: np.ndarray
    spread: np.ndarray


@kernel
def inner_products(points_x, starts_x, points_y, starts_y, weights, symmetric):
    """Return the matrix of inner products of the landscapes of two columns.

    Parameters
    ----------
    points_x : float64 array of shape (n_points_x, 2)
    points_y : float64 array of shape (n_points_y, 2)
        The critical points of all levels of all landscapes of a column. They are landscapes of
        diagrams: their slopes are -1, 0 and 1.
    starts_x : int64 array of shape (n_x, depth_x + 1)
    starts_y : int64 array of shape (n_y, depth_y + 1)
        Level k of landscape i is ``points_x[starts_x[i, k]:starts_x[i, k + 1]]``.
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
            edges = _cells(points_y, starts_y[:, k], starts_y[:, k + 1])
            if len(edges) < 2:
                continue
            x = _sample(points_x, starts_x[:, k], starts_x[:, k + 1], edges)
            y = x if symmetric else _sample(points_y, starts_y[:, k], starts_y[:, k + 1], edges)
            _add_level(x, y, weights[k], symmetric, products)
            _add_bounds(x, edges, weights[k], bounds_x)
            _add_bounds(y, edges, weights[k], bounds_y)
    bounds_x, bounds_y = np.sqrt(bounds_x), np.sqrt(bounds_y)
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
def _cells(points, begins, ends):
    """Return the edges of the cells for one level of a column.

    A sample of the level's points is sorted, and edges are taken from it at equal ranks, so that
    cells hold about as many bends each.

    Parameters
    ----------
    points : float64 array of shape (n_points, 2)
    begins, ends : int64 array of shape (n,)
        Where the level begins and ends in the points of each landscape.

    Returns
    -------
    float64 array of shape (n_edges,)
        Increasing, from the first point of the level to its last; empty without points.
    """
    n_points = (ends - begins).sum()
    if n_points == 0:
        return np.zeros(0)
    n_cells = int(np.ceil(_CELLS_PER_BEND * n_points / np.count_nonzero(ends - begins)))
    stride = max(n_points // (8 * n_cells), 1)
    sample = np.empty(n_points // stride + 2)
    sample[:2] = points[begins[np.argmax(ends - begins)], 0]
    taken = 2
    skip = 0
    for i in range(len(begins)):
        if begins[i] < ends[i]:
            sample[0] = min(sample[0], points[begins[i], 0])
            sample[1] = max(sample[1], points[ends[i] - 1, 0])
        while begins[i] + skip < ends[i] and taken < len(sample):
            sample[taken] = points[begins[i] + skip, 0]
            taken += 1
            skip += stride
        skip = max(skip - (ends[i] - begins[i]), 0)
    sample = np.sort(sample[:taken])
    edges = np.empty(n_cells + 1)
    n_edges = 0
    for c in range(n_cells + 1):
        edge = sample[c * (taken - 1) // n_cells]
        if n_edges == 0 or edge > edges[n_edges - 1]:
            edges[n_edges] = edge
            n_edges += 1
    return edges[:n_edges]


@kernel
def _sample(points, begins, ends, edges):
    """Return what the terms need of one level of a column.

    Parameters
    ----------
    points : float64 array of shape (n_points, 2)
    begins, ends : int64 array of shape (n,)
        Where the level begins and ends in the points of each landscape.
    edges : float64 array of shape (n_edges,)

    Returns
    -------
    _SampledLevel
    """
    rows = np.flatnonzero(ends > begins)
    values = np.zeros((len(rows), len(edges)))
    duals = np.zeros((len(rows), len(edges)))
    spread = np.zeros(len(rows))
    n_most = (ends - begins).sum()
    bends = np.empty((5, n_most))
    owners = np.empty(n_most, np.int64)
    cells = np.empty(n_most, np.int64)
    n_bends = 0
    for r in range(len(rows)):
        level = points[begins[rows[r]] : ends[rows[r]]]
        _write_values(level, edges, values[r])
        before = n_bends
        n_bends = _write_bends(level, edges, bends, cells, n_bends)
        owners[before:n_bends] = r
        own = bends[:, before:n_bends]
        spread[r] = _write_duals(values[r], edges, own, cells[before:n_bends], duals[r])
    order, bend_starts = _sort_bends(bends[0, :n_bends], cells[:n_bends], edges)
    return _SampledLevel(rows, values, duals, bends[:, order], owners[order], bend_starts, spread)


@kernel
def _write_values(level, edges, values):
    """Write the values of a level at the edges.

    Parameters
    ----------
    level : float64 array of shape (n_points, 2)
    edges : float64 array of shape (n_edges,)
    values : float64 array of shape (n_edges,)
        Zeros, written in place.
    """
    i = 0
    for e in range(len(edges)):
        t = edges[e]
        if level[0, 0] < t < level[-1, 0]:
            while level[i + 1, 0] <= t:
                i += 1
            rise = level[i + 1, 1] - level[i, 1]
            nearest = i if rise > 0 else i + 1  # the lower end: no digits are lost near zeros
            values[e] = level[nearest, 1] + np.sign(rise) * (t - level[nearest, 0])


@kernel
def _write_bends(level, edges, bends, cells, n_bends):
    """Append the bends of a level inside the cells, and return the number of all bends.

    Parameters
    ----------
    level : float64 array of shape (n_points, 2)
    edges : float64 array of shape (n_edges,)
    bends : float64 array of shape (5, n_bends_at_most)
    cells : int64 array of shape (n_bends_at_most,)
        The cell of each bend. Both are written in place.
    n_bends : int
        How many there are already.

    Returns
    -------
    int
    """
    slope = 0.0
    cell = 0
    for i in range(len(level)):
        t = level[i, 0]
        before = slope
        slope = np.sign(level[i + 1, 1] - level[i, 1]) if i + 1 < len(level) else 0.0
        while cell + 1 < len(edges) and edges[cell + 1] <= t:
            cell += 1
        if slope == before or cell + 1 == len(edges) or t <= edges[cell]:
            continue
        x = t - edges[cell]
        rest = edges[cell + 1] - t
        width = edges[cell + 1] - edges[cell]
        jump = slope - before
        bends[0, n_bends] = t
        bends[1, n_bends] = jump * x * rest * (width + x) / (6 * width)
        bends[2, n_bends] = jump * x / (6 * width)
        bends[3, n_bends] = jump * rest
        bends[4, n_bends] = jump * (rest * rest * rest)
        cells[n_bends] = cell
        n_bends += 1
    return n_bends


@kernel
def _write_duals(values, edges, bends, cells, duals):
    """Write the duals of a level at the edges, and return its spread.

    They are half the integrals of If times the hats of the mesh, plus those of f - If: for a bend
    c at x, - c x (w - x) (w + x) / (6 w) for the hat on the right, and its mirror image.

    Parameters
    ----------
    values : float64 array of shape (n_edges,)
    edges : float64 array of shape (n_edges,)
    bends : float64 array of shape (5, n_bends)
        Those of the level.
    cells : int64 array of shape (n_bends,)
        Increasing.
    duals : float64 array of shape (n_edges,)
        Zeros, written in place.

    Returns
    -------
    float
    """
    for e in range(len(edges) - 1):
        width = edges[e + 1] - edges[e]
        duals[e] += width / 12 * (2 * values[e] + values[e + 1])
        duals[e + 1] += width / 12 * (values[e] + 2 * values[e + 1])
    total = part = 0.0
    for i in range(len(cells)):
        cell = cells[i]
        x = bends[0, i] - edges[cell]
        rest = edges[cell + 1] - bends[0, i]
        width = edges[cell + 1] - edges[cell]
        jump = bends[3, i] / rest
        duals[cell] -= jump * x * rest * (width + rest) / (6 * width)
        duals[cell + 1] -= bends[1, i]
        part += abs(jump) * np.sqrt(x * rest * width / 3)
        if i + 1 == len(cells) or cells[i + 1] != cell:
            total += part * part
            part = 0.0
    return total


@kernel
def _sort_bends(places, cells, edges):
    """Return the order of the bends by place, and where each cell starts in it.

    Bends are dealt into parts of cells, about one to a part, and then put right by insertion.

    Parameters
    ----------
    places : float64 array of shape (n_bends,)
    cells : int64 array of shape (n_bends,)
    edges : float64 array of shape (n_edges,)

    Returns
    -------
    order : int64 array of shape (n_bends,)
    starts : int64 array of shape (n_cells + 1,)
    """
    n_cells = max(len(edges) - 1, 1)
    n_parts = len(places) // n_cells + 1
    parts = np.empty(len(places), np.int64)
    starts = np.zeros(n_cells * n_parts + 1, np.int64)
    for i in range(len(places)):
        cell = cells[i]
        part = int((places[i] - edges[cell]) / (edges[cell + 1] - edges[cell]) * n_parts)
        parts[i] = cell * n_parts + min(part, n_parts - 1)
        starts[parts[i] + 1] += 1
    starts = np.cumsum(starts)
    order = np.empty(len(places), np.int64)
    free = starts.copy()
    for i in range(len(places)):
        order[free[parts[i]]] = i
        free[parts[i]] += 1
    for i in range(1, len(order)):
        moved = order[i]
        j = i
        while j > 0 and places[order[j - 1]] > places[moved]:
            order[j] = order[j - 1]
            j -= 1
        order[j] = moved
    return order, starts[::n_parts].copy()


@kernel
def _add_level(x, y, weight, symmetric, products):
    """Add the weighted inner products of one level.

    Parameters
    ----------
    x, y : _SampledLevel
    weight : float
    symmetric : bool
        Whether x and y are the same; then what is below the diagonal is left out.
    products : float64 array of shape (n_x, n_y)
        Changed in place.
    """
    rows_x, values_x, duals_x, bends_x, owners_x, bend_starts_x, _ = x
    rows_y, values_y, duals_y, bends_y, owners_y, bend_starts_y, _ = y
    level = np.zeros((len(rows_x), len(rows_y)))
    values_y, duals_y = values_y.T.copy(), duals_y.T.copy()
    for i in range(len(rows_x)):
        row = level[i]
        for e in range(values_x.shape[1]):
            value = values_x[i, e]
            dual = duals_x[i, e]
            if value != 0 or dual != 0:
                for j in range(i if symmetric else 0, len(row)):
                    row[j] += value * duals_y[e, j] + dual * values_y[e, j]
    lower = np.zeros((len(rows_x), len(rows_y)))
    _add_lower(bends_x, owners_x, bend_starts_x, bends_y, owners_y, bend_starts_y, lower)
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
        What `_SampledLevel` has of two levels.
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
                row[other_owners[after]] += (a * others[3, after] - b * others[4, after]) / 2
                after += 1
            for j in range(after, end):
                row[other_owners[j]] += a * others[3, j] - b * others[4, j]


@kernel
def _add_bounds(level, edges, weight, bounds):
    """Add the squares of the norms that bound the terms by the Cauchy-Schwarz inequality.

    Parameters
    ----------
    level : _SampledLevel
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
