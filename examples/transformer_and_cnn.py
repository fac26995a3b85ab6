r"""
Activation landscapes of a transformer and a convolutional network, block by block
==================================================================================

Activations need not come from fully connected layers. A small vision transformer reads handwritten
digits as sixteen patches of four pixels, a small convolutional network reads them as images; both
are trained here, and kept as they were before training and at rising training accuracies.

The outputs of each block on a probe of 250 digits become a cloud, one point an image: of the
transformer the mean over tokens, of the convolutional network the mean over positions. The clouds
of different blocks differ in scale, so each is shown as it is and in units of its own mean
distance. The complexity of a block is the norm of its landscapes.

Run it with ``python examples/transformer_and_cnn.py``; ``--small`` is a quick look. What takes time
is kept under ``--cache``: a run that was stopped goes on where it was.
"""

# sphinx_gallery_thumbnail_path = "images/transformer_and_cnn.png"

import argparse
import os
import platform
import sys
import time
import warnings
from collections import OrderedDict
from functools import partial
from pathlib import Path

import joblib
import matplotlib.pyplot as plt
import numpy as np
import sklearn
import torch
from sklearn.datasets import load_digits
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import train_test_split
from torch import nn
from tqdm.auto import tqdm

sys.path.insert(0, str(Path(__file__).parent))

from experiments.trends import find_trends, norm, verdicts

import skactland
from skactland import LayerActivationExtractor, RipsPersistence
from skactland.inference import confidence_band
from skactland.training import train_to_accuracy, train_zoo

THRESHOLDS = {"full": (0.2, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.99), "small": (0.2, 0.5, 0.7)}
SIZES = {
    "full": {"n_networks": 5, "n_probe": 250, "max_epochs": 60},
    "small": {"n_networks": 2, "n_probe": 60, "max_epochs": 30},
}
BLOCKS = {
    "transformer": ["patches", "block1", "block2", "block3", "block4", "logits"],
    "cnn": ["block1", "block2", "block3", "logits"],
}

# %%
# The networks
# ------------


class Patches(nn.Module):
    """Cut images of 8 x 8 pixels into sixteen tokens, and tell each where it stands."""

    def __init__(self, n_units):
        super().__init__()
        self.embed = nn.Conv2d(1, n_units, kernel_size=2, stride=2)
        self.places = nn.Parameter(0.02 * torch.randn(1, 16, n_units))

    def forward(self, images):
        """Return tokens of shape (n_images, 16, n_units)."""
        return self.embed(images).flatten(2).mT + self.places


class Pool(nn.Module):
    """Take the mean over the tokens."""

    def forward(self, tokens):
        """Return one vector an image."""
        return tokens.mean(dim=1)


def make_transformer(n_units=32, n_blocks=4):
    """Return a small vision transformer."""
    block = partial(
        nn.TransformerEncoderLayer,
        n_units,
        nhead=4,
        dim_feedforward=2 * n_units,
        dropout=0.0,
        batch_first=True,
        norm_first=True,
    )
    layers = [("patches", Patches(n_units))]
    layers += [(f"block{i}", block()) for i in range(1, n_blocks + 1)]
    layers += [
        ("norm", nn.LayerNorm(n_units)),
        ("pool", Pool()),
        ("logits", nn.Linear(n_units, 10)),
    ]
    return nn.Sequential(OrderedDict(layers))


def make_cnn(widths=(16, 32, 32)):
    """Return a small convolutional network with batch normalisation."""
    layers, n_channels = [], 1
    for i, width in enumerate(widths, start=1):
        block = [nn.Conv2d(n_channels, width, 3, padding=1), nn.BatchNorm2d(width), nn.ReLU()]
        layers.append((f"block{i}", nn.Sequential(*block, *[nn.MaxPool2d(2)] * (i < len(widths)))))
        n_channels = width
    layers += [("pool", nn.AdaptiveAvgPool2d(1)), ("flat", nn.Flatten())]
    return nn.Sequential(OrderedDict([*layers, ("logits", nn.Linear(n_channels, 10))]))


