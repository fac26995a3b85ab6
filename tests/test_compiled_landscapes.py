"""The kernels of landscapes, each against its definition, at small size."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal
from oracles import inner_product, landscape_table
from scipy.integrate import quad

from skactland._compiled.landscapes import integrals, levels
from skactland._compiled.landscapes.bars import move_tents_forward
from skactland._compiled.landscapes.pairs import inner_products
from skactland._compiled.landscapes.projections import cell_depths, project
from skactland._compiled.landscapes.tents import (
    add_tents,
    chains,
    critical_points,
    level_values,
)

# Halves of whole numbers: values at nodes are exact, and ends and crossings coincide.
ends = st.integers(0, 12).map(lambda k: k / 2)
lengths = st.integers(1, 8).map(lambda k: k / 2)


def in_order(bars):
    """Bars as the kernels want them: by birth upwards, then by death downwards."""
    bars = np.array([(b, b + length) for b, length in bars]).reshape(-1, 2)
    return bars[np.lexsort((-bars[:, 1], bars[:, 0]))]


diagrams = st.lists(st.tuples(ends, lengths), max_size=7).map(in_order)
NODES = np.arange(0, 11, 0.125)
ALL = 8  # more levels than bars
few = settings(max_examples=40)


@few
@given(
    st.lists(st.tuples(ends, st.sampled_from([0.0, 0.5, 1.0, np.inf])), max_size=9), st.booleans()
)
def test_tents_come_by_birth_and_the_longest_first(pairs, is_sorted):
    bars = np.array([(b, b + length) for b, length in pairs]).reshape(-1, 2)
    if is_sorted:
        bars = bars[np.lexsort((bars[:, 1], bars[:, 0]))]
    given_bars, stands = bars.copy(), sorted(bars.tolist()) == bars.tolist()
    n = move_tents_forward(bars)
    if not stands:
        assert n == -1
        assert_array_equal(bars, given_bars)
        return
    finite = [bar for bar in given_bars.tolist() if bar[0] < bar[1] < np.inf]
    assert bars[:n].tolist() == sorted(finite, key=lambda bar: (bar[0], -bar[1]))


def values(points, starts, nodes=NODES):
    """The levels of a landscape at nodes, as many as any diagram here has."""
    table = np.zeros((ALL, len(nodes)))
    for k in range(len(starts) - 1):
        if starts[k] < starts[k + 1]:
            t, heights = points[starts[k] : starts[k + 1]].T
            table[k] = np.interp(nodes, t, heights, left=0, right=0)
    return table


# From bars to levels


@few
@given(diagrams, st.integers(1, ALL))
def test_a_level_is_the_largest_tent_of_its_chain(bars, n_levels):
    tents, starts = chains(bars, n_levels)
    expected = landscape_table(bars, NODES, n_levels)
    assert len(starts) - 1 == min(n_levels, np.count_nonzero(expected.any(axis=1)))
    for k in range(len(starts) - 1):
        chain = tents[starts[k] : starts[k + 1]]
        assert (np.diff(chain, axis=0) > 0).all()
        assert_array_equal(landscape_table(chain, NODES, 1)[0], expected[k])


@few
@given(diagrams, st.integers(1, ALL))
def test_values_are_the_kth_largest_tents(bars, n_levels):
    found = np.zeros((n_levels, len(NODES)))
    level_values(bars, NODES, found)
    assert_array_equal(found, landscape_table(bars, NODES, n_levels))


@few
@given(diagrams)
def test_critical_points_are_joined_by_the_kth_largest_tents(bars):
    points, starts = critical_points(bars, ALL)
    assert_array_equal(values(points, starts), landscape_table(bars, NODES, ALL))
    for k in range(len(starts) - 1):
        level = points[starts[k] : starts[k + 1]]
        assert (np.diff(level[:, 0]) > 0).all()
        assert level[0, 1] == level[-1, 1] == 0


@few
@given(diagrams, st.integers(0, 2**32 - 1))
def test_tents_are_added_with_their_weights(bars, seed):
    rng = np.random.default_rng(seed)
    weights, before = rng.random(len(bars)), rng.random(len(NODES))
    found = before.copy()
    add_tents(bars, weights, NODES, found)
    tents = [np.maximum(0, np.minimum(NODES - b, d - NODES)) for b, d in bars]
    assert_allclose(found, before + sum(w * t for w, t in zip(weights, tents, strict=True)))


# Algebra and norms


@few
@given(diagrams, diagrams, st.sampled_from([1.0, -1.0, 0.5]), st.sampled_from([1.0, -1.0, 0.0]))
def test_combinations_are_pointwise_and_tidy(bars, others, a, b):
    f, g = critical_points(bars, ALL), critical_points(others, ALL)
    points, starts = levels.linear_combination(*f, a, *g, b)
    assert_array_equal(values(points, starts), a * values(*f) + b * values(*g))
    again, starts_again = levels.tidy(points, starts)
    assert_array_equal(again, points)
    assert_array_equal(starts_again, starts)


@few
@given(diagrams)
def test_tidy_takes_out_what_changes_nothing(bars):
    """Points between the critical ones are put in, and come out again."""
    points, starts = critical_points(bars, ALL)
    expected, expected_starts = levels.tidy(points, starts)
    assert_array_equal(values(expected, expected_starts), values(points, starts))
    padded, padded_starts = [], [0]
    for k in range(len(starts) - 1):
        level = points[starts[k] : starts[k + 1]]
        level = np.vstack([level, (level[1:] + level[:-1]) / 2])
        padded.append(level[np.argsort(level[:, 0])])
        padded_starts.append(padded_starts[-1] + len(level))
    found, found_starts = levels.tidy(
        np.vstack([np.empty((0, 2)), *padded]), np.array(padded_starts)
    )
    assert_array_equal(found, expected)
    assert_array_equal(found_starts, expected_starts)


@few
@given(diagrams, diagrams)
def test_products_and_distances_are_integrals(bars, others):
    f, g, ones = critical_points(bars, ALL), critical_points(others, ALL), np.ones(ALL)
    product = integrals.inner_product(*f, *g, ones)
    assert_allclose(product, inner_product(bars, others), rtol=1e-12, atol=1e-12)
    expected = inner_product(bars, bars) - 2 * product + inner_product(others, others)
    assert_allclose(integrals.squared_distance(*f, *g, ones), expected, rtol=1e-12, atol=1e-12)


@few
@given(diagrams, diagrams, st.integers(0, ALL))
def test_levels_count_by_their_weights(bars, others, n_levels):
    weights = 1.0 / np.arange(1, n_levels + 1)
    f, g = critical_points(bars, ALL), critical_points(others, ALL)
    for kernel in (integrals.inner_product, integrals.squared_distance):
        by_level = [kernel(*f, *g, np.eye(ALL)[k]) for k in range(n_levels)]
        assert_allclose(kernel(*f, *g, weights), weights @ np.array(by_level), rtol=1e-12)


heights = st.lists(st.floats(-3, 3), min_size=2, max_size=5)


@few
@given(heights, heights, st.sampled_from([1.0, 1.5, 2.0, 3.0]))
def test_powers_are_integrals(some, others, p):
    """Of two levels whose points are a unit apart and whose heights change sign."""
    points = np.array([*enumerate(some), *enumerate(others)], float)
    starts = np.array([0, len(some), len(some) + len(others)])
    expected = sum(
        quad(lambda t, a, b: abs((1 - t) * a + t * b) ** p, 0, 1, (a, b), points=[zero(a, b)])[0]
        for level in (some, others)
        for a, b in pairwise(level)
    )
    found = integrals.mean_power(points, starts, p, 2.0)
    assert_allclose(found, expected / 2**p, rtol=1e-7, atol=1e-12)


def zero(a, b):
    """Where a line from a to b is zero; anywhere if it is not."""
    return a / (a - b) if a * b < 0 else 0.5


# All pairs of two columns


def column(many):
    """The critical points of some landscapes, and where their levels start."""
    found = [critical_points(bars, ALL) for bars in many]
    depth = max(len(starts) for _, starts in found)
    offsets = np.cumsum([0, *(len(points) for points, _ in found)])
    table = np.empty((len(many), depth), np.int64)
    for i, (points, starts) in enumerate(found):
        table[i] = offsets[i] + len(points)
        table[i, : len(starts)] = offsets[i] + starts
    return np.vstack([points for points, _ in found]), table


some_diagrams = st.lists(diagrams, min_size=1, max_size=4)


@few
@given(some_diagrams, some_diagrams)
def test_all_pairs_are_integrals(some, others):
    found = inner_products(*column(some), *column(others), np.ones(ALL), False)
    expected = [[inner_product(bars, other) for other in others] for bars in some]
    assert_allclose(found, expected, rtol=1e-12, atol=1e-12)


@few
@given(some_diagrams)
def test_a_column_with_itself_is_symmetric(some):
    found = inner_products(*column(some), *column(some), np.ones(ALL), True)
    assert_array_equal(found, found.T)
    expected = [[inner_product(bars, other) for other in some] for bars in some]
    assert_allclose(found, expected, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("n_levels", [0, 1, 3])
def test_all_pairs_count_levels_by_their_weights(n_levels):
    rng = np.random.default_rng(0)
    some = [in_order(zip(rng.random(6), rng.random(6), strict=True)) for _ in range(4)]
    weights = rng.random(n_levels)
    found = inner_products(*column(some), *column(some), weights, False)
    expected = [
        [
            integrals.inner_product(*critical_points(f, ALL), *critical_points(g, ALL), weights)
            for g in some
        ]
        for f in some
    ]
    assert_allclose(found, expected, rtol=1e-12, atol=1e-15)


# Projections onto lines in cells


@few
@given(diagrams, st.sampled_from([1, 4, 6, 12]))
def test_features_and_what_is_left_make_up_the_norm(bars, n_cells):
    """Cells that end before some bars do."""
    weights = np.ones(len(bars))
    starts = np.append(0, 2 * np.cumsum(cell_depths(bars, len(bars), n_cells)))
    features, left = np.zeros(starts[-1]), np.zeros(n_cells)
    outside = project(bars, weights, 0, starts, features, left)
    squares = ((bars[:, 1] - bars[:, 0]) ** 3).sum() / 12
    assert_allclose((features**2).sum() + left.sum() + outside, squares, rtol=1e-12, atol=1e-12)
    assert left.min() > -1e-15
    points, level_starts = critical_points(bars, ALL)
    for cell in range(n_cells):
        n_levels = (starts[cell + 1] - starts[cell]) // 2
        for k in range(n_levels):
            t, heights = points[level_starts[k] : level_starts[k + 1]].T
            inside = np.concatenate([[cell, cell + 1], t[(cell < t) & (t < cell + 1)]])
            nodes = np.unique(np.concatenate([inside, np.linspace(cell, cell + 1, 5)]))
            mid = (nodes[1:] + nodes[:-1]) / 2  # Simpson's rule, exact for the cubic at most

            def integral(basis, nodes=nodes, mid=mid, t=t, heights=heights):
                def f(x):
                    return np.interp(x, t, heights, left=0, right=0) * basis(x)

                return (np.diff(nodes) / 6 * (f(nodes[:-1]) + 4 * f(mid) + f(nodes[1:]))).sum()

            found = features[starts[cell] + 2 * k : starts[cell] + 2 * k + 2]
            centre = cell + 0.5
            mean = integral(np.ones_like)
            slope = integral(lambda x, centre=centre: 12**0.5 * (x - centre))
            assert_allclose(found, [mean, slope], rtol=1e-12, atol=1e-13)
