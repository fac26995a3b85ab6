"""Fewer points: landmarks that cover a cloud, and random subsamples."""

from contextlib import contextmanager
from functools import partial
from itertools import product

import numpy as np
from sklearn.utils.validation import check_is_fitted

from skactland._checks import (
    Classes,
    as_matrix,
    at_place,
    check_classes,
    check_cloud,
    check_count,
    check_n_jobs,
    check_option,
    check_seed,
)
from skactland._table import Table, TableTransformer, column_names, empty_table, map_cells
from skactland.metrics._matrix import check_distances, is_precomputed
from skactland.metrics._memory import reserve_memory
from skactland.metrics._registry import find_metric

__all__ = ["PointSampler", "farthest_points"]

_METHODS = ("farthest", "random")
_TOO_MANY_POINTS = (
    'Use metric="euclidean", which needs no matrix of distances, or draw fewer points first, by '
    'PointSampler(method="random").'
)


def farthest_points(
    cloud,
    n_points,
    *,
    metric="euclidean",
    metric_params=None,
    random_state=None,
):
    r"""Choose landmarks, each as far as possible from those before it.

    The first one is random; then always the point x with the largest
    :math:`\min_{l \in L} d(x, l)` joins the landmarks L. No set of as many points covers the cloud
    with balls of less than half their radius [1]_.

    Parameters
    ----------
    cloud : array of shape (n, n_units)
        One point a row, or a distance matrix if ``metric="precomputed"``.
    n_points : int
        Number of landmarks; all points if there are no more.
    metric : str or callable, default="euclidean"
        As in :func:`skactland.metrics.distance_matrix`. The Euclidean one is computed from the
        landmarks alone; others need the whole matrix.
    metric_params : dict or None, default=None
        Further arguments of the metric.
    random_state : int, RandomState or None, default=None
        Chooses the first landmark.

    Returns
    -------
    indices : ndarray of shape (min(n_points, n),)
        The landmarks, in the order of their choice: the first k of them are k landmarks. Of points
        equally far, the first in the cloud is taken; no point is taken twice.
    covering_radius : float
        The largest distance of a point from its nearest landmark, in units of the metric: the
        Hausdorff distance of the cloud and its landmarks. Diagrams of the two are within twice
        this in bottleneck distance, if the metric obeys the triangle inequality.

    Raises
    ------
    ValueError, TypeError
        If n_points is not a positive integer, or the cloud or metric is not valid.
    MemoryError
        If the metric needs a matrix that does not fit into the memory that is available.

    See Also
    --------
    PointSampler : The same for a table.

    References
    ----------
    .. [1] Gonzalez, "Clustering to minimize the maximum intercluster distance", Theoretical
       Computer Science 38, 1985.

    Examples
    --------
    >>> from skactland import farthest_points
    >>> indices, radius = farthest_points([[0], [1], [5], [6], [10]], 3, random_state=0)
    >>> indices, radius
    (array([4, 0, 2]), 1.0)
    """
    n_points = check_count(n_points, "n_points")
    random_state = check_seed(random_state)
    with at_place("the cloud"), _distances(cloud, metric, metric_params) as (n, distances_from):
        if n == 0:
            return np.empty(0, dtype=np.intp), 0.0
        return _farthest(n, distances_from, n_points, random_state.randint(n))


@contextmanager
def _distances(cloud, metric, metric_params):
    """Give the number of points, and a function of one of them to its distances from all.

    The memory of a matrix that it may need is held within the statement's body.
    """
    row, params = find_metric(metric, metric_params)
    n_points = len(as_matrix(cloud))
    if row.from_each is not None and not params:
        yield n_points, row.from_each(cloud)
        return
    with reserve_memory(n_points, row.bytes_per_pair, _TOO_MANY_POINTS):
        yield n_points, row.function(cloud, **params).__getitem__


def _farthest(n, distances_from, n_points, start):
    """Return landmarks beginning with one point, and their covering radius."""
    indices = np.empty(min(n_points, n), dtype=np.intp)
    to_nearest = np.full(n, np.inf)
    chosen = start
    for i in range(len(indices)):
        indices[i] = chosen
        np.minimum(to_nearest, distances_from(chosen), out=to_nearest)
        to_nearest[chosen] = -1  # not even where all the others are at distance 0
        chosen = to_nearest.argmax()
    return indices, float(max(to_nearest.max(), 0))  # -1 where all are landmarks


