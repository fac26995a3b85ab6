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
from pathlib import Path

import joblib
import numpy as np
import sklearn
import torch
from joblib import Parallel, delayed
from tqdm.auto import tqdm

sys.path.insert(0, str(Path(__file__).parent))

from experiments import growth, growth_figures
from experiments.trends import trend, word_table

import skactland
from skactland import farthest_points

NAMES = {
    "nine": "nine discs",
    "six": "six discs",
    "two": "two discs",
    "digits": "digits",
    "tori": "linked tori",
    "spheres": "nested shells",
}
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
]
SOLIDS = ("tori", "spheres")


def jobs_for(data, kind, n_checkpoints):
    """Return which diagrams are wanted: the Euclidean ones of everything, others of a part."""
    layers = growth.layers_of(data, kind)
    everything = range(n_checkpoints)
    if data in SOLIDS:
        return {("euclidean", "class 0"): (everything, layers[:-1:2])}
    classes = [f"class {c}" for c in range(10)] if data == "digits" else ["class 0", "class 1"]
    jobs = {("euclidean", label): (everything, layers) for label in ("all", *classes)}
    part = (0, n_checkpoints // 2, n_checkpoints - 1)
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
    title = f"Diagrams, {NAMES[data]}, {kind}"
    return networks, list(tqdm(results, title, len(networks), leave=False))


def well_spread(data, n_points, random_state):
    """Return points of class 0 that cover it, as holes of degree 2 need."""
    X, y = growth.MAKERS[data]((20 * n_points, 0), random_state=random_state + 1)
    cloud = X[y == 0].astype(np.float32)
    return cloud[farthest_points(cloud, n_points, random_state=random_state)[0]]


# %%
# The claims
# ----------
# Claim 1 is about all hidden layers together, from checkpoint to checkpoint; claim 2 about the
# trained network, from hidden layer to hidden layer. The sphere metric is for the outputs alone.


def class_keys(found, metric, label):
    """Return the keys of a row: of "one class", those of all classes for themselves, together."""
    labels = [name for m, name in found if m == metric and name != "all"]
    wanted = labels if label == "one class" else ["all"]
    return [(metric, name) for name in wanted if (metric, name) in found]


def cells_by_step(diagrams, metric, label, degree, claim):
    """Return the diagrams by network, step and column, for one of the claims; [] if not there."""
    cells = []
    for found in diagrams:
        keys = class_keys(found, metric, label)
        if not keys:
            return []
        # by key, checkpoint and layer; hidden layers lie between the input and the outputs
        bars = [[[layer[degree] for layer in c] for c in found[key]] for key in keys]
        if metric == "sphere":
            hidden = slice(None)
        else:
            has_softmax = metric in ("euclidean", "scaled") and len(bars[0][0]) > 7
            hidden = slice(1, -2 if has_softmax else -1)
        if claim == 1:
            steps = [[d for b in bars for d in b[c][hidden]] for c in range(len(bars[0]))]
        else:
            trained = [b[-1][hidden] for b in bars]
            steps = [list(columns) for columns in zip(*trained, strict=True)]
        cells.append(steps)
    return cells if len(cells[0]) > 1 else []


def claim_tables(results, claim, degrees=(0, 1)):
    """Return the text of a claim's tables, for all classes together and one at a time."""
    metrics = ["euclidean", "scaled", "geodesic", "local"] + ["sphere"] * (claim == 1)
    rows = [title(*group) for group in results]
    columns = [f"{metric} H{q}" for metric in metrics for q in degrees]
    trends = {}
    for group, (_, diagrams) in results.items():
        for metric in metrics:
            for label in ("all", "one class"):
                for q in degrees:
                    cells = cells_by_step(diagrams, metric, label, q, claim)
                    if cells:
                        trends[title(*group), f"{metric} H{q}", label] = trend(cells)
    parts = []
    for label in ("all", "one class"):
        here = {key[:2]: found for key, found in trends.items() if key[2] == label}
        if here:
            used = [c for c in columns if any(column == c for _, column in here)]
            heading = "all classes" if label == "all" else "one class at a time"
            parts.append(f"{heading}\n{word_table(here, rows, used)}")
    return "\n\n".join(parts)


def title(data, kind):
    """Return the name of a group."""
    return f"{NAMES[data]}, {kind}"


def summary_table(results, n_networks):
    """Return which networks there are, and when they got where."""
    lines = [f"{'group':<22}{'networks':>9}{'untrained':>11}{'epochs (median)':>17}"]
    for group, (networks, _) in results.items():
        if networks:
            first = np.median([network[0]["accuracy"] for network in networks])
            last = np.median([network[-1]["epoch"] for network in networks])
            lines.append(f"{title(*group):<22}{len(networks):>9}{first:>11.2f}{last:>17.0f}")
    return "\n".join(lines)


def betti_table(results):
    """Return mean Betti numbers at the fixed scale and complexities, of class 0 by layer."""
    lines = []
    for group, (_, diagrams) in results.items():
        if ("geodesic", "class 0") not in diagrams[0]:
            continue
        names = growth.layers_of(*group)[:-1:2]
        if not lines:
            lines.append(f"{'':<34}" + "".join(f"{name:>9}" for name in names))
        for place, word in ((0, "untrained"), (-1, "trained")):
            betti = growth.tabulate(diagrams, ("geodesic", "class 0"), growth.betti_number)
            means = betti[:, place].mean(axis=0)
            for q in (0, 1):
                head = f"{title(*group)}, {word}, b{q}"
                lines.append(f"{head:<34}" + "".join(f"{b:>9.2f}" for b in means[:, q]))
            for metric in ("euclidean", "scaled"):
                sizes = growth.tabulate(diagrams, (metric, "class 0"), growth.complexity)
                values = np.median(sizes[:, place, :-1:2, 1], axis=0)
                head = f"{title(*group)}, {word}, {metric[:6]}. H1"
                lines.append(f"{head:<34}" + "".join(f"{v:>9.3g}" for v in values))
    return "\n".join(lines)


def solid_table(results):
    """Return the median complexity by layer and degree of the three-dimensional data sets."""
    lines = []
    for group, (_, diagrams) in results.items():
        names = growth.layers_of(*group)[:-1:2]
        if not lines:
            lines.append(f"{'':<34}" + "".join(f"{name:>9}" for name in names) + "   trend")
        for metric in ("euclidean", "scaled"):
            sizes = growth.tabulate(diagrams, (metric, "class 0"), growth.complexity)
            for q in (0, 1, 2):
                for place, word in ((0, "untrained"), (-1, "trained")):
                    head = f"{title(*group)}, {metric[:6]}. H{q}, {word}"
                    values = np.median(sizes[:, place, :, q], axis=0)
                    cells = [
                        [[c[q]] for c in found[metric, "class 0"][place][1:-1]]
                        for found in diagrams
                    ]
                    rho = trend(cells).rho
                    text = "".join(f"{v:>9.3g}" for v in values)
                    lines.append(f"{head:<34}{text}   {rho:+.2f}")
    return "\n".join(lines)


def report(results, solid, setting):
    """Return all tables as text."""
    parts = {
        "Networks that reached the last threshold": summary_table(
            results | solid, setting["n_networks"]
        ),
        "Claim 1: complexity of the hidden layers from checkpoint to checkpoint": claim_tables(
            results, 1
        ),
        "Claim 2: complexity of the trained network from hidden layer to hidden layer": (
            claim_tables(results, 2)
        ),
        "Class 0: Betti numbers at hop distance 2.5 (means), complexity (medians)": betti_table(
            results
        ),
        "Degrees 0 to 2, class 0 (medians; trend over the hidden layers shown)": solid_table(solid),
    }
    return "\n\n".join(f"{head}\n{'-' * len(head)}\n{text}" for head, text in parts.items())


# %%


def main(arguments=None):
    """Run it all."""
    parser = argparse.ArgumentParser(description=__doc__.strip().splitlines()[0])
    parser.add_argument("--small", action="store_true", help="few networks, for a quick look")
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
            print(f"{title(*group)}: fewer than two networks reached the last threshold; left out.")
            del found[group]
        return found

    groups = [("two", "leaky"), ("digits", "mlp")] if options.small else GROUPS
    solids = SOLIDS[1:] if options.small else SOLIDS
    results, solid = run(groups), run([(data, "relu") for data in solids])
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
