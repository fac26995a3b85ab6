"""What a network is called with: entries that are inputs or targets, and batches of one's own."""

import pickle
from typing import NamedTuple

import numpy as np
import pandas as pd
import polars as pl
import pytest
import scipy.sparse
import torch
from numpy.testing import assert_allclose, assert_array_equal
from torch import nn
from torch.nn.utils.rnn import PackedSequence, pack_sequence
from torch.utils.data import DataLoader, Dataset, TensorDataset

from skactland import LayerActivationExtractor, Probe, extract_activations
from skactland.activations._arguments import as_arguments, call_arguments

TARGETS = ["label", "labels", "label_ids"]


class Calls(nn.Module):
    """A network of one layer whose forward is given, and which notes what it is called with."""

    def __init__(self, forward=None):
        super().__init__()
        self.layer = nn.Identity()
        if forward is not None:
            self.forward = forward


class Records(Dataset):
    """Items that are dictionaries."""

    def __init__(self, **columns):
        self.columns = columns

    def __len__(self):
        return len(next(iter(self.columns.values())))

    def __getitem__(self, i):
        return {name: column[i] for name, column in self.columns.items()}


@pytest.fixture
def x(probe):
    return torch.tensor(probe, dtype=torch.float32)


AS_PROBE = [
    lambda columns: columns,
    lambda columns: Records(**columns),
    lambda columns: DataLoader(Records(**columns), batch_size=4),
    lambda columns: DataLoader(Records(**columns), batch_sampler=[[0, 1], [2], range(3, 30)]),
]


# Targets and inputs


def conditional(key):
    """A network that cannot do without an entry called as targets are."""

    class Conditional(nn.Module):
        def __init__(self):
            super().__init__()
            self.layer = nn.Identity()

    scope = {}
    exec(f"def forward(self, x, {key}): return self.layer(x + {key}[:, None])", scope)
    Conditional.forward = scope["forward"]
    return Conditional()


@pytest.mark.parametrize("key", TARGETS)
@pytest.mark.parametrize("as_probe", AS_PROBE)
def test_what_forward_cannot_do_without_is_an_input(x, key, as_probe):
    classes = np.arange(30)
    found = extract_activations(conditional(key), as_probe({"x": x, key: classes}))["layer"]
    assert_array_equal(found, x + torch.tensor(classes)[:, None])


@pytest.mark.parametrize("key", TARGETS)
@pytest.mark.parametrize("as_probe", AS_PROBE)
@pytest.mark.parametrize("values", [np.arange(30), ["word"] * 30, [np.nan] * 30])
def test_what_forward_does_not_take_is_a_target(x, key, as_probe, values):
    network = Calls(lambda x: network.layer(x))
    found = extract_activations(network, as_probe({"x": x, key: values}))["layer"]
    assert_array_equal(found, x)


def optional(network, x, labels=None):
    return network.layer(x if labels is None else x + labels[:, None])


def any_keywords(network, **entries):
    return optional(network, **entries)


@pytest.mark.parametrize("forward", [optional, any_keywords])
@pytest.mark.parametrize("as_probe", AS_PROBE)
def test_what_may_be_either_is_asked(x, forward, as_probe):
    network = Calls(lambda **entries: forward(network, **entries))
    if forward is optional:
        network.forward = lambda x, labels=None: optional(network, x, labels)
    given = as_probe({"x": x, "labels": np.arange(30)})
    with pytest.raises(ValueError, match=r"entry 'labels' .*Probe\(inputs, ignore=\(\)\)"):
        extract_activations(network, given)
    found = extract_activations(network, Probe(given, ignore=()))["layer"]
    assert_array_equal(found, x + torch.arange(30)[:, None])
    found = extract_activations(network, Probe(given, ignore=("labels",)))["layer"]
    assert_array_equal(found, x)


