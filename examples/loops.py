"""
See which inputs make a loop
============================

A long bar of degree 1 says that a layer arranges inputs around a hole, but not which. A loop of
points does: here the digits along the longest loops of a hidden layer, and their classes.
"""

from itertools import groupby

import matplotlib.pyplot as plt
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

from skactland import extract_activations, representative_loops
from skactland.displays import LoopDisplay
from skactland.training import multilayer_perceptron, train_to_accuracy

# %%
# A network and a layer
# ---------------------
# A small perceptron learns the digits; the cloud is what its last hidden layer makes of 300 others.

X, y = load_digits(return_X_y=True)
X_train, X_rest, y_train, y_rest = train_test_split(
    X / 16, y, train_size=1000, stratify=y, random_state=0
)
probe, classes = X_rest[:300], y_rest[:300]

run = train_to_accuracy(
    multilayer_perceptron(64, [24, 24], 10),
    X_train,
    y_train,
    thresholds=[0.98],
    learning_rate=0.003,
    random_state=0,
)
(network,) = run.checkpoint_networks()
cloud = extract_activations(network, probe, layers="act2")["act2"]

# %%
# The loops and their inputs
# --------------------------
# The images stand around each circle in the order in which the loop passes them. On the principal
# components the lines may cross; in the layer itself they do not.

LoopDisplay.from_cloud(cloud, 2, images=probe, image_shape=(8, 8))

# %%
# The classes along them
# ----------------------
# A loop through several classes says which of them the layer has as neighbours. One within a class
# says that the class itself is not filled in.

loops, bars = representative_loops(cloud, 2)
for loop, (birth, death) in zip(loops, bars, strict=True):
    passed = [f"{digit} x{len(list(inputs))}" for digit, inputs in groupby(classes[loop])]
    print(f"[{birth:.2f}, {death:.2f}): {', '.join(passed)}")
plt.show()
