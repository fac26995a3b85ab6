"""A mean landscape and its confidence band."""

import numpy as np

from skactland.displays._axes import COLOURS, make_axes, shades, tidy
from skactland.displays._functions import T_LABEL


class BandDisplay:
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
        self.t = t
        self.mean = mean
        self.lower = lower
        self.upper = upper
        self.column = column

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
        sides = (np.atleast_2d(side)[:n_landscapes] for side in (band.mean, band.lower, band.upper))
        return cls(np.asarray(band.t), *sides, getattr(band, "column", None)).plot(ax=ax)

    def plot(self, *, ax=None):
        """Draw it.

        Parameters
        ----------
        ax : Axes, array of Axes or None, default=None
            Where to draw; a new figure by default.

        Returns
        -------
        BandDisplay
            Itself.
        """
        n_levels = len(self.mean)
        panel = (4.5 if n_levels == 1 else max(2.2, 12 / n_levels), 2.8)
        self.figure_, self.axes_ = make_axes(ax, 1, n_levels, panel=panel)
        crosses_zero = np.min(self.mean) < 0
        top = max(1.05 * np.max(self.upper), 1e-12)
        for k, (panel_ax, colour) in enumerate(
            zip(self.axes_[0], shades(n_levels), strict=True), start=1
        ):
            panel_ax.fill_between(
                self.t,
                self.lower[k - 1],
                self.upper[k - 1],
                color=COLOURS[5],
                alpha=0.45,
                linewidth=0,
                label="band",
            )
            panel_ax.plot(self.t, self.mean[k - 1], color=colour, linewidth=1.8, label="mean")
            if np.min(self.lower) < 0:
                panel_ax.axhline(0, color="0.4", linewidth=0.8, linestyle="--")
            panel_ax.set_ylim(1.05 * np.min(self.lower) if crosses_zero else None, top)
            panel_ax.set(title=f"level {k}", xlabel=T_LABEL, xlim=(self.t[0], self.t[-1]))
            tidy(panel_ax)
        first = self.axes_[0, 0]
        first.set_ylabel(r"$\lambda_k(t)$" + (f", {self.column}" if self.column else ""))
        first.legend(frameon=False, fontsize="small")
        return self
