"""Exact Rips persistence in degrees 0 and 1 over Z/2: our engine beside its peers, on one thread.

    pip install giotto-ph ripser redzed-tda tda
    python tests/benchmarks/rips_engines.py             # the clouds of 1000 points
    python tests/benchmarks/rips_engines.py --large     # 2000 and 4000 points
    python tests/benchmarks/rips_engines.py --redzed    # beside RedZeD and tda, up to 8000 points
    python tests/benchmarks/rips_engines.py --scale     # our engine alone, up to 10,000 points
    python tests/benchmarks/rips_engines.py --growth growth.png     # a plot of time against n
    python tests/benchmarks/rips_engines.py --stage     # 20 networks x 8 layers, distances included

Every engine is given the same distance matrix. In each of the repeats all engines run once, in
turn; the figures are medians in milliseconds, warm. GUDHI's is the better of single and double
precision, and "gph, two" is giotto-ph with two threads. "sort" is NumPy's sort of the lengths of
all edges, which most engines must do; how long that takes hangs on the processor.

With --redzed the figures are of processor time. RedZeD computes in single precision; so does "tda",
that package with peel=True, which is run up to 1000 points, once. The bars of degree 1 are held
against RedZeD's before the timing.
"""

import argparse
import platform
import resource
import time
from importlib.metadata import version

import numpy as np
import tda
import torch
from clouds import RNG, digits_layers, discs_layers, noisy_circle, relu_layers, torus
from gph import ripser_parallel
from gudhi.sklearn.rips_persistence import RipsPersistence as GudhiRips
from redzed_tda import rips as redzed
from ripser import ripser
from sklearn.datasets import load_digits

import skactland
from skactland import RipsPersistence, extract_activations, rips_persistence
from skactland.metrics import distance_matrix
from skactland.persistence._engines import rips_bars
from skactland.training import multilayer_perceptron


def timed(function, *arguments, clock=time.perf_counter):
    start = clock()
    function(*arguments)
    return 1000 * (clock() - start)


def ours(distances, degrees=(0, 1)):
    return rips_persistence(distances, degrees, metric="precomputed")


def unchecked(distances, degrees):
    return rips_bars(distances, degrees, np.inf, 2, "tree" if degrees == (0,) else "lunes")


def gudhi(distances, degrees=(0, 1)):
    engine = GudhiRips(
        list(degrees), input_type="full distance matrix", homology_coeff_field=2, n_jobs=1
    )
    return engine.fit_transform([distances])


def engines(distances):
    """What is timed, by name."""
    single = distances.astype(np.float32)
    edges = distances[np.triu_indices(len(distances), 1)]
    dense = {"metric": "precomputed", "maxdim": 1, "coeff": 2}
    return {
        "ours": lambda: ours(distances),
        "GUDHI 64": lambda: gudhi(distances),
        "GUDHI 32": lambda: gudhi(single),
        "giotto-ph": lambda: ripser_parallel(single, n_threads=1, **dense),
        "gph, two": lambda: ripser_parallel(single, n_threads=2, **dense),
        "ripser.py": lambda: ripser(single, maxdim=1, coeff=2, distance_matrix=True),
        "sort": lambda: np.sort(edges),
    }


def compare(cases, repeats):
    """Print a row for each case."""
    columns = ["ours", "GUDHI", "GUDHI/ours", "giotto-ph", "gph, two", "ripser.py", "sort"]
    print(f"\n{'':30}{'n':>5}" + "".join(f"{c:>11}" for c in columns))
    for name, make in cases.items():
        distances = make()
        runs = engines(distances)
        times = {engine: [] for engine in runs}
        runs["ours"]()
        for _ in range(repeats):
            for engine, run in runs.items():
                times[engine].append(timed(run))
        medians = {engine: np.median(values) for engine, values in times.items()}
        medians["GUDHI"] = min(medians["GUDHI 64"], medians["GUDHI 32"])
        medians["GUDHI/ours"] = medians["GUDHI"] / medians["ours"]
        row = "".join(f"{medians[c]:11.1f}" for c in columns)
        print(f"{name:30}{len(distances):5}{row}", flush=True)


