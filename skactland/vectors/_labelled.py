"""Numbers of labelled merge trees as features of networks."""

from functools import partial

from skactland._checks import as_matrix, check_count
from skactland._table import Cache, check_memory
from skactland.persistence._trees import trees_of_cloud
from skactland.vectors._clouds import LabelledTransformer
from skactland.vectors._merges import MERGE_STATISTICS, merge_statistics, merge_trees

# What may change a tree, beside this package.
_LIBRARIES = ("numba", "numpy", "scikit-learn", "scipy")


class LabelledMergeVectorizer(LabelledTransformer):
    """How predicted classes lie on the merge trees of clouds, a few numbers a column.

    The bars of degree 0 that join two classes, and those within one: see
    :func:`~skactland.labelled_merges` for the numbers and what they are where a class is alone.
    From a table of clouds with a column of the classes that the network predicts, which
    ``LayerActivationExtractor(include_classes=True)`` makes; of the inputs alone it needs one
    tree for all networks, and no true label.

    Parameters
    ----------
    n_trees : int, default=6
        Number of disjoint spanning trees of each cloud, over which the numbers are means.
    metric : str or callable, default="euclidean"
        As in :func:`~skactland.rips_persistence`; "precomputed" if the cells are distance matrices.
    metric_params : dict or None, default=None
        Further arguments of the metric.
    classes : array of shape (n_points,) or None, default=None
        Classes of the inputs, the same for all networks: with the true ones the numbers tell which
        layers part the classes. By default the table has columns of classes: "classes", or
        "classes__sample0" beside "fc1__sample0" and so on; without names, a single one.
    n_jobs : int or None, default=None
        Cells computed at once, as in joblib. Clouds of a column that are equal, as the inputs are,
        count as one. The result does not depend on it.
    memory : path, joblib.Memory or None, default=None
        Cache the trees of each cloud by content.

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
    labelled_merges : The same for a single cloud.
    NeighbourAgreement : The same question without topology, to be shown beside it.

    Notes
    -----
    The numbers rest on the metric of the cloud: where distances of inputs say nothing of classes,
    neither do they. From one data set to another they do not carry over.

    Examples
    --------
    >>> import torch
    >>> from sklearn.pipeline import make_pipeline
    >>> from skactland import LabelledMergeVectorizer, LayerActivationExtractor
    >>> _ = torch.manual_seed(0)
    >>> _ = torch.manual_seed(0)
    >>> networks = [torch.nn.Sequential(torch.nn.Linear(3, 4)) for _ in range(5)]
    >>> extractor = LayerActivationExtractor(
    ...     torch.randn(50, 3), include_input=True, include_classes=True
    ... )
    >>> pipe = make_pipeline(extractor, LabelledMergeVectorizer())
    >>> pipe.fit_transform(networks).shape
    (5, 22)
    >>> pipe.get_feature_names_out()[:2]
    array(['input__share_between', 'input__length_between'], dtype=object)
    """

    _numbers = tuple(MERGE_STATISTICS)

    def __init__(
        self,
        n_trees=6,
        *,
        metric="euclidean",
        metric_params=None,
        classes=None,
        n_jobs=None,
        memory=None,
    ):
        self.n_trees = n_trees
        self.metric = metric
        self.metric_params = metric_params
        self.classes = classes
        self.n_jobs = n_jobs
        self.memory = memory

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
        LabelledMergeVectorizer
            The fitted estimator.
        """
        check_count(self.n_trees, "n_trees")
        check_memory(self.memory)
        self._learn_table(X)
        return self

    def transform(self, X):
        """Compute the numbers of every cloud.

        Parameters
        ----------
        X : table of clouds and classes
            With the columns seen in fit.

        Returns
        -------
        ndarray of shape (n_networks, n_cloud_columns * 11)
            Ordered by column, then as in :func:`~skactland.labelled_merges`.

        Raises
        ------
        ValueError, TypeError
            If the columns are not those of fit, a cloud has not one class a point, or not so many
            trees.

        Warns
        -----
        UserWarning
            If a network predicts one class for all inputs.
        """
        options = self.n_trees, self.metric, self.metric_params
        with Cache(self.memory, "spanning trees", *options, libraries=_LIBRARIES) as cache:
            values = self._numbers_of(X, partial(_numbers, options=options, cache=cache))
        return values.reshape(len(values), -1)


def _numbers(cloud, labels, options, cache):
    """Return the numbers of a cloud for each of some labellings."""
    grow = partial(trees_of_cloud, cloud, *options)
    trees = merge_trees(*cache.get(grow, as_matrix(cloud), name="the trees of a cloud"))
    return [merge_statistics(trees, *of_network) for of_network in labels]
