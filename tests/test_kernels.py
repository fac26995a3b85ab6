"""The landscape kernel against its definition, and its laws."""

from functools import partial

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal
from oracles import exact_squared_distance, inner_product
from scipy.stats import poisson
from sklearn.base import clone
from sklearn.decomposition import KernelPCA
from sklearn.gaussian_process import GaussianProcessRegressor
from sklearn.gaussian_process.kernels import PairwiseKernel, WhiteKernel
from sklearn.kernel_ridge import KernelRidge
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import KernelCenterer
from sklearn.svm import SVC, SVR

from skactland import (
    LandscapeKernel,
    PersistenceLandscape,
    RipsPersistence,
    landscape_distance,
    landscape_gram,
)
from skactland.kernels import _products as products

D = [[1, 5], [2, 8], [3, 4], [5, 9], [6, 7]]
E = [[0, 3], [1, 4]]


@pytest.fixture
def table(table_of):
    """Random diagrams with ties, essential components and an empty cell."""
    rng = np.random.default_rng(0)
    rows = []
    for n in (0, 1, 5, 9, 12):
        births = rng.integers(0, 5, (2, n))
        cells = [np.column_stack([b, b + rng.integers(0, 6, n)]) for b in births]
        rows.append([np.vstack([cells[0], [[0, np.inf]]]), cells[1]])
    return table_of(rows)


def test_sums_exact_inner_products_over_columns(table):
    gram = landscape_gram(table)
    for i, j in np.ndindex(gram.shape):
        expected = sum(
            inner_product(a[np.isfinite(a[:, 1])], b[np.isfinite(b[:, 1])])
            for a, b in zip(table[i], table[j], strict=True)
        )
        assert gram[i, j] == pytest.approx(expected, rel=1e-12, abs=1e-12)


def test_published_values(table_of):
    gram = landscape_gram(table_of([[D, E]]), table_of([[D, D], [E, E]]))
    norm_d, mixed, norm_e = 145 / 6 + 9 / 2 + 1 / 6, 27 / 8 + 1 / 6, 2 * 27 / 12
    assert_allclose(gram, [[norm_d + mixed, mixed + norm_e]], rtol=1e-14)


def test_symmetric_positive_semidefinite_with_closed_diagonal(diagrams):
    gram = landscape_gram(diagrams)
    assert_array_equal(gram, gram.T)
    assert np.linalg.eigvalsh(gram).min() > -1e-12 * gram.max()
    lengths = [
        np.concatenate([np.diff(cell[np.isfinite(cell[:, 1])]).ravel() for cell in row])
        for row in diagrams
    ]
    assert_allclose(np.diag(gram), [(pers**3).sum() / 12 for pers in lengths], rtol=1e-12)


def test_transform_is_against_the_fitted_rows(diagrams):
    gram = landscape_gram(diagrams)
    kernel = LandscapeKernel(column_weights=None).fit(diagrams[:4])
    assert_allclose(kernel.transform(diagrams[4:]), gram[4:, :4], rtol=1e-14)
    assert_allclose(
        clone(kernel).fit_transform(diagrams),
        kernel.fit(diagrams).transform(diagrams),
        rtol=1e-14,
    )
    assert kernel.get_feature_names_out().tolist() == [f"landscapekernel{i}" for i in range(6)]


def test_cut_bars_end_where_the_fitted_column_does():
    gram = landscape_gram([[[0, 4], [0, np.inf]]], essential="cut")
    assert gram == pytest.approx(2 * 4**3 / 12)


def test_before_a_support_vector_machine(table_of):
    rng = np.random.default_rng(0)
    table = table_of([[[[0, size + rng.uniform()]]] for size in (1, 5) * 10])
    y = [0, 1] * 10
    for steps in ([LandscapeKernel()], [LandscapeKernel(), KernelCenterer()]):
        pipe = make_pipeline(*steps, SVC(kernel="precomputed"))
        assert cross_val_score(pipe, table, y, cv=5, error_score="raise").min() == 1
    search = GridSearchCV(
        pipe, {"svc__C": [0.1, 10], "landscapekernel__essential": ["drop", "cut"]}
    )
    assert search.fit(table, y).score(table, y) == 1


def landscapes(table):
    """The landscapes of a table, without its infinite bars."""
    out = np.empty(table.shape, object)
    for index in np.ndindex(table.shape):
        out[index] = PersistenceLandscape.from_diagram(table[index])
    return out


