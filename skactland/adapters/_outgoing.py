"""Tables of diagrams as other packages take them, a layer at a time."""

import numpy as np

from skactland._checks import at_place, check_count, check_diagram, check_finite
from skactland._table import by_degree, layer_and_degree, read_diagrams


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

    See Also
    --------
    from_ripser : The way back.

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

    See Also
    --------
    from_gudhi : The way back.

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

    See Also
    --------
    from_giotto : The way back.

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
    if infinity_value is not None:
        check_finite(infinity_value, "infinity_value")
    rows, degrees = _rows_of_layer(X, layer, columns)
    blocks = [
        _padded([_finite(row[q], q, infinity_value, i) for i, row in enumerate(rows)], q)
        for q in degrees
    ]
    return np.concatenate(blocks, axis=1)


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

    See Also
    --------
    from_persim : The way back.

    Examples
    --------
    >>> from skactland.adapters import to_persim
    >>> to_persim([[[1.0, 2.0]]], 1, columns=["fc1__H1"])
    [array([[1., 2.]])]
    """
    degree = check_count(homology_dimension, "homology_dimension", minimum=0)
    rows, degrees = _rows_of_layer(X, layer, columns)
    if degree not in degrees:
        raise ValueError(f"There is no degree {degree} among {degrees}.")
    return [row[degree] for row in rows]


def _rows_of_layer(X, layer, columns):
    """Return the checked diagrams of one layer, a dict from degrees a network, and the degrees."""
    if layer is not None and not isinstance(layer, str):
        raise TypeError(f"layer must be the name of one or None, got {layer!r}.")
    table = read_diagrams(X, columns)
    for name in table.names:
        if layer_and_degree(name)[1] is None:
            raise ValueError(
                f"Column {name!r} does not tell its degree; pass columns= with names such as "
                "'fc1__H1', as RipsPersistence.get_feature_names_out() gives them."
            )
    layers, degrees, places = by_degree(table.names)
    if layer is None and len(layers) > 1:
        raise ValueError(f"There are {len(layers)} layers; choose layer= among {layers}.")
    layer = layers[0] if layer is None else layer
    if layer not in layers:
        raise ValueError(f"There is no layer {layer!r}; there are {layers}.")
    degrees = tuple(q for q in degrees if (layer, q) in places)
    rows = [{q: row[places[layer, q]] for q in degrees} for row in table.cells]
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
    # Bars that are born after this value would die before their birth.
    with at_place(f"row {row}, degree {degree}, with infinity_value={infinity_value}"):
        return check_diagram(bars)


def _padded(diagrams, degree):
    """Return the diagrams of one degree as triples of one shape."""
    births = np.concatenate([bars[:, 0] for bars in diagrams])
    triples = np.full((len(diagrams), max(map(len, diagrams)), 3), float(degree))
    triples[:, :, :2] = births.min() if len(births) else 0.0
    for i, bars in enumerate(diagrams):
        triples[i, : len(bars), :2] = bars
    return triples
