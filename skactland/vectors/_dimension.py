"""Intrinsic dimensions of the layers as features of networks."""

from functools import partial
from numbers import Integral

import numpy as np
from sklearn.utils.validation import check_is_fitted

from skactland._checks import as_matrix, check_n_jobs
from skactland._table import Cache, Table, check_memory, map_cells
from skactland.metrics._registry import find_metric
from skactland.vectors._clouds import CloudTransformer
from skactland.vectors._intrinsic import (
    check_estimators,
    check_options,
    dimensions,
    draw_seed,
    warn_of_infinite,
)

# What may change a dimension, beside this package.
_LIBRARIES = ("numba", "numpy", "scikit-learn", "scipy")


class DimensionVectorizer(CloudTransformer):
    """Intrinsic dimensions of clouds, a number a column and estimator.

    See :func:`~skactland.intrinsic_dimension` for the estimators and their traps. Columns of
    predicted classes are no clouds, and are left out.

    Parameters
    ----------
    estimators : sequence of {"ph", "twonn", "mle"}, default=("ph", "twonn", "mle")
        By persistent homology, from the two nearest neighbours, by maximum likelihood.
    n_neighbors : int, default=20
        The number of neighbours of "mle".
    power : float, default=1.0
        The power of the lengths of "ph", less than any of the dimensions.
    metric : str or callable, default="euclidean"
        As in :func:`~skactland.rips_persistence`; "precomputed" if the cells are distance matrices.
    metric_params : dict or None, default=None
        Further arguments of the metric.
    random_state : int, RandomState or None, default=None
        Where the seed comes from that is drawn in fit. All clouds are sampled with that one.
    n_jobs : int or None, default=None
        Cells computed at once, as in joblib. The result does not depend on it.
    memory : path, joblib.Memory or None, default=None
        Cache the dimensions of each cloud by content.

    Attributes
    ----------
    estimators_ : tuple of str
        The estimators, in the order of the columns.
    seed_ : int
        An integer that as `random_state` of :func:`~skactland.intrinsic_dimension` draws the same
        subsamples: the one given, or one that was drawn.
    cloud_columns_ : ndarray of shape (n_cloud_columns,)
        The positions of the columns of clouds in the table.
    n_features_in_ : int
        Number of columns of the table seen in fit.
    feature_names_in_ : ndarray of shape (n_features_in_,)
        Names of those columns, if the table was a data frame.

    See Also
    --------
    intrinsic_dimension : The same for a single cloud.

    Examples
    --------
    >>> import numpy as np
    >>> from skactland import DimensionVectorizer
    >>> rng = np.random.default_rng(0)
    >>> clouds = [rng.random((500, 2)), rng.random((500, 2)) @ rng.random((2, 50))]
    >>> vectorizer = DimensionVectorizer(("twonn",))
    >>> vectorizer.fit_transform(clouds).round()
    array([[2.],
           [2.]])
    >>> vectorizer.get_feature_names_out()
    array(['x0__twonn'], dtype=object)
    """

    def __init__(
        self,
        estimators=("ph", "twonn", "mle"),
        *,
        n_neighbors=20,
        power=1.0,
        metric="euclidean",
        metric_params=None,
        random_state=None,
        n_jobs=None,
        memory=None,
    ):
        self.estimators = estimators
        self.n_neighbors = n_neighbors
        self.power = power
        self.metric = metric
        self.metric_params = metric_params
        self.random_state = random_state
        self.n_jobs = n_jobs
        self.memory = memory

    def fit(self, X, y=None):
        """Check the parameters, draw the seed, and learn the columns of a table of clouds.

        Parameters
        ----------
        X : table of clouds
            Object array of shape (n_networks, n_layers), data frame, or list of clouds (one
            column).
        y : None
            Ignored.

        Returns
        -------
        DimensionVectorizer
            The fitted estimator.
        """
        check_n_jobs(self.n_jobs)
        check_memory(self.memory)
        find_metric(self.metric, self.metric_params)
        self.estimators_ = check_estimators(self.estimators)
        self.seed_ = _integer_of(self.random_state)
        check_options(self.n_neighbors, self.power, self.seed_)
        self.cloud_columns_ = Table.of(self, X, "clouds", reset=True).cloud_columns()
        return self

    def transform(self, X):
        """Estimate the dimensions of every cloud.

        Parameters
        ----------
        X : table of clouds
            With the columns seen in fit.

        Returns
        -------
        ndarray of shape (n_networks, n_cloud_columns * n_estimators)
            The estimators of a layer side by side.

        Raises
        ------
        ValueError, TypeError
            If the columns are not those of fit, or a cloud has too few different points, or a
            dimension by "ph" that is no larger than `power`; says which.

        Warns
        -----
        UserWarning
            If a dimension is infinite.
        """
        check_is_fitted(self)
        clouds = Table.of(self, X, "clouds", reset=False).take(self.cloud_columns_)
        options = {
            "names": self.estimators_,
            "options": check_options(self.n_neighbors, self.power, draw_seed(self.seed_)),
            "metric": self.metric,
            "metric_params": self.metric_params,
        }
        shared = vars(options["options"]), self.estimators_, self.metric, self.metric_params
        with Cache(self.memory, "dimensions", *shared, libraries=_LIBRARIES) as cache:
            compute = partial(_remembered, options=options, cache=cache)
            results = map_cells(compute, clouds, n_jobs=self.n_jobs)
        values = np.array([list(row) for row in results], dtype=np.float64)
        warn_of_infinite([clouds.place(i, j) for i, j, _ in np.argwhere(np.isinf(values))])
        return values.reshape(len(values), -1)

    @property
    def _numbers(self):
        return self.estimators_


def _integer_of(random_state):
    """Return a random state that is an integer, or else one drawn from it."""
    drawn = draw_seed(random_state)
    return int(random_state) if isinstance(random_state, Integral) else drawn


def _remembered(cloud, options, cache):
    """Return the dimensions of a cloud, from the cache if it holds them."""
    compute = partial(dimensions, cloud, **options)
    return cache.get(compute, as_matrix(cloud), name="the dimensions of a cloud")
