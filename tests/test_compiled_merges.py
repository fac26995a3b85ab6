"""The kernels of merge trees, each against its definition.

Sizes are small, so that these tests are quick with NUMBA_DISABLE_JIT=1, too.
"""

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

from skactland._compiled import merges
from skactland._compiled.merges import merge_tree, pairs_within


@st.composite
def trees(draw, most=9):
    """The edges of a random tree, and their lengths, increasing and often equal."""
    n = draw(st.integers(1, most))
    edges = [(draw(st.integers(0, j - 1)), j) for j in range(1, n)]
    edges = np.array(draw(st.permutations(edges)), dtype=np.int64).reshape(-1, 2)
    lengths = sorted(draw(st.lists(st.integers(0, 4), min_size=n - 1, max_size=n - 1)))
    return edges, np.array(lengths, dtype=float)


def part_of(point, edges):
    """The points that some edges join to one."""
    found, grown = set(), {point}
    while grown != found:
        found = grown
        grown = found | {b for i, j in edges for a, b in ((i, j), (j, i)) if a in found}
    return found


@given(trees())
def test_merges_are_the_parts_at_each_length(tree):
    edges, lengths = tree
    n = len(edges) + 1
    smaller, parents, sizes = merge_tree(edges, lengths)
    for (i, j), length, least in zip(edges, lengths, smaller, strict=True):
        before = edges[lengths < length].tolist()
        assert least == min(len(part_of(i, before)), len(part_of(j, before)))
    # The points below a node, and the parts that there are at some length, are the same sets.
    below = [{point} for point in range(n)] + [set() for _ in range(len(parents) - n)]
    for node, parent in enumerate(parents):
        assert parent == -1 or parent > max(node, n - 1)
        if parent >= 0:
            below[parent] |= below[node]
    parts = {frozenset([point]) for point in range(n)}
    for length in set(lengths):
        parts |= {frozenset(part_of(p, edges[lengths <= length].tolist())) for p in range(n)}
    assert len(below) == len(set(map(frozenset, below)))
    assert set(map(frozenset, below)) == parts
    assert_array_equal(sizes, [len(points) for points in below])
    assert (parents == -1).sum() == 1
    assert below[int(np.flatnonzero(parents == -1)[0])] == set(range(n))


@pytest.mark.parametrize("at_once", [1, 2, 16])
@given(tree=trees(), data=st.data())
def test_pairs_meet_where_they_first_are_in_one_part(at_once, tree, data):
    edges, lengths = tree
    n = len(edges) + 1
    n_classes = data.draw(st.integers(1, 5))
    classes = np.array(data.draw(st.lists(st.integers(0, n_classes - 1), min_size=n, max_size=n)))
    _, parents, sizes = merge_tree(edges, lengths)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(merges, "_CLASSES_AT_ONCE", at_once)  # machine code keeps its own
        n_pairs, total = pairs_within(parents, sizes, classes, n_classes)
    shares = []
    for i, j in combinations(range(n), 2):
        if classes[i] == classes[j]:
            at = min(x for x in lengths if j in part_of(i, edges[lengths <= x].tolist()))
            met = list(part_of(i, edges[lengths <= at].tolist()))
            shares.append(np.mean(classes[met] == classes[i]))
    assert n_pairs == len(shares)
    assert_allclose(total, sum(shares), rtol=1e-12)


def test_more_classes_than_are_counted_at_once():
    """Each of 40 classes has two points, which the first merge brings together."""
    n = 80
    pairs = [(2 * k, 2 * k + 1) for k in range(n // 2)]
    chain = [(2 * k + 1, 2 * k + 2) for k in range(n // 2 - 1)]
    edges = np.array(pairs + chain, dtype=np.int64)
    lengths = np.array([1.0] * len(pairs) + [2.0] * len(chain))
    _, parents, sizes = merge_tree(edges, lengths)
    assert pairs_within(parents, sizes, np.arange(n) // 2, n // 2) == (n // 2, n // 2)
    assert_allclose(pairs_within(parents, sizes, np.arange(n) % 40, 40), (40, 40 * 2 / 80))
