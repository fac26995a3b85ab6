"""Which axis holds the units of a layer: known, or asked; never by sizes or by luck."""

import pytest
import torch
from foreign import F, hear, pool_map, pool_tokens, read, read_or_asked
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal
from torch import nn

from skactland import extract_activations


@pytest.fixture(autouse=True)
def seed():
    torch.manual_seed(0)


def swap(x):
    """Exchange the last two axes, (n, c, l) and (n, l, c)."""
    return x.transpose(1, 2)


def to_last(x):
    return x.permute(0, 2, 3, 1)


def to_first(x):
    return x.permute(0, 3, 1, 2)


class SqueezeExcite(nn.Module):
    """Weights of channels, (n, c, ...), by a Linear on their means."""

    def __init__(self, n_channels):
        super().__init__()
        self.fc = nn.Linear(n_channels, n_channels)

    def forward(self, x):
        weights = self.fc(x.flatten(2).mean(2)).sigmoid()
        return x * weights.reshape(*weights.shape, *[1] * (x.ndim - 2))


# By hand, which axis of each layer's maps or sequences holds its units; None for two axes.
IMAGES = torch.randn(9, 3, 16, 16)
SIGNALS = torch.randn(9, 2, 20)
LAYOUTS = {
    "channels last after a convolution": (
        lambda: nn.Sequential(nn.Conv2d(3, 5, 3), F(to_last), nn.LayerNorm(5), nn.Linear(5, 10)),
        IMAGES,
        ["first", "last", "last", "last"],
    ),
    "and back": (
        lambda: nn.Sequential(
            nn.Conv2d(3, 4, 3), F(to_last), nn.Linear(4, 6), nn.GELU(), F(to_first), nn.ReLU(),
            nn.BatchNorm2d(6), nn.Dropout2d(), nn.AvgPool2d(2),
        ),
        IMAGES,
        ["first", *["last"] * 3, *["first"] * 5],
    ),
    "as many channels as rows and columns": (
        lambda: nn.Sequential(nn.Conv2d(3, 14, 3), F(to_last), nn.LayerNorm(14), nn.Identity()),
        IMAGES,
        ["first", "last", "last", "last"],
    ),
    "strides of channels last, which are no axes": (
        lambda: nn.Sequential(nn.Conv2d(3, 5, 3), nn.ReLU(), nn.MaxPool2d(2), nn.Identity()).to(
            memory_format=torch.channels_last
        ),
        IMAGES.to(memory_format=torch.channels_last),
        ["first"] * 4,
    ),
    "a copy in the other order of memory": (
        lambda: nn.Sequential(
            nn.Conv2d(3, 5, 3), F(lambda x: x.contiguous(memory_format=torch.channels_last)),
            nn.ReLU(), F(lambda x: to_last(x).contiguous()), nn.ReLU(),
        ),
        IMAGES,
        ["first", "first", "first", "last", "last"],
    ),
    "volumes": (
        lambda: nn.Sequential(nn.Conv3d(3, 4, 2), nn.ReLU(), nn.GroupNorm(2, 4), nn.MaxPool3d(2)),
        torch.randn(9, 3, 6, 6, 6),
        ["first"] * 4,
    ),
    "squeeze and excite of signals": (
        lambda: nn.Sequential(nn.Conv1d(2, 6, 3), SqueezeExcite(6), nn.ReLU()),
        SIGNALS,
        ["first", "first", "first"],
    ),
    "squeeze and excite of images": (
        lambda: nn.Sequential(nn.Conv2d(3, 6, 3), SqueezeExcite(6), nn.ReLU()),
        IMAGES,
        ["first", "first", "first"],
    ),
    "there and back again": (
        lambda: nn.Sequential(nn.Conv1d(2, 6, 3), F(swap), nn.LayerNorm(6), F(swap), nn.GELU()),
        SIGNALS,
        ["first", "last", "last", "first", "first"],
    ),
    "as many channels as places, there and back again": (
        lambda: nn.Sequential(nn.Conv1d(2, 18, 3), F(swap), nn.Linear(18, 18), F(swap), nn.GELU()),
        SIGNALS,
        ["first", "last", "last", "first", "first"],
    ),
    "an image of tokens": (
        lambda: nn.Sequential(nn.Embedding(9, 5), nn.Dropout(), nn.Linear(5, 4), nn.Tanh()),
        torch.randint(0, 9, (9, 4, 6)),
        ["last"] * 4,
    ),
    "batch normalisation of vectors says nothing of sequences": (
        lambda: nn.Sequential(
            nn.Linear(20, 6), F(lambda x: x[:, 0]), nn.BatchNorm1d(6),
            F(lambda x: x[:, :, None] * torch.ones(5)), F(swap), nn.Linear(6, 5), nn.ReLU(),
        ),
        SIGNALS,
        ["last", None, None, "ask", "ask", "last", "last"],
    ),
}  # fmt: skip


