"""The metrics, and what the package must know of each.

To add a metric:

1. Write its function into a file of this room, ``_name.py``: of a cloud, which it passes through
   `skactland._checks.check_cloud`, and of parameters by keyword. It returns a float64 matrix,
   symmetric and non-negative, with zero diagonal; infinite only between points never joined.
2. Add its row to `METRICS`. The memory per pair of points is what ``tests/benchmarks/memory.py``
   prints for it.
3. Name the function in ``__init__.py`` and ``docs/api.rst``. The tests of laws in
   ``tests/test_metrics.py`` run over all rows; add one that holds it against its definition.

By its name every stage then takes it: `distance_matrix`, `rips_persistence`, `PointSampler`.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial

from sklearn.utils._param_validation import InvalidParameterError

from skactland._checks import closest_names
from skactland.metrics._dependence import dependence_distances
from skactland.metrics._euclidean import (
    euclidean_distances,
    euclidean_from_each,
    scaled_distances,
)
from skactland.metrics._geodesic import geodesic_distances
from skactland.metrics._local import local_distances
from skactland.metrics._matrix import check_distances
from skactland.metrics._others import called_distances, named_distances
from skactland.metrics._sphere import sphere_distances


@dataclass(frozen=True)
class Metric:
    """What the package must know of a metric.

    Attributes
    ----------
    function : callable
        Of a cloud and the parameters, to its distance matrix.
    parameters : tuple of str or None
        Their names; None where the function itself refuses those that it does not know.
    bytes_per_pair : float
        Memory at its peak, the matrix included, over n_points ** 2. Where it depends on the cloud
        or the parameters, the least: then what is refused would not have fitted, and what is
        admitted may need more.
    from_each : callable or None
        Of a cloud, to a function of a point's index to its distances from all points, where these
        do not need the whole matrix. Without parameters.
    """

    function: Callable
    parameters: tuple | None = ()
    bytes_per_pair: float = 8
    from_each: Callable | None = None


METRICS = {
    "dependence": Metric(dependence_distances, bytes_per_pair=16),
    "euclidean": Metric(
        euclidean_distances,
        parameters=("method",),
        bytes_per_pair=9,
        from_each=euclidean_from_each,
    ),
    "geodesic": Metric(
        geodesic_distances, parameters=("n_neighbors", "weights"), bytes_per_pair=17
    ),
    "local": Metric(
        local_distances, parameters=("quantile", "centre", "project"), bytes_per_pair=9
    ),
    # One in double precision that is symmetric to the last bit is used as it is; others take 24.
    "precomputed": Metric(check_distances, bytes_per_pair=0),
    "scaled": Metric(scaled_distances, parameters=("scale",), bytes_per_pair=20),
    "sphere": Metric(sphere_distances, parameters=("rows",), bytes_per_pair=17),
}

# Of every name that is not in the table, which scikit-learn may know; and of every function.
_NAMED = Metric(named_distances, parameters=None, bytes_per_pair=12)
_CALLED = Metric(called_distances, parameters=None, bytes_per_pair=9)


def find_metric(metric, metric_params):
    """Return the row of a metric, and its parameters as a dict; both are checked.

    Parameters
    ----------
    metric : str or callable
    metric_params : mapping or None
    """
    params = _check_mapping(metric_params)
    if isinstance(metric, str) and metric in METRICS:
        row = METRICS[metric]
        _refuse_unknown(metric, row.parameters, params)
        return row, params
    if isinstance(metric, str):
        return replace(_NAMED, function=partial(_named, metric)), params
    if callable(metric):
        return replace(_CALLED, function=partial(called_distances, metric)), params
    raise TypeError(
        f"metric must be one of {sorted(METRICS)}, another name that scikit-learn knows, or a "
        f"function of two points; got {metric!r}."
    )


def _named(metric, cloud, /, **params):
    """Return the distances of a metric of scikit-learn's; of names unknown to it, tell ours."""
    try:
        return named_distances(metric, cloud, **params)
    except ValueError as error:
        unknown = isinstance(error.__cause__, InvalidParameterError)
        if not (unknown and "'metric'" in str(error.__cause__)):
            raise
        raise ValueError(
            f"there is no metric {metric!r}; {closest_names(metric, sorted(METRICS))} Ours are "
            f"{', '.join(sorted(METRICS))}; other names are those that "
            "sklearn.metrics.pairwise_distances takes."
        ) from error


def _check_mapping(params):
    """Return the arguments of a metric as a dict with words for keys."""
    if params is None:
        return {}
    if not isinstance(params, Mapping) or not all(isinstance(name, str) for name in params):
        raise TypeError(
            f'metric_params must be a dict such as {{"n_neighbors": 14}}, or None; got {params!r}.'
        )
    return dict(params)


def _refuse_unknown(metric, names, params):
    """Refuse arguments that one of our metrics does not have."""
    unknown = sorted(set(params) - set(names))
    if unknown:
        raise TypeError(
            f"the metric {metric!r} takes {', '.join(names) or 'nothing'} in metric_params, got "
            f"{', '.join(unknown)}."
        )
