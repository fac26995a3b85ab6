"""What training changes on the way, a network's surroundings, and how it is put back."""

import threading
from contextlib import contextmanager

import torch
from torch import nn

_CPU = torch.device("cpu")

# Torch's random state and number of threads belong to the process: threads take turns.
_turn = threading.RLock()


@contextmanager
def kept_as_found(network, device=None):
    """Give the device to run on; then put back the network's training flags and its own device."""
    if not isinstance(network, nn.Module):
        raise TypeError(f"network must be a torch.nn.Module, got {type(network).__name__}.")
    flags = {module: module.training for module in network.modules()}
    home = _device_of(network)
    try:
        yield home if device is None else _device_of(network.to(device))
    finally:
        if device is not None:
            network.to(home)
        for module, training in flags.items():
            module.training = training


def _device_of(network):
    return next(network.parameters(), torch.empty(0)).device


@contextmanager
def seeded(seed, device=_CPU):
    """Seed torch for a while, and then put its random state back."""
    cuda = [device] if device.type == "cuda" else []
    with _turn, torch.random.fork_rng(devices=cuda):
        torch.random.default_generator.manual_seed(seed)
        if cuda:
            with torch.cuda.device(device):
                torch.cuda.manual_seed(seed)
        yield


@contextmanager
def single_thread():
    """Leave torch one thread: small networks gain nothing from more, and sums keep their order."""
    n_threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(n_threads)
