"""Zoos of networks that all fit their own, partly mislabelled training set.

A zoo is a full grid of widths and label noise; the networks of one cell of the grid differ by the
number of training samples, the samples, which labels are wrong, and the initial weights. Each
network is a file of its own in a folder, so that a run that was stopped goes on where it was.
"""

import os
import warnings
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import torch
from experiments.samples import load_samples
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import train_test_split

from skactland.training import (
    TrainingRun,
    loss_and_accuracy,
    multilayer_perceptron,
    noisy_labels,
    train_to_accuracy,
    train_zoo,
)

N_HIDDEN_LAYERS = 3


@dataclass(frozen=True)
class Data:
    """A pool to draw training sets from, a probe without labels, and a test set.

    The labels of the probe, `probe_labels`, are for the row of a table that is of them.
    """

    pool: tuple
    probe: np.ndarray
    test: tuple
    n_classes: int
    probe_labels: np.ndarray


def load_data(name, n_probe, random_state):
    """Return one of the data sets, cut into three parts that share no sample."""
    X, y = load_samples(name, random_state, n_clustered=4000)
    pool, rest, y_pool, y_rest = train_test_split(
        X, y, train_size=1000, stratify=y, random_state=random_state
    )
    probe, X_test, y_probe, y_test = train_test_split(
        rest, y_rest, train_size=n_probe, stratify=y_rest, random_state=random_state
    )
    return Data((pool, y_pool), probe, (X_test, y_test), len(np.unique(y)), y_probe)


def draw_settings(widths, noises, n_per_cell, max_samples, random_state):
    """Return the settings of a zoo: a grid of widths and noise, the training set sizes drawn."""
    rng = np.random.RandomState(random_state)
    return [
        {
            "index": index,
            "width": width,
            "noise": noise,
            "n_samples": int(rng.randint(100, max_samples + 1)),
        }
        for index, (width, noise) in enumerate(
            (width, noise) for width in widths for noise in noises for _ in range(n_per_cell)
        )
    ]


def training_set(pool, noise, n_samples, random_state):
    """Return the training set that follows from a network's seed, and the rest of its chance."""
    rng = np.random.RandomState(random_state)
    chosen = rng.choice(len(pool[0]), n_samples, replace=False)
    return pool[0][chosen], noisy_labels(pool[1][chosen], noise, rng), rng


def train_or_load(index, width, noise, n_samples, random_state, data, folder):
    """Train a network and write it to its file, or read it if it is there already."""
    path = Path(folder) / f"{index:04}.pt"
    key = {"width": width, "noise": noise, "n_samples": n_samples, "seed": random_state}
    network = multilayer_perceptron(
        data.pool[0].shape[1], [width] * N_HIDDEN_LAYERS, data.n_classes
    )
    stored = torch.load(path, weights_only=True) if path.exists() else {}
    if stored.get("key") == key:
        network.load_state_dict(stored["state_dict"])
        return TrainingRun(network, [], **stored["outcome"])
    X, y, rng = training_set(data.pool, noise, n_samples, random_state)
    run = train_to_accuracy(
        network,
        X,
        y,
        thresholds=[1.0],
        max_epochs=2000,
        batch_size=128,
        learning_rate=0.01,
        random_state=rng,
    )
    names = ("accuracy", "loss", "n_epochs", "converged")
    outcome = {name: getattr(run, name) for name in names}
    stored = {"key": key, "outcome": outcome, "state_dict": network.state_dict()}
    part = path.with_suffix(".part")
    torch.save(stored, part)
    os.replace(part, path)
    return TrainingRun(network, [], **outcome)


@dataclass(frozen=True)
class Zoo:
    """The networks that fit their training set, and what is known of them.

    ``widths``, ``noises`` and ``accuracies`` (on the test set) have one entry a network, and
    ``training_sets`` one pair (X, y); ``n_trained`` counts those that did not fit too.
    """

    runs: list
    training_sets: list
    widths: np.ndarray
    noises: np.ndarray
    accuracies: np.ndarray
    n_trained: int

    @property
    def networks(self):
        """The networks, in the order of everything else."""
        return [run.network for run in self.runs]


def make_zoo(settings, data, folder, n_jobs, random_state, verbose=True):
    """Train or read the networks of a zoo; leave out those that do not fit their training set."""
    Path(folder).mkdir(parents=True, exist_ok=True)
    function = partial(train_or_load, data=data, folder=str(folder))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # counted by n_trained
        runs = train_zoo(
            function, settings, n_jobs=n_jobs, random_state=random_state, verbose=verbose
        )
    seeds = np.random.RandomState(random_state).randint(2**31 - 1, size=len(settings)).tolist()
    fitted = [(run, seed) for run, seed in zip(runs, seeds, strict=True) if run.converged]
    kept = [run for run, _ in fitted]
    return Zoo(
        runs=kept,
        training_sets=[
            training_set(data.pool, run.settings["noise"], run.settings["n_samples"], seed)[:2]
            for run, seed in fitted
        ],
        widths=np.array([run.settings["width"] for run in kept]),
        noises=np.array([run.settings["noise"] for run in kept]),
        accuracies=np.array([loss_and_accuracy(run.network, *data.test)[1] for run in kept]),
        n_trained=len(runs),
    )
