"""What counts as a network, and what its layers are called."""

import sys
from itertools import chain

import torch
from torch import nn
from torch.nn.parameter import is_lazy

from skactland._torch import all_modules

# Its code is not Python's, which would call hooks.
_SCRIPTED = (
    "a ScriptModule, whose layers cannot be listened to; pass the module that it was scripted or "
    "traced from."
)


def unwrap(network):
    """Return the module inside DataParallel, DistributedDataParallel and torch.compile wrappers."""
    if _is_compiled(network):
        return unwrap(network._orig_mod)
    if isinstance(network, (nn.DataParallel, nn.parallel.DistributedDataParallel)):
        return unwrap(network.module)
    return network


def _is_compiled(network):
    """Tell whether a module came from ``torch.compile``, without importing the compiler."""
    compiler = sys.modules.get("torch._dynamo")
    return compiler is not None and isinstance(network, compiler.OptimizedModule)


def _is_guard(module):
    """Tell whether a module is what ``torch.export`` puts before a program to check its inputs."""
    kind = type(module)
    return kind.__module__.startswith("torch.export.") and kind.__name__ == "GuardsFn"


def check_network(network):
    """Return the bare module of a network, if it can be run and its layers listened to."""
    network = unwrap(network)
    if isinstance(network, torch.jit.ScriptModule):
        raise TypeError(f"it is {_SCRIPTED}")
    if any(is_lazy(t) or t.is_meta for t in _tensors_of(network)):
        _refuse_without_values(network)
    return network


def _tensors_of(network):
    for module in all_modules(network):
        for table in (module._parameters, module._buffers):
            for tensor in table.values():
                if tensor is not None:
                    yield tensor


def _refuse_without_values(network):
    """Raise which layer's tensors are uninitialised, or on the meta device."""
    for name, module in network.named_modules():
        layer = f"layer {name!r} ({type(module).__name__})" if name else "it"
        if any(is_lazy(tensor) for tensor in module.parameters(recurse=False)):
            raise ValueError(
                f"{layer} has uninitialised parameters; run the network once on a batch before "
                "extracting, in network_builder if the checkpoint does not hold them."
            )
        tensors = chain(module.named_parameters(recurse=False), module.named_buffers(recurse=False))
        empty = [name for name, tensor in tensors if tensor.is_meta]
        if empty:
            raise ValueError(
                f"{layer} has {empty} on the meta device, without values; load the weights first, "
                "and register buffers anew that no checkpoint holds."
            )


def unheard_layers(modules):
    """Return why some layers cannot be listened to, by their names.

    Parameters
    ----------
    modules : dict of str to Module

    Returns
    -------
    dict of str to str
        What follows "it is" in a message. The layers around these, and after them, can be read.
    """
    return {name: _SCRIPTED for name, module in modules.items() if _is_unheard(module)}


def _is_unheard(module):
    """Tell whether a module calls no hooks: one that was traced does, its submodules do not."""
    return isinstance(module, torch.jit.ScriptModule) and not isinstance(
        module, torch.jit.TopLevelTracedModule
    )


def named_layers(network):
    """Return the modules of a network by name, without the names that wrappers insert.

    A module that has several names is there under each. A network that has no submodules is a layer
    of its own, called "network". What an exported program checks its inputs with is no layer.
    """
    names = {}
    _name_layers(network, "", names, path=[network])
    return names or {"network": network}


def _name_layers(parent, prefix, names, path):
    for part, child in parent._modules.items():
        module = None if child is None or _is_guard(child) else unwrap(child)
        if module is not None and module not in path:  # one may hold itself, by a detour
            names[prefix + part] = module
            _name_layers(module, f"{prefix}{part}.", names, [*path, module])
