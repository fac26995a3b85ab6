"""The points of a layer, filled in while a network runs."""

import math

import numpy as np
import torch

from skactland.activations._outputs import LayerOutputError


class Cloud:
    """The points of one layer, of so many inputs.

    They are written to one array, which is made once: at no moment is there more than the result
    and a batch. Only where inputs give several numbers of points are batches joined at the end.
    """

    def __init__(self, n_inputs):
        self.n_inputs = n_inputs
        self._array = None
        self._batches = {}
        self._n_each = None
        self._width = None
        self._written = {}

    def write(self, start, n_shown, rows, counts):
        """Copy the rows that some inputs gave; `counts` is their number an input.

        Written again, as by a module that is called twice, they count anew.
        """
        if start == 0:
            self._array, self._batches, self._width = None, {}, rows.shape[1]
        elif rows.shape[1] != self._width:
            raise LayerOutputError(
                f"batches differ, with {self._width} and {rows.shape[1]} units; every forward pass "
                "must call the layer alike and give outputs of one shape."
            )
        if isinstance(counts, int):
            self._copy(start, n_shown, rows, counts)
        else:
            copy = torch.empty(rows.shape, dtype=rows.dtype, device="cpu").copy_(rows)
            self._batches[start] = copy, counts
        self._written[start] = n_shown

    def add_rows(self, start, n_shown, rows):
        """Copy rows, one an input, where the first batch gave such of as many units."""
        self._array[start : start + n_shown].copy_(rows)
        self._written[start] = n_shown

    def _copy(self, start, n_shown, rows, n_each):
        if self._array is None:
            self._n_each = n_each
            shape = self.n_inputs * n_each, self._width
            self._array = torch.empty(shape, dtype=rows.dtype, device="cpu")
        elif n_each != self._n_each:
            raise LayerOutputError(
                f"batches differ, with {self._n_each} and {n_each} points an input; every forward "
                "pass must give outputs of one shape."
            )
        self._array[start * n_each : (start + n_shown) * n_each].copy_(rows)

    def points(self):
        """Return the points, and how many each input gave: one number for all, or an array."""
        if sum(self._written.values()) < self.n_inputs:
            raise LayerOutputError(
                f"it was called for {sum(self._written.values())} of {self.n_inputs} inputs alone; "
                "every forward pass must call the layer alike."
            )
        points, counts = self._array, self._n_each
        if points is None:
            points = torch.cat([rows for rows, _ in self._batches.values()])
            counts = torch.cat([counts for _, counts in self._batches.values()]).numpy()
        if not math.isfinite(points.sum()):  # far sooner told than of each number
            self._check_finite(points.numpy(), counts)
        return points.numpy(), counts

    def _check_finite(self, points, counts):
        """Refuse points with NaN or infinity in them."""
        wrong = ~np.isfinite(points).all(axis=1)
        if not wrong.any():
            return
        owners = np.repeat(np.arange(self.n_inputs), counts)
        raise ValueError(
            f"NaN or infinite activations for {len(set(owners[wrong]))} of {self.n_inputs} inputs "
            f"(first: {owners[wrong.argmax()]}); look for divergence in training, overflow in half "
            "precision, or inputs on another scale than those of training."
        )
