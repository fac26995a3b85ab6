"""Pictures of merge trees and of their numbers: what is drawn is what was computed."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from matplotlib.colors import to_hex
from numpy.testing import assert_allclose, assert_array_equal

from skactland import LayerActivationExtractor, SnapshotRecorder, labelled_merges, spanning_trees
from skactland.displays import LabelledMergeDisplay, MergeTreeDisplay

pytestmark = [
    pytest.mark.usefixtures("no_screen"),
    # Networks that were not trained say one class of all inputs now and then.
    pytest.mark.filterwarnings("ignore:.*of one class alone"),
]
rng = np.random.default_rng


@pytest.fixture
def table(networks, probe):
    extractor = LayerActivationExtractor(
        probe, layers="fc*", include_input=True, include_classes=True
    )
    return extractor.set_output(transform="pandas").fit_transform(networks)


def drawn(ax):
    """Stems, bars and bars between classes, as arrays of shape (n, 2, 2)."""
    return [np.array(lines.get_segments()).reshape(-1, 2, 2) for lines in ax.collections]


@pytest.mark.parametrize("seed", range(5))
def test_tree_is_drawn_merge_by_merge(seed):
    cloud, classes = rng(seed).integers(0, 5, (25, 2)), rng(seed).integers(0, 3, 25)
    (edges,), (lengths,) = spanning_trees(cloud)
    display = MergeTreeDisplay.from_cloud(cloud, classes)
    assert_array_equal(display.edges[0], edges)
    ax = display.axes_[0, 0]
    stems, bars, between = drawn(ax)
    # Each merge is a bar at its length, and each bar of degree 0 a stem that ends there.
    assert_array_equal(bars[:, 0, 1], lengths)
    assert_array_equal(bars[:, 1, 1], lengths)
    assert_array_equal(np.sort(stems[:, 1, 1]), np.sort(np.repeat(lengths, 2)))
    assert sorted(stems[stems[:, 0, 1] == 0][:, 0, 0].round(6))[:1] == [0]
    is_between = classes[edges[:, 0]] != classes[edges[:, 1]]
    assert_array_equal(between, bars[is_between])
    n_between = int(is_between.sum())
    assert ax.get_title() == f"cloud: {n_between} of 24 bars between classes"
    assert n_between == round(24 * labelled_merges(cloud, classes)["share_between"])


def test_points_stand_side_by_side_and_parts_do_not_cross():
    cloud, classes = rng(0).normal(size=(40, 3)), np.arange(40) % 4
    stems, bars, _ = drawn(MergeTreeDisplay.from_cloud(cloud, classes).axes_[0, 0])
    feet = stems[stems[:, 0, 1] == 0][:, 0, 0]
    assert sorted(feet) == list(range(40))
    # Parts are intervals: no merge stands within the span of one that came before it.
    ends = np.sort(bars[:, :, 0], axis=1)
    for (low, high), height in zip(ends, bars[:, 0, 1], strict=True):
        higher = ends[bars[:, 0, 1] > height]
        assert not ((higher[:, 0] > low) & (higher[:, 1] < high)).any()


def test_parts_of_one_class_have_its_colour():
    cloud = np.concatenate([rng(0).normal(size=(9, 2)), rng(1).normal(size=(9, 2)) + 50])
    display = MergeTreeDisplay.from_cloud(cloud, ["a"] * 9 + ["b"] * 9)
    ax = display.axes_[0, 0]
    colours = [to_hex(c) for c in ax.collections[1].get_colors()]
    assert len(set(colours[:-1])) == 2
    assert colours[-1] not in colours[:-1]
    labels = [text.get_text() for text in ax.get_legend().get_texts()]
    assert labels == ["a", "b", "several", "between"]


def test_a_panel_a_layer(table):
    display = MergeTreeDisplay.from_table(table, row=-1)
    assert display.layers == ["input", "fc1", "fc2"]
    assert_array_equal(display.classes[0], table["classes"].iloc[-1])
    display = MergeTreeDisplay.from_table(table, row=3, layers=["fc2", "input"])
    assert display.layers == ["fc2", "input"]
    assert_array_equal(display.lengths[1], spanning_trees(table["input"][0])[1][0])
    display = MergeTreeDisplay.from_table(
        table.to_numpy(), columns=list(table), layers="fc1", classes=np.arange(30) % 2
    )
    assert_array_equal(display.classes[0], np.arange(30) % 2)


@pytest.mark.parametrize("cloud", [[[0.0]], [[0.0], [1.0]], np.zeros((4, 2))])
def test_small_trees(cloud):
    display = MergeTreeDisplay.from_cloud(cloud, np.arange(len(cloud)))
    display.figure_.canvas.draw()


def test_many_classes_have_colours_of_their_own():
    display = MergeTreeDisplay.from_cloud(rng(0).normal(size=(30, 2)), np.arange(30) % 12)
    handles = display.axes_[0, 0].get_legend().legend_handles
    assert len({to_hex(handle.get_color()) for handle in handles}) == 14


def test_nonsense_is_refused(table):
    (edges,), (lengths,) = spanning_trees(table["fc1"][0])
    with pytest.raises(IndexError, match="There is no row 10; the table has 10"):
        MergeTreeDisplay.from_table(table, row=10)
    with pytest.raises(ValueError, match=r"There is no layer 'act1'; there are \['input'"):
        MergeTreeDisplay.from_table(table, layers="act1")
    with pytest.raises(ValueError, match="has no classes of its points"):
        MergeTreeDisplay.from_table(table[["fc1"]])
    with pytest.raises(ValueError, match="there are 2 classes for 30 points"):
        MergeTreeDisplay.from_cloud(table["fc1"][0], [0, 1])
    with pytest.raises(ValueError, match="fc1: there are 3 classes"):
        MergeTreeDisplay([edges], [lengths], [[0, 1, 2]], ["fc1"])
    with pytest.raises(ValueError, match="fc1: expected 29 edges, sorted by length"):
        MergeTreeDisplay([edges], [lengths[::-1]], [np.zeros(30, int)], ["fc1"])
    with pytest.raises(ValueError, match="There are 1 edges and 2 layers"):
        MergeTreeDisplay([edges], [lengths], [np.zeros(30, int)], ["fc1", "fc2"])


# ---- numbers


def values_of(table, name="share_between", n_trees=1):
    layers = [column for column in table if column != "classes"]
    return np.array(
        [
            [labelled_merges(row[layer], row["classes"], n_trees)[name] for layer in layers]
            for _, row in table.iterrows()
        ]
    )


@pytest.mark.parametrize(("name", "n_trees"), [("share_between", 1), ("log_within", 2)])
def test_means_by_layer(table, name, n_trees):
    display = LabelledMergeDisplay.from_table(table, statistic=name, n_trees=n_trees)
    expected = values_of(table, name, n_trees)
    assert_array_equal(display.values, expected)
    (line,) = [container.lines[0] for container in display.axes_[0, 0].containers]
    assert_allclose(line.get_ydata(), expected.mean(axis=0))
    ticks = [tick.get_text() for tick in display.axes_[0, 0].get_xticklabels()]
    assert ticks == display.layers == ["input", "fc1", "fc2"]


def test_a_line_a_group(table):
    groups = [0.5, 0.9] * 5
    display = LabelledMergeDisplay.from_table(table, groups=groups, group_name="accuracy")
    lines = [container.lines[0] for container in display.axes_[0, 0].containers]
    for g, line in enumerate(lines):
        assert_allclose(line.get_ydata(), values_of(table)[g::2].mean(axis=0))
    assert display.axes_[0, 0].get_legend().get_title().get_text() == "accuracy"


def test_true_classes_in_the_place_of_predicted_ones(table):
    truth = np.arange(30) % 3
    display = LabelledMergeDisplay.from_table(table, classes=truth)
    expected = values_of(table.assign(classes=[truth] * 10))
    assert_array_equal(display.values, expected)
    assert_array_equal(
        LabelledMergeDisplay.from_table(
            table[["input", "fc1", "fc2"]].to_numpy(),
            columns=["input", "fc1", "fc2"],
            classes=truth,
        ).values,
        expected,
    )


def test_through_training(networks, probe):
    extractor = LayerActivationExtractor(probe, layers="fc*", include_classes=True)
    recorder = SnapshotRecorder(extractor.set_output(transform="pandas"))
    for epoch in (0, 5, 20):
        recorder.record(networks[epoch % 3], epoch)
    snapshots = recorder.table()
    display = LabelledMergeDisplay.from_snapshots(snapshots)
    assert display.index.tolist() == [0, 5, 20]
    lines = {line.get_label(): line for line in display.axes_[0, 0].lines}
    for j, layer in enumerate(["fc1", "fc2"]):
        assert lines[layer].get_xdata().tolist() == [0, 5, 20]
        assert_array_equal(lines[layer].get_ydata(), values_of(snapshots)[:, j])
    plain = snapshots.to_numpy()
    display = LabelledMergeDisplay.from_snapshots(plain, columns=list(snapshots))
    assert display.index.tolist() == [0, 1, 2]
    display = LabelledMergeDisplay.from_snapshots(plain, index=[1, 10, 100])
    assert display.index.tolist() == [1, 10, 100]


def test_networks_of_one_class_are_told_of():
    cells = np.empty((3, 2), object)
    for i in range(3):
        cells[i] = [rng(i).normal(size=(12, 2)), np.arange(12) % (2 if i else 1)]
    table = pd.DataFrame(cells, columns=["fc1", "classes"])
    display = LabelledMergeDisplay.from_snapshots(table)
    (cross,) = [line for line in display.axes_[0, 0].lines if line.get_label() == "one class alone"]
    crosses = [line for line in display.axes_[0, 0].lines if line.get_marker() == "x"]
    assert cross in crosses
    assert crosses[0].get_xdata().tolist() == [0]
    display = LabelledMergeDisplay.from_table(table)
    assert display.axes_[0, 0].get_title() == "1 of 3 say one class alone"


def test_drawn_again_into_axes_of_ones_own(table):
    figure, axes = plt.subplots(1, 2)
    display = LabelledMergeDisplay.from_table(table, ax=axes[0])
    assert display.axes_[0, 0] is axes[0]
    assert display.plot(ax=axes[1], confidence=None).axes_[0, 0] is axes[1]
    tree = MergeTreeDisplay.from_cloud(table["fc1"][0], table["classes"][0], ax=axes[1])
    assert tree.figure_ is figure


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"statistic": "purty"}, "statistic must be one of"),
        ({"groups": ["a"]}, "groups"),
        ({"confidence": 2}, "confidence must be between 0 and 1"),
        ({"n_trees": 0}, "n_trees must be at least 1"),
    ],
)
def test_nonsense_about_numbers_is_refused(table, options, message):
    with pytest.raises(ValueError, match=message):
        LabelledMergeDisplay.from_table(table, **options)


def test_nonsense_about_training_is_refused():
    with pytest.raises(ValueError, match="index must increase"):
        LabelledMergeDisplay(["fc1"], [[0.1], [0.2]], index=[1, 1])
    with pytest.raises(ValueError, match="index is of one training"):
        LabelledMergeDisplay(["fc1"], [[0.1], [0.2]], index=[1, 2], groups=["a", "b"])
    with pytest.raises(ValueError, match=r"values must have shape \(n_networks, 1\)"):
        LabelledMergeDisplay(["fc1"], [[0.1, 0.2]])
