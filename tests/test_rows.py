"""Rows are inputs by themselves: what depends on others, on chance or on the past is told."""

import copy
import random

import numpy as np
import pytest
import torch
from foreign import F, Network, hear, read_or_asked
from numpy.testing import assert_allclose, assert_array_equal
from torch import nn

from skactland import LayerActivationExtractor, Probe, extract_activations


@pytest.fixture(autouse=True)
def seed():
    torch.manual_seed(0)


@pytest.fixture
def x():
    return torch.randn(30, 8)


def between(*modules):
    """A network with a layer '1' of some kind, between others that do nothing wrong."""
    return nn.Sequential(nn.Linear(8, 8), *modules, nn.Tanh())


class Attention(nn.Module):
    """Every input looks at all others."""

    def __init__(self):
        super().__init__()
        self.attention = nn.MultiheadAttention(8, 2)

    def forward(self, x):
        return self.attention(x, x, x, need_weights=False)[0]  # two axes: one sequence of all


DEPENDENT = {
    "batch statistics": lambda: nn.BatchNorm1d(8, track_running_stats=False),
    "attention over the batch": lambda: F(lambda x: (x @ x.T).softmax(1) @ x),
    "multi-head attention over the batch": Attention,
    "a mean of the batch": lambda: F(lambda x: x - x.mean(0)),
    "the largest of the batch": lambda: F(lambda x: x / x.abs().max()),
    "a sum over the batch": lambda: F(lambda x: x.cumsum(0)),
    "ranks in the batch": lambda: F(lambda x: x.argsort(0).argsort(0).to(x.dtype)),
}


@pytest.mark.parametrize("name", DEPENDENT)
def test_rows_that_depend_on_others(x, name):
    network = between(DEPENDENT[name]())
    with pytest.raises(ValueError, match=r"layer '1.*depend.*rows=.dependent"):
        extract_activations(network, x)
    heard = hear(network, x)
    for batch_size in (256, 7):
        clouds = extract_activations(network, x, rows="dependent", batch_size=batch_size)
        for layer, cloud in clouds.items():
            assert_array_equal(cloud, heard.last[layer].numpy(), err_msg=layer)


def test_only_layers_that_are_read_must_have_rows_of_their_own(x):
    network = between(DEPENDENT["batch statistics"]())
    cloud = extract_activations(network, x, layers="0")["0"]
    assert_allclose(cloud, hear(network, x).last["0"].numpy(), rtol=1e-5, atol=1e-6)


class Variational(nn.Module):
    def forward(self, x):
        return x + 0.1 * torch.randn_like(x)


class PlainDropout(nn.Module):
    """Dropout that evaluation mode does not end, as for Monte-Carlo estimates."""

    def forward(self, x):
        return nn.functional.dropout(x, 0.5, training=True)


RANDOM = {
    "normal noise": Variational,
    "dropout that stays on": PlainDropout,
    "a mask for all inputs": lambda: F(lambda x: x * torch.rand(8)),
    "coins": lambda: F(lambda x: x * torch.bernoulli(torch.full_like(x, 0.5))),
    "a permutation of units": lambda: F(lambda x: x[:, torch.randperm(8)]),
    "NumPy's generator": lambda: F(lambda x: x * float(np.random.uniform(1, 2))),
    "Python's generator": lambda: F(lambda x: x * random.uniform(1, 2)),
}


@pytest.mark.parametrize("name", RANDOM)
def test_random_rows(x, name):
    network = between(RANDOM[name]())
    with pytest.raises(ValueError, match=r"layer '1'.*random.*rows=.dependent"):
        extract_activations(network, x)


@pytest.mark.parametrize("name", RANDOM)
def test_random_forward_passes_repeat_exactly_whatever_ran_before(x, name):
    network = between(RANDOM[name]())

    def run(random_state):
        options = {"rows": "dependent", "random_state": random_state}
        return extract_activations(network, x, layers="1", **options)["1"]

    before = torch.get_rng_state(), np.random.get_state()[1].copy(), random.getstate()
    first = run(0)
    after = torch.get_rng_state(), np.random.get_state()[1].copy(), random.getstate()
    assert torch.equal(before[0], after[0])
    assert_array_equal(before[1], after[1])
    assert before[2] == after[2]
    torch.rand(3), np.random.uniform(size=3), random.random()
    assert_array_equal(run(0), first)
    torch.manual_seed(5), np.random.seed(5), random.seed(5)
    assert_array_equal(run(0), first)
    assert not np.array_equal(run(1), first)


