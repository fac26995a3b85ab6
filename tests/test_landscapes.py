"""Landscapes against their definition, published values and laws."""

import copy
import pickle

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal
from oracles import breakpoints, inner_product, landscape_table

from skactland import PersistenceLandscape, landscape_values
from skactland.landscapes._norms import landscape_norm

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
    return PersistenceLandscape.from_diagram(diagram).levels


def landscape_inner_product(diagram, other):
    f, g = PersistenceLandscape.from_diagram(diagram), PersistenceLandscape.from_diagram(other)
    return f.inner(g)


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


def of(diagram):
    return PersistenceLandscape.from_diagram(diagram)


def dense(landscape, nodes, depth):
    """Values at nodes, missing levels as zeros."""
    values = np.zeros((depth, len(nodes)))
    values[: len(landscape)] = landscape(nodes)
    return values


exponents = st.one_of(st.sampled_from([1.0, 2.0, 3.0, np.inf]), st.floats(1, 30))


@given(diagrams(grid_numbers), diagrams(grid_numbers), st.floats(-3, 3), st.floats(-3, 3))
def test_algebra_is_pointwise(diagram, other, a, b):
    nodes = breakpoints(diagram, other)
    f, g = of(diagram), of(other)
    F, G = dense(f, nodes, 12), dense(g, nodes, 12)
    assert_allclose(dense(a * f + b * g, nodes, 12), a * F + b * G, rtol=0, atol=1e-13)
    assert_array_equal(dense(f - g, nodes, 12), F - G)
    assert_array_equal(dense(-f / 2, nodes, 12), -F / 2)
    assert f + g == g + f
    assert f - f == 0 * f == PersistenceLandscape([])
    assert (f + g) - g == f, "multiples of 1/2 are added without rounding"
    assert (f - g).inner(f + g) == pytest.approx(f.inner(f) - g.inner(g), abs=1e-9)


@given(st.lists(diagrams(grid_numbers), min_size=1, max_size=9), st.randoms())
def test_mean_is_the_mean_of_each_level(many, random):
    weights = [random.uniform(0.1, 2) for _ in many]
    nodes = breakpoints(*many)
    values = [landscape_table(diagram, nodes, 12) for diagram in many]
    landscapes = [of(diagram) for diagram in many]
    mean = PersistenceLandscape.mean(landscapes)
    assert_allclose(dense(mean, nodes, 12), np.mean(values, axis=0), rtol=1e-13, atol=1e-14)
    mean = PersistenceLandscape.mean(landscapes, weights)
    expected = np.average(values, axis=0, weights=weights)
    assert_allclose(dense(mean, nodes, 12), expected, rtol=1e-13, atol=1e-14)
    for k, level in enumerate(mean.levels):
        assert np.isin(level[:, 0], nodes).all(), f"level {k} bends where some landscape does"


def test_mean_of_many_large_landscapes():
    rng = np.random.default_rng(0)
    births = rng.uniform(0, 1, (100, 60))
    many = np.stack([births, births + rng.exponential(0.3, births.shape)], axis=2)
    landscapes = [of(diagram) for diagram in many]
    nodes = np.linspace(0, 2, 101)
    values = np.mean([landscape_values(diagram, nodes, 60) for diagram in many], axis=0)
    mean = PersistenceLandscape.mean(landscapes)
    assert_allclose(dense(mean, nodes, 60), values, rtol=1e-12, atol=1e-15)
    inner = np.mean([[f.inner(g) for f in landscapes] for g in landscapes])
    assert mean.norm() ** 2 == pytest.approx(inner, rel=1e-12)


@given(diagrams(plain_numbers), exponents)
def test_norms_of_diagrams_have_a_closed_form(diagram, p):
    lengths = np.diff(diagram).ravel()
    if np.isinf(p):
        expected = lengths.max(initial=0) / 2
    else:
        largest = lengths.max(initial=0) or 1
        scaled = ((lengths / largest) ** (p + 1)).sum() * largest / (p + 1)
        expected = largest / 2 * scaled ** (1 / p)
    assert of(diagram).norm(p) == pytest.approx(expected, rel=1e-9, abs=1e-12)