def points_by_hand(output, axis, feature_map):
    if axis is None:
        return output.numpy()
    if axis == "first" or output.ndim > 3:
        return pool_map(output, f"channels_{axis}", feature_map)
    return pool_tokens(output, None, "mean")


@pytest.mark.parametrize("feature_map", ["gap", "positions"])
@pytest.mark.parametrize("name", LAYOUTS)
def test_units_are_where_they_are_known_to_be(name, feature_map):
    make, x, axes = LAYOUTS[name]
    network = make()
    layers = [str(i) for i, axis in enumerate(axes) if axis != "ask"]
    clouds, _ = read(network, x, layers=layers, feature_map=feature_map)
    heard = hear(network, x)
    for layer, cloud in clouds.items():
        expected = points_by_hand(heard.last[layer], axes[int(layer)], feature_map)
        assert_allclose(cloud, expected, rtol=1e-5, atol=1e-6, err_msg=layer)


def test_each_layer_alone_is_read_as_all_together():
    for make, x, axes in LAYOUTS.values():
        network = make()
        layers = [str(i) for i, axis in enumerate(axes) if axis != "ask"]
        together = extract_activations(network, x, layers=layers, feature_map="gap")
        for layer in layers:
            alone = extract_activations(network, x, layers=layer, feature_map="gap")
            assert_array_equal(alone[layer], together[layer])


def of_squares():
    return nn.Sequential(F(lambda x: x.reshape(-1, 4, 4, 4)), nn.Tanh()), torch.randn(9, 64)


def of_input():
    return nn.Sequential(nn.Tanh(), nn.Identity()), torch.randn(9, 4, 6, 5)


def of_products():
    outer = F(lambda x: x[:, :, None, None] * x[:, None, :, None] * x[:, None, None, :])
    return nn.Sequential(outer, nn.Tanh()), torch.randn(9, 4)


@pytest.mark.parametrize("feature_map", ["gap", "positions"])
@pytest.mark.parametrize("make", [of_squares, of_input, of_products])
def test_what_is_not_known_is_asked(make, feature_map):
    network, x = make()
    outputs = hear(network, x).last
    with pytest.raises(ValueError, match=r"layer '0'.*layout"):
        extract_activations(network, x, feature_map=feature_map)
    for name, cloud in extract_activations(network, x).items():
        assert_array_equal(cloud, outputs[name].flatten(1).numpy())
    for layout in ("channels_first", "channels_last"):
        for told in (layout, {"**": layout}, {"0": layout, "1": layout}):
            clouds, _ = read(network, x, layout=told, feature_map=feature_map)
            for name, cloud in clouds.items():
                expected = pool_map(outputs[name], layout, feature_map)
                assert_allclose(cloud, expected, rtol=1e-5, atol=1e-6, err_msg=name)


def test_three_axes_of_unknown_order_are_asked_about_by_default():
    network, x = nn.Sequential(F(lambda x: x.reshape(-1, 4, 4)), nn.Tanh()), torch.randn(9, 16)
    heard = hear(network, x)
    with pytest.raises(ValueError, match=r"layer '0'.*\(9, 4, 4\).*layout"):
        extract_activations(network, x)
    for name, cloud in extract_activations(network, x, tokens="flatten").items():
        assert_array_equal(cloud, heard.last[name].flatten(1).numpy())
    for name, cloud in extract_activations(network, x, layout="channels_last").items():
        assert_allclose(cloud, pool_tokens(heard.last[name], None, "mean"), rtol=1e-5, atol=1e-6)
    for name, cloud in extract_activations(network, x, layout="channels_first").items():
        assert_array_equal(cloud, heard.last[name].flatten(1).numpy())


