"""Networks that no one here wrote: the values are those of a forward pass by hand, bit for bit."""

import pytest
import torch
from foreign import F, Network, hear, pool_map, pool_tokens, read
from numpy.testing import assert_allclose, assert_array_equal
from torch import nn
from transformers import (
    BertConfig,
    BertForSequenceClassification,
    ResNetConfig,
    ResNetForImageClassification,
)

from skactland import LayerActivationExtractor, RipsPersistence, extract_activations

SMALL = {
    "hidden_size": 16,
    "num_hidden_layers": 3,
    "num_attention_heads": 2,
    "intermediate_size": 32,
}


def assert_all_as_heard(network, probe, layers):
    """Hold the default to what plain hooks hear: these layers, each bit for bit."""
    clouds, told = read(network, probe, tokens="flatten")
    heard = hear(network, probe)
    assert (list(clouds), told) == (layers, [])
    for name, cloud in clouds.items():
        assert_array_equal(cloud, heard.last[name].flatten(1).numpy(), err_msg=name)


@pytest.fixture(autouse=True)
def seed():
    torch.manual_seed(0)


@pytest.fixture
def images():
    return torch.randn(9, 3, 16, 16)


@pytest.fixture
def text():
    mask = torch.ones(9, 7, dtype=torch.long)
    mask[1, 3:] = mask[4, 5:] = 0
    return {"input_ids": torch.randint(0, 50, (9, 7)), "attention_mask": mask}


def test_bert_with_labels_in_the_probe_gives_logits_not_the_loss(text):
    network = BertForSequenceClassification(BertConfig(vocab_size=50, num_labels=4, **SMALL))
    labelled = {**text, "labels": torch.zeros(9, dtype=torch.long)}
    clouds = extract_activations(network, labelled, layers="classifier", include_logits=True)
    assert_array_equal(clouds["logits"], clouds["classifier"])


@pytest.mark.parametrize("training", [True, False])
def test_resnet(images, training):
    config = ResNetConfig(embedding_size=8, hidden_sizes=[8, 12], depths=[1, 2], layer_type="basic")
    network = ResNetForImageClassification(config)
    network(images)  # moves the running statistics
    names = ["resnet.encoder.stages.0", "resnet.encoder.stages.1"]
    expected = hear(network, images).last
    network.train(training)
    statistics = {k: v.clone() for k, v in network.state_dict().items()}
    clouds = extract_activations(network, images, layers="resnet.encoder.stages.*", n_layers=2)
    for name, column in zip(names, ["depth0", "depth1"], strict=True):
        assert_array_equal(clouds[column], expected[name].flatten(1).numpy())
    assert all(module.training == training for module in network.modules())
    for name, value in network.state_dict().items():
        assert torch.equal(value, statistics[name]), name


def test_every_leaf_of_a_resnet_with_in_place_activations(images):
    """Each layer's input, recorded as the one before left it, gives its output again."""
    network = nn.Sequential(
        nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.ReLU(inplace=True), nn.Conv2d(4, 2, 3),
        nn.LeakyReLU(0.1, inplace=True), nn.Flatten(), nn.Linear(288, 3),
    )  # fmt: skip
    clouds = extract_activations(network, images, include_input=True)
    network.eval()
    value = images
    for (name, cloud), layer in zip(list(clouds.items())[1:], network, strict=True):
        with torch.no_grad():
            value = layer(value.clone())
        assert_array_equal(cloud, value.flatten(1).numpy(), err_msg=name)


