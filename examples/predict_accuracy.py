r"""
Predict the test accuracy of networks from the topology of their activations
=============================================================================

How well will a network do on inputs that it has not seen? Its training accuracy does not tell: each
of the networks below is trained until it classifies every one of its training images as labelled,
though up to 60 % of those labels are wrong. What tells them apart is what they do with images, and
that can be looked at without labels.

A zoo of small perceptrons learns scikit-learn's handwritten digits; widths, label noise and the
number of training images differ. Each network is shown the same 150 probe images, without labels.
The activations of every layer form a point cloud, the cloud has persistence diagrams in degrees 0
and 1, the diagrams have landscapes, and ridge regression predicts test accuracy from them. All of
it is one scikit-learn pipeline over a plain list of networks, and is cross-validated as such.

The layers are those of the definition of an activation landscape: each hidden layer after its
nonlinearity, the logits, and the softmax. Before the regression every feature is brought to its
range over the training networks, and clipped to it. Standardising is more usual, and has a row of
its own in the table: a node of the grid that hardly any training network reaches has a tiny
deviation there, and a single network beyond it can be predicted an accuracy far outside [0, 1].
Landscapes are taken with all their levels, and in another row with the first five: in degree 0 the
many short bars tell something too. The kernel has two rows as well: plain, it weighs layers by the
cube of their scale, so that one layer speaks for all; balanced, every layer and degree has the same
weight. Clipping, levels and balancing were chosen on zoos with other random states (1, 2, 3) than
the one shown (0).

Run it with ``python examples/predict_accuracy.py``; ``--small`` is a quick look.
"""

import argparse
import platform
import time
import warnings
from functools import partial

import matplotlib.pyplot as plt
import numpy as np
import sklearn
import torch
from scipy.stats import kendalltau
from sklearn.compose import TransformedTargetRegressor
from sklearn.datasets import load_digits
from sklearn.dummy import DummyRegressor
from sklearn.exceptions import ConvergenceWarning
from sklearn.kernel_ridge import KernelRidge
from sklearn.linear_model import RidgeCV
from sklearn.metrics import r2_score
from sklearn.model_selection import GridSearchCV, KFold, cross_val_predict, train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import KernelCenterer, MinMaxScaler, StandardScaler
from tqdm.auto import tqdm

import skactland
from skactland import (
    LandscapeKernel,
    LandscapeVectorizer,
    LayerActivationExtractor,
    RipsPersistence,
    extract_activations,
    landscape_values,
    rips_persistence,
)
from skactland.training import (
    loss_and_accuracy,
    multilayer_perceptron,
    noisy_labels,
    train_to_accuracy,
    train_zoo,
)

N_HIDDEN_LAYERS = 3
SHOWN_LAYER = "act3"
ALPHAS = np.logspace(-4, 8, 25)

# %%
# Data
# ----
# Three sets of images that have no image in common: the pool that training images are drawn from,
# the probe, of which no label is used, and the test set.


def load_images(random_state):
    """Return pool, probe and test set; pixels are divided by 16, their largest value."""
    X, y = load_digits(return_X_y=True)
    pool, X_rest, y_pool, y_rest = train_test_split(
        X / 16, y, train_size=1000, stratify=y, random_state=random_state
    )
    probe, X_test, _, y_test = train_test_split(
        X_rest, y_rest, train_size=150, stratify=y_rest, random_state=random_state
    )
    return (pool, y_pool), probe, (X_test, y_test)


# %%
# The zoo
# -------
# One function says how a network is made and trained, and a list of settings says what differs.


def train_one(width, noise, n_images, random_state, X, y):
    """Train a perceptron until it fits its own, partly wrong, training labels."""
    rng = np.random.RandomState(random_state)
    chosen = rng.choice(len(X), n_images, replace=False)
    network = multilayer_perceptron(X.shape[1], [width] * N_HIDDEN_LAYERS, 10)
    return train_to_accuracy(
        network,
        X[chosen],
        noisy_labels(y[chosen], noise, rng),
        thresholds=[1.0],
        max_epochs=5000,
        batch_size=128,
        learning_rate=0.01,
        random_state=rng,
    )


def draw_settings(n_networks, max_images, random_state):
    """Draw widths (evenly on a logarithmic scale), label noise and training set sizes."""
    rng = np.random.RandomState(random_state)
    return [
        {
            "width": round(2 ** rng.uniform(4, 7)),
            "noise": rng.uniform(0, 0.6),
            "n_images": rng.randint(100, max_images + 1),
        }
        for _ in range(n_networks)
    ]


