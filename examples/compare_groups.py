r"""
Where do two groups of networks differ?
=======================================

Small perceptrons learn handwritten digits: with ReLU or with tanh, with dropout or without, and the
ReLU networks are kept as they were before training too. For each of three comparisons a
permutation test asks, layer by layer and degree by degree, whether the mean landscapes differ:
labels of networks are exchanged, within each pair for before and after training. P-values are
corrected for the number of columns by Holm's method. A fourth comparison, of the ReLU networks of
even and of odd seeds, is the control: there is nothing to find.

Every network sees the same probe. Under the Euclidean metric a difference may be one of scale
alone; under the scaled metric each cloud is divided by its mean distance, and only shape is left.
Both are printed. The effect is the distance of the means over the spread of the networks around
the mean of their group, :math:`(\frac1n \sum_i \|\lambda_i - \bar\lambda_{g(i)}\|^2)^{1/2}`.

Run it with ``python examples/compare_groups.py``; ``--small`` is a quick look.
"""

# sphinx_gallery_thumbnail_path = "images/compare_groups.png"

import argparse
import copy
import platform
import tempfile
import time

import joblib
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import sklearn
import torch
from joblib import Parallel, delayed
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from torch import nn
from tqdm.auto import tqdm

import skactland
from skactland import LayerActivationExtractor, RipsPersistence, landscape_gram
from skactland.inference import permutation_test
from skactland.training import loss_and_accuracy, train_to_accuracy

# %%
# Networks
# --------
# Each seed gives one network of every kind. All are trained to the same accuracy on the same
# images, which is measured without dropout.


def make_network(activation, dropout, width):
    """Return a perceptron; dropout, where wanted, comes after each hidden layer."""
    network = nn.Sequential()
    n_units = 64
    for i in (1, 2, 3):
        network.add_module(f"fc{i}", nn.Linear(n_units, width))
        network.add_module(f"act{i}", activation())
        if dropout:
            network.add_module(f"drop{i}", nn.Dropout(dropout))
        n_units = width
    network.add_module("logits", nn.Linear(n_units, 10))
    return network


def train_one(activation, dropout, width, seed, X, y):
    """Return a network before and after training."""
    torch.set_num_threads(1)
    torch.manual_seed(seed)
    network = make_network(activation, dropout, width)
    before = copy.deepcopy(network)
    train_to_accuracy(
        network, X, y, thresholds=[0.99], learning_rate=3e-3, max_epochs=500, random_state=seed
    )
    return before, network


def train_groups(n_networks, width, X, y, cache, n_jobs):
    """Return {group: networks}; a stopped run goes on from the cache."""
    kinds = {"ReLU": (nn.ReLU, 0.0), "tanh": (nn.Tanh, 0.0), "dropout": (nn.ReLU, 0.3)}
    train = joblib.Memory(cache, verbose=0).cache(train_one)
    tasks = [(name, *kind, seed) for name, kind in kinds.items() for seed in range(n_networks)]
    results = Parallel(n_jobs=n_jobs, return_as="generator")(
        delayed(train)(activation, dropout, width, seed, X, y)
        for _, activation, dropout, seed in tasks
    )
    groups = {"before": [], **{name: [] for name in kinds}}
    bar = tqdm(results, "Training networks", len(tasks))
    for (name, *_), (before, after) in zip(tasks, bar, strict=True):
        groups[name].append(after)
        if name == "ReLU":
            groups["before"].append(before)
    return groups


# %%
# Tests
# -----

COMPARISONS = [
    ("ReLU", "tanh"),
    ("before", "ReLU"),
    ("ReLU", "dropout"),
    ("even seeds", "odd seeds"),
]


def diagrams_of(groups, probe, metric, cache, n_jobs):
    """Return {group: table of diagrams}, of the hidden layers and the logits."""
    extractor = LayerActivationExtractor(probe, layers=["act*", "logits"])
    rips = RipsPersistence(metric=metric, memory=cache, n_jobs=n_jobs)
    for step in (extractor, rips):
        step.set_output(transform="pandas")
    return {
        name: rips.fit_transform(extractor.fit_transform(networks))
        for name, networks in groups.items()
    }


def compare(first, second, n_resamples, paired):
    """Return the test of two tables of diagrams, a result by column, and the effects."""
    table = pd.concat([first, second], ignore_index=True)
    labels = np.repeat(["first", "second"], [len(first), len(second)])
    blocks = np.tile(np.arange(len(first)), 2) if paired else None
    result = permutation_test(
        table, labels, columns="column", blocks=blocks, n_resamples=n_resamples, rng=0
    )
    return result, result.statistic / np.array([spread(table[[c]], labels) for c in table])


