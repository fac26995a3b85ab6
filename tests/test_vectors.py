"""Features on a grid."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal
from oracles import landscape_table
from sklearn.compose import make_column_selector, make_column_transformer

from skactland import (
    ComplexityVectorizer,
    LandscapeVectorizer,
    PersistenceLandscape,
    RipsPersistence,
    SilhouetteVectorizer,
    landscape_gram,
    landscape_values,
)

D = [[1, 5], [2, 8], [3, 4], [5, 9], [6, 7]]
E = [[0, 3], [1, 4]]
PLAIN = {"weighting": None, "clip": False}  # the functions as they are


def test_order_is_column_then_level_then_node(table_of):
    table = table_of([[D, E], [E, D]])
    vectorizer = LandscapeVectorizer(n_landscapes=3, resolution=7, **PLAIN).fit(table)
    features = vectorizer.transform(table).reshape(2, 2, 3, 7)
    for i, j in np.ndindex(2, 2):
        expected = landscape_table(table[i, j], vectorizer.nodes_[j], 3)
        assert_array_equal(features[i, j], expected)


def test_windows_come_from_fit_by_column_and_include_their_ends(table_of):
    table = table_of([[D, E], [D, [[2, np.inf]]]])
    vectorizer = LandscapeVectorizer(resolution=3).fit(table)
    with pytest.warns(UserWarning, match="row 1, column 1"):
        vectorizer.transform(table)
    assert_array_equal(vectorizer.nodes_, [[1, 5, 9], [0, 2, 4]])
    vectorizer.transform(table_of([[[[0, 100]], E]]))
    assert_array_equal(vectorizer.nodes_, [[1, 5, 9], [0, 2, 4]])


def test_one_window_for_all(table_of):
    vectorizer = LandscapeVectorizer(resolution=3, sample_range=(0, 10)).fit(table_of([[D, E]]))
    assert_array_equal(vectorizer.nodes_, [[0, 5, 10], [0, 5, 10]])


def test_empty_diagrams_are_zeros(table_of):
    table = table_of([[D, []], [[], []]])
    features = LandscapeVectorizer(2, 4).fit_transform(table)
    assert features[0, :8].max() > 0
    assert features[0, 8:].max() == features[1].max() == 0
    assert len(set(LandscapeVectorizer(2, 4).fit(table).get_feature_names_out())) == 16


@pytest.mark.parametrize("grid", ["column", "degree", "shared"])
def test_tables_of_empty_diagrams_are_zeros(table_of, grid):
    table = pd.DataFrame(table_of([[[], [[0, np.inf]]]]), columns=["fc1__H1", "fc1__H0"])
    for vectorizer in (LandscapeVectorizer(grid=grid), SilhouetteVectorizer(grid=grid)):
        assert vectorizer.fit_transform(table).max() == 0
        assert_array_equal(vectorizer.nodes_[:, [0, -1]], [(0, 1), (0, 1)])


@given(st.lists(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 5)).map(sorted))))
def test_all_levels_are_those_of_the_deepest_landscape(diagrams):
    diagrams = [np.array(bars, dtype=float).reshape(-1, 2) for bars in [*diagrams, []]]
    options = {"sample_range": (0, 5), **PLAIN}
    vectorizer = LandscapeVectorizer(None, 11, **options).fit(diagrams)
    depths = [PersistenceLandscape.from_diagram(bars).n_levels for bars in diagrams]
    assert vectorizer.n_landscapes_ == max(1, *depths)
    features = vectorizer.transform(diagrams)
    more = LandscapeVectorizer(vectorizer.n_landscapes_ + 1, 11, **options)
    more = more.fit_transform(diagrams)
    assert_array_equal(features, more[:, : features.shape[1]])
    assert not more[:, features.shape[1] :].any()
    assert len(vectorizer.get_feature_names_out()) == features.shape[1]


def test_all_levels_of_a_cloud_in_degree_zero():
    cloud = np.random.default_rng(0).normal(size=(20, 3))
    diagrams = RipsPersistence((0,)).fit_transform([cloud])
    assert LandscapeVectorizer(None).fit(diagrams).n_landscapes_ == 19
    cut = LandscapeVectorizer(None, essential="cut").fit(diagrams)
    assert cut.n_landscapes_ == 20


def test_more_levels_than_bars_are_zeros():
    features = LandscapeVectorizer(4, 10).fit_transform([E]).reshape(4, 10)
    assert features[1].max() > 0
    assert features[2:].max() == 0


def test_essential_component_is_dropped_or_cut():
    diagram = [[0, 2], [0, 4], [0, np.inf]]
    dropped = LandscapeVectorizer(3, 5, **PLAIN).fit_transform([diagram]).reshape(3, 5)
    assert_array_equal(dropped, landscape_values(diagram[:2], range(5), 3))
    cut = LandscapeVectorizer(3, 5, essential="cut", **PLAIN).fit_transform([diagram])
    cut = cut.reshape(3, 5)
    assert_array_equal(cut, landscape_values([*diagram[:2], [0, 4]], range(5), 3))


def test_dropping_an_unfinished_loop_gives_a_warning():
    square = np.array([[0, 0], [1, 0], [1, 1], [0, 1]])
    rips = RipsPersistence(max_edge_length=1.2)
    diagrams = rips.fit_transform([square])
    with pytest.warns(UserWarning, match="Infinite bars other than the one essential component"):
        LandscapeVectorizer().fit_transform(diagrams)
    options = {"sample_range": (0, 3), "essential": "cut", **PLAIN}
    features = LandscapeVectorizer(1, 3, **options).fit_transform(diagrams)
    assert_array_equal(features, [[0, 1.5, 0, 0, 0.5, 0]])


def test_names():
    vectorizer = LandscapeVectorizer(2, 5).fit([D, E])
    names = vectorizer.get_feature_names_out(["fc1__H1"])
    assert names[0] == "fc1__H1__k1__t0.000"
    assert names[-1] == "fc1__H1__k2__t9.000"
    assert len(names) == len(set(names)) == 10
    assert vectorizer.get_feature_names_out()[0] == "x0__k1__t0.000"


def test_names_of_narrow_windows_stay_apart():
    names = LandscapeVectorizer(1, 50).fit([[[1, 1 + 1e-6]]]).get_feature_names_out()
    assert len(set(names)) == 50


@pytest.mark.parametrize(
    ("parameters", "error", "message"),
    [
        ({"n_landscapes": 0}, ValueError, "n_landscapes must be at least 1"),
        ({"resolution": 0}, ValueError, "resolution must be at least 2"),
        ({"resolution": 10.0}, TypeError, "resolution must be an integer"),
        ({"sample_range": (1, 1)}, ValueError, "start < stop"),
        ({"sample_range": (0, np.inf)}, ValueError, "finite"),
        ({"sample_range": 3}, TypeError, "pair"),
        ({"essential": "keep"}, ValueError, r"one of \['cut', 'drop'\]"),
    ],
)
def test_bad_parameters(parameters, error, message):
    with pytest.raises(error, match=message):
        LandscapeVectorizer(**parameters).fit([D])


def test_errors_name_the_cell(table_of):
    with pytest.raises(ValueError, match="row 1, column 0: bar 0 dies at 1"):
        LandscapeVectorizer().fit([D, [[2, 1]]])


@pytest.fixture
def named(table_of):
    """Two layers in two degrees, all of different windows."""
    table = table_of([[[[0, 1]], [[2, 4]], [[0, 5]], [[3, 9]]]])
    return pd.DataFrame(table, columns=["fc1__H0", "fc1__H1", "fc2__H0", "fc2__H1"])


@pytest.mark.parametrize(
    ("grid", "windows"),
    [
        ("column", [(0, 1), (2, 4), (0, 5), (3, 9)]),
        ("degree", [(0, 5), (2, 9), (0, 5), (2, 9)]),
        ("shared", [(0, 9)] * 4),
    ],
)
def test_columns_share_windows(named, grid, windows):
    for vectorizer in (LandscapeVectorizer(grid=grid), SilhouetteVectorizer(grid=grid)):
        assert_array_equal(vectorizer.fit(named).nodes_[:, [0, -1]], windows)
    vectorizer = LandscapeVectorizer(grid=grid, sample_range=(0, 2)).fit(named)
    assert_array_equal(vectorizer.nodes_[:, [0, -1]], [(0, 2)] * 4)


def test_degrees_are_read_from_names(named):
    with pytest.raises(ValueError, match=r"'x0' has none.*set_output"):
        LandscapeVectorizer(grid="degree").fit(named.to_numpy())
    with pytest.raises(ValueError, match="'logits' has none"):
        LandscapeVectorizer(grid="degree").fit(named.rename(columns={"fc2__H0": "logits"}))


def test_weighted_features_approach_the_kernel(diagrams):
    gram = landscape_gram(diagrams)
    errors = []
    for resolution in (51, 101, 201, 401):
        vectorizer = LandscapeVectorizer(30, resolution, weighting="l2", clip=False)
        features = vectorizer.fit_transform(diagrams)
        errors.append(abs(features @ features.T - gram).max() / gram.max())
    assert errors[-1] < 1e-4
    assert errors[-1] < errors[0] / 30, (
        "eight times the resolution, 64 times as exact but for noise"
    )


def test_weighted_features_keep_the_bound_of_their_error():
    (bar,) = diagram = np.array([[0.0, 1.0]])
    for resolution in (4, 11, 50):
        features = LandscapeVectorizer(1, resolution, weighting="l2")
        features = features.fit_transform([diagram])
        step = (bar[1] - bar[0]) / (resolution - 1)
        variation = 2 * 2 * 0.5 + 4 * 0.5  # of 2 f f': 2 over the smooth parts, a jump of 2
        assert abs((features**2).sum() - 1 / 12) <= step**2 / 8 * variation


def test_features_come_back_as_landscapes(diagrams):
    for weighting in (None, "l2"):
        vectorizer = LandscapeVectorizer(3, 20, weighting=weighting, clip=False).fit(diagrams)
        table = vectorizer.to_landscapes(vectorizer.transform(diagrams))
        plain = LandscapeVectorizer(3, 20, **PLAIN).fit_transform(diagrams)
        plain = plain.reshape(6, 4, 3, 20)
        for i, j in np.ndindex(6, 4):
            found = np.zeros((3, 20))
            found[: len(table[i, j])] = table[i, j](vectorizer.nodes_[j])
            assert_allclose(found, plain[i, j], atol=1e-14)


def test_a_coefficient_vector_is_the_function_that_a_linear_model_integrates_against(diagrams):
    vectorizer = LandscapeVectorizer(2, 400, weighting="l2", clip=False).fit(diagrams)
    rng = np.random.default_rng(0)
    smooth = np.sin(np.linspace(0, 3, 400)) * rng.normal(size=(4, 2, 1))
    coefficients = smooth.reshape(-1) * 0.05
    functions = vectorizer.to_landscapes(coefficients)
    assert functions.shape == (4,)
    landscapes = [[PersistenceLandscape.from_diagram(d) for d in row] for row in diagrams]
    expected = [sum(f.inner(g) for f, g in zip(functions, r, strict=True)) for r in landscapes]
    assert_allclose(vectorizer.transform(diagrams) @ coefficients, expected, rtol=1e-3)


def test_loadings_beyond_the_window_fall_to_zero_in_a_step():
    vectorizer = LandscapeVectorizer(1, 3).fit([[[0, 2]]])
    (function,) = vectorizer.to_landscapes([1.0, -2, 3])
    assert_array_equal(function.levels[0], [(-1, 0), (0, 1), (1, -2), (2, 3), (3, 0)])


def test_coefficients_of_another_grid():
    vectorizer = LandscapeVectorizer(2, 5).fit([D])
    with pytest.raises(ValueError, match="10 features, 1 columns x 2 functions x 5 nodes"):
        vectorizer.to_landscapes(np.zeros(9))
    with pytest.raises(ValueError, match="NaN"):
        vectorizer.to_landscapes(np.full(10, np.nan))


@pytest.mark.parametrize("power", [0, 1, 2.5])
def test_silhouettes_are_weighted_means_of_tents(table_of, power):
    table = table_of([[D, E], [[], [[1, 1], [0, 4]]]])
    vectorizer = SilhouetteVectorizer(power, 23, **PLAIN).fit(table)
    found = vectorizer.transform(table).reshape(2, 2, 23)
    for i, j in np.ndindex(2, 2):
        for t, value in zip(vectorizer.nodes_[j], found[i, j], strict=True):
            bars = [(b, d) for b, d in table[i, j] if b < d]
            weights = [(d - b) ** power for b, d in bars]
            tents = [w * max(0, min(t - b, d - t)) for w, (b, d) in zip(weights, bars, strict=True)]
            expected = sum(tents) / sum(weights) if bars else 0
            assert value == pytest.approx(expected, rel=1e-13, abs=1e-15)


def test_gudhi_has_the_same_silhouettes():
    from gudhi.representations import Silhouette

    diagram = np.random.default_rng(0).uniform(0, 1, (50, 2)).cumsum(axis=1)
    theirs = Silhouette(
        weight=lambda bar: (bar[1] - bar[0]) ** 2, resolution=60, sample_range=[0, 2]
    )
    ours = SilhouetteVectorizer(2, 60, sample_range=(0, 2), **PLAIN).fit_transform([diagram])
    assert_allclose(ours[0] * np.sqrt(2), theirs(diagram), rtol=0, atol=1e-12)


def test_names_of_silhouettes_and_bad_powers():
    vectorizer = SilhouetteVectorizer(resolution=3).fit([D])
    names = vectorizer.get_feature_names_out(["fc1__H1"]).tolist()
    assert names == ["fc1__H1__t1.000", "fc1__H1__t5.000", "fc1__H1__t9.000"]
    for power in (-1, np.inf, "two", None):
        with pytest.raises(ValueError, match="power must be a finite number"):
            SilhouetteVectorizer(power).fit([D])


@pytest.mark.parametrize(
    ("parameters", "message"),
    [({"grid": "layer"}, "grid must be one of"), ({"weighting": "l1"}, "weighting must be one of")],
)
def test_bad_grids(parameters, message):
    with pytest.raises(ValueError, match=message):
        LandscapeVectorizer(**parameters).fit([D])


def test_gudhi_agrees_at_size_up_to_its_factor():
    from gudhi.representations import Landscape

    births = np.random.default_rng(0).uniform(0, 1, 1000)
    diagram = np.column_stack([births, births + np.random.default_rng(1).exponential(0.2, 1000)])
    theirs = Landscape(num_landscapes=5, resolution=200, sample_range=[0, 2])(diagram)
    ours = LandscapeVectorizer(5, 200, sample_range=(0, 2), **PLAIN).fit_transform([diagram])
    assert_allclose(ours[0], theirs / np.sqrt(2), rtol=0, atol=1e-12)


coordinates = st.floats(-1e308, 1e308).filter(lambda t: t == 0 or abs(t) > 1e-308)


@given(coordinates, st.one_of(st.integers(1, 500), coordinates), st.sampled_from([2, 3, 100]))
@example(1.0, 1, 100)
@example(0.0, 1, 100)
@example(-1e308, 1e308, 3)
@example(-8e307, 1e308, 2)
@example(-1e308, 1e308, 100)
@example(1e308, 2, 100)
@example(-1e-308, 1, 100)
@example(0.0, 1e-308, 100)
@example(1e15, 7, 100)
@pytest.mark.parametrize("options", [{}, {"weighting": None, "clip": False}])
def test_names_are_different_and_loadings_come_back_whatever_the_window(
    options, start, stop, resolution
):
    """Windows of any place and width: a few numbers wide, or all numbers."""
    if isinstance(stop, int):
        stop = start + stop * np.spacing(start)
    start, stop = sorted([start, stop])
    if start == stop:
        return
    bar = np.array([[start, stop]])
    vectorizer = LandscapeVectorizer(2, resolution, **options).fit([bar])
    names = vectorizer.get_feature_names_out(["fc1__H1"])
    assert len(set(names)) == 2 * resolution
    nodes = vectorizer.nodes_[0]
    assert np.isfinite(nodes).all()
    assert (np.diff(nodes / 2) > 0).all()
    assert nodes[0] <= start < stop <= nodes[-1]
    read = [float(name.rpartition("__t")[2]) for name in names[:resolution]]
    assert len(set(read)) == resolution
    features = vectorizer.transform([bar])
    assert np.isfinite(features).all()
    with np.errstate(over="ignore"):
        slope = features.max() / 2 / np.diff(nodes / 2).min()
    if not np.isfinite(slope):  # a height over next to nothing
        with pytest.raises(ValueError, match="too narrow for functions of such coefficients"):
            vectorizer.to_landscapes(features[0])
        return
    (landscape,) = vectorizer.to_landscapes(features[0])
    values = np.zeros((2, resolution))
    values[: len(landscape)] = landscape(nodes)
    assert_allclose(values.ravel(), features[0], rtol=1e-12, atol=1e-12 * features.max())


@pytest.mark.parametrize("width", [1, 10, 390])
def test_windows_that_are_asked_for_are_not_widened(width):
    window = (1.0, 1 + width * np.finfo(float).eps)
    with pytest.raises(ValueError, match=r"sample_range .* is too narrow.*lower resolution"):
        LandscapeVectorizer(1, 100, sample_range=window).fit([D])


def test_names_keep_three_decimals_where_those_tell():
    for window, expected in (
        ((0, 1), ["0.000", "0.500", "1.000"]),
        ((0, 1e-4), ["0.00000", "0.00005", "0.00010"]),
        ((0, 1e-20), ["0.000e+00", "5.000e-21", "1.000e-20"]),
        ((0, 1e20), ["0.000e+00", "5.000e+19", "1.000e+20"]),
    ):
        names = LandscapeVectorizer(1, 3, sample_range=window).fit([D]).get_feature_names_out()
        assert [name.rpartition("__t")[2] for name in names] == expected


@pytest.mark.parametrize("exponent", [-990, -600, -300, 300, 600, 990])
@pytest.mark.parametrize(
    "vectorizer", [LandscapeVectorizer(2, 9, **PLAIN), SilhouetteVectorizer(1.5, 9, **PLAIN)]
)
def test_features_follow_the_scale(vectorizer, exponent):
    table = [np.array(D, float), np.array(E, float)]
    expected = np.ldexp(vectorizer.fit_transform(table), exponent)
    assert_array_equal(vectorizer.fit_transform([np.ldexp(d, exponent) for d in table]), expected)


@pytest.mark.parametrize("exponent", [-720, 720])
def test_weighted_features_that_are_no_numbers_are_refused(exponent):
    vectorizer = LandscapeVectorizer(2, 9, weighting="l2")
    expected = np.ldexp(vectorizer.fit_transform([D]), 900)
    assert_array_equal(vectorizer.fit_transform([np.ldexp(np.array(D, float), 600)]), expected)
    with pytest.raises(ValueError, match=r"column 'x0': features of weighting=.*power 3/2"):
        vectorizer.fit([np.ldexp(np.array(D, float), exponent)])


VECTORIZERS = [LandscapeVectorizer(2, 5), SilhouetteVectorizer(1, 5), ComplexityVectorizer()]


@pytest.mark.parametrize("vectorizer", VECTORIZERS, ids=lambda v: type(v).__name__)
@pytest.mark.parametrize("form", ["arrays", "pandas", "polars"])
def test_simplices_are_left_out(clouds, vectorizer, form):
    rips = RipsPersistence(return_simplices=True)
    plain = RipsPersistence()
    if form != "arrays":
        rips, plain = (each.set_output(transform=form) for each in (rips, plain))
    table, expected = rips.fit_transform(clouds), plain.fit_transform(clouds)
    features = vectorizer.fit(expected).transform(expected)
    names = vectorizer.get_feature_names_out()
    vectorizer.fit(table)
    assert_array_equal(vectorizer.transform(table), features)
    assert vectorizer.n_features_in_ == 8
    assert len(vectorizer.diagram_columns_) == len(vectorizer.window_ends_) == 4
    if form != "arrays":
        assert_array_equal(vectorizer.get_feature_names_out(), names)
    if hasattr(vectorizer, "nodes_"):
        assert vectorizer.nodes_.shape == (4, 5)


def test_columns_of_diagrams_in_any_order_and_choice(clouds):
    rips = RipsPersistence(return_simplices=True).set_output(transform="pandas")
    table = rips.fit_transform(clouds)
    order = list(table.columns[::-1])
    vectorizer = ComplexityVectorizer().set_output(transform="pandas")
    backwards = vectorizer.fit_transform(table[order])
    forwards = vectorizer.fit_transform(table)
    pd.testing.assert_frame_equal(backwards[forwards.columns], forwards)
    chosen = make_column_transformer(
        (ComplexityVectorizer(), make_column_selector(pattern="__H0")),
        verbose_feature_names_out=False,
    ).set_output(transform="pandas")
    of_degree = [name for name in forwards.columns if "__H0__" in name]
    pd.testing.assert_frame_equal(chosen.fit_transform(table), forwards[of_degree])
    only = make_column_selector(pattern="__simplices$")
    for each in VECTORIZERS:
        with pytest.raises(ValueError, match="no column of diagrams, only of simplices"):
            make_column_transformer((each, only)).fit(table)


def test_simplices_among_diagrams_are_refused_by_place(clouds):
    table = RipsPersistence(return_simplices=True).fit_transform(clouds)
    mixed = table[:, :1].copy()
    simplices = [j for j in range(table.shape[1]) if type(table[2, j]).__name__ == "Simplices"]
    mixed[2, 0] = table[2, simplices[0]]
    for each in VECTORIZERS:
        with pytest.raises(TypeError, match=r"row 2, column 0: .*got simplices"):
            each.fit(mixed)


@pytest.mark.parametrize(
    ("estimator", "error", "message"),
    [
        (LandscapeVectorizer(True), TypeError, "n_landscapes must be an integer"),
        (LandscapeVectorizer("x"), TypeError, "n_landscapes must be an integer"),
        (LandscapeVectorizer(resolution=None), TypeError, "resolution must be an integer"),
        (LandscapeVectorizer(sample_range="01"), TypeError, "sample_range must be a pair"),
        (LandscapeVectorizer(sample_range={0, 1}), TypeError, "sample_range must be a pair"),
        (LandscapeVectorizer(sample_range={0: 1, 1: 2}), TypeError, "sample_range must be a pair"),
        (LandscapeVectorizer(sample_range=iter([0, 1])), TypeError, "sample_range must be a pair"),
        (LandscapeVectorizer(sample_range=(0, None)), TypeError, "sample_range must be a pair"),
        (LandscapeVectorizer(sample_range=(0, np.nan)), ValueError, "finite with start < stop"),
        (LandscapeVectorizer(sample_range=(2, 1)), ValueError, "finite with start < stop"),
        (LandscapeVectorizer(grid=["column"]), ValueError, "grid must be one of"),
        (LandscapeVectorizer(weighting=True), ValueError, "weighting must be one of"),
        (LandscapeVectorizer(essential=True), ValueError, "essential must be one of"),
        (SilhouetteVectorizer(True), ValueError, "power must be a finite number.*got True"),
        (SilhouetteVectorizer(np.nan), ValueError, "power must be a finite number.*got nan"),
        (SilhouetteVectorizer([1]), ValueError, "power must be a finite number"),
        (SilhouetteVectorizer(iter([1])), ValueError, "power must be a finite number"),
    ],
)
def test_nonsense(estimator, error, message):
    with pytest.raises(error, match=message):
        estimator.fit([D])


@pytest.mark.parametrize(
    ("coefficients", "error", "message"),
    [
        (None, TypeError, "coefficients must be an array of numbers, got NoneType"),
        ("x", TypeError, "coefficients must be an array of numbers, got str"),
        (3, ValueError, r"10 features.*got shape \(\)"),
        (iter([1]), TypeError, "coefficients must be an array of numbers"),
        (np.zeros((1, 1, 10)), ValueError, r"10 features.*got shape \(1, 1, 10\)"),
        (np.full(10, np.inf), ValueError, "coefficients must be finite"),
    ],
)
def test_nonsense_coefficients(coefficients, error, message):
    with pytest.raises(error, match=message):
        LandscapeVectorizer(2, 5).fit([D]).to_landscapes(coefficients)


@pytest.mark.parametrize("names", [3, b"x", {"x0"}, {"x0": 1}, np.nan])
def test_names_that_are_no_sequence(names):
    with pytest.raises(TypeError, match="input_features must be a sequence"):
        LandscapeVectorizer(2, 5).fit([D]).get_feature_names_out(names)
