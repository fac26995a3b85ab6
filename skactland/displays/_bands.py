"""A mean landscape and its confidence band."""

import numpy as np

from skactland._checks import check_count
from skactland.displays._axes import COLOURS, T_LABEL, ink, legend_beside, tidy
from skactland.displays._base import Display, check_numbers, check_text, read_attributes
from skactland.displays._names import letters_within, wrapped


class BandDisplay(Display):
    """A mean landscape with its confidence band, a panel a level.

    Parameters
    ----------
    t : ndarray of shape (n_nodes,)
        Filtration values.
    mean, lower, upper : ndarray of shape (n_levels, n_nodes)
        The mean landscape, and the two sides of the band.
    column : str or None, default=None
        What it is of, such as ``fc1__H1``.

    Attributes
    ----------
    axes_ : ndarray of Axes of shape (1, n_levels)
    figure_ : matplotlib.figure.Figure

    See Also
    --------
    ActivationLandscapeDisplay : All layers and degrees.

    Examples
    --------
    >>> import matplotlib, numpy as np
    >>> matplotlib.use("Agg")
    >>> from skactland.displays import BandDisplay
    >>> t = np.linspace(0, 2, 101)
    >>> tent = 1 - abs(t - 1)
    >>> BandDisplay(t, tent[None], 0.8 * tent[None], 1.2 * tent[None], "fc1__H1").plot().axes_.shape
    (1, 1)
    """

    def __init__(self, t, mean, lower, upper, column=None):
        self.t = check_numbers(t, "t", "n_nodes")
        self.mean = check_numbers(mean, "mean", "n_levels", len(self.t))
        self.lower = check_numbers(lower, "lower", *self.mean.shape)
        self.upper = check_numbers(upper, "upper", *self.mean.shape)
        self.column = check_text(column, "column")

    @classmethod
    def from_band(cls, band, *, n_landscapes=None, ax=None):
        """Draw the result of ``skactland.inference``.

        Parameters
        ----------
        band : object
            With the attributes `t`, `mean`, `lower`, `upper` and `column` that this class has.
        n_landscapes : int or None, default=None
            Number of levels drawn; all by default.
        ax : Axes, array of Axes or None, default=None
            Where to draw.

        Returns
        -------
        BandDisplay
        """
        t, *sides = read_attributes(band, "band", ("t", "mean", "lower", "upper"))
        if n_landscapes is not None:
            n_landscapes = check_count(n_landscapes, "n_landscapes")
        levels = (np.atleast_2d(side)[:n_landscapes] for side in sides)
        return cls(t, *levels, getattr(band, "column", None)).plot(ax=ax)

    def _draw(self, ax):
        n_levels = len(self.mean)
        panel = (4.5 if n_levels == 1 else max(2.2, 12 / n_levels), 2.8)
        axes = self._make_axes(ax, 1, n_levels, panel=panel)[0]
        for k, panel_ax in enumerate(axes):
            self._draw_level(panel_ax, k)
            panel_ax.tick_params(labelleft=k == 0)  # all have the same scale
        name = wrapped(self.column or "", letters_within(axes[0], is_high=True))
        axes[0].set_ylabel(f"{name}\n$\\lambda_k(t)$".strip())
        if n_levels == 1:
            axes[0].legend(frameon=False, fontsize="small")
        else:
            legend_beside(axes[-1], fontsize="small")

    def _draw_level(self, ax, k):
        """Draw one level, on the scale of all."""
        look = {"color": COLOURS[5], "alpha": 0.45, "linewidth": 0}
        ax.fill_between(self.t, self.lower[k], self.upper[k], label="band", **look)
        ax.plot(self.t, self.mean[k], color=ink(ax), linewidth=1.4, label="mean")
        # A landscape is nowhere negative, but a difference of two may be.
        is_signed = np.min(self.mean) < 0
        bottom = 1.05 * np.min(self.lower) if is_signed else 0
        # A band of zeros needs a range too.
        top = 1.05 * np.max(self.upper)
        ax.set_ylim(bottom, top if top > bottom else 1)
        if is_signed:
            ax.axhline(0, color="0.4", linewidth=0.8, linestyle="--")
        ax.set(title=f"level {k + 1}", xlabel=T_LABEL, xlim=(self.t[0], self.t[-1]))
        tidy(ax)
