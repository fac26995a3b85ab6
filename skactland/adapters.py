"""Diagrams from and for other packages: ripser.py, GUDHI, giotto-tda, persim.

Every ``from_*`` takes what the package gives for a sequence of clouds, one a network, and returns a
table of diagrams as this package wants them: float64 rows (birth, death) sorted by birth and then
death, bars of length zero left out, essential classes with death inf. Every ``to_*`` takes the
table and goes back, one layer at a time.
"""

from collections.abc import Mapping

import numpy as np

from skactland._checks import check_count, check_diagram, check_homology_dimensions
from skactland._tables import empty_table, layer_and_degree, named_table

__all__ = [
    "from_giotto",
    "from_gudhi",
    "from_persim",
    "from_ripser",
    "to_giotto",
    "to_gudhi",
    "to_persim",
    "to_ripser",
]


def from_ripser(results, *, homology_dimensions=None, as_frame=False):
    """Return a table of diagrams from results of ripser.py, or any lists of diagrams by degree.

    Such lists are also what ``gudhi.sklearn`` and persim's plots and landscapes work with.

    Parameters
    ----------
    results : sequence, or mapping of layer names to sequences
        One item a network: the dictionary that ``ripser.ripser`` returns, or its "dgms", a list
        that holds the diagram of degree q at index q. A mapping makes a table of several layers.
    homology_dimensions : sequence of int or None, default=None
        The degrees wanted; all that there are by default.
    as_frame : bool, default=False
        Return a pandas data frame, whose columns have names.

    Returns
    -------
    object array or data frame of shape (n_networks, n_layers * n_degrees)
        The degrees of a layer side by side. Columns of a frame are called ``fc1__H0``,
        ``fc1__H1``, ..., or ``H0``, ``H1``, ... if the layer has no name.

    Raises
    ------
    ValueError, TypeError
        If the items differ in their degrees, a degree is missing, or an item is no such list.

    Examples
    --------
    >>> import numpy as np
    >>> from skactland.adapters import from_ripser
    >>> result = {"dgms": [np.array([[0, 1], [0, np.inf]]), np.array([[1, 2]])]}
    >>> from_ripser({"fc1": [result, result]}, as_frame=True).columns.tolist()
    ['fc1__H0', 'fc1__H1']
    """
    if isinstance(results, Mapping) and "dgms" in results:
        raise TypeError("results must be a sequence, one item a network; write [result].")
    return _table(results, _read_list, homology_dimensions, as_frame)


def to_ripser(X, *, layer=None, columns=None):
    """Return lists of diagrams by degree, as in the "dgms" of ripser.py.

    Parameters
    ----------
    X : table of diagrams
        Data frame, or object array of shape (n_networks, n_columns).
    layer : str or None, default=None
        Which layer; may be left out if there is only one.
    columns : sequence of str or None, default=None
        The names of the columns, such as ``fc1__H1``, if X is an array;
        ``RipsPersistence.get_feature_names_out()`` gives them.

    Returns
    -------
    list of lists of arrays of shape (n_bars, 2)
        One list a network; index q holds degree q. Infinite deaths stay.

    Raises
    ------
    ValueError
        If the columns have no names, the layer is not there or must be named, or a degree below
        the highest is missing, which a list by degree cannot say.

    Examples
    --------
    >>> from skactland import rips_persistence
    >>> from skactland.adapters import to_ripser
    >>> square = rips_persistence([[0, 0], [1, 0], [1, 1], [0, 1]])
    >>> dgms, = to_ripser([square], columns=["H0", "H1"])
    >>> dgms[1].round(4)
    array([[1.    , 1.4142]])
    """
    rows, degrees = _rows_of_layer(X, layer, columns)
    if degrees != tuple(range(len(degrees))):
        raise ValueError(
            f"A list by degree begins at 0 and has no gaps, and the layer has degrees {degrees}; "
            "for a single degree use to_persim."
        )
    return [list(row.values()) for row in rows]


def from_gudhi(results, *, homology_dimensions=None, as_frame=False):
    """Return a table of diagrams from GUDHI's lists of (degree, (birth, death)).

    Parameters
    ----------
    results : sequence, or mapping of layer names to sequences
        One item a network: what ``SimplexTree.persistence()`` returns.
    homology_dimensions : sequence of int or None, default=None
        The degrees wanted, empty where a list has none of it; by default those that occur.
    as_frame : bool, default=False
        Return a pandas data frame, whose columns have names.

    Returns
    -------
    object array or data frame of shape (n_networks, n_layers * n_degrees)
        As from :func:`from_ripser`.

    Raises
    ------
    ValueError, TypeError
        If an item is no such list.

    Examples
    --------
    >>> from skactland.adapters import from_gudhi
    >>> table = from_gudhi([[(1, (1.0, 2.0)), (0, (0.0, float("inf"))), (0, (0.0, 1.0))]])
    >>> table[0, 0]
    array([[ 0.,  1.],
           [ 0., inf]])
    """
    return _table(results, _read_pairs, homology_dimensions, as_frame)


