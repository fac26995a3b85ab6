"""Activations: the right values, the right layers, and a network left as it was."""

import copy
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import torch
from numpy.testing import assert_array_equal
from sklearn.pipeline import make_pipeline
from torch import nn

from skactland import (
    LayerActivationExtractor,
    Probe,
    RipsPersistence,
    extract_activations,
    rips_persistence,
)
from skactland.training import train_to_accuracy


class Tower(nn.Module):
    """Blocks, a reused activation, an unused layer, dropout and batch normalisation."""

    def __init__(self):
        super().__init__()
        self.blocks = nn.ModuleList(
            nn.ModuleDict({"fc": nn.Linear(4, 4), "norm": nn.BatchNorm1d(4)}) for _ in range(2)
        )
        self.act = nn.ReLU(inplace=True)
        self.drop = nn.Dropout(0.5)
        self.unused = nn.Linear(4, 4)
        self.head = nn.Linear(4, 3)

    def forward(self, x):
        for block in self.blocks:
            x = self.act(block["norm"](block["fc"](x)))
        return self.head(self.drop(x))


@pytest.fixture
def tower():
    torch.manual_seed(0)
    return Tower()


@pytest.fixture
def x(probe):
    return torch.tensor(probe, dtype=torch.float32)


def state(network):
    """Everything that must be as it was."""
    return {
        "tensors": {k: v.clone() for k, v in network.state_dict().items()},
        "ids": {k: id(v) for k, v in network.state_dict(keep_vars=True).items()},
        "training": [module.training for module in network.modules()],
        "grad": [p.requires_grad for p in network.parameters()],
        "hooks": [len(module._forward_hooks) for module in network.modules()],
        "rng": torch.get_rng_state(),
    }


def assert_same_state(network, before):
    after = state(network)
    assert before.keys() == after.keys()
    for name in ("ids", "training", "grad", "hooks"):
        assert before[name] == after[name], name
    assert torch.equal(before["rng"], after["rng"])
    for name, tensor in before["tensors"].items():
        assert torch.equal(tensor, after["tensors"][name]), name


def test_values_equal_a_forward_pass_by_hand(make_network, probe, x):
    network = make_network()
    clouds = extract_activations(network, probe, include_input=True, include_softmax=True)
    with torch.no_grad():
        expected = {"input": x}
        for name, layer in network.named_children():
            x = expected[name] = layer(x)
        expected["softmax"] = torch.softmax(x, dim=1)
    assert list(clouds) == list(expected)
    for name, cloud in clouds.items():
        assert cloud.dtype == np.float32
        assert_array_equal(cloud, expected[name].numpy())


@pytest.mark.parametrize("batch_size", [1, 7, 30, 1000])
def test_batches_do_not_matter(make_network, probe, batch_size):
    reference = extract_activations(make_network(), probe)
    for name, cloud in extract_activations(make_network(), probe, batch_size=batch_size).items():
        np.testing.assert_allclose(cloud, reference[name], rtol=1e-5, atol=1e-6)


def test_in_place_activation_does_not_overwrite_the_layer_before(tower, x):
    clouds = extract_activations(tower, x)
    assert clouds["blocks.1.norm"].min() < 0
    assert clouds["act"].min() == 0


def test_batch_normalisation_and_dropout_run_in_evaluation_mode(tower, x):
    tower.train()
    clouds = extract_activations(tower, x)
    with torch.no_grad():
        assert_array_equal(clouds["head"], copy.deepcopy(tower).eval()(x).numpy())


@pytest.mark.parametrize("training", [True, False])
def test_network_is_left_as_it_was(tower, x, training):
    tower.train(training)
    tower.blocks[0].eval()
    tower.head.weight.requires_grad_(False)
    tower.head.register_forward_hook(lambda *args: None)
    before = state(tower)
    extract_activations(tower, x)
    LayerActivationExtractor(x).fit_transform([tower])
    assert_same_state(tower, before)


