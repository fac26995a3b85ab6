"""The table that travels between stages, and the one way to read it.

Between stages goes an object array of shape (n_networks, n_columns), or a data frame with the same
cells. Whoever is given one reads it as a :class:`Table`, which knows the names as well.
"""

from dataclasses import dataclass

import numpy as np
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils.validation import validate_data

from skactland._checks import FIRST_ROW, Simplices, are_classes, at_place, check_diagram
from skactland._table._cells import empty_table, is_frame, read_cells
from skactland._table._columns import (
    classes_column_of,
    is_classes_column,
    is_simplices_column,
    layer_and_degree,
    read_names,
)


@dataclass(frozen=True)
class Table:
    """Cells, and what their columns are called.

    Attributes
    ----------
    cells : object array of shape (n_rows, n_columns)
    names : list of str
        x0, x1, ... where the table came without names.
    is_named : bool
        Whether it came with names.
    """

    cells: np.ndarray
    names: list
    is_named: bool

    @classmethod
    def read(cls, X, kind, columns=None):
        """Return a table from what may stand for one.

        Parameters
        ----------
        X : data frame, array, list or Table
            A frame or a two-dimensional object array is a table already. A list (or one-dimensional
            object array, or series, or stack of equal shapes) of arrays is a table of one column. A
            list of lists of arrays holds the rows. One row is a list with one item: a bare row,
            ``X[0]``, looks like a column, and is refused where its labels or `columns` give it
            away.
        kind : str
            What a cell is ("clouds", "diagrams"), for the messages.
        columns : sequence of str or None, default=None
            Names of the columns, instead of those of X.
        """
        if isinstance(X, cls):
            return X
        cells = read_cells(X, kind)
        names = columns
        if names is None and is_frame(X):
            names = X.columns
        # A series may also be called after a row, but no row is called like a column of diagrams.
        elif names is None and layer_and_degree(getattr(X, "name", None))[1] is not None:
            names = X.name  # of a series that was a column of a frame
        if names is None:
            return cls(cells, [f"x{j}" for j in range(cells.shape[1])], False)
        names = read_names(names)
        _check_width(cells, names)
        return cls(cells, names, True)

    @classmethod
    def of(cls, estimator, X, kind, *, reset):
        """Return X as a table, its columns learned (``reset``) or held against those of fit."""
        table = cls.read(X, kind)
        if not reset and table.shape == (estimator.n_features_in_, 1) and len(table.cells) > 1:
            raise ValueError(
                f"X has one column and {len(table.cells)} rows, and fit saw {len(table.cells)} "
                "columns; for one row write [row], X[[i]] or frame.iloc[[i]]."
            )
        # scikit-learn learns and compares names and number of columns; cells it would turn to
        # numbers.
        given = X if is_frame(X) else table.cells
        validate_data(estimator, given, reset=reset, skip_check_array=True)
        if hasattr(estimator, "feature_names_in_"):
            return cls(table.cells, list(estimator.feature_names_in_), True)
        return table

    @property
    def shape(self):
        """Number of rows and of columns."""
        return self.cells.shape

    def place(self, i, j):
        """Return the words that say where a cell stands."""
        i += FIRST_ROW.get()
        return f"row {i}, column {self.names[j]!r}" if self.is_named else f"row {i}, column {j}"

    def map(self, function):
        """Return the table of what a function makes of every cell, one after the other.

        Errors say at which cell they arose.
        """
        cells = empty_table(*self.shape)
        for i, j in np.ndindex(self.shape):
            with at_place(self.place(i, j)):
                cells[i, j] = function(self.cells[i, j])
        return Table(cells, self.names, self.is_named)

    def take(self, columns):
        """Return the table of some columns, given by their positions."""
        names = [self.names[j] for j in columns]
        return Table(self.cells[:, columns], names, self.is_named)

    def diagram_columns(self):
        """Return the positions of the columns that are neither of simplices nor of classes.

        Simplices are told by their name or, where there is none, by the type of the cells: as
        numbers they would pass for births and deaths.
        """
        is_other = np.logical_or(self._are_simplices(), self._are_classes())
        if all(is_other):
            raise ValueError(
                "The table has no column of diagrams, only of simplices or classes: "
                f"{self.names}; take those whose names end in the degree, as "
                r'make_column_selector(pattern=r"__H\d+$") does.'
            )
        return np.flatnonzero(np.logical_not(is_other))

    def simplices_columns(self):
        """Return the positions of the columns of simplices."""
        return np.flatnonzero(self._are_simplices())

    def cloud_columns(self):
        """Return the positions of the columns that are not of classes."""
        are_classes = self._are_classes()
        if are_classes.all():
            raise ValueError(
                f"The table has no column of clouds, only of predicted classes: {self.names}; take "
                "the columns of layers, or of the input, as well."
            )
        columns = np.flatnonzero(~are_classes)
        self._refuse_vectors(columns)
        return columns

    def _refuse_vectors(self, columns):
        """Refuse columns of one value a point, such as classes under a name of the user's own."""
        for j in columns:
            if all(map(_is_vector, self.cells[:, j])):
                raise ValueError(
                    f"Column {self.names[j]!r} holds one value a point, and a cloud has a row of "
                    'coordinates for each. If these are classes, call the column "classes", or '
                    "leave it out; coordinates on a line have shape (n_points, 1)."
                )

    def classes_columns(self):
        """Return the positions of the columns of classes.

        They are told by the type of the cells, or by their name where what they hold may be
        classes, one number or word a point: a layer may be called "classes" as well.
        """
        return np.flatnonzero(self._are_classes())

    def classes_of(self, columns):
        """Return where the classes of the points of each of some columns are, by its name.

        Raises
        ------
        ValueError
            If a column has none.
        """
        positions = {self.names[j]: j for j in self.classes_columns()}
        found = [classes_column_of(self.names[j], list(positions)) for j in columns]
        if None not in found:
            return np.array([positions[column] for column in found])
        if not positions:
            remedy = "use include_classes=True of the extractor, or give `classes`"
        elif self.is_named:
            remedy = "leave that column out, or add its classes"
        else:
            remedy = "so that columns have names, use set_output(transform='pandas') before this"
        name = self.names[columns[found.index(None)]]
        raise ValueError(
            f"Column {name!r} has no classes of its points beside it (columns of classes: "
            f"{list(positions)}); {remedy}."
        )

    def _are_simplices(self):
        is_simplices = []
        for name, column in zip(self.names, self.cells.T, strict=True):
            holds_simplices = all(isinstance(cell, Simplices) for cell in column)
            if holds_simplices and layer_and_degree(name)[1] is not None:
                raise ValueError(
                    f"Column {name!r} is named as one of diagrams and holds simplices; name each "
                    "column as RipsPersistence.get_feature_names_out() does."
                )
            is_simplices.append(holds_simplices or is_simplices_column(name))
        return is_simplices

    def _are_classes(self):
        return np.array(
            [
                all(are_classes(cell) for cell in column)
                or (is_classes_column(name) and all(np.ndim(cell) == 1 for cell in column))
                for name, column in zip(self.names, self.cells.T, strict=True)
            ]
        )


