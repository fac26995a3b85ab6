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
    levels = np.full((n_levels, 6), -np.inf)  # before its first tent a level follows one nowhere
    changed = np.empty(n_levels, np.int64)
    roots = np.sqrt(weights[:n_levels])
    n_alive = depth = 0
    outside = 0.0
    for i in range(len(bars) + 1):
        # After the last bar every level ends, as if all began anew where nothing is.
        birth, place, stop = np.inf, 0, depth
        if i < len(bars):
            birth = bars[i, 0]
            place, n_alive = insert_bar(birth, bars[i, 1], deaths, n_alive)
            stop = min(n_alive + 1, n_levels)
            depth = max(depth, stop)
        n_changed = 0
        for q in range(place, stop):
            # Of equal deaths the level follows the first; of equal births the last.
            if i < len(bars) and q < n_alive and deaths[q] == deaths[q + 1]:
                continue
            if levels[q, _BIRTH] == birth:
                levels[q, _DEATH] = deaths[q]
            elif weights[q] > 0:
                changed[n_changed] = q
                n_changed += 1
        # By bar, since calls by tent would take longer than what they do.
        if len(features) > 0:
            _add_pieces(levels, changed[:n_changed], birth, roots, first, starts, features)
        outside += _add_bends(levels, changed[:n_changed], birth, weights, first, residuals)
        for k in range(n_changed):
            levels[changed[k], _BIRTH] = birth
            levels[changed[k], _DEATH] = deaths[changed[k]]
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
def _add_pieces(levels, changed, next_birth, roots, first, starts, features):
    """Add to the features of some levels those of the tents that they followed.

    Parameters
    ----------
    levels : float64 array of shape (n_levels, 6)
    changed : int64 array of shape (n_changed,)
        The levels.
    next_birth : float
        Where the next tents begin.
    roots : float64 array of shape (n_levels,)
        What features are multiplied by.
    first : int
    starts : int64 array of shape (n_cells + 1,)
    features : float64 array of shape (n_features,)
        Changed in place.
    """
    low, high = float(first), float(first + len(starts) - 1)
    for k in range(len(changed)):
        q = changed[k]
        death = levels[q, _DEATH]
        peak = (levels[q, _BIRTH] + death) / 2
        # On each side of the peak a line from left to right that is zero at some place.
        left, stop = levels[q, _START], peak
        zero, slope = levels[q, _BIRTH], roots[q]
        for _ in range(2):
            left, stop = max(left, low), min(stop, high)
            cell = int(left) if left < stop else 0
            while left < stop:
                right = min(cell + 1.0, stop)
                width = right - left
                middle = (left + right) / 2
                area = slope * width * (middle - zero)
                at = starts[cell - first] + 2 * q
                features[at] += area
                moment = (middle - (cell + 0.5)) * area + slope * (width * width * width) / 12
                features[at + 1] += _ROOT * moment
                left = right
                cell += 1
            left, stop = peak, min((min(next_birth, death) + death) / 2, death)
            zero, slope = death, -roots[q]


@kernel
def _add_bends(levels, changed, next_birth, weights, first, residuals):
    """Add what is left of the tents that some levels followed, but for their first bends.

    A bend is added to the squared norm of what is left in its cell, with all before it there. Where
    the next tent begins apart from the last, it has a first bend, which is added too.

    Parameters
    ----------
    levels : float64 array of shape (n_levels, 6)
        Changed in place: where the levels go over to the next tents, and sums.
    changed : int64 array of shape (n_changed,)
    next_birth : float
    weights : float64 array of shape (n_levels,)
    first : int
    residuals : float64 array of shape (n_cells,)
        Changed in place.

    Returns
    -------
    float
        The squared norm of what of the tents lies outside of all cells.
    """
    outside = 0.0
    low, high = float(first), float(first + len(residuals))
    for k in range(len(changed)):
        q = changed[k]
        birth, death = levels[q, _BIRTH], levels[q, _DEATH]
        start, place = levels[q, _START], (birth + death) / 2
        is_met = next_birth < death
        end = (next_birth + death) / 2 if is_met else death
        if len(residuals) > 0 and not (low <= start and end <= high):
            outside += weights[q] * _square_outside(start, place, end, birth, death, low, high)
        jump = -2.0
        for bend in range(2 if is_met else 3):
            if low <= place < high:
                cell = int(place)
                if levels[q, _CELL] != cell:
                    levels[q, _CELL] = cell
                    levels[q, _SQUARES] = levels[q, _CUBES] = 0.0
                x = place - cell
                square = jump * (x * x)
                cube = square * x
                # Half of the bend itself, since all pairs count twice.
                squares = levels[q, _SQUARES] + square / 2
                cubes = levels[q, _CUBES] + cube / 2
                gained = (1 - x) * (1 - x) * (3 * x * squares - (1 + 2 * x) * cubes) / 3
                residuals[cell - first] += weights[q] * (jump * gained)
                levels[q, _SQUARES] += square
                levels[q, _CUBES] += cube
            place = end if bend == 0 else next_birth
            jump = 2.0 if is_met else 1.0
        levels[q, _START] = end if is_met else next_birth
    return outside


@kernel
def _square_outside(start, peak, end, birth, death, low, high):
    """Return the squared norm of what of a part of a tent lies outside of all cells.

    Parameters
    ----------
    start, peak, end : float
        Where the part begins and ends, and the top between.
    birth, death : float
    low, high : float
        The ends of all cells.

    Returns
    -------
    float
    """
    outside = _square(start, min(peak, low), birth) + _square(max(start, high), peak, birth)
    return outside + _square(peak, min(end, low), death) + _square(max(peak, high), end, death)


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
