"""Hooks that write a layer's outputs down, batch after batch."""

from contextlib import contextmanager

import numpy as np
import torch

from skactland.activations._points import as_points, find_tensor


class LayerOutputError(ValueError):
    """A layer's output cannot be read as points."""


class LastLayerReached(BaseException):
    """Nothing more is wanted of this forward pass; not for a network's own ``except`` clauses."""


class Recorder:
    """The clouds of some layers of a network, filled while the network runs.

    Outputs become rows and are copied to the CPU as they come: a later layer may overwrite its
    input in place, and only one batch's outputs are ever held beside the result.

    Parameters
    ----------
    modules : dict of str to Module
        The layers to listen to, by name.
    where : str
        Which network this is, for messages.
    call : {"last", "all"}
        Which calls count if a layer is called more than once in a forward pass.
    output, feature_map, tokens
        How outputs become rows, as in :func:`~skactland.extract_activations`.
    stop_early : bool
        Whether a forward pass may end at the last layer, which the first one tells.
    """

    def __init__(self, modules, where, *, call, output, feature_map, tokens, stop_early):
        self.modules = modules
        self.where = where
        self.call = call
        self.output = output
        self.feature_map = feature_map
        self.tokens = tokens
        self.stop_early = stop_early
        self._batches = []
        self._last_call = None

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

    @contextmanager
    def batch(self, n_inputs, mask=None):
        """Record one forward pass on some inputs."""
        self._n_inputs, self._mask = n_inputs, mask
        self._rows, self._calls = {}, {}
        yield
        if torch.accelerator.is_available():
            torch.accelerator.synchronize()
        self._batches.append(self._rows)
        if self.stop_early and self._last_call is None:
            once = all(calls == 1 for calls in self._calls.values())
            self._last_call = len(self._calls) if once else -1

    def _hook(self, name):
        def hook(module, args, output):
            call = self._calls[name] = self._calls.get(name, 0) + 1
            self.write(name, output, call - 1 if self.call == "all" else 0)
            if len(self._calls) == self._last_call:
                raise LastLayerReached

        return hook

    def write(self, name, output, call=0):
        """Copy the rows of one output."""
        tensor = self._check(name, find_tensor(output, self.output), output).detach()
        if tensor.dtype.itemsize < 4:
            tensor = tensor.float()
        rows, counts = as_points(tensor, self._mask, self.feature_map, self.tokens)
        copy = torch.empty(rows.shape, dtype=rows.dtype, pin_memory=rows.is_cuda)
        self._rows[name, call] = copy.copy_(rows, non_blocking=True), counts.cpu()

    def _check(self, name, tensor, output):
        """Return the tensor of an output, if it holds a floating-point row for each input."""
        place = f"{self.where}, layer {name!r}"
        if not isinstance(tensor, torch.Tensor):
            raise LayerOutputError(
                f"{place}: its output, {type(output).__name__}, has no tensor; choose one with "
                "`output`, or leave this layer out."
            )
        if tensor.ndim == 0 or len(tensor) != self._n_inputs:
            raise LayerOutputError(
                f"{place}: output of shape {tuple(tensor.shape)} for a batch of {self._n_inputs} "
                "inputs; the first axis must be the batch (recurrent and attention layers: "
                "batch_first=True), or leave this layer out."
            )
        if not tensor.is_floating_point():
            raise LayerOutputError(
                f"{place}: its output is {tensor.dtype}, not floating point; leave it out."
            )
        return tensor

    def clouds(self):
        """Return, by (name, call) in the order of execution, points and each point's input.

        The call is None where there is but one. The input is the position among all the inputs
        shown. Points are handed over layer by layer, so that batches and result are not both held.
        """
        keys = list(dict.fromkeys(key for rows in self._batches for key in rows))
        repeated = {name for name, call in keys if call > 0}
        clouds = {}
        for name, call in keys:
            parts = [rows.pop((name, call), None) for rows in self._batches]
            clouds[name, call if name in repeated else None] = self._join(name, parts)
        return clouds

    def _join(self, name, parts):
        """Return the points of all batches as one finite array."""
        place = f"{self.where}, layer {name!r}"
        widths = {None if part is None else part[0].shape[1] for part in parts}
        if len(widths) > 1:
            raise LayerOutputError(
                f"{place}: batches differ, with {', '.join(map(str, widths))} units; every forward "
                "pass must call the layer alike and give outputs of one shape."
            )
        points = torch.cat([rows for rows, _ in parts]).numpy()
        counts = torch.cat([counts for _, counts in parts]).numpy()
        owners = np.repeat(np.arange(len(counts)), counts)
        wrong = ~np.isfinite(points).all(axis=1)
        if wrong.any():
            raise ValueError(
                f"{place}: NaN or infinite activations for {len(set(owners[wrong]))} of "
                f"{len(counts)} inputs (first: {owners[wrong.argmax()]}); look for divergence "
                "in training, overflow in half precision, or inputs on another scale than those "
                "of training."
            )
        return points, owners