class PointSampler(TableTransformer):
    """Landmarks or random points of every cloud of a table, once or several times.

    Stands between :class:`~skactland.LayerActivationExtractor` and
    :class:`~skactland.RipsPersistence`, where clouds are too large for persistence. Clouds of no
    more than `n_points` points pass unchanged.

    A column of predicted classes keeps those of the points drawn, so that it still matches the
    clouds: with ``method="random"``, which draws the same points of every layer. "farthest" has
    landmarks of each layer's own, and refuses such a column.

    Parameters
    ----------
    n_points : int, default=500
        Points kept of each cloud.
    method : {"farthest", "random"}, default="farthest"
        Landmarks that cover the cloud evenly, outliers included, see
        :func:`~skactland.farthest_points`; or points drawn at random, the same ones in every
        network and layer with as many points, so that they correspond.
    n_subsamples : int, default=1
        Times that each cloud is sampled, from different random numbers. Each gives a column of its
        own, ``fc1__sample0``, ``fc1__sample1``, ...; means over such columns are stable under
        outliers [1]_.
    metric : str or callable, default="euclidean"
        Measures how far points are, as in :func:`~skactland.rips_persistence`; with "precomputed"
        the cells are distance matrices, and lose rows and columns. "random" does not use it but for
        `covering_radii`.
    metric_params : dict or None, default=None
        Further arguments of the metric.
    random_state : int, RandomState or None, default=None
        Where the seed comes from that is drawn in fit.
    n_jobs : int or None, default=None
        Cells sampled at once, as in joblib. The result does not depend on it.

    Attributes
    ----------
    seed_ : int
        The seed of all samples, so that transform gives the same ones each time.
    cloud_columns_ : ndarray of shape (n_cloud_columns,)
        The positions of the columns of clouds in the table; the others are of predicted classes.
    n_features_in_ : int
        Number of columns of the table seen in fit.
    feature_names_in_ : ndarray of shape (n_features_in_,)
        Names of those columns, if the table was a data frame.

    See Also
    --------
    farthest_points : Landmarks of one cloud.

    References
    ----------
    .. [1] Chazal, Fasy, Lecci, Michel, Rinaldo, Wasserman, "Subsampling methods for persistent
       homology", ICML 2015.

    Examples
    --------
    >>> import numpy as np
    >>> from skactland import PointSampler
    >>> clouds = [np.random.default_rng(i).normal(size=(100, 3)) for i in range(2)]
    >>> sampler = PointSampler(20, n_subsamples=3, random_state=0).set_output(transform="pandas")
    >>> samples = sampler.fit_transform(clouds)
    >>> samples.columns.tolist()
    ['x0__sample0', 'x0__sample1', 'x0__sample2']
    >>> samples.loc[0, "x0__sample0"].shape
    (20, 3)
    >>> sampler.covering_radii(clouds).shape
    (2, 3)
    """

    learns_from_rows = False

    def __init__(
        self,
        n_points=500,
        *,
        method="farthest",
        n_subsamples=1,
        metric="euclidean",
        metric_params=None,
        random_state=None,
        n_jobs=None,
    ):
        self.n_points = n_points
        self.method = method
        self.n_subsamples = n_subsamples
        self.metric = metric
        self.metric_params = metric_params
        self.random_state = random_state
        self.n_jobs = n_jobs

    def fit(self, X, y=None):
        """Draw the seed, and learn the columns.

        Parameters
        ----------
        X : table of clouds
            Object array of shape (n_networks, n_layers), data frame, or list of clouds (one
            column).
        y : None
            Ignored.

        Returns
        -------
        PointSampler
            The fitted estimator.
        """
        check_count(self.n_points, "n_points")
        check_count(self.n_subsamples, "n_subsamples")
        check_option(self.method, "method", _METHODS)
        check_n_jobs(self.n_jobs)
        find_metric(self.metric, self.metric_params)
        table = Table.of(self, X, "clouds", reset=True)
        self.cloud_columns_ = table.cloud_columns()
        self._check_classes([table.names[j] for j in table.classes_columns()])
        self.seed_ = int(check_seed(self.random_state).randint(np.iinfo(np.int32).max))
        return self

    def _check_classes(self, names):
        """Refuse classes beside clouds that lose different points."""
        if names and self.method == "farthest":
            raise ValueError(
                f"Column {names[0]!r} holds predicted classes, one a point, and landmarks are "
                "other points in each layer, so that the classes would match none; use "
                'method="random", or max_points of the extractor, or leave that column out.'
            )

    def transform(self, X):
        """Sample every cloud.

        Parameters
        ----------
        X : table of clouds
            With the columns seen in fit.

        Returns
        -------
        table of clouds
            Object array of shape (n_networks, n_layers * n_subsamples), or a data frame after
            ``set_output``; cells are arrays of shape (n_points, n_units), in the precision that
            they came in where NumPy has it.
            Landmarks come in the order of their choice, random points in that of the cloud.
        """
        cells, samples = self._samples(X, with_radii=False)
        table = empty_table(len(samples), samples.shape[1] * self.n_subsamples)
        for i, j in np.ndindex(samples.shape):
            for b, (indices, _) in enumerate(samples[i, j]):
                table[i, j * self.n_subsamples + b] = self._take(cells[i, j], indices)
        return table

    def covering_radii(self, X):
        """Return how far the points of each cloud are from its samples, at most.

        Parameters
        ----------
        X : table of clouds
            With the columns seen in fit.

        Returns
        -------
        ndarray of shape (n_networks, n_layers * n_subsamples)
            The largest distance of a point from the nearest one of the sample, in units of the
            metric; 0 where a cloud passes unchanged. Columns as those of transform, without
            classes.
        """
        _, samples = self._samples(X, with_radii=True)
        samples = samples[:, self.cloud_columns_]
        radii = [[radius for cell in row for _, radius in cell] for row in samples]
        return np.array(radii, dtype=np.float64)

    def _samples(self, X, *, with_radii):
        """Return the cells, and a table of lists of (indices, covering radius), one a sample."""
        check_is_fitted(self)
        table = Table.of(self, X, "clouds", reset=False)
        # Pairs: seed_ + b would be the seed of the first sample of another sampler.
        seeds = [(self.seed_, b) for b in range(self.n_subsamples)]
        sample = partial(
            _sample_cloud,
            n_points=self.n_points,
            method=self.method,
            seeds=seeds,
            metric=self.metric,
            metric_params=self.metric_params,
            with_radii=with_radii,
        )
        samples = empty_table(*table.shape)
        clouds = table.take(self.cloud_columns_)
        samples[:, self.cloud_columns_] = map_cells(sample, clouds, n_jobs=self.n_jobs)
        others = np.setdiff1d(np.arange(table.shape[1]), self.cloud_columns_)
        self._check_classes([table.names[j] for j in others])  # `method` may have been set since
        for i, j in product(range(len(samples)), others):
            with at_place(table.place(i, j)):
                n = len(check_classes(table.cells[i, j]))
            samples[i, j] = [(_draw(n, self.n_points, seed), None) for seed in seeds]
        return table.cells, samples

    def _take(self, cloud, indices):
        if np.ndim(cloud) == 1:
            return cloud if indices is None else Classes.of(cloud)[indices]
        if indices is None:  # a memory map stays one
            return cloud if isinstance(cloud, np.ndarray) else as_matrix(cloud)
        cloud = as_matrix(cloud)
        if is_precomputed(self.metric):
            return cloud[indices][:, indices]
        return cloud[indices]

    def get_feature_names_out(self, input_features=None):
        """Return the names of the columns: those of the layers, or ``fc1__sample0`` and so on.

        Parameters
        ----------
        input_features : sequence of str or None, default=None
            Names of the layers; those seen in fit, or x0, x1, ... if there were none.

        Returns
        -------
        ndarray of str objects
        """
        check_is_fitted(self)
        names = column_names(self, input_features)
        if self.n_subsamples == 1:
            return names
        endings = [f"__sample{b}" for b in range(self.n_subsamples)]
        return np.array([name + ending for name in names for ending in endings], dtype=object)


