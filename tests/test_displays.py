"""Pictures: what is drawn is what was computed, and nothing outside is touched."""

import warnings
from itertools import pairwise

import matplotlib
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.decomposition import PCA, KernelPCA
from sklearn.feature_selection import SelectKBest
from sklearn.linear_model import LogisticRegression, Ridge, RidgeCV
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler
from sklearn.tree import DecisionTreeRegressor

from skactland import (
    BettiCurveVectorizer,
    ComplexityVectorizer,
    LandscapeVectorizer,
    RipsPersistence,
    SilhouetteVectorizer,
    landscape_gram,
    landscape_values,
    make_activation_landscape,
    rips_persistence,
)
from skactland.displays import (
    ActivationLandscapeDisplay,
    BandDisplay,
    BarcodeDisplay,
    ComplexityDisplay,
    DiagramDisplay,
    LoadingsDisplay,
    NetworkMapDisplay,
    PermutationTestDisplay,
)
from skactland.inference import confidence_band, mean_difference_band, permutation_test

COLUMNS = ["fc1__H0", "fc1__H1", "fc2__H0", "fc2__H1"]


pytestmark = [
    pytest.mark.usefixtures("no_screen"),
    # Few relabellings do for a picture, with which no p-value is small after correction.
    pytest.mark.filterwarnings("ignore:No p-value of"),
]


@pytest.fixture
def frame(diagrams):
    return pd.DataFrame(diagrams, columns=COLUMNS)


@pytest.fixture
def deep(table_of):
    """Three networks of thirteen layers, degrees 0 and 1."""
    rng = np.random.default_rng(0)
    rows = [[np.sort(rng.random((9, 2)), axis=1) for _ in range(26)] for _ in range(3)]
    columns = [f"fc{i}__H{q}" for i in range(1, 14) for q in (0, 1)]
    return pd.DataFrame(table_of(rows), columns=columns)


FROM_TABLES = (
    ActivationLandscapeDisplay,
    BarcodeDisplay,
    ComplexityDisplay,
    DiagramDisplay,
    NetworkMapDisplay,
)


class Result:
    """Attributes, as results of tests have them."""

    def __init__(self, **attributes):
        vars(self).update(attributes)


def band():
    t = np.linspace(0, 2, 51)
    mean = np.maximum(0, [1 - abs(t - 1), 0.5 - abs(t - 1)])
    return Result(t=t, mean=mean, lower=mean - 0.1, upper=mean + 0.1, column="fc1__H1")


def permutation_result(n_columns=None):
    rng = np.random.default_rng(0)
    if n_columns is None:
        return Result(null_distribution=rng.random(99), statistic=0.97, pvalue=0.04)
    return Result(
        null_distribution=rng.random((99, n_columns)),
        statistic=np.linspace(0, 1, n_columns),
        pvalue=np.linspace(1, 0.01, n_columns),
        columns=[f"fc{j}__H1" for j in range(n_columns)],
    )


def every_display(frame, deep, ax=None):
    """Each display on few layers and on many."""
    for table in (frame, deep):
        yield ActivationLandscapeDisplay.from_table(table, ax=ax and ax())
        yield ComplexityDisplay.from_table(table, ax=ax and ax())
        yield DiagramDisplay.from_table(table, ax=ax and ax())
        yield BarcodeDisplay.from_table(table, ax=ax and ax())
        yield NetworkMapDisplay.from_table(table, y=np.arange(len(table)), ax=ax and ax())
        model = make_pipeline(LandscapeVectorizer(2, 10), Ridge()).fit(table, range(len(table)))
        yield LoadingsDisplay.from_estimator(model, ax=ax and ax())
    yield ActivationLandscapeDisplay.from_table(deep, kind="curves", ax=ax and ax())
    yield BandDisplay.from_band(band(), ax=ax and ax())
    for n_columns in (None, 3, 40):
        yield PermutationTestDisplay.from_result(permutation_result(n_columns), ax=ax and ax())