@pytest.mark.parametrize("error", [RuntimeError, KeyboardInterrupt])
def test_network_is_left_as_it_was_after_an_error(tower, x, error):
    def fail(module, args, output):
        raise error("stop here")

    tower.head.register_forward_hook(fail)
    before = state(tower)
    with pytest.raises(ValueError if error is RuntimeError else error, match="stop here"):
        extract_activations(tower, x)
    assert_same_state(tower, before)


def test_buffers_that_a_forward_pass_writes_are_put_back(x):
    class Counting(nn.Linear):
        def __init__(self):
            super().__init__(4, 2)
            self.register_buffer("calls", torch.zeros(()))
            self.register_buffer("last", None)

        def forward(self, inputs):
            self.calls += 1
            self.last = inputs
            return super().forward(inputs)

    network = nn.Sequential(Counting())
    network[0].last = torch.ones(1)
    extract_activations(network, x)
    assert network[0].calls == 0
    assert network[0].last.shape == (1,)


def test_buffers_that_come_go_and_change_unseen_are_put_back(x):
    class Restless(nn.Module):
        def __init__(self):
            super().__init__()
            self.fc = nn.Linear(4, 2)
            self.register_buffer("seen", torch.zeros(2))
            self.register_buffer("none", None)

        def forward(self, x):
            self.seen.data += 1  # no version counts this
            self.none = torch.ones(1)
            self.register_buffer("late", torch.ones(1))
            return self.fc(x)

    network = Restless()
    extract_activations(network, x)
    assert network.seen.tolist() == [0, 0]
    assert network.none is None
    assert not hasattr(network, "late")


def test_buffers_that_do_not_change_are_not_touched(x):
    network = nn.Sequential(nn.Linear(4, 4), nn.BatchNorm1d(4)).eval()
    loss = network(x).sum()  # its graph holds the running variance
    extract_activations(network, x)
    loss.backward()


def test_forward_pass_that_writes_parameters_gives_a_warning(x):
    class Learning(nn.Linear):
        def forward(self, x):
            self.weight.mul_(0.9)
            return super().forward(x)

    with pytest.warns(UserWarning, match=r"changed its parameters \['0\.weight'\].*deepcopy"):
        extract_activations(nn.Sequential(Learning(4, 2)), x, check=False)
    with (
        pytest.warns(UserWarning, match="changed its parameters"),
        pytest.raises(ValueError, match="layer '0' remembers earlier calls"),
    ):
        extract_activations(nn.Sequential(Learning(4, 2)), x)


@pytest.mark.parametrize(
    "read",
    [
        lambda extractor, network: extract_activations(network, extractor.probe, check=False),
        lambda extractor, network: extractor.fit_transform([network]),
        lambda extractor, network: (
            extractor.set_output(transform="pandas").fit([network]).transform([network])
        ),
        lambda extractor, network: make_pipeline(extractor).fit_transform([network]),
    ],
)
def test_warnings_point_at_the_line_that_asked(x, read):
    class Learning(nn.Linear):
        def forward(self, x):
            self.weight.mul_(0.9)
            return super().forward(x)

    with pytest.warns(UserWarning, match=r"network.* \(Learning\): .*deepcopy") as caught:
        read(LayerActivationExtractor(x, check=False), Learning(4, 2))
    assert {warning.filename for warning in caught} == {__file__}


def test_training_and_extraction_at_once(make_network, probe):
    """Both seed torch's one random state and put it back: they must take turns."""
    labels = (probe[:, 0] > 0).astype(int)
    untrained = nn.Sequential(make_network(0), nn.Dropout(0.5))

    def trained(seed):
        network = copy.deepcopy(untrained)
        options = {"thresholds": [0.9], "learning_rate": 0.1, "random_state": seed}
        train_to_accuracy(network, probe, labels, **options)
        return network[0].fc1.weight.detach().clone()

    expected = [trained(seed) for seed in range(4)]
    other = make_network(1)
    with ThreadPoolExecutor(4) as pool:
        runs = [pool.submit(trained, seed) for seed in range(4)]
        for _ in range(20):
            pool.submit(extract_activations, other, probe).result()
    for run, weights in zip(runs, expected, strict=True):
        assert torch.equal(run.result(), weights)


