"""Hooks that write a layer's outputs down, batch after batch."""

import threading
from contextlib import contextmanager

import numpy as np
import torch

from skactland._checks import at_place
from skactland.activations._points import (
    CHANNELS_FIRST,
    CHANNELS_LAST,
    as_points,
    find_part,
    first_tensor,
    padded,
)


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
    network : Module
        The network that they are layers of.
    call : {"last", "all"}
        Which calls count if a layer is called more than once in a forward pass.
    output, feature_map, tokens
        How outputs become rows, as in :func:`~skactland.extract_activations`.
    stop_early : bool
        Whether a forward pass may end at the last layer, which the first one tells.
    may_skip : bool
        Whether layers that give the same for all inputs, such as embeddings of positions, are left
        out rather than refused.
    """

    def __init__(
        self, modules, network, *, call, output, feature_map, tokens, stop_early, may_skip
    ):
        self.modules = modules
        self.call = call
        self.output = output
        self.feature_map = feature_map
        self.tokens = tokens
        self.stop_early = stop_early
        self.may_skip = may_skip
        self._batches = []
        self._course = None
        self._skipped = set()
        self._parts = {}
        self._is_channels_first = False
        self._with_layout = _modules_with_layout(network)
        self._takes_time_first = any(
            getattr(module, "batch_first", None) is False for module in network.modules()
        )
        self._thread = threading.get_ident()

    @contextmanager
    def listening(self):
        """Register a hook on each layer, and remove those very hooks afterwards."""
        handles = []
        try:
            for module in self._with_layout:
                handles.append(module.register_forward_hook(self._note_layout))
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
        self._rows, self._calls = {}, []
        yield
        if torch.accelerator.is_available():
            torch.accelerator.synchronize()
        self._batches.append(self._rows)
        if self.stop_early and self._course is None:
            once = len(set(self._calls)) == len(self._calls)
            self._course = self._calls if once else []

    def _note_layout(self, module, args, output):
        self._is_channels_first = isinstance(module, CHANNELS_FIRST)

    def _hook(self, name):
        def hook(module, args, output):
            if threading.get_ident() != self._thread:
                return  # another thread may run the same network meanwhile, on inputs of its own
            call = self._calls.count(name) if self.call == "all" else 0
            self._calls.append(name)
            if name not in self._skipped:
                with at_place(f"layer {name!r}"):
                    self._write_part(name, output, call)
            if self._calls == self._course:
                raise LastLayerReached

        return hook

    def _write_part(self, name, output, call):
        """Copy the rows of the part of a layer's output that is wanted."""
        if self.output is None or isinstance(output, torch.Tensor):
            tensor = self.output(output) if callable(self.output) else output
        else:
            tensor, self._parts[name] = find_part(output, self.output)
        tensor = first_tensor(tensor)
        if self.may_skip and self._is_same_for_all(tensor):
            self._skipped.add(name)
        else:
            self._write(name, output if tensor is None else tensor, call)

    def write(self, name, tensor):
        """Copy the rows of a tensor that is no layer's output, as a column of its own."""
        with at_place(f"column {name!r}"):
            self._write(name, tensor, call=0)

    def _write(self, name, tensor, call):
        """Copy the rows of one tensor."""
        mask = self._mask
        if isinstance(tensor, torch.Tensor) and tensor.is_nested:
            tensor, mask = padded(tensor)
        tensor = self._check(tensor).detach()
        if tensor.dtype.itemsize < 4:  # NumPy has no bfloat16, and distances of halves overflow
            tensor = tensor.float()
        is_map = tensor.ndim > 3 or (tensor.ndim == 3 and self._is_channels_first)
        rows, counts = as_points(tensor, mask, self.feature_map if is_map else None, self.tokens)
        # A copy to pinned memory runs beside the computation; `batch` waits for it.
        copy = torch.empty(rows.shape, dtype=rows.dtype, device="cpu", pin_memory=rows.is_cuda)
        # Of several calls the last one counts, and its place in the order.
        self._rows.pop((name, call), None)
        self._rows[name, call] = copy.copy_(rows, non_blocking=True), counts.cpu()

    def _is_same_for_all(self, tensor):
        """Tell whether one row stands for all the inputs of the first batch."""
        is_row = isinstance(tensor, torch.Tensor) and tensor.ndim > 1 and len(tensor) == 1
        return is_row and self._n_inputs > 1

    def _check(self, tensor):
        """Return the tensor of an output, if it holds a floating-point row for each input."""
        leave_out = "or leave this layer out with `exclude`."
        if not isinstance(tensor, torch.Tensor):
            raise LayerOutputError(
                f"its output, {type(tensor).__name__}, has no tensor; choose one with "
                f"`output`, {leave_out}"
            )
        if tensor.is_meta:
            raise LayerOutputError(
                "its output is on the meta device, without values; load the weights and constants "
                f"that it is computed from, {leave_out}"
            )
        shape, n = tuple(tensor.shape), self._n_inputs
        if shape[:2] == (n, n) and len(shape) == 3 and n > 1 and self._takes_time_first:
            raise LayerOutputError(
                f"whether the first axis of its output, of shape {shape}, is the batch or "
                "time cannot be told, as the network has a layer with batch_first=False; build it "
                f"with batch_first=True, choose another batch_size, {leave_out}"
            )
        if not shape or shape[0] != n:
            is_time_first = len(shape) == 3 and shape[1] == n
            hint = "; build the network with batch_first=True," if is_time_first else ""
            raise LayerOutputError(
                f"output of shape {shape} for a batch of {n} inputs; the first axis must "
                f"be the batch{hint} {leave_out}"
            )
        if not tensor.is_floating_point():
            raise LayerOutputError(
                f"its output is {tensor.dtype}, not floating point; choose another with "
                f"`output`, {leave_out}"
            )
        return tensor

    def clouds(self):
        """Return, by (name, call) in the order of execution, points and each point's input.

        The call is None where there is but one. The input is the position among all the inputs
        shown. Points are handed over layer by layer, so that batches and result are not both held.
        """
        self._check_parts()
        keys = list(dict.fromkeys(key for rows in self._batches for key in rows))
        repeated = {name for name, call in keys if call > 0}
        clouds = {}
        for name, call in keys:
            parts = [rows.pop((name, call), None) for rows in self._batches]
            with at_place(f"layer {name!r}"):
                clouds[name, call if name in repeated else None] = _join(parts)
        return clouds

    def _check_parts(self):
        """Refuse a key for parts of outputs that no output has."""
        if self._parts and not any(found is True for found in self._parts.values()):
            name, there = next(iter(self._parts.items()))
            raise LayerOutputError(
                f"no layer's output has a part {self.output!r}; that of {name!r} has {there}."
            )


def _join(parts):
    """Return the points of all batches as one finite array."""
    widths = {None if part is None else part[0].shape[1] for part in parts}
    if len(widths) > 1:
        raise LayerOutputError(
            f"batches differ, with {', '.join(map(str, widths))} units; every forward pass must "
            "call the layer alike and give outputs of one shape."
        )
    points = torch.cat([rows for rows, _ in parts]).numpy()
    counts = torch.cat([counts for _, counts in parts]).numpy()
    owners = np.repeat(np.arange(len(counts)), counts)
    wrong = ~np.isfinite(points).all(axis=1)
    if wrong.any():
        raise ValueError(
            f"NaN or infinite activations for {len(set(owners[wrong]))} of {len(counts)} inputs "
            f"(first: {owners[wrong.argmax()]}); look for divergence in training, overflow in half "
            "precision, or inputs on another scale than those of training."
        )
    return points, owners


def _modules_with_layout(network):
    """Return the modules that tell (n, c, l) from (n, t, d), if a network may have both."""
    modules = list(network.modules())
    if not any(isinstance(module, CHANNELS_FIRST) for module in modules):
        return []
    return [m for m in modules if isinstance(m, (*CHANNELS_FIRST, *CHANNELS_LAST))]
