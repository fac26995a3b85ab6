"""What vectorizers share whose values are limited by fences and brought to one scale by column."""

import numpy as np

from skactland._table import layer_and_degree
from skactland.landscapes._transformer import DiagramTransformer
from skactland.vectors._fences import fences, root_mean_square

GRIDS = ("column", "degree", "shared")


class BalancedVectorizer(DiagramTransformer):
    """Learns in fit how far values of each column reach, and their scale.

    A subclass has the parameters `grid`, `clip` and `weighting`. Values have the shape
    (n_networks, n_columns, ...), with two axes more.
    """

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

    def _limit(self, values):
        """Limit values and balance their columns, in place."""
        if self.clip:
            np.clip(values, *self.limits_, out=values)
        if self.weighting == "balanced":
            for factors in self._factors_of_scales:
                values /= factors[:, None, None]