def weighted_gram(table, level_weights, column_weights):
    """The definition: a sum over columns and levels of inner products."""
    rows = landscapes(table)
    gram = np.zeros((len(table), len(table)))
    for i, j in np.ndindex(gram.shape):
        for f, g, v in zip(rows[i], rows[j], column_weights, strict=True):
            for k, w in enumerate(level_weights):
                gram[i, j] += v * w * f[k : k + 1].inner(g[k : k + 1])
    return gram


@pytest.fixture
def named(table):
    """The same table with names, as a data frame."""
    return pd.DataFrame(table, columns=["fc1__H0", "fc1__H1"])


def random_columns(kind, n=25):
    """Diagrams of many sizes on which a shortcut might fail."""
    rng = np.random.default_rng(0)
    for _ in range(n):
        n_bars = rng.integers(0, 60)
        if kind == "ties":
            bars = np.sort(rng.integers(0, 9, (n_bars, 2)), axis=1).astype(float)
        elif kind == "scales":
            bars = np.sort(rng.uniform(size=(n_bars, 2)), axis=1) * 10.0 ** rng.integers(-9, 9)
        elif kind == "nested":
            bars = np.column_stack([np.zeros(n_bars), rng.uniform(1, 2, n_bars)])
        elif kind == "apart":
            bars = np.sort(rng.uniform(size=(n_bars, 2)), axis=1) + rng.integers(0, 3)
        else:
            births = rng.uniform(size=n_bars)
            bars = np.column_stack([births, births + rng.exponential(0.1, n_bars)])
        yield bars


@pytest.mark.parametrize("kind", ["ties", "scales", "nested", "apart", "short"])
def test_all_pairs_agree_with_one_pair_at_a_time(kind, table_of):
    table = table_of([[bars] for bars in random_columns(kind)])
    (column,) = landscapes(table).T
    expected = [[f.inner(g) for g in column] for f in column]
    gram = landscape_gram(table)
    assert_allclose(gram, expected, rtol=1e-11, atol=0)
    assert_array_equal(gram, gram.T)
    assert_array_equal(landscape_gram(table, table), gram)
    assert_array_equal(landscape_gram(table[:4], table), gram[:4])


few_numbers = st.one_of(st.integers(0, 6).map(float), st.floats(0, 6).map(lambda x: round(x, 2)))
any_diagram = st.lists(st.tuples(few_numbers, few_numbers).map(sorted), max_size=8)


@given(st.lists(any_diagram, min_size=1, max_size=6), st.lists(any_diagram, min_size=1, max_size=6))
def test_all_pairs_of_any_two_tables(some, others):
    found = landscape_gram(some, others)
    expected = [[inner_product(f, g) for g in others] for f in some]
    assert_allclose(found, expected, rtol=1e-9, atol=1e-12)
    assert_array_equal(landscape_gram(some), landscape_gram(some, some))


@pytest.mark.parametrize("nu", [0.5, 2.0, 30.0])
def test_poisson_weights_of_levels(table, nu):
    gram = landscape_gram(table, level_weights="poisson", nu=nu)
    weights = poisson.pmf(np.arange(12), nu)
    assert_allclose(gram, weighted_gram(table, weights, [1, 1]), rtol=1e-12)


def test_published_poisson_kernel():
    for nu, expected in ((1, 10.5765339), (2, 4.5337320)):
        gram = landscape_gram([D], level_weights="poisson", nu=nu)
        assert gram == pytest.approx(expected, abs=5e-8)


def test_levels_beyond_the_weights_do_not_count(table):
    gram = landscape_gram(table, level_weights=[2, 0, 0.5])
    assert_allclose(gram, weighted_gram(table, [2, 0, 0.5], [1, 1]), rtol=1e-12)


@pytest.mark.parametrize(
    ("column_weights", "expected"),
    [
        ({"H1": 3}, [1, 3]),
        ({1: 3, "fc1": 2}, [2, 6]),
        ({"fc1__H0": 0}, [0, 1]),
        ({}, [1, 1]),
        ([0.5, 4], [0.5, 4]),
        (np.array([0, 2]), [0, 2]),
    ],
)
def test_weights_of_columns(named, table, column_weights, expected):
    gram = landscape_gram(named, column_weights=column_weights)
    assert_allclose(gram, weighted_gram(table, np.ones(12), expected), rtol=1e-12)


