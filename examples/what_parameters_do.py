"""
What each parameter does to a picture
=====================================

One cloud, the two circles below, seen with one parameter changed at a time. The first circle is
tight and small, the second is noisy and large, and there is an outlier.
"""

import matplotlib.pyplot as plt
import numpy as np

from skactland import PointSampler, RipsPersistence
from skactland.displays import ActivationLandscapeDisplay

rng = np.random.default_rng(0)


def circle(n_points, centre, radius, noise):
    """Return points near a circle."""
    angles = rng.uniform(0, 2 * np.pi, n_points)
    points = radius * np.column_stack([np.cos(angles), np.sin(angles)])
    return points + centre + rng.normal(0, noise, points.shape)


def draw_beside_each_other(tables, **options):
    """Draw landscapes in degree 1, a panel a setting; `tables` maps titles to diagrams."""
    columns = [f"{title}__H1" for title in tables]
    ActivationLandscapeDisplay.from_table(
        np.hstack(list(tables.values())), columns=columns, **options
    )


cloud = np.vstack(
    [circle(60, (0, 0), 0.5, 0.02), circle(120, (3, 0), 1.2, 0.15), np.array([[1.0, 3.0]])]
)
figure, ax = plt.subplots(figsize=(5, 3.4), layout="constrained")
ax.scatter(*cloud.T, s=10, color="black")
ax.set(aspect="equal", title="the cloud")

# %%
# Levels
# ------
# ``n_landscapes`` is the number of levels. Level 1 shows what is most prominent at each
# filtration value: first the small circle, then the large one. Where both are alive, the lower
# tent is level 2. Further levels add what else is alive at the same time, down to noise.

loops = RipsPersistence((1,)).fit_transform([cloud])
figure, axes = plt.subplots(1, 3, figsize=(10.2, 2.8), layout="constrained")
for ax, n_landscapes in zip(axes, (1, 3, 10), strict=True):
    ActivationLandscapeDisplay.from_table(
        loops, columns=[f"n_landscapes={n_landscapes}__H1"], n_landscapes=n_landscapes, ax=ax
    )

# %%
# Resolution
# ----------
# ``resolution`` is the number of filtration values at which the functions are read. Values at
# them are exact however few there are, and nothing is rounded; narrow tents between them are
# missed.

figure, axes = plt.subplots(1, 3, figsize=(10.2, 2.8), layout="constrained")
for ax, resolution in zip(axes, (10, 30, 100), strict=True):
    ActivationLandscapeDisplay.from_table(
        loops, columns=[f"resolution={resolution}__H1"], resolution=resolution, ax=ax
    )

# %%
# The longest edge
# ----------------
# ``max_edge_length`` ends the filtration early. What is alive there never dies. It is dropped, or
# with ``essential="cut"`` cut off at the largest finite death of the column: right, the large
# circle is cut off where the small one is filled. Either way the picture changes, so leave the
# parameter at infinity unless time counts; our engine stops by itself once the last loop is
# filled.

short = RipsPersistence((1,), max_edge_length=1.3).fit_transform([cloud])
draw_beside_each_other({"no limit": loops, "max_edge_length=1.3": short}, essential="cut")

# %%
# The metric
# ----------
# With "euclidean" the two circles keep their sizes. "scaled" divides by the mean distance: the same
# picture with another axis, which makes layers of different scale comparable. "geodesic" counts
# steps between nearest neighbours. Values are whole numbers then. Both circles are born at the
# first step, though the gaps of the large one are wider, and the noise below them is gone.

metrics = {
    "euclidean": ("euclidean", None),
    "scaled": ("scaled", None),
    "geodesic": ("geodesic", {"n_neighbors": 8}),
}
tables = {
    name: RipsPersistence((1,), metric=metric, metric_params=params).fit_transform([cloud])
    for name, (metric, params) in metrics.items()
}
draw_beside_each_other(tables, n_landscapes=3)

# %%
# The degree
# ----------
# Degree 0 is about how points fall into groups, and feels every one of them; the outlier is the
# tail of level 1. Degree 1 is about loops, and needs points all the way round.

both = RipsPersistence((0, 1)).fit_transform([cloud])
ActivationLandscapeDisplay.from_table(both, columns=["the cloud__H0", "the cloud__H1"])

# %%
# The number of points
# --------------------
# Fewer points make later births, as gaps are wider, and so lower tents; small loops go first.
# Landmarks (``method="farthest"``) cover the cloud evenly and keep the outlier; random points
# keep the density, and seldom the outlier.

tables = {
    f"{n_points} landmarks": RipsPersistence((1,)).fit_transform(
        PointSampler(n_points, random_state=0).fit_transform([cloud])
    )
    for n_points in (20, 60, 181)
}
draw_beside_each_other(tables, n_landscapes=3)
plt.show()
