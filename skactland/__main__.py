"""Compile all that is compiled, in two processes, before anything is computed.

Called as ``python -m skactland``, as while the image of a container is built. The functions are
called with a few points: the types of what they are called with do not depend on the data.
"""

import logging
import multiprocessing
import os
import sys
import time
from concurrent.futures import ProcessPoolExecutor

import numpy as np


def _cloud(n_units=2):
    """Return a circle and points in it, float64 array of shape (12, n_units)."""
    angle = np.linspace(0, 2 * np.pi, 12, endpoint=False)
    cloud = np.zeros((12, n_units))
    cloud[:, 0], cloud[:, 1] = np.cos(angle), np.sin(angle)
    return cloud


def _voids():
    from skactland.persistence import rips_persistence

    rips_persistence(_cloud(), (0, 1, 2))


def _bars():
    from skactland._compiled.rips.grades import counted_last_grades
    from skactland.metrics import geodesic_distances
    from skactland.persistence import representative_loops, rips_persistence
    from skactland.persistence._lunes import lune_bars_of_points

    rips_persistence(_cloud())
    rips_persistence(_cloud(), (0,))
    many = np.random.default_rng(0).normal(size=(600, 20))  # of several groups
    rips_persistence(many, (0,))
    # What clouds of thousands of points are taken through.
    lune_bars_of_points(many, np.inf)
    counted_last_grades(np.zeros((2, 2), np.uint16))
    hops = geodesic_distances(_cloud(), n_neighbors=4, weights="hops")
    rips_persistence(hops, (0,), metric="precomputed")
    representative_loops(_cloud())


def _metrics_and_trees():
    from skactland.metrics import distance_matrix
    from skactland.persistence import spanning_trees
    from skactland.vectors import labelled_merges, neighbour_agreement

    for metric in ("geodesic", "local", "scaled", "sphere"):
        distance_matrix(_cloud(), metric=metric)
    wide = _cloud(200)  # so wide that it is multiplied, where points are not too close
    wide[1] = wide[0] + 1e-9
    distance_matrix(wide)
    spanning_trees(_cloud(), 2)
    spanning_trees(_cloud(), 2, metric="sphere")
    classes = np.arange(12) % 2
    labelled_merges(_cloud(), classes)
    neighbour_agreement(_cloud(), classes)


def _landscapes():
    from skactland.kernels import landscape_distance, landscape_gram
    from skactland.landscapes import PersistenceLandscape, landscape_values
    from skactland.vectors import SilhouetteVectorizer

    diagrams = [np.array([[0.0, 2.0], [1.0, 3.0]]), np.array([[0.0, 4.0]])]
    diagrams.append(diagrams[1] + 1e-9)  # so close that the difference itself is integrated
    landscape_values(diagrams[0], np.arange(4.0), n_landscapes=2)
    landscape_gram(diagrams)
    landscape_distance(diagrams)
    landscape_gram(diagrams, approximation=4)
    landscape_gram(diagrams, level_weights=[1.0, 0.5])
    landscape_distance(diagrams, approximation=4)
    f, g, _ = (PersistenceLandscape.from_diagram(diagram) for diagram in diagrams)
    ((f - g).norm(3), f.inner(g), f.distance(g), (2 * f).integral())
    table = np.empty((3, 1), object)
    table[:, 0] = diagrams
    SilhouetteVectorizer().fit_transform(table)


#: The longest first, so that two processes end at about the same time.
JOBS = [_voids, _bars, _landscapes, _metrics_and_trees]


def _run(job):
    logging.getLogger("skactland").setLevel(logging.ERROR)  # that it compiles is no news here
    job()


def main():
    """Compile everything, and say how long it took."""
    if os.environ.get("NUMBA_DISABLE_JIT", "0") not in ("", "0"):
        sys.exit("NUMBA_DISABLE_JIT is set, so that nothing is compiled: unset it first.")
    start = time.perf_counter()
    # Not by fork: what a thread holds elsewhere would be held for good.
    with ProcessPoolExecutor(2, multiprocessing.get_context("spawn")) as processes:
        list(processes.map(_run, JOBS))
    print(f"All functions are compiled, after {time.perf_counter() - start:.0f} seconds.")


if __name__ == "__main__":
    # Once more, by its name: what is called `__main__` here is another module to the processes.
    from skactland.__main__ import main as compile_all

    compile_all()