def test_balanced_columns_have_mean_squared_norm_one(diagrams):
    scaled = diagrams.copy()
    scaled[:, 0] = [1000 * cell for cell in diagrams[:, 0]]
    kernel = LandscapeKernel()  # the function takes columns as they are, the estimator does not
    assert np.trace(kernel.fit_transform(diagrams)) == pytest.approx(6 * 4)
    assert_allclose(kernel.fit_transform(scaled), kernel.fit_transform(diagrams), rtol=1e-12)


def test_normalized_is_the_cosine(table):
    gram = landscape_gram(table)
    norms = np.sqrt(np.diag(gram))
    norms[0] = 1  # the empty network
    cosines = landscape_gram(table, normalize=True)
    assert_allclose(cosines, gram / norms[:, None] / norms, rtol=1e-14)
    assert_allclose(np.diag(cosines)[1:], 1, rtol=1e-14)
    assert cosines[0].max() == 0


def test_distances_are_those_of_the_landscapes(table):
    rows = landscapes(table)
    expected = [
        [sum(f.distance(g) ** 2 for f, g in zip(row, other, strict=True)) ** 0.5 for other in rows]
        for row in rows
    ]
    found = landscape_distance(table)
    assert_allclose(found, expected, rtol=1e-9)
    assert_array_equal(np.diag(found), 0)
    assert_array_equal(landscape_distance(table, table), found)


def test_close_distances_keep_their_digits(table_of):
    steps = 10.0 ** -np.arange(1, 12)
    table = table_of([[[[0, 2]]], *([[[0, 2 + step]]] for step in steps)])
    (column,) = landscapes(table).T
    expected = [column[0].distance(f) for f in column]
    assert_allclose(landscape_distance(table)[0], expected, rtol=1e-9)
    assert_allclose(landscape_distance(table, normalize=True)[0, 1:4], 2 ** 0.5 * np.sqrt(
        1 - np.array([
            column[0].inner(f) / column[0].norm() / f.norm() for f in column[1:4]
        ])
    ), rtol=1e-5)  # fmt: skip


def test_rbf_and_callables_of_the_distance(table):
    distances = landscape_distance(table)
    assert_allclose(
        landscape_gram(table, kernel="rbf", gamma=0.3), np.exp(-0.3 * distances**2), rtol=1e-12
    )
    laplacian = landscape_gram(table, kernel=lambda d: np.exp(-d))
    assert_allclose(laplacian, np.exp(-distances), rtol=1e-14)


def test_default_gamma_is_learned_in_fit(table):
    squares = landscape_distance(table[1:]) ** 2
    kernel = LandscapeKernel(kernel="rbf", column_weights=None).fit(table[1:])
    assert kernel.gamma_ == pytest.approx(1 / np.median(squares[np.triu_indices(4, 1)]))
    assert_array_equal(kernel.fit_transform(table[1:]), kernel.transform(table[1:]))
    assert LandscapeKernel(kernel="rbf").fit([D]).gamma_ == 1
    assert LandscapeKernel(kernel="rbf").fit([[], [], []]).gamma_ == 1


@pytest.mark.parametrize(
    "options",
    [
        {"kernel": "rbf"},
        {"normalize": True},
        {"kernel": "rbf", "normalize": True, "level_weights": "poisson"},
        {"column_weights": [0, 1], "level_weights": [1, 0.5]},
        {"column_weights": "balanced"},
    ],
    ids=str,
)
def test_every_kernel_is_symmetric_positive_semidefinite_and_steady(table, options):
    kernel = LandscapeKernel(**options)
    gram = kernel.fit_transform(table)
    assert_array_equal(gram, gram.T)
    assert np.linalg.eigvalsh(gram).min() > -1e-13 * gram.max()
    assert_array_equal(kernel.transform(table), gram)
    assert_array_equal(kernel.transform(table[[3]]), gram[[3]])
    assert_array_equal(LandscapeKernel(**options, n_jobs=2).fit_transform(table), gram)


def test_empty_tables(table_of):
    empty = table_of([[[], [[0, np.inf]]]] * 3)
    assert_array_equal(landscape_gram(empty), np.zeros((3, 3)))
    assert_array_equal(landscape_gram(empty, normalize=True), np.zeros((3, 3)))
    assert_array_equal(landscape_gram(empty, kernel="rbf"), np.ones((3, 3)))
    assert_array_equal(landscape_distance(empty, normalize=True), np.zeros((3, 3)))


