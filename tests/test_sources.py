"""What a network can come from, and the registry of such kinds."""

import copy
import gc
import warnings
import weakref
from functools import partial

import numpy as np
import pytest
import torch
from conftest import mlp
from numpy.testing import assert_array_equal
from skorch import NeuralNetClassifier
from torch import nn

from skactland import LayerActivationExtractor, extract_activations
from skactland.activations import _sources
from skactland.activations._modules import check_network, named_layers, unheard_layers
from skactland.activations._sources import SOURCES, Source


@pytest.fixture
def network(make_network):
    return make_network(seed=5)


@pytest.fixture
def expected(network, probe):
    return extract_activations(network, probe)


def assert_same(clouds, expected):
    assert list(clouds) == list(expected)
    for name, cloud in clouds.items():
        assert_array_equal(cloud, expected[name])


def write(network, path, wrap=lambda state: state):
    torch.save(wrap(network.state_dict()), path)
    return path


@pytest.mark.parametrize(
    "wrap",
    [
        lambda state: state,
        lambda state: {"state_dict": state, "epoch": 3, "optimizer": {"lr": 0.1}},
        lambda state: {"model_state_dict": state},
        lambda state: {f"module.{name}": value for name, value in state.items()},
        lambda state: {f"_orig_mod.module.{name}": value for name, value in state.items()},
    ],
)
def test_checkpoints_of_torch(network, make_network, probe, expected, tmp_path, wrap):
    path = write(network, tmp_path / "network.pt", wrap)
    for given in (path, str(path), wrap(network.state_dict())):
        assert_same(extract_activations(given, probe, network_builder=make_network), expected)


def test_skorch(make_network, probe):
    net = NeuralNetClassifier(make_network, max_epochs=1, verbose=0)
    with pytest.raises(TypeError, match="the skorch net is not fitted"):
        extract_activations(net, probe)
    net.fit(probe.astype(np.float32), np.arange(30) % 3)
    assert_same(extract_activations(net, probe), extract_activations(net.module_, probe))
    rows = [net, copy.deepcopy(net.module_)]
    table = LayerActivationExtractor(probe).fit_transform(rows)
    assert_array_equal(table[0, 0], table[1, 0])


def test_a_table_of_mixed_sources(network, make_network, probe, expected, tmp_path):
    path = write(network, tmp_path / "network.pth")
    extractor = LayerActivationExtractor(probe, network_builder=make_network)
    table = extractor.fit_transform([network, path, network.state_dict()])
    for row in table:
        assert_same(dict(zip(expected, row, strict=True)), expected)


def test_checkpoints_are_loaded_one_at_a_time(make_network, probe, tmp_path):
    alive = weakref.WeakSet()
    most = 0

    def build():
        nonlocal most
        gc.collect()
        most = max(most, len(alive) + 1)
        network = make_network()
        alive.add(network)
        return network

    paths = [write(make_network(seed), tmp_path / f"{seed}.pt") for seed in range(5)]
    LayerActivationExtractor(probe, network_builder=build).fit_transform(paths)
    assert most <= 2, "the one that goes out of scope, and the next"


def test_building_leaves_the_random_state(network, make_network, probe):
    before = torch.get_rng_state()
    extract_activations(network.state_dict(), probe, network_builder=make_network)  # it seeds
    assert torch.equal(torch.get_rng_state(), before)


def test_weights_without_an_architecture(network, probe, tmp_path):
    for given in (network.state_dict(), write(network, tmp_path / "network.pt")):
        with pytest.raises(ValueError, match="give network_builder"):
            extract_activations(given, probe)


# Architectures


def width_of(row):
    """The width of the first layer, as weights alone tell it."""
    state = row if isinstance(row, dict) else torch.load(row)
    return len(state["fc1.bias"])


def from_row(row):
    return mlp(widths=(width_of(row), 6))


class FromRow:
    """A callable object, whose own argument does not count."""

    def __call__(self, row, *, seed=0):
        return mlp(seed, widths=(width_of(row), 6))


@pytest.mark.parametrize(
    "builder",
    [
        from_row,
        FromRow(),
        FromRow().__call__,
        partial(FromRow(), seed=3),
        lambda row, /: from_row(row),
        lambda row, other=None: from_row(row),
        lambda row, *others, **more: from_row(row),
    ],
)
def test_builders_from_the_row(builder, probe, tmp_path):
    """Of architectures that differ in all but their layers' names."""
    networks = [mlp(i, (width, 6)) for i, width in enumerate((5, 8, 9))]
    rows = [write(network, tmp_path / f"{i}.pt") for i, network in enumerate(networks)]
    rows[1] = dict(networks[1].state_dict())
    table = LayerActivationExtractor(probe, network_builder=builder).fit_transform(rows)
    for row, network in zip(table, networks, strict=True):
        expected = extract_activations(network, probe)
        assert_same(dict(zip(expected, row, strict=True)), expected)


