"""How many dimensions a cloud has, from distances of near points and lengths of trees."""

from dataclasses import dataclass

import numpy as np

from skactland._checks import (
    as_matrix,
    at_place,
    check_count,
    check_option,
    check_positive,
    check_seed,
    warn_user,
)
from skactland._compiled.rips.spanning import spanning_tree
from skactland.metrics._memory import reserve_memory
from skactland.metrics._registry import find_metric
from skactland.metrics._rounding import as_lengths, distance_roundings
from skactland.persistence._trees import canonical_order, order_of_rows

# Subsamples from a fifth of the points on: smaller ones see edges of the cloud above all, and
# of fewer sizes the slope is less sure. On spheres of 1000 points other choices gave the same.
_SMALLEST_PART, _N_SIZES, _N_SUBSAMPLES = 0.2, 10, 5
_FEWEST_POINTS = 10
# Facco et al. leave out the tenth with the largest ratios, where the cloud is not flat.
_KEPT = 0.9
# Ratios of distances closer to 1 are ties, in single precision too.
_TIE = 1e-6


@dataclass(frozen=True)
class DimensionOptions:
    """What the estimators are told beside the distances."""

    n_neighbors: int
    power: float
    seed: int


def intrinsic_dimension(
    cloud,
    estimators=("ph", "twonn", "mle"),
    *,
    n_neighbors=20,
    power=1.0,
    metric="euclidean",
    metric_params=None,
    random_state=None,
):
    r"""Return the intrinsic dimension of a cloud, by one or several estimators.

    - "ph", by persistent homology [1]_ [2]_: the total length
      :math:`E_\alpha(n) = \sum_e |e|^\alpha` of the bars of degree 0 of n points, the edges of
      their minimum spanning tree, grows as :math:`n^{(d - \alpha) / d}`. So
      :math:`d = \alpha / (1 - m)` with m the slope of :math:`\log E_\alpha` over :math:`\log n`, a
      least-squares line through ten sizes of random subsamples, from a fifth of the points to all
      of them; five of each size, of which the mean counts.
    - "twonn" [3]_: the ratio :math:`\mu` of the distances of a point's second and first neighbour
      has :math:`P(\mu > x) = x^{-d}`; d is the slope of a line through the origin, of
      :math:`-\log(1 - i/n)` over the logarithm of the i-th smallest ratio, without the largest
      tenth.
    - "mle", maximum likelihood [4]_ in the mean of [5]_: one over the mean of
      :math:`\log(T_k / T_j)` over all points and :math:`j < k`, with :math:`T_j` the distance from
      the j-th neighbour.

    Parameters
    ----------
    cloud : array of shape (n_points, n_units)
        One point a row, or a distance matrix if ``metric="precomputed"``. Points that are equal,
        or differ by rounding of the type of their numbers alone, count once: a layer that answers
        alike to several inputs has as many dimensions without.
    estimators : sequence of {"ph", "twonn", "mle"}, default=("ph", "twonn", "mle")
        Which ones.
    n_neighbors : int, default=20
        The number k of neighbours of "mle", at least 2. More see farther and vary less.
    power : float, default=1.0
        The power :math:`\alpha` of "ph", less than the dimension; [1]_ and [2]_ take 1. With a
        larger one the few longest edges are nearly all of the length.
    metric : str or callable, default="euclidean"
        As in :func:`~skactland.rips_persistence`.
    metric_params : dict or None, default=None
        Further arguments of the metric.
    random_state : int, RandomState or None, default=None
        Draws the subsamples of "ph".

    Returns
    -------
    dict of str to float
        The dimension by each estimator. None depends on the scale of the cloud, the order of its
        points, or on how it is turned, and a cloud has that of its distance matrix. But of points
        that have the same distances from others, as on a grid, the subsamples of "ph" are drawn by
        the order of their coordinates; those of a matrix, which has none, in the order in which
        they came.

    Raises
    ------
    ValueError, TypeError
        If there are fewer than 10 different points, or no more than `n_neighbors` where "mle" is
        wanted, some distance is infinite, the dimension by "ph" comes out no larger than `power`,
        or a parameter is out of range.

    Warns
    -----
    UserWarning
        If a dimension is infinite: where all neighbours of every point are equally far, as on a
        grid, or the slope of "ph" is 1 or more, as it may be by chance for many dimensions or where
        `power` is small beside them, or where a point lies far from all others.

    See Also
    --------
    DimensionVectorizer : The same for tables of clouds.
    spanning_trees : The trees whose lengths "ph" sums.

    Notes
    -----
    All three are too low in many dimensions, where most points are near the boundary of the cloud
    and near neighbours are not near: by 10 to 20 % for 1000 points in a cube of eight dimensions,
    more for more. Compare clouds of as many points.

    "ph" knows lengths alone, and one long edge can be most of them. A single point far from all
    others is in a subsample or not, by chance: the dimension is mostly too high, up to infinity,
    and another one with every seed, which tells it. Clusters far apart are in all of them: it is
    too low, down to just above `power`. So leave such points out, or take clusters one by one,
    where "twonn" and "mle", which hardly move, say otherwise.

    There are no intervals: those of the literature hold the dimension less often than they say, as
    `docs/calibration.md` shows. "ph" of a trajectory of training was said to tell generalisation
    [2]_; hyperparameters explain much of that [6]_.

    References
    ----------
    .. [1] Adams, Aminian, Farnell, Kirby, Mirth, Neville, Peterson, Shonkwiler, "A fractal
       dimension for measures via persistent homology", Topological Data Analysis, Abel Symposia 15,
       2020, arXiv:1808.01079.
    .. [2] Birdal, Lou, Guibas, Simsekli, "Intrinsic dimension, persistent homology and
       generalization in neural networks", NeurIPS 2021, arXiv:2111.13171.
    .. [3] Facco, d'Errico, Rodriguez, Laio, "Estimating the intrinsic dimension of datasets by a
       minimal neighborhood information", Scientific Reports 7, 2017.
    .. [4] Levina and Bickel, "Maximum likelihood estimation of intrinsic dimension", NIPS 2004.
    .. [5] MacKay and Ghahramani, "Comments on 'Maximum likelihood estimation of intrinsic
       dimension' by E. Levina and P. Bickel (2004)", 2005.
    .. [6] Tan, Garcia-Redondo, Wang, Bronstein, Monod, "On the limitations of fractal dimension as
       a measure of generalization", NeurIPS 2024, arXiv:2406.02234.

    Examples
    --------
    A surface in three dimensions:

    >>> from skactland import intrinsic_dimension
    >>> from skactland.datasets import make_sphere
    >>> dimensions = intrinsic_dimension(make_sphere(1000, random_state=0), random_state=0)
    >>> {name: round(d, 1) for name, d in dimensions.items()}
    {'ph': 2.0, 'twonn': 1.9, 'mle': 2.0}
    """
    names = check_estimators(estimators)
    options = check_options(n_neighbors, power, draw_seed(random_state))
    find_metric(metric, metric_params)
    with at_place("the cloud"):
        values = dimensions(cloud, names, options, metric, metric_params)
    warn_of_infinite(
        [f"the cloud ({n})" for n, d in zip(names, values, strict=True) if d == np.inf]
    )
    return dict(zip(names, values, strict=True))


