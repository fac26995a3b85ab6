"""Which engine computes what, and what its bars look like outside."""

import numpy as np

from skactland._checks import Simplices
from skactland._compiled.rips.edges import LARGEST
from skactland._compiled.rips.spanning import spanning_tree, spanning_tree_of_points
from skactland.persistence._gudhi import gudhi_bars
from skactland.persistence._lunes import lune_bars

ENGINES = ("auto", "lunes", "gudhi")


def choose_engine(engine, degrees, coefficient_field, return_simplices):
    """Return "lunes" or "gudhi"; refuse what the one that is asked for cannot do."""
    reason = None
    if degrees[-1] > 1:
        reason = f"degree {degrees[-1]}"
    elif coefficient_field != 2:
        reason = f"coefficient_field={coefficient_field}"
    if engine == "auto" and not return_simplices:
        return "lunes" if reason is None else "gudhi"
    if engine == "gudhi" and return_simplices:
        raise ValueError(
            'return_simplices needs engine="auto" or "lunes"; GUDHI does not tell them.'
        )
    if engine != "gudhi" and reason is not None:
        wanted = "return_simplices" if engine == "auto" else f"engine={engine!r}"
        raise ValueError(
            f"{wanted} is for degrees 0 and 1 over Z/2, not for {reason}; leave it out and "
            "GUDHI computes this."
        )
    return "gudhi" if engine == "gudhi" else "lunes"


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
    engine : {"lunes", "gudhi"}
        As `choose_engine` says.

    Returns
    -------
    bars : list of arrays of shape (n_bars, 2)
    simplices : list of arrays, or of None where the engine does not tell
        For degree 0 the edge of the death, (n_bars, 2); for degree 1 the edge of the birth and the
        triangle of the death, (n_bars, 5); -1 where a bar lives on.
    """
    if len(distances) < 2:
        bars, simplices = _few_points(len(distances), degrees)
    elif engine == "gudhi" or len(distances) > LARGEST:
        bars = gudhi_bars(distances, degrees, max_edge_length, coefficient_field)
        simplices = [None] * len(degrees)
    elif degrees == (0,):
        tree = spanning_tree(distances)
        bars, simplices = _components(*tree, max_edge_length)
    else:
        bars, simplices = lune_bars(np.ascontiguousarray(distances), max_edge_length)
        bars, simplices = [bars[q] for q in degrees], [simplices[q] for q in degrees]
    return _tidy(bars, simplices)


def component_bars(points, max_edge_length):
    """Return the same in degree 0 alone for the Euclidean distances of points, (n, d)."""
    if len(points) < 2:
        return _tidy(*_few_points(len(points), (0,)))
    tree = spanning_tree_of_points(points)
    return _tidy(*_components(*tree, max_edge_length))


def _few_points(n_points, degrees):
    """Return the homology of no point, or of one."""
    bars = [np.tile([0.0, np.inf], (n_points if q == 0 else 0, 1)) for q in degrees]
    return bars, [np.full((len(b), 2 + 3 * q), -1) for q, b in zip(degrees, bars, strict=True)]


def _components(edges, lengths, max_edge_length):
    """Return degree 0 from the minimum spanning tree."""
    is_joined = (lengths <= max_edge_length) & (lengths < np.inf)
    bars = np.zeros((len(edges) + 1, 2))
    bars[:, 1] = np.append(np.where(is_joined, lengths, np.inf), np.inf)
    simplices = np.vstack([np.where(is_joined[:, None], edges, -1), [[-1, -1]]])
    return [bars], [simplices]


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
    return rows[np.lexsort((bars[rows, 1], bars[rows, 0]))]
