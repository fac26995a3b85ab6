"""Whether near inputs are called alike: the question of labelled merge trees without topology."""

from functools import partial

import numpy as np
from sklearn.neighbors import NearestNeighbors

from skactland._checks import as_matrix, at_place, check_cloud, check_count
from skactland.metrics import distance_matrix
from skactland.metrics._matrix import is_precomputed
from skactland.metrics._registry import find_metric
from skactland.metrics._scale import to_safe_scale
from skactland.persistence._trees import canonical_order
from skactland.vectors._clouds import LabelledTransformer
from skactland.vectors._merges import encoded, warn_of_one_class


def neighbour_agreement(cloud, classes, n_neighbors=8, *, metric="euclidean", metric_params=None):
    r"""Return how often a point's nearest neighbours are of its class.

    .. math:: \frac{1}{n k} \#\{(i, j) : x_j \text{ is one of the } k \text{ nearest to } x_i,
        \ c_i = c_j\}.

    With classes that a network predicts, it needs no true label. It is the twin of
    :func:`~skactland.labelled_merges` without topology, and the statistic of Schilling [1]_ for
    more than two samples.

    Parameters
    ----------
    cloud : array of shape (n_points, n_units)
        One point a row, or a distance matrix if ``metric="precomputed"``.
    classes : array of shape (n_points,)
        The class of each point: integers, truth values or words.
    n_neighbors : int, default=8
        The number k of neighbours, less than that of points.
    metric : str or callable, default="euclidean"
        As in :func:`~skactland.rips_persistence`.
    metric_params : dict or None, default=None
        Further arguments of the metric.

    Returns
    -------
    float
        From 0 to 1, and 1 if there is one class alone.

    Raises
    ------
    ValueError, TypeError
        If there is not one class a point, a class is missing, or some point has not so many
        neighbours.

    Warns
    -----
    UserWarning
        If there is one class alone.

    See Also
    --------
    NeighbourAgreement : The same for a table.
    labelled_merges : The topology whose twin this is.

    Notes
    -----
    Neighbours are those of :class:`sklearn.neighbors.NearestNeighbors`, without the point itself,
    of the points in an order that their coordinates tell: where several are equally far, which of
    them count does not depend on the order in the cloud. Of a distance matrix it does.

    References
    ----------
    .. [1] Schilling, "Multivariate two-sample tests based on nearest neighbors", Journal of the
       American Statistical Association 81, 1986.

    Examples
    --------
    >>> from skactland import neighbour_agreement
    >>> neighbour_agreement([[0], [1], [2], [10], [11], [12]], [0, 0, 0, 0, 1, 1], n_neighbors=2)
    0.6666666666666666
    """
    n_neighbors = check_count(n_neighbors, "n_neighbors")
    find_metric(metric, metric_params)
    with at_place("the cloud"):
        n_points = len(as_matrix(cloud))
    classes, n_classes = encoded(classes, n_points)
    if n_classes == 1:
        warn_of_one_class(["classes"])
    options = n_neighbors, metric, metric_params
    with at_place("the cloud"):
        return _agreements(cloud, [(classes, n_classes)], options)[0][0]


