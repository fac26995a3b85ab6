"""The words of our engine in degrees 0 and 1, each on a few points placed by hand."""

from itertools import combinations

import numpy as np
from matplotlib.patches import Circle

from pictures.base import (
    BLUE,
    FILLED,
    GREEN,
    GREY,
    ORANGE,
    PALE,
    bare,
    draw_edges,
    draw_points,
    draw_triangles,
    panels,
    rings,
)
from skactland import rips_persistence
from skactland.metrics import distance_matrix

_ENDS = np.array([[0.0, 0.0], [1.0, 0.0]])


def _draw_lune(ax):
    """Shade the points nearer to both ends of an edge than these are to each other."""
    u, v = _ENDS
    inside = ax.add_patch(Circle(u, 1, color=BLUE, alpha=0.15, linewidth=0))
    inside.set_clip_path(Circle(v, 1, transform=ax.transData))
    for end in _ENDS:
        ax.add_patch(Circle(end, 1, fill=False, edgecolor=PALE))
    draw_edges(ax, _ENDS, [(0, 1)], color=ORANGE, width=2.5)
    draw_points(ax, _ENDS)
    for name, point, shift in (("u", u, -12), ("v", v, 6)):
        ax.annotate(f"${name}$", point, xytext=(shift, -4), textcoords="offset points")
    ax.set(xlim=(-0.5, 1.5), ylim=(-1.0, 1.0))
    bare(ax)


def lune():
    """Draw an edge, and who is in its lune and who is not."""
    figure, (ax,) = panels(1, size=(4.0, 3.6))
    _draw_lune(ax)
    draw_points(ax, [[0.45, 0.55], [0.6, 0.3], [0.5, -0.5]], color=BLUE, size=40)
    draw_points(ax, [[-0.25, 0.5], [1.3, 0.45], [0.9, -0.85]], color=GREY, size=40)
    ax.set_title("the lune of $uv$ holds the blue points")
    return figure


def apex():
    """Draw a lune of two components, and the triangle over the apex of each."""
    points = np.vstack([_ENDS, [[0.45, 0.62], [0.6, 0.36], [0.36, 0.34], [0.5, -0.55]]])
    figure, axes = panels(2, size=(3.6, 3.4))
    titles = (
        "over its apex $w$: fills $uv$ at once",
        "over $w'$, not connected to $w$ inside",
    )
    marked = ((3, "w", BLUE, FILLED), (5, "w'", GREEN, "#A6D8C7"))
    for ax, title, (w, name, colour, filling) in zip(axes, titles, marked, strict=True):
        _draw_lune(ax)
        draw_edges(ax, points, combinations((2, 3, 4), 2), color=BLUE)
        draw_triangles(ax, points, [(0, 1, w)], color=filling)
        draw_edges(ax, points, [(0, w), (1, w)], color=colour, width=2)
        draw_points(ax, points[2:], color=BLUE, size=40)
        ax.annotate(f"${name}$", points[w], xytext=(7, -3), textcoords="offset points")
        ax.set_title(title, fontsize="medium")
    return figure


def _annotate(distances, end):
    """Return by edge shorter than `end` the loops that it is the sum of, while none is filled."""
    edges = sorted(combinations(range(len(distances)), 2), key=lambda e: distances[e])
    component, annotations = list(range(len(distances))), {}
    for u, v in edges:
        if distances[u, v] >= end:
            break
        near = distances[[u, v]].max(axis=0)
        near[[u, v]] = np.inf
        w = int(np.argmin(near))
        if near[w] < distances[u, v]:  # the sum of the two edges over its apex
            over = (annotations[min(u, w), max(u, w)], annotations[min(v, w), max(v, w)])
            annotations[u, v] = over[0] ^ over[1]
        elif component[u] != component[v]:
            annotations[u, v] = frozenset()
            joined = component[u]
            component = [component[v] if c == joined else c for c in component]
        else:
            n_loops = len(frozenset().union(*annotations.values()))
            annotations[u, v] = frozenset("ab"[n_loops])
    return annotations


def annotation():
    """Draw edges by the loops that they are the sum of."""
    points = rings()
    distances = distance_matrix(points)
    (loops,) = rips_persistence(points, homology_dimensions=(1,))
    annotations = _annotate(distances, loops[:, 1].min())
    figure, (ax,) = panels(1, size=(6.4, 3.8))
    for loop, colour, width in (("", GREY, 1.0), ("a", BLUE, 2.5), ("b", ORANGE, 2.5)):
        edges = [edge for edge, written in annotations.items() if written == frozenset(loop)]
        draw_edges(ax, points, edges, color=colour, width=width)
        ax.plot([], [], color=colour, linewidth=width, label=f"${loop or 0}$")
    draw_points(ax, points)
    ax.autoscale_view()
    bare(ax)
    ax.legend(title="annotation", frameon=False, loc="center left", bbox_to_anchor=(1, 0.5))
    return figure
