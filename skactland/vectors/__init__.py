"""Features from persistence diagrams: landscapes and silhouettes on a grid, and norms."""

from skactland.vectors._complexity import ComplexityVectorizer
from skactland.vectors._landscape import LandscapeVectorizer
from skactland.vectors._silhouette import SilhouetteVectorizer

__all__ = ["ComplexityVectorizer", "LandscapeVectorizer", "SilhouetteVectorizer"]
