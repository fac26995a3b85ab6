"""How a table goes from stage to stage: the same rows and columns, other cells."""

import matplotlib.pyplot as plt
import numpy as np
import torch

from pictures.base import BLUE, GREY, ORANGE, PALE
from skactland import LandscapeVectorizer, LayerActivationExtractor, RipsPersistence
from skactland.datasets import make_circle
from skactland.training import multilayer_perceptron


def _stages():
    """Return a table of clouds, one of diagrams, and features, of three networks."""
    rng = np.random.default_rng(0)
    probe = np.vstack([make_circle(20, random_state=0), 2 * make_circle(30, random_state=1)])
    probe = probe + rng.normal(0, 0.05, probe.shape)
    networks = []
    for seed in range(3):
        torch.manual_seed(seed)
        network = multilayer_perceptron(2, [2, 2], 2, activation=torch.nn.Tanh)
        for weights in network.parameters():
            if weights.ndim == 2:  # bends the cloud, but does not flatten it
                torch.nn.init.orthogonal_(weights, gain=1.2)
        networks.append(network)
    clouds = LayerActivationExtractor(probe, layers="act*").fit_transform(networks)
    diagrams = RipsPersistence((1,)).fit_transform(clouds)
    vectorizer = LandscapeVectorizer(1, grid="shared", weighting=None, clip=False)
    features = vectorizer.fit_transform(diagrams)
    return clouds, diagrams, features.reshape(3, 2, 30)


def _empty(ax):
    ax.set_xticks([])
    ax.set_yticks([])
    ax.spines[:].set_color(PALE)


def _draw_cloud(ax, cloud):
    ax.scatter(*cloud.T, s=4, color="black", linewidths=0)
    ax.margins(0.15)


def _draw_diagram(ax, bars):
    end = 1.1 * max(1e-9, bars.max(initial=0))
    ax.plot([0, end], [0, end], color=PALE, linewidth=1)
    ax.scatter(*bars.T, s=9, color=ORANGE, linewidths=0, zorder=3)


def _draw_features(ax, values):
    ax.bar(np.arange(len(values)), values, width=0.7, color=BLUE)
    ax.set_ylim(bottom=0)


def flow():
    """Draw three networks through the three stages."""
    names = ["LayerActivationExtractor", "RipsPersistence", "LandscapeVectorizer"]
    cells = ["a cell: a cloud", "a cell: a diagram", "numbers"]
    figure = plt.figure(figsize=(11, 4.0))
    parts = figure.add_gridspec(
        3, 10, width_ratios=[0.9, 0.8, 1, 1, 0.8, 1, 1, 0.8, 1, 1], left=0.01, right=0.99, top=0.78
    )
    for i in range(3):
        ax = figure.add_subplot(parts[i, 0])
        ax.text(0.5, 0.5, f"network {i}", ha="center", va="center")
        _empty(ax)
    drawers = (_draw_cloud, _draw_diagram, _draw_features)
    for s, (stage, draw) in enumerate(zip(_stages(), drawers, strict=True)):
        for i, j in np.ndindex(3, 2):
            ax = figure.add_subplot(parts[i, 3 * s + 2 + j])
            draw(ax, stage[i, j])
            _empty(ax)
            if i == 0:
                ax.set_title(("act1", "act2")[j] + ("" if s == 0 else "__H1"), fontsize="medium")
        arrow = figure.add_subplot(parts[:, 3 * s + 1])
        arrow.annotate(
            "", (1, 0.5), (0, 0.5), arrowprops={"arrowstyle": "-|>", "color": GREY, "lw": 2}
        )
        arrow.set_axis_off()
        box = arrow.get_position()
        figure.text(box.x0 + box.width / 2, 0.92, names[s], ha="center", color=BLUE)
        left, right = (parts[0, 3 * s + 2 + j].get_position(figure) for j in (0, 1))
        figure.text((left.x0 + right.x1) / 2, 0.03, cells[s], ha="center")
    return figure
