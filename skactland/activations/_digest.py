"""Digests of what torch knows: networks, tensors and generators."""

import numpy as np
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

# Types that NumPy has too.
_OF_NUMPY = {torch.float32, torch.float64, torch.int64, torch.int32, torch.uint8, torch.bool}

# What a LightningModule keeps of the run that trained it: loaders, loggers, locks. They differ from
# run to run, cannot be seen, and take no part in a forward pass.
_LIGHTNING_RUN = {"_trainer", "_fabric", "_fabric_optimizers"}


def _is_lightning(module):
    """Tell a LightningModule, of either name of the package, without importing it."""
    return any(
        kind.__name__ == "LightningModule"
        and kind.__module__.partition(".")[0] in ("lightning", "pytorch_lightning")
        for kind in type(module).__mro__
    )


@feed.register(nn.Module)
def _(module, whole):
    """Feed a module: its attributes, the user's hooks, weights and children."""
    attributes = vars(module)
    passed_over = _BOOKKEEPING
    if not _LIGHTNING_RUN.isdisjoint(attributes) and _is_lightning(module):
        passed_over = _BOOKKEEPING | _LIGHTNING_RUN
    names = sorted(name for name in attributes if name not in passed_over)
    whole.named((name, attributes[name]) for name in names)
    whole.items(module._forward_pre_hooks.values())
    whole.items(module._forward_hooks.values())
    whole.named(module._parameters.items())
    whole.named(module._buffers.items())
    whole.named(
        (name, None if child is None else unwrap(child)) for name, child in module._modules.items()
    )


@feed.register(torch.Tensor)
def _(tensor, whole):
    """Feed the numbers of a tensor; of a subclass also attributes, which it may compute with."""
    values = tensor.detach()
    if values.is_nested:
        raise whole.undigestible(tensor)
    meta = " without values" if values.is_meta else ""
    whole.text(f"{values.dtype} {tuple(values.shape)} {values.layout}{meta}")
    if values.is_quantized:
        whole.items((values.int_repr(), values.dequantize()))
    elif values.layout == torch.sparse_coo:
        values = values.coalesce()
        whole.items((values.indices(), values.values()))
    elif values.layout != torch.strided:
        raise whole.undigestible(tensor)
    elif not values.is_meta:
        whole.numbers(_bytes(values, whole))
    if type(tensor) not in (torch.Tensor, nn.Parameter):
        whole.named(sorted(vars(tensor).items()))


def _bytes(values, whole):
    """Return what a tensor holds, as bytes where NumPy does not have its type."""
    if type(values) is torch.Tensor and values.dtype in _OF_NUMPY:
        return np.ascontiguousarray(values.numpy(force=True)).reshape(-1)
    values = values.cpu().resolve_conj().resolve_neg().contiguous()
    try:
        return values.reshape(-1).view(torch.uint8).numpy()
    except RuntimeError as error:  # subclasses may keep their numbers in other tensors, or nowhere
        raise whole.undigestible(values) from error


@feed.register(torch.Generator)
def _(generator, whole):
    whole.add(generator.get_state())


@feed.register(Shown)
def _(shown, whole):
    """Feed what networks are shown, one batch in memory at a time, and what makes the batches."""
    whole.add(shown.inputs.collate)
    for batch in shown.batches():
        whole.text(digest(batch))
