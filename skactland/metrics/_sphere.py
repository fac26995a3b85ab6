"""Angles between outputs of classifiers, as distributions over the classes."""

import numpy as np
from scipy.special import log_softmax

from skactland._checks import check_cloud, check_option
from skactland.metrics._euclidean import euclidean_distances


def sphere_distances(cloud, *, rows="logits"):
    r"""Return the angles :math:`\arccos \sum_j \sqrt{p_j q_j}` between distributions.

    The square roots of probabilities are a point of the unit sphere, in its positive orthant; the
    angle is the length of the great circle between two of them, half their Fisher distance [1]_.

    Parameters
    ----------
    cloud : array of shape (n_points, n_classes)
        One point a row.
    rows : {"logits", "probabilities"}, default="logits"
        Logits are turned into probabilities, :math:`p_j = e^{z_j} / \sum_k e^{z_k}`.

    Returns
    -------
    ndarray of shape (n_points, n_points)
        float64, symmetric, in radians, at most pi/2. Computed as 2 arcsin(chord / 2), which keeps
        small angles accurate, down to 1e-16 where the roots of probabilities round.

    Raises
    ------
    ValueError, TypeError
        If the cloud is not a two-dimensional array of finite numbers, or its rows are to be
        probabilities and are negative or do not sum to 1 (within 1e-5).

    See Also
    --------
    distance_matrix : Any metric by its name.

    References
    ----------
    .. [1] Bhattacharyya, "On a measure of divergence between two multinomial populations",
       Sankhya 7, 1946.

    Examples
    --------
    >>> from skactland.metrics import sphere_distances
    >>> sphere_distances([[1, 0], [0, 1], [0.5, 0.5]], rows="probabilities").round(4)
    array([[0.    , 1.5708, 0.7854],
           [1.5708, 0.    , 0.7854],
           [0.7854, 0.7854, 0.    ]])
    """
    check_option(rows, "rows", {"logits", "probabilities"})
    points = check_cloud(cloud)
    if len(points) == 0:
        return np.zeros((0, 0))
    roots = _roots_of_logits(points) if rows == "logits" else _roots(points)
    angles = 2 * np.arcsin(np.minimum(euclidean_distances(roots) / 2, 1))
    # Rounding may take points without a common class a little further apart.
    return np.minimum(angles, np.pi / 2, out=angles)


def _roots_of_logits(logits):
    with np.errstate(over="ignore"):  # a difference beyond all numbers is a probability of 0
        return np.exp(log_softmax(logits, axis=1) / 2)  # half the logarithm is the root's


def _roots(probabilities):
    """Return the square roots of distributions, one a row."""
    sums = probabilities.sum(axis=1, keepdims=True)
    # Softmax in single precision sums to 1 within 1e-6 or so.
    is_bad = (probabilities < 0).any(axis=1) | (np.abs(sums[:, 0] - 1) > 1e-5)
    if is_bad.any():
        row = int(np.flatnonzero(is_bad)[0])
        raise ValueError(
            f"row {row} is no probability distribution (least entry "
            f"{probabilities[row].min():g}, sum {sums[row, 0]:g}); for outputs before the softmax "
            'use rows="logits".'
        )
    return np.sqrt(probabilities / sums)
