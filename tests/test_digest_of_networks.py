"""Digests of networks: unusual tensors, exported programs, modules that were trained."""

import copy
import threading
import types
import warnings

import pytest
import torch
from torch import nn
from torch.utils._pytree import tree_map

from skactland import LayerActivationExtractor
from skactland._table import digest
from skactland._table._digest import Undigestible


class Scaled(torch.Tensor):
    """A tensor that stands for another, by an attribute."""

    @staticmethod
    def of(values, scale):
        tensor = values.as_subclass(Scaled)
        tensor.scale = scale
        return tensor


class Packed(torch.Tensor):
    """A tensor that keeps its numbers in another, and has none of its own."""

    @staticmethod
    def __new__(cls, values):
        return torch.Tensor._make_wrapper_subclass(cls, values.shape, dtype=values.dtype)

    def __init__(self, values):
        self.values_within = values

    @classmethod
    def __torch_dispatch__(cls, function, types, args=(), kwargs=None):
        def unpacked(value):
            return value.values_within if isinstance(value, cls) else value

        output = function(*tree_map(unpacked, args), **tree_map(unpacked, kwargs or {}))
        return tree_map(lambda v: cls(v) if type(v) is torch.Tensor else v, output)


class Refusing(torch.Tensor):
    """A tensor that takes no operation."""

    @classmethod
    def __torch_function__(cls, function, types, args=(), kwargs=None):
        raise NotImplementedError("not for this tensor")


def test_attributes_of_a_subclass_count():
    values = torch.ones(3)
    assert digest(Scaled.of(values, 1)) == digest(Scaled.of(values.clone(), 1))
    assert digest(Scaled.of(values, 1)) != digest(Scaled.of(values, 2))
    assert digest(Scaled.of(values, 1)) != digest(Scaled.of(2 * values, 1))


def test_attributes_that_others_note_on_parameters_do_not_count():
    first, second = nn.Parameter(torch.ones(3)), nn.Parameter(torch.ones(3))
    second.is_initialised_by_a_library = True
    assert digest(first) == digest(second)


class Holding(nn.Module):
    """A network that holds a tensor that its forward pass does not need."""

    def __init__(self, tensor):
        super().__init__()
        self.fc = nn.Linear(4, 3)
        self.held = [tensor]

    def forward(self, x):
        return self.fc(x)


@pytest.mark.parametrize(
    ("tensor", "reason"),
    [
        (Packed(torch.ones(3)), r"held is a test_digest_of_networks\.Packed"),
        (torch.ones(3).as_subclass(Refusing), r"held cannot be read \(not for this tensor\)"),
    ],
)
def test_networks_with_tensors_that_cannot_be_seen_are_read_and_not_cached(
    tensor, reason, probe, tmp_path
):
    networks = [Holding(tensor), Holding(torch.ones(3))]
    extractor = LayerActivationExtractor(probe, memory=tmp_path).fit(networks)
    with pytest.warns(UserWarning, match=rf"^network 0 \(Holding\): not cached, as {reason}"):
        extractor.transform(networks)
    assert len(list(tmp_path.rglob("output.pkl"))) == 1


def test_exported_networks_are_read_and_not_cached(probe, tmp_path):
    sizes = {"input": {0: torch.export.Dim.DYNAMIC}}
    network = nn.Sequential(nn.Linear(4, 3), nn.Tanh())
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)  # torch's own, of its copying
        program = torch.export.export(network, (torch.ones(5, 4),), dynamic_shapes=sizes)
        unflattened = torch.export.unflatten(program)
    extractor = LayerActivationExtractor(probe, memory=tmp_path).fit([unflattened])
    with pytest.warns(UserWarning, match="not cached, as .* is a .*, whose content cannot be seen"):
        extractor.transform([unflattened])


@pytest.fixture(params=["lightning.pytorch.core.module", "pytorch_lightning.core.module"])
def lightning(request):
    """A stand-in for the class of the package, under either of its names."""

    class LightningModule(nn.Module):
        def __init__(self):
            super().__init__()
            self._trainer = None
            self._fabric = None
            self.model = nn.Linear(4, 3)

        def forward(self, x):
            return self.model(x)

    LightningModule.__module__ = request.param
    return LightningModule


def test_a_trained_lightning_module_is_cached(lightning, probe, tmp_path):
    torch.manual_seed(0)
    network = lightning()
    before = digest(network)
    network._trainer = types.SimpleNamespace(lock=threading.Lock(), loader=iter([]), epoch=3)
    assert digest(network) == before
    extractor = LayerActivationExtractor(probe, memory=tmp_path).fit([network])
    for _ in range(2):
        extractor.transform([network])
    assert len(list(tmp_path.rglob("output.pkl"))) == 1
    network.model.bias.data += 1
    assert digest(network) != before


def test_what_another_module_calls_a_trainer_counts(lightning):
    class Unlike(nn.Module):
        def __init__(self, trainer):
            super().__init__()
            self._trainer = trainer

    assert digest(Unlike(1)) == digest(copy.deepcopy(Unlike(1))) != digest(Unlike(2))
    with pytest.raises(Undigestible, match=r"_trainer is a _thread\.lock"):
        digest(Unlike(threading.Lock()))
