"""Homology of tiny cells, and features of their diagrams, on one thread.

    python tests/benchmarks/tiny_cells.py

200 networks of five layers with 10 to 100 units, 150 points each: what random ReLU layers make of
Gaussian clouds in R^8. Processor time for a cell, and for a diagram, as the median of repeats.
"""

import argparse
import time

import numpy as np

from skactland import LandscapeVectorizer, RipsPersistence
from skactland._table import empty_table

UNITS = (10, 30, 50, 75, 100)


def table_of_clouds(n_networks=200, n_points=150):
    rng = np.random.default_rng(0)
    table = empty_table(n_networks, len(UNITS))
    for row in table:
        for j, n_units in enumerate(UNITS):
            cloud = rng.normal(size=(n_points, 8)) @ rng.normal(size=(8, n_units))
            row[j] = np.maximum(cloud, 0).astype(np.float32)
    return table


def microseconds(work, table, repeats):
    times = []
    for _ in range(repeats + 1):  # the first one compiles
        start = time.process_time()
        work(table)
        times.append(time.process_time() - start)
    return np.median(times[1:]) / table.size * 1e6


def main(repeats):
    clouds, persistence = table_of_clouds(), RipsPersistence()
    spent = microseconds(persistence.fit_transform, clouds, repeats)
    print(f"homology in degrees 0 and 1, a cell{spent / 1000:8.3f} ms")
    diagrams = persistence.fit_transform(clouds)
    for name, options in {
        "all levels at 30 nodes": {},
        "5 levels at 100 nodes": {"n_landscapes": 5, "resolution": 100},
    }.items():
        vectorizer = LandscapeVectorizer(**options).fit(diagrams)
        fit = microseconds(vectorizer.fit, diagrams, repeats)
        spent = microseconds(vectorizer.transform, diagrams, repeats)
        print(f"{name:22}, a diagram   {spent:6.1f} microseconds, fit {fit:.1f}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=5)
    main(parser.parse_args().repeats)
