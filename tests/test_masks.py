"""Which tokens count, and in which layers: known from where tokens come, or asked."""

import numpy as np
import pytest
import torch
from foreign import F, Network, hear, pool_tokens, read, read_or_asked
from numpy.testing import assert_allclose, assert_array_equal
from torch import nn

from skactland import Probe, extract_activations

TOKENS = ["mean", "cls", "last", "positions"]
N, T = 9, 6


def some_mask(seed):
    """Which of six tokens count, in nine inputs: at least one, and holes as well."""
    mask = np.random.default_rng(seed).uniform(size=(N, T)) < 0.5
    mask[:, 2] = True
    return torch.from_numpy(mask)


def assert_points(network, probe, by_hand, tokens, **options):
    """Hold layers to what plain hooks hear of the tokens that count in each."""
    clouds, _ = read(network, probe, layers=list(by_hand), tokens=tokens, **options)
    heard = hear(network, probe)
    for name, mask in by_hand.items():
        expected = pool_tokens(heard.last[name], mask, tokens)
        assert_allclose(clouds[name], expected, rtol=1e-5, atol=1e-6, err_msg=name)


class Encoder(nn.Module):
    """A sequence alone, under whatever names it and its mask come."""

    def __init__(self):
        super().__init__()
        self.first = nn.Linear(4, 5)
        self.act = nn.Tanh()
        self.second = nn.Linear(5, 3)

    def forward(self, x, **masks):
        return self.second(self.act(self.first(x)))


class EncoderDecoder(nn.Module):
    """Two sequences; the second looks at the first."""

    def __init__(self):
        super().__init__()
        self.embed = nn.Embedding(20, 4)
        self.encoder = nn.Linear(4, 4)
        self.decoder = nn.Linear(4, 4)
        self.key = nn.Linear(4, 4)
        self.query = nn.Linear(4, 4)
        self.out = nn.Linear(4, 4)

    def forward(self, input_ids, attention_mask, decoder_input_ids, decoder_attention_mask):
        memory = self.encoder(self.embed(input_ids))
        states = self.decoder(self.embed(decoder_input_ids))
        scores = self.query(states) @ self.key(memory).transpose(1, 2)
        scores = scores.masked_fill(~attention_mask.bool()[:, None], -torch.inf)
        return self.out(scores.softmax(2) @ memory)


class Towers(nn.Module):
    """Text and image, with as many patches as tokens."""

    def __init__(self):
        super().__init__()
        self.text = nn.Linear(4, 5)
        self.patches = nn.Conv2d(3, 4, 2, stride=2)
        self.image = nn.Linear(4, 5)

    def forward(self, input_embeds, attention_mask, pixel_values):
        patches = self.patches(pixel_values).flatten(2).transpose(1, 2)
        return self.text(input_embeds), self.image(patches)


@pytest.fixture(autouse=True)
def seed():
    torch.manual_seed(0)


@pytest.fixture
def x():
    return torch.randn(N, T, 4)


@pytest.mark.parametrize("tokens", TOKENS)
def test_each_sequence_has_its_own_mask_also_where_both_are_as_long(tokens):
    probe = {
        "input_ids": torch.randint(0, 20, (N, T)),
        "attention_mask": some_mask(0).long(),
        "decoder_input_ids": torch.randint(0, 20, (N, T)),
        "decoder_attention_mask": some_mask(1).long(),
    }
    of_encoder, of_decoder = some_mask(0), some_mask(1)
    masks = {"encoder": of_encoder, "decoder": of_decoder, "query": of_decoder}
    masks |= {"key": of_encoder, "out": of_decoder}
    assert_points(EncoderDecoder(), probe, masks, tokens)
    for batch_size in (1, 4, T):
        assert_points(EncoderDecoder(), probe, masks, tokens, batch_size=batch_size)


@pytest.mark.parametrize("tokens", TOKENS)
def test_the_mask_of_a_text_does_not_reach_an_image_of_as_many_patches(x, tokens):
    probe = {
        "input_embeds": x,
        "attention_mask": some_mask(0),
        "pixel_values": torch.randn(N, 3, 4, 6),
    }
    by_hand = {"text": some_mask(0), "image": None}
    told = {"text": "attention_mask", "image": None}
    assert_points(Towers(), probe, by_hand, tokens, masks=told)
    torch.manual_seed(1)
    network = Towers()
    clouds = read_or_asked(network, probe, "masks", layers=["text", "image"], tokens=tokens)
    if clouds is not None:
        heard = hear(network, probe)
        for name, mask in by_hand.items():
            expected = pool_tokens(heard.last[name], mask, tokens)
            assert_allclose(clouds[name], expected, rtol=1e-5, atol=1e-6, err_msg=name)


