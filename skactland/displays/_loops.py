"""Loops of layers, drawn on a projection of their points."""

import numpy as np

from skactland._checks import as_matrix, at_place, check_count, check_diagram
from skactland._table import read_names
from skactland.displays._axes import COLOURS, GREY, grid_shape, hide, legend_beside, look, say
from skactland.displays._base import Display
from skactland.displays._clouds import check_row, positions_of, read_clouds
from skactland.displays._names import set_title, short_names
from skactland.displays._projections import check_coordinates, projected
from skactland.displays._thumbnails import along, draw_ring, read_images
from skactland.persistence import representative_loops

_PANELS_IN_A_ROW = 3
_LINES = ("-", "--", "-.", ":")
# Inches: beside narrower panels there is no room for a legend, which stands below them.
_NARROW = 1.6
# Longer legends leave no room for the points.
_MOST_BARS = 12


class LoopDisplay(Display):
    """The longest loops of a layer on a projection of its points: a panel a layer.

    All points are grey; each loop is a closed line through its points, and the legend tells its
    bar [birth, death). With images, a panel beside shows the inputs around each loop in order, at
    most 16, evenly along it. A loop stands for its bar as :func:`~skactland.representative_loops`
    says. Its sides are edges of the cloud in all dimensions, and may cross on a projection.

    Parameters
    ----------
    coordinates : list of arrays of shape (n_points, 2)
        Where the points of each layer are drawn.
    loops : list of lists of int arrays of shape (n_loop_points,)
        The points around each loop of each layer, in order.
    bars : list of arrays of shape (n_loops, 2)
        The bar (birth, death) of each loop, in units of the metric.
    layers : list of str
        The names of the layers.
    images : array of shape (n_points, height, width) or None, default=None
        The input of each point, grey, or with colours as (n_points, height, width, 3). Kept from 0
        to 1, the least and the largest value of all of them. The largest grey is drawn as ink.

    Attributes
    ----------
    axes_ : ndarray of Axes
        A panel a layer, at most three in a row; with images a row a layer, a panel more a loop.
    figure_ : matplotlib.figure.Figure

    See Also
    --------
    skactland.representative_loops : The loops.
    BarcodeDisplay : All bars.

    Examples
    --------
    >>> import matplotlib
    >>> matplotlib.use("Agg")
    >>> from skactland.displays import LoopDisplay
    >>> display = LoopDisplay.from_cloud([[0, 0], [1, 0], [1, 1], [0, 1], [0.5, 9]])
    >>> [text.get_text() for text in display.axes_[0, 0].get_legend().get_texts()]
    ['[1, 1.41)']
    """

    def __init__(self, coordinates, loops, bars, layers, *, images=None):
        self.layers = read_names(layers, "layers")
        for name, values in (("coordinates", coordinates), ("loops", loops), ("bars", bars)):
            if len(values) != len(self.layers):
                raise ValueError(
                    f"There are {len(values)} {name} and {len(self.layers)} layers; one a layer is "
                    "needed."
                )
        self.images = read_images(images)
        self.coordinates, self.loops, self.bars = [], [], []
        for layer, places, of_layer, diagram in zip(
            self.layers, coordinates, loops, bars, strict=True
        ):
            with at_place(layer):
                places = check_coordinates(places)
                self.coordinates.append(places)
                self.bars.append(check_diagram(diagram))
                self.loops.append(_check_loops(of_layer, len(self.bars[-1]), len(places)))
                if self.images is not None and len(self.images) != len(places):
                    raise ValueError(
                        f"there are {len(self.images)} images for {len(places)} points; one a "
                        "point is needed, in the order of the points."
                    )

    @classmethod
    def from_cloud(
        cls,
        cloud,
        n_loops=3,
        *,
        coordinates=None,
        images=None,
        image_shape=None,
        metric="euclidean",
        metric_params=None,
        max_edge_length=np.inf,
        ax=None,
    ):
        """Draw the longest loops of one cloud.

        Parameters
        ----------
        cloud : array of shape (n_points, n_units)
            One point a row, or a distance matrix if ``metric="precomputed"``.
        n_loops : int, default=3
            How many loops, the longest first; all if there are fewer.
        coordinates : array of shape (n_points, 2) or None, default=None
            Where the points are drawn; by default their first two principal components.
        images : array or None, default=None
            The input of each point, of shape (n_points, height, width), with colours
            (n_points, height, width, 3) or as torch has them, (n_points, 3, height, width), or
            (n_points, n_pixels) with `image_shape`.
        image_shape : tuple of int or None, default=None
            The shape of one image, if they are rows.
        metric : str or callable, default="euclidean"
            As in :func:`~skactland.rips_persistence`.
        metric_params : dict or None, default=None
            Further arguments of the metric.
        max_edge_length : float, default=inf
            As in :func:`~skactland.rips_persistence`.
        ax : Axes, array of Axes or None, default=None
            Where to draw. The place of a single axes is divided if several are needed.

        Returns
        -------
        display
        """
        check_count(n_loops, "n_loops")
        loops, bars = representative_loops(
            cloud,
            n_loops,
            metric=metric,
            metric_params=metric_params,
            max_edge_length=max_edge_length,
        )
        if coordinates is None:
            coordinates = projected(cloud, metric)
        n_points = len(as_matrix(cloud))
        if len(check_coordinates(coordinates)) != n_points:
            raise ValueError(
                f"coordinates are those of {len(coordinates)} points, and the cloud has "
                f"{n_points}; one row a point is needed."
            )
        images = read_images(images, image_shape)
        return cls([coordinates], [loops], [bars], ["cloud"], images=images).plot(ax=ax)

    @classmethod
    def from_table(
        cls,
        X,
        n_loops=3,
        *,
        row=0,
        layers=None,
        columns=None,
        images=None,
        image_shape=None,
        metric="euclidean",
        metric_params=None,
        max_edge_length=np.inf,
        ax=None,
    ):
        """Draw the longest loops of the layers of one network, on principal components.

        Parameters
        ----------
        X : table of clouds
            Data frame, or object array of shape (n_networks, n_columns).
        n_loops : int, default=3
            How many loops a layer, the longest first; all if there are fewer.
        row : int, default=0
            Which network.
        layers : str, sequence of str or None, default=None
            Which layers; all by default.
        columns : sequence of str or None, default=None
            Names of the columns, if X is an array.
        images, image_shape
            As in :meth:`from_cloud`: the inputs, the same for all layers.
        metric : str or callable, default="euclidean"
            As in :func:`~skactland.rips_persistence`.
        metric_params : dict or None, default=None
            Further arguments of the metric.
        max_edge_length : float, default=inf
            As in :func:`~skactland.rips_persistence`.
        ax : Axes, array of Axes or None, default=None
            Where to draw. The place of a single axes is divided if several are needed.

        Returns
        -------
        display
        """
        options = {
            "metric": metric,
            "metric_params": metric_params,
            "max_edge_length": max_edge_length,
        }
        # No classes are asked for: a table without them will do.
        clouds, _ = read_clouds(X, columns, ())
        images = read_images(images, image_shape)
        return cls._of_clouds(clouds, n_loops, row, layers, images, options).plot(ax=ax)

    @classmethod
    def _of_clouds(cls, clouds, n_loops, row, layers, images, options):
        """Return the display of some layers of one network, which is not drawn yet."""
        check_count(n_loops, "n_loops")
        row = check_row(row, len(clouds.cells))
        found = positions_of(layers, clouds.names)
        coordinates, loops, bars = [], [], []
        for j in found:
            with at_place(clouds.place(row % len(clouds.cells), j)):
                cloud = clouds.cells[row, j]
                of_layer = representative_loops(cloud, n_loops, **options)
                coordinates.append(projected(cloud, options["metric"]))
            loops.append(of_layer[0])
            bars.append(of_layer[1])
        names = [clouds.names[j] for j in found]
        return cls(coordinates, loops, bars, names, images=images)

    def _draw(self, ax):
        n_layers = len(self.layers)
        if self.images is None:
            shape = grid_shape(n_layers, _PANELS_IN_A_ROW)
        else:
            shape = n_layers, 1 + max(map(len, self.loops), default=0)
        axes = self._make_axes(ax, *shape, panel=(4.2, 3.2))
        panels = axes.ravel() if self.images is None else axes[:, 0]
        hide(panels[n_layers:])
        for j, layer in enumerate(short_names(self.layers)):
            _draw_loops(panels[j], self.coordinates[j], self.loops[j])
            _name_bars(panels[j], self.bars[j], may_stand_below=self.images is None)
            set_title(panels[j], layer)
            if self.images is not None:
                hide(axes[j, 1 + len(self.loops[j]) :])
                for i, loop in enumerate(self.loops[j]):
                    self._draw_inputs(axes[j, 1 + i], i, loop)

    def _fit(self):
        """Write into small panels in small letters, or nothing where they could not be read."""
        for ax in self.axes_.flat:
            room = ax.get_window_extent().width * (0.95 if ax.axison else 0.5)  # within a ring
            for text in ax.texts:
                size = text.get_size() * min(1, room / text.get_window_extent().width)
                text.set_size(size)
                text.set_visible(size > 5)

    def _draw_inputs(self, ax, i, loop):
        """Draw the inputs around the i-th loop."""
        shown = along(loop)
        draw_ring(ax, self.images[shown], _style(i, ax))
        words = f"{len(loop)} points" if len(shown) == len(loop) else f"{len(shown)} of {len(loop)}"
        ax.text(0, 0, words, ha="center", va="center", fontsize="small", color=GREY)