def test_networks_of_transformers_are_not_shown_targets():
    from transformers import BertConfig, BertForSequenceClassification

    config = BertConfig(
        vocab_size=20,
        hidden_size=8,
        num_hidden_layers=1,
        num_attention_heads=2,
        intermediate_size=8,
        num_labels=3,
    )
    torch.manual_seed(0)
    network = BertForSequenceClassification(config).eval()
    tokens = torch.arange(12).reshape(4, 3)
    given = Records(input_ids=tokens, labels=[7, 8, 9, 10])  # no classes: their loss would fail
    found = extract_activations(network, given, layers="classifier")["classifier"]
    with torch.no_grad():
        assert_allclose(found, network(tokens).logits, rtol=1e-4, atol=1e-6)


def test_other_entries_may_be_left_out(x):
    network = Calls(lambda x: network.layer(x))
    columns = {"x": x, "text": ["some words"] * 30, "target": np.arange(30)}
    for as_probe in AS_PROBE:
        given = Probe(as_probe(columns), ignore=["text", "target"])
        assert_array_equal(extract_activations(network, given)["layer"], x)
        with pytest.raises(ValueError, match=r"ignore names \['word'\], but .*'text'"):
            extract_activations(network, Probe(as_probe(columns), ignore=["word"]))
    for given in (x, TensorDataset(x)):
        with pytest.raises(TypeError, match="is for entries of mappings"):
            extract_activations(network, Probe(given, ignore=("text",)))
    for ignore in ("text", 3, [1]):
        with pytest.raises(TypeError, match="ignore must be a sequence of names"):
            extract_activations(network, Probe(columns, ignore=ignore))


@pytest.mark.parametrize("as_probe", AS_PROBE)
def test_a_column_of_words_is_told_with_its_name(x, as_probe):
    with pytest.raises(TypeError, match=r"The probe's 'text' .*collate="):
        extract_activations(Calls(), as_probe({"x": x, "text": ["some words"] * 30}))


# Batches of one's own


class Bag(NamedTuple):
    values: torch.Tensor
    names: list


NESTED = {
    "floats": torch.ones(2),
    "indices": torch.arange(2),
    "mask": torch.ones(2, dtype=torch.bool),
    "inside": [(torch.ones(1), {"deep": torch.ones(1)}), "word", 0.5, None],
    "bag": Bag(torch.ones(2), ["a"]),
    "sparse": torch.eye(2).to_sparse(),
    "packed": pack_sequence([torch.ones(2, 3)]),
}


def test_only_floating_point_tensors_take_the_precision():
    found = as_arguments(NESTED, torch.float64, torch.device("cpu"))
    assert [found[key].dtype for key in ("floats", "indices", "mask", "sparse")] == [
        torch.float64,
        torch.int64,
        torch.bool,
        torch.float64,
    ]
    (first, mapping), *others = found["inside"]
    assert first.dtype == mapping["deep"].dtype == torch.float64
    assert others == ["word", 0.5, None]
    assert isinstance(found["bag"], Bag)
    assert found["bag"].values.dtype == torch.float64
    assert isinstance(found["packed"], PackedSequence)
    assert found["packed"].data.dtype == torch.float64
    assert as_arguments(NESTED, None, torch.device("cpu"))["floats"].dtype == torch.float32


@pytest.mark.parametrize(
    ("batch", "args", "kwargs"),
    [
        ((1, 2), (1, 2), {}),
        ([1, 2], ([1, 2],), {}),
        (({"a": 1},), ({"a": 1},), {}),
        ({"a": 1}, (), {"a": 1}),
        (NESTED["packed"], (NESTED["packed"],), {}),
        (NESTED["bag"], (NESTED["bag"],), {}),
    ],
)
def test_what_a_network_is_called_with(batch, args, kwargs):
    assert call_arguments(batch, Calls(lambda a: a)) == (args, kwargs)


def test_objects_that_know_how_to_move():
    class Graph:
        def to(self, device):
            self.device = device
            return self

    assert as_arguments([Graph()], torch.float64, torch.device("cpu"))[0].device.type == "cpu"


