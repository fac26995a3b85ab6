"""What the two pictures of one network share: a panel a layer, all degrees in it."""

import numpy as np

from skactland._checks import at_place, check_diagram, check_homology_dimensions
from skactland._table import by_degree, diagram_column, layer_and_degree, read_diagrams, read_names
from skactland.displays._axes import grid_shape, hide, say, tidy
from skactland.displays._base import TableDisplay
from skactland.displays._clouds import check_row
from skactland.displays._names import set_title, short_names

_PANELS_IN_A_ROW = 6
# Inches: as wide as a figure gets before its panels shrink.
_WIDEST = 14


class NetworkDisplay(TableDisplay):
    """Diagrams of the layers of one network.

    A subclass draws one layer in ``_draw_layer``, names the axes in ``_label``, and the degrees in
    ``_draw_legend``.
    """

    _panel = (3.4, 3.2)

    def __init__(self, diagrams, columns):
        self.columns = read_names(columns)
        if isinstance(diagrams, np.ndarray) and diagrams.ndim:
            diagrams = list(diagrams)
        if not isinstance(diagrams, (list, tuple)):
            raise TypeError(f"diagrams must be a list of them, got {type(diagrams).__name__}.")
        if len(diagrams) != len(self.columns):
            raise ValueError(
                f"There are {len(diagrams)} diagrams and {len(self.columns)} columns to name them; "
                "one name a diagram is needed."
            )
        self.diagrams = []
        for name, diagram in zip(self.columns, diagrams, strict=True):
            with at_place(name):
                self.diagrams.append(check_diagram(diagram))

    @classmethod
    def from_diagrams(cls, diagrams, homology_dimensions=(0, 1), *, ax=None, **options):
        """Draw the diagrams of one cloud.

        Parameters
        ----------
        diagrams : list of arrays of shape (n_bars, 2)
            One a degree, as :func:`~skactland.rips_persistence` returns them.
        homology_dimensions : sequence of int, default=(0, 1)
            Their degrees.
        ax : Axes or None, default=None
            Where to draw.
        **options
            Further parameters of the display.

        Returns
        -------
        display
        """
        degrees = check_homology_dimensions(homology_dimensions)
        if isinstance(diagrams, (list, tuple)) and len(diagrams) != len(degrees):
            raise ValueError(
                f"There are {len(diagrams)} diagrams and {len(degrees)} homology_dimensions; one "
                "degree a diagram is needed."
            )
        return cls(diagrams, [diagram_column("", q) for q in degrees], **options).plot(ax=ax)

    @classmethod
    def from_table(cls, X, *, row=0, layers=None, columns=None, ax=None, **options):
        """Draw the diagrams of one network of a table.

        Parameters
        ----------
        X : table of diagrams
            Data frame, object array of shape (n_networks, n_columns), or list of diagrams.
        row : int, default=0
            Which network.
        layers : str, sequence of str or None, default=None
            Which layers; all by default.
        columns : sequence of str or None, default=None
            Names of the columns, such as ``fc1__H1``, if X is an array.
        ax : Axes, array of Axes or None, default=None
            Where to draw. The place of a single axes is divided if several are needed.
        **options
            Further parameters of the display.

        Returns
        -------
        display
        """
        table = read_diagrams(X, columns)
        check_row(row, len(table.cells))
        chosen = table.take(_columns_of(layers, table.names))
        return cls(list(chosen.cells[row]), chosen.names, **options).plot(ax=ax)

    def _draw(self, ax):
        layers, degrees, places = by_degree(self.columns)
        n_rows, n_columns = grid_shape(len(layers), _PANELS_IN_A_ROW)
        shrink = min(1, _WIDEST / (self._panel[0] * n_columns))
        panel = (self._panel[0] * shrink, self._panel[1] * shrink)
        axes = self._make_axes(ax, n_rows, n_columns, panel=panel)
        hide(axes.flat[len(layers) :])
        for j, (layer, name) in enumerate(zip(layers, short_names(layers), strict=True)):
            panel_ax = axes.flat[j]
            found = [q for q in degrees if (layer, q) in places]
            diagrams = {q: self.diagrams[places[layer, q]] for q in found}
            self._draw_layer(panel_ax, layer, diagrams)
            if not any(map(len, diagrams.values())):
                say(panel_ax, "no bars")
            set_title(panel_ax, name)
            tidy(panel_ax)
            row, column = divmod(j, n_columns)
            self._label(panel_ax, is_left=column == 0, is_lowest=row == n_rows - 1)
        if degrees != [None]:
            self._draw_legend(axes)


def _columns_of(layers, names):
    """Return the positions of the columns of some layers, of all by default."""
    there = list(dict.fromkeys(layer_and_degree(name)[0] for name in names))
    if layers is None:
        return list(range(len(names)))
    wanted = read_names(layers, "layers")
    for layer in wanted:
        if layer not in there:
            raise ValueError(f"There is no layer {layer!r}; there are {there}.")
    return [j for j, name in enumerate(names) if layer_and_degree(name)[0] in wanted]


def finite_range(diagrams):
    """Return the least and the largest finite value in some diagrams, with 0 between them.

    The range is (0, 1) if there is nothing to go by.
    """
    ends = np.concatenate([diagram.ravel() for diagram in diagrams])
    ends = ends[np.isfinite(ends)]
    first, last = ends.min(initial=0.0), ends.max(initial=0.0)
    return (first, last) if first < last else (0.0, 1.0)
