"""What vectorizers share whose values are limited by fences and brought to one scale by column."""

import numpy as np

from skactland._table import layer_and_degree
from skactland.landscapes._bars import warn_of_dropped_bars
from skactland.landscapes._transformer import DiagramTransformer
from skactland.vectors._fences import fences, root_mean_square

GRIDS = ("column", "degree", "shared")


class BalancedVectorizer(DiagramTransformer):
    """Learns in fit how far values of each column reach, and their scale.

    A subclass has the parameters `grid`, `clip` and `weighting`, and learns its windows in
    ``_learn``, which returns the table of diagrams and its values. Values have the shape
    (n_networks, n_columns, ...), with two axes more.
    """

    def fit(self, X, y=None):
        """Learn the windows, how far values reach, and the scales of columns.

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
        self._learn(X)
        return self

    def fit_transform(self, X, y=None):
        """Learn the windows, limits and scales, and compute the features of the same table.

        The same as ``fit(X).transform(X)``, at half the work.

        Parameters
        ----------
        X : table of diagrams
            As for ``fit``.
        y : None
            Ignored.

        Returns
        -------
        ndarray of shape (n_networks, n_features)
        """
        table, values = self._learn(X)
        warn_of_dropped_bars(table, self.essential)
        return self._features(values)

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

    def _learn_limits(self, values):
        """Learn how far values reach, and the scale of each column."""
        if self.clip:
            # One column at a time, as quantiles take copies.
            columns = [fences(values[:, j]) for j in range(values.shape[1])]
            self.limits_ = np.stack(columns, axis=1)
        n_networks, n_columns = values.shape[:2]
        # As two factors, since their product may overflow.
        self._factors_of_scales = np.ones((2, n_columns))
        if self.weighting == "balanced":
            for j in range(n_columns):
                of_column = (
                    np.clip(values[:, j], *self.limits_[:, j]) if self.clip else values[:, j]
                )
                rows = of_column.reshape(n_networks, -1)
                self._factors_of_scales[:, j] = root_mean_square(rows)
        with np.errstate(over="ignore"):
            self.scales_ = self._factors_of_scales.prod(axis=0)

    def _features(self, values):
        """Return values limited and balanced, one row a network; the values are overwritten."""
        if self.clip:
            np.clip(values, *self.limits_, out=values)
        if self.weighting == "balanced":
            for factors in self._factors_of_scales:
                values /= factors[:, None, None]
        return values.reshape(len(values), -1)
