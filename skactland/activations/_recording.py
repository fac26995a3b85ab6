"""Hooks that write a layer's outputs down, batch after batch."""

from contextlib import contextmanager
from dataclasses import fields, is_dataclass

import numpy as np
import torch


class LayerOutputError(ValueError):
    """A layer's output cannot be read as a point cloud."""


class Recorder:
    """The clouds of some layers of a network, filled while the network runs.

    Rows are copied as they come, since a later layer may overwrite its input in place, and on
    arrival are flattened and moved to the CPU, so that one batch's outputs are all that is ever
    held beside the result.

    Parameters
    ----------
    modules : dict of str to Module
        The layers to listen to, by name.
    n_points : int
        The number of inputs that will be shown in all.
    call : {"last", "all"}
        Which calls count if a layer is called more than once in a forward pass.
    where : str
        Which network this is, for messages.
    """

    def __init__(self, modules, n_points, call, where):
        self.modules = modules
        self.n_points = n_points
        self.call = call
        self.where = where
        self._clouds = {}
        self._calls = {}
        self._batch = slice(0)

    @contextmanager
    def listening(self):
        """Register a hook on each layer, and remove those very hooks afterwards."""
        handles = []
        try:
            for name, module in self.modules.items():
                handles.append(module.register_forward_hook(self._hook(name)))
            yield self
        finally:
            for handle in handles:
                handle.remove()

    def start_batch(self, start, stop):
        """Say which inputs the next forward pass is shown."""
        self._batch = slice(start, stop)
        self._calls = dict.fromkeys(self.modules, 0)

    def _hook(self, name):
        def hook(module, args, output):
            self.write(name, output, self._calls[name] if self.call == "all" else 0)
            self._calls[name] += 1

        return hook

    def write(self, name, output, call=0):
        """Copy the rows of one output into the layer's cloud."""
        rows = self._rows(name, output)
        cloud = self._clouds.get((name, call))
        if cloud is None:
            kind = torch.float64 if rows.dtype == torch.float64 else torch.float32
            cloud = torch.empty((self.n_points, rows.shape[1]), dtype=kind)
            self._clouds[name, call] = cloud
        if cloud.shape[1] != rows.shape[1]:
            raise LayerOutputError(
                f"{self.where}, layer {name!r}: {cloud.shape[1]} units on the first inputs, "
                f"{rows.shape[1]} on others; outputs must have one shape for all inputs."
            )
        cloud[self._batch].copy_(rows)

    def _rows(self, name, output):
        """Return a layer's output as one flat row for each input."""
        tensor = first_tensor(output)
        place = f"{self.where}, layer {name!r}"
        n_rows = self._batch.stop - self._batch.start
        if tensor is None:
            raise LayerOutputError(f"{place}: its output, {type(output).__name__}, has no tensor.")
        if tensor.ndim == 0 or len(tensor) != n_rows:
            raise LayerOutputError(
                f"{place}: output of shape {tuple(tensor.shape)} for a batch of {n_rows} inputs; "
                "the first axis must be the batch (recurrent layers: batch_first=True), or leave "
                "this layer out."
            )
        if not tensor.is_floating_point():
            raise LayerOutputError(f"{place}: its output is {tensor.dtype}, not floating point.")
        return tensor.detach().reshape(n_rows, -1)

    def clouds(self):
        """Return the clouds as arrays, by layer, in the order in which the layers first ran."""
        n_calls = {}
        for name, _ in self._clouds:
            n_calls[name] = n_calls.get(name, 0) + 1
        clouds = {}
        for (name, call), cloud in self._clouds.items():
            label = name if n_calls[name] == 1 else f"{name}@{call}"
            clouds[label] = self._finite(label, cloud.numpy())
        return clouds

    def _finite(self, name, cloud):
        """Return a cloud if all of it is finite."""
        wrong = ~np.isfinite(cloud).all(axis=1)
        if wrong.any():
            raise ValueError(
                f"{self.where}, layer {name!r}: NaN or infinite activations for "
                f"{np.count_nonzero(wrong)} of {len(cloud)} inputs (first: {wrong.argmax()}); look "
                "for divergence in training, overflow in half precision, or inputs on another "
                "scale than those of training."
            )
        return cloud


def first_tensor(output):
    """Return the first tensor in a layer's output: tuple, list, dict, dataclass or tensor."""
    if isinstance(output, torch.Tensor):
        return output
    if isinstance(output, dict):
        output = output.values()
    elif is_dataclass(output) and not isinstance(output, type):
        output = [getattr(output, field.name) for field in fields(output)]
    elif not isinstance(output, (list, tuple)):
        return None
    found = (first_tensor(part) for part in output)
    return next((tensor for tensor in found if tensor is not None), None)
