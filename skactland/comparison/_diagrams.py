"""Distances of two persistence diagrams, by the best matching of their bars."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from numbers import Real

import numpy as np
from scipy.optimize import linear_sum_assignment

from skactland._checks import at_place, check_diagram
from skactland.landscapes._bars import finite_bars
from skactland.landscapes._scale import in_users_unit
from skactland.metrics._memory import reserve_memory
from skactland.persistence._gudhi import gudhi_bottleneck

_FEWER_BARS = (
    'Leave out bars that are short, or use the bottleneck distance (measure="bottleneck").'
)
# Beyond it hardly more than the worst match counts, and powers are of rounding.
_HIGHEST_ORDER = 10
# Powers are told apart to rounding if their sum is no smaller part than this of the largest.
_HIDDEN = 1e-3
# Costs of all pairs of bars, their powers, what a match spares, and what the solver holds.
_BYTES_PER_PAIR = 40


def wasserstein_distance(diagram, other, *, order=1.0, internal_p=np.inf):
    r"""Return the Wasserstein distance of two persistence diagrams, exactly.

    .. math:: \Big( \min_\gamma \sum_{x} \|x - \gamma(x)\|_q^p \Big)^{1/p}

    over all matchings of their bars, points (birth, death), to each other or to the diagonal, with
    p the `order` and q `internal_p` [1]_. A bar of length l is at :math:`2^{1/q} l / 2` from the
    diagonal.

    Parameters
    ----------
    diagram, other : arrays of shape (n_bars, 2)
        Bars that never die are matched to each other, by their births.
    order : float, default=1.0
        The power p, from 1 to 10. The larger, the more the worst matches count.
    internal_p : float, default=inf
        The power q of the norm in the plane, at least 1; infinity, as in [1]_, has the larger of
        the differences of births and of deaths. Some take 2, or the order.

    Returns
    -------
    float
        In units of the filtration value. Infinite if one has more bars that never die.

    Raises
    ------
    ValueError, TypeError
        If one is no diagram, a parameter is out of range, or floating-point numbers do not hold the
        distance.
    MemoryError
        If the costs of all pairs of bars do not fit.

    See Also
    --------
    bottleneck_distance : The worst match alone.
    diagram_distances : All pairs of the networks of a table.
    skactland.landscape_distance : A distance of landscapes, which is one of a Hilbert space.

    Notes
    -----
    The best matching is a linear assignment of the (n_bars, n_other_bars) matrix of what each match
    spares over two ways to the diagonal. It is no approximation, as auctions are: what a matching
    that is known rules out is cut off before powers are taken, so that also diagrams that hardly
    differ are told apart to rounding, at every order.
    The work grows with the cube of the number of bars at worst.

    References
    ----------
    .. [1] Cohen-Steiner, Edelsbrunner, Harer, Mileyko, "Lipschitz functions have Lp-stable
       persistence", Foundations of Computational Mathematics 10, 2010.

    Examples
    --------
    The first bar is matched to the one that dies later, the second to the diagonal:

    >>> from skactland.comparison import wasserstein_distance
    >>> wasserstein_distance([[0, 4], [1, 2]], [[0, 5]])
    1.5
    """
    measure = wasserstein_measure(order=order, internal_p=internal_p)
    return measure.compare(*_two(diagram, other))


def bottleneck_distance(diagram, other):
    r"""Return the bottleneck distance of two persistence diagrams.

    .. math:: \min_\gamma \max_{x} \|x - \gamma(x)\|_\infty

    over all matchings of their bars, points (birth, death), to each other or to the diagonal [1]_.
    It is no larger than the largest change of any filtration value.

    Parameters
    ----------
    diagram, other : arrays of shape (n_bars, 2)
        Bars that never die are matched to each other, by their births.

    Returns
    -------
    float
        In units of the filtration value. Infinite if one has more bars that never die.

    Raises
    ------
    ValueError, TypeError
        If one is no diagram, or floating-point numbers do not hold the distance.

    See Also
    --------
    wasserstein_distance : The sum of all matches.
    diagram_distances : All pairs of the networks of a table.

    Notes
    -----
    By GUDHI, which gives it exactly, but for the last two or three of 53 bits.

    References
    ----------
    .. [1] Cohen-Steiner, Edelsbrunner, Harer, "Stability of persistence diagrams", Discrete and
       Computational Geometry 37, 2007.

    Examples
    --------
    >>> from skactland.comparison import bottleneck_distance
    >>> bottleneck_distance([[0, 4], [1, 2]], [[0, 5]])
    1.0
    """
    return bottleneck_measure().compare(*_two(diagram, other))


@dataclass(frozen=True)
class DiagramMeasure:
    """A distance of two diagrams.

    Attributes
    ----------
    compare : callable
        Of two diagrams in two parts, as `parts` returns them.
    title : str
        What the number is, for pictures.
    """

    compare: Callable
    title: str


def bottleneck_measure():
    """Return the bottleneck distance."""
    return DiagramMeasure(partial(_compare, _bottleneck), "bottleneck distance")


def wasserstein_measure(*, order=1.0, internal_p=np.inf):
    """Return the Wasserstein distance of an order."""
    internal_p = _check_power(internal_p, "internal_p", np.inf, "")
    remedy = '; the limit of high orders is the bottleneck distance (measure="bottleneck")'
    order = _check_power(order, "order", _HIGHEST_ORDER, remedy)
    compute = partial(_wasserstein, order=order, internal_p=internal_p)
    return DiagramMeasure(partial(_compare, compute), f"Wasserstein distance of order {order:g}")


#: By their names: functions of their parameters.
DIAGRAM_MEASURES = {"bottleneck": bottleneck_measure, "wasserstein": wasserstein_measure}


def parts(diagram):
    """Return the finite bars of a checked diagram, and the births of those that never die."""
    return finite_bars(diagram), np.sort(diagram[np.isinf(diagram[:, 1]), 0])


def _two(diagram, other):
    """Return two diagrams in parts."""
    with at_place("the diagram"):
        one = parts(check_diagram(diagram))
    with at_place("the other diagram"):
        return one, parts(check_diagram(other))


def _check_power(value, name, highest, remedy):
    is_number = isinstance(value, Real) and not isinstance(value, (bool, np.bool_))
    if not is_number or not 1 <= value <= highest:
        raise ValueError(f"{name} must be a number between 1 and {highest}, got {value!r}{remedy}.")
    return float(value) if value < 1e300 else np.inf  # which differ by less than rounding


def _compare(compute, one, two):
    """Return a distance of two diagrams in parts, computed near 1 and told in the user's unit."""
    (bars, births), (other_bars, other_births) = one, two
    if len(births) != len(other_births):
        return np.inf
    if np.array_equal(bars, other_bars) and np.array_equal(births, other_births):
        return 0.0
    largest = max(np.abs(values).max(initial=0.0) for values in (*one, *two))
    power = int(np.frexp(largest)[1])
    bars, births, other_bars, other_births = (
        np.ldexp(values, -power) for values in (bars, births, other_bars, other_births)
    )
    value = compute(bars, other_bars, np.abs(births - other_births))
    return float(in_users_unit(value, power, "The distance of the diagrams"))


