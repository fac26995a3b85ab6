"""Slow definitions that the package is held against."""

from fractions import Fraction
from itertools import pairwise

import numpy as np


def landscape(diagram, t, k):
    """The k-th largest tent at t (k from 1), by sorting all of them."""
    tents = sorted((max(0.0, min(t - b, d - t)) for b, d in diagram), reverse=True)
    return tents[k - 1] if k <= len(tents) else 0.0


def landscape_table(diagram, nodes, n_landscapes):
    """The first levels at some nodes."""
    return np.array([[landscape(diagram, t, k) for t in nodes] for k in range(1, n_landscapes + 1)])


def breakpoints(*diagrams):
    """Every t at which a level of one of the landscapes may bend: ends, peaks, all crossings."""
    points = set()
    for diagram in diagrams:
        for b, d in diagram:
            points |= {b, d, (b + d) / 2}
            points |= {(c + d) / 2 for c, _ in diagram if c < d}
    return np.array(sorted(points))


def inner_product(diagram, other):
    """The L2 inner product over all levels, piece by piece between the breakpoints."""
    if len(diagram) == 0 or len(other) == 0:
        return 0.0
    nodes = breakpoints(diagram, other)
    depth = min(len(diagram), len(other))
    f = landscape_table(diagram, nodes, depth)
    g = landscape_table(other, nodes, depth)
    widths = np.diff(nodes)
    f0, f1, g0, g1 = f[:, :-1], f[:, 1:], g[:, :-1], g[:, 1:]
    return float((widths / 6 * (2 * f0 * g0 + 2 * f1 * g1 + f0 * g1 + f1 * g0)).sum())


def exact_squared_distance(diagram, other):
    """The squared L2 distance over all levels as a fraction, without any rounding."""
    diagrams = [[(Fraction(b), Fraction(d)) for b, d in bars] for bars in (diagram, other)]
    points = set()
    for bars in diagrams:
        for b, d in bars:
            points |= {b, d, (b + d) / 2} | {(c + d) / 2 for c, _ in bars if c < d}

    def difference(t):
        tents = [
            sorted((max(Fraction(0), min(t - b, d - t)) for b, d in bars), reverse=True)
            for bars in diagrams
        ]
        depth = max(map(len, tents))
        f, g = (heights + [Fraction(0)] * (depth - len(heights)) for heights in tents)
        return [a - b for a, b in zip(f, g, strict=True)]

    return sum(
        (right - left) / 3 * (a * a + a * b + b * b)
        for left, right in pairwise(sorted(points))
        for a, b in zip(difference(left), difference(right), strict=True)
    )


def rips_bars(distances, degree):
    """The bars of one degree over Z/2, by reducing the whole boundary matrix, column by column.

    Simplices are ordered by diameter, then dimension, then vertices; columns are sets of row
    indices. Only for a handful of points.
    """
    from itertools import combinations

    n = len(distances)
    simplices = [
        (max((distances[i][j] for i, j in combinations(s, 2)), default=0.0), len(s), s)
        for size in range(1, degree + 3)
        for s in combinations(range(n), size)
    ]
    simplices.sort()
    index = {s: i for i, (_, _, s) in enumerate(simplices)}
    owner, columns, births, bars = {}, {}, set(), []
    for i, (value, size, simplex) in enumerate(simplices):
        faces = combinations(simplex, size - 1) if size > 1 else ()
        column = {index[face] for face in faces}
        while column and max(column) in owner:
            column ^= columns[owner[max(column)]]
        if not column:
            if size == degree + 1:
                births.add(i)
            continue
        low = max(column)
        owner[low], columns[i] = i, column
        if simplices[low][1] == degree + 1:
            births.discard(low)
            if simplices[low][0] < value:
                bars.append((simplices[low][0], value))
    bars += [(simplices[i][0], np.inf) for i in births]
    return np.array(sorted(bars)).reshape(-1, 2)


def disjoint_trees(distances, n_trees):
    """Edges of disjoint spanning trees by Kruskal: by length, then span, what closes no cycle."""
    n, taken, trees = len(distances), set(), []
    for _ in range(n_trees):
        part, tree = list(range(n)), []
        edges = [(distances[i][j], j - i, i, j) for i in range(n) for j in range(i + 1, n)]
        for length, _, i, j in sorted(edges):
            if part[i] != part[j] and (i, j) not in taken and length < np.inf:
                tree.append((i, j))
                part = [part[j] if p == part[i] else p for p in part]
        taken |= set(tree)
        trees.append(tree)
    return trees