def _style(i, ax):
    """Return the colour and the kind of line of the i-th loop."""
    line = _LINES[(i % len(COLOURS) + i // len(COLOURS)) % len(_LINES)]
    return {"color": look(i, ax)["color"], "linestyle": line, "linewidth": 1.6}


def _draw_loops(ax, coordinates, loops):
    """Draw points and loops on their projection."""
    ax.scatter(*coordinates.T, s=8, color=GREY, alpha=0.8, linewidths=0)
    for i, loop in enumerate(loops):
        closed = coordinates[np.append(loop, loop[0])]
        ax.plot(*closed.T, marker=look(i, ax)["marker"], markersize=4, **_style(i, ax))
    ax.set(xticks=[], yticks=[])
    ax.set_aspect("equal", adjustable="datalim")
    ax.spines[:].set_color(GREY)
    if not loops:
        say(ax, "no loops")


def _name_bars(ax, bars, may_stand_below):
    """Tell the bar of each loop beside the panel, or below it if it is narrow."""
    from matplotlib.lines import Line2D

    if not len(bars):
        return
    handles = list(ax.lines)[:_MOST_BARS]
    labels = [f"[{birth:.3g}, {death:.3g})" for birth, death in bars[:_MOST_BARS]]
    n_more = len(bars) - _MOST_BARS
    if n_more > 0:
        handles.append(Line2D([], [], alpha=0))
        labels.append(f"and {n_more} more")
    place = {}
    if may_stand_below and ax.get_window_extent().width < _NARROW * ax.figure.dpi:
        place = {"loc": "upper center", "bbox_to_anchor": (0.5, 0)}
    legend_beside(ax, handles, labels, title="bar", fontsize="small", **place)


def _check_loops(loops, n_bars, n_points):
    """Return loops as arrays of indices of points."""
    if len(loops) != n_bars:
        raise ValueError(f"there are {len(loops)} loops and {n_bars} bars; one a loop is needed.")
    loops = [np.asarray(loop) for loop in loops]
    for loop in loops:
        if loop.ndim != 1 or not loop.size or loop.dtype.kind not in "iu":
            raise ValueError(
                "a loop must be an array of indices of points, as representative_loops gives, got "
                f"{loop.dtype} of shape {loop.shape}."
            )
        if loop.min() < 0 or loop.max() >= n_points:
            raise ValueError(
                f"a loop has the points {loop.min()} to {loop.max()}, and coordinates are those of "
                f"{n_points} points; give coordinates of the cloud of the loops, one a point."
            )
    return loops
