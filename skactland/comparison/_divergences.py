"""What a comparison of many clouds returns."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, eq=False)
class Divergences:
    """How far layers or networks are from each other: a matrix with names.

    Attributes
    ----------
    values : ndarray of shape (n_rows, n_columns)
        0 where two are alike. Of layers or networks among themselves symmetric, but for a measure
        that has a direction, with a diagonal of 0: what scikit-learn takes as
        ``metric="precomputed"``.
    rows, columns : list of str
        What they are of.
    title : str
        What the numbers are.
    things : str
        "layer" or "network".

    See Also
    --------
    layer_divergences : Layers by layers.
    network_divergences : Networks by networks.
    diagram_distances : Networks by networks, by their diagrams.
    skactland.displays.DivergenceDisplay : Draws one.
    """

    values: np.ndarray
    rows: list
    columns: list
    title: str
    things: str = "layer"

    def to_frame(self):
        """Return the matrix as a data frame.

        Returns
        -------
        pandas.DataFrame
        """
        import pandas as pd

        return pd.DataFrame(self.values, index=self.rows, columns=self.columns)

    def plot(self, *, ax=None):
        """Draw the matrix.

        Parameters
        ----------
        ax : Axes or None, default=None
            Where to draw; a new figure by default.

        Returns
        -------
        skactland.displays.DivergenceDisplay
        """
        from skactland.displays import DivergenceDisplay

        return DivergenceDisplay.from_divergences(self, ax=ax)
