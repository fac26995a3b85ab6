"""How long 100,000 relabellings of 100 networks take.

    OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 python tests/benchmarks/inference.py

Every test of ``skactland.inference`` on a table of 100 networks, one column of 20 bars each; the
time holds all, from the diagrams to the p-value. The median of five runs, interleaved.
"""

import argparse
import platform
import time
from functools import partial

import numpy as np
import scipy

import skactland
from skactland.inference import confidence_band, independence_test, permutation_test, trend_test


def table_of(n_networks, n_bars, rng):
    """Random diagrams, one column."""
    births = rng.random((n_networks, n_bars))
    return [np.column_stack([b, b + rng.exponential(0.3, n_bars)]) for b in births]


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--n-resamples", type=int, default=100_000)
    parser.add_argument("--repeat", type=int, default=5)
    options = parser.parse_args()
    rng = np.random.default_rng(0)
    table = table_of(100, 20, rng)
    half, four, y = np.arange(100) % 2, np.arange(100) % 4, rng.random(100)
    pairs = np.arange(100) // 2
    many = {"n_resamples": options.n_resamples, "rng": 0}
    tasks = {
        f"permutation_test {name}": partial(permutation_test, table, half, statistic=name, **many)
        for name in ("mean_distance", "mmd", "energy", "anova")
    }
    tasks |= {
        "permutation_test anova, 4 groups": partial(
            permutation_test, table, four, statistic="anova", **many
        ),
        "permutation_test mean_distance, 50 pairs": partial(
            permutation_test, table, half, blocks=pairs, **many
        ),
        "trend_test": partial(trend_test, table, y, **many),
        "independence_test dcov": partial(independence_test, table, y, **many),
        "confidence_band, 5 levels x 500": partial(confidence_band, table, rng=0),
    }
    for task in tasks.values():  # compile
        task()
    times = {name: [] for name in tasks}
    for _ in range(options.repeat):
        for name, task in tasks.items():
            start = time.perf_counter()
            task()
            times[name].append(time.perf_counter() - start)
    print(
        f"skactland {skactland.__version__}, NumPy {np.__version__}, SciPy {scipy.__version__}, "
        f"Python {platform.python_version()}, {platform.machine()}"
    )
    print(f"100 networks, {options.n_resamples} relabellings (the band: 9999 draws)")
    for name, seconds in times.items():
        print(f"{name:45} {np.median(seconds):7.2f} s")


if __name__ == "__main__":
    main()
