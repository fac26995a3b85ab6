"""Clouds like a given one in all that a null hypothesis names, and random in the rest.

Each kind is a row of `KINDS`: a function of a checked cloud to a function of a generator, which
draws. What does not depend on chance is done once a cloud, not once a draw.
"""

import numpy as np
from scipy.linalg import solve_triangular

from skactland._checks import at_place, check_cloud, check_count, check_option
from skactland.inference._rng import check_rng
from skactland.metrics._rounding import are_one_point


def null_clouds(cloud, kind="rotated", *, n_clouds=1, rng=None):
    r"""Draw clouds that are like a given one in some ways, and otherwise random.

    With :math:`\bar x` the mean of the n points, C the cloud less its mean, one point a row, and
    :math:`S = C^T C / (n - 1)` its covariance, of whatever rank:

    - "rotated": :math:`1 \bar x^T + Q C`, where Q is a random orthogonal matrix that keeps the
      vector of ones, uniform among all of these [1]_. *Keeps* the mean and the covariance, exactly.
      It is the law of a Gaussian sample given its mean and its covariance, so a cloud of any
      Gaussian law and its nulls are exchangeable: *tests* whether points are a Gaussian sample, of
      any covariance whatever, and p-values are exact for every number of points and dimensions.
    - "gaussian": n independent points of the law :math:`N(\bar x, S)`. *Keeps* mean and covariance
      in expectation. *Tests* the same, approximately: S is an estimate, whose spectrum is wider
      than the true one where dimensions are not few beside points, and its draws have wider ones
      yet.
    - "permuted": each column permuted on its own. *Keeps* what values each unit takes, and how
      often; no dependence among units is left. *Tests* whether units are independent of each other,
      exactly.

    Parameters
    ----------
    cloud : array of shape (n_points, n_units)
        One point a row, two points or more. Points that differ by rounding of the type of their
        numbers alone, as of a layer of dead units, count as equal to the first, and so do nulls.
    kind : {"rotated", "gaussian", "permuted"}, default="rotated"
        What is kept.
    n_clouds : int, default=1
        How many are drawn.
    rng : int, Generator or None, default=None
        Source of chance, as in :func:`numpy.random.default_rng`.

    Returns
    -------
    ndarray of shape (n_clouds, n_points, n_units)
        A table of clouds of one column to whatever takes tables; in units of the cloud.

    Raises
    ------
    ValueError, TypeError
        If the cloud has fewer than two points, a coordinate is not finite, or an option is unknown.
    MemoryError
        If so many clouds do not fit in memory; :func:`~skactland.inference.null_test` holds one at
        a time.

    See Also
    --------
    null_test : Topology of a cloud against that of its nulls.

    References
    ----------
    .. [1] Langsrud, "Rotation tests", Statistics and Computing 15, 2005.

    Examples
    --------
    >>> import numpy as np
    >>> from skactland.datasets import make_circle
    >>> from skactland.inference import null_clouds
    >>> circle = make_circle(100, random_state=0)
    >>> (null,) = null_clouds(circle, rng=0)
    >>> np.allclose(np.cov(null.T), np.cov(circle.T))
    True
    >>> radii = np.linalg.norm(null, axis=1)  # a disc, full in its middle
    >>> bool(radii.min() < 0.3)
    True
    """
    n_clouds, rng = check_count(n_clouds, "n_clouds"), check_rng(rng)
    check_option(kind, "kind", KINDS)
    with at_place("the cloud"):
        points = check_points(cloud)
        draw = KINDS[kind](points)
    try:
        clouds = np.empty((n_clouds, *points.shape))
    except (MemoryError, ValueError) as error:
        raise MemoryError(
            f"n_clouds={n_clouds} clouds of shape {points.shape} do not fit in memory; draw fewer "
            "at a time."
        ) from error
    for null in clouds:
        null[:] = draw(rng)
    return clouds


def check_points(cloud):
    """Return a cloud of two points or more as float64, without rounding if nothing else differs."""
    points = check_cloud(cloud)
    if len(points) < 2:
        raise ValueError(
            f"a cloud of {len(points)} points has no covariance, and no null; two points or more "
            "are needed."
        )
    # The type of its numbers is known here alone, and nulls of rounding would be as round.
    return np.tile(points[0], (len(points), 1)) if are_one_point(cloud) else points


def _rotated(points):
    mean, scores, axes = _principal(points)

    def draw(rng):
        # The rotated left singular vectors, which are orthogonal to the ones: a uniform frame.
        columns = rng.standard_normal((len(points), len(axes)))
        frame = _orthonormal(columns - columns.mean(axis=0))
        return frame * scores @ axes + mean

    return draw


def _orthonormal(columns):
    """Return Q of the one factorisation QR of Gaussian columns whose R has a positive diagonal.

    That one turns with the columns, so that Q is uniform if their law is invariant.
    """
    n_rows, n_columns = columns.shape
    if n_rows >= max(2 * n_columns, 50):
        # Of so few columns the singular values are of one size, the largest some six times the
        # least: products keep all but two digits, at a quarter of the time.
        factor = np.linalg.cholesky(columns.T @ columns)
        return solve_triangular(factor, columns.T, lower=True, check_finite=False).T
    frame, factor = np.linalg.qr(columns)
    return frame * np.where(np.diagonal(factor) < 0, -1.0, 1.0)


def _gaussian(points):
    mean, scores, axes = _principal(points)
    deviations = scores / np.sqrt(len(points) - 1)
    return lambda rng: rng.standard_normal((len(points), len(axes))) * deviations @ axes + mean


def _permuted(points):
    return lambda rng: rng.permuted(points, axis=0)


def _principal(points):
    """Return the mean of a cloud, its singular values that are not zero, and their axes."""
    mean, centred = _centred(points)
    _, values, axes = np.linalg.svd(centred, full_matrices=False)
    # What rounding leaves of a cloud that is flat is no direction of it; of n points there are at
    # most n - 1, and as many as there are columns.
    is_there = values > max(points.shape) * np.finfo(float).eps * values.max(initial=0.0)
    is_there[len(points) - 1 :] = False
    return mean, values[is_there], axes[is_there]


def _centred(points):
    """Return the mean of a cloud, and the cloud less its mean."""
    with np.errstate(over="ignore", invalid="ignore"):
        # Of points far from the origin a plain mean is rounded by as much as points differ. The
        # differences from one of them are exact there, and their mean is as small as they are.
        apart = points - points[0]
        step = apart.mean(axis=0)
        centred = apart - step
    if not np.isfinite(centred).all():
        raise ValueError(
            "coordinates are too large for their differences to be floating-point numbers; divide "
            "the cloud by a power of two."
        )
    return points[0] + step, centred


KINDS = {"gaussian": _gaussian, "permuted": _permuted, "rotated": _rotated}
