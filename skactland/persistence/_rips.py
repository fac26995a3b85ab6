"""Vietoris-Rips persistence of one point cloud."""

from functools import partial

import numpy as np

from skactland._checks import (
    as_matrix,
    at_place,
    check_cloud,
    check_coefficient_field,
    check_flag,
    check_homology_dimensions,
    check_max_edge_length,
    warn_user,
)
from skactland._table import Cache
from skactland.metrics._matrix import is_precomputed
from skactland.metrics._memory import reserve_memory
from skactland.metrics._registry import find_metric
from skactland.persistence._engines import (
    ENGINES,
    check_engine,
    choose_engine,
    rips_bars,
    rips_bars_of_points,
)
from skactland.persistence._loops import padded_loops

_TOO_MANY_POINTS = (
    "Use fewer: landmarks or several subsamples (skactland.PointSampler), or max_points of the "
    "extractor."
)

# What may change a bar, beside this package.
_LIBRARIES = ("gudhi", "numba", "numpy", "scikit-learn", "scipy")


def rips_persistence(
    cloud,
    homology_dimensions=(0, 1),
    *,
    metric="euclidean",
    metric_params=None,
    max_edge_length=np.inf,
    coefficient_field=2,
    engine="auto",
    return_simplices=False,
    return_cycles=False,
    memory=None,
):
    r"""Return the persistence diagrams of the Vietoris-Rips filtration of a point cloud.

    At filtration value :math:`t` the complex has a simplex for each set of points whose pairwise
    distances are all at most :math:`t` (the diameter convention: two points at distance 1 are
    joined at :math:`t = 1`, not at 1/2). A bar (birth, death) of degree q is a q-dimensional hole
    that appears at the one value and is filled at the other.

    Parameters
    ----------
    cloud : array of shape (n_points, n_units)
        One point a row, or a distance matrix if ``metric="precomputed"``. The complex of one
        point has a single essential class in degree 0, that of no points has none.
    homology_dimensions : sequence of int, default=(0, 1)
        The degrees wanted, increasing.
    metric : str or callable, default="euclidean"
        "dependence", "euclidean", "geodesic", "local", "scaled" or "sphere" (see
        :mod:`skactland.metrics`), any other that :func:`sklearn.metrics.pairwise_distances` takes,
        or "precomputed".
    metric_params : dict or None, default=None
        Further arguments of the metric.
    max_edge_length : float, default=inf
        Edges longer than this are left out; what is still alive then has death inf.
    coefficient_field : int, default=2
        Homology is over Z/p for this prime p.
    engine : {"auto", "tree", "lunes", "gudhi"}, default="auto"
        "auto" takes the first that can do what is asked for: "tree", for degree 0 alone; "lunes",
        our own, for degrees 0, 1 and 2 over Z/2 and up to 65,536 points; GUDHI [1]_, which does not
        tell simplices. All are exact, and agree bar for bar.
    return_simplices : bool, default=False
        Return what begins and ends each bar too, for degrees up to 2 over Z/2, or 0 alone.
    return_cycles : bool, default=False
        Return a loop of points for each bar of degree 1 too, over Z/2. What is guaranteed of it is
        told by :func:`~skactland.representative_loops`, which gives the same loops for some bars.
    memory : path, joblib.Memory or None, default=None
        Cache the result by the content of the cloud and the parameters; a callable metric counts by
        its code and all that it reads. What cannot be cached gives a warning.

    Returns
    -------
    diagrams : list of arrays of shape (n_bars, 2)
        One diagram for each degree: float64 rows (birth, death) in units of the metric, sorted by
        birth and then death. Bars of length zero are left out; essential classes have death inf.
    simplices : list of arrays, if ``return_simplices=True``
        Indices of points, a row for each bar. Of triangles and tetrahedra the longest edge is
        determined; which of several with the same one is told may depend on the order of the
        points. Degree 0, shape (n_bars, 2): the edge that joins a
        component to another. Degree 1, shape (n_bars, 5): the edge that closes a loop, and the
        triangle that fills it, its longest edge first. Degree 2, shape (n_bars, 7): the triangle
        that closes a void and the tetrahedron that fills it, their longest edges first. -1 where a
        bar does not end.
    cycles : array of shape (n_bars, n_points_of_longest), if ``return_cycles=True``
        Indices of points in order around a loop, a row for each bar of degree 1, and -1 after the
        last of them: ``row[row >= 0]`` is the loop.

    Raises
    ------
    ValueError, TypeError
        If a coordinate is NaN or infinite, distances are NaN, a precomputed matrix is not
        symmetric, non-negative and zero on its diagonal, a parameter is out of range, cycles are
        wanted without degree 1, or the engine cannot do what is asked for. Distances may be
        infinite: such points are never joined.
    MemoryError
        If there are too many points for the memory that is available; says how many would do.

    Warns
    -----
    UserWarning
        If a degree above 0 has no bar at all and there are too few points for one to be expected:
        fewer than 2q + 2 points, the least that can carry degree q, or no more points than
        coordinates.

    See Also
    --------
    RipsPersistence : The same for a table.
    representative_loops : The points around some bars of degree 1.
    spanning_trees : Degree 0 of many points.

    Notes
    -----
    Lengths are compared and reported in double precision. Euclidean points need no distance matrix
    in degree 0 alone, and from 8000 points on in degrees 0 and 1, where lengths are worked out anew
    when they are wanted, the same to the last bit. From 128 units on distances are
    rounded by up to 1e-12 of themselves (:func:`~skactland.metrics.euclidean_distances`), but for
    degree 0 alone. How our own engine works, and where it comes from, is told in
    ``skactland/persistence/_lunes.py``.

    References
    ----------
    .. [1] The GUDHI Project. GUDHI User and Reference Manual. https://gudhi.inria.fr

    Examples
    --------
    The corners of the unit square carry one loop, from the side to the diagonal:

    >>> from skactland import rips_persistence
    >>> components, loops = rips_persistence([[0, 0], [1, 0], [1, 1], [0, 1]])
    >>> components
    array([[ 0.,  1.],
           [ 0.,  1.],
           [ 0.,  1.],
           [ 0., inf]])
    >>> loops.round(4)
    array([[1.    , 1.4142]])
    """
    compute, degrees, cache = prepare(
        homology_dimensions,
        metric=metric,
        metric_params=metric_params,
        max_edge_length=max_edge_length,
        coefficient_field=coefficient_field,
        engine=engine,
        return_simplices=return_simplices,
        return_cycles=return_cycles,
        memory=memory,
    )
    with cache, at_place("the cloud"):
        diagrams, simplices, cycles = compute(cloud)
    if is_too_small(cloud, diagrams, degrees, metric):
        warn_of_small_clouds(["the cloud"], as_matrix(cloud).shape)
    extras = [simplices] if return_simplices else []
    if return_cycles:
        extras.append(cycles)
    return (diagrams, *extras) if extras else diagrams


