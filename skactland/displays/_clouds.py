"""Tables of clouds and the classes of their points, as pictures read them."""

import math

from skactland._checks import check_count
from skactland._table import Table, read_names


def read_clouds(X, columns, classes):
    """Return a table of clouds, and beside it that of their classes, cell by cell.

    Parameters
    ----------
    X : table of clouds
    columns : sequence of str or None
        Names of the columns, if X is an array.
    classes : array of shape (n_points,) or None
        Those of all networks; by default the columns of classes that X has.

    Returns
    -------
    clouds : Table
    labels : list of lists
    """
    table = Table.read(X, "clouds", columns)
    positions = table.cloud_columns()
    clouds = table.take(positions)
    if classes is not None:
        return clouds, [[classes] * len(positions) for _ in clouds.cells]
    of_each = table.classes_of(positions)
    return clouds, [[row[j] for j in of_each] for row in table.cells]


def check_row(row, n_rows):
    """Return the position of a network in a table."""
    if not -n_rows <= check_count(row, "row", minimum=-math.inf) < n_rows:
        raise IndexError(f"There is no row {row}; the table has {n_rows}.")
    return row


def positions_of(layers, names):
    """Return where some layers are among the names of columns; all by default."""
    if layers is None:
        return list(range(len(names)))
    wanted = read_names(layers, "layers")
    for layer in wanted:
        if layer not in names:
            raise ValueError(f"There is no layer {layer!r}; there are {names}.")
    return [names.index(layer) for layer in wanted]
