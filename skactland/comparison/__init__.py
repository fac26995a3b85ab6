"""Whether two layers, or two networks, are alike: divergences of clouds.

Most compare clouds of the same inputs, row by row, in spaces of any numbers of units.
"""

from skactland.comparison._geometry import linear_cka, procrustes_distance, rsa, svcca
from skactland.comparison._mtop import mtop_divergence
from skactland.comparison._rtd import rtd, rtd_lite

__all__ = [
    "linear_cka",
    "mtop_divergence",
    "procrustes_distance",
    "rsa",
    "rtd",
    "rtd_lite",
    "svcca",
]