@given(diagrams(grid_numbers), diagrams(grid_numbers), st.floats(1, 12))
def test_norms_of_differences_are_integrals(diagram, other, p):
    nodes = breakpoints(diagram, other)
    difference = landscape_table(diagram, nodes, 12) - landscape_table(other, nodes, 12)
    x, w = np.polynomial.legendre.leggauss(40)
    halves = np.repeat(np.diff(nodes), 2) / 2  # the sign of a piece may change in its middle
    starts = np.sort(np.concatenate([nodes[:-1], (nodes[1:] + nodes[:-1]) / 2]))
    t = starts[:, None] + halves[:, None] * (1 + x) / 2
    values = np.array([np.interp(t, nodes, row) if len(nodes) else 0 * t for row in difference])
    expected = (abs(values) ** p * w / 2 * halves[:, None]).sum()
    found = of(diagram).distance(of(other), p)
    assert found**p == pytest.approx(expected, rel=1e-4, abs=1e-9)
    assert found == of(other).distance(of(diagram), p)
    assert of(diagram).distance(of(other), np.inf) == abs(difference).max(initial=0)


def test_distance_of_close_landscapes_keeps_its_digits():
    near = of([[0, 2 + 1e-9]]).distance(of([[0, 2]]))
    # the square root of the integral of min(t - 1, 1e-9)^2, up to its relative order 1e-9
    assert near == pytest.approx(1e-9, rel=1e-6)
    f = of(D)
    assert f.distance(f) == 0


def test_published_norms_and_inner_products():
    f, g = of(D), of(E)
    assert_array_equal(f.integral(), [12.5, 4.5, 0.5])
    assert [f[k : k + 1].norm() ** 2 for k in range(3)] == pytest.approx([145 / 6, 9 / 2, 1 / 6])
    assert [f[k : k + 1].inner(g[k : k + 1]) for k in range(2)] == pytest.approx([27 / 8, 1 / 6])


@given(diagrams(plain_numbers))
def test_values_agree_with_the_definition_anywhere(diagram):
    t = np.linspace(-101, 101, 36).reshape(4, 9)
    landscape = of(diagram)
    assert landscape(t).shape == (len(landscape), 4, 9)
    expected = landscape_table(diagram, t.ravel(), len(landscape)).reshape(landscape(t).shape)
    assert_allclose(landscape(t), expected, rtol=0, atol=1e-12)
    assert landscape(0.0).shape == (len(landscape),)


@given(diagrams(grid_numbers))
def test_levels_make_the_same_landscape(diagram):
    landscape = of(diagram)
    assert PersistenceLandscape(landscape.levels) == landscape
    order = np.random.default_rng(0).permutation(len(diagram))
    assert of(diagram[order]) == landscape
    assert landscape[:2] == landscape.truncate(2)
    assert landscape.truncate(99) == landscape
    bars = diagram[diagram[:, 0] < diagram[:, 1]]
    support = (bars[:, 0].min(), bars[:, 1].max()) if len(bars) else (0, 0)
    assert landscape.support == support


def test_points_that_change_nothing_are_left_out():
    plain = PersistenceLandscape([[(1, 0), (2, 1), (3, 0)]])
    wordy = [[(0, 0), (1, 0), (1.5, 0.5), (2, 1), (3, 0), (9, 0)], [(0, 0), (1, 0)], []]
    assert PersistenceLandscape(wordy) == plain == of([[1, 3]])
    assert PersistenceLandscape(wordy).n_levels == 1
    gap = PersistenceLandscape([[], [(1, 0), (2, 1), (3, 0)]])
    assert gap.n_levels == 2
    assert gap != plain
    assert gap.inner(plain) == 0
    assert_array_equal(gap([2.0]), [[0], [1]])


def test_landscapes_are_read_only_values():
    landscape = of(D)
    copies = [copy.copy(landscape), copy.deepcopy(landscape), landscape[:2], landscape + landscape]
    copies += [pickle.loads(pickle.dumps(landscape, protocol)) for protocol in range(2, 6)]
    for each in (landscape, *copies, PersistenceLandscape(landscape.levels)):
        for level in each.levels:
            with pytest.raises(ValueError, match="read-only"):
                level[0, 0] = 3
    assert pickle.loads(pickle.dumps(landscape)) == landscape
    assert repr(landscape) == "PersistenceLandscape(n_levels=3, support=(1, 9))"
    assert (landscape == "landscape") is False
    assert np.float64(2) * landscape == landscape * 2
    assert len(PersistenceLandscape([])) == 0
    assert PersistenceLandscape([]).norm() == PersistenceLandscape([]).norm(np.inf) == 0


def test_essential_classes_are_dropped_or_cut():
    diagram = [[0, 2], [1, np.inf]]
    assert of(diagram) == of([[0, 2]])
    cut = PersistenceLandscape.from_diagram(diagram, essential="cut", end=4)
    assert cut == of([[0, 2], [1, 4]])
    with pytest.raises(ValueError, match="finite end"):
        PersistenceLandscape.from_diagram(diagram, essential="cut")


def test_bars_at_the_limit_of_rounding():
    tiny = of([[1, np.nextafter(1, 2)], [0, 4], [2, 2 + 1e-15]])
    assert_allclose(tiny([1, 2])[0], [1, 2])
    assert tiny.norm() == pytest.approx((64 / 12) ** 0.5)


