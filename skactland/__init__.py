"""Activation landscapes of neural networks, for scikit-learn.

Rows are networks, columns are layers, cells are arrays; every stage turns one such table into the
next: activations, persistence diagrams, landscapes, features.
"""

from importlib import import_module

__version__ = "0.1.0"

_MODULE_OF = {
    "LandscapeKernel": "kernels",
    "LandscapeVectorizer": "vectors",
    "LayerActivationExtractor": "activations",
    "PersistenceLandscape": "landscapes",
    "PointSampler": "sampling",
    "Probe": "activations",
    "RipsPersistence": "persistence",
    "extract_activations": "activations",
    "farthest_points": "sampling",
    "landscape_distance": "kernels",
    "landscape_gram": "kernels",
    "landscape_values": "landscapes",
    "rips_persistence": "persistence",
}

__all__ = sorted(_MODULE_OF)


def __getattr__(name):
    """Import a public name on first use, so that importing the package costs nothing."""
    if name not in _MODULE_OF:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f"{__name__}.{_MODULE_OF[name]}"), name)
    globals()[name] = value
    return value


def __dir__():
    return sorted({*globals(), *__all__})
