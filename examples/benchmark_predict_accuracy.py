r"""
Which predicts test accuracy best: landscapes, norms, margins, distances or confidence?
=======================================================================================

All networks below fit their own, partly mislabelled training set, so training accuracy says
nothing. Which cheap numbers, and does topology, tell how well they do on new inputs? Zoos over a
grid of widths and label noise, on handwritten digits and on synthetic clusters, are given to the
same learners with the same folds; only what is known of the networks differs from row to row.

Landscapes of every hidden layer, the logits and the softmax, in degrees 0 and 1, come under two
metrics: Euclidean, and scaled by the mean distance of each cloud, which leaves shape without scale.
They are given as values of all levels on grids, as a kernel, and as three norms for each diagram.
Labelled merge trees of the probe's inputs are coloured by the classes that a network predicts. Rows
that know more than networks and unlabelled inputs are beside them: recipe, training sets, the other
networks of the zoo, labels of the probe. Nothing is fitted outside the folds, and neither diagrams
nor trees use true labels or test accuracies. Levels,
norms and logarithms were chosen on zoos with other seeds (10, 11) than those shown (0, 1, 2).

Run it with ``python examples/benchmark_predict_accuracy.py --cache folder``; a run that was stopped
goes on where it was. ``--small`` is a quick look, and ``--quick`` leaves out what takes long.
"""

# sphinx_gallery_thumbnail_path = "images/predicting_accuracy.png"

import argparse
import platform
import tempfile
import time
from pathlib import Path

import joblib
import numpy as np
import pandas as pd
import sklearn
import torch
from experiments import known, noisy_tables, noisy_zoos, predictors, scoring
from joblib import Parallel, delayed
from sklearn.dummy import DummyRegressor
from sklearn.pipeline import make_pipeline
from tqdm.auto import tqdm

import skactland

FULL = {
    "names": ("digits", "clusters"),
    "widths": (16, 32, 64, 128),
    "noises": (0.0, 0.15, 0.3, 0.45, 0.6),
    "n_per_cell": 15,
    "max_samples": 500,
    "n_probe": 150,
    "n_repeats": 2,
    "n_seeds": 3,
}
SMALL = {
    **FULL,
    "names": ("digits",),
    "widths": (16, 32),
    "noises": (0.0, 0.4),
    "n_per_cell": 6,
    "max_samples": 120,
    "n_probe": 40,
    "n_repeats": 1,
    "n_seeds": 1,
}
# %%
# What the learners are given
# ---------------------------
# A table is a data frame with one row a network. Where the two metrics are side by side, columns of
# the scaled one are named ``scaled_act1__H0``.


def make_tables(zoo, data, cache, n_jobs):
    """Return the numbers of a zoo by name, and its diagrams by metric."""
    clouds = predictors.clouds_of(zoo.networks, data.probe)
    options = {"memory": cache, "n_jobs": n_jobs}
    plain = predictors.diagrams_of(clouds, **options)
    scaled = predictors.diagrams_of(clouds, "scaled", **options)
    diagrams = {
        "landscapes, Euclidean": plain,
        "landscapes, scaled": scaled,
        "landscapes": pd.concat([plain, scaled.add_prefix("scaled_")], axis=1),
    }
    numbers = predictors.numbers_of(zoo, clouds.to_numpy()) | known.numbers_of(zoo, data)
    for first, second in noisy_tables.SIDE_BY_SIDE:
        numbers[f"{first} + {second}"] = np.hstack([numbers[first], numbers[second]])
    norms = predictors.landscape_norms().fit_transform(diagrams["landscapes"])
    numbers[noisy_tables.ALL_ROWS] = np.hstack(
        [norms, *(numbers[name] for name in ("all numbers", *noisy_tables.MORE))]
    )
    numbers[f"{noisy_tables.ALL_ROWS} + labelled merges"] = np.hstack(
        [numbers[noisy_tables.ALL_ROWS], numbers["labelled merges"]]
    )
    return {name: pd.DataFrame(X).add_prefix("number") for name, X in numbers.items()}, diagrams


