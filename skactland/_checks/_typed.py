"""Arrays that say by their type what they hold, as by their numbers they would pass for others."""

import numpy as np


class _Known(np.ndarray):
    """An array that says by its type what it holds."""

    @classmethod
    def of(cls, values):
        """Return an array as one that says what it is."""
        return np.asarray(values).view(cls)


class Simplices(_Known):
    """Indices of points, which would pass for births and deaths if their type did not tell.

    The points of simplices, or those around cycles.
    """


class Classes(_Known):
    """Predicted classes of points, which would pass for a cloud's numbers if their type did not."""


def are_classes(values):
    """Tell an array of predicted classes; what is computed from one may be of its type still."""
    return isinstance(values, Classes) and values.ndim == 1 and values.dtype.kind == "i"
