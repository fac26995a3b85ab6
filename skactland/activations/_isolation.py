"""How a network is read and left as it was found."""

import sys
from contextlib import ExitStack, contextmanager

import torch

from skactland._checks import warn_user
from skactland._torch import (
    ONE_AT_A_TIME,
    all_modules,
    device_generator_kept,
    generators_kept,
    on_device,
)
from skactland.activations._evaluation import in_evaluation
from skactland.activations._pure import only_compute
from skactland.activations._state import State


class Row:
    """Networks that are read one after the other, with nothing of the user's run in between.

    A context, at the end of which the random states of torch, NumPy and Python are put back. Done
    for each of some small networks, that would cost a third of what plain hooks do. From the first
    network on, other threads wait.
    """

    def __init__(self):
        self._stack = ExitStack()
        self._has_begun = False

    def begin(self):
        """Keep the generators as they are now, unless that was done for a network before."""
        if not self._has_begun:
            self._stack.enter_context(generators_kept())
            self._has_begun = True

    def __enter__(self):
        return self

    def __exit__(self, *error):
        """Put the generators back."""
        self.end()

    def end(self):
        """Put the generators back, and begin anew with the next network."""
        self._has_begun = False
        self._stack.close()


@contextmanager
def undisturbed(network, device, name, row, may_be_pure):
    """Run a network in evaluation mode on a device, and leave everything as it was.

    Put back, also after an error or an interrupt: the training flag of each submodule, buffers and
    plain attributes, the device and its random state; at the end of the `row` of networks the
    random states of torch, NumPy and Python. Compiled parts run uncompiled, since hooks that are
    registered after compilation would silently not fire, and attention without its fast path, which
    calls none of the modules within. Other threads wait. A forward pass that writes to parameters
    is warned of, by the `name` of the network. Gives the device, and the state to put back between
    passes: None of a network that only computes, if `may_be_pure` says that nothing of the user's
    is run beside it.
    """
    with ExitStack() as stack:
        stack.enter_context(ONE_AT_A_TIME)
        # Not inference_mode: what it makes, such as a buffer, could not be trained on later.
        stack.enter_context(torch.no_grad())
        row.begin()
        modules = all_modules(network)
        stack.enter_context(in_evaluation(network, modules))
        is_pure = may_be_pure and only_compute(modules)
        if not is_pure:
            stack.enter_context(_watched_parameters(network, modules, name))
        if device is not None:  # on another device, its buffers are other tensors for a while
            stack.callback(State(modules).put_back)
        device = stack.enter_context(on_device(network, device))
        state = None if is_pure else State(modules)
        if device.type == "cuda":
            stack.enter_context(device_generator_kept(device))
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
def _watched_parameters(network, modules, name):
    """Warn if the forward pass of a network, called `name`, writes to its parameters.

    No copies are kept of them: they may fill the memory, and a forward pass that learns is rare.
    """
    versions = [
        (parameter, parameter._version)
        for module in modules
        for parameter in module._parameters.values()
        if parameter is not None and not parameter.is_inference()  # these count no versions
    ]
    try:
        yield
    finally:
        written = {id(p) for p, version in versions if p._version != version}
        if written:
            written = [key for key, p in network.named_parameters() if id(p) in written]
            warn_user(
                f"{name}: its own forward pass changed its parameters {written}; extract from a "
                "copy (copy.deepcopy) if they matter."
            )
