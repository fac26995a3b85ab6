"""
Are two training runs alike?
============================

Three networks learn the same digits from other random weights. Do they end in the same place, and
if not, in which layer do they part? Which loops of a layer are more than its covariance makes? How
many dimensions has each layer? What is compared are the answers to the same inputs, so that no
label is needed, and layers may have other numbers of units.
"""

import copy

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import torch
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

from skactland import DimensionVectorizer, LayerActivationExtractor
from skactland.comparison import layer_divergences, network_divergences
from skactland.displays import LoopDisplay
from skactland.inference import bar_test
from skactland.training import multilayer_perceptron, train_to_accuracy

# %%
# Three runs, before and after
# ----------------------------
# A row a network: each as it was built, and when it says 98 % of the training digits right.

X, y = load_digits(return_X_y=True)
X_train, X_rest, y_train, y_rest = train_test_split(
    X / 16, y, train_size=1000, stratify=y, random_state=0
)
probe = X_rest[:400]

built, trained = [], []
for seed in range(3):
    torch.manual_seed(seed)
    network = multilayer_perceptron(64, [48, 32, 24, 16], 10)
    built.append(copy.deepcopy(network))
    options = {"thresholds": [0.98], "learning_rate": 0.003, "random_state": seed}
    trained += train_to_accuracy(network, X_train, y_train, **options).checkpoint_networks()

extractor = LayerActivationExtractor(probe, layers="act*", include_input=True, include_logits=True)
names = [f"{state} {seed}" for state in ("built", "trained") for seed in range(3)]
clouds = extractor.set_output(transform="pandas").fit_transform(built + trained)
clouds = clouds.set_axis(names)

# %%
# All layers of one run by all layers of another
# ----------------------------------------------
# RTD is the total length of what one cloud joins or closes and the other does not; beside it what
# most people would draw, one less the debiased CKA. Darker is more alike. In this pair of runs, and
# yours may differ, by RTD the layers from the second on are alike, whichever is compared with
# which: the classes have become the clusters. By CKA, which sees where these lie, they are less so
# the deeper they are.

_, axes = plt.subplots(1, 2, figsize=(10, 4), layout="constrained")
one, other = clouds.loc[["trained 0"]], clouds.loc[["trained 1"]]
for measure, ax in zip(("rtd", "cka"), axes, strict=True):
    layer_divergences(one, other, measure=measure).plot(ax=ax)

# %%
# Where they part
# ---------------
# For every layer all six networks by all: how far the runs were apart when they were built, how far
# when trained, and how far training has taken each. All see the same input, and are at 0 there.
# These runs part in the first two layers and stay as far from each other; they end nearer to each
# other than they began.


def mean_by_pair(divergences):
    """Return the means over pairs of runs, before and after, and over what training did."""
    values, pairs = divergences.values, np.triu_indices(3, 1)
    return {
        "between runs, built": values[:3, :3][pairs].mean(),
        "between runs, trained": values[3:, 3:][pairs].mean(),
        "built to trained": np.diagonal(values[:3, 3:]).mean(),
    }


by_layer = network_divergences(clouds)
rows = {layer: mean_by_pair(divergences) for layer, divergences in by_layer.items()}
print(pd.DataFrame(rows).T.round(1))

# %%
# Loops that are more than a covariance
# -------------------------------------
# Every cloud of 400 points has loops, a Gaussian one as well. Those of the third layer are held
# against the longest loops of 99 clouds of the same mean and covariance, and so are those of the
# input. Nearly all are such as any cloud would have. The digits themselves have a few that are not.
# Where this page was made, one of the three runs has two in its third layer; on another processor
# runs are other ones. A p-value like this one is the least of three, so more runs should be asked
# before something is built on it.

tests = {"input": bar_test(clouds.loc["built 0", "input"], n_nulls=99, rng=0)}
for name in names[3:]:
    tests[f"act3, {name}"] = bar_test(clouds.loc[name, "act3"], n_nulls=99, rng=0)
rows = {
    place: {"loops": len(test.bars), "more": len(test.standing_out), "least p": test.pvalue[0]}
    for place, test in tests.items()
}
print(pd.DataFrame(rows).T.astype({"loops": int, "more": int}))

# %%
# The inputs around them. Loops that stand out are the longest ones; where a layer has none, the
# longest is drawn.

counts = {name: len(tests[f"act3, {name}"].standing_out) for name in names[3:]}
name = max(counts, key=counts.get)
images = {"images": probe, "image_shape": (8, 8)}
LoopDisplay.from_cloud(clouds.loc[name, "act3"], max(1, counts[name]), **images)

# %%
# Dimensions along the layers
# ---------------------------
# As built, the first layers have the dimensions of the input; training takes some away in each.
# With 400 points both estimators are too low where there are many: read what differs.

vectorizer = DimensionVectorizer(("ph", "twonn"), random_state=0).set_output(transform="pandas")
dimensions = vectorizer.fit_transform(clouds)
states = pd.Series(names, index=names).str.split().str[0]
means = dimensions.groupby(states).mean().T
means.index = means.index.str.split("__", expand=True)
print(means.unstack().loc[clouds.columns].round(1))
plt.show()
