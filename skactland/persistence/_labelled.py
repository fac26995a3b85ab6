"""Bars of degree 0 within and between the classes of points."""

import numpy as np
from sklearn.utils.validation import check_is_fitted

from skactland._checks import at_place, check_classes, check_diagram
from skactland._table import (
    Table,
    TableTransformer,
    column_names,
    diagram_column,
    empty_table,
    layer_and_degree,
)

_KINDS = ("within", "between")


def labelled_bars(diagram, edges, classes):
    """Part the bars of degree 0 into those within classes and those between.

    The edge that ends a bar joins two components. The bar is *between* classes if the two ends of
    this edge are of different ones, and else within; so is a bar that never ends. Those between are
    what a labelled Vietoris-Rips complex [1]_ is about, in degree 0.

    Parameters
    ----------
    diagram : array of shape (n_bars, 2)
        Of degree 0, as :func:`~skactland.rips_persistence` returns it.
    edges : array of shape (n_bars, 2)
        Its simplices, with ``return_simplices=True``: indices of points, -1 where a bar lives on.
    classes : array of shape (n_points,)
        The class of each point: integers, truth values or words.

    Returns
    -------
    within, between : ndarrays of shape (n_within, 2) and (n_between, 2)
        Two diagrams, whose bars together are those of `diagram`, in its order.

    Raises
    ------
    ValueError, TypeError
        If there is not one edge a bar, a class is missing, or there are fewer classes than points.

    See Also
    --------
    LabelledBars : The same for a table.
    skactland.labelled_merges : Numbers of such bars.

    Notes
    -----
    Where lengths are equal, which edges end bars is a matter of order among them, and may depend on
    that of the points; :func:`~skactland.labelled_merges` does not.

    References
    ----------
    .. [1] Ramamurthy, Varshney, Mody, "Topological data analysis of decision boundaries with
       application to model selection", ICML 2019, arXiv:1805.09949.

    Examples
    --------
    >>> from skactland import labelled_bars, rips_persistence
    >>> (bars,), (edges,) = rips_persistence([[0], [1], [3], [7]], (0,), return_simplices=True)
    >>> labelled_bars(bars, edges, ["a", "a", "b", "b"])
    (array([[ 0.,  1.],
           [ 0.,  4.],
           [ 0., inf]]), array([[0., 2.]]))
    """
    bars, classes = check_diagram(diagram), check_classes(classes)
    edges = np.asarray(edges)
    if edges.shape != (len(bars), 2) or edges.dtype.kind not in "iu":
        raise ValueError(
            f"expected the edges of {len(bars)} bars of degree 0, integers of shape "
            f"({len(bars)}, 2), got {edges.dtype} of shape {edges.shape}; use "
            "homology_dimensions=(0,) and return_simplices=True."
        )
    if edges.max(initial=-1) >= len(classes):
        raise ValueError(
            f"there are {len(classes)} classes, and bars end at point {edges.max()}; one class a "
            "point is needed, of the points that the bars are of."
        )
    ends = np.append(classes, classes[:1])[edges]  # -1 is the same class twice
    is_between = ends[:, 0] != ends[:, 1]
    return bars[~is_between], bars[is_between]