@pytest.mark.parametrize("height", [1e-3, 1e-162, 1e-200, 5e-324])
@pytest.mark.parametrize("p", [1, 1.5, 2, 3])
def test_norm_where_small_values_change_sign(height, p):
    tent, small = [(0, 0), (1, 1), (2, 0)], [(3, height), (4, -height), (5, 0)]
    expected = ((2 + 3 * height**p) / (p + 1)) ** (1 / p)
    assert PersistenceLandscape([[*tent, *small]]).norm(p) == pytest.approx(expected, rel=1e-12)


def test_construction_of_a_deep_landscape():
    deaths = np.random.default_rng(0).uniform(1, 2, 5000)
    landscape = of(np.column_stack([np.zeros(5000), deaths]))
    assert len(landscape) == 5000
    assert landscape.norm() ** 2 == pytest.approx((deaths**3).sum() / 12, rel=1e-12)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda f: f[0], TypeError, "sliced by level"),
        (lambda f: f.norm(0.5), ValueError, "between 1 and inf"),
        (lambda f: f.norm(np.nan), ValueError, "between 1 and inf"),
        (lambda f: f.inner([1, 2]), TypeError, "from_diagram"),
        (lambda f: f.distance(D), TypeError, "from_diagram"),
        (lambda f: f.mean([]), ValueError, "at least one landscape"),
        (lambda f: f.mean([f, f], [1, -1]), ValueError, "do not sum to zero"),
        (lambda f: f.mean([f, f], [1, 1, 1]), ValueError, "each of 2 landscapes"),
        (lambda f: f.mean([D]), TypeError, "from_diagram"),
        (lambda f: f * np.inf, ValueError, "coefficients must be a finite number"),
        (lambda f: f + 1, TypeError, "unsupported operand"),
        (lambda f: f * f, TypeError, "unsupported operand"),
        (lambda f: f.truncate(-1), ValueError, "at least 0"),
        (lambda f: PersistenceLandscape([[(0, 0), (1, 1)]]), ValueError, "start and end at zero"),
        (lambda f: PersistenceLandscape([[], [(1, 0), (0, 0)]]), ValueError, "level 2.*sorted"),
        (lambda f: PersistenceLandscape([[(0, 0, 0)]]), ValueError, r"shape \(n_points, 2\)"),
        (lambda f: PersistenceLandscape([[(0, np.nan)]]), ValueError, "finite"),
    ],
)
def test_bad_use_of_landscapes(call, error, message):
    with pytest.raises(error, match=message):
        call(of(D))


extremes = st.one_of(st.integers(-990, 990), st.integers(-330, 330))


@given(diagrams(grid_numbers), diagrams(grid_numbers), extremes)
def test_everything_follows_the_scale_or_is_refused(diagram, other, exponent):
    f, g = of(diagram), of(other)
    big_f, big_g = (of(np.ldexp(bars, exponent)) for bars in (diagram, other))
    powers = {
        2: (lambda f, g: (f + g).integral()),
        3: (lambda f, g: f.inner(g)),
        1: (lambda f, g: PersistenceLandscape.mean([f, g]).norm(np.inf)),
        1.5: (lambda f, g: f.distance(g)),
        4 / 3: (lambda f, g: f.distance(g, 3)),
    }
    for power, measure in powers.items():
        plain = measure(f, g)
        if np.all(plain == 0):
            assert_array_equal(measure(big_f, big_g), plain)
        elif abs(power * exponent) < 1000:
            expected = np.exp2(power * exponent) * plain
            assert_allclose(measure(big_f, big_g), expected, rtol=1e-14 * max(1, abs(exponent)))
        elif abs(power * exponent) > 1080:
            with pytest.raises(ValueError, match=r"would be too (large|small) for floating-point"):
                measure(big_f, big_g)
    nodes = np.arange(9.0)
    values = landscape_values(np.ldexp(diagram, exponent), np.ldexp(nodes, exponent))
    assert_array_equal(values, np.ldexp(landscape_values(diagram, nodes), exponent))
    assert_array_equal(dense(big_f, np.ldexp(nodes, exponent), 12),
                       np.ldexp(dense(f, nodes, 12), exponent))  # fmt: skip


@pytest.mark.parametrize("exponent", [-330, 330])
def test_heights_may_be_extreme_where_places_are_not(exponent):
    f = of(D)
    factor = 2.0**exponent
    assert (factor * f).inner(f) == factor * f.inner(f)
    assert (factor * f).norm() == pytest.approx(factor * f.norm(), rel=1e-15)
    assert_array_equal((factor * f).integral(), factor * f.integral())


