"""A map of networks: close where their activation landscapes are alike."""

import numpy as np

from skactland._table import read_diagrams
from skactland.displays._axes import COLOURS, colour_bar, ink, legend_beside, look, tidy
from skactland.displays._base import TableDisplay, check_numbers
from skactland.displays._labels import are_numbers, in_order, name_of, read_labels
from skactland.displays._names import plain
from skactland.kernels import landscape_gram

# More labels take a second column of the legend.
_MOST_IN_A_COLUMN = 12


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

    def __init__(self, embedding, explained, *, y=None, y_name=None):
        self.embedding = check_numbers(embedding, "embedding", "n_networks", 2)
        self.explained = check_numbers(explained, "explained", 2)
        self.y = None if y is None else read_labels(y, len(self.embedding), "y")
        self.y_name = name_of(y, y_name, "y_name")

    @classmethod
    def from_table(
        cls,
        X,
        *,
        columns=None,
        y=None,
        y_name=None,
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
        return cls.from_gram(gram, y=y, y_name=y_name, ax=ax)

    @classmethod
    def from_gram(cls, gram, *, y=None, y_name=None, ax=None):
        """Draw the map that a Gram matrix of networks gives.

        Parameters
        ----------
        gram : ndarray of shape (n_networks, n_networks)
            Inner products, as of :func:`~skactland.landscape_gram`.
        y : array of shape (n_networks,) or None, default=None
            Numbers or labels to colour the points by.
        y_name : str or None, default=None
            What they are called; by default the name of a series.
        ax : Axes or None, default=None
            Where to draw.

        Returns
        -------
        NetworkMapDisplay
        """
        gram = check_numbers(gram, "gram", "n_networks", "n_networks")
        embedding, explained = _principal_components(gram)
        return cls(embedding, explained, y=y, y_name=y_name).plot(ax=ax)

    def _draw(self, ax):
        ax = self._make_axes(ax, panel=(5.2, 4.2))[0, 0]
        if self.y is None:
            _scatter(ax, self.embedding, color=COLOURS[0])
        elif are_numbers(self.y):
            points = _scatter(ax, self.embedding, c=self.y, cmap="viridis")
            colour_bar([ax], points, self.y_name)
        else:
            labels = in_order(self.y)
            for g, label in enumerate(labels):
                _scatter(ax, self.embedding[self.y == label], label=plain(label), **look(g, ax))
            legend_beside(ax, title=self.y_name, ncols=-(-len(labels) // _MOST_IN_A_COLUMN))
        for axis, order, share in zip("xy", ("first", "second"), self.explained, strict=True):
            ax.set(**{f"{axis}label": f"{order} kernel component ({share:.0%} of the variance)"})
        ax.set_aspect("equal", adjustable="datalim")  # distances are what it shows
        tidy(ax)


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
