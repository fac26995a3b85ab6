"""Tables of diagrams as displays take them."""

import numpy as np
from sklearn.pipeline import Pipeline
from sklearn.utils.validation import check_is_fitted

from skactland._checks import check_diagram
from skactland._table import empty_table, layer_and_degree, named_table
from skactland.persistence import RipsPersistence


def read_diagrams(X, columns=None):
    """Return a table of checked diagrams as an object array, and the names of its columns.

    Columns of simplices, which `return_simplices` puts between them, are left out.
    """
    table, names = named_table(X, "diagrams", columns)
    kept = [j for j, name in enumerate(names) if not name.endswith("__simplices")]
    diagrams = empty_table(len(table), len(kept))
    for i, j in np.ndindex(diagrams.shape):
        name = names[kept[j]]
        diagrams[i, j] = check_diagram(table[i, kept[j]], f"row {i}, column {name!r}")
    return diagrams, [names[j] for j in kept]


def diagrams_of(estimator, X):
    """Return the diagrams that a fitted pipeline makes of X on its way, and their columns."""
    steps = _steps(estimator)
    is_rips = [isinstance(step, RipsPersistence) for step in steps]
    if not any(is_rips):
        raise TypeError(
            "The estimator must be a fitted RipsPersistence or a Pipeline that holds one, got "
            f"{type(estimator).__name__}."
        )
    names = None
    for step in steps[: is_rips.index(True) + 1]:
        check_is_fitted(step)
        X = step.transform(X)
        names = step.get_feature_names_out(names)
    return X, list(names)


def _steps(estimator):
    """Return the steps of a pipeline, of pipelines within it too, in order."""
    if not isinstance(estimator, Pipeline):
        return [] if estimator is None or isinstance(estimator, str) else [estimator]
    return [part for _, step in estimator.steps for part in _steps(step)]


def by_degree(columns):
    """Return the layers and degrees of columns, in order, and where each pair of them stands.

    Returns
    -------
    layers : list of str
    degrees : list of int or None
    places : dict of (str, int or None) to int
    """
    keys = [layer_and_degree(name) for name in columns]
    layers = list(dict.fromkeys(layer for layer, _ in keys))
    degrees = sorted({q for _, q in keys}, key=lambda q: -1 if q is None else q)
    return layers, degrees, {key: j for j, key in enumerate(keys)}
