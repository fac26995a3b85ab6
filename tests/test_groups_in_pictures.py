"""Groups of networks mean the same in each picture that shows several networks."""

import inspect

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from skactland import displays
from skactland.displays import ActivationLandscapeDisplay, NetworkMapDisplay

pytestmark = pytest.mark.usefixtures("no_screen")

N = 12
NAMES = [f"g{i}" for i in range(N)]


def table(n_networks=N):
    """Diagrams of degrees 0 and 1 in two layers."""
    rng = np.random.default_rng(0)
    cells = np.empty((n_networks, 4), object)
    for place in np.ndindex(cells.shape):
        births = rng.random(6)
        cells[place] = np.column_stack([births, births + rng.random(6)])
    return pd.DataFrame(cells, columns=["fc1__H0", "fc1__H1", "fc2__H0", "fc2__H1"])


def clouds():
    rng = np.random.default_rng(0)
    cells = np.empty((N, 2), object)
    for place in np.ndindex(cells.shape):
        cells[place] = rng.normal(size=(10, 2))
    return pd.DataFrame(cells, columns=["fc1", "fc2"])


def shows_several(picture):
    made = getattr(picture, "from_table", None)
    return made is not None and "row" not in inspect.signature(made).parameters


SEVERAL = [
    picture
    for picture in (getattr(displays, name) for name in displays.__all__)
    if shows_several(picture)
]


def draw(picture, **options):
    if picture is displays.LabelledMergeDisplay:
        return picture.from_table(clouds(), classes=np.arange(10) % 2, **options)
    return picture.from_table(table(), **options)


def test_the_pictures_of_several_networks_are_known():
    assert len(SEVERAL) == 4
    for picture in SEVERAL:
        for made in (picture.from_table, picture):
            assert inspect.signature(made).parameters["groups"].default is None


@pytest.mark.parametrize("picture", SEVERAL)
def test_groups_are_named_in_order(picture):
    shuffled = np.random.default_rng(0).permutation(NAMES)
    named = pd.Series(shuffled, name="recipe")
    for options, title in (({}, "recipe"), ({"group_name": "kind"}, "kind")):
        legend = draw(picture, groups=named, **options).axes_[0, -1].get_legend()
        texts = [text.get_text() for text in legend.get_texts()]
        assert [text for text in texts if text in NAMES] == NAMES
        assert legend.get_title().get_text() == title
    plt.close("all")


@pytest.mark.parametrize("picture", SEVERAL)
def test_numbers_are_named_as_they_grow_and_many_by_a_bar(picture):
    legend = draw(picture, groups=[100, 9.5, -1] * 4).axes_[0, -1].get_legend()
    texts = [text.get_text() for text in legend.get_texts()]
    assert [text for text in texts if "deviation" not in text] == ["-1.0", "9.5", "100.0"]
    display = draw(picture, groups=range(N), group_name="epoch")
    bars = [ax for ax in display.figure_.axes if ax not in display.axes_]
    assert [(bar.get_ylabel(), bar.get_ylim()) for bar in bars] == [("epoch", (0, N - 1))]
    plt.close("all")


@pytest.mark.parametrize("picture", SEVERAL)
@pytest.mark.parametrize(
    ("groups", "error", "message"),
    [
        (["a"] * 11 + [None], ValueError, "groups: the label of network 11 is missing"),
        ([1.0] * 11 + [np.nan], ValueError, "groups: the label of network 11 is missing"),
        ([1.0] * 11 + [np.inf], ValueError, "groups must be finite"),
        (["a"] * 11, ValueError, r"groups must hold one label for each of 12 networks"),
        (["a"] * 11 + [1], TypeError, "groups: labels of one type are expected"),
        ("a" * 12, TypeError, "groups must be a sequence"),
    ],
)
def test_what_names_no_groups(picture, groups, error, message):
    with pytest.raises(error, match=message):
        draw(picture, groups=groups)