def compare_with_redzed(cases, repeats):
    """Print a row of processor time for each case."""
    columns = ["ours", "RedZeD", "tda", "sort", "RedZeD/ours", "ours/sort"]
    print(f"\n{'':30}{'n':>5}" + "".join(f"{c:>12}" for c in columns))
    for name, make in cases.items():
        distances = make()
        single, edges = distances.astype(np.float32), distances[np.triu_indices(len(distances), 1)]
        runs = [ours, lambda d: redzed(d, maxdim=1), lambda _, e=edges: np.sort(e)]
        check_against_redzed(distances)
        times = [
            [timed(run, distances, clock=time.process_time) for run in runs] for _ in range(repeats)
        ]
        mine, theirs, sort = np.median(times, axis=0)
        of_tda = "-"
        if len(single) <= 1000:
            of_tda = f"{timed(peeled, single, clock=time.process_time):.1f}"
        row = f"{mine:12.1f}{theirs:12.1f}{of_tda:>12}{sort:12.1f}"
        row += f"{theirs / mine:12.2f}{mine / sort:12.2f}"
        print(f"{name:30}{len(distances):5}{row}", flush=True)


def check_against_redzed(distances):
    """Compare the bars of degree 1. RedZeD rounds lengths to single precision."""
    mine = ours(distances.astype(np.float32).astype(np.float64))[1]
    theirs = redzed(distances, maxdim=1)[1]
    theirs = theirs[theirs[:, 0] < theirs[:, 1]]
    np.testing.assert_array_equal(mine, theirs[np.lexsort(theirs.T[::-1])])


def peeled(single):
    tda.persistent_homology(single, max_dim=1, distance_matrix=True, peel=True, parallel=False)


def compare_degree_zero(repeats):
    """Print the same for the spanning tree, with and without the check of the matrix.

    Before each timing the engine runs once, so that the matrix is in the cache for all alike. Such
    short times need more repeats.
    """
    columns = ["ours", "unchecked", "GUDHI", "GUDHI/ours", "/unchecked"]
    print(f"\n{'degree 0 alone':30}{'n':>5}" + "".join(f"{c:>11}" for c in columns))
    for n in (1000, 4000):
        distances = distance_matrix(RNG.normal(size=(n, 20)))
        runs = (ours, unchecked, gudhi)
        times = [[warm(run, distances) for run in runs] for _ in range(5 * repeats)]
        mine, bare, theirs = np.median(times, axis=0)
        ratios = f"{theirs / mine:11.1f}{theirs / bare:11.1f}"
        print(f"{'Gaussian in R^20':30}{n:5}{mine:11.1f}{bare:11.1f}{theirs:11.1f}{ratios}")


def warm(run, distances):
    run(distances, (0,))
    return timed(run, distances, (0,))


def scale():
    """Print the time and the peak memory of large clouds."""
    print(f"\n{'':34}{'n':>6}{'ours, s':>13}{'peak, GB':>13}")
    cases = {f"torus {n}": torus(n) for n in (1000, 2000, 4000, 8000, 10_000)}
    cases["Gaussian in R^20"] = RNG.normal(size=(6000, 20))
    ours(distance_matrix(torus(100)))
    for name, cloud in cases.items():
        distances = distance_matrix(cloud)
        seconds = timed(ours, distances) / 1000
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
        print(f"{name:34}{len(cloud):6}{seconds:13.2f}{peak:13.2f}", flush=True)
    print(f"\n{'random symmetric matrix':34}{'n':>6}{'ours, s':>13}{'GUDHI, s':>13}")
    for n in (100, 200, 300, 600):
        lengths = np.triu(RNG.random((n, n)), 1)
        hard = lengths + lengths.T
        theirs = f"{timed(gudhi, hard) / 1000:13.2f}" if n <= 300 else f"{'not run':>13}"
        print(f"{'':34}{n:6}{timed(ours, hard) / 1000:13.3f}{theirs}", flush=True)


SIZES = (500, 1000, 2000, 4000, 8000)
STYLES = {"ours": "o-", "GUDHI 64": "s--", "giotto-ph": "^:", "ripser.py": "v-."}


def settled(run):
    """The median of three runs, as the first finds no memory; one where it takes a second."""
    first = timed(run)
    return first if first > 1000 else np.median([first, timed(run), timed(run)])


