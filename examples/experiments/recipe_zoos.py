"""Zoos over a grid of recipes, after the competition "Predicting generalization in deep learning".

A zoo has one training set, with clean labels, and a recipe for every combination of two values of
each hyperparameter. All networks are trained to one training loss, so that none of them is ahead by
having been trained for longer; those that do not get there are left out and counted. Beside these
are zoos of one recipe, whose networks differ by the draw of training samples and weights alone.

Networks of one shape are trained as one stack of tensors: thirty small networks take little more
time than one. Nothing passes between them. A stack that is done is a file in the folder of the zoo,
so that a run that was stopped goes on where it was.
"""

import os
from collections import OrderedDict, defaultdict
from dataclasses import dataclass
from itertools import product
from pathlib import Path

import numpy as np
import torch
from experiments.samples import load_samples
from sklearn.model_selection import train_test_split
from torch import nn
from torch.func import functional_call, vmap

#: Two values of each hyperparameter. The competition had such grids, of other networks.
GRID = {
    "width": (24, 96),
    "depth": (2, 4),
    "batch_size": (25, 100),
    "learning_rate": (0.002, 0.006),
    "weight_decay": (0.0, 0.15),
    "dropout": (0.0, 0.1),
    "input_noise": (0.0, 0.1),
}
ONE_RECIPE = {
    "width": 32,
    "depth": 2,
    "batch_size": 32,
    "learning_rate": 0.003,
    "weight_decay": 0.0,
    "dropout": 0.0,
    "input_noise": 0.0,
}
#: What each data set has of it (CNNs have one depth), and how many networks of each recipe.
GRIDS = {
    "digits": (GRID, 2),
    "clusters": (GRID, 2),
    "mnist": (GRID | {"depth": (2,)}, 2),
}
#: Recipes of stacks that can be trained together agree in these.
SHAPE = ("width", "depth", "batch_size")
#: Samples to train on, and to be shown to all networks without labels; the others are for testing.
SIZES = {"digits": (150, 700), "clusters": (300, 1000), "mnist": (300, 1000)}
#: Of zoos of one recipe: samples to draw from, samples that each network draws, and the probe.
POOLS = {"digits": (500, 150, 500), "clusters": (1000, 300, 1000)}
MAX_EPOCHS, LOSS = 150, 0.05


@dataclass(frozen=True)
class Data:
    """Samples to train on, a probe that all networks are shown, and a test set; no sample in two.

    The labels of the probe, `probe_labels`, are for rows of tables that say so.
    """

    train: tuple
    probe: np.ndarray
    probe_labels: np.ndarray
    test: tuple

    @property
    def n_classes(self):
        """How many classes there are."""
        return int(self.test[1].max()) + 1


@dataclass(frozen=True)
class Zoo:
    """The networks that reached the training loss.

    ``recipes`` is an array of one row a network and one column a hyperparameter, ``runs`` tells
    networks of one recipe apart, ``chosen`` are the rows of the training data that each was trained
    on, and ``n_trained`` counts those that did not get there too.
    """

    data: Data
    networks: list
    recipes: np.ndarray
    runs: np.ndarray
    chosen: np.ndarray
    n_trained: int


def split(X, y, n_train, n_probe, random_state):
    """Return the samples cut into three parts, with the same share of each class."""
    options = {"random_state": random_state, "train_size": n_train}
    X_train, X, y_train, y = train_test_split(X, y, stratify=y, **options)
    options["train_size"] = n_probe
    probe, X_test, y_probe, y_test = train_test_split(X, y, stratify=y, **options)
    return Data((X_train, y_train), probe, y_probe, (X_test, y_test))


