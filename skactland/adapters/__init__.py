"""Diagrams from and for other packages: ripser.py, GUDHI, giotto-tda, persim.

Every ``from_*`` takes what the package gives for a sequence of clouds, one a network, and returns a
table of diagrams as this package wants them: float64 rows (birth, death) sorted by birth and then
death, bars of length zero left out, essential classes with death inf. Every ``to_*`` takes the
table and goes back, one layer at a time.
"""

from skactland.adapters._incoming import from_giotto, from_gudhi, from_persim, from_ripser
from skactland.adapters._outgoing import to_giotto, to_gudhi, to_persim, to_ripser

__all__ = [
    "from_giotto",
    "from_gudhi",
    "from_persim",
    "from_ripser",
    "to_giotto",
    "to_gudhi",
    "to_persim",
    "to_ripser",
]
