"""Forward passes of a network on inputs of the probe."""

from collections.abc import Mapping
from contextlib import suppress
from inspect import signature

import torch
from torch import nn

from skactland._torch import precision
from skactland.activations._arguments import as_arguments, call_arguments
from skactland.activations._hooks import LastLayerReached
from skactland.activations._outputs import LayerOutputError


class Forward:
    """Forward passes of one network on inputs of the probe, each as if it were the first.

    Parameters
    ----------
    network : Module
    modules : dict of str to Module
    inputs : Inputs
    reading : Reading
    device : torch.device
    state : State or None
        Put back after each pass. None of a network of which it is known that it only computes.
    """

    def __init__(self, network, modules, inputs, reading, device, state):
        self.network = network
        self.names = {module: name for name, module in reversed(modules.items())}
        self.inputs = inputs
        self.reading = reading
        self.device = device
        self.state = state
        self.only_computes = state is None
        self.dtype = precision(network)

    def batch(self, take):
        """Return the inputs of `take()` as the network takes them, and its tensors by argument."""
        batch = take.lent() if self.only_computes else take()
        batch = as_arguments(batch, self.dtype, self.device)
        args, kwargs = call_arguments(batch, self.network)
        given = {None: args[0]} if len(args) == 1 else self._named(args)
        if len(args) == 1 and isinstance(args[0], Mapping):
            given = dict(args[0])
        entries = {
            name: values
            for name, values in {**given, **kwargs}.items()
            if isinstance(values, torch.Tensor) and not values.is_nested
        }
        return args, kwargs, entries

    def _named(self, args):
        """Return positional arguments by the names that the network's forward has for them."""
        # Of compiled code, which tells no names, and of *args it is their numbers.
        names = []
        with suppress(TypeError, ValueError):
            names = list(signature(self.network.forward).bind(*args).arguments)
        return dict(zip(names, args, strict=True) if len(names) == len(args) else enumerate(args))

    def __call__(self, args, kwargs, hint=""):
        """Return the network's output, None if the pass ended at the last layer that is wanted.

        `hint` is added to what is said if it fails.
        """
        names = list(self._named(args)) if len(args) > 1 else [None] * len(args)
        args = [self._turned(name, value) for name, value in zip(names, args, strict=True)]
        kwargs = {name: self._turned(name, value) for name, value in kwargs.items()}
        try:
            with suppress(LastLayerReached):
                return self.network(*args, **kwargs)
        except (LayerOutputError, torch.OutOfMemoryError, MemoryError):
            raise
        except Exception as error:
            raise self._explained(error, {**dict(enumerate(args)), **kwargs}, hint) from error
        finally:
            if not self.only_computes:
                self.state.put_back()

    def _turned(self, entry, values):
        """Return an argument with time along its first axis, if the network takes it so."""
        is_sequence = isinstance(values, torch.Tensor) and values.ndim > 1
        is_turned = is_sequence and self.reading.takes_time_first(entry)
        return values.transpose(0, 1) if is_turned else values

    def _explained(self, error, given, hint):
        """Return an error that says at which layer and on what the network failed."""
        layer = _innermost_layer(error, self.names)
        at = "" if layer is None else f" at layer {self.names[layer]!r} ({type(layer).__name__})"
        batch = ", ".join(map(_describe, given, given.values()))
        return ValueError(
            f"it failed{at} on a batch of the probe, {batch}: {error} "
            "Check that each row of the probe is an input as this network takes it, of the type "
            f"and scale of those in training.{hint}"
        )


def _innermost_layer(error, names):
    """Return the layer that was running last when an error was raised, if any."""
    layer, frame = None, error.__traceback__
    while frame is not None:
        running = frame.tb_frame.f_locals.get("self")
        if isinstance(running, nn.Module) and running in names:
            layer = running
        frame = frame.tb_next
    return layer


def _describe(name, values):
    """Return the shape and type of an argument in words."""
    is_tensor = isinstance(values, torch.Tensor)
    said = f"shape {tuple(values.shape)} and {values.dtype}" if is_tensor else type(values).__name__
    return f"{name}: {said}" if isinstance(name, str) else said
