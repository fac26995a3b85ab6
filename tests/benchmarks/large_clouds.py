"""Degrees 0 and 1 of large Euclidean clouds: processor seconds of one thread, and memory.

    python tests/benchmarks/large_clouds.py                   # with the matrix and without
    python tests/benchmarks/large_clouds.py --n 30000         # without alone

Each run is a process of its own, in which everything is compiled already. Memory is its growth in
GB from where the cloud is there already to the peak, beside what is reserved for it beforehand; and
the peak of the whole process. "equal" is whether the diagrams are those of the matrix to the last
bit.
"""

import argparse
import hashlib
import json
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
from memory import read_status

from skactland import rips_persistence
from skactland._table import trim_memory
from skactland.persistence._engines import ENGINES


def relu_layers(rng, n):
    """What two ReLU layers of 64 random units make of a standard Gaussian cloud in R^32."""
    cloud = rng.normal(size=(n, 32))
    for _ in range(2):
        weights = rng.normal(scale=np.sqrt(2 / cloud.shape[1]), size=(cloud.shape[1], 64))
        cloud = np.maximum(cloud @ weights, 0)
    return cloud


CLOUDS = {
    "Gaussian in R^3": lambda rng, n: rng.normal(size=(n, 3)),
    "Gaussian in R^20": lambda rng, n: rng.normal(size=(n, 20)),
    "two ReLU layers": relu_layers,
    "Gaussian in R^784": lambda rng, n: rng.normal(size=(n, 784)).astype(np.float32),
}


def measure(name, n, with_matrix):
    """Return processor seconds, and the memory predicted, taken and at the peak, in bytes."""
    rng, row = np.random.default_rng(0), ENGINES["lunes"]
    without = row.of_points["euclidean"]
    route = {} if with_matrix else {"euclidean": replace(without, fewest_points=0)}
    ENGINES["lunes"] = replace(row, of_points=route)
    rips_persistence(CLOUDS[name](rng, 300))
    cloud = CLOUDS[name](rng, n)
    predicted = row.bytes_for((0, 1)) * n**2
    if not with_matrix:
        predicted = without.bytes_for(*cloud.shape)
    trim_memory()
    Path("/proc/self/clear_refs").write_text("5")  # the peak is measured from here
    before, start = read_status("VmRSS"), time.process_time()
    diagrams = rips_persistence(cloud)
    seconds, peak = time.process_time() - start, read_status("VmHWM")
    digest = hashlib.sha256(b"".join(bars.tobytes() for bars in diagrams)).hexdigest()
    return seconds, predicted, peak - before, peak, digest


def run(*case):
    command = [sys.executable, __file__, "--case", *map(str, case)]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    return json.loads(done.stdout)


def compare(names, sizes, repeats):
    print(f"{'':19}{'n':>7}{'matrix, s':>11}{'without, s':>11}{'ratio':>7}{'equal':>7}")
    for n in sizes:
        for name in names:
            pairs = [(run(name, n, True), run(name, n, False)) for _ in range(repeats)]
            ours, theirs = np.median([[a[0], b[0]] for a, b in pairs], axis=0)
            equal = "yes" if all(a[4] == b[4] for a, b in pairs) else "NO"
            row = f"{name:19}{n:7}{ours:11.2f}{theirs:11.2f}{ours / theirs:7.2f}{equal:>7}"
            print(row, flush=True)


def tell_memory(names, n):
    print(f"{'':19}{'n':>7}{'seconds':>9}{'predicted':>11}{'taken':>7}{'peak':>7}")
    for name in names:
        seconds, *sizes, _ = run(name, n, False)
        predicted, taken, peak = (size / 1e9 for size in sizes)
        print(f"{name:19}{n:7}{seconds:9.1f}{predicted:11.2f}{taken:7.2f}{peak:7.2f}", flush=True)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--n", type=int)
    parser.add_argument("--sizes", type=int, nargs="+", default=(4000, 8000))
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--clouds", nargs="+", default=list(CLOUDS), choices=list(CLOUDS))
    parser.add_argument("--case", nargs=3, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.case:
        cloud_name, size, is_with = options.case
        print(json.dumps(measure(cloud_name, int(size), is_with == "True")))
    elif options.n:
        tell_memory(options.clouds, options.n)
    else:
        compare(options.clouds, options.sizes, options.repeats)
