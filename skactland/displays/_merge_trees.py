"""Merge trees of layers, coloured by the classes of their points."""

import numpy as np

from skactland._checks import as_matrix, at_place
from skactland._table import read_names
from skactland.displays._axes import COLOURS, grid_shape, hide, ink, legend_beside, shades, tidy
from skactland.displays._base import Display
from skactland.displays._clouds import check_row, positions_of, read_clouds
from skactland.displays._names import letters_within, natural_key, plain, short_names, wrapped
from skactland.persistence import spanning_trees
from skactland.vectors._merges import encoded

_PANELS_IN_A_ROW = 4
_MIXED = "0.65"


class MergeTreeDisplay(Display):
    """Single linkage of a layer's points, coloured by class: a panel a layer.

    Points stand below, and components merge at the length of the edge that joins them: the bars of
    degree 0, from the foot to their merge. A part of one class has its colour, and what holds
    several is grey. The merges by an edge *between* classes are black (white on a dark
    background): the bars that :func:`~skactland.labelled_merges` counts.

    Parameters
    ----------
    edges : list of arrays of shape (n_points - 1, 2)
        A spanning tree for each layer, sorted by length, as of :func:`~skactland.spanning_trees`.
    lengths : list of arrays of shape (n_points - 1,)
        The lengths of the edges.
    classes : list of arrays of shape (n_points,)
        The class of each point of each layer.
    layers : list of str
        The names of the layers.

    Attributes
    ----------
    axes_ : ndarray of Axes
        A panel a layer, at most four in a row.
    figure_ : matplotlib.figure.Figure

    See Also
    --------
    LabelledMergeDisplay : The share of such merges, by layer or through training.

    Examples
    --------
    >>> import matplotlib
    >>> matplotlib.use("Agg")
    >>> from skactland.displays import MergeTreeDisplay
    >>> cloud, classes = [[0], [1], [2], [10], [11], [12]], [0, 0, 0, 0, 1, 1]
    >>> display = MergeTreeDisplay.from_cloud(cloud, classes)
    >>> display.lengths
    [array([1., 1., 1., 1., 8.])]
    """

    def __init__(self, edges, lengths, classes, layers):
        self.layers = read_names(layers, "layers")
        for name, values in (("edges", edges), ("lengths", lengths), ("classes", classes)):
            if len(values) != len(self.layers):
                raise ValueError(
                    f"There are {len(values)} {name} and {len(self.layers)} layers; one a layer is "
                    "needed."
                )
        self.edges = [np.asarray(tree) for tree in edges]
        self.lengths = [np.asarray(of_tree, dtype=np.float64) for of_tree in lengths]
        self.classes = []
        for layer, tree, of_tree, given in zip(
            self.layers, self.edges, self.lengths, classes, strict=True
        ):
            with at_place(layer):
                if tree.shape != (len(of_tree), 2) or (np.diff(of_tree) < 0).any():
                    raise ValueError(
                        f"expected {len(of_tree)} edges, sorted by length, as an array of shape "
                        f"({len(of_tree)}, 2), got shape {tree.shape}; spanning_trees gives them."
                    )
                encoded(given, len(tree) + 1)
            self.classes.append(np.asarray(given))

    @classmethod
    def from_cloud(cls, cloud, classes, *, metric="euclidean", metric_params=None, ax=None):
        """Draw the merge tree of one cloud.

        Parameters
        ----------
        cloud : array of shape (n_points, n_units)
            One point a row, or a distance matrix if ``metric="precomputed"``.
        classes : array of shape (n_points,)
            The class of each point.
        metric : str or callable, default="euclidean"
            As in :func:`~skactland.rips_persistence`.
        metric_params : dict or None, default=None
            Further arguments of the metric.
        ax : Axes or None, default=None
            Where to draw.

        Returns
        -------
        display
        """
        encoded(classes, len(as_matrix(cloud)))
        edges, lengths = spanning_trees(cloud, metric=metric, metric_params=metric_params)
        return cls(list(edges), list(lengths), [classes], ["cloud"]).plot(ax=ax)

    @classmethod
    def from_table(
        cls,
        X,
        *,
        row=0,
        layers=None,
        columns=None,
        classes=None,
        metric="euclidean",
        metric_params=None,
        ax=None,
    ):
        """Draw the merge trees of one network of a table.

        Parameters
        ----------
        X : table of clouds and classes
            Data frame, or object array of shape (n_networks, n_columns), as of
            ``LayerActivationExtractor(include_classes=True)``.
        row : int, default=0
            Which network.
        layers : str, sequence of str or None, default=None
            Which layers; all by default.
        columns : sequence of str or None, default=None
            Names of the columns, if X is an array.
        classes : array of shape (n_points,) or None, default=None
            Other classes than those of X, such as the true ones.
        metric : str or callable, default="euclidean"
            As in :func:`~skactland.rips_persistence`.
        metric_params : dict or None, default=None
            Further arguments of the metric.
        ax : Axes, array of Axes or None, default=None
            Where to draw. The place of a single axes is divided if several are needed.

        Returns
        -------
        display
        """
        clouds, labels = read_clouds(X, columns, classes)
        row = check_row(row, len(clouds.cells))
        found = positions_of(layers, clouds.names)
        edges, lengths = [], []
        for j in found:
            with at_place(clouds.place(row % len(clouds.cells), j)):
                cloud = clouds.cells[row, j]
                tree = spanning_trees(cloud, metric=metric, metric_params=metric_params)
            edges.append(tree[0][0])
            lengths.append(tree[1][0])
        names = [clouds.names[j] for j in found]
        return cls(edges, lengths, [labels[row][j] for j in found], names).plot(ax=ax)

    def _draw(self, ax):
        n_rows, n_columns = grid_shape(len(self.layers), _PANELS_IN_A_ROW)
        axes = self._make_axes(ax, n_rows, n_columns, panel=(4.4, 3.2))
        hide(axes.flat[len(self.layers) :])
        names = {name for of_layer in self.classes for name in of_layer.tolist()}
        names = sorted(names, key=natural_key if all(isinstance(n, str) for n in names) else None)
        colours = dict(zip(names, class_colours(len(names), axes[0, 0]), strict=True))
        for j, layer in enumerate(short_names(self.layers)):
            panel_ax = axes.flat[j]
            n_between = _draw_tree(
                panel_ax, self.edges[j], self.lengths[j], self.classes[j], colours
            )
            n_bars = len(self.lengths[j])
            _entitle(panel_ax, layer, f"{n_between} of {n_bars} bars between classes")
            tidy(panel_ax)
            panel_ax.spines["bottom"].set_visible(False)
            panel_ax.set_xticks([])
            panel_ax.set_xlabel("points")
            panel_ax.set_ylabel("filtration value" if j % n_columns == 0 else "")
        _draw_legend(axes[0, -1], colours)


