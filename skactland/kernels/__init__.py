"""The landscape kernel: exact inner products and distances of activation landscapes."""

from skactland.kernels._gram import landscape_distance, landscape_gram
from skactland.kernels._kernel import LandscapeKernel

__all__ = ["LandscapeKernel", "landscape_distance", "landscape_gram"]
