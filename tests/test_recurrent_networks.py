"""Recurrent networks: sequences that are packed, and the order of time and inputs."""

import numpy as np
import pytest
import torch
from foreign import Network, hear, pool_tokens, read
from numpy.testing import assert_allclose
from torch import nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from skactland import extract_activations

TOKENS = ["mean", "cls", "last", "positions"]
LENGTHS = torch.tensor([2, 5, 1, 6, 3, 6, 4, 1, 2])  # in no order, and none as long as the probe


@pytest.fixture(autouse=True)
def seed():
    torch.manual_seed(0)


@pytest.fixture
def x():
    return torch.randn(9, 7, 4)


def run_packed(self, x, lengths):
    """Pack, run, unpack, as documented, with inputs or time first."""
    first = self.layer.batch_first
    inputs = x if first else x.transpose(0, 1)
    packed = pack_padded_sequence(inputs, lengths.cpu(), first, enforce_sorted=False)
    states, _ = pad_packed_sequence(self.layer(packed)[0], first)
    return self.head(states if first else states.transpose(0, 1))


def packed(kind, **options):
    layer = kind(4, 6, **options)
    width = 12 if layer.bidirectional else 6
    return Network(run_packed, layer=layer, head=nn.Linear(width, 3))


def one_by_one(network, x):
    """What the layer and the head give of each sequence alone, cut to its length."""
    layer = network.layer
    with torch.no_grad():
        for sequence, length in zip(x, LENGTHS, strict=True):
            axis = 0 if layer.batch_first else 1
            states = layer(sequence[:length].unsqueeze(axis))[0]
            states = states if layer.batch_first else states.transpose(0, 1)
            yield states, network.head(states)


@pytest.mark.parametrize("tokens", TOKENS)
@pytest.mark.parametrize("batch_size", [256, 4])
@pytest.mark.parametrize(
    ("kind", "options"),
    [
        (nn.LSTM, {"batch_first": True}),
        (nn.LSTM, {}),
        (nn.GRU, {"batch_first": True, "bidirectional": True}),
        (nn.RNN, {"num_layers": 2}),
    ],
)
def test_packed_sequences_count_their_own_tokens(x, kind, options, batch_size, tokens):
    network = packed(kind, **options)
    probe = {"x": x, "lengths": LENGTHS}
    clouds, told = read(network, probe, tokens=tokens, batch_size=batch_size)
    assert (list(clouds), told) == (["layer", "head"], [])
    by_hand = zip(*one_by_one(network, x), strict=True)
    for name, outputs in zip(["layer", "head"], by_hand, strict=True):
        expected = np.concatenate([pool_tokens(output, None, tokens) for output in outputs])
        assert_allclose(clouds[name], expected, rtol=1e-5, atol=1e-6, err_msg=name)


def test_rows_of_tokens_of_whatever_input_are_left_out(x):
    """A Linear on the data of a packed sequence has a row for each token of whatever input."""

    def run(self, x, lengths):
        packed = pack_padded_sequence(x, lengths.cpu(), True, enforce_sorted=False)
        return self.head(self.layer(packed)[0].data)

    network = Network(run, layer=nn.LSTM(4, 6, batch_first=True), head=nn.Linear(6, 3))
    clouds, told = read(network, {"x": x, "lengths": LENGTHS})
    assert list(clouds) == ["layer"]
    assert len(told) == 1
    assert "'head'" in told[0]


@pytest.mark.parametrize("tokens", TOKENS)
@pytest.mark.parametrize("n", [9, 7])
def test_a_recurrent_network_with_inputs_first(n, tokens):
    x = torch.randn(n, 7, 4)
    network = Network(
        lambda self, x: self.head(self.layer(x)[0][:, -1]),
        layer=nn.LSTM(4, 6, batch_first=True),
        head=nn.Linear(6, 2),
    )
    heard = hear(network, x)
    clouds = extract_activations(network, x, tokens=tokens)
    expected = pool_tokens(heard.last["layer"], None, tokens)
    assert_allclose(clouds["layer"], expected, rtol=1e-5, atol=1e-6)
    assert_allclose(clouds["head"], heard.last["head"].numpy(), rtol=1e-6)


@pytest.mark.parametrize("n", [9, 7])
def test_a_cell_that_is_called_at_every_step(n):
    """The last step counts, or each is a layer of its own."""

    def run(self, x):
        state = x.new_zeros(len(x), 6)
        for step in x.unbind(1):
            state = self.cell(step, state)
        return state

    x = torch.randn(n, 7, 4)
    network = Network(run, cell=nn.GRUCell(4, 6))
    each = hear(network, x).each["cell"]
    last = extract_activations(network, x)["cell"]
    assert_allclose(last, each[-1].numpy(), rtol=1e-6)
    clouds = extract_activations(network, x, call="all")
    assert list(clouds) == [f"cell@{i}" for i in range(7)]
    for cloud, step in zip(clouds.values(), each, strict=True):
        assert_allclose(cloud, step.numpy(), rtol=1e-6)


@pytest.mark.filterwarnings("ignore:The PyTorch API of nested tensors")
@pytest.mark.parametrize("tokens", TOKENS)
def test_nested_tensors_count_their_own_tokens(x, tokens):
    def run(self, x, lengths):
        rows = [row[:length] for row, length in zip(x, lengths.tolist(), strict=True)]
        return self.head(torch.nested.nested_tensor(rows))

    network = Network(run, head=nn.Linear(4, 3))
    clouds, told = read(network, {"x": x, "lengths": LENGTHS}, tokens=tokens)
    assert not any("left out" in words for words in told)
    with torch.no_grad():
        output = network.head(x)
    expected = pool_tokens(output, torch.arange(7) < LENGTHS[:, None], tokens)
    assert_allclose(clouds["head"], expected, rtol=1e-5, atol=1e-6)
