"""The usual comparisons of layers by their coordinates, which topology is to be held against."""

from functools import partial

import numpy as np

from skactland._checks import check_cloud, check_positive
from skactland.comparison._matched import Measure, mean_of_batches, one_less_product
from skactland.metrics._rounding import are_one_point, unit_roundings
from skactland.metrics._scale import to_safe_scale


def linear_cka(cloud, other):
    r"""Return the debiased linear centred kernel alignment of two clouds of the same inputs.

    .. math:: \frac{\langle \tilde K, \tilde L \rangle}{\|\tilde K\| \, \|\tilde L\|},

    where :math:`\tilde K` is the U-centred Gram matrix :math:`X X^\top`: without its diagonal, and
    with rows that sum to zero. So each product is an unbiased estimate of the
    Hilbert-Schmidt independence criterion [2]_, up to a factor that cancels, and clouds of many
    units and few points are not alike by chance, as they are in the first form [1]_.

    Parameters
    ----------
    cloud, other : arrays of shape (n_points, n_units) and (n_points, n_other_units)
        Row i of both is of the same input; four points at least.

    Returns
    -------
    float
        A similarity, at most 1, and 1 for clouds that are equal up to rotation, shift and scale.
        For independent ones about 0, to either side.

    Raises
    ------
    ValueError, TypeError
        If the two have not as many points, there are fewer than four, or nothing is left of a cloud
        after centring but rounding: where all points, or all but one, are equal, or all are equally
        far apart.

    See Also
    --------
    layer_divergences : All pairs of layers.
    rsa : Correlates distances in the place of inner products.

    References
    ----------
    .. [1] Kornblith, Norouzi, Lee, Hinton, "Similarity of neural network representations
       revisited", ICML 2019, arXiv:1905.00414.
    .. [2] Song, Smola, Gretton, Bedo, Borgwardt, "Feature selection via dependence maximization",
       Journal of Machine Learning Research 13, 2012; in the alignment: Nguyen, Raghu, Kornblith,
       ICLR 2021, arXiv:2010.15327.

    Examples
    --------
    >>> import numpy as np
    >>> from skactland.comparison import linear_cka
    >>> cloud = np.random.default_rng(0).normal(size=(50, 3))
    >>> round(linear_cka(cloud, 2 * cloud[:, ::-1] + 1), 6)
    1.0
    """
    return 1.0 - mean_of_batches(cka_measure(), cloud, other)


def svcca(cloud, other, *, variance=0.99):
    """Return the mean canonical correlation of two clouds of the same inputs.

    Each cloud is first brought to the fewest principal directions that hold a share of its
    variance, and those of the same variance as the last of them; then the canonical correlations
    of the two sets of directions are averaged [1]_.

    Parameters
    ----------
    cloud, other : arrays of shape (n_points, n_units) and (n_points, n_other_units)
        Row i of both is of the same input.
    variance : float, default=0.99
        The share of the variance that is kept.

    Returns
    -------
    float
        A similarity, from 0 to 1; 1 if the directions of the one span those of the other, or the
        reverse. So it is 1 whenever a cloud needs as many directions as it has points less one:
        take several times as many points as units.

    Raises
    ------
    ValueError, TypeError
        If the two have not as many points, or all points of a cloud are equal but for
        rounding.

    See Also
    --------
    layer_divergences : All pairs of layers.
    procrustes_distance : Aligns by a rotation alone.

    References
    ----------
    .. [1] Raghu, Gilmer, Yosinski, Sohl-Dickstein, "SVCCA: singular vector canonical correlation
       analysis for deep learning dynamics and interpretability", NeurIPS 2017, arXiv:1706.05806.

    Examples
    --------
    >>> import numpy as np
    >>> from skactland.comparison import svcca
    >>> cloud = np.random.default_rng(0).normal(size=(50, 3))
    >>> round(svcca(cloud, cloud * [1, 2, 3]), 6)
    1.0
    """
    return 1.0 - mean_of_batches(svcca_measure(variance=variance), cloud, other)


def procrustes_distance(cloud, other):
    r"""Return the distance of two clouds of the same inputs after the best rotation.

    .. math:: \min_Q \left\| \frac{X}{\|X\|} - \frac{Y}{\|Y\|} Q \right\|
        = \sqrt{2 - 2 \frac{\|X^\top Y\|_*}{\|X\| \, \|Y\|}},

    over orthogonal Q, with X and Y centred and in the Frobenius norm; :math:`\|\cdot\|_*` is the
    sum of singular values. The cloud of fewer units is read with further units of zero [1]_.

    Parameters
    ----------
    cloud, other : arrays of shape (n_points, n_units) and (n_points, n_other_units)
        Row i of both is of the same input.

    Returns
    -------
    float
        From 0 to the root of 2; a metric of clouds up to rotation, reflection, shift and scale.

    Raises
    ------
    ValueError, TypeError
        If the two have not as many points, or all points of a cloud are equal but for
        rounding.

    See Also
    --------
    layer_divergences : All pairs of layers.
    linear_cka : A similarity that needs no alignment.

    References
    ----------
    .. [1] Williams, Kunz, Kornblith, Linderman, "Generalized shape metrics on neural
       representations", NeurIPS 2021, arXiv:2110.14739.

    Examples
    --------
    >>> from skactland.comparison import procrustes_distance
    >>> round(procrustes_distance([[0, 0], [2, 0], [0, 1]], [[5, 5], [5, 9], [3, 5]]), 6)
    0.0
    """
    return mean_of_batches(procrustes_measure(), cloud, other)


