"""What is taken from GUDHI: its engine, for every degree and prime field, and its matchings."""

import numpy as np
from gudhi import bottleneck_distance
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


def gudhi_bottleneck(bars, others):
    """Return the bottleneck distance of finite bars, right but for the last two or three bits.

    Parameters
    ----------
    bars, others : float64 arrays of shape (n, 2) and (m, 2)
        Of coordinates up to 1.
    """
    distance = bottleneck_distance(bars, others)
    # GUDHI looks for the least number that is not 0.
    return 0.0 if distance < 1e-300 else float(distance)
