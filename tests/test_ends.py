"""Columns of a network's own output: the part of it that is meant, and probabilities that are."""

import numpy as np
import pytest
import torch
from foreign import Network, read_or_asked
from numpy.testing import assert_allclose, assert_array_equal
from torch import nn

from skactland import extract_activations


@pytest.fixture
def x():
    torch.manual_seed(0)
    return torch.randn(9, 8)


def parts(self, x):
    return {"value": self.value(x), "policy": self.policy(x)}


def heads(give):
    torch.manual_seed(0)
    return Network(give, value=nn.Linear(8, 1), policy=nn.Linear(8, 5))


FORMS = {
    "key": (parts, "policy"),
    "index": (lambda self, x: tuple(parts(self, x).values()), 1),
    "last": (lambda self, x: list(parts(self, x).values()), -1),
    "callable": (parts, lambda output: output["policy"] if isinstance(output, dict) else output),
    "nested": (lambda self, x: {"heads": (None, parts(self, x)["policy"])}, "heads"),
}


@pytest.mark.parametrize("name", FORMS)
def test_output_holds_for_logits_and_softmax(x, name):
    give, output = FORMS[name]
    network = heads(give)
    with torch.no_grad():
        policy = network.policy(x)
    options = {"output": output, "layers": "policy"}
    clouds = extract_activations(network, x, include_logits=True, include_softmax=True, **options)
    assert_array_equal(clouds["policy"], policy.numpy())
    assert_array_equal(clouds["logits"], policy.numpy())
    assert_array_equal(clouds["softmax"], policy.softmax(1).numpy())


def test_a_part_called_logits_is_meant_where_none_is_named(x):
    network = heads(lambda self, x: {"loss": self.value(x), "logits": self.policy(x)})
    cloud = extract_activations(network, x, layers="value", include_logits=True)["logits"]
    with torch.no_grad():
        assert_array_equal(cloud, network.policy(x).numpy())
    cloud = extract_activations(network, x, layers="value", output="loss", include_logits=True)
    assert_array_equal(cloud["logits"], cloud["value"])


def test_a_part_that_no_output_has(x):
    with pytest.raises(ValueError, match=r"'advantage'.*'value', 'policy'"):
        extract_activations(heads(parts), x, output="advantage", include_logits=True)


@pytest.mark.parametrize("shape", [(-1, 1), (-1,)])
def test_one_logit_is_of_two_classes(x, shape):
    torch.manual_seed(0)
    network = Network(lambda self, x: self.head(x).reshape(shape), head=nn.Linear(8, 1))
    clouds = read_or_asked(network, x, "sigmoid", layers="head", include_softmax=True)
    with torch.no_grad():
        positive = network.head(x).sigmoid().numpy()
    if clouds is not None:
        assert_allclose(clouds["softmax"], np.hstack([1 - positive, positive]), atol=1e-6)


def test_one_number_is_no_distribution(x):
    clouds = read_or_asked(heads(parts), x, "softmax", layers="policy", include_softmax=True)
    assert clouds is None or not (clouds["softmax"] == 1).all()


@pytest.mark.parametrize("end", [nn.Softmax(1), nn.Sequential(nn.Softmax(1), nn.Identity())])
def test_no_softmax_of_probabilities(x, end):
    network = nn.Sequential(nn.Linear(8, 5), end)
    with pytest.raises(ValueError, match=r"made of probabilities already.*include_logits=True"):
        extract_activations(network, x, include_softmax=True)
    found = extract_activations(network, x, include_logits=True)["logits"]
    assert_allclose(found, network(x).detach(), rtol=1e-6)


def test_softmax_of_log_probabilities_is_that_of_logits(x):
    network = nn.Sequential(nn.Linear(8, 5), nn.LogSoftmax(1))
    found = extract_activations(network, x, include_softmax=True)["softmax"]
    assert_allclose(found, network[0](x).softmax(1).detach(), rtol=1e-5)


@pytest.mark.parametrize("batch_size", [4, 256])
def test_the_input_is_what_the_network_was_shown(x, batch_size):
    network = nn.Sequential(nn.ReLU(inplace=True), nn.Linear(8, 3))
    found = extract_activations(network, x, include_input=True, batch_size=batch_size)
    assert_array_equal(found["input"], x)
    assert_array_equal(found["0"], x.relu())