def test_state_outside_is_left_alone(frame, deep):
    before = dict(matplotlib.rcParams)
    mine = plt.figure()

    def ax():
        """Axes of a figure that pyplot does not know."""
        figure = matplotlib.figure.Figure(figsize=(14, 14), layout="constrained")
        return figure.subplots(1, 2)[1]

    state = np.random.get_state()[1].copy()
    for display in every_display(frame, deep, ax):
        assert plt.get_fignums() == [mine.number]
        assert plt.gcf() is mine
        assert display.figure_ is display.axes_.flat[0].figure
    assert_array_equal(np.random.get_state()[1], state)
    assert dict(matplotlib.rcParams) == before


def test_every_display_draws_itself_again_and_names_units(frame, deep):
    for display in every_display(frame, deep):
        display.figure_.canvas.draw()
        first = display.axes_
        assert display.plot() is display
        assert not set(display.axes_.flat) & set(first.flat)
        # and its axes are named with units
        labels = " ".join(ax.get_xlabel() + ax.get_ylabel() for ax in display.axes_.flat)
        if not isinstance(display, (NetworkMapDisplay, PermutationTestDisplay)):
            assert "filtration value" in labels
        plt.close("all")


def test_an_array_of_axes(frame):
    _, axes = plt.subplots(2, 2)
    display = ActivationLandscapeDisplay.from_table(frame, ax=axes)
    assert_array_equal(display.axes_, axes)
    with pytest.raises(ValueError, match="or 2 x 2 of them; got 2"):
        ActivationLandscapeDisplay.from_table(frame, ax=axes[0])
    free = plt.figure().add_axes([0, 0, 1, 1])
    with pytest.raises(ValueError, match="has no place in a grid"):
        ActivationLandscapeDisplay.from_table(frame, ax=free)


@pytest.mark.parametrize("ax", [3, "axes", plt.figure, [None, None]])
def test_what_is_no_axes(frame, ax):
    for display in FROM_TABLES:
        with pytest.raises(TypeError, match=r"ax must be Axes.*figure.subplots\(\) makes Axes"):
            display.from_table(frame, ax=ax)


# Unusual diagrams and numbers

UNUSUAL = {
    "empty": [],
    "infinite": [[0, np.inf]],
    "of length zero": [[1, 1]],
    "one bar": [[1, 2]],
    "negative": [[-3, -2], [-2.5, -0.5]],
    "tiny": [[0, 1e-300], [5e-301, 2e-300], [0, np.inf]],
    "a few ulp": [[1, 1 + 1e-15]],
    "large": [[0, 1e100], [5e99, 2e100], [0, np.inf]],
}


@pytest.mark.parametrize("diagram", UNUSUAL.values(), ids=list(UNUSUAL))
@pytest.mark.parametrize("n_networks", [1, 3])
def test_unusual_diagrams_are_drawn(table_of, diagram, n_networks):
    table = table_of([[np.reshape(diagram, (-1, 2))] * 2] * n_networks)
    names = ["fc1__H0", "fc1__H1"]
    essential = {"essential": "cut"}
    displays = [
        *(
            ActivationLandscapeDisplay.from_table(table, columns=names, kind=kind, **essential)
            for kind in ("curves", "heatmap")
        ),
        ComplexityDisplay.from_table(
            table, columns=names, groups=range(n_networks), statistic="sup", **essential
        ),
    ]
    if n_networks == 1:  # of a table they draw one network
        displays.append(DiagramDisplay.from_table(table, columns=names))
        displays.append(BarcodeDisplay.from_table(table, columns=names))
    else:
        bounded = table_of([[[[0, 1 + i]], np.reshape(diagram, (-1, 2))] for i in range(3)])
        displays.append(NetworkMapDisplay.from_table(bounded, columns=names))
    for display in displays:
        display.figure_.canvas.draw()