def to_gudhi(X, *, layer=None, columns=None):
    """Return lists of (degree, (birth, death)), in the order of GUDHI.

    Parameters
    ----------
    X : table of diagrams
        As for :func:`to_ripser`.
    layer : str or None, default=None
        Which layer; may be left out if there is only one.
    columns : sequence of str or None, default=None
        The names of the columns, if X is an array.

    Returns
    -------
    list of lists of (int, (float, float))
        One list a network: high degrees first, and of one degree the longest bar first.

    Raises
    ------
    ValueError
        If the columns have no names, or the layer is not there or must be named.

    Examples
    --------
    >>> from skactland.adapters import to_gudhi
    >>> to_gudhi([[[0.0, 1.0], [0.0, 3.0]]], columns=["fc1__H0"])
    [[(0, (0.0, 3.0)), (0, (0.0, 1.0))]]
    """
    rows, degrees = _rows_of_layer(X, layer, columns)
    return [
        [
            (q, (birth, death))
            for q in reversed(degrees)
            for birth, death in sorted(row[q].tolist(), key=lambda bar: bar[0] - bar[1])
        ]
        for row in rows
    ]


def from_giotto(diagrams, *, homology_dimensions=None, as_frame=False):
    """Return a table of diagrams from giotto-tda's padded triples.

    Triples (b, b, q) of length zero are padding there, and are left out. What giotto-tda has done
    to infinite bars cannot be undone: by default it leaves out one essential component of each
    cloud, and other infinite bars come with the death that it gave them (its `infinity_values`).

    Parameters
    ----------
    diagrams : array of shape (n_networks, n_triples, 3), or mapping of layer names to such arrays
        Triples (birth, death, degree).
    homology_dimensions : sequence of int or None, default=None
        The degrees wanted; all that there are by default.
    as_frame : bool, default=False
        Return a pandas data frame, whose columns have names.

    Returns
    -------
    object array or data frame of shape (n_networks, n_layers * n_degrees)
        As from :func:`from_ripser`.

    Raises
    ------
    ValueError, TypeError
        If the shape is another one, or a degree is not a non-negative integer or is missing.

    Examples
    --------
    >>> import numpy as np
    >>> from skactland.adapters import from_giotto
    >>> from_giotto(np.array([[[0, 1, 0], [0, 0, 0], [1, 2, 1]]]))[0].tolist()
    [array([[0., 1.]]), array([[1., 2.]])]
    """
    by_layer = diagrams if isinstance(diagrams, Mapping) else {"": diagrams}
    for layer, triples in by_layer.items():
        if np.ndim(triples) != 3 or np.shape(triples)[2] != 3:
            raise ValueError(
                f"{_in_layer(layer)}expected an array of shape (n_networks, n_triples, 3), got "
                f"shape {np.shape(triples)}; a single diagram goes in a list: [diagram]."
            )
    return _table(by_layer, _read_triples, homology_dimensions, as_frame)


def to_giotto(X, *, layer=None, columns=None, infinity_value=None):
    """Return the padded triples of giotto-tda.

    Parameters
    ----------
    X : table of diagrams
        As for :func:`to_ripser`.
    layer : str or None, default=None
        Which layer; may be left out if there is only one.
    columns : sequence of str or None, default=None
        The names of the columns, if X is an array.
    infinity_value : float or None, default=None
        The death of infinite bars. The one essential component of a cloud, (0, inf) in degree 0,
        is left out first, as giotto-tda does; others need this value.

    Returns
    -------
    ndarray of shape (n_networks, n_triples, 3)
        Triples (birth, death, degree), degrees in increasing order. Each degree is padded to the
        same number of triples in every network with (b, b, q), where b is the least birth of this
        degree (0 if there is none).

    Raises
    ------
    ValueError
        If there are other infinite bars and no `infinity_value`, or bars are born after it; or as
        for :func:`to_ripser`.

    Examples
    --------
    >>> from skactland.adapters import to_giotto
    >>> to_giotto([[[0, 1], [0, 2]], [[0, 3]]], columns=["fc1__H0"])
    array([[[0., 1., 0.],
            [0., 2., 0.]],
    <BLANKLINE>
           [[0., 3., 0.],
            [0., 0., 0.]]])
    """
    rows, degrees = _rows_of_layer(X, layer, columns)
    blocks = [
        _padded([_finite(row[q], q, infinity_value, i) for i, row in enumerate(rows)], q)
        for q in degrees
    ]
    return np.concatenate(blocks, axis=1)