@pytest.mark.parametrize("kernel", ["linear", "rbf"])
def test_before_other_kernel_machines(table_of, kernel):
    rng = np.random.default_rng(0)
    sizes = np.tile([1.0, 2.0, 3.0, 4.0], 6)
    table = table_of([[[[0, size + rng.uniform(0, 0.1)]]] for size in sizes])
    for machine in (
        SVR(kernel="precomputed", C=100),
        KernelRidge(kernel="precomputed", alpha=1e-3),
        GaussianProcessRegressor(
            PairwiseKernel(metric="precomputed", gamma_bounds="fixed") + WhiteKernel(1e-3, "fixed")
        ),
    ):
        pipe = make_pipeline(LandscapeKernel(kernel=kernel), machine)
        assert cross_val_score(pipe, table, sizes, cv=4, error_score="raise").min() > 0.9
    components = make_pipeline(
        LandscapeKernel(kernel=kernel), KernelCenterer(), KernelPCA(2, kernel="precomputed")
    )
    assert components.fit(table).transform(table).shape == (24, 2)


def test_grid_search_computes_each_column_once_for_each_fold(table_of, tmp_path, monkeypatch):
    rng = np.random.default_rng(0)
    table = table_of([[[[0, s + rng.uniform()]], [[1, 2 + s + rng.uniform()]]] for s in (1, 5) * 6])
    calls = []

    def count(*arguments):
        calls.append(arguments)
        return compute(*arguments)

    compute = products.inner_products
    monkeypatch.setattr(products, "inner_products", count)
    pipe = make_pipeline(LandscapeKernel(memory=tmp_path), SVC(kernel="precomputed"))
    grid = {
        "landscapekernel__kernel": ["linear", "rbf"],
        "landscapekernel__gamma": [0.1, 1],
        "landscapekernel__normalize": [True, False],
        "landscapekernel__column_weights": [None, [1, 2], "balanced"],
    }
    search = GridSearchCV(pipe, grid, cv=3, refit=False, error_score="raise")
    search.fit(table, [0, 1] * 6)
    n_columns, n_folds, train_and_test = 2, 3, 2
    assert len(calls) == n_columns * n_folds * train_and_test
    cached = LandscapeKernel(memory=tmp_path).fit(table).transform(table[:3])
    assert_array_equal(cached, LandscapeKernel().fit(table).transform(table[:3]))


def test_bad_input(table_of):
    with pytest.raises(ValueError, match=r"one of \['cut', 'drop'\]"):
        LandscapeKernel(essential=None).fit([D])
    with pytest.raises(ValueError, match="row 0, column 0: bar 1 dies at 1"):
        landscape_gram([[[0, 1], [2, 1]]])
    with pytest.raises(ValueError, match=r"X has 2, .* and Y has 1"):
        landscape_gram(table_of([[D, E]]), [D])


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"kernel": "cosine"}, ValueError, r"kernel must be one of \['linear', 'rbf'\]"),
        ({"kernel": lambda d: d[:1]}, ValueError, r"shape \(5, 5\)"),
        ({"gamma": -1}, ValueError, "gamma must be positive"),
        ({"gamma": "scale"}, TypeError, "gamma must be a number"),
        ({"level_weights": "fish"}, ValueError, r"level_weights must be one of \['poisson'\]"),
        ({"level_weights": "poisson", "nu": 0}, ValueError, "nu must be positive"),
        ({"level_weights": [1, -1]}, ValueError, "level_weights .* not a kernel"),
        ({"level_weights": [0, 0]}, ValueError, "level_weights are all zero"),
        ({"level_weights": [[1]]}, ValueError, "sequence of finite numbers"),
        ({"column_weights": [1, -1]}, ValueError, "column_weights .* not a kernel"),
        ({"column_weights": {"H1": -1, "fc1": -1}}, ValueError, "not a kernel"),
        ({"column_weights": {"fc1": 0}}, ValueError, "all zero"),
        ({"column_weights": [1, 1, 1]}, ValueError, "each of 2 columns, got 3"),
        ({"column_weights": {"fc2": 1}}, ValueError, "no column .* 'fc2'; did you mean 'fc1'"),
        ({"column_weights": "even"}, ValueError, r"one of \['balanced'\]"),
        ({"column_weights": []}, ValueError, "column_weights is empty; give None"),
        ({"column_weights": np.empty(0)}, ValueError, "column_weights is empty"),
        ({"level_weights": ()}, ValueError, "level_weights is empty"),
        ({"column_weights": [1, np.nan]}, ValueError, "finite"),
    ],
)
def test_bad_parameters(named, options, error, message):
    with pytest.raises(error, match=message):
        landscape_gram(named, **options)


