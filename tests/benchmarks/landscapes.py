"""Landscape features beside GUDHI's, and the exact kernel beside other ways to it, on one thread.

    python tests/benchmarks/landscapes.py             # both tables, a few minutes
    python tests/benchmarks/landscapes.py --small     # a quick look at the kernel

Times are those of the processor, medians of repeats in which all run once, in turn, warm.

Features: one diagram, 5 levels at 1000 nodes. GUDHI's values are divided by the square root of 2,
its normalisation.

Kernel: the Gram matrix of a table of diagrams, all levels. "Exact" is LandscapeKernel; "exact, by
pairs" integrates one pair of landscapes at a time (the time of all is estimated from 500 of them);
"grid" takes products of the features of all levels on a grid, of the least resolution (of those
tried) whose largest error is below 1e-3 of the entry.
"""

import argparse
import platform
import time
from importlib.metadata import version

import numpy as np
from gudhi.representations import Landscape
from threadpoolctl import threadpool_limits

from skactland import (
    LandscapeKernel,
    LandscapeVectorizer,
    PersistenceLandscape,
    RipsPersistence,
)

RNG = np.random.default_rng(0)
RESOLUTIONS = (10, 20, 30, 50, 75, 100, 150, 200, 300, 500)


def timed(function, *arguments):
    start = time.process_time()
    result = function(*arguments)
    return time.process_time() - start, result


def diagrams_of_size(n):
    """Diagrams of three kinds: short bars, long bars, and bars of degree 0."""
    births = RNG.uniform(0, 1, n)
    return {
        "short bars": np.column_stack([births, births + RNG.exponential(0.05, n)]),
        "long bars": np.column_stack([births, births + RNG.exponential(0.4, n)]),
        "births 0": np.column_stack([np.zeros(n), RNG.exponential(0.4, n)]),
    }


def compare_features(repeats):
    print("| diagram | bars | ours, ms | GUDHI, ms | GUDHI / ours | largest difference |")
    print("|---|---|---|---|---|---|")
    for n in (1000, 5000):
        for name, diagram in diagrams_of_size(n).items():
            ours = LandscapeVectorizer(5, 1000, weighting=None, clip=False).fit([diagram])
            window = ours.nodes_[0, [0, -1]]
            gudhi = Landscape(num_landscapes=5, resolution=1000, sample_range=window).fit([diagram])
            ours.transform([diagram])
            pairs = []
            for _ in range(repeats):
                mine, values = timed(ours.transform, [diagram])
                theirs, expected = timed(gudhi.transform, [diagram])
                pairs.append((1000 * mine, 1000 * theirs))
            mine, theirs = np.median(pairs, axis=0)
            difference = abs(values - expected / np.sqrt(2)).max()
            print(
                f"| {name} | {n} | {mine:.2f} | {theirs:.0f} | {theirs / mine:.0f} "
                f"| {difference:.0e} |"
            )


def table_of_diagrams(n_networks, n_layers, n_points=300, n_units=9):
    """Diagrams of Gaussian clouds in degrees 0 and 1, about 300 bars in each."""
    clouds = np.empty((n_networks, n_layers), dtype=object)
    for index in np.ndindex(clouds.shape):
        spread = RNG.uniform(0.5, 1.5, n_units)
        clouds[index] = spread * RNG.normal(size=(n_points, n_units))
    return RipsPersistence().fit_transform(clouds)


def gram_by_grid(table, resolution):
    """Return the Gram matrix of all levels on a grid, column by column to save memory."""
    gram = np.zeros((len(table), len(table)))
    for column in table.T:
        depth = max(len(PersistenceLandscape.from_diagram(cell)) for cell in column)
        vectorizer = LandscapeVectorizer(depth, resolution, weighting="l2", clip=False)
        features = vectorizer.fit_transform(column)
        gram += features @ features.T
    return gram


def gram_by_pairs(table, n_pairs):
    """Return the time of the Gram matrix, one pair at a time, as estimated from some pairs."""
    total = 0.0
    for column in table.T:
        landscapes = [PersistenceLandscape.from_diagram(cell) for cell in column]
        landscapes[0].inner(landscapes[1])  # compiles
        pairs = RNG.integers(0, len(landscapes), (n_pairs, 2))
        seconds, _ = timed(lambda f=landscapes, p=pairs: [f[i].inner(f[j]) for i, j in p])
        total += seconds / n_pairs * len(landscapes) * (len(landscapes) + 1) / 2
    return total


def compare_kernels(n_networks, n_layers, repeats):
    table = table_of_diagrams(n_networks, n_layers)
    bars = [np.mean([len(cell) for cell in table[:, q::2].ravel()]) for q in (0, 1)]
    points = [
        np.mean([sum(map(len, PersistenceLandscape.from_diagram(cell).levels)) for cell in column])
        for column in (table[:, 0], table[:, 1])
    ]
    print(
        f"\n{n_networks} networks x {table.shape[1]} columns; in degrees 0 and 1 {bars[0]:.0f} and "
        f"{bars[1]:.0f} bars, {points[0]:.0f} and {points[1]:.0f} critical points a landscape\n"
    )
    kernel = LandscapeKernel(n_jobs=1)
    kernel.fit_transform(table[:3])
    exact = kernel.fit_transform(table)
    errors = {}
    for resolution in RESOLUTIONS:
        errors[resolution] = (abs(gram_by_grid(table, resolution) - exact) / exact).max()
        if errors[resolution] < 1e-3:
            break
    runs = []
    for _ in range(repeats):
        runs.append(
            (timed(kernel.fit_transform, table)[0], timed(gram_by_grid, table, resolution)[0])
        )
    mine, grid = np.median(runs, axis=0)
    pairs = gram_by_pairs(table, 500 // table.shape[1] + 1)
    print("| Gram matrix | seconds | largest relative error |")
    print("|---|---|---|")
    print(f"| exact | {mine:.2f} | rounding |")
    print(f"| exact, by pairs, from 512 of them | {pairs:.2f} | rounding |")
    print(f"| grid of {resolution} nodes | {grid:.2f} | {errors[resolution]:.1e} |")
    print("\nerrors of the grid: " + ", ".join(f"{n}: {e:.1e}" for n, e in errors.items()))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--small", action="store_true")
    arguments = parser.parse_args()
    names = ["numpy", "numba", "gudhi"]
    print(f"Python {platform.python_version()}, " + ", ".join(f"{n} {version(n)}" for n in names))
    with threadpool_limits(1):
        if arguments.small:
            compare_kernels(20, 2, arguments.repeats)
        else:
            compare_features(arguments.repeats)
            compare_kernels(200, 8, arguments.repeats)


if __name__ == "__main__":
    main()