def test_peaks_of_the_largest_bars_and_sums_beyond_numbers():
    largest = np.finfo(float).max
    f = of([[0, largest], [largest / 2, largest]])
    assert f.support == (0, largest)
    assert f.norm(np.inf) == largest / 2
    with pytest.raises(ValueError, match="Heights of a sum would be too large"):
        f + f + f
    with pytest.raises(ValueError, match="Heights of a sum would be too large"):
        1e10 * f


@given(diagrams(grid_numbers), exponents)
def test_the_closed_form_is_the_norm(diagram, p):
    bars = diagram[diagram[:, 0] < diagram[:, 1]]
    assert landscape_norm(bars, p) == pytest.approx(of(diagram).norm(p), rel=1e-12)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda f: PersistenceLandscape(None), TypeError, "levels must be a sequence.*got None"),
        (lambda f: PersistenceLandscape(3), TypeError, "levels must be a sequence.*got 3"),
        (lambda f: PersistenceLandscape("x"), TypeError, "levels must be a sequence.*got 'x'"),
        (lambda f: PersistenceLandscape({1: 2}), TypeError, "levels must be a sequence"),
        (lambda f: PersistenceLandscape([None]), TypeError, "level 1: expected critical points"),
        (lambda f: PersistenceLandscape([[], ["x"]]), TypeError, "level 2: expected critical"),
        (lambda f: PersistenceLandscape([3]), ValueError, r"level 1.*\(n_points, 2\).*shape \(\)"),
        (lambda f: PersistenceLandscape([(0, 0), (1, 1)]), ValueError, r"level 1.*shape \(2,\)"),
        (lambda f: PersistenceLandscape([{1, 2}]), TypeError, "level 1: expected critical points"),
        (lambda f: f.from_diagram(None), TypeError, "persistence diagram.*got NoneType"),
        (lambda f: f.from_diagram(D, end="x"), TypeError, "end must be a number, got 'x'"),
        (lambda f: f.from_diagram(D, end=None), TypeError, "end must be a number, got None"),
        (lambda f: f.from_diagram(D, end=True), TypeError, "end must be a number, got True"),
        (lambda f: f.from_diagram(D, essential="cut", end=np.nan), ValueError, "finite end"),
        (lambda f: f.mean(None), TypeError, "sequence of PersistenceLandscape, got a NoneType"),
        (lambda f: f.mean(f), TypeError, r"for a single one write \[landscape\]"),
        (lambda f: f.mean([f, 3]), TypeError, "Expected a PersistenceLandscape, got int"),
        (lambda f: f.mean([f], "x"), TypeError, "weights must be numbers"),
        (lambda f: f.mean([f], [np.nan]), ValueError, "weights must be a finite number"),
        (lambda f: f.mean([f], [[1]]), ValueError, "weights must be a finite number"),
        (lambda f: f.mean([f], {1: 2}), TypeError, "weights must be numbers"),
        (lambda f: f.linear_combination([f], None), TypeError, "coefficients must be numbers"),
        (lambda f: f.linear_combination(3, [1]), TypeError, "sequence of PersistenceLandscape"),
        (lambda f: f("x"), TypeError, "t must be numbers, got str"),
        (lambda f: f(None), TypeError, "t must be numbers, got NoneType"),
        (lambda f: f([0, np.nan]), ValueError, "t must not be NaN"),
        (lambda f: f.norm(True), ValueError, "between 1 and inf, got True"),
        (lambda f: f.norm("2"), ValueError, "between 1 and inf, got '2'"),
        (lambda f: f.norm(None), ValueError, "between 1 and inf, got None"),
        (lambda f: f.truncate("x"), TypeError, "n_levels must be an integer"),
        (lambda f: f.truncate(True), TypeError, "n_levels must be an integer"),
        (lambda f: landscape_values(D, None), TypeError, "nodes must be a one-dim.*got NoneType"),
        (lambda f: landscape_values(D, "x"), TypeError, "nodes must be a one-dim.*got str"),
        (lambda f: landscape_values(D, 3), ValueError, "nodes must be a one-dimensional"),
        (lambda f: landscape_values(D, [0, np.nan]), ValueError, "nodes must be .*nan"),
        (lambda f: landscape_values(D, {0, 1}), TypeError, "nodes must be a one-dim.*got set"),
        (lambda f: landscape_values(D, (t for t in [0, 1])), TypeError, "got generator"),
        (lambda f: landscape_values(D, [0, 1], True), TypeError, "n_landscapes must be an integer"),
    ],
)
def test_nonsense(call, error, message):
    with pytest.raises(error, match=message):
        call(of(D))