class Graphs(nn.Module):
    """Means over neighbours, and over the nodes of each graph of a batch."""

    def __init__(self):
        super().__init__()
        torch.manual_seed(0)
        self.node = nn.Linear(3, 4)
        self.pool = nn.Identity()

    def forward(self, x, edge_index, batch=None):
        hidden = self.node(torch.zeros_like(x).index_add(0, edge_index[1], x[edge_index[0]]))
        if batch is None:
            return hidden
        return self.pool(torch.zeros(int(batch.max()) + 1, 4).index_add(0, batch, hidden))


def make_graph(n_nodes, seed):
    rng = np.random.default_rng(seed)
    return {
        "x": torch.tensor(rng.normal(size=(n_nodes, 3)), dtype=torch.float32),
        "edge_index": torch.tensor(rng.integers(n_nodes, size=(2, 2 * n_nodes))),
    }


def join(graphs):
    """The usual batch of graphs: one graph that is their disjoint union."""
    sizes = [len(graph["x"]) for graph in graphs]
    starts = np.cumsum([0, *sizes[:-1]])
    return {
        "x": torch.cat([graph["x"] for graph in graphs]),
        "edge_index": torch.cat(
            [graph["edge_index"] + int(s) for graph, s in zip(graphs, starts, strict=True)], 1
        ),
        "batch": torch.repeat_interleave(torch.arange(len(graphs)), torch.tensor(sizes)),
    }


def test_batches_of_graphs():
    graphs = [make_graph(n, n) for n in (3, 5, 2, 7, 4)]
    network = Graphs()
    found = extract_activations(network, Probe(graphs, collate=join), layers="pool", batch_size=2)
    with torch.no_grad():
        expected = torch.cat([network(**join([graph])) for graph in graphs])
    assert_allclose(found["pool"], expected, rtol=1e-5, atol=1e-6)
    some = extract_activations(
        network,
        Probe(graphs, collate=join),
        layers="pool",
        probe_labels=list("abbab"),
        classes=["b"],
    )
    assert_allclose(some["pool"], expected[[1, 2, 4]], rtol=1e-5, atol=1e-6)


def test_nodes_of_one_graph():
    graph = make_graph(6, 0)
    network = Graphs()
    given = Probe(np.arange(6), collate=lambda nodes: graph)
    found = extract_activations(network, given, rows="dependent")["node"]
    with torch.no_grad():
        assert_allclose(found, network(**graph), rtol=1e-6)


@pytest.mark.parametrize(
    "inputs",
    [
        lambda x: x,
        lambda x: x.numpy(),
        lambda x: list(x),
        lambda x: tuple(x),
        lambda x: TensorDataset(x),
        lambda x: pd.Series(list(x.numpy()), index=range(100, 130)),
        lambda x: pd.DataFrame(x.numpy(), index=list("abcdefghij") * 3),
        lambda x: pl.Series(x.tolist()),
        lambda x: scipy.sparse.csr_array(x.numpy()),
    ],
)
def test_sequences_of_any_kind(make_network, x, inputs):
    def collate(items):
        if isinstance(items, pd.DataFrame):
            items = items.to_numpy(copy=True)
        elif isinstance(items, pd.Series):
            items = np.stack(items.to_list())
        elif scipy.sparse.issparse(items):
            items = items.toarray()
        elif isinstance(items, list):
            items = [torch.as_tensor(i[0] if isinstance(i, tuple) else i) for i in items]
            items = torch.stack(items)
        return torch.as_tensor(items)

    expected = extract_activations(make_network(), x)["fc1"]
    given = Probe(inputs(x), collate=collate)
    found = extract_activations(make_network(), given, batch_size=7)["fc1"]
    assert_allclose(found, expected, rtol=1e-5, atol=1e-6)


