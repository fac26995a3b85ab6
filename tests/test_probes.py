"""What is shown to a network, and how its outputs become points."""

import pickle
from typing import ClassVar

import numpy as np
import pytest
import torch
from numpy.testing import assert_allclose, assert_array_equal
from torch import nn
from torch.utils.data import (
    DataLoader,
    Dataset,
    IterableDataset,
    RandomSampler,
    SubsetRandomSampler,
    TensorDataset,
)

from skactland import LayerActivationExtractor, Probe, extract_activations


class Rows(IterableDataset):
    def __init__(self, rows):
        self.rows = rows

    def __iter__(self):
        return iter(self.rows)


class Records(Dataset):
    """Items that are dictionaries, with their targets."""

    def __init__(self, rows):
        self.rows = rows

    def __len__(self):
        return len(self.rows)

    def __getitem__(self, i):
        return {"input": self.rows[i], "labels": i}


@pytest.fixture
def x(probe):
    return torch.tensor(probe, dtype=torch.float32)


def subset(x, rows):
    return DataLoader(TensorDataset(x), batch_size=4, sampler=SubsetRandomSampler(rows))


@pytest.mark.parametrize(
    "wrap",
    [
        lambda x: TensorDataset(x),
        lambda x: TensorDataset(x, torch.arange(30)),
        lambda x: DataLoader(TensorDataset(x, torch.arange(30)), batch_size=7, shuffle=True),
        lambda x: DataLoader(TensorDataset(x), batch_size=7, drop_last=True),
        lambda x: Rows(x),
        lambda x: DataLoader(Rows(x), batch_size=4),
        lambda x: {"input": x},
        lambda x: {"input": x.numpy(), "labels": np.arange(30)},
        lambda x: Records(x),
        lambda x: DataLoader(Records(x), batch_size=4),
        lambda x: Probe(DataLoader(TensorDataset(x))),
    ],
)
def test_kinds_of_probe(make_network, x, wrap):
    expected = extract_activations(make_network(), x)
    for name, cloud in extract_activations(make_network(), wrap(x)).items():
        assert_array_equal(cloud, expected[name])


def test_custom_samplers_are_respected(make_network, x):
    cloud = extract_activations(make_network(), subset(x, [3, 8, 20]))["fc1"]
    expected = extract_activations(make_network(), x[[3, 8, 20]])["fc1"]
    assert_allclose(sorted(cloud[:, 0]), sorted(expected[:, 0]), rtol=1e-6)


def test_only_drawn_items_of_a_dataset_are_read(make_network, x):
    class Counting(TensorDataset):
        read: ClassVar = set()

        def __getitem__(self, i):
            Counting.read.add(i)
            return super().__getitem__(i)

    extract_activations(make_network(), Counting(x), max_points=5)
    assert len(Counting.read) == 5


def test_bad_probes(make_network, x):
    with pytest.raises(ValueError, match=r"differ in length: \{'input': 30, 'mask': 3\}"):
        extract_activations(make_network(), {"input": x, "mask": x[:3]})
    for empty in (TensorDataset(x[:0]), Rows(x[:0]), {}, {"input": x[:0]}):
        with pytest.raises(ValueError, match="probe is empty"):
            extract_activations(make_network(), empty)
    with pytest.raises(ValueError, match="The probe's 'input' contains NaN"):
        extract_activations(make_network(), {"input": x * torch.nan})
    with pytest.raises(ValueError, match=r"shape \(4, 3\)"):
        extract_activations(make_network(), {"input": x[:, :3]})
    with pytest.raises(ValueError, match="include_input needs a probe of one array"):
        extract_activations(make_network(), {"input": x}, include_input=True)


# Classes


def test_classes_restrict_the_probe(networks, x):
    labels = np.arange(30) % 3
    extractor = LayerActivationExtractor(x, probe_labels=labels, classes=[2, 0])
    table = extractor.fit_transform(networks)
    assert_array_equal(extractor.probe_indices_, np.flatnonzero(labels != 1))
    expected = extract_activations(networks[4], x[labels != 1])
    assert_allclose(table[4, 0], expected["fc1"], rtol=1e-6)