@pytest.mark.parametrize("display", [DiagramDisplay, BarcodeDisplay])
@pytest.mark.parametrize("diagram", UNUSUAL.values(), ids=list(UNUSUAL))
def test_every_bar_is_within_the_axes(display, diagram):
    diagram = np.reshape(diagram, (-1, 2))
    ax = display.from_diagrams([diagram], (1,)).axes_[0, 0]
    finite = diagram[np.isfinite(diagram)]
    assert all(ax.get_xlim()[0] <= end <= ax.get_xlim()[1] for end in finite)


@pytest.mark.parametrize("scale", [1e-320, 1e-300, 1e300])
def test_bands_and_tests_at_extreme_scales(scale):
    given = band()
    scaled = Result(
        **{name: scale * getattr(given, name) for name in ("t", "mean", "lower", "upper")},
        alpha=0.05,
    )
    BandDisplay.from_band(scaled).figure_.canvas.draw()
    for kind in ("curves", "heatmap"):
        ActivationLandscapeDisplay.from_bands({"a": scaled}, kind=kind).figure_.canvas.draw()
    for n_columns in (3, 40):
        result = permutation_result(n_columns)
        result.null_distribution = scale * result.null_distribution
        result.statistic = scale * result.statistic
        PermutationTestDisplay.from_result(result).figure_.canvas.draw()
    NetworkMapDisplay.from_gram(scale * np.eye(4)).figure_.canvas.draw()


@pytest.mark.parametrize("n_columns", [3, 40])
def test_statistics_that_are_constant_or_infinite(n_columns):
    """An F statistic is infinite where nothing differs within groups; it stands beyond the rest."""
    result = permutation_result(n_columns)
    result.null_distribution[:, 0] = result.statistic[0] = 1e6
    result.null_distribution[:5, 1] = result.statistic[1] = np.inf
    display = PermutationTestDisplay.from_result(result)
    display.figure_.canvas.draw()
    if n_columns == 3:
        ax = display.axes_[0, 1]
        assert sum(bar.get_height() for bar in ax.patches) == 99
        observed = lines(ax).popitem()[1].get_xdata()[0]
        assert observed > result.null_distribution[5:, 1].max()


def test_numbers_on_narrow_panels_do_not_touch(deep):
    tiny = deep.map(lambda diagram: 1e-4 * diagram)
    for display in (BarcodeDisplay, DiagramDisplay, ActivationLandscapeDisplay):
        drawn = display.from_table(tiny.iloc[:, :12])
        drawn.figure_.canvas.draw()
        for ax in drawn.axes_.flat:
            low, high = ax.get_xlim()
            ticks = [tick for tick in ax.xaxis.get_major_ticks() if low <= tick.get_loc() <= high]
            boxes = [tick.label1.get_window_extent() for tick in ticks]
            for left, right in pairwise(boxes):
                assert left.x1 < right.x0


# Activation landscapes


def lines(ax):
    """The curves of axes by their label."""
    return {line.get_label(): line for line in ax.get_lines()}


def test_curves_of_one_network_are_its_landscapes(frame):
    display = ActivationLandscapeDisplay.from_table(frame.iloc[[2]], n_landscapes=3, resolution=40)
    assert display.axes_.shape == (2, 2)
    assert [ax.get_title() for ax in display.axes_[0]] == ["fc1", "fc2"]
    for q in (0, 1):
        for j, layer in enumerate(["fc1", "fc2"]):
            diagram = frame.loc[2, f"{layer}__H{q}"]
            for k in range(3):
                t, height = lines(display.axes_[q, j])[f"{k + 1}"].get_data()
                assert_allclose(height, landscape_values(diagram, t, 3)[k])
            finite = diagram[np.isfinite(diagram[:, 1])]
            assert t[0] == finite[:, 0].min()
            assert t[-1] == finite[:, 1].max()
    assert not display.axes_[0, 0].collections


