"""The statistics of diagrams that :class:`~skactland.ComplexityVectorizer` knows.

Each is a row of `STATISTICS`; that is all that the vectorizer and its display need to offer it.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.special import entr

from skactland.landscapes._norms import landscape_norm, tent_heights
from skactland.landscapes._scale import in_users_unit


@dataclass(frozen=True)
class Statistic:
    """A number that a diagram has.

    Attributes
    ----------
    title : str
        What it is and its symbol, for the axis of a plot.
    power : float
        Its unit is the filtration value to this power; 0 for what does not change with scale.
    function : callable
        Of the finite bars, an array of shape (n_bars, 2); 0 for none.
    unit : str or None
        The unit's name, if it is no power of the filtration value.
    """

    title: str
    power: float
    function: Callable
    unit: str | None = None

    @property
    def label(self):
        """The title and the unit below it."""
        power = "" if self.power == 1 else f"$^{{{self.power:g}}}$"
        return f"{self.title}\n[{self.unit or 'filtration value' + power}]"


def _total_persistence(bars):
    with np.errstate(over="ignore"):
        total = 2 * tent_heights(bars).sum()
    return in_users_unit(total, 0, "The total persistence")


def _entropy(bars):
    """Return the entropy of the lengths as parts of their sum, in nats."""
    # Parts of the longest, whose sum does not overflow; no bar counts as one, of entropy 0.
    heights = tent_heights(bars) / tent_heights(bars).max(initial=0.0) if len(bars) else np.ones(1)
    return entr(heights / heights.sum()).sum()


STATISTICS = {
    "l1": Statistic(r"complexity $\|\lambda\|_1$", 2, lambda bars: landscape_norm(bars, 1)),
    "l2": Statistic(r"complexity $\|\lambda\|_2$", 1.5, lambda bars: landscape_norm(bars, 2)),
    "sup": Statistic(
        r"complexity $\|\lambda\|_\infty$", 1, lambda bars: landscape_norm(bars, np.inf)
    ),
    "total_persistence": Statistic("total persistence", 1, _total_persistence),
    "entropy": Statistic("persistent entropy", 0, _entropy, unit="nats"),
    "n_bars": Statistic("number of bars", 0, len, unit="bars"),
}
