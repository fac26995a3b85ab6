"""
See what a linear model reads
=============================

Ridge regression predicts a network's accuracy from its landscapes. It has a coefficient for each
layer, degree, level and filtration value, and so its coefficients are landscapes themselves: they
say where, and in which direction, the height of a landscape counts. Principal components can be
looked at in the same way.
"""

import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import load_digits
from sklearn.decomposition import PCA
from sklearn.linear_model import RidgeCV
from sklearn.model_selection import GroupKFold, cross_val_predict, train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler

from skactland import make_activation_landscape
from skactland.displays import LoadingsDisplay
from skactland.training import (
    loss_and_accuracy,
    multilayer_perceptron,
    train_to_accuracy,
    train_zoo,
)

# %%
# Networks
# --------
# Eight small perceptrons, each at five moments of its training.

X, y = load_digits(return_X_y=True)
X_train, X_rest, y_train, y_rest = train_test_split(
    X / 16, y, train_size=500, stratify=y, random_state=0
)
probe, X_test, y_test = X_rest[:100], X_rest[100:], y_rest[100:]


def train_one(random_state):
    """Train a perceptron, and keep it as it was on the way."""
    network = multilayer_perceptron(64, [24, 24], 10)
    return train_to_accuracy(
        network,
        X_train,
        y_train,
        thresholds=[0.3, 0.5, 0.7, 0.9, 1.0],
        learning_rate=0.003,
        random_state=random_state,
    )


runs = train_zoo(train_one, [{}] * 8, random_state=0)
networks = [network for run in runs for network in run.checkpoint_networks()]
origins = [i for i, run in enumerate(runs) for _ in run.checkpoints]
accuracies = np.array([loss_and_accuracy(network, X_test, y_test)[1] for network in networks])

# %%
# Predictions
# -----------
# Folds keep the checkpoints of one network together, so that no network is predicted from itself.

landscape = make_activation_landscape(
    probe, layers=["act*", "logits"], metric="scaled", n_landscapes=3, n_jobs=2
)
model = make_pipeline(landscape, MinMaxScaler(clip=True), RidgeCV(np.logspace(-2, 4, 13)))
predicted = cross_val_predict(model, networks, accuracies, groups=origins, cv=GroupKFold(4))

figure, ax = plt.subplots(figsize=(4, 3.6), layout="constrained")
ax.scatter(accuracies, predicted, c=origins, cmap="viridis", edgecolors="black")
ax.plot([0.2, 1], [0.2, 1], color="0.5", linestyle="--")
ax.set(xlabel="test accuracy", ylabel="predicted, out of fold", aspect="equal")

# %%
# What it reads
# -------------
# Where a curve is above zero, a higher landscape means a better network. Coefficients belong to
# features that the scaler has brought to [0, 1], so they can be compared with each other.

model.fit(networks, accuracies)
LoadingsDisplay.from_estimator(model)

# %%
# Directions of most variance
# ---------------------------
# The first principal component of the features, without any accuracy: what differs most between
# these networks.

components = make_pipeline(landscape, PCA(2)).fit(networks)
print(components[-1].explained_variance_ratio_.round(2))
LoadingsDisplay.from_estimator(components)
plt.show()
