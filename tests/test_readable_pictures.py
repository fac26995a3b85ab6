"""Pictures can be read: names do not overlap, nothing is cut off, nothing vanishes on black."""

from itertools import combinations, product

import matplotlib
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from matplotlib.colors import to_rgb
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.linear_model import Ridge
from sklearn.pipeline import make_pipeline

from skactland import (
    LandscapeVectorizer,
    LayerActivationExtractor,
    RipsPersistence,
    landscape_gram,
)
from skactland.displays import (
    ActivationLandscapeDisplay,
    BandDisplay,
    BarcodeDisplay,
    ComplexityDisplay,
    DiagramDisplay,
    DivergenceDisplay,
    LabelledMergeDisplay,
    LoadingsDisplay,
    LoopDisplay,
    MergeTreeDisplay,
    NetworkMapDisplay,
    NetworkReportDisplay,
    PermutationTestDisplay,
)
from skactland.displays._axes import COLOURS, look
from skactland.displays._names import natural_key, plain, short_names, wrapped

pytestmark = [
    pytest.mark.usefixtures("no_screen"),
    # Networks that were not trained say one class of all inputs now and then.
    pytest.mark.filterwarnings("ignore:.*of one class alone"),
]

PARTS = ("attention.self.query", "attention.output.dense", "intermediate.dense", "output.dense")


def long_names(n):
    return [f"encoder.layer.{i // 4}.{PARTS[i % 4]}" for i in range(n)]


