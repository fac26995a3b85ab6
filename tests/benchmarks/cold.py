"""The first call of a machine: seconds of processor time with nothing compiled yet.

    python tests/benchmarks/cold.py

Each row is a process of its own whose folder for compiled code is empty, and again with what it has
compiled. Imports and the data are not counted; features, kernel and test are given diagrams, and
count them too, as whoever has none yet waits for both.
"""

import os
import platform
import subprocess
import sys
import tempfile

import numba

import skactland

CALLS = {
    "degree 0": "rips_persistence(clouds[0], (0,))",
    "degree 0, 20 units": "rips_persistence(rng.normal(size=(600, 20)), (0,))",
    "degrees 0 and 1": "rips_persistence(clouds[0])",
    "degrees 0 to 2": "rips_persistence(clouds[0], (0, 1, 2))",
    "LandscapeVectorizer": "LandscapeVectorizer().fit_transform(diagrams())",
    "LandscapeKernel": "LandscapeKernel().fit_transform(diagrams())",
    "permutation_test": "permutation_test(diagrams(), [0, 0, 0, 1, 1, 1], n_resamples=99, rng=0)",
}
PROGRAM = """
import time
import numpy as np
from skactland import LandscapeKernel, LandscapeVectorizer, RipsPersistence, rips_persistence
from skactland.inference import permutation_test
rng = np.random.default_rng(0)
clouds = [rng.normal(size=(60, 3)) for _ in range(6)]
diagrams = lambda: RipsPersistence().fit_transform(clouds)
start = time.process_time()
{call}
print(time.process_time() - start)
"""


def seconds(call, folder):
    """Return how long a call takes in a new process that keeps compiled code in a folder."""
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM.format(call=call)],
        env={**os.environ, "NUMBA_CACHE_DIR": folder, "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        check=True,
    )
    return float(done.stdout)


if __name__ == "__main__":
    print(
        f"skactland {skactland.__version__}, numba {numba.__version__}, "
        f"Python {platform.python_version()}"
    )
    print(f"{'':22}{'first':>8}{'later':>8}")
    for name, call in CALLS.items():
        with tempfile.TemporaryDirectory() as folder:
            first, later = seconds(call, folder), seconds(call, folder)
        print(f"{name:22}{first:8.1f}{later:8.2f}", flush=True)
