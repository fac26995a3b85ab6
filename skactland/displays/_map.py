"""A map of networks: close where their activation landscapes are alike."""

import numpy as np

from skactland._table import read_diagrams
from skactland.displays._axes import COLOURS, GREY, MARKERS, colour_bar, ink, tidy
from skactland.displays._base import TableDisplay, check_numbers
from skactland.displays._labels import are_numbers, in_order, name_of, read_labels
from skactland.displays._lines import group_styles, name_groups
from skactland.displays._names import plain
from skactland.kernels import landscape_gram

# In a row of the legend above the points.
_MOST_BESIDE = 4


class NetworkMapDisplay(TableDisplay):
    """Kernel PCA of networks: a point a network, distances those of activation landscapes.

    Parameters
    ----------
    embedding : ndarray of shape (n_networks, 2)
        The two first kernel principal components.
    explained : ndarray of shape (2,)
        The fraction of the variance along each.
    y : array of shape (n_networks,) or None, default=None
        What the points are coloured by: numbers, such as accuracies, or labels.
    y_name : str or None, default=None
        What it is called; by default the name of a series.
    groups : array of shape (n_networks,) or None, default=None
        The group of each network, which its marker tells, and its colour if there is no y.
    group_name : str or None, default=None
        Title of the legend; by default the name of a series.

    Attributes
    ----------
    axes_ : ndarray of Axes of shape (1, 1)
    figure_ : matplotlib.figure.Figure

    See Also
    --------
    skactland.LandscapeKernel : The kernel of which the components are.
    skactland.landscape_distance : Distances between networks.

    Examples
    --------
    >>> import matplotlib
    >>> matplotlib.use("Agg")
    >>> from skactland.displays import NetworkMapDisplay
    >>> diagrams = [[[0, 1.0]], [[0, 1.1]], [[0, 3.0]], [[0, 3.2]]]
    >>> display = NetworkMapDisplay.from_table(diagrams, y=[0.5, 0.6, 0.9, 0.95])
    >>> display.embedding.shape
    (4, 2)
    """

    def __init__(self, embedding, explained, *, y=None, y_name=None, groups=None, group_name=None):
        self.embedding = check_numbers(embedding, "embedding", "n_networks", 2)
        self.explained = check_numbers(explained, "explained", 2)
        n_networks = len(self.embedding)
        self.y = None if y is None else read_labels(y, n_networks, "y")
        self.y_name = name_of(y, y_name, "y_name")
        self.groups = None if groups is None else read_labels(groups, n_networks, "groups")
        self.group_name = name_of(groups, group_name, "group_name")
        if self.y is not None and self.groups is not None:
            _check_both(self.y, self.groups)

    @classmethod
    def from_table(
        cls,
        X,
        *,
        columns=None,
        y=None,
        y_name=None,
        groups=None,
        group_name=None,
        column_weights="balanced",
        normalize=True,
        ax=None,
    ):
        """Draw the map of the networks of a table of diagrams, by the landscape kernel.

        Parameters
        ----------
        X : table of diagrams
            Data frame, object array of shape (n_networks, n_columns), or list of diagrams; at
            least three networks.
        columns : sequence of str or None, default=None
            Names of the columns, if X is an array.
        y : array of shape (n_networks,) or None, default=None
            Numbers or labels to colour the points by.
        y_name : str or None, default=None
            What they are called; by default the name of a series.
        groups : array of shape (n_networks,) or None, default=None
            Groups of networks, told by markers, and by colours too if there is no y. Groups that
            are numbers get shades in their order.
        group_name : str or None, default=None
            Title of the legend; by default the name of a series.
        column_weights : "balanced", dict, array or None, default="balanced"
            As in :class:`~skactland.LandscapeKernel`. With weights 1 (None) the map is of the layer
            of the largest filtration values.
        normalize : bool, default=True
            Give the landscapes of every network the norm 1, so that the map is of their shapes. Of
            norms, which grow by orders of magnitude as networks are trained, it would show little
            else; for them there is :class:`ComplexityDisplay`.
        ax : Axes or None, default=None
            Where to draw.

        Returns
        -------
        NetworkMapDisplay
        """
        table = read_diagrams(X, columns)
        gram = landscape_gram(table, column_weights=column_weights, normalize=normalize)
        names = {"y": y, "y_name": y_name, "groups": groups, "group_name": group_name}
        return cls.from_gram(gram, **names, ax=ax)

    @classmethod
    def from_gram(cls, gram, *, y=None, y_name=None, groups=None, group_name=None, ax=None):
        """Draw the map that a Gram matrix of networks gives.

        Parameters
        ----------
        gram : ndarray of shape (n_networks, n_networks)
            Inner products, as of :func:`~skactland.landscape_gram`.
        y : array of shape (n_networks,) or None, default=None
            Numbers or labels to colour the points by.
        y_name : str or None, default=None
            What they are called; by default the name of a series.
        groups, group_name
            As in :meth:`from_table`.
        ax : Axes or None, default=None
            Where to draw.

        Returns
        -------
        NetworkMapDisplay
        """
        gram = check_numbers(gram, "gram", "n_networks", "n_networks")
        embedding, explained = _principal_components(gram)
        names = {"y": y, "y_name": y_name, "groups": groups, "group_name": group_name}
        return cls(embedding, explained, **names).plot(ax=ax)

    def _draw(self, ax):
        axes = self._make_axes(ax, panel=(5.2, 4.2))
        ax = axes[0, 0]
        if self.y is not None and are_numbers(self.y):
            self._draw_scale(ax)
        elif self.y is None and self.groups is None:
            _scatter(ax, self.embedding, color=COLOURS[0])
        elif self.y is None:
            self._draw_groups(axes, self.groups, self.group_name)
        else:
            self._draw_groups(axes, self.y, self.y_name)
        for axis, order, share in zip("xy", ("first", "second"), self.explained, strict=True):
            ax.set(**{f"{axis}label": f"{order} kernel component ({share:.0%} of the variance)"})
        ax.set_aspect("equal", adjustable="datalim")  # distances are what it shows
        tidy(ax)

    def _draw_scale(self, ax):
        """Draw points in the colours of numbers, with the markers of groups."""
        groups = np.zeros(len(self.y)) if self.groups is None else self.groups
        scale = {"cmap": "viridis", "vmin": self.y.min(), "vmax": self.y.max()}
        for group, marker in zip(in_order(groups), MARKERS, strict=False):
            there = groups == group
            points = _scatter(ax, self.embedding[there], c=self.y[there], marker=marker, **scale)
            if self.groups is not None:
                ax.plot([], [], marker, color=GREY, label=plain(group))
        colour_bar([ax], points, self.y_name)
        if self.groups is not None:  # above, for the bar is beside
            place = {"loc": "lower left", "bbox_to_anchor": (0, 1), "ncols": _MOST_BESIDE}
            ax.legend(title=self.group_name, frameon=False, fontsize="small", **place)

    def _draw_groups(self, axes, groups, title):
        """Draw the points of each group."""
        labels = in_order(groups)
        for label, style in zip(labels, group_styles(labels, axes[0, 0]), strict=True):
            look = {"color": style["color"], "marker": style["marker"], "label": plain(label)}
            _scatter(axes[0, 0], self.embedding[groups == label], **look)
        name_groups(axes, groups, title)


