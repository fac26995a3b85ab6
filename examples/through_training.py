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

# sphinx_gallery_thumbnail_path = "images/complexity_through_training.png"

import argparse
import os
import platform
import sys
import time
import warnings
from functools import partial
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
        "n_probe": 360,
        "max_epochs": 1000,
        "digit_probe": 252,
        "digit_epochs": 100,
    },
    "small": {
        "n_networks": 3,
        "n_train": 200,
        "n_probe": 60,
        "max_epochs": 300,
        "digit_probe": 60,
        "digit_epochs": 60,
    },
}
GROUPS = [
    *((data, kind) for data in ("nine", "six", "two") for kind in ("tanh", "relu", "leaky")),
    ("six", "small-tanh"),
    ("two", "small-tanh"),
    ("digits", "mlp"),
    ("digits", "cnn"),
    ("tori", "relu"),
    ("spheres", "relu"),
]
SMALL_GROUPS = [("two", "leaky"), ("digits", "mlp"), ("spheres", "relu")]
# The classes of solids that a few hundred points can cover; the balls and the outer shells around
# the nested spheres would need thousands.
SOLIDS = {"tori": ("class 0", "class 1"), "spheres": ("class 0",)}
#: In mean distances of a cloud: there the inputs show all holes of solids, and nothing else.
SOLID_SCALE = 0.2


def jobs_for(data, kind, n_checkpoints):
    """Return which diagrams are wanted: the Euclidean ones of everything, others of a part."""
    layers = growth.layers_of(data, kind)
    everything = range(n_checkpoints)
    if data in SOLIDS:
        return {("euclidean", label): (everything, layers[:-1:2]) for label in SOLIDS[data]}
    is_digits = data == "digits"
    classes = [f"class {c}" for c in range(10 if is_digits else 2)]
    jobs = {("euclidean", label): (everything, layers) for label in ("all", *classes)}
    # Digits have many classes, discs have many layers: neither can have all of both.
    part = (0, n_checkpoints // 2, n_checkpoints - 1) if is_digits else everything
    some_layers = layers[:-1] if is_digits else layers[:-1:2]
    for metric in ("geodesic", "local"):
        for label in ("all",) if is_digits else ("all", *classes):
            jobs[metric, label] = (part, some_layers)
    jobs["sphere", "all"] = (everything, ["logits"])
    return jobs


def n_networks_of(data, setting):
    """Return how many networks of a group are trained."""
    return max(2, setting["n_networks"] // 2) if data in SOLIDS else setting["n_networks"]


def trained(data, kind, setting, memory, random_state):
    """Return the checkpoints of the networks of a group that reach the last threshold."""
    n_networks = n_networks_of(data, setting)
    if data == "digits":
        train = memory.cache(growth.train_digits)
        return train(kind, n_networks, setting["digit_epochs"], random_state)
    n_train, learning_rate = setting["n_train"], 1e-3
    if data in SOLIDS:
        n_train, learning_rate = 3 * n_train, 3e-3
    return memory.cache(growth.train_group)(
        data, kind, n_networks, n_train, setting["max_epochs"], learning_rate, random_state
    )


def run_group(data, kind, setting, memory, n_jobs, random_state):
    """Return the checkpoints of the networks of a group, and their diagrams."""
    networks = trained(data, kind, setting, memory, random_state)
    if len(networks) < 2:
        return networks, []
    is_solid = data in SOLIDS
    if is_solid:
        probes = well_spread(data, setting["n_probe"], random_state)
    else:
        n_probe = setting["digit_probe" if data == "digits" else "n_probe"]
        probes = growth.make_probes(data, kind, n_probe, random_state)
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
    """Return points of each class that cover it, as holes of degree 2 need, by its name."""
    X, y = growth.MAKERS[data]((20 * n_points, 20 * n_points), random_state=random_state + 1)
    clouds = {label: X[y == int(label[-1])].astype(np.float32) for label in SOLIDS[data]}
    return {
        label: cloud[farthest_points(cloud, n_points, random_state=random_state)[0]]
        for label, cloud in clouds.items()
    }


# %%
# The report
# ----------
# Claim 1 is about all hidden layers together, from checkpoint to checkpoint; claim 2 about the
# trained network, from hidden layer to hidden layer. The sphere metric is for the outputs alone.


def report(results, solid, setting):
    """Return all tables as text."""
    n_trained = {group: n_networks_of(group[0], setting) for group in results | solid}
    planar_betti, solid_betti = betti_numbers(results, solid)
    planar, solid = measured(results), measured(solid)
    parts = {
        "Networks that reached the last threshold": claims.group_text(planar | solid, n_trained),
        "Claim 1: complexity of the hidden layers from checkpoint to checkpoint": claims.claim_text(
            planar, 1
        ),
        "Claim 2: complexity of the trained network from hidden layer to hidden layer": (
            claims.claim_text(planar, 2)
        ),
        "Class 0: Betti numbers at hop distance 2.5 (means) and complexity (medians)": (
            claims.betti_text(planar, planar_betti)
        ),
        "Solids, degrees 0 to 2: claim 1": solid and claims.claim_text(solid, 1, (0, 1, 2)),
        "Solids, degrees 0 to 2: claim 2": solid and claims.claim_text(solid, 2, (0, 1, 2)),
        f"Solids: Betti numbers at scaled distance {SOLID_SCALE} (means), complexity (medians)": (
            claims.solid_text(solid, solid_betti)
        ),
    }
    return "\n\n".join(f"{head}\n{'-' * len(head)}\n{text}" for head, text in parts.items() if text)


def measured(groups):
    """Return the checkpoints, squared complexities and names of the layers of each group."""
    found = {}
    for (data, kind), (networks, diagrams) in groups.items():
        name_layers = partial(named, jobs_for(data, kind, len(networks[0])))
        found[data, kind] = networks, claims.squared_complexities(diagrams), name_layers
    return found


def betti_numbers(results, solid):
    """Return Betti numbers by group in hop distance, and by group and class in scaled distance."""
    hops = ("geodesic", "class 0")
    planar = {
        group: growth.tabulate(diagrams, hops, growth.betti_number)
        for group, (_, diagrams) in results.items()
        if hops in diagrams[0]
    }
    in_space = {
        (group, label): growth.tabulate(
            diagrams, ("scaled", label), partial(growth.betti_number, scale=SOLID_SCALE)
        )
        for group, (_, diagrams) in solid.items()
        for label in SOLIDS[group[0]]
    }
    return planar, in_space


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
        warnings.filterwarnings("ignore", "No bar in some degree above 0", UserWarning)
        warnings.simplefilter("ignore", ConvergenceWarning)
        results = run([group for group in wanted if group not in solid_groups])
        solid = run(solid_groups)
    text = report(results, solid, setting)
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
