"""The zoos that `zoos.py` takes through, and what it asks of processes and their memory."""

import contextlib
import os
from pathlib import Path

import numpy as np
import torch
from sklearn.datasets import load_digits
from sklearn.pipeline import make_pipeline
from torch import nn

from skactland import LayerActivationExtractor, RipsPersistence


def convolutional():
    """Six layers of a few thousand weights, for images of 8 x 8."""
    return nn.Sequential(
        *(
            nn.Sequential(nn.Conv2d(1, 4, 3), nn.ReLU()),
            nn.Sequential(nn.Conv2d(4, 8, 3), nn.ReLU()),
        ),
        nn.Sequential(nn.Conv2d(8, 8, 3), nn.ReLU(), nn.Flatten()),
        *(nn.Sequential(nn.Linear(32, 32), nn.Tanh()), nn.Sequential(nn.Linear(32, 32), nn.Tanh())),
        nn.Linear(32, 10),
    )


def perceptron():
    """Two layers, for the same images."""
    return nn.Sequential(
        nn.Flatten(), nn.Sequential(nn.Linear(64, 16), nn.Tanh()), nn.Linear(16, 10)
    )


def residual():
    """A ResNet-18 of 11 million weights."""
    from transformers import ResNetConfig, ResNetModel

    sizes = {"embedding_size": 64, "hidden_sizes": [64, 128, 256, 512], "depths": [2, 2, 2, 2]}
    return ResNetModel(ResNetConfig(**sizes, layer_type="basic"))


def images(n_points):
    return (load_digits().images[:n_points, None] / 16).astype(np.float32)


def zoo(folder, build, n_networks):
    """Return the paths of checkpoints, made where they are not there yet."""
    folder = folder / build.__name__
    folder.mkdir(parents=True, exist_ok=True)
    paths = [str(folder / f"{i:06d}.pt") for i in range(n_networks)]
    for i, path in enumerate(paths):
        if not os.path.exists(path):
            torch.manual_seed(i)
            torch.save(build().state_dict(), path)
    return paths


def stages(build, probe, layers="*"):
    extractor = LayerActivationExtractor(probe, layers=layers, network_builder=build)
    return make_pipeline(extractor, RipsPersistence())


def nbytes(table):
    return sum(cell.nbytes for cell in table.ravel())


def are_same(found, expected):
    pairs = zip(found.ravel(), expected.ravel(), strict=True)
    return found.shape == expected.shape and all(a.tobytes() == b.tobytes() for a, b in pairs)


# What a process takes


def peak(pid="self"):
    """Return the largest resident set that a process ever had, in bytes."""
    status = Path(f"/proc/{pid}/status").read_text()
    return 1024 * int(status.split("VmHWM:")[1].split()[0])


def children(pid):
    """Return the processes that a process has begun."""
    found = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [int(child) for child in found]


def workers_of(pid):
    """Return loky's workers among them."""
    found = []
    for child in children(pid):
        with contextlib.suppress(OSError):  # it ended
            if "popen_loky" in Path(f"/proc/{child}/cmdline").read_text():
                found.append(child)
    return found


def processor():
    """Return the processor seconds of this process and its workers."""
    ticks = 0
    for pid in (os.getpid(), *workers_of(os.getpid())):
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")
