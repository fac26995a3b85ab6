"""What vectorizers of functions on a grid share."""

import numpy as np
from sklearn.utils.validation import check_is_fitted

from skactland._checks import (
    as_array,
    at_place,
    check_count,
    check_flag,
    check_option,
    check_window,
)
from skactland._table import empty_table
from skactland.landscapes._bars import column_window
from skactland.landscapes._landscape import PersistenceLandscape
from skactland.vectors._balanced import GRIDS, BalancedVectorizer
from skactland.vectors._nodes import equally_spaced, least_width, node_names, widened

_WEIGHTINGS = ("balanced", "l2")


class GridVectorizer(BalancedVectorizer):
    """What vectorizers of functions on a grid share: the grid, limits, weights and the way back.

    A subclass says how many functions a diagram has (`_count_functions`), writes their values at
    the nodes (`_write_values`) and names them (`_function_names`).
    """

    def _learn(self, X):
        """Learn everything; return the table of diagrams, and the values of its functions."""
        resolution = check_count(self.resolution, "resolution", minimum=2)
        check_option(self.grid, "grid", GRIDS)
        if self.weighting is not None:
            check_option(self.weighting, "weighting", _WEIGHTINGS)
        check_flag(self.clip, "clip")
        table = self._learn_table(X)
        windows = self._windows(table.cells, resolution)
        self.nodes_ = np.array([equally_spaced(*window, resolution) for window in windows])
        if self.weighting == "l2":
            self._check_scale()
        self._n_functions = self._count_functions(table)
        values = self._values(self._bars(table))
        self._learn_limits(values)
        return table, values

    def _windows(self, diagrams, resolution):
        """Return the window of each column."""
        groups = np.array(self._groups())
        if self.sample_range is not None:
            start, stop = check_window(self.sample_range)
            if stop - start < least_width(start, stop, resolution):
                raise ValueError(
                    f"sample_range {(start, stop)} is too narrow: it holds not enough different "
                    f"floating-point numbers for {resolution} nodes; widen it, or lower resolution."
                )
            return [(start, stop)] * len(groups)
        of_group = {g: column_window(diagrams[:, groups == g].ravel()) for g in set(groups)}
        return [widened(*of_group[g], resolution) for g in groups]

    def _check_scale(self):
        """Refuse windows so wide or narrow that features times roots of steps are no numbers."""
        # The highest that a landscape can be in the window; whole widths may overflow.
        halves = self.nodes_[:, -1] / 2 - self.nodes_[:, 0] / 2
        with np.errstate(over="ignore", under="ignore"):
            largest = halves * self._factors().max(axis=(1, 2))
        is_lost = (largest < np.finfo(float).tiny) | np.isinf(largest)
        if is_lost.any():
            j = np.flatnonzero(is_lost)[0]
            with at_place(f"column {self._diagram_names()[j]!r}"):
                raise ValueError(
                    'features of weighting="l2" are filtration values to the power 3/2, which at '
                    f"{halves[j]:.0e} are no floating-point numbers; multiply all diagrams by one "
                    "number that brings them near 1."
                )

    def transform(self, X):
        """Compute the features.

        Parameters
        ----------
        X : table of diagrams
            With the columns seen in fit.

        Returns
        -------
        ndarray of shape (n_networks, n_columns * n_functions * resolution)
            Ordered by column, then function (level), then node; without unit by default, in units
            of the filtration value with ``weighting=None``, and those to the power 3/2 with "l2".
        """
        return self._features(self._values(self._read_bars(X)))

    def _values(self, bars):
        """Return the functions at the nodes, (n_networks, n_columns, n_functions, n_nodes)."""
        values = np.zeros((*bars.shape, self._n_functions, self.nodes_.shape[1]))
        for i, j in np.ndindex(bars.shape):
            self._write_values(bars[i, j], self.nodes_[j], values[i, j])
        return values

    def _features(self, values):
        features = super()._features(values)
        if self.weighting == "l2":
            values *= self._factors()
        return features

    def _check_slopes(self, values):
        """Refuse functions so steep over their nodes that slopes are no numbers."""
        with np.errstate(over="ignore"):
            halves = np.diff(self.nodes_ / 2).min(axis=1)  # whole steps may overflow
            steepest = np.abs(values / 2).max(axis=(0, 2, 3)) / halves
        if not np.isfinite(steepest).all():
            j = int(np.argmin(np.isfinite(steepest)))
            raise ValueError(
                f"The window of column {j}, {self.nodes_[j, 0]:.3g} to {self.nodes_[j, -1]:.3g}, "
                "is too narrow for functions of such coefficients: their slopes are no numbers. "
                "Multiply the clouds by a power of two."
            )

    def _ends(self):
        return self.nodes_[:, -1]

    def _factors(self):
        """Return what the values of each column are multiplied by, as (n_columns, 1, n_nodes)."""
        factors = np.ones(self.nodes_.shape)
        if self.weighting == "l2":
            factors *= np.sqrt(self.nodes_[:, 1:2] - self.nodes_[:, :1])
            factors[:, [0, -1]] /= np.sqrt(2)  # the trapezoidal rule halves the ends
        return factors[:, None, :]

    def to_landscapes(self, coefficients):
        """Turn feature vectors back into functions, column by column.

        The functions are linear between the nodes, where they have the coefficients as values,
        less the factors of ``weighting="l2"``; beyond the window they fall to zero within one
        step. For features they are landscapes between whose nodes nothing is known, with "balanced"
        columns in units of `scales_`. For the coefficients of a linear model or a principal
        component on features with ``weighting="l2"`` they are the functions whose inner products
        with landscapes the model computes, and so what to plot; with "balanced" columns they are
        those over the step of the grid, for landscapes in units of `scales_`. What is clipped is
        no part of such an inner product.

        Parameters
        ----------
        coefficients : array of shape (n_features,) or (n_vectors, n_features)
            In the order of the features.

        Returns
        -------
        object array of shape (n_columns,) or (n_vectors, n_columns)
            A :class:`~skactland.PersistenceLandscape` for each column, in the order of the columns
            seen in fit.
        """
        check_is_fitted(self)
        vectors = as_array(coefficients, "coefficients must be an array of numbers")
        n_columns, n_nodes = self.nodes_.shape
        shape = (n_columns, self._n_functions, n_nodes)
        if vectors.ndim not in (1, 2) or vectors.shape[-1] != np.prod(shape):
            raise ValueError(
                f"Expected coefficients of {np.prod(shape)} features, {n_columns} columns x "
                f"{self._n_functions} functions x {n_nodes} nodes, got shape {vectors.shape}."
            )
        if not np.isfinite(vectors).all():
            raise ValueError("coefficients must be finite, got NaN or infinity among them.")
        values = vectors.reshape(-1, *shape) / self._factors()
        self._check_slopes(values)
        table = empty_table(len(values), n_columns)
        for i, j in np.ndindex(table.shape):
            levels = [_polyline(self.nodes_[j], row) for row in values[i, j]]
            table[i, j] = PersistenceLandscape(levels)
        return table if vectors.ndim == 2 else table[0]

    def get_feature_names_out(self, input_features=None):
        """Return the names of the features, such as ``fc1__H1__k1__t0.250``.

        Parameters
        ----------
        input_features : sequence of str or None, default=None
            Names of the columns; those seen in fit, or x0, x1, ... if there were none.

        Returns
        -------
        ndarray of str objects
            Column, function (level, from 1) and node, the latter with as many decimals as tell the
            nodes apart, in scientific notation where decimals do not.
        """
        names = self._diagram_names(input_features)
        return np.array(
            [
                f"{name}{function}__t{node}"
                for name, nodes in zip(names, self.nodes_, strict=True)
                for function in self._function_names()
                for node in node_names(nodes)
            ],
            dtype=object,
        )


def _polyline(nodes, values):
    """Return the critical points of a function that is linear between nodes, zero a step beyond."""
    largest = np.finfo(float).max
    with np.errstate(over="ignore"):  # beyond the largest number, there is no more of a step
        step = nodes[1] - nodes[0]
        ends = max(nodes[0] - step, -largest), min(nodes[-1] + step, largest)
    nodes = np.concatenate([ends[:1], nodes, ends[1:]])
    return np.column_stack([nodes, np.concatenate([[0.0], values, [0.0]])])
