"""What counts as a network, and how it is left as it was found."""

import sys
from contextlib import ExitStack, contextmanager

import torch
from torch import nn
from torch.nn.parameter import is_lazy


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


def check_network(network, where):
    """Return the bare module of a network, if its layers can be listened to."""
    network = unwrap(network)
    for name, module in network.named_modules():
        if isinstance(module, torch.jit.ScriptModule):
            raise TypeError(
                f"{where}: {name or 'it'} is a ScriptModule, whose layers cannot be listened to; "
                "pass the module that it was scripted or traced from."
            )
        if any(is_lazy(tensor) for tensor in module.parameters(recurse=False)):
            raise ValueError(
                f"{where}: layer {name!r} ({type(module).__name__}) has uninitialised parameters; "
                "run the network once on a batch before extracting."
            )
    return network


def named_layers(network):
    """Return the modules of a network by name, without the names that wrappers insert.

    A network that has no submodules is a layer of its own, called "network".
    """
    layers = {}
    for name, module in network.named_modules():
        parts = [part for part in name.split(".") if part != "_orig_mod"]
        if parts != [""]:
            layers[".".join(parts)] = unwrap(module)
    return layers or {"network": network}


def precision(network):
    """Return the floating-point type of a network's first parameter."""
    kinds = (p.dtype for p in network.parameters() if p.is_floating_point())
    return next(kinds, torch.float32)


@contextmanager
def undisturbed(network, device, where):
    """Run a network in evaluation mode on a device, and leave everything as it was.

    Put back, also after an error or an interrupt: the training flag of each submodule, buffers,
    the device, and torch's random state. Compiled parts run uncompiled, since hooks that are
    registered after compilation would silently not fire. Gives the device.
    """
    with ExitStack() as stack:
        stack.enter_context(torch.no_grad())
        stack.enter_context(_evaluation_mode(network))
        stack.enter_context(_same_buffers(network))
        device = stack.enter_context(_on_device(network, device, where))
        cuda = [device] if device.type == "cuda" else []
        stack.enter_context(torch.random.fork_rng(devices=cuda))
        if "torch._dynamo" in sys.modules:
            stack.enter_context(torch.compiler.set_stance("force_eager"))
        yield device


@contextmanager
def _evaluation_mode(network):
    """Clear the training flags themselves: ``eval()`` may be overridden and do more."""
    flags = [(module, module.training) for module in network.modules()]
    try:
        for module, _ in flags:
            module.training = False
        yield
    finally:
        for module, training in flags:
            module.training = training


@contextmanager
def _same_buffers(network):
    """Put back buffers that the forward pass writes to or replaces."""
    kept = [
        (module, name, buffer, buffer.detach().clone(), buffer._version)
        for module in network.modules()
        for name, buffer in module._buffers.items()
        if buffer is not None and not buffer.is_inference()
    ]
    try:
        yield
    finally:
        for module, name, buffer, values, version in kept:
            if buffer._version != version:
                buffer.copy_(values)
            if module._buffers.get(name) is not buffer:
                module._buffers[name] = buffer


@contextmanager
def _on_device(network, device, where):
    """Move a network to a device and back; without one it stays where it is."""
    tensors = [*network.parameters(), *network.buffers()]
    homes = {tensor.device for tensor in tensors}
    if device is None:
        yield tensors[0].device if tensors else torch.device("cpu")
        return
    device = _check_device(device)
    if homes <= {device}:
        yield device
        return
    if len(homes) > 1:
        raise ValueError(
            f"{where}: its parameters are spread over {sorted(map(str, homes))}; leave device=None."
        )
    try:
        network.to(device)
        yield device
    finally:
        network.to(*homes)


def _check_device(device):
    """Return a device that is there; "auto" is the accelerator, if there is one."""
    if device == "auto":
        device = torch.accelerator.current_accelerator(check_available=True) or "cpu"
    try:
        return torch.empty(0, device=device).device
    except (RuntimeError, AssertionError) as error:
        raise ValueError(f"device={device!r} cannot be used here: {error}") from error
