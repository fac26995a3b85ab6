"""Kernels of persistence landscapes: from bars to levels.

A bar (b, d) is a tent, t -> max(0, min(t - b, d - t)); level k of a landscape is the k-th largest
tent at each t. Where the rising side of a tent meets the falling side of another, the two change
ranks. So sort the deaths of the bars alive at b downwards: the level of the rising side that starts
at b is one more than their number, and it rises past the falling sides in the order of that list,
from its end. That is one step of insertion sort: the new death goes to its place p, the deaths
below it move one place down, and from there on level q follows the tent (b, death at place q), for
each place q that has changed. Every level becomes a *chain* of tents, births and deaths both
increasing. The cost is that of sorting the bars and of writing the chains; the first levels alone
need only as many places. No coordinate is ever rounded: the crossings are worked out only when a
level is written down.
"""

import numpy as np

from skactland._compiled.arrays import add_up, longer, with_more_rows
from skactland._compiled.jit import kernel


@kernel
def chains(bars, n_levels):
    """Return the first levels as chains of tents.

    Parameters
    ----------
    bars : float64 array of shape (n_bars, 2)
        Finite, of positive length, sorted by birth upwards and then by death downwards.
    n_levels : int
        Levels beyond this are not looked at.

    Returns
    -------
    tents : float64 array of shape (n_tents, 2)
        Births and deaths of the tents of level 1, then those of level 2, ...
    starts : int64 array of shape (depth + 1,)
        Level k (from 0) is ``tents[starts[k]:starts[k + 1]]``; levels that are zero are left out.
    """
    tents, levels, n_tents, depth = _sweep(bars, n_levels)
    starts = np.zeros(depth + 1, np.int64)
    for i in range(n_tents):
        starts[levels[i] + 1] += 1
    add_up(starts)
    places = starts.copy()
    by_level = np.empty((n_tents, 2))
    for i in range(n_tents):
        place = places[levels[i]]
        by_level[place, 0], by_level[place, 1] = tents[i, 0], tents[i, 1]
        places[levels[i]] += 1
    return by_level, starts


@kernel
def _sweep(bars, n_levels):
    """Return the tents of all chains in the order of their births.

    Parameters
    ----------
    bars : float64 array of shape (n_bars, 2)
        As `chains` wants them.
    n_levels : int

    Returns
    -------
    tents : float64 array of shape (n_tents_at_most, 2)
    levels : int64 array of shape (n_tents_at_most,)
        The level of each tent, from 0.
    n_tents : int
    depth : int
        The number of levels that are not zero.
    """
    n_levels = min(n_levels, len(bars))
    deaths = np.empty(n_levels + 1)
    latest = np.empty(n_levels, np.int64)
    for q in range(n_levels):
        latest[q] = -1
    # Room for most diagrams. Where bars overlap much there may be as many as pairs of bars.
    tents = np.empty((2 * len(bars) + 1, 2))
    levels = np.empty(len(tents), np.int64)
    n_alive = n_tents = depth = 0
    for i in range(len(bars)):
        birth = bars[i, 0]
        place, n_alive = insert_bar(birth, bars[i, 1], deaths, n_alive)
        if n_tents + n_alive - place + 1 > len(tents):
            tents = with_more_rows(tents, 2 * len(tents) + n_alive)
            levels = longer(levels, len(tents))
        for q in range(place, min(n_alive + 1, n_levels)):
            # Of equal deaths the level follows the first.
            if q == n_alive or deaths[q] != deaths[q + 1]:
                same_birth = latest[q] >= 0 and tents[latest[q], 0] == birth
                if not same_birth:  # of equal births it follows the last, which is the longest
                    latest[q] = n_tents
                    levels[n_tents] = q
                    n_tents += 1
                tents[latest[q], 0], tents[latest[q], 1] = birth, deaths[q]
        n_alive = min(n_alive + 1, n_levels)
        depth = max(depth, n_alive)
    return tents, levels, n_tents, depth


@kernel
def insert_bar(birth, death, deaths, n_alive):
    """Put the death of a bar to its place among those of the bars alive at its birth.

    Parameters
    ----------
    birth, death : float
    deaths : float64 array of shape (n_levels + 1,)
        The first `n_alive` decrease; changed in place. What is moved beyond the levels is still
        there, in the last place.
    n_alive : int
        At most the number of levels.

    Returns
    -------
    place : int
        From there on all have moved one place down.
    n_alive : int
        How many are alive, without this one.
    """
    # The first to die stand last. One that dies at this birth meets the new tent at height zero.
    while n_alive > 0 and deaths[n_alive - 1] <= birth:
        n_alive -= 1
    place = n_alive
    while place > 0 and deaths[place - 1] < death:
        deaths[place] = deaths[place - 1]
        place -= 1
    deaths[place] = death
    return place, n_alive