def test_threads_on_one_network(tower, x):
    expected = extract_activations(tower, x)
    tower.train()
    before = state(tower)
    with ThreadPoolExecutor(4) as pool:
        runs = pool.map(lambda size: extract_activations(tower, x, batch_size=size), [30] * 24)
    for clouds in runs:
        for name, cloud in clouds.items():
            assert_array_equal(cloud, expected[name])
    assert_same_state(tower, before)


def test_calls_of_another_thread_are_not_recorded(x):
    first_call = threading.Event()

    class Slow(nn.Linear):
        def forward(self, x):
            first_call.set()
            time.sleep(0.02)
            return super().forward(x)

    network = nn.Sequential(Slow(4, 3))
    expected = extract_activations(network, x)["0"]
    first_call.clear()
    with ThreadPoolExecutor(1) as pool:
        result = pool.submit(extract_activations, network, x, batch_size=10)
        first_call.wait()
        for _ in range(5):
            network(torch.zeros(3, 4))
        np.testing.assert_allclose(result.result()["0"], expected, rtol=1e-6)


class Branching(nn.Linear):
    """Adds noise in a way of its own, which its train() switches."""

    is_noisy = True

    def train(self, mode=True):
        self.is_noisy = mode
        return super().train(mode)

    def forward(self, x):
        return super().forward(x) + (torch.randn(len(x), 1) if self.is_noisy else 0)


class Merging(nn.Linear):
    """Merges a branch into its weights for evaluation, and drops that, as some do."""

    def __init__(self, n_in, n_out):
        super().__init__(n_in, n_out)
        self.branch = nn.Linear(n_in, n_out, bias=False)

    def eval(self):
        if hasattr(self, "branch"):
            with torch.no_grad():
                self.weight += self.branch.weight
            del self.branch
        return super().eval()

    def forward(self, x):
        return super().forward(x) + (self.branch(x) * self.training if "branch" in dir(self) else 0)


@pytest.mark.parametrize("kind", [Branching, Merging])
@pytest.mark.parametrize("mode", [True, False])
def test_evaluation_is_as_a_networks_own_eval_has_it(kind, mode, x):
    network = kind(4, 2).train(mode)
    before = copy.deepcopy(network)
    expected = copy.deepcopy(network).eval()(x)
    found = extract_activations(network, x, include_logits=True, layers="leaf")["logits"]
    np.testing.assert_allclose(found, expected.detach().numpy(), rtol=1e-6)
    assert network.training == before.training
    assert list(network._modules) == list(before._modules)
    for name, values in before.state_dict().items():
        assert torch.equal(network.state_dict()[name], values)
    assert getattr(network, "is_noisy", None) == getattr(before, "is_noisy", None)


def test_layers_of_a_tower(tower, x):
    def names(layers, **options):
        return list(extract_activations(tower, x, layers=layers, **options))

    leaves = ["blocks.0.fc", "blocks.0.norm", "blocks.1.fc", "blocks.1.norm", "act", "drop", "head"]
    assert names("leaf") == leaves
    assert names("head") == ["head"]
    assert names("blocks.*.fc") == ["blocks.0.fc", "blocks.1.fc"]
    assert names("**.norm") == ["blocks.0.norm", "blocks.1.norm"]
    assert names(["head", "blocks.0.*"]) == ["blocks.0.fc", "blocks.0.norm", "head"]
    assert names(nn.BatchNorm1d) == ["blocks.0.norm", "blocks.1.norm"]
    assert names([nn.BatchNorm1d, "head"]) == ["blocks.0.norm", "blocks.1.norm", "head"]
    assert names(lambda name, module: "0" in name and isinstance(module, nn.Linear)) == [
        "blocks.0.fc"
    ]


