"""What is measured of clouds and of their nulls: numbers of their diagrams."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np
from joblib import delayed

from skactland._checks import at_place, check_option
from skactland.inference._null_clouds import KINDS, check_points
from skactland.inference._statistic import one_number
from skactland.landscapes._bars import finite_bars, has_unfinished_bars
from skactland.metrics._matrix import is_precomputed
from skactland.persistence._rips import prepare
from skactland.vectors._statistics import STATISTICS

# Nulls that one task draws of one cloud, whose singular vectors are computed once for all of them.
_IN_A_TASK = 100


@dataclass(frozen=True)
class Measure:
    """Numbers of a cloud: some functions of its diagram in each of some degrees.

    Attributes
    ----------
    functions : list of callables
        Of finite bars.
    degrees : tuple of int
    persistence : callable
        Of a cloud.
    """

    functions: list
    degrees: tuple
    persistence: Callable

    @classmethod
    def of(cls, functions, homology_dimensions, metric, metric_params):
        """Return it once the options are checked."""
        if is_precomputed(metric):
            raise ValueError(
                'metric="precomputed" holds no coordinates that a null could be drawn of; give '
                "clouds, and the metric by its name."
            )
        compute, degrees, _ = prepare(
            homology_dimensions,
            metric=metric,
            metric_params=metric_params,
            max_edge_length=np.inf,
            coefficient_field=2,
            engine="auto",
            return_simplices=False,
            return_cycles=False,
            memory=None,
        )
        return cls(functions, degrees, compute)

    def diagrams(self, cloud):
        """Return the diagram of each degree, in which all dies but one component."""
        diagrams = self.persistence(cloud)[0]
        for degree, diagram in zip(self.degrees, diagrams, strict=True):
            if has_unfinished_bars(diagram):
                raise ValueError(
                    f"bars of degree {degree} never die, since some distances are infinite, and "
                    "have no length to be compared; take a metric that leaves no points apart."
                )
        return diagrams

    def __call__(self, cloud):
        """Return the numbers, degree by degree."""
        bars = map(finite_bars, self.diagrams(cloud))
        return [function(of_degree) for of_degree in bars for function in self.functions]


def of_nulls(measure, cloud, kind, seeds, place):
    """Return what a function makes of null clouds, one a seed."""
    with at_place(place):
        draw = KINDS[kind](check_points(cloud))
        return [measure(draw(np.random.default_rng(seed))) for seed in seeds]


def tasks_of(measure, cloud, kind, seeds, place):
    """Yield the tasks that draw the nulls of one cloud."""
    for start in range(0, len(seeds), _IN_A_TASK):
        yield delayed(of_nulls)(measure, cloud, kind, seeds[start : start + _IN_A_TASK], place)


def draw_seeds(rng, *shape):
    """Return a seed for each null, so that it depends on no other and on no order of work."""
    return rng.integers(2**63, size=shape)


def check_statistics(statistic):
    """Return the names of statistics, an empty one for a single statistic, and their functions."""
    if isinstance(statistic, (list, tuple)):
        if not statistic:
            raise ValueError("statistic is an empty list; name one at least.")
        names = [getattr(one, "__name__", str(one)) if callable(one) else one for one in statistic]
        functions = [_function(one) for one in statistic]
        if len(set(names)) < len(names):
            raise ValueError(f"statistic: names must be different, got {names}.")
        return names, functions
    return [""], [_function(statistic)]


def _function(statistic):
    if callable(statistic):
        return _Callable(statistic)
    check_option(statistic, "statistic", STATISTICS)
    return partial(_known, statistic)


def _known(name, bars):
    """Return one of our statistics, which bars of some length do not leave at zero."""
    statistic = STATISTICS[name]
    value = statistic.function(bars)
    if statistic.power and len(bars) and value < np.finfo(float).tiny:
        raise ValueError(
            f"statistic {name!r} is a filtration value to the power {statistic.power:g}, which is "
            f"zero to floating-point numbers where the longest bar is {np.diff(bars).max():.0e}; "
            "multiply all clouds by one number that brings bars near 1, which leaves p-values as "
            "they are."
        )
    return value


@dataclass(frozen=True)
class _Callable:
    """A user's statistic."""

    function: Callable

    def __call__(self, bars):
        return one_number(self.function(bars))