def _sample_cloud(cloud, *, n_points, method, seeds, metric, metric_params, with_radii):
    """Return (indices, covering radius) for each seed; indices None for a cloud that is small."""
    n = len(as_matrix(cloud))
    if n <= n_points:
        _check(cloud, metric)
        return [(None, 0.0)] * len(seeds)
    if method == "random" and not with_radii:
        _check(cloud, metric)
        return [(_draw(n, n_points, seed), None) for seed in seeds]
    with _distances(cloud, metric, metric_params) as (_, distances_from):
        if method == "random":
            samples = [_draw(n, n_points, seed) for seed in seeds]
            return [(indices, _covering_radius(n, distances_from, indices)) for indices in samples]
        starts = [np.random.default_rng(seed).integers(n) for seed in seeds]
        return [_farthest(n, distances_from, n_points, start) for start in starts]


def _check(cloud, metric):
    check = check_distances if is_precomputed(metric) else check_cloud
    return check(cloud)


def _draw(n, n_points, seed):
    """Return points drawn without repetition, in the order of the cloud; None for all of them."""
    if n <= n_points:
        return None
    return np.sort(np.random.default_rng(seed).choice(n, n_points, replace=False))


def _covering_radius(n, distances_from, indices):
    to_nearest = np.full(n, np.inf)
    for index in indices:
        np.minimum(to_nearest, distances_from(index), out=to_nearest)
    return float(to_nearest.max())
