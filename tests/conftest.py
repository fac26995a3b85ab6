"""Factories that the tests share."""

import importlib
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import settings
from torch import nn

from skactland.training import multilayer_perceptron

settings.register_profile("compiling", deadline=None)  # the first example compiles kernels
settings.load_profile("compiling")

# Small networks gain nothing from more, and lose much where the processors have other work.
torch.set_num_threads(1)


def mlp(seed=0, widths=(8, 6), n_inputs=4, n_outputs=3):
    """A small perceptron, layers fc1, act1, ..., logits, with weights of its own."""
    torch.manual_seed(seed)
    return multilayer_perceptron(n_inputs, widths, n_outputs, activation=nn.Tanh)


@pytest.fixture
def make_network():
    return mlp


@pytest.fixture
def networks():
    return [mlp(seed) for seed in range(10)]


@pytest.fixture
def probe():
    return np.random.default_rng(0).normal(size=(30, 4))


@pytest.fixture
def table_of():
    """Make an object array from rows of cells."""

    def make(rows):
        table = np.empty((len(rows), len(rows[0])), dtype=object)
        for i, row in enumerate(rows):
            for j, cell in enumerate(row):
                table[i, j] = np.asarray(cell, dtype=float)
        return table

    return make


@pytest.fixture
def clouds(table_of):
    """Six networks, two layers of 12 points."""
    rng = np.random.default_rng(1)
    return table_of([[rng.normal(size=(12, d)) for d in (2, 3)] for _ in range(6)])


@pytest.fixture
def diagrams(clouds):
    """The same table, in degrees 0 and 1."""
    from skactland import RipsPersistence

    return RipsPersistence().fit_transform(clouds)


@pytest.fixture
def no_screen():
    """Draw without a screen, and close what was opened."""
    import matplotlib
    import matplotlib.pyplot as plt

    matplotlib.use("Agg")
    yield
    plt.close("all")


@pytest.fixture
def load(monkeypatch):
    """Import an example, or a module beside it."""
    monkeypatch.syspath_prepend(Path(__file__).parents[1] / "examples")
    return importlib.import_module
