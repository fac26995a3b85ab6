"""Whether intervals of the literature for intrinsic dimensions hold it as often as they say.

    OMP_NUM_THREADS=1 python tests/benchmarks/dimension_intervals.py > intervals.md

Ratios of neighbours' distances have an exact law, from which 95 % intervals follow if points are
taken for independent: with L the sum of the logarithms of n ratios of second and first neighbours,
2 d L has the chi-squared law of 2 n degrees of freedom; and the estimate of maximum likelihood from
k neighbours has a relative deviation of about 1 / sqrt(n (k - 1)). Points of a flat torus have no
boundary and no curvature, so that it is exact there but for the independence; those of a cube have
a boundary.
"""

import argparse
import platform

import numpy as np
import scipy
from scipy.spatial import cKDTree
from scipy.stats import binomtest, chi2, norm

import skactland

N_NEIGHBORS = 20


def interval_of_two(nearest):
    """The 95 % interval from the ratios of two neighbours."""
    total = np.log(nearest[:, 1] / nearest[:, 0]).sum()
    return chi2.ppf([0.025, 0.975], 2 * len(nearest)) / (2 * total)


def interval_of_likelihood(nearest):
    """The 95 % interval about the estimate of maximum likelihood."""
    estimate = 1 / np.log(nearest[:, -1:] / nearest[:, :-1]).mean()
    half = norm.ppf(0.975) * estimate / np.sqrt(len(nearest) * (nearest.shape[1] - 1))
    return estimate - half, estimate + half


INTERVALS = {
    "two neighbours, exact law": interval_of_two,
    f"likelihood of {N_NEIGHBORS}, asymptotic": interval_of_likelihood,
}
PERIODS = {"flat torus": 1.0, "cube": None}


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--n-sets", type=int, default=600)
    parser.add_argument("--n-points", type=int, default=500)
    parser.add_argument("--dimensions", type=int, nargs="+", default=[1, 2, 5, 10])
    options = parser.parse_args()
    print(
        f"skactland {skactland.__version__}, NumPy {np.__version__}, SciPy {scipy.__version__}, "
        f"Python {platform.python_version()}\n"
    )
    print(f"| interval | points | {' | '.join(f'd = {d}' for d in options.dimensions)} |")
    print("|---" * (2 + len(options.dimensions)) + "|")
    n = options.n_sets
    for shape, period in PERIODS.items():
        counts = {name: [0] * len(options.dimensions) for name in INTERVALS}
        for place, d in enumerate(options.dimensions):
            for seed in range(n):
                points = np.random.default_rng([seed, d]).random((options.n_points, d))
                tree = cKDTree(points, boxsize=period)
                nearest = tree.query(points, N_NEIGHBORS + 1)[0][:, 1:]
                for name, interval in INTERVALS.items():
                    low, high = interval(nearest)
                    counts[name][place] += low <= d <= high
        for name, held in counts.items():
            shares = []
            for count in held:
                low, high = 100 * np.array(binomtest(count, n).proportion_ci())
                shares.append(f"{100 * count / n:.1f} ({low:.1f} to {high:.1f})")
            print(f"| {name} | {shape} | {' | '.join(shares)} |", flush=True)


if __name__ == "__main__":
    main()
