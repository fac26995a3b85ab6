"""Networks that only compute: of which it is known, and that it holds."""

import copy
import random

import numpy as np
import pytest
import torch
from torch import nn
from torch.overrides import TorchFunctionMode

from skactland import LayerActivationExtractor, extract_activations
from skactland.activations._pure import _PURE, only_compute

# Those that need arguments, and the shape of an input that fits; others take none and (2, 3, 4, 4).
ARGUMENTS = {
    "Unflatten": ((1, (3, 1)), (2, 3, 4, 4)),
    "Linear": ((4, 2), (2, 4)),
    "Bilinear": ((4, 4, 2), (2, 4)),
    "LayerNorm": ((4,), (2, 4)),
    "RMSNorm": ((4,), (2, 4)),
    "GroupNorm": ((1, 3), (2, 3, 4)),
    "Threshold": ((0.1, 0.0), (2, 4)),
    "Softmax": ((1,), (2, 4)),
    "LogSoftmax": ((1,), (2, 4)),
}
OF_DIMENSIONS = {
    "Conv": (3, 2, 2),
    "ConvTranspose": (3, 2, 2),
    "BatchNorm": (3,),
    "Dropout": (0.5,),
    "MaxPool": (2,),
    "AvgPool": (2,),
    "AdaptiveAvgPool": (2,),
    "AdaptiveMaxPool": (2,),
}


def make(kind):
    """Return a module of a kind, in evaluation mode, and an input for it."""
    name = kind.__name__
    if name[-2:] in ("1d", "2d", "3d") and name[:-2] in OF_DIMENSIONS:
        arguments, shape = OF_DIMENSIONS[name[:-2]], (2, 3) + (4,) * int(name[-2])
    else:
        arguments, shape = ARGUMENTS.get(name, ((), (2, 3, 4, 4)))
    return kind(*arguments).eval(), torch.randn(shape)


def states():
    """The states of the generators that a forward pass may draw from."""
    numpy_state = np.random.get_state()
    return (
        torch.get_rng_state().tolist(),
        numpy_state[1].tolist(),
        numpy_state[2:],
        random.getstate(),
    )


@pytest.mark.parametrize("kind", sorted(_PURE, key=lambda kind: kind.__name__))
def test_pure_kinds_draw_nothing_and_write_to_nothing(kind):
    module, given = make(kind)
    assert only_compute([module])
    given = (given, given.clone()) if kind is nn.Bilinear else (given,)
    tensors = [*given, *module.state_dict(keep_vars=True).values()]
    before = [(tensor._version, tensor.detach().clone()) for tensor in tensors]
    attributes, drawn = dict(vars(module)), states()
    with torch.no_grad():
        first, second = module(*given), module(*given)
    assert torch.equal(first, second)
    assert states() == drawn
    assert vars(module) == attributes
    for tensor, (version, values) in zip(tensors, before, strict=True):
        assert tensor._version == version
        assert torch.equal(tensor, values)


class OwnLinear(nn.Linear):
    """A class of a user's."""


class Doubled(TorchFunctionMode):
    """A mode of a user's."""

    def __torch_function__(self, function, types, args=(), kwargs=None):
        return 2 * function(*args, **(kwargs or {}))


def plain():
    return nn.Sequential(nn.Linear(3, 4), nn.ReLU(), nn.Dropout(), nn.Linear(4, 2)).eval()


def with_hook(register):
    def change(network):
        getattr(network[0], register)(lambda *given: None)

    return change


def put(i, module):
    return lambda network: network.__setitem__(i, module)


CHANGES = {
    "a hook": with_hook("register_forward_hook"),
    "a hook before": with_hook("register_forward_pre_hook"),
    "a hook backward": with_hook("register_full_backward_hook"),
    "a method": lambda network: setattr(network[1], "forward", torch.tanh),
    "an array": lambda network: setattr(network[1], "seen", np.zeros(3)),
    "a class": put(0, OwnLinear(3, 4)),
    "in place": put(1, nn.ReLU(inplace=True)),
    "random": put(1, nn.RReLU()),
    "writes to buffers": put(1, nn.InstanceNorm1d(4, track_running_stats=True)),
    "may write to weights": put(0, nn.Embedding(3, 4, max_norm=1.0)),
    "weights of their own": put(0, nn.utils.parametrizations.weight_norm(nn.Linear(3, 4))),
    "a parameter's class": lambda network: setattr(
        network[0], "bias", type("Own", (nn.Parameter,), {})(torch.zeros(4))
    ),
}


@pytest.mark.parametrize("change", CHANGES)
def test_nothing_is_known_of_what_users_add(change):
    network = plain()
    assert only_compute(list(network.modules()))
    CHANGES[change](network)
    assert not only_compute(list(network.modules()))


def test_nothing_is_known_where_users_change_torch(monkeypatch):
    modules = list(plain().modules())
    with Doubled():
        assert not only_compute(modules)
    handle = nn.modules.module.register_module_forward_hook(lambda *given: None)
    assert not only_compute(modules)
    handle.remove()
    assert only_compute(modules)
    monkeypatch.setattr(nn.ReLU, "forward", lambda self, given: given + torch.rand(1))
    assert not only_compute(modules)
    with pytest.raises(ValueError, match="layer '1' is random"):
        extract_activations(plain(), torch.randn(10, 3))


def test_an_output_function_that_draws_is_seeded():
    def noisy(output):
        return output + torch.rand(1)

    network, probe = plain(), torch.randn(10, 3)
    options = {"output": noisy, "rows": "dependent", "random_state": 0}
    first = extract_activations(network, probe, **options)
    torch.rand(7)
    second = extract_activations(network, probe, **options)
    np.testing.assert_array_equal(first["3"], second["3"])


class Writer(nn.Module):
    """It writes to what it is given."""

    def __init__(self):
        super().__init__()
        self.layers = plain()

    def forward(self, given):
        return self.layers(given.mul_(0))


@pytest.mark.parametrize("is_array", [False, True])
@pytest.mark.parametrize("options", [{}, {"include_input": True}, {"max_points": 9}])
def test_networks_share_batches_that_none_has_written_to(is_array, options):
    probe = torch.randn(23, 3)
    before = probe.clone()
    pure, in_place = plain(), nn.Sequential(nn.ReLU(inplace=True), nn.Linear(3, 4)).eval()
    extractor = LayerActivationExtractor(
        probe.numpy() if is_array else probe,
        layers=[nn.Linear],
        n_layers=1,
        batch_size=5,
        **options,
    )
    again = copy.deepcopy(pure)
    table = extractor.fit_transform([pure, Writer(), in_place, again])
    np.testing.assert_array_equal(table[0, -1], table[3, -1])
    used = before[extractor.probe_indices_]
    with torch.no_grad():
        expected = torch.cat([pure[0](batch) for batch in used.split(5)])
    np.testing.assert_allclose(table[0, -1], expected, rtol=1e-5, atol=1e-6)
    assert torch.equal(probe, before)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64, torch.bfloat16])
def test_batches_that_are_shared_take_the_precision_of_each_network(dtype):
    probe = torch.randn(23, 3)
    networks = [plain(), plain().to(dtype), plain()]
    networks[2].load_state_dict(networks[0].state_dict())
    table = LayerActivationExtractor(probe).fit_transform(networks)
    np.testing.assert_array_equal(table[0, 0], table[2, 0])
    with torch.no_grad():
        expected = networks[1][0](probe.to(dtype)).double()
    tolerance = 1e-2 if dtype is torch.bfloat16 else 1e-6
    np.testing.assert_allclose(table[1, 0], expected, rtol=tolerance, atol=tolerance)