@kernel
def level_values(bars, nodes, values):
    """Write the values of the first levels at some nodes.

    Parameters
    ----------
    bars : float64 array of shape (n_bars, 2)
        As `chains` wants them.
    nodes : float64 array of shape (n_nodes,)
        Increasing.
    values : float64 array of shape (n_levels, n_nodes)
        Zeros, written in place.
    """
    tents, starts = chains(bars, len(values))
    for level in range(len(starts) - 1):
        current = starts[level]
        last = starts[level + 1] - 1
        for j in range(len(nodes)):
            t = nodes[j]
            height = min(t - tents[current, 0], tents[current, 1] - t)
            while current < last:  # along a chain heights at t rise, and then fall
                following = min(t - tents[current + 1, 0], tents[current + 1, 1] - t)
                if following < height:
                    break
                current += 1
                height = following
            values[level, j] = max(height, 0.0)


@kernel
def critical_points(bars, n_levels):
    """Return the first levels as piecewise-linear functions.

    Parameters
    ----------
    bars : float64 array of shape (n_bars, 2)
        As `chains` wants them.
    n_levels : int

    Returns
    -------
    points : float64 array of shape (n_points, 2)
        The critical points (t, height) of level 1, then those of level 2, ...; each level rises
        from zero at its first point and is back at zero at its last.
    starts : int64 array of shape (depth + 1,)
        Level k (from 0) is ``points[starts[k]:starts[k + 1]]``.
    """
    tents, tent_starts = chains(bars, n_levels)
    points = np.empty((3 * len(tents) + len(tent_starts), 2))
    starts = np.zeros(len(tent_starts), np.int64)
    for k in range(len(starts) - 1):
        chain = tents[tent_starts[k] : tent_starts[k + 1]]
        starts[k + 1] = starts[k] + _write_level(chain, points[starts[k] :])
    return points[: starts[-1]].copy(), starts


@kernel
def count_critical_points(bars, n_levels):
    """Return how many points `critical_points` would write, at the cost of its sweep alone.

    Parameters
    ----------
    bars : float64 array of shape (n_bars, 2)
        As `chains` wants them.
    n_levels : int

    Returns
    -------
    int
    """
    n_levels = min(n_levels, len(bars))
    deaths = np.empty(n_levels + 1)
    latest = np.full((n_levels, 2), -np.inf)  # the tent that each level follows
    n_alive = n_points = 0
    for i in range(len(bars)):
        birth = bars[i, 0]
        place, n_alive = insert_bar(birth, bars[i, 1], deaths, n_alive)
        for q in range(place, min(n_alive + 1, n_levels)):
            if q == n_alive or deaths[q] != deaths[q + 1]:
                if latest[q, 0] != birth:
                    # Its peak, and where it begins; before a gap also where the last tent ends, as
                    # the last of all does: that one is counted with the first.
                    n_points += 3 if birth > latest[q, 1] else 2
                latest[q] = birth, deaths[q]
        n_alive = min(n_alive + 1, n_levels)
    return n_points


@kernel
def _write_level(chain, points):
    """Write the critical points of a chain of tents, and return their number.

    Parameters
    ----------
    chain : float64 array of shape (n_tents, 2)
        Births and deaths, both increasing.
    points : float64 array of shape (n_points_at_most, 2)
        Written in place; 3 n_tents + 1 rows are enough.

    Returns
    -------
    int
    """
    points[0, 0], points[0, 1] = chain[0, 0], 0.0
    n_points = 1
    for i in range(len(chain)):
        birth, death = chain[i, 0], chain[i, 1]
        points[n_points, 0], points[n_points, 1] = (birth + death) / 2, (death - birth) / 2
        n_points += 1
        next_birth = chain[i + 1, 0] if i + 1 < len(chain) else np.inf
        # The valley between two tents that overlap, or else the end of the one that ends.
        is_valley = next_birth < death
        points[n_points, 0] = (next_birth + death) / 2 if is_valley else death
        points[n_points, 1] = (death - next_birth) / 2 if is_valley else 0.0
        n_points += 1
        if death < next_birth < np.inf:
            points[n_points, 0], points[n_points, 1] = next_birth, 0.0
            n_points += 1
    return n_points


@kernel
def add_tents(bars, weights, nodes, values):
    """Add the weighted sum of the tents of bars to values.

    Parameters
    ----------
    bars : float64 array of shape (n_bars, 2)
        Finite, in any order.
    weights : float64 array of shape (n_bars,)
    nodes : float64 array of shape (n_nodes,)
        Increasing.
    values : float64 array of shape (n_nodes,)
        Changed in place.
    """
    for i in range(len(bars)):
        birth, death = bars[i, 0], bars[i, 1]
        for j in range(np.searchsorted(nodes, birth), len(nodes)):
            if nodes[j] >= death:
                break
            values[j] += weights[i] * min(nodes[j] - birth, death - nodes[j])
