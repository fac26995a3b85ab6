"""Transformers that no one here wrote, from their configuration: tiny, with random weights.

What must be known of each to judge a reading of it is written by hand, by globs of layers' names in
which * stands for anything; of several that fit the first one counts.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

import torch
import transformers

SMALL = {
    "hidden_size": 16,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
    "intermediate_size": 32,
}
ENCODER_DECODER = {
    "vocab_size": 50,
    "d_model": 16,
    "encoder_layers": 2,
    "decoder_layers": 2,
    "encoder_attention_heads": 2,
    "decoder_attention_heads": 2,
    "encoder_ffn_dim": 32,
    "decoder_ffn_dim": 32,
}


@dataclass(frozen=True)
class Architecture:
    """A network with its probe, and what is true of its layers.

    Parameters
    ----------
    make : callable
        Returns the network, and a probe of so many inputs.
    n_tokens : int
        A length that sequences have somewhere in it: with as many inputs, sizes tell nothing.
    masks : dict of str to str
        Which entry of the probe says which tokens of a layer count.
    layouts : dict of str to str
        The layers that give maps, or sequences in another order than (n, t, d): "channels_first",
        "channels_last", "time_first" for (t, n, d), or "neither" for tables of attention.
    merged : tuple of str
        Layers whose first axis is that of inputs and tokens (or windows) in one, input by input.
    unreadable : tuple of str
        Layers whose outputs have no row for each input.
    untold : tuple of str
        Modules, none of them a layer by default, whose outputs no operation tells the axes of.
    """

    make: Callable
    n_tokens: int
    masks: dict = field(default_factory=dict)
    layouts: dict = field(default_factory=dict)
    merged: tuple = ()
    unreadable: tuple = ()
    untold: tuple = ()

    @property
    def gives_maps(self):
        return not {"channels_first", "channels_last"}.isdisjoint(self.layouts.values())


def text(n, t=7, prefix=""):
    """Sequences of tokens, some padded on the right, one on the left, one on both sides."""
    mask = torch.ones(n, t, dtype=torch.long)
    mask[1, 3:] = mask[2, :2] = mask[4, 4:] = mask[4, :1] = 0
    return {
        f"{prefix}input_ids": torch.randint(3, 50, (n, t)),
        f"{prefix}attention_mask": mask,
    }


def images(n, size):
    return {"pixel_values": torch.randn(n, 3, size, size)}


def make_bert(n):
    config = transformers.BertConfig(vocab_size=50, **SMALL)
    return transformers.BertModel(config), text(n)


def make_gpt2(n):
    sizes = {"n_embd": 16, "n_layer": 2, "n_head": 2, "n_positions": 32}
    config = transformers.GPT2Config(vocab_size=50, bos_token_id=0, eos_token_id=0, **sizes)
    return transformers.GPT2Model(config), text(n)


def make_opt(n):
    config = transformers.OPTConfig(
        vocab_size=50,
        hidden_size=16,
        num_hidden_layers=2,
        num_attention_heads=2,
        ffn_dim=32,
        word_embed_proj_dim=8,
        max_position_embeddings=32,
    )
    return transformers.OPTModel(config), text(n)


def make_llama(n):
    config = transformers.LlamaConfig(vocab_size=50, num_key_value_heads=1, **SMALL)
    return transformers.LlamaModel(config), text(n)


def make_t5(n, t_decoder):
    sizes = {"d_model": 16, "d_kv": 8, "d_ff": 32, "num_layers": 2, "num_heads": 2}
    network = transformers.T5Model(transformers.T5Config(vocab_size=50, **sizes))
    return network, text(n) | text_of_decoder(n, t_decoder)


def text_of_decoder(n, t):
    """Sequences with another mask than those of the encoder, also where they are as long."""
    target = text(n, t, "decoder_")
    return {**target, "decoder_attention_mask": target["decoder_attention_mask"].flip(0)}


def make_bart(n, t_decoder):
    config = transformers.BartConfig(max_position_embeddings=32, **ENCODER_DECODER)
    return transformers.BartModel(config), text(n) | text_of_decoder(n, t_decoder)


def make_whisper(n):
    """Fourteen frames of sound become seven, as many as the decoder has tokens."""
    tokens = {"pad_token_id": 0, "bos_token_id": 1, "eos_token_id": 2, "decoder_start_token_id": 1}
    lengths = {"max_source_positions": 7, "max_target_positions": 32, "num_mel_bins": 6}
    config = transformers.WhisperConfig(**ENCODER_DECODER, **tokens, **lengths)
    return transformers.WhisperModel(config), {
        "input_features": torch.randn(n, 6, 14),
        **text(n, prefix="decoder_"),
    }


def make_clip(n):
    """Four patches and the class token are as many as the text's tokens."""
    tokens = {"vocab_size": 50, "bos_token_id": 0, "eos_token_id": 2, "pad_token_id": 1}
    config = transformers.CLIPConfig(
        text_config={"max_position_embeddings": 32, **tokens, **SMALL},
        vision_config={"image_size": 16, "patch_size": 8, **SMALL},
        projection_dim=8,
    )
    return transformers.CLIPModel(config), text(n, t=5) | images(n, 16)


