"""Landscapes against their definition, published values and laws."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal
from oracles import breakpoints, inner_product, landscape_table

from skactland import landscape_values
from skactland.landscapes import critical_points_of, landscape_inner_product

D = np.array([(1, 5), (2, 8), (3, 4), (5, 9), (6, 7)], dtype=float)
E = np.array([(0, 3), (1, 4)], dtype=float)

# Few distinct coordinates, so that ties, duplicates and shared end points are the rule; bars of
# length zero and empty diagrams among them.
grid_numbers = st.integers(0, 8).map(float)
plain_numbers = st.floats(-100, 100).map(lambda x: round(x, 3))


def diagrams(numbers):
    bar = st.tuples(numbers, numbers).map(sorted)
    return st.lists(bar, max_size=12).map(lambda bars: np.array(bars, dtype=float).reshape(-1, 2))


def levels(diagram):
    """The critical points, level by level."""
    points, starts = critical_points_of(diagram)
    return [points[a:b] for a, b in pairwise(starts)]


def test_published_critical_points():
    first, second, third = levels(D)
    assert_array_equal(first, [(1, 0), (3, 2), (3.5, 1.5), (5, 3), (6.5, 1.5), (7, 2), (9, 0)])
    assert_array_equal(second, [(2, 0), (3.5, 1.5), (5, 0), (6.5, 1.5), (8, 0)])
    assert_array_equal(third, [(3, 0), (3.5, 0.5), (4, 0), (6, 0), (6.5, 0.5), (7, 0)])


def test_published_integrals_by_level():
    l1 = [np.trapezoid(level[:, 1], level[:, 0]) for level in levels(D)]
    assert_allclose(l1, [25 / 2, 9 / 2, 1 / 2], rtol=1e-14)
    heights = [(np.diff(f[:, 0]), f[:-1, 1], f[1:, 1]) for f in levels(D)]
    l2 = [(h / 3 * (a * a + b * b + a * b)).sum() for h, a, b in heights]
    assert_allclose(l2, [145 / 6, 9 / 2, 1 / 6], rtol=1e-14)


@pytest.mark.parametrize(
    ("diagram", "other", "expected"),
    [
        (D, E, 27 / 8 + 1 / 6),
        ([(0, 2)], [(1, 3)], 1 / 6),
        ([(0, 2)], [(0, 2)], 2 / 3),
        ([(0, 2)], [(1, 2)], 1 / 8),
        ([(0, 2)], [(3, 5)], 0),
        ([(0, 2)], [(2, 4)], 0),
        ([], [(0, 2)], 0),
        ([], [], 0),
    ],
)
def test_published_inner_products(diagram, other, expected):
    assert landscape_inner_product(diagram, other) == pytest.approx(expected, rel=1e-14, abs=0)
    assert landscape_inner_product(other, diagram) == pytest.approx(expected, rel=1e-14, abs=0)


@given(diagrams(grid_numbers), st.integers(1, 14))
def test_values_are_the_kth_largest_tent_at_ties(diagram, n_landscapes):
    nodes = np.arange(-1, 10, 0.25)
    expected = landscape_table(diagram, nodes, n_landscapes)
    assert_array_equal(landscape_values(diagram, nodes, n_landscapes), expected)


@given(diagrams(plain_numbers), st.lists(plain_numbers, max_size=20))
def test_values_are_the_kth_largest_tent(diagram, nodes):
    nodes = np.sort(np.concatenate([nodes, diagram.ravel()]))
    expected = landscape_table(diagram, nodes, 14)
    assert_allclose(landscape_values(diagram, nodes, 14), expected, rtol=0, atol=1e-12)


@given(diagrams(grid_numbers))
def test_critical_points_are_the_kth_largest_tent(diagram):
    nodes = breakpoints(diagram)
    found = levels(diagram)
    assert len(found) == max([sum(b < t < d for b, d in diagram) for t in nodes], default=0), (
        "as many levels as bars over one point"
    )
    expected = landscape_table(diagram, nodes, len(found))
    for level, values in zip(found, expected, strict=True):
        assert (np.diff(level[:, 0]) > 0).all()
        assert level[0, 1] == level[-1, 1] == 0
        assert_array_equal(np.interp(nodes, level[:, 0], level[:, 1]), values)


@settings(deadline=None)
@given(diagrams(grid_numbers), diagrams(grid_numbers))
def test_inner_product_is_the_integral(diagram, other):
    expected = inner_product(diagram, other)
    assert landscape_inner_product(diagram, other) == pytest.approx(expected, rel=1e-12, abs=1e-12)


@settings(deadline=None)
@given(diagrams(plain_numbers), diagrams(plain_numbers))
def test_inner_product_is_the_integral_off_the_grid(diagram, other):
    expected = inner_product(diagram, other)
    assert landscape_inner_product(diagram, other) == pytest.approx(expected, rel=1e-9, abs=1e-9)


@given(diagrams(plain_numbers))
def test_squared_norm_has_a_closed_form(diagram):
    expected = ((diagram[:, 1] - diagram[:, 0]) ** 3).sum() / 12
    assert landscape_inner_product(diagram, diagram) == pytest.approx(expected, rel=1e-9, abs=1e-12)


@given(diagrams(grid_numbers), diagrams(grid_numbers), st.floats(0.1, 10), st.floats(-5, 5))
def test_inner_product_scales_and_shifts(diagram, other, scale, shift):
    moved = landscape_inner_product(scale * diagram + shift, scale * other + shift)
    expected = scale**3 * landscape_inner_product(diagram, other)
    assert moved == pytest.approx(expected, rel=1e-8, abs=1e-8)


def test_many_bars_agree_with_the_definition():
    rng = np.random.default_rng(0)
    births = rng.uniform(0, 1, 300)
    diagram = np.column_stack([births, births + rng.exponential(0.3, 300)])
    nodes = np.linspace(-0.1, 2, 57)
    assert_allclose(
        landscape_values(diagram, nodes, 300), landscape_table(diagram, nodes, 300), atol=1e-15
    )
    norm = landscape_inner_product(diagram, diagram)
    assert norm == pytest.approx(((diagram[:, 1] - births) ** 3).sum() / 12, rel=1e-12)


def test_gudhi_agrees_up_to_its_factor():
    from gudhi.representations import Landscape

    diagram = np.random.default_rng(0).uniform(0, 1, (50, 2)).cumsum(axis=1)
    theirs = Landscape(num_landscapes=4, resolution=60, sample_range=[0, 2])(diagram)
    nodes = np.linspace(0, 2, 60)
    assert_allclose(
        landscape_values(diagram, nodes, 4).ravel() * np.sqrt(2), theirs, rtol=0, atol=1e-12
    )


def test_infinite_bars_have_no_landscape():
    assert landscape_values([[0, np.inf]], [0, 1, 2], 2).max() == 0
    assert landscape_inner_product([[0, np.inf], [0, 2]], [[0, 2]]) == pytest.approx(2 / 3)


def test_input_is_left_alone():
    diagram = D[::-1].copy()
    diagram.flags.writeable = False
    landscape_values(diagram, [0.0, 1.0])
    landscape_inner_product(diagram, diagram)
    assert_array_equal(diagram, D[::-1])


@pytest.mark.parametrize(
    ("diagram", "message"),
    [
        ([[2, 1]], "bar 0 dies at 1, before its birth at 2"),
        ([[np.nan, 1]], "births must be finite"),
        ([[0, np.nan]], "deaths must not be NaN"),
        ([[-np.inf, 1]], "births must be finite"),
        ([0, 1], r"shape \(n_bars, 2\)"),
        ([[0, 1, 1]], r"shape \(n_bars, 2\)"),
    ],
)
def test_bad_diagrams(diagram, message):
    with pytest.raises(ValueError, match=message):
        landscape_values(diagram, [0, 1])


def test_bad_nodes_and_levels():
    with pytest.raises(ValueError, match="increasing"):
        landscape_values(D, [1, 0])
    with pytest.raises(ValueError, match="n_landscapes must be at least 1, got 0"):
        landscape_values(D, [0, 1], 0)
    with pytest.raises(TypeError, match="n_landscapes must be an integer"):
        landscape_values(D, [0, 1], 1.5)
    with pytest.raises(TypeError, match="persistence diagram"):
        landscape_values("diagram", [0, 1])