def test_a_column_for_each_layer_and_class(networks, x):
    labels = np.array(["a", "b", "c"])[np.arange(30) % 3]
    extractor = LayerActivationExtractor(
        x, layers=["fc1", "logits"], probe_labels=labels, by_class=True, batch_size=8
    )
    table = extractor.fit_transform(networks)
    names = ["fc1__classa", "fc1__classb", "fc1__classc"]
    assert extractor.layer_names_[:3] == names
    expected = extract_activations(networks[2], x, batch_size=8)
    for j, label in enumerate("abc"):
        assert_array_equal(table[2, j], expected["fc1"][labels == label])
    some = extract_activations(
        networks[0], x, layers="fc1", probe_labels=labels, classes=["c"], by_class=True
    )
    assert list(some) == ["fc1__classc"]


def test_max_points_are_drawn_from_the_classes(networks, x):
    labels = np.arange(30) % 3
    options = {"probe_labels": labels, "classes": [1], "max_points": 4, "random_state": 0}
    indices = LayerActivationExtractor(x, **options).fit(networks).probe_indices_
    assert len(set(indices)) == 4
    assert (labels[indices] == 1).all()


def test_bad_labels(networks, x):
    labels = np.arange(30) % 3
    for options in ({"classes": [1]}, {"by_class": True}):
        with pytest.raises(ValueError, match="need probe_labels"):
            LayerActivationExtractor(x, **options).fit(networks)
    with pytest.raises(ValueError, match="one label for each of the 30 inputs"):
        LayerActivationExtractor(x, probe_labels=labels[:5]).fit(networks)
    for classes in ([5], [], 1, [1, 1]):
        with pytest.raises(ValueError, match=r"labels that the probe has, \[0, 1, 2\]"):
            LayerActivationExtractor(x, probe_labels=labels, classes=classes).fit(networks)
    with pytest.raises(ValueError, match="None of the 2 inputs drawn is of class"):
        LayerActivationExtractor(x, probe_labels=labels, by_class=True, max_points=2).fit(networks)


# From outputs to points


def test_feature_maps():
    network = nn.Sequential(nn.Conv2d(2, 3, 2))
    images = np.random.default_rng(0).normal(size=(5, 2, 4, 5)).astype(np.float32)
    with torch.no_grad():
        maps = network(torch.tensor(images))
    for how, expected in {
        "flatten": maps.reshape(5, -1),
        "gap": maps.mean((2, 3)),
        "positions": maps.permute(0, 2, 3, 1).reshape(-1, 3),
    }.items():
        found = extract_activations(network, images, feature_map=how)["0"]
        assert_allclose(found, expected.numpy(), rtol=1e-6)


class Tokens(nn.Module):
    """Hands its inputs through, and takes a mask."""

    def __init__(self):
        super().__init__()
        self.inner = nn.Identity()

    def forward(self, tokens, attention_mask=None):
        return self.inner(tokens)


@pytest.mark.parametrize("padding", ["none", "left", "right"])
def test_tokens(padding):
    tokens = np.random.default_rng(0).normal(size=(6, 4, 3)).astype(np.float32)
    lengths = np.array([4, 1, 2, 3, 4, 2])
    keep = np.arange(4) < lengths[:, None]
    if padding == "left":
        keep = keep[:, ::-1]
    probe = {"tokens": tokens, "attention_mask": keep.astype(int)}
    if padding == "none":
        keep = np.ones((6, 4), dtype=bool)
        probe = tokens
    kept = [row[k] for row, k in zip(tokens, keep, strict=True)]
    for how, expected in {
        "mean": [row.mean(0) for row in kept],
        "cls": [row[0] for row in kept],
        "last": [row[-1] for row in kept],
        "flatten": tokens.reshape(6, -1),
        "positions": np.concatenate(kept),
    }.items():
        options = {"tokens": how, "layout": "channels_last", "batch_size": 4}
        found = extract_activations(Tokens(), probe, **options)["inner"]
        assert_allclose(found, expected, rtol=1e-6)


