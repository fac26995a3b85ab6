r"""
Activation landscapes through training: does topology grow, and along the layers?
=================================================================================

"Activation Landscapes as a Topological Summary of Neural Network Performance" (Wheeler, Bouza,
Bubenik, 2021) claims that (1) the topological complexity of activations often increases with
training, and (2) it does not decrease with each layer. Naitzat, Zhitnikov and Lim (2020) had found
that Betti numbers, at one fixed scale, fall with depth. Here both are looked at on the same
networks, which are our own: discs in a square, solid tori, shells, and handwritten digits.

Each network is kept as it was before training and when it first reached each of a list of training
accuracies. The activations of each layer on a probe form a point cloud; its complexity is the norm
of its landscape, :math:`\sqrt{\sum (d - b)^3 / 12}` over the bars. Each claim is a trend, over the
checkpoints or over the hidden layers, within each network: Spearman's correlation averaged over the
networks, tested by exchanging the steps within networks, two-sided, and corrected by Holm's method
over all cells of a table.

Run it with ``python examples/through_training.py``; ``--small`` is a quick look. What takes time is
kept under ``--cache``: a run that was stopped goes on where it was.
"""

import argparse
import os
import platform
import sys
import time
import warnings
from pathlib import Path

import joblib
import numpy as np
import sklearn
import torch
from joblib import Parallel, delayed
from sklearn.exceptions import ConvergenceWarning
from tqdm.auto import tqdm

sys.path.insert(0, str(Path(__file__).parent))

from experiments import claims, growth, growth_figures

import skactland
from skactland import farthest_points

SETTINGS = {
    "full": {
        "n_networks": 30,
        "n_train": 1000,
        "n_probe": 252,
        "max_epochs": 700,
        "digit_epochs": 100,
    },
    "small": {
        "n_networks": 3,
        "n_train": 200,
        "n_probe": 60,
        "max_epochs": 300,
        "digit_epochs": 60,
    },
}
GROUPS = [
    *((data, kind) for data in ("nine", "six", "two") for kind in growth.ACTIVATIONS),
    ("digits", "mlp"),
    ("digits", "cnn"),
    ("tori", "relu"),
    ("spheres", "relu"),
]
SMALL_GROUPS = [("two", "leaky"), ("digits", "mlp"), ("spheres", "relu")]
SOLIDS = ("tori", "spheres")


