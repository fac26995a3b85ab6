"""Bars of degree 0 between and within classes: numbers of a cloud's labelled merge trees."""

from dataclasses import dataclass

import numpy as np
from scipy.stats import rankdata

from skactland._checks import as_matrix, at_place, check_classes, check_count, warn_user
from skactland._compiled.merges import merge_tree, pairs_within
from skactland.metrics._registry import find_metric
from skactland.persistence._trees import trees_of_cloud

#: The numbers, in the order of the columns, and what they are called in a picture.
MERGE_STATISTICS = {
    "share_between": "share of bars between classes",
    "length_between": "share of length between classes",
    "weight_between": "share of weight between classes",
    "rank_between": "mean rank of bars\nbetween classes",
    "mean_between": "mean bar between classes\n[mean bars]",
    "low_between": "10 % quantile of bars\nbetween classes [mean bars]",
    "median_between": "median bar between classes\n[mean bars]",
    "last_between": "share of last bars\nbetween classes",
    "log_within": "log of mean bar within classes\n[mean bars]",
    "purity": "purity of the merge tree",
    "n_classes": "predicted classes",
}


def labelled_merges(cloud, classes, n_trees=1, *, metric="euclidean", metric_params=None):
    r"""Return numbers that say how the classes of points lie on the merge tree of their cloud.

    The bars of degree 0 of a cloud of n points are the :math:`m = n - 1` edges of its minimum
    spanning tree, of lengths :math:`\ell_1 \le \dots \le \ell_m` and mean :math:`\bar\ell`. Let B
    be the edges *between* classes, whose two ends are of different ones. Their share of all edges
    is the statistic of Friedman and Rafsky [1]_, and B the bars of degree 0 that a labelled
    Vietoris-Rips complex [2]_ is about. With classes that a network *predicts*, and its inputs as
    the cloud, a small share says that it parts the inputs where these are far apart.

    - "share_between": :math:`|B| / m`;
    - "length_between": :math:`\sum_{e \in B} \ell_e / \sum_e \ell_e`;
    - "weight_between": :math:`\sum_{e \in B} w_e / \sum_e w_e`, where the weight :math:`w_e` is the
      number of points in the smaller of the two components that e joins, those of single linkage
      before :math:`\ell_e`;
    - "rank_between": the mean over B of :math:`(r_e - 1/2) / m`, where :math:`r_e` is the rank of
      the length, the mean of their ranks for equal ones; over all edges this would be 1/2;
    - "mean_between", "low_between", "median_between": the mean, and the quantiles of 10 and 50 %,
      of :math:`\ell_e / \bar\ell` over B: the scale at which classes meet, and first meet;
    - "last_between": the share of B among the :math:`K - 1` longest edges, for K classes. Of edges
      as long as the last of these, all count in part alike;
    - "log_within": the logarithm of the mean of :math:`\ell_e / \bar\ell` over edges within
      classes, at least :math:`-\log m`;
    - "purity": the dendrogram purity [3]_: for each two points of one class, the share of this
      class among all points of the first component of single linkage that holds both; the mean of
      it;
    - "n_classes": K, the number of classes that occur.

    Parameters
    ----------
    cloud : array of shape (n_points, n_units)
        One point a row, or a distance matrix if ``metric="precomputed"``. At least one point.
    classes : array of shape (n_points,)
        The class of each point: integers, truth values or words. Only whether they are equal
        matters.
    n_trees : int, default=1
        Over so many disjoint trees, see :func:`~skactland.spanning_trees`: each number is the mean
        of those of each tree, its edges taken as the bars. More trees make more of what is near
        count, and less of chance.
    metric : str or callable, default="euclidean"
        As in :func:`~skactland.rips_persistence`.
    metric_params : dict or None, default=None
        Further arguments of the metric.

    Returns
    -------
    dict of str to float
        The numbers by name, in the order above; none has a unit, and none is ever NaN. Without any
        edge between classes the shares are 0, the rank is 1 and the three scales are that of the
        longest edge; without any within classes "log_within" is 0; without two points of one class
        "purity" is 1. Where all points are equal "length_between" is "share_between", the scales
        are 1 and "log_within" is 0. "last_between" of one class is 0.

    Raises
    ------
    ValueError, TypeError
        If there is not one class a point, a class is missing or no class, or there are not so many
        trees.

    Warns
    -----
    UserWarning
        If there is one class alone. A network that says the same of all inputs has no edge between
        classes, and would look perfect: read "share_between" beside "n_classes".

    See Also
    --------
    LabelledMergeVectorizer : The same for tables of clouds.
    neighbour_agreement : The same question without topology.

    Notes
    -----
    The numbers do not depend on the order of the points: trees are told by the coordinates, and
    edges of one length merge at once. They do where points are exact duplicates of different
    classes; and for a distance matrix, which has no coordinates, where different edges have one
    length, so that there are several minimum spanning trees.

    References
    ----------
    .. [1] Friedman and Rafsky, "Multivariate generalizations of the Wald-Wolfowitz and Smirnov
       two-sample tests", Annals of Statistics 7, 1979.
    .. [2] Ramamurthy, Varshney, Mody, "Topological data analysis of decision boundaries with
       application to model selection", ICML 2019, arXiv:1805.09949.
    .. [3] Heller and Ghahramani, "Bayesian hierarchical clustering", ICML 2005.

    Examples
    --------
    Two groups on a line, one point of the second called by the class of the first:

    >>> from skactland import labelled_merges
    >>> numbers = labelled_merges([[0], [1], [2], [10], [11], [12]], [0, 0, 0, 0, 1, 1])
    >>> {name: round(number, 3) for name, number in numbers.items()}
    {'share_between': 0.2, 'length_between': 0.083, 'weight_between': 0.143, 'rank_between': 0.4,
     'mean_between': 0.417, 'low_between': 0.417, 'median_between': 0.417, 'last_between': 0.0,
     'log_within': 0.136, 'purity': 0.81, 'n_classes': 2.0}
    """
    n_trees = check_count(n_trees, "n_trees")
    find_metric(metric, metric_params)
    with at_place("the cloud"):
        n_points = len(as_matrix(cloud))
    classes, n_classes = encoded(classes, n_points)
    with at_place("the cloud"):
        trees = merge_trees(*trees_of_cloud(cloud, n_trees, metric, metric_params))
    if n_classes == 1:
        warn_of_one_class(["classes"])
    values = merge_statistics(trees, classes, n_classes)
    return dict(zip(MERGE_STATISTICS, values.tolist(), strict=True))