def test_positions_by_class():
    tokens = np.random.default_rng(0).normal(size=(6, 4, 3)).astype(np.float32)
    keep = np.arange(4) < np.array([4, 1, 2, 3, 4, 2])[:, None]
    clouds = extract_activations(
        Tokens(),
        {"tokens": tokens, "attention_mask": keep},
        tokens="positions",
        layout="channels_last",
        probe_labels=[0, 1, 0, 1, 0, 1],
        by_class=True,
        batch_size=4,
    )
    assert_array_equal(clouds["inner__class1"], tokens[1::2][keep[1::2]])


def test_output_by_key_index_and_callable(x):
    class Many(nn.Module):
        def forward(self, inputs):
            return {"first": inputs, "second": (2 * inputs, 3 * inputs)}

    network = nn.ModuleDict({"many": Many()})
    network.forward = lambda inputs: network["many"](inputs)
    for output, factor in [
        (None, 1),
        ("second", 2),
        (lambda out: out["second"][1], 3),
        (1, 2),
        (-2, 1),
    ]:
        cloud = extract_activations(network, x, output=output)["many"]
        assert_array_equal(cloud, factor * x.numpy())
    for output in ("no such key", 2):
        with pytest.raises(
            ValueError, match=rf"part {output!r}; .*'many' has \['first', 'second'\]"
        ):
            extract_activations(network, x, output=output)


def test_output_applies_to_logits_and_not_to_the_input(make_network, x):
    clouds = extract_activations(
        nn.Sequential(make_network()),
        x,
        layers="0.fc1",
        include_input=True,
        include_logits=True,
        output=lambda output: 2 * output,
    )
    expected = extract_activations(
        nn.Sequential(make_network()), x, layers="0.fc1", include_input=True, include_logits=True
    )
    assert_array_equal(clouds["0.fc1"], 2 * expected["0.fc1"])
    assert_array_equal(clouds["logits"], 2 * expected["logits"])
    assert_array_equal(clouds["input"], expected["input"])


def test_logits_in_a_dictionary(x):
    class Head(nn.Module):
        def __init__(self):
            super().__init__()
            self.fc = nn.Linear(4, 3)

        def forward(self, inputs):
            return {"hidden": inputs, "logits": self.fc(inputs)}

    clouds = extract_activations(Head(), x, include_logits=True, include_softmax=True)
    assert_array_equal(clouds["logits"], clouds["fc"])
    assert_allclose(clouds["softmax"].sum(1), 1, rtol=1e-6)


class Wave(nn.Sequential):
    """Convolutions over time, then an LSTM: channels first, and then last."""

    def __init__(self):
        super().__init__()
        self.conv = nn.Conv1d(2, 3, 2)
        self.act = nn.ReLU()
        self.lstm = nn.LSTM(3, 5, batch_first=True)
        self.drop = nn.Dropout()

    def forward(self, x):
        return self.drop(self.lstm(self.act(self.conv(x)).transpose(1, 2))[0])


def test_one_dimensional_convolutions_give_feature_maps():
    torch.manual_seed(0)
    network, x = Wave().eval(), torch.randn(6, 2, 9)
    with torch.no_grad():
        conv = network.conv(x)
        lstm = network.lstm(conv.relu().transpose(1, 2))[0]
    for layers in ("leaf", ["act", "drop"]):
        clouds = extract_activations(network, x, layers=layers, feature_map="gap", tokens="last")
        assert_allclose(clouds["act"], conv.relu().mean(2), rtol=1e-6)
        assert_allclose(clouds["drop"], lstm[:, -1], rtol=1e-5, atol=1e-7)
    assert_allclose(clouds["act"].shape, (6, 3))


