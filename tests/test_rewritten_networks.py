"""Networks that were rewritten: quantised, traced, exported, compiled, adapted, cast."""

import copy
import warnings

import numpy as np
import pytest
import torch
from foreign import Network, hear, read, read_or_asked
from numpy.testing import assert_array_equal
from torch import nn
from transformers import ResNetConfig, ResNetForImageClassification

from skactland import extract_activations


@pytest.fixture(autouse=True)
def seed():
    torch.manual_seed(0)


@pytest.fixture
def images():
    return torch.randn(9, 3, 16, 16)


@pytest.fixture
def x():
    return torch.randn(9, 8)


def perceptron():
    return nn.Sequential(nn.Linear(8, 6), nn.ReLU(), nn.Linear(6, 3)).eval()


class Convolutional(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv1d(1, 3, 3)
        self.act = nn.ReLU()
        self.head = nn.Linear(18, 2)

    def forward(self, x):
        return self.head(self.act(self.conv(x[:, None])).flatten(1))


# Quantised


@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::UserWarning")
def test_dynamically_quantised(x):
    """The scale of a batch is that of its largest value, so its rows depend on each other."""
    network = torch.ao.quantization.quantize_dynamic(perceptron(), {nn.Linear}, torch.qint8)
    heard = hear(network, x)
    clouds = extract_activations(network, x, rows="dependent")
    assert list(clouds) == ["0", "1", "2"]
    for name, cloud in clouds.items():
        assert_array_equal(cloud, heard.last[name].numpy(), err_msg=name)
    by_default = read_or_asked(network, x, "depend")
    if by_default is not None:
        for name, cloud in by_default.items():
            assert_array_equal(cloud, heard.last[name].numpy(), err_msg=name)


@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::UserWarning")
def test_statically_quantised(x):
    """What is quantised is read as the numbers that it stands for."""
    quantization = torch.ao.quantization
    network = nn.Sequential(
        quantization.QuantStub(), *perceptron(), quantization.DeQuantStub()
    ).eval()
    network.qconfig = quantization.get_default_qconfig(torch.backends.quantized.engine)
    prepared = quantization.prepare(network)
    prepared(x)
    network = quantization.convert(prepared)
    heard = hear(network, x)
    assert heard.last["2"].is_quantized
    clouds, told = read(network, x)
    assert (list(clouds), told) == (["0", "1", "2", "3", "4"], [])
    for name, cloud in clouds.items():
        output = heard.last[name]
        output = output.dequantize() if output.is_quantized else output
        assert_array_equal(cloud, output.numpy(), err_msg=name)


# Traced, exported, compiled


def test_symbolically_traced(x):
    network = Convolutional()
    expected = extract_activations(network, x)
    clouds, told = read(torch.fx.symbolic_trace(network), x)
    assert (list(clouds), told) == (list(expected), [])
    for name, cloud in clouds.items():
        assert_array_equal(cloud, expected[name])


def exported(x, **options):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what torch says to itself
        return torch.export.export(Convolutional().eval(), (x,), **options)


def test_exported_and_unflattened(x):
    program = exported(x, dynamic_shapes=({0: torch.export.Dim.AUTO},))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        network = torch.export.unflatten(program)
        heard = hear(network, x)
    clouds, told = read(network, x, tokens="flatten")
    assert list(clouds) == ["conv", "act", "head"]
    assert not [message for message in told if "LeafSpec" not in message]
    for name, cloud in clouds.items():
        assert_array_equal(cloud, heard.last[name].flatten(1).numpy(), err_msg=name)


def test_an_exported_program_has_no_layers_but_an_output(x):
    """Its modules hold weights alone, and the one that guards its inputs gives nothing."""
    network = exported(x, dynamic_shapes=({0: torch.export.Dim.AUTO},)).module()
    with pytest.raises(ValueError, match=r"unflatten|never called|_guards_fn"):
        extract_activations(network, x)
    clouds, _ = read(network, x, include_logits=True)
    assert list(clouds) == ["logits"]
    with torch.no_grad():
        assert_array_equal(clouds["logits"], network(x).numpy())


def test_a_program_for_one_batch_size_alone_is_read_or_the_check_is_asked_about(x):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        network = torch.export.unflatten(exported(x))
        heard = hear(network, x)
    options = {"tokens": "flatten"}
    by_default = read_or_asked(network, x, "check", **options)
    for clouds in (by_default, read(network, x, check=False, **options)[0]):
        for name, cloud in (clouds or {}).items():
            assert_array_equal(cloud, heard.last[name].flatten(1).numpy(), err_msg=name)


@pytest.mark.parametrize("dtype", [torch.float64, torch.bfloat16])
def test_other_precisions(images, dtype):
    config = ResNetConfig(embedding_size=8, hidden_sizes=[8], depths=[1], layer_type="basic")
    network = ResNetForImageClassification(config).to(dtype)
    name = "resnet.encoder.stages.0"
    expected = hear(network, images.to(dtype)).last[name].flatten(1)
    cloud = extract_activations(network, images, layers=name)[name]
    assert cloud.dtype == (np.float64 if dtype == torch.float64 else np.float32)
    assert_array_equal(cloud, expected.to(torch.float64).numpy())


def test_autocast_is_respected(images):
    config = ResNetConfig(embedding_size=8, hidden_sizes=[8], depths=[1], layer_type="basic")
    network = ResNetForImageClassification(config)
    name = "resnet.encoder.stages.0"
    with torch.autocast("cpu", dtype=torch.bfloat16):
        expected = hear(network, images).last[name]
        cloud = extract_activations(network, images, layers=name)[name]
    assert expected.dtype == torch.bfloat16
    assert_array_equal(cloud, expected.flatten(1).float().numpy())


@torch.no_grad()
def test_compiled_after_and_before_the_first_call(images):
    config = ResNetConfig(embedding_size=4, hidden_sizes=[4], depths=[1], layer_type="basic")
    network = ResNetForImageClassification(config).eval()
    name = "resnet.encoder.stages.0"
    expected = extract_activations(network, images, layers=name)[name]
    compiled = torch.compile(network, backend="eager")
    for _ in range(2):
        assert_array_equal(extract_activations(compiled, images, layers=name)[name], expected)
        compiled(images)
    network.compile(backend="eager")
    for _ in range(2):
        assert_array_equal(extract_activations(network, images, layers=name)[name], expected)
        network(images)


# Weights that are computed


def weights_normed():
    from torch.nn.utils.parametrizations import weight_norm

    return nn.Sequential(weight_norm(nn.Linear(8, 6)), nn.ReLU(), weight_norm(nn.Linear(6, 3)))


def spectrally_normed():
    from torch.nn.utils.parametrizations import spectral_norm

    return nn.Sequential(spectral_norm(nn.Linear(8, 6)), nn.ReLU(), spectral_norm(nn.Linear(6, 3)))


def normed_by_hooks():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)
        first, last = nn.utils.weight_norm(nn.Linear(8, 6)), nn.Linear(6, 3)
    return nn.Sequential(first, nn.ReLU(), nn.utils.spectral_norm(last))


