"""Exact Rips persistence in degrees 0 to 2 over Z/2: our engine beside its peers, on one thread.

    pip install redzed-tda tda
    python tests/benchmarks/rips_degree_two.py               # the table
    python tests/benchmarks/rips_degree_two.py --only sphere # rows whose names contain this
    python tests/benchmarks/rips_degree_two.py --large       # our engine alone, larger clouds
    python tests/benchmarks/rips_degree_two.py --costs       # beside degrees 0 and 1

Every engine is given the same distance matrix. Figures are seconds of processor time, so that what
else runs on the machine matters little, and medians of rounds in which each engine runs once, in
turn; what takes more than a second runs in the first round alone. GUDHI is the best of its options:
single or double precision, with edge collapse or without (above 500 points always with, as it takes
ten times as long without on these clouds). "tda" is that package with peel=True. The last column is
the time of the best peer over ours. The bars of degree 2 are checked against GUDHI's.
"""

import argparse
import platform
import resource
import time
from importlib.metadata import version
from itertools import product

import numpy as np
import tda
import torch
from clouds import digits_layers, discs_layers
from gudhi.sklearn.rips_persistence import RipsPersistence as GudhiRips
from redzed_tda import rips as redzed

import skactland
from skactland import rips_persistence
from skactland.datasets import make_linked_tori, make_nested_spheres, make_sphere
from skactland.metrics import distance_matrix

DEGREES = (0, 1, 2)


def ours(distances):
    return rips_persistence(distances, DEGREES, metric="precomputed", engine="lunes")


def gudhi(distances, precision, num_collapses):
    engine = GudhiRips(
        list(DEGREES),
        input_type="full distance matrix",
        homology_coeff_field=2,
        num_collapses=num_collapses,
        n_jobs=1,
    )
    return engine.fit_transform([distances.astype(precision)])[0]


def engines(distances):
    """What is timed, by name."""
    collapses = ["auto", 0] if len(distances) <= 500 else ["auto"]
    runs = {
        f"GUDHI {precision} {collapse}": lambda p=precision, c=collapse: gudhi(distances, p, c)
        for precision, collapse in product(["float64", "float32"], collapses)
    }
    runs["RedZeD"] = lambda: redzed(distances, maxdim=2)
    single = distances.astype(np.float32)  # it takes no other
    runs["tda"] = lambda: tda.persistent_homology(
        single, max_dim=2, distance_matrix=True, peel=True, parallel=False
    )
    return {"ours": lambda: ours(distances)} | runs


def timed(function):
    start = time.process_time()
    function()
    return time.process_time() - start


def check(distances):
    """Compare our bars of degree 2 with GUDHI's; return how many they are."""
    voids, theirs = ours(distances)[2], gudhi(distances, np.float64, "auto")[2]
    theirs = theirs[theirs[:, 0] < theirs[:, 1]]
    np.testing.assert_array_equal(voids, theirs[np.lexsort(theirs.T[::-1])])
    return len(voids)


def compare(clouds, repeats):
    """Print a row for each cloud."""
    columns = ["ours", "GUDHI", "RedZeD", "tda"]
    print(f"\n{'':30}{'n':>5}{'bars':>6}" + "".join(f"{c:>9}" for c in columns), end="")
    print(f"{'GUDHI/ours':>12}{'best/ours':>11}")
    for name, cloud in clouds.items():
        distances = distance_matrix(cloud)
        n_bars, runs = check(distances), engines(distances)
        times = {engine: [timed(run)] for engine, run in runs.items()}
        for _ in range(repeats - 1):
            for engine, run in runs.items():
                if times[engine][0] < 1:
                    times[engine].append(timed(run))
        medians = {engine: np.median(values) for engine, values in times.items()}
        medians["GUDHI"] = min(value for name, value in medians.items() if "GUDHI" in name)
        row = "".join(f"{medians[c]:9.4f}" for c in columns)
        ratios = [medians["GUDHI"] / medians["ours"]]
        ratios.append(min(medians[c] for c in columns[1:]) / medians["ours"])
        print(
            f"{name:30}{len(cloud):5}{n_bars:6}{row}{ratios[0]:12.1f}{ratios[1]:11.1f}", flush=True
        )


