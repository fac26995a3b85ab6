"""Sums, inner products and norms of landscapes at any scale.

Functions of what a :class:`~skactland.PersistenceLandscape` holds: the critical points of all
levels, and where each level starts among them.
"""

from itertools import pairwise

import numpy as np

from skactland._compiled.landscapes.integrals import inner_product, mean_power
from skactland._compiled.landscapes.levels import linear_combination, tidy
from skactland.landscapes._scale import in_users_unit, unit_exponent

#: A term of a sum that adds nothing.
_ZERO = (np.empty((0, 2)), np.zeros(1, np.int64), 0.0)


def sum_of_multiples(landscapes, factors):
    """Return the sum of multiples of landscapes, added in pairs, then pairs of pairs, and so on."""
    terms = [(*landscape, a) for landscape, a in zip(landscapes, factors, strict=True)]
    while len(terms) > 1:
        terms += [_ZERO] * (len(terms) % 2)
        pairs = zip(terms[::2], terms[1::2], strict=True)
        terms = [(*linear_combination(*f, *g), 1.0) for f, g in pairs]
    # What is left is still to be multiplied, if it is a single landscape, and to be made tidy.
    points, starts = linear_combination(*(terms or [_ZERO])[0], *_ZERO)
    return in_users_unit(points, 0, "Heights of a sum"), starts


def inner(f, g):
    """Return the L2 inner product of two landscapes."""
    of_t = unit_exponent(f[0][:, 0], g[0][:, 0])
    of_f, of_g = (unit_exponent(points[:, 1]) for points, _ in (f, g))
    f, g = _in_units(f, of_t, of_f), _in_units(g, of_t, of_g)
    product = inner_product(*f, *g, np.ones(len(f[1]) - 1))
    return float(in_users_unit(product, of_t + of_f + of_g, "The inner product"))


def _in_units(landscape, of_t, of_height):
    """Return a landscape with each coordinate in a unit of its own."""
    if of_t == of_height == 0:
        return landscape
    points, starts = landscape
    # Points that fall together in the unit would have no slope between them.
    return tidy(np.ldexp(points, [-of_t, -of_height]), starts)


def norm(landscape, p):
    """Return the p-norm of a landscape over all levels; p may be infinite."""
    points, starts = landscape
    largest = float(np.abs(points[:, 1]).max(initial=0.0))
    if largest == 0 or np.isinf(p):
        return largest
    root = mean_power(points, starts, float(p), largest) ** (1 / p)
    fraction, exponent = np.frexp(largest)
    return float(in_users_unit(fraction * root, int(exponent), f"The {p:g}-norm"))


def integrals(landscape):
    """Return the integral of each level."""
    points, starts = landscape
    of_t, of_height = (unit_exponent(coordinate) for coordinate in points.T)
    t, heights = np.ldexp(points, [-of_t, -of_height]).T
    areas = np.array([np.trapezoid(heights[a:b], t[a:b]) for a, b in pairwise(starts)])
    return in_users_unit(areas, of_t + of_height, "The integral")