def cka_measure():
    """Return one less :func:`linear_cka`, in two steps."""
    return Measure(_unit_gram, one_less_product, "1 - CKA", fewest=4)


def svcca_measure(*, variance=0.99):
    """Return one less :func:`svcca`, in two steps."""
    if check_positive(variance, "variance") > 1:
        raise ValueError(f"variance must be above 0 and at most 1, got {variance}.")
    return Measure(partial(_directions, variance=variance), _decorrelation, "1 - SVCCA", fewest=2)


def procrustes_measure():
    """Return :func:`procrustes_distance` in two steps."""
    return Measure(_unit_components, _rotated_distance, "Procrustes distance", fewest=2)


def _centred(cloud):
    """Return a cloud with mean zero and largest number 1, and how much its units are rounded.

    Of one whose points are all equal nothing would be left.
    """
    points, shift = to_safe_scale(check_cloud(cloud))
    if are_one_point(cloud):
        raise ValueError(
            "its points are all equal, or differ by rounding alone, so that it has no shape to "
            "compare; leave this cloud out."
        )
    # Of large numbers that differ little the first mean is rounded; of the rest it is not.
    points = points - points[0]
    points = points - points.mean(axis=0)
    size = np.abs(points).max()
    return points / size, np.ldexp(unit_roundings(cloud).max(), shift) / size


def _unit_gram(cloud):
    """Return the U-centred Gram matrix of a cloud, of norm 1, as a vector."""
    points, rounding = _centred(cloud)
    gram = points @ points.T
    radius = np.sqrt(gram.diagonal().max())
    np.fill_diagonal(gram, 0.0)
    n, size = len(gram), np.linalg.norm(gram)
    means = gram.sum(axis=0) / (n - 2)
    gram += means.sum() / (n - 1) - means - means[:, None]
    np.fill_diagonal(gram, 0.0)
    norm = np.linalg.norm(gram)
    # What is left is rounding: of the products, or of both points of each.
    if norm <= max(1e-10 * size, 2 * n * radius * rounding):
        raise ValueError(
            "U-centring leaves nothing of it but rounding, as of points that are all equally far "
            "from each other, or all equal but for one, or of three; take more inputs, or leave "
            "this cloud out."
        )
    return gram.ravel() / norm


def _components(cloud):
    """Return left singular vectors and values of a centred cloud, and how much these are rounded.

    A matrix of independent roundings has a norm of about that.
    """
    points, rounding = _centred(cloud)
    vectors, values, _ = np.linalg.svd(points, full_matrices=False)
    return vectors, values, rounding * np.sqrt(points.shape).sum()


def _directions(cloud, variance):
    """Return the fewest principal directions that hold a share of the variance."""
    vectors, values, rounding = _components(cloud)
    shares = np.cumsum(values**2) / np.sum(values**2)
    # A share of 1 may be rounded; directions without variance are no directions.
    n_kept = 1 + int(np.searchsorted(shares, variance * (1 - 1e-12)))
    # Directions of one variance are all kept: which of them come first is chance.
    last = values[min(n_kept, len(values)) - 1]
    n_kept = np.count_nonzero(values >= last - max(1e-9 * last, rounding))
    n_there = np.count_nonzero(values > max(1e-10 * values[0], rounding))
    return vectors[:, : max(1, min(n_kept, n_there))]


def _decorrelation(one, two):
    correlations = np.linalg.svd(one.T @ two, compute_uv=False)
    return float(1.0 - np.minimum(correlations, 1.0).mean())


def _unit_components(cloud):
    """Return a cloud of norm 1, turned such that it needs no more units than it has points."""
    vectors, values, _ = _components(cloud)
    return vectors * (values / np.linalg.norm(values))


def _rotated_distance(one, two):
    width = max(one.shape[1], two.shape[1])
    one, two = (np.pad(each, ((0, 0), (0, width - each.shape[1]))) for each in (one, two))
    left, _, right = np.linalg.svd(two.T @ one)
    # The difference itself: two less twice the sum of the values would lose half of the digits.
    return float(np.linalg.norm(one - two @ (left @ right)))