@pytest.mark.parametrize(
    "builder",
    [
        mlp,
        partial(mlp, 3),
        lambda *rows: mlp(*rows),
        lambda row=None: mlp() if row is None else from_row(row),
        lambda **options: mlp(**options),
        lambda *, seed=0: mlp(seed),
    ],
)
def test_builders_that_can_be_called_without_arguments_are(builder, probe, expected, network):
    found = extract_activations(network.state_dict(), probe, network_builder=builder)
    assert_same(found, expected)


def needs_two(row, width):
    return mlp()


def needs_keyword(*, width):
    return mlp()


def fails(row):
    return {}["width"]


@pytest.mark.parametrize(
    ("builder", "error", "message"),
    [
        (needs_two, TypeError, r"network_builder: needs_two\(\) missing 1 required .* 'width'"),
        (needs_keyword, TypeError, r"network_builder: needs_keyword\(\) missing .* 'width'"),
        (fails, KeyError, "network_builder: width"),
        (lambda: 3, TypeError, r"network_builder must return a torch\.nn\.Module, got int"),
        (
            lambda: nn.Linear,
            TypeError,
            r"network_builder must return a torch\.nn\.Module, got type",
        ),
        (mlp(), TypeError, "network_builder must be a function or class .* got Sequential"),
        ("resnet18", TypeError, "network_builder must be a function or class .* got str"),
    ],
)
def test_builders_that_build_nothing(builder, error, message, network, probe):
    extractor = LayerActivationExtractor(probe, network_builder=builder)
    with pytest.raises(error, match=rf"network 1 \(OrderedDict\): {message}"):
        extractor.fit_transform([network, network.state_dict()])


class Autoencoder(nn.Module):
    """A network with a second entry."""

    def __init__(self):
        super().__init__()
        self.encoder = nn.Sequential(nn.Linear(4, 3), nn.Tanh())
        self.decoder = nn.Linear(3, 4)

    def encode(self, x):
        return self.encoder(2 * x)

    def forward(self, x):
        return self.decoder(self.encode(x))


class Encode(nn.Module):
    """Shows a network its inputs by another entry than ``forward``."""

    def __init__(self, network):
        super().__init__()
        self.network = network

    def forward(self, x):
        return self.network.encode(x)


def test_another_entry_than_forward(probe):
    network = Autoencoder()
    expected = extract_activations(network, probe, layers="encoder.*")
    found = extract_activations(Encode(network), probe)
    assert_same(found, {f"network.{name}": cloud for name, cloud in expected.items()})
    plain = {"network.encoder.1": "code"}
    code = extract_activations(Encode(network), probe, layers=plain, include_logits=True)
    assert_array_equal(code["code"], expected["encoder.1"])
    assert_array_equal(code["logits"], expected["encoder.1"])

    class Encoder(Autoencoder):
        forward = Autoencoder.encode

    for_weights = {"network_builder": Encoder, "layers": "encoder.*"}
    assert_same(extract_activations(network.state_dict(), probe, **for_weights), expected)


# Modules that only look like networks, or like layers


@pytest.mark.parametrize(
    ("convert", "unheard"),
    [
        (torch.jit.script, ["1", "1.0"]),
        (lambda module: torch.jit.trace(module, torch.zeros(2, 5)), ["1.0"]),
        (lambda module: torch.jit.freeze(torch.jit.script(module.eval())), ["1"]),
    ],
)
def test_only_scripted_layers_cannot_be_listened_to(convert, unheard):
    with pytest.warns(DeprecationWarning, match="torch.jit"):
        converted = convert(nn.Sequential(nn.Tanh()))
    network = nn.Sequential(nn.Linear(4, 5), converted, nn.Linear(5, 2))
    assert check_network(network) is network
    found = unheard_layers(named_layers(network))
    assert list(found) == unheard
    assert set(found.values()) == {
        "a ScriptModule, whose layers cannot be listened to; pass the module that it was scripted "
        "or traced from."
    }
    with pytest.raises(TypeError, match="it is a ScriptModule, whose layers cannot be"):
        check_network(converted)
    fired = set()
    for name, layer in named_layers(network).items():
        if name not in found:
            layer.register_forward_hook(lambda *_, name=name: fired.add(name))
    network(torch.zeros(2, 4))
    assert fired == named_layers(network).keys() - set(unheard)


