"""
From a folder of checkpoints to predictions
===========================================

Nothing is trained here: a folder has a folder for each run, with its checkpoints, and a csv file
of what was measured of them. From these come a table, diagrams, and predictions for runs that the
model has not seen. Run it with the path of such a folder, ``python examples/zoo_from_folder.py
zoo``; one that is not there yet is made.
"""

import sys
import tempfile
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import torch
from sklearn.datasets import load_digits
from sklearn.linear_model import RidgeCV
from sklearn.metrics import r2_score
from sklearn.model_selection import GroupKFold, cross_val_predict
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from torch import nn

from skactland import (
    EachNetwork,
    LandscapeVectorizer,
    LayerActivationExtractor,
    RipsPersistence,
    zoo_table,
)
from skactland.training import multilayer_perceptron

X, y = load_digits(return_X_y=True)
X, y = torch.tensor(X / 16, dtype=torch.float32), torch.tensor(y)
N_RUNS, N_IMAGES = 24, (50, 200, 1000)


def build():
    """Return the architecture, which checkpoints do not tell."""
    return multilayer_perceptron(64, (32, 32), 10, activation=nn.Tanh)


# %%
# A folder as people have it
# --------------------------
# If none is given: hidden weights are random, larger in some runs than in others, and the last
# layer is solved for by least squares from more and more images. Checkpoints hold weights alone.


def write_zoo(folder):
    """Write a folder for each run, and the accuracy of each checkpoint on images left out."""
    metrics = []
    for run, gain in enumerate(np.geomspace(0.3, 10, N_RUNS)):
        torch.manual_seed(run)
        network = build().requires_grad_(False)
        for layer in (network.fc1, network.fc2):
            layer.weight.normal_(std=gain / layer.in_features**0.5)
        features = network[:-1](X)
        for n in N_IMAGES:
            penalty = 0.1 * torch.eye(32)
            inner = features[:n].T @ features[:n] + penalty
            wanted = nn.functional.one_hot(y[:n], 10) - 0.1
            network.logits.weight.copy_(torch.linalg.solve(inner, features[:n].T @ wanted).T)
            network.logits.bias.fill_(0.1)
            accuracy = (network(X[1000:]).argmax(dim=1) == y[1000:]).float().mean().item()
            name = f"run_{run:03d}/images_{n}.pt"
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            torch.save(network.state_dict(), folder / name)
            metrics.append({"checkpoint": name, "gain": gain, "accuracy": accuracy})
    pd.DataFrame(metrics).to_csv(folder / "metrics.csv", index=False)


folder = Path(sys.argv[1] if sys.argv[1:] else tempfile.mkdtemp())
if not folder.exists() or not any(folder.iterdir()):  # nothing that is there is touched
    write_zoo(folder)

# %%
# The table
# ---------
# Each checkpoint has its row of the csv file, by name, and checkpoints of one run are a group.

table = zoo_table(folder, "*.pt", "metrics.csv")
print(table.drop(columns=["path", "checkpoint"]).head(6).to_string())

# %%
# From paths to predictions
# -------------------------
# Networks go through extraction and homology one at a time; what is kept in the cache is not
# computed again, by other folds or another day. Folds split runs, not checkpoints.

probe = X[1000:1150]  # the same images for every network
extractor = LayerActivationExtractor(probe, layers=["act*", "logits"], network_builder=build)
diagrams = EachNetwork(make_pipeline(extractor, RipsPersistence()), memory=folder / "cache")
model = make_pipeline(
    diagrams, LandscapeVectorizer(), StandardScaler(), RidgeCV(np.geomspace(0.1, 1000, 9))
)
predicted = cross_val_predict(
    model, table["path"], table["accuracy"], groups=table["group"], cv=GroupKFold(6)
)
score = r2_score(table["accuracy"], predicted)
print(f"R2 of {len(table)} checkpoints of {table['group'].nunique()} runs, by run: {score:.2f}")

# %%
# The picture
# -----------

fig, ax = plt.subplots(figsize=(5, 4), layout="constrained")
points = ax.scatter(table["accuracy"], predicted, c=np.log10(table["gain"]), cmap="viridis")
ax.axline((0.5, 0.5), slope=1, color="grey", lw=0.8)
ax.set(xlabel="accuracy", ylabel="predicted, of runs not seen")
fig.colorbar(points, label="scale of the hidden weights, log10")
plt.show()