def make_rows(numbers, diagrams, random_state, cache):
    """Return {(row of the table, learner): (model, X)}."""
    rows = {}
    for name, X in numbers.items():
        for learner, model in predictors.learners_of_numbers(random_state).items():
            if learner != "SVR" or name in predictors.PLAIN:
                rows[name, learner] = model, X
    for name, X in diagrams.items():
        for learner, model in predictors.learners_of_diagrams(random_state, cache).items():
            if learner != "SVR" or name == "landscapes":
                rows[name, learner] = model, X
    for learner, model in predictors.learners_of_norms(random_state).items():
        rows["landscape norms", learner] = model, diagrams["landscapes"]
    for name in noisy_tables.NUMBERS:
        X = pd.concat([numbers[name], diagrams["landscapes"]], axis=1)
        models = predictors.learners_of_both(numbers[name].shape[1], random_state)
        for learner, model in models.items():
            rows[f"{name} + norms", learner] = model, X
    rows["nothing (mean)", "ridge"] = DummyRegressor(), numbers["confidence"]
    return rows


def make_ablations(diagrams, probe, zoo, cache, n_jobs):
    """Return {name: table of diagrams}: parts of the landscapes, and smaller probes."""
    plain = diagrams["landscapes, Euclidean"]
    layers = list(dict.fromkeys(column.split("__")[0] for column in plain))
    parts = {"all of them": list(plain)}
    for degree in ("H0", "H1"):
        parts[f"degree {degree[1]} alone"] = [c for c in plain if c.endswith(degree)]
    for layer in layers:
        parts[f"{layer} alone"] = [c for c in plain if c.startswith(f"{layer}__")]
    parts["without softmax"] = [c for c in plain if not c.startswith("softmax")]
    tables = {name: plain[columns] for name, columns in parts.items()}
    for n_points in (len(probe) // 3, 2 * len(probe) // 3):
        chosen = np.random.RandomState(0).choice(len(probe), n_points, replace=False)
        clouds = predictors.clouds_of(zoo.networks, probe[chosen])
        tables[f"{n_points} probe points"] = predictors.diagrams_of(
            clouds, memory=cache, n_jobs=n_jobs
        )
    return tables


# %%
# One zoo
# -------
# SVR has the 5-fold scheme alone, and one partition, as its inner folds make it slow; of landscapes
# it is given both metrics together, and of the other rows those of numbers without topology. The
# control has the accuracies shuffled over the networks.


def predict_all(zoo, tables, probe, setting, seed, cache, n_jobs):
    """Return {(part, row, learner, scheme): predictions} of one zoo."""
    numbers, diagrams = tables
    folds = scoring.make_folds(zoo, setting["n_repeats"], seed)
    if setting["quick"]:
        return predict_quickly(zoo, tables, folds["5-fold"], seed)
    once = folds["5-fold"][:1]
    y = zoo.accuracies
    control = noisy_tables.shuffled(zoo, seed).accuracies
    tasks = {}
    for (name, learner), (model, X) in make_rows(numbers, diagrams, seed, cache).items():
        if learner == "SVR":
            tasks["main", name, learner, "5-fold"] = model, X, y, once
            continue
        for scheme, partitions in folds.items():
            tasks["main", name, learner, scheme] = model, X, y, partitions
        if name in ("landscapes", "landscape norms", "all numbers"):
            tasks["shuffled", name, learner, "5-fold"] = model, X, control, once
    for name, X in make_ablations(diagrams, probe, zoo, cache, n_jobs).items():
        model = predictors.learners_of_diagrams(seed)["ridge"]
        tasks["ablation", name, "ridge", "5-fold"] = model, X, y, once
    for n_levels in (1, 5, 20):
        model = make_pipeline(predictors.landscapes(n_levels), predictors.ridge())
        X = diagrams["landscapes, Euclidean"]
        tasks["ablation", f"{n_levels} levels", "ridge", "5-fold"] = model, X, y, once
    predict = joblib.Memory(cache, verbose=0).cache(scoring.predict_out_of_fold)
    results = Parallel(n_jobs=n_jobs, return_as="generator")(
        delayed(predict)(*task) for task in tasks.values()
    )
    bar = tqdm(results, "Cross-validating", len(tasks), unit="row")
    return dict(zip(tasks, bar, strict=True))


def predict_quickly(zoo, tables, partitions, seed):
    """Return the predictions of ridge on rows of numbers and on landscape norms, 5-fold."""
    numbers, diagrams = tables
    rows = make_rows(numbers, diagrams, seed, None)
    return {
        ("main", name, learner, "5-fold"): scoring.predict_out_of_fold(
            model, X, zoo.accuracies, partitions
        )
        for (name, learner), (model, X) in rows.items()
        if learner == "ridge" and name not in diagrams
    }


def taus_within(zoo, tables, seed):
    """Return tau within cells of ridge fits within cells, by row."""
    numbers, diagrams = tables
    norms = predictors.landscape_norms().fit_transform(diagrams["landscapes"])
    folds = scoring.make_folds(zoo, 2, seed)["5-fold"]
    return {
        name: scoring.tau_from_within(predictors.ridge(), X, zoo, folds)
        for name, X in {**numbers, "landscape norms": norms}.items()
    }


def run_data_set(name, setting, cache, n_jobs):
    """Return the zoos of one data set, the predictions of each, and taus of fits within cells."""
    zoos, predictions, within = [], [], []
    for seed in range(setting["n_seeds"]):
        data = noisy_zoos.load_data(name, setting["n_probe"], seed)
        grid = [setting[key] for key in ("widths", "noises", "n_per_cell", "max_samples")]
        settings = noisy_zoos.draw_settings(*grid, seed)
        zoo = noisy_zoos.make_zoo(settings, data, Path(cache) / f"{name}-{seed}", n_jobs, seed)
        tables = make_tables(zoo, data, cache, n_jobs)
        zoos.append(zoo)
        predictions.append(predict_all(zoo, tables, data.probe, setting, seed, cache, n_jobs))
        within.append(taus_within(zoo, tables, seed))
        y = zoo.accuracies
        print(
            f"{name}, zoo {seed}: {len(y)} of {zoo.n_trained} networks fit their training set; "
            f"test accuracies {y.min():.3f} to {y.max():.3f}.",
            flush=True,
        )
    return zoos, predictions, pd.DataFrame(within)


# %%


def main(arguments=None):
    """Run it all."""
    parser = argparse.ArgumentParser(description=__doc__.strip().splitlines()[0])
    parser.add_argument("--small", action="store_true", help="a small zoo, for a quick look")
    parser.add_argument(
        "--quick", action="store_true", help="ridge on numbers and landscape norms alone"
    )
    parser.add_argument("--data", nargs="+", help="digits, clusters or both")
    parser.add_argument("--zoos", type=int, help="how many zoos of each")
    parser.add_argument("--cache", help="folder that a stopped run goes on from")
    parser.add_argument("--output", default="benchmark_predict_accuracy.png", help="figure")
    parser.add_argument("--n-jobs", type=int, default=2, help="cores to use")
    options = parser.parse_args(arguments)
    start = time.perf_counter()
    setting = SMALL if options.small else FULL
    n_seeds = options.zoos or setting["n_seeds"]
    setting = {**setting, "n_seeds": n_seeds, "quick": options.quick}
    cache = options.cache or tempfile.mkdtemp()
    tables = {}
    for name in options.data or setting["names"]:
        zoos, predictions, within = run_data_set(name, setting, cache, options.n_jobs)
        tables[name] = noisy_tables.score_table(zoos, predictions)
        noisy_tables.print_tables(
            name, tables[name], noisy_tables.difference_table(zoos, predictions), within
        )
    noisy_tables.draw(tables).savefig(options.output, dpi=120)
    print(
        f"\nPython {platform.python_version()}, torch {torch.__version__}, scikit-learn "
        f"{sklearn.__version__}, skactland {skactland.__version__}; "
        f"{time.perf_counter() - start:.0f} s."
    )


if __name__ == "__main__":
    main()