def make_vit(n):
    config = transformers.ViTConfig(image_size=16, patch_size=8, **SMALL)
    return transformers.ViTForImageClassification(config), images(n, 16)


def make_vit_mae(n):
    """The noise that says which patches are masked is an input, so that it is the same again."""
    decoder = {"hidden_size": 8, "num_hidden_layers": 1, "num_attention_heads": 2}
    decoder = {f"decoder_{key}": value for key, value in decoder.items()}
    config = transformers.ViTMAEConfig(
        image_size=16, patch_size=4, decoder_intermediate_size=16, **decoder, **SMALL
    )
    noise = torch.rand(n, 16)
    return transformers.ViTMAEForPreTraining(config), images(n, 16) | {"noise": noise}


def make_swin(n):
    config = transformers.SwinConfig(
        image_size=16, patch_size=2, embed_dim=8, depths=[2, 1], num_heads=[2, 2], window_size=2
    )
    return transformers.SwinModel(config), images(n, 16)


def make_convnext(n):
    """In the first stage maps have eight channels and are eight pixels wide."""
    config = transformers.ConvNextConfig(
        patch_size=2, hidden_sizes=[8, 12], depths=[1, 2], num_stages=2, image_size=16
    )
    return transformers.ConvNextModel(config), images(n, 16)


def make_deberta(n):
    config = transformers.DebertaV2Config(
        vocab_size=50,
        relative_attention=True,
        pos_att_type=["c2p", "p2c"],
        max_position_embeddings=32,
        position_buckets=8,
        type_vocab_size=0,
        **SMALL,
    )
    return transformers.DebertaV2Model(config), text(n)


def make_mixtral(n):
    experts = {"num_local_experts": 4, "num_experts_per_tok": 2}
    config = transformers.MixtralConfig(vocab_size=50, num_key_value_heads=1, **experts, **SMALL)
    return transformers.MixtralModel(config), text(n)


def make_mamba(n):
    config = transformers.MambaConfig(
        vocab_size=50, hidden_size=16, num_hidden_layers=2, state_size=4
    )
    return transformers.MambaModel(config), text(n)


def make_xlnet(n):
    config = transformers.XLNetConfig(vocab_size=50, d_model=16, n_layer=2, n_head=2, d_inner=32)
    return transformers.XLNetModel(config), text(n)


def make_wav2vec2(n):
    convolutions = {"conv_dim": (8, 8), "conv_kernel": (10, 3), "conv_stride": (5, 2)}
    positions = {"num_conv_pos_embeddings": 4, "num_conv_pos_embedding_groups": 2}
    config = transformers.Wav2Vec2Config(vocab_size=50, **convolutions, **positions, **SMALL)
    return transformers.Wav2Vec2Model(config), {"input_values": torch.randn(n, 120)}


