"""The order of the gallery: what reads one network first, then zoos, then long comparisons."""

from pathlib import Path

_ORDER = (
    "read_landscape",
    "what_parameters_do",
    "loops",
    "predict_accuracy",
    "loadings",
    "zoo_from_folder",
    "compare_groups",
    "compare_networks",
    "through_training",
    "transformer_and_cnn",
    "benchmark_generalisation",
    "benchmark_predict_accuracy",
    "benchmark_representations",
)


class ByIdea:
    """Sort key of examples by their file names; those that are in no list come last, by name."""

    def __init__(self, src_dir):
        pass

    def __call__(self, filename):
        """Return where an example comes."""
        name = Path(filename).stem
        return (_ORDER.index(name) if name in _ORDER else len(_ORDER), name)
