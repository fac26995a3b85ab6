"""Vietoris-Rips persistence of every cloud of a table."""

from itertools import chain

import numpy as np
from sklearn.utils.validation import check_is_fitted

from skactland._checks import as_matrix, check_flag, check_n_jobs
from skactland._table import (
    Table,
    TableTransformer,
    column_names,
    cycles_column,
    diagram_column,
    empty_table,
    has_bar,
    map_cells,
    simplices_column,
)
from skactland.persistence._rips import is_too_small, prepare, warn_of_small_clouds


class RipsPersistence(TableTransformer):
    """Vietoris-Rips persistence diagrams of every cell of a table of point clouds.

    The stage after :class:`~skactland.LayerActivationExtractor`: a table of clouds, (n_networks,
    n_layers), becomes a table of diagrams, (n_networks, n_layers x n_degrees), with the degrees of
    a layer side by side. Nothing is learned from the data but the columns. See
    :func:`~skactland.rips_persistence` for the mathematics and for single clouds.

    Columns of predicted classes are no clouds, and are left out. With ``return_simplices=True`` or
    ``return_cycles=True`` they are passed on, after all others: what is returned then are indices
    of points, whose classes these are.

    Parameters
    ----------
    homology_dimensions : sequence of int, default=(0, 1)
        The degrees wanted, increasing.
    metric : str or callable, default="euclidean"
        "dependence", "euclidean", "geodesic", "local", "scaled" or "sphere" (see
        :mod:`skactland.metrics`), any
        other that :func:`sklearn.metrics.pairwise_distances` takes, or "precomputed" if the cells
        are distance matrices.
    metric_params : dict or None, default=None
        Further arguments of the metric.
    max_edge_length : float, default=inf
        Edges longer than this are left out; what is still alive then has death inf.
    coefficient_field : int, default=2
        Homology is over Z/p for this prime p.
    engine : {"auto", "tree", "lunes", "gudhi"}, default="auto"
        As in :func:`~skactland.rips_persistence`. All are exact.
    return_simplices : bool, default=False
        Put a column of simplices, ``fc1__H1__simplices``, after each column of diagrams: what
        begins and ends each bar, as indices of points. For degrees up to 2 over Z/2.
    return_cycles : bool, default=False
        Put a column of loops, ``fc1__H1__cycles``, after each column of degree 1 (and after its
        simplices): indices of points in order around a loop of each bar, filled up with -1.
    n_jobs : int or None, default=None
        Cells computed at once, as in joblib; threads unless ``joblib.parallel_config`` says
        otherwise. The result does not depend on it.
    memory : path, joblib.Memory or None, default=None
        Cache each cell's diagrams by content, for folds, grids, processes and runs; an interrupted
        run loses the cells in flight alone.
    verbose : bool, default=False
        Show a progress bar over the cells, but for searches and cross-validations.

    Attributes
    ----------
    homology_dimensions_ : tuple of int
        The degrees of the diagrams, in the order of the columns.
    cloud_columns_ : ndarray of shape (n_cloud_columns,)
        The positions of the columns of clouds in the table; the others are of predicted classes.
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

    learns_from_rows = False

    def __init__(
        self,
        homology_dimensions=(0, 1),
        *,
        metric="euclidean",
        metric_params=None,
        max_edge_length=np.inf,
        coefficient_field=2,
        engine="auto",
        return_simplices=False,
        return_cycles=False,
        n_jobs=None,
        memory=None,
        verbose=False,
    ):
        self.homology_dimensions = homology_dimensions
        self.metric = metric
        self.metric_params = metric_params
        self.max_edge_length = max_edge_length
        self.coefficient_field = coefficient_field
        self.engine = engine
        self.return_simplices = return_simplices
        self.return_cycles = return_cycles
        self.n_jobs = n_jobs
        self.memory = memory
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
        check_n_jobs(self.n_jobs)
        check_flag(self.verbose, "verbose")
        _, self.homology_dimensions_, _ = self._prepare()
        self.cloud_columns_ = Table.of(self, X, "clouds", reset=True).cloud_columns()
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
            ``set_output``; cells have shape (n_bars, 2). With ``return_simplices=True`` or
            ``return_cycles=True`` those columns as well, and those of predicted classes.
        """
        check_is_fitted(self)
        table = Table.of(self, X, "clouds", reset=False)
        clouds = table.take(self.cloud_columns_)
        # Not kept from fit: `memory` and others may have been set since.
        compute, _, cache = self._prepare()
        progress = "Persistent homology" if has_bar(self.verbose) else None
        with cache:
            results = map_cells(compute, clouds, n_jobs=self.n_jobs, progress=progress)
        self._warn_if_too_small(clouds, results)
        diagrams = self._spread(results)
        return np.hstack([diagrams, table.cells[:, self._passed_columns()]])

    def _passed_columns(self):
        """Return the positions of the columns of classes that are passed on."""
        others = np.setdiff1d(np.arange(self.n_features_in_), self.cloud_columns_)
        return others if self.return_simplices or self.return_cycles else others[:0]

    def _prepare(self):
        options = self.get_params(deep=False)
        for name in ("n_jobs", "verbose"):
            del options[name]
        return prepare(**options)

    def _warn_if_too_small(self, clouds, results):
        """Warn once of all the clouds with an empty degree for want of points."""
        degrees, cells = self.homology_dimensions_, clouds.cells
        small = [
            index
            for index, (diagrams, *_) in np.ndenumerate(results)
            if is_too_small(cells[index], diagrams, degrees, self.metric)
        ]
        if small:
            shape = as_matrix(cells[small[0]]).shape
            warn_of_small_clouds([clouds.place(*index) for index in small], shape)

    def _spread(self, results):
        """Turn results of clouds, by degree, into columns."""
        arrays = [[self._arrays_of_layer(*result) for result in row] for row in results]
        table = empty_table(len(arrays), results.shape[1] * len(arrays[0][0]))
        for row, of_row in zip(table, arrays, strict=True):
            for position, array in enumerate(chain.from_iterable(of_row)):
                row[position] = array
        return table

    def _arrays_of_layer(self, diagrams, simplices, cycles):
        """Return the cells of one cloud in the order of the columns."""
        of_degrees = zip(self.homology_dimensions_, diagrams, simplices, strict=True)
        return [array for q, d, s in of_degrees for array in self._of_degree(q, d, s, cycles)]

    def _columns_of_layer(self, layer):
        """Return the names of the columns of one layer."""
        names = ((q, diagram_column(layer, q)) for q in self.homology_dimensions_)
        return [
            column
            for q, name in names
            for column in self._of_degree(q, name, simplices_column(name), cycles_column(name))
        ]

    def _of_degree(self, degree, diagram, simplices, cycles):
        """Return what is wanted of a degree, be it cells or names, in the order of the columns."""
        yield diagram
        if self.return_simplices:
            yield simplices
        if self.return_cycles and degree == 1:
            yield cycles

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
        columns = column_names(self, input_features)
        check_is_fitted(self)
        layers = columns[self.cloud_columns_]
        names = [name for layer in layers for name in self._columns_of_layer(layer)]
        return np.array([*names, *columns[self._passed_columns()]], dtype=object)