def test_mean_and_spread(frame):
    display = ActivationLandscapeDisplay.from_table(frame, n_landscapes=2, resolution=30)
    t = display.nodes[1]
    levels = np.array([landscape_values(d, t, 2) for d in frame["fc1__H1"]])
    assert_allclose(lines(display.axes_[1, 0])["2"].get_ydata(), levels.mean(axis=0)[1])
    assert_allclose(display.upper[1], levels.mean(axis=0) + levels.std(axis=0, ddof=1))
    assert (display.lower >= 0).all()
    assert len(display.axes_[1, 0].collections) == 2
    plain = ActivationLandscapeDisplay.from_table(frame, spread=None)
    assert plain.lower is None
    assert not plain.axes_[1, 0].collections


def test_heat_map_holds_every_layer_and_level(deep):
    display = ActivationLandscapeDisplay.from_table(deep, n_landscapes=3, resolution=20)
    assert display.axes_.shape == (1, 2)
    for q, ax in enumerate(display.axes_[0]):
        assert len(ax.collections) == 13
        for layer, mesh in enumerate(ax.collections):
            assert_allclose(mesh.get_array().reshape(3, 20), display.values[2 * layer + q])
            assert mesh.norm.vmax == display.values[q::2].max()
    labels = [label.get_text() for label in display.axes_[0, 0].get_yticklabels()]
    assert labels == [f"fc{i}" for i in range(1, 14)]


def test_essential_class_cut(frame):
    dropped = ActivationLandscapeDisplay.from_table(frame)
    cut = ActivationLandscapeDisplay.from_table(frame, essential="cut")
    assert cut.values[0].max() > dropped.values[0].max() - 1e-12
    assert not np.array_equal(cut.values[0], dropped.values[0])
    assert_array_equal(cut.values[1], dropped.values[1])


def test_layers_without_some_degree(frame):
    display = ActivationLandscapeDisplay.from_table(frame.iloc[:, :3])
    assert display.axes_.shape == (2, 2)
    assert not display.axes_[1, 1].axison
    heat = ActivationLandscapeDisplay.from_table(frame.iloc[:, :3], kind="heatmap")
    assert [len(ax.collections) for ax in heat.axes_[0]] == [2, 1]


def test_arrays_without_names_and_empty_diagrams():
    display = ActivationLandscapeDisplay.from_table([np.empty((0, 2))])
    assert display.axes_[0, 0].get_title() == "x0"
    assert_array_equal(display.values, 0)
    ActivationLandscapeDisplay.from_table([np.empty((0, 2))], kind="heatmap")
    assert_array_equal(ComplexityDisplay.from_table([np.empty((0, 2))]).complexities, 0)
    DiagramDisplay.from_table([np.empty((0, 2))]).figure_.canvas.draw()
    BarcodeDisplay.from_table([np.empty((0, 2))]).figure_.canvas.draw()


def test_columns_of_simplices_are_left_out(clouds):
    rips = RipsPersistence(return_simplices=True).set_output(transform="pandas")
    display = ActivationLandscapeDisplay.from_table(rips.fit_transform(clouds))
    assert display.columns == ["x0__H0", "x0__H1", "x1__H0", "x1__H1"]


def test_from_estimator(networks, probe):
    landscape = make_activation_landscape(probe, layers="act*", resolution=10)
    model = make_pipeline(landscape, Ridge()).fit(networks, np.arange(10.0))
    table = landscape[:-1].transform(networks)
    columns = landscape[:-1].get_feature_names_out()
    for display in FROM_TABLES:
        found = vars(display.from_estimator(model, networks))
        expected = vars(display.from_table(table, columns=columns))
        for name in found.keys() - {"axes_", "figure_"}:
            if name == "diagrams":
                assert all(map(np.array_equal, found[name], expected[name]))
            else:
                assert_array_equal(found[name], expected[name])
    with pytest.raises(TypeError, match="a Pipeline that holds one, got Ridge"):
        ComplexityDisplay.from_estimator(Ridge(), networks)


# Complexity