def test_words_constants_and_positions():
    class Encoder(nn.Module):
        def __init__(self):
            super().__init__()
            self.embed = nn.Embedding(30, 3)

        def forward(self, batch, time, *, scale):
            return scale * time * self.embed(batch["tokens"])

    texts = ["a", "bc", "def", ""]

    def collate(texts):
        tokens = [[ord(c) - 96 for c in text.ljust(3, "`")] for text in texts]
        return {"batch": {"tokens": torch.tensor(tokens)}, "time": 3, "scale": torch.tensor(2.0)}

    found = extract_activations(Encoder(), Probe(texts, collate=collate), tokens="flatten")
    assert found["embed"].shape == (4, 9)


def test_a_tokenizer_makes_batches():
    from tokenizers import Tokenizer, models, pre_tokenizers
    from transformers import PreTrainedTokenizerFast

    words = Tokenizer(models.WordLevel({"[PAD]": 0, "a": 1, "b": 2}, unk_token="a"))
    words.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer = PreTrainedTokenizerFast(tokenizer_object=words, pad_token="[PAD]")

    class Encoder(nn.Module):
        def __init__(self):
            super().__init__()
            self.embed = nn.Embedding.from_pretrained(torch.arange(3)[:, None] * torch.ones(2))

        def forward(self, input_ids, attention_mask, token_type_ids=None):
            return self.embed(input_ids)

    def collate(texts):
        return tokenizer(texts, padding=True, return_tensors="pt")

    texts = ["a b", "b", "a a b b", "a", "b b b"]
    found = extract_activations(Encoder(), Probe(texts, collate=collate), batch_size=2)["embed"]
    assert_allclose(found, np.outer([1.5, 2, 1.5, 1, 2], [1, 1]), rtol=1e-6)


def test_constants_and_items_stay_as_they_are():
    """A network may write to its inputs, and a collate function to its items."""
    constant = torch.full((2,), -1.0)
    items = [{"row": torch.full((2,), float(i)), "label": i} for i in range(4)]

    def collate(items):
        assert all(item.pop("label") == item["row"][0] for item in items)
        rows = torch.stack([item["row"].neg_() for item in items])
        return rows, constant

    class InPlace(Calls):
        def forward(self, rows, constant):
            return self.layer(rows + constant.relu_())

    networks = [InPlace() for _ in range(3)]
    for network in networks[1:]:
        network.load_state_dict(networks[0].state_dict())
    table = LayerActivationExtractor(Probe(items, collate=collate)).fit_transform(networks)
    for i in range(3):
        assert_array_equal(table[i, 0], -np.arange(4)[:, None] * np.ones(2))
    assert (constant == -1).all()
    assert items[3]["label"] == 3
    assert (items[3]["row"] == 3).all()


def test_the_cache_knows_the_function(tmp_path, networks, x):
    def read(collate):
        given = Probe(np.arange(30), collate=collate)
        return extract_activations(networks[0], given, memory=tmp_path, layers="fc1")["fc1"]

    one = read(lambda i: x[i])
    assert_array_equal(read(lambda i: x[i]), one)
    other = read(lambda i: 2 * x[i])
    assert not np.allclose(one, other)
    unseen = (i for i in range(3))
    with pytest.warns(UserWarning, match=r"not cached, as .*generator"):
        read(lambda i: x[i] if unseen is not None else None)


def test_a_probe_with_collate_pickles():
    copy = pickle.loads(pickle.dumps(Probe([make_graph(3, 0)], collate=join)))
    assert copy.collate is join
    extractor = LayerActivationExtractor(copy, layers="pool").fit([Graphs()])
    again = pickle.loads(pickle.dumps(extractor))
    assert_array_equal(again.transform([Graphs()])[0, 0], extractor.transform([Graphs()])[0, 0])


