"""All layers by all layers, and all networks by all networks."""

from collections.abc import Mapping

from skactland._checks import at_place, warn_user
from skactland._table import Table, is_frame, read_names
from skactland.comparison._divergences import Divergences
from skactland.comparison._pairs import Comparison


def layer_divergences(
    clouds,
    others=None,
    *,
    measure="rtd",
    measure_params=None,
    n_batches=10,
    batch_size=500,
    random_state=None,
    n_jobs=None,
    memory=None,
):
    """Return the divergences of all layers of a network from each other, or from another's.

    Parameters
    ----------
    clouds : dict of str to cloud, or table of clouds with one row
        The clouds of a network by layer, as :func:`~skactland.extract_activations` returns them.
        All have as many points: row i is of the same input. Predicted classes are left out.
    others : like `clouds` or None, default=None
        Those of another network, or of the same at another time, for the same inputs; by default
        the layers of the one are compared among themselves.
    measure : {"rtd", "rtd_lite", "cka", "procrustes", "rsa", "svcca"}, default="rtd"
        :func:`rtd`, :func:`rtd_lite` or :func:`procrustes_distance`; or one less
        :func:`linear_cka`, :func:`rsa` or :func:`svcca`, which are similarities.
    measure_params : dict or None, default=None
        Further arguments of the measure, such as ``{"metric": "geodesic"}``.
    n_batches, batch_size : int, default=10 and 500
        The mean over so many batches of so many inputs, the same ones for all pairs. All inputs
        once if there are no more than that, or `batch_size` is None.
    random_state : int, RandomState or None, default=None
        Draws the batches.
    n_jobs : int or None, default=None
        Pairs computed at once, as in joblib. The result does not depend on it.
    memory : path, joblib.Memory or None, default=None
        Cache each pair and batch by content.

    Returns
    -------
    Divergences
        Its rows are the layers of `clouds`, its columns those of `others`. Of "forward" of a
        measure that has directions, row i and column j hold it from i to j.

    Raises
    ------
    ValueError, TypeError
        If two clouds have not as many points, or as data frames the same index in another order,
        or the measure refuses a cloud; names the layer.

    See Also
    --------
    network_divergences : Networks by networks, for each layer.

    Notes
    -----
    What depends on one cloud alone, such as its distances, is worked out once for all pairs, and
    held for all clouds of a batch: 2 MB a layer for batches of 500.

    Examples
    --------
    >>> import numpy as np
    >>> from skactland.comparison import layer_divergences
    >>> rng = np.random.default_rng(0)
    >>> first = rng.normal(size=(40, 3))
    >>> clouds = {"fc1": first, "fc2": 2 * first[:, ::-1], "fc3": rng.normal(size=(40, 3))}
    >>> divergences = layer_divergences(clouds)
    >>> divergences.values.round(1) + 0.0
    array([[0. , 0. , 4.3],
           [0. , 0. , 4.3],
           [4.3, 4.3, 0. ]])
    """
    comparison = Comparison.of(
        measure, measure_params, n_batches, batch_size, random_state, n_jobs, memory
    )
    with at_place("clouds"):
        rows = _layers(clouds)
    columns = rows
    by_place, others_by_place = {f"layer {n!r}": c for n, c in rows.items()}, None
    if others is not None:
        with at_place("others"):
            columns = _layers(others)
        others_by_place = {f"layer {n!r} of the others": c for n, c in columns.items()}
    with comparison.cache:
        values = comparison.matrix(by_place, others_by_place)
    return Divergences(values, list(rows), list(columns), comparison.measure.title)


def network_divergences(
    X,
    *,
    names=None,
    measure="rtd",
    measure_params=None,
    n_batches=10,
    batch_size=500,
    random_state=None,
    n_jobs=None,
    memory=None,
):
    """Return the divergences of all networks from each other, for every layer.

    Parameters
    ----------
    X : table of clouds
        Object array of shape (n_networks, n_layers), data frame, or list of clouds (one column). In
        a column all clouds have as many points: row i is of the same input. Columns of predicted
        classes are left out.
    names : sequence of str or None, default=None
        What the networks are called; by default the index of a data frame, or their positions if
        it has no name for each of them.
    measure, measure_params, n_batches, batch_size, random_state, n_jobs, memory
        As in :func:`layer_divergences`.

    Returns
    -------
    dict of str to Divergences
        Those of every layer, under its name, or x0, x1, ... where the table has no names.

    Raises
    ------
    ValueError, TypeError
        If two clouds of a column have not as many points, or as data frames the same index in
        another order, or the measure refuses a cloud; says which.

    See Also
    --------
    layer_divergences : Layers by layers, of one network or two.
    diagram_distances : By diagrams, of any inputs.

    Examples
    --------
    >>> import numpy as np
    >>> from skactland.comparison import network_divergences
    >>> clouds = [np.random.default_rng(seed).normal(size=(40, 3)) for seed in range(4)]
    >>> divergences = network_divergences(clouds, measure="procrustes")
    >>> divergences["x0"].values.shape
    (4, 4)

    as distances for scikit-learn:

    >>> from sklearn.cluster import AgglomerativeClustering
    >>> model = AgglomerativeClustering(2, metric="precomputed", linkage="average")
    >>> model.fit_predict(divergences["x0"].values).shape
    (4,)
    """
    comparison = Comparison.of(
        measure, measure_params, n_batches, batch_size, random_state, n_jobs, memory
    )
    table = Table.read(X, "clouds")
    names = names_of(names, X, len(table.cells), "names")
    with comparison.cache:
        return {
            table.names[j]: Divergences(
                comparison.matrix(
                    {table.place(i, j): cell for i, cell in enumerate(table.cells[:, j])}
                ),
                names,
                names,
                comparison.measure.title,
                things="network",
            )
            for j in table.cloud_columns()
        }


def _layers(clouds):
    """Return the clouds of one network by the names of its layers."""
    if isinstance(clouds, Mapping):
        if not clouds:
            raise ValueError("the dict is empty; it must hold one layer at least.")
        table = Table.read([list(clouds.values())], "clouds", list(clouds))
    else:
        table = Table.read(clouds, "clouds")
    if len(table.cells) > 1:
        raise ValueError(
            f"the table has {len(table.cells)} rows, and layers are those of one network; give one "
            "row, as a dict, frame.iloc[[i]] or X[[i]]. Networks are compared by "
            "network_divergences."
        )
    columns = table.cloud_columns()
    return {table.names[j]: table.cells[0, j] for j in columns}


def names_of(names, X, n_networks, called):
    """Return what the networks are called; the argument that says so is `called`."""
    if names is None and is_frame(X) and hasattr(X, "index"):
        try:
            return read_names(X.index, "the index")
        except (TypeError, ValueError) as error:
            warn_user(
                f"The index of the table does not name networks, so they are called by their "
                f"positions; give {called}, or mend it: {error}"
            )
    if names is None:
        names = range(n_networks)
    names = read_names(names, called)
    if len(names) != n_networks:
        raise ValueError(f"{called} has {len(names)} names, and the table {n_networks} networks.")
    return names