def make_zoo(settings, pool, n_jobs, random_state):
    """Train the networks; leave out, and report, those that do not fit their training set."""
    function = partial(train_one, X=pool[0], y=pool[1])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # reported here
        runs = train_zoo(function, settings, n_jobs=n_jobs, random_state=random_state, verbose=True)
    fitted = [run for run in runs if run.converged]
    print(f"{len(fitted)} of {len(runs)} networks fit their training set.")
    for run in runs:
        if not run.converged:
            print(f"Left out, at training accuracy {run.accuracy:.3f}: {run.settings}")
    return fitted


# %%
# What to predict from
# --------------------
# Landscapes, as features and as a kernel; and, for comparison, numbers that cost nothing. The last
# row predicts the mean of the training folds, which is low where the held-out fold is high: hence
# its negative tau.


def weight_norms(networks):
    """Return the Frobenius and the spectral norm of every layer's weights."""
    layers = [[p.detach() for p in network.parameters() if p.ndim == 2] for network in networks]
    return np.array(
        [
            [
                torch.linalg.matrix_norm(weights, order).item()
                for weights in row
                for order in ("fro", 2)
            ]
            for row in layers
        ]
    )


def confidence(networks, probe):
    """Return the mean over the probe of the largest softmax probability."""
    softmax = partial(extract_activations, probe=probe, layers="logits", include_softmax=True)
    return np.array([[softmax(network)["softmax"].max(axis=1).mean()] for network in networks])


def ridge(scaler):
    """Return ridge regression on scaled features; it chooses its penalty in fit."""
    return make_pipeline(scaler, RidgeCV(ALPHAS))


def kernel_ridge():
    """Return ridge regression on a Gram matrix; it chooses its penalty by inner folds."""
    centred = make_pipeline(KernelCenterer(), KernelRidge(kernel="precomputed"))
    search = GridSearchCV(centred, {"kernelridge__alpha": ALPHAS}, scoring="neg_mean_squared_error")
    return TransformedTargetRegressor(search, transformer=StandardScaler())


def make_models(runs, probe, n_jobs):
    """Return for each row of the table a model, and what it is given of the networks."""
    networks = [run.network for run in runs]
    diagrams = (
        LayerActivationExtractor(probe, layers=["act*", "logits"], include_softmax=True),
        RipsPersistence(homology_dimensions=(0, 1), n_jobs=n_jobs),
    )
    landscapes = (*diagrams, LandscapeVectorizer(n_landscapes=None, resolution=30))
    five_levels = (*diagrams, LandscapeVectorizer(n_landscapes=5, resolution=30))
    clipped = ridge(MinMaxScaler(clip=True))
    balanced, plain = LandscapeKernel(column_weights="balanced"), LandscapeKernel()
    numbers = {
        "weight norms": weight_norms(networks),
        "training loss, accuracy": np.array([[run.loss, run.accuracy] for run in runs]),
        "mean confidence": confidence(networks, probe),
    }
    numbers["these three together"] = np.hstack(list(numbers.values()))
    return {
        "landscapes": (make_pipeline(*landscapes, clipped), networks),
        "landscapes, five levels": (make_pipeline(*five_levels, clipped), networks),
        "landscapes, standardised": (make_pipeline(*landscapes, ridge(StandardScaler())), networks),
        "landscape kernel": (make_pipeline(*diagrams, balanced, kernel_ridge()), networks),
        "landscape kernel, plain": (make_pipeline(*diagrams, plain, kernel_ridge()), networks),
        **{name: (clipped, X) for name, X in numbers.items()},
        "nothing (mean)": (DummyRegressor(), networks),
    }


def predict_out_of_fold(models, accuracies, random_state):
    """Return each model's predictions for the networks that it was not fitted on."""
    folds = KFold(n_splits=5, shuffle=True, random_state=random_state)
    predictions = {}
    with tqdm(models.items(), "Cross-validating", unit="model") as bar:
        for name, (model, X) in bar:
            bar.set_postfix_str(name)
            predictions[name] = cross_val_predict(model, X, accuracies, cv=folds)
    return predictions


def print_table(predictions, accuracies):
    """Print how well each row's predictions agree with the test accuracies."""
    print(f"\n{'predicted from':<26}{'R2':>8}{'Kendall tau':>14}")
    for name, predicted in predictions.items():
        tau = kendalltau(predicted, accuracies).statistic
        print(f"{name:<26}{r2_score(accuracies, predicted):>8.3f}{tau:>14.3f}")


