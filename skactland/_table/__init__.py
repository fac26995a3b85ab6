"""The table between stages: rows are networks, columns are layers, cells are arrays."""

from skactland._table import _kinds  # noqa: F401  registers what a digest is fed
from skactland._table._cache import Cache, check_memory
from skactland._table._cells import empty_table, is_frame
from skactland._table._columns import (
    by_degree,
    column_names,
    cycles_column,
    diagram_column,
    layer_and_degree,
    read_names,
    simplices_column,
)
from skactland._table._digest import digest, plain_array
from skactland._table._files import whole_file
from skactland._table._labels import check_labels, is_missing
from skactland._table._parallel import as_they_come, has_bar, map_cells, trim_memory
from skactland._table._same import first_of_same
from skactland._table._table import (
    Table,
    TableTransformer,
    read_diagrams,
    read_two_of_diagrams,
)

__all__ = [
    "Cache",
    "Table",
    "TableTransformer",
    "as_they_come",
    "by_degree",
    "check_labels",
    "check_memory",
    "column_names",
    "cycles_column",
    "diagram_column",
    "digest",
    "empty_table",
    "first_of_same",
    "has_bar",
    "is_frame",
    "is_missing",
    "layer_and_degree",
    "map_cells",
    "plain_array",
    "read_diagrams",
    "read_names",
    "read_two_of_diagrams",
    "simplices_column",
    "trim_memory",
    "whole_file",
]