def check_estimators(estimators):
    """Return the names of estimators as a tuple."""
    if not isinstance(estimators, (tuple, list)) or not estimators:
        raise TypeError(
            f"estimators must be a sequence of some of {sorted(DIMENSIONS)}, got {estimators!r}; "
            'for one write ("ph",).'
        )
    for name in estimators:
        check_option(name, "each of estimators", DIMENSIONS)
    if len(set(estimators)) < len(estimators):
        raise ValueError(f"estimators must be different, got {estimators!r}.")
    return tuple(estimators)


def check_options(n_neighbors, power, seed):
    """Return checked options."""
    n_neighbors = check_count(n_neighbors, "n_neighbors", minimum=2)
    return DimensionOptions(n_neighbors, check_positive(power, "power"), seed)


def draw_seed(random_state):
    """Return a seed, so that all clouds are sampled alike."""
    return int(check_seed(random_state).randint(np.iinfo(np.int32).max))


def dimensions(cloud, names, options, metric, metric_params):
    """Return the dimension of a cloud by each estimator; the parameters are checked already."""
    row, params = find_metric(metric, metric_params)
    n_points = len(as_matrix(cloud))
    with reserve_memory(n_points, row.bytes_per_pair + 24, "Use fewer points (PointSampler)."):
        distances = _distances_of_different(row.function(cloud, **params), cloud, metric)
        _check_enough(len(distances), n_points, options.n_neighbors if "mle" in names else 0)
        return [float(DIMENSIONS[name](distances, options)) for name in names]