def scaled(table, exponent):
    """The table times a power of two."""
    out = np.empty(table.shape, object)
    for index in np.ndindex(table.shape):
        out[index] = np.ldexp(table[index], exponent)
    return out


@pytest.fixture
def plain():
    """Five rows of two columns without ties, whose coordinates have all their bits."""
    rng = np.random.default_rng(0)
    table = np.empty((5, 2), object)
    for index in np.ndindex(table.shape):
        births = rng.uniform(1, 3, 6)
        table[index] = np.column_stack([births, births + rng.exponential(1, 6)])
    return table


SCALES = [-1000, -400, -350, -301, -202, -201, -200, -199, -5, 198, 199, 200, 201, 350, 400, 1000]
WITHOUT_UNIT = [
    {"column_weights": "balanced"},
    {"normalize": True},
    {"normalize": True, "column_weights": [1, 3.0]},
    {"kernel": "rbf"},
    {"kernel": "rbf", "normalize": True, "level_weights": "poisson", "nu": 2},
    {"kernel": "rbf", "column_weights": "balanced"},
    {"kernel": "rbf", "column_weights": [0.3, 3]},
    {"kernel": lambda d: np.exp(-d), "normalize": True},
]


@pytest.mark.parametrize("exponent", SCALES)
@pytest.mark.parametrize("options", WITHOUT_UNIT)
def test_what_has_no_unit_is_the_same_at_every_scale(plain, options, exponent):
    gram = landscape_gram(plain, **options)
    found = landscape_gram(scaled(plain, exponent), **options)
    assert_allclose(found, gram, rtol=1e-14)
    if exponent % 2 == 0:  # the root of an odd power of two is no number
        assert_array_equal(found, gram)
    kernel = LandscapeKernel(**{"column_weights": None, **options}).fit(scaled(plain, exponent))
    assert_array_equal(kernel.transform(scaled(plain[1:3], exponent)), found[1:3])
    assert_array_equal(landscape_gram(*[scaled(plain, exponent)] * 2, **options), found)


@given(st.integers(-400, 400))
def test_inner_products_and_distances_follow_the_scale_or_are_refused(exponent):
    table = np.empty((3, 1), object)
    table[:, 0] = [np.array([[1, 2.3], [1.5, 2.9]]), np.array([[0.1, 2]]), np.array([[0.2, 1.3]])]
    gram, distances = landscape_gram(table), landscape_distance(table)
    if -1010 < 3 * exponent < 1020:
        assert_array_equal(landscape_gram(scaled(table, exponent)), np.ldexp(gram, 3 * exponent))
    elif not -1022 < 3 * exponent < 1024:
        with pytest.raises(ValueError, match=r"would be too (large|small).*multiply all diagrams"):
            landscape_gram(scaled(table, exponent))
        kernel = LandscapeKernel(column_weights=None).fit(scaled(table, exponent))
        with pytest.raises(ValueError, match=r"would be too (large|small).*multiply all diagrams"):
            kernel.transform(scaled(table, exponent))
    expected = distances * 2.0 ** (1.5 * exponent)
    assert_allclose(landscape_distance(scaled(table, exponent)), expected, rtol=1e-14)


@pytest.mark.parametrize("exponent", [-1000, -720, 720, 1000])
def test_distances_that_are_no_numbers_are_refused(plain, exponent):
    with pytest.raises(ValueError, match=r"Distances.* would be too .*multiply all diagrams"):
        landscape_distance(scaled(plain, exponent))


def test_columns_of_extreme_scales_side_by_side(plain):
    mixed = plain.copy()
    mixed[:, 0] = scaled(plain[:, :1], 400)[:, 0]
    mixed[:, 1] = scaled(plain[:, 1:], -400)[:, 0]
    expected = landscape_gram(plain, column_weights="balanced")
    assert_array_equal(landscape_gram(mixed, column_weights="balanced"), expected)
    alone = landscape_gram(plain[:, :1], normalize=True)
    assert_array_equal(landscape_gram(mixed, normalize=True), alone)