def build(name, data, width, depth):
    """Return a network, before training: a perceptron, or for images of MNIST a CNN.

    `depth` counts hidden layers, of which the first two of a CNN halve the image.
    """
    layers, n_units = [], data.train[0].shape[1]
    if name == "mnist":
        layers.append(("image", nn.Unflatten(-1, (1, 14, 14))))
        n_units, width = 1, width // 4
    for i in range(1, depth + 1):
        if name == "mnist":
            layers.append((f"conv{i}", nn.Conv2d(n_units, width, 3, 2 if i < 3 else 1, 1)))
        else:
            layers.append((f"fc{i}", nn.Linear(n_units, width)))
        layers.append((f"act{i}", nn.ReLU()))
        n_units = width
    if name == "mnist":
        layers.append(("flat", nn.Flatten(-3)))
        n_units *= 16
    layers.append(("logits", nn.Linear(n_units, data.n_classes)))
    return nn.Sequential(OrderedDict(layers))


def make_zoo(name, random_state, *, folder, grid=None):
    """Return a zoo over a grid of recipes, trained or read from its folder.

    `grid` is one of hyperparameters, and how many networks of each recipe; that of the data set by
    default.
    """
    grid, n_runs = GRIDS[name] if grid is None else grid
    data = split(*load_samples(name, random_state), *SIZES[name], random_state)
    values = list(product(*grid.values()))
    chosen = np.tile(np.arange(len(data.train[0])), (len(values) * n_runs, 1))
    recipes = np.repeat(np.array(values), n_runs, axis=0)
    runs = np.tile(np.arange(n_runs), len(values))
    return _train_all(name, data, recipes, runs, chosen, random_state, folder)


def make_zoo_of_one_recipe(name, random_state, *, folder, n_networks=240):
    """Return a zoo of one recipe, each network trained on samples drawn for it."""
    n_pool, n_train, n_probe = POOLS[name]
    data = split(*load_samples(name, random_state), n_pool, n_probe, random_state)
    rng = np.random.default_rng(random_state)
    chosen = np.array([rng.choice(n_pool, n_train, replace=False) for _ in range(n_networks)])
    recipes = np.tile(list(ONE_RECIPE.values()), (n_networks, 1))
    return _train_all(name, data, recipes, np.arange(n_networks), chosen, random_state, folder)


def _train_all(name, data, recipes, runs, chosen, random_state, folder):
    """Train the networks, shape by shape, or read those that were, and keep what got there."""
    shapes, states = recipes[:, : len(SHAPE)], {}
    for k, shape in enumerate(np.unique(shapes, axis=0)):
        rows = np.flatnonzero((shapes == shape).all(axis=1))
        path = Path(folder, f"{'-'.join(f'{v:g}' for v in shape)}.pt")
        if not path.exists():
            seed = 1000 * random_state + k
            trained = train_stack(name, data, recipes[rows], chosen[rows], seed)
            path.parent.mkdir(parents=True, exist_ok=True)
            torch.save(trained, path.with_suffix(".part"))
            os.replace(path.with_suffix(".part"), path)
        stored = torch.load(path, weights_only=True)
        states |= {rows[i]: state for i, state in stored.items()}
    kept = sorted(states)
    networks = []
    for i in kept:
        network = build(name, data, *recipes[i, :2].astype(int))
        network.load_state_dict(states[i])
        networks.append(network.eval())
    return Zoo(data, networks, recipes[kept], runs[kept], chosen[kept], len(recipes))


def train_stack(name, data, recipes, chosen, seed):
    """Train networks of one shape to the training loss, and return their weights by row.

    Parameters
    ----------
    recipes : array of shape (n_networks, n_hyperparameters)
        They agree in width, depth and batch size.
    chosen : int array of shape (n_networks, n_samples)
        The training samples of each.
    seed : int
        Of initial weights, batches, dropout and noise.

    Returns
    -------
    dict of int to dict of tensors
        Those that do not reach the loss are not in it.
    """
    recipe = dict(zip(GRID, torch.tensor(recipes, dtype=torch.float32).T, strict=True))
    width, depth, batch_size = (int(recipe[key][0]) for key in SHAPE)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        networks = [build(name, data, width, depth) for _ in recipes]
        stack = Stack(networks, recipe)
        X, y = torch.tensor(data.train[0]), torch.tensor(data.train[1])
        rows, done = torch.as_tensor(chosen), {}
        for _ in range(MAX_EPOCHS):
            stack.train_epoch(X, y, rows[stack.index], batch_size)
            reached = stack.loss(X, y, rows[stack.index]) <= LOSS
            done |= stack.take_out(reached)
            if not len(stack.index):
                break
    return done


