"""Pictures, in the manner of scikit-learn's displays.

A display holds what is to be drawn as plain arrays, whoever computed them. The class methods
``from_...`` compute it and draw it at once; ``plot`` draws it, again if wanted, into axes of yours
or a new figure, and leaves the axes in ``axes_`` and the figure in ``figure_``.
"""

from skactland.displays._bands import BandDisplay
from skactland.displays._barcodes import BarcodeDisplay
from skactland.displays._complexity import ComplexityDisplay
from skactland.displays._diagrams import DiagramDisplay
from skactland.displays._divergences import DivergenceDisplay
from skactland.displays._labelled import LabelledMergeDisplay
from skactland.displays._landscapes import ActivationLandscapeDisplay
from skactland.displays._loadings import LoadingsDisplay
from skactland.displays._loops import LoopDisplay
from skactland.displays._map import NetworkMapDisplay
from skactland.displays._merge_trees import MergeTreeDisplay
from skactland.displays._permutation import PermutationTestDisplay
from skactland.displays._report import NetworkReportDisplay

__all__ = [
    "ActivationLandscapeDisplay",
    "BandDisplay",
    "BarcodeDisplay",
    "ComplexityDisplay",
    "DiagramDisplay",
    "DivergenceDisplay",
    "LabelledMergeDisplay",
    "LoadingsDisplay",
    "LoopDisplay",
    "MergeTreeDisplay",
    "NetworkMapDisplay",
    "NetworkReportDisplay",
    "PermutationTestDisplay",
]