def from_persim(diagrams, homology_dimension, *, as_frame=False):
    """Return a table of diagrams of one degree from a list of them, as persim's transformers take.

    Lists by degree, which persim takes elsewhere, are those of :func:`from_ripser`.

    Parameters
    ----------
    diagrams : sequence of arrays of shape (n_bars, 2), or mapping of layer names to sequences
        One diagram a network.
    homology_dimension : int
        Their degree.
    as_frame : bool, default=False
        Return a pandas data frame, whose columns have names.

    Returns
    -------
    object array or data frame of shape (n_networks, n_layers)
        As from :func:`from_ripser`.

    Raises
    ------
    ValueError, TypeError
        If an item is no diagram.

    Examples
    --------
    >>> import numpy as np
    >>> from skactland.adapters import from_persim
    >>> from_persim([np.array([[1.0, 2.0]]), np.empty((0, 2))], 1).shape
    (2, 1)
    """
    degree = check_count(homology_dimension, "homology_dimension", minimum=0)
    return _table(diagrams, lambda item, where: {degree: item}, (degree,), as_frame)


def to_persim(X, homology_dimension, *, layer=None, columns=None):
    """Return the diagrams of one degree as a list, as persim's transformers and distances take.

    Parameters
    ----------
    X : table of diagrams
        As for :func:`to_ripser`.
    homology_dimension : int
        The degree wanted.
    layer : str or None, default=None
        Which layer; may be left out if there is only one.
    columns : sequence of str or None, default=None
        The names of the columns, if X is an array.

    Returns
    -------
    list of arrays of shape (n_bars, 2)
        One diagram a network. Infinite deaths stay; most of persim wants them taken out first.

    Raises
    ------
    ValueError
        If there is no such degree, or as for :func:`to_ripser`.

    Examples
    --------
    >>> from skactland.adapters import to_persim
    >>> to_persim([[[1.0, 2.0]]], 1, columns=["fc1__H1"])
    [array([[1., 2.]])]
    """
    rows, degrees = _rows_of_layer(X, layer, columns)
    if homology_dimension not in degrees:
        raise ValueError(f"There is no degree {homology_dimension!r} among {degrees}.")
    return [row[homology_dimension] for row in rows]


def _table(results, read, homology_dimensions, as_frame):
    """Return the table of some results; `read` gives one of them as a dict from degrees."""
    by_layer = results if isinstance(results, Mapping) else {"": results}
    rows = {layer: _read_layer(items, read, layer) for layer, items in by_layer.items()}
    lengths = {layer: len(of_layer) for layer, of_layer in rows.items()}
    if len(set(lengths.values())) != 1 or 0 in lengths.values():
        raise ValueError(f"Every layer needs the same networks, at least one; got {lengths}.")
    found = sorted({q for of_layer in rows.values() for row in of_layer for q in row})
    degrees = found
    if homology_dimensions is not None:
        degrees = check_homology_dimensions(homology_dimensions)
        _check_found(degrees, found, read)
    table = empty_table(next(iter(lengths.values())), len(rows) * len(degrees))
    columns = [(layer, q) for layer in rows for q in degrees]
    for j, (layer, q) in enumerate(columns):
        for i, row in enumerate(rows[layer]):
            table[i, j] = _tidy(row.get(q, ()), f"{_in_layer(layer)}network {i}, degree {q}")
    if not as_frame:
        return table
    import pandas as pd

    return pd.DataFrame(
        table, columns=[f"{layer}__H{q}".removeprefix("__") for layer, q in columns]
    )


def _read_layer(items, read, layer):
    """Return the networks of one layer as dicts from degrees, which must be the same for lists."""
    if isinstance(items, (str, Mapping)) or not np.iterable(items):
        raise TypeError(
            f"{_in_layer(layer)}expected a sequence, one item a network, got "
            f"{type(items).__name__}."
        )
    rows = [read(item, f"{_in_layer(layer)}network {i}") for i, item in enumerate(items)]
    if read is _read_list and len({len(row) for row in rows}) > 1:
        raise ValueError(
            f"{_in_layer(layer)}the networks differ in their degrees, "
            f"{[len(row) for row in rows]}; compute all of them with the same maxdim."
        )
    return rows