# What a module does to the axis of the units of its input: None keeps it.
STEPS = {
    "linear": (lambda: nn.Linear(4, 4), "last"),
    "norm of tokens": (lambda: nn.LayerNorm(4), "last"),
    "convolution": (lambda: nn.Conv1d(4, 4, 1), "first"),
    "norm of channels": (lambda: nn.BatchNorm1d(4), "first"),
    "exchange": (lambda: F(swap), "other"),
    "activation": (nn.GELU, None),
    "in place": (lambda: nn.ReLU(inplace=True), None),
    "dropout": (nn.Dropout, None),
    "sum": (lambda: F(lambda x: x + 1), None),
    "copy": (lambda: F(lambda x: x.contiguous()), None),
}


@given(
    st.lists(st.sampled_from(sorted(STEPS)), max_size=8), st.sampled_from(["linear", "convolution"])
)
@settings(max_examples=40)
def test_units_are_followed_through_any_course(steps, first):
    """Four channels, four places and four inputs: sizes tell nothing."""
    network, axes = nn.Sequential(), []
    for name in [first, *steps]:
        make, axis = STEPS[name]
        network.append(make())
        kept = axes[-1] if axes else None
        axes.append(
            {None: kept, "other": {"first": "last", "last": "first"}.get(kept)}.get(axis, axis)
        )
    x = torch.randn(4, 4, 4)
    heard = hear(network, x)
    for layer, cloud in extract_activations(network, x, feature_map="gap").items():
        expected = points_by_hand(heard.last[layer], axes[int(layer)], "gap")
        assert_allclose(cloud, expected, rtol=1e-4, atol=1e-5, err_msg=layer)


def test_what_is_said_of_a_layer_goes_before_what_is_known():
    network, x = nn.Sequential(nn.Conv2d(3, 5, 3), nn.ReLU()), torch.randn(9, 3, 8, 8)
    told = {"1": "channels_last"}
    clouds = extract_activations(network, x, layout=told, feature_map="gap")
    heard = hear(network, x)
    assert_allclose(clouds["0"], pool_map(heard.last["0"], "channels_first", "gap"), atol=1e-6)
    assert_allclose(clouds["1"], pool_map(heard.last["1"], "channels_last", "gap"), atol=1e-6)


@pytest.mark.parametrize(
    ("layout", "error", "message"),
    [
        ("channels", ValueError, "layout must be one of .*channels_first"),
        ({"0": "chanels_last"}, ValueError, "layout.*'0'.*'channels_last'.*'chanels_last'"),
        ({"fc1": "channels_last"}, ValueError, "no layer 'fc1'"),
        ({"input.y": "time_first"}, ValueError, r"input\.y"),
        (3, TypeError, "layout"),
        (None, TypeError, "layout"),
    ],
)
def test_layouts_that_mean_nothing(layout, error, message):
    with pytest.raises(error, match=message):
        extract_activations(nn.Sequential(nn.ReLU()), torch.randn(9, 2, 3), layout=layout)


# Nothing leaks from one batch, or one reading, into the next.
UNTOLD = {
    "padding before a convolution": (
        lambda: nn.Sequential(nn.ConstantPad1d(1, 0.0), nn.Conv1d(3, 6, 3), nn.ReLU()),
        (3, 5),
    ),
    "a layer before the first that tells": (
        lambda: nn.Sequential(nn.Dropout(), nn.Linear(4, 4), F(swap), nn.Conv1d(4, 4, 1)),
        (4, 4),
    ),
    "an activation before the first that tells": (
        lambda: nn.Sequential(nn.ReLU(), F(swap), nn.Linear(6, 6), F(swap), nn.BatchNorm1d(6)),
        (6, 5),
    ),
}


@pytest.mark.parametrize("options", [{}, {"feature_map": "gap"}, {"tokens": "cls"}], ids=str)
@pytest.mark.parametrize("name", UNTOLD)
def test_no_batch_tells_anything_of_the_next(name, options):
    make, shape = UNTOLD[name]
    network, x = make(), torch.randn(257, *shape)
    whole = read_or_asked(network, x, "layout", batch_size=257, **options)
    for batch_size in (256, 64, 1):
        parts = read_or_asked(network, x, "layout", batch_size=batch_size, **options)
        assert (parts is None) == (whole is None)
        for layer in parts or {}:
            assert_allclose(parts[layer], whole[layer], rtol=1e-4, atol=1e-5, err_msg=layer)