def make_detr(n):
    """Five queries, and four places of the image, on a ResNet as backbone."""
    backbone = transformers.ResNetConfig(
        embedding_size=8,
        hidden_sizes=[8, 8, 8, 12],
        depths=[1, 1, 1, 1],
        layer_type="basic",
        out_features=["stage4"],
    )
    config = transformers.DetrConfig(
        backbone_config=backbone, num_queries=5, **{**ENCODER_DECODER, "encoder_layers": 1}
    )
    return transformers.DetrModel(config), images(n, 64)


OF_TEXT = {"*": "attention_mask"}
OF_T5 = {
    "decoder.*.EncDecAttention.[kv]": "attention_mask",
    "decoder*": "decoder_attention_mask",
    "*": "attention_mask",
}
OF_BART = {
    "decoder.*.encoder_attn.[kv]_proj": "attention_mask",
    "decoder*": "decoder_attention_mask",
    "*": "attention_mask",
}

ARCHITECTURES = {
    "BERT": Architecture(make_bert, 7, OF_TEXT),
    "GPT-2": Architecture(make_gpt2, 7, OF_TEXT),
    "OPT": Architecture(
        make_opt,
        7,
        OF_TEXT,
        merged=tuple(
            f"decoder.layers.*.{name}"
            for name in ("final_layer_norm", "fc1", "activation_fn", "fc2")
        ),
    ),
    "Llama": Architecture(make_llama, 7, OF_TEXT),
    "T5": Architecture(lambda n: make_t5(n, 5), 7, OF_T5),
    "T5 of equal lengths": Architecture(lambda n: make_t5(n, 7), 7, OF_T5),
    "BART": Architecture(lambda n: make_bart(n, 5), 5, OF_BART),
    "BART of equal lengths": Architecture(lambda n: make_bart(n, 7), 7, OF_BART),
    "Whisper": Architecture(
        make_whisper,
        7,
        {
            "decoder.*.encoder_attn.[kv]_proj": None,
            "decoder*": "decoder_attention_mask",
        },
        {"encoder.conv*": "channels_first"},
    ),
    "CLIP": Architecture(
        make_clip, 5, {"text_model*": "attention_mask"}, {"*.patch_embedding": "channels_first"}
    ),
    "ViT": Architecture(make_vit, 5, layouts={"*.projection": "channels_first"}),
    "ViTMAE": Architecture(make_vit_mae, 17, layouts={"*.projection": "channels_first"}),
    "Swin": Architecture(
        make_swin,
        16,
        layouts={"*.projection": "channels_first", "pooler": "channels_first"},
        merged=("*.attention", "*.attention.[qkvo]_proj"),
    ),
    "ConvNeXt": Architecture(
        make_convnext,
        8,
        layouts={
            "encoder.stages.*.layers.*.layernorm": "channels_last",
            "encoder.stages.*.layers.*.pwconv?": "channels_last",
            "encoder.stages.*.layers.*.act": "channels_last",
            "layernorm": "no map",
            "*": "channels_first",
        },
    ),
    "DeBERTa": Architecture(make_deberta, 7, OF_TEXT, {"*.attention.self.dropout": "neither"}),
    "Mixtral": Architecture(
        make_mixtral,
        7,
        OF_TEXT,
        merged=("*.mlp.gate", "*.mlp.experts"),
        unreadable=("*.mlp.experts.act_fn",),
        untold=("*.mlp",),
    ),
    "Mamba": Architecture(make_mamba, 7, OF_TEXT),
    "XLNet": Architecture(make_xlnet, 7, OF_TEXT, {"*": "time_first"}),
    "wav2vec2": Architecture(
        make_wav2vec2,
        11,
        layouts={
            "feature_extractor*": "channels_first",
            "encoder.pos_conv_embed.*": "channels_first",
        },
    ),
    "DETR": Architecture(
        make_detr,
        5,
        layouts=dict.fromkeys(
            ("backbone*", "input_projection", "position_embedding"), "channels_first"
        ),
    ),
}
