"""Networks of which it is known that their forward passes only compute."""

from collections import OrderedDict
from operator import itemgetter

import torch
from torch import nn
from torch.nn.modules.module import _has_any_global_hook

# In evaluation mode and not in place, these give what they are called with and their parameters
# tell, and nothing else happens: no number is drawn, nothing kept or written to. Not among them are
# InstanceNorm, which writes its buffers where `track_running_stats` is cleared later on, Embedding,
# which may renormalise its weights, and recurrent layers, which may move theirs.
_OF_DIMENSIONS = (
    *("Conv", "ConvTranspose", "BatchNorm", "Dropout"),
    *("MaxPool", "AvgPool", "AdaptiveMaxPool", "AdaptiveAvgPool"),
)
_OTHERS = (
    *("Sequential", "Identity", "Flatten", "Unflatten", "Linear", "Bilinear", "AlphaDropout"),
    *("LayerNorm", "GroupNorm", "RMSNorm", "Softmax", "LogSoftmax", "Softplus", "Softsign"),
    *("ReLU", "ReLU6", "LeakyReLU", "PReLU", "ELU", "SELU", "CELU", "GELU", "SiLU", "Mish"),
    *("Sigmoid", "LogSigmoid", "Hardsigmoid", "Tanh", "Hardtanh", "Hardswish", "Tanhshrink"),
    *("Hardshrink", "Softshrink", "Threshold", "Dropout"),
)
_PURE = frozenset(
    getattr(nn, name)
    for name in (*_OTHERS, *(f"{kind}{n}d" for kind in _OF_DIMENSIONS for n in (1, 2, 3)))
)
# What such a module may hold: nothing that would be called in place of a method of its class.
_PLAIN = frozenset([type(None), bool, int, float, str, tuple, torch.Size, dict, OrderedDict, set])
_hooks = itemgetter(
    "_forward_hooks", "_forward_pre_hooks", "_backward_hooks", "_backward_pre_hooks"
)
_PARAMETERS = frozenset([nn.Parameter, type(None)])
_BUFFERS = frozenset([torch.Tensor, type(None)])


def only_compute(modules):
    """Tell whether a forward pass surely changes nothing, and gives the same whenever it is run.

    So it does where all modules are of some kinds of torch's own, exactly, with neither hooks nor
    anything else of a user's that would be called. False says nothing.

    Parameters
    ----------
    modules : list of Module
        All modules of a network, in evaluation mode.
    """
    kinds = set(map(type, modules))
    return (
        kinds <= _PURE
        and all(map(_is_pure, modules))
        and all(_is_of_torch(kind.forward) for kind in kinds)
        and _is_of_torch(nn.Module.__call__)
        and not _has_any_global_hook()
        and not torch._C._len_torch_function_stack()  # what users have functions do in their place
        and not torch._C._len_torch_dispatch_stack()
    )


def _is_pure(module):
    attributes = vars(module)
    return (
        not any(_hooks(attributes))
        and _PLAIN.issuperset(map(type, attributes.values()))
        and _PARAMETERS.issuperset(map(type, module._parameters.values()))
        and _BUFFERS.issuperset(map(type, module._buffers.values()))
        and not attributes.get("inplace")
    )


def _is_of_torch(function):
    """Tell a method of torch's from what a user has put in its place."""
    home = getattr(function, "__globals__", {}).get("__name__", "")
    return home.startswith("torch.nn.modules.")