def test_the_landscape_of_each_group_is_its_mean():
    groups = np.array(["b", "a", "a"] * 4)
    display = ActivationLandscapeDisplay.from_table(table(), groups=groups, n_landscapes=2)
    alone = [
        ActivationLandscapeDisplay.from_table(table()[groups == name], n_landscapes=2)
        for name in "ab"
    ]
    assert display.groups.tolist() == ["a", "b"]
    for g, expected in enumerate(alone):
        # Each is read from its own least birth to its own largest death.
        for j in range(4):
            for k in range(2):
                read = np.interp(display.nodes[j], expected.nodes[j], expected.values[j, k], 0, 0)
                assert_allclose(display.values[g, j, k], read, atol=0.02)
    # Lines are drawn the last level first, each level group by group.
    drawn = [line.get_ydata() for line in display.axes_[0, 0].lines]
    expected = [display.values[g, 0, k] for k in (1, 0) for g in (0, 1)]
    assert_array_equal(drawn, expected)
    assert_array_equal(display.lower.shape, (2, 4, 2, 300))
    assert len(display.axes_[0, 0].collections) == 4


def test_a_group_of_one_network_has_no_width():
    display = ActivationLandscapeDisplay.from_table(table(3), groups=["a", "a", "b"])
    assert_array_equal(display.lower[1], display.upper[1])
    assert (display.lower[0] < display.upper[0]).any()
    alone = ActivationLandscapeDisplay.from_table(table(3), groups=["a", "b", "c"])
    assert alone.lower is None
    same = ActivationLandscapeDisplay.from_table(table(3), groups=["a"] * 3, n_landscapes=5)
    whole = ActivationLandscapeDisplay.from_table(table(3))
    assert_array_equal(same.values[0], whole.values)
    assert_array_equal(same.upper[0], whole.upper)


def test_groups_are_the_lines_of_a_stripe():
    groups = NAMES[:3] * 4
    display = ActivationLandscapeDisplay.from_table(table(), groups=groups, kind="heatmap")
    for j, mesh in enumerate(display.axes_[0, 0].collections):
        assert_array_equal(mesh.get_array(), display.values[:, 2 * j, 0])
    assert "each layer from the top: g0, g1, g2" in display.axes_[0, 0].get_xlabel()
    many = ActivationLandscapeDisplay.from_table(
        table(), groups=NAMES, group_name="a$b", kind="heatmap"
    )
    assert r"(a\$b): g0, g1, …, g11" in many.axes_[0, 0].get_xlabel()


def test_groups_without_the_first_layer_in_a_degree():
    X = table()[["fc1__H1", "fc2__H0", "fc2__H1"]]
    legend = ActivationLandscapeDisplay.from_table(X, groups=NAMES).axes_[0, -1].get_legend()
    assert len(legend.get_texts()) == N
    legend = ActivationLandscapeDisplay.from_table(X).axes_[0, -1].get_legend()
    assert [text.get_text() for text in legend.get_texts()] == [*"12345", "± deviation"]


def test_means_that_somebody_else_computed():
    nodes, values = [[0.0, 1.0]], np.ones((2, 1, 3, 2))
    display = ActivationLandscapeDisplay(["fc1__H1"], nodes, values, groups=["x", "y"]).plot()
    assert len(display.axes_[0, 0].lines) == 6
    with pytest.raises(ValueError, match=r"values must have shape \(3, 1, n_levels, 2\)"):
        ActivationLandscapeDisplay(["fc1__H1"], nodes, values, groups=["x", "y", "z"])
    with pytest.raises(ValueError, match="groups must differ"):
        ActivationLandscapeDisplay(["fc1__H1"], nodes, values, groups=["x", "x"])


def test_a_map_tells_numbers_by_colour_and_groups_by_marker():
    y = np.linspace(0.5, 0.9, N)
    display = NetworkMapDisplay.from_table(table(), y=y, groups=list("aab") * 4)
    ax = display.axes_[0, 0]
    assert [len(points.get_offsets()) for points in ax.collections] == [8, 4]
    assert_array_equal(ax.collections[1].get_array(), y[2::3])
    assert {points.get_clim() for points in ax.collections} == {(0.5, 0.9)}
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["a", "b"]
    with pytest.raises(ValueError, match="y and groups are both names"):
        NetworkMapDisplay.from_table(table(), y=list("ab") * 6, groups=list("aab") * 4)
    with pytest.raises(ValueError, match="7 markers, and there are 12"):
        NetworkMapDisplay.from_table(table(), y=y, groups=NAMES)
