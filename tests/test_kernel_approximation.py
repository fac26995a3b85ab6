"""The approximate landscape kernel against the exact one, its bounds and its laws."""

import pickle

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.svm import SVC

from skactland import LandscapeKernel, PersistenceLandscape, landscape_distance, landscape_gram
from skactland._compiled.landscapes.projections import squared_norm_of_levels
from skactland._compiled.landscapes.tents import count_critical_points, critical_points
from skactland.kernels import _products, _projection

EPS = 1e-11  # what rounding may do, over the largest entry


def make_diagram(kind, rng, n_bars):
    births = rng.uniform(size=n_bars)
    if kind == "ties":
        return np.sort(rng.integers(0, 9, (n_bars, 2)), axis=1).astype(float)
    if kind == "on the cells":  # bends lie where cells meet, and within
        births = rng.integers(0, 16, n_bars) / 16
        return np.column_stack([births, births + rng.integers(0, 9, n_bars) / 8])
    if kind == "one birth":
        births = 0 * births
    if kind == "negative":
        births = births - 3
    return np.column_stack([births, births + rng.exponential(0.3, n_bars)])


def make_table(kind, rng, n_rows, n_columns=2):
    """Diagrams of all sizes, empty and of one bar among them."""
    table = np.empty((n_rows, n_columns), dtype=object)
    for index in np.ndindex(table.shape):
        table[index] = make_diagram(kind, rng, rng.integers(0, 25))
    table[0, 0], table[-1, -1] = np.empty((0, 2)), table[-1, -1][:1]
    return table


KINDS = ["ties", "on the cells", "one birth", "negative", "other"]
KERNELS = {"linear": "linear", "rbf": "rbf", "callable": np.square}
OPTIONS = [
    {},
    {"normalize": True},
    {"column_weights": None, "level_weights": "poisson"},
    {"column_weights": [0, 2.5], "level_weights": [1, 0, 2]},
]


@pytest.fixture
def rng():
    return np.random.default_rng(0)


@pytest.mark.parametrize("kernel", KERNELS)
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("approximation", [1, 5, 32, 0.3, 1e-3])
def test_every_entry_is_within_its_bound(kernel, kind, approximation, rng):
    table, new = (make_table(kind, rng, n) for n in (6, 4))
    new[1] = [cell + rng.choice([-1, 0.4, 5]) for cell in new[1]]  # beyond the cells, in part
    new[2] = table[3]
    for options in OPTIONS:
        approximate = LandscapeKernel(kernel=KERNELS[kernel], approximation=approximation)
        gram = approximate.set_params(**options).fit_transform(table)
        gamma = approximate.gamma_ if kernel == "rbf" else None
        exact = clone(approximate).set_params(approximation=None, gamma=gamma).fit(table)
        for X, found in ((table, gram), (new, approximate.transform(new))):
            expected, bounds = exact.transform(X), approximate.error_bounds(X)
            rounding = EPS * abs(expected).max()
            assert (abs(found - expected) <= bounds + rounding).all()
            if kernel == "rbf":  # no distance grows
                assert (found >= expected - rounding).all()
            if kernel == "callable":
                assert (found <= expected + rounding).all()
        assert approximate.error_bound_ == approximate.error_bounds(table).max()
        assert_array_equal(exact.error_bounds(new), np.zeros((4, 6)))
        assert exact.error_bound_ == 0


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("normalize", [False, True])
def test_the_matrix_and_its_error_are_positive_semidefinite(kind, normalize, rng):
    table = make_table(kind, rng, 12)
    exact = landscape_gram(table, normalize=normalize)
    for n_cells in (1, 3, 10, 40):
        gram = landscape_gram(table, normalize=normalize, approximation=n_cells)
        assert_array_equal(gram, gram.T)
        for matrix in (gram, exact - gram):
            assert np.linalg.eigvalsh(matrix).min() >= -EPS * exact.max()


@pytest.mark.parametrize("kernel", KERNELS)
@pytest.mark.parametrize("kind", KINDS)
def test_an_entry_depends_on_its_two_rows_alone_to_the_last_bit(kernel, kind, rng, monkeypatch):
    table, new = (make_table(kind, rng, n) for n in (5, 4))
    new[1] = table[2]
    options = {"kernel": KERNELS[kernel], "approximation": 11, "gamma": 1.0}
    approximate = LandscapeKernel(**options)
    gram = approximate.fit_transform(table)
    rows = approximate.transform(new)
    assert_array_equal(approximate.transform(table), gram)
    for n_bytes in (0, 1000):  # however cells are dealt into blocks
        monkeypatch.setattr(_projection, "_FEATURE_BYTES", n_bytes)
        assert_array_equal(approximate.fit_transform(table), gram)
        assert_array_equal(clone(approximate).set_params(n_jobs=2).fit_transform(table), gram)
        assert_array_equal([approximate.transform(row[None])[0] for row in new], rows)


