"""Digests of what torch knows: networks, tensors and generators."""

import torch
from torch import nn

from skactland._table._digest import BY_TEXT, digest, feed
from skactland.activations._inputs import Shown
from skactland.activations._modules import unwrap

BY_TEXT |= {torch.dtype, torch.device, torch.layout, torch.memory_format, torch.qscheme}

# What every module carries, and what changes without changing its outputs here.
_BOOKKEEPING = set(vars(nn.Module())) | {
    "_compiled_call_impl",
    "_flat_weight_refs",
    "_is_torch_compile",
}


@feed.register(nn.Module)
def _(module, whole):
    """Feed a module: its attributes, the user's hooks, weights and children."""
    names = sorted(set(vars(module)) - _BOOKKEEPING)
    whole.named((name, vars(module)[name]) for name in names)
    whole.items(module._forward_pre_hooks.values())
    whole.items(module._forward_hooks.values())
    whole.named(module._parameters.items())
    whole.named(module._buffers.items())
    whole.named(
        (name, None if child is None else unwrap(child)) for name, child in module._modules.items()
    )


@feed.register(torch.Tensor)
def _(values, whole):
    values = values.detach()
    whole.text(f"{values.dtype} {tuple(values.shape)} {values.layout}")
    if values.is_quantized:
        whole.items((values.int_repr(), values.dequantize()))
    elif values.layout == torch.sparse_coo:
        values = values.coalesce()
        whole.items((values.indices(), values.values()))
    elif values.layout != torch.strided or values.is_nested:
        raise whole.undigestible(values)
    elif not values.is_meta:
        values = values.cpu().resolve_conj().resolve_neg().contiguous()
        whole.array(values.reshape(-1).view(torch.uint8).numpy())


@feed.register(torch.Generator)
def _(generator, whole):
    whole.add(generator.get_state())


@feed.register(Shown)
def _(shown, whole):
    """Feed what networks are shown, one batch in memory at a time, and what makes the batches."""
    whole.add(shown.inputs.collate)
    for batch in shown.batches():
        whole.text(digest(batch))