def test_inputs_without_tokens():
    tokens = np.zeros((6, 4, 3), dtype=np.float32)
    keep = np.ones((6, 4), dtype=int)
    keep[5] = 0
    probe = {"tokens": tokens, "attention_mask": keep}
    with pytest.raises(ValueError, match="'attention_mask' leaves input 5 of the probe no token"):
        extract_activations(Tokens(), probe, batch_size=4, layout="channels_last")


# Loaders and datasets


def test_a_batch_sampler_of_ones_own_is_respected(make_network, x):
    loader = DataLoader(TensorDataset(x), batch_sampler=[[3, 8], [20]])
    cloud = extract_activations(make_network(), loader)["fc1"]
    assert_array_equal(cloud, extract_activations(make_network(), x[[3, 8, 20]])["fc1"])


def test_drawing_with_replacement_is_respected(make_network, x):
    sampler = RandomSampler(x, replacement=True, generator=torch.Generator().manual_seed(0))
    cloud = extract_activations(make_network(), DataLoader(TensorDataset(x), sampler=sampler))
    assert len(np.unique(cloud["fc1"], axis=0)) < len(x) == len(cloud["fc1"])


def test_inputs_are_drawn_once_for_all_networks(make_network, x):
    extractor = LayerActivationExtractor(subset(x, range(20)), max_points=9).fit([make_network()])
    table = extractor.transform([make_network(), make_network()])
    assert_array_equal(table[0, 0], table[1, 0])
    assert_array_equal(table[0, 0], extractor.transform([make_network()])[0, 0])
    copy = pickle.loads(pickle.dumps(extractor))
    assert_array_equal(copy.transform([make_network()])[0, 0], table[0, 0])


def test_labels_cannot_be_told_to_drawn_inputs(make_network, x):
    with pytest.raises(ValueError, match="draws inputs at random"):
        extract_activations(make_network(), subset(x, [1, 2]), probe_labels=[0, 1])


class Augmented(TensorDataset):
    """Adds noise from one source or another each time that an item is read."""

    def __init__(self, x, noise):
        super().__init__(x)
        self.noise = noise

    def __getitem__(self, i):
        return super().__getitem__(i)[0] + self.noise()


def test_augmentation_is_the_same_for_all_networks(make_network, x):
    networks = [make_network(), make_network()]
    before = torch.get_rng_state()
    dataset = Augmented(x, lambda: torch.randn(4))
    table = LayerActivationExtractor(dataset, batch_size=7).fit_transform(networks)
    assert_array_equal(table[0, 0], table[1, 0])
    assert not np.allclose(table[0, 0], extract_activations(networks[0], x)["fc1"])
    assert torch.equal(torch.get_rng_state(), before)


def test_bad_items_of_a_dataset(make_network, x):
    x = x.clone()
    x[3, 1] = torch.nan
    with pytest.raises(ValueError, match="The probe contains NaN"):
        extract_activations(make_network(), TensorDataset(x))


def test_other_kinds_of_numbers(make_network, x):
    expected = extract_activations(make_network(), x)["fc1"]
    for dtype in (">f4", ">f8", np.longdouble):
        given = x.numpy().astype(dtype)
        assert_array_equal(extract_activations(make_network(), given)["fc1"], expected)
    with pytest.raises(TypeError, match=r"tuple of arrays; .* give a dictionary"):
        extract_activations(make_network(), (x, x))


def test_default_device_does_not_matter(make_network, x):
    expected = extract_activations(make_network(), x)["fc1"]
    network = make_network()
    with torch.device("meta"):
        assert_array_equal(extract_activations(network, x)["fc1"], expected)


def test_logits_and_softmax(make_network, x):
    network = nn.Sequential(make_network(), nn.Identity())
    clouds = extract_activations(
        network, x, layers="0.fc1", include_logits=True, include_softmax=True
    )
    assert list(clouds) == ["0.fc1", "logits", "softmax"]
    with torch.no_grad():
        assert_array_equal(clouds["logits"], network(x).numpy())
        assert_array_equal(clouds["softmax"], network(x).softmax(1).numpy())


