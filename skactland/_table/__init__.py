"""The table between stages: rows are networks, columns are layers, cells are arrays."""

from skactland._table._columns import column_names, layer_and_degree
from skactland._table._parallel import map_cells, trim_memory
from skactland._table._table import (
    TableTransformer,
    as_table,
    cell_places,
    check_table,
    empty_table,
    is_frame,
    named_table,
)

__all__ = [
    "TableTransformer",
    "as_table",
    "cell_places",
    "check_table",
    "column_names",
    "empty_table",
    "is_frame",
    "layer_and_degree",
    "map_cells",
    "named_table",
    "trim_memory",
]
