"""Networks that no one here wrote: the values are those of a forward pass by hand, bit for bit."""

import numpy as np
import pytest
import torch
from numpy.testing import assert_allclose, assert_array_equal
from torch import nn
from transformers import (
    BertConfig,
    BertForSequenceClassification,
    GPT2Config,
    GPT2Model,
    LlamaConfig,
    LlamaModel,
    ResNetConfig,
    ResNetForImageClassification,
    ViTConfig,
    ViTForImageClassification,
)

from skactland import LayerActivationExtractor, RipsPersistence, extract_activations

SMALL = {
    "hidden_size": 16,
    "num_hidden_layers": 3,
    "num_attention_heads": 2,
    "intermediate_size": 32,
}


def by_hand(network, names, batch):
    """The outputs of some layers, as a plain forward hook sees them in evaluation mode."""
    outputs = {}

    def keep(name):
        def hook(module, args, output):
            first = output if isinstance(output, torch.Tensor) else output[0]
            outputs[name] = first.clone()

        return hook

    handles = [network.get_submodule(n).register_forward_hook(keep(n)) for n in names]
    with torch.no_grad():
        network.eval()(**batch) if isinstance(batch, dict) else network.eval()(batch)
    for handle in handles:
        handle.remove()
    return outputs


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


def test_bert(text):
    network = BertForSequenceClassification(BertConfig(vocab_size=50, num_labels=4, **SMALL))
    names = [f"bert.encoder.layer.{i}.output" for i in range(3)]
    expected = by_hand(network, names, text)
    options = {"layers": "bert.encoder.layer.*.output", "include_softmax": True}
    clouds = extract_activations(network, text, tokens="cls", **options)
    assert list(clouds) == [*names, "softmax"]
    for name in names:
        assert_array_equal(clouds[name], expected[name][:, 0].numpy())
    with torch.no_grad():
        assert_array_equal(clouds["softmax"], network(**text).logits.softmax(1).numpy())
    masked = extract_activations(network, text, tokens="positions", **options)
    keep = text["attention_mask"].bool()
    assert_array_equal(masked[names[1]], expected[names[1]][keep].numpy())


def test_bert_with_labels_in_the_probe_gives_logits_not_the_loss(text):
    network = BertForSequenceClassification(BertConfig(vocab_size=50, num_labels=4, **SMALL))
    labelled = {**text, "labels": torch.zeros(9, dtype=torch.long)}
    clouds = extract_activations(network, labelled, layers="classifier", include_logits=True)
    assert_array_equal(clouds["logits"], clouds["classifier"])


def test_gpt2(text):
    sizes = {"n_embd": 16, "n_layer": 3, "n_head": 2, "n_positions": 20}
    ends = {"bos_token_id": 0, "eos_token_id": 0}
    network = GPT2Model(GPT2Config(vocab_size=50, **sizes, **ends))
    names = ["h.0", "h.1", "h.2"]
    expected = by_hand(network, names, text)
    clouds = extract_activations(network, text, layers="h.*", tokens="last")
    assert list(clouds) == names
    last = text["attention_mask"].sum(1) - 1
    for name in names:
        assert_array_equal(clouds[name], expected[name][torch.arange(9), last].numpy())


def test_vision_transformer(images):
    network = ViTForImageClassification(ViTConfig(image_size=16, patch_size=8, **SMALL))
    names = [name for name, _ in network.named_modules() if name.endswith("layernorm_after")]
    expected = by_hand(network, names, images)
    clouds = extract_activations(network, images, layers="**.layernorm_after", tokens="flatten")
    assert list(clouds) == names
    assert len(names) == 3
    for name in names:
        assert_array_equal(clouds[name], expected[name].flatten(1).numpy())


@pytest.mark.parametrize("training", [True, False])
def test_resnet(images, training):
    config = ResNetConfig(embedding_size=8, hidden_sizes=[8, 12], depths=[1, 2], layer_type="basic")
    network = ResNetForImageClassification(config)
    network(images)  # moves the running statistics
    names = ["resnet.encoder.stages.0", "resnet.encoder.stages.1"]
    expected = by_hand(network, names, images)
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