def encoded(classes, n_points):
    """Return classes as integers from 0 on, and their number; one a point is needed."""
    classes = check_classes(classes)
    if len(classes) != n_points:
        raise ValueError(
            f"there are {len(classes)} classes for {n_points} points; one class a point is needed, "
            "so that layers must give one point an input, and both come from the same inputs."
        )
    present, codes = np.unique(classes, return_inverse=True)
    return codes.reshape(-1), len(present)


def warn_of_one_class(places):
    """Warn of classes that are one alone, by the places where they stand."""
    others = f", and {len(places) - 1} more" if len(places) > 1 else ""
    warn_user(
        f"{places[0]}{others}: all points are of one class alone, so that nothing parts them, as "
        "in a perfect network; look at the number of classes. A network that gives one number an "
        "input must give a logit, not a probability."
    )


@dataclass(frozen=True)
class MergeTree:
    """What single linkage makes of one spanning tree, whatever the classes of the points.

    Attributes
    ----------
    edges : int64 array of shape (m, 2)
    lengths : float64 array of shape (m,)
        Increasing, in mean lengths; 1 each if all are 0.
    ranks : float64 array of shape (m,)
        From 0 to 1, their mean 1/2.
    smaller : int64 array of shape (m,)
        Points in the smaller component of each merge.
    parents, sizes : int64 array of shape (n_nodes,)
    """

    edges: np.ndarray
    lengths: np.ndarray
    ranks: np.ndarray
    smaller: np.ndarray
    parents: np.ndarray
    sizes: np.ndarray


def merge_trees(edges, lengths):
    """Return the merge tree of each of some spanning trees."""
    return [_merge_tree(*tree) for tree in zip(edges, lengths, strict=True)]


def _merge_tree(edges, lengths):
    longest = lengths.max(initial=0.0)
    # Of the longest, whose sum does not overflow.
    parts = lengths / longest if longest else np.ones(len(lengths))
    ranks = (rankdata(lengths) - 0.5) / max(len(lengths), 1)
    structure = merge_tree(np.ascontiguousarray(edges), np.ascontiguousarray(lengths))
    return MergeTree(edges, parts / parts.mean() if len(parts) else parts, ranks, *structure)


def merge_statistics(trees, classes, n_classes):
    """Return the numbers of one labelling of the points, (n_statistics,), means over the trees."""
    each = [_of_tree(tree, classes, n_classes) for tree in trees]
    return np.append(np.mean(each, axis=0), n_classes)


def _of_tree(tree, classes, n_classes):
    """Return all numbers of one tree but the last."""
    n_pairs, met = pairs_within(tree.parents, tree.sizes, classes, n_classes)
    purity = met / n_pairs if n_pairs else 1.0
    m = len(tree.edges)
    is_between = classes[tree.edges[:, 0]] != classes[tree.edges[:, 1]]
    if not is_between.any():
        longest = tree.lengths.max(initial=1.0) if m else 1.0
        return 0.0, 0.0, 0.0, 1.0, longest, longest, longest, 0.0, 0.0, purity
    between, within = tree.lengths[is_between], tree.lengths[~is_between]
    return (
        len(between) / m,
        between.sum() / m,  # the mean length is 1
        tree.smaller[is_between].sum() / tree.smaller.sum(),
        tree.ranks[is_between].mean(),
        between.mean(),
        _quantile(between, 0.1),
        _quantile(between, 0.5),
        _share_of_longest(tree.lengths, is_between, n_classes - 1),
        np.log(max(within.mean(), 1 / m)) if len(within) else 0.0,
        purity,
    )


def _quantile(increasing, share):
    """Return a quantile of sorted numbers; NumPy would sort them again, for most of the time."""
    place = share * (len(increasing) - 1)
    low = increasing[int(place)]
    high = increasing[min(int(place) + 1, len(increasing) - 1)]
    return low + (place - int(place)) * (high - low)


def _share_of_longest(lengths, is_between, count):
    """Return the share between classes of the longest edges; equal ones count in part alike."""
    last = lengths[-count]
    is_longer, is_last = lengths > last, lengths == last
    n_rest = count - np.count_nonzero(is_longer)
    of_rest = np.count_nonzero(is_between & is_last) / np.count_nonzero(is_last)
    return (np.count_nonzero(is_between & is_longer) + n_rest * of_rest) / count
