"""The landscape kernel: exact inner products and distances of activation landscapes."""

from skactland.kernels._kernel import LandscapeKernel, landscape_distance, landscape_gram

__all__ = ["LandscapeKernel", "landscape_distance", "landscape_gram"]
