"""Gram matrices and distances of tables of diagrams."""

import numpy as np

from skactland._checks import (
    as_array,
    check_flag,
    check_n_jobs,
    check_option,
    check_positive,
)
from skactland._table import read_diagrams, read_two_of_diagrams
from skactland.kernels._median import median_width
from skactland.kernels._projection import check_approximation
from skactland.kernels._space import LandscapeSpace
from skactland.landscapes._bars import (
    ESSENTIAL_POLICIES,
    bars_of_table,
    warn_of_dropped_bars,
    window_ends,
)
from skactland.landscapes._scale import in_users_unit


def landscape_gram(
    X,
    Y=None,
    *,
    kernel="linear",
    gamma=None,
    level_weights=None,
    nu=1.0,
    column_weights=None,
    normalize=False,
    essential="drop",
    approximation=None,
    n_jobs=None,
):
    r"""Return the Gram matrix of the landscape kernel.

    .. math:: K(X_i, Y_j) = \sum_{c} v_c \sum_{k \ge 1} w_k
        \int \lambda^{X_{ic}}_k(t)\, \lambda^{Y_{jc}}_k(t)\, dt

    over the columns c of two tables of diagrams and all levels k of their landscapes: the inner
    product of activation landscapes [1]_, by default with all weights 1. It is integrated exactly,
    without a grid. Kernels of the distance :math:`\sqrt{K(x, x) + K(y, y) - 2 K(x, y)}` are built
    on it.

    Parameters
    ----------
    X : table of diagrams
        Object array of shape (n, n_columns), data frame, or list of diagrams (one column).
    Y : table of diagrams or None, default=None
        A table with the same columns; `X` itself if None.
    kernel, gamma, level_weights, nu, column_weights, normalize, essential, approximation, n_jobs
        As in :class:`~skactland.LandscapeKernel`, fitted to `Y`; but for `column_weights`, which
        are 1 by default.

    Returns
    -------
    ndarray of shape (n_X, n_Y)
        In units of the cubed filtration value, for the linear kernel without ``normalize``.

    Raises
    ------
    ValueError, TypeError
        If the columns differ, a cell is no diagram, has NaN coordinates or a bar that dies
        before its birth, a weight is negative, or floating-point numbers end before the cubes of
        the filtration values.

    See Also
    --------
    LandscapeKernel : The same as a stage of a pipeline.
    landscape_distance : The distances.

    References
    ----------
    .. [1] Wheeler, Bouza, Bubenik, "Activation landscapes as a topological summary of neural
       network performance", IEEE Big Data 2021, arXiv:2110.10136.

    Examples
    --------
    >>> from skactland import landscape_gram
    >>> landscape_gram([[[0.0, 2.0]], [[1.0, 3.0]]]).round(4)
    array([[0.6667, 0.1667],
           [0.1667, 0.6667]])
    """
    check_kernel(kernel, gamma, normalize, approximation, n_jobs)
    space, rows, others = _in_one_space(
        X,
        Y,
        essential,
        level_weights=level_weights,
        nu=nu,
        column_weights=column_weights,
        approximation=approximation,
        n_jobs=n_jobs,
    )
    if kernel == "linear":
        return linear_gram(space, rows, others, normalize=normalize, n_jobs=n_jobs)
    options = {"normalize": normalize, "n_jobs": n_jobs}
    squares = space.squared_distances(rows, others, **options)
    rate = None
    if kernel == "rbf":
        # From Y alone, as an estimator that is fitted to Y learns it.
        is_learned = gamma is None and rows is not None
        of_fit = space.squared_distances(None, others, **options) if is_learned else squares
        rate = gaussian_rate(gamma, of_fit, space.power_of_distances(normalize))
    return kernel_of_distances(squares, space.power_of_distances(normalize), kernel, rate)


def landscape_distance(
    X,
    Y=None,
    *,
    level_weights=None,
    nu=1.0,
    column_weights=None,
    normalize=False,
    essential="drop",
    approximation=None,
    n_jobs=None,
):
    r"""Return the L2 distances of activation landscapes.

    .. math:: d(X_i, Y_j)^2 = \sum_{c} v_c \sum_{k \ge 1} w_k
        \int \big(\lambda^{X_{ic}}_k(t) - \lambda^{Y_{jc}}_k(t)\big)^2\, dt

    over the columns c of two tables of diagrams and all levels k. Where the two landscapes are so
    close that the difference of their inner products would lose more than six digits, the integral
    is taken of the difference itself; what is lost then is told in
    :meth:`~skactland.PersistenceLandscape.distance`.

    Parameters
    ----------
    X : table of diagrams
        Object array of shape (n, n_columns), data frame, or list of diagrams (one column).
    Y : table of diagrams or None, default=None
        A table with the same columns; `X` itself if None.
    level_weights, nu, column_weights, normalize, essential, approximation, n_jobs
        As in :class:`~skactland.LandscapeKernel`, fitted to `Y`. Approximate distances are those
        of projections, and so never larger than the exact ones; squares are smaller by at most
        :math:`(r_i + r_j)^2`, where r is the norm of what is left out of a row.

    Returns
    -------
    ndarray of shape (n_X, n_Y)
        In units of the filtration value to the power 3/2, unless ``normalize=True``.

    Raises
    ------
    ValueError, TypeError, MemoryError
        As :func:`landscape_gram` does.

    See Also
    --------
    landscape_gram : The inner products.
    skactland.comparison.diagram_distances : Bottleneck and Wasserstein distances.
    skactland.PersistenceLandscape : The distance of two landscapes, level by level.

    Examples
    --------
    >>> from skactland import landscape_distance
    >>> landscape_distance([[[0.0, 2.0]], [[1.0, 3.0]]]).round(4)
    array([[0., 1.],
           [1., 0.]])
    """
    check_kernel("linear", None, normalize, approximation, n_jobs)
    space, rows, others = _in_one_space(
        X,
        Y,
        essential,
        level_weights=level_weights,
        nu=nu,
        column_weights=column_weights,
        approximation=approximation,
        n_jobs=n_jobs,
    )
    squares = space.squared_distances(rows, others, normalize=normalize, n_jobs=n_jobs)
    return _distances(squares, space.power_of_distances(normalize))


