"""Whether two layers, or two networks, are alike: divergences of clouds, distances of diagrams.

Most compare clouds of the same inputs, row by row, in spaces of any numbers of units.
"""

from skactland.comparison._diagram_tables import diagram_distances
from skactland.comparison._diagrams import bottleneck_distance, wasserstein_distance
from skactland.comparison._divergences import Divergences
from skactland.comparison._geometry import linear_cka, procrustes_distance, svcca
from skactland.comparison._mtop import mtop_divergence
from skactland.comparison._rsa import rsa
from skactland.comparison._rtd import rtd, rtd_lite
from skactland.comparison._tables import layer_divergences, network_divergences

__all__ = [
    "Divergences",
    "bottleneck_distance",
    "diagram_distances",
    "layer_divergences",
    "linear_cka",
    "mtop_divergence",
    "network_divergences",
    "procrustes_distance",
    "rsa",
    "rtd",
    "rtd_lite",
    "svcca",
    "wasserstein_distance",
]