NAMED = {
    "attention_mask": lambda mask: mask.long(),
    "src_key_padding_mask": lambda mask: ~mask,  # True is padding there
    "key_padding_mask": lambda mask: ~mask,
}


@pytest.mark.parametrize("tokens", TOKENS)
@pytest.mark.parametrize("name", NAMED)
def test_masks_go_by_the_names_that_torch_and_transformers_have_for_them(x, name, tokens):
    mask = some_mask(0)
    masks = dict.fromkeys(("first", "act", "second"), mask)
    assert_points(Encoder(), {"x": x, name: NAMED[name](mask)}, masks, tokens)


@pytest.mark.parametrize("tokens", TOKENS)
@pytest.mark.parametrize("name", ["lengths", "input_lengths"])
def test_lengths_are_masks(x, name, tokens):
    lengths = torch.tensor([6, 1, 3, 6, 2, 5, 4, 1, 6])
    masks = dict.fromkeys(("first", "act", "second"), torch.arange(T) < lengths[:, None])
    network, probe = Encoder(), {"x": x, name: lengths}
    assert_points(network, probe, masks, tokens, masks={"**": name})
    if name == "lengths":
        assert_points(network, probe, masks, tokens)


def test_an_entry_that_may_be_a_mask_is_used_or_asked_about(x):
    network, mask = Encoder(), some_mask(0)
    clouds = read_or_asked(network, {"x": x, "mask": mask}, "masks", layers="second")
    expected = pool_tokens(hear(network, x).last["second"], mask, "mean")
    assert clouds is None or np.allclose(clouds["second"], expected, rtol=1e-5, atol=1e-6)


class Speech(nn.Module):
    """Samples become frames, four to one."""

    def __init__(self):
        super().__init__()
        self.frames = nn.Conv1d(1, 5, 4, stride=4)
        self.project = nn.Linear(5, 3)

    def forward(self, input_values, attention_mask):
        return self.project(self.frames(input_values[:, None]).transpose(1, 2))


class WithToken(Encoder):
    """A token of its own before all others."""

    def __init__(self):
        super().__init__()
        self.token = nn.Parameter(torch.randn(1, 1, 4))

    def forward(self, x, attention_mask):
        return super().forward(torch.cat([self.token.expand(len(x), 1, 4), x], 1))


def of_speech():
    lengths = 4 * torch.tensor([6, 1, 3, 6, 2, 5, 4, 1, 6])
    mask = torch.arange(4 * T) < lengths[:, None]
    return Speech(), {"input_values": torch.randn(N, 4 * T), "attention_mask": mask}, "project"


def of_added_token():
    return WithToken(), {"x": torch.randn(N, T, 4), "attention_mask": some_mask(0)}, "second"


@pytest.mark.parametrize("tokens", TOKENS)
@pytest.mark.parametrize("make", [of_speech, of_added_token])
def test_a_mask_that_does_not_fit_is_asked_about(make, tokens):
    network, probe, layer = make()
    output = hear(network, probe).last[layer]
    with pytest.raises(ValueError, match=rf"layer '{layer}'.*masks"):
        extract_activations(network, probe, layers=layer, tokens=tokens)
    flat = extract_activations(network, probe, layers=layer, tokens="flatten")[layer]
    assert_array_equal(flat, output.flatten(1).numpy())
    assert_points(network, probe, {layer: None}, tokens, masks=None)
    right = torch.rand(output.shape[:2]) < 0.5
    right[:, 0] = True
    for given in (right, right.numpy()):
        assert_points(network, probe, {layer: right}, tokens, masks={"**": given})
    counted = torch.arange(output.shape[1]) < right.sum(1)[:, None]
    given = right.sum(1).numpy()
    assert_points(network, probe, {layer: counted}, tokens, masks={layer: given}, batch_size=4)


