"""How far layers or networks are from each other, as a heat map."""

import numpy as np

from skactland._checks import check_option
from skactland._table import read_names
from skactland.displays._axes import GREY, colour_bar, shading
from skactland.displays._base import Display, check_numbers, check_text, read_attributes
from skactland.displays._names import name_layers, name_rows, upright_height

_THINGS = ("layer", "network")


class DivergenceDisplay(Display):
    """A heat map of the divergences of layers or networks, in the same order on both axes.

    Parameters
    ----------
    values : ndarray of shape (n_rows, n_columns)
        The divergences, 0 where two are alike, not negative. Infinite ones, as of diagrams with
        other numbers of bars that never die, are drawn grey, with the sign of infinity.
    rows : sequence of str
        What each row is of.
    columns : sequence of str or None, default=None
        What each column is of; by default the same as the rows.
    title : str or None, default=None
        What the numbers are.
    things : {"layer", "network"}, default="layer"
        What the names are of.

    Attributes
    ----------
    axes_ : ndarray of Axes of shape (1, 1)
    figure_ : matplotlib.figure.Figure

    See Also
    --------
    skactland.comparison.layer_divergences : Computes what is drawn.
    skactland.comparison.network_divergences : Computes what is drawn.
    skactland.comparison.diagram_distances : Computes what is drawn.

    Examples
    --------
    >>> import matplotlib
    >>> matplotlib.use("Agg")
    >>> from skactland.displays import DivergenceDisplay
    >>> DivergenceDisplay([[0, 1], [1, 0]], ["fc1", "fc2"]).plot().axes_.shape
    (1, 1)
    """

    def __init__(self, values, rows, columns=None, *, title=None, things="layer"):
        self.rows = read_names(rows, "rows")
        self.columns = self.rows if columns is None else read_names(columns)
        self.values = check_numbers(values, "values", len(self.rows), len(self.columns))
        if (self.values < 0).any():
            raise ValueError(
                f"values must not be negative, got {self.values.min():g}: they tell how far apart "
                "things are; of similarities take 1 - values first."
            )
        self.title = check_text(title, "title")
        self.things = check_option(things, "things", _THINGS)

    @classmethod
    def from_divergences(cls, divergences, *, ax=None):
        """Draw what a comparison of layers or networks returned.

        Parameters
        ----------
        divergences : Divergences
            From :func:`~skactland.comparison.layer_divergences`, or an item of what
            :func:`~skactland.comparison.network_divergences` returns.
        ax : Axes or None, default=None
            Where to draw.

        Returns
        -------
        DivergenceDisplay
        """
        names = ("values", "rows", "columns", "title", "things")
        values, rows, columns, title, things = read_attributes(divergences, "divergences", names)
        return cls(values, rows, columns, title=title, things=things).plot(ax=ax)

    def _draw(self, ax):
        from matplotlib.colors import to_rgba

        n_rows, n_columns = self.values.shape
        width, height = max(3.0, 0.3 * n_columns), max(2.4, 0.3 * n_rows)
        beside = upright_height(self.rows, 0.0) + 1.2
        below = upright_height(self.columns, width) + 0.8
        ax = self._make_axes(ax, panel=(width + beside, height + below))[0, 0]
        # Columns around whole numbers and rows between them, where their names are written.
        finite = self.values[np.isfinite(self.values)]
        lowest, highest = (finite.min(), finite.max()) if finite.any() else (0.0, 1.0)
        colours = shading(ax=ax).with_extremes(bad=to_rgba(GREY, 0.4))
        mesh = ax.pcolormesh(
            np.arange(n_columns + 1) - 0.5,
            np.arange(n_rows + 1),
            np.ma.masked_invalid(self.values),
            vmin=lowest,
            vmax=highest,
            cmap=colours,
            rasterized=True,
        )
        for i, j in np.argwhere(np.isinf(self.values)):
            ax.text(j, i + 0.5, r"$\infty$", ha="center", va="center", clip_on=True)
        colour_bar([ax], mesh, self.title)
        name_rows(ax, self.rows, "small")
        ax.tick_params(labelsize="small", length=0)
        ax.figure.draw_without_rendering()  # what is beside it leaves names below it less room
        name_layers(ax, self.columns)
        if self.things != "layer":
            ax.set_xlabel(self.things)
        ax.spines[:].set_visible(False)
