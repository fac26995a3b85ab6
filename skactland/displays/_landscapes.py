"""Activation landscapes of one network, or of many as a mean."""

from collections.abc import Mapping

import numpy as np

from skactland._checks import at_place, check_count
from skactland._table import read_diagrams
from skactland.displays._base import TableDisplay, check_numbers, check_text, read_attributes
from skactland.displays._functions import Functions, FunctionsDisplay, check_functions
from skactland.displays._labels import in_order, name_of, read_labels
from skactland.displays._thresholds import (
    line_in_landscapes,
    lines_of,
    thresholds_by_column,
)
from skactland.vectors import LandscapeVectorizer

# Levels by default: beyond, little is left of most landscapes.
_N_LANDSCAPES = 5


class ActivationLandscapeDisplay(FunctionsDisplay, TableDisplay):
    """The activation landscape of a network, or means of several: level by layer and degree.

    Make it with :meth:`from_table`, :meth:`from_estimator` or :meth:`from_bands`.

    Parameters
    ----------
    columns : list of str
        Names such as ``fc1__H1``, one for each layer and degree.
    nodes : ndarray of shape (n_columns, n_nodes)
        The filtration values at which each column is read.
    values : ndarray of shape (n_columns, n_levels, n_nodes), or (n_groups, ...)
        The levels there; with groups those of each.
    lower, upper : ndarray of the same shape or None, default=None
        A band around them.
    band_label : str or None, default=None
        What the band is.
    groups : array of shape (n_groups,) or None, default=None
        The names of groups of networks, no two alike.
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
        groups=None,
        threshold=None,
    ):
        self.groups = None if groups is None else _different(groups)
        n_groups = [] if groups is None else [len(groups)]
        self.columns, self.nodes, self.values = check_functions(
            columns, nodes, values, "values", *n_groups
        )
        if (lower is None) != (upper is None):
            raise ValueError("A band has two sides; give both lower and upper, or neither.")
        shape = self.values.shape
        self.lower = None if lower is None else check_numbers(lower, "lower", *shape)
        self.upper = None if upper is None else check_numbers(upper, "upper", *shape)
        self.band_label = check_text(band_label, "band_label")
        self.threshold = threshold
        self._thresholds = lines_of(thresholds_by_column(threshold, self.columns))

    @classmethod
    def from_table(
        cls,
        X,
        *,
        columns=None,
        groups=None,
        group_name=None,
        n_landscapes=None,
        resolution=300,
        essential="drop",
        spread="deviation",
        threshold=None,
        kind="auto",
        ax=None,
    ):
        """Draw the mean activation landscape of the networks of a table, or of groups of them.

        Parameters
        ----------
        X : table of diagrams
            Data frame, object array of shape (n_networks, n_columns), or list of diagrams. For a
            single network pass its row: ``X[[i]]`` or ``frame.iloc[[i]]``. The cells alone,
            ``X[i]``, look like one layer of several networks, and would be drawn as their mean.
        columns : sequence of str or None, default=None
            Names of the columns, such as ``fc1__H1``, if X is an array.
        groups : array of shape (n_networks,) or None, default=None
            Groups of networks, such as checkpoints, a mean each; one group by default. Groups that
            are numbers get shades in their order.
        group_name : str or None, default=None
            Title of the legend; by default the name of a series.
        n_landscapes : int or None, default=None
            Number of levels drawn; by default 5, and of groups the first alone. Further levels of a
            group are drawn thinner and paler.
        resolution : int, default=300
            Number of filtration values at which each column is read, from the least birth to the
            largest finite death of the column.
        essential : {"drop", "cut"}, default="drop"
            Leave out infinite bars, or cut them at the largest finite death of their column.
        spread : {"deviation"} or None, default="deviation"
            Draw a band of one standard deviation over the networks around the mean, if there are
            two networks or more; of a group around its own mean. It says how much networks differ,
            not how well the mean is known; for that draw a :class:`BandDisplay`.
        threshold : float, BarTestResult, dict of them by column, or None, default=None
            Above which bars stand out, as above. The result of a test is of one network, and drawn
            in the column that was tested; what is of another diagram is refused.
        kind : {"auto", "curves", "heatmap"}, default="auto"
            A panel a layer and degree, with a curve a level; or a heat map a degree, with a stripe
            a layer, in which groups lie below each other. By default curves for up to eight layers,
            or where there is a threshold. A heat map shows no band.
        ax : Axes, array of Axes or None, default=None
            Where to draw. The place of a single axes is divided if several are needed.

        Returns
        -------
        ActivationLandscapeDisplay
        """
        if not (spread is None or (isinstance(spread, str) and spread == "deviation")):
            raise ValueError(f'spread must be "deviation" or None, got {spread!r}.')
        if n_landscapes is None:
            n_landscapes = _N_LANDSCAPES if groups is None else 1
        check_count(n_landscapes, "n_landscapes")
        table = read_diagrams(X, columns)
        labels = None if groups is None else read_labels(groups, len(table.cells), "groups")
        group_name = name_of(groups, group_name, "group_name")
        as_they_are = {"weighting": None, "clip": False, "essential": essential}
        vectorizer = LandscapeVectorizer(n_landscapes, resolution, **as_they_are)
        levels = vectorizer.fit_transform(table.cells)
        nodes = vectorizer.nodes_
        levels = levels.reshape(len(levels), len(nodes), n_landscapes, resolution)
        threshold = thresholds_by_column(threshold, table.names, table.cells) or None
        display = cls(table.names, nodes, threshold=threshold, **_means(levels, labels, spread))
        return display.plot(kind=kind, group_name=group_name, ax=ax)

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

    def plot(self, *, kind="auto", group_name=None, ax=None):
        """Draw it.

        Parameters
        ----------
        kind : {"auto", "curves", "heatmap"}, default="auto"
            A panel a layer and degree, with a curve a level; or a heat map a degree, with a stripe
            a layer. By default curves for up to eight layers.
        group_name : str or None, default=None
            Title of the legend.
        ax : Axes, array of Axes or None, default=None
            Where to draw; a new figure by default.

        Returns
        -------
        ActivationLandscapeDisplay
            Itself.
        """
        check_text(group_name, "group_name")
        return self._draw_into(ax, kind=kind, group_name=group_name)

    def _functions(self, group_name):
        sides = [None if side is None else self._lines(side) for side in (self.lower, self.upper)]
        level = "1" if self.values.shape[-2] == 1 else "k"
        return Functions(
            self.columns,
            self.nodes,
            self._lines(self.values),
            *sides,
            label=rf"$\lambda_{level}(t)$",
            band_label=self.band_label,
            signed=bool(np.min(self.values) < 0),
            groups=self.groups,
            group_name=group_name,
            thresholds={key: line_in_landscapes(line) for key, line in self._thresholds.items()},
        )

    def _lines(self, values):
        """Return the levels of all groups as the lines of each column."""
        if self.groups is None:
            return values
        return np.concatenate(values, axis=1)


def _different(groups):
    """Return the names of groups, or refuse those that are not one for each group."""
    try:
        n_groups = len(groups)
    except TypeError:  # no sequence, as will be said
        n_groups = 1
    if n_groups == 0:
        raise ValueError("groups is empty; leave it out if there are none.")
    names = read_labels(groups, n_groups, "groups")
    if len(in_order(names)) < len(names):
        raise ValueError(f"groups must differ, one name for each mean, got {names.tolist()}.")
    return names


def _means(levels, labels, spread):
    """Return the mean of all networks or of each group, its band and names, as the class has them.

    Parameters
    ----------
    levels : ndarray of shape (n_networks, n_columns, n_levels, n_nodes)
    labels : ndarray of shape (n_networks,) or None
        The group of each network.
    spread : str or None
        Whether there is a band.
    """
    groups = None if labels is None else in_order(labels)
    parts = [levels] if groups is None else [levels[labels == group] for group in groups]
    values = np.array([part.mean(axis=0) for part in parts])
    drawn = {"values": values}
    if spread is not None and max(map(len, parts)) > 1:
        deviations = np.array([_deviations(part) for part in parts])
        # No landscape is below zero, so the band does not go there.
        drawn |= {"lower": np.maximum(values - deviations, 0), "upper": values + deviations}
    if groups is None:
        drawn = {name: of_one[0] for name, of_one in drawn.items()}
    return drawn | {"band_label": "± deviation" if "lower" in drawn else None, "groups": groups}


def _deviations(levels):
    """Return the standard deviation over networks; the unit keeps squares from overflowing."""
    if len(levels) == 1:
        return np.zeros(levels.shape[1:])
    unit = levels.max() or 1.0
    return unit * (levels / unit).std(axis=0, ddof=1)
