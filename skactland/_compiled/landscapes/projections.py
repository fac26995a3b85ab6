"""Kernels that project landscapes onto functions that are linear in each of some equal cells.

The unit of the axis is the width of a cell: cell c is [c, c + 1). On each, 1 and
sqrt(12) (t - c - 1/2) are orthonormal, and the inner products of a level with the two are its
*features* in the cell. A level is a chain of tents (see `tents`), so these are integrals of lines,
in closed form.

What the projection leaves of a level depends on its bends alone, since lines are left as they are.
A bend at x from the left end of its cell, where the slope grows by c, adds c times what is left of
max(0, t - x), and the inner product of what is left of two of these is the deflection of a beam
that is clamped at both ends,

    G(x, y) = x^2 (1 - y)^2 (3 y - x - 2 x y) / 6   for x <= y,

a sum of two products of a factor of x and a factor of y. So the squared norm of all that is left is
a sum over bends, with two running sums for each level, and loses no digits to the size of what is
kept.
"""

import numpy as np

from skactland._compiled.jit import kernel
from skactland._compiled.landscapes.tents import insert_bar

# What is known of a level while bars come: the tent that it follows, where it began to follow it,
# the cell of its last bend, and the sums of c x^2 and c x^3 over the bends in that cell.
_BIRTH, _DEATH, _START, _CELL, _SQUARES, _CUBES = range(6)
_ROOT = np.sqrt(12.0)


@kernel
def cell_depths(bars, n_levels, n_cells):
    """Return how many levels are not zero in each cell.

    Parameters
    ----------
    bars : float64 array of shape (n_bars, 2)
        Of positive length, sorted by birth; in cells.
    n_levels : int
        Levels beyond this are not looked at.
    n_cells : int

    Returns
    -------
    int64 array of shape (n_cells,)
    """
    depths = np.zeros(n_cells, np.int64)
    deaths = np.sort(bars[:, 1])
    ended = cell = 0
    for begun in range(len(bars) + 1):
        birth = bars[begun, 0] if begun < len(bars) else np.inf
        while cell < n_cells and cell <= birth:
            while ended < begun and deaths[ended] <= cell:
                ended += 1
            depths[cell] = begun - ended
            cell += 1
        if birth >= n_cells:
            break
        while ended < begun and deaths[ended] <= birth:
            ended += 1
        if cell > 0:
            depths[cell - 1] = max(depths[cell - 1], begun + 1 - ended)
    return np.minimum(depths, n_levels)


@kernel
def project(bars, weights, first, starts, features, residuals):
    """Write the features of a landscape in some cells, and what the projection leaves of it.

    Parameters
    ----------
    bars : float64 array of shape (n_bars, 2)
        Of positive length, sorted by birth; in cells.
    weights : float64 array of shape (n_levels,)
        Level k counts ``weights[k]`` times in squares, and levels beyond not at all.
    first : int
        The first of the cells.
    starts : int64 array of shape (n_cells + 1,)
        Where the features of each cell start: two for each level that is not zero in it.
    features : float64 array of shape (n_features,)
        Zeros, written in place. If it is empty, none are wanted.
    residuals : float64 array of shape (n_cells,)
        The squared norms of what is left in each cell; zeros, written in place. If it is empty,
        they are not wanted.

    Returns
    -------
    float
        The squared norm of the landscape outside of the cells, if residuals are wanted.
    """
    n_levels = min(len(weights), len(bars))
    deaths = np.empty(n_levels + 1)
    levels = np.empty((n_levels, 6))
    roots = np.sqrt(weights[:n_levels])
    n_alive = depth = 0
    outside = 0.0
    for i in range(len(bars) + 1):
        # After the last bar every level ends, as if all began anew where nothing is.
        birth = bars[i, 0] if i < len(bars) else np.inf
        place = 0
        stop = depth
        if i < len(bars):
            place, n_alive = insert_bar(birth, bars[i, 1], deaths, n_alive)
            stop = min(n_alive + 1, n_levels)
        for q in range(place, stop):
            level = levels[q]
            is_new = q == depth
            if is_new:
                depth += 1
            elif i < len(bars):
                # Of equal deaths the level follows the first; of equal births the last.
                if q < n_alive and deaths[q] == deaths[q + 1]:
                    continue
                if level[_BIRTH] == birth:
                    level[_DEATH] = deaths[q]
                    continue
            if weights[q] > 0:
                if is_new:
                    level[_CELL] = -1.0
                    level[_START] = birth
                    _add_bend(birth, 1.0, level, weights[q], first, residuals)
                else:
                    _add_tent(level, birth, roots[q], q, first, starts, features)
                    outside += _bend_at_ends(level, birth, weights[q], first, residuals)
            level[_BIRTH] = birth
            level[_DEATH] = deaths[q]
        n_alive = min(n_alive + 1, n_levels)
    return outside