def pruned():
    from torch.nn.utils.prune import l1_unstructured

    network = perceptron()
    l1_unstructured(network[0], "weight", amount=0.5)
    return network


def orthogonal():
    from torch.nn.utils.parametrizations import orthogonal

    return nn.Sequential(orthogonal(nn.Linear(8, 6)), nn.ReLU(), nn.Linear(6, 3))


@pytest.mark.parametrize(
    "make", [weights_normed, spectrally_normed, normed_by_hooks, pruned, orthogonal]
)
def test_weights_that_are_computed(x, make):
    network = make()
    weights = copy.deepcopy(network.state_dict())
    heard = hear(network, x)
    clouds, told = read(network, x)
    assert (list(clouds), told) == (["0", "1", "2"], [])
    for name, cloud in clouds.items():
        assert_array_equal(cloud, heard.last[name].numpy(), err_msg=name)
    for name, weight in network.state_dict().items():
        assert torch.equal(weight, weights[name]), name


class LowRank(nn.Module):
    """A layer and a small correction of it, as adapters are made."""

    def __init__(self, base, rank):
        super().__init__()
        self.base = base
        self.lora_A = nn.Linear(base.in_features, rank, bias=False)
        self.lora_B = nn.Linear(rank, base.out_features, bias=False)

    def forward(self, x):
        return self.base(x) + 2 * self.lora_B(self.lora_A(x))


