"""Divergences of all layers from all layers, and their dimensions, beside what they may take.

    python tests/benchmarks/comparison.py   # half a minute

Run it with OMP_NUM_THREADS=1, on one thread. The clouds are what a perceptron of twelve hidden
layers of 128 units, as it is built, makes of Gaussian inputs: noise, of which each layer keeps
less. Figures are medians of the repeats after one of warm-up, in seconds of the processor.

- divergences: 12 layers by 12, of 500 inputs, distances and their quantiles inside. RTD is of both
  directions.
- dimensions: 12 layers of 1000 points, distances inside, by each estimator.
"""

import argparse
import platform
import time

import numba
import numpy as np
import scipy

import skactland
from skactland import DimensionVectorizer
from skactland.comparison import layer_divergences

#: What was asked for, in seconds.
TARGETS = {"rtd": 5.0, "ph": 5.0}


def layers(n_points, n_layers=12, n_units=128):
    """Return the activations of a perceptron with random weights, layer by layer."""
    rng = np.random.default_rng(0)
    points, clouds = rng.normal(size=(n_points, n_units)), {}
    for i in range(n_layers):
        weights = rng.normal(size=(n_units, n_units)) * np.sqrt(2 / n_units)
        points = np.maximum(points @ weights, 0.0)
        clouds[f"fc{i}"] = points.astype(np.float32)
    return clouds


def median_seconds(run, repeats):
    times = []
    for _ in range(repeats + 1):
        start = time.process_time()
        run()
        times.append(time.process_time() - start)
    return np.median(times[1:])


def show(name, seconds):
    target = TARGETS.get(name)
    print(f"{name:14}{seconds:>10.2f}{'' if target is None else f'{target:>10.1f}'}")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--repeats", type=int, default=3)
    repeats = parser.parse_args().repeats
    print(
        f"Python {platform.python_version()}, skactland {skactland.__version__}, NumPy "
        f"{np.__version__}, SciPy {scipy.__version__}, Numba {numba.__version__}"
    )
    print(f"\n{'12 x 12 layers of 500 inputs':28}\n{'':14}{'seconds':>10}{'target':>10}")
    clouds = layers(500)
    for measure in ("rtd", "rtd_lite", "cka", "procrustes", "rsa", "svcca"):
        show(
            measure,
            median_seconds(lambda m=measure: layer_divergences(clouds, measure=m), repeats),
        )
    print(f"\n{'12 layers of 1000 points':28}\n{'':14}{'seconds':>10}{'target':>10}")
    table = np.empty((1, 12), dtype=object)
    for j, cloud in enumerate(layers(1000).values()):
        table[0, j] = cloud
    for estimator in ("ph", "twonn", "mle"):
        vectorizer = DimensionVectorizer((estimator,), random_state=0).fit(table)
        show(estimator, median_seconds(lambda v=vectorizer: v.transform(table), repeats))


if __name__ == "__main__":
    main()
