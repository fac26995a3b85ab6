"""One column of one network: from what a layer gives to its points."""

import torch

from skactland.activations._clouds import Cloud
from skactland.activations._outputs import LayerOutputError, arrangement, check_tensor, plain


class Column:
    """The points of a layer, written batch by batch.

    Parameters
    ----------
    name : str
        The layer.
    seen : Seen
        What it gave in the first look.
    n_seen : int
        The number of inputs in that look.
    n_inputs : int
        The number of all inputs.
    reading : Reading
        How outputs become points.
    tolerance : callable
        ``tolerance(dtype)`` tells by how much activations may differ that are the same.
    """

    def __init__(self, name, seen, n_seen, n_inputs, reading, tolerance):
        self.name = name
        self.seen = seen
        self.n_seen = n_seen
        self.reading = reading
        self.tolerance = tolerance
        self.problem = None
        self.deviation = 0.0
        self._cloud = Cloud(n_inputs)
        self._arrangement = None

    def write(self, output, tensor, start, n_shown, masks, seen_masks):
        """Copy the points of a batch; how the output stands is settled by the first.

        What cannot be read of the first batch is kept as the `problem`, for all layers to be told
        of at once.
        """
        if self.problem is not None:
            return
        try:
            check_tensor(tensor, output)
            tensor, own = plain(tensor)
            if start == 0:
                self._arrangement = self._arrange(tensor.shape, n_shown)
            rows, counts = self._rows(tensor, own, n_shown, masks)
            self._cloud.write(start, n_shown, rows, counts)
            if start == 0 and self.reading.check:
                self.deviation = self._deviation(rows, counts, n_shown, tensor.dtype, seen_masks)
        except LayerOutputError as error:
            if start > 0:
                raise
            self.problem = error

    def points(self):
        """Return the points, and each point's input."""
        return self._cloud.points()

    def _arrange(self, shape, n_shown):
        """Tell how the axes of the output stand."""
        seen = self.seen
        other = None
        if seen.tensor is not None and n_shown != self.n_seen:
            other = tuple(plain(seen.tensor)[0].shape), self.n_seen
        found = arrangement(tuple(shape), n_shown, seen.axes, other)
        return found.with_layout(self.reading.layout_of(self.name), len(shape))

    def _rows(self, tensor, own, n_inputs, masks):
        """Return the rows of some inputs, and how many each has."""
        tensor = self._arrangement.apply(tensor, n_inputs)
        if len(tensor) != n_inputs:
            raise LayerOutputError(
                f"output of shape {tuple(tensor.shape)} for a batch of {n_inputs} inputs; every "
                "forward pass must give outputs of one shape."
            )
        if tensor.dtype.itemsize < 4:  # NumPy has no bfloat16, and distances of halves overflow
            tensor = tensor.float()
        units = self._arrangement.units
        reduction = self.reading.reduction
        if own is None and reduction.needs_mask(tensor.ndim, units):
            own = masks.of_layer(self.name, self._token_parts(), tensor.shape[1])
        rows, counts = reduction.rows(tensor, units, own)
        if isinstance(counts, int) and reduction.gives_each_token(tensor.ndim, units):
            counts = torch.full((n_inputs,), counts)
        return rows, counts

    def _token_parts(self):
        """Return what is known of the axis of tokens, the second once inputs come first."""
        if self.seen.axes is None or self._arrangement.is_merged:
            return None
        others = [parts for i, parts in enumerate(self.seen.axes) if i != self._arrangement.inputs]
        return others[0]

    def _deviation(self, rows, counts, n_shown, dtype, seen_masks):
        """Return by how much the rows differ from those of the first look, in terms of their scale.

        Those of inputs that were in both; infinite if there is another number of them.
        """
        tensor, own = plain(self.seen.tensor)
        before, n_before = self._rows(tensor, own, self.n_seen, seen_masks)
        n_common = min(self.n_seen, n_shown)
        before, rows = _first(before, n_before, n_common), _first(rows, counts, n_common)
        if before.shape != rows.shape:
            return float("inf")
        if torch.equal(before, rows):
            return 0.0
        scale = torch.maximum(before.abs().max(), rows.abs().max())
        largest = float((before - rows).abs().max() / scale)
        return largest if largest > self.tolerance(dtype) else 0.0


def _first(rows, counts, n_inputs):
    """Return the rows of the first inputs."""
    return rows[: counts * n_inputs if isinstance(counts, int) else int(counts[:n_inputs].sum())]
