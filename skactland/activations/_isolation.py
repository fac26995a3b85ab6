"""What counts as a network, and how it is left as it was found."""

import sys
import threading
import warnings
from contextlib import ExitStack, contextmanager

import torch
from torch import nn
from torch.nn.parameter import is_lazy

# Flags, buffers and the random state are shared by threads: of two readings at once, each would put
# back what the other has changed.
_ONE_AT_A_TIME = threading.RLock()


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
        if any(tensor.is_meta for tensor in module.parameters(recurse=False)):
            raise ValueError(
                f"{where}: layer {name!r} ({type(module).__name__}) is on the meta device, "
                "without weights; load them first."
            )
    return network


def named_layers(network):
    """Return the modules of a network by name, without the names that wrappers insert.

    A module that has several names goes by the first. A network that has no submodules is a layer
    of its own, called "network".
    """
    names = {}
    _name_layers(network, "", names, seen={network})
    return names or {"network": network}


def _name_layers(parent, prefix, names, seen):
    for part, child in parent.named_children():
        module = unwrap(child)
        if module not in seen:
            seen.add(module)
            names[prefix + part] = module
            _name_layers(module, f"{prefix}{part}.", names, seen)


def precision(network):
    """Return the floating-point type of a network's first parameter or buffer, None without one."""
    tensors = (*network.parameters(), *network.buffers())
    return next((tensor.dtype for tensor in tensors if tensor.is_floating_point()), None)


@contextmanager
def undisturbed(network, device, where):
    """Run a network in evaluation mode on a device, and leave everything as it was.

    Put back, also after an error or an interrupt: the training flag of each submodule, buffers,
    the device, and torch's random state. Compiled parts run uncompiled, since hooks that are
    registered after compilation would silently not fire. Other threads wait. Gives the device.
    """
    with ExitStack() as stack:
        stack.enter_context(_ONE_AT_A_TIME)
        stack.enter_context(torch.no_grad())
        stack.enter_context(_evaluation_mode(network))
        stack.enter_context(_same_buffers(network))
        stack.enter_context(_watched_parameters(network, where))
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
    """Put back buffers that the forward pass writes to, replaces, adds or removes."""
    tables = [(module._buffers, dict(module._buffers)) for module in network.modules()]
    buffers = {buffer for _, kept in tables for buffer in kept.values() if buffer is not None}
    copies = [(b, b.detach().clone()) for b in buffers if not b.is_inference()]
    try:
        yield
    finally:
        for buffer, values in copies:
            # A write that changes nothing would still break a graph that needs the buffer.
            if buffer.layout != torch.strided or not torch.equal(buffer, values):
                buffer.copy_(values)
        for table, kept in tables:
            table.clear()
            table.update(kept)


@contextmanager
def _watched_parameters(network, where):
    """Warn if the forward pass writes to parameters, of which no copies are kept."""
    versions = {
        name: (parameter, parameter._version)
        for name, parameter in network.named_parameters()
        if not parameter.is_inference()
    }
    yield
    written = [name for name, (p, version) in versions.items() if p._version != version]
    if written:
        warnings.warn(
            f"{where}: its own forward pass changed its parameters {written}; extract from a copy "
            "(copy.deepcopy) if they matter.",
            UserWarning,
            stacklevel=2,
        )


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
        found = torch.empty(0, device=device).device
        if found.type == "meta":
            raise RuntimeError("the meta device holds no numbers.")
        return found
    except (RuntimeError, AssertionError) as error:
        raise ValueError(f"device={device!r} cannot be used here: {error}") from error