class Queries(nn.Module):
    """As many learnt queries as there are tokens look at them."""

    def __init__(self):
        super().__init__()
        self.queries = nn.Parameter(torch.randn(1, T, 4))
        self.ask = nn.Linear(4, 4)
        self.answer = nn.Linear(4, 3)

    def forward(self, x, attention_mask):
        queries = self.ask(self.queries.expand(len(x), T, 4))
        scores = (queries @ x.transpose(1, 2)).masked_fill(~attention_mask[:, None], -torch.inf)
        return self.answer(scores.softmax(2) @ x)


def test_queries_are_no_tokens_of_the_text(x):
    network, probe = Queries(), {"x": x, "attention_mask": some_mask(0)}
    clouds = read_or_asked(network, probe, "masks", layers="answer", tokens="mean")
    expected = pool_tokens(hear(network, probe).last["answer"], None, "mean")
    assert clouds is None or np.allclose(clouds["answer"], expected, rtol=1e-5, atol=1e-6)
    assert_points(network, probe, {"answer": None}, "last", masks={"answer": None})


class Reversed(Encoder):
    """The tokens turned round, as a backward pass of a recurrent network does."""

    def forward(self, x, attention_mask):
        return super().forward(x.flip(1))


def test_a_mask_follows_its_tokens_or_is_asked_about(x):
    network, mask = Reversed(), some_mask(0)
    probe = {"x": x, "attention_mask": mask}
    clouds = read_or_asked(network, probe, "masks", layers="second", tokens="last")
    expected = pool_tokens(hear(network, probe).last["second"], mask.flip(1), "last")
    assert clouds is None or np.allclose(clouds["second"], expected, rtol=1e-5, atol=1e-6)


@pytest.mark.filterwarnings("ignore:The PyTorch API of nested tensors")
@pytest.mark.parametrize("enable_nested_tensor", [True, False])
def test_transformer_encoder_counts_no_padding(x, enable_nested_tensor):
    layer = nn.TransformerEncoderLayer(4, 2, 8, batch_first=True)
    encoder = nn.TransformerEncoder(layer, 2, enable_nested_tensor=enable_nested_tensor)
    padding = torch.arange(T) >= torch.tensor([6, 1, 3, 6, 2, 5, 4, 1, 6])[:, None]
    probe = {"src": x, "src_key_padding_mask": padding}
    network = Network(lambda self, **batch: self.encoder(**batch), encoder=encoder)
    clouds, _ = read(network, probe, layers=["encoder", "encoder.layers.1"])
    with torch.no_grad():
        output = encoder.eval()(**probe)
    expected = pool_tokens(output, ~padding, "mean")
    assert_allclose(clouds["encoder"], expected, rtol=1e-4, atol=1e-5)
    assert_allclose(clouds["encoder.layers.1"], expected, rtol=1e-4, atol=1e-5)


@pytest.mark.filterwarnings("ignore:The PyTorch API of nested tensors")
@pytest.mark.parametrize("tokens", TOKENS)
def test_transformer_of_two_sequences_that_are_as_long(x, tokens):
    network = nn.Transformer(4, 2, 1, 1, 8, batch_first=True)
    of_source, of_target = (
        torch.arange(T) < torch.tensor(lengths)[:, None]
        for lengths in ([6, 1, 3, 6, 2, 5, 4, 1, 6], [2, 6, 6, 1, 3, 5, 6, 4, 4])
    )
    padding = {"src_key_padding_mask": ~of_source, "tgt_key_padding_mask": ~of_target}
    probe = {"src": x, "tgt": x.flip(0), "memory_key_padding_mask": ~of_source, **padding}
    heard = hear(network, probe)
    told = {"encoder.norm": "src_key_padding_mask", "decoder.norm": "tgt_key_padding_mask"}
    options = {"layers": list(told), "tokens": tokens}
    by_default = read_or_asked(network, probe, "masks", **options)
    for clouds in (by_default, read(network, probe, masks=told, **options)[0]):
        for name, mask in zip(told, (of_source, of_target), strict=True):
            if clouds is not None:
                expected = pool_tokens(heard.last[name], mask, tokens)
                assert_allclose(clouds[name], expected, rtol=1e-4, atol=1e-5, err_msg=name)


