"""What a statistic is to the tests, and how a new one is added.

Each test has a table ``_STATISTICS`` of the statistics that it knows, in ``_groups``, ``_trend``
and ``_independence``: a name, and beside it a :class:`Row` with the function that makes the
:class:`Statistic` and a word on what it can do. To add one,

1. write a function that makes a `Statistic`: of the landscapes and the sizes of the groups in
   ``_groups``, of the landscapes and the responses in ``_independence``, of the complexities, the
   codes of y and the blocks in ``_trend``;
2. add its row to the table;
3. say in the docstring of the test what the formula is.

Relabelling, p-values, corrections, units and pictures need nothing more, and the tests of the
package hold each row to what it says: invariance under scaling, order and names, and the power
against differences that it claims to see.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

# Two values are equal if they differ by less than this part of what they are rounded from.
# Relabellings that divide the networks in the same way give the same number in theory, and another
# last digit in practice: each must count as a tie, or p would be too small.
TIE = 1e-10


def one_number(value):
    """Return what a user's statistic gave as a float."""
    try:
        number = np.asarray(value, dtype=np.float64)
    except (TypeError, ValueError):
        number = None
    if number is None or number.ndim or not np.isfinite(number):
        raise ValueError(f"statistic must return one finite number, got {value!r}.")
    return float(number)


def itself(values):
    """Return the values: the larger the statistic, the more it says."""
    return values


def tie_by_size(evidence):
    """Return the least number that is no less than the evidence, if it is rounded by its size."""
    return evidence - TIE * np.abs(evidence)


def tie_by_scale(scale):
    """Return such a function for evidence that is rounded by a scale, whatever its size.

    So are differences of larger numbers: what cancels takes the leading digits with it.
    """
    return lambda evidence: evidence - TIE * scale


@dataclass(frozen=True)
class Statistic:
    """A statistic of the labels of the rows, for several tests at once.

    Attributes
    ----------
    values : callable
        Takes labels of shape (n_labellings, n_rows), gives values of shape (n_labellings, n_tests).
    evidence : callable
        Takes values, gives numbers that are larger the more they speak against the null hypothesis.
    least_tie : callable
        Takes the evidence observed, shape (n_tests,), gives the least evidence that equals it but
        for rounding.
    exponents : int or array of shape (n_tests,)
        The values are in units of two to this power. Thus nothing overflows on the way.
    """

    values: Callable
    evidence: Callable = itself
    least_tie: Callable = tie_by_size
    exponents: int | np.ndarray = 0

    def in_units(self, observed, null):
        """Return the values in units of the filtration value, if these can be held at all."""
        # By the largest, relabelled or not: beside it a value near zero may well vanish.
        largest = np.maximum(np.abs(observed), np.abs(null).max(axis=0))
        with np.errstate(over="ignore", under="ignore"):
            observed, null, scaled = (
                np.ldexp(values, self.exponents) for values in (observed, null, largest)
            )
        is_held = (scaled < np.inf) & (scaled > np.finfo(float).tiny) | (largest == 0)
        if not is_held.all():
            raise ValueError(
                "The statistic is too large or too small for a floating-point number; multiply "
                "all diagrams by one number so that bars are about as long as 1, which leaves "
                "p-values as they are."
            )
        return observed, null


@dataclass(frozen=True)
class Row:
    """A row of a table of statistics.

    Attributes
    ----------
    make : callable
        Makes the `Statistic`.
    sees : {"means", "anything", "trends"}
        What differences it finds, given networks enough: those of mean landscapes, any at all, or
        a complexity that goes up or down.
    """

    make: Callable
    sees: str