MAKERS = {"transformer": make_transformer, "cnn": make_cnn}


def load_images(random_state):
    """Return training and probe images, pixels from 0 to 1, and labels."""
    X, y = load_digits(return_X_y=True)
    X = (X / 16).astype(np.float32).reshape(-1, 1, 8, 8)
    return train_test_split(X, y, train_size=1000, stratify=y, random_state=random_state)


def train_one(random_state, kind, thresholds, max_epochs, X, y):
    """Train a network, and keep it before training and at each threshold."""
    return train_to_accuracy(
        MAKERS[kind](),
        X,
        y,
        thresholds=(1e-9, *thresholds),
        max_epochs=max_epochs,
        batch_size=50,
        learning_rate=2e-3,
        random_state=random_state,
    )


def train_kind(kind, n_networks, thresholds, max_epochs, random_state):
    """Return for each network that reached the last threshold its state at every checkpoint."""
    X, _, y, _ = load_images(random_state)
    function = partial(train_one, kind=kind, thresholds=thresholds, max_epochs=max_epochs, X=X, y=y)
    settings = [{} for _ in range(n_networks)]
    runs = train_zoo(function, settings, random_state=random_state, verbose=True)
    return [[c.state_dict for c in run.checkpoints] for run in runs if run.converged]


# %%
# The landscapes
# --------------
# One table for each kind of network: its rows are networks at checkpoints, its columns blocks and
# degrees. The weights alone are rows enough, given a function that builds the network.


def make_tables(kind, states, probe, memory, n_jobs):
    """Return the tables of diagrams by metric; the rows of a network follow each other."""
    rows = [state for network in states for state in network]
    clouds = LayerActivationExtractor(
        probe,
        layers=BLOCKS[kind],
        feature_map="gap",
        tokens="mean",
        network_builder=MAKERS[kind],
        memory=memory,
        verbose=True,
    ).fit_transform(rows)
    return {
        metric: RipsPersistence(
            metric=metric, n_jobs=n_jobs, memory=memory, verbose=True
        ).fit_transform(clouds)
        for metric in ("euclidean", "scaled")
    }