# %%
# The figure
# ----------
# Left, the predictions. Right, landscapes of the last hidden layer in degree 1, of the network with
# the highest test accuracy and of that with the lowest, on the same scales.


def draw(predicted, runs, accuracies, probe):
    """Return the figure."""
    figure, axes = plt.subplot_mosaic(
        [["scatter", "best"], ["scatter", "worst"]], figsize=(11, 5), layout="constrained"
    )
    draw_predictions(axes["scatter"], predicted, runs, accuracies)
    loops = {}
    for place, i in (("best", np.argmax(accuracies)), ("worst", np.argmin(accuracies))):
        clouds = extract_activations(runs[i].network, probe, layers=SHOWN_LAYER)
        (loops[place],) = rips_persistence(clouds[SHOWN_LAYER], homology_dimensions=(1,))
        axes[place].set_title(f"{place} network, test accuracy {accuracies[i]:.2f}")
    draw_landscapes(axes, loops)
    return figure


def draw_predictions(ax, predicted, runs, accuracies):
    """Draw predicted against true accuracy, with the label noise as colour."""
    noise = [run.settings["noise"] for run in runs]
    points = ax.scatter(
        accuracies, predicted, c=noise, cmap="viridis", edgecolors="black", zorder=2
    )
    both = np.concatenate([accuracies, predicted])
    limits = both.min() - 0.03, both.max() + 0.03
    ax.plot(limits, limits, color="black", linestyle="--", linewidth=1)
    ax.set(
        xlim=limits,
        ylim=limits,
        aspect="equal",
        xlabel="test accuracy",
        ylabel="predicted from landscapes, out of fold",
        title=f"{len(runs)} networks, $R^2 = {r2_score(accuracies, predicted):.2f}$",
    )
    ax.figure.colorbar(points, ax=ax, label="fraction of wrong training labels", shrink=0.8)


def draw_landscapes(axes, diagrams, n_landscapes=5):
    """Draw the first levels of the landscapes of some diagrams, on the same scales."""
    end = max(diagram.max(initial=0) for diagram in diagrams.values())
    nodes = np.linspace(0, end, 2000)
    levels = {
        place: landscape_values(bars, nodes, n_landscapes) for place, bars in diagrams.items()
    }
    height = 1.05 * max(values.max() for values in levels.values())
    shades = plt.get_cmap("viridis")(np.linspace(0, 0.85, n_landscapes))
    for place, values in levels.items():
        for k, (level, shade) in enumerate(zip(values, shades, strict=True), start=1):
            axes[place].plot(nodes, level, color=shade, linewidth=2 - k / 5, label=f"$k = {k}$")
        axes[place].set(ylabel=r"$\lambda_k(t)$", xlim=(0, end), ylim=(0, height))
    axes["best"].tick_params(labelbottom=False)
    axes["best"].legend(frameon=False)
    axes["worst"].set_xlabel(f"filtration value $t$ (layer {SHOWN_LAYER}, degree 1)")


# %%


def main(arguments=None):
    """Run it all."""
    parser = argparse.ArgumentParser(
        description="Predict the test accuracy of networks from the topology of their activations"
    )
    parser.add_argument("--small", action="store_true", help="a small zoo, for a quick look")
    parser.add_argument("--output", default="predict_accuracy.png", help="path of the figure")
    parser.add_argument("--n-jobs", type=int, default=2, help="cores to use")
    parser.add_argument("--random-state", type=int, default=0, help="the seed of everything")
    options = parser.parse_args(arguments)
    start = time.perf_counter()

    pool, probe, test = load_images(options.random_state)
    n_networks, max_images = (20, 200) if options.small else (80, 700)
    settings = draw_settings(n_networks, max_images, options.random_state)
    runs = make_zoo(settings, pool, options.n_jobs, options.random_state)
    accuracies = np.array([loss_and_accuracy(run.network, *test)[1] for run in runs])
    print(f"Their test accuracies range from {accuracies.min():.3f} to {accuracies.max():.3f}.")

    models = make_models(runs, probe, options.n_jobs)
    predictions = predict_out_of_fold(models, accuracies, options.random_state)
    print_table(predictions, accuracies)

    draw(predictions["landscapes"], runs, accuracies, probe).savefig(options.output, dpi=150)
    print(f"\nFigure: {options.output}")
    print(
        f"Python {platform.python_version()}, torch {torch.__version__}, scikit-learn "
        f"{sklearn.__version__}, skactland {skactland.__version__}; "
        f"{time.perf_counter() - start:.0f} s."
    )


if __name__ == "__main__":
    main()