def jobs_for(data, kind, n_checkpoints):
    """Return which diagrams are wanted: the Euclidean ones of everything, others of a part."""
    layers = growth.layers_of(data, kind)
    everything = range(n_checkpoints)
    if data in SOLIDS:
        return {("euclidean", "class 0"): (everything, layers[:-1:2])}
    classes = [f"class {c}" for c in range(10)] if data == "digits" else ["class 0", "class 1"]
    jobs = {("euclidean", label): (everything, layers) for label in ("all", *classes)}
    ends = (0, n_checkpoints - 1)
    part = (0, n_checkpoints // 2, n_checkpoints - 1) if data == "digits" else ends
    some_layers = layers[:-1] if data == "digits" else layers[:-1:2]
    for metric in ("geodesic", "local"):
        for label in ("all",) if data == "digits" else ("all", "class 0"):
            jobs[metric, label] = (part, some_layers)
    jobs["sphere", "all"] = (everything, ["logits"])
    return jobs


def trained(data, kind, setting, memory, random_state):
    """Return the checkpoints of the networks of a group."""
    if data == "digits":
        train = memory.cache(growth.train_digits)
        return train(kind, setting["n_networks"], setting["digit_epochs"], random_state)
    share = 3 if data in SOLIDS else 1
    return memory.cache(growth.train_group)(
        data,
        kind,
        max(2, setting["n_networks"] // share),
        setting["n_train"] * share,
        setting["max_epochs"],
        random_state,
    )


def run_group(data, kind, setting, memory, n_jobs, random_state):
    """Return the checkpoints of the networks of a group, and their diagrams."""
    networks = trained(data, kind, setting, memory, random_state)
    if len(networks) < 2:
        return networks, []
    is_solid = data in SOLIDS
    probes = growth.make_probes(data, kind, setting["n_probe"], random_state)
    if is_solid:
        probes = {"class 0": well_spread(data, setting["n_probe"], random_state)}
    jobs = jobs_for(data, kind, len(networks[0]))
    degrees = (0, 1, 2) if is_solid else (0, 1)
    measure = memory.cache(growth.diagrams_of)
    tasks = (
        delayed(measure)(data, kind, [c["state"] for c in network], probes, jobs, degrees)
        for network in networks
    )
    results = Parallel(n_jobs=n_jobs, prefer="threads", return_as="generator")(tasks)
    title = f"Diagrams, {claims.title(data, kind)}"
    return networks, list(tqdm(results, title, len(networks), leave=False))


def well_spread(data, n_points, random_state):
    """Return points of class 0 that cover it, as holes of degree 2 need."""
    X, y = growth.MAKERS[data]((20 * n_points, 0), random_state=random_state + 1)
    cloud = X[y == 0].astype(np.float32)
    return cloud[farthest_points(cloud, n_points, random_state=random_state)[0]]


# %%
# The report
# ----------
# Claim 1 is about all hidden layers together, from checkpoint to checkpoint; claim 2 about the
# trained network, from hidden layer to hidden layer. The sphere metric is for the outputs alone.


def report(results, solid):
    """Return all tables as text."""

    def measured(groups):
        return {
            (data, kind): (
                networks,
                claims.squared_complexities(diagrams),
                layer_names(data, kind, len(networks[0])),
            )
            for (data, kind), (networks, diagrams) in groups.items()
        }

    def layer_names(data, kind, n_checkpoints):
        jobs = jobs_for(data, kind, n_checkpoints)
        return lambda metric, label: named(jobs, metric, label)

    planar, key = measured(results), ("geodesic", "class 0")
    betti = {
        group: growth.tabulate(diagrams, key, growth.betti_number)
        for group, (_, diagrams) in results.items()
        if key in diagrams[0]
    }
    solid = measured(solid)
    parts = {
        "Networks that reached the last threshold": claims.group_text(planar | solid),
        "Claim 1: complexity of the hidden layers from checkpoint to checkpoint": claims.claim_text(
            planar, 1
        ),
        "Claim 2: complexity of the trained network from hidden layer to hidden layer": (
            claims.claim_text(planar, 2)
        ),
        "Class 0: Betti numbers at hop distance 2.5 (means) and complexity (medians)": (
            claims.betti_text(planar, betti)
        ),
        "Degrees 0 to 2, class 0: complexity (medians)": claims.solid_text(solid),
    }
    return "\n\n".join(f"{head}\n{'-' * len(head)}\n{text}" for head, text in parts.items() if text)


def named(jobs, metric, label):
    """Return the names of the layers that the diagrams of a metric and class are of."""
    metric = "euclidean" if metric == "scaled" else metric
    label = next(
        name for m, name in jobs if m == metric and (label != "one class" or name != "all")
    )
    return jobs[metric, label][1]


# %%


def main(arguments=None):
    """Run it all."""
    parser = argparse.ArgumentParser(description=__doc__.strip().splitlines()[0])
    parser.add_argument("--small", action="store_true", help="few networks, for a quick look")
    parser.add_argument("--groups", nargs="+", default=None, help="such as nine,tanh; default all")
    parser.add_argument("--output", default=".", help="folder for the tables and figures")
    parser.add_argument("--cache", default=None, help="folder that a stopped run goes on from")
    parser.add_argument("--n-jobs", type=int, default=2, help="networks measured at once")
    parser.add_argument("--random-state", type=int, default=0, help="the seed of everything")
    options = parser.parse_args(arguments)
    start = time.perf_counter()
    setting = SETTINGS["small" if options.small else "full"]
    memory = joblib.Memory(options.cache, verbose=0)
    torch.set_num_threads(1)

    def run(groups):
        found = {}
        for data, kind in tqdm(groups, "Groups"):
            found[data, kind] = run_group(
                data, kind, setting, memory, options.n_jobs, options.random_state
            )
        for group in [group for group, (_, diagrams) in found.items() if not diagrams]:
            print(f"Left out: {claims.title(*group)}, as fewer than two networks got to the end.")
            del found[group]
        return found

    wanted = SMALL_GROUPS if options.small else GROUPS
    if options.groups:
        wanted = [tuple(group.split(",")) for group in options.groups]
    solid_groups = [group for group in wanted if group[0] in SOLIDS]
    with warnings.catch_warnings():
        # Some layers have no loop at all; how many networks got there is printed.
        warnings.filterwarnings("ignore", "No bar above degree 0", UserWarning)
        warnings.simplefilter("ignore", ConvergenceWarning)
        results = run([group for group in wanted if group not in solid_groups])
        solid = run(solid_groups)
    text = report(results, solid)
    print(text)
    output = Path(options.output)
    output.mkdir(parents=True, exist_ok=True)
    (output / "through_training.txt").write_text(text + "\n", encoding="utf-8")
    growth_figures.draw_all(results, output)
    print(
        f"\nPython {platform.python_version()}, torch {torch.__version__}, scikit-learn "
        f"{sklearn.__version__}, skactland {skactland.__version__}; {os.cpu_count()} cores; "
        f"{time.perf_counter() - start:.0f} s."
    )
    return text


if __name__ == "__main__":
    main()