def small_clouds():
    rng = np.random.default_rng(0)
    layers = digits_layers()
    digits = {f"{name}, {n}": cloud[:n] for n in (500, 1000) for name, cloud in layers.items()}
    others = {
        "sphere in R^3": make_sphere(400, random_state=0),
        "tanh of a map of R^8": np.tanh(rng.normal(size=(500, 8)) @ rng.normal(size=(8, 8))),
        "Gaussian in R^20": rng.normal(size=(500, 20)),
    }
    discs = {name: cloud[:500] for name, cloud in discs_layers().items()}
    return digits | others | discs


def large_clouds():
    angles = np.random.default_rng(0).uniform(0, 2 * np.pi, (1000, 3))
    clouds = {
        "3-torus in R^6": np.hstack([np.cos(angles), np.sin(angles)]),
        "nested spheres": make_nested_spheres(1000, random_state=0)[0],
        "linked tori": make_linked_tori(1000, random_state=0)[0],
    }
    layers = digits_layers(2000)
    return clouds | {name: layers[name] for name in layers if name.endswith(("act1", "act3"))}


def costs():
    """Print what degree 2 takes beside degrees 0 and 1, on clouds with few voids and with many."""
    rng = np.random.default_rng(0)
    upper = np.triu(rng.random((200, 200)), 1)
    matrices = {
        "sphere in R^3, 500": distance_matrix(make_sphere(500, random_state=0)),
        "sphere in R^3, 2000": distance_matrix(make_sphere(2000, random_state=0)),
        "Gaussian in R^5, 1000": distance_matrix(rng.normal(size=(1000, 5))),
        "Gaussian in R^20, 1000": distance_matrix(rng.normal(size=(1000, 20))),
        "Gaussian in R^50, 1000": distance_matrix(rng.normal(size=(1000, 50))),
        "random numbers, 200 rows": upper + upper.T,
    }
    print(f"\n{'':30}{'0, 1':>9}{'0, 1, 2':>9}{'ratio':>8}")
    options = {"metric": "precomputed", "engine": "lunes"}
    for name, distances in matrices.items():
        low, high = (
            min(timed(lambda d=distances, q=q: rips_persistence(d, q, **options)) for _ in range(3))
            for q in ((0, 1), DEGREES)
        )
        print(f"{name:30}{low:9.4f}{high:9.3f}{high / low:8.0f}", flush=True)


def large():
    """Print the time and the peak memory of our engine on larger clouds."""
    print(f"\n{'':30}{'n':>5}{'bars':>6}{'ours, s':>10}{'peak, GB':>10}")
    ours(distance_matrix(make_sphere(50, random_state=0)))
    for name, cloud in large_clouds().items():
        distances = distance_matrix(cloud)
        seconds = timed(lambda d=distances: ours(d))
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
        n_bars = len(ours(distances)[2])
        print(f"{name:30}{len(cloud):5}{n_bars:6}{seconds:10.2f}{peak:10.2f}", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--large", action="store_true")
    parser.add_argument("--costs", action="store_true")
    parser.add_argument("--only", default="", help="the clouds whose names contain this")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    versions = [("Python", platform.python_version()), ("skactland", skactland.__version__)]
    names = ["numpy", "numba", "gudhi", "redzed-tda", "tda"]
    versions += [(name, version(name)) for name in names]
    print(", ".join(" ".join(pair) for pair in versions))
    if arguments.large:
        large()
    elif arguments.costs:
        costs()
    else:
        clouds = {name: c for name, c in small_clouds().items() if arguments.only in name}
        compare(clouds, arguments.repeats)


if __name__ == "__main__":
    main()
