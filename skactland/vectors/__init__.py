"""Features from persistence diagrams, and from point clouds with predicted classes."""

from skactland.vectors._agreement import NeighbourAgreement, neighbour_agreement
from skactland.vectors._betti import BettiCurveVectorizer
from skactland.vectors._complexity import ComplexityVectorizer
from skactland.vectors._dimension import DimensionVectorizer
from skactland.vectors._image import PersistenceImageVectorizer
from skactland.vectors._intrinsic import intrinsic_dimension
from skactland.vectors._labelled import LabelledMergeVectorizer
from skactland.vectors._landscape import LandscapeVectorizer
from skactland.vectors._merges import labelled_merges
from skactland.vectors._silhouette import SilhouetteVectorizer

__all__ = [
    "BettiCurveVectorizer",
    "ComplexityVectorizer",
    "DimensionVectorizer",
    "LabelledMergeVectorizer",
    "LandscapeVectorizer",
    "NeighbourAgreement",
    "PersistenceImageVectorizer",
    "SilhouetteVectorizer",
    "intrinsic_dimension",
    "labelled_merges",
    "neighbour_agreement",
]
