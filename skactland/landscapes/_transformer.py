"""What all estimators share that read tables of diagrams for the landscapes in them."""

from sklearn.utils.validation import check_is_fitted

from skactland._checks import check_diagram, check_option
from skactland._table import Table, TableTransformer, column_names
from skactland.landscapes._bars import (
    ESSENTIAL_POLICIES,
    bars_of_table,
    warn_of_dropped_bars,
    window_ends,
)


class DiagramTransformer(TableTransformer):
    """Reads tables of diagrams: their columns, and the finite bars in them.

    A subclass has a parameter `essential`. Columns of simplices, which
    ``RipsPersistence(return_simplices=True)`` puts beside the diagrams, are left out; what is
    learned by column is of the others, ``diagram_columns_``.
    """

    def _learn_table(self, X):
        """Return the table of diagrams that X holds, once its columns are learned."""
        check_option(self.essential, "essential", ESSENTIAL_POLICIES)
        table = Table.of(self, X, "diagrams", reset=True)
        self.diagram_columns_ = table.diagram_columns()
        table = table.take(self.diagram_columns_).map(check_diagram)
        self.window_ends_ = window_ends(table)
        return table

    def _read_bars(self, X):
        """Return the finite bars of a table with the columns of fit; warn of those dropped."""
        check_is_fitted(self)
        table = Table.of(self, X, "diagrams", reset=False)
        table = table.take(self.diagram_columns_).map(check_diagram)
        warn_of_dropped_bars(table, self.essential)
        return self._bars(table)

    def _bars(self, table):
        """Return the finite bars of a table of diagrams; the essential ones end as in fit."""
        return bars_of_table(table, self.essential, self._ends())

    def _ends(self):
        """Return where the essential bars of each column are cut."""
        return self.window_ends_

    def _diagram_names(self, input_features=None):
        """Return the names of the columns of diagrams."""
        names = column_names(self, input_features)
        check_is_fitted(self)
        return names[self.diagram_columns_]
