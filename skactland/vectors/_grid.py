"""What vectorizers of functions on a grid share."""

import numpy as np
from sklearn.utils.validation import check_array, check_is_fitted

from skactland._checks import check_count, check_option, check_window
from skactland._table import empty_table, layer_and_degree
from skactland.landscapes._bars import column_window
from skactland.landscapes._landscape import PersistenceLandscape
from skactland.landscapes._transformer import DiagramTransformer

_GRIDS = ("column", "degree", "shared")


class GridVectorizer(DiagramTransformer):
    """What vectorizers of functions on a grid share: the grid, the weighting and the way back.

    A subclass says how many functions a diagram has (`_count_functions`), writes their values at
    the nodes (`_write_values`) and names them (`_function_names`).
    """

    def fit(self, X, y=None):
        """Learn the windows.

        Parameters
        ----------
        X : table of diagrams
            Object array of shape (n_networks, n_columns), data frame, or list of diagrams (one
            column); cells have shape (n_bars, 2).
        y : None
            Ignored.

        Returns
        -------
        self
            The fitted estimator.
        """
        resolution = check_count(self.resolution, "resolution", minimum=2)
        check_option(self.grid, "grid", _GRIDS)
        if self.weighting is not None:
            check_option(self.weighting, "weighting", ("l2",))
        table = self._learn_table(X)
        windows = self._windows(table.cells)
        self.nodes_ = np.array([np.linspace(*window, resolution) for window in windows])
        self._n_functions = self._count_functions(table)
        return self

    def _windows(self, diagrams):
        """Return the window of each column."""
        groups = np.array(self._groups())
        if self.sample_range is not None:
            return [check_window(self.sample_range)] * len(groups)
        of_group = {g: column_window(diagrams[:, groups == g].ravel()) for g in set(groups)}
        return [of_group[g] for g in groups]

    def _groups(self):
        """Return for each column what it shares its window with."""
        names = self._diagram_names()
        if self.grid == "column":
            return range(len(names))
        if self.grid == "shared":
            return [0] * len(names)
        degrees = [layer_and_degree(name)[1] for name in names]
        if None in degrees:
            raise ValueError(
                f'grid="degree" reads the degree from names such as "fc1__H1", and column '
                f"{names[degrees.index(None)]!r} has none; give a data frame with such names, as "
                'RipsPersistence().set_output(transform="pandas") makes it.'
            )
        return degrees

    def transform(self, X):
        """Compute the features.

        Parameters
        ----------
        X : table of diagrams
            With the columns seen in fit.

        Returns
        -------
        ndarray of shape (n_networks, n_columns * n_functions * resolution)
            Ordered by column, then function (level), then node; in units of the filtration value,
            to the power 3/2 with ``weighting="l2"``.
        """
        bars = self._read_bars(X)
        values = np.zeros((*bars.shape, self._n_functions, self.nodes_.shape[1]))
        for i, j in np.ndindex(bars.shape):
            self._write_values(bars[i, j], self.nodes_[j], values[i, j])
        if self.weighting is not None:
            values *= self._factors()
        return values.reshape(len(values), -1)

    def _ends(self):
        return self.nodes_[:, -1]

    def _factors(self):
        """Return what the values of each column are multiplied by, as (n_columns, 1, n_nodes)."""
        factors = np.ones(self.nodes_.shape)
        if self.weighting == "l2":
            factors *= np.sqrt(self.nodes_[:, 1:2] - self.nodes_[:, :1])
            factors[:, [0, -1]] /= np.sqrt(2)
        return factors[:, None, :]

    def to_landscapes(self, coefficients):
        """Turn feature vectors back into functions, column by column.

        The functions are linear between the nodes, where they have the coefficients as values,
        less the factors of ``weighting="l2"``; beyond the window they fall to zero within one
        step. For features they are landscapes between whose nodes nothing is known. For the
        coefficients of a linear model or a principal component on features with
        ``weighting="l2"`` they are the functions whose inner products with landscapes the model
        computes, and so what to plot.

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
        vectors = check_array(coefficients, ensure_2d=False, dtype=np.float64)
        n_columns, n_nodes = self.nodes_.shape
        shape = (n_columns, self._n_functions, n_nodes)
        if vectors.ndim > 2 or vectors.shape[-1] != np.prod(shape):
            raise ValueError(
                f"Expected coefficients of {np.prod(shape)} features, {n_columns} columns x "
                f"{self._n_functions} functions x {n_nodes} nodes, got shape {vectors.shape}."
            )
        values = vectors.reshape(-1, *shape) / self._factors()
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
            nodes apart.
        """
        names = self._diagram_names(input_features)
        return np.array(
            [
                f"{name}{function}__t{node}"
                for name, nodes in zip(names, self.nodes_, strict=True)
                for function in self._function_names()
                for node in _short_decimals(nodes)
            ],
            dtype=object,
        )


def _polyline(nodes, values):
    """Return the critical points of a function that is linear between nodes, zero a step beyond."""
    step = nodes[1] - nodes[0]
    nodes = np.concatenate([[nodes[0] - step], nodes, [nodes[-1] + step]])
    return np.column_stack([nodes, np.concatenate([[0.0], values, [0.0]])])


def _short_decimals(nodes):
    """Write increasing numbers with three decimals, or with more where they would look alike."""
    decimals = 3
    while decimals < 17 and len({f"{t:.{decimals}f}" for t in nodes}) < len(nodes):
        decimals += 1
    return [f"{t:.{decimals}f}" for t in nodes]