def test_low_rank_adapters(x):
    network = perceptron()
    network[0], network[2] = LowRank(network[0], 2), LowRank(network[2], 1)
    parts = ("base", "lora_A", "lora_B")
    names = [*(f"0.{part}" for part in parts), "0", "1", *(f"2.{part}" for part in parts), "2"]
    heard = hear(network, x)
    clouds, told = read(network, x)
    assert (list(clouds), told) == (names, [])
    for name, cloud in clouds.items():
        assert_array_equal(cloud, heard.last[name].numpy(), err_msg=name)


def test_tied_weights():
    network = nn.Sequential(nn.Linear(4, 4), nn.Tanh(), nn.Linear(4, 4))
    network[2].weight = network[0].weight
    x = torch.randn(9, 4)
    expected = hear(network, x).last
    for name, cloud in extract_activations(network, x).items():
        assert_array_equal(cloud, expected[name].numpy())
    assert network[2].weight is network[0].weight


# More than one precision


def test_a_network_that_casts_for_itself_gets_its_inputs_as_they_are(x):
    """Its first parameter says nothing of what its inputs should be."""
    network = Network(
        lambda self, x: self.last(self.first(x.bfloat16()).float() + x),
        first=nn.Linear(8, 8, dtype=torch.bfloat16),
        last=nn.Linear(8, 3),
    )
    heard = hear(network, x)
    for name, cloud in extract_activations(network, x).items():
        assert cloud.dtype == np.float32
        assert_array_equal(cloud, heard.last[name].float().numpy(), err_msg=name)


def test_a_network_whose_head_alone_is_precise(x):
    network = Network(
        lambda self, x: self.head(self.body(x).double()),
        body=nn.Linear(8, 6, dtype=torch.bfloat16),
        head=nn.Linear(6, 3, dtype=torch.float64),
    )
    heard = hear(network, x.bfloat16())
    clouds = extract_activations(network, x.bfloat16())
    assert (clouds["body"].dtype, clouds["head"].dtype) == (np.float32, np.float64)
    for name, cloud in clouds.items():
        assert_array_equal(cloud, heard.last[name].double().numpy(), err_msg=name)


class Off(nn.Module):
    """Gives what it is given, off by some share of it in small batches, as rounding may be."""

    def __init__(self, share, is_coarse=False):
        super().__init__()
        self.share = share
        self.is_coarse = is_coarse

    def forward(self, x):
        return x * (1 + self.share * (len(x) < 8))


class PartlyUnderAutocast(nn.Sequential):
    """Runs some of its layers with coarser numbers."""

    def forward(self, x):
        for layer in self:
            with torch.autocast("cpu", dtype=torch.bfloat16, enabled=layer.is_coarse):
                x = layer(x)
        return x


def test_rounding_is_that_of_the_layer():
    """A layer is held to the precision that it computes in, whatever ran before it."""
    x, fine = torch.randn(20, 3), Off(1e-5)
    coarse = PartlyUnderAutocast(fine, Off(0.01, is_coarse=True))
    assert extract_activations(coarse, x)["1"].shape == (20, 3)
    for layers in [(fine, Off(0.01)), (Off(1e-5, is_coarse=True), Off(0.01))]:
        with pytest.raises(ValueError, match="'1' gives rows that depend on the other inputs"):
            extract_activations(PartlyUnderAutocast(*layers), x)
