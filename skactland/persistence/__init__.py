"""Vietoris-Rips persistence: from point clouds to diagrams, loops and spanning trees."""

from skactland.persistence._labelled import LabelledBars, labelled_bars
from skactland.persistence._loops import representative_loops
from skactland.persistence._rips import rips_persistence
from skactland.persistence._transformer import RipsPersistence
from skactland.persistence._trees import spanning_trees

__all__ = [
    "LabelledBars",
    "RipsPersistence",
    "labelled_bars",
    "representative_loops",
    "rips_persistence",
    "spanning_trees",
]
