"""Vietoris-Rips persistence: from point clouds to persistence diagrams."""

from skactland.persistence._rips import rips_persistence
from skactland.persistence._transformer import RipsPersistence

__all__ = ["RipsPersistence", "rips_persistence"]
