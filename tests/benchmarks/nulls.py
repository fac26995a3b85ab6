"""How long a thousand null clouds of a layer take, persistence and all.

    OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 python tests/benchmarks/nulls.py

``null_test`` of one layer of 500 points in degrees 0 and 1, on one thread, beside a target of ten
seconds, and what of it goes into drawing alone. Points lie about a curve in as many units as said,
with noise in all. By the clock, and by the processor's own count, which other work on the machine
disturbs less.
"""

import argparse
import platform
import time
from functools import partial

import numpy as np
import scipy

import skactland
from skactland.inference import null_clouds, null_test

TARGET = 10.0


def layer(n_points, n_units, rng):
    """Points about a closed curve, and noise whose deviations fall off by unit."""
    angles = 2 * np.pi * rng.random(n_points)
    curve = np.column_stack([np.cos(angles), np.sin(angles), np.cos(2 * angles)])
    noise = rng.normal(size=(n_points, n_units)) / np.sqrt(np.arange(1, n_units + 1))
    return curve @ rng.normal(size=(3, n_units)) + noise


def seconds(task):
    start = time.perf_counter(), time.process_time()
    task()
    stop = time.perf_counter(), time.process_time()
    return np.subtract(stop, start)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--n-nulls", type=int, default=1000)
    parser.add_argument("--n-points", type=int, default=500)
    parser.add_argument("--units", type=int, nargs="+", default=[10, 50, 200])
    options = parser.parse_args()
    rng = np.random.default_rng(0)
    null_test([layer(20, 3, rng)], n_nulls=2)  # compile
    print(
        f"skactland {skactland.__version__}, NumPy {np.__version__}, SciPy {scipy.__version__}, "
        f"Python {platform.python_version()}, {platform.machine()}"
    )
    n = options.n_nulls
    print(f"{n} nulls of {options.n_points} points, seconds (target {TARGET * n / 1000:.0f})")
    print(f"{'units':>6} {'kind':9} {'clock':>7} {'processor':>10} {'of it drawing':>14}")
    for n_units in options.units:
        cloud = layer(options.n_points, n_units, rng)
        for kind in ("rotated", "gaussian", "permuted"):
            whole = seconds(partial(null_test, [cloud], kind=kind, n_nulls=n, rng=0))
            # A tenth, since all at once would fill memory.
            drawing = seconds(partial(null_clouds, cloud, kind, n_clouds=n // 10, rng=0))
            print(
                f"{n_units:6} {kind:9} {whole[0]:7.1f} {whole[1]:10.1f} {10 * drawing[1]:14.1f}",
                flush=True,
            )


if __name__ == "__main__":
    main()
