r"""
Predict the test accuracy of networks from unlabelled inputs
============================================================

Networks of many recipes (widths, depths, batch sizes, learning rates, weight decays, dropout and
noise) learn the same few handwritten digits, all to one training loss: how well they fit says
nothing. How well will each do on new images? Show each of them the same unlabelled images, colour
these by the class that it *predicts*, and look at the merge tree of the images, the bars of degree
0 of their cloud: the more bars join two classes, the worse the network. The tree is that of the
images, and is worked out once for all networks.

Each row of the table is cross-validated ridge regression of test accuracy, from some networks of a
zoo to others; what is known of the networks differs. The twin of the merge tree asks of nearest
neighbours instead of bars, and has no topology. The recipe is what the networks were made by,
agreement needs all other networks of the zoo, and the last row needs labels. Each zoo has training
images of its own, and intervals are over zoos and networks: a zoo trained on another machine is
another zoo.

Run it with ``python examples/predict_accuracy.py``; ``--small`` is a quick look. The experiment
"Which number tells how well a network generalises?" of the documentation has more data and rows.
"""

import argparse
import platform
import tempfile
import time

import matplotlib.pyplot as plt
import numpy as np
import sklearn
import torch
from experiments import measures, ordering, recipe_zoos
from joblib import Parallel, delayed
from sklearn.compose import ColumnTransformer
from sklearn.linear_model import RidgeCV
from sklearn.model_selection import KFold, cross_val_predict
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, MinMaxScaler
from tqdm.auto import tqdm

import skactland
from skactland import (
    ComplexityVectorizer,
    LabelledMergeVectorizer,
    LandscapeVectorizer,
    LayerActivationExtractor,
    NeighbourAgreement,
    RipsPersistence,
    labelled_merges,
)
from skactland.displays import MergeTreeDisplay

ALPHAS = np.logspace(-4, 8, 25)
N_OF_LANDSCAPES, N_DRAWN = 150, 80
FIRST = "labelled merges"
SMALL_GRID = {"width": (32, 96), "learning_rate": (0.002, 0.006), "input_noise": (0.0, 0.1)}

# %%
# Zoos
# ----
# A grid of two values of each of seven hyperparameters, 128 networks a zoo. Networks of one shape
# are trained as one stack of matrices, and those that do not reach the training loss are left out.


def make_zoo(seed, small):
    """Train one zoo, on digits of its own."""
    torch.set_num_threads(1)  # of this worker: zoos are trained beside each other
    grid = recipe_zoos.GRID
    if small:
        grid = {key: SMALL_GRID.get(key, values[:1]) for key, values in grid.items()}
    with tempfile.TemporaryDirectory() as folder:
        return recipe_zoos.make_zoo("digits", seed, folder=folder, grid=(grid, 1 + small))


def make_zoos(seeds, small, n_jobs):
    """Train the zoos."""
    zoos = Parallel(n_jobs, return_as="generator")(delayed(make_zoo)(s, small) for s in seeds)
    return list(tqdm(zoos, "Training", len(seeds), unit="zoo"))


def accuracies_of(zoo):
    """Return the test accuracy of each network."""
    X, y = zoo.data.test
    with torch.no_grad():
        logits = [network(torch.tensor(X)).numpy() for network in zoo.networks]
    return np.array([(values.argmax(axis=1) == y).mean() for values in logits])


# %%
# What is known of the networks
# -----------------------------
# The labelled merge tree and its twin come from a table of the inputs, the same for all networks,
# and of the classes that each predicts. No stage but the last learns anything from accuracies, and
# that only inside the folds.


def ridge():
    """Return ridge regression on features brought to their range in fit, and clipped to it."""
    return make_pipeline(MinMaxScaler(clip=True), RidgeCV(ALPHAS))


def of_inputs(vectorizer, probe):
    """Return the pipeline from networks to numbers of the inputs and their predicted classes."""
    extractor = LayerActivationExtractor(
        probe, layers="logits", include_input=True, include_classes=True
    )
    first_and_last = ColumnTransformer([("of inputs", vectorizer, [0, -1])])
    return make_pipeline(extractor, first_and_last)


def diagrams_of(zoo, n_jobs):
    """Return diagrams of the first and the last hidden layer, and of the logits."""
    layers = LayerActivationExtractor(
        zoo.data.probe[:N_OF_LANDSCAPES], layers="act*", n_layers=2, include_logits=True
    )
    return make_pipeline(layers, RipsPersistence(n_jobs=n_jobs)).fit_transform(zoo.networks)


def make_rows(zoo, n_jobs):
    """Return for each row of the table a model, and what it is given of the networks."""
    probe, networks = zoo.data.probe, zoo.networks
    outputs = measures.Outputs.of(zoo)
    numbers = measures.numbers_of_predictions(zoo, outputs)
    numbers |= measures.numbers_of_weights(zoo, outputs)
    numbers = {name: (ridge(), values[:, None]) for name, values in numbers.items()}
    diagrams = diagrams_of(zoo, n_jobs)
    landscapes = LandscapeVectorizer()
    norms = make_pipeline(ComplexityVectorizer(), FunctionTransformer(np.log1p))
    merges = of_inputs(LabelledMergeVectorizer(n_trees=6), probe).fit_transform(networks)
    neighbours = of_inputs(NeighbourAgreement(), probe).fit_transform(networks)
    alone = ("mean confidence", "spectral norms", "margin over norms", "DBI x mixup")
    return {
        FIRST: (ridge(), merges),
        "twin: nearest inputs agree": (ridge(), neighbours),
        "landscapes": (make_pipeline(landscapes, ridge()), diagrams),
        "landscape norms": (make_pipeline(norms, ridge()), diagrams),
        **{name: numbers[name] for name in alone},
        "recipe": (ridge(), ordering.recipe_features(zoo)),
        "agreement with the zoo": numbers["agreement with the zoo"],
        "accuracy on 150 labels": numbers["accuracy on 150 labels"],
    }


