"""Divergences of the topology of two clouds of the same inputs."""

from functools import partial

import numpy as np

from skactland._checks import check_option, check_positive
from skactland._compiled.rips.spanning import spanning_tree
from skactland.comparison._doubled import loops_beside_collapsed
from skactland.comparison._matched import Measure, mean_of_batches
from skactland.metrics._matrix import is_precomputed
from skactland.metrics._registry import find_metric
from skactland.metrics._rounding import are_one_point, as_lengths, distance_roundings

DIRECTIONS = ("backward", "forward", "mean")


def rtd(
    cloud,
    other,
    *,
    direction="mean",
    quantile=0.9,
    metric="euclidean",
    metric_params=None,
    n_batches=10,
    batch_size=500,
    random_state=None,
):
    r"""Return the representation topology divergence of two clouds of the same inputs.

    It is that of [1]_. With distances :math:`w` of the cloud and :math:`\tilde w` of the other,
    every complex :math:`R_t(w)` lies in :math:`R_t(\min(w, \tilde w))`. What the larger one adds,
    loops that it does not get from the smaller and components of the smaller that it joins, are the
    bars of degree 1 of the matrix

    .. math:: \begin{pmatrix} 0 & w \\ w & \min(w, \tilde w) \end{pmatrix}

    of :math:`2n` points; their total length is the divergence ``"forward"``. It is 0 if
    :math:`w = \tilde w`.

    Parameters
    ----------
    cloud, other : arrays of shape (n_points, n_units) and (n_points, n_other_units)
        Row i of both is of the same input. Distance matrices if ``metric="precomputed"``.
    direction : {"mean", "forward", "backward"}, default="mean"
        "forward" is as above, :math:`\text{R-Cross-Barcode}_1(w, \tilde w)` in [1]_; "backward" the
        same with the two swapped; "mean", which is symmetric, their mean, as in [1]_.
    quantile : float or None, default=0.9
        Distances are divided by this quantile of all n_points ** 2 of them, zeros of the diagonal
        included, as in [1]_: so neither scale matters. None leaves them as they are.
    metric : str or callable, default="euclidean"
        As in :func:`~skactland.rips_persistence`.
    metric_params : dict or None, default=None
        Further arguments of the metric.
    n_batches, batch_size : int, default=10 and 500
        The mean over so many batches of so many points, without replacement, as in [1]_. All points
        once if there are no more than that, or `batch_size` is None.
    random_state : int, RandomState or None, default=None
        Draws the batches.

    Returns
    -------
    float
        Without unit, or in that of the distances if `quantile` is None. It grows with the number
        of points: compare only what has as many.

    Raises
    ------
    ValueError, TypeError
        If the two have not as many points, some distance is NaN or infinite, a quantile is 0, or no
        more than rounding, although some points differ, or a parameter is out of range.
    MemoryError
        If a batch is too large for the memory that is available.

    See Also
    --------
    rtd_lite : The part of components, for less work.
    mtop_divergence : For clouds of different inputs.
    layer_divergences : All pairs of layers.

    Notes
    -----
    Blocks with infinite distances below the diagonal, as some write the matrix, give the same bars.
    Of degree 2 this matrix would give other bars than the mapping cone of the inclusion; so
    there is degree 1 alone. It is never less than :func:`rtd_lite` with the same parameters,
    which is the part of the components. Points that are all equal, or differ by rounding of the
    type of their numbers alone, count as one, at distance 0: the layers of dead units, which
    scaling would fill with the rounding of batches. Give clouds in the type in which the network
    ran: what was turned into double precision does not tell how it was rounded.

    References
    ----------
    .. [1] Barannikov, Trofimov, Balabin, Burnaev, "Representation topology divergence: a method for
       comparing neural network representations", ICML 2022, arXiv:2201.00058.

    Examples
    --------
    Points on a circle, and the same circle cut open and straightened:

    >>> import numpy as np
    >>> from skactland.comparison import rtd
    >>> angles = 2 * np.pi * np.arange(12) / 12
    >>> circle = np.column_stack([np.cos(angles), np.sin(angles)])
    >>> round(rtd(circle, angles[:, None]), 2)
    0.96
    >>> rtd(circle, 3 * circle[:, ::-1]) < 1e-12
    True
    """
    measure = rtd_measure(
        direction=direction, quantile=quantile, metric=metric, metric_params=metric_params
    )
    return mean_of_batches(measure, cloud, other, n_batches, batch_size, random_state)


