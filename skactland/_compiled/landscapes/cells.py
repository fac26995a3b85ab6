"""Kernels that cut the axis into cells and sample levels in them; `pairs` tells what for."""

from typing import NamedTuple

import numpy as np

from skactland._compiled.arrays import add_up, sort
from skactland._compiled.jit import kernel

# The arrays of values take time that grows with the number of cells, and the shared bends time
# that falls with it; the sum is least near this number of cells for each bend of a level.
_CELLS_PER_BEND = 1.5


class SampledLevel(NamedTuple):
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
def cut_into_cells(points, begins, ends):
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
    rows, n_points = _with_level(begins, ends)
    if n_points == 0:
        return np.empty(0)
    n_cells = int(np.ceil(_CELLS_PER_BEND * n_points / len(rows)))
    # About eight points a cell place its edges; to sort all would take longer, and help little.
    stride = max(n_points // (8 * n_cells), 1)
    sample = np.empty(n_points // stride + 2)
    sample[0] = sample[1] = points[begins[rows[0]], 0]
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
        # The count goes on in the next landscape, as if all points stood in one row.
        skip = max(skip - (ends[i] - begins[i]), 0)
    sample = sort(sample[:taken])
    edges = np.empty(n_cells + 1)
    n_edges = 0
    for c in range(n_cells + 1):
        edge = sample[c * (taken - 1) // n_cells]
        # Different ranks may have the same value, and no cell is without width.
        if n_edges == 0 or edge > edges[n_edges - 1]:
            edges[n_edges] = edge
            n_edges += 1
    return edges[:n_edges]


@kernel
def sample_level(points, begins, ends, edges):
    """Return what the terms need of one level of a column.

    Parameters
    ----------
    points : float64 array of shape (n_points, 2)
    begins, ends : int64 array of shape (n,)
        Where the level begins and ends in the points of each landscape.
    edges : float64 array of shape (n_edges,)

    Returns
    -------
    SampledLevel
    """
    rows, n_most = _with_level(begins, ends)
    values = np.zeros((len(rows), len(edges)))
    duals = np.zeros((len(rows), len(edges)))
    spread = np.zeros(len(rows))
    bends = np.empty((5, n_most))
    owners = np.empty(n_most, np.int64)
    cells = np.empty(n_most, np.int64)
    n_bends = np.int64(0)  # to numba 0 is a type of its own
    for r in range(len(rows)):
        level = points[begins[rows[r]] : ends[rows[r]]]
        _write_values(level, edges, values[r])
        before = n_bends
        n_bends = _write_bends(level, edges, bends, cells, n_bends)
        for i in range(before, n_bends):
            owners[i] = r
        own = bends[:, before:n_bends]
        spread[r] = _write_duals(values[r], edges, own, cells[before:n_bends], duals[r])
    order, bend_starts = _sort_bends(bends[0, :n_bends], cells[:n_bends], edges)
    sorted_bends, sorted_owners = np.empty((5, n_bends)), np.empty(n_bends, np.int64)
    for i in range(n_bends):
        sorted_owners[i] = owners[order[i]]
        for j in range(5):
            sorted_bends[j, i] = bends[j, order[i]]
    return SampledLevel(rows, values, duals, sorted_bends, sorted_owners, bend_starts, spread)


@kernel
def _with_level(begins, ends):
    """Return the landscapes that have a level, and the number of its points in all of them.

    Parameters
    ----------
    begins, ends : int64 array of shape (n,)

    Returns
    -------
    rows : int64 array of shape (n_rows,)
    n_points : int
    """
    rows = np.empty(len(begins), np.int64)
    n_rows = n_points = 0
    for i in range(len(begins)):
        n_points += ends[i] - begins[i]
        if ends[i] > begins[i]:
            rows[n_rows] = i
            n_rows += 1
    return rows[:n_rows], n_points


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
        # Slopes are -1, 0 or 1: the sign is the slope, without rounding.
        slope = np.sign(level[i + 1, 1] - level[i, 1]) if i + 1 < len(level) else 0.0
        while cell + 1 < len(edges) and edges[cell + 1] <= t:
            cell += 1
        # At an edge the mesh bends too, and the remainder is zero.
        if slope == before or cell + 1 == len(edges) or t <= edges[cell]:
            continue
        x = t - edges[cell]
        rest = edges[cell + 1] - t
        width = edges[cell + 1] - edges[cell]
        jump = slope - before
        bends[0, n_bends] = t
        # x (w^2 - x^2), its difference of squares as a product, which keeps all digits.
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
        parts[i] = cell * n_parts + min(part, n_parts - 1)  # rounding may give n_parts
        starts[parts[i] + 1] += 1
    add_up(starts)
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