def test_exclude(tower, x):
    def names(**options):
        return list(extract_activations(tower, x, **options))

    assert names(exclude=["**.norm", nn.Dropout, "head"]) == ["blocks.0.fc", "blocks.1.fc", "act"]
    assert names(layers=nn.Linear, exclude="unused") == ["blocks.0.fc", "blocks.1.fc", "head"]
    assert names(
        layers=nn.Linear, exclude=lambda name, module: "block" in name or name == "unused"
    ) == ["head"]
    assert names(exclude=["no.such.*", "act"]) == names(exclude="act")
    with pytest.raises(ValueError, match=r"no layer 'dorp'; did you mean 'drop'"):
        names(exclude="dorp")
    with pytest.raises(TypeError, match=r"exclude must be a name, a glob, .* got 1"):
        names(exclude=1)
    with pytest.raises(ValueError, match="selects no layer"):
        names(layers="head", exclude=nn.Linear)


def test_order_is_that_of_the_calls_that_count(x):
    class Twice(nn.Module):
        def __init__(self):
            super().__init__()
            self.act, self.fc = nn.ReLU(), nn.Linear(4, 4)

        def forward(self, x):
            return self.act(self.fc(self.act(x)))

    assert list(extract_activations(Twice(), x)) == ["fc", "act"]
    assert list(extract_activations(Twice(), x, call="all")) == ["act@0", "fc", "act@1"]


def test_another_course_for_later_inputs(x):
    class Fickle(nn.Module):
        def __init__(self):
            super().__init__()
            self.one, self.two = nn.Linear(4, 4), nn.Linear(4, 4)

        def forward(self, x):
            first, second = (self.one, self.two) if x[0, 0] > 0 else (self.two, self.one)
            return first(second(first(second(x)) if x[0, 0] < -1 else second(x)))

    torch.manual_seed(0)
    network = Fickle()
    x = x[x[:, 0].argsort(descending=True)]
    found = extract_activations(network, x, batch_size=1)
    for i, row in enumerate(x):
        expected = extract_activations(network, row[None])
        for name, cloud in expected.items():
            np.testing.assert_allclose(found[name][i], cloud[0], rtol=1e-6, err_msg=str(i))


def test_inner_wrappers_do_not_show_in_names(make_network, x):
    inner = nn.Sequential(nn.Linear(4, 4), nn.ReLU())
    expected = extract_activations(nn.Sequential(inner, nn.Linear(4, 2)), x)
    wrapped = nn.Sequential(nn.DataParallel(inner), nn.Linear(4, 2))
    assert list(extract_activations(wrapped, x)) == list(expected) == ["0.0", "0.1", "1"]
    with_parametrization = nn.utils.parametrizations.spectral_norm(nn.Linear(4, 4))
    assert list(extract_activations(nn.Sequential(with_parametrization), x)) == ["0"]


def test_networks_without_parameters_take_inputs_as_they_are(x):
    for dtype in (torch.float32, torch.float64):
        assert (
            extract_activations(nn.Sequential(nn.ReLU()), x.to(dtype))["0"].dtype
            == x.to(dtype).numpy().dtype
        )


def test_reused_module(tower, x):
    last = extract_activations(tower, x, layers="act")
    each = extract_activations(tower, x, layers=["act", "head"], call="all", batch_size=8)
    assert list(each) == ["act@0", "act@1", "head"]
    np.testing.assert_allclose(each["act@1"], last["act"], rtol=1e-5, atol=1e-6)
    expected = extract_activations(tower, x, layers="blocks.0.norm")["blocks.0.norm"]
    np.testing.assert_allclose(each["act@0"], expected.clip(min=0), rtol=1e-5, atol=1e-6)


