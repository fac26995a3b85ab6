"""Networks kept at training accuracies, and the diagrams of their layers at each.

Every step that takes time is a function whose results a `joblib.Memory` keeps: the training of a
group of networks, and the diagrams of one network. A run that was stopped goes on from there.
"""

from collections import OrderedDict
from functools import partial

import numpy as np
import torch
from experiments.stacked import train_stack
from scipy.spatial.distance import pdist
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from torch import nn

from skactland import extract_activations, rips_persistence
from skactland.datasets import make_discs, make_linked_tori, make_nested_spheres
from skactland.training import multilayer_perceptron, train_to_accuracy, train_zoo

ACTIVATIONS = {
    "tanh": nn.Tanh,
    "relu": nn.ReLU,
    "leaky": partial(nn.LeakyReLU, 0.2),
    "small-tanh": nn.Tanh,  # from torch's own weights, which are small
}
WIDTHS = [15] * 9
DIGIT_WIDTHS = [128, 64, 64, 64, 64, 64]
THRESHOLDS = (0.6, 0.7, 0.8, 0.9, 1.0)  # .5 is that before training, or nearly
DIGIT_THRESHOLDS = (0.2, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.99)
#: True neighbours of a point, itself not counted, and the scale of Naitzat, Zhitnikov and Lim.
N_NEIGHBORS, BETTI_SCALE = 14, 2.5
MAKERS = {
    "nine": partial(make_discs, arrangement="nine", gap=0.05),
    "six": partial(make_discs, arrangement="six", gap=0.05),
    "two": partial(make_discs, arrangement="two", gap=0.05),
    "tori": make_linked_tori,
    "spheres": make_nested_spheres,
}


def small_cnn():
    """Return a convolutional network for 8 x 8 images with two feature maps and a dense layer."""
    layers = [
        ("conv1", nn.Conv2d(1, 8, 3, padding=1)),
        ("act1", nn.ReLU()),
        ("pool1", nn.MaxPool2d(2)),
        ("conv2", nn.Conv2d(8, 16, 3, padding=1)),
        ("act2", nn.ReLU()),
        ("pool2", nn.MaxPool2d(2)),
        ("flat", nn.Flatten()),
        ("fc3", nn.Linear(64, 32)),
        ("act3", nn.ReLU()),
        ("logits", nn.Linear(32, 10)),
    ]
    return nn.Sequential(OrderedDict(layers))


def build(data, kind):
    """Return a network of a group's architecture, with weights from torch's random state."""
    if data == "digits":
        if kind == "cnn":
            return small_cnn()
        return multilayer_perceptron(64, DIGIT_WIDTHS, 10)
    n_inputs = 3 if data in ("tori", "spheres") else 2
    return multilayer_perceptron(n_inputs, WIDTHS, 2, activation=ACTIVATIONS[kind])


def digits_of(kind, random_state):
    """Return training and probe digits, pixels from 0 to 1, as images for a CNN."""
    X, y = load_digits(return_X_y=True)
    X = (X / 16).astype(np.float32)
    if kind == "cnn":
        X = X.reshape(-1, 1, 8, 8)
    return train_test_split(X, y, train_size=1000, stratify=y, random_state=random_state)


def train_group(data, kind, n_networks, n_points, max_epochs, learning_rate, random_state):
    """Return the checkpoints of the networks of a group that reach the last threshold."""
    X, y = MAKERS[data](n_points, random_state=random_state)
    runs = train_stack(
        range(random_state, random_state + n_networks),
        X,
        y,
        WIDTHS,
        activation=ACTIVATIONS[kind],
        scaled_weights=kind != "small-tanh",
        thresholds=THRESHOLDS,
        max_epochs=max_epochs,
        learning_rate=learning_rate,
        verbose=True,
    )
    return plain([run for run in runs if run.converged])


def train_digits(kind, n_networks, max_epochs, random_state):
    """Return the checkpoints of networks trained on digits that reach the last threshold."""
    X, _, y, _ = digits_of(kind, random_state)
    train_one = partial(_train_one, kind=kind, X=X, y=y, max_epochs=max_epochs)
    settings = [{} for _ in range(n_networks)]
    runs = train_zoo(train_one, settings, random_state=random_state, verbose=True)
    return plain([run for run in runs if run.converged])


def _train_one(random_state, kind, X, y, max_epochs):
    return train_to_accuracy(
        build("digits", kind),
        X,
        y,
        thresholds=(1e-9, *DIGIT_THRESHOLDS),  # the first is the network as it came
        max_epochs=max_epochs,
        batch_size=50,
        random_state=random_state,
    )