def _is_vector(cell):
    """Tell whether a cell is a sequence of values rather than of rows; words are values."""
    if hasattr(cell, "ndim"):
        return cell.ndim == 1
    return isinstance(cell, (list, tuple)) and bool(cell) and all(map(np.isscalar, cell))


def read_diagrams(X, columns=None):
    """Return the table of checked diagrams that X holds; no simplices, and no classes."""
    table = Table.read(X, "diagrams", columns)
    return table.take(table.diagram_columns()).map(check_diagram)


def read_two_of_diagrams(X, others, called):
    """Return two tables of checked diagrams that have the same columns.

    Parameters
    ----------
    X, others : table of diagrams
    called : pair of str
        What they are called, for the messages.
    """
    tables = []
    for name, given in zip(called, (X, others), strict=True):
        with at_place(name):
            tables.append(read_diagrams(given))
    table, other = tables
    both_named = table.is_named and other.is_named
    if table.shape[1] != other.shape[1] or (both_named and table.names != other.names):
        raise ValueError(
            f"{called[0]} and {called[1]} must have the same columns of diagrams, in the same "
            f"order; {called[0]} has {table.shape[1]}, {table.names}, and {called[1]} has "
            f"{other.shape[1]}, {other.names}."
        )
    return table, other


class TableTransformer(TransformerMixin, BaseEstimator):
    """A transformer whose X is a table, or a list, rather than a two-dimensional array of numbers.

    scikit-learn's common checks feed such arrays; the tag tells them not to.

    Attributes
    ----------
    learns_from_rows : bool
        Whether another set of rows in fit would make other rows of the same ones in transform. If
        not, :class:`~skactland.EachNetwork` may give it one row at a time.
    """

    learns_from_rows = True

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.two_d_array = False
        return tags


def _check_width(cells, names):
    """Refuse names that are not one a column, above all if they are those of a row's cells."""
    n_rows, n_columns = cells.shape
    if len(names) == n_columns:
        return
    if n_columns == 1 and len(names) == n_rows:
        raise ValueError(
            f"columns has {len(names)} names, and X is read as one column of {n_rows} networks; if "
            "X is one row, put it in a list: [row]."
        )
    raise ValueError(
        f"columns must name each of the {n_columns} columns of the table once, got {len(names)} "
        "names; RipsPersistence.get_feature_names_out() gives them."
    )
