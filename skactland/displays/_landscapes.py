"""Activation landscapes of one network, or of many as a mean."""

from collections.abc import Mapping

import numpy as np

from skactland._checks import at_place, check_count
from skactland._table import read_diagrams
from skactland.displays._base import TableDisplay, check_numbers, check_text, read_attributes
from skactland.displays._functions import Functions, FunctionsDisplay, check_functions
from skactland.displays._thresholds import line_in_landscapes, lines_of
from skactland.vectors import LandscapeVectorizer


class ActivationLandscapeDisplay(FunctionsDisplay, TableDisplay):
    """The activation landscape of a network, or the mean of several: level by layer and degree.

    Make it with :meth:`from_table`, :meth:`from_estimator` or :meth:`from_bands`.

    Parameters
    ----------
    columns : list of str
        Names such as ``fc1__H1``, one for each layer and degree.
    nodes : ndarray of shape (n_columns, n_nodes)
        The filtration values at which each column is read.
    values : ndarray of shape (n_columns, n_levels, n_nodes)
        The levels there.
    lower, upper : ndarray of the same shape or None, default=None
        A band around them.
    band_label : str or None, default=None
        What the band is.
    threshold : float, BarTestResult, dict of them by column, or None, default=None
        Above which bars stand out, as for :class:`DiagramDisplay`. A bar is a tent half as high as
        it is long, so a length is drawn at its half. Where level k is above the line, there are k
        bars or more that stand out. Not for heat maps.

    Attributes
    ----------
    axes_ : ndarray of Axes
        Curves: a row a degree and a column a layer, in blocks of at most six layers. Heat map: one
        axes a degree.
    figure_ : matplotlib.figure.Figure

    See Also
    --------
    BandDisplay : A mean with its confidence band.
    ComplexityDisplay : One number a layer.
    DiagramDisplay : The bars themselves, and thresholds in them.

    Examples
    --------
    >>> import matplotlib
    >>> matplotlib.use("Agg")
    >>> from skactland import rips_persistence
    >>> from skactland.displays import ActivationLandscapeDisplay
    >>> square = rips_persistence([[0, 0], [1, 0], [1, 1], [0, 1]])
    >>> display = ActivationLandscapeDisplay.from_table([square], columns=["fc1__H0", "fc1__H1"])
    >>> display.axes_.shape
    (2, 1)
    """

    def __init__(
        self,
        columns,
        nodes,
        values,
        *,
        lower=None,
        upper=None,
        band_label=None,
        threshold=None,
    ):
        self.columns, self.nodes, self.values = check_functions(columns, nodes, values, "values")
        if (lower is None) != (upper is None):
            raise ValueError("A band has two sides; give both lower and upper, or neither.")
        shape = self.values.shape
        self.lower = None if lower is None else check_numbers(lower, "lower", *shape)
        self.upper = None if upper is None else check_numbers(upper, "upper", *shape)
        self.band_label = check_text(band_label, "band_label")
        self.threshold = threshold
        self._lines = lines_of(threshold, self.columns)

    @classmethod
    def from_table(
        cls,
        X,
        *,
        columns=None,
        n_landscapes=5,
        resolution=300,
        essential="drop",
        spread="deviation",
        threshold=None,
        kind="auto",
        ax=None,
    ):
        """Draw the mean activation landscape of the networks of a table of diagrams.

        Parameters
        ----------
        X : table of diagrams
            Data frame, object array of shape (n_networks, n_columns), or list of diagrams. For a
            single network pass its row: ``X[[i]]`` or ``frame.iloc[[i]]``. The cells alone,
            ``X[i]``, look like one layer of several networks, and would be drawn as their mean.
        columns : sequence of str or None, default=None
            Names of the columns, such as ``fc1__H1``, if X is an array.
        n_landscapes : int, default=5
            Number of levels drawn.
        resolution : int, default=300
            Number of filtration values at which each column is read, from the least birth to the
            largest finite death of the column.
        essential : {"drop", "cut"}, default="drop"
            Leave out infinite bars, or cut them at the largest finite death of their column.
        spread : {"deviation"} or None, default="deviation"
            Draw a band of one standard deviation over the networks around the mean, if there are
            two networks or more. It says how much networks differ, not how well the mean is known;
            for that draw a :class:`BandDisplay`.
        threshold : float, BarTestResult, dict of them by column, or None, default=None
            Above which bars stand out, as above; the result of a test is of one network.
        kind : {"auto", "curves", "heatmap"}, default="auto"
            A panel a layer and degree, with a curve a level; or a heat map a degree, with a stripe
            a layer. By default curves for up to eight layers, or where there is a threshold. A heat
            map shows no band.
        ax : Axes, array of Axes or None, default=None
            Where to draw. The place of a single axes is divided if several are needed.

        Returns
        -------
        ActivationLandscapeDisplay
        """
        if not (spread is None or (isinstance(spread, str) and spread == "deviation")):
            raise ValueError(f'spread must be "deviation" or None, got {spread!r}.')
        check_count(n_landscapes, "n_landscapes")
        table = read_diagrams(X, columns)
        as_they_are = {"weighting": None, "clip": False, "essential": essential}
        vectorizer = LandscapeVectorizer(n_landscapes, resolution, **as_they_are)
        levels = vectorizer.fit_transform(table.cells)
        nodes = vectorizer.nodes_
        levels = levels.reshape(len(levels), len(nodes), n_landscapes, resolution)
        values = levels.mean(axis=0)
        if len(levels) == 1 or spread is None:
            return cls(table.names, nodes, values, threshold=threshold).plot(kind=kind, ax=ax)
        deviations = _deviations(levels)
        # No landscape is below zero, so the band does not go there.
        lower, upper = np.maximum(values - deviations, 0), values + deviations
        band = {"lower": lower, "upper": upper, "band_label": "± deviation"}
        display = cls(table.names, nodes, values, threshold=threshold, **band)
        return display.plot(kind=kind, ax=ax)

    @classmethod
    def from_bands(cls, bands, *, kind="auto", ax=None):
        """Draw the confidence bands of the columns of a table.

        Parameters
        ----------
        bands : dict of ConfidenceBand
            By column, as :func:`~skactland.inference.confidence_band` and
            :func:`~skactland.inference.mean_difference_band` return them.
        kind : {"auto", "curves", "heatmap"}, default="auto"
            Curves by default, for however many layers: a heat map shows no band.
        ax : Axes, array of Axes or None, default=None
            Where to draw.

        Returns
        -------
        ActivationLandscapeDisplay
        """
        if not isinstance(bands, Mapping) or not bands:
            raise TypeError(
                "bands must be a dict from columns to bands, as confidence_band returns it, got "
                f"{type(bands).__name__}; for a single band use BandDisplay.from_band."
            )
        parts = []
        for column, band in bands.items():
            with at_place(f"column {column!r}"):
                parts.append(
                    read_attributes(band, "a band", ("t", "mean", "lower", "upper", "alpha"))
                )
        nodes, values, lower, upper, alphas = map(list, zip(*parts, strict=True))
        label = f"{100 * (1 - alphas[0]):.3g} % band"
        display = cls(list(bands), nodes, values, lower=lower, upper=upper, band_label=label)
        is_default = isinstance(kind, str) and kind == "auto"
        return display.plot(kind="curves" if is_default else kind, ax=ax)

    def _functions(self):
        return Functions(
            self.columns,
            self.nodes,
            self.values,
            self.lower,
            self.upper,
            band_label=self.band_label,
            signed=bool(np.min(self.values) < 0),
            lines={key: line_in_landscapes(line) for key, line in self._lines.items()},
        )


def _deviations(levels):
    """Return the standard deviation over networks; the unit keeps squares from overflowing."""
    unit = levels.max() or 1.0
    return unit * (levels / unit).std(axis=0, ddof=1)