def test_masks_follow_the_inputs_that_are_drawn(x):
    mask, lengths = some_mask(0), np.array([6, 1, 3, 6, 2, 5, 4, 1, 6])
    network = Encoder()
    rows = np.arange(N) % 2
    for given, by_hand in ((mask, mask), (lengths, np.arange(T) < lengths[:, None])):
        options = {"layers": "second", "masks": {"second": given}, "batch_size": 2}
        cloud = extract_activations(network, x, probe_labels=rows, classes=[1], **options)
        expected = pool_tokens(hear(network, x).last["second"], by_hand, "mean")[rows == 1]
        assert_allclose(cloud["second"], expected, rtol=1e-5, atol=1e-6)


def test_the_first_glob_that_fits_says_which_mask(x):
    mask = some_mask(0)
    told = {"first": None, "*": mask}
    assert_points(Encoder(), x, {"first": None, "act": mask, "second": mask}, "mean", masks=told)


@pytest.mark.parametrize(
    ("masks", "error", "message"),
    [
        ({"second": "attention"}, ValueError, r"masks.*'attention'.*'x'.*'attention_mask'"),
        ({"third": "attention_mask"}, ValueError, r"no layer 'third'; did you mean"),
        ({"second": np.ones((N, T + 1), bool)}, ValueError, r"layer 'second'.*\(9, 7\)"),
        ({"second": np.ones((N - 1, T), bool)}, ValueError, r"masks.*'second'.*\(8, 6\).* 9"),
        ({"second": np.full(N, T + 1)}, ValueError, r"layer 'second'.*length of 7.* 6 tokens"),
        ({"second": np.zeros((N, T), bool)}, ValueError, "'second'.*input 0.*no token"),
        ({"second": np.zeros(N, int)}, ValueError, "'second'.*input 0.*no token"),
        ({"second": np.ones((N, T))}, TypeError, r"masks\['second'\].*float64"),
        ({"second": 3}, TypeError, r"masks\['second'\] must be"),
        ("attention_mask", ValueError, "masks must be 'auto', None, or a dict"),
        (["attention_mask"], TypeError, "masks must be 'auto', None, or a dict"),
    ],
)
def test_masks_that_mean_nothing(x, masks, error, message):
    probe = {"x": x, "attention_mask": some_mask(0)}
    with pytest.raises(error, match=message):
        extract_activations(Encoder(), probe, layers="second", masks=masks)


def test_an_input_without_tokens(x):
    mask = some_mask(0)
    mask[4] = False
    with pytest.raises(ValueError, match=r"attention_mask.* input 4 .*no token"):
        extract_activations(Encoder(), {"x": x, "attention_mask": mask}, batch_size=2)


def test_functions_of_tokens_keep_their_mask(x):
    body = nn.Sequential(
        nn.Linear(4, 6),
        F(lambda a: a.reshape(*a.shape[:2], 2, 3).transpose(1, 2)),  # heads
        F(lambda a: (a * 2).transpose(1, 2).flatten(2)),
        nn.Dropout(),
    )
    network = Network(lambda self, x, attention_mask: self.body(x), body=body)
    mask = some_mask(0)
    probe = {"x": x, "attention_mask": mask}
    assert_points(network, probe, {"body.0": mask, "body.2": mask, "body.3": mask}, "mean")


class Pair(nn.Module):
    """Two sequences side by side, under any names."""

    def __init__(self, one, other):
        super().__init__()
        self.names = one, other
        self.one, self.other = nn.Linear(4, 3), nn.Linear(4, 3)

    def forward(self, **given):
        return self.one(given[self.names[0]]) + self.other(given[self.names[1]])


def pair_of(one, other, **masks):
    torch.manual_seed(0)
    probe = {one: torch.randn(N, T, 4), other: torch.randn(N, T, 4), **masks}
    return Pair(one, other), probe


@pytest.mark.parametrize(
    ("one", "other", "key"),
    [
        ("image", "text", "text_attention_mask"),
        ("a", "b", "b_padding_mask"),
        ("a", "b", "b_lengths"),
        ("premise", "hypothesis", "hypothesis_mask"),
        ("source_ids", "context_ids", "context_attention_mask"),
    ],
)
def test_of_two_sequences_one_is_named_by_its_mask(one, other, key):
    mask = torch.arange(T) < torch.arange(N)[:, None] % T + 1
    values = {"lengths": mask.sum(1), "padding_mask": ~mask}.get(key.partition("_")[2], mask)
    network, probe = pair_of(one, other, **{key: values})
    if key == "hypothesis_mask":  # of what it marks the name does not tell
        with pytest.raises(ValueError, match="marks tokens or padding"):
            extract_activations(network, probe, layers="other", tokens="mean")
        return
    assert_points(network, probe, {"other": mask, "one": None}, "mean")


