"""Disjoint trees and labelled merge trees, beside SciPy's trees and scikit-learn's neighbours.

    python tests/benchmarks/merges.py                 # two minutes
    python tests/benchmarks/merges.py --points 10000 --networks 1000   # five minutes

Run it with OMP_NUM_THREADS=1. Figures are medians of the repeats after one of warm-up, run in turn,
in seconds of the processor, which others on the machine lengthen less.

- trees: six disjoint spanning trees of Gaussian points. The peer takes SciPy's minimum spanning
  tree of the matrix of distances, which is inside its figure, and sets its edges to zero, six
  times.
- networks: a table whose input is the same for all networks, with classes of their own. The first
  figure is of one network, and so mostly that of the trees; the second is of all; and the last of
  the eight nearest neighbours instead.
"""

import argparse
import platform
import time

import numba
import numpy as np
import scipy
import sklearn
from scipy.sparse.csgraph import minimum_spanning_tree
from scipy.spatial.distance import pdist, squareform

import skactland
from skactland import LabelledMergeVectorizer, NeighbourAgreement, spanning_trees


def trees_of_scipy(points, n_trees):
    left = squareform(pdist(points))
    for _ in range(n_trees):
        tree = minimum_spanning_tree(left).tocoo()
        left[tree.row, tree.col] = left[tree.col, tree.row] = 0


def medians(runs, repeats):
    """Return the median seconds of each run; each repeat runs all, in turn."""
    times = []
    for _ in range(repeats + 1):
        times.append([])
        for run in runs:
            start = time.process_time()
            run()
            times[-1].append(time.process_time() - start)
    return np.median(times[1:], axis=0)


def zoo(n_points, n_networks, n_units=64):
    """A table of one input and the classes that networks say of it, of ten, more or less well."""
    rng = np.random.default_rng(0)
    points = rng.normal(size=(n_points, n_units)).astype(np.float32)
    table = np.empty((n_networks, 2), dtype=object)
    for i, noise in enumerate(np.linspace(0, 2, n_networks)):
        scores = points[:, :10] + noise * rng.normal(size=(n_points, 10))
        table[i] = points, skactland._checks.Classes.of(scores.argmax(axis=1))
    return table


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--points", type=int, default=1000)
    parser.add_argument("--networks", type=int, default=1000)
    parser.add_argument("--repeats", type=int, default=3)
    options = parser.parse_args()
    print(
        f"Python {platform.python_version()}, skactland {skactland.__version__}, NumPy "
        f"{np.__version__}, SciPy {scipy.__version__}, Numba {numba.__version__}, scikit-learn "
        f"{sklearn.__version__}; {platform.machine()}"
    )
    print(f"\n{'six trees of':24}{'ours':>10}{'SciPy':>10}   seconds")
    for n, d in ((1000, 20), (1000, 784), (3000, 64)):
        points = np.random.default_rng(0).normal(size=(n, d))
        runs = [
            lambda points=points: spanning_trees(points, 6),
            lambda points=points: trees_of_scipy(points, 6),
        ]
        ours, peer = medians(runs, options.repeats)
        print(f"{n:6} points in R^{d:<8}{ours:10.3f}{peer:10.3f}", flush=True)
    table = zoo(options.points, options.networks)
    merges, neighbours = LabelledMergeVectorizer().fit(table), NeighbourAgreement().fit(table)
    runs = [
        lambda: merges.transform(table[:1]),
        lambda: merges.transform(table),
        lambda: neighbours.transform(table),
    ]
    one, every, twin = medians(runs, 1 if options.points > 5000 else options.repeats)
    print(f"\n{options.points} inputs in R^64, six trees\n{'one network':24}{one:10.3f}   seconds")
    print(f"{options.networks:6} networks{'':9}{every:10.3f}\n{'':6} neighbours{'':7}{twin:10.3f}")


if __name__ == "__main__":
    main()
