"""Tables of random diagrams, for the tests of inference."""

from itertools import permutations

import numpy as np

COLUMNS = ["fc1__H0", "fc1__H1", "fc2__H0", "fc2__H1"]


def random_table(n_networks, n_columns=4, seed=0):
    """Diagrams of 0 to 6 bars; the first column is never empty and has its essential component."""
    rng = np.random.default_rng(seed)
    table = np.empty((n_networks, n_columns), dtype=object)
    for i, j in np.ndindex(table.shape):
        births = rng.random(rng.integers(j == 0, 7))
        bars = np.column_stack([births, births + rng.exponential(0.5, len(births))])
        table[i, j] = np.vstack([bars, [[0, np.inf]]]) if j == 0 else bars
    return table


def all_labellings(labels):
    """Every different order of the labels."""
    return [np.array(p) for p in sorted(set(permutations(labels)))]
