"""Landscapes projected onto functions that are linear in each of some equal cells of the axis.

Between the least birth and the largest death of a column in fit the projection P of a level is the
line of least squares in each cell; outside it is the level itself. P is an orthogonal projection,
so of any two landscapes

    <f, g> - <Pf, Pg> = <f - Pf, g - Pg>,

which is at most r(f) r(g), where r(f)^2 = |f|^2 - |Pf|^2 is what P leaves out, and Gram matrices of
either side are positive semidefinite. What lies outside of the cells counts in norms alone: there
the landscapes of fit are zero.
"""

from dataclasses import dataclass

import numpy as np

from skactland._checks import check_count
from skactland._compiled.landscapes.features import add_products, squared_gap
from skactland._compiled.landscapes.projections import cell_depths, project
from skactland.landscapes._bars import finite_bars

# From as many cells on a tolerance looks for more; with more than the most their bookkeeping would
# take as much memory as what it saves.
_FIRST, _MOST = 16, 2**18
# What the features of all rows may take while they are compared.
_FEATURE_BYTES = 2**28
_NONE = np.zeros(0)


def check_approximation(approximation):
    """Check that it is None, a number of cells, or a tolerance."""
    if approximation is None:
        return
    if isinstance(approximation, (float, np.floating)):
        if not 0 < approximation < 1:
            raise ValueError(
                "approximation must lie between 0 and 1 if it is a float, the tolerance of the "
                f"relative error, got {approximation}; for a number of cells give an integer."
            )
        return
    try:
        n_cells = check_count(approximation, "approximation")
    except TypeError:
        raise TypeError(
            "approximation must be None, an integer (the number of cells) or a float between 0 and "
            f"1 (the tolerance of the relative error), got {approximation!r}."
        ) from None
    if n_cells > _MOST:
        raise ValueError(f"approximation must be at most {_MOST} cells, got {approximation}.")


@dataclass(frozen=True)
class Cells:
    """The cells of a column.

    Attributes
    ----------
    start : float
        Where the first begins.
    width : float
        The width of each.
    n_cells : int
    """

    start: float
    width: float
    n_cells: int

    @classmethod
    def learn(cls, column, norms, level_weights, approximation):
        """Return the cells of a column, and what P leaves out of each of its squared norms.

        There are none where landscapes are simple enough as they are: where all bars have one
        birth, as in degree 0, a level is one tent.

        Parameters
        ----------
        column : object array of shape (n_rows,)
            Finite bars in the kernels' order.
        norms : array of shape (n_rows,)
            The squared norms of their landscapes.
        level_weights : array or None
        approximation : int or float
            The number of cells, or the largest part of any squared norm to be left out.

        Returns
        -------
        cells : Cells or None
        left_out : array of shape (n_rows,)
        """
        bars, left_out = np.concatenate(column), np.zeros(len(column))
        if len(bars) == 0 or (bars[:, 0] == bars[0, 0]).all():
            return None, left_out
        start, stop = bars[:, 0].min(), bars[:, 1].max()
        is_tolerance = isinstance(approximation, (float, np.floating))
        cells = cls._between(start, stop, _FIRST if is_tolerance else int(approximation))
        n_cells = np.zeros(len(column), int)
        for i, (landscape, norm) in enumerate(zip(column, norms, strict=True)):
            left_out[i], _ = cells.left_out(landscape, level_weights)
            while is_tolerance and left_out[i] > approximation * norm:
                if cells.n_cells == _MOST:
                    raise ValueError(
                        f"approximation={approximation:g} takes more than {_MOST} cells, as bars "
                        f"are too short beside the column's range from {start:g} to {stop:g}; give "
                        "a larger tolerance, or None for the exact kernel."
                    )
                cells = cls._between(start, stop, 2 * cells.n_cells)
                left_out[i], _ = cells.left_out(landscape, level_weights)
            n_cells[i] = cells.n_cells
        # Halving each cell never leaves out more, so all are still within the tolerance.
        for i in np.flatnonzero(n_cells < cells.n_cells):
            left_out[i], _ = cells.left_out(column[i], level_weights)
        return cells, left_out

    @classmethod
    def _between(cls, start, stop, n_cells):
        return cls(float(start), float((stop - start) / n_cells), n_cells)

    @property
    def unit(self):
        """The unit of inner products of landscapes that are measured in cells."""
        return self.width**3

    def measure(self, bars):
        """Return bars of which the unit is a cell, still in the kernels' order."""
        with np.errstate(over="ignore"):
            measured = (bars - self.start) / self.width
        if not np.isfinite(measured).all():
            raise ValueError(
                "bars lie too far from those that the kernel was fitted to for the approximation; "
                "look at the network that made them, or leave it out."
            )
        return finite_bars(measured)

    def left_out(self, bars, level_weights):
        """Return the squared norms of what P leaves out of a landscape, and of what is outside."""
        left = np.zeros(self.n_cells)
        bars = self.measure(bars)
        outside = project(bars, _weights(bars, level_weights), 0, np.zeros(1, int), _NONE, left)
        # The sum of squares is not negative but for its rounding.
        return max(left.sum(), 0.0) * self.unit, outside * self.unit


