"""What it costs to read networks, beside the least that one could write by hand; one CPU thread.

    python tests/benchmarks/extraction.py                       # all of it, some five minutes
    python tests/benchmarks/extraction.py many one              # some parts
    python tests/benchmarks/extraction.py one --image-size 224

Each repeat runs all that is compared once, in turn. Figures are medians of the repeats after one of
warm-up, and ratios the medians of the ratios within a repeat. Seconds are those of the processor,
which others on the machine lengthen less.

- many: 500 perceptrons 64-24-24-10 on 1000 points, from modules, from a cache and from files. The
  peer is a loop of plain forward hooks over the leaves, or one that loads each file first.
- one: a ResNet-18 on 1000 images, beside its bare forward pass in the same batches.
- wide: a hit of the cache on a layer of 16,384 units and 1000 points, beside ``numpy.load`` of a
  file of as many bytes, and beside computing it.
- memory: the growth of the resident memory of a process of its own (Linux), over the bytes of the
  clouds that it returns.
- items: how often each item of a dataset is read in five folds of 20 networks.
"""

import argparse
import platform
import subprocess
import sys
import tempfile
import time
from itertools import pairwise
from pathlib import Path

import numpy as np
import sklearn
import torch
from sklearn.dummy import DummyRegressor
from sklearn.model_selection import cross_validate
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer
from torch import nn
from torch.utils.data import Dataset

import skactland
from skactland import LayerActivationExtractor, Probe, extract_activations
from skactland._table import trim_memory


def compare(runs, repeats):
    """Return the seconds of each run, of shape (repeats, runs); each repeat runs all, in turn."""
    times = [[timed(run) for run in runs.values()] for _ in range(repeats + 1)]
    return np.array(times[1:])


def timed(run):
    start = time.process_time()
    run()
    return time.process_time() - start


def report(title, runs, repeats, peer):
    """Time some runs, and print them beside one of them."""
    times = compare(runs, repeats)
    ratios = times / times[:, [list(runs).index(peer)]]
    print(f"\n{title}; {repeats} repeats\n{'':36}{'median':>10}  ratio to {peer}")
    for name, time_, ratio in zip(runs, np.median(times, 0), np.median(ratios, 0), strict=True):
        print(f"{name:36}{time_:9.3f}s{ratio:10.2f}", flush=True)


def hooked(network, batches):
    """What one would write by hand: each leaf's outputs, batch by batch."""
    outputs, handles = {}, []
    for name, module in network.named_modules():
        if not list(module.children()):

            def keep(module, args, output, name=name):
                outputs.setdefault(name, []).append(output.clone())

            handles.append(module.register_forward_hook(keep))
    run(network, batches)
    for handle in handles:
        handle.remove()
    return {name: torch.cat(parts).numpy() for name, parts in outputs.items()}


@torch.no_grad()
def run(network, batches):
    for batch in batches:
        network(batch)


def perceptron():
    return nn.Sequential(
        nn.Linear(64, 24), nn.ReLU(), nn.Linear(24, 24), nn.ReLU(), nn.Linear(24, 10)
    )


def perceptrons(n):
    torch.manual_seed(0)
    return [perceptron().eval() for _ in range(n)]


def many(arguments):
    """Many small networks: what each costs beside its forward pass."""
    networks, probe = perceptrons(500), torch.randn(1000, 64)
    batches = probe.split(256)
    with tempfile.TemporaryDirectory() as folder:
        folder = Path(folder)
        paths = [folder / f"{i}.pt" for i in range(len(networks))]
        for network, path in zip(networks, paths, strict=True):
            torch.save(network.state_dict(), path)
        caches = iter(folder / f"cache{i}" for i in range(arguments.repeats + 1))
        cache = None

        def read(rows, **options):
            return LayerActivationExtractor(probe, **options).fit_transform(rows)

        def miss():
            nonlocal cache
            cache = next(caches)
            read(networks, memory=cache)

        def load(path):
            network = perceptron().eval()
            network.load_state_dict(torch.load(path, weights_only=True))
            return network

        runs = {
            "forward": lambda: [run(network, batches) for network in networks],
            "hooks": lambda: [hooked(network, batches) for network in networks],
            "ours": lambda: read(networks),
            "ours, unchecked": lambda: read(networks, check=False),
            "ours, memory= misses": miss,
            "ours, memory= hits": lambda: read(networks, memory=cache),
            "files, forward": lambda: [run(load(path), batches) for path in paths],
            "files, ours": lambda: read(paths, network_builder=perceptron),
        }
        report("500 perceptrons, 1000 points", runs, arguments.repeats, "hooks")


class Block(nn.Module):
    """Two convolutions and a shortcut."""

    def __init__(self, n_in, n_out, stride):
        super().__init__()
        self.body = nn.Sequential(
            nn.Conv2d(n_in, n_out, 3, stride, 1, bias=False),
            nn.BatchNorm2d(n_out),
            nn.ReLU(inplace=True),
            nn.Conv2d(n_out, n_out, 3, 1, 1, bias=False),
            nn.BatchNorm2d(n_out),
        )
        self.shortcut = nn.Identity()
        if n_in != n_out:
            shortcut = nn.Conv2d(n_in, n_out, 1, stride, bias=False)
            self.shortcut = nn.Sequential(shortcut, nn.BatchNorm2d(n_out))
        self.relu = nn.ReLU(inplace=True)

    def forward(self, x):
        return self.relu(self.body(x) + self.shortcut(x))