@pytest.mark.parametrize("statistic", ["l1", "l2", "sup", "total_persistence", "entropy"])
def test_statistics_are_those_of_the_vectorizer(frame, statistic):
    display = ComplexityDisplay.from_table(frame, statistic=statistic)
    expected = ComplexityVectorizer((statistic,)).fit_transform(frame)
    assert_array_equal(display.complexities, expected)
    first = display.axes_[0, 0].containers[0].lines[0]
    assert_allclose(first.get_ydata(), expected[:, ::2].mean(axis=0))


def test_norm_is_that_of_the_kernel(frame):
    display = ComplexityDisplay.from_table(frame)
    assert_allclose((display.complexities**2).sum(axis=1), np.diag(landscape_gram(frame)))


def test_lines_and_intervals_of_groups(frame):
    groups = [0.5, 0.5, 0.5, 0.9, 0.9, 0.9]
    display = ComplexityDisplay.from_table(frame, groups=groups, confidence=0.9)
    for q, ax in enumerate(display.axes_.ravel()):
        for container, rows in zip(ax.containers, (slice(0, 3), slice(3, 6)), strict=True):
            norms = display.complexities[rows][:, q::2]
            assert_allclose(container.lines[0].get_ydata(), norms.mean(axis=0))
            half = 2.919985580 * norms.std(axis=0, ddof=1) / np.sqrt(3)  # t(0.95), 2 df
            ends = np.array([s[:, 1] for s in container.lines[2][0].get_segments()])
            assert_allclose(np.diff(ends).ravel(), 2 * half, rtol=1e-6)
    legend = display.axes_[0, -1].get_legend()
    assert [text.get_text() for text in legend.get_texts()] == ["0.5", "0.9"]


def test_no_interval_for_one_network(frame):
    display = ComplexityDisplay.from_table(frame, groups=list("abcdef"))
    assert all(len(c.lines[2]) == 0 for c in display.axes_[0, 0].containers)


# Diagrams and bars


def test_points_are_bars():
    diagrams = rips_persistence(np.random.default_rng(0).normal(size=(20, 2)))
    display = DiagramDisplay.from_diagrams(diagrams)
    last = max(diagram[np.isfinite(diagram)].max() for diagram in diagrams)
    for points, diagram in zip(display.axes_[0, 0].collections, diagrams, strict=True):
        finite = np.isfinite(diagram[:, 1])
        assert_allclose(points.get_offsets()[finite], diagram[finite])
        assert (points.get_offsets()[~finite, 1] > last).all()


def test_lines_are_bars():
    diagrams = rips_persistence(np.random.default_rng(0).normal(size=(20, 2)))
    display = BarcodeDisplay.from_diagrams(diagrams)
    drawn = [np.array(c.get_segments()) for c in display.axes_[0, 0].collections]
    for segments, diagram in zip(drawn, diagrams, strict=True):
        finite = np.isfinite(diagram[:, 1])
        assert_allclose(segments[:, 0, 0], diagram[:, 0])
        assert_allclose(segments[finite, 1, 0], diagram[finite, 1])
    heights = np.concatenate([segments[:, 0, 1] for segments in drawn])
    assert len(np.unique(heights)) == len(heights)


def test_a_layer_is_found_by_its_degrees():
    """The lowest degree is at the foot, in whatever order the columns come."""
    one, two = np.array([[0, 1.0]]), np.array([[1.0, 2.0], [1.5, 3.0]])
    display = BarcodeDisplay([two, one], ["fc1__H1", "fc1__H0"]).plot()
    below, above = display.axes_[0, 0].collections
    assert_array_equal([s[:, 0] for s in below.get_segments()], one)
    assert_array_equal([s[:, 0] for s in above.get_segments()], two)


def test_layers_are_chosen(frame):
    display = DiagramDisplay.from_table(frame, row=3, layers="fc2")
    assert display.columns == ["fc2__H0", "fc2__H1"]
    assert_array_equal(display.diagrams[1], frame.loc[3, "fc2__H1"])
    with pytest.raises(ValueError, match=r"no layer 'fc3'; there are \['fc1', 'fc2'\]"):
        BarcodeDisplay.from_table(frame, layers=["fc3"])
    with pytest.raises(IndexError, match="no row 6; the table has 6"):
        BarcodeDisplay.from_table(frame, row=6)


