"""Weights found in checkpoints, under whatever names, and loaded into networks that are built."""

import copy
import re
from contextlib import ExitStack
from functools import partial

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_array_equal
from torch import nn

from skactland import LayerActivationExtractor, extract_activations
from skactland.activations._weights import load_weights


@pytest.fixture
def network(make_network):
    return make_network(seed=5)


@pytest.fixture
def load(probe, make_network):
    """The clouds that weights alone give."""

    def read(weights, build=make_network, **options):
        return extract_activations(weights, probe, network_builder=build, **options)

    return read


@pytest.fixture
def expected(network, probe):
    return extract_activations(network, probe)


def assert_same(clouds, expected):
    assert list(clouds) == list(expected)
    for name, cloud in clouds.items():
        assert_array_equal(cloud, expected[name])


def before(prefix, state):
    return {prefix + name: value for name, value in state.items()}


# Names that wrappers give

WRAPPERS = ["_orig_mod.", "module.", "_forward_module.", "model.", "base_model.model."]


@given(st.lists(st.sampled_from(WRAPPERS), max_size=4))
def test_prefixes_of_wrappers_in_wrappers(wrappers):
    network = nn.Sequential(nn.Linear(2, 3), nn.BatchNorm1d(3))
    weights = {name: torch.rand_like(v.float()) for name, v in network.state_dict().items()}
    named = before("".join(wrappers), weights)
    with ExitStack() as stack:
        load_weights(network, named, strict=True, name="it", stack=stack)
    for name, value in network.state_dict().items():
        assert torch.equal(value, weights[name].to(value.dtype))


def test_builder_of_a_wrapped_network_takes_any_keys(network, make_network, load, expected):
    for wrapper in (nn.DataParallel, partial(torch.compile, backend="eager")):
        for state in (network.state_dict(), wrapper(network).state_dict()):
            assert_same(load(state, lambda wrap=wrapper: wrap(make_network())), expected)


class Lightning(nn.Module):
    """In its names a LightningModule: the network is an attribute, and so is the loss."""

    def __init__(self, model):
        super().__init__()
        self.model = model
        self.loss = nn.CrossEntropyLoss(weight=torch.ones(3))


def test_a_wrapper_that_holds_more_than_the_network(network, load, expected):
    checkpoint = {"state_dict": Lightning(network).state_dict(), "epoch": 3}
    with pytest.raises(ValueError, match=r"lack none, and the network lacks 'loss\.weight'"):
        load(checkpoint)
    assert_same(load(checkpoint, weights_key="state_dict.model"), expected)
    with pytest.warns(
        UserWarning, match=r"^the network \(dict\): none of .* 'loss\.weight' of the"
    ):
        assert_same(load(checkpoint, strict=False), expected)


def test_parts_that_were_compiled_by_themselves(network, load, expected):
    network.fc1 = torch.compile(network.fc1, backend="eager")
    network.logits = torch.compile(network.logits, backend="eager")
    state = network.state_dict()
    assert "fc1._orig_mod.weight" in state
    assert_same(load(state), expected)
    assert_same(load(before("module.", state)), expected)


def test_names_that_are_the_networks_own_are_not_taken_for_a_wrappers(probe):
    class Pair(nn.Module):
        def __init__(self):
            super().__init__()
            self.model = nn.Linear(4, 4)
            self.module = nn.Linear(4, 4)

        def forward(self, x):
            return self.module(self.model(x))

    pair = Pair()
    for state in (pair.state_dict(), before("model.", pair.state_dict())):
        found = extract_activations(state, probe, network_builder=Pair)
        assert_same(found, extract_activations(pair, probe))


def test_of_two_ways_that_fit_alike_the_plain_one_counts(probe):
    def build():
        return nn.Sequential(nn.Linear(4, 1, bias=False))

    state = {"0.weight": torch.eye(4)[:1], "model.0.weight": torch.zeros(1, 4)}
    for ordered in (state, dict(reversed(state.items()))):
        with pytest.warns(
            UserWarning, match=r"'model\.0\.weight' of the checkpoint's are not used"
        ):
            found = extract_activations(ordered, probe, network_builder=build, strict=False)
        assert_array_equal(found["0"], probe[:, :1].astype(np.float32))


def test_a_prefix_that_only_some_names_have_is_no_wrappers(probe):
    """Parts of something else, `fc` and `model.out`, make no network of an `fc` and an `out`."""

    class Two(nn.Module):
        def __init__(self):
            super().__init__()
            self.fc, self.out = nn.Linear(4, 4), nn.Linear(4, 4)

    part = nn.Linear(4, 4).state_dict()
    state = before("fc.", part) | before("model.out.", part)
    with pytest.raises(ValueError, match=r"lack 'out\.weight', 'out\.bias', .* lacks 'model\.out"):
        extract_activations(state, probe, network_builder=Two)


