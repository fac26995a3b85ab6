"""Vietoris-Rips persistence: from point clouds to persistence diagrams."""

import warnings
from functools import partial

import numpy as np
from sklearn.utils.validation import check_is_fitted

from skactland._checks import (
    check_coefficient_field,
    check_homology_dimensions,
    check_max_edge_length,
)
from skactland._rips.gudhi import rips_bars
from skactland._tables import (
    TableTransformer,
    cell_places,
    check_table,
    column_names,
    empty_table,
    map_cells,
)
from skactland.metrics import distance_matrix


def rips_persistence(
    cloud,
    homology_dimensions=(0, 1),
    *,
    metric="euclidean",
    metric_params=None,
    max_edge_length=np.inf,
    coefficient_field=2,
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
        As in :func:`skactland.metrics.distance_matrix`.
    metric_params : dict or None, default=None
        Further arguments of the metric.
    max_edge_length : float, default=inf
        Edges longer than this are left out; what is still alive then has death inf.
    coefficient_field : int, default=2
        Homology is over Z/p for this prime p.

    Returns
    -------
    list of arrays of shape (n_bars, 2)
        One diagram for each degree: float64 rows (birth, death) in units of the metric, sorted by
        birth and then death. Bars of length zero are left out; essential classes have death inf.

    Raises
    ------
    ValueError, TypeError
        If a coordinate or distance is NaN or infinite, a precomputed matrix is not symmetric,
        non-negative and zero on its diagonal, or a parameter is out of range.

    Warns
    -----
    UserWarning
        If a degree above 0 has no bar at all and there are too few points for one to be expected:
        fewer than 2q + 2 points, the least that can carry degree q, or no more points than
        coordinates.

    Notes
    -----
    Computed by GUDHI [1]_ on the full distance matrix in double precision.

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
    degrees = check_homology_dimensions(homology_dimensions)
    diagrams = _diagrams(
        cloud,
        "the cloud",
        degrees=degrees,
        metric=metric,
        metric_params=metric_params,
        max_edge_length=check_max_edge_length(max_edge_length),
        coefficient_field=check_coefficient_field(coefficient_field),
    )
    if _is_too_small(cloud, diagrams, degrees, metric):
        _warn_of_small_clouds(["the cloud"], np.shape(cloud))
    return diagrams


def _diagrams(cloud, where, *, degrees, metric, metric_params, max_edge_length, coefficient_field):
    """Return the diagrams of one cloud, its parameters already checked."""
    distances = distance_matrix(cloud, metric, metric_params, where=where)
    if len(distances) < 2:
        essential = np.tile([0.0, np.inf], (len(distances), 1))
        return [essential if q == 0 else np.empty((0, 2)) for q in degrees]
    bars = rips_bars(distances, degrees, max_edge_length, coefficient_field)
    return [_sorted_bars(of_degree) for of_degree in bars]


def _sorted_bars(bars):
    """Return the bars of positive length, by birth and then death."""
    bars = bars[bars[:, 0] < bars[:, 1]]
    return bars[np.lexsort((bars[:, 1], bars[:, 0]))]


def _is_too_small(cloud, diagrams, degrees, metric):
    """Tell whether a degree is empty, and the number of points may be the reason."""
    n_points, n_units = np.shape(cloud)
    has_few_points = n_points <= n_units and not _is_precomputed(metric)
    return any(
        q > 0 and len(diagram) == 0 and (n_points < 2 * q + 2 or has_few_points)
        for q, diagram in zip(degrees, diagrams, strict=True)
    )


def _is_precomputed(metric):
    return isinstance(metric, str) and metric == "precomputed"


def _warn_of_small_clouds(places, shape):
    """Warn that clouds may be too small for the degrees asked for; `shape` is the first one's."""
    others = f" and {len(places) - 1} more" if len(places) > 1 else ""
    warnings.warn(
        f"No bar above degree 0 in {places[0]} ({shape[0]} points in {shape[1]} dimensions)"
        f"{others}: so few points seldom or never show a hole there. Use more probe points, or "
        "ask for homology_dimensions=(0,).",
        UserWarning,
        stacklevel=3,
    )


class RipsPersistence(TableTransformer):
    """Vietoris-Rips persistence diagrams of every cell of a table of point clouds.

    The stage after :class:`~skactland.LayerActivationExtractor`: a table of clouds, (n_networks,
    n_layers), becomes a table of diagrams, (n_networks, n_layers x n_degrees), with the degrees of
    a layer side by side. Nothing is learned from the data but the columns. See
    :func:`~skactland.rips_persistence` for the mathematics and for single clouds.

    Parameters
    ----------
    homology_dimensions : sequence of int, default=(0, 1)
        The degrees wanted, increasing.
    metric : str or callable, default="euclidean"
        Any metric of :func:`sklearn.metrics.pairwise_distances`, or "precomputed" if the cells are
        distance matrices.
    metric_params : dict or None, default=None
        Further arguments of the metric.
    max_edge_length : float, default=inf
        Edges longer than this are left out; what is still alive then has death inf.
    coefficient_field : int, default=2
        Homology is over Z/p for this prime p.
    n_jobs : int or None, default=None
        Cells computed at once, as in joblib; threads unless ``joblib.parallel_config`` says
        otherwise. The result does not depend on it.
    verbose : bool, default=False
        Show a progress bar over the cells.

    Attributes
    ----------
    homology_dimensions_ : tuple of int
        The degrees of the diagrams, in the order of the columns.
    n_features_in_ : int
        Number of columns of the table seen in fit.
    feature_names_in_ : ndarray of shape (n_features_in_,)
        Names of those columns, if the table was a data frame.

    See Also
    --------
    rips_persistence : The same for a single cloud.
    LandscapeVectorizer : Turns the diagrams into features.
    LandscapeKernel : Turns the diagrams into a Gram matrix.

    Examples
    --------
    >>> import numpy as np
    >>> from skactland import RipsPersistence
    >>> angles = 2 * np.pi * np.arange(12) / 12
    >>> circle = np.column_stack([np.cos(angles), np.sin(angles)])
    >>> table = RipsPersistence().fit_transform([circle, 2 * circle])
    >>> table.shape
    (2, 2)
    >>> table[1, 1].round(3)
    array([[1.035, 3.464]])
    """

    def __init__(
        self,
        homology_dimensions=(0, 1),
        *,
        metric="euclidean",
        metric_params=None,
        max_edge_length=np.inf,
        coefficient_field=2,
        n_jobs=None,
        verbose=False,
    ):
        self.homology_dimensions = homology_dimensions
        self.metric = metric
        self.metric_params = metric_params
        self.max_edge_length = max_edge_length
        self.coefficient_field = coefficient_field
        self.n_jobs = n_jobs
        self.verbose = verbose

    def fit(self, X, y=None):
        """Check the parameters and learn the columns of a table of clouds.

        Parameters
        ----------
        X : table of clouds
            Object array of shape (n_networks, n_layers), data frame, or list of clouds (one
            column).
        y : None
            Ignored.

        Returns
        -------
        RipsPersistence
            The fitted estimator.
        """
        self.homology_dimensions_ = check_homology_dimensions(self.homology_dimensions)
        check_max_edge_length(self.max_edge_length)
        check_coefficient_field(self.coefficient_field)
        check_table(self, X, "clouds", reset=True)
        return self

    def transform(self, X):
        """Compute the diagrams of every cloud.

        Parameters
        ----------
        X : table of clouds
            With the columns seen in fit.

        Returns
        -------
        table of diagrams
            Object array of shape (n_networks, n_layers * n_degrees), or a data frame after
            ``set_output``; cells have shape (n_bars, 2).
        """
        check_is_fitted(self)
        clouds = check_table(self, X, "clouds", reset=False)
        places = cell_places(self, clouds.shape)
        function = partial(
            _diagrams,
            degrees=self.homology_dimensions_,
            metric=self.metric,
            metric_params=self.metric_params,
            max_edge_length=check_max_edge_length(self.max_edge_length),
            coefficient_field=check_coefficient_field(self.coefficient_field),
        )
        progress = "Persistent homology" if self.verbose else None
        cells = map_cells(function, clouds, places, n_jobs=self.n_jobs, progress=progress)
        self._warn_if_too_small(clouds, cells, places)
        return self._spread(cells)

    def _warn_if_too_small(self, clouds, cells, places):
        """Warn once of all the clouds with an empty degree for want of points."""
        small = [
            index
            for index in np.ndindex(clouds.shape)
            if _is_too_small(clouds[index], cells[index], self.homology_dimensions_, self.metric)
        ]
        if small:
            _warn_of_small_clouds([places[index] for index in small], np.shape(clouds[small[0]]))

    def _spread(self, cells):
        """Turn cells that hold a list of diagrams into a column for each degree."""
        n_degrees = len(self.homology_dimensions_)
        table = empty_table(cells.shape[0], cells.shape[1] * n_degrees)
        for i, j in np.ndindex(cells.shape):
            for position, diagram in enumerate(cells[i, j]):
                table[i, j * n_degrees + position] = diagram
        return table

    def get_feature_names_out(self, input_features=None):
        """Return the names of the columns, such as ``fc1__H1``.

        Parameters
        ----------
        input_features : sequence of str or None, default=None
            Names of the layers; those seen in fit, or x0, x1, ... if there were none.

        Returns
        -------
        ndarray of str objects
        """
        names = column_names(self, input_features)
        return np.array(
            [f"{name}__H{q}" for name in names for q in self.homology_dimensions_], dtype=object
        )