class Stack:
    """Networks of one shape whose weights are one matrix, a row a network, and its AdamW."""

    def __init__(self, networks, recipe):
        self.template = networks[0]
        self.shapes = {name: p.shape for name, p in self.template.named_parameters()}
        flat = [nn.utils.parameters_to_vector(n.parameters()).detach() for n in networks]
        self.weights = torch.stack(flat).requires_grad_()
        self.moments = [torch.zeros_like(self.weights) for _ in range(2)]
        self.recipe = recipe
        self.index = torch.arange(len(networks))
        self.n_steps = 0

    def parameters(self, weights):
        """Return the parameters by name, views of rows of weights."""
        sizes = [shape.numel() for shape in self.shapes.values()]
        parts = weights.split(sizes, dim=-1)
        return {
            name: part.reshape(*part.shape[:-1], *shape)
            for (name, shape), part in zip(self.shapes.items(), parts, strict=True)
        }

    def forward(self, X, dropout=None):
        """Map inputs of shape (n_networks, n_samples, n_features) to logits."""
        if dropout is None:
            return vmap(self._forward)(self.parameters(self.weights), X)
        kept = 1 - dropout
        run = vmap(self._forward, randomness="different")
        return run(self.parameters(self.weights), X, kept)

    def _forward(self, parameters, X, kept=None):
        by_module = defaultdict(dict)
        for name, value in parameters.items():
            module, _, kind = name.partition(".")
            by_module[module][kind] = value
        for name, module in self.template.named_children():
            X = functional_call(module, by_module[name], (X,))
            if kept is not None and isinstance(module, nn.ReLU):
                X = X * (torch.rand_like(X) < kept) / kept
        return X

    def train_epoch(self, X, y, rows, batch_size):
        """Take one pass over the training samples of each network, in an order of its own."""
        order = torch.rand(rows.shape).argsort(dim=1)
        dropout, noise = self.recipe["dropout"], self.recipe["input_noise"]
        dropout = dropout if dropout.any() else None
        for batch in rows.gather(1, order).split(batch_size, dim=1):
            inputs = X[batch]
            if noise.any():
                inputs = inputs + noise[:, None, None] * torch.randn_like(inputs)
            logits = self.forward(inputs, dropout)
            # The mean over each network's batch, summed over the networks.
            loss = nn.functional.cross_entropy(logits.mT, y[batch], reduction="sum")
            self._step(*torch.autograd.grad(loss / batch.shape[1], self.weights))

    @torch.no_grad()
    def _step(self, gradient):
        """Take a step of AdamW, with rates and decays of each network's own."""
        self.n_steps += 1
        rate = self.recipe["learning_rate"][:, None]
        first, second = self.moments
        first.lerp_(gradient, 0.1)
        second.lerp_(gradient.square(), 0.001)
        size = (second / (1 - 0.999**self.n_steps)).sqrt_().add_(1e-8)
        self.weights.mul_(1 - rate * self.recipe["weight_decay"][:, None])
        self.weights.sub_(rate / (1 - 0.9**self.n_steps) * first / size)

    @torch.no_grad()
    def loss(self, X, y, rows):
        """Return the training loss of each network, without dropout and noise."""
        logits = self.forward(X[rows])
        return nn.functional.cross_entropy(logits.mT, y[rows], reduction="none").mean(dim=1)

    def take_out(self, chosen):
        """Return copies of the weights of chosen networks by index, and train the others on."""
        parameters = self.parameters(self.weights.detach())
        taken = {
            int(self.index[i]): {name: value[i].clone() for name, value in parameters.items()}
            for i in chosen.nonzero()[:, 0]
        }
        if taken:
            self.index = self.index[~chosen]
            self.weights = self.weights.detach()[~chosen].requires_grad_()
            self.moments = [moment[~chosen] for moment in self.moments]
            self.recipe = {key: values[~chosen] for key, values in self.recipe.items()}
        return taken
