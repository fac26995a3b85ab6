"""Do the tests of ``skactland.inference`` keep their word?

    python tests/benchmarks/calibration.py > calibration.md

Type-I error over null data sets, and power against effect size beside the z-test of a functional of
landscapes, as Markdown tables. Networks are simulated diagrams: each has a size of its own, so that
its bars depend on each other. Every data set has a seed of its own: the tables do not depend on
--n-jobs. Bands are in ``band_coverage.py``.
"""

import argparse
import platform

import numpy as np
import scipy
from joblib import Parallel, delayed
from scipy.stats import norm
from tqdm import tqdm

import skactland
from skactland.inference import independence_test, permutation_test, trend_test

LEVELS = (0.01, 0.05, 0.10)
STATISTICS = ("mean_distance", "mmd", "energy", "anova")
N_BARS = 8


def network(rng, *, scale=1.0, shift=0.0):
    """A diagram: births between 0 and 1, lengths below 1 that share a random factor."""
    births = rng.random(N_BARS)
    lengths = rng.gamma(4, 0.25) * scale * rng.exponential(0.2, N_BARS)
    births = births + shift
    return np.column_stack([births, births + np.minimum(lengths, 1)])


def table(rng, n_networks, n_columns=1):
    """Networks that are alike, a row each."""
    cells = np.empty((n_networks, n_columns), dtype=object)
    for index in np.ndindex(cells.shape):
        cells[index] = network(rng)
    return cells


def paired_table(rng, n_pairs):
    """Networks before and after: a pair shares half of its bars."""
    cells = np.empty((2 * n_pairs, 1), dtype=object)
    for i in range(n_pairs):
        shared = network(rng)[: N_BARS // 2]
        for row in (2 * i, 2 * i + 1):
            cells[row, 0] = np.vstack([shared, network(rng)[: N_BARS // 2]])
    return cells


def z_test(diagrams, groups):
    """The p-value of the difference of mean integrals, over its standard error, taken as normal."""
    integrals = np.array([(np.diff(diagram) ** 2).sum() / 4 for diagram in diagrams[:, 0]])
    one, other = integrals[groups == 0], integrals[groups == 1]
    error = np.sqrt(one.var(ddof=1) / len(one) + other.var(ddof=1) / len(other))
    return 2 * norm.sf(abs(one.mean() - other.mean()) / error)


def null_pvalues(seed):
    """The p-values of every test on data without an effect."""
    rng = np.random.default_rng(seed)
    few = {"n_resamples": 199, "rng": rng}
    groups, three = np.repeat([0, 1], 10), np.repeat([0, 1, 2], [5, 7, 8])
    X, wide, y = table(rng, 20), table(rng, 20, 6), rng.random(20)
    found = {
        f"{s}, two groups of 10": permutation_test(X, groups, statistic=s, **few).pvalue
        for s in STATISTICS
    }
    found |= {
        f"{s}, groups of 5, 7, 8": permutation_test(X, three, statistic=s, **few).pvalue
        for s in STATISTICS
    }
    pairs = paired_table(rng, 12)
    result = permutation_test(pairs, np.arange(24) % 2, blocks=np.arange(24) // 2, **few)
    found["mean_distance, 12 pairs"] = result.pvalue
    result = permutation_test(table(rng, 7), [0, 0, 0, 1, 1, 1, 1], n_resamples=35)
    found["mean_distance, groups of 3 and 4, all 35"] = result.pvalue
    for correction in ("holm", "fdr_bh", "max-t"):
        result = permutation_test(
            wide, groups, columns="column", correction=correction, n_resamples=1199, rng=rng
        )
        found[f"least of 6 columns, {correction}"] = result.pvalue.min()
    found["trend_test, Spearman"] = trend_test(X, y, **few).pvalue
    found["trend_test, Page, 4 blocks of 5"] = trend_test(
        X, np.arange(20) % 5, blocks=np.arange(20) // 5, statistic="page", **few
    ).pvalue
    for statistic in ("dcov", "hsic"):
        result = independence_test(X, y, statistic=statistic, **few)
        found[f"independence_test, {statistic}"] = result.pvalue
    found["z-test of the integral, two groups of 10"] = z_test(X, groups)
    return found


def power_pvalues(seed, effect, amount):
    """The p-values of the two-sample tests where the second group differs."""
    rng = np.random.default_rng(seed)
    change = {"scale": 1 + amount} if effect == "longer bars" else {"shift": amount}
    X = table(rng, 20)
    for i in range(10, 20):
        X[i, 0] = network(rng, **change)
    groups = np.repeat([0, 1], 10)
    few = {"n_resamples": 199, "rng": rng}
    found = {s: permutation_test(X, groups, statistic=s, **few).pvalue for s in STATISTICS}
    return found | {"z-test": z_test(X, groups)}


def simulate(function, n_sets, seed, n_jobs, *args):
    """Apply a function to seeds in parallel; return its results by name."""
    seeds = np.random.SeedSequence(seed).spawn(n_sets)
    tasks = Parallel(n_jobs=n_jobs, return_as="generator")(
        delayed(function)(one, *args) for one in seeds
    )
    label = " ".join(str(arg) for arg in (function.__name__, *args[:2]))
    results = list(tqdm(tasks, total=n_sets, desc=label, mininterval=5))
    return {name: np.array([result[name] for result in results]) for name in results[0]}


def print_table(header, rows):
    print("\n| " + " | ".join(header) + " |\n|" + "---|" * len(header))
    for row in rows:
        print_row(row)


def print_row(row):
    print("| " + " | ".join(row) + " |", flush=True)


def versions():
    """What the numbers were made with."""
    return (
        f"skactland {skactland.__version__}, NumPy {np.__version__}, SciPy {scipy.__version__}, "
        f"Python {platform.python_version()}"
    )


def rate(pvalues, level):
    """The rejections at a level, with a star where they leave the 99 % binomial interval."""
    found = np.mean(pvalues <= level + 1e-12)
    error = norm.ppf(0.995) * np.sqrt(level * (1 - level) / len(pvalues))
    return f"{100 * found:.1f}{' *' if abs(found - level) > error else ''}"


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--n-sets", type=int, default=2000)
    parser.add_argument("--n-jobs", type=int, default=1)
    options = parser.parse_args()
    n, n_jobs = options.n_sets, options.n_jobs
    print(versions())
    print(f"\n## Type-I error, % of {n} null data sets (* outside the 99 % binomial interval)")
    found = simulate(null_pvalues, n, 1, n_jobs)
    print_table(
        ["test", *(f"at {level:.0%}" for level in LEVELS)],
        [[name, *(rate(p, level) for level in LEVELS)] for name, p in found.items()],
    )

    for effect, amounts in (("longer bars", (0.2, 0.5, 1.0)), ("later births", (0.1, 0.2, 0.4))):
        print(f"\n## Power at 5 %, % of {n // 4} data sets, two groups of 10: {effect}")
        found = [simulate(power_pvalues, n // 4, 2, n_jobs, effect, a) for a in amounts]
        print_table(
            ["test", *(f"by {a:g}" for a in amounts)],
            [[s, *(f"{100 * np.mean(f[s] <= 0.05 + 1e-12):.0f}" for f in found)] for s in found[0]],
        )


if __name__ == "__main__":
    main()
