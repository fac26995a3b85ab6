"""How predicted classes lie on merge trees, by layer and through training."""

import numpy as np

from skactland._checks import check_option
from skactland._table import Table, read_names
from skactland.displays._axes import colour_bar, ink, legend_beside, look, shades
from skactland.displays._base import Display, check_numbers, check_text
from skactland.displays._labels import name_of, read_labels
from skactland.displays._lines import (
    MOST_IN_A_LEGEND,
    check_confidence,
    draw_groups,
    name_groups,
    tidy_lines,
)
from skactland.displays._names import elided, name_layers, short_names, upright_height
from skactland.vectors import LabelledMergeVectorizer
from skactland.vectors._merges import MERGE_STATISTICS


class LabelledMergeDisplay(Display):
    """The share of bars between classes, or another number of merge trees, of every layer.

    By layer, a line a group of networks; or through training, a line a layer. See
    :func:`~skactland.labelled_merges` for the numbers. A network that says one class of all inputs
    has no bar between classes: such ones are crossed out through training, and counted by layer.

    Parameters
    ----------
    layers : list of str
        Their names.
    values : ndarray of shape (n_networks, n_layers)
        One number a layer of each network.
    n_classes : array of shape (n_networks,) or None, default=None
        How many classes each network predicts; by default it is not shown.
    index : array of shape (n_networks,) or None, default=None
        How far training is, of networks that are snapshots of one, increasing: then it is drawn
        through training, and by default by layer.
    groups : array of shape (n_networks,) or None, default=None
        The group of each network, by layer.
    statistic : str, default="share_between"
        What they are.

    Attributes
    ----------
    axes_ : ndarray of Axes of shape (1, 1)
    figure_ : matplotlib.figure.Figure

    See Also
    --------
    MergeTreeDisplay : The merge trees themselves.

    Examples
    --------
    >>> import matplotlib
    >>> matplotlib.use("Agg")
    >>> import numpy as np
    >>> from skactland.displays import LabelledMergeDisplay
    >>> rng = np.random.default_rng(0)
    >>> clouds = [rng.normal(size=(50, 3)) for _ in range(4)]
    >>> display = LabelledMergeDisplay.from_table(clouds, classes=np.arange(50) % 2)
    >>> display.values.shape
    (4, 1)
    """

    def __init__(
        self,
        layers,
        values,
        *,
        n_classes=None,
        index=None,
        groups=None,
        statistic="share_between",
    ):
        self.layers = read_names(layers, "layers")
        self.values = check_numbers(values, "values", "n_networks", len(self.layers))
        n = len(self.values)
        self.n_classes = None if n_classes is None else check_numbers(n_classes, "n_classes", n)
        self.index = None if index is None else check_numbers(index, "index", n)
        self.groups = None if groups is None else read_labels(groups, n, "groups")
        self.statistic = check_option(statistic, "statistic", MERGE_STATISTICS)
        if index is not None and groups is not None:
            raise ValueError("groups are of networks by layer, and index is of one training.")
        if index is not None and (np.diff(self.index) <= 0).any():
            raise ValueError("index must increase, as of snapshots of one training.")

    @classmethod
    def from_table(
        cls,
        X,
        *,
        columns=None,
        classes=None,
        statistic="share_between",
        n_trees=1,
        metric="euclidean",
        metric_params=None,
        groups=None,
        group_name=None,
        confidence=0.95,
        ax=None,
    ):
        """Draw the numbers of networks by layer.

        Parameters
        ----------
        X : table of clouds and classes
            Data frame, object array of shape (n_networks, n_columns), or list of clouds.
        columns : sequence of str or None, default=None
            Names of the columns, if X is an array.
        classes : array of shape (n_points,) or None, default=None
            Other classes than those of X: with the true ones the picture tells which layers part
            them.
        statistic : str, default="share_between"
            One of the numbers of :func:`~skactland.labelled_merges`.
        n_trees : int, default=1
            Number of disjoint trees of each cloud.
        metric : str or callable, default="euclidean"
            As in :func:`~skactland.rips_persistence`.
        metric_params : dict or None, default=None
            Further arguments of the metric.
        groups : array of shape (n_networks,) or None, default=None
            Groups of networks; one by default. Groups that are numbers get shades in their order.
        group_name : str or None, default=None
            Title of the legend; by default the name of a series.
        confidence : float or None, default=0.95
            Level of the interval of each mean, as in
            :meth:`ComplexityDisplay.from_table <skactland.displays.ComplexityDisplay.from_table>`.
        ax : Axes or None, default=None
            Where to draw.

        Returns
        -------
        LabelledMergeDisplay
        """
        options = n_trees, metric, metric_params
        layers, values, n_classes = merge_numbers(X, columns, classes, statistic, options)
        display = cls(layers, values, n_classes=n_classes, groups=groups, statistic=statistic)
        group_name = name_of(groups, group_name, "group_name")
        return display.plot(confidence=confidence, group_name=group_name, ax=ax)

    @classmethod
    def from_snapshots(
        cls,
        X,
        *,
        index=None,
        columns=None,
        classes=None,
        statistic="share_between",
        n_trees=1,
        metric="euclidean",
        metric_params=None,
        ax=None,
    ):
        """Draw the numbers of one network through training.

        Parameters
        ----------
        X : table of clouds and classes
            A row a snapshot, as of :meth:`skactland.SnapshotRecorder.table`.
        index : array of shape (n_snapshots,) or None, default=None
            How far training is at each, in epochs or steps; by default the index of X if it is a
            pandas frame, or else 0, 1, 2, ...
        columns, classes, statistic, n_trees, metric, metric_params, ax
            As in :meth:`from_table`.

        Returns
        -------
        LabelledMergeDisplay
        """
        options = n_trees, metric, metric_params
        layers, values, n_classes = merge_numbers(X, columns, classes, statistic, options)
        if index is None:
            index = X.index.to_numpy() if hasattr(X, "iloc") else np.arange(len(values))
        display = cls(layers, values, n_classes=n_classes, index=index, statistic=statistic)
        return display.plot(ax=ax)

    def plot(self, *, confidence=0.95, group_name=None, ax=None):
        """Draw it.

        Parameters
        ----------
        confidence : float or None, default=0.95
            Level of the intervals, by layer.
        group_name : str or None, default=None
            Title of the legend, by layer.
        ax : Axes or None, default=None
            Where to draw; a new figure by default.

        Returns
        -------
        LabelledMergeDisplay
            Itself.
        """
        check_confidence(confidence)
        check_text(group_name, "group_name")
        return self._draw_into(ax, confidence=confidence, group_name=group_name)

    def _draw(self, ax, confidence, group_name):
        if self.index is None:
            width = min(3.2 + 0.25 * len(self.layers), 11)
            panel = (width, 3.0 + upright_height(self.layers, width))
            axes = self._make_axes(ax, panel=panel)
            self._draw_layers(axes, confidence, group_name)
        else:
            axes = self._make_axes(ax, panel=(5.0, 3.0))
            self._draw_training(axes[0, 0])
        axes[0, 0].set_ylabel(MERGE_STATISTICS[self.statistic])
        tidy_lines(axes[0, 0])

    def _draw_layers(self, axes, confidence, group_name):
        ax = axes[0, 0]
        draw_groups(ax, np.arange(len(self.layers)), self.values, self.groups, confidence)
        name_layers(ax, self.layers)
        name_groups(axes, self.groups, group_name)
        self._tell_of_one_class(ax)

    def _has_one_class(self):
        return np.zeros(len(self.values), bool) if self.n_classes is None else self.n_classes == 1

    def _tell_of_one_class(self, ax):
        n_alone = np.count_nonzero(self._has_one_class())
        if n_alone:
            ax.set_title(f"{n_alone} of {len(self.values)} say one class alone", fontsize="small")

    def _draw_training(self, ax):
        """Draw a line a layer, in shades from the first to the last."""
        alone = self._has_one_class()
        names = [elided(name, 40) for name in short_names(self.layers)]
        colours = shades(len(names), ax=ax)
        for j, (name, colour) in enumerate(zip(names, colours, strict=True)):
            options = look(j) | {"color": colour}
            ax.plot(self.index, self.values[:, j], markersize=4, label=name, **options)
            ax.plot(self.index[alone], self.values[alone, j], "x", color=ink(ax), markersize=7)
        if len(names) > MOST_IN_A_LEGEND:
            colour_bar([ax], colours, "layer", names)
            handles = ax.plot([], [], "x", color=ink(ax), label="one class alone")
            if alone.any():
                ax.legend(handles=handles, frameon=False, fontsize="small")
        else:
            if alone.any():
                ax.plot([], [], "x", color=ink(ax), label="one class alone")
            legend_beside(ax, title="layer")
        ax.set_xlabel("epochs or steps")


def merge_numbers(X, columns, classes, statistic, options):
    """Return layers, one number of each network and layer, and how many classes networks say."""
    check_option(statistic, "statistic", MERGE_STATISTICS)
    n_trees, metric, metric_params = options
    table = Table.read(X, "clouds", columns)
    vectorizer = LabelledMergeVectorizer(
        n_trees, metric=metric, metric_params=metric_params, classes=classes
    ).set_output(transform="default")
    names = list(MERGE_STATISTICS)
    values = vectorizer.fit_transform(table).reshape(len(table.cells), -1, len(names))
    n_classes = values[:, :, names.index("n_classes")].min(axis=1)
    layers = [table.names[j] for j in vectorizer.cloud_columns_]
    return layers, values[:, :, names.index(statistic)], n_classes
