"""The adapter to GUDHI's engine, for every degree and every prime field."""

import numpy as np
from gudhi.sklearn.rips_persistence import RipsPersistence as GudhiRipsPersistence


def gudhi_bars(distances, degrees, max_edge_length, coefficient_field):
    """Return the bars of each degree, zero-length ones included, in no particular order.

    And None for the simplices of each, which GUDHI does not tell.

    Parameters
    ----------
    distances : float64 array of shape (n, n), n >= 2
        Symmetric, non-negative, with zero diagonal. GUDHI computes in the matrix's own precision.
    degrees : tuple of int
    max_edge_length : float
    coefficient_field : int
        A prime.
    """
    engine = GudhiRipsPersistence(
        homology_dimensions=list(degrees),
        threshold=max_edge_length,
        input_type="full distance matrix",
        homology_coeff_field=coefficient_field,
        n_jobs=1,  # not whatever joblib's configuration says for the cells
    )
    bars = [np.asarray(bars, dtype=np.float64) for bars in engine.fit_transform([distances])[0]]
    return bars, [None] * len(degrees)
