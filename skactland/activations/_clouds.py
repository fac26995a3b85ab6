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
        self._points = None
        self._batches = {}
        self._n_each = None
        self._width = None
        self._written = {}

    def write(self, start, n_shown, rows, counts):
        """Copy the rows that some inputs gave; `counts` is their number an input, or that of each.

        Written again, as by a module that is called twice, they count anew.
        """
        if start == 0:
            self._points, self._batches, self._width = None, {}, rows.shape[1]
        elif rows.shape[1] != self._width:
            raise LayerOutputError(
                f"batches differ, with {self._width} and {rows.shape[1]} units; every forward pass "
                "must call the layer alike and give outputs of one shape."
            )
        if isinstance(counts, int):
            self._copy(start, n_shown, rows, counts)
        else:
            self._batches[start] = rows.copy(), counts
        self._written[start] = n_shown

    def add_rows(self, start, n_shown, rows):
        """Copy rows, one an input, where the first batch gave such of as many units."""
        self._points[start : start + n_shown] = rows
        self._written[start] = n_shown

    def take(self, places):
        """Return the rows of some inputs of the first batch, which gave one each."""
        return self._points.take(places, 0)

    def _copy(self, start, n_shown, rows, n_each):
        if self._points is None:
            self._n_each = n_each
            self._points = np.empty((self.n_inputs * n_each, self._width), rows.dtype)
        elif n_each != self._n_each:
            raise LayerOutputError(
                f"batches differ, with {self._n_each} and {n_each} points an input; every forward "
                "pass must give outputs of one shape."
            )
        self._points[start * n_each : (start + n_shown) * n_each] = rows

    def points(self):
        """Return the points, and how many each input gave: one number for all, or an array."""
        if sum(self._written.values()) < self.n_inputs:
            raise LayerOutputError(
                f"it was called for {sum(self._written.values())} of {self.n_inputs} inputs alone; "
                "every forward pass must call the layer alike."
            )
        points, counts = self._points, self._n_each
        if points is None:
            points, counts = map(np.concatenate, zip(*self._batches.values(), strict=True))
        # Of the sum that is told far sooner than of each number, and soonest by torch.
        if not math.isfinite(torch.from_numpy(points).sum()):
            self._check_finite(points, counts)
        return points, counts

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
