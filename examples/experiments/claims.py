"""The two claims about complexity, and Betti numbers at a fixed scale, as tables of text."""

import numpy as np
from experiments import growth
from experiments.trends import find_trends, trend_table, verdicts

NAMES = {
    "nine": "nine discs",
    "six": "six discs",
    "two": "two discs",
    "digits": "digits",
    "tori": "linked tori",
    "spheres": "nested shells",
}
METRICS = ("euclidean", "scaled", "geodesic", "local", "sphere")


def title(data, kind):
    """Return the name of a group."""
    return f"{NAMES[data]}, {kind}"


def squared_complexities(diagrams):
    """Return arrays (networks, checkpoints, layers, degrees) by metric and class, and "one class".

    The complexities of one class at a time add up in squares, as all of them do.
    """
    squares = {
        key: growth.tabulate(diagrams, key, lambda bars: growth.complexity(bars) ** 2)
        for key in diagrams[0]
    }
    for metric in METRICS:
        parts = [v for (m, label), v in squares.items() if m == metric and label != "all"]
        if parts:
            squares[metric, "one class"] = np.sum(parts, axis=0)
    return squares


def series_of(squares, layers_of, claim, label, degrees):
    """Return for each column of a table the complexities (networks, steps) that its trend is of.

    Claim 1 is about the hidden layers together, over the checkpoints; claim 2 about the last
    checkpoint, over the hidden layers. The sphere metric is of the logits, and not part of claim 2.
    """
    series = {}
    for metric in METRICS:
        if (metric, label) in squares and not (claim == 2 and metric == "sphere"):
            values = squares[metric, label]
            names = layers_of(metric, label)
            hidden = [i for i, name in enumerate(names) if name.startswith("act")]
            values = values if metric == "sphere" else values[:, :, hidden]
            steps = values.sum(axis=2) if claim == 1 else values[:, -1]
            for q in degrees:
                series[f"{metric} H{q}"] = np.sqrt(steps[..., q])
    return series


def claim_text(results, claim, degrees=(0, 1)):
    """Return the tables of a claim, for all classes together and one at a time.

    `results` maps a group to (checkpoints, squared complexities, a function that names the layers).
    """
    trends = {}
    for group, (_, squares, layers_of) in results.items():
        for label in ("all", "one class"):
            series = series_of(squares, layers_of, claim, label, degrees)
            if series:
                found = find_trends(series)
                trends |= {(label, title(*group), column): t for column, t in found.items()}
    words, parts = verdicts(trends), []
    rows = [title(*group) for group in results]
    for label, head in (("all", "all classes together"), ("one class", "one class at a time")):
        here = {key[1:]: t for key, t in trends.items() if key[0] == label}
        if here:
            columns = [f"{m} H{q}" for m in METRICS for q in degrees]
            columns = [c for c in columns if any(column == c for _, column in here)]
            signs = {key[1:]: word for key, word in words.items() if key[0] == label}
            parts.append(f"{head}\n{trend_table(here, signs, rows, columns)}")
    parts.append(tally(words, degrees))
    return "\n\n".join(parts)


def tally(words, degrees):
    """Return how many cells rise, fall or do neither, by metric and degree."""
    lines = [f"{'cells of both tables':<22}{'rises':>7}{'neither':>9}{'falls':>7}"]
    for metric in METRICS:
        for q in degrees:
            here = [word for key, word in words.items() if key[2] == f"{metric} H{q}"]
            if here:
                counts = [here.count(word) for word in ("rises", "neither", "falls")]
                head = f"{metric}, degree {q}"
                lines.append(f"{head:<22}{counts[0]:>7}{counts[1]:>9}{counts[2]:>7}")
    return "\n".join(lines)


def group_text(results, n_trained):
    """Return which networks there are, of how many trained, and when they got where."""
    heads = ("trained", "reached", "accuracy before", "epochs (median)", "(longest)")
    lines = [f"{'group':<22}" + "".join(f"{head:>17}" for head in heads)]
    for group, (networks, *_) in results.items():
        before = np.mean([network[0]["accuracy"] for network in networks])
        epochs = [network[-1]["epoch"] for network in networks]
        lines.append(
            f"{title(*group):<22}{n_trained[group]:>17}{len(networks):>17}{before:>17.2f}"
            f"{np.median(epochs):>17.0f}{max(epochs):>17}"
        )
    return "\n".join(lines)


def betti_text(results, betti):
    """Return mean Betti numbers at the fixed scale, and median complexities, of class 0 by layer.

    `betti` maps a group to an array (networks, checkpoints, layers, degrees).
    """
    lines = []
    for group, numbers in betti.items():
        _, squares, layers_of = results[group]
        shown = layers_of("geodesic", "class 0")
        places = [layers_of("euclidean", "class 0").index(name) for name in shown]
        lines.append(f"{title(*group):<32}" + "".join(f"{name:>9}" for name in shown))
        for c, word in ((0, "untrained"), (-1, "trained")):
            for q in (0, 1):
                values = "".join(f"{b:>9.2f}" for b in numbers[:, c, :, q].mean(axis=0))
                lines.append(f"{f'  {word}, Betti number {q}':<32}{values}")
            for metric in ("euclidean", "scaled"):
                sizes = np.sqrt(squares[metric, "class 0"][:, c, places, 1])
                values = "".join(f"{v:>9.3g}" for v in np.median(sizes, axis=0))
                lines.append(f"{f'  {word}, {metric} H1':<32}{values}")
    return "\n".join(lines)


def solid_text(results, betti):
    """Return mean Betti numbers at the scale of solids, and median complexities, degrees 0 to 2.

    `betti` maps a group and a class to an array (networks, checkpoints, layers, degrees).
    """
    lines = []
    for (group, label), numbers in betti.items():
        _, squares, layers_of = results[group]
        names = layers_of("euclidean", label)
        lines.append(f"{f'{title(*group)}, {label}':<32}" + "".join(f"{n:>9}" for n in names))
        for c, word in ((0, "untrained"), (-1, "trained")):
            for q in (0, 1, 2):
                values = "".join(f"{b:>9.2f}" for b in numbers[:, c, :, q].mean(axis=0))
                lines.append(f"{f'  {word}, Betti number {q}':<32}{values}")
        for metric in ("euclidean", "scaled"):
            for q in (0, 1, 2):
                for c, word in ((0, "untrained"), (-1, "trained")):
                    sizes = np.sqrt(squares[metric, label][:, c, :, q])
                    values = "".join(f"{v:>9.3g}" for v in np.median(sizes, axis=0))
                    lines.append(f"{f'  {metric} H{q}, {word}':<32}{values}")
    return "\n".join(lines)