class Features:
    """What landscapes of a column are in cells: numbers whose products are inner products.

    Parameters
    ----------
    column : sequence of arrays of shape (n_bars, 2)
    cells : Cells
    level_weights : array or None
    """

    def __init__(self, column, cells, level_weights):
        self._bars = [cells.measure(bars) for bars in column]
        self._weights = [_weights(bars, level_weights) for bars in self._bars]
        depths = [
            cell_depths(bars, len(weights), cells.n_cells).astype(np.int32)
            for bars, weights in zip(self._bars, self._weights, strict=True)
        ]
        #: How many there are, by row and cell: two for each level that is not zero.
        self.counts = 2 * np.array(depths)

    def within(self, first, stop):
        """Return the features in some cells, and where those of each row and cell start."""
        counts = self.counts[:, first:stop]
        ends = np.cumsum(counts, dtype=np.int64).reshape(counts.shape)
        starts = np.column_stack([ends[:, 0] - counts[:, 0], ends])
        features = np.zeros(starts[-1, -1])
        for bars, weights, own in zip(self._bars, self._weights, starts, strict=True):
            # Levels are made of the bars alive: no others matter here.
            near = bars[(bars[:, 0] < stop) & (bars[:, 1] > first)]
            project(near, weights, first, own, features, _NONE)
        return features, starts


def _weights(bars, level_weights):
    return np.ones(len(bars)) if level_weights is None else level_weights


def _blocks(counts, n_at_once):
    """Yield the first and the end of ranges of cells whose features fit in memory.

    Parameters
    ----------
    counts : array of shape (n_cells,)
        How many features all rows have in each.
    n_at_once : int
        How many columns are worked on.
    """
    room = _FEATURE_BYTES // (8 * n_at_once)
    first = total = 0
    for cell, count in enumerate(counts):
        if total + count > room and cell > first:
            yield first, cell
            first, total = cell, 0
        total += count
    yield first, len(counts)


def projected_products(column, others, cells, level_weights, n_at_once=1):
    """Return the inner products of the projections of two columns; without the first, of one.

    An entry is the same to the last bit whatever other rows there are.
    """
    symmetric = column is None
    y = Features(others, cells, level_weights)
    x = y if symmetric else Features(column, cells, level_weights)
    products = np.zeros((len(x.counts), len(y.counts)))
    counts = x.counts.sum(axis=0) + (0 if symmetric else y.counts.sum(axis=0))
    for first, stop in _blocks(counts, n_at_once):
        of_y = y.within(first, stop)
        of_x = of_y if symmetric else x.within(first, stop)
        add_products(*of_x, *of_y, symmetric, products)
    if symmetric:
        products = np.triu(products) + np.triu(products, 1).T
    return products * cells.unit


def projected_square(bars, other, cells, level_weights):
    """Return the squared distance of the projections of two landscapes, the second one of fit."""
    features = Features([bars, other], cells, level_weights)
    square = 0.0
    for first, stop in _blocks(features.counts.sum(axis=0), 1):
        values, starts = features.within(first, stop)
        square += squared_gap(values, starts[0], values, starts[1])
    return square * cells.unit + cells.left_out(bars, level_weights)[1]