def resnet18():
    """The residual network of He et al. (2016) with 18 layers, random."""
    torch.manual_seed(0)
    widths = (64, 64, 128, 256, 512)
    blocks = []
    for i, (n_in, n_out) in enumerate(pairwise(widths)):
        blocks += [Block(n_in, n_out, 1 if i == 0 else 2), Block(n_out, n_out, 1)]
    stem = nn.Sequential(
        nn.Conv2d(3, 64, 7, 2, 3, bias=False),
        nn.BatchNorm2d(64),
        nn.ReLU(inplace=True),
        nn.MaxPool2d(3, 2, 1),
    )
    head = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(512, 1000))
    parts = {"stem": stem, "blocks": nn.Sequential(*blocks), "head": head}
    network = nn.Sequential()
    for name, part in parts.items():
        network.add_module(name, part)
    return network.eval()


def one(arguments):
    """One large network: what reading adds to its forward pass."""
    network, size = resnet18(), arguments.image_size
    images = torch.randn(arguments.n_images, 3, size, size)

    def read(**options):
        return lambda: extract_activations(network, images, batch_size=64, **options)

    cases = {
        "8 blocks, averages": {"layers": "blocks.*", "feature_map": "gap"},
        "8 blocks, flattened": {"layers": "blocks.*"},
        "all leaves, averages": {"feature_map": "gap"},
    }
    runs = {"forward": lambda: run(network, images.split(64))}
    for name, case in cases.items():
        runs[name] = read(**case)
        runs[f"{name}, unchecked"] = read(**case, check=False)
    title = f"ResNet-18, {len(images)} images of {size} x {size}"
    report(title, runs, arguments.repeats, "forward")


def wide(arguments):
    """A hit of the cache on a wide layer: what it costs beside the read of its file."""
    torch.manual_seed(0)
    network, probe = nn.Sequential(nn.Linear(512, 16384)).eval(), torch.randn(1000, 512)
    with tempfile.TemporaryDirectory() as folder:
        points = extract_activations(network, probe, memory=folder)["0"]
        path = Path(folder) / "points.npy"
        np.save(path, points)
        runs = {
            "read of a file": lambda: np.load(path),
            "computed": lambda: extract_activations(network, probe),
            "memory= hits": lambda: extract_activations(network, probe, memory=folder),
        }
        title = f"a layer of {points.shape[1]} units, {points.nbytes / 1e6:.0f} MB"
        report(title, runs, arguments.repeats, "read of a file")


def read_status(name):
    lines = Path("/proc/self/status").read_text().splitlines()
    return 1024 * int(next(line for line in lines if line.startswith(name)).split()[1])


def table_of_many():
    networks, probe = perceptrons(500), torch.randn(1000, 64)
    return lambda: list(LayerActivationExtractor(probe).fit_transform(networks).ravel())


def cloud_of_one():
    layers = (nn.Sequential(nn.Linear(2048, 2048), nn.ReLU()) for _ in range(8))
    network, probe = nn.Sequential(*layers).eval(), torch.randn(4000, 2048)
    return lambda: list(extract_activations(network, probe).values())


LARGE = {"500 perceptrons": table_of_many, "one network, 16 wide layers": cloud_of_one}


def growth(name):
    """Return the peak of resident memory beyond what is held before, and the bytes of clouds.

    Held before are the networks and the probe.
    """
    extract_activations(perceptron(), torch.randn(10, 64))  # imports count for nothing
    read = LARGE[name]()
    trim_memory()
    Path("/proc/self/clear_refs").write_text("5")  # the peak is measured from here
    before = read_status("VmRSS")
    clouds = read()
    return read_status("VmHWM") - before, sum(cloud.nbytes for cloud in clouds)


def memory(arguments):
    """The peak of memory beside what is returned."""
    print(f"\n{'peak of memory, over the clouds':36}{'peak':>7} MB{'clouds':>7} MB   ratio")
    for name in LARGE:
        command = [sys.executable, __file__, "--grow", name]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        peak, clouds = map(int, done.stdout.split())
        print(f"{name:36}{peak / 1e6:7.0f} MB{clouds / 1e6:7.0f} MB{peak / clouds:8.2f}")


class Counting(Dataset):
    """Items that know how often they were read."""

    def __init__(self, rows):
        self.rows = rows
        self.n_reads = 0

    def __len__(self):
        return len(self.rows)

    def __getitem__(self, i):
        self.n_reads += 1
        return self.rows[i]


def items(arguments):
    """The reads of a dataset's items in a cross-validation."""
    dataset = Counting(torch.randn(100, 64))
    pipeline = make_pipeline(
        LayerActivationExtractor(Probe(dataset)),
        FunctionTransformer(lambda table: np.zeros((len(table), 1))),
        DummyRegressor(),
    )
    networks = np.empty(20, object)
    networks[:] = perceptrons(20)
    cross_validate(pipeline, networks, np.arange(20.0), cv=5)
    print(f"\nreads of each item, 20 networks in 5 folds: {dataset.n_reads / len(dataset):.1f}")


PARTS = {part.__name__: part for part in (many, one, wide, memory, items)}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("parts", nargs="*", metavar=f"{{{','.join(PARTS)}}}")
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--n-images", type=int, default=1000)
    parser.add_argument("--image-size", type=int, default=64)
    parser.add_argument("--grow", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    if arguments.grow:
        print(*growth(arguments.grow))
        return
    print(
        f"Python {platform.python_version()}, torch {torch.__version__}, scikit-learn "
        f"{sklearn.__version__}, skactland {skactland.__version__}; {processor()}, 1 thread"
    )
    for name in arguments.parts or PARTS:
        PARTS[name](arguments)


def processor():
    """The processor by its name, where the system tells."""
    path = Path("/proc/cpuinfo")
    lines = path.read_text().splitlines() if path.exists() else []
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(names, platform.machine())


if __name__ == "__main__":
    main()