# Tests and bands


def test_histogram_and_observed_value():
    result = permutation_result()
    ax = PermutationTestDisplay.from_result(result).axes_[0, 0]
    assert sum(bar.get_height() for bar in ax.patches) == 99
    assert_array_equal(lines(ax).popitem()[1].get_xdata(), 0.97)
    assert "0.04" in ax.texts[0].get_text()


def test_a_panel_a_column():
    display = PermutationTestDisplay.from_result(permutation_result(6))
    titles = [ax.get_title(loc="left") for ax in display.axes_.flat]
    assert titles == [f"fc{j}__H1" for j in range(6)]


def test_many_columns_share_axes():
    result = permutation_result(40)
    display = PermutationTestDisplay.from_result(result)
    ax = display.axes_[0, 0]
    low, high = np.quantile(result.null_distribution, [0.025, 0.975], axis=0)
    segments = np.array(ax.collections[0].get_segments())
    assert_allclose(segments[:, :, 0], np.column_stack([low / high, np.ones(40)]))
    drawn = np.concatenate([line.get_data() for line in ax.get_lines()[1:]], axis=1)
    assert_allclose(np.sort(drawn[0]), np.sort(result.statistic / high))


def test_results_of_scipy():
    from scipy.stats import permutation_test

    found = permutation_test(
        ([1.0, 2, 3, 4], [2.0, 5, 6, 7]), lambda x, y: np.mean(x) - np.mean(y), n_resamples=50
    )
    PermutationTestDisplay.from_result(found)
    with pytest.raises(ValueError, match="no null_distribution; ask the test to keep"):
        PermutationTestDisplay.from_result(Result(statistic=1, pvalue=1))
    with pytest.raises(ValueError, match="must agree with it; got shape"):
        PermutationTestDisplay(np.ones((9, 2)), 1.0, 0.5).plot()


def test_band():
    given = band()
    display = BandDisplay.from_band(given)
    assert display.axes_.shape == (1, 2)
    for k, ax in enumerate(display.axes_[0]):
        assert_allclose(lines(ax)["mean"].get_data(), [given.t, given.mean[k]])
        vertices = ax.collections[0].get_paths()[0].vertices
        assert_allclose(vertices[:, 1].max(), given.upper[k].max())
        assert_allclose(vertices[:, 1].min(), given.lower[k].min())
    assert BandDisplay.from_band(given, n_landscapes=1).axes_.shape == (1, 1)


def test_bands_of_every_column(frame):
    bands = confidence_band(frame, n_landscapes=2, resolution=30, n_resamples=50, rng=0)
    display = ActivationLandscapeDisplay.from_bands(bands)
    assert display.columns == COLUMNS
    for q, (row, column) in enumerate([(0, 0), (1, 0), (0, 1), (1, 1)]):
        band = bands[COLUMNS[q]]
        for k, line in enumerate(reversed(display.axes_[row, column].get_lines())):
            assert_array_equal(line.get_data(), [band.t, band.mean[k]])
    assert_array_equal(display.upper[3], bands["fc2__H1"].upper)
    groups = list("aaabbb")
    differences = mean_difference_band(frame, groups, n_landscapes=1, n_resamples=50, rng=0)
    signed = ActivationLandscapeDisplay.from_bands(differences)
    assert signed.axes_[0, 0].get_ylim()[0] < 0
    with pytest.raises(TypeError, match="for a single band use BandDisplay"):
        ActivationLandscapeDisplay.from_bands(bands["fc1__H0"])
    BandDisplay.from_band(bands["fc1__H1"])