def _check_both(y, groups):
    """Refuse what colours and markers together cannot tell."""
    if not are_numbers(y):
        raise ValueError(
            "y and groups are both names, and one colour cannot tell both; give y numbers, such "
            "as accuracies, or leave it out."
        )
    n_groups = len(in_order(groups))
    if n_groups > len(MARKERS):
        raise ValueError(
            f"Beside y, groups are told apart by {len(MARKERS)} markers, and there are {n_groups} "
            "of them; leave out y, or merge some."
        )


def _scatter(ax, points, **look):
    return ax.scatter(*points.T, s=46, edgecolors=ink(ax), linewidths=0.5, **look)


def _principal_components(gram):
    """Return two kernel principal components, and the fractions of the variance along them."""
    n = len(gram)
    if gram.shape != (n, n) or n < 3:
        raise ValueError(
            f"A map needs the square Gram matrix of at least 3 networks, got shape {gram.shape}."
        )
    centred = gram - gram.mean(axis=0) - gram.mean(axis=1)[:, None] + gram.mean()
    variances, vectors = np.linalg.eigh(centred)
    # Ascending as they come, and those of zero may be rounded below it.
    variances, vectors = np.maximum(variances[::-1], 0), vectors[:, ::-1]
    # Eigenvectors are known but for their sign. It is chosen, lest maps be mirrored elsewhere.
    signs = np.sign(vectors[np.abs(vectors).argmax(axis=0), range(n)])
    embedding = (vectors * signs * np.sqrt(variances))[:, :2]
    return embedding, variances[:2] / (variances.sum() or 1.0)