class NeighbourAgreement(LabelledTransformer):
    """How often near inputs are called alike, a number a column.

    The share of the nearest neighbours of each point that the network predicts the same class for,
    see :func:`~skactland.neighbour_agreement`. What :class:`~skactland.LabelledMergeVectorizer`
    has to say beyond it is what topology has to say, so show the two side by side.

    Parameters
    ----------
    n_neighbors : int, default=8
        Number of neighbours of each point.
    metric : str or callable, default="euclidean"
        As in :func:`~skactland.rips_persistence`; "precomputed" if the cells are distance matrices.
    metric_params : dict or None, default=None
        Further arguments of the metric.
    classes : array of shape (n_points,) or None, default=None
        Classes of the inputs, the same for all networks; by default those of the columns of
        classes, as in :class:`~skactland.LabelledMergeVectorizer`.
    n_jobs : int or None, default=None
        Cells computed at once, as in joblib. Neighbours in clouds of a column that are equal, as
        the inputs are, are looked for once.

    Attributes
    ----------
    cloud_columns_ : ndarray of shape (n_cloud_columns,)
        The positions of the columns of clouds in the table.
    classes_columns_ : ndarray of shape (n_cloud_columns,)
        For each of these the position of the column of its classes, -1 if `classes` are given.
    n_features_in_ : int
        Number of columns of the table seen in fit, those of classes among them.
    feature_names_in_ : ndarray of shape (n_features_in_,)
        Names of those columns, if the table was a data frame.

    See Also
    --------
    neighbour_agreement : The same for one cloud.
    LabelledMergeVectorizer : The topology whose twin this is.

    Examples
    --------
    >>> import numpy as np
    >>> from skactland import NeighbourAgreement
    >>> clouds = [np.random.default_rng(i).normal(size=(100, 3)) for i in range(2)]
    >>> signs = (np.arange(100) % 2).tolist()
    >>> vectorizer = NeighbourAgreement(classes=signs)
    >>> vectorizer.fit_transform(clouds).shape
    (2, 1)
    >>> vectorizer.get_feature_names_out()
    array(['x0__agreement'], dtype=object)
    """

    _numbers = ("agreement",)

    def __init__(
        self, n_neighbors=8, *, metric="euclidean", metric_params=None, classes=None, n_jobs=None
    ):
        self.n_neighbors = n_neighbors
        self.metric = metric
        self.metric_params = metric_params
        self.classes = classes
        self.n_jobs = n_jobs

    def fit(self, X, y=None):
        """Check the parameters and learn the columns of a table of clouds.

        Parameters
        ----------
        X : table of clouds and classes
            Object array of shape (n_networks, n_columns), or data frame.
        y : None
            Ignored.

        Returns
        -------
        NeighbourAgreement
            The fitted estimator.
        """
        check_count(self.n_neighbors, "n_neighbors")
        self._learn_table(X)
        return self

    def transform(self, X):
        """Compute the agreement of every cloud.

        Parameters
        ----------
        X : table of clouds and classes
            With the columns seen in fit.

        Returns
        -------
        ndarray of shape (n_networks, n_cloud_columns)

        Raises
        ------
        ValueError, TypeError
            If the columns are not those of fit, a cloud has not one class a point, or too few
            points.

        Warns
        -----
        UserWarning
            If a network predicts one class for all inputs.
        """
        options = self.n_neighbors, self.metric, self.metric_params
        values = self._numbers_of(X, partial(_agreements, options=options))
        return values.reshape(len(values), -1)


def _agreements(cloud, labels, options):
    """Return the agreement of each of some labellings of the points of a cloud."""
    neighbours = _neighbours(cloud, *options)
    return [[float((classes[neighbours] == classes[:, None]).mean())] for classes, _ in labels]


def _neighbours(cloud, n_neighbors, metric, metric_params):
    """Return the nearest neighbours of each point, an array of shape (n_points, n_neighbors)."""
    n_points = len(as_matrix(cloud))
    if n_neighbors >= n_points:
        raise ValueError(
            f"{n_points} points have {max(n_points - 1, 0)} neighbours each, and n_neighbors="
            f"{n_neighbors} are wanted; use fewer, or more points."
        )
    order = canonical_order(cloud, metric)
    is_euclidean = isinstance(metric, str) and metric == "euclidean"
    if is_euclidean and not metric_params:
        search = NearestNeighbors(n_neighbors=n_neighbors)
        given = _near_zero(check_cloud(cloud)[order])
    else:
        is_matrix = is_precomputed(metric)
        search = NearestNeighbors(n_neighbors=n_neighbors, metric="precomputed")
        points = cloud if is_matrix else check_cloud(cloud)[order]
        given = _all_finite(distance_matrix(points, metric, metric_params))
    found = np.empty((n_points, n_neighbors), dtype=np.intp)
    found[order] = order[search.fit(given).kneighbors(return_distance=False)]
    return found


def _near_zero(points):
    """Return points moved and scaled so that squares lose nothing of what lies between them.

    The search adds up squares of coordinates, of which a common offset would be all. Each unit is
    moved by one of its own values, which leaves whole numbers whole.
    """
    points, _ = to_safe_scale(points)
    middle = len(points) // 2
    points = points - np.partition(points, middle, axis=0)[middle]
    return to_safe_scale(points)[0]


def _all_finite(distances):
    """Refuse points that are never joined, which are neighbours of none."""
    if np.isinf(distances).any():
        raise ValueError(
            "some of its distances are infinite, as of points that are never joined; use another "
            "metric, or the points of one part."
        )
    return distances
