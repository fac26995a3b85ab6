"""Where ComplexityVectorizer was in version 0.1; it lives in `skactland.vectors`."""

from skactland.vectors import ComplexityVectorizer

__all__ = ["ComplexityVectorizer"]
