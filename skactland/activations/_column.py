"""One column of one network: from what a layer gives to its points."""

import numpy as np
import torch

from skactland.activations._agreement import deviation, surely_agree
from skactland.activations._clouds import Cloud
from skactland.activations._outputs import LayerOutputError, arrangement, check_tensor, plain

# Of fewer numbers than these it costs more to look at each layer by itself than at all.
_SMALL = 10_000


class Column:
    """The points of a layer, written batch by batch.

    Parameters
    ----------
    name : str
        The layer.
    seen : Seen
        What it gave in the first look.
    schedule : Schedule
        How many inputs there are, and which were shown in that look.
    reading : Reading
        How outputs become points.
    tolerance : callable
        ``tolerance(dtype)`` tells by how much activations may differ that are the same.
    """

    def __init__(self, name, seen, schedule, reading, tolerance):
        self.name = name
        self.seen = seen
        self.n_seen = schedule.n_seen
        self.places = schedule.places
        self.reading = reading
        self.tolerance = tolerance
        self.problem = None
        self.is_left = False
        self.deviation = 0.0
        self._cloud = Cloud(schedule.n_inputs)
        self._arrangement = None
        self._rows_as_are = None

    def write(self, output, tensor, start, n_shown, masks, seen_masks):
        """Copy the points of a batch; how the output stands is settled by the first.

        What cannot be read is kept as the `problem`: a module that is called again may yet give
        what can, and all layers are to be told of at once.
        """
        self.problem = None
        if start == 0:
            self._rows_as_are, self.is_left, self.deviation = None, False, 0.0
        try:
            check_tensor(tensor, output)
            tensor, own = plain(tensor)
            tensor = tensor.detach()
            if start == 0:
                self._arrangement = self._arrange(tensor.shape, n_shown)
            rows, counts = self._rows(tensor, own, n_shown, masks)
            if rows is tensor and counts == 1:
                self._rows_as_are = tensor.dtype, tensor.shape[1]
            rows = rows.numpy(force=True)
            self._cloud.write(start, n_shown, rows, counts)
            if start == 0 and len(self.places):
                self._compare(rows, counts, tensor.dtype, seen_masks)
        except LayerOutputError as error:
            self.problem = error

    def add(self, output, start, n_shown):
        """Copy a later batch of rows as they are, such as the first gave, or tell that it is none.

        So most layers of most networks give them, and of a small one all else would cost the most.
        """
        if start == 0 or not self._are_rows(output, n_shown):
            return False
        self.problem = None
        self._cloud.add_rows(start, n_shown, output.numpy(force=True))
        return True

    def _are_rows(self, output, n_shown):
        """Tell whether an output is rows as they are, like those of the first batch."""
        if self._rows_as_are is None or not isinstance(output, torch.Tensor):
            return False
        dtype, n_units = self._rows_as_are
        return output.dtype is dtype and output.shape == (n_shown, n_units)

    def points(self):
        """Return the points, and how many each input gave."""
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
        tensor = self._arrangement.apply(tensor, n_inputs) if tensor.ndim else tensor
        if not tensor.ndim:
            raise LayerOutputError(
                "output without any axis for a batch of one input, as of squeeze(); choose a "
                "batch_size that leaves no batch of one."
            )
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
            counts = np.full(n_inputs, counts)
        return rows, counts

    def _token_parts(self):
        """Return what is known of the axis of tokens, the second once inputs come first."""
        if self.seen.axes is None:
            return None
        if self._arrangement.is_merged:
            return self.seen.axes[0][1:]
        others = [parts for i, parts in enumerate(self.seen.axes) if i != self._arrangement.inputs]
        return others[0]

    def _compare(self, rows, counts, dtype, seen_masks):
        """Note by how much the rows differ from those of the first look, or leave that to `settle`.

        It is infinite if there is another number of them.
        """
        tensor, own = plain(self.seen.tensor)
        if tensor is self.seen.tensor and self._are_rows(tensor, self.n_seen):
            # Not where some layers compute in other numbers, whose rounding is to be tolerated.
            self.is_left = 0 < tensor.numel() < _SMALL and not torch.is_autocast_enabled("cpu")
            if self.is_left:
                return
        before, n_each = self._rows(tensor, own, self.n_seen, seen_masks)
        before = _rows_of(np.arange(len(self.places)), before.numpy(force=True), n_each)
        rows = _rows_of(self.places, rows, counts)
        is_same = before.shape == rows.shape
        self.deviation = deviation(before, rows, self.tolerance(dtype)) if is_same else float("inf")

    def left(self):
        """Return rows of the first look, and of the first batch, that were left to compare."""
        before = self.seen.tensor.numpy(force=True)
        return before[: len(self.places)], self._cloud.take(self.places)


def settle(columns):
    """Compare what columns have left, of all at once."""
    columns = [column for column in columns if column.is_left]
    if not columns:
        return
    pairs = [column.left() for column in columns]
    for column, pair, does in zip(columns, pairs, surely_agree(pairs), strict=True):
        if not does:
            column.deviation = deviation(*pair, column.tolerance(column.seen.tensor.dtype))


def _rows_of(places, rows, counts):
    """Return the rows of some of the inputs."""
    if isinstance(counts, int) and counts == 1:  # at once, which counts where networks are small
        return rows.take(places, 0)
    if isinstance(counts, int):
        parts = [rows[place * counts : (place + 1) * counts] for place in places]
    else:
        ends = counts.cumsum()
        parts = [rows[ends[place] - counts[place] : ends[place]] for place in places]
    return np.concatenate(parts)
