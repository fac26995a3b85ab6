"""Peak memory of a table that is larger than the memory it may use.

    python tests/benchmarks/spilled_table.py

100 checkpoints x 10 layers x 2000 points x 512 units of float32 (4 GB of cells, 1 GB of weights on
disk) go through LayerActivationExtractor(spill=...) and RipsPersistence; the last line is the
largest resident set that this process ever had.
"""

import argparse
import platform
import resource
import tempfile
import time
from pathlib import Path

import torch
from torch import nn

import skactland
from skactland import LayerActivationExtractor, RipsPersistence

WIDTH, DEPTH = 512, 10


def build():
    return nn.Sequential(*(nn.Sequential(nn.Linear(WIDTH, WIDTH), nn.Tanh()) for _ in range(DEPTH)))


def peak():
    """The largest resident set so far, in MB."""
    unit = 1 if platform.system() == "Darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 1e6


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--n-networks", type=int, default=100)
    parser.add_argument("--n-points", type=int, default=2000)
    parser.add_argument("--degrees", type=int, nargs="+", default=[0])
    parser.add_argument("--n-jobs", type=int, default=2)
    arguments = parser.parse_args()

    print(f"torch {torch.__version__}, skactland {skactland.__version__}; imports {peak():.0f} MB")
    probe = torch.randn(arguments.n_points, WIDTH, generator=torch.Generator().manual_seed(0))
    with tempfile.TemporaryDirectory() as folder:
        paths = []
        for i in range(arguments.n_networks):
            torch.manual_seed(i)
            paths.append(Path(folder) / f"{i}.pt")
            torch.save(build().state_dict(), paths[-1])
        start = time.perf_counter()
        extractor = LayerActivationExtractor(
            probe, layers="*", network_builder=build, spill=Path(folder) / "cells", verbose=True
        )
        clouds = extractor.fit_transform(paths)
        cells = sum(cell.nbytes for cell in clouds.ravel()) / 1e6
        print(f"{cells:.0f} MB of cells in {time.perf_counter() - start:.0f} s, {peak():.0f} MB")
        start = time.perf_counter()
        rips = RipsPersistence(arguments.degrees, n_jobs=arguments.n_jobs, verbose=True)
        rips.fit_transform(clouds)
        print(f"degrees {arguments.degrees} in {time.perf_counter() - start:.0f} s")
        print(f"peak {peak():.0f} MB")


if __name__ == "__main__":
    main()
