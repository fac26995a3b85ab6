"""Do the tests against null clouds keep their word, and do the usual recipes keep theirs?

    python tests/benchmarks/null_calibration.py > nulls.md

Type-I error of ``null_test``, ``bar_test`` and ``universal_bar_test`` over clouds of their null
hypotheses, power on circles of known noise, and, by the same command, the error rates of two
recipes that take points of one cloud for independent networks. Every data set has a seed of its
own: the tables do not depend on --n-jobs. Intervals are exact 95 % binomial ones.
"""

import argparse
from functools import cache, partial

import numpy as np
from calibration import LEVELS, print_table, simulate, versions
from scipy.stats import binomtest

from skactland import rips_persistence
from skactland.inference import bar_test, null_test, permutation_test, universal_bar_test
from skactland.landscapes import PersistenceLandscape

N_POINTS, N_NULLS = 60, 99
STATISTICS = ["l2", "n_bars", "sup"]


def gaussian(rng, n_units):
    """Points of a Gaussian law whose deviations fall off as in layers: 1, 1/2, 1/3, ..."""
    return rng.normal(size=(N_POINTS, n_units)) / np.arange(1, n_units + 1)


def isotropic(rng, n_units):
    return rng.normal(size=(N_POINTS, n_units))


def independent_units(rng, n_units):
    """Units that are independent, of which every other one is skewed."""
    points = rng.random((N_POINTS, n_units))
    points[:, ::2] = rng.exponential(size=points[:, ::2].shape)
    return points


def circle(rng, noise, n_units):
    """A circle of radius 1 with Gaussian noise in all directions."""
    angles = 2 * np.pi * rng.random(N_POINTS)
    points = noise * rng.normal(size=(N_POINTS, n_units))
    points[:, :2] += np.column_stack([np.cos(angles), np.sin(angles)])
    return points


def loops(cloud):
    return rips_persistence(cloud, (0, 1))[1]


def null_pvalues(seed, law, n_units, kind):
    """The p-values of the tests against one kind of nulls, on a cloud of a law."""
    rng = np.random.default_rng(seed)
    cloud = law(rng, n_units)
    result = null_test([cloud], kind=kind, statistic=STATISTICS, n_nulls=N_NULLS, rng=rng)
    found = dict(zip(result.columns, result.pvalue_uncorrected, strict=True))
    named = {
        "complexity, degree 0": found["x0__H0__l2"],
        "complexity, degree 1": found["x0__H1__l2"],
        "number of loops": found["x0__H1__n_bars"],
        "longest loop": found["x0__H1__sup"],
    }
    bars = bar_test(cloud, kind=kind, n_nulls=N_NULLS, rng=rng)
    return named | {"bar_test, any bar": bars.pvalue.min(initial=1)}


def universal_pvalues(seed, n_points):
    """The least p-value of any bar, for independent points of several laws."""
    rng = np.random.default_rng(seed)
    clouds = {
        "uniform in a square": rng.random((n_points, 2)),
        "uniform in a cube of 5 dimensions": rng.random((n_points, 5)),
        "Gaussian, 3 dimensions": rng.normal(size=(n_points, 3)),
        "Gaussian, 20 dimensions": rng.normal(size=(n_points, 20)),
    }
    return {
        f"{name}, {n_points} points": universal_bar_test(loops(cloud)).pvalue.min(initial=1)
        for name, cloud in clouds.items()
    }


def power_pvalues(seed, noise, n_units):
    """The p-values of the tests on a circle."""
    rng = np.random.default_rng(seed)
    cloud = circle(rng, noise, n_units)
    result = null_test(
        [cloud], statistic=["l2", "sup"], homology_dimensions=(1,), rng=rng, n_nulls=N_NULLS
    )
    bars = bar_test(cloud, n_nulls=N_NULLS, rng=rng)
    return {
        "null_test, complexity": result.pvalue_uncorrected[0],
        "null_test, longest loop": result.pvalue_uncorrected[1],
        "bar_test, any bar": bars.pvalue.min(initial=1),
        "universal_bar_test, any bar": universal_bar_test(loops(cloud)).pvalue.min(initial=1),
    }


def relabelling_pvalues(seed):
    """Two groups of one law: networks relabelled, and subsamples of one cloud a group."""
    rng = np.random.default_rng(seed)
    groups = np.repeat([0, 1], 10)
    networks = [loops(isotropic(rng, 2)) for _ in groups]
    # Ten subsamples of each of two clouds, as if they were twenty networks.
    clouds = [rng.normal(size=(2 * N_POINTS, 2)) for _ in range(2)]
    parts = [loops(rng.choice(clouds[g], N_POINTS, replace=False)) for g in groups]
    return {
        "permutation test, a network a row": permutation_test(
            networks, groups, n_resamples=199, rng=rng
        ).pvalue,
        "permutation test, a subsample of one cloud a row": permutation_test(
            parts, groups, n_resamples=199, rng=rng
        ).pvalue,
    }


