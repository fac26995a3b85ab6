"""The complexity of networks: norms of their landscapes, layer by layer."""

import numpy as np

from skactland._checks import at_place, check_option
from skactland.landscapes._norms import tent_heights
from skactland.landscapes._transformer import DiagramTransformer
from skactland.vectors._statistics import STATISTICS


class ComplexityVectorizer(DiagramTransformer):
    r"""Norms of landscapes and other functionals of diagrams, a few numbers a column.

    The norm of a network's activation landscape is its topological complexity [1]_; by layer and
    degree it shows where it lies. Over all levels of the landscape of a diagram with bars
    :math:`(b_i, d_i)` of lengths :math:`p_i = d_i - b_i` the norms have closed forms:

    - "l1": :math:`\sum_k \int \lambda_k = \sum_i p_i^2 / 4`;
    - "l2": :math:`(\sum_k \int \lambda_k^2)^{1/2} = (\sum_i p_i^3 / 12)^{1/2}`;
    - "sup": :math:`\max \lambda_1 = \max_i p_i / 2`;

    and there are, for comparison,

    - "total_persistence": :math:`\sum_i p_i`;
    - "entropy": :math:`-\sum_i q_i \log q_i` where :math:`q_i = p_i / \sum_j p_j` [2]_;
    - "n_bars": the number of bars.

    All are zero for a diagram without bars.

    Parameters
    ----------
    statistics : sequence of str, default=("l1", "l2", "sup")
        Which of them, in this order.
    essential : {"drop", "cut"}, default="drop"
        Bars with infinite death are left out, as in reduced homology, or cut at the largest finite
        death of their column in fit. Dropping any but the one component of a cloud that never dies
        gives a warning.

    Attributes
    ----------
    window_ends_ : ndarray of shape (n_diagram_columns,)
        The largest finite death of each column of diagrams in fit, 1 if there was no bar.
    diagram_columns_ : ndarray of shape (n_diagram_columns,)
        The positions of the columns of diagrams in the table; columns of simplices are left out.
    n_features_in_ : int
        Number of columns of the table seen in fit, those of simplices among them.
    feature_names_in_ : ndarray of shape (n_features_in_,)
        Names of those columns, if the table was a data frame.

    See Also
    --------
    PersistenceLandscape.norm : Any norm, of any landscape.
    LandscapeVectorizer : Values of the landscapes.

    References
    ----------
    .. [1] Wheeler, Bouza, Bubenik, "Activation landscapes as a topological summary of neural
       network performance", IEEE Big Data 2021, arXiv:2110.10136.
    .. [2] Chintakunta, Gentimis, Gonzalez-Diaz, Jimenez, Krim, "An entropy-based persistence
       barcode", Pattern Recognition 48(2), 2015.

    Examples
    --------
    >>> from skactland import ComplexityVectorizer
    >>> vectorizer = ComplexityVectorizer(statistics=("l1", "sup"))
    >>> vectorizer.fit_transform([[[0.0, 4.0], [1.0, 3.0]], [[0.0, 2.0]]])
    array([[5., 2.],
           [1., 1.]])
    >>> vectorizer.get_feature_names_out(["fc1__H1"])
    array(['fc1__H1__l1', 'fc1__H1__sup'], dtype=object)
    """

    def __init__(self, statistics=("l1", "l2", "sup"), *, essential="drop"):
        self.statistics = statistics
        self.essential = essential

    @property
    def learns_from_rows(self):
        """Whether other rows in fit would give other numbers: where bars are cut."""
        return self.essential == "cut"

    def fit(self, X, y=None):
        """Learn the columns of a table of diagrams.

        Parameters
        ----------
        X : table of diagrams
            Object array of shape (n_networks, n_columns), data frame, or list of diagrams (one
            column); cells have shape (n_bars, 2).
        y : None
            Ignored.

        Returns
        -------
        ComplexityVectorizer
            The fitted estimator.
        """
        self._check_statistics()
        self._check_scale(self._bars(self._learn_table(X)))
        return self

    def _check_statistics(self):
        names = self.statistics
        if not isinstance(names, (list, tuple, np.ndarray)) or not len(names):
            raise ValueError(
                f"statistics must be a sequence of {sorted(STATISTICS)}, got {names!r}; for a "
                "single one write ('l2',)."
            )
        for name in names:
            check_option(name, "each of statistics", STATISTICS)
        if len(set(names)) < len(names):
            raise ValueError(f"statistics must be different, got {names!r}.")

    def _check_scale(self, bars):
        """Refuse a table whose longest bar is too long or too short for a statistic of it."""
        highest = max(tent_heights(cell).max(initial=0.0) for cell in bars.ravel())
        longest = np.array([[-highest, highest]])  # about 0, where its ends do not overflow
        for name in self.statistics:
            statistic = STATISTICS[name]
            with at_place(f"statistic {name!r}"):
                is_zero = highest > 0 and statistic.function(longest) < np.finfo(float).tiny
            if statistic.power and is_zero:
                raise ValueError(
                    f"statistic {name!r} is a filtration value to the power {statistic.power:g}, "
                    f"which is zero to floating-point numbers where the longest bar is "
                    f"{2 * highest:.0e}; multiply all diagrams by one number that brings them near "
                    "1."
                )

    def transform(self, X):
        """Compute the functionals.

        Parameters
        ----------
        X : table of diagrams
            With the columns seen in fit.

        Returns
        -------
        ndarray of shape (n_networks, n_columns * n_statistics)
            Ordered by column, then statistic. In units of the filtration value: squared for "l1",
            to the power 3/2 for "l2", plain for "sup" and "total_persistence"; nats for "entropy".

        Raises
        ------
        ValueError, TypeError
            If the columns are not those of fit, a cell is no diagram, or floating-point numbers end
            before such powers of its filtration values.
        """
        table, names = self._read_bars(X), self._diagram_names()
        values = np.empty((*table.shape, len(self.statistics)))
        for (i, j), bars in np.ndenumerate(table):
            with at_place(f"row {i}, column {names[j]!r}"):
                values[i, j] = [STATISTICS[name].function(bars) for name in self.statistics]
        return values.reshape(len(values), -1)

    def get_feature_names_out(self, input_features=None):
        """Return the names of the features, such as ``fc1__H1__l2``.

        Parameters
        ----------
        input_features : sequence of str or None, default=None
            Names of the columns; those seen in fit, or x0, x1, ... if there were none.

        Returns
        -------
        ndarray of str objects
        """
        names = self._diagram_names(input_features)
        return np.array([f"{n}__{s}" for n in names for s in self.statistics], dtype=object)
