"""What rows leave in memory, attributes and modules that the next ones find there."""

import copy
import warnings

import numpy as np
import pytest
import torch
from joblib import parallel_config
from numpy.testing import assert_array_equal
from torch import nn

from skactland import EachNetwork, LayerActivationExtractor


class Net(nn.Module):
    def __init__(self, body=None):
        super().__init__()
        self.body = body or nn.Linear(4, 6)
        self.head = nn.Linear(6, 3)

    def forward(self, x):
        return self.head(self.body(x))


def extractor(probe, builder, layers=("head",), strict=False):
    return LayerActivationExtractor(
        probe, layers=list(layers), network_builder=builder, strict=strict
    )


def without(state, *prefixes):
    return {name: value for name, value in state.items() if not name.startswith(prefixes)}


@pytest.fixture(autouse=True)
def _some_weights_stay():
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", ".*of the network's .* weights stay")
        yield


# Memory that is not the network's own


def of_a_kept_checkpoint(array, folder):
    torch.save({"w": torch.tensor(array)}, folder / "kept.pt")
    kept = torch.load(folder / "kept.pt", mmap=True)
    return lambda: kept["w"]


MEMORY = {
    "array": lambda array, _: lambda: torch.from_numpy(array),
    "part of an array": lambda array, _: lambda: torch.from_numpy(np.pad(array, 1)[1:-1, 1:-1]),
    "dlpack": lambda array, _: lambda: torch.from_dlpack(array),
    "buffer": lambda a, _: lambda: torch.frombuffer(a.data, dtype=torch.float32).reshape(a.shape),
    "checkpoint": of_a_kept_checkpoint,
}


@pytest.mark.parametrize("memory", MEMORY)
@pytest.mark.parametrize("keeps", ["network", "memory"])
@pytest.mark.parametrize("n_jobs", [1, 2])
def test_borrowed_memory_is_put_back(probe, tmp_path, memory, keeps, n_jobs):
    """Of embeddings that lie in an array, each row gets its own, or the array's."""
    array = np.random.default_rng(0).normal(size=(6, 4)).astype(np.float32)
    tensor = MEMORY[memory](array, tmp_path)
    before = tensor().clone()

    def build():
        torch.manual_seed(0)
        network = Net()
        network.body.weight = nn.Parameter(tensor())
        return network

    full, part, other = Net().state_dict(), without(Net().state_dict(), "body.weight"), Net()
    rows = [full, part, other.state_dict(), copy.deepcopy(part)]
    expected = []
    for row in rows:
        alone = build()
        alone.body.weight = nn.Parameter(before.clone())
        alone.load_state_dict(row, strict=False)
        expected.append(alone)
    expected = extractor(probe, None).fit_transform(expected)
    kept = build()
    each = EachNetwork(
        extractor(probe, build if keeps == "memory" else lambda: kept),
        n_jobs=n_jobs,
        memory=tmp_path / "cache",
    )
    for _ in range(2):
        with parallel_config("threading"):
            found = each.fit_transform(rows)
        assert_array_equal(np.stack(found[:, 0]), np.stack(expected[:, 0]))
        assert torch.equal(tensor(), before)


def test_borrowed_memory_after_errors(probe):
    """Also where weights do not fit, and where an embedding is read no more."""
    array = np.ones((6, 4), np.float32)

    def build():
        network = Net()
        network.body.weight = nn.Parameter(torch.from_numpy(array))
        return network

    wrong = Net().state_dict() | {"head.weight": torch.zeros(3, 7)}
    nans = {name: weight * torch.nan for name, weight in Net().state_dict().items()}
    for row in (wrong, nans):
        with pytest.raises(ValueError, match="head"):
            extractor(probe, build).fit_transform([row])
        assert (array == 1).all()


