"""From a layer's output to points: tensors of any shape become rows."""

import torch

from skactland.activations._outputs import LayerOutputError

FEATURE_MAPS = {
    "flatten": None,
    "gap": lambda maps: maps.flatten(2).mean(2),
    "positions": lambda maps: maps.flatten(2).transpose(1, 2).flatten(0, 1),
}


def _mean_token(tokens, mask):
    if mask is None:
        return tokens.mean(1)
    # Left out, not weighted by zero: padding may hold infinities.
    kept = tokens.masked_fill(~mask[:, :, None], 0)
    return kept.sum(1) / mask.sum(1, keepdim=True).to(tokens.dtype)


def _first_token(tokens, mask):
    if mask is None:
        return tokens[:, 0]
    return tokens[torch.arange(len(tokens), device=tokens.device), mask.int().argmax(1)]


def _last_token(tokens, mask):
    if mask is None:
        return tokens[:, -1]
    last = mask.shape[1] - 1 - mask.flip(1).int().argmax(1)
    return tokens[torch.arange(len(tokens), device=tokens.device), last]


TOKENS = {
    "flatten": None,
    "mean": _mean_token,
    "cls": _first_token,
    "last": _last_token,
    "positions": lambda tokens, mask: tokens.flatten(0, 1) if mask is None else tokens[mask],
}


class Reduction:
    """How outputs become rows, in the words of :func:`~skactland.extract_activations`."""

    def __init__(self, feature_map, tokens):
        self.feature_map = feature_map
        self.tokens = tokens

    def needs_units(self, ndim):
        """Tell whether an output of so many axes can be read only where its units are known."""
        if ndim == 3:  # a sequence or a map, which is told by where its units are
            return not self.feature_map == self.tokens == "flatten"
        return ndim > 3 and self.feature_map != "flatten"

    def needs_mask(self, ndim, units):
        """Tell whether it matters which tokens of an output count."""
        return ndim == 3 and units == 2 and self.tokens != "flatten"

    def gives_each_token(self, ndim, units):
        """Tell whether an output gives as many points as it has tokens that count."""
        return self.needs_mask(ndim, units) and self.tokens == "positions"

    def rows(self, tensor, units, mask=None):
        """Return an output as rows, and the number of rows that each input gave.

        Parameters
        ----------
        tensor : tensor of shape (n, ...)
            Inputs along the first axis.
        units : int or None
            The axis of the units, where they must be known.
        mask : boolean tensor of shape (n, t) or None
            Which tokens count.

        Returns
        -------
        rows : tensor of shape (n_rows, n_units)
        counts : array of shape (n,), or int if all are the same
        """
        if tensor.ndim == 2:
            return tensor, 1
        n_inputs = len(tensor)
        if self.needs_units(tensor.ndim) and units is None:
            raise LayerOutputError(
                f"which axis of its output, of shape {tuple(tensor.shape)}, holds the units is not "
                "known; say layout={name of the layer: 'channels_first' or 'channels_last'}, or "
                "use feature_map='flatten' and tokens='flatten'."
            )
        is_sequence = tensor.ndim == 3 and units == 2
        how = TOKENS[self.tokens] if is_sequence else FEATURE_MAPS[self.feature_map]
        if tensor.ndim < 3 or how is None:
            rows = tensor.reshape(n_inputs, -1)
        elif is_sequence:
            rows = how(tensor, mask)
            if mask is not None and self.tokens == "positions":
                return rows, mask.sum(1).numpy(force=True)
        else:
            rows = how(tensor.movedim(units, 1))
        return rows, len(rows) // max(n_inputs, 1)