# Which layers


def test_renamed_layers(make_network, x):
    clouds = extract_activations(make_network(), x, layers={"fc2": "second", "fc1": "first"})
    assert list(clouds) == ["first", "second"]
    for layers, message in [
        ({"fc*": "fc"}, "must map the name of one layer"),
        ({"fc1": 3}, "must map the name of one layer"),
        ({"fc1": "a", "fc2": "a"}, "two layers one name"),
        ({"fc9": "a"}, "there is no layer 'fc9'"),
    ]:
        with pytest.raises(ValueError, match=message):
            extract_activations(make_network(), x, layers=layers)


def test_networks_of_different_depth_share_columns(make_network, x):
    shallow, deep = make_network(0, (8,)), make_network(0, (8, 7, 6, 5))
    extractor = LayerActivationExtractor(x, n_layers=3, include_input=True, include_softmax=True)
    table = extractor.fit_transform([shallow, deep])
    assert extractor.layer_names_ == ["input", "depth0", "depth1", "depth2", "softmax"]
    expected = extract_activations(deep, x)
    for j, name in enumerate(["fc1", "fc3", "logits"]):
        assert_array_equal(table[1, 1 + j], expected[name])
    linear = extract_activations(deep, x, layers=nn.Linear, n_layers=2)
    assert_array_equal(linear["depth1"], expected["logits"])
    with pytest.raises(ValueError, match=r"network 0 .*: n_layers=4, but it has only 3"):
        LayerActivationExtractor(x, n_layers=4).fit([shallow])


def test_forward_passes_end_at_the_last_layer_wanted(make_network, x):
    ran = []
    network = make_network()
    network.logits.register_forward_hook(lambda *args: ran.append(len(args[2])))
    expected = extract_activations(make_network(), x, layers="act1", batch_size=8)
    found = extract_activations(network, x, layers="act1", batch_size=8)
    assert ran == [4], "the first look, which tells the order"
    assert_array_equal(found["act1"], expected["act1"])
    ran.clear()
    extract_activations(network, x, layers="act1", batch_size=8, include_softmax=True)
    assert ran == [4, 8, 8, 8, 6]


def test_no_early_end_inside_a_network_that_catches_errors(x):
    class Catching(nn.Module):
        def __init__(self):
            super().__init__()
            self.fc = nn.Linear(4, 2)

        def forward(self, inputs):
            try:
                return self.fc(inputs)
            except Exception:
                return self.fc(0 * inputs)

    network = Catching()
    with torch.no_grad():
        expected = network(x).numpy()
    assert_allclose(extract_activations(network, x, batch_size=7)["fc"], expected, rtol=1e-5)


class Empty(torch.utils.data.Dataset):
    """Inputs that have a shape alone."""

    def __len__(self):
        return 3

    def __getitem__(self, i):
        return torch.zeros(4, device="meta")


@pytest.mark.parametrize(
    ("given", "name"),
    [
        (torch.zeros(3, 4, device="meta"), "The probe"),
        ({"input": torch.zeros(3, 4, device="meta")}, "The probe's 'input'"),
        (Empty(), "The probe"),
        (torch.utils.data.DataLoader(Empty(), batch_size=2), "The probe"),
    ],
)
def test_probes_on_the_meta_device(make_network, given, name):
    with pytest.raises(ValueError, match=f"{name} is on the meta device, without values; make it"):
        extract_activations(make_network(), given)


@pytest.mark.parametrize("as_probe", [lambda values: values, lambda values: {"input": values}])
def test_masked_values_are_refused(as_probe):
    values = np.ma.array([[1.0, 2], [1e6, 3]], mask=[[0, 0], [1, 0]])
    with pytest.raises(TypeError, match="1 masked values; drop those inputs"):
        extract_activations(torch.nn.Sequential(torch.nn.Identity()), as_probe(values))
