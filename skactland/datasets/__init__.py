"""Point sets whose topology is known, with labels, and a reader of image files."""

from skactland.datasets._classes import (
    make_disc_grid,
    make_discs,
    make_linked_tori,
    make_nested_spheres,
)
from skactland.datasets._idx import read_idx
from skactland.datasets._shapes import make_circle, make_sphere, make_torus

__all__ = [
    "make_circle",
    "make_disc_grid",
    "make_discs",
    "make_linked_tori",
    "make_nested_spheres",
    "make_sphere",
    "make_torus",
    "read_idx",
]
