"""Homology of the maps of convolutional networks, one class of images: seconds on one thread.

    python tests/benchmarks/conv_maps.py
    python tests/benchmarks/conv_maps.py --networks 20

Untrained networks of four convolutions and four ReLUs, given 2000 images of one class, whose eight
maps are clouds of 512 to 2048 units. "stage" is `RipsPersistence` on all of them, "distances" the
matrices alone, "product" X X^T of each in double precision: the least that distances take when all
of it is worked out. All run in turn, on the same clouds, in processor time.
"""

import argparse
import time

import numpy as np
import torch
from threadpoolctl import threadpool_limits
from torch import nn

from skactland import RipsPersistence
from skactland.metrics import distance_matrix


def maps(seed, n_images=2000):
    """The maps of a network, each flattened: images are mixtures of six patterns, with noise."""
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    patterns, weights = rng.normal(size=(6, 8, 8)), 0.4 * rng.normal(size=(n_images, 6))
    weights[:, 0] += 1
    images = np.tensordot(weights, patterns, 1) + 0.1 * rng.normal(size=(n_images, 8, 8))
    found, x = [], torch.tensor(images[:, None], dtype=torch.float32)
    for n_in, n_out, stride in ((1, 16, 1), (16, 32, 1), (32, 32, 2), (32, 64, 1)):
        for module in (nn.Conv2d(n_in, n_out, 3, stride, padding=1), nn.ReLU()):
            with torch.no_grad():
                x = module(x)
            found.append(x.flatten(1).numpy())
    return found


def main(n_networks):
    torch.set_num_threads(1)
    table = np.empty((n_networks, 8), dtype=object)
    for i in range(n_networks):
        for j, cloud in enumerate(maps(i)):
            table[i, j] = cloud
    persistence = RipsPersistence()
    persistence.fit_transform([[cloud[:200] for cloud in table[0]]])
    works = {
        "stage": lambda row: persistence.fit_transform([list(row)]),
        "distances": lambda row: [distance_matrix(cloud) for cloud in row],
        "product": lambda row: [cloud @ cloud.T for cloud in map(np.float64, row)],
    }
    spent = dict.fromkeys(works, 0.0)
    with threadpool_limits(1):
        for row in table:
            for name, work in works.items():
                start = time.process_time()
                work(row)
                spent[name] += time.process_time() - start
    print(f"{n_networks} networks x 8 maps x 2000 images")
    for name, seconds in spent.items():
        print(f"{name:10}{seconds:8.2f} s{seconds / spent['product']:7.2f} of the product")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--networks", type=int, default=4)
    main(parser.parse_args().networks)