def _entitle(ax, layer, words):
    """Write a layer and what is said of it above its tree, in two parts if one is too long."""
    letters = letters_within(ax)
    is_short = len(layer) + 2 + len(words) <= letters
    below = f"{wrapped(layer, letters)}\n{wrapped(words, letters)}"
    ax.set_title(f"{plain(layer)}: {words}" if is_short else below, fontsize="medium")


def class_colours(n, ax=None):
    """Return a colour for each of n classes, on the background of axes."""
    if n < len(COLOURS):
        return COLOURS[:n]
    from matplotlib import colormaps

    # Up to a dozen can be told apart; none is the grey of several classes, or the black between.
    if n <= 12:
        return list(colormaps["Paired"].colors[:n])
    return shades(n, "turbo", 1.0, ax=ax)


def _draw_tree(ax, edges, lengths, classes, colours):
    """Draw one merge tree; return the number of merges between classes."""
    from matplotlib.collections import LineCollection

    places, joined, kinds = _layout(edges, classes)
    heights = np.append(np.zeros(len(edges) + 1), lengths)
    is_between = classes[edges[:, 0]] != classes[edges[:, 1]]
    stems, bars = [], []
    for m, (a, b) in enumerate(joined):
        for node in (a, b):
            stems.append([(places[node], heights[node]), (places[node], lengths[m])])
        bars.append([(places[a], lengths[m]), (places[b], lengths[m])])
    of_kind = [_MIXED if kind is None else colours[kind] for kind in kinds]
    # So that neighbouring stems leave white between them as long as there is room.
    width = float(np.clip(200 / max(len(classes), 1), 0.4, 1.6))
    of_stems = [of_kind[node] for pair in joined for node in pair]
    ax.add_collection(LineCollection(stems, colors=of_stems, linewidths=width))
    of_bars = of_kind[len(classes) :]
    ax.add_collection(LineCollection(bars, colors=of_bars, linewidths=width))
    between = [bar for bar, is_black in zip(bars, is_between, strict=True) if is_black]
    ax.add_collection(LineCollection(between, colors=ink(ax), linewidths=max(1.4, width), zorder=3))
    dots = np.mean(between, axis=1).T if between else ([], [])
    ax.plot(*dots, ".", color=ink(ax), markersize=4, zorder=4)
    for name, colour in colours.items():
        own = np.flatnonzero(classes == name)
        ax.plot(places[own], np.zeros(len(own)), "|", color=colour, markersize=4)
    top = 1.04 * lengths.max(initial=0.0) or 1.0
    ax.set(xlim=(-0.5, len(classes) - 0.5), ylim=(-0.02 * top, top))
    return int(is_between.sum())


