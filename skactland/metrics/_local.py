"""Local homology: distances within a ball whose outside is one point."""

from numbers import Real

import numpy as np

from skactland._checks import check_cloud, check_flag
from skactland.metrics._euclidean import euclidean_distances
from skactland.metrics._scale import to_safe_scale


def local_distances(cloud, *, quantile=0.95, centre=True, project=True):
    r"""Return distances within a ball about the centre of a cloud, its outside coned off.

    Of n points, sorted by their norm, the one of index :math:`\lfloor n q \rfloor` (from 0) gives
    the radius r. It and the points after it are the outer region; the distances among these are
    set to 0, which makes them one point. Everything is divided by r. A loop is then a path through
    the ball from one part of the outer region to another: this is the homology of the ball
    relative to its boundary, as seen by the points.

    Parameters
    ----------
    cloud : array of shape (n_points, n_units)
        One point a row.
    quantile : float, default=0.95
        Share q of the points that are inside, 0 < q < 1.
    centre : bool, default=True
        Measure norms from the mean of the points, or else from the origin.
    project : bool, default=True
        Move the outer points to the sphere of radius r first, so that it does not matter how far
        outside they are.

    Returns
    -------
    ndarray of shape (n_points, n_points)
        float64, symmetric, in units of r. Not a metric: the outer points are at distance 0 of each
        other but at different distances of an inner point, which Rips complexes bear. All zeros
        if the points are all equal.

    Raises
    ------
    ValueError, TypeError
        If the cloud is not a two-dimensional array of finite numbers, the quantile is not between
        0 and 1, or r is 0 although some points differ.

    See Also
    --------
    distance_matrix : Any metric by its name.

    Notes
    -----
    Of points with the same norm r, those that come first in the cloud may be inside and the others
    outside: the number of outer points is fixed.

    References
    ----------
    .. [1] Wheeler, Bouza, Bubenik, "Activation landscapes as a topological summary of neural
       network performance", IEEE Big Data 2021.

    Examples
    --------
    A segment is a circle once its ends are one point:

    >>> import numpy as np
    >>> from skactland.metrics import local_distances
    >>> local_distances(np.arange(-2, 3)[:, None], quantile=0.7)
    array([[0. , 0.5, 1. , 1.5, 0. ],
           [0.5, 0. , 0.5, 1. , 1.5],
           [1. , 0.5, 0. , 0.5, 1. ],
           [1.5, 1. , 0.5, 0. , 0.5],
           [0. , 1.5, 1. , 0.5, 0. ]])
    """
    if not isinstance(quantile, Real) or isinstance(quantile, bool) or not 0 < quantile < 1:
        raise ValueError(f"quantile must be a number between 0 and 1, both excluded: {quantile!r}.")
    check_flag(centre, "centre")
    check_flag(project, "project")
    points, _ = to_safe_scale(check_cloud(cloud))  # all is measured in units of the radius
    if len(points) < 2 or not (points != points[0]).any():
        return np.zeros((len(points), len(points)))
    centred = points - points.mean(axis=0) if centre else points
    norms = np.linalg.norm(centred, axis=1)
    order = np.argsort(norms, kind="stable")
    outer = order[_index(len(points), quantile) :]
    radius = norms[outer[0]]
    if radius == 0:
        raise ValueError(
            f"the radius is 0, as at least {len(points) - len(outer) + 1} of "
            f"{len(points)} points are the centre itself; use a larger quantile than {quantile}."
        )
    if project:
        # Inner points are left as they came: rounding would part distances that are equal.
        points = points.copy()
        points[outer] += centred[outer] * (radius / norms[outer] - 1)[:, None]
    distances = euclidean_distances(points) / radius
    distances[np.ix_(outer, outer)] = 0
    return distances


def _index(n_points, quantile):
    """Return floor(n q), where n q may be a whole number but for rounding, as in 41 * (37 / 41)."""
    product = n_points * quantile
    nearest = round(product)
    index = nearest if np.isclose(product, nearest, rtol=1e-14, atol=0) else int(product)
    return min(index, n_points - 1)
