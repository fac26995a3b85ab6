"""
Read an activation landscape
============================

What the curves of a persistence landscape say about a cloud of points, first for a circle, then for
the layers of a network that learns handwritten digits.
"""

import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

from skactland import LayerActivationExtractor, RipsPersistence, rips_persistence
from skactland.displays import (
    ActivationLandscapeDisplay,
    BarcodeDisplay,
    ComplexityDisplay,
    DiagramDisplay,
    NetworkMapDisplay,
)
from skactland.training import (
    loss_and_accuracy,
    multilayer_perceptron,
    train_to_accuracy,
    train_zoo,
)

# %%
# A circle
# --------
# Sixty points near a circle of radius 1. As the filtration value grows, points within this
# distance of each other are joined: first there are sixty components, and soon one; then there is
# a loop, and at the end it is filled in.

rng = np.random.default_rng(0)
angles = rng.uniform(0, 2 * np.pi, 60)
circle = np.column_stack([np.cos(angles), np.sin(angles)]) + rng.normal(0, 0.05, (60, 2))
diagrams = rips_persistence(circle)

figure, axes = plt.subplots(1, 3, figsize=(12, 3.6), layout="constrained")
axes[0].scatter(*circle.T, s=14, color="black")
axes[0].set(aspect="equal", title="the cloud")
BarcodeDisplay.from_diagrams(diagrams, ax=axes[1])
DiagramDisplay.from_diagrams(diagrams, ax=axes[2])
axes[1].set_title("its bars")
axes[2].set_title("the same bars as points")

# %%
# The landscape draws a tent over each bar, as high as half the bar's length, and sorts the tents
# by height at each filtration value: level 1 is the highest of them, level 2 the second highest.
# One high level 1 above nothing else, as in degree 1 here, is one loop that stands out. Its left
# foot is where the loop closes, its right foot where it is filled.
#
# In degree 0 all tents start at 0. Their right feet are the distances at which components merge:
# a long tail of level 1 is a group of points, or one point, far from the rest.

ActivationLandscapeDisplay.from_table(
    [diagrams], columns=["circle__H0", "circle__H1"], n_landscapes=3
)

# %%
# The layers of a network
# -----------------------
# A perceptron learns the digits, and is kept as it was when it first reached 20, 50, 80 and 100 %
# of its training accuracy. Six networks with different initial weights do so. All of them are
# shown the same 150 images, which they were not trained on, and every layer's activations are a
# cloud.

X, y = load_digits(return_X_y=True)
X_train, X_rest, y_train, y_rest = train_test_split(
    X / 16, y, train_size=600, stratify=y, random_state=0
)
probe, X_test, y_test = X_rest[:150], X_rest[150:], y_rest[150:]


def train_one(random_state):
    """Train a perceptron, and keep it as it was on the way."""
    network = multilayer_perceptron(64, [32, 32, 32], 10)
    return train_to_accuracy(
        network,
        X_train,
        y_train,
        thresholds=[0.2, 0.5, 0.8, 1.0],
        learning_rate=0.003,
        random_state=random_state,
    )


runs = train_zoo(train_one, [{}] * 6, random_state=0)
networks = [network for run in runs for network in run.checkpoint_networks()]
thresholds = np.array([point.threshold for run in runs for point in run.checkpoints])
accuracies = [loss_and_accuracy(network, X_test, y_test)[1] for network in networks]

extractor = LayerActivationExtractor(probe, layers=["act*", "logits"])
rips = RipsPersistence(n_jobs=2)
clouds = extractor.set_output(transform="pandas").fit_transform(networks)
table = rips.set_output(transform="pandas").fit_transform(clouds)
print(table.columns.tolist())

# %%
# The mean over the six networks that have learned all of it, with the deviation between them. The
# scale of an axis says much: filtration values are distances between activations, and grow from
# layer to layer here. Degree 1 has many levels of like height: loops by the dozen, none of which
# stands out, as in a cloud without a simple shape.

ActivationLandscapeDisplay.from_table(table[thresholds == 1.0], n_landscapes=3)

# %%
# The same as a heat map, which has room for many layers. A layer is a stripe, its levels are the
# lines in it. All layers share an axis, so the growth from layer to layer is the first thing
# seen.

ActivationLandscapeDisplay.from_table(table[thresholds == 1.0], kind="heatmap")

# %%
# Complexity
# ----------
# The norm of a layer's landscapes puts its topological complexity into one number. It grows with
# training, and faster in late layers.

ComplexityDisplay.from_table(table, groups=thresholds, group_name="training\naccuracy")

# %%
# Most of that is scale: activations drift apart as training goes on. With ``metric="scaled"``
# distances are in units of the mean distance in the layer, and the growth is gone: degree 0 falls
# from layer to layer, and degree 1 moves little. So look at both before saying that training
# makes a layer more complex.

scaled = RipsPersistence(metric="scaled", n_jobs=2).set_output(transform="pandas")
scaled_table = scaled.fit_transform(clouds)
ComplexityDisplay.from_table(scaled_table, groups=thresholds, group_name="training\naccuracy")

# %%
# A map of the networks
# ---------------------
# The landscape kernel says how alike two networks are, over all layers, degrees and levels.
# Kernel principal components make a map of it.

NetworkMapDisplay.from_table(scaled_table, y=accuracies, y_name="test accuracy")
plt.show()
