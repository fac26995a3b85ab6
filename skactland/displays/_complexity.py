"""Topological complexity by layer."""

import numpy as np

from skactland._checks import check_option
from skactland._table import by_degree, read_diagrams, read_names
from skactland.displays._axes import degree_title, say
from skactland.displays._base import TableDisplay, check_numbers, check_text
from skactland.displays._labels import name_of, read_labels
from skactland.displays._lines import check_confidence, draw_groups, name_groups, tidy_lines
from skactland.displays._names import name_layers, upright_height
from skactland.vectors import ComplexityVectorizer
from skactland.vectors._statistics import STATISTICS

# With more layers than this, degrees stand below each other.
_MOST_LAYERS_ABREAST = 12


class ComplexityDisplay(TableDisplay):
    """The complexity of each layer, a line a group of networks.

    By default it is the L2 norm of the layer's landscapes; see
    :class:`~skactland.ComplexityVectorizer` for this and other statistics.

    Parameters
    ----------
    columns : list of str
        Names such as ``fc1__H1``, one for each layer and degree.
    complexities : ndarray of shape (n_networks, n_columns)
        One number a layer and degree of each network.
    groups : array of shape (n_networks,) or None, default=None
        The group of each network, such as the accuracy of the checkpoint that it is.
    statistic : str, default="l2"
        What they are.

    Attributes
    ----------
    axes_ : ndarray of Axes of shape (1, n_degrees) or (n_degrees, 1)
    figure_ : matplotlib.figure.Figure

    See Also
    --------
    skactland.ComplexityVectorizer : The numbers as features.
    ActivationLandscapeDisplay : The landscapes whose norms these are.

    Examples
    --------
    >>> import matplotlib
    >>> matplotlib.use("Agg")
    >>> import numpy as np
    >>> from skactland.displays import ComplexityDisplay
    >>> names = ["fc1__H1", "fc2__H1"]
    >>> table = [[np.array([[0, 1]]), np.array([[0, 2]])], [np.array([[0, 2]]), np.array([[1, 2]])]]
    >>> display = ComplexityDisplay.from_table(table, columns=names)
    >>> display.complexities.round(3)
    array([[0.289, 0.816],
           [0.816, 0.289]])
    """

    def __init__(self, columns, complexities, *, groups=None, statistic="l2"):
        self.columns = read_names(columns)
        self.complexities = check_numbers(
            complexities, "complexities", "n_networks", len(self.columns)
        )
        n_networks = len(self.complexities)
        self.groups = None if groups is None else read_labels(groups, n_networks, "groups")
        self.statistic = check_option(statistic, "statistic", STATISTICS)

    @classmethod
    def from_table(
        cls,
        X,
        *,
        columns=None,
        groups=None,
        group_name=None,
        statistic="l2",
        essential="drop",
        confidence=0.95,
        ax=None,
    ):
        """Draw the complexity of the networks of a table of diagrams.

        Parameters
        ----------
        X : table of diagrams
            Data frame, object array of shape (n_networks, n_columns), or list of diagrams.
        columns : sequence of str or None, default=None
            Names of the columns, such as ``fc1__H1``, if X is an array.
        groups : array of shape (n_networks,) or None, default=None
            Groups of networks, such as checkpoints; one group by default. Groups that are numbers
            get shades in their order.
        group_name : str or None, default=None
            Title of the legend; by default the name of a series.
        statistic : {"l2", "l1", "sup", "total_persistence", "entropy"}, default="l2"
            As in :class:`~skactland.ComplexityVectorizer`.
        essential : {"drop", "cut"}, default="drop"
            Leave out infinite bars, or cut them at the largest finite death of their column.
        confidence : float or None, default=0.95
            Level of the interval of each mean, from Student's distribution: mean ± t s / sqrt(n).
            None draws none, and groups of one network have none.
        ax : Axes, array of Axes or None, default=None
            Where to draw. The place of a single axes is divided if several are needed.

        Returns
        -------
        ComplexityDisplay
        """
        check_option(statistic, "statistic", STATISTICS)
        table = read_diagrams(X, columns)
        vectorizer = ComplexityVectorizer((statistic,), essential=essential)
        complexities = vectorizer.fit_transform(table.cells)
        display = cls(table.names, complexities, groups=groups, statistic=statistic)
        group_name = name_of(groups, group_name, "group_name")
        return display.plot(confidence=confidence, group_name=group_name, ax=ax)

    def plot(self, *, confidence=0.95, group_name=None, ax=None):
        """Draw it.

        Parameters
        ----------
        confidence : float or None, default=0.95
            Level of the intervals.
        group_name : str or None, default=None
            Title of the legend.
        ax : Axes, array of Axes or None, default=None
            Where to draw; a new figure by default.

        Returns
        -------
        ComplexityDisplay
            Itself.
        """
        check_confidence(confidence)
        check_text(group_name, "group_name")
        return self._draw_into(ax, confidence=confidence, group_name=group_name)

    def _draw(self, ax, confidence, group_name):
        layers, degrees, places = by_degree(self.columns)
        is_long = len(layers) > _MOST_LAYERS_ABREAST
        shape = (len(degrees), 1) if is_long else (1, len(degrees))
        width = min(3.2 + 0.25 * len(layers), 11)
        panel = (width, 3.0 + upright_height(layers, width))
        axes = self._make_axes(ax, *shape, panel=panel)
        for degree, panel_ax in zip(degrees, axes.ravel(), strict=True):
            present = [i for i, layer in enumerate(layers) if (layer, degree) in places]
            values = self.complexities[:, [places[layers[i], degree] for i in present]]
            draw_groups(panel_ax, np.array(present), values, self.groups, confidence)
            name_layers(panel_ax, layers)
            panel_ax.set_title(degree_title(degree), fontsize="medium")
            tidy_lines(panel_ax)
            if not values.any():
                panel_ax.set_ylim(0, 1)
                say(panel_ax, "no finite bars")
        for panel_ax in axes[:-1].flat:
            panel_ax.set_xlabel("")
        for panel_ax in axes[:, 0]:
            panel_ax.set_ylabel(STATISTICS[self.statistic].label)
        name_groups(axes, self.groups, group_name)