def test_versions_that_torch_notes_beside_weights_are_kept(probe):
    """As of a BatchNorm from before it counted batches, which is not asked for the count."""
    network = nn.Sequential(nn.BatchNorm1d(4))
    state = network.state_dict()
    assert state._metadata["0"]["version"] == 2
    del state["0.num_batches_tracked"]
    with pytest.raises(ValueError, match=r"they lack '0\.num_batches_tracked'"):
        extract_activations(state, probe, network_builder=lambda: copy.deepcopy(network))


# Where weights lie


@pytest.mark.parametrize(
    ("wrap", "weights_key"),
    [
        (lambda state: {"ema": state, "step": 3}, "ema"),
        (lambda state: {"ema": state, "model": before("x", state)}, "ema"),
        (lambda state: {"generator": {"state": state}, "model": {}}, "generator.state"),
        (lambda state: {"a.b": {"c.d": state}, "a": {"b": 3}}, "a.b.c.d"),
        (lambda state: {"state_dict": before("net.", state)}, "state_dict.net"),
        (lambda state: before("encoder.net.", state) | {"head": torch.zeros(1)}, "encoder.net"),
        (lambda state: {"ema": before("module.", state)}, "ema"),
    ],
)
def test_weights_that_lie_deeper(network, load, expected, wrap, weights_key, tmp_path):
    checkpoint = wrap(network.state_dict())
    torch.save(checkpoint, tmp_path / "network.pt")
    for row in (checkpoint, tmp_path / "network.pt"):
        assert_same(load(row, weights_key=weights_key), expected)


@pytest.mark.parametrize("weights_key", ["emo", "step", "ema.fc7", "optimizer", "", "ema."])
def test_a_key_that_leads_to_no_weights(network, load, weights_key):
    state = network.state_dict()
    optimizer = {"state": {0: {"exp_avg": torch.zeros(3)}}}
    checkpoint = {"ema": state, "nets": {"d": state}, "step": 3, "optimizer": optimizer}
    message = f"weights_key={weights_key!r} leads to no weights in the checkpoint, which holds "
    message += "'ema', 'nets', 'step', 'optimizer', with weights at ['ema', 'nets.d']"
    with pytest.raises(ValueError, match=re.escape(message)):
        load(checkpoint, weights_key=weights_key)


def test_weights_at_several_common_places_are_not_chosen_among(network, load):
    checkpoint = {"model": network.state_dict(), "module": network.state_dict()}
    with pytest.raises(ValueError, match=r"at \['model', 'module'\]; say which with weights_key"):
        load(checkpoint)


def test_what_lies_at_a_common_place_and_is_no_weights_is_passed_over(network, load, expected):
    assert_same(load({"model": {"width": 8}, "state_dict": network.state_dict()}), expected)


@pytest.mark.parametrize(
    ("checkpoint", "message"),
    [
        ({"epoch": 1}, r"which holds 'epoch'; .* at \['state_dict', .* or where weights_key says"),
        (
            {"teacher": {"fc.weight": torch.ones(1)}},
            r"which holds .* with weights at \['teacher'\]",
        ),
        ({}, "which holds none"),
        ({0: torch.ones(1)}, "which holds '0'"),
        ({str(i): i for i in range(99)}, r"which holds .*, '4' and 94 more;"),
    ],
)
def test_checkpoints_without_weights(load, checkpoint, message):
    with pytest.raises(ValueError, match=f"no state dict found in the checkpoint, {message}"):
        load(checkpoint)


def test_a_file_without_weights(load, tmp_path):
    torch.save(torch.zeros(3), tmp_path / "tensor.pt")
    for weights_key in (None, "ema"):
        with pytest.raises(ValueError, match=r"tensor\.pt\): .* which holds Tensor"):
            load(tmp_path / "tensor.pt", weights_key=weights_key)


# Weights that do not fit


def test_keys_that_do_not_fit(network, make_network, probe, load, tmp_path):
    state = dict(network.state_dict())
    state["extra"] = torch.zeros(1)
    torch.save(state, tmp_path / "extra.pt")
    with pytest.raises(ValueError, match=r"extra\.pt\): .* lack none, and .* lacks 'extra'\. .*"):
        load(tmp_path / "extra.pt", layers="fc1")
    with pytest.warns(UserWarning, match=r"extra\.pt\): none of .*, and 'extra' of"):
        loose = load(tmp_path / "extra.pt", layers="fc1", strict=False)
    assert_array_equal(loose["fc1"], extract_activations(network, probe)["fc1"])
    other = make_network(0, (5, 5)).state_dict()
    extractor = LayerActivationExtractor(probe, network_builder=make_network, layers="fc1")
    with pytest.raises(ValueError, match=r"(?s)network 1 \(OrderedDict\): .*size mismatch for fc1"):
        extractor.fit_transform([network.state_dict(), other])