def generators():
    """What the global generators would give next."""
    states = torch.get_rng_state(), np.random.get_state(), random.getstate()
    drawn = torch.rand(2).tolist(), np.random.normal(size=3).tolist(), random.gauss(0, 1)
    torch.set_rng_state(states[0]), np.random.set_state(states[1]), random.setstate(states[2])
    return drawn


@pytest.mark.parametrize("n", [1, 40])
def test_a_table_leaves_the_generators_as_they_were(x, n):
    noise = F(lambda x: x + 0 * np.random.normal() * random.gauss(0, 1) * torch.rand(()))
    networks = [between(noise) for _ in range(n)]
    broken = between(F(lambda x: 1 / 0))
    np.random.normal(), random.gauss(0, 1)  # each keeps a second number for the next call
    before = generators()
    extractor = LayerActivationExtractor(x).fit(networks)
    assert generators() == before
    extractor.transform(networks)
    assert generators() == before
    with pytest.raises(ValueError, match=f"network {n}.*division by zero"):
        extractor.transform([*networks, broken])
    assert generators() == before


def test_a_builder_draws_what_it_would_have_drawn(x):
    states, drawn = [between(nn.ReLU()).state_dict() for _ in range(3)], []

    def build():
        drawn.append(np.random.normal())
        return between(nn.ReLU())

    extractor = LayerActivationExtractor(x, network_builder=build).fit(states)
    drawn.clear()
    np.random.seed(3)
    extractor.transform(states)
    assert drawn == np.random.RandomState(3).normal(size=3).tolist()


def test_random_networks_of_a_table_do_not_depend_on_each_other(x, tmp_path):
    networks = [between(Variational()) for _ in range(3)]
    options = {"rows": "dependent", "random_state": 0}
    table = LayerActivationExtractor(x, **options).fit_transform(networks)
    turned = LayerActivationExtractor(x, **options).fit_transform(networks[::-1])
    for row, again in zip(table, turned[::-1], strict=True):
        for cell, other in zip(row, again, strict=True):
            assert_array_equal(cell, other)
    alone = extract_activations(networks[1], x, **options)
    assert_array_equal(alone["1"], table[1, 1])


def test_a_cache_keeps_the_draws_of_each_seed_apart(x, tmp_path):
    network = between(Variational())
    options = {"rows": "dependent", "memory": tmp_path, "layers": "1"}
    first, other, again = (
        extract_activations(network, x, random_state=seed, **options)["1"] for seed in (0, 1, 0)
    )
    assert not np.array_equal(first, other)
    assert_array_equal(first, again)


class Leaky(nn.Module):
    """A unit that remembers what it was shown, in a plain attribute."""

    def __init__(self):
        super().__init__()
        self.level = torch.zeros(8)

    def forward(self, x):
        self.level = 0.9 * self.level + x.mean(0)
        return x + self.level


class Counter(nn.Module):
    def __init__(self):
        super().__init__()
        self.n_calls = 0

    def forward(self, x):
        self.n_calls += 1
        return x * self.n_calls


class Appending(nn.Module):
    """A memory that is a list, changed in place."""

    def __init__(self):
        super().__init__()
        self.seen = []

    def forward(self, x):
        self.seen.append(x.detach().mean(0))
        return x + torch.stack(self.seen).sum(0)


class InPlace(Leaky):
    """A state tensor that is written into."""

    def forward(self, x):
        self.level.mul_(0.9).add_(x.mean(0))
        return x + self.level


class Level:
    """A state that is no attribute of a module."""

    n_calls = 0


class Hidden(Counter):
    def __init__(self):
        super().__init__()
        self.level = Level()

    def forward(self, x):
        self.level.n_calls += 1
        return x * self.level.n_calls


REMEMBERING = [Leaky, Hidden, Appending, InPlace]


@pytest.mark.parametrize("kind", REMEMBERING)
def test_rows_that_depend_on_earlier_calls(x, kind):
    with pytest.raises(ValueError, match=r"layer '1'.*(earlier|depend)"):
        extract_activations(between(kind()), x)


def test_what_only_remembers_is_told_from_what_depends_on_other_rows(x):
    with pytest.raises(ValueError, match=r"layer '1'.*earlier"):
        extract_activations(between(Hidden()), x)


