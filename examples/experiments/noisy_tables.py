"""Which rows of the benchmark of noisy zoos are compared, and its tables and figure."""

from dataclasses import replace
from itertools import product

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from experiments import scoring

NUMBERS = ("confidence", "distance quantiles", "all numbers")
#: Rows that know more, and the twin of the labelled merges.
MORE = (
    "recipe",
    "data alone",
    "agreement with the zoo",
    "labelled probe",
    "nearest inputs agree (twin)",
)
ALL_ROWS = "all rows"
SIDE_BY_SIDE = [
    ("recipe", "labelled merges"),
    ("all numbers", "labelled merges"),
    ("all numbers", "nearest inputs agree (twin)"),
]
COMPARISONS = [
    ("labelled merges", "all numbers"),
    ("labelled merges", "landscape norms"),
    *(("labelled merges", name) for name in MORE),
    *((f"{first} + {second}", first) for first, second in SIDE_BY_SIDE),
    ("all numbers + labelled merges", "all numbers + nearest inputs agree (twin)"),
    (f"{ALL_ROWS} + labelled merges", ALL_ROWS),
    *product(
        ("landscapes", "landscape norms"),
        ("weight norms", "margins", "distance quantiles", "confidence", "all numbers"),
    ),
    *((f"{name} + norms", name) for name in NUMBERS),
]


def shuffled(zoo, seed):
    """Return the zoo with its accuracies dealt out anew: the control."""
    return replace(zoo, accuracies=np.random.RandomState(seed).permutation(zoo.accuracies))


def score_table(zoos, predictions):
    """Return one line a row and learner: R2, tau and tau within cells, mean over the zoos."""
    lines = []
    for key in predictions[0]:
        truth = [shuffled(z, i) if key[0] == "shuffled" else z for i, z in enumerate(zoos)]
        values = np.array(
            [scoring.scores(p[key], zoo) for p, zoo in zip(predictions, truth, strict=True)]
        )
        lines.append(
            dict(zip(("part", "from", "learner", "scheme"), key, strict=True))
            | dict(zip(("R2", "tau", "tau in cells"), values.mean(axis=0), strict=True))
            | {"R2 min": values[:, 0].min(), "R2 max": values[:, 0].max()}
        )
    return pd.DataFrame(lines)


def difference_table(zoos, predictions):
    """Return the differences of R2 with their bootstrap intervals, for ridge and the forest."""
    y = [zoo.accuracies for zoo in zoos]
    lines = []
    for (first, second), learner in product(COMPARISONS, ("ridge", "forest")):
        keys = [("main", name, learner, "5-fold") for name in (first, second)]
        if not all(key in predictions[0] for key in keys):
            continue
        pairs = [[p[key] for p in predictions] for key in keys]
        difference, low, high = scoring.bootstrap_difference(*pairs, y)
        lines.append(
            {"first": first, "second": second, "learner": learner, "R2 gain": difference}
            | {"low": low, "high": high}
        )
    return pd.DataFrame(lines)


def print_tables(name, table, differences, within):
    """Print all that was measured on one data set."""
    with pd.option_context("display.width", 120, "display.float_format", "{:.3f}".format):
        columns = ["R2", "tau", "tau in cells", "R2 min", "R2 max"]
        for (part, scheme), lines in table.groupby(["part", "scheme"], sort=False):
            print(f"\n{name}: {part}, {scheme}")
            print(lines[["from", "learner", *columns]].to_string(index=False, na_rep=""))
        print(f"\n{name}: differences of R2, 5-fold, with 95 % intervals")
        print(differences.to_string(index=False))
        print(f"\n{name}: tau in cells, of ridge fitted within cells")
        print(within.agg(["mean", "min", "max"]).T.to_string())


def draw(tables):
    """Return a figure of R2 by row and learner, 5-fold, a panel for each data set."""
    figure, axes = plt.subplots(
        1,
        len(tables),
        figsize=(5 + 3 * len(tables), 6),
        sharey=True,
        squeeze=False,
        layout="constrained",
    )
    marks = {"ridge": "o", "forest": "s", "SVR": "^"}
    for ax, (name, table) in zip(axes[0], tables.items(), strict=True):
        shown = table[(table["part"] == "main") & (table["scheme"] == "5-fold")]
        names = list(dict.fromkeys(shown["from"]))[::-1]
        for offset, (learner, mark) in zip((-0.2, 0, 0.2), marks.items(), strict=True):
            rows = shown[shown["learner"] == learner]
            heights = [names.index(row) + offset for row in rows["from"]]
            ax.hlines(heights, rows["R2 min"], rows["R2 max"], color="0.6", zorder=1)
            ax.scatter(rows["R2"], heights, marker=mark, label=learner, zorder=2)
        ax.set(yticks=range(len(names)), yticklabels=names, title=name, xlim=(-0.2, 1))
        ax.set_xlabel("$R^2$ out of fold (mean, range over zoos)")
        ax.grid(axis="x", alpha=0.3)
    figure.legend(*axes[0, 0].get_legend_handles_labels(), loc="outside upper center", ncols=3)
    return figure