def test_max_points_is_one_seeded_subset_for_all(networks, probe):
    extractor = LayerActivationExtractor(
        probe, include_input=True, max_points=10, random_state=3, layers="fc1"
    )
    table = extractor.fit_transform(networks)
    assert len(set(extractor.probe_indices_)) == 10
    for cell in table[:, 0]:
        assert_array_equal(cell, probe[extractor.probe_indices_].astype(np.float32))
    again = extractor.fit(networks[:1]).probe_indices_
    assert_array_equal(again, table_indices := extractor.probe_indices_)
    alone = extract_activations(networks[0], probe, max_points=10, random_state=3, layers="fc1")
    assert_array_equal(alone["fc1"], table[0, 1])
    other = LayerActivationExtractor(probe, max_points=10, random_state=4).fit(networks)
    assert set(other.probe_indices_) != set(table_indices)
    everything = LayerActivationExtractor(probe, max_points=1000).fit(networks)
    assert_array_equal(everything.probe_indices_, np.arange(30))


def test_subset_is_not_the_first_rows(networks, probe):
    draws = [
        LayerActivationExtractor(probe, max_points=3, random_state=s).fit(networks).probe_indices_
        for s in range(60)
    ]
    assert set(np.concatenate(draws)) == set(range(30))


@pytest.mark.parametrize(
    "wrap",
    [
        lambda a: a.tolist(),
        lambda a: a.astype(np.float32),
        lambda a: torch.tensor(a),
        lambda a: torch.tensor(a, requires_grad=True),
        Probe,
        lambda a: np.asfortranarray(a)[::1],
        lambda a: a[::-1][::-1],
    ],
)
def test_kinds_of_probe(make_network, probe, wrap):
    expected = extract_activations(make_network(), probe)
    given = wrap(probe)
    if isinstance(given, np.ndarray):
        given.flags.writeable = False
    for name, cloud in extract_activations(make_network(), given).items():
        assert_array_equal(cloud, expected[name])


def test_integer_probe_for_an_embedding():
    network = nn.Sequential(nn.Embedding(5, 3), nn.Flatten(), nn.Linear(6, 2))
    tokens = np.array([[0, 1], [2, 3], [4, 0]])
    clouds = extract_activations(network, tokens, include_input=True)
    assert {name: cloud.shape for name, cloud in clouds.items()} == {
        "input": (3, 2), "0": (3, 3), "1": (3, 6), "2": (3, 2),
    }  # fmt: skip


def test_feature_maps_are_flattened():
    network = nn.Sequential(nn.Conv2d(1, 2, 3), nn.ReLU(), nn.Flatten())
    clouds = extract_activations(network, np.ones((5, 1, 6, 6)))
    assert [cloud.shape for cloud in clouds.values()] == [(5, 32)] * 3


@pytest.mark.parametrize(
    ("dtype", "expected"),
    [(torch.float64, np.float64), (torch.bfloat16, np.float32), (torch.float16, np.float32)],
)
def test_other_precisions(make_network, x, dtype, expected):
    network = make_network().to(dtype)
    cloud = extract_activations(network, x)["logits"]
    assert cloud.dtype == expected
    with torch.no_grad():
        assert_array_equal(cloud, network(x.to(dtype)).to(torch.float64).numpy())


def test_nested_outputs_give_their_first_tensor(x):
    class Recurrent(nn.Module):
        def __init__(self):
            super().__init__()
            self.lstm = nn.LSTM(4, 3, batch_first=True)

        def forward(self, inputs):
            return {"states": self.lstm(inputs[:, None])}

    clouds = extract_activations(Recurrent(), x)
    assert clouds["lstm"].shape == (30, 3)


@torch.no_grad()
def test_wrapped_and_compiled_networks(make_network, x):
    network = make_network()
    expected = extract_activations(network, x)
    compiled = torch.compile(make_network(), backend="eager")
    compiled(x)
    inner = nn.Sequential()
    for name, layer in make_network().named_children():
        inner.add_module(name, torch.compile(layer, backend="eager"))
    inner(x)
    in_place = make_network()
    in_place.compile(backend="eager")
    in_place(x)
    for wrapped in (compiled, inner, in_place, nn.DataParallel(make_network())):
        clouds = extract_activations(wrapped, x)
        assert list(clouds) == list(expected)
        for name, cloud in clouds.items():
            assert_array_equal(cloud, expected[name])


