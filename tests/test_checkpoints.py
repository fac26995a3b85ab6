"""Weights read from files, shards and folders, without running code from them."""

import argparse
import json
import os
import pathlib
import re

import numpy as np
import pytest
import torch
import transformers
from numpy.testing import assert_array_equal
from safetensors.torch import save_file
from torch import nn

from skactland import LayerActivationExtractor, extract_activations


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


def write(network, path):
    torch.save(network.state_dict(), path)
    return path


def test_safetensors(network, make_network, probe, expected, tmp_path):
    path = tmp_path / "network.safetensors"
    save_file(network.state_dict(), path)
    assert_same(extract_activations(path, probe, network_builder=make_network), expected)


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


def test_missing_file(make_network, probe, tmp_path):
    with pytest.raises(FileNotFoundError, match=r"none\.pt\): there is no such file"):
        extract_activations(tmp_path / "none.pt", probe, network_builder=make_network)


def test_an_archive_of_torchscript(make_network, probe, tmp_path):
    with pytest.warns(DeprecationWarning, match="torch.jit"):
        torch.jit.save(torch.jit.trace(make_network(), torch.zeros(2, 4)), tmp_path / "traced.pt")
    with (
        pytest.warns(UserWarning, match="TorchScript archive"),
        pytest.raises(
            ValueError, match=r"traced\.pt\): the file is a TorchScript archive, .* store"
        ),
    ):
        extract_activations(tmp_path / "traced.pt", probe, network_builder=make_network)


# Values beside the weights


def allowed_by(message):
    """The classes and functions that the remedy in a message names."""
    names = re.search(r"safe_globals\(\[(.*?)\]\)", message)[1].split(", ")
    return [eval(name, {"numpy": np, "pathlib": pathlib, "argparse": argparse}) for name in names]


@pytest.mark.parametrize("legacy", [False, True])
@pytest.mark.parametrize(
    ("value", "named"),
    [
        (np.float64(0.5), r"numpy\._core\.multiarray\.scalar"),
        (np.int64(3), r"numpy\._core\.multiarray\.scalar"),
        (np.arange(3.0), r"numpy\._core\.multiarray\._reconstruct"),
        (argparse.Namespace(width=8), r"argparse\.Namespace"),
        ([pathlib.PurePosixPath("runs")], r"pathlib\.PurePosixPath"),
    ],
)
def test_values_of_other_classes_are_refused_until_let_through(
    network, make_network, probe, expected, tmp_path, value, named, legacy
):
    path = tmp_path / "network.pt"
    state = {"state_dict": network.state_dict(), "best": value}
    torch.save(state, path, _use_new_zipfile_serialization=not legacy)
    with pytest.raises(ValueError, match=rf"\({named}.*run code.*safe_globals\(\[{named}") as error:
        extract_activations(path, probe, network_builder=make_network)
    allowed = []
    for _ in range(5):  # each time one more class may come to light
        try:
            with torch.serialization.safe_globals(allowed):
                found = extract_activations(path, probe, network_builder=make_network)
        except ValueError as error:
            allowed += allowed_by(str(error))
        else:
            break
    assert_same(found, expected)


# Folders and shards


def write_shards(state, folder, stem="model", ending="safetensors"):
    """Two shards and their index, as transformers writes them."""
    save = save_file if ending == "safetensors" else torch.save
    names = sorted(state)
    weight_map = {}
    for i, part in enumerate((names[::2], names[1::2])):
        file = f"{stem}-{i + 1:05}-of-00002.{ending}"
        save({name: state[name] for name in part}, folder / file)
        weight_map |= dict.fromkeys(part, file)
    index = folder / f"{stem}.{ending}.index.json"
    index.write_text(json.dumps({"metadata": {"total_size": 9}, "weight_map": weight_map}))
    return index


@pytest.mark.parametrize("stem", ["model", "pytorch_model", "diffusion_pytorch_model"])
@pytest.mark.parametrize("ending", ["safetensors", "bin"])
@pytest.mark.parametrize("sharded", [False, True])
def test_folders(network, make_network, probe, expected, tmp_path, stem, ending, sharded):
    state = network.state_dict()
    (tmp_path / "config.json").write_text("{}")
    if sharded:
        path = write_shards(state, tmp_path, stem, ending)
    else:
        path = tmp_path / f"{stem}.{ending}"
        save_file(state, path) if ending == "safetensors" else torch.save(state, path)
    for row in (tmp_path, f"{tmp_path}/", path, str(path)):
        assert_same(extract_activations(row, probe, network_builder=make_network), expected)


def test_of_several_files_the_safest_is_read(network, make_network, probe, expected, tmp_path):
    save_file(network.state_dict(), tmp_path / "model.safetensors")
    torch.save(make_network(), tmp_path / "pytorch_model.bin")  # reading it would run code
    assert_same(extract_activations(tmp_path, probe, network_builder=make_network), expected)