def rtd_lite(
    cloud,
    other,
    *,
    direction="mean",
    quantile=0.9,
    metric="euclidean",
    metric_params=None,
    n_batches=10,
    batch_size=500,
    random_state=None,
):
    r"""Return the light topology divergence of two clouds of the same inputs, by trees.

    .. math:: \frac{T(w) + T(\tilde w)}{2} - T(\min(w, \tilde w)),

    where T is the total length of a minimum spanning tree. It is the part of :func:`rtd` that tells
    how components, or clusters, join otherwise, for some fiftieth of the work [1]_.

    Parameters
    ----------
    cloud, other : arrays of shape (n_points, n_units) and (n_points, n_other_units)
        Row i of both is of the same input. Distance matrices if ``metric="precomputed"``.
    direction : {"mean", "forward", "backward"}, default="mean"
        "forward" has :math:`T(w)` in the place of the mean of the two trees, "backward"
        :math:`T(\tilde w)`.
    quantile, metric, metric_params, n_batches, batch_size, random_state
        As in :func:`rtd`.

    Returns
    -------
    float
        Not negative; without unit, or in that of the distances if `quantile` is None.

    Raises
    ------
    ValueError, TypeError
        As in :func:`rtd`.

    See Also
    --------
    rtd : With loops.
    layer_divergences : All pairs of layers.

    References
    ----------
    .. [1] Tulchinskii, Voronkova, Trofimov, Burnaev, Barannikov, "RTD-Lite: scalable topological
       analysis for comparing weighted graphs in learning tasks", AISTATS 2025, arXiv:2503.11910.

    Examples
    --------
    Two clusters, and the same points in one row:

    >>> from skactland.comparison import rtd_lite
    >>> clusters, row = [[0], [1], [10], [11]], [[0], [1], [2], [3]]
    >>> rtd_lite(clusters, row, quantile=None)
    4.0
    """
    measure = rtd_lite_measure(
        direction=direction, quantile=quantile, metric=metric, metric_params=metric_params
    )
    return mean_of_batches(measure, cloud, other, n_batches, batch_size, random_state)


def rtd_measure(*, direction="mean", quantile=0.9, metric="euclidean", metric_params=None):
    """Return :func:`rtd` in two steps."""
    prepare, options = _read(direction, quantile, metric, metric_params)
    return Measure(
        prepare, partial(_by_direction, _loops, direction), _title("RTD", direction), **options
    )


def rtd_lite_measure(*, direction="mean", quantile=0.9, metric="euclidean", metric_params=None):
    """Return :func:`rtd_lite` in two steps."""
    prepare, options = _read(direction, quantile, metric, metric_params)
    return Measure(
        partial(_with_tree, prepare),
        partial(_by_direction, _merges, direction),
        _title("RTD-lite", direction),
        **options,
    )


def _title(name, direction):
    return name if direction == "mean" else f"{name}, {direction}"


def _read(direction, quantile, metric, metric_params):
    """Check the parameters; return a function of a cloud to its matrix, and further facts."""
    check_option(direction, "direction", DIRECTIONS)
    if quantile is not None and check_positive(quantile, "quantile") > 1:
        raise ValueError(f"quantile must be None, or above 0 and at most 1, got {quantile}.")
    row, params = find_metric(metric, metric_params)
    is_of_matrices = is_precomputed(metric)
    scale = partial(_scaled, quantile=quantile, metric=metric, row=row, params=params)
    return scale, {"is_symmetric": direction == "mean", "is_of_matrices": is_of_matrices}


def _scaled(cloud, quantile, metric, row, params):
    """Return the distances of a cloud over a quantile of themselves."""
    distances = row.function(cloud, **params)
    if np.isinf(distances).any():
        raise ValueError(
            "some of its distances are infinite, as of points that are never joined, so that "
            "lengths have no sum; use another metric, or the points of one part."
        )
    if quantile is None or not distances.any():
        return distances
    is_of_points = not is_precomputed(metric)
    if is_of_points and are_one_point(cloud):
        return np.zeros_like(distances)
    size = np.quantile(distances, quantile)
    apart, _ = distance_roundings(cloud, as_lengths(distances, metric), metric)
    if as_lengths(size, metric) <= apart:
        raise ValueError(
            f"the {quantile} quantile of the distances is 0, but for rounding, as so many pairs of "
            "points are equal; use a larger `quantile`, or None."
        )
    return distances / size


def _with_tree(prepare, cloud):
    """Return the distances of a cloud, and the length of their tree."""
    distances = prepare(cloud)
    return distances, _tree_length(distances)


def _tree_length(distances):
    return spanning_tree(distances)[1].sum()


def _by_direction(forward, direction, one, two):
    """Return a divergence that has directions in the one that is asked for."""
    if direction == "mean":
        return (forward(one, two) + forward(two, one)) / 2
    return forward(one, two) if direction == "forward" else forward(two, one)


def _loops(distances, others):
    return loops_beside_collapsed(distances, np.minimum(distances, others))


def _merges(one, two):
    """Return by how much the tree of the minimum is shorter; least edges may be rounded below 0."""
    return max(0.0, one[1] - _tree_length(np.minimum(one[0], two[0])))