def test_a_tolerance_bounds_the_part_that_is_lost_of_every_diagram(rng):
    table = make_table("other", rng, 8)
    exact = landscape_gram(table, normalize=True)
    options = {"normalize": True, "column_weights": None}
    for tolerance in (0.3, 1e-2, np.float64(1e-4)):
        kernel = LandscapeKernel(approximation=tolerance, **options)
        gram = kernel.fit_transform(table)
        assert abs(gram - exact).max() <= kernel.error_bound_ + EPS <= tolerance + EPS
        for j, n_cells in enumerate(kernel.n_cells_):  # the first power of two that will do
            halved = LandscapeKernel(approximation=int(n_cells // 2), **options)
            assert n_cells == 16 or halved.fit(table[:, [j]]).error_bound_ > tolerance
            assert n_cells in 2 ** np.arange(4, 21)


def test_what_is_left_out_falls_with_the_third_power_of_fine_cells(rng):
    """A bend leaves a third of x^3 (1 - x)^3 in a cell, which is 1 / 420 on average."""
    table = [make_diagram("other", rng, 40)]
    points = critical_points(np.array(sorted(map(tuple, table[0]))), 40)
    jumps = sum(
        (np.diff(np.diff(level[:, 1]) / np.diff(level[:, 0]), prepend=0, append=0) ** 2).sum()
        for level in np.split(points[0], points[1][1:-1])
    )
    width = (table[0][:, 1].max() - table[0][:, 0].min()) / 2**16
    kernel = LandscapeKernel(approximation=2**16, column_weights=None).fit(table)
    assert kernel.error_bound_ == pytest.approx(jumps * width**3 / 420, rel=0.1)


def test_functions_of_one_line_a_cell_are_kept_as_they_are():
    table = [[[0, 2], [1, 3]], [[0, 4], [1, 2]], [[2, 4]]]
    kernel = LandscapeKernel(approximation=8, column_weights=None)  # half a unit each
    assert_allclose(kernel.fit_transform(table), landscape_gram(table), rtol=1e-14)
    assert kernel.error_bound_ < 1e-15


def test_columns_of_one_birth_stay_exact(rng):
    table = make_table("one birth", rng, 5)
    table[:, 1] = make_table("other", rng, 5)[:, 1]
    kernel = LandscapeKernel(approximation=7, column_weights=[1, 0])
    assert_array_equal(kernel.fit_transform(table), landscape_gram(table, column_weights=[1, 0]))
    assert kernel.error_bound_ == 0
    assert kernel.n_cells_.tolist() == [0, 0]
    assert kernel.set_params(column_weights=None).fit(table).n_cells_.tolist() == [0, 7]


def test_essential_bars_are_cut_as_in_the_exact_kernel(rng):
    table = make_table("other", rng, 4)
    for index in np.ndindex(table.shape):
        table[index] = np.vstack([table[index], [[0, np.inf]]])
    options = {"essential": "cut", "column_weights": None}
    kernel = LandscapeKernel(approximation=1e-4, **options)
    gram = kernel.fit_transform(table)
    assert_allclose(gram, LandscapeKernel(**options).fit_transform(table), atol=kernel.error_bound_)
    assert gram.min() > 0


def test_distances_are_within_their_bound_and_zero_for_copies(rng):
    table = make_table("ties", rng, 6)
    table[4] = table[2]
    kernel = LandscapeKernel(kernel=lambda d: d, approximation=9, column_weights=None).fit(table)
    for options in ({}, {"normalize": True}):
        exact = landscape_distance(table, **options)
        found = landscape_distance(table, approximation=9, **options)
        bounds = kernel.set_params(**options).fit(table).error_bounds(table)
        assert (found <= exact + EPS * exact.max()).all()
        assert (exact**2 - found**2 <= bounds + EPS * exact.max() ** 2).all()
        assert found[2, 4] == found[4, 2] == 0
        assert_array_equal(landscape_distance(table, table, approximation=9, **options), found)


@pytest.mark.parametrize("normalize", [False, True])
@pytest.mark.parametrize("shift", [1e-3, 1e-6, 1e-9])
def test_close_distances_are_integrated_of_the_difference(normalize, shift, rng):
    """The distance of landscapes that are moved a little goes with how far they are moved."""
    diagram = make_diagram("other", rng, 20)
    options = {"approximation": 64, "normalize": normalize}
    far, near = (
        landscape_distance([diagram + move], [diagram], **options)[0, 0]
        for move in (1e-2 * shift, 0.5e-2 * shift)
    )
    assert far / near == pytest.approx(2, rel=1e-2)


def test_scales_with_the_cube_of_the_unit_and_with_translations(rng):
    table = make_table("on the cells", rng, 5)
    gram = landscape_gram(table, approximation=7)
    for scale in (2.0**-300, 0.125, 2.0**200):
        scaled = table.copy()
        for index in np.ndindex(table.shape):
            scaled[index] = scale * table[index]
        assert_allclose(landscape_gram(scaled, approximation=7), scale**3 * gram, rtol=1e-13)
    for index in np.ndindex(table.shape):
        scaled[index] = table[index] + 64
    assert_allclose(landscape_gram(scaled, approximation=7), gram, rtol=1e-10)


def test_goes_through_clones_pickles_searches_and_jobs(table_of, rng, tmp_path):
    rows = [[size * make_diagram("other", rng, 20)] for size in (1, 5) * 10]
    table, y = table_of(rows), [0, 1] * 10
    kernel = LandscapeKernel(approximation=0.01, column_weights=None)
    gram = kernel.fit_transform(table)
    for other in (clone(kernel), clone(kernel).set_params(n_jobs=2, memory=tmp_path)):
        assert_array_equal(other.fit_transform(table), gram)
    assert_array_equal(other.fit_transform(table), gram)  # from the cache
    assert_array_equal(other.set_params(approximation=3).fit(table).n_cells_, [3])
    again = pickle.loads(pickle.dumps(kernel))
    assert_array_equal(again.transform(table), gram)
    assert_array_equal(again.error_bounds(table), kernel.error_bounds(table))
    pipe = make_pipeline(kernel, SVC(kernel="precomputed"))
    grid = {"landscapekernel__approximation": [None, 4, 0.1], "landscapekernel__kernel": ["rbf"]}
    search = GridSearchCV(pipe, grid, error_score="raise", cv=3).fit(table, y)
    assert search.cv_results_["mean_test_score"].min() > 0.9


def test_what_no_memory_holds_is_refused_before_it_is_made(monkeypatch, rng):
    table = [make_diagram("other", rng, 200) for _ in range(3)]
    monkeypatch.setattr(_products, "_SMALL", 0)
    monkeypatch.setattr(_products, "available_memory", lambda: 1000)
    monkeypatch.setattr(_products, "critical_points", None)  # would be called
    for compute in (landscape_gram, landscape_distance, LandscapeKernel().fit_transform):
        with pytest.raises(MemoryError, match=r"Give approximation=1e-3 to LandscapeKernel"):
            compute(table)
    assert landscape_gram(table, approximation=1e-3).shape == (3, 3)
    assert landscape_gram(table, approximation=5, level_weights="poisson").shape == (3, 3)
    monkeypatch.setattr(_products, "available_memory", lambda: None)
    monkeypatch.undo()
    assert_allclose(landscape_gram(table), landscape_gram(table, approximation=1e-9), rtol=1e-7)


@pytest.mark.parametrize(
    ("approximation", "error", "message"),
    [
        (0, ValueError, "approximation must be at least 1, got 0"),
        (-3, ValueError, "approximation must be at least 1"),
        (2**18 + 1, ValueError, "approximation must be at most 262144 cells"),
        (0.0, ValueError, "approximation must lie between 0 and 1 if it is a float"),
        (1.0, ValueError, "approximation must lie between 0 and 1.*give an integer"),
        (np.nan, ValueError, "approximation must lie between 0 and 1"),
        (True, TypeError, "approximation must be None, an integer .* got True"),
        ("1e-3", TypeError, "approximation must be None, an integer .* got '1e-3'"),
    ],
)
def test_nonsense(approximation, error, message):
    for compute in (
        LandscapeKernel(approximation=approximation).fit,
        lambda X: landscape_gram(X, approximation=approximation),
        lambda X: landscape_distance(X, approximation=approximation),
    ):
        with pytest.raises(error, match=message):
            compute([[[0, 1.0]]])


def test_a_tolerance_that_no_cells_reach_is_refused_by_name():
    table = [[[0, 1e-9], [1e3, 1e3 + 1e-9]]]
    with pytest.raises(ValueError, match=r"column .*: approximation=0\.01 takes more than 262144"):
        landscape_gram(table, approximation=0.01)


def test_rows_too_far_from_the_cells_are_refused():
    kernel = LandscapeKernel(approximation=4).fit([[[0, 1e-50], [1e-51, 2e-50]]])
    with pytest.raises(ValueError, match="too far from those that the kernel was fitted to"):
        kernel.transform([[[0, 1e260]]])


# The compiled parts

few_numbers = st.one_of(st.integers(0, 6).map(float), st.floats(0, 6).map(lambda x: round(x, 2)))
bar = st.tuples(few_numbers, few_numbers).map(sorted).filter(lambda pair: pair[0] < pair[1])
in_order = st.lists(bar, max_size=12).map(
    lambda bars: np.array(sorted(bars, key=lambda x: (x[0], -x[1])), float).reshape(-1, 2)
)


@given(in_order, st.integers(1, 13))
def test_critical_points_are_counted_as_they_are_written(bars, n_levels):
    assert count_critical_points(bars, n_levels) == len(critical_points(bars, n_levels)[0])


@given(in_order, st.lists(st.sampled_from([0.0, 0.5, 2.0]), min_size=1, max_size=5))
def test_squared_norms_of_weighted_levels(bars, weights):
    landscape = PersistenceLandscape.from_diagram(bars)
    expected = sum(
        weight * landscape[k : k + 1].inner(landscape[k : k + 1])
        for k, weight in enumerate(weights[: len(landscape)])
    )
    found = squared_norm_of_levels(bars, np.array(weights))
    assert found == pytest.approx(expected, rel=1e-12, abs=1e-15)