def test_folders_without_weights(make_network, probe, tmp_path):
    (tmp_path / "adapter_model.safetensors").touch()
    with pytest.raises(
        ValueError, match=r"holds no weights .* but \['adapter_model\.safetensors'\]"
    ):
        extract_activations(tmp_path, probe, network_builder=make_network)


def drop_shard(folder):
    (folder / "model-00002-of-00002.safetensors").unlink()
    return FileNotFoundError, r"shard 'model-00002-of-00002\.safetensors': there is no such file"


def swap_shards(folder):
    first, second = sorted(folder.glob("*.safetensors"))
    second.write_bytes(first.read_bytes())
    return ValueError, r"its shards lack 3 of the tensors it names, such as 'fc1"


def cut_shard(folder):
    shard = folder / "model-00001-of-00002.safetensors"
    shard.write_bytes(shard.read_bytes()[:50])
    return ValueError, r"shard 'model-00001-of-00002\.safetensors': the file cannot be read"


def no_map(folder):
    (folder / "model.safetensors.index.json").write_text("[]")
    return ValueError, "no index of shards, as it lacks a weight_map"


def no_json(folder):
    (folder / "model.safetensors.index.json").write_text("{'weight_map'")
    return ValueError, "no index of shards, as it lacks a weight_map"


def pointer(folder):
    (folder / "model.safetensors.index.json").write_text("version https://git-lfs.github.com/spec")
    return ValueError, "git lfs pull"


@pytest.mark.parametrize("spoil", [drop_shard, swap_shards, cut_shard, no_map, no_json, pointer])
def test_shards_that_are_not_whole(network, make_network, probe, tmp_path, spoil):
    write_shards(network.state_dict(), tmp_path)
    error, message = spoil(tmp_path)
    extractor = LayerActivationExtractor(probe, network_builder=make_network)
    with pytest.raises(error, match=rf"network 1 \({tmp_path}\): .*{message}"):
        extractor.fit_transform([network, tmp_path])


def build_from_config(folder):
    """The architecture of a folder, by the class that its configuration names."""
    config = transformers.AutoConfig.from_pretrained(folder)
    return getattr(transformers, config.architectures[0])(config)


def test_folders_of_transformers(tmp_path):
    """Of architectures that differ, with tied weights, in shards and in one file."""
    sizes = {"vocab_size": 20, "pad_token_id": None, "bos_token_id": 0, "eos_token_id": 0}
    gpt = transformers.GPT2Config(n_embd=8, n_layer=2, n_head=2, n_positions=6, **sizes)
    bert = transformers.BertConfig(
        hidden_size=8, num_hidden_layers=2, num_attention_heads=2, intermediate_size=9, **sizes
    )
    networks = [transformers.GPT2LMHeadModel(gpt), transformers.BertForMaskedLM(bert)]
    assert all(network.config.tie_word_embeddings for network in networks)
    for i, size in enumerate(("3KB", "1GB")):
        networks[i].save_pretrained(tmp_path / str(i), max_shard_size=size)
    assert not (tmp_path / "0" / "model.safetensors").exists()
    extractor = LayerActivationExtractor(
        {"input_ids": torch.arange(20).reshape(4, 5)},
        layers=nn.LayerNorm,
        n_layers=2,
        include_logits=True,
        tokens="flatten",
        network_builder=build_from_config,
    )
    table = extractor.fit_transform([tmp_path / "0", tmp_path / "1"])
    expected = extractor.fit_transform(networks)
    for found, cell in zip(table.flat, expected.flat, strict=True):
        assert_array_equal(found, cell)


def test_of_two_shards_the_index_says_which_holds_a_weight(network, probe, make_network, tmp_path):
    weights = network.state_dict()
    held = {"one.safetensors": weights, "two.safetensors": {k: -v for k, v in weights.items()}}
    for name, values in held.items():
        save_file(values, tmp_path / name)
    index = {"weight_map": dict.fromkeys(weights, "one.safetensors")}
    index["weight_map"]["fc1.bias"] = "two.safetensors"
    path = tmp_path / "model.safetensors.index.json"
    path.write_text(json.dumps(index))
    network.fc1.bias.data.neg_()
    expected = extract_activations(network, probe)
    assert_same(extract_activations(path, probe, network_builder=make_network), expected)


def test_numpy_scalars_are_let_through_as_the_message_says(network, probe, make_network, tmp_path):
    path = tmp_path / "network.pt"
    scalars = [np.float32(0.5), np.int64(3), np.float64(0.1), np.bool_(True)]
    torch.save({"model": network.state_dict(), "metrics": scalars}, path)
    with pytest.raises(ValueError, match=r"safe_globals\(") as caught:
        extract_activations(path, probe, network_builder=make_network)
    (names,) = re.findall(r"safe_globals\(\[(.*?)\]\)", str(caught.value))
    allowed = [eval(name, {"numpy": np}) for name in names.split(", ")]
    with torch.serialization.safe_globals(allowed):
        found = extract_activations(path, probe, network_builder=make_network)
    assert_same(found, extract_activations(network, probe))
