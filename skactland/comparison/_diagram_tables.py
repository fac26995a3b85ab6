"""All networks by all networks, by their diagrams."""

import numpy as np
from joblib import delayed

from skactland._checks import at_place, check_n_jobs
from skactland._table import as_they_come, read_diagrams, read_two_of_diagrams
from skactland.comparison._diagrams import DIAGRAM_MEASURES, parts
from skactland.comparison._divergences import Divergences
from skactland.comparison._measures import find_measure
from skactland.comparison._tables import names_of


def diagram_distances(
    X,
    others=None,
    *,
    names=None,
    other_names=None,
    measure="wasserstein",
    measure_params=None,
    n_jobs=None,
):
    """Return the distances of all networks from each other, or from others, by their diagrams.

    Parameters
    ----------
    X : table of diagrams
        Object array of shape (n_networks, n_columns), data frame, or list of diagrams (one column),
        such as those of the layers of one network. Columns of simplices and of classes are left
        out.
    others : table of diagrams or None, default=None
        Further networks, with the same columns; by default those of X are compared among
        themselves.
    names, other_names : sequence of str or None, default=None
        What the networks are called; by default the index of a data frame, or their positions if
        it has no name for each of them.
    measure : {"wasserstein", "bottleneck"}, default="wasserstein"
        :func:`wasserstein_distance` or :func:`bottleneck_distance`.
    measure_params : dict or None, default=None
        Of "wasserstein" `order` and `internal_p`, such as ``{"order": 2}``.
    n_jobs : int or None, default=None
        Rows of the matrices computed at once, as in joblib, by processes: threads would wait for
        each other. The result does not depend on it.

    Returns
    -------
    dict of str to Divergences
        Those of every column, under its name, or x0, x1, ... where the table has no names. All obey
        the triangle inequality; infinite where diagrams have other numbers of bars that never die.

    Raises
    ------
    ValueError, TypeError
        If a cell is no diagram, or the two tables have other columns; says which.
    MemoryError
        If the costs of all pairs of bars of two diagrams do not fit.

    See Also
    --------
    network_divergences : By their clouds, input by input.
    skactland.landscape_distance : By landscapes, all columns at once.

    Examples
    --------
    >>> from skactland import RipsPersistence
    >>> from skactland.comparison import diagram_distances
    >>> from skactland.datasets import make_circle
    >>> circles = [make_circle(40, radius=r, random_state=0) for r in (1, 1.5, 3)]
    >>> persistence = RipsPersistence().set_output(transform="pandas")
    >>> by_column = diagram_distances(persistence.fit_transform(circles), measure="bottleneck")
    >>> list(by_column)
    ['x0__H0', 'x0__H1']
    >>> by_column["x0__H1"].values.round(1)
    array([[0. , 0.8, 1.6],
           [0.8, 0. , 1.6],
           [1.6, 1.6, 0. ]])

    as distances for scikit-learn:

    >>> from sklearn.cluster import AgglomerativeClustering
    >>> model = AgglomerativeClustering(2, metric="precomputed", linkage="average")
    >>> model.fit_predict(by_column["x0__H1"].values).tolist()
    [0, 0, 1]
    """
    found, _ = find_measure(measure, measure_params, DIAGRAM_MEASURES)
    check_n_jobs(n_jobs)
    if others is None:
        table = other = read_diagrams(X)
    else:
        table, other = read_two_of_diagrams(X, others, ("X", "others"))
    rows = columns = names_of(names, X, len(table.cells), "names")
    if others is not None:
        columns = names_of(other_names, others, len(other.cells), "other_names")
    elif other_names is not None:
        raise ValueError("other_names are those of `others`, which are not there; leave them out.")
    values = np.zeros((table.shape[1], len(rows), len(columns)))
    run = as_they_come(n_jobs)
    for i, j, row in run(_tasks(found.compare, table, None if others is None else other)):
        start = len(columns) - len(row)
        values[j, i, start:] = row
        if others is None:
            values[j, start:, i] = row
    return {
        name: Divergences(values[j], rows, columns, found.title, things="network")
        for j, name in enumerate(table.names)
    }


def _tasks(compare, table, others):
    """Yield a task a row of each matrix; of networks among themselves, for its upper triangle."""
    for j in range(table.shape[1]):
        cells = [(table.place(i, j), parts(cell)) for i, cell in enumerate(table.cells[:, j])]
        compared = cells
        if others is not None:
            compared = [
                (f"{others.place(i, j)} of the others", parts(cell))
                for i, cell in enumerate(others.cells[:, j])
            ]
        for i, cell in enumerate(cells):
            start = i + 1 if others is None else 0
            if start < len(compared):
                yield delayed(_row)(i, j, compare, cell, compared[start:])


def _row(i, j, compare, cell, compared):
    """Return the distances of one diagram from others, and where they belong."""
    place, one = cell
    values = []
    for other_place, other in compared:
        with at_place(f"{place} and {other_place}"):
            values.append(compare(one, other))
    return i, j, values
