"""Degree 0 of many points, on one thread: processor seconds, and memory beyond the points.

    python tests/benchmarks/trees.py
    python tests/benchmarks/trees.py --large
    python tests/benchmarks/trees.py --threads

"groups" is what `rips_persistence` does for degree 0 alone from 20 units on, the trees of pairs of
groups; "Prim" goes over all points, as it does for fewer units. "product" is the matrix product
X X^T: the distances of a peer would cost that much at least. In each of the repeats all run once,
in turn. ``--large`` is 100,000 points by groups alone, ``--threads`` one cloud by one thread and by
two, seconds of the clock.
"""

import argparse
import resource
import time

import numpy as np
from threadpoolctl import threadpool_limits

from skactland._compiled.rips.groups import spanning_tree_by_groups
from skactland._compiled.rips.spanning import spanning_tree_of_points

SIZES = ((1000, 64), (2000, 64), (5000, 20), (5000, 200), (5000, 768), (20_000, 50))


def product(X):
    return X @ X.T


def timed(run, X):
    start = time.process_time()
    run(X)
    return time.process_time() - start


def compare(repeats):
    print(f"{'n':>7}{'units':>7}{'groups':>9}{'Prim':>9}{'product':>9}{'Prim/groups':>13}")
    runs = (spanning_tree_by_groups, spanning_tree_of_points, product)
    for n, n_units in SIZES:
        X = np.random.default_rng(0).normal(size=(n, n_units))
        times = [[timed(run, X) for run in runs] for _ in range(repeats + 1)]
        ours, prim, floor = np.median(times[1:], axis=0)
        print(f"{n:7}{n_units:7}{ours:9.3f}{prim:9.3f}{floor:9.3f}{prim / ours:13.2f}", flush=True)


def peak():
    """Return the most memory that this process has had, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def measure_large(n=100_000, n_units=64):
    spanning_tree_by_groups(np.random.default_rng(0).normal(size=(2000, n_units)))
    X = np.random.default_rng(0).normal(size=(n, n_units))
    before, seconds = peak(), timed(spanning_tree_by_groups, X)
    print(f"{n} points of {n_units} units: {seconds:.0f} s, {peak() - before:.0f} MB")


def share(repeats, n=10_000, n_units=200):
    X = np.random.default_rng(0).normal(size=(n, n_units))
    times = []
    for _ in range(repeats + 1):
        for n_threads in (1, 2):
            start = time.perf_counter()
            spanning_tree_by_groups(X, n_threads)
            times.append(time.perf_counter() - start)
    one, two = np.median(np.reshape(times, (-1, 2))[1:], axis=0)
    print(
        f"{n} points of {n_units} units: {one:.2f} s, by two threads {two:.2f} s, {one / two:.2f}"
    )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--large", action="store_true")
    parser.add_argument("--threads", action="store_true")
    options = parser.parse_args()
    with threadpool_limits(1):
        if options.large:
            measure_large()
        else:
            (share if options.threads else compare)(options.repeats)
