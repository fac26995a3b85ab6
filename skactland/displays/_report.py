"""One network on one page."""

import numpy as np

from skactland._table import Table, by_degree, read_diagrams
from skactland.activations import LayerActivationExtractor
from skactland.displays._base import Display, check_numbers, check_text
from skactland.displays._clouds import check_row
from skactland.displays._complexity import ComplexityDisplay
from skactland.displays._labelled import LabelledMergeDisplay, merge_numbers
from skactland.displays._landscapes import ActivationLandscapeDisplay
from skactland.displays._names import plain, upright_height
from skactland.persistence import RipsPersistence


class NetworkReportDisplay(Display):
    """One network on one page: landscapes, complexity and merges between classes, by layer.

    Each part is a picture of its own: :class:`ActivationLandscapeDisplay`,
    :class:`ComplexityDisplay` and, if the predicted classes are known,
    :class:`LabelledMergeDisplay`.

    Parameters
    ----------
    columns : list of str
        Names such as ``fc1__H1``, one for each layer and degree.
    diagrams : list of arrays of shape (n_bars, 2)
        One for each column.
    layers : list of str or None, default=None
        The layers of which `share_between` is.
    share_between : array of shape (n_layers,) or None, default=None
        The share of bars between predicted classes, as of :func:`~skactland.labelled_merges`.
    title : str or None, default=None
        What stands above the page.

    Attributes
    ----------
    axes_ : ndarray of Axes of shape (n_parts, 1)
        The places of the parts.
    parts_ : list of displays
        The parts as they are drawn; ``parts_[0].axes_`` are the panels of the first.
    figure_ : matplotlib.figure.Figure

    See Also
    --------
    MergeTreeDisplay : The merge trees of the layers.
    DiagramDisplay : Their diagrams.

    Examples
    --------
    >>> import matplotlib
    >>> matplotlib.use("Agg")
    >>> import numpy as np
    >>> import torch
    >>> from torch import nn
    >>> from skactland.displays import NetworkReportDisplay
    >>> _ = torch.manual_seed(0)
    >>> network = nn.Sequential(nn.Linear(2, 8), nn.ReLU(), nn.Linear(8, 3))
    >>> probe = np.random.default_rng(0).normal(size=(60, 2))
    >>> report = NetworkReportDisplay.from_network(network, probe)
    >>> [type(part).__name__ for part in report.parts_]
    ['ActivationLandscapeDisplay', 'ComplexityDisplay', 'LabelledMergeDisplay']
    """

    def __init__(self, columns, diagrams, *, layers=None, share_between=None, title=None):
        row = np.empty((1, len(diagrams)), dtype=object)
        row[0] = [np.asarray(diagram, dtype=float) for diagram in diagrams]
        self._table = read_diagrams(row, columns)
        self.columns, self.diagrams = self._table.names, list(self._table.cells[0])
        if (layers is None) != (share_between is None):
            raise ValueError("share_between is of layers; give both, or neither.")
        self.layers = layers
        if layers is not None:
            share_between = check_numbers(share_between, "share_between", len(layers))
        self.share_between = share_between
        self.title = check_text(title, "title")

    @classmethod
    def from_network(
        cls,
        network,
        probe,
        *,
        layers="leaf",
        homology_dimensions=(0, 1),
        metric="euclidean",
        classes=True,
        title=None,
        ax=None,
    ):
        """Show a network some inputs, and draw what it makes of them.

        Parameters
        ----------
        network : Module or other source
            What :class:`~skactland.LayerActivationExtractor` takes for a network.
        probe : array, tensor, mapping of them, Dataset, DataLoader, or Probe
            The inputs.
        layers : str, type, callable, list or dict, default="leaf"
            Which layers, as in :class:`~skactland.LayerActivationExtractor`.
        homology_dimensions : sequence of int, default=(0, 1)
            The degrees.
        metric : str or callable, default="euclidean"
            As in :func:`~skactland.rips_persistence`.
        classes : bool, default=True
            Whether the network predicts classes. False leaves out what needs them.
        title : str or None, default=None
            What stands above the page.
        ax : Axes or None, default=None
            Where to draw.

        Returns
        -------
        NetworkReportDisplay
        """
        extractor = LayerActivationExtractor(probe, layers=layers, include_classes=classes)
        cells = extractor.set_output(transform="default").fit_transform([network])
        names = extractor.get_feature_names_out()
        clouds = Table.read(cells, "clouds", list(names))
        rips = RipsPersistence(homology_dimensions, metric=metric)
        diagrams = rips.set_output(transform="default").fit_transform(clouds)
        columns = list(rips.get_feature_names_out(names))
        return cls.from_table(
            diagrams, columns=columns, clouds=clouds, metric=metric, title=title, ax=ax
        )

    @classmethod
    def from_table(
        cls, X, *, row=0, columns=None, clouds=None, metric="euclidean", title=None, ax=None
    ):
        """Draw one network of a table.

        Parameters
        ----------
        X : table of diagrams
            Data frame, object array of shape (n_networks, n_columns), or list of diagrams.
        row : int, default=0
            Which network.
        columns : sequence of str or None, default=None
            Names of the columns, such as ``fc1__H1``, if X is an array.
        clouds : table of clouds and classes or None, default=None
            The table that X is made of. Its columns of predicted classes give merges between
            classes; without them there are none.
        metric : str or callable, default="euclidean"
            The metric of these merges.
        title : str or None, default=None
            What stands above the page.
        ax : Axes or None, default=None
            Where to draw.

        Returns
        -------
        NetworkReportDisplay
        """
        table = read_diagrams(X, columns)
        row = check_row(row, len(table.cells))
        layers, shares = _shares(clouds, row, metric)
        display = cls(
            table.names,
            list(table.cells[row]),
            layers=layers,
            share_between=shares,
            title=title,
        )
        return display.plot(ax=ax)

    def _draw(self, ax):
        parts = self._parts()
        layers, degrees, _ = by_degree(self.columns)
        upright = upright_height(layers, 11)
        # Stripes of a heat map of many layers are high enough for their names, and lines stand
        # above each other, where there are many, with names below each.
        heights = [max(3.4, 0.28 * len(layers)), len(degrees) * (1.6 + upright), 2.6 + upright]
        heights = heights[: len(parts)]
        axes = self._make_axes(ax, len(parts), 1, panel=(11, np.mean(heights)))
        if ax is None or hasattr(ax, "get_subplotspec"):  # else the grid is not ours
            axes[0, 0].get_subplotspec().get_gridspec().set_height_ratios(heights)
        self.parts_ = [draw(place) for draw, place in zip(parts, axes[:, 0], strict=True)]
        if self.title and ax is None:
            self.figure_.suptitle(plain(self.title))

    def _parts(self):
        """Return what draws each part into axes, from the top of the page down."""
        parts = [
            lambda ax: ActivationLandscapeDisplay.from_table(self._table, ax=ax),
            lambda ax: ComplexityDisplay.from_table(self._table, ax=ax),
        ]
        if self.share_between is not None:
            merges = LabelledMergeDisplay(self.layers, [self.share_between])
            parts.append(lambda ax: merges.plot(ax=ax))
        return parts


def _shares(clouds, row, metric):
    """Return the layers of a network and the share of bars between classes of each, or None."""
    if clouds is None:
        return None, None
    table = Table.read(clouds, "clouds")
    positions = table.cloud_columns()
    if len(positions) == len(table.names):
        return None, None
    one = Table(table.cells[[row]], table.names, True)
    options = 1, metric, None
    layers, values, _ = merge_numbers(one, None, None, "share_between", options)
    return layers, values[0]