def _in_one_space(X, Y, essential, *, n_jobs, **options):
    """Return the space that Y tells, the rows of X in it, None without a Y, and those of Y."""
    names, bars, others = _read_pair(X, Y, essential)
    space, others = LandscapeSpace.learn(others, names, n_jobs=n_jobs, **options)
    return space, None if bars is None else space.rows(bars, n_jobs=n_jobs), others


def _read_pair(X, Y, essential):
    """Return the names of the columns, the bars of X, and those of Y; of X twice without a Y.

    The former are None in that case. Essential bars of both are cut where the columns of Y end.
    """
    check_option(essential, "essential", ESSENTIAL_POLICIES)
    if Y is None:
        table = read_diagrams(X)
        warn_of_dropped_bars(table, essential)
        return table.names, None, bars_of_table(table, essential, window_ends(table))
    tables = read_two_of_diagrams(X, Y, ("X", "Y"))
    for each in tables:
        warn_of_dropped_bars(each, essential)
    other = tables[1]
    ends = window_ends(other)
    return other.names, *(bars_of_table(each, essential, ends) for each in tables)


def check_kernel(kernel, gamma, normalize, approximation, n_jobs):
    """Check the parameters that say which kernel it is and how it is computed."""
    if not callable(kernel):
        check_option(kernel, "kernel", ("linear", "rbf"))
    if gamma is not None:
        check_positive(gamma, "gamma")
    check_flag(normalize, "normalize")
    check_approximation(approximation)
    check_n_jobs(n_jobs)


def linear_gram(space, rows, others, *, normalize, **options):
    """Return the inner products of rows and others, or their cosines.

    Parameters
    ----------
    space : LandscapeSpace
    rows : Rows or None
        The others if None.
    others : Rows
    normalize : bool
    **options
        n_jobs and memory, as in joblib.
    """
    if normalize:
        return space.cosines(rows, others, **options)
    in_users_unit(others.squared_norms, space.power, "Squared norms of landscapes")
    products = space.products(rows, others, **options)
    return in_users_unit(products, space.power, "Inner products of landscapes")


def gaussian_rate(gamma, squares, power):
    """Return a factor and a power of two, whose product times a square as measured is gamma d^2.

    Parameters
    ----------
    gamma : float or None
        In the user's unit; by the median rule if None, which has no unit.
    squares : array of shape (n, n)
        The squared distances of the rows seen in fit.
    power : int
        The squares are measured in two to this power.
    """
    return (float(1 / median_width(squares)), 0) if gamma is None else (float(gamma), power)


def kernel_of_distances(squares, power, kernel, rate):
    """Return the values of a kernel at squared distances that are measured in ``2.0 ** power``.

    Parameters
    ----------
    squares : array
    power : int
    kernel : "rbf" or callable
    rate : (float, int) or None
        Of "rbf", from `gaussian_rate`.
    """
    if kernel == "rbf":
        factor, exponent = rate
        with np.errstate(over="ignore", under="ignore"):
            return np.exp(-np.ldexp(factor * squares, exponent))
    distances = _distances(squares, power)
    expected = (
        f"kernel must turn an array of distances of shape {distances.shape} into one of kernel "
        "values of that shape without NaN"
    )
    values = as_array(kernel(distances), expected).astype(np.float64, copy=False)
    if values.shape != distances.shape or np.isnan(values).any():
        raise ValueError(f"{expected}, got shape {values.shape}.")
    return values


def error_bounds(space, rows, others, kernel, rate, *, normalize):
    """Return how far approximate values of a kernel are from the exact ones at most.

    An inner product is off by at most the product of the norms r and s of what is left out of its
    rows, and a squared distance too small by (r + s)^2 at most; `exp` turns that into what is
    returned for "rbf". Of a callable nothing is known: the bounds are of the squared distances.

    Parameters
    ----------
    space : LandscapeSpace
    rows, others : Rows
    kernel : "linear", "rbf" or callable
    rate : (float, int) or None
        Of "rbf", from `gaussian_rate`.
    normalize : bool

    Returns
    -------
    array of shape (n_rows, n_others)
    """
    left = space.norms_left_out(rows, normalize)[:, None]
    others_left = space.norms_left_out(others, normalize)
    with np.errstate(over="ignore", under="ignore"):
        if kernel == "rbf":
            factor, exponent = rate
            return -np.expm1(-np.ldexp(factor * (left + others_left) ** 2, exponent))
        bounds = left * others_left if kernel == "linear" else (left + others_left) ** 2
        return np.ldexp(bounds, space.power_of_distances(normalize))


def _distances(squares, power):
    # The power is even, since the exponents of units are.
    return in_users_unit(np.sqrt(squares), power // 2, "Distances of landscapes")
