"""What all displays share: how they are drawn, what they read, and what they may be given."""

import numpy as np

from skactland._checks import as_array
from skactland.displays._axes import is_alone, make_axes
from skactland.displays._estimators import diagrams_of
from skactland.displays._fitting import fit_labels, keep_inside, lay_out


class Display:
    """Arrays that can be drawn.

    A subclass holds the arrays and draws them in ``_draw``, on the axes that ``_make_axes`` gives.
    What is computed lies with the class methods, so that the same picture can be had of arrays
    that somebody else computed.
    """

    def plot(self, *, ax=None):
        """Draw it.

        Parameters
        ----------
        ax : Axes, array of Axes or None, default=None
            Where to draw; a new figure by default.

        Returns
        -------
        display
            Itself.
        """
        return self._draw_into(ax)

    def _draw_into(self, ax, **options):
        """Draw it as ``_draw`` does, and see to it that all of it can be read."""
        figure = getattr(ax, "figure", None)
        before = [] if figure is None else list(figure.axes)
        whole = figure is not None and is_alone(ax)
        self._draw(ax, **options)
        if figure is not None:  # one of the user's axes; who gives several has laid them out
            bars = [one for one in figure.axes if one not in before and one not in self.axes_]
            for _ in range(3):  # smaller names give panels other room
                if whole:
                    lay_out(figure)
                figure.figure.draw_without_rendering()  # for a layout of the user's to take place
                fit_labels(self.axes_, bars)
                self._fit()
            if figure is figure.figure:  # a part of a figure has others beside it
                keep_inside(figure, [*self.axes_.flat, *bars])
        return self

    def _fit(self):
        """Mend what else does not fit into small axes, where they are now."""

    def _make_axes(self, ax, n_rows=1, n_columns=1, *, panel):
        """Return axes to draw on, and keep them where users look for them."""
        self.figure_, self.axes_ = make_axes(ax, n_rows, n_columns, panel=panel)
        return self.axes_


class TableDisplay(Display):
    """A display that is made from a table of diagrams, by its ``from_table``."""

    @classmethod
    def from_estimator(cls, estimator, X, **options):
        """Draw networks as a fitted pipeline sees them.

        Parameters
        ----------
        estimator : Pipeline or RipsPersistence
            Fitted; of a pipeline the steps up to RipsPersistence are used.
        X : sequence of networks, or what else the estimator takes
        **options
            As for :meth:`from_table`, but for `columns`.

        Returns
        -------
        display
        """
        diagrams, columns = diagrams_of(estimator, X)
        return cls.from_table(diagrams, columns=columns, **options)


def check_numbers(values, name, *shape):
    """Return numbers as a float64 array of some shape, not empty and without NaN.

    Parameters
    ----------
    values : array-like
    name : str
        What they are called, for the messages.
    *shape : int or str
        The length of each axis, or what it counts where any length will do.
    """
    array = as_array(values, f"{name} must be an array of real numbers").astype(np.float64)
    fits = array.ndim == len(shape) and all(
        isinstance(length, str) or length == found
        for length, found in zip(shape, array.shape, strict=True)
    )
    if not fits:
        words = ", ".join(map(str, shape)) + ("," if len(shape) == 1 else "")
        raise ValueError(f"{name} must have shape ({words}), got {array.shape}.")
    if 0 in array.shape:
        raise ValueError(f"{name} is empty, of shape {array.shape}; there is nothing to draw.")
    if np.isnan(array).any():
        raise ValueError(f"{name} must not hold NaN; {np.count_nonzero(np.isnan(array))} do.")
    return array


def check_text(value, name):
    """Return words to be written into a picture, or None."""
    if value is not None and not isinstance(value, str):
        raise TypeError(f"{name} must be a string or None, got {value!r}.")
    return value


def read_attributes(result, name, attributes):
    """Return some attributes of an object that a computation returned."""
    missing = [attribute for attribute in attributes if not hasattr(result, attribute)]
    if missing:
        raise TypeError(
            f"{name} must have the attributes {list(attributes)}, and {type(result).__name__} has "
            f"no {missing[0]}."
        )
    return [getattr(result, attribute) for attribute in attributes]
