"""What each sentence on reading a landscape is about, on clouds made for it."""

import numpy as np

from pictures.base import BLUE, GREY, ORANGE, bare, draw_points, panels
from skactland import landscape_values, rips_persistence
from skactland.datasets import make_circle

_BLOBS = np.array([[0.0, 0.0], [4.0, 0.5], [1.5, 4.0], [5.0, 4.5]])


def _draw_levels(ax, cloud, degree, *, end, n_levels=12):
    """Draw the levels of a cloud's landscape, the first one blue."""
    t = np.linspace(0, end, 400)
    levels = landscape_values(rips_persistence(cloud)[degree], t, n_levels)
    for k, level in enumerate(levels):
        ax.plot(t, level, color=GREY if k else BLUE, linewidth=1 if k else 2.2, zorder=-k)
    ax.set(xlim=(0, end), xlabel="filtration value $t$", title=f"degree {degree}")
    ax.set_ylim(bottom=0)
    ax.spines[["top", "right"]].set_visible(False)


def _point_at(ax, words, place, *, offset, ha="center"):
    """Write words beside a place, with an arrow to it."""
    ax.annotate(
        words,
        place,
        xytext=offset,
        textcoords="offset points",
        ha=ha,
        va="center",
        color=ORANGE,
        arrowprops={"arrowstyle": "-|>", "color": ORANGE},
    )


def _draw_cloud(ax, cloud, title):
    draw_points(ax, cloud, size=10)
    bare(ax)
    ax.set_title(title)


def _pairs(clouds, degree, *, ends):
    """Draw clouds, each beside its landscape; return the axes of the landscapes."""
    figure, axes = panels(2 * len(clouds), size=(2.7, 2.4))
    for ax, beside, (title, cloud), end in zip(
        axes[::2], axes[1::2], clouds.items(), ends, strict=True
    ):
        _draw_cloud(ax, cloud[:, :2], title)
        _draw_levels(beside, cloud, degree, end=end)
    return figure, axes[1::2]


def tent():
    """Draw the tent of one bar, and what can be read off it."""
    birth, death = 1.0, 4.0
    t = np.linspace(0, 5, 501)
    figure, (ax,) = panels(1, size=(5.6, 2.8))
    ax.plot(t, landscape_values([[birth, death]], t, 1)[0], color=BLUE, linewidth=2.2)
    _point_at(ax, "birth: the loop closes", (birth, 0), offset=(-6, 60))
    _point_at(ax, "death: it is filled", (death, 0), offset=(12, 60))
    _point_at(ax, "half the length of the bar", ((birth + death) / 2, 1.5), offset=(0, 24))
    ax.set(xlim=(0, 5), ylim=(0, 2.1), xlabel="filtration value $t$")
    ax.spines[["top", "right"]].set_visible(False)
    return figure


def components():
    """Draw the landscapes of degree 0 of four groups, and of one group with an outlier."""
    rng = np.random.default_rng(0)
    groups = np.vstack([centre + 0.35 * rng.normal(size=(25, 2)) for centre in _BLOBS])
    alone = np.vstack([rng.normal(size=(99, 2)) * 0.8, [[5.0, 4.0]]])
    clouds = {"four groups": groups, "one group, an outlier": alone}
    figure, (left, right) = _pairs(clouds, 0, ends=(4.5, 4.5))
    _point_at(left, "three levels\nstay high", (2.0, 0.85), offset=(36, 18))
    _point_at(right, "one level alone", (2.6, 1.25), offset=(20, 30))
    return figure


def loops():
    """Draw the landscapes of degree 1 of a noisy circle, and of a Gaussian of 10 dimensions."""
    rng = np.random.default_rng(0)
    circle = make_circle(80, random_state=0) + 0.12 * rng.normal(size=(80, 2))
    gaussian = rng.normal(size=(80, 10))
    clouds = {"a circle with noise": circle, "10 dimensions, no shape": gaussian}
    figure, (left, right) = _pairs(clouds, 1, ends=(2.2, 5.5))
    _point_at(left, "one loop", (1.1, 0.45), offset=(34, 14))
    _point_at(right, "many of\nlike height", (2.6, 0.1), offset=(-44, 30))
    return figure


def births():
    """Draw the landscapes of degree 1 of a circle of few points and of many."""
    clouds = {f"{n} points": make_circle(n, random_state=1) for n in (30, 150)}
    figure, axes = _pairs(clouds, 1, ends=(2.2, 2.2))
    for ax, cloud in zip(axes, clouds.values(), strict=True):
        birth = rips_persistence(cloud, (1,))[0]
        first = birth[np.argmax(birth[:, 1] - birth[:, 0]), 0]
        _point_at(ax, f"birth {first:.2f}", (first, 0), offset=(-14, 76), ha="left")
        ax.set_ylim(0, 0.9)
    return figure
