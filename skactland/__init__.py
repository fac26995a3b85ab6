"""Activation landscapes of neural networks, for scikit-learn.

Rows are networks, columns are layers, cells are arrays; every stage turns one such table into the
next: activations, persistence diagrams, landscapes, features.

The house, floor by floor. A room imports what is on the floors below it, and nothing beside or
above::

    __main__                       all that is compiled, compiled ahead
    pipelines                      all of it in one line
    comparison, inference          clouds -> divergences, tables of diagrams -> answers
    displays                       anything -> pictures
    zoos                           networks, one at a time, through the stages
    vectors, kernels               diagrams or clouds -> features, diagrams -> Gram matrix
    landscapes                     diagram -> functions
    persistence, sampling          clouds -> diagrams, clouds -> fewer points
    metrics                        cloud -> distance matrix
    training                       data -> networks
    activations                    networks -> clouds
    adapters, datasets             diagrams of other packages, points of known shape
    _torch                         how a network runs: mode, device, precision, seeds
    _table                         the table, its columns, its cells in parallel, its cache
    _checks                        what may come in
    _memory                        how much memory is left
    _compiled                      all machine code
"""

import importlib

__version__ = "0.1.0"

_ROOM_OF = {
    "BettiCurveVectorizer": "vectors",
    "ComplexityVectorizer": "vectors",
    "DimensionVectorizer": "vectors",
    "EachNetwork": "zoos",
    "LabelledBars": "persistence",
    "LabelledMergeVectorizer": "vectors",
    "LandscapeKernel": "kernels",
    "LandscapeVectorizer": "vectors",
    "LayerActivationExtractor": "activations",
    "NeighbourAgreement": "vectors",
    "PersistenceImageVectorizer": "vectors",
    "PersistenceLandscape": "landscapes",
    "PointSampler": "sampling",
    "Probe": "activations",
    "RipsPersistence": "persistence",
    "SilhouetteVectorizer": "vectors",
    "SnapshotRecorder": "training",
    "extract_activations": "activations",
    "farthest_points": "sampling",
    "intrinsic_dimension": "vectors",
    "labelled_bars": "persistence",
    "labelled_merges": "vectors",
    "landscape_distance": "kernels",
    "landscape_gram": "kernels",
    "landscape_values": "landscapes",
    "make_activation_landscape": "pipelines",
    "neighbour_agreement": "vectors",
    "representative_loops": "persistence",
    "rips_persistence": "persistence",
    "spanning_trees": "persistence",
    "zoo_table": "zoos",
}
_PUBLIC_ROOMS = {
    *_ROOM_OF.values(),
    *("adapters", "comparison", "datasets", "displays", "inference", "metrics"),
}

__all__ = sorted(_ROOM_OF)


def __getattr__(name):
    """Import a public name or room on first use, so that importing the package costs nothing."""
    if name in _PUBLIC_ROOMS:
        return importlib.import_module(f"{__name__}.{name}")
    if name not in _ROOM_OF:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(importlib.import_module(f"{__name__}.{_ROOM_OF[name]}"), name)
    globals()[name] = value
    return value


def __dir__():
    return sorted({"__doc__", "__version__", *__all__, *_PUBLIC_ROOMS})
