"""What the pictures share: one cloud, and how complexes are drawn."""

from itertools import combinations

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.collections import LineCollection, PatchCollection
from matplotlib.patches import Circle, Polygon

from skactland.metrics import distance_matrix

BLUE, ORANGE, GREEN = "#0072B2", "#D55E00", "#009E73"
PALE, GREY = "0.85", "0.55"
#: Opaque, so that triangles on top of each other look like one surface.
FILLED = "#BFD9EA"


def rings():
    """Return a cloud of 17 points, near a small ring and a large one."""
    rng = np.random.default_rng(4)
    parts = []
    for n_points, centre, radius in ((7, (0.0, 0.0), 0.6), (10, (2.3, 0.1), 1.0)):
        angles = 2 * np.pi * (np.arange(n_points) + rng.uniform(-0.25, 0.25, n_points)) / n_points
        parts.append(centre + radius * np.column_stack([np.cos(angles), np.sin(angles)]))
    return np.vstack(parts)


def panels(n, *, size=(3.2, 2.6), **options):
    """Return a figure and n axes in a row."""
    figure, axes = plt.subplots(
        1, n, figsize=(size[0] * n, size[1]), layout="constrained", squeeze=False, **options
    )
    return figure, axes[0]


def bare(ax):
    """Show a plane without ticks, in which circles are round."""
    ax.set_aspect("equal")
    ax.set_xticks([])
    ax.set_yticks([])
    ax.spines[:].set_color(PALE)


def draw_points(ax, points, *, color="black", size=22):
    """Draw points above all else."""
    ax.scatter(*np.asarray(points).T, s=size, color=color, zorder=4, linewidths=0)


def draw_edges(ax, points, edges, *, color=GREY, width=1.0):
    """Draw edges, pairs of indices of points, as lines."""
    segments = [points[list(edge)] for edge in edges]
    ax.add_collection(LineCollection(segments, colors=color, linewidths=width, zorder=3))


def draw_triangles(ax, points, triangles, *, color=FILLED):
    """Draw triangles, triples of indices of points, as surfaces."""
    patches = [Polygon(points[list(triangle)]) for triangle in triangles]
    ax.add_collection(PatchCollection(patches, color=color, linewidths=0, zorder=2))


def draw_complex(ax, points, t):
    """Draw the Rips complex at a filtration value, with a ball of half that size at each point."""
    near = distance_matrix(points) <= t
    n = len(points)
    balls = [Circle(point, t / 2) for point in points]
    ax.add_collection(PatchCollection(balls, color=BLUE, alpha=0.07, linewidths=0, zorder=1))
    draw_edges(ax, points, [e for e in combinations(range(n), 2) if near[e]])
    triangles = [
        (i, j, k)
        for i, j, k in combinations(range(n), 3)
        if near[i, j] and near[i, k] and near[j, k]
    ]
    draw_triangles(ax, points, triangles)
    draw_points(ax, points)
    bare(ax)
    low, high = points.min(axis=0) - 0.5, points.max(axis=0) + 0.5
    ax.set(xlim=(low[0], high[0]), ylim=(low[1], high[1]))
