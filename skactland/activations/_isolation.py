"""How a network is read and left as it was found."""

import sys
from contextlib import ExitStack, contextmanager

import torch

from skactland._checks import warn_user
from skactland._torch import ONE_AT_A_TIME, evaluation_mode, on_device, random_state_kept


@contextmanager
def undisturbed(network, device):
    """Run a network in evaluation mode on a device, and leave everything as it was.

    Put back, also after an error or an interrupt: the training flag of each submodule, buffers,
    the device, and torch's random state. Compiled parts run uncompiled, since hooks that are
    registered after compilation would silently not fire. Other threads wait. Gives the device.
    """
    with ExitStack() as stack:
        stack.enter_context(ONE_AT_A_TIME)
        # Not inference_mode: what it makes, such as a buffer, could not be trained on later.
        stack.enter_context(torch.no_grad())
        stack.enter_context(evaluation_mode(network))
        stack.enter_context(_same_buffers(network))
        device = stack.enter_context(on_device(network, device))
        stack.enter_context(random_state_kept(device))
        if "torch._dynamo" in sys.modules:
            stack.enter_context(torch.compiler.set_stance("force_eager"))
        yield device


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
def watched_parameters(network, name):
    """Warn if the forward pass of a network, called `name`, writes to its parameters.

    No copies are kept of them: they may fill the memory, and a forward pass that learns is rare.
    """
    versions = {
        key: (parameter, parameter._version)
        for key, parameter in network.named_parameters()
        if not parameter.is_inference()  # these count no versions
    }
    yield
    written = [key for key, (p, version) in versions.items() if p._version != version]
    if written:
        warn_user(
            f"{name}: its own forward pass changed its parameters {written}; extract from a copy "
            "(copy.deepcopy) if they matter."
        )
