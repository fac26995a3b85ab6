"""Words of those who know networks, and of those who know topology, one picture each."""

import matplotlib.pyplot as plt
import numpy as np
import torch
from sklearn.datasets import load_digits

from pictures.base import BLUE, GREY, ORANGE, bare, draw_complex, draw_points, panels, rings
from skactland import extract_activations, landscape_values, rips_persistence
from skactland.datasets import make_circle
from skactland.displays import MergeTreeDisplay
from skactland.training import multilayer_perceptron


def probe():
    """Draw a few inputs, and what two networks answer to each of them."""
    inputs = load_digits().data[:6] / 16
    figure, axes = plt.subplots(3, 6, figsize=(6.4, 3.2), layout="constrained")
    for ax, image in zip(axes[0], inputs, strict=True):
        ax.imshow(image.reshape(8, 8), cmap="gray_r")
    for seed, row in enumerate(axes[1:]):
        torch.manual_seed(seed)
        network = multilayer_perceptron(64, [12], 10)
        answers = extract_activations(network, inputs, layers="act1")["act1"]
        for ax, answer in zip(row, answers, strict=True):
            ax.imshow(answer[None], cmap="Purples", vmin=0, vmax=answers.max(), aspect=2)
    for ax, words in zip(axes[:, 0], ("probe", "network 0\nact1", "network 1\nact1"), strict=True):
        ax.set_ylabel(words, rotation=0, ha="right", va="center")
    for ax in axes.flat:
        ax.set(xticks=[], yticks=[])
    return figure


def leaf():
    """Draw the modules of a small network as a tree, its leaves coloured."""
    modules = {
        "network": (3.0, 2.0),
        "features": (1.2, 1.0),
        "head": (4.8, 1.0),
        "features.0\nConv2d": (0.0, 0.0),
        "features.1\nReLU": (1.2, 0.0),
        "features.2\nMaxPool2d": (2.4, 0.0),
        "head.0\nLinear": (4.2, 0.0),
        "head.1\nReLU": (5.4, 0.0),
    }
    figure, (ax,) = panels(1, size=(6.6, 2.8))
    for name, (x, y) in modules.items():
        parent = name.split("\n")[0].rpartition(".")[0] or ("network" if y == 1 else None)
        if parent:
            ax.plot([x, modules[parent][0]], [y, modules[parent][1]], color=GREY, zorder=0)
        colour = BLUE if y == 0 else "black"
        box = {"boxstyle": "round", "facecolor": "white", "edgecolor": colour}
        ax.text(x, y, name, ha="center", va="center", color=colour, bbox=box, fontsize=9)
    ax.set(xlim=(-0.7, 6.1), ylim=(-0.5, 2.4))
    ax.axis("off")
    return figure


def degree():
    """Draw one cloud in which degree 0 counts groups, and degree 1 holes."""
    points = rings()
    figure, (low, high) = panels(2, size=(3.6, 2.6))
    draw_complex(low, points, 0.42)
    low.set_title("degree 0: pieces, early on")
    draw_complex(high, points, 0.95)
    high.set_title("degree 1: holes, later")
    for ax, words, place in ((high, "1", (0.05, -0.2)), (high, "2", (2.3, 0.1))):
        ax.text(*place, words, color=ORANGE, ha="center", va="center", fontsize=15)
    return figure


def complexity():
    """Draw the landscapes of a circle and of one that is half as large, and their norms."""
    t = np.linspace(0, 2.2, 400)
    figure, axes = panels(2, size=(3.6, 2.5), sharey=True)
    for ax, scale in zip(axes, (1.0, 0.5), strict=True):
        bars = rips_persistence(scale * make_circle(40, random_state=0), (1,))[0]
        norm = np.sqrt(((bars[:, 1] - bars[:, 0]) ** 3).sum() / 12)
        level = landscape_values(bars, t, 1)[0]
        ax.fill_between(t, level, color=BLUE, alpha=0.3, linewidth=0)
        ax.plot(t, level, color=BLUE)
        ax.set(title=f"radius {scale:g}: complexity {norm:.2f}", xlabel="filtration value $t$")
        ax.spines[["top", "right"]].set_visible(False)
    return figure


def predicted_classes():
    """Draw points with the classes that a network predicts, and their merge tree."""
    rng = np.random.default_rng(1)
    centres = np.array([[0.0, 0.0], [3.0, 0.4], [1.4, 2.6]])
    points = np.vstack([centre + 0.5 * rng.normal(size=(9, 2)) for centre in centres])
    classes = np.repeat([0, 1, 2], 9)
    classes[3] = 2
    figure, (left, right) = panels(2, size=(3.6, 2.8))
    for each, colour in enumerate((BLUE, ORANGE, "#009E73")):
        draw_points(left, points[classes == each], color=colour, size=34)
    bare(left)
    left.set_title("inputs, by predicted class")
    MergeTreeDisplay.from_cloud(points, classes, ax=right)
    return figure
