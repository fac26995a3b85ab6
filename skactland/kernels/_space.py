"""The space in which rows of a table are points: inner products, norms and distances of them."""

from dataclasses import dataclass

import numpy as np

from skactland._table import empty_table
from skactland.kernels._products import (
    inner_products_of_tables,
    learn_cells,
    squared_distance_of_rows,
    squared_norms,
    squared_norms_left_out,
    weighted_sum,
)
from skactland.kernels._projection import Cells
from skactland.kernels._weights import check_level_weights, weights_in_units
from skactland.landscapes._scale import bars_in_unit, unit_exponent

# Squared distances are sums of squared norms and inner products; where they are a smaller part of
# the norms than this, they are integrated anew, so that cancellation costs seven digits at most.
# Inner products are rounded in the places of bars, norms in their lengths alone: of bars that lie
# far from 0, the part is larger by as much as they lie further away than they are long.
_NEAR = 1e-6


@dataclass(frozen=True)
class Rows:
    """Rows of bars as points of a space.

    Attributes
    ----------
    bars : object array of shape (n_rows, n_columns)
        In the units of the columns.
    squared_norms : array of shape (n_rows,)
        In the unit of the space.
    left_out : array of shape (n_rows,)
        What the approximation leaves out of them: 0 for the exact kernel.
    remoteness : array of shape (n_rows,)
        How much further from 0 bars end than the longest of their diagram is long; at least 1.
    lost : array of shape (n_rows,)
        The rows that have landscapes, of which the unit of the space leaves nothing.
    """

    bars: np.ndarray
    squared_norms: np.ndarray
    left_out: np.ndarray
    remoteness: np.ndarray
    lost: np.ndarray

    @property
    def part_left_out(self):
        """The part of each squared norm that the approximation leaves out."""
        norms = self.squared_norms
        with np.errstate(invalid="ignore"):  # both may be infinite, in rows that will be refused
            return np.divide(self.left_out, norms, out=np.zeros_like(norms), where=norms > 0)

    @property
    def part_kept(self):
        """The rest of it, which is not negative but for its rounding."""
        return np.maximum(1 - self.part_left_out, 0.0)


