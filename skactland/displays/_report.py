"""One network on one page."""

import numpy as np

from skactland._table import Table, by_degree, layer_and_degree, read_diagrams
from skactland.activations import LayerActivationExtractor
from skactland.displays._base import Display, check_numbers, check_text
from skactland.displays._clouds import check_row, read_clouds
from skactland.displays._complexity import ComplexityDisplay
from skactland.displays._labelled import LabelledMergeDisplay, merge_numbers
from skactland.displays._landscapes import ActivationLandscapeDisplay
from skactland.displays._loops import LoopDisplay
from skactland.displays._names import plain, upright_height
from skactland.displays._thumbnails import read_images
from skactland.persistence import RipsPersistence

# Layers of which loops are drawn, and how many of each: more make no page.
_MOST_LOOP_LAYERS = 3
_N_LOOPS = 3


class NetworkReportDisplay(Display):
    """One network on one page: landscapes, complexity, merges between classes, loops of inputs.

    Each part is a picture of its own: :class:`ActivationLandscapeDisplay`,
    :class:`ComplexityDisplay`, if the predicted classes are known :class:`LabelledMergeDisplay`,
    and if the inputs are given as images :class:`LoopDisplay`, of at most three layers.

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
    loops : LoopDisplay or None, default=None
        The longest loops of some layers.
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

    def __init__(
        self, columns, diagrams, *, layers=None, share_between=None, loops=None, title=None
    ):
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
        if loops is not None and not isinstance(loops, LoopDisplay):
            raise TypeError(f"loops must be a LoopDisplay or None, got {type(loops).__name__}.")
        self.loops = loops
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
        images=None,
        image_shape=None,
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
        images : array or None, default=None
            The inputs as images, as in :meth:`LoopDisplay.from_table`, for the longest loops of the
            three layers whose longest is longest, for where it ends.
        image_shape : tuple of int or None, default=None
            The shape of one image, if they are rows; alone it makes images of the probe.
        title : str or None, default=None
            What stands above the page.
        ax : Axes or None, default=None
            Where to draw.

        Returns
        -------
        NetworkReportDisplay
        """
        if images is None and image_shape is not None:
            images = _as_images(probe)
        extractor = LayerActivationExtractor(probe, layers=layers, include_classes=classes)
        cells = extractor.set_output(transform="default").fit_transform([network])
        names = extractor.get_feature_names_out()
        clouds = Table.read(cells, "clouds", list(names))
        rips = RipsPersistence(homology_dimensions, metric=metric)
        diagrams = rips.set_output(transform="default").fit_transform(clouds)
        columns = list(rips.get_feature_names_out(names))
        return cls.from_table(
            diagrams,
            columns=columns,
            clouds=clouds,
            metric=metric,
            images=images,
            image_shape=image_shape,
            title=title,
            ax=ax,
        )

    @classmethod
    def from_table(
        cls,
        X,
        *,
        row=0,
        columns=None,
        clouds=None,
        metric="euclidean",
        images=None,
        image_shape=None,
        title=None,
        ax=None,
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
            The metric of these merges, and of loops.
        images : array or None, default=None
            The inputs as images, as in :meth:`LoopDisplay.from_table`, for the longest loops. They
            need clouds, and diagrams of degree 1.
        image_shape : tuple of int or None, default=None
            The shape of one image, if they are rows.
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
        images = read_images(images, image_shape)
        loops = None
        if images is not None:
            loops = _longest_loops(table.names, table.cells[row], clouds, row, images, metric)
        display = cls(
            table.names,
            list(table.cells[row]),
            layers=layers,
            share_between=shares,
            loops=loops,
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
        if self.share_between is None:
            heights.pop()
        if self.loops is not None:
            heights.append(2.0 * len(self.loops.layers))
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
        if self.loops is not None:
            parts.append(lambda ax: self.loops.plot(ax=ax))
        return parts


def _as_images(probe):
    """Return the rows of a probe, of which images are to be made."""
    rows = probe.detach().cpu() if hasattr(probe, "detach") else probe
    if not hasattr(rows, "__array__") and not isinstance(rows, (list, tuple)):
        raise TypeError(
            f"image_shape makes images of a probe that is an array of rows, and it is "
            f"{type(probe).__name__}; give images, an array with one for each input."
        )
    return np.asarray(rows)


def _longest_loops(names, diagrams, clouds, row, images, metric):
    """Return the display of the longest loops of the layers that stand out most by them."""
    if clouds is None:
        raise ValueError("images are of the loops of clouds; give clouds too, or leave them out.")
    clouds, _ = read_clouds(clouds, None, ())
    found = {}
    for name, diagram in zip(names, diagrams, strict=True):
        layer, degree = layer_and_degree(name)
        if degree == 1 and layer in clouds.names and len(diagram):
            birth, death = max(diagram, key=lambda bar: bar[1] - bar[0])
            found[layer] = 1.0 if np.isinf(death) else (death - birth) / death
    if not found:
        return None
    chosen = sorted(found, key=found.get)[-_MOST_LOOP_LAYERS:]
    layers = [layer for layer in found if layer in chosen]
    options = {"metric": metric, "metric_params": None, "max_edge_length": np.inf}
    return LoopDisplay._of_clouds(clouds, _N_LOOPS, row, layers, images, options)


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