def _check_found(degrees, found, read):
    """Refuse degrees that were not computed; GUDHI's lists do not tell."""
    missing = [q for q in degrees if q not in found]
    if missing and read is not _read_pairs:
        raise ValueError(f"Degrees {missing} were not computed; there are {found}.")


def _read_list(item, where):
    """Return a result of ripser.py, or a list of diagrams by degree, as a dict."""
    dgms = item["dgms"] if isinstance(item, Mapping) and "dgms" in item else item
    if not isinstance(dgms, (list, tuple)):
        raise TypeError(
            f"{where}: expected a result of ripser or a list of diagrams by degree, got "
            f"{type(item).__name__}; one result goes in a list: [result]."
        )
    return dict(enumerate(dgms))


def _read_pairs(item, where):
    """Return a list of pairs (degree, (birth, death)) as a dict."""
    row = {}
    try:
        for q, (birth, death) in item:
            row.setdefault(check_count(q, f"{where}: a degree", minimum=0), []).append(
                (birth, death)
            )
    except (TypeError, ValueError) as error:
        raise TypeError(
            f"{where}: expected GUDHI's list of pairs (degree, (birth, death)): {error}"
        ) from error
    return row


def _read_triples(triples, where):
    """Return an array of triples (birth, death, degree) as a dict."""
    triples = np.asarray(triples, dtype=np.float64)
    degrees = triples[:, 2]
    if not (np.isfinite(degrees).all() and (degrees >= 0).all() and (degrees % 1 == 0).all()):
        raise ValueError(f"{where}: degrees (the third column) must be integers from 0.")
    return {int(q): triples[degrees == q, :2] for q in np.unique(degrees)}


def _tidy(diagram, where):
    """Return a diagram as ours are: checked, without bars of length zero, sorted."""
    bars = check_diagram(diagram, where)
    bars = bars[bars[:, 0] < bars[:, 1]]
    return bars[np.lexsort((bars[:, 1], bars[:, 0]))]


def _in_layer(layer):
    return f"layer {layer!r}, " if layer else ""


def _rows_of_layer(X, layer, columns):
    """Return the checked diagrams of one layer, a dict from degrees a network, and the degrees."""
    table, names = named_table(X, "diagrams", columns)
    places = {}
    for j, name in enumerate(names):
        of_layer, q = layer_and_degree(name)
        if q is None:
            raise ValueError(
                f"Column {name!r} does not tell its degree; pass columns= with names such as "
                "'fc1__H1', as RipsPersistence.get_feature_names_out() gives them."
            )
        places.setdefault(of_layer, {})[q] = j
    if layer is None and len(places) > 1:
        raise ValueError(f"There are {len(places)} layers; choose layer= among {list(places)}.")
    layer = next(iter(places)) if layer is None else layer
    if layer not in places:
        raise ValueError(f"There is no layer {layer!r}; there are {list(places)}.")
    degrees = tuple(sorted(places[layer]))
    rows = [
        {q: check_diagram(row[places[layer][q]], f"row {i}, layer {layer!r}") for q in degrees}
        for i, row in enumerate(table)
    ]
    return rows, degrees


def _finite(diagram, degree, infinity_value, row):
    """Return a diagram as giotto-tda has them: one component less, no infinite death."""
    bars = diagram.copy()
    is_infinite = np.isinf(bars[:, 1])
    if degree == 0 and is_infinite.any():
        bars = np.delete(bars, np.flatnonzero(is_infinite)[0], axis=0)
        is_infinite = np.isinf(bars[:, 1])
    if is_infinite.any() and infinity_value is None:
        raise ValueError(
            f"row {row} has {np.count_nonzero(is_infinite)} infinite bars of degree {degree}, "
            "which giotto-tda does not have; give their death as infinity_value."
        )
    bars[is_infinite, 1] = infinity_value
    return check_diagram(bars, f"row {row}, degree {degree}, with infinity_value={infinity_value}")


def _padded(diagrams, degree):
    """Return the diagrams of one degree as triples of one shape."""
    births = np.concatenate([bars[:, 0] for bars in diagrams])
    triples = np.full((len(diagrams), max(map(len, diagrams)), 3), float(degree))
    triples[:, :, :2] = births.min() if len(births) else 0.0
    for i, bars in enumerate(diagrams):
        triples[i, : len(bars), :2] = bars
    return triples