@pytest.mark.parametrize(
    "key", ["attention_mask", "lengths", "padding_mask", "memory_key_padding_mask"]
)
def test_of_two_sequences_a_mask_that_names_neither_is_asked_about(key):
    mask = some_mask(0)
    network, probe = pair_of("a", "b", **{key: mask.sum(1) if key == "lengths" else mask})
    for layer in ("one", "other"):
        with pytest.raises(ValueError, match=f"which of the masks .*{key}"):
            extract_activations(network, probe, layers=layer, tokens="mean")


def test_masks_that_say_the_same_need_no_question():
    mask = some_mask(0)
    network, probe = pair_of("a", "b", lengths=mask.sum(1), length=mask.sum(1))
    with pytest.raises(ValueError, match="which of the masks"):
        extract_activations(network, probe, layers="one", tokens="mean")
    probe = {"x": torch.randn(N, T, 4), "attention_mask": mask, "pad_attention_mask": mask}
    assert_points(Encoder(), probe, {"first": mask, "second": mask}, "mean")


@pytest.mark.parametrize("said", [None, "attention_mask"])
@pytest.mark.parametrize("value", ["left out", "auto"])
def test_layers_that_masks_leave_out_are_auto(said, value):
    mask = some_mask(0)
    probe = {"x": torch.randn(N, T, 4), "attention_mask": mask}
    masks = {"first": said} if value == "left out" else {"second": "auto", "*": said}
    by_hand = {"first": None if said is None else mask, "second": mask}
    assert_points(Encoder(), probe, by_hand, "mean", masks=masks)


def test_a_name_says_more_than_a_glob_before_it():
    mask = some_mask(0)
    probe = {"x": torch.randn(N, T, 4), "attention_mask": mask}
    by_hand = {"first": None, "second": mask}
    assert_points(Encoder(), probe, by_hand, "mean", masks={"*": None, "second": "attention_mask"})


class Overwriting(Encoder):
    """Turns what it is given into what it needs, in place."""

    def forward(self, x, attention_mask):
        attention_mask.logical_not_()
        x.relu_()
        return super().forward(x)


def test_a_network_may_write_to_its_masks():
    mask, x = some_mask(0), torch.randn(N, T, 4)
    network = Overwriting()
    found = extract_activations(
        network, {"x": x, "attention_mask": mask}, layers="first", tokens="mean"
    )
    expected = pool_tokens(network.first(x.relu()).detach(), mask, "mean")
    assert_allclose(found["first"], expected, rtol=1e-5, atol=1e-6)


class ByPosition(Encoder):
    def forward(self, x, attention_mask):
        return super().forward(x)


@pytest.mark.parametrize("form", ["tuple", "mapping in a tuple"])
def test_masks_by_position_have_the_names_of_forward(form):
    mask, x = some_mask(0), torch.randn(N, T, 4)
    network = ByPosition()
    if form != "tuple":
        network = Network(
            lambda self, batch: self.inner(batch["x"], batch["attention_mask"]), inner=network
        )

    def collate(rows):
        batch = {"x": x[rows], "attention_mask": mask[rows]}
        return tuple(batch.values()) if form == "tuple" else (batch,)

    layer = "first" if form == "tuple" else "inner.first"
    found = extract_activations(
        network, Probe(np.arange(N), collate=collate), layers=layer, tokens="mean"
    )
    first = network.get_submodule(layer)
    assert_allclose(
        found[layer], pool_tokens(first(x).detach(), mask, "mean"), rtol=1e-5, atol=1e-6
    )


@pytest.mark.parametrize("shift", ["view", "padding"])
def test_tokens_that_were_moved_have_no_mask(shift):
    def move(self, x, attention_mask):
        if shift == "view":
            moved = x.clone()
            moved[:, 1:].copy_(x[:, :-1])
        else:
            moved = nn.functional.pad(x, (0, 0, 1, -1))
        return self.layer(moved)

    network = Network(move, layer=nn.Linear(4, 3))
    probe = {"x": torch.randn(N, T, 4), "attention_mask": some_mask(0)}
    with pytest.raises(ValueError, match="layer 'layer'"):
        extract_activations(network, probe, tokens="mean")
