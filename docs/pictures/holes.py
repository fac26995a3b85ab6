"""Loops with the inputs around them, and voids."""

import numpy as np
import torch

from pictures.base import panels
from skactland import extract_activations, rips_persistence
from skactland.displays import DiagramDisplay, LoopDisplay
from skactland.training import multilayer_perceptron


def _stripes(n_images=60, n_pixels=15):
    """Return images of a stripe that turns by half a turn, after which it is the first again."""
    y, x = np.mgrid[-1 : 1 : n_pixels * 1j, -1 : 1 : n_pixels * 1j]
    turns = np.pi * np.arange(n_images) / n_images
    across = np.multiply.outer(np.sin(turns), x) - np.multiply.outer(np.cos(turns), y)
    return np.exp(-((across / 0.3) ** 2)) * np.exp(-((x**2 + y**2) ** 4))


def representative_loop():
    """Draw the loop that a layer makes of a stripe that turns."""
    images = _stripes()
    torch.manual_seed(0)
    network = multilayer_perceptron(images[0].size, [32], 2)
    inputs = images.reshape(len(images), -1)
    cloud = extract_activations(network, inputs, layers="act1")["act1"]
    display = LoopDisplay.from_cloud(cloud, 1, images=images)
    display.axes_[0, 0].set_title("act1, 32 units")
    return display.figure_


def _sphere(n_points=150):
    """Return points that lie evenly on a sphere, along a spiral."""
    heights = 1 - (2 * np.arange(n_points) + 1) / n_points
    turns = np.pi * (1 + np.sqrt(5)) * np.arange(n_points)
    widths = np.sqrt(1 - heights**2)
    return np.column_stack([widths * np.cos(turns), widths * np.sin(turns), heights])


def void():
    """Draw the diagrams of a sphere, and of what two layers make of it."""
    sphere = _sphere()
    torch.manual_seed(0)
    network = multilayer_perceptron(3, [16, 2], 2)
    layers = extract_activations(network, sphere, layers="act*", include_input=True)
    figure, axes = panels(3, size=(3.6, 3.2))
    names = ("a sphere", "act1, 16 units", "act2, 2 units")
    for ax, name, cloud in zip(axes, names, layers.values(), strict=True):
        display = DiagramDisplay.from_diagrams(rips_persistence(cloud, (0, 1, 2)), (0, 1, 2), ax=ax)
        display.axes_[0, 0].set_title(name)
    return figure