@pytest.mark.parametrize(
    ("given", "error", "message"),
    [
        (lambda x: Probe(x, collate=3), TypeError, "collate must be callable, got 3"),
        (lambda x: Probe(DataLoader(x), collate=list), TypeError, r"loader\.dataset, collate"),
        (lambda x: Probe({"x": x}, collate=list), TypeError, "are a sequence: .* Got dict"),
        (lambda x: Probe(iter(x), collate=list), TypeError, "are a sequence: .*list of its items"),
        (lambda x: Probe("words", collate=list), TypeError, "are a sequence"),
        (lambda x: Probe([], collate=list), ValueError, "probe is empty"),
        (lambda x: Probe([1], collate=list, ignore=()), ValueError, "no use beside collate"),
        (
            lambda x: Probe([1, 2], collate=lambda items: items[9]),
            IndexError,
            "collate, of items 0 to 1 of the probe: list index out of range",
        ),
    ],
)
def test_bad_ways_to_make_batches(make_network, x, given, error, message):
    with pytest.raises(error, match=message):
        extract_activations(make_network(), given(x))


def test_what_is_no_array_is_no_column_of_inputs():
    given = Probe([1, 2], collate=lambda items: ([torch.zeros(2, 3)], {"a": len(items)}, None))
    with pytest.raises(ValueError, match="include_input needs a probe of one array"):
        extract_activations(Calls(lambda *many: many), given, include_input=True)


# Inputs of odd kinds


@pytest.mark.parametrize(
    "given",
    [
        lambda x: list(x),
        lambda x: [row.requires_grad_() for row in x.clone()],
        lambda x: pd.DataFrame(x.numpy()),
        lambda x: pd.DataFrame(x.numpy()).convert_dtypes(),
        lambda x: pl.DataFrame(x.numpy()),
        lambda x: x.numpy().astype(object),
        lambda x: np.ma.array(x.numpy()),
        lambda x: x.tolist(),
        lambda x: Records(input=x.numpy()),
    ],
)
def test_odd_kinds_of_rows(make_network, x, given):
    expected = extract_activations(make_network(), x)["fc1"]
    assert_array_equal(extract_activations(make_network(), given(x))["fc1"], expected)


class Foreign:
    """A dataset of a package that knows nothing of torch's class."""

    def __init__(self, rows):
        self.rows = rows

    def __len__(self):
        return len(self.rows)

    def __getitem__(self, i):
        return {"input": self.rows[i], "label": int(i)}


def test_a_dataset_of_another_package(make_network, x):
    expected = extract_activations(make_network(), x)["fc1"]
    assert_array_equal(extract_activations(make_network(), Foreign(x))["fc1"], expected)


@pytest.mark.parametrize("kind", [np.complex64, torch.complex64])
def test_complex_inputs(kind):
    values = np.array([[1 + 2j], [3 - 1j]])
    given = torch.tensor(values, dtype=kind) if kind is torch.complex64 else values.astype(kind)

    class Absolute(Calls):
        def forward(self, z):
            return self.layer(z.abs())

    found = extract_activations(Absolute(), given)["layer"]
    assert_allclose(found, np.abs(values), rtol=1e-6)


ODD = [
    (lambda x: scipy.sparse.csr_array(x.numpy()), r"sparse matrix; write .toarray\(\)"),
    (lambda x: x.to_sparse(), r"sparse tensor; write .to_dense\(\)"),
    (lambda x: torch.nested.nested_tensor([x[:3], x[:2]]), "nested tensor; use"),
    (
        lambda x: torch.quantize_per_tensor(x, 0.1, 0, torch.qint8),
        r"quantised tensor; write .dequantize\(\)",
    ),
    (lambda x: ["some", "words"], "must be an array or tensor of numbers.* dtype <U5"),
    (lambda x: "words", "must be an array or tensor"),
    (lambda x: (row for row in x), "got generator"),
    (lambda x: {3, 4}, "got set"),
    (lambda x: [[1.0, 2], [3]], "inputs differ in shape: .*Pad them"),
    (lambda x: [x[0], x[1, :3]], r"inputs differ in shape: \[\(3,\), \(4,\)\]; pad them"),
    (lambda x: np.array([{"a": 1}], dtype=object), "dtype object"),
    (lambda x: np.array(["2020-01-01"], dtype="M8[D]"), r"dtype datetime64"),
    (lambda x: Records(x=[torch.ones(2), torch.ones(3)]), "items make no batch"),
    (lambda x: Records(x=[1, None]), "items make no batch"),
]