def _distances_of_different(distances, cloud, metric):
    """Return the distances of different points, in an order that these tell, the largest 1."""
    if np.isinf(distances).any():
        raise ValueError(
            "some of its distances are infinite, as of points that are never joined; use another "
            "metric, or the points of one part."
        )
    order = canonical_order(cloud, metric)
    apart, _ = distance_roundings(cloud, as_lengths(distances, metric), metric)
    # Of very large or small ones powers would leave the doubles.
    largest = distances.max(initial=0.0) or 1.0
    distances = _in_order(distances[np.ix_(order, order)] / largest)
    are_equal = as_lengths(distances, metric) <= apart / as_lengths(largest, metric)
    firsts = np.flatnonzero(~np.tril(are_equal, -1).any(axis=1))
    # Beside duplicates points stand in another order than without.
    return (
        distances if len(firsts) == len(distances) else _in_order(distances[np.ix_(firsts, firsts)])
    )


def _in_order(distances):
    """Return distances of at most 1 with points in the order of their own, sorted, each.

    So the points of a matrix, and those of a cloud that was turned, are drawn alike. Rounding must
    not tell points apart that differ in nothing else: those keep the order in which they came.
    """
    steps = np.sort(distances, axis=1)
    np.rint(np.multiply(steps, 2.0**27, out=steps), out=steps)
    order = order_of_rows(steps)
    return distances[np.ix_(order, order)]


def _check_enough(n_different, n_points, n_neighbors):
    needed = max(_FEWEST_POINTS, n_neighbors + 1)
    if n_different < needed:
        raise ValueError(
            f"{n_points} points, of which {n_different} are different, and {needed} different ones "
            "are needed; take more inputs, fewer `n_neighbors`, or leave this cloud out."
        )


def _ph_dimension(distances, options):
    n = len(distances)
    generator = np.random.default_rng(options.seed)
    sizes = np.unique(np.geomspace(max(2, _SMALLEST_PART * n), n, _N_SIZES).round().astype(int))
    lengths = []
    for size in sizes:
        n_drawn = 1 if size == n else _N_SUBSAMPLES
        samples = (np.sort(generator.permutation(n)[:size]) for _ in range(n_drawn))
        totals = [_total_length(distances[np.ix_(rows, rows)], options.power) for rows in samples]
        lengths.append(np.mean(totals))
    slope = np.polynomial.polynomial.polyfit(np.log(sizes), np.log(lengths), 1)[1]
    dimension = options.power / (1 - slope) if slope < 1 else np.inf
    if dimension <= options.power:
        raise ValueError(
            f'its dimension by "ph" comes out as {dimension:.3g}, and lengths to the power '
            f"{options.power:g} tell no dimension so low, as they do not grow with the number of "
            f"points; take a smaller power, such as power={dimension / 2:.1g}."
        )
    return dimension


def _total_length(distances, power):
    return (spanning_tree(distances)[1] ** power).sum()


def _two_nearest(distances, options):
    nearest = _nearest(distances, 2)
    logarithms = np.sort(_logarithms(nearest[:, 1] / nearest[:, 0]))
    n = len(logarithms)
    kept = logarithms[: int(_KEPT * n)]
    survival = -np.log1p(-np.arange(1, len(kept) + 1) / n)
    squares = (kept**2).sum()
    return (kept * survival).sum() / squares if squares > 0 else np.inf


def _maximum_likelihood(distances, options):
    nearest = _nearest(distances, options.n_neighbors)
    mean = _logarithms(nearest[:, -1:] / nearest[:, :-1]).mean()
    return 1 / mean if mean > 0 else np.inf


def _logarithms(ratios):
    """Return logarithms of ratios, 0 where two distances differ as by rounding.

    Else a grid would have finitely many dimensions, some 1e15. Of points in general position one
    ratio in a million, for each dimension, is so small.
    """
    return np.where(ratios < 1 + _TIE, 0.0, np.log(ratios))


def _nearest(distances, n_neighbors):
    """Return the distances of each point's nearest others, increasing."""
    some = np.partition(distances, n_neighbors, axis=1)[:, : n_neighbors + 1]
    return np.sort(some, axis=1)[:, 1:]  # without itself


DIMENSIONS = {"mle": _maximum_likelihood, "ph": _ph_dimension, "twonn": _two_nearest}


def warn_of_infinite(places):
    """Warn of dimensions that are infinite, by the places where they stand."""
    if places:
        others = f", and of {len(places) - 1} more" if len(places) > 1 else ""
        warn_user(
            f"The dimension of {places[0]}{others} is infinite: neighbours are equally far, as on "
            'a grid, or there are too few points for so many dimensions; or, to "ph", some point '
            "lies far from all others, or `power` is small beside the dimension. Leave such a "
            "point out, take more points, a larger `power`, or another estimator."
        )
