"""Tables of diagrams from what other packages give."""

from collections.abc import Callable, Mapping, Set
from contextlib import nullcontext
from dataclasses import dataclass

import numpy as np

from skactland._checks import (
    as_array,
    at_place,
    check_count,
    check_diagram,
    check_flag,
    check_homology_dimensions,
)
from skactland._table import diagram_column, empty_table, is_frame


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

    See Also
    --------
    to_ripser : The way back.
    skactland.rips_persistence : Computes diagrams.

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
    return _table(results, _LISTS, homology_dimensions, as_frame)


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

    See Also
    --------
    to_gudhi : The way back.

    Examples
    --------
    >>> from skactland.adapters import from_gudhi
    >>> table = from_gudhi([[(1, (1.0, 2.0)), (0, (0.0, float("inf"))), (0, (0.0, 1.0))]])
    >>> table[0, 0]
    array([[ 0.,  1.],
           [ 0., inf]])
    """
    return _table(results, _PAIRS, homology_dimensions, as_frame)


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

    See Also
    --------
    to_giotto : The way back.

    Examples
    --------
    >>> import numpy as np
    >>> from skactland.adapters import from_giotto
    >>> from_giotto(np.array([[[0, 1, 0], [0, 0, 0], [1, 2, 1]]]))[0].tolist()
    [array([[0., 1.]]), array([[1., 2.]])]
    """
    by_layer = {
        layer: _check_triples(triples, layer) for layer, triples in _by_layer(diagrams).items()
    }
    return _table(by_layer, _TRIPLES, homology_dimensions, as_frame)


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

    See Also
    --------
    to_persim : The way back.

    Examples
    --------
    >>> import numpy as np
    >>> from skactland.adapters import from_persim
    >>> from_persim([np.array([[1.0, 2.0]]), np.empty((0, 2))], 1).shape
    (2, 1)
    """
    degree = check_count(homology_dimension, "homology_dimension", minimum=0)
    return _table(diagrams, _Format(lambda item: {degree: item}), (degree,), as_frame)


def _read_list(item):
    """Return a result of ripser.py, or a list of diagrams by degree, as a dict."""
    dgms = item["dgms"] if isinstance(item, Mapping) and "dgms" in item else item
    if not isinstance(dgms, (list, tuple)):
        raise TypeError(
            f"expected a result of ripser or a list of diagrams by degree, got "
            f"{type(item).__name__}; one result goes in a list: [result]."
        )
    return dict(enumerate(dgms))


def _read_pairs(item):
    """Return a list of pairs (degree, (birth, death)) as a dict."""
    row = {}
    try:
        for q, (birth, death) in item:
            row.setdefault(check_count(q, "a degree", minimum=0), []).append((birth, death))
    except (TypeError, ValueError) as error:
        raise TypeError(
            f"expected GUDHI's list of pairs (degree, (birth, death)): {error}"
        ) from error
    return row


def _check_triples(triples, layer):
    """Return the triples of the networks of one layer as an array."""
    expected = "expected an array of shape (n_networks, n_triples, 3)"
    with _in_layer(layer):
        array = as_array(triples, expected).astype(np.float64, copy=False)
        if array.ndim != 3 or array.shape[2] != 3:
            raise ValueError(
                f"{expected}, got shape {array.shape}; a single diagram goes in a list: [diagram]."
            )
    return array


def _read_triples(triples):
    """Return an array of triples (birth, death, degree) as a dict."""
    degrees = triples[:, 2]
    if not (np.isfinite(degrees).all() and (degrees >= 0).all() and (degrees % 1 == 0).all()):
        raise ValueError("degrees (the third column) must be integers from 0.")
    return {int(q): triples[degrees == q, :2] for q in np.unique(degrees)}


@dataclass(frozen=True)
class _Format:
    """How a package gives the diagrams of one network.

    Attributes
    ----------
    read : callable
        Returns them as a dict from degrees to diagrams.
    tells_degrees : bool
        Whether a degree without a bar shows. If not, one that is not found may just be empty.
    by_position : bool
        Whether degrees are positions in a list, which is then equally long for all networks.
    """

    read: Callable
    tells_degrees: bool = True
    by_position: bool = False


_LISTS = _Format(_read_list, by_position=True)
_PAIRS = _Format(_read_pairs, tells_degrees=False)
_TRIPLES = _Format(_read_triples)


def _table(results, of_package, homology_dimensions, as_frame):
    """Return the table of some results in the format of a package."""
    as_frame = check_flag(as_frame, "as_frame")
    rows = {}
    for layer, items in _by_layer(results).items():
        with _in_layer(layer):
            rows[layer] = _read_layer(items, of_package)
    lengths = {layer: len(of_layer) for layer, of_layer in rows.items()}
    if len(set(lengths.values())) != 1 or 0 in lengths.values():
        raise ValueError(f"Every layer needs the same networks, at least one; got {lengths}.")
    degrees = _degrees(rows, of_package, homology_dimensions)
    columns = [(layer, q) for layer in rows for q in degrees]
    table = empty_table(next(iter(lengths.values())), len(columns))
    for j, (layer, q) in enumerate(columns):
        for i, row in enumerate(rows[layer]):
            with _in_layer(layer), at_place(f"network {i}, degree {q}"):
                table[i, j] = _tidy(row.get(q, ()))
    if not as_frame:
        return table
    import pandas as pd  # late, as the package does without

    return pd.DataFrame(table, columns=[diagram_column(layer, q) for layer, q in columns])


def _by_layer(results):
    """Return results as a dict from the names of layers, "" where there is one without a name."""
    if not isinstance(results, Mapping):
        return {"": results}
    return {str(layer): items for layer, items in results.items()}


def _read_layer(items, of_package):
    """Return the networks of one layer as dicts from degrees."""
    if isinstance(items, (str, bytes, Mapping, Set)) or is_frame(items) or not np.iterable(items):
        raise TypeError(
            f"expected a sequence, one item a network, got {type(items).__name__}; one result goes "
            "in a list: [result]."
        )
    rows = []
    for i, item in enumerate(items):
        with at_place(f"network {i}"):
            rows.append(of_package.read(item))
    if of_package.by_position and len({len(row) for row in rows}) > 1:
        raise ValueError(
            f"the networks differ in their degrees, {[len(row) for row in rows]}; compute all of "
            "them with the same maxdim."
        )
    return rows


def _degrees(rows, of_package, wanted):
    """Return the degrees of the columns: those that were found, or those that are wanted."""
    found = sorted({q for of_layer in rows.values() for row in of_layer for q in row})
    if wanted is None and not found:
        raise ValueError("No network has a diagram; name the degrees: homology_dimensions=(0, 1).")
    if wanted is None:
        return found
    degrees = check_homology_dimensions(wanted)
    missing = [q for q in degrees if q not in found]
    if missing and of_package.tells_degrees:
        raise ValueError(f"Degrees {missing} were not computed; there are {found}.")
    return degrees


def _tidy(diagram):
    """Return a diagram as ours are: checked, without bars of length zero, sorted."""
    bars = check_diagram(diagram)
    bars = bars[bars[:, 0] < bars[:, 1]]
    return bars[np.lexsort((bars[:, 1], bars[:, 0]))]


def _in_layer(layer):
    """Begin the message of an error raised within by the layer, if it has a name."""
    return at_place(f"layer {layer!r}") if layer else nullcontext()
