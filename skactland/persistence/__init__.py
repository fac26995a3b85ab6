"""Vietoris-Rips persistence: from point clouds to persistence diagrams."""

from skactland.persistence._rips import RipsPersistence, rips_persistence

__all__ = ["RipsPersistence", "rips_persistence"]
