"""The table between stages: rows are networks, columns are layers, cells are arrays."""

from skactland._table._columns import (
    by_degree,
    column_names,
    diagram_column,
    layer_and_degree,
    simplices_column,
)
from skactland._table._parallel import map_cells, trim_memory
from skactland._table._table import Table, TableTransformer, empty_table, is_frame, read_diagrams

__all__ = [
    "Table",
    "TableTransformer",
    "by_degree",
    "column_names",
    "diagram_column",
    "empty_table",
    "is_frame",
    "layer_and_degree",
    "map_cells",
    "read_diagrams",
    "simplices_column",
    "trim_memory",
]