@pytest.mark.filterwarnings("ignore:The PyTorch API of nested tensors")
def test_transformer_encoder_with_a_padding_mask():
    class Padded(nn.Module):
        def __init__(self):
            super().__init__()
            layer = nn.TransformerEncoderLayer(8, 2, 16, batch_first=True)
            self.encoder = nn.TransformerEncoder(layer, 2)

        def forward(self, tokens, padding):
            return self.encoder(tokens, src_key_padding_mask=padding)

    network, tokens = Padded(), torch.randn(9, 5, 8)
    padding = torch.zeros(9, 5, dtype=torch.bool)
    padding[0, 3:] = padding[4, 1:] = True
    clouds = extract_activations(
        network, {"tokens": tokens, "padding": padding}, layers="**.layers.*"
    )
    for name, cloud in clouds.items():  # a sequence's mean does not depend on the others' padding
        for i in (0, 4, 5):
            kept = tokens[i : i + 1, ~padding[i]]
            alone = extract_activations(
                network,
                {"tokens": kept, "padding": torch.zeros(kept.shape[:2]).bool()},
                layers=name,
            )
            assert_allclose(cloud[i], alone[name][0], rtol=1e-4, atol=1e-5)


def test_transformer_encoder():
    layer = nn.TransformerEncoderLayer(8, 2, 16, batch_first=True)
    network = nn.TransformerEncoder(layer, 2)
    tokens = torch.randn(9, 5, 8)
    names = ["layers.0", "layers.1"]
    expected = hear(network, tokens).last
    clouds = extract_activations(network, tokens, layers="layers.*", tokens="flatten")
    for name in names:  # by hand with torch's fast path, which sums in another order
        assert_allclose(clouds[name], expected[name].flatten(1).numpy(), rtol=1e-4, atol=1e-6)


def test_a_transformer_goes_down_the_whole_pipeline(text):
    networks = [BertForSequenceClassification(BertConfig(vocab_size=50, **SMALL)) for _ in range(3)]
    extractor = LayerActivationExtractor(text, layers="bert.encoder.layer.*.output", n_layers=2)
    diagrams = RipsPersistence((0,)).fit_transform(extractor.fit_transform(networks))
    assert diagrams.shape == (3, 2)
    assert all(len(cell) == 9 for cell in diagrams.ravel())


class UNet(nn.Module):
    """One step down and up, with a shortcut beside it and the step of a diffusion as an input."""

    def __init__(self):
        super().__init__()
        self.time = nn.Linear(1, 4)
        self.down = nn.Conv2d(3, 4, 3, padding=1)
        self.pool = nn.MaxPool2d(2)
        self.middle = nn.Sequential(nn.Conv2d(4, 6, 1), nn.GroupNorm(2, 6), nn.SiLU())
        self.up = nn.ConvTranspose2d(6, 4, 2, stride=2)
        self.out = nn.Conv2d(8, 3, 1)

    def forward(self, sample, timestep):
        level = self.down(sample) + self.time(timestep[:, None].to(sample.dtype))[:, :, None, None]
        return self.out(torch.cat([level, self.up(self.middle(self.pool(level)))], 1))


@pytest.mark.parametrize("feature_map", ["gap", "positions"])
def test_unet(images, feature_map):
    network, probe = UNet(), {"sample": images, "timestep": torch.arange(9)}
    middle = [f"middle.{i}" for i in range(3)]
    assert_all_as_heard(network, probe, ["down", "time", "pool", *middle, "up", "out"])
    heard = hear(network, probe)
    clouds = extract_activations(network, probe, exclude="time", feature_map=feature_map)
    for name, cloud in clouds.items():
        expected = pool_map(heard.last[name], "channels_first", feature_map)
        assert_allclose(cloud, expected, rtol=1e-5, atol=1e-6, err_msg=name)


class Conditional(nn.Module):
    """A generator of a given class, as a forward pass that requires it."""

    def __init__(self):
        super().__init__()
        self.body = nn.Conv2d(3, 1, 13)
        self.embed = nn.Embedding(4, 16)
        self.head = nn.Linear(16, 2)

    def forward(self, x, label):
        return self.head(self.body(x).flatten(1) + self.embed(label))


class ConditionalOnLabels(Conditional):
    def forward(self, x, labels):
        return super().forward(x, labels)


class ConditionalOnIds(Conditional):
    def forward(self, x, *, label_ids):
        return super().forward(x, label_ids)