def test_the_given_gamma_has_the_unit_of_the_diagrams(plain):
    expected = landscape_gram(plain, kernel="rbf", gamma=0.3)
    found = landscape_gram(scaled(plain, 330), kernel="rbf", gamma=np.ldexp(0.3, -990))
    assert_array_equal(found, expected)
    far = landscape_gram(scaled(plain, 400), kernel="rbf", gamma=1.0)
    assert_array_equal(far, np.eye(5))


@pytest.mark.parametrize(
    ("options", "exponent", "end"),
    [
        ({"normalize": True}, 400, "large"),
        ({"normalize": True}, -400, "small"),
        ({"kernel": "rbf"}, 400, "large"),
    ],
)
def test_rows_beyond_all_measure_of_those_in_fit(plain, options, exponent, end):
    kernel = LandscapeKernel(**options, column_weights=None).fit(plain)
    with pytest.raises(ValueError, match=f"row 1: its landscapes are too {end}"):
        kernel.transform(np.vstack([plain[:1], scaled(plain[:1], exponent)]))


def test_a_column_empty_in_fit_counts_nothing_in_the_linear_kernel(plain):
    fitted = scaled(plain, -400)
    fitted[:, 1] = [np.empty((0, 2))] * 5
    kernel = LandscapeKernel(normalize=True, column_weights=None).fit(fitted)
    new = scaled(plain, -400)
    new[:, 1] = fitted[:, 1]
    assert_array_equal(kernel.transform(new), landscape_gram(plain[:, :1], normalize=True))


@pytest.mark.parametrize("nu", [1e10, 1e7])
def test_weights_of_more_levels_than_there_are_in_the_world(plain, nu):
    with pytest.raises(ValueError, match=r"nu must be at most 1e\+06"):
        landscape_gram(plain, level_weights="poisson", nu=nu)


@pytest.mark.parametrize("nu", [700.0, 1e4, 1e6])
def test_weights_that_no_level_gets(plain, nu):
    with pytest.raises(ValueError, match="no landscape of the table has more than 6"):
        LandscapeKernel(level_weights="poisson", nu=nu).fit(plain)
    empty = [np.empty((0, 2))] * 2
    assert_array_equal(landscape_gram(empty, level_weights="poisson", nu=nu), np.zeros((2, 2)))


def test_the_width_of_points_of_which_most_are_equal_follows_their_scale():
    for size in (1.0, 1e3):
        bars = [[[0, size]]] * 4 + [[[0, 2 * size]]]
        squares = landscape_distance(bars) ** 2
        kernel = LandscapeKernel(kernel="rbf", column_weights=None).fit(bars)
        assert kernel.gamma_ == pytest.approx(1 / squares[squares > 0].mean())


@given(any_diagram, any_diagram, st.integers(-50, 0), st.integers(0, 2**31))
def test_close_distances_keep_the_bound_of_their_error(diagram, other, exponent, seed):
    """They are the root of the integral of a difference of heights that are rounded."""
    rng = np.random.default_rng(seed)
    f = np.array([bar for bar in diagram if bar[0] < bar[1]]).reshape(-1, 2)
    shifts = np.ldexp(rng.uniform(-1, 1, f.shape), exponent)
    g = np.vstack([np.sort(f + shifts, axis=1), np.reshape(other, (-1, 2))[: exponent > -9]])
    g = g[g[:, 0] < g[:, 1]]
    exact = float(exact_squared_distance(f.tolist(), g.tolist())) ** 0.5
    if len(f) + len(g) == 0:
        return
    both = np.vstack([f, g])
    depth, width = max(len(f), len(g)), both[:, 1].max() - both[:, 0].min()
    eps = np.finfo(float).eps
    bound = 4 * eps * (abs(both).max() * (width * depth) ** 0.5 + exact)
    of_landscapes = of_bars(f).distance(of_bars(g))
    assert abs(of_landscapes - exact) <= bound
    assert abs(landscape_distance([f], [g])[0, 0] - exact) <= bound + 1e-9 * exact


def of_bars(bars):
    return PersistenceLandscape.from_diagram(bars)


