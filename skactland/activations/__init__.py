"""Activations of a network's layers on a set of probe inputs."""

from skactland.activations._extract import extract_activations
from skactland.activations._extractor import LayerActivationExtractor
from skactland.activations._probe import Probe

__all__ = ["LayerActivationExtractor", "Probe", "extract_activations"]