def diagrams(layers, n_networks=3, scale=None):
    """A table with degrees 0 and 1 of some layers, each as large as its scale says."""
    rng = np.random.default_rng(0)
    scale = np.ones(len(layers)) if scale is None else scale
    cells = np.empty((n_networks, 2 * len(layers)), object)
    for i, j in np.ndindex(cells.shape):
        births = rng.random(9) * (j % 2)
        cells[i, j] = scale[j // 2] * np.column_stack([births, births + rng.random(9)])
    return pd.DataFrame(cells, columns=[f"{layer}__H{q}" for layer in layers for q in (0, 1)])


def clouds(layers, n_networks=3):
    rng = np.random.default_rng(0)
    cells = np.empty((n_networks, len(layers)), object)
    for i, j in np.ndindex(cells.shape):
        cells[i, j] = rng.normal(size=(12, 2))
    return pd.DataFrame(cells, columns=layers)


class Result:
    """Attributes, as results of tests have them."""

    def __init__(self, **attributes):
        vars(self).update(attributes)


def result(columns):
    null = np.random.default_rng(0).random((99, len(columns)))
    p = np.linspace(0.01, 1, len(columns))
    return Result(null_distribution=null, statistic=null[0], pvalue=p, columns=columns)


def band(scale=1.0, column="fc1__H1", shift=0.0):
    t = np.linspace(0, 2, 51)
    mean = np.array([np.maximum(0, 1 - abs(t - 1)) - shift])
    values = {"t": t, "mean": mean, "lower": mean - 0.1, "upper": mean + 0.1}
    return Result(**{key: scale * value for key, value in values.items()}, column=column, alpha=0.1)


def every_display(layers, ax=lambda: None):
    """Each display of some layers, in axes that are made for it."""
    table, points, classes = diagrams(layers), clouds(layers), np.arange(12) % 2
    for kind in ("curves", "heatmap") if len(layers) < 10 else ("auto",):
        yield ActivationLandscapeDisplay.from_table(table, kind=kind, ax=ax())
    yield ComplexityDisplay.from_table(table, ax=ax())
    yield DiagramDisplay.from_table(table, ax=ax())
    yield DiagramDisplay.from_table(table, threshold=0.5, ax=ax())
    yield BarcodeDisplay.from_table(table, ax=ax())
    yield NetworkMapDisplay.from_table(table, y=list("aab"), ax=ax())
    model = make_pipeline(LandscapeVectorizer(2, 10), Ridge()).fit(table, [1, 2, 4])
    yield LoadingsDisplay.from_estimator(model, ax=ax())
    yield PermutationTestDisplay.from_result(result(list(table)), ax=ax())
    values = np.abs(np.subtract.outer(*2 * [np.arange(len(layers))]))
    yield DivergenceDisplay(values, layers, title="RTD").plot(ax=ax())
    yield BandDisplay.from_band(band(column=f"{layers[0]}__H0"), ax=ax())
    yield LabelledMergeDisplay.from_table(points, classes=classes, ax=ax())
    yield LabelledMergeDisplay.from_snapshots(points, classes=classes, ax=ax())
    if len(layers) < 10:
        yield LoopDisplay.from_table(points, ax=ax())
        images = np.random.default_rng(0).random((12, 5, 4))
        yield LoopDisplay.from_table(points, 2, images=images, ax=ax())
        yield MergeTreeDisplay.from_table(points, classes=classes, ax=ax())


def written(figure):
    """All that is written in a figure and where: names of panels, axes, layers; legends."""
    figure.canvas.draw()
    texts = []
    for ax in figure.axes:
        texts += ax.texts
        if not ax.axison:
            continue
        texts += [ax.title, ax._left_title, ax.xaxis.label, ax.yaxis.label]
        for axis in (ax.xaxis, ax.yaxis):
            low, high = sorted(axis.get_view_interval())
            ticks = [tick for tick in axis.get_major_ticks() if low <= tick.get_loc() <= high]
            texts += [tick.label1 for tick in ticks if tick.label1.get_visible()]
            texts += [tick.label2 for tick in ticks if tick.label2.get_visible()]
        if ax.get_legend():
            texts += ax.get_legend().get_texts()
    return [(text.get_text(), text.get_window_extent()) for text in texts if text.get_text()]


def overlap(one, other):
    width = min(one.x1, other.x1) - max(one.x0, other.x0)
    height = min(one.y1, other.y1) - max(one.y0, other.y0)
    return width > 1 and height > 1  # pixels: boxes are a little larger than letters


def assert_inside(texts, figure):
    for text, place in texts:
        assert place.x0 > -2, text
        assert place.y0 > -2, text
        assert place.x1 < figure.bbox.x1 + 2, text
        assert place.y1 < figure.bbox.y1 + 2, text


@pytest.mark.parametrize("layers", [long_names(3), long_names(12), ["a$x", "b$_^$", "c" * 50]])
def test_nothing_overlaps_or_is_cut_off(layers):
    for display in every_display(layers):
        texts = written(display.figure_)
        assert_inside(texts, display.figure_)
        for (text, place), (other, there) in combinations(texts, 2):
            assert not overlap(place, there), (type(display), text, other)
        plt.close("all")


@pytest.mark.parametrize("scale", [1e-14, 3e12])
def test_powers_of_ten_overprint_nothing(scale):
    layers = [f"fc{i}" for i in range(5)]
    for picture in (DiagramDisplay, BarcodeDisplay, ActivationLandscapeDisplay):
        display = picture.from_table(diagrams(layers, scale=np.full(5, scale)))
        texts = written(display.figure_)
        powers = [
            (axis.offsetText.get_text(), axis.offsetText.get_window_extent())
            for ax in display.axes_.flat
            for axis in (ax.xaxis, ax.yaxis)
            if axis.offsetText.get_text()
        ]
        assert powers
        for (text, place), (other, there) in product(powers, texts):
            assert not overlap(place, there), (picture, text, other)


def test_forty_layers_are_named_apart():
    for display in (
        ComplexityDisplay.from_table(diagrams(long_names(40))),
        ActivationLandscapeDisplay.from_table(diagrams(long_names(40))),
    ):
        texts = written(display.figure_)
        assert sum("intermediate" in text for text, _ in texts) >= 10
        assert not any(overlap(a, b) for (_, a), (_, b) in combinations(texts, 2))


def small(layout=None):
    return plt.subplots(figsize=(4, 3), layout=layout)[1]


def displays_of_six_panels(ax):
    layers, groups = ["fc1", "fc2", "fc3"], list("aab")
    levels = {side: np.repeat(vars(band())[side], 6, axis=0) for side in ("mean", "lower", "upper")}
    yield ComplexityDisplay.from_table(diagrams(layers), groups=groups, ax=ax())
    yield ActivationLandscapeDisplay.from_table(diagrams(layers), groups=groups, ax=ax())
    yield NetworkMapDisplay.from_table(diagrams(layers), y=[1, 2, 3], groups=groups, ax=ax())
    yield PermutationTestDisplay.from_result(result([f"fc{i}__H0" for i in range(6)]), ax=ax())
    yield BandDisplay.from_band(Result(t=band().t, **levels), ax=ax())


@pytest.mark.parametrize(
    "drawn",
    [
        lambda: every_display(["fc1", "fc2", "fc3"], small),
        lambda: displays_of_six_panels(small),
        lambda: displays_of_six_panels(lambda: small("constrained")),
    ],
)
def test_a_small_figure_of_the_user_holds_all_panels(drawn):
    for display in drawn():
        texts = written(display.figure_)
        assert_inside(texts, display.figure_)
        for (text, place), (other, there) in combinations(texts, 2):
            assert not overlap(place, there), (type(display), text, other)
        plt.close("all")


def test_axes_without_a_grid_and_parts_of_figures_are_drawn_into():
    table = diagrams(["fc1", "fc2"])
    figure = plt.figure()
    place = [0.2, 0.2, 0.5, 0.6]
    ax = figure.add_axes(place)
    display = NetworkMapDisplay.from_table(table, groups=list("aab"), ax=ax)
    assert_inside(written(display.figure_), figure)
    assert_allclose(ax.get_position().bounds, place)  # there was room enough
    left, right = plt.figure().subfigures(1, 2)
    for part in (left, right):
        display = ComplexityDisplay.from_table(table, ax=part.subplots())
        assert display.axes_.shape == (1, 2)
        assert display.axes_[0, 0].get_legend() is None


def test_few_numbers_and_names_are_written_where_there_is_little_room():
    display = ActivationLandscapeDisplay.from_table(diagrams(long_names(6)), ax=small())
    for panel in display.axes_.flat:
        places = [text for text in panel.get_xticklabels() if text.get_text()]
        assert 0 < len(places) < 4
    names = [f"layer {i}" for i in range(30)]
    ax = DivergenceDisplay(np.zeros((30, 30)), names).plot(ax=small()).axes_[0, 0]
    # Each stands where the row of its layer is.
    for axis, shift in ((ax.xaxis, 0), (ax.yaxis, 0.5)):
        named = axis.get_ticklabels()
        assert 3 < len(named) < 20
        for place, text in zip(axis.get_majorticklocs(), named, strict=True):
            assert text.get_text() == f"layer {place - shift:.0f}"


def test_places_of_axes_that_are_not_cut_stay():
    figure, (left, right) = plt.subplots(1, 2, figsize=(14, 5))
    before = right.get_position().bounds
    ComplexityDisplay.from_table(diagrams(["fc1"]), ax=left)
    assert right.get_position().bounds == before
    # and a layout that is asked for later has its way
    figure.tight_layout()
    assert right.get_position().bounds != before


# Dark backgrounds


def contrast(one, other):
    """The contrast of two colours by the guidelines for the accessibility of web content."""
    light = []
    for colour in (one, other):
        c = np.array(to_rgb(colour))
        linear = np.where(c <= 0.04045, c / 12.92, ((c + 0.055) / 1.055) ** 2.4)
        light.append(0.05 + linear @ [0.2126, 0.7152, 0.0722])
    return max(light) / min(light)


def test_nothing_vanishes_on_black():
    with plt.style.context("dark_background"):
        for display in every_display(["fc1", "fc2"]):
            for ax in display.axes_.flat:
                for line in ax.lines:
                    assert contrast(line.get_color(), "black") > 2, (display, line)
                for text in ax.texts:
                    assert contrast(text.get_color(), "black") > 2, (display, text)
                for lines in ax.collections:
                    if isinstance(lines, matplotlib.collections.LineCollection):
                        assert all(contrast(c[:3], "black") > 2 for c in lines.get_edgecolor())
            plt.close("all")


def test_the_background_is_that_of_the_axes():
    _, ax = plt.subplots(facecolor="black")
    ax.set_facecolor("none")
    display = BandDisplay.from_band(band(), ax=ax)
    assert display.axes_[0, 0].lines[0].get_color() == "white"


# Groups


def test_many_numbers_get_a_bar_of_colours():
    table = diagrams(["fc1", "fc2"], 40)
    epochs = np.repeat(np.arange(20) ** 2, 2)
    display = ComplexityDisplay.from_table(table, groups=epochs, group_name="epoch")
    (bar,) = [ax for ax in display.figure_.axes if ax not in display.axes_]
    assert bar.get_ylabel() == "epoch"
    assert bar.get_ylim() == (0, 361)
    assert all(ax.get_legend() is None for ax in display.axes_.flat)
    # A colour is that of its number, not of its rank.
    colours = [to_rgb(c.lines[0].get_color()) for c in display.axes_[0, 0].containers]
    steps = np.linalg.norm(np.diff(colours, axis=0), axis=1)
    assert steps[-1] > 3 * steps[0]


def test_few_numbers_keep_their_legend():
    table = diagrams(["fc1"], 6)
    display = ComplexityDisplay.from_table(table, groups=[1, 1, 2, 2, 100, 100])
    texts = [text.get_text() for text in display.axes_[0, -1].get_legend().get_texts()]
    assert texts == ["1", "2", "100"]


def test_many_levels_and_layers_get_a_bar_of_colours():
    display = ActivationLandscapeDisplay.from_table(diagrams(["fc1"]), n_landscapes=20)
    (bar,) = [ax for ax in display.figure_.axes if ax not in display.axes_]
    assert bar.get_ylabel() == "level"
    assert bar.get_yticklabels()[0].get_text() == "1"
    assert bar.get_yticklabels()[-1].get_text() == "20"
    display = LabelledMergeDisplay.from_snapshots(clouds(long_names(12)), classes=np.arange(12) % 2)
    (bar,) = [ax for ax in display.figure_.axes if ax not in display.axes_]
    assert bar.get_yticklabels()[0].get_text() == "0.attention.self.query"


def test_a_dozen_groups_are_told_apart_and_in_order():
    groups = [f"g{i}" for i in range(12)]
    table = diagrams(["fc1", "fc2"], 12)
    for display in (
        ComplexityDisplay.from_table(table, groups=groups),
        NetworkMapDisplay.from_table(table, y=groups),
    ):
        legend = display.axes_[0, -1].get_legend()
        assert [text.get_text() for text in legend.get_texts()] == groups
    styles = {(look(i)["color"], look(i)["marker"]) for i in range(49)}
    assert len(styles) == len(COLOURS) ** 2


# Scales


def test_layers_of_different_scales_have_each_their_own():
    scale = np.geomspace(1, 1000, 9)
    table = diagrams([f"fc{i}" for i in range(9)], scale=scale)
    ax = ActivationLandscapeDisplay.from_table(table).axes_[0, 0]
    for mesh in ax.collections:
        assert_allclose(mesh.get_array().max(), 1)
        assert_allclose(mesh.get_coordinates()[..., 0].max(), 1)
    assert "largest of the layer" in ax.get_xlabel()
    # The end of each layer is told.
    ends = [text.get_text() for text in ax.texts]
    largest = [max(d.max() for d in table[f"fc{i}__H0"]) for i in range(9)]
    assert ends[0] == f"$t \\leq {largest[0]:.2g}$"
    assert len(ends) == 9


def test_one_scale_if_it_shows_all_layers():
    table = diagrams([f"fc{i}" for i in range(9)], scale=np.geomspace(1, 2, 9))
    display = ActivationLandscapeDisplay.from_table(table)
    tops = [mesh.get_array().max() for mesh in display.axes_[0, 0].collections]
    assert_allclose(tops, display.values[::2].max(axis=(1, 2)))
    assert display.axes_[0, 0].get_xlabel() == "filtration value $t$"


def test_coefficients_stay_comparable():
    table = diagrams(["a", "b"], scale=[1, 1000])
    model = make_pipeline(LandscapeVectorizer(1, 10), Ridge()).fit(table, [1, 2, 4])
    display = LoadingsDisplay.from_estimator(model, kind="heatmap")
    meshes = display.axes_[0, 0].collections
    for mesh, values in zip(meshes, display.coefficients[::2], strict=True):
        assert_array_equal(mesh.get_array(), values)


@pytest.mark.parametrize("scale", [1e-14, 1.0, 1e12])
def test_a_band_of_any_scale_fills_its_panel_and_ends_at_zero(scale):
    ax = BandDisplay.from_band(band(scale)).axes_[0, 0]
    low, high = ax.get_ylim()
    assert low == 0
    assert 1.1 * scale < high < 1.3 * scale
    # but a difference of two landscapes may be negative
    assert BandDisplay.from_band(band(scale, shift=0.5)).axes_[0, 0].get_ylim()[0] < -0.5 * scale


# What is told in words


def test_no_bars_are_told():
    empty = pd.DataFrame({"fc1__H1": [np.empty((0, 2))] * 3})
    for display, words in (
        (DiagramDisplay.from_table(empty), "no bars"),
        (BarcodeDisplay.from_table(empty), "no bars"),
        (ActivationLandscapeDisplay.from_table(empty), "no finite bars"),
        (ActivationLandscapeDisplay.from_table(empty, kind="heatmap"), "no finite bars"),
        (ComplexityDisplay.from_table(empty), "no finite bars"),
    ):
        assert [text.get_text() for text in display.axes_[0, 0].texts] == [words]
    full = diagrams(["fc1"])
    assert not DiagramDisplay.from_table(full).axes_[0, 0].texts
    assert not ComplexityDisplay.from_table(full).axes_[0, 0].texts


def test_bands_do_not_disappear_with_many_layers():
    names = [f"fc{i}__H1" for i in range(12)]
    display = ActivationLandscapeDisplay.from_bands({name: band() for name in names})
    assert all(len(ax.collections) == 1 for ax in display.axes_.flat if ax.axison)
    heat = ActivationLandscapeDisplay.from_table(diagrams(long_names(12)))
    bar = next(ax for ax in heat.figure_.axes if ax not in heat.axes_)
    assert "shows no band" in bar.get_ylabel()


def test_what_is_written_of_a_test_is_above_its_bars():
    ax = PermutationTestDisplay.from_result(result(["fc1__H0"])).axes_[0, 0]
    ax.figure.canvas.draw()
    foot = ax.texts[0].get_window_extent().y0
    assert all(bar.get_window_extent().y1 < foot for bar in ax.patches)


def test_labels_of_a_map_are_called_what_they_are():
    table = diagrams(["fc1"])
    assert NetworkMapDisplay.from_table(table, y=list("aab")).y_name is None
    named = pd.Series([1.0, 2.0, 3.0], name="rate")
    assert NetworkMapDisplay.from_table(table, y=named).y_name == "rate"
    assert NetworkMapDisplay.from_table(table, y=named, y_name="steps").y_name == "steps"
    for title, options in (("rate", {}), ("steps", {"group_name": "steps"})):
        display = ComplexityDisplay.from_table(table, groups=named, **options)
        assert display.axes_[0, -1].get_legend().get_title().get_text() == title


def test_a_map_of_other_weights():
    table = diagrams(["fc1", "fc2"], 5)
    display = NetworkMapDisplay.from_table(table, column_weights=None, normalize=False)
    expected = NetworkMapDisplay.from_gram(landscape_gram(table))
    assert_allclose(display.embedding, expected.embedding)


# Names


def test_names_lose_what_all_have_in_common():
    assert short_names(["a.b.c", "a.b.d"]) == ["c", "d"]
    assert short_names(["a.b", "a.b.c"]) == ["b", "b.c"]
    assert short_names(["input", "a.b.c", "a.b.d"]) == ["input", "c", "d"]
    assert short_names(["c", "a.b.c", "a.b.d"]) == ["c", "a.b.c", "a.b.d"]  # else two are c
    assert short_names(["a.b.c"]) == ["a.b.c"]
    assert short_names(["ab.c", "ac.c"]) == ["ab.c", "ac.c"]
    assert short_names([]) == []


@pytest.mark.parametrize("name", ["", "a", "." * 30, "x" * 200, "a.b" * 40, "layer 1.conv-2_d"])
@pytest.mark.parametrize("n_letters", [0, 1, 7, 25])
def test_names_are_broken_into_lines(name, n_letters):
    lines = wrapped(name, n_letters).split("\n")
    assert len(lines) <= 3
    assert all(len(line) <= max(n_letters, 4) for line in lines)
    if len(name) < n_letters:
        assert lines == [name]
    assert "…" in "".join(lines) or "".join(lines) == name


def test_dollars_are_no_mathematics():
    assert plain("a$b$") == r"a\$b\$"
    figure = plt.figure()
    text = figure.text(0, 0, plain("$_^$"))
    figure.canvas.draw()
    assert text.get_window_extent().width > 0


def test_numbers_in_names_are_counted():
    names = ["g10", "g2", "a", "g1b", "g1", "-3", "10", "9"]
    assert sorted(names, key=natural_key) == ["9", "10", "-3", "a", "g1", "g1b", "g2", "g10"]


# One network on one page


def test_report_holds_the_pictures_of_its_parts(networks, probe):
    report = NetworkReportDisplay.from_network(networks[3], probe, layers="fc*", title="$_^$")
    extractor = LayerActivationExtractor(probe, layers="fc*", include_classes=True)
    cells = extractor.set_output(transform="pandas").fit_transform([networks[3]])
    table = RipsPersistence().set_output(transform="pandas").fit_transform(cells)
    landscape, complexity, merges = report.parts_
    assert report.columns == landscape.columns == ["fc1__H0", "fc1__H1", "fc2__H0", "fc2__H1"]
    assert_array_equal(landscape.values, ActivationLandscapeDisplay.from_table(table).values)
    assert_array_equal(complexity.complexities, ComplexityDisplay.from_table(table).complexities)
    assert_array_equal(merges.values, LabelledMergeDisplay.from_table(cells).values)
    texts = written(report.figure_)
    assert not any(overlap(a, b) for (_, a), (_, b) in combinations(texts, 2))


def test_report_of_one_row_of_a_table():
    table = diagrams(long_names(12))
    report = NetworkReportDisplay.from_table(table, row=-1)
    assert [type(part) for part in report.parts_] == [ActivationLandscapeDisplay, ComplexityDisplay]
    expected = ActivationLandscapeDisplay.from_table(table.iloc[[-1]])
    assert_array_equal(report.parts_[0].values, expected.values)
    texts = written(report.figure_)
    assert not any(overlap(a, b) for (_, a), (_, b) in combinations(texts, 2))
    again = report.plot(ax=plt.subplots(figsize=(9, 12))[1])
    assert again is report
    _, axes = plt.subplots(2, 1, height_ratios=[1, 3])
    report.plot(ax=list(axes))
    assert axes[0].get_gridspec().get_height_ratios() == [1, 3]
    with pytest.raises(IndexError, match="no row 3"):
        NetworkReportDisplay.from_table(table, row=3)
    with pytest.raises(ValueError, match="give both, or neither"):
        NetworkReportDisplay(["fc1__H1"], [[[0, 1]]], layers=["fc1"])


def test_report_shows_the_inputs_of_the_longest_loops(networks, probe):
    images = np.random.default_rng(0).random((len(probe), 3, 2))
    report = NetworkReportDisplay.from_network(networks[3], probe, images=images, classes=False)
    loops = report.parts_[-1]
    assert isinstance(loops, LoopDisplay)
    assert_array_equal(loops.images * (images.max() - images.min()) + images.min(), images)
    # The layers are those whose longest bar is the largest part of where it ends.
    shares = {}
    for column, diagram in zip(report.columns, report.diagrams, strict=True):
        layer, degree = column.split("__")
        if degree == "H1" and len(diagram):
            birth, death = diagram[np.argmax(diagram[:, 1] - diagram[:, 0])]
            shares[layer] = 1 - birth / death
    assert len(shares) > 3
    assert set(loops.layers) == set(sorted(shares, key=shares.get)[-3:])
    for layer, bars in zip(loops.layers, loops.bars, strict=True):
        lengths = np.diff(report.diagrams[report.columns.index(f"{layer}__H1")]).ravel()
        assert_allclose(np.diff(bars).ravel(), np.sort(lengths)[::-1][: len(bars)])
    texts = written(report.figure_)
    assert not any(overlap(a, b) for (_, a), (_, b) in combinations(texts, 2))


def test_rows_of_a_probe_become_images(networks, probe):
    rows = np.asarray(probe)
    options = {"layers": "fc1", "classes": False, "image_shape": (1, rows.shape[1])}
    report = NetworkReportDisplay.from_network(networks[3], probe, **options)
    assert report.loops.images.shape == (len(rows), 1, rows.shape[1])
    without = NetworkReportDisplay.from_network(
        networks[3], probe, **options, homology_dimensions=(0,)
    )
    assert without.loops is None  # there is no loop to be shown
    table = diagrams(["fc1"])
    with pytest.raises(ValueError, match="give clouds too"):
        NetworkReportDisplay.from_table(table, images=np.zeros((12, 2, 2)))
    with pytest.raises(ValueError, match="there are 5 images for 12 points"):
        NetworkReportDisplay.from_table(table, clouds=clouds(["fc1"]), images=np.zeros((5, 2, 2)))
    with pytest.raises(TypeError, match="it is dict; give images"):
        NetworkReportDisplay.from_network(networks[3], {"x": probe}, image_shape=(1, 2))
    with pytest.raises(TypeError, match="loops must be a LoopDisplay or None, got list"):
        NetworkReportDisplay(["fc1__H1"], [[[0, 1]]], loops=[])