def _layout(edges, classes):
    """Return where the nodes of a merge tree stand, which two each merge joins, and their class.

    Nodes are the points, and then the merges. The larger of two parts is to the left; the class of
    a part is None if it has several.
    """
    n = len(edges) + 1
    above, node_of = list(range(n)), list(range(n))
    sizes, kinds, joined = [1] * n, classes.tolist(), []
    for m, (i, j) in enumerate(edges.tolist()):
        roots = _root(i, above), _root(j, above)
        a, b = sorted((node_of[root] for root in roots), key=lambda node: -sizes[node])
        joined.append((a, b))
        sizes.append(sizes[a] + sizes[b])
        kinds.append(kinds[a] if kinds[a] == kinds[b] else None)
        above[roots[0]] = roots[1]
        node_of[roots[1]] = n + m
    places, starts = np.zeros(2 * n - 1), np.zeros(2 * n - 1)
    for m in range(n - 2, -1, -1):  # from the last merge down
        a, b = joined[m]
        starts[a], starts[b] = starts[n + m], starts[n + m] + sizes[a]
    places[:n] = starts[:n]
    for m, (a, b) in enumerate(joined):
        places[n + m] = (places[a] + places[b]) / 2
    return places, joined, kinds


def _root(point, above):
    """Return the root of a point's part, and shorten the way to it."""
    while above[point] != point:
        above[point] = above[above[point]]
        point = above[point]
    return point


# Longer legends leave no room for the trees.
_MOST_NAMES = 12


def _draw_legend(ax, colours):
    from matplotlib.lines import Line2D

    named = list(colours.items())[:_MOST_NAMES]
    handles = [Line2D([], [], color=colour, label=plain(name)) for name, colour in named]
    if len(colours) > len(named):
        handles.append(Line2D([], [], alpha=0, label=f"and {len(colours) - len(named)} more"))
    handles.append(Line2D([], [], color=_MIXED, label="several"))
    handles.append(Line2D([], [], color=ink(ax), marker=".", label="between"))
    legend_beside(ax, handles=handles, title="class", fontsize="small")
