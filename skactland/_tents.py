"""Kernels of persistence landscapes.

A bar (b, d) is a tent, t -> max(0, min(t - b, d - t)); level k of a landscape is the k-th largest
tent at each t. The idea of all that follows: where two tents cross, the larger of the two and the
smaller of the two, followed through the crossing, are again unions of tents whose births and deaths
are among those given. So a level is a *chain* of tents (births and deaths both increasing), taken
off the top of the bars, and what remains is a set of bars once more. No coordinate is ever rounded:
the crossings are worked out only when a level is written down.

Bubenik and Dlotko, "A persistence landscapes toolbox for topological statistics", J. Symbolic
Computation 78, 2017, describe the same sweep with the critical points themselves.
"""

import numpy as np
from numba import njit


@njit(cache=True, nogil=True)
def _peel(bars, n_bars, chain):
    """Move the highest level of ``bars[:n_bars]`` to `chain`, and leave the others in `bars`.

    The bars are sorted by birth upwards and then by death downwards, and stay so. Writing over them
    while reading is safe: at most one bar is written back for each bar read after the first.
    Returns the number of tents in the chain and the number of bars left.
    """
    n_chain = 0
    n_left = 0
    birth, death = bars[0]
    for i in range(1, n_bars):
        next_birth, next_death = bars[i]
        if next_death <= death:
            n_left = _push(bars, n_left, next_birth, next_death)
        else:
            chain[n_chain] = birth, death
            n_chain += 1
            if next_birth < death:
                n_left = _push(bars, n_left, next_birth, death)
            birth, death = next_birth, next_death
    chain[n_chain] = birth, death
    return n_chain + 1, n_left


@njit(cache=True, nogil=True)
def _push(bars, n_left, birth, death):
    """Append a bar; its birth is no less than those before, its death may be out of order."""
    position = n_left
    while position > 0 and bars[position - 1, 0] == birth and bars[position - 1, 1] < death:
        bars[position] = bars[position - 1]
        position -= 1
    bars[position] = birth, death
    return n_left + 1


@njit(cache=True, nogil=True)
def level_values(bars, nodes, values):
    """Write the values of the first ``len(values)`` levels at increasing nodes into `values`.

    `bars` is sorted as `_peel` wants it and is used up; `values` comes in as zeros.
    """
    chain = np.empty_like(bars)
    n_bars = len(bars)
    for level in range(len(values)):
        if n_bars == 0:
            break
        n_chain, n_bars = _peel(bars, n_bars, chain)
        current = 0
        for j in range(len(nodes)):
            t = nodes[j]
            height = min(t - chain[current, 0], chain[current, 1] - t)
            while current + 1 < n_chain:
                following = min(t - chain[current + 1, 0], chain[current + 1, 1] - t)
                if following < height:
                    break
                current += 1
                height = following
            values[level, j] = max(height, 0.0)


@njit(cache=True, nogil=True)
def critical_points(bars):
    """Return all levels as piecewise-linear functions.

    `bars` is sorted as `_peel` wants it and is used up.

    Returns
    -------
    points : array of shape (n_points, 2)
        The critical points (t, height) of level 1, then those of level 2, ...; each level rises
        from zero at its first point and is back at zero at its last.
    starts : array of shape (n_levels + 1,)
        Level k (from 0) is ``points[starts[k]:starts[k + 1]]``.
    """
    chain = np.empty_like(bars)
    points = np.empty((4 * len(bars), 2))
    starts = [0]
    n_bars = len(bars)
    while n_bars > 0:
        n_chain, n_bars = _peel(bars, n_bars, chain)
        end = starts[-1]
        if end + 3 * n_chain + 1 > len(points):
            longer = np.empty((2 * len(points) + 3 * n_chain, 2))
            longer[:end] = points[:end]
            points = longer
        starts.append(end + _write_level(chain, n_chain, points[end:]))
    return points[: starts[-1]].copy(), np.array(starts)


@njit(cache=True, nogil=True)
def _write_level(chain, n_chain, points):
    """Write the critical points of a chain of tents, and return their number."""
    points[0] = chain[0, 0], 0.0
    n_points = 1
    for i in range(n_chain):
        birth, death = chain[i]
        points[n_points] = (birth + death) / 2, (death - birth) / 2
        n_points += 1
        next_birth = chain[i + 1, 0] if i + 1 < n_chain else np.inf
        if next_birth < death:
            points[n_points] = (next_birth + death) / 2, (death - next_birth) / 2
            n_points += 1
        else:
            points[n_points] = death, 0.0
            n_points += 1
            if death < next_birth < np.inf:
                points[n_points] = next_birth, 0.0
                n_points += 1
    return n_points


@njit(cache=True, nogil=True)
def _line(points, i, t):
    """Return the value at t of the piece between points i and i + 1."""
    t0, height0 = points[i]
    t1, height1 = points[i + 1]
    if t == t1:
        return height1
    return height0 + (height1 - height0) * ((t - t0) / (t1 - t0))


@njit(cache=True, nogil=True)
def _level_product(f, g):
    """Return the integral of the product of two levels, given by their critical points.

    On a stretch of width h where both are linear, from a0 to a1 and from b0 to b1, the product
    integrates to (h / 6) (2 a0 b0 + 2 a1 b1 + a0 b1 + a1 b0).
    """
    left = max(f[0, 0], g[0, 0])
    stop = min(f[-1, 0], g[-1, 0])
    if left >= stop:
        return 0.0
    i = np.searchsorted(f[:, 0], left, side="right") - 1
    j = np.searchsorted(g[:, 0], left, side="right") - 1
    a0 = _line(f, i, left)
    b0 = _line(g, j, left)
    total = 0.0
    while left < stop:
        right = min(f[i + 1, 0], g[j + 1, 0])
        a1 = _line(f, i, right)
        b1 = _line(g, j, right)
        total += (right - left) * (2 * a0 * b0 + 2 * a1 * b1 + a0 * b1 + a1 * b0)
        if f[i + 1, 0] == right:
            i += 1
        if g[j + 1, 0] == right:
            j += 1
        left, a0, b0 = right, a1, b1
    return total / 6


@njit(cache=True, nogil=True)
def inner_product(points_f, starts_f, points_g, starts_g):
    """Return the L2 inner product of two landscapes, summed over their common levels."""
    total = 0.0
    for k in range(min(len(starts_f), len(starts_g)) - 1):
        total += _level_product(
            points_f[starts_f[k] : starts_f[k + 1]], points_g[starts_g[k] : starts_g[k + 1]]
        )
    return total
