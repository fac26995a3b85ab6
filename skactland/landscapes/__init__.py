"""Persistence landscapes: the functions of a diagram, their values and their algebra."""

from skactland.landscapes._landscape import PersistenceLandscape
from skactland.landscapes._values import landscape_values

__all__ = ["PersistenceLandscape", "landscape_values"]