def test_device_is_restored(make_network, x):
    network = make_network()
    expected = extract_activations(network, x)
    for device in ("cpu", torch.device("cpu")):
        clouds = extract_activations(network, x, device=device)
        assert_array_equal(clouds["logits"], expected["logits"])
    with pytest.raises(ValueError, match="device='nowhere' cannot be used here"):
        extract_activations(network, x, device="nowhere")


def test_table(networks, probe):
    extractor = LayerActivationExtractor(probe, include_input=True, include_softmax=True)
    table = extractor.fit_transform(networks)
    assert table.dtype == object
    assert table.shape == (10, 7)
    names = ["input", "fc1", "act1", "fc2", "act2", "logits", "softmax"]
    assert extractor.get_feature_names_out().tolist() == names
    for i, network in enumerate(networks):
        clouds = extract_activations(network, probe, include_input=True, include_softmax=True)
        for j, name in enumerate(names):
            assert_array_equal(table[i, j], clouds[name])


def test_forms_of_a_list_of_networks(networks, probe):
    import pandas as pd

    array = np.empty(len(networks), dtype=object)
    array[:] = networks
    expected = LayerActivationExtractor(probe).fit_transform(networks)
    for given in (tuple(networks), array, pd.Series(networks), nn.ModuleList(networks).children()):
        given = list(given) if not hasattr(given, "__len__") else given
        table = LayerActivationExtractor(probe).fit_transform(given)
        assert_array_equal(table[3, 2], expected[3, 2])


def test_progress_bar_names_the_network(networks, probe, capsys):
    LayerActivationExtractor(probe).fit_transform(networks)
    assert capsys.readouterr().err == ""
    LayerActivationExtractor(probe, verbose=True).fit_transform(networks)
    shown = capsys.readouterr().err
    assert "Activations: 100%" in shown
    assert "network 9 (Sequential)" in shown


# Bad input


def test_unknown_layer_shows_the_closest(networks, probe):
    with pytest.raises(ValueError, match=r"network \(Sequential\): there is no layer 'fc_1'; did"):
        extract_activations(networks[0], probe, layers="fc_1")
    with pytest.raises(ValueError, match=r"network 0 \(Sequential\): there is no layer 'zzz'; the"):
        LayerActivationExtractor(probe, layers=["fc1", "zzz"]).fit(networks)


def test_layers_that_select_nothing(networks, probe):
    for layers in (nn.Conv2d, lambda name, module: False, []):
        with pytest.raises(ValueError, match="selects no layer"):
            extract_activations(networks[0], probe, layers=layers)
    for layers in (3, None, int):
        with pytest.raises(TypeError, match="layers must be"):
            extract_activations(networks[0], probe, layers=layers)


def test_layer_never_called(tower, x):
    with pytest.raises(ValueError, match="the forward pass never called 'unused'"):
        extract_activations(tower, x, layers=["head", "unused"])

    class Functional(nn.Module):
        def __init__(self):
            super().__init__()
            self.fc = nn.Linear(4, 2)

        def forward(self, inputs):
            return inputs @ self.fc.weight.T

    with pytest.raises(ValueError, match="never called 'fc'"):
        extract_activations(Functional(), x)


def test_networks_with_other_layers(networks, make_network, probe):
    extractor = LayerActivationExtractor(probe).fit(networks)
    with pytest.raises(ValueError, match=r"network 1 .* lacks \[\] and adds \['fc3', 'act3'\]"):
        extractor.transform([networks[0], make_network(0, (5, 5, 5))])
    with pytest.raises(ValueError, match=r"network 0 .* lacks \['fc2', 'act2'\]"):
        extractor.transform([make_network(0, (5,))])
    wide = make_network(0, (20, 3))
    assert extractor.transform([wide])[0, 0].shape == (30, 20)


def test_probe_that_does_not_fit(networks, make_network, probe):
    with pytest.raises(ValueError, match=r"network 0 .* failed at layer 'fc1' \(Linear\)"):
        LayerActivationExtractor(probe[:, :3]).fit(networks)
    odd = make_network(n_inputs=5)
    with pytest.raises(ValueError, match=r"network 2 .* shape \(4, 4\) .* Check that each row"):
        LayerActivationExtractor(probe).fit(networks).transform([*networks[:2], odd])