def merge_numbers(points, edges, lengths, classes):
    """The numbers of one labelled tree, one by one from what is said of them.

    Components before a length are looked for anew each time, by walking along the edges.
    """
    n, m, n_classes = points, len(edges), len(set(classes))

    def component(point, is_in):
        found, todo = {point}, [point]
        while todo:
            here = todo.pop()
            for (i, j), length in zip(edges, lengths, strict=True):
                for a, b in ((i, j), (j, i)):
                    if a == here and is_in(length) and b not in found:
                        found.add(b)
                        todo.append(b)
        return found

    mean = sum(lengths) / m if m else 0
    parts = [length / mean if mean else 1 for length in lengths]
    weights = [
        min(len(component(end, lambda other, e=e: other < lengths[e])) for end in edges[e])
        for e in range(m)
    ]
    ranks = [
        (sum(b < a for b in lengths) + (sum(b == a for b in lengths) + 1) / 2 - 0.5) / m
        for a in lengths
    ]
    between = [e for e in range(m) if classes[edges[e][0]] != classes[edges[e][1]]]
    within = [e for e in range(m) if e not in between]
    purities = []
    for i in range(n):
        for j in range(i):
            if classes[i] == classes[j]:
                at = min(a for a in lengths if j in component(i, lambda other, a=a: other <= a))
                met = component(i, lambda other, at=at: other <= at)
                purities.append(sum(classes[k] == classes[i] for k in met) / len(met))
    none = max(parts, default=1)
    some = [parts[e] for e in between]
    # Each of the edges that are as long as the last one of the longest is among them in its turn.
    last = sorted(lengths)[m - n_classes + 1] if n_classes > 1 else np.inf
    longer, equal = (
        [e for e in range(m) if lengths[e] > last],
        [e for e in range(m) if lengths[e] == last],
    )
    of_longest = sum(e in between for e in longer)
    if n_classes > 1:
        of_longest += (n_classes - 1 - len(longer)) * sum(e in between for e in equal) / len(equal)
    return {
        "share_between": len(between) / m if m else 0,
        "length_between": sum(some) / sum(parts) if m else 0,
        "weight_between": sum(weights[e] for e in between) / sum(weights) if m else 0,
        "rank_between": sum(ranks[e] for e in between) / len(between) if between else 1,
        "mean_between": sum(some) / len(some) if between else none,
        "low_between": np.percentile(some, 10) if between else none,
        "median_between": np.median(some) if between else none,
        "last_between": of_longest / (n_classes - 1) if n_classes > 1 else 0,
        "log_within": np.log(max(sum(parts[e] for e in within) / len(within), 1 / m))
        if within and between
        else 0,
        "purity": sum(purities) / len(purities) if purities else 1,
        "n_classes": n_classes,
    }


def cone_bars(distances, others):
    """The bars of degree 1 of the mapping cone of R(distances) in R(the minimum of both), over Z/2.

    Each simplex of the smaller complex stands in the cone one degree higher; its boundary is that
    of the simplex, one degree higher as well, and the simplex itself in the larger complex.
    """
    from itertools import combinations

    cells = []
    for size in (1, 2, 3):
        for simplex in combinations(range(len(distances)), size):
            faces = list(combinations(simplex, size - 1)) if size > 1 else []
            pairs = list(combinations(simplex, 2))
            value = max((min(distances[i][j], others[i][j]) for i, j in pairs), default=0.0)
            cells.append((value, size - 1, "larger", simplex, [("larger", f) for f in faces]))
            if size < 3:
                value = max((distances[i][j] for i, j in pairs), default=0.0)
                boundary = [("smaller", face) for face in faces] + [("larger", simplex)]
                cells.append((value, size, "smaller", simplex, boundary))
    cells.sort(key=lambda cell: cell[:2])
    index = {cell[2:4]: i for i, cell in enumerate(cells)}
    owner, births, bars = {}, set(), []
    for i, (value, degree, *_, boundary) in enumerate(cells):
        column = {index[face] for face in boundary}
        while column and max(column) in owner:
            column ^= owner[max(column)]
        if column:
            owner[max(column)] = column
            births.discard(max(column))
            if cells[max(column)][1] == 1 and cells[max(column)][0] < value:
                bars.append((cells[max(column)][0], value))
        elif degree == 1:
            births.add(i)
    bars += [(cells[i][0], np.inf) for i in births]
    return np.array(sorted(bars)).reshape(-1, 2)
