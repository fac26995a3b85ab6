"""How complexity changes through training."""

import pandas as pd
import torch
from sklearn.datasets import make_circles

from skactland import LayerActivationExtractor, RipsPersistence, SnapshotRecorder
from skactland.displays import ComplexityDisplay
from skactland.training import multilayer_perceptron


def _record(seed, X, y):
    """Return a table with a row every 40 epochs of one training."""
    torch.manual_seed(seed)
    network = multilayer_perceptron(2, [10, 10, 10], 2, activation=torch.nn.Tanh)
    optimiser = torch.optim.Adam(network.parameters(), lr=0.01)
    extractor = LayerActivationExtractor(X, layers="act*").set_output(transform="pandas")
    recorder = SnapshotRecorder(extractor)
    for epoch in range(121):
        if epoch % 40 == 0:
            recorder.record(network, epoch)
        optimiser.zero_grad()
        torch.nn.functional.cross_entropy(network(X), y).backward()
        optimiser.step()
    return recorder.table()


def through_training():
    """Draw the complexity of each layer, before training and three times on the way."""
    X, y = make_circles(120, factor=0.5, noise=0.03, random_state=0)
    X, y = torch.tensor(X, dtype=torch.float32), torch.tensor(y)
    clouds = pd.concat({seed: _record(seed, X, y) for seed in range(5)}, names=["run", "epoch"])
    diagrams = RipsPersistence().set_output(transform="pandas").fit_transform(clouds)
    epochs = diagrams.index.get_level_values("epoch")
    return ComplexityDisplay.from_table(diagrams, groups=epochs, group_name="epoch").figure_
