"""Evaluation mode, also of networks that switch to it in a way of their own."""

from contextlib import contextmanager

import torch
from torch import nn

from skactland._torch import evaluation_mode, training_flags_kept
from skactland.activations._state import State


@contextmanager
def in_evaluation(network, modules):
    """Have a network in evaluation mode for a while, as its ``eval()`` has it, and as it was after.

    `modules` are all of its modules.

    Of most networks that is a flag of each submodule. A class with a `train` or `eval` of its own
    may do more, such as merging branches or switching off what it draws: it is called, and what it
    changed is put back.
    """
    own = [module for module in modules if _switches_itself(module)]
    if not own:
        with evaluation_mode(modules):
            yield
        return
    with training_flags_kept(modules):
        state = State(modules)
        weights = [(p, p.detach().clone()) for module in own for p in module.parameters()]
        try:
            network.eval()
            yield
        finally:
            state.put_back()
            with torch.no_grad():
                for parameter, values in weights:
                    if not torch.equal(parameter, values):
                        parameter.copy_(values)


def _switches_itself(module):
    """Tell whether a module's class has its own way into evaluation mode."""
    if isinstance(module, torch.jit.ScriptModule):
        return False
    kind = type(module)
    return kind.train is not nn.Module.train or kind.eval is not nn.Module.eval