def test_what_stays_as_it_was_built_is_told(network, make_network, load, expected):
    state = {name: value for name, value in network.state_dict().items() if "logits" in name}
    names = r"'fc1\.weight', 'fc1\.bias', 'fc2\.weight', 'fc2\.bias'"
    with pytest.raises(ValueError, match=rf"they lack {names}, and .* strict=False loads those"):
        load(state)
    with pytest.warns(
        UserWarning, match=rf"{names} of the network's 6 weights stay as .*, and none"
    ):
        found = load(state, strict=False)
    assert_array_equal(found["fc1"], load(make_network().state_dict())["fc1"])


def test_one_shard_of_several_is_told(make_network, load):
    deep = partial(make_network, widths=[5] * 9)
    state = dict(list(deep().state_dict().items())[:2])
    with pytest.warns(UserWarning, match=r"'fc4\.weight' and 13 more of the network's 20 weights"):
        load(state, deep, strict=False)


def test_weights_of_another_network_are_not_taken_for_loaded(load):
    with pytest.raises(ValueError, match=r"none of their keys, such as 'encoder\.weight'"):
        load({"encoder.weight": torch.zeros(3, 3)}, strict=False)


# Tied weights


class Tied(nn.Module):
    """A decoder that has the weights of the embedding, as they are or turned."""

    def __init__(self, turned=False):
        super().__init__()
        self.embed = nn.Linear(4, 4, bias=False)
        self.decode = nn.Linear(4, 4, bias=False)
        weight = self.embed.weight
        self.decode.weight = nn.Parameter(weight.T) if turned else weight

    def forward(self, x):
        return self.decode(self.embed(x))


@pytest.mark.parametrize("turned", [False, True])
@pytest.mark.parametrize("lacking", ["embed.weight", "decode.weight"])
def test_tied_weights_are_held_once(load, probe, turned, lacking):
    network = Tied(turned)
    state = network.state_dict()
    del state[lacking]
    if turned:
        state = {name: value.clone() for name, value in state.items()}
    assert_same(load(state, lambda: Tied(turned)), extract_activations(network, probe))


def test_weights_that_only_lie_side_by_side_are_not_tied(load):
    """As those of recurrent networks on an accelerator, or of anything that was flattened."""

    class Flat(nn.Module):
        def __init__(self):
            super().__init__()
            self.first, self.second = map(nn.Parameter, torch.zeros(2, 4).unbind())

    with pytest.raises(ValueError, match="they lack 'second', and the network lacks none"):
        load({"first": torch.zeros(4)}, Flat)


def test_weights_that_are_tied_in_the_file_alone_are_missing(load):
    def untied():
        network = Tied()
        network.decode.weight = nn.Parameter(torch.zeros(4, 4))
        return network

    state = Tied().state_dict()
    del state["decode.weight"]
    with pytest.raises(ValueError, match=r"they lack 'decode\.weight'"):
        load(state, untied)


@pytest.mark.parametrize("strict", [True, False])
def test_weights_that_differ_are_not_loaded_into_one(load, strict):
    weights = {name: torch.randn(4, 4) for name in ("embed.weight", "decode.weight")}
    with pytest.raises(ValueError, match=r"'embed.weight' and 'decode.weight' differ, and are one"):
        load(weights, Tied, strict=strict)
    weights["decode.weight"] = weights["embed.weight"].clone()
    assert list(load(weights, Tied)) == ["embed", "decode"]


@pytest.mark.parametrize("dtype", [torch.int8, torch.uint8, torch.bool, torch.complex64])
def test_codes_for_weights_are_not_loaded_as_weights(load, network, dtype):
    weights = network.state_dict()
    weights["fc1.weight"] = weights["fc1.weight"].to(dtype)
    with pytest.raises(ValueError, match=f"'fc1.weight' is {dtype}, and the network's is torch.f"):
        load(weights)


@pytest.mark.parametrize(("name", "value"), [("weights_key", 0), ("strict", "False")])
def test_options_that_are_none(load, network, name, value):
    with pytest.raises(TypeError, match=f"{name} must be"):
        load(network.state_dict(), **{name: value})
