"""Distance matrices of 1000 points on one thread: ours beside SciPy's, medians in milliseconds.

    python tests/benchmarks/distances.py

In each of the repeats all run once, in turn, warm. "pdist" is ``squareform(pdist(X))``, "products"
our method of that name; hops are those on the graph of eleven nearest neighbours, which SciPy is
given, while ours finds it too.
"""

import argparse
import time

import numpy as np
from scipy.sparse.csgraph import shortest_path
from scipy.spatial.distance import pdist, squareform
from threadpoolctl import threadpool_limits

from skactland.metrics import euclidean_distances, geodesic_distances


def medians(runs, repeats):
    """Return the median time of each run."""
    times = [[timed(run) for run in runs] for _ in range(repeats + 1)]
    return np.median(times[1:], axis=0)


def timed(run):
    start = time.perf_counter()
    run()
    return 1000 * (time.perf_counter() - start)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repeats", type=int, default=9)
    repeats = parser.parse_args().repeats
    print(f"{'units':>6}{'ours':>9}{'pdist':>9}{'products':>10}{'hops':>9}{'SciPy hops':>12}")
    for n_units in (2, 15, 64, 256, 512, 1024, 2048):
        X = np.random.default_rng(0).normal(size=(1000, n_units))
        graph = geodesic_distances(X) == 1
        runs = (
            lambda X=X: euclidean_distances(X),
            lambda X=X: squareform(pdist(X)),
            lambda X=X: euclidean_distances(X, method="products"),
            lambda X=X: geodesic_distances(X),
            lambda graph=graph: shortest_path(graph, method="D", unweighted=True),
        )
        ours, theirs, products, hops, scipy_hops = medians(runs, repeats)
        print(f"{n_units:6}{ours:9.1f}{theirs:9.1f}{products:10.1f}{hops:9.1f}{scipy_hops:12.1f}")


if __name__ == "__main__":
    with threadpool_limits(1):
        main()
