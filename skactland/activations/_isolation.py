"""How a network is read and left as it was found."""

import sys
from contextlib import ExitStack, contextmanager

import torch

from skactland._checks import warn_user
from skactland._torch import ONE_AT_A_TIME, generators_kept, on_device
from skactland.activations._evaluation import in_evaluation
from skactland.activations._state import State


@contextmanager
def undisturbed(network, device, name):
    """Run a network in evaluation mode on a device, and leave everything as it was.

    Put back, also after an error or an interrupt: the training flag of each submodule, buffers and
    plain attributes, the device, and the random states of torch, NumPy and Python. Compiled parts
    run uncompiled, since hooks that are registered after compilation would silently not fire, and
    attention without its fast path, which calls none of the modules within. Other threads wait. A
    forward pass that writes to parameters is warned of, by the `name` of the network. Gives the
    device, and the state to put back between passes.
    """
    with ExitStack() as stack:
        stack.enter_context(ONE_AT_A_TIME)
        # Not inference_mode: what it makes, such as a buffer, could not be trained on later.
        stack.enter_context(torch.no_grad())
        stack.enter_context(in_evaluation(network))
        stack.enter_context(_watched_parameters(network, name))
        state = State(network)
        stack.callback(state.put_back)
        if device is not None:  # on another device, its buffers are other tensors for a while
            device = stack.enter_context(on_device(network, device))
            state = State(network)
        else:
            device = stack.enter_context(on_device(network, None))
        stack.enter_context(generators_kept(device))
        stack.enter_context(_without_fast_attention())
        if "torch._dynamo" in sys.modules:
            stack.enter_context(torch.compiler.set_stance("force_eager"))
        yield device, state


@contextmanager
def _without_fast_attention():
    was_enabled = torch.backends.mha.get_fastpath_enabled()
    torch.backends.mha.set_fastpath_enabled(False)
    try:
        yield
    finally:
        torch.backends.mha.set_fastpath_enabled(was_enabled)


@contextmanager
def _watched_parameters(network, name):
    """Warn if the forward pass of a network, called `name`, writes to its parameters.

    No copies are kept of them: they may fill the memory, and a forward pass that learns is rare.
    """
    versions = {
        key: (parameter, parameter._version)
        for key, parameter in network.named_parameters()
        if not parameter.is_inference()  # these count no versions
    }
    try:
        yield
    finally:
        written = [key for key, (p, version) in versions.items() if p._version != version]
        if written:
            warn_user(
                f"{name}: its own forward pass changed its parameters {written}; extract from a "
                "copy (copy.deepcopy) if they matter."
            )