def _bottleneck(bars, others, of_births):
    return max(gudhi_bottleneck(bars, others), of_births.max(initial=0.0))


def _wasserstein(bars, others, of_births, order, internal_p):
    n_bars = math.ceil(math.sqrt(len(bars) * len(others)))  # of a square matrix as large
    with reserve_memory(n_bars, _BYTES_PER_PAIR, _FEWER_BARS):
        alone, others_alone = (_to_diagonal(each, internal_p) for each in (bars, others))
        of_bars = _matched(_costs(bars, others, internal_p), alone, others_alone, order)
    return _norm(np.append(of_bars, of_births), order)


def _matched(costs, alone, others_alone, order):
    """Return what is paid by the best matching: by each pair of bars, and each alone.

    What costs more than a matching that is known is in no better one, and need not be told apart:
    it is cut off, lest the rounding of large powers hide the small ones. If what is found costs far
    less, that happens once more.

    Parameters
    ----------
    costs : array of shape (n_bars, n_others)
    alone, others_alone : arrays of shape (n_bars,) and (n_others,)
        Of the ways to the diagonal.
    order : float
    """
    paid = np.append(alone, others_alone)  # if no bars are matched
    while known := _norm(paid, order):
        with np.errstate(over="ignore"):
            powers, ways, other_ways = (
                np.minimum(each / known, 2 ** (1 / order)) ** order
                for each in (costs, alone, others_alone)
            )
        spared = np.minimum(powers - ways[:, None] - other_ways, 0.0)
        rows, columns = linear_sum_assignment(spared)
        is_match = spared[rows, columns] < 0
        rows, columns = rows[is_match], columns[is_match]
        unmatched = np.append(np.delete(alone, rows), np.delete(others_alone, columns))
        paid = np.append(costs[rows, columns], unmatched)
        if (_norm(paid, order) / known) ** order > _HIDDEN:
            break
    return paid


def _norm(values, order):
    largest = values.max(initial=0.0)
    return largest and largest * ((values / largest) ** order).sum() ** (1 / order)


def _costs(bars, others, internal_p):
    """Return the distances of all pairs of bars, (n_bars, n_others)."""
    births, deaths = (np.abs(bars[:, None, end] - others[:, end]) for end in (0, 1))
    larger = np.maximum(births, deaths)
    if np.isinf(internal_p):
        return larger
    # Powers of ratios, which do not overflow.
    ratios = np.minimum(births, deaths)
    np.divide(ratios, larger, out=ratios, where=larger > 0)
    return larger * (1 + ratios**internal_p) ** (1 / internal_p)


def _to_diagonal(bars, internal_p):
    return (bars[:, 1] - bars[:, 0]) * 2 ** (1 / internal_p - 1)