def number(diagram):
    return float(len(diagram))


def complexity(diagram):
    return PersistenceLandscape.from_diagram(diagram).norm(2)


def long_loops(diagram):
    """The number of loops longer than a quarter: a threshold chosen beforehand."""
    return float(np.count_nonzero(np.diff(diagram) > 0.25))


MEASURED = {
    "number of loops": number,
    "number of loops longer than 1/4": long_loops,
    "complexity of loops": complexity,
}


@cache
def truths():
    """The mean of what is measured over 4000 fresh circles: what the intervals are to hold."""
    rng = np.random.default_rng(12345)
    diagrams = [loops(circle(rng, 0.1, 2)) for _ in range(4000)]
    return {name: np.mean([measure(d) for d in diagrams]) for name, measure in MEASURED.items()}


def interval_hits(seed):
    """Whether 95 % intervals hold the mean over clouds of the same law and size."""
    rng = np.random.default_rng(seed)
    cloud = circle(rng, 0.1, 2)
    resampled = [loops(rng.choice(cloud, N_POINTS)) for _ in range(199)]
    fresh = [loops(circle(rng, 0.1, 2)) for _ in range(20)]
    found = {}
    for name, measure in MEASURED.items():
        low, high = np.quantile([measure(d) for d in resampled], [0.025, 0.975])
        found[f"percentile bootstrap of points, {name}"] = low <= truths()[name] <= high
        values = [measure(d) for d in fresh]
        # Student's t with 19 degrees of freedom.
        half = 2.093 * np.std(values, ddof=1) / np.sqrt(len(values))
        found[f"t interval of 20 networks, {name}"] = abs(np.mean(values) - truths()[name]) <= half
    return found


def share(hits):
    """A percentage and its exact 95 % interval."""
    test = binomtest(int(np.sum(hits)), len(hits)).proportion_ci()
    return f"{100 * np.mean(hits):.1f} ({100 * test.low:.1f} to {100 * test.high:.1f})"


def rates(pvalues):
    return [share(pvalues <= level + 1e-12) for level in LEVELS]


LAWS = {
    "rotated": ((gaussian, 3), (isotropic, 20), (isotropic, 100)),
    "gaussian": ((gaussian, 3), (isotropic, 20), (isotropic, 100)),
    "permuted": ((independent_units, 3), (independent_units, 20)),
}


def print_errors(n, n_jobs, kind):
    print(f'\n## Type-I error, kind="{kind}", % of {n} clouds of {N_POINTS} points')
    rows = []
    for law, n_units in LAWS[kind]:
        words = f"{law.__name__.replace('_', ' ')}, {n_units}"
        found = simulate(null_pvalues, n, 1, n_jobs, law, n_units, kind)
        rows += [[words, name, *rates(p)] for name, p in found.items()]
    print_table(["law, units", "test", *(f"at {level:.0%}" for level in LEVELS)], rows)


def print_universal(n, n_jobs):
    print(f"\n## Type-I error of the universal law, any bar, % of {n} clouds")
    found = simulate(universal_pvalues, n, 2, n_jobs, 60)
    found |= simulate(universal_pvalues, n, 2, n_jobs, 300)
    print_table(
        ["points", *(f"at {level:.0%}" for level in LEVELS)],
        [[name, *rates(p)] for name, p in found.items()],
    )


def print_power(n, n_jobs):
    noises = (0.1, 0.2, 0.3, 0.4)
    for n_units in (2, 20):
        what = f"% of {n} circles of {N_POINTS} points in {n_units} dimensions"
        print(f"\n## Power at 5 %, {what}")
        found = [simulate(power_pvalues, n, 3, n_jobs, noise, n_units) for noise in noises]
        print_table(
            ["test", *(f"noise {noise:g}" for noise in noises)],
            [[name, *(share(f[name] <= 0.05 + 1e-12) for f in found)] for name in found[0]],
        )


def print_recipes(n, n_jobs):
    print(f"\n## Which recipes keep their word, % of {n} data sets")
    found = simulate(relabelling_pvalues, n, 4, n_jobs)
    rows = [[f"{name}: rejects", "5", share(p <= 0.05 + 1e-12)] for name, p in found.items()]
    hits = simulate(interval_hits, n, 5, n_jobs)
    rows += [[f"{name}: holds the mean", "95", share(h)] for name, h in hits.items()]
    print_table(["method", "promised", "found"], rows)


PARTS = {
    **{kind: partial(print_errors, kind=kind) for kind in LAWS},
    "universal": print_universal,
    "power": print_power,
    "recipes": print_recipes,
}


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--n-sets", type=int, default=600)
    parser.add_argument("--n-jobs", type=int, default=1)
    parser.add_argument("--part", choices=PARTS, action="append")
    options = parser.parse_args()
    print(versions())
    for part in options.part or PARTS:
        PARTS[part](options.n_sets, options.n_jobs)


if __name__ == "__main__":
    main()