class LabelledBars(TableTransformer):
    """Bars of degree 0 within and between predicted classes, as two columns of diagrams a layer.

    The stage after ``RipsPersistence((0,), return_simplices=True)``, for a table that has a column
    of classes: what reads diagrams then has landscapes, norms and kernels of each kind. See
    :func:`~skactland.labelled_bars` for which bars are which.

    Parameters
    ----------
    classes : array of shape (n_points,) or None, default=None
        Classes of the inputs, the same for all networks; by default those of the columns of
        classes, as in :class:`~skactland.LabelledMergeVectorizer`.

    Attributes
    ----------
    diagram_columns_ : ndarray of shape (n_diagram_columns,)
        The positions of the columns of diagrams in the table; next to each is that of its edges.
    classes_columns_ : ndarray of shape (n_diagram_columns,)
        For each of these the position of the column of its classes, -1 if `classes` are given.
    n_features_in_ : int
        Number of columns of the table seen in fit.
    feature_names_in_ : ndarray of shape (n_features_in_,)
        Names of those columns, if the table was a data frame.

    See Also
    --------
    LabelledMergeVectorizer : Numbers of such bars.

    Examples
    --------
    >>> import torch
    >>> from sklearn.pipeline import make_pipeline
    >>> from skactland import LabelledBars, LayerActivationExtractor, RipsPersistence
    >>> _ = torch.manual_seed(0)
    >>> _ = torch.manual_seed(0)
    >>> networks = [torch.nn.Sequential(torch.nn.Linear(3, 4)) for _ in range(5)]
    >>> pipe = make_pipeline(
    ...     LayerActivationExtractor(torch.randn(50, 3), include_classes=True),
    ...     RipsPersistence((0,), return_simplices=True),
    ...     LabelledBars(),
    ... )
    >>> pipe.fit_transform(networks).shape
    (5, 2)
    >>> pipe.get_feature_names_out()
    array(['0__within__H0', '0__between__H0'], dtype=object)
    """

    learns_from_rows = False

    def __init__(self, *, classes=None):
        self.classes = classes

    def fit(self, X, y=None):
        """Learn the columns of a table of diagrams, edges and classes.

        Parameters
        ----------
        X : table of diagrams, simplices and classes
            Object array of shape (n_networks, n_columns), or data frame.
        y : None
            Ignored.

        Returns
        -------
        LabelledBars
            The fitted estimator.
        """
        table = Table.of(self, X, "diagrams", reset=True)
        self.diagram_columns_ = table.diagram_columns()
        for j in self.diagram_columns_:
            _check_edges(table, j)
        self.classes_columns_ = np.full(len(self.diagram_columns_), -1)
        if self.classes is None:
            self.classes_columns_ = table.classes_of(self.diagram_columns_)
        return self

    def transform(self, X):
        """Part the bars of every diagram.

        Parameters
        ----------
        X : table of diagrams, simplices and classes
            With the columns seen in fit.

        Returns
        -------
        table of diagrams
            Object array of shape (n_networks, n_diagram_columns * 2), or a data frame after
            ``set_output``: within and between.
        """
        check_is_fitted(self)
        table = Table.of(self, X, "diagrams", reset=False)
        cells = table.cells
        parts = empty_table(len(cells), 2 * len(self.diagram_columns_))
        columns = zip(self.diagram_columns_, self.classes_columns_, strict=True)
        for k, (j, of_classes) in enumerate(columns):
            for i in range(len(cells)):
                with at_place(table.place(i, j)):
                    classes = self.classes if of_classes < 0 else cells[i, of_classes]
                    if of_classes < 0:
                        _check_number(classes, cells[i, j])
                    both = labelled_bars(cells[i, j], cells[i, j + 1], classes)
                parts[i, 2 * k], parts[i, 2 * k + 1] = both
        return parts

    def get_feature_names_out(self, input_features=None):
        """Return the names of the columns, such as ``fc1__between__H0``.

        Parameters
        ----------
        input_features : sequence of str or None, default=None
            Names of the columns; those seen in fit, or x0, x1, ... if there were none.

        Returns
        -------
        ndarray of str objects
        """
        names = column_names(self, input_features)
        check_is_fitted(self)
        found = [_named(name, kind) for name in names[self.diagram_columns_] for kind in _KINDS]
        return np.array(found, dtype=object)


def _check_number(classes, bars):
    """Refuse classes of other points than those that the bars are of, as of a whole probe."""
    if len(classes) != len(bars):
        raise ValueError(
            f"there are {len(classes)} classes and {len(bars)} bars, one a point: give the classes "
            "of these points; or read classes with the points (include_classes=True), which also "
            "holds where points coincide, which have one bar together."
        )


def _named(name, kind):
    """Return the name of a column of the bars of one kind."""
    layer, degree = layer_and_degree(name)
    layer = f"{layer}__{kind}" if layer else kind
    return layer if degree is None else diagram_column(layer, degree)


def _check_edges(table, j):
    """Refuse a column of diagrams without edges beside it, as all are that are not of degree 0."""
    name, is_last = table.names[j], j + 1 == table.shape[1]
    degree = layer_and_degree(name)[1]
    if degree not in (None, 0):
        fault = f"is of degree {degree}, and edges end bars of degree 0 alone"
    elif is_last or j + 1 not in table.simplices_columns():
        fault = "has no column of simplices next to it, of the edges that end its bars"
    else:
        return
    raise ValueError(f"Column {name!r} {fault}; use RipsPersistence((0,), return_simplices=True).")
