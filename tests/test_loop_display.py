"""Loops as pictures: what is drawn is what was computed."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.decomposition import PCA

from skactland import representative_loops
from skactland.displays import LoopDisplay

pytestmark = pytest.mark.usefixtures("no_screen")


def ring(n=20, centre=(0.0, 0.0), radius=1.0):
    turns = 2 * np.pi * np.arange(n) / n
    return centre + radius * np.column_stack([np.cos(turns), np.sin(turns)])


@pytest.fixture
def cloud():
    """Two rings in a space of five dimensions, and noise."""
    flat = np.vstack([ring(24), ring(12, (4.0, 1.0), 0.6)])
    rng = np.random.default_rng(0)
    turned = flat @ np.linalg.qr(rng.normal(size=(5, 2)))[0].T
    return turned + rng.normal(0, 0.02, turned.shape)


def legend(ax):
    return [text.get_text() for text in ax.get_legend().get_texts()]


def test_loops_are_closed_lines_through_their_points(cloud):
    coordinates = cloud[:, [3, 1]]
    display = LoopDisplay.from_cloud(cloud, 2, coordinates=coordinates)
    loops, bars = representative_loops(cloud, 2)
    (ax,) = display.axes_.ravel()
    assert_array_equal(ax.collections[0].get_offsets(), coordinates)
    assert len(ax.lines) == len(loops) == 2
    for line, loop in zip(ax.lines, loops, strict=True):
        assert_array_equal(line.get_xydata(), coordinates[[*loop, loop[0]]])
    assert legend(ax) == [f"[{birth:.3g}, {death:.3g})" for birth, death in bars]
    assert_array_equal(display.bars[0], bars)
    assert bars[0, 1] - bars[0, 0] > bars[1, 1] - bars[1, 0]


def test_the_projection_is_on_principal_components(cloud):
    display = LoopDisplay.from_cloud(3e200 * cloud)
    expected = 3e200 * PCA(2).fit_transform(cloud)
    assert_allclose(np.abs(display.coordinates[0]), np.abs(expected), rtol=1e-9, atol=1e188)
    # The sign does not depend on the order of the points.
    order = np.random.default_rng(1).permutation(len(cloud))
    again = LoopDisplay.from_cloud(3e200 * cloud[order]).coordinates[0]
    assert_allclose(again, display.coordinates[0][order], rtol=1e-9, atol=1e188)


def test_colours_and_lines_tell_loops_apart():
    flat = np.vstack([ring(6, (4.0 * i, 0.0)) for i in range(30)])
    display = LoopDisplay.from_cloud(flat, 28)
    lines = display.axes_[0, 0].lines
    assert len({(line.get_color(), line.get_linestyle()) for line in lines}) == len(lines) == 28
    assert legend(display.axes_[0, 0])[-1] == "and 16 more"
    assert len(legend(display.axes_[0, 0])) == 13


@pytest.mark.parametrize("n", [4, 16, 17, 50])
@pytest.mark.parametrize("is_flat", [False, True])
def test_images_stand_in_the_order_of_the_loop(n, is_flat):
    pixels = np.random.default_rng(0).random((n, 3, 2))
    pixels[0, 0] = 0, 1
    images = {"images": pixels.reshape(n, 6), "image_shape": (3, 2)}
    display = LoopDisplay.from_cloud(ring(n), **(images if is_flat else {"images": pixels}))
    panel, circle = display.axes_.ravel()
    (loop,) = display.loops[0]
    assert sorted(loop) == list(range(n))
    shown = [next(i for i in loop if (pixels[i] == im.get_array()).all()) for im in circle.images]
    places = [loop.tolist().index(i) for i in shown]
    assert places == sorted(places)
    assert places[0] == 0
    assert len(shown) == min(n, 16)
    steps = np.diff([*places, n])
    assert steps.max() - steps.min() <= 1
    assert circle.lines[0].get_color() == panel.lines[0].get_color()
    assert circle.texts[0].get_text() == (f"{n} points" if n <= 16 else f"16 of {n}")
    # Around the circle, evenly, and none on another.
    boxes = np.array([image.get_extent() for image in circle.images])
    centres = (boxes[:, 0] + boxes[:, 1]) / 2 + 1j * (boxes[:, 2] + boxes[:, 3]) / 2
    assert_allclose(np.angle(np.roll(centres, -1) / centres), 2 * np.pi / len(shown))
    for i in range(len(boxes)):
        for j in range(i):
            x = min(boxes[i, 1], boxes[j, 1]) - max(boxes[i, 0], boxes[j, 0])
            y = min(boxes[i, 3], boxes[j, 3]) - max(boxes[i, 2], boxes[j, 2])
            assert x < 0 or y < 0


def test_values_of_images_are_brought_to_one_scale():
    images = np.arange(4 * 2 * 2 * 3).reshape(4, 2, 2, 3)
    display = LoopDisplay.from_cloud(ring(4), images=images)
    assert_allclose(display.images, images / 47)
    assert LoopDisplay.from_cloud(ring(4), images=np.full((4, 2, 2), 7)).images.max() == 0


@pytest.mark.parametrize(
    ("n_channels", "height", "width"), [(1, 5, 4), (3, 5, 6), (4, 2, 2), (1, 3, 5), (3, 3, 6)]
)
def test_images_may_come_as_torch_has_them(n_channels, height, width):
    images = np.random.default_rng(0).random((4, n_channels, height, width))
    expected = np.moveaxis(images, 1, -1)
    expected = expected[..., 0] if n_channels == 1 else expected
    for given in (images, np.moveaxis(images, 1, -1)):
        display = LoopDisplay.from_cloud(ring(4), images=given)
        assert_allclose(
            display.images, (expected - expected.min()) / (expected.max() - expected.min())
        )


@pytest.mark.parametrize("cloud", [np.empty((0, 2)), [[0.0]], [[0, 0], [1, 0], [0, 1]]])
def test_no_loops_are_told(cloud):
    for images in (None, np.zeros((len(cloud), 2, 2))):
        display = LoopDisplay.from_cloud(cloud, images=images)
        (ax,) = display.axes_.ravel()
        assert [text.get_text() for text in ax.texts] == ["no loops"]
        assert len(ax.collections[0].get_offsets()) == len(cloud)
        assert not ax.lines
        display.figure_.canvas.draw()


def test_a_panel_a_layer(cloud):
    line = np.arange(len(cloud), dtype=float)[:, None]
    table = pd.DataFrame({"fc1": [cloud, line], "fc2": [line, cloud]})
    display = LoopDisplay.from_table(table, 1)
    assert display.layers == ["fc1", "fc2"]
    assert [len(loops) for loops in display.loops] == [1, 0]
    assert [ax.get_title() for ax in display.axes_.ravel()] == ["fc1", "fc2"]
    assert_array_equal(display.loops[0][0], representative_loops(cloud, 1)[0][0])
    images = np.zeros((len(cloud), 2, 2))
    _, ax = plt.subplots()
    display = LoopDisplay.from_table(
        table.to_numpy(), 2, row=-1, columns=["a", "b"], images=images, ax=ax
    )
    assert display.axes_.shape == (2, 3)
    assert [bool(ax.images) for ax in display.axes_.ravel()] == [False] * 4 + [True] * 2
    only = LoopDisplay.from_table(table, layers="fc2", row=1)
    assert only.layers == ["fc2"]
    assert len(only.loops[0]) == len(representative_loops(cloud, 3)[0])


def test_bars_that_do_not_end():
    display = LoopDisplay.from_cloud(ring(12), max_edge_length=0.6)
    assert legend(display.axes_[0, 0]) == ["[0.518, inf)"]


def test_nonsense_is_refused(cloud):
    draw = LoopDisplay.from_cloud
    with pytest.raises(ValueError, match="distances have no principal components; give"):
        draw([[0, 1], [1, 0]], metric="precomputed")
    square = np.abs(np.subtract.outer(np.arange(4), np.arange(4))) % 2 + 1.0
    np.fill_diagonal(square, 0)
    draw(square, metric="precomputed", coordinates=ring(4))
    with pytest.raises(ValueError, match=r"coordinates must be finite.*got shape \(36, 5\)"):
        draw(cloud, coordinates=cloud)
    with pytest.raises(ValueError, match="coordinates are those of 4 points"):
        draw(cloud, coordinates=ring(4))
    with pytest.raises(ValueError, match="n_loops must be at least 1"):
        draw(cloud, 0)
    with pytest.raises(ValueError, match="there are 4 images for 36 points"):
        draw(cloud, images=np.zeros((4, 2, 2)))
    with pytest.raises(ValueError, match=r"got shape \(36, 6\) and image_shape=\(2, 2\)"):
        draw(cloud, images=np.zeros((36, 6)), image_shape=(2, 2))
    with pytest.raises(ValueError, match=r"got shape \(36, 0, 3\)"):
        draw(cloud, images=np.zeros((36, 0, 3)))
    with pytest.raises(ValueError, match="images must hold finite"):
        draw(cloud, images=np.full((36, 2, 2), np.nan))
    with pytest.raises(ValueError, match=r"image_shape is \(2, 2\), and there are no images"):
        draw(cloud, image_shape=(2, 2))
    with pytest.raises(ValueError, match="There is no layer 'b'"):
        LoopDisplay.from_table(pd.DataFrame({"a": [cloud]}), layers="b")
    with pytest.raises(ValueError, match="a: there are 0 loops and 1 bars"):
        LoopDisplay([ring(4)], [[]], [[[1, 2]]], ["a"])
    with pytest.raises(ValueError, match="a: a loop must be an array of indices"):
        LoopDisplay([ring(4)], [[[0.5, 1.0]]], [[[1, 2]]], ["a"])
    with pytest.raises(ValueError, match="There are 0 bars and 1 layers"):
        LoopDisplay([ring(4)], [[]], [], ["a"])


@pytest.mark.parametrize("n", [12, 23])
def test_coordinates_of_another_cloud_are_refused(n):
    cloud = np.random.default_rng(0).normal(size=(22, 2))
    with pytest.raises(ValueError, match=f"those of {n} points, and the cloud has 22"):
        LoopDisplay.from_cloud(cloud, 1, coordinates=np.zeros((n, 2)))


def test_images_that_have_a_shape_get_no_other():
    cloud = np.random.default_rng(0).normal(size=(22, 2))
    with pytest.raises(
        ValueError, match=r"images have shape \(22, 8, 8\), and image_shape=\(4, 16\)"
    ):
        LoopDisplay.from_cloud(cloud, 1, images=np.zeros((22, 8, 8)), image_shape=(4, 16))
    LoopDisplay.from_cloud(cloud, 1, images=np.zeros((22, 8, 8)), image_shape=(8, 8))