def test_weights_that_have_moved_are_known(probe):
    """As of a network that was on another device for a while, or whose parts were lazy."""

    class Moving(Net):
        def forward(self, x):
            for parameter in self.parameters():
                parameter.data = parameter.data.clone()
            return super().forward(x)

    full, part = Net().state_dict(), without(Net().state_dict(), "body")
    for kept in (Moving(), Net(nn.LazyLinear(6))):
        with pytest.raises(ValueError, match=r"network 1 .*does not load 'body\.weight'"):
            extractor(probe, lambda kept=kept: kept).fit_transform([full, part])


# What modules load in a way of their own


class Scaled(nn.Module):
    """Has a plain attribute that is loaded with the weights."""

    def __init__(self):
        super().__init__()
        self.linear, self.scale = nn.Linear(4, 6), 1.0

    def forward(self, x):
        return self.linear(x) * self.scale


class ByExtraState(Scaled):
    def get_extra_state(self):
        return torch.tensor(self.scale)

    def set_extra_state(self, state):
        self.scale = float(state)


class ByWords(ByExtraState):
    def get_extra_state(self):
        return f"{self.scale}"


class ByOverride(Scaled):
    is_told = True

    def _load_from_state_dict(self, state, prefix, *rest):
        if f"{prefix}scale" in state:
            self.scale = float(state[f"{prefix}scale"])
            if self.is_told:
                del state[f"{prefix}scale"]
        super()._load_from_state_dict(state, prefix, *rest)


class ByOverrideUntold(ByOverride):
    is_told = False


class ByHook(Scaled):
    def __init__(self):
        super().__init__()
        self.register_load_state_dict_pre_hook(self._take)

    @staticmethod
    def _take(module, state, prefix, *_):
        if f"{prefix}scale" in state:
            module.scale = float(state.pop(f"{prefix}scale"))


class ByFillingIn(Scaled):
    """What is missing in old checkpoints stays: torch is not told that it was."""

    def __init__(self):
        super().__init__()
        self.register_buffer("scale_", torch.ones(()))
        self.register_load_state_dict_pre_hook(self._fill)

    @staticmethod
    def _fill(module, state, prefix, *_):
        state.setdefault(f"{prefix}scale_", module.scale_)

    def forward(self, x):
        return super().forward(x) * self.scale_


OWN_WAYS = {
    ByExtraState: "_extra_state",
    ByWords: "_extra_state",
    ByOverride: "scale",
    ByOverrideUntold: "scale",
    ByHook: "scale",
    ByFillingIn: "scale_",
}


@pytest.mark.parametrize("kind", OWN_WAYS)
def test_what_modules_load_in_their_own_way(probe, kind):
    name = f"body.{OWN_WAYS[kind]}"

    def row(scale):
        state = without(Net(kind()).state_dict(), name)
        return state if scale is None else state | {name: torch.tensor(scale)}

    rows = [row(scale) for scale in (None, 5.0, 3.0, None)]
    expected = extractor(probe, lambda: Net(kind())).fit_transform(rows)
    kept = kind()
    each = EachNetwork(extractor(probe, lambda: Net(kept)), on_error="mark")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = each.fit_transform(rows)
    assert each.sound_.tolist() == [True, True, True, False]
    assert f"does not load {name!r}" in each.problems_[0].message
    assert "copy.deepcopy" in each.problems_[0].message
    assert_array_equal(np.stack(found[:3, 0]), np.stack(expected[:3, 0]))
    # A copy that no row was loaded into is as good as new, and so is one of torch's own modules.
    fresh = kind()
    copied = extractor(probe, lambda: Net(copy.deepcopy(fresh))).fit_transform(rows)
    assert_array_equal(np.stack(copied[:, 0]), np.stack(expected[:, 0]))


def test_extra_states_are_not_taken_for_tied_weights(probe):
    """Two modules that say the same of themselves share nothing."""
    network = Net(nn.Sequential(ByWords(), nn.Linear(6, 4), ByWords()))
    state = network.state_dict()
    with pytest.raises(ValueError, match=r"they lack 'body\.2\._extra_state'"):
        extractor(probe, lambda: network, strict=True).fit([without(state, "body.2._extra")])