def test_results_of_our_tests(frame):
    together = permutation_test(frame, list("aaabbb"), rng=0)
    assert PermutationTestDisplay.from_result(together).axes_.shape == (1, 1)
    each = permutation_test(frame, list("aaabbb"), columns="column", rng=0)
    display = PermutationTestDisplay.from_result(each)
    assert [ax.get_title(loc="left") for ax in display.axes_.flat] == COLUMNS


# Maps


def test_map_is_kernel_pca(frame):
    display = NetworkMapDisplay.from_table(frame, y=np.arange(6))
    gram = landscape_gram(frame, column_weights="balanced", normalize=True)
    expected = KernelPCA(2, kernel="precomputed").fit_transform(gram)
    signs = np.sign((display.embedding * expected).sum(axis=0))
    assert_allclose(display.embedding, signs * expected, atol=1e-9)
    points = display.axes_[0, 0].collections[0]
    assert_allclose(points.get_offsets(), display.embedding)
    assert_array_equal(points.get_array(), np.arange(6))
    every = np.linalg.eigvalsh(KernelPCA(kernel="precomputed").fit(gram)._centerer.transform(gram))
    assert_allclose(display.explained, every[::-1][:2] / every.sum())


def test_map_of_labels(frame):
    display = NetworkMapDisplay.from_table(frame, y=list("aabbcc"), y_name="group")
    ax = display.axes_[0, 0]
    assert [len(points.get_offsets()) for points in ax.collections] == [2, 2, 2]
    assert ax.get_legend().get_title().get_text() == "group"
    assert NetworkMapDisplay.from_table(frame).y is None
    with pytest.raises(ValueError, match=r"one label for each of 6 networks, got shape \(2,\)"):
        NetworkMapDisplay.from_table(frame, y=[1, 2])
    with pytest.raises(ValueError, match=r"at least 3 networks, got shape \(2, 2\)"):
        NetworkMapDisplay.from_gram(np.eye(2))


# Loadings


def test_coefficients_by_column_level_and_node(frame):
    model = make_pipeline(LandscapeVectorizer(2, 10), MinMaxScaler(), Ridge())
    model.fit(frame, np.arange(6.0))
    display = LoadingsDisplay.from_estimator(model)
    assert display.columns == COLUMNS
    assert_allclose(display.coefficients.ravel(), model[-1].coef_)
    assert_array_equal(display.nodes, model[0].nodes_)
    assert_array_equal(lines(display.axes_[1, 0])["2"].get_ydata(), display.coefficients[1, 1])


def test_names_come_down_the_pipeline(networks, probe):
    landscape = make_activation_landscape(probe, layers="act*", n_landscapes=1, resolution=5)
    model = GridSearchCV(make_pipeline(landscape, Ridge()), {"ridge__alpha": [1.0]}, cv=2)
    display = LoadingsDisplay.from_estimator(model.fit(networks, np.arange(10.0)))
    assert display.columns == ["act1__H0", "act1__H1", "act2__H0", "act2__H1"]


def test_components_and_steps_between(frame):
    y = np.arange(6.0)
    vectorizer = LandscapeVectorizer(2, 10)
    pca = make_pipeline(vectorizer, PCA(3)).fit(frame)
    display = LoadingsDisplay.from_estimator(pca, component=2)
    assert_allclose(display.coefficients.ravel(), pca[-1].components_[2])
    assert display.label == "loading"

    both = make_pipeline(vectorizer, PCA(3), Ridge()).fit(frame, y)
    found = LoadingsDisplay.from_estimator(both).coefficients.ravel()
    features = vectorizer.transform(frame)
    assert_allclose(np.diff(features @ found), np.diff(both.predict(frame)), atol=1e-8)

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # constant features
        chosen = make_pipeline(vectorizer, SelectKBest(lambda X, y: X.var(axis=0), k=7), RidgeCV())
        chosen.fit(frame, y)
    found = LoadingsDisplay.from_estimator(chosen).coefficients.ravel()
    assert np.count_nonzero(found) <= 7
    assert_allclose(np.diff(features @ found), np.diff(chosen.predict(frame)), atol=1e-8)

    classes = make_pipeline(vectorizer, LogisticRegression()).fit(frame, list("aabbcc"))
    found = LoadingsDisplay.from_estimator(classes, component=1).coefficients.ravel()
    assert_allclose(found, classes[-1].coef_[1], atol=1e-15)
    with pytest.raises(ValueError, match="no component 3; there are 3"):
        LoadingsDisplay.from_estimator(classes, component=3)


