r"""Norms of the landscapes of diagrams, in closed form.

Each level is a part of the tents, and together the levels are all of them: at every t the values of
the levels are those of the tents, sorted. So a sum over levels of integrals of powers is one over
tents, and that of a bar of length l, of height h = l / 2, is :math:`2 h^{p+1} / (p + 1)`.
"""

import numpy as np

from skactland.landscapes._scale import in_users_unit


def tent_heights(bars):
    """Return half the lengths of bars; halves first, since lengths may overflow."""
    return bars[:, 1] / 2 - bars[:, 0] / 2


def norm_parts(bars, p):
    r"""Return the height h of the highest tent, and the factor c such that the norm is h^(1+1/p) c.

    Powers of heights overflow and vanish long before heights do, so the sum
    :math:`c = (\sum_i 2 (h_i / h)^{p+1} / (p + 1))^{1/p}` is over their ratios. Without bars h is 0
    and c is 1.

    Parameters
    ----------
    bars : array of shape (n_bars, 2)
        Finite.
    p : float
        At least 1, or infinity.
    """
    heights = tent_heights(bars)
    highest = float(heights.max(initial=0.0))
    if highest == 0 or np.isinf(p):
        return highest, 1.0
    return highest, float((2 * ((heights / highest) ** (p + 1)).sum() / (p + 1)) ** (1 / p))


def landscape_norm(bars, p):
    r"""Return :math:`(\sum_i (d_i - b_i)^{p+1} / (2^p (p + 1)))^{1/p}`, or half the longest bar.

    Raises
    ------
    ValueError
        If it is too large for a floating-point number.
    """
    highest, factor = norm_parts(bars, p)
    with np.errstate(over="ignore"):
        norm = np.float64(highest) ** (1 + 1 / p) * factor
    return float(in_users_unit(norm, 0, f"The {p:g}-norm of a landscape"))


def squared_norm(bars):
    """Return the squared L2 norm, the sum of cubed lengths over 12; infinite if it overflows."""
    with np.errstate(over="ignore"):
        return ((bars[:, 1] - bars[:, 0]) ** 3).sum() / 12
