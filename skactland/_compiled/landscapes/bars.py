"""Which bars of a diagram have a tent, in the order in which the other kernels want them."""

import numpy as np

from skactland._compiled.jit import kernel


@kernel
def move_tents_forward(bars):
    """Move finite bars of positive length to the front: by birth upwards, then by death downwards.

    Only where bars stand by birth and then death, both upwards, as the diagrams of engines do: then
    no more is to be done than to turn round those of equal birth.

    Parameters
    ----------
    bars : float64 array of shape (n_bars, 2)
        Without NaN; changed in place.

    Returns
    -------
    int
        How many have a tent; -1, and nothing is changed, if bars stand otherwise.
    """
    for k in range(1, len(bars)):
        if bars[k, 0] < bars[k - 1, 0]:
            return -1
        if bars[k, 0] == bars[k - 1, 0] and bars[k, 1] < bars[k - 1, 1]:
            return -1
    start = m = 0  # where those of the present birth start, and stop
    for k in range(len(bars)):
        birth, death = bars[k, 0], bars[k, 1]
        if birth < death < np.inf:
            if m > start and birth != bars[start, 0]:
                _turn_round(bars[start:m])
                start = m
            bars[m, 0], bars[m, 1] = birth, death
            m += 1
    _turn_round(bars[start:m])
    return m


@kernel
def _turn_round(bars):
    """Reverse the order of some bars.

    Parameters
    ----------
    bars : float64 array of shape (n_bars, 2)
        Changed in place.
    """
    n = len(bars)
    for k in range(n // 2):
        for j in range(2):
            bars[k, j], bars[n - 1 - k, j] = bars[n - 1 - k, j], bars[k, j]
