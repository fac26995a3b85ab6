"""What vectorizers share that read clouds, or clouds and the classes of their points."""

import numpy as np
from sklearn.utils.validation import check_is_fitted

from skactland._checks import as_matrix, at_place, check_classes, check_n_jobs
from skactland._table import (
    Table,
    TableTransformer,
    column_names,
    empty_table,
    first_of_same,
    map_cells,
)
from skactland.metrics._registry import find_metric
from skactland.vectors._merges import encoded, warn_of_one_class


class CloudTransformer(TableTransformer):
    """Turns every cloud of a table into some numbers.

    A subclass learns ``cloud_columns_``, and has the names of the numbers, ``_numbers``.
    """

    learns_from_rows = False

    def get_feature_names_out(self, input_features=None):
        """Return the names of the features, such as ``input__share_between``.

        Parameters
        ----------
        input_features : sequence of str or None, default=None
            Names of the columns; those seen in fit, or x0, x1, ... if there were none.

        Returns
        -------
        ndarray of str objects
        """
        names = column_names(self, input_features)
        check_is_fitted(self)
        names = [
            f"{name}__{number}" for name in names[self.cloud_columns_] for number in self._numbers
        ]
        return np.array(names, dtype=object)


class LabelledTransformer(CloudTransformer):
    """Turns every cloud of a table, with the classes of its points, into some numbers.

    A subclass has the parameters `metric`, `metric_params`, `classes` and `n_jobs`, and the names
    of the numbers, ``_numbers``.
    """

    def _learn_table(self, X):
        """Check what all subclasses have, and learn the columns of a table."""
        check_n_jobs(self.n_jobs)
        find_metric(self.metric, self.metric_params)
        if self.classes is not None:
            with at_place("classes"):
                check_classes(self.classes)
        table = Table.of(self, X, "clouds", reset=True)
        self.cloud_columns_ = table.cloud_columns()
        self.classes_columns_ = np.full(len(self.cloud_columns_), -1)
        if self.classes is None:
            self.classes_columns_ = table.classes_of(self.cloud_columns_)

    def _numbers_of(self, X, compute):
        """Return the numbers of each cloud, an array of shape (n_rows, n_columns, n_numbers).

        Parameters
        ----------
        X : table
        compute : callable
            Of a cloud and a list of (classes, number of classes), to a list of arrays. Clouds of
            one column that are equal, as the inputs of all networks are, come once.
        """
        check_is_fitted(self)
        table = Table.of(self, X, "clouds", reset=False)
        clouds = table.take(self.cloud_columns_)
        labels = self._labels(table, clouds)
        firsts = np.column_stack([first_of_same(list(column)) for column in clouds.cells.T])
        beside = empty_table(*clouds.shape)
        for (i, j), first in np.ndenumerate(firsts):
            if first == i:
                beside[i, j] = []
            beside[first, j].append(labels[i, j])
        results = map_cells(compute, clouds, beside=beside, n_jobs=self.n_jobs)
        iterators = {index: iter(result) for index, result in np.ndenumerate(results) if result}
        values = [[next(iterators[i, j]) for j, i in enumerate(row)] for row in firsts]
        return np.array(values, dtype=np.float64)

    def _labels(self, table, clouds):
        """Return the classes of each cloud's points, (integers, their number), cell by cell."""
        labels, known = empty_table(*clouds.shape), {}
        for i, j in np.ndindex(clouds.shape):
            position = self.classes_columns_[j]
            with at_place(clouds.place(i, j)):
                n_points = len(as_matrix(clouds.cells[i, j]))
            of_array = position < 0
            place = "classes" if of_array else table.place(i, position)
            if (place, n_points) not in known:  # layers have the same ones
                with at_place(place):
                    given = self.classes if of_array else table.cells[i, position]
                    known[place, n_points] = encoded(given, n_points)
            labels[i, j] = known[place, n_points]
        if alone := [place for (place, _), (_, n_classes) in known.items() if n_classes == 1]:
            warn_of_one_class(alone)
        return labels
