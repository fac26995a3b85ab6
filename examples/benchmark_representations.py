r"""
Which features go with what people write by habit?
==================================================

A scaler and a linear model after a vectorizer are written down without a thought. Nodes of a grid
that few networks reach then hold values that a scaler blows up, and a prediction is off by orders.
Here representations of the same diagrams meet the usual scalers and estimators with their defaults,
on 24 to 100 networks at a time. The defaults of the vectorizers and the kernel are what came out.

Run it with ``python examples/benchmark_representations.py --cache folder``; a run that was stopped
goes on where it was with the zoos. ``--small`` is a quick look.

The zoos are for such choices alone, with a seed (20) that is in no other table: noisy ones (see
``benchmark_predict_accuracy.py``), and clean ones, in which networks of 32 recipes (width, batch
size, learning rate, activation, initial weights) learn one training set without wrong labels.
"""

# sphinx_gallery_thumbnail_path = "generated/pictures/flow.png"

import argparse
import platform
import tempfile
from itertools import product
from pathlib import Path

import joblib
import numpy as np
import pandas as pd
import sklearn
import torch
from experiments import habits, noisy_zoos, predictors
from experiments.stacked import train_stack
from torch import nn

import skactland
from skactland.training import loss_and_accuracy

SEED = 20
FULL = {
    "names": ("digits", "clusters"),
    "noisy": ((16, 32, 64, 128), (0.0, 0.15, 0.3, 0.45, 0.6), 8, 500),
    "n_per_recipe": 4,
    "n_clean": 300,
    "n_probe": 150,
    "sizes": (24, 60, 100),
    "size_for_forests": 60,
    "n_draws": 3,
}
SMALL = {
    **FULL,
    "names": ("digits",),
    "noisy": ((16, 32), (0.0, 0.4), 4, 120),
    "n_per_recipe": 1,
    "n_clean": 100,
    "n_probe": 30,
    "sizes": (12,),
    "size_for_forests": 12,
    "n_draws": 1,
}
RECIPES = {
    "width": (24, 96),
    "batch_size": (32, 128),
    "learning_rate": (0.002, 0.01),
    "activation": (nn.Tanh, nn.ReLU),
    "scaled_weights": (True, False),
}

# %%
# Zoos
# ----


def train_noisy(data, name, setting, cache):
    """Return networks that fit their own, partly mislabelled training set, and accuracies."""
    settings = noisy_zoos.draw_settings(*setting["noisy"], SEED)
    zoo = noisy_zoos.make_zoo(settings, data, Path(cache) / f"noisy-{name}", 1, SEED)
    return zoo.networks, zoo.accuracies


def train_clean(data, setting):
    """Return networks of all recipes that fit one clean training set, and accuracies."""
    X, y = data.pool
    rows = np.random.RandomState(SEED).choice(len(X), setting["n_clean"], replace=False)
    networks = []
    for i, values in enumerate(product(*RECIPES.values())):
        recipe = dict(zip(RECIPES, values, strict=True))
        widths = [recipe.pop("width")] * 3
        seeds = range(i * setting["n_per_recipe"], (i + 1) * setting["n_per_recipe"])
        options = {"thresholds": (1.0,), "max_epochs": 300, **recipe}
        runs = train_stack(seeds, X[rows], y[rows], widths, **options)
        networks += [run.network for run in runs if run.converged]
    return networks, np.array([loss_and_accuracy(n, *data.test)[1] for n in networks])


def make_zoos(setting, cache):
    """Return the table of diagrams and the test accuracies of each zoo."""
    memory, zoos = joblib.Memory(cache, verbose=0), {}
    for name in setting["names"]:
        data = noisy_zoos.load_data(name, setting["n_probe"], SEED)
        for kind in ("noisy", "clean"):
            if kind == "noisy":
                networks, y = train_noisy(data, name, setting, cache)
            else:
                networks, y = memory.cache(train_clean)(data, setting)
            clouds = predictors.clouds_of(networks, data.probe)
            zoos[f"{kind} {name}"] = predictors.diagrams_of(clouds), y
            print(f"{kind} {name}: {len(y)} networks, accuracies {y.min():.3f} to {y.max():.3f}")
    return zoos


# %%
# Tables
# ------


def score_all(zoos, setting, cache):
    """Return a record for each zoo, number of networks, draw, representation and chain."""
    score = joblib.Memory(cache, verbose=0).cache(habits.score)
    records = []
    for (name, (table, y)), size in product(zoos.items(), setting["sizes"]):
        print(f"Scoring {size} networks at a time of {name}", flush=True)
        found = score(table, y, size, setting["n_draws"], size == setting["size_for_forests"])
        records += [{"zoo": name, "networks": size} | record for record in found]
    return records


def print_tables(records):
    """Print R2 and tau of each chain, then those of StandardScaler + Ridge and kernels by zoo."""
    table = pd.DataFrame(records)
    # A fit that is off by orders would speak for all others in a mean.
    table["R2"] = table["R2"].clip(lower=-1)
    of_kernels = table["representation"] == "kernel"
    kernels, table = table[of_kernels], table[~of_kernels]
    print("\nR2 below -1 counts as -1. Means over zoos and draws:")
    for (size, estimator), rows in table.groupby(["networks", "estimator"], sort=False):
        for score in ("R2", "tau"):
            show(f"{size} networks, {estimator}: {score}", rows, score, "representation", "scaler")
    by_zoo = ["zoo", "networks"]
    habit = table[(table["scaler"] == "standard") & (table["estimator"] == "Ridge")]
    for aggregate in ("mean", "min", "max"):
        title = f"StandardScaler() + Ridge(): R2, {aggregate} over draws"
        show(title, habit, "R2", "representation", by_zoo, aggregate)
    index = ["estimator", "scaler"]
    show("LandscapeKernel: R2 by columns' weights", kernels, "R2", index, by_zoo)


def show(title, rows, values, index, columns, aggregate="mean"):
    """Print one table."""
    shown = rows.pivot_table(values, index, columns, aggregate, sort=False)
    with pd.option_context("display.width", 250, "display.float_format", "{:.2f}".format):
        print(f"\n{title}\n{shown.to_string(header=True)}")


def main(arguments=None):
    """Run it all."""
    parser = argparse.ArgumentParser(description=__doc__.strip().splitlines()[0])
    parser.add_argument("--small", action="store_true", help="small zoos, for a quick look")
    parser.add_argument("--cache", help="folder that a stopped run goes on from")
    options = parser.parse_args(arguments)
    setting = SMALL if options.small else FULL
    cache = options.cache or tempfile.mkdtemp()
    zoos = make_zoos(setting, cache)
    print_tables(score_all(zoos, setting, cache))
    print(
        f"\nPython {platform.python_version()}, torch {torch.__version__}, scikit-learn "
        f"{sklearn.__version__}, skactland {skactland.__version__}"
    )


if __name__ == "__main__":
    main()
