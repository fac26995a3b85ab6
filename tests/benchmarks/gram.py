"""The approximate landscape kernel beside the exact one, on one thread.

    python tests/benchmarks/gram.py             # both tables, a few minutes
    python tests/benchmarks/gram.py --times     # the first alone
    python tests/benchmarks/gram.py --memory    # the second alone

Times are those of the processor for the Gram matrix of 20 diagrams of degree 1, medians of runs in
which all ways run once, in turn, warm. Clouds are Gaussian in R^5; "synthetic" bars have uniform
births in a range of 1 and exponential lengths with a mean of 0.3. The error is the largest of any
entry, over the entry; the bound is that of the fitted kernel, for columns balanced to a mean of 1.

Memory is the peak of a process of its own, in which 50 networks x 16 columns x 5000 bars, uniform
births and lengths with a mean of 0.1, are made and their Gram matrix is worked out.
"""

import argparse
import platform
import resource
import subprocess
import sys
import time
from importlib.metadata import version
from pathlib import Path

import numpy as np
from threadpoolctl import threadpool_limits

from skactland import LandscapeKernel, rips_persistence

N_DIAGRAMS = 20
TOLERANCES = (1e-3, 3e-4, 7e-5)


def synthetic(rng, n_bars, mean_length):
    births = rng.uniform(0.5, 1.5, n_bars)
    return np.column_stack([births, births + rng.exponential(mean_length, n_bars)])


def of_cloud(rng, n_points):
    return rips_persistence(rng.normal(size=(n_points, 5)))[1]


CASES = {
    "cloud of 1000 points": (of_cloud, 1000),
    "cloud of 2000 points": (of_cloud, 2000),
    "cloud of 4000 points": (of_cloud, 4000),
    "synthetic, 1000 bars": (synthetic, 1000, 0.3),
    "synthetic, 2000 bars": (synthetic, 2000, 0.3),
}


def timed(kernel, table):
    start = time.process_time()
    gram = kernel.fit_transform(table)
    return time.process_time() - start, gram


def compare_times(repeats):
    print(
        "| diagrams | bars | exact, s | tolerance | cells | approximate, s | exact / approximate "
        "| relative error | bound |"
    )
    print("|---|---|---|---|---|---|---|---|---|")
    rng = np.random.default_rng(0)
    kernels = [LandscapeKernel(approximation=each) for each in (None, *TOLERANCES)]
    for name, (make, *arguments) in CASES.items():
        table = [make(rng, *arguments) for _ in range(N_DIAGRAMS)]
        for kernel in kernels:
            kernel.fit_transform(table[:2])  # compiles
        runs = [[timed(kernel, table) for kernel in kernels] for _ in range(repeats)]
        exact, *others = np.median([[seconds for seconds, _ in run] for run in runs], axis=0)
        gram, *grams = (found for _, found in runs[0])
        for kernel, seconds, found in zip(kernels[1:], others, grams, strict=True):
            error = (abs(found - gram) / gram).max()
            print(
                f"| {name} | {np.mean([len(cell) for cell in table]):.0f} | {exact:.2f} "
                f"| {kernel.approximation:g} | {kernel.n_cells_[0]} | {seconds:.3f} "
                f"| {exact / seconds:.1f} | {error:.1e} | {kernel.error_bound_:.1e} |",
                flush=True,
            )


def measure_memory():
    rng = np.random.default_rng(0)
    table = np.empty((50, 16), dtype=object)
    for index in np.ndindex(table.shape):
        table[index] = synthetic(rng, 5000, 0.1)
    # Of Linux, in units of 1024 bytes.
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    kernel = LandscapeKernel(approximation=1e-3)
    seconds, _ = timed(kernel, table)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    print(
        f"50 networks x 16 columns x 5000 bars, approximation=1e-3, {kernel.n_cells_.max()} cells: "
        f"{seconds:.0f} s, peak {peak / 1e9:.2f} GB, of which {before / 1e9:.2f} GB before"
    )


def processor():
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(": ")[2]
    return platform.processor()


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--times", action="store_true")
    parser.add_argument("--memory", action="store_true")
    parser.add_argument("--child", action="store_true", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.child:
        measure_memory()
        return
    names = ["skactland", "numpy", "numba"]
    print(
        f"{processor()}, Python {platform.python_version()}, "
        + ", ".join(f"{name} {version(name)}" for name in names)
    )
    if arguments.times or not arguments.memory:
        with threadpool_limits(1):
            compare_times(arguments.repeats)
    if arguments.memory or not arguments.times:
        subprocess.run([sys.executable, __file__, "--child"], check=True)


if __name__ == "__main__":
    main()
