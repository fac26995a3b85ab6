"""Distance matrices of every kind in which something has gone wrong in some engine."""

import numpy as np
from scipy.sparse.csgraph import shortest_path
from scipy.spatial.distance import pdist, squareform


def torus(n, rng):
    a, b = rng.uniform(0, 2 * np.pi, (2, n))
    return np.column_stack([(2 + np.cos(b)) * np.cos(a), (2 + np.cos(b)) * np.sin(a), np.sin(b)])


def hops(n, rng):
    """Distances in a random graph that is mostly a cycle."""
    graph = np.zeros((n, n))
    graph[np.arange(n), (np.arange(n) + 1) % n] = 1
    i, j = rng.integers(0, n, (2, max(n // 5, 1)))
    graph[i, j] = i != j
    return shortest_path(graph, directed=False, unweighted=True)


KINDS = {
    "plane": lambda n, rng: squareform(pdist(rng.normal(size=(n, 2)))),
    "space": lambda n, rng: squareform(pdist(rng.normal(size=(n, 10)))),
    "torus": lambda n, rng: squareform(pdist(torus(n, rng))),
    "grid": lambda n, rng: squareform(pdist(rng.integers(0, 4, (n, 2)).astype(float))),
    "blocks": lambda n, rng: squareform(
        pdist(rng.integers(0, 5, (n, 3)).astype(float), "cityblock")
    ),
    "hops": hops,
    "random integers": lambda n, rng: squareform(rng.integers(0, 6, n * (n - 1) // 2) * 1.0),
    "random": lambda n, rng: squareform(rng.random(n * (n - 1) // 2)),
    "wide range": lambda n, rng: squareform(10 ** rng.uniform(-300, 300, n * (n - 1) // 2)),
    "disconnected": lambda n, rng: squareform(
        rng.choice([1.0, 2.0, 3.0, np.inf], n * (n - 1) // 2, p=[0.05, 0.1, 0.1, 0.75])
    ),
    "all equal": lambda n, rng: squareform(np.ones(n * (n - 1) // 2)),
    "all zero": lambda n, rng: np.zeros((n, n)),
}


def finite_quantile(distances, q):
    return float(np.quantile(distances[np.isfinite(distances)], q))
