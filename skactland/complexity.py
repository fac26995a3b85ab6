"""An old address of ComplexityVectorizer, which lives in `skactland.vectors` now."""

from skactland.vectors import ComplexityVectorizer

__all__ = ["ComplexityVectorizer"]
