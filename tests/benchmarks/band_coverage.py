"""How often do the bands of ``skactland.inference`` hold the truth?

    python tests/benchmarks/band_coverage.py > coverage.md

Coverage of the 95 % bands of a mean and of a difference of two means, over models of networks that
differ in kind, as Markdown tables. The Student factor of the bands was chosen by the first four
models; the others were not looked at until it was. Every data set has a seed of its own: the tables
do not depend on --n-jobs.
"""

import argparse

import numpy as np
from calibration import network, print_row, print_table, simulate, versions

from skactland import PersistenceLandscape
from skactland.inference import confidence_band, mean_difference_band
from skactland.landscapes import landscape_values

SIZES = (5, 10, 20, 50, 100)
N_LEVELS = 2


def bars(births, lengths):
    return np.column_stack([births, births + lengths])


def few_bars(rng):
    n = rng.integers(1, 4)
    return bars(0.5 * rng.random(n), rng.gamma(3, 0.2, n))


def one_bar(rng):
    return bars(0.1 * rng.random(1), np.maximum(rng.normal(1, 0.2, 1), 0.05))


def skewed_size(rng):
    return bars(0.3 * rng.random(6), rng.lognormal(0, 0.8) * rng.exponential(0.2, 6))


def heavy_tailed_number(rng):
    n = 1 + min(int(3 * rng.pareto(1.5)), 60)
    return bars(rng.random(n), rng.exponential(0.3, n))


def two_kinds(rng):
    size = rng.choice([0.5, 1.5])
    return bars(0.3 * rng.random(5), size * rng.uniform(0.6, 1, 5))


def one_factor(rng):
    factor = rng.normal()
    lengths = np.linspace(0.3, 1, 5) * np.exp(0.25 * factor)
    return bars(np.linspace(0.2, 0.7, 5) + 0.05 * factor, lengths)


def one_long_many_short(rng):
    lengths = np.append(rng.normal(1, 0.1), rng.exponential(0.05, 29))
    return bars(0.5 * rng.random(30), np.maximum(lengths, 0.01))


CHOSEN_BY = {
    "bars share a factor": network,
    "1 to 3 bars": few_bars,
    "one bar": one_bar,
    "log-normal size": skewed_size,
}
OTHERS = {
    "Pareto number of bars": heavy_tailed_number,
    "two kinds of networks": two_kinds,
    "all by one factor": one_factor,
    "one long bar, 29 short": one_long_many_short,
}
MODELS = CHOSEN_BY | OTHERS


def true_mean(model, n_networks):
    """The mean landscape of the simulated networks, by a large sample."""
    rng, t = np.random.default_rng(0), np.linspace(0, 4, 1601)
    total = sum(landscape_values(MODELS[model](rng), t, N_LEVELS) for _ in range(n_networks))
    total[:, [0, -1]] = 0  # one network in a thousand reaches beyond
    return PersistenceLandscape([np.column_stack([t, level / n_networks]) for level in total])


def covered(seed, model, n_networks, truth):
    """Whether each band holds the truth."""
    rng = np.random.default_rng(seed)
    X = [MODELS[model](rng) for _ in range(2 * n_networks)]
    groups = np.repeat([0, 1], n_networks)
    found = {}
    options = {"n_landscapes": N_LEVELS, "resolution": 60, "n_resamples": 499, "rng": rng}
    for kind in ("plain", "adaptive"):
        options["adaptive"] = kind == "adaptive"
        (band,) = confidence_band(X[:n_networks], **options).values()
        found[f"mean, {kind}"] = band.contains(truth)
        (band,) = mean_difference_band(X, groups, **options).values()
        found[f"difference, {kind}"] = band.contains(0 * truth)
    return found


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--n-sets", type=int, default=300)
    parser.add_argument("--n-jobs", type=int, default=1)
    options = parser.parse_args()
    error = 100 * np.sqrt(0.05 * 0.95 / options.n_sets)
    print(versions())
    print(f"\n## Coverage of 95 % bands, % of {options.n_sets} data sets (+- {error:.1f})")
    print_table(["networks", "band", *(f"n = {size}" for size in SIZES)], [])
    for model in MODELS:
        truth = true_mean(model, 30_000)
        found = [
            simulate(covered, options.n_sets, 3, options.n_jobs, model, size, truth)
            for size in SIZES
        ]
        for band in found[0]:
            print_row([model, band, *(f"{100 * f[band].mean():.1f}" for f in found)])


if __name__ == "__main__":
    main()
