"""Distance matrices on one thread, medians in milliseconds of the processor.

    python tests/benchmarks/distances.py

In each of the repeats all run once, in turn, warm. "ours" is `euclidean_distances` of float32,
"summed" its method "differences", "product" the matrix product X X^T in double precision, of which
the library works out half: the least that ours must do from 128 units on. "left" is the share of
pairs that the product does not tell. "pdist" is ``squareform(pdist(X))``; hops are those on the
graph of eleven nearest neighbours, which SciPy is given, while ours finds it too. The layer
is the first of an untrained ReLU network on 64 inputs.
"""

import argparse
import time

import numpy as np
from scipy.sparse.csgraph import shortest_path
from scipy.spatial.distance import pdist, squareform
from threadpoolctl import threadpool_limits

from skactland._compiled.distances import products
from skactland.metrics import euclidean_distances, geodesic_distances


def medians(runs, repeats):
    """Return the median time of each run."""
    times = [[timed(run) for run in runs] for _ in range(repeats + 1)]
    return np.median(times[1:], axis=0)


def timed(run):
    start = time.process_time()
    run()
    return 1000 * (time.process_time() - start)


def share_left(X):
    """Return the share of the pairs whose differences are summed."""
    tiles, n = products.Tiles(X), len(X)
    n_left = 0
    for start in range(0, n, products.TILE):
        for other in range(0, start + 1, products.TILE):
            rows, others = (slice(i, min(i + products.TILE, n)) for i in (start, other))
            tile = tiles._products(rows, others)
            norms = tiles.norms[rows], tiles.norms[others]
            n_left += products._round(tile, *norms, tiles.error, start == other)
    return n_left / (n * (n - 1) / 2)


def compare_products(repeats):
    print(f"{'cloud':12}{'n':>6}{'units':>7}{'ours':>9}{'product':>9}{'summed':>9}", end="")
    print(f"{'/product':>10}{'summed/':>9}{'left':>7}")
    rng = np.random.default_rng(0)
    for n, n_units in ((1000, 128), (1000, 256), (1000, 1024), (2000, 768), (2000, 3072)):
        normal = rng.normal(size=(n, n_units))
        layer = np.maximum(normal[:, :64] @ rng.normal(size=(64, n_units)) / 8, 0)
        for name, cloud in (("Gaussian", normal), ("ReLU layer", layer)):
            X = cloud.astype(np.float32)
            double = X.astype(np.float64)
            runs = (
                lambda X=X: euclidean_distances(X),
                lambda X=double: X @ X.T,
                lambda X=X: euclidean_distances(X, method="differences"),
            )
            ours, product, summed = medians(runs, repeats)
            print(f"{name:12}{n:6}{n_units:7}{ours:9.1f}{product:9.1f}{summed:9.1f}", end="")
            print(f"{ours / product:10.2f}{summed / ours:9.2f}{share_left(X):7.1%}")


def compare_with_scipy(repeats):
    print(f"\n{'units':>6}{'ours':>9}{'pdist':>9}{'hops':>9}{'SciPy hops':>12}")
    for n_units in (2, 15, 64, 256, 512, 1024, 2048):
        X = np.random.default_rng(0).normal(size=(1000, n_units))
        graph = geodesic_distances(X) == 1
        runs = (
            lambda X=X: euclidean_distances(X),
            lambda X=X: squareform(pdist(X)),
            lambda X=X: geodesic_distances(X),
            lambda graph=graph: shortest_path(graph, method="D", unweighted=True),
        )
        ours, theirs, hops, scipy_hops = medians(runs, repeats)
        print(f"{n_units:6}{ours:9.1f}{theirs:9.1f}{hops:9.1f}{scipy_hops:12.1f}")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repeats", type=int, default=9)
    repeats = parser.parse_args().repeats
    compare_products(repeats)
    compare_with_scipy(repeats)


if __name__ == "__main__":
    with threadpool_limits(1):
        main()