@kernel
def squared_norm_of_levels(bars, weights):
    """Return the squared norm of a landscape whose levels are weighted.

    Parameters
    ----------
    bars : float64 array of shape (n_bars, 2)
        Of positive length, sorted by birth.
    weights : float64 array of shape (n_levels,)
        Levels beyond do not count.

    Returns
    -------
    float
    """
    # All of it lies outside of a cell so far from 0 that its two ends are one double.
    return project(bars, weights, -(2**62), np.zeros(2, np.int64), np.zeros(0), np.zeros(1))


@kernel
def _add_tent(level, next_birth, root, q, first, starts, features):
    """Add the part of a tent that a level follows to its features.

    Parameters
    ----------
    level : float64 array of shape (6,)
    next_birth : float
        Where the next tent of the level begins.
    root : float
        What features are multiplied by.
    q : int
        The number of the level, from 0.
    first : int
    starts : int64 array of shape (n_cells + 1,)
    features : float64 array of shape (n_features,)
        Changed in place.
    """
    if len(features) > 0:
        birth, death = level[_BIRTH], level[_DEATH]
        peak = (birth + death) / 2
        end = min((min(next_birth, death) + death) / 2, death)
        _add_line(level[_START], peak, birth, root, q, first, starts, features)
        _add_line(peak, end, death, -root, q, first, starts, features)


@kernel
def _add_line(start, stop, zero, slope, q, first, starts, features):
    """Add a piece of a level to its features.

    Parameters
    ----------
    start, stop : float
        Its ends.
    zero : float
        Where the line is zero.
    slope : float
    q : int
        The number of the level, from 0.
    first : int
    starts : int64 array of shape (n_cells + 1,)
    features : float64 array of shape (n_features,)
        Changed in place.
    """
    left = max(start, float(first))
    stop = min(stop, float(first + len(starts) - 1))
    if left >= stop:
        return
    cell = int(left)
    while left < stop:
        right = min(cell + 1.0, stop)
        width = right - left
        middle = (left + right) / 2
        mean = slope * (middle - zero)
        at = starts[cell - first] + 2 * q
        features[at] += width * mean
        moment = (middle - (cell + 0.5)) * mean + slope * (width * width) / 12
        features[at + 1] += _ROOT * width * moment
        left = right
        cell += 1


@kernel
def _bend_at_ends(level, next_birth, weight, first, residuals):
    """Add the bends of a tent but for its first, and go to where the next tent takes over.

    Parameters
    ----------
    level : float64 array of shape (6,)
        Changed in place.
    next_birth : float
    weight : float
    first : int
    residuals : float64 array of shape (n_cells,)
        Changed in place.

    Returns
    -------
    float
        The squared norm of the part of the tent that lies outside of all cells.
    """
    birth, death = level[_BIRTH], level[_DEATH]
    start, peak = level[_START], (birth + death) / 2
    _add_bend(peak, -2.0, level, weight, first, residuals)
    if next_birth < death:
        end = (next_birth + death) / 2
        _add_bend(end, 2.0, level, weight, first, residuals)
        level[_START] = end
    else:
        end = death
        _add_bend(death, 1.0, level, weight, first, residuals)
        _add_bend(next_birth, 1.0, level, weight, first, residuals)
        level[_START] = next_birth
    low, high = float(first), float(first + len(residuals))
    if len(residuals) == 0 or (low <= start and end <= high):
        return 0.0
    outside = _square(start, min(peak, low), birth) + _square(max(start, high), peak, birth)
    outside += _square(peak, min(end, low), death) + _square(max(peak, high), end, death)
    return weight * outside


@kernel
def _square(start, stop, zero):
    """Return the integral of (t - zero)^2 from start to stop, 0 if that is before it.

    Parameters
    ----------
    start, stop, zero : float

    Returns
    -------
    float
    """
    a, b = start - zero, stop - zero
    return (stop - start) * (a * a + a * b + b * b) / 3 if start < stop else 0.0


@kernel
def _add_bend(place, jump, level, weight, first, residuals):
    """Add to the squared norm of what is left in a cell what one more bend makes of it.

    Parameters
    ----------
    place : float
    jump : float
        By how much the slope grows there.
    level : float64 array of shape (6,)
        Changed in place.
    weight : float
    first : int
    residuals : float64 array of shape (n_cells,)
        Changed in place.
    """
    if place < first or place >= first + len(residuals):
        return
    cell = int(place)
    if level[_CELL] != cell:
        level[_CELL] = cell
        level[_SQUARES] = level[_CUBES] = 0.0
    x = place - cell
    rest = 1 - x
    square = jump * (x * x)
    cube = square * x
    # Half of the bend itself, since all pairs count twice.
    squares = level[_SQUARES] + square / 2
    cubes = level[_CUBES] + cube / 2
    gained = (rest * rest) * (3 * x * squares - (1 + 2 * x) * cubes) / 3
    residuals[cell - first] += weight * (jump * gained)
    level[_SQUARES] += square
    level[_CUBES] += cube
