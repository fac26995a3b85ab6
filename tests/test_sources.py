"""Rows that are skorch nets, state dicts and checkpoints on disk."""

import copy
import gc
import os
import weakref

import numpy as np
import pytest
import torch
from numpy.testing import assert_array_equal
from safetensors.torch import save_file
from skorch import NeuralNetClassifier
from torch import nn

from skactland import LayerActivationExtractor, extract_activations
from skactland.activations import _sources
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


def test_safetensors(network, make_network, probe, expected, tmp_path):
    path = tmp_path / "network.safetensors"
    save_file(network.state_dict(), path)
    assert_same(extract_activations(path, probe, network_builder=make_network), expected)


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


def test_code_in_a_checkpoint_is_not_run(make_network, probe, tmp_path):
    class Harmful:
        def __reduce__(self):
            return os.mkdir, (str(tmp_path / "harm"),)

    torch.save({"state_dict": Harmful()}, tmp_path / "harmful.pt")
    torch.save(make_network(), tmp_path / "whole.pt")
    for name in ("harmful.pt", "whole.pt"):
        with pytest.raises(ValueError, match=rf"{name}\): .*run code.*state_dict\(\)"):
            extract_activations(tmp_path / name, probe, network_builder=make_network)
    assert not (tmp_path / "harm").exists()


@pytest.mark.parametrize("keep", [0, 10, 0.5, 0.99])
@pytest.mark.parametrize("kind", ["pt", "safetensors"])
def test_truncated_files(network, make_network, probe, tmp_path, kind, keep):
    path = tmp_path / f"network.{kind}"
    save_file(network.state_dict(), path) if kind == "safetensors" else write(network, path)
    whole = path.read_bytes()
    path.write_bytes(whole[: int(keep * len(whole)) if keep < 1 else keep])
    with pytest.raises(ValueError, match=rf"network\.{kind}\): the file cannot be read|run code"):
        extract_activations(path, probe, network_builder=make_network)


def test_files_that_stand_in_for_a_checkpoint(make_network, probe, tmp_path):
    options = {"network_builder": make_network}
    for name in ("network.pt", "network.safetensors"):
        (tmp_path / name).write_text("version https://git-lfs.github.com/spec/v1\noid sha256:0\n")
        with pytest.raises(ValueError, match=rf"{name}\): .*git lfs pull"):
            extract_activations(tmp_path / name, probe, **options)
    (tmp_path / "page.pt").write_text("<!DOCTYPE html><html>Not found</html>")
    with pytest.raises(ValueError, match=r"page\.pt\): .*not one of torch\.save.*<!DOCTYPE"):
        extract_activations(tmp_path / "page.pt", probe, **options)


def test_building_leaves_the_random_state(network, make_network, probe):
    before = torch.get_rng_state()
    extract_activations(network.state_dict(), probe, network_builder=make_network)  # it seeds
    assert torch.equal(torch.get_rng_state(), before)


def test_missing_file(make_network, probe, tmp_path):
    with pytest.raises(FileNotFoundError, match=r"none\.pt\): there is no such file"):
        extract_activations(tmp_path / "none.pt", probe, network_builder=make_network)


def test_weights_without_an_architecture(network, probe, tmp_path):
    for given in (network.state_dict(), write(network, tmp_path / "network.pt")):
        with pytest.raises(ValueError, match="give network_builder"):
            extract_activations(given, probe)
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
    table = LayerActivationExtractor(probe).fit_transform([copy.deepcopy(network), handle])
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