@pytest.mark.parametrize("batch_size", [256, 7, 1])
def test_each_pass_finds_plain_attributes_as_the_first_did(x, batch_size):
    network = between(Counter())
    expected = hear(network, x)
    network[1].n_calls = 0
    clouds = extract_activations(network, x, batch_size=batch_size)
    assert_allclose(clouds["1"], expected.last["1"], rtol=1e-5, atol=1e-6)
    assert network[1].n_calls == 0


@pytest.mark.parametrize(
    ("kind", "options"),
    [(kind, {"rows": "dependent"}) for kind in REMEMBERING]
    + [(kind, {"check": False}) for kind in REMEMBERING if kind is not Hidden],  # out of sight
)
def test_what_a_reading_leaves_in_a_network_is_taken_back_or_told(x, kind, options):
    network = between(kind())
    first = read_or_asked(network, x, "earlier", **options)
    again = read_or_asked(network, x, "earlier", **options)
    assert (first is None) == (again is None)
    for layer in first or {}:
        assert_array_equal(first[layer], again[layer], err_msg=layer)


FAILING = DEPENDENT | RANDOM | {kind.__name__: kind for kind in REMEMBERING}


@pytest.mark.parametrize("name", FAILING)
def test_the_check_can_be_turned_off(x, name):
    network = between(FAILING[name]())
    clouds = extract_activations(network, x, check=False)
    assert clouds["0"].shape == clouds[list(clouds)[-1]].shape == (30, 8)


INDEPENDENT = {
    "dropout in evaluation mode": nn.Dropout,
    "running statistics": lambda: nn.BatchNorm1d(8),
    "statistics of each input": lambda: nn.LayerNorm(8),
    "a mean of each input": lambda: F(lambda x: x - x.mean(1, keepdim=True)),
    "random leaks, in evaluation mode": nn.RReLU,
    "one row for all": lambda: F(lambda x: x.new_ones(8)),
    "large values": lambda: F(lambda x: 1e6 * x),
    "jumps": lambda: F(lambda x: x.sign()),
}


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64, torch.bfloat16])
@pytest.mark.parametrize("name", INDEPENDENT)
def test_rows_of_their_own_pass(x, name, dtype):
    if name == "one row for all":
        network = Network(lambda self, x: self.head(x * self.row(x)), row=INDEPENDENT[name]())
        network.add_module("head", nn.Linear(8, 3))
    else:
        network = between(INDEPENDENT[name]())
    network = network.to(dtype)
    heard = hear(network, x.to(dtype))
    for layer, cloud in extract_activations(network, x, tokens="flatten").items():
        assert_array_equal(cloud, heard.last[layer].double().numpy(), err_msg=layer)


def test_statistics_of_each_image_pass():
    network, x = nn.Sequential(nn.InstanceNorm2d(3), nn.GroupNorm(3, 3)), torch.randn(9, 3, 4, 4)
    heard = hear(network, x)
    for layer, cloud in extract_activations(network, x).items():
        assert_array_equal(cloud, heard.last[layer].flatten(1).numpy())


def test_the_check_names_the_network_of_a_table(x):
    networks = [between(nn.Identity()), between(Variational())]
    extractor = LayerActivationExtractor(x).fit(networks[:1])
    with pytest.raises(ValueError, match=r"network 1 \(Sequential\): layer '1'.*random"):
        extractor.transform(networks)


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"rows": "alone"}, ValueError, r"rows must be one of \['dependent', 'independent'\]"),
        ({"check": "yes"}, TypeError, "check must be"),
    ],
)
def test_bad_options(x, options, error, message):
    with pytest.raises(error, match=message):
        extract_activations(between(nn.Identity()), x, **options)


@pytest.mark.parametrize("p", [0.001, 0.05])
@pytest.mark.parametrize("seed", range(5))
def test_what_is_rarely_random_is_told_too(p, seed):
    """Of a few inputs none may be touched; that it draws at all is seen."""
    network = nn.Sequential(nn.Linear(8, 200), F(lambda x: nn.functional.dropout(x, p, True)))
    with pytest.raises(ValueError, match="layer '1' is random"):
        extract_activations(network, torch.randn(200, 8), random_state=seed)


def test_draws_that_change_nothing_are_no_matter(x):
    def forward(x):
        torch.rand([])
        return 2 * x

    network = between(F(forward))
    assert_array_equal(extract_activations(network, x)["1"], 2 * network[0](x).detach())