def test_layers_around_a_scripted_one_are_read(probe):
    network = nn.Sequential(nn.Linear(4, 5), nn.Tanh(), nn.Linear(5, 2))
    expected = extract_activations(network, probe, layers=["0", "2"])
    with pytest.warns(DeprecationWarning, match="torch.jit"):
        network[1] = torch.jit.script(network[1])
    assert_same(extract_activations(network, probe, layers=["0", "2"]), expected)
    with pytest.warns(UserWarning, match=r"left out.*'1': .*ScriptModule"):
        assert_same(extract_activations(network, probe), expected)


def test_exported_programs(probe):
    network = nn.Sequential(nn.Linear(4, 3), nn.Tanh())
    x = torch.as_tensor(probe, dtype=torch.float32)
    sizes = {"input": {0: torch.export.Dim.DYNAMIC}}
    program = torch.export.export(network, (x,), dynamic_shapes=sizes)
    with pytest.raises(TypeError, match=r"got ExportedProgram; write torch\.export\.unflatten"):
        extract_activations(program, probe)
    assert list(named_layers(program.module())) == ["0"], "what guards its inputs is no layer"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)  # torch's own, of its copying
        unflattened = torch.export.unflatten(program)
    found = extract_activations(unflattened, probe)
    assert_same(found, extract_activations(network, probe))


# The registry


class Handle:
    """What another package might hand out for a network that it keeps."""

    def __init__(self, name, kept):
        self.name, self.kept = name, kept


def test_a_new_kind_of_source_is_one_row(network, probe, expected, monkeypatch, make_network):
    monkeypatch.setattr(_sources, "SOURCES", list(SOURCES))
    with pytest.raises(TypeError, match=r"expected .* a state dict, .* got Handle"):
        extract_activations(Handle("tracked", network), probe)

    def open_handle(handle):
        if handle.kept is None:
            raise ValueError("the tracker has lost it.")
        return handle.kept

    row = Source(
        "a handle of the tracker",
        fits=lambda thing: isinstance(thing, Handle),
        open=open_handle,
        name=lambda handle: f"handle {handle.name}",
        almost={"a handle is needed, not its name": lambda thing: thing == 17},
    )
    _sources.SOURCES.insert(0, row)
    handle = Handle("a", network)
    assert_same(extract_activations(handle, probe), expected)
    table = LayerActivationExtractor(probe).fit_transform([network, handle])
    assert_array_equal(table[0, 0], table[1, 0])
    with pytest.raises(ValueError, match=r"network 1 \(handle b\): the tracker has lost it"):
        LayerActivationExtractor(probe).fit_transform([handle, Handle("b", None)])
    with pytest.raises(TypeError, match=r"single Handle; write \[network\]"):
        LayerActivationExtractor(probe).fit(handle)
    with pytest.raises(TypeError, match=r"expected a handle of the tracker, .* got int; a handle"):
        extract_activations(17, probe)


def test_a_new_kind_of_weights_is_one_row(network, probe, expected, monkeypatch, make_network):
    row = Source(
        "a handle of weights",
        fits=lambda thing: isinstance(thing, Handle),
        open=lambda handle: {"model": handle.kept},
        weights_alone=True,
    )
    monkeypatch.setattr(_sources, "SOURCES", [*SOURCES, row])
    handle = Handle("a", network.state_dict())
    assert_same(extract_activations(handle, probe, network_builder=make_network), expected)
    with pytest.raises(
        ValueError, match=r"the network \(Handle\): weights .* give network_builder"
    ):
        extract_activations(handle, probe)


@pytest.mark.parametrize("source", SOURCES, ids=lambda source: source.kind)
def test_each_row_takes_its_own_kind(source, network, tmp_path, probe, make_network):
    net = NeuralNetClassifier(make_network).initialize()
    paths = [tmp_path, "a.safetensors", "model.safetensors.index.json", tmp_path / "a.pt"]
    things = [network, net, network.state_dict(), *paths]
    firsts = [_sources.find_source(thing) for thing in things]
    assert firsts == SOURCES
    assert sum(first is source for first in firsts) == 1
    assert source.kind.partition(" ")[0] in ("a", "the")
