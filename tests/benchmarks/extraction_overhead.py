"""What extracting the layers of a ResNet-18 costs beside the bare forward pass, on one CPU thread.

    python tests/benchmarks/extraction_overhead.py

The two are timed in turn, in one run; the figures are medians, and the ratio is the median of the
ratios pair by pair.
"""

import argparse
import platform
import time

import numpy as np
import sklearn
import torch
from transformers import ResNetConfig, ResNetForImageClassification

import skactland
from skactland import extract_activations


def timed(function):
    start = time.perf_counter()
    function()
    return time.perf_counter() - start


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--n-images", type=int, default=256)
    parser.add_argument("--n-pairs", type=int, default=9)
    arguments = parser.parse_args()

    torch.set_num_threads(1)
    torch.manual_seed(0)
    sizes = {"hidden_sizes": [64, 128, 256, 512], "depths": [2, 2, 2, 2]}
    network = ResNetForImageClassification(ResNetConfig(layer_type="basic", **sizes)).eval()
    images = torch.randn(arguments.n_images, 3, 64, 64)

    def bare():
        with torch.no_grad():
            for batch in images.split(64):
                network(batch)

    def extract(layers, feature_map):
        extract_activations(network, images, layers=layers, feature_map=feature_map, batch_size=64)

    cases = {
        "8 blocks, global average": ("resnet.encoder.stages.*.layers.*", "gap"),
        "8 blocks, flattened": ("resnet.encoder.stages.*.layers.*", "flatten"),
        "all leaves, global average": ("leaf", "gap"),
    }
    print(
        f"Python {platform.python_version()}, torch {torch.__version__}, scikit-learn "
        f"{sklearn.__version__}, skactland {skactland.__version__}; {platform.machine()}, 1 thread"
    )
    print(f"{arguments.n_images} images, {arguments.n_pairs} pairs after one of warm-up")
    print(f"{'':28}{'forward':>10}{'extract':>10}{'overhead':>10}")
    for name, case in cases.items():
        bare(), extract(*case)
        pairs = np.array(
            [(timed(bare), timed(lambda: extract(*case))) for _ in range(arguments.n_pairs)]  # noqa: B023
        )
        forward, whole = np.median(pairs, axis=0)
        overhead = np.median(pairs[:, 1] / pairs[:, 0]) - 1
        print(f"{name:28}{forward:9.3f}s{whole:9.3f}s{overhead:10.1%}")


if __name__ == "__main__":
    main()