@pytest.mark.filterwarnings("ignore:The PyTorch API of nested tensors")
@pytest.mark.filterwarnings("ignore:torch.quantize_per_tensor")
@pytest.mark.parametrize(("given", "message"), ODD)
def test_what_is_no_probe_is_told_with_the_remedy(make_network, x, given, message):
    with pytest.raises((TypeError, ValueError), match=message) as caught:
        extract_activations(make_network(), given(x))
    assert "Probe(inputs, collate=...)" in str(caught.value)


def test_batches_of_a_loader_that_differ_in_shape(make_network):
    rows = [torch.zeros(1, 3), torch.zeros(1, 4)]
    loader = DataLoader(rows, batch_size=None, sampler=[0, 1])
    with pytest.raises(ValueError, match=r"inputs of different shapes, .*pad all to one length"):
        extract_activations(make_network(), loader)


# Labels of inputs


@pytest.mark.parametrize(
    ("labels", "error", "message"),
    [
        ([0, np.nan] * 15, ValueError, "label of input 1 is missing"),
        ([0, 0, None] * 10, ValueError, "label of input 2 is missing"),
        (["a", np.nan] * 15, ValueError, "label of input 1 is missing"),
        (pd.Series([1, pd.NA] * 15, dtype="Int64"), ValueError, "label of input 1 is missing"),
        (np.ma.array([0, 1] * 15, mask=[1, 0] * 15), ValueError, "label of input 0 is missing"),
        (["a", 1] * 15, TypeError, "must be of one type"),
        ([[0], [0, 1]] * 15, ValueError, r"one label an input; input 0 has \[0\]"),
        (np.zeros((30, 1)), ValueError, r"got shape \(30, 1\)"),
        (3, ValueError, "one label for each"),
        ("a", ValueError, "one label for each"),
    ],
)
def test_bad_labels_of_inputs(make_network, x, labels, error, message):
    with pytest.raises(error, match=message):
        extract_activations(make_network(), x, probe_labels=labels, by_class=True)


@pytest.mark.parametrize(
    "labels",
    [
        np.arange(30) % 2.0,
        torch.arange(30) % 2,
        (np.arange(30) % 2).astype(bool),
        (np.arange(30) % 2).astype(np.uint8),
        pd.Series(np.arange(30) % 2, index=range(7, 37)),
        (np.arange(30) % 2).tolist(),
    ],
)
def test_kinds_of_labels(make_network, x, labels):
    found = extract_activations(
        make_network(), x, layers="fc1", probe_labels=labels, classes=[1], by_class=True
    )
    (cloud,) = found.values()
    expected = extract_activations(make_network(), x)["fc1"][1::2]
    assert_allclose(cloud, expected, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"by_class": []}, TypeError, r"by_class must be True or False, got \[\]"),
        ({"by_class": "yes"}, TypeError, "by_class must be True or False"),
        ({"random_state": "x"}, ValueError, "random_state: 'x' cannot be used to seed"),
        ({"max_points": 0}, ValueError, "max_points must be at least 1"),
        ({"max_points": 2.5}, TypeError, "max_points must be an integer"),
        ({"max_points": True}, TypeError, "max_points must be an integer"),
        ({"classes": "a"}, ValueError, r"classes must be a list .*\[0, 1\]"),
        ({"classes": {0, 1}}, ValueError, "classes must be a list"),
        ({"classes": [[0], [0, 1]]}, ValueError, "classes must be a list"),
        ({"classes": [[0, 1]]}, ValueError, "classes must be a list"),
        ({"classes": ["0"]}, ValueError, "classes must be a list"),
    ],
)
def test_bad_choices_of_inputs(make_network, x, options, error, message):
    with pytest.raises(error, match=message):
        extract_activations(make_network(), x, probe_labels=np.arange(30) % 2, **options)
