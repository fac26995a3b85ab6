"""Inputs that are images, small and in order around a circle."""

import math

import numpy as np

from skactland._checks import as_array
from skactland.displays._axes import is_dark

# More would be too small to be seen.
_MOST = 16


def read_images(images, shape=None):
    """Return images as values from 0 to 1, black and white at the ends of all of them together.

    Parameters
    ----------
    images : array of shape (n_points, height, width), with colours (..., 3 or 4) or as torch has
        them, (n_points, 1, 3 or 4, height, width), or (n_points, n_pixels) if there is a shape;
        None for none
    shape : tuple of int or None
        The shape of one image.
    """
    if images is None:
        if shape is not None:
            raise ValueError(f"image_shape is {shape!r}, and there are no images; give images.")
        return None
    values = as_array(images, "images must be an array of real numbers").astype(np.float64)
    came = values.shape
    if shape is not None and values.ndim == 2 and values.shape[1] == math.prod(shape):
        values = values.reshape(len(values), *shape)
    if values.ndim == 4:
        first, last = values.shape[1], values.shape[-1]
        # As networks of torch take images; where both may be colours, the last are.
        if first == 1 or (first in (3, 4) and last not in (1, 3, 4)):
            values = np.moveaxis(values, 1, -1)
        if values.shape[-1] == 1:
            values = values[..., 0]
    is_grey = values.ndim == 3
    if shape is not None and len(came) > 2 and came[1:] != tuple(shape):
        raise ValueError(
            f"images have shape {came}, and image_shape={shape} is for rows of as many pixels; "
            "leave it out if images have a shape already."
        )
    if 0 in values.shape[1:] or not (is_grey or (values.ndim == 4 and values.shape[-1] in (3, 4))):
        raise ValueError(
            "images must have shape (n_points, height, width), with colours (..., 3), or be rows "
            f"that image_shape=(height, width) makes so; got shape {came} and image_shape={shape}."
        )
    if not np.isfinite(values).all():
        raise ValueError("images must hold finite numbers only.")
    low, high = (values.min(), values.max()) if values.size else (0.0, 1.0)
    return (values - low) / ((high - low) or 1.0)


def along(loop):
    """Return the points of a loop whose images are shown: all, or some as evenly as can be."""
    n_shown = min(len(loop), _MOST)
    return loop[np.arange(n_shown) * len(loop) // n_shown]


def draw_ring(ax, images, style):
    """Draw images on a circle, counterclockwise from the right, over the line of their loop."""
    turns = np.linspace(0, 2 * np.pi, 361)
    ax.plot(np.cos(turns), np.sin(turns), **style)
    # Squares of this half side, one step of the circle apart, do not touch.
    half = min(0.35, 0.92 * math.sin(math.pi / max(len(images), 1)) / math.sqrt(2))
    for image, turn in zip(images, 2 * np.pi * np.arange(len(images)) / len(images), strict=True):
        high, wide = image.shape[:2]
        dy, dx = half * high / max(high, wide), half * wide / max(high, wide)
        x, y = math.cos(turn), math.sin(turn)
        place = (x - dx, x + dx, y - dy, y + dy)
        # Ink on paper, on a dark background light on dark.
        name = "gray" if is_dark(ax) else "gray_r"
        ax.imshow(image, cmap=name, vmin=0, vmax=1, extent=place, zorder=3)
    end = 1.05 + half
    ax.set(xlim=(-end, end), ylim=(-end, end), aspect="equal")
    ax.set_axis_off()
