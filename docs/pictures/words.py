"""The words of the pipeline, from a layer to the levels of its landscape."""

from itertools import pairwise

import matplotlib.pyplot as plt
import numpy as np
import torch

from pictures.base import (
    BLUE,
    GREEN,
    GREY,
    ORANGE,
    bare,
    draw_complex,
    draw_edges,
    draw_points,
    draw_triangles,
    panels,
    rings,
)
from skactland import extract_activations, landscape_values, rips_persistence
from skactland.datasets import make_circle
from skactland.displays import BarcodeDisplay, DiagramDisplay
from skactland.training import multilayer_perceptron


def _activations():
    """Return the layers of a small network on two circles, and which circle a point is of."""
    probe = np.vstack([make_circle(24, random_state=0), 2 * make_circle(24, random_state=1)])
    torch.manual_seed(2)
    network = multilayer_perceptron(2, [2, 2], 2, activation=torch.nn.Tanh)
    layers = extract_activations(network, probe, layers=["act*", "logits"], include_input=True)
    return layers, np.repeat([0, 1], 24)


def layer():
    """Draw what each layer of one network makes of the same inputs."""
    layers, circle = _activations()
    figure, axes = panels(len(layers), size=(2.6, 2.4))
    figure.get_layout_engine().set(wspace=0.12)
    for ax, (name, points) in zip(axes, layers.items(), strict=True):
        draw_points(ax, points[circle == 0], color=BLUE)
        draw_points(ax, points[circle == 1], color=ORANGE)
        bare(ax)
        ax.set_aspect("equal", adjustable="datalim")
        ax.set_title(name)
    for left, right in pairwise(axes):
        right.annotate(
            "",
            xy=(0, 0.5),
            xytext=(1, 0.5),
            xycoords=right.transAxes,
            textcoords=left.transAxes,
            arrowprops={"arrowstyle": "-|>", "color": GREY, "linewidth": 2},
        )
    return figure


def cloud():
    """Draw a cloud twice: as an array, and as points."""
    layers, _ = _activations()
    points, row = layers["act1"][::4], 8
    figure, (left, right) = panels(2, size=(3.4, 3.0), width_ratios=(1, 1.6))
    left.imshow(points, aspect="auto", cmap="PuOr", vmin=-1, vmax=1)
    left.set(xticks=[0, 1], xlabel="unit", ylabel="input", title="an array")
    left.add_patch(
        plt.Rectangle((-0.5, row - 0.5), 2, 1, fill=False, edgecolor="black", linewidth=2)
    )
    draw_points(right, points, color=GREY)
    draw_points(right, points[[row]], size=60)
    right.annotate(f"input {row}", points[row], xytext=(8, 6), textcoords="offset points")
    right.set(xlabel="unit 0", ylabel="unit 1", title="the points that are its rows")
    return figure


def filtration_value():
    """Draw the complex of a cloud at three values."""
    figure, axes = panels(3)
    for ax, t in zip(axes, (0.35, 0.75, 1.25), strict=True):
        draw_complex(ax, rings(), t)
        ax.set_title(f"$t = {t}$")
    return figure


def bar():
    """Draw where the longest bar of degree 1 begins and where it ends."""
    points = rings()
    (loops,), (simplices,) = rips_persistence(
        points, homology_dimensions=(1,), return_simplices=True
    )
    longest = np.argmax(loops[:, 1] - loops[:, 0])
    birth, death = loops[longest]
    edge, triangle = simplices[longest][:2], simplices[longest][2:]
    figure, (at_birth, at_death, line) = panels(3)
    draw_complex(at_birth, points, birth)
    draw_edges(at_birth, points, [edge], color=ORANGE, width=3)
    at_birth.set_title(f"birth, $t = {birth:.2f}$")
    draw_complex(at_death, points, death)
    draw_triangles(at_death, points, [triangle], color=ORANGE)
    at_death.set_title(f"death, $t = {death:.2f}$")
    line.plot([birth, death], [0, 0], color=ORANGE, linewidth=5, solid_capstyle="butt")
    for end, name in ((birth, "birth"), (death, "death")):
        line.annotate(name, (end, 0), xytext=(0, 10), textcoords="offset points", ha="center")
    line.set(xlim=(0, 2.2), ylim=(-1, 1), yticks=[], xlabel="filtration value $t$")
    line.set_title(f"the bar ({birth:.2f}, {death:.2f})")
    line.spines[["left", "top", "right"]].set_visible(False)
    return figure


def diagram():
    """Draw the diagrams of the cloud, as bars and as points."""
    diagrams = rips_persistence(rings())
    figure, (left, right) = panels(2, size=(4.2, 3.2))
    BarcodeDisplay.from_diagrams(diagrams, ax=left)
    DiagramDisplay.from_diagrams(diagrams, ax=right)
    return figure


def essential_class():
    """Draw the bars of degree 0, of which one never ends."""
    diagrams = rips_persistence(rings(), homology_dimensions=(0,))
    figure, (ax,) = panels(1, size=(5.2, 2.8))
    display = BarcodeDisplay.from_diagrams(diagrams, (0,), ax=ax)
    display.axes_.ravel()[0].set_title("17 points: 16 bars that end, 1 that does not")
    return figure


def landscape_level():
    """Draw the tents of four bars, and the levels that they make."""
    bars = np.array([[0.2, 3.2], [1.0, 4.6], [1.6, 2.6], [3.4, 4.8]])
    t = np.linspace(0, 5, 501)
    figure, (tents, levels) = panels(2, size=(3.8, 2.6), sharey=True)
    for birth, death in bars:
        tents.plot([birth, (birth + death) / 2, death], [0, (death - birth) / 2, 0], color=GREY)
    tents.set(title="a tent a bar", xlabel="filtration value $t$", ylim=(0, 2))
    values = landscape_values(bars, t, 3)
    for k, colour in enumerate((BLUE, ORANGE, GREEN)):
        levels.plot(t, values[k], color=colour, linewidth=2.4 - 0.5 * k, label=f"level {k + 1}")
    levels.set(title="the largest at $t$, the second, the third", xlabel="filtration value $t$")
    levels.legend(frameon=False)
    for ax in (tents, levels):
        ax.spines[["top", "right"]].set_visible(False)
    return figure
