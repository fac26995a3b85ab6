"""Topological complexity by layer."""

import numpy as np
from scipy.stats import t as student

from skactland._checks import check_option
from skactland.displays._axes import COLOURS, MARKERS, degree_title, make_axes, shades, tidy
from skactland.displays._read import by_degree, diagrams_of, read_diagrams
from skactland.landscapes import ESSENTIAL_POLICIES, column_window, finite_bars

_LINE_STYLES = ("-", "--", "-.", ":")
# With more layers than this, degrees stand below each other.
_MOST_LAYERS_ABREAST = 12


class ComplexityDisplay:
    r"""The norm of the landscapes of each layer, a line a group of networks.

    The norm of a landscape, over all its levels, is :math:`\|\lambda\|_p = \left(\sum_i
    (d_i - b_i)^{p+1} / (2^p (p+1)) \right)^{1/p}` over the bars of the diagram, exactly.

    Parameters
    ----------
    columns : list of str
        Names such as ``fc1__H1``, one for each layer and degree.
    norms : ndarray of shape (n_networks, n_columns)
        The norms.
    groups : array of shape (n_networks,) or None, default=None
        The group of each network, such as the accuracy of the checkpoint that it is.
    p : float, default=2
        Which norm it is, for the name of the axis.

    Attributes
    ----------
    axes_ : ndarray of Axes of shape (1, n_degrees) or (n_degrees, 1)
    figure_ : matplotlib.figure.Figure

    Examples
    --------
    >>> import matplotlib
    >>> matplotlib.use("Agg")
    >>> import numpy as np
    >>> from skactland.displays import ComplexityDisplay
    >>> names = ["fc1__H1", "fc2__H1"]
    >>> table = [[np.array([[0, 1]]), np.array([[0, 2]])], [np.array([[0, 2]]), np.array([[1, 2]])]]
    >>> display = ComplexityDisplay.from_table(table, columns=names)
    >>> display.norms.round(3)
    array([[0.289, 0.816],
           [0.816, 0.289]])
    """

    def __init__(self, columns, norms, *, groups=None, p=2):
        self.columns = columns
        self.norms = norms
        self.groups = groups
        self.p = p

    @classmethod
    def from_table(
        cls,
        X,
        *,
        columns=None,
        groups=None,
        group_name=None,
        p=2,
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
            Title of the legend.
        p : float, default=2
            Which norm, from 1 to infinity.
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
        check_option(essential, "essential", ESSENTIAL_POLICIES)
        if not p >= 1:
            raise ValueError(f"p must be at least 1, got {p!r}.")
        diagrams, names = read_diagrams(X, columns)
        norms = np.empty(diagrams.shape)
        for j, of_column in enumerate(diagrams.T):
            end = column_window(of_column)[1]
            norms[:, j] = [landscape_norm(finite_bars(d, essential, end), p) for d in of_column]
        if groups is not None:
            groups = np.asarray(groups)
            if groups.shape != (len(norms),):
                raise ValueError(
                    f"groups must name the group of each of the {len(norms)} networks, got shape "
                    f"{groups.shape}."
                )
        display = cls(names, norms, groups=groups, p=p)
        return display.plot(confidence=confidence, group_name=group_name, ax=ax)

    @classmethod
    def from_estimator(cls, estimator, X, **options):
        """Draw the complexity of networks, as a fitted pipeline sees them.

        Parameters
        ----------
        estimator : Pipeline or RipsPersistence
            Fitted; of a pipeline the steps up to RipsPersistence are used.
        X : sequence of networks, or what else the estimator takes
        **options
            As for :meth:`from_table`, but for `columns`.

        Returns
        -------
        ComplexityDisplay
        """
        diagrams, columns = diagrams_of(estimator, X)
        return cls.from_table(diagrams, columns=columns, **options)

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
        if confidence is not None and not 0 < confidence < 1:
            raise ValueError(f"confidence must be between 0 and 1 or None, got {confidence!r}.")
        layers, degrees, places = by_degree(self.columns)
        is_long = len(layers) > _MOST_LAYERS_ABREAST
        shape = (len(degrees), 1) if is_long else (1, len(degrees))
        width = min(3.2 + 0.25 * len(layers), 11)
        self.figure_, self.axes_ = make_axes(ax, *shape, panel=(width, 3.0))
        for degree, panel_ax in zip(degrees, self.axes_.ravel(), strict=True):
            present = [i for i, layer in enumerate(layers) if (layer, degree) in places]
            norms = self.norms[:, [places[layers[i], degree] for i in present]]
            self._draw_lines(panel_ax, np.array(present), norms, confidence)
            rotation = 90 if is_long else (30 if max(map(len, layers)) > 6 else 0)
            panel_ax.set_xticks(range(len(layers)), layers, rotation=rotation)
            panel_ax.set_title(degree_title(degree), fontsize="medium")
            panel_ax.set_ylim(bottom=0)
            panel_ax.grid(axis="y", color="0.9", linewidth=0.8)
            panel_ax.set_axisbelow(True)
            tidy(panel_ax)
        for panel_ax in self.axes_[-1]:
            panel_ax.set_xlabel("layer")
        for panel_ax in self.axes_[:, 0]:
            panel_ax.set_ylabel(_norm_label(self.p))
        if self.groups is not None:
            self.axes_[0, -1].legend(
                title=group_name, frameon=False, loc="upper left", bbox_to_anchor=(1.0, 1.0)
            )
        return self

    def _draw_lines(self, ax, positions, norms, confidence):
        """Draw a line a group, shifted a little so that intervals do not hide each other."""
        labels = np.zeros(len(norms), int) if self.groups is None else np.asarray(self.groups)
        values = np.unique(labels)
        is_ordered = self.groups is not None and np.issubdtype(values.dtype, np.number)
        colours = shades(len(values)) if is_ordered else COLOURS
        for g, value in enumerate(values):
            group = norms[labels == value]
            shift = 0.04 * (g - (len(values) - 1) / 2)
            ax.errorbar(
                positions + shift,
                group.mean(axis=0),
                _half_widths(group, confidence),
                color=colours[g % len(colours)],
                marker=MARKERS[g % len(MARKERS)],
                linestyle=_LINE_STYLES[g % len(_LINE_STYLES)] if not is_ordered else "-",
                markersize=5,
                linewidth=1.6,
                elinewidth=1,
                capsize=2,
                label=f"{value}",
            )


def landscape_norm(bars, p):
    """Return the p-norm of the landscape of bars, over all levels."""
    lengths = bars[:, 1] - bars[:, 0]
    largest = lengths.max(initial=0.0)
    if np.isinf(p) or largest == 0:
        return largest / 2
    power_sum = ((lengths / largest) ** (p + 1)).sum() * largest / (p + 1)
    return largest / 2 * power_sum ** (1 / p)


def _half_widths(group, confidence):
    """Return half the length of the interval of each mean, None where there is none."""
    if confidence is None or len(group) < 2:
        return None
    quantile = student.ppf((1 + confidence) / 2, len(group) - 1)
    return quantile * group.std(axis=0, ddof=1) / np.sqrt(len(group))


def _norm_label(p):
    """Return the name of the norm with its unit, in powers of the filtration value."""
    name = r"\infty" if np.isinf(p) else f"{p:g}"
    power = "" if np.isinf(p) else f"$^{{{1 + 1 / p:.3g}}}$"
    return rf"complexity $\|\lambda\|_{{{name}}}$" + f"\n[filtration value{power}]"
