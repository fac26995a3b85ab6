"""Which axis counts inputs: the one that follows their number, not one as long by chance."""

import numpy as np
import pytest
import torch
from foreign import F, Network, hear, pool_tokens, read
from numpy.testing import assert_allclose, assert_array_equal
from torch import nn

from skactland import extract_activations


@pytest.fixture(autouse=True)
def seed():
    torch.manual_seed(0)


class WithTables(nn.Module):
    """Tables of positions, of one and of two axes and with one row for all, beside tokens."""

    def __init__(self, t):
        super().__init__()
        self.positions = nn.Embedding(t, 3)
        self.biases = nn.Embedding(t, 2)
        self.once = nn.Embedding(t, 3)
        self.project = nn.Linear(3, 4)

    def forward(self, x):
        t = torch.arange(x.shape[1])
        self.biases((t[:, None] - t).abs())
        return self.project(x + self.positions(t) + self.once(t[None]))


@pytest.mark.parametrize(
    ("n", "t", "batch_size"),
    [(5, 5, 256), (15, 5, 5), (5, 5, 1), (6, 5, 1), (2, 2, 2), (300, 256, 256)],
)
def test_tables_of_positions_are_no_clouds(n, t, batch_size):
    network, x = WithTables(t), torch.randn(n, t, 3)
    clouds, told = read(network, x, batch_size=batch_size)
    assert (list(clouds), told) == (["project"], [])
    expected = pool_tokens(hear(network, x).last["project"], None, "mean")
    assert_allclose(clouds["project"], expected, rtol=1e-4, atol=1e-5)
    for name in ("positions", "biases", "once"):
        with pytest.raises(ValueError, match=rf"layer '{name}'.*exclude"):
            extract_activations(network, x, layers=["project", name], batch_size=batch_size)


def inside(kind, **options):
    """A network of (n, t, d) whose layer takes (t, n, d)."""
    recurrent = kind(4, 6, **options)
    return Network(lambda self, x: self.lstm(x.transpose(0, 1))[0][-1], lstm=recurrent)


@pytest.mark.parametrize("tokens", ["mean", "last", "positions", "flatten"])
@pytest.mark.parametrize("kind", [nn.LSTM, nn.GRU, nn.RNN])
@pytest.mark.parametrize(("n", "batch_size"), [(9, 256), (5, 256), (10, 5), (6, 1)])
def test_time_first_within_a_network(kind, n, batch_size, tokens):
    x = torch.randn(n, 5, 4)
    network = inside(kind)
    output = hear(network, x).last["lstm"].transpose(0, 1)
    flat = tokens == "flatten"
    expected = output.flatten(1) if flat else pool_tokens(output, None, tokens)
    cloud = extract_activations(network, x, tokens=tokens, batch_size=batch_size)["lstm"]
    assert_allclose(cloud, expected, rtol=1e-5, atol=1e-6)


TIME_FIRST = {
    "recurrent": lambda: Network(lambda self, x: self.layer(x)[0], layer=nn.LSTM(4, 4)),
    "bidirectional": lambda: Network(
        lambda self, x: self.layer(x)[0], layer=nn.GRU(4, 2, bidirectional=True)
    ),
    "transformer": lambda: Network(
        lambda self, x: self.layer(x), layer=nn.TransformerEncoderLayer(4, 2, 8)
    ),
}


@pytest.mark.parametrize("tokens", ["mean", "cls", "last", "positions"])
@pytest.mark.parametrize("n", [9, 5])
@pytest.mark.parametrize("name", TIME_FIRST)
def test_networks_that_take_time_first(name, n, tokens):
    network, x = TIME_FIRST[name](), torch.randn(n, 5, 4)
    output = hear(network, x.transpose(0, 1)).last["layer"].transpose(0, 1)
    expected = pool_tokens(output, None, tokens)
    for layout in ("time_first", {"input": "time_first"}):
        for batch_size in (256, 4):
            options = {"layers": "layer", "tokens": tokens, "batch_size": batch_size}
            cloud = extract_activations(network, x, layout=layout, **options)["layer"]
            assert_allclose(cloud, expected, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("name", TIME_FIRST)
@pytest.mark.parametrize("n", [9, 5])
def test_time_that_is_taken_for_inputs_is_told(name, n):
    with pytest.raises(ValueError, match=r"layer 'layer.*(depend|time_first)"):
        extract_activations(TIME_FIRST[name](), torch.randn(n, 5, 4))


def test_one_of_two_inputs_has_time_first():
    network = Network(
        lambda self, x, y: self.head(self.lstm(x)[0][-1] + y), lstm=nn.LSTM(4, 6), head=nn.Tanh()
    )
    x, y = torch.randn(9, 5, 4), torch.randn(9, 6)
    cloud = extract_activations(
        network, {"x": x, "y": y}, layers="head", layout={"input.x": "time_first"}
    )["head"]
    expected = hear(network, {"x": x.transpose(0, 1), "y": y}).last["head"]
    assert_allclose(cloud, expected.numpy(), rtol=1e-5, atol=1e-6)


def test_masks_of_time_first_inputs_count_inputs_first():
    network, x = TIME_FIRST["recurrent"](), torch.randn(9, 5, 4)
    mask = np.arange(5) < np.array([5, 1, 3, 5, 2, 5, 4, 1, 5])[:, None]
    output = hear(network, x.transpose(0, 1)).last["layer"].transpose(0, 1)
    cloud = extract_activations(
        network, x, layers="layer", layout="time_first", masks={"layer": mask}
    )["layer"]
    assert_allclose(cloud, pool_tokens(output, mask, "mean"), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("n", [1, 2, 3])
def test_a_probe_of_few_inputs_is_read(n):
    network = nn.Sequential(
        nn.Conv1d(2, 3, 2), nn.ReLU(), F(lambda x: x.transpose(1, 2)), nn.Linear(3, 3)
    )
    x = torch.randn(n, 2, 3)
    heard = hear(network, x)
    for name, cloud in extract_activations(network, x, tokens="flatten").items():
        assert_array_equal(cloud, heard.last[name].flatten(1).numpy())