def test_functions_of_l2_features(frame):
    """Predictions are inner products with what is drawn."""
    model = make_pipeline(LandscapeVectorizer(2, 400, weighting="l2", clip=False), Ridge())
    model.fit(frame, np.arange(6.0))
    display = LoadingsDisplay.from_estimator(model)
    product = 0.0
    for j in range(4):
        t = display.nodes[j]
        heights = landscape_values(frame.iat[3, j], t, 2)
        product += np.trapezoid((heights * display.coefficients[j]).sum(axis=0), t)
    assert_allclose(product + model[-1].intercept_, model.predict(frame)[3])


@pytest.mark.parametrize("vectorizer_class", [SilhouetteVectorizer, BettiCurveVectorizer])
def test_loadings_of_one_function_a_column(frame, vectorizer_class):
    model = make_pipeline(vectorizer_class(resolution=10), Ridge()).fit(frame, np.arange(6.0))
    display = LoadingsDisplay.from_estimator(model)
    assert display.columns == COLUMNS
    assert display.coefficients.shape == (4, 1, 10)


def test_estimators_without_loadings(frame):
    y = np.arange(6.0)
    tree = make_pipeline(LandscapeVectorizer(2, 10), DecisionTreeRegressor()).fit(frame, y)
    with pytest.raises(TypeError, match="DecisionTreeRegressor has neither coef_ nor"):
        LoadingsDisplay.from_estimator(tree)
    with pytest.raises(TypeError, match="with a LandscapeVectorizer and, after it"):
        LoadingsDisplay.from_estimator(LandscapeVectorizer(2, 10).fit(frame))


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda X: ActivationLandscapeDisplay.from_table(X, spread="sd"), "spread must be"),
        (lambda X: ActivationLandscapeDisplay.from_table(X, kind="lines"), "kind must be one of"),
        (lambda X: ActivationLandscapeDisplay.from_table(X, n_landscapes=0), "at least 1"),
        (lambda X: ActivationLandscapeDisplay.from_table(X, columns=["a"]), "each of the 4 colu"),
        (lambda X: ComplexityDisplay.from_table(X, statistic="l3"), "statistic must be one of"),
        (lambda X: ComplexityDisplay.from_table(X, groups=[1]), r"6 networks, got shape \(1,\)"),
        (lambda X: ComplexityDisplay.from_table(X, confidence=95), "between 0 and 1 or None"),
        (
            lambda X: ComplexityDisplay.from_table(X, groups=[1, 1, 1, None, 2, 2]),
            "network 3 is mi",
        ),
        (lambda X: NetworkMapDisplay.from_table(X, y=[1, 1, 1, np.inf, 2, 2]), "y must be finite"),
        (lambda X: BarcodeDisplay.from_table(X, layers=[]), "layers is empty"),
        (
            lambda X: BandDisplay([0, 1], [[0, 1]], [[0]], [[0, 1]]),
            r"lower must have shape \(1, 2\)",
        ),
        (lambda X: BandDisplay([0, np.nan], [[0, 1]], [[0, 1]], [[0, 1]]), "t must not hold NaN"),
        (lambda X: PermutationTestDisplay([1, 2], 1, 1.5), "pvalue must be between 0 and 1"),
        (lambda X: DiagramDisplay.from_diagrams([X.iat[0, 0]]), "1 diagrams and 2 homology_dim"),
        (lambda X: ActivationLandscapeDisplay.from_table([[[2, 1]]]), "row 0, column 0: bar 0"),
    ],
)
def test_errors(frame, call, message):
    with pytest.raises(ValueError, match=message):
        call(frame)
