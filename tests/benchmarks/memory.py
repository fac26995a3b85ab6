"""Bytes per pair of points that each metric and each engine takes at its peak.

    python tests/benchmarks/memory.py             # 2000 points
    python tests/benchmarks/memory.py 4000

The rows of `skactland.metrics._registry.METRICS` and `skactland.persistence._engines.ENGINES` state
the least of these numbers. Each is the growth of the resident memory of a process of its own, in
which everything is compiled already, over n_points ** 2; the matrix that a metric returns counts,
and so does the one that an engine is given. GUDHI's memory depends on the cloud; so does that of
lunes where many classes are alive at once, as in random distances, which also take it long.
"""

import subprocess
import sys
from pathlib import Path

import numpy as np

from skactland._table import trim_memory
from skactland.metrics import distance_matrix
from skactland.metrics._registry import METRICS
from skactland.persistence._engines import ENGINES, rips_bars


def cityblock(x, y):
    return np.abs(x - y).sum()


# Every row, and what it stands for beside its defaults.
MEASURED = {name: (name, None) for name in METRICS} | {
    "lengths": ("geodesic", {"weights": "lengths"}),
    "cosine": ("cosine", None),
    "minkowski": ("minkowski", None),
    "function": (cityblock, None),
}
CLOUDS = {
    "3 units": lambda rng, n: rng.normal(size=(n, 3)),
    "200 units": lambda rng, n: rng.normal(size=(n, 200)),
}


def torus(rng, n):
    a, b = rng.uniform(0, 2 * np.pi, (2, n))
    return np.column_stack([(2 + np.cos(b)) * np.cos(a), (2 + np.cos(b)) * np.sin(a), np.sin(b)])


def random_matrix(rng, n):
    upper = np.triu(rng.uniform(size=(n, n)), 1)
    return upper + upper.T


MATRICES = {
    "torus": lambda rng, n: distance_matrix(torus(rng, n)),
    "200 units": lambda rng, n: distance_matrix(rng.normal(size=(n, 200))),
    "hops": lambda rng, n: distance_matrix(torus(rng, n), "geodesic"),
    "random": random_matrix,
}


def read_status(name):
    lines = Path("/proc/self/status").read_text().splitlines()
    return 1024 * int(next(line for line in lines if line.startswith(name)).split()[1])


def growth(work, given_bytes, n):
    """Return the peak of resident memory beyond what is held before, and what was given."""
    trim_memory()
    Path("/proc/self/clear_refs").write_text("5")  # the peak is measured from here
    before = read_status("VmRSS")
    work()
    return (read_status("VmHWM") - before + given_bytes) / n**2


def measure_metric(name, kind, n):
    rng = np.random.default_rng(0)
    metric, params = MEASURED[name]

    def make(n):
        cloud = CLOUDS[kind](rng, n)
        if name != "precomputed":
            return cloud
        # In single precision, and another than its transpose by rounding.
        return (distance_matrix(cloud) * (1 + 1e-7 * np.triu(np.ones((n, n))))).astype(np.float32)

    distance_matrix(make(300), metric, params)
    cloud = make(n)
    return growth(lambda: distance_matrix(cloud, metric, params), 0, n)


def measure_engine(name, kind, highest_degree, n):
    rng = np.random.default_rng(0)
    degrees = tuple(range(int(highest_degree) + 1))
    rips_bars(MATRICES[kind](rng, 300), degrees, np.inf, 2, name)
    distances = MATRICES[kind](rng, n)
    return growth(lambda: rips_bars(distances, degrees, np.inf, 2, name), distances.nbytes, n)


def main(n):
    cases = [("metric", name, kind) for name in MEASURED for kind in CLOUDS]
    cases += [
        ("engine", name, kind, str(degree))
        for name, row in ENGINES.items()
        for kind in MATRICES
        for degree in ([0] if row.highest_degree == 0 else [1, *row.bytes_by_degree])
        if (kind, degree) != ("random", 2)  # takes very long
    ]
    for case in cases:
        command = [sys.executable, __file__, str(n), *case]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        words = " ".join(f"{word:12}" for word in case)
        print(f"{words:52} {float(done.stdout):6.1f}", flush=True)


if __name__ == "__main__":
    n_points, *case = sys.argv[1:] or ["2000"]
    if case:
        what, *names = case
        measure = measure_metric if what == "metric" else measure_engine
        print(measure(*names, int(n_points)))
    else:
        main(int(n_points))