def test_every_leaf_of_transformers(text):
    bert = BertForSequenceClassification(BertConfig(vocab_size=50, **SMALL))
    gpt2 = GPT2Model(GPT2Config(vocab_size=50, n_embd=16, n_layer=2, n_head=2))
    llama = LlamaModel(LlamaConfig(vocab_size=50, **SMALL))
    for network, one_row_for_all in [
        (bert, "bert.embeddings.position_embeddings"),
        (gpt2, "wpe"),
        (llama, "rotary_emb"),
    ]:
        clouds = extract_activations(network, text, tokens="flatten")
        assert one_row_for_all not in clouds
        expected = by_hand(network, clouds, text)
        for name, cloud in clouds.items():
            assert_array_equal(cloud, expected[name].flatten(1).numpy(), err_msg=name)
        with pytest.raises(ValueError, match=rf"layer '{one_row_for_all}': .*exclude"):
            extract_activations(network, text, layers=[one_row_for_all])


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
    expected = by_hand(network, names, tokens)
    clouds = extract_activations(network, tokens, layers="layers.*", tokens="flatten")
    for name in names:  # by hand with torch's fast path, which sums in another order
        assert_allclose(clouds[name], expected[name].flatten(1).numpy(), rtol=1e-4, atol=1e-6)


def test_recurrent_network_and_its_layout():
    class Reader(nn.Module):
        def __init__(self, batch_first):
            super().__init__()
            self.batch_first = batch_first
            self.lstm = nn.LSTM(4, 6, batch_first=batch_first)
            self.head = nn.Linear(6, 2)

        def forward(self, x):
            states, _ = self.lstm(x if self.batch_first else x.transpose(0, 1))
            return self.head(states[:, -1] if self.batch_first else states[-1])

    x = torch.randn(9, 5, 4)
    network = Reader(batch_first=True)
    expected = by_hand(network, ["lstm", "head"], x)
    clouds = extract_activations(network, x, tokens="last", batch_size=9)
    assert_array_equal(clouds["lstm"], expected["lstm"][:, -1].numpy())
    assert_array_equal(clouds["head"], expected["head"].numpy())
    network = Reader(batch_first=False)
    for probe in (x, x[:5]):  # as many inputs as steps, too
        expected = by_hand(network, ["lstm"], probe)["lstm"]
        clouds = extract_activations(network, probe, tokens="last")
        assert_array_equal(clouds["lstm"], expected[-1].numpy())


@pytest.mark.parametrize("dtype", [torch.float64, torch.bfloat16])
def test_other_precisions(images, dtype):
    config = ResNetConfig(embedding_size=8, hidden_sizes=[8], depths=[1], layer_type="basic")
    network = ResNetForImageClassification(config).to(dtype)
    name = "resnet.encoder.stages.0"
    expected = by_hand(network, [name], images.to(dtype))[name].flatten(1)
    cloud = extract_activations(network, images, layers=name)[name]
    assert cloud.dtype == (np.float64 if dtype == torch.float64 else np.float32)
    assert_array_equal(cloud, expected.to(torch.float64).numpy())


def test_autocast_is_respected(images):
    config = ResNetConfig(embedding_size=8, hidden_sizes=[8], depths=[1], layer_type="basic")
    network = ResNetForImageClassification(config)
    name = "resnet.encoder.stages.0"
    with torch.autocast("cpu", dtype=torch.bfloat16):
        expected = by_hand(network, [name], images)[name]
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


def test_tied_weights():
    network = nn.Sequential(nn.Linear(4, 4), nn.Tanh(), nn.Linear(4, 4))
    network[2].weight = network[0].weight
    x = torch.randn(9, 4)
    expected = by_hand(network, ["0", "1", "2"], x)
    for name, cloud in extract_activations(network, x).items():
        assert_array_equal(cloud, expected[name].numpy())
    assert network[2].weight is network[0].weight


def test_a_transformer_goes_down_the_whole_pipeline(text):
    networks = [BertForSequenceClassification(BertConfig(vocab_size=50, **SMALL)) for _ in range(3)]
    extractor = LayerActivationExtractor(text, layers="bert.encoder.layer.*.output", n_layers=2)
    diagrams = RipsPersistence((0,)).fit_transform(extractor.fit_transform(networks))
    assert diagrams.shape == (3, 2)
    assert all(len(cell) == 9 for cell in diagrams.ravel())