def prepare(
    homology_dimensions,
    *,
    metric,
    metric_params,
    max_edge_length,
    coefficient_field,
    engine,
    return_simplices,
    return_cycles,
    memory,
):
    """Check the parameters; return a function of a cloud, the degrees, and the cache in use."""
    degrees = check_homology_dimensions(homology_dimensions)
    options = {
        "degrees": degrees,
        "metric": metric,
        "metric_params": metric_params,
        "max_edge_length": check_max_edge_length(max_edge_length),
        "coefficient_field": check_coefficient_field(coefficient_field),
        "engine": check_engine(engine),
        "return_simplices": check_flag(return_simplices, "return_simplices"),
        "return_cycles": check_flag(return_cycles, "return_cycles"),
    }
    # What no cloud could be given is refused before any is looked at.
    find_metric(metric, metric_params)
    choose_engine(engine, degrees, options["coefficient_field"], _extras(options))
    if return_cycles and 1 not in degrees:
        raise ValueError(
            f"return_cycles=True needs degree 1 in homology_dimensions, got {degrees}: cycles are "
            "loops that begin its bars."
        )
    cache = Cache(memory, options, libraries=_LIBRARIES)
    return partial(_remembered, options=options, cache=cache), degrees, cache


def _extras(options):
    """Return the options by which more than bars is wanted."""
    return [f"{name}=True" for name in ("return_simplices", "return_cycles") if options[name]]


def _remembered(cloud, options, cache):
    """Return diagrams of a cloud, their simplices and cycles, from the cache if it holds them."""
    compute = partial(_diagrams, cloud, **options)
    return cache.get(compute, as_matrix(cloud), name="the diagrams of a cloud")


def _diagrams(
    cloud,
    *,
    degrees,
    metric,
    metric_params,
    max_edge_length,
    coefficient_field,
    engine,
    **extras,
):
    """Return the diagrams of one cloud, their simplices, and the cycles of degree 1 if wanted.

    The parameters are checked already.
    """
    n_points = len(as_matrix(cloud))
    engine = choose_engine(engine, degrees, coefficient_field, _extras(extras), n_points)
    row, (measure, params) = ENGINES[engine], find_metric(metric, metric_params)
    of_points = row.without_matrix(metric, degrees, n_points)
    if of_points and not params and not extras["return_cycles"]:
        return *_without_matrix(cloud, degrees, max_edge_length, of_points), None
    # The larger, not the sum: the metric's peak is over when the engine begins, and both hold the
    # matrix.
    bytes_per_pair = max(measure.bytes_per_pair, row.bytes_for(degrees))
    with reserve_memory(n_points, bytes_per_pair, _TOO_MANY_POINTS):
        distances = measure.function(cloud, **params)
        bars, simplices = rips_bars(distances, degrees, max_edge_length, coefficient_field, engine)
        if not extras["return_cycles"]:
            return bars, simplices, None
        return bars, simplices, padded_loops(distances, simplices[degrees.index(1)])


def _without_matrix(cloud, degrees, max_edge_length, of_points):
    """Return the diagrams of points, and their simplices."""
    n_points, n_units = as_matrix(cloud).shape
    bytes_per_pair = of_points.bytes_for(n_points, n_units) / max(n_points, 1) ** 2
    with reserve_memory(n_points, bytes_per_pair, _TOO_MANY_POINTS):
        points = check_cloud(cloud, keep_single=True)
        return rips_bars_of_points(points, degrees, max_edge_length, of_points.function)


def is_too_small(cloud, diagrams, degrees, metric):
    """Tell whether a degree is empty, and the number of points may be the reason."""
    n_points, n_units = as_matrix(cloud).shape
    has_few_points = n_points <= n_units and not is_precomputed(metric)
    return any(
        q > 0 and len(diagram) == 0 and (n_points < 2 * q + 2 or has_few_points)
        for q, diagram in zip(degrees, diagrams, strict=True)
    )


def warn_of_small_clouds(places, shape):
    """Warn that clouds may be too small for the degrees asked for; `shape` is the first one's."""
    others = f" and {len(places) - 1} more" if len(places) > 1 else ""
    warn_user(
        f"No bar in some degree above 0 in {places[0]} ({shape[0]} points in {shape[1]} dimensions)"
        f"{others}: so few points seldom or never show a hole there. Use more probe points, or "
        "leave that degree out of homology_dimensions."
    )