def predict_all(zoos, accuracies, n_jobs):
    """Return for each row the predictions out of fold of each zoo."""
    predictions = {}
    with tqdm(zip(zoos, accuracies, strict=True), "Predicting", len(zoos), unit="zoo") as bar:
        for zoo, y in bar:
            for name, (model, X) in make_rows(zoo, n_jobs).items():
                folds = KFold(10, shuffle=True, random_state=0)
                predicted = cross_val_predict(model, X, y, cv=folds)
                predictions.setdefault(name, []).append(predicted)
    return predictions


def score(predictions, zoos, accuracies):
    """Return for each row R2 by zoo, its interval over zoos and networks, and tau by zoo."""
    constant = [np.full(len(y), y.mean()) for y in accuracies]
    scores = {}
    for name, predicted in predictions.items():
        r2, ends = ordering.gain(constant, predicted, accuracies, zoos)
        pairs = zip(predicted, accuracies, strict=True)
        scores[name] = r2, ends, np.array([ordering.tau(p, y) for p, y in pairs])
    return scores


def print_table(scores):
    """Print R2 and tau, means over the zoos, and how often a row is behind the first."""
    first, _, _ = scores[FIRST]
    head = f"{'R2':>7}{'95 % interval':>17}{'worst':>8}{'tau':>7}{'worst':>8}{'behind in':>12}"
    print(f"\n{'predicted from':<28}{head}")
    for name, (r2, ends, taus) in scores.items():
        between = "[{:.2f}, {:.2f}]".format(*ends)
        behind = "" if name == FIRST else f"{(r2 < first).sum()} of {len(r2)}"
        print(
            f"{name:<28}{r2.mean():>7.2f}{between:>17}{r2.min():>8.2f}"
            f"{taus.mean():>7.2f}{taus.min():>8.2f}{behind:>12}"
        )


# %%
# The figure
# ----------
# Left, predictions by the labelled merges, all zoos. Right, the merge tree of some images, coloured
# by the classes that the best and the worst network of the first zoo predict.


def draw(zoos, predictions, accuracies, scores):
    """Return the figure."""
    figure, axes = plt.subplot_mosaic(
        [["scatter", "best"], ["scatter", "worst"]],
        figsize=(12, 6), width_ratios=[1, 1.4], layout="constrained",
    )  # fmt: skip
    ax, limits = axes["scatter"], [np.inf, -np.inf]
    for i, (predicted, y) in enumerate(zip(predictions[FIRST], accuracies, strict=True)):
        ax.scatter(y, predicted, s=14, alpha=0.7, label=f"zoo {i}")
        both = np.concatenate([y, predicted])
        limits = [min(limits[0], both.min()), max(limits[1], both.max())]
    ax.plot(limits, limits, color="black", linestyle="--", linewidth=1)
    ax.set(
        xlabel="test accuracy", ylabel="predicted from labelled merges, out of fold",
        aspect="equal", title=f"$R^2 = {scores[FIRST][0].mean():.2f}$ within zoos",
    )  # fmt: skip
    ax.legend(frameon=False)
    probe = zoos[0].data.probe[:N_DRAWN]
    for place, i in (("best", np.argmax(accuracies[0])), ("worst", np.argmin(accuracies[0]))):
        with torch.no_grad():
            classes = zoos[0].networks[i](torch.tensor(probe)).argmax(dim=1).numpy()
        share = labelled_merges(probe, classes)["share_between"]
        MergeTreeDisplay.from_cloud(probe, classes, ax=axes[place])
        axes[place].set_title(
            f"{place} network, test accuracy {accuracies[0][i]:.2f}: "
            f"{share * (N_DRAWN - 1):.0f} of {N_DRAWN - 1} bars between classes"
        )
    axes["best"].set_xlabel("")
    axes["worst"].get_legend().remove()  # that of the other holds for it
    return figure


# %%


def main(arguments=None):
    """Run it all."""
    parser = argparse.ArgumentParser(description="Predict test accuracy from unlabelled inputs.")
    parser.add_argument("--small", action="store_true", help="small zoos, for a quick look")
    parser.add_argument("--zoos", type=int, help="how many zoos")
    parser.add_argument("--output", default="predict_accuracy.png", help="path of the figure")
    parser.add_argument("--n-jobs", type=int, default=2, help="cores to use")
    parser.add_argument("--random-state", type=int, default=0, help="the seed of the first zoo")
    options = parser.parse_args(arguments)
    start = time.perf_counter()
    torch.set_num_threads(1)  # sums are the same then, however many cores there are
    n_zoos = options.zoos or (2 if options.small else 5)
    seeds = range(options.random_state, options.random_state + n_zoos)
    zoos = make_zoos(seeds, options.small, options.n_jobs)
    accuracies = [accuracies_of(zoo) for zoo in zoos]
    for zoo, y in zip(zoos, accuracies, strict=True):
        print(
            f"{len(y)} of {zoo.n_trained} networks reached the training loss; test accuracies "
            f"{y.min():.3f} to {y.max():.3f}."
        )
    predictions = predict_all(zoos, accuracies, options.n_jobs)
    scores = score(predictions, zoos, accuracies)
    print_table(scores)
    draw(zoos, predictions, accuracies, scores).savefig(options.output, dpi=150)
    print(f"\nFigure: {options.output}")
    print(
        f"Python {platform.python_version()}, torch {torch.__version__}, scikit-learn "
        f"{sklearn.__version__}, skactland {skactland.__version__}; "
        f"{time.perf_counter() - start:.0f} s."
    )


if __name__ == "__main__":
    main()
