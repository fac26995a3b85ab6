"""The engines, what each of them can do, and what their bars look like outside.

To add an engine:

1. Write its function into a file of this room, ``_name.py``: of a distance matrix, the degrees, the
   largest edge length and the characteristic of the field, such as `gudhi_bars` is. It returns bars
   and simplices by degree, in any order; bars of no length may be among them.
2. Add its row to `ENGINES`, which says what it can do. "auto" takes the first row that can do what
   is asked for. The memory per pair of points is what ``tests/benchmarks/memory.py`` prints.
3. The tests in ``tests/test_engines.py`` run over all rows.

By its name `rips_persistence` and `RipsPersistence` then take it.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np

from skactland._checks import Simplices, check_option
from skactland._compiled.rips.edges import LARGEST
from skactland.persistence._gudhi import gudhi_bars
from skactland.persistence._lunes import bytes_of_points, lune_bars, lune_bars_of_points
from skactland.persistence._tree import tree_bars, tree_bars_of_points


@dataclass(frozen=True)
class OfPoints:
    """How an engine does without the distance matrix of points.

    Attributes
    ----------
    function : callable
        Of (points, degrees, max_edge_length), for two points or more, which may be in single
        precision: for what the engine returns of their matrix.
    fewest_points : int
        With fewer it is not worth it.
    highest_degree : int or inf
    bytes_for : callable
        Of (n_points, n_units), for the memory at its peak beyond the points.
    """

    function: Callable
    fewest_points: int = 0
    highest_degree: float = math.inf
    bytes_for: Callable = lambda n_points, n_units: 0


@dataclass(frozen=True)
class Engine:
    """What an engine can do.

    Attributes
    ----------
    function : callable
        Of (distances, degrees, max_edge_length, coefficient_field), for two points or more.
    bytes_per_pair : float
        Memory at its peak, the distance matrix included, over n_points ** 2. Where it depends on
        the cloud, the least: then what is refused would not have fitted, and what is
        admitted may need more.
    bytes_by_degree : mapping of int to float
        The same for highest degrees that take more.
    highest_degree : int or inf
    fields : tuple of int or None
        The characteristics of the fields that it knows; None for all.
    has_simplices : bool
        Whether it tells what begins and ends each bar; the lists of others hold None.
    largest_cloud : int or inf
        Number of points.
    of_points : mapping of str to OfPoints
        Metrics, by their names, of which it needs no matrix.
    """

    function: Callable
    bytes_per_pair: float
    bytes_by_degree: Mapping = field(default_factory=dict)
    highest_degree: float = math.inf
    fields: tuple | None = None
    has_simplices: bool = False
    largest_cloud: float = math.inf
    of_points: Mapping = field(default_factory=dict)

    def bytes_for(self, degrees):
        """Return the memory per pair of points for some degrees, in increasing order."""
        return self.bytes_by_degree.get(degrees[-1], self.bytes_per_pair)

    def without_matrix(self, metric, degrees, n_points):
        """Return how it does without the matrix of a metric; None if it does not."""
        found = self.of_points.get(metric) if isinstance(metric, str) else None
        if found and n_points >= found.fewest_points and degrees[-1] <= found.highest_degree:
            return found
        return None

    def missing(self, degrees, coefficient_field, extras, n_points):
        """Return what of the work asked for the engine cannot do, in words."""
        if degrees[-1] > self.highest_degree:
            yield f"degree {degrees[-1]}"
        if self.fields is not None and coefficient_field not in self.fields:
            yield f"coefficient_field={coefficient_field}"
        if not self.has_simplices:
            yield from extras
        if n_points > self.largest_cloud:
            yield f"{n_points} points ({self.largest_cloud} at most)"


def _lune_bars(distances, degrees, max_edge_length, coefficient_field):
    # For a matrix of another layout numba would compile all kernels once more.
    bars, simplices = lune_bars(
        np.ascontiguousarray(distances), max_edge_length, with_voids=degrees[-1] == 2
    )
    return [bars[q] for q in degrees], [simplices[q] for q in degrees]


def _lune_bars_of_points(points, degrees, max_edge_length):
    bars, simplices = lune_bars_of_points(points, max_edge_length)
    return [bars[q] for q in degrees], [simplices[q] for q in degrees]


ENGINES = {
    "tree": Engine(
        tree_bars,
        bytes_per_pair=9,
        highest_degree=0,
        has_simplices=True,
        of_points={"euclidean": OfPoints(tree_bars_of_points)},
    ),
    "lunes": Engine(
        _lune_bars,
        bytes_per_pair=15,  # of clouds; matrices of random numbers have more classes, and take more
        bytes_by_degree={2: 22},
        highest_degree=2,
        fields=(2,),
        has_simplices=True,
        largest_cloud=LARGEST,
        of_points={
            "euclidean": OfPoints(
                _lune_bars_of_points,
                fewest_points=8000,  # with fewer, wide clouds are slower than with their matrix
                highest_degree=1,
                bytes_for=bytes_of_points,
            )
        },
    ),
    # Of points in many dimensions; of a torus 320, of numbers of hops 590.
    "gudhi": Engine(gudhi_bars, bytes_per_pair=60),
}


def check_engine(name):
    """Return the name of an engine, or "auto"."""
    return check_option(name, "engine", {"auto", *ENGINES})


def choose_engine(name, degrees, coefficient_field, extras=(), n_points=0):
    """Return the name of the engine asked for; with "auto", of the first that can do the work.

    `extras` says in words what more than bars is asked for, all of which needs simplices.

    Raises
    ------
    ValueError
        If none can, or not the one that is asked for: says why, and what would do.
    """
    work = (degrees, coefficient_field, extras, n_points)
    asked = list(ENGINES) if name == "auto" else [name]
    missing = {each: " and ".join(ENGINES[each].missing(*work)) for each in ENGINES}
    able = [each for each in ENGINES if not missing[each]]
    for each in asked:
        if each in able:
            return each
    reasons = "; ".join(f"engine={each!r} cannot do {missing[each]}" for each in asked)
    remedy = f"engine={able[0]!r} can" if able else "ask for less"
    if n_points > min(ENGINES[each].largest_cloud for each in asked):
        remedy += ", or take fewer points, such as landmarks (skactland.PointSampler)"
    raise ValueError(f"{reasons}; {remedy}.")


def rips_bars(distances, degrees, max_edge_length, coefficient_field, engine):
    """Return the bars of positive length by degree, sorted, and their simplices.

    Parameters
    ----------
    distances : float64 array of shape (n, n)
        Symmetric, non-negative, with zero diagonal; infinite where points are never joined.
    degrees : tuple of int
    max_edge_length : float
    coefficient_field : int
        A prime.
    engine : str
        The name of one that can do this, see `choose_engine`.

    Returns
    -------
    bars : list of arrays of shape (n_bars, 2)
    simplices : list of arrays, or of None where the engine does not tell
        For degree 0 the edge of the death, (n_bars, 2); for degree 1 the edge of the birth and the
        triangle of the death, (n_bars, 5); for degree 2 a triangle and a tetrahedron, (n_bars, 7);
        -1 where a bar lives on.
    """
    # So no engine need know what its algorithm does with one point or none.
    if len(distances) < 2:
        return _tidy(*_few_points(len(distances), degrees))
    compute = ENGINES[engine].function
    try:
        return _tidy(*compute(distances, degrees, max_edge_length, coefficient_field))
    except SystemError as error:
        # What was raised by the handler of a signal, such as Ctrl-C, while machine code returned
        # its result: Python wraps it in errors that searches would take for those of the data.
        cause = error
        while isinstance(cause, SystemError) and cause.__cause__ is not None:
            cause = cause.__cause__
        raise cause from None


def rips_bars_of_points(points, degrees, max_edge_length, compute):
    """Return the same from points, (n, d), by the function of an `OfPoints`."""
    if len(points) < 2:
        return _tidy(*_few_points(len(points), degrees))
    return _tidy(*compute(points, degrees, max_edge_length))


def _few_points(n_points, degrees):
    """Return the homology of no point, or of one."""
    bars = [np.tile([0.0, np.inf], (n_points if q == 0 else 0, 1)) for q in degrees]
    return bars, [
        np.full((len(b), 2 * q + 3 - (q == 0)), -1) for q, b in zip(degrees, bars, strict=True)
    ]


def _tidy(bars, simplices):
    """Return the bars of positive length, sorted, and their simplices."""
    kept = [_order(of_degree) for of_degree in bars]
    return (
        [of_degree[rows] for of_degree, rows in zip(bars, kept, strict=True)],
        [
            None if s is None else Simplices.of(s[rows])
            for s, rows in zip(simplices, kept, strict=True)
        ],
    )


def _order(bars):
    """Return the rows of the bars of positive length, by birth and then death."""
    rows = np.flatnonzero(bars[:, 0] < bars[:, 1])
    return rows[np.lexsort((bars[rows, 1], bars[rows, 0]))]  # the last key comes first