def growth(path):
    """Print and plot the time against the number of points."""
    makers = {"torus in R^3": torus, "Gaussian in R^20": lambda n: RNG.normal(size=(n, 20))}
    ours(distance_matrix(torus(100)))
    times = {name: {engine: {} for engine in STYLES} for name in makers}
    for name, make in makers.items():
        for n in SIZES:
            distances = distance_matrix(make(n))
            runs = engines(distances)
            for engine, points in times[name].items():
                # Peers that took more than 5 s at half the size are not run.
                if engine == "ours" or points.get(n // 2, 0 if n == SIZES[0] else np.inf) < 5:
                    points[n] = settled(runs[engine]) / 1000
            found = "  ".join(f"{e} {p[n]:.3f}" for e, p in times[name].items() if n in p)
            print(f"{name}, n = {n}, s: {found}", flush=True)
    plot_growth(times, path)


def plot_growth(times, path):
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(1, 2, figsize=(10, 4), sharey=True, layout="constrained")
    for ax, (name, by_engine) in zip(axes, times.items(), strict=True):
        for engine, points in by_engine.items():
            ax.loglog(list(points), list(points.values()), STYLES[engine], label=engine)
        ax.set_title(name.replace("R^3", "$R^3$").replace("R^20", "$R^{20}$"))
        ax.set_xticks(SIZES, SIZES)
        ax.minorticks_off()
        ax.set_xlabel("points")
    axes[0].set_ylabel("seconds, degrees 0 and 1")
    axes[0].legend(frameon=False)
    figure.savefig(path, dpi=150)


def stage():
    """Print the time of the whole stage on a table of 20 networks x 8 layers, two threads."""
    X = load_digits().data[:1000] / 16
    table = np.empty((20, 8), dtype=object)
    for i in range(20):
        torch.manual_seed(i)
        network = multilayer_perceptron(64, [64] * 7, 10)
        clouds = extract_activations(network, X, layers=["act*", "logits"])
        table[i] = list(clouds.values())
    RipsPersistence(n_jobs=2).fit_transform(table[:1])
    times = {}
    for engine in ("lunes", "gudhi"):
        rips = RipsPersistence(engine=engine, n_jobs=2)
        times[engine] = timed(rips.fit_transform, table) / 1000
        print(f"20 networks x 8 layers x 1000 points, 2 threads, {engine}: {times[engine]:.1f} s")
    print(f"ratio {times['gudhi'] / times['lunes']:.1f}")


def small_cases():
    clouds = {
        "Gaussian in R^50": RNG.normal(size=(1000, 50)),
        "torus in R^3": torus(1000),
        "noisy circle": noisy_circle(1000),
        **digits_layers(),
    }
    discs = discs_layers()
    cases = {name: lambda c=c: distance_matrix(c) for name, c in (clouds | discs).items()}
    for name, cloud in discs.items():
        cases[f"hops of {name}"] = lambda c=cloud: distance_matrix(c, "geodesic")
    return cases


def cases_for_redzed():
    """Clouds that fill space, for which it is the strongest peer, and some that do not."""
    clouds = {}
    for n in (1000, 4000):
        digits = digits_layers(n)
        clouds |= {
            f"two ReLU layers, {n}": relu_layers(n),
            f"Gaussian in R^20, {n}": RNG.normal(size=(n, 20)),
            f"Gaussian in R^40, {n}": RNG.normal(size=(n, 40)),
            f"Gaussian in the plane, {n}": RNG.normal(size=(n, 2)),
            f"uniform in the plane, {n}": RNG.uniform(size=(n, 2)),
            f"digits network, act1, {n}": digits["digits network, act1"],
            f"digits network, logits, {n}": digits["digits network, logits"],
        }
    for n in (1000, 2000):
        clouds |= {f"torus in R^3, {n}": torus(n), f"noisy circle, {n}": noisy_circle(n)}
    clouds["two ReLU layers, 8000"] = relu_layers(8000)
    clouds["Gaussian in R^20, 8000"] = RNG.normal(size=(8000, 20))
    return {name: lambda c=c: distance_matrix(c) for name, c in clouds.items()}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repeats", type=int, default=5)
    for name in ("large", "redzed", "scale", "stage"):
        parser.add_argument(f"--{name}", action="store_true")
    parser.add_argument("--only", default="", help="the clouds whose names contain this")
    parser.add_argument("--growth", metavar="PATH")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    names = ["numpy", "numba", "gudhi", "giotto-ph", "ripser", "redzed-tda", "tda"]
    versions = [("Python", platform.python_version()), ("skactland", skactland.__version__)]
    versions += [(name, version(name)) for name in names]
    print(", ".join(" ".join(pair) for pair in versions))
    if arguments.large:
        large = {
            "Gaussian in R^50": lambda: distance_matrix(RNG.normal(size=(4000, 50))),
            "torus in R^3": lambda: distance_matrix(torus(2000)),
        }
        compare(large, arguments.repeats)
    elif arguments.redzed:
        cases = {name: make for name, make in cases_for_redzed().items() if arguments.only in name}
        compare_with_redzed(cases, arguments.repeats)
    elif arguments.scale:
        scale()
    elif arguments.growth:
        growth(arguments.growth)
    elif arguments.stage:
        stage()
    else:
        cases = {name: make for name, make in small_cases().items() if arguments.only in name}
        compare(cases, arguments.repeats)
        compare_degree_zero(arguments.repeats)


if __name__ == "__main__":
    main()