def spread(column, labels):
    """Return the root mean squared distance of landscapes to the mean of their group."""
    gram = landscape_gram(column)
    same = labels[:, None] == labels
    means = (gram * same).sum(axis=1) / same.sum(axis=1)
    return np.sqrt((np.diag(gram) - means).mean())


def compare_all(tables, n_resamples):
    """Return {(first, second): (result, effects)}."""
    return {
        (first, second): compare(
            tables[first], tables[second], n_resamples, paired=first == "before"
        )
        for first, second in COMPARISONS
    }


def print_tests(metric, tests):
    """Print corrected p-values and effects of every comparison, by layer and degree."""
    lines = [
        {"compared": f"{first}, {second}", "column": column, "p": p, "effect": effect}
        for (first, second), (result, effects) in tests.items()
        for column, p, effect in zip(result.columns, result.pvalue, effects, strict=True)
    ]
    wide = pd.DataFrame(lines).pivot(index="column", columns="compared", values=["p", "effect"])
    print(f"\n{metric} metric: p-values (Holm) and effects")
    print(wide.sort_index(axis=1, ascending=False).to_string(float_format="{:.4f}".format))


# %%
# Where they differ
# -----------------


def draw(tests, degree=1):
    """Return a figure: mean first levels of both groups, by comparison and layer."""
    layers = ("act1", "act2", "act3", "logits")
    figure, axes = plt.subplots(
        len(tests), len(layers), figsize=(12, 2.4 * len(tests)), layout="constrained"
    )
    for row, ((first, second), (result, _)) in zip(axes, tests.items(), strict=True):
        pvalues = dict(zip(result.columns, result.pvalue, strict=True))
        for ax, layer in zip(row, layers, strict=True):
            column = f"{layer}__H{degree}"
            means = [result.group_means[group][column] for group in ("first", "second")]
            t = np.linspace(0, max(mean.support[1] for mean in means), 400)
            for mean, name, style in zip(means, (first, second), ("-", "--"), strict=True):
                ax.plot(t, mean(t)[0], style, label=name)
            ax.set_title(f"{column}, p = {pvalues[column]:.4f}", fontsize=9)
        row[0].set_ylabel(r"mean $\lambda_1(t)$")
        row[0].legend(frameon=False)
    for ax in axes[-1]:
        ax.set_xlabel("filtration value $t$")
    return figure


def main(arguments=None):
    """Run it all."""
    parser = argparse.ArgumentParser(description=__doc__.strip().splitlines()[0])
    parser.add_argument("--small", action="store_true", help="few networks, for a quick look")
    parser.add_argument("--cache", help="folder that a stopped run goes on from")
    parser.add_argument("--output", default="compare_groups.png", help="path of the figure")
    parser.add_argument("--n-jobs", type=int, default=2, help="cores to use")
    options = parser.parse_args(arguments)
    start = time.perf_counter()
    n_networks, n_probe, n_resamples = (6, 50, 999) if options.small else (20, 200, 9999)
    cache = options.cache or tempfile.mkdtemp()

    X, y = load_digits(return_X_y=True)
    X = (X / 16).astype(np.float32)
    X, rest, y, y_rest = train_test_split(X, y, train_size=600, stratify=y, random_state=0)
    probe, X_test, _, y_test = train_test_split(
        rest, y_rest, train_size=n_probe, stratify=y_rest, random_state=0
    )
    groups = train_groups(n_networks, 32, X, y, cache, options.n_jobs)
    groups["even seeds"], groups["odd seeds"] = groups["ReLU"][::2], groups["ReLU"][1::2]
    for name, networks in groups.items():
        accuracies = [loss_and_accuracy(network, X_test, y_test)[1] for network in networks]
        print(f"{name}: test accuracy {np.mean(accuracies):.3f} +- {np.std(accuracies):.3f}")
    for metric in ("euclidean", "scaled"):
        tables = diagrams_of(groups, probe, metric, cache, options.n_jobs)
        tests = compare_all(tables, n_resamples)
        print_tests(metric, tests)
    draw(tests).savefig(options.output, dpi=120)  # of the scaled metric
    print(
        f"\nPython {platform.python_version()}, torch {torch.__version__}, scikit-learn "
        f"{sklearn.__version__}, skactland {skactland.__version__}; {n_networks} networks a "
        f"group; {time.perf_counter() - start:.0f} s."
    )


if __name__ == "__main__":
    main()