def test_no_probe(networks):
    with pytest.raises(ValueError, match="There is no probe"):
        LayerActivationExtractor().fit(networks)
    with pytest.raises(ValueError, match="at least one input"):
        LayerActivationExtractor(np.empty((0, 4))).fit(networks)
    with pytest.raises(ValueError, match="NaN or infinite"):
        LayerActivationExtractor([[np.nan] * 4]).fit(networks)
    with pytest.raises(TypeError, match="array or tensor of numbers"):
        LayerActivationExtractor([["a"] * 4]).fit(networks)
    with pytest.raises(ValueError, match="differ in shape"):
        LayerActivationExtractor([[1.0] * 4, [1.0]]).fit(networks)


def test_no_network(probe, networks):
    extractor = LayerActivationExtractor(probe)
    with pytest.raises(ValueError, match="X is empty"):
        extractor.fit([])
    with pytest.raises(TypeError, match=r"single Sequential; write \[network\]"):
        extractor.fit(networks[0])
    with pytest.raises(TypeError, match=r"network 1: expected a torch.nn.Module, .* got int"):
        extractor.fit([networks[0], 3])
    with pytest.raises(TypeError, match=r"single str; write \[network\]"):
        extractor.fit("network.pt")
    with pytest.raises(TypeError, match=r"an instance is needed, not the class"):
        extractor.fit([nn.Linear])
    with pytest.raises(TypeError, match="sequence of networks, got int"):
        extractor.fit(3)
    with pytest.raises(TypeError, match=r"one column of networks, .* shape \(3, 4\) and float64"):
        extractor.fit(np.zeros((3, 4)))


def test_unusable_networks(probe, make_network):
    lazy = nn.Sequential(nn.LazyLinear(3))
    with pytest.raises(ValueError, match=r"layer .0. .* uninitialised parameters"):
        extract_activations(lazy, probe)
    with pytest.warns(DeprecationWarning, match="torch.jit"):
        traced = torch.jit.trace(make_network(), torch.zeros(2, 4))
    with pytest.raises(TypeError, match="ScriptModule"):
        extract_activations(traced, probe)


def empty_parameter(network):
    network.fc2.to("meta")
    return r"layer 'fc2' \(Linear\) has \['weight', 'bias'\] on the meta device"


def empty_buffer(network):
    network.fc2.register_buffer("mask", torch.ones(3, device="meta"), persistent=False)
    return r"layer 'fc2' \(Linear\) has \['mask'\] on the meta device"


def empty_own_buffer(network):
    network.register_buffer("scale", torch.ones((), device="meta"))
    return r"it has \['scale'\] on the meta device"


def empty_output(network):
    network.fc2.register_forward_hook(lambda module, args, output: output.to("meta"))
    return r"layer 'fc2': its output is on the meta device"


def empty_logits(network):
    network.register_forward_hook(lambda module, args, output: output.to("meta"))
    return r"column 'logits': its output is on the meta device"


@pytest.mark.parametrize(
    "change", [empty_parameter, empty_buffer, empty_own_buffer, empty_output, empty_logits]
)
def test_meta_tensors_in_a_network(networks, probe, change):
    message = change(networks[1])
    extractor = LayerActivationExtractor(probe, layers="fc2", include_logits=True)
    if change is empty_logits:  # it would clash with the layer of this name
        for network in networks:
            network.add_module("output", network._modules.pop("logits"))
    with pytest.raises(ValueError, match=rf"network 1 \(Sequential\): {message}"):
        extractor.set_params(include_logits=change is empty_logits).fit_transform(networks)


def test_activations_that_are_not_finite(networks, probe):
    with torch.no_grad():
        networks[2].fc2.bias[0] = torch.nan
    with pytest.raises(ValueError, match=r"network 2 .*layer 'fc2'.* for 30 of 30 inputs"):
        LayerActivationExtractor(probe).fit_transform(networks)