@pytest.mark.parametrize(
    ("kind", "name"),
    [(Conditional, "label"), (ConditionalOnLabels, "labels"), (ConditionalOnIds, "label_ids")],
)
def test_labels_that_a_network_requires_are_inputs(images, kind, name):
    probe = {"x": images, name: torch.arange(9) % 4}
    assert_all_as_heard(kind(), probe, ["body", "embed", "head"])


def test_two_inputs_of_one_tower(images):
    network = Network(
        lambda self, left, right: self.head(self.tower(left) - self.tower(right)),
        tower=nn.Conv2d(3, 4, 16),
        head=nn.Flatten(),
    )
    probe = {"left": images, "right": images.flip(0)}
    assert_all_as_heard(network, probe, ["tower", "head"])
    clouds = extract_activations(network, probe, call="all")
    with torch.no_grad():
        for column, batch in {"tower@0": images, "tower@1": images.flip(0)}.items():
            assert_array_equal(clouds[column], network.tower(batch).flatten(1).numpy())


def test_graphs_of_a_fixed_number_of_nodes():
    """A layer that passes messages after its Linear computes beyond it."""
    convolution = Network(lambda self, x, adjacency: adjacency @ self.lin(x), lin=nn.Linear(4, 5))
    network = Network(
        lambda self, x, adjacency: self.act(self.gcn(x, adjacency)), gcn=convolution, act=nn.ReLU()
    )
    probe = {"x": torch.randn(9, 6, 4), "adjacency": (torch.rand(9, 6, 6) < 0.5).float()}
    assert_all_as_heard(network, probe, ["gcn.lin", "gcn", "act"])
    heard = hear(network, probe)
    for name, cloud in extract_activations(network, probe).items():
        expected = pool_tokens(heard.last[name], None, "mean")
        assert_allclose(cloud, expected, rtol=1e-5, atol=1e-6, err_msg=name)


def test_attention_is_a_layer_although_its_child_is_never_called():
    network = Network(
        lambda self, x: self.norm(x + self.attention(x, x, x)[0]),
        attention=nn.MultiheadAttention(8, 2, batch_first=True),
        norm=nn.LayerNorm(8),
    )
    assert_all_as_heard(network, torch.randn(9, 5, 8), ["attention", "norm"])


def test_blocks_whose_output_is_a_sum_are_layers(images):
    block = Network(
        lambda self, x: x + self.second(self.act(self.first(x))),
        first=nn.Conv2d(3, 3, 3, padding=1),
        act=nn.ReLU(inplace=True),
        second=nn.Conv2d(3, 3, 1),
    )
    through = Network(lambda self, x: self.body(x).flatten(2).transpose(1, 2), body=block)
    network = nn.Sequential(through, nn.Identity())
    inner = [f"0.body.{name}" for name in ("first", "act", "second")]
    assert_all_as_heard(network, images, [*inner, "0.body", "1"])


# What cannot be read is told once


def odd(x):
    return Network(
        lambda self, x: (self.nothing(x), self.classes(x), self.words(x), self.head(x))[-1],
        nothing=F(lambda x: None),
        classes=F(lambda x: x.argmax(1)),
        words=F(lambda x: "text"),
        head=nn.Linear(8, 3),
    )


def test_the_default_leaves_out_what_cannot_be_read_with_one_warning():
    x = torch.randn(9, 8)
    clouds, told = read(odd(x), x)
    assert list(clouds) == ["head"]
    assert len(told) == 1
    for name in ("nothing", "classes", "words"):
        assert repr(name) in told[0]


def test_all_that_was_named_and_cannot_be_read_is_one_error():
    x = torch.randn(9, 8)
    message = "(?s)'nothing'.*'classes'.*'words'"
    with pytest.raises(ValueError, match=message):
        extract_activations(odd(x), x, layers=["nothing", "classes", "words", "head"])
    with pytest.raises(ValueError, match=message):
        extract_activations(odd(x), x, layers="*")


def test_a_table_warns_of_each_network_by_name():
    x = torch.randn(9, 8)
    with pytest.warns(UserWarning, match=r"network [01] .*'classes'"):
        LayerActivationExtractor(x).fit([odd(x)]).transform([odd(x), odd(x)])