@pytest.mark.parametrize("library", ["pandas", "arrays"])
def test_simplices_beside_the_diagrams_change_nothing(clouds, library):
    rips = RipsPersistence(return_simplices=True)
    plain = RipsPersistence().fit_transform(clouds)
    if library == "pandas":
        rips = rips.set_output(transform="pandas")
    table = rips.fit_transform(clouds)
    weights = np.arange(1.0, 5)
    for options in ({}, {"column_weights": weights}, {"column_weights": "balanced"}):
        expected = landscape_gram(plain, **options)
        assert_array_equal(landscape_gram(table, **options), expected)
        assert_array_equal(landscape_gram(table, table[:3], **options)[:, :3].shape, (6, 3))
        kernel = LandscapeKernel(**{"column_weights": None, **options})
        assert_array_equal(kernel.fit_transform(table), expected)
        assert kernel.n_features_in_ == 8
        assert kernel.bars_.shape == (6, 4)
        assert kernel.column_weights_.shape == kernel.window_ends_.shape == (4,)
        assert kernel.diagram_columns_.tolist() == [0, 1, 4, 5] or len(kernel.diagram_columns_) == 4
    assert_array_equal(landscape_distance(table), landscape_distance(plain))


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda X: landscape_gram(X, normalize="x"), TypeError, "normalize must be True or False"),
        (lambda X: landscape_gram(X, normalize=1), TypeError, "normalize must be True or False"),
        (lambda X: landscape_gram(X, gamma=True), TypeError, "gamma must be a number, got True"),
        (lambda X: landscape_gram(X, n_jobs="x"), TypeError, "n_jobs must be an integer or None"),
        (lambda X: landscape_gram(X, n_jobs=0), ValueError, "n_jobs must not be 0"),
        (lambda X: landscape_distance(X, normalize=None), TypeError, "normalize must be True"),
        (lambda X: landscape_gram(X, kernel=lambda d: None), TypeError, "kernel must turn"),
        (lambda X: landscape_gram(X, kernel=lambda d: "x"), TypeError, "kernel must turn.*got str"),
        (lambda X: landscape_gram(X, kernel=str), TypeError, "kernel must turn"),
        (lambda X: landscape_gram(None), TypeError, "table of diagrams.*got NoneType"),
        (lambda X: landscape_gram(X, 3), TypeError, "Y: Expected a table of diagrams"),
        (lambda X: landscape_gram(X, [[[2, 1]], D]), ValueError, "Y: row 0, column 0: bar 0 dies"),
        (lambda X: landscape_gram(X, X[:, :1]), ValueError, "X has 2, .* and Y has 1"),
        (lambda X: landscape_gram(X, level_weights=iter([1])), TypeError, "must be numbers"),
        (lambda X: landscape_gram(X, column_weights={1: "x"}), TypeError, "must be numbers"),
    ],
)
def test_nonsense(table, call, error, message):
    with pytest.raises(error, match=message):
        call(table)


def test_functions_hold_the_names_of_both_tables_against_each_other(named):
    with pytest.raises(ValueError, match=r"same columns.*fc1__H0.*fc2__H0"):
        landscape_gram(named, named.rename(columns={"fc1__H0": "fc2__H0"}))
    assert_array_equal(landscape_distance(named, named.to_numpy()), landscape_distance(named))


@pytest.mark.parametrize(
    "compute", [landscape_distance, partial(landscape_gram, kernel="rbf", gamma=1.0)]
)
@pytest.mark.parametrize("extreme", [1e108, 1e150, 1e-170])
def test_no_row_counts_as_zero_beside_an_extreme_one(compute, extreme):
    """Rows that the unit of the table leaves nothing of are refused, not set to zero."""
    table = [[[0, 1.0]], [[0, 3.0]], [[0, extreme]]]
    with pytest.raises(ValueError, match=r"row \d: its landscapes are too small beside"):
        compute(table)


@pytest.mark.parametrize("start", [0.0, 1e3, 1e6, 1e9])
@pytest.mark.parametrize("more", [1e-3, 1e-2, 0.5])
def test_distances_of_bars_far_from_zero_are_within_the_stated_bound(start, more):
    diagrams = [[(start, start + 1)], [(start, start + 1 + more)]]
    exact = float(exact_squared_distance(*diagrams)) ** 0.5
    bound = 4 * np.finfo(float).eps * (start + 2) * 3**0.5
    assert abs(landscape_distance(diagrams)[0, 1] - exact) <= bound + 1e-9 * exact