def test_outputs_that_are_no_cloud(x):
    class Odd(nn.Module):
        def __init__(self, make):
            super().__init__()
            self.inner = nn.Identity()
            self.make = make

        def forward(self, inputs):
            return self.inner(self.make(inputs))

    for make, message in [
        (lambda a: "text", "has no tensor"),
        (lambda a: a.sum(), r"shape \(\) whatever the number of inputs"),
        (lambda a: a.repeat(2, 1), r"shape \(60, 4\) for a batch of 30"),
        (lambda a: a @ a.T, "more than one axis that counts inputs.* depend on each other"),
        (lambda a: a.argmax(1), "torch.int64, not floating point"),
        (lambda a: a.to(torch.complex64), "complex64, not floating point"),
    ]:
        with pytest.raises(ValueError, match=f"layer 'inner': .*{message}"):
            extract_activations(Odd(make), x)
    with pytest.raises(ValueError, match="'inner': batches differ, with 23 and 7 units"):
        extract_activations(
            Odd(lambda a: torch.ones(len(a), len(a))), x, batch_size=30 - 7, check=False
        )
    with pytest.raises(ValueError, match="include_softmax needs logits"):
        extract_activations(Odd(lambda a: a[:, :, None]), x, include_softmax=True)


def test_names_that_clash(probe):
    network = nn.Sequential()
    network.add_module("input", nn.Linear(4, 2))
    with pytest.raises(ValueError, match="layer called 'input' itself; use include_input=False"):
        extract_activations(network, probe, include_input=True)


@pytest.mark.parametrize(
    ("parameters", "error", "message"),
    [
        ({"batch_size": 0}, ValueError, "batch_size must be at least 1"),
        ({"batch_size": None}, TypeError, "batch_size must be an integer"),
        ({"max_points": 0}, ValueError, "max_points must be at least 1"),
        ({"call": "first"}, ValueError, r"call must be one of \['all', 'last'\]"),
    ],
)
def test_bad_parameters(networks, probe, parameters, error, message):
    with pytest.raises(error, match=message):
        LayerActivationExtractor(probe, **parameters).fit(networks)
    with pytest.raises(error, match=message):
        extract_activations(networks[0], probe, **parameters)


def test_units_as_points_are_the_transpose(make_network, x, tmp_path):
    labels = np.arange(len(x)) % 2
    network, options = make_network(), {"include_input": True, "include_softmax": True}
    for more in ({}, {"max_points": 7, "random_state": 0}, {"by_class": True}, {"spill": tmp_path}):
        more = {**options, **more, "probe_labels": labels if "by_class" in more else None}
        inputs = extract_activations(network, x, **more)
        units = extract_activations(network, x, **more, points="units")
        assert list(inputs) == list(units)
        for name, cloud in inputs.items():
            np.testing.assert_array_equal(units[name], cloud.T)
            assert units[name].flags.c_contiguous


def test_units_as_points_in_the_pipeline(make_network, x):
    extractor = LayerActivationExtractor(x, layers="act*", points="units", memory=None)
    clouds = extractor.fit_transform([make_network(), make_network(1)])
    diagrams = RipsPersistence((0,), metric="dependence").fit_transform(clouds)
    n_units = len(clouds[0, 0])
    of_units = np.corrcoef(clouds[0, 0])
    distances = 1 - np.abs(of_units)
    np.fill_diagonal(distances, 0)
    expected = rips_persistence(distances, (0,), metric="precomputed")[0]
    assert len(diagrams[0, 0]) == n_units
    np.testing.assert_allclose(diagrams[0, 0], expected, atol=1e-6)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"points": "neurons"}, "points must be one of"),
        (
            {"points": "units", "include_classes": True},
            "a class for each input, and points='units'",
        ),
    ],
)
def test_points_that_are_none(options, message, make_network, x):
    with pytest.raises(ValueError, match=message):
        extract_activations(make_network(), x, **options)