@pytest.mark.parametrize("n", [2, 30])
def test_one_input_at_a_time_is_checked_too(x, n):
    network = between(F(lambda x: x - x.mean(0)))
    with pytest.raises(ValueError, match="layer '1' gives rows that depend"):
        extract_activations(network, x[:n], batch_size=1)


class Padded(nn.Module):
    """Takes texts padded to the longest of their batch."""

    def __init__(self, counts):
        super().__init__()
        self.embed = nn.Embedding(20, 4)
        self.sum = nn.Identity()
        self.counts = counts

    def forward(self, ids):
        states = self.embed(ids)
        return self.sum((states * (ids > 0)[..., None] if self.counts else states).sum(1))


@pytest.mark.parametrize("counts", [True, False])
@pytest.mark.parametrize("batch_size", [4, 256])
def test_padding_to_the_longest_of_a_batch_must_not_matter(counts, batch_size):
    torch.manual_seed(0)
    texts = [torch.randint(1, 20, (1 + i % 7,)) for i in range(20)]

    def pad(rows):
        return {"ids": nn.utils.rnn.pad_sequence(rows, batch_first=True)}

    network, probe = Padded(counts), Probe(texts, collate=pad)
    if not counts:
        with pytest.raises(
            ValueError, match="layer 'sum' gives rows that depend on the other inputs"
        ):
            extract_activations(network, probe, layers="sum", batch_size=batch_size)
        return
    found = extract_activations(network, probe, layers="sum", batch_size=batch_size)["sum"]
    alone = torch.cat([network(text[None]) for text in texts]).detach()
    assert_allclose(found, alone, rtol=1e-5, atol=1e-6)


class Stateful(nn.Module):
    """Holds what it changes in places of many kinds."""

    def __init__(self):
        super().__init__()
        self.torch_generator = torch.Generator().manual_seed(0)
        self.numpy_generator = np.random.default_rng(0)
        self.old_generator = np.random.RandomState(0)
        self.python_generator = random.Random(0)
        self.statistics = {"sums": [torch.zeros(8)]}
        self.counts = np.zeros(3)
        self.inner = nn.ModuleDict({"one": nn.Identity(), "two": nn.Tanh()})

    def forward(self, x):
        torch.rand(1, generator=self.torch_generator)
        self.numpy_generator.random()
        self.old_generator.rand()
        self.python_generator.random()
        self.statistics["sums"][0] += x.detach().sum(0)
        self.counts += 1
        self.inner["one"] = nn.ReLU()
        return self.inner["two"](x)


def test_what_a_network_holds_is_put_back(x):
    network = between(Stateful())
    before = copy.deepcopy(network)
    extract_activations(network, x, batch_size=7)
    ours, theirs = network[1], before[1]
    assert torch.equal(ours.statistics["sums"][0], theirs.statistics["sums"][0])
    assert_array_equal(ours.counts, theirs.counts)
    assert list(map(type, ours.inner.values())) == [nn.Identity, nn.Tanh]
    assert list(ours.inner) == ["one", "two"]
    a, b = (torch.rand(3, generator=m.torch_generator) for m in (ours, theirs))
    assert torch.equal(a, b)
    assert ours.numpy_generator.random() == theirs.numpy_generator.random()
    assert ours.old_generator.rand() == theirs.old_generator.rand()
    assert ours.python_generator.random() == theirs.python_generator.random()


class WithTable(nn.Module):
    """As many positions as there may be inputs."""

    def __init__(self):
        super().__init__()
        self.positions = nn.Embedding(9, 8)
        self.layer = nn.Linear(8, 8)

    def forward(self, x):
        table = self.positions(torch.arange(9))
        return self.layer(x - x.mean(0)) + table.sum()


@pytest.mark.parametrize("n", [8, 9, 10])
def test_tables_are_no_rows_where_rows_depend(n):
    with pytest.warns(UserWarning, match="'positions': its output is computed from nothing"):
        found = extract_activations(WithTable(), torch.randn(n, 8), rows="dependent")
    assert list(found) == ["layer"]


def test_a_rest_of_one_that_is_squeezed_is_told(x):
    network = nn.Sequential(nn.Linear(8, 1), F(lambda x: x.squeeze()))
    with pytest.raises(ValueError, match=r"layer '1'.* batch_size that leaves no batch of one"):
        extract_activations(network, x[:21], batch_size=10)
