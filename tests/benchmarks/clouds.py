"""The clouds that the engines are timed on."""

import numpy as np
import torch
from sklearn.datasets import load_digits

from skactland import extract_activations
from skactland.training import multilayer_perceptron, train_to_accuracy

RNG = np.random.default_rng(0)


def torus(n):
    a, b = RNG.uniform(0, 2 * np.pi, (2, n))
    return np.column_stack([(2 + np.cos(b)) * np.cos(a), (2 + np.cos(b)) * np.sin(a), np.sin(b)])


def noisy_circle(n):
    a = RNG.uniform(0, 2 * np.pi, n)
    return np.column_stack([np.cos(a), np.sin(a)]) + RNG.normal(scale=0.05, size=(n, 2))


def relu_layers(n):
    """What two ReLU layers of 64 random units make of a standard Gaussian cloud in R^32."""
    cloud = RNG.normal(size=(n, 32))
    for _ in range(2):
        weights = RNG.normal(scale=np.sqrt(2 / cloud.shape[1]), size=(cloud.shape[1], 64))
        cloud = np.maximum(cloud @ weights, 0)
    return cloud


def digits_layers(n=1000):
    """The layers of a trained digits network on the first n images.

    There are 1797; beyond, they are moved by one pixel.
    """
    X, y = load_digits(return_X_y=True)
    torch.manual_seed(0)
    network = multilayer_perceptron(64, [128, 64, 64, 64, 64], 10)
    train_to_accuracy(network, X / 16, y, thresholds=[0.99], random_state=0)
    moved = np.roll(X.reshape(-1, 8, 8), 1, axis=2).reshape(X.shape)
    clouds = extract_activations(network, np.vstack([X, moved])[:n] / 16, layers=["act*", "logits"])
    return {f"digits network, {name}": cloud for name, cloud in clouds.items()}


def discs_layers():
    """The layers of a tanh network that tells nine discs from the rest, on one class."""
    centres = np.stack(np.meshgrid([-0.6, 0, 0.6], [-0.6, 0, 0.6]), axis=-1).reshape(-1, 2)
    points = RNG.uniform(-1, 1, (12_000, 2))
    gaps = np.linalg.norm(points[:, None] - centres, axis=2).min(axis=1)
    points, inside = points[abs(gaps - 0.2) > 0.03], (gaps < 0.2)[abs(gaps - 0.2) > 0.03]
    torch.manual_seed(0)
    network = multilayer_perceptron(2, [15] * 9, 2, activation=torch.nn.Tanh)
    run = train_to_accuracy(
        network, points, inside.astype(int), thresholds=[0.99], max_epochs=60,
        learning_rate=0.003, batch_size=128, random_state=0,
    )  # fmt: skip
    print(f"discs network: training accuracy {run.accuracy:.3f}")
    shown = points[~inside][:1000]
    clouds = extract_activations(network, shown, layers=["act*", "logits"], include_input=True)
    return {f"discs network, {name}": cloud for name, cloud in clouds.items()}