@dataclass(frozen=True)
class LandscapeSpace:
    """What an inner product of rows of landscapes is made of.

    Attributes
    ----------
    level_weights : array or None
        None for weights 1.
    column_weights : array of shape (n_columns,)
        In the user's unit, where some may be infinite or 0 if the bars are extreme.
    exponents : int array of shape (n_columns,)
        The bars of a column are measured in two to this power: 0 unless they are extreme.
    shares : array of shape (n_columns,)
        The weights of the columns whose bars are so measured.
    power : int
        Inner products are measured in two to this power, an even one.
    cells : tuple of Cells or None
        Where each column is approximated; None where it is exact.
    """

    level_weights: np.ndarray | None
    column_weights: np.ndarray
    exponents: np.ndarray
    shares: np.ndarray
    power: int
    cells: tuple[Cells | None, ...]

    @classmethod
    def learn(
        cls,
        bars,
        names,
        *,
        level_weights=None,
        nu=1.0,
        column_weights=None,
        approximation=None,
        **options,
    ):
        """Return the space of a table of bars, and its rows.

        Parameters
        ----------
        bars : object array of shape (n_rows, n_columns)
            Finite bars in the kernels' order.
        names : sequence of str
            Names of the columns.
        level_weights, nu, column_weights, approximation
            As in :class:`~skactland.LandscapeKernel`.
        **options
            n_jobs and memory, as in joblib.
        """
        depth = max(map(len, bars.ravel()))
        level_weights = check_level_weights(level_weights, nu, depth)
        exponents = np.array([unit_exponent(*column) for column in bars.T])
        measured = _in_units(bars, exponents)
        norms = squared_norms(measured, level_weights)
        weights = weights_in_units(column_weights, names, norms, exponents)
        cells, left_out = learn_cells(
            measured, norms, names, level_weights, weights[2], approximation, **options
        )
        space = cls(level_weights, *weights, cells)
        return space, space._rows(bars, measured, norms, left_out)

    def rows(self, bars, **options):
        """Return the rows of a table; n_jobs and memory are as in joblib."""
        measured = _in_units(bars, self.exponents)
        norms = squared_norms(measured, self.level_weights)
        left_out = squared_norms_left_out(measured, self.cells, self.level_weights, **options)
        return self._rows(bars, measured, norms, left_out)

    def _rows(self, bars, measured, norms, left_out):
        """Return the rows of a table, of which the squared norms in each column are given."""
        norms, left_out = (weighted_sum(squares.T, self.shares) for squares in (norms, left_out))
        used = bars[:, self.shares > 0]
        is_there = np.array([any(map(len, row)) for row in used], dtype=bool)
        if self.level_weights is not None and self.level_weights[0] == 0:
            is_there[:] = False  # a landscape may have norm zero
        lost = is_there & (norms < np.finfo(float).tiny)
        remoteness = np.array([max(map(_remoteness, row), default=1.0) for row in used])
        return Rows(measured, norms, left_out, remoteness, lost)

    def products(self, rows, others, *, n_jobs=None, memory=None):
        """Return the inner products of rows and others, in the unit of the space.

        ``rows=None`` stands for the others, at half the work.
        """
        if self.exponents.any():
            for given in (rows or others, others):
                _refuse_lost(given)
        bars = None if rows is None else rows.bars
        options = {"n_jobs": n_jobs, "memory": memory}
        return inner_products_of_tables(
            bars, others.bars, self.level_weights, self.shares, self.cells, **options
        )

    def power_of_distances(self, normalize):
        """Return the power of two in which squared distances are measured."""
        return 0 if normalize else self.power

    def cosines(self, rows, others, **options):
        """Return the inner products of rows and others divided by their norms.

        These are the norms of the landscapes themselves, whatever an approximation keeps of them.
        """
        products = self.products(rows, others, **options)
        scales, other_scales = (self._norms_or_one(r) for r in (rows or others, others))
        return products / (scales[:, None] * other_scales)

    def squared_distances(self, rows, others, *, normalize=False, **options):
        """Return the squared distances of rows and others, in the unit of the space.

        With ``normalize`` they are those of landscapes divided by their norms, which have no unit.
        """
        norms, other_norms = (_kept_norms(r, normalize) for r in (rows or others, others))
        sums = norms[:, None] + other_norms
        products = (self.cosines if normalize else self.products)(rows, others, **options)
        squares = sums - 2 * products
        remote, other_remote = ((rows or others).remoteness, others.remoteness)
        near = squares <= _NEAR * np.maximum(remote[:, None], other_remote) * sums
        # One by one, which is slow, but near pairs are few unless rows are copies of each other.
        for i, j in np.argwhere(near if rows is not None else np.triu(near, 1)):
            squares[i, j] = self._near_square(rows or others, i, others, j, normalize)
            if rows is None:
                squares[j, i] = squares[i, j]
        if rows is None:
            np.fill_diagonal(squares, 0.0)
        return squares

    def _near_square(self, rows, i, others, j, normalize):
        """Return the squared distance of two rows that are close, integrated as it is.

        That of f / p and g / q, where p and q are their norms, is that of f and g, less
        (p - q)^2, over p q; or less (p - q) (a p - b q), if an approximation keeps the parts a
        and b of their squares.
        """
        options = self.level_weights, self.shares, self.cells
        square = squared_distance_of_rows(rows.bars[i], others.bars[j], *options)
        if normalize:
            p, q = np.sqrt(rows.squared_norms[i]), np.sqrt(others.squared_norms[j])
            gap = (p - q) * (rows.part_kept[i] * p - others.part_kept[j] * q)
            square = max(square - gap, 0.0) / (p * q) if p * q > 0 else 0.0
        return square

    def norms_left_out(self, rows, normalize):
        """Return the norm of what the approximation leaves out of each row, or its part."""
        return np.sqrt(rows.part_left_out if normalize else rows.left_out)

    def _norms_or_one(self, rows):
        """Return norms, and 1 for the zero landscape, which stays zero when divided by that."""
        squares = _checked_norms(rows)
        return np.sqrt(np.where(squares > 0, squares, 1.0))


def _in_units(bars, exponents):
    """Return a table of bars whose columns are measured in powers of two."""
    if not exponents.any():
        return bars
    measured = empty_table(*bars.shape)
    for i, j in np.ndindex(bars.shape):
        measured[i, j] = bars_in_unit(bars[i, j], exponents[j])
    return measured


def _remoteness(bars):
    """Return how much further from 0 some bars end than the longest is long; at least 1."""
    if len(bars) == 0:
        return 1.0
    with np.errstate(over="ignore"):  # a bar may be longer than the largest double
        longest = (bars[:, 1] - bars[:, 0]).max()
    return max(1.0, np.abs(bars).max() / longest)


def _checked_norms(rows):
    """Return the squared norms of rows for which the unit of the space fits."""
    is_large = ~np.isfinite(rows.squared_norms)
    if is_large.any():
        raise _out_of_scale(np.flatnonzero(is_large)[0], "large")
    _refuse_lost(rows)
    return rows.squared_norms


def _kept_norms(rows, normalize):
    """Return the squared norms of what is kept of rows, over those of all of them if so wanted."""
    norms = _checked_norms(rows)
    return rows.part_kept * (np.sign(norms) if normalize else norms)  # 0 for the zero landscape


def _refuse_lost(rows):
    """Refuse rows of which the unit of the space leaves nothing: they would count as zero."""
    if rows.lost.any():
        raise _out_of_scale(np.flatnonzero(rows.lost)[0], "small")


def _out_of_scale(row, end):
    return ValueError(
        f"row {row}: its landscapes are too {end} beside those of the table that the kernel was "
        "fitted to: a norm that is more than 1e150 times another can be neither compared nor "
        "divided by; look at the network that made them, or leave it out."
    )