def by_network(table, n_checkpoints, degree):
    """Return the diagrams of a degree as an array (networks, checkpoints, blocks)."""
    return table[:, degree::2].reshape(-1, n_checkpoints, table.shape[1] // 2)


def describe(tables, thresholds):
    """Return a text table of complexity by block, at some checkpoints, and the two trends."""
    n_checkpoints = len(thresholds) + 1
    shown = sorted({0, n_checkpoints // 2, n_checkpoints - 1})
    lines, trends = [], {}
    for kind, of_metric in tables.items():
        names = BLOCKS[kind]
        lines.append(f"{kind:<30}" + "".join(f"{name:>10}" for name in names))
        for metric, table in of_metric.items():
            for q in (0, 1):
                cells = by_network(table, n_checkpoints, q)
                sizes = np.vectorize(lambda bars: norm([bars]), otypes=[float])(cells)
                for c in shown:
                    word = f"at accuracy {thresholds[c - 1]:g}" if c else "untrained"
                    values = "".join(f"{v:>10.3g}" for v in np.median(sizes[:, c], axis=0))
                    lines.append(f"{f'{metric} H{q}, {word}':<30}{values}")
                blocks = sizes[:, :, :-1]
                trends |= find_trends(
                    {
                        f"{kind}, {metric} H{q}, over training": np.linalg.norm(blocks, axis=2),
                        f"{kind}, {metric} H{q}, block by block": blocks[:, -1],
                    }
                )
        lines.append("")
    lines.append(f"{'trend':<46}{'':>9}{'rho':>7}{'p':>9}{'last/first':>12}{'networks up':>13}")
    words = verdicts(trends)
    for head, t in trends.items():
        lines.append(
            f"{head:<46}{words[head]:>9}{t.rho:>+7.2f}{t.pvalue:>9.4f}{t.ratio:>12.3g}"
            f"{t.share:>13.0%}"
        )
    return "\n".join(lines)


# %%
# The figure
# ----------
# Mean landscapes in degree 1, scaled, block by block: before training, half way, and at the end,
# with bands that are to hold the whole mean landscape with 95 % confidence.


def draw(tables, thresholds):
    """Return the figure: a row for each kind of network, a column for each block."""
    n_checkpoints = len(thresholds) + 1
    shown = sorted({0, n_checkpoints // 2, n_checkpoints - 1})
    n_columns = max(len(BLOCKS[kind]) for kind in tables)
    figure, axes = plt.subplots(
        len(tables), n_columns, figsize=(2.6 * n_columns, 5.5), layout="constrained", squeeze=False
    )
    shades = plt.get_cmap("viridis")(np.linspace(0, 0.8, len(shown)))
    for row, (kind, of_metric) in zip(axes, tables.items(), strict=True):
        cells = by_network(of_metric["scaled"], n_checkpoints, 1)
        for j, ax in enumerate(row):
            if j >= cells.shape[2]:
                ax.set_axis_off()
                continue
            for c, shade in zip(shown, shades, strict=True):
                column = list(cells[:, c, j])
                if any(len(bars) for bars in column):
                    (band,) = confidence_band(column, n_landscapes=1, rng=0).values()
                    word = f"accuracy {thresholds[c - 1]:g}" if c else "untrained"
                    ax.plot(band.t, band.mean[0], color=shade, label=word)
                    sides = band.lower[0].clip(0), band.upper[0]
                    ax.fill_between(band.t, *sides, color=shade, alpha=0.2)
            ax.set_title(f"{kind}, {BLOCKS[kind][j]}", fontsize=10)
            ax.set_xlabel("distance / mean distance", fontsize=8)
        row[0].set_ylabel(r"mean of $\lambda_1$, degree 1")
    axes[0, 0].legend(frameon=False, fontsize=8)
    return figure


# %%


def main(arguments=None):
    """Run it all."""
    parser = argparse.ArgumentParser(description=__doc__.strip().splitlines()[0])
    parser.add_argument("--small", action="store_true", help="few networks, for a quick look")
    parser.add_argument("--output", default=".", help="folder for the table and the figure")
    parser.add_argument("--cache", default=None, help="folder that a stopped run goes on from")
    parser.add_argument("--n-jobs", type=int, default=2, help="clouds measured at once")
    parser.add_argument("--random-state", type=int, default=0, help="the seed of everything")
    options = parser.parse_args(arguments)
    start = time.perf_counter()
    word = "small" if options.small else "full"
    size, thresholds = SIZES[word], THRESHOLDS[word]
    memory = joblib.Memory(options.cache, verbose=0)
    _, images, _, labels = load_images(options.random_state)
    probe, _ = train_test_split(
        images, train_size=size["n_probe"], stratify=labels, random_state=options.random_state
    )
    tables = {}
    with warnings.catch_warnings():
        # A trained block may have no loop at all; how many networks got there is printed.
        warnings.simplefilter("ignore", ConvergenceWarning)
        warnings.filterwarnings("ignore", "No bar in some degree above 0", UserWarning)
        for kind in tqdm(MAKERS, "Kinds of networks"):
            states = memory.cache(train_kind)(
                kind, size["n_networks"], thresholds, size["max_epochs"], options.random_state
            )
            print(f"{kind}: {len(states)} of {size['n_networks']} networks reached the end.")
            tables[kind] = make_tables(kind, states, probe, memory, options.n_jobs)
    text = describe(tables, thresholds)
    print(f"\n{text}")
    output = Path(options.output)
    output.mkdir(parents=True, exist_ok=True)
    (output / "transformer_and_cnn.txt").write_text(text + "\n", encoding="utf-8")
    draw(tables, thresholds).savefig(output / "transformer_and_cnn.png", dpi=110)
    print(
        f"\nPython {platform.python_version()}, torch {torch.__version__}, scikit-learn "
        f"{sklearn.__version__}, skactland {skactland.__version__}; {os.cpu_count()} cores; "
        f"{time.perf_counter() - start:.0f} s."
    )
    return text


if __name__ == "__main__":
    main()
