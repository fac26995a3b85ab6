"""What layers give and what points are made of it, by hand: the side that is known to be right.

Nothing here is ours: plain forward hooks, and each reduction as its definition says it, one input
after the other, in double precision.
"""

import warnings
from collections.abc import Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase

import numpy as np
import torch
from torch import nn

from skactland import extract_activations


@dataclass
class Heard:
    """What plain hooks hear in one forward pass, in evaluation mode and without gradients.

    By name of a module: `last`, the first tensor of what it gave in its last call; `each`, that of
    every call; `inner`, the modules that were called while it ran.
    """

    last: dict = field(default_factory=dict)
    each: dict = field(default_factory=dict)
    inner: dict = field(default_factory=dict)

    @property
    def leaves(self):
        """The innermost modules that were called; those that compute weights are no layers."""
        return [name for name in self.last if not self.inner[name]]

    def is_of_a_child(self, name, contains):
        """Tell whether what a module gave was given by one that it called, by the values."""
        own = self.last[name]
        return any(contains(own, given) for inner in self.inner[name] for given in self.each[inner])


def hear(network, batch):
    """Run a network on a batch, and hear what all its modules give."""
    heard, running = Heard(), []

    def enter(name):
        def hook(module, args):
            for outer in running:
                heard.inner[outer].add(name)
            running.append(name)
            heard.inner.setdefault(name, set())

        return hook

    def leave(name):
        def hook(module, args, output):
            running.pop()
            tensor = first_tensor(output)
            if tensor is not None:
                heard.last.pop(name, None)  # the last call has its place in the order
                heard.last[name] = tensor.clone()
                heard.each.setdefault(name, []).append(heard.last[name])

        return hook

    handles = []
    for name, module in network.named_modules():
        if name and "parametrizations" not in name.split("."):
            handles.append(module.register_forward_pre_hook(enter(name)))
            handles.append(module.register_forward_hook(leave(name)))
    was_training = network.training
    with torch.no_grad():
        network.eval()(**batch) if isinstance(batch, Mapping) else network.eval()(batch)
    network.train(was_training)
    for handle in handles:
        handle.remove()
    return heard


def first_tensor(output):
    """The first tensor in an output, however nested."""
    if isinstance(output, torch.Tensor):
        return output
    parts = output.values() if isinstance(output, Mapping) else output
    parts = parts if isinstance(output, (Mapping, tuple, list)) else ()
    return next((t for t in map(first_tensor, parts) if t is not None), None)


def same_values(tensor, other):
    """Tell whether two tensors hold the same values, in whatever shape and order."""
    return torch.equal(tensor.flatten().sort().values, other.flatten().sort().values)


def holds_values(tensor, other):
    """Tell whether each value of a tensor is one of another's, as of a slice of it."""
    return torch.isin(tensor, other).all().item()


def fits(name, patterns):
    """Tell whether a name fits one of some globs; here * stands for anything."""
    return any(fnmatchcase(name, pattern) for pattern in patterns)


def of_first_fit(name, table, default=None):
    """What a table of globs says of a name: the value of the first that fits."""
    return next((value for glob, value in table.items() if fnmatchcase(name, glob)), default)


def take(batch, rows):
    """Some of the inputs of a probe."""
    return {k: v[rows] for k, v in batch.items()} if isinstance(batch, Mapping) else batch[rows]


def read(network, probe, **options):
    """Our reading of a network, and the warnings that it gave."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        clouds = extract_activations(network, probe, **options)
    return clouds, [str(warning.message) for warning in caught]


def read_or_asked(network, probe, asks, **options):
    """Our reading, or None if it asks for the parameter that answers what cannot be known."""
    try:
        return read(network, probe, **options)[0]
    except ValueError as question:
        if asks not in str(question):
            raise
        return None


class F(nn.Module):
    """A module whose forward pass is a function."""

    def __init__(self, function):
        super().__init__()
        self.function = function

    def forward(self, *inputs):
        return self.function(*inputs)


class Network(nn.Module):
    """A network of some named modules; its forward pass is a function of it and its inputs."""

    def __init__(self, function, **modules):
        super().__init__()
        self.function = function
        for name, module in modules.items():
            self.add_module(name, module)

    def forward(self, *inputs, **named):
        return self.function(self, *inputs, **named)


def as_array(tensor):
    """A tensor of any precision, in double precision."""
    return tensor.detach().double().numpy()


def pool_tokens(tensor, mask, tokens):
    """The points of sequences, (n, t, d): of the tokens that count, in each input by itself."""
    mask = np.ones(tensor.shape[:2], bool) if mask is None else np.asarray(mask, bool)
    counted = [sequence[keep] for sequence, keep in zip(as_array(tensor), mask, strict=True)]
    if tokens == "positions":
        return np.concatenate(counted)
    reduce = {"mean": lambda s: s.mean(0), "cls": lambda s: s[0], "last": lambda s: s[-1]}[tokens]
    return np.stack([reduce(sequence) for sequence in counted])


def pool_map(tensor, layout, feature_map):
    """The points of maps, (n, c, ...) or (n, ..., c): of each input's positions, in their order."""
    maps = as_array(tensor)
    maps = np.moveaxis(maps, 1, -1) if layout == "channels_first" else maps
    positions = maps.reshape(len(maps), -1, maps.shape[-1])
    return positions.mean(1) if feature_map == "gap" else np.concatenate(positions)