def plain(runs):
    """Return the checkpoints of runs as dictionaries, with the weights as arrays."""
    return [
        [
            {
                "threshold": 0.0 if checkpoint.threshold < 1e-6 else checkpoint.threshold,
                "accuracy": checkpoint.accuracy,
                "epoch": checkpoint.epoch,
                "state": {name: value.numpy() for name, value in checkpoint.state_dict.items()},
            }
            for checkpoint in run.checkpoints
        ]
        for run in runs
    ]


def make_probes(data, kind, n_points, random_state):
    """Return the clouds of inputs by name: one class at a time, and all of them."""
    if data == "digits":
        _, X, _, y = digits_of(kind, random_state)
        n_points = min(n_points, len(X))
        whole, _ = train_test_split(
            np.arange(len(X)), train_size=n_points, stratify=y, random_state=random_state
        )
        by_class = {f"class {c}": X[y == c][: n_points // 5] for c in range(10)}
        return {"all": X[whole], **by_class}
    X, y = MAKERS[data]((n_points, n_points), random_state=random_state + 1)
    X = X.astype(np.float32)
    return {"all": X[:n_points], "class 0": X[y == 0], "class 1": X[y == 1]}


def layers_of(data, kind):
    """Return the columns: input, each hidden layer after its nonlinearity, logits and softmax."""
    n_hidden = {"mlp": len(DIGIT_WIDTHS), "cnn": 3}.get(kind, len(WIDTHS))
    return ["input", *(f"act{i}" for i in range(1, n_hidden + 1)), "logits", "softmax"]


def diagrams_of(data, kind, states, probes, jobs, homology_dimensions):
    """Return the diagrams of one network at its checkpoints.

    Parameters
    ----------
    data, kind : str
        The group.
    states : list of dict of arrays
        Its weights at each checkpoint.
    probes : dict of arrays
        The inputs, by name of the class.
    jobs : dict of (metric, class) to (checkpoints, layers)
        Which of them are wanted, as indices of checkpoints and names of layers.
    homology_dimensions : sequence of int
        The degrees.

    Returns
    -------
    dict of (metric, class) to list of list of list of diagrams
        By checkpoint, layer and degree. "scaled" comes with "euclidean" for nothing: the bars are
        those of the cloud, divided by its mean distance.
    """
    network, bars = build(data, kind), {}
    for c, state in enumerate(states):
        network.load_state_dict({name: torch.from_numpy(a) for name, a in state.items()})
        clouds = {name: activations(network, probe) for name, probe in probes.items()}
        for (metric, label), (checkpoints, layers) in jobs.items():
            if c in checkpoints:
                for layer in layers:
                    cloud = clouds[label][layer]
                    found = _diagrams(cloud, metric, homology_dimensions)
                    bars.setdefault((metric, label), {}).setdefault(c, []).append(found)
                    if metric == "euclidean":
                        found = scaled(found, cloud)
                        bars.setdefault(("scaled", label), {}).setdefault(c, []).append(found)
    return {key: list(by_checkpoint.values()) for key, by_checkpoint in bars.items()}


def activations(network, probe):
    """Return the clouds of the layers of a network, by name."""
    return extract_activations(
        network,
        probe,
        layers=["act*", "logits"],
        include_input=True,
        include_softmax=True,
        batch_size=1024,
    )


def _diagrams(cloud, metric, homology_dimensions):
    params = {"geodesic": {"n_neighbors": N_NEIGHBORS}}.get(metric)
    return rips_persistence(cloud, homology_dimensions, metric=metric, metric_params=params)


def scaled(diagrams, cloud):
    """Return diagrams in units of the mean distance of the cloud's points."""
    mean = pdist(cloud.astype(float)).mean()
    return [diagram / mean if mean > 0 else diagram for diagram in diagrams]


def complexity(diagram):
    """Return the L2 norm of the landscape, all levels: the root of sum (d - b)^3 / 12."""
    lengths = np.diff(diagram[np.isfinite(diagram[:, 1])], axis=1)
    return float(np.sqrt((lengths**3).sum() / 12))


def betti_number(diagram, scale=BETTI_SCALE):
    """Return the number of bars alive at a scale, essential ones included."""
    return int(((diagram[:, 0] <= scale) & (scale < diagram[:, 1])).sum())


def tabulate(networks, key, function):
    """Return an array (networks, checkpoints, layers, degrees) of a number for each diagram."""
    return np.array(
        [
            [
                [[function(bars) for bars in layer] for layer in checkpoint]
                for checkpoint in net[key]
            ]
            for net in networks
        ],
        dtype=float,
    )
