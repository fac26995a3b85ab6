"""Which tokens of which layers count.

A mask belongs to the tokens of one input of the network, under the names that libraries give them:
"attention_mask" to "input_ids", "decoder_attention_mask" to "decoder_input_ids",
"src_key_padding_mask" to "src", "lengths" to the only sequence there is. Where the tokens of a
layer come from, its axes tell (:mod:`~skactland.activations._axes`).
"""

import numpy as np
import torch

from skactland.activations._axis_rules import Positions
from skactland.activations._layers import fits
from skactland.activations._outputs import LayerOutputError

_PADDING = ("padding_mask", "padding")  # true where nothing is, as in torch
_MASKS = ("attention_mask", "pixel_mask", *_PADDING)
_LENGTHS = ("lengths", "length", "seq_lens", "seq_len")
_STREAMS = ("decoder", "encoder", "src", "tgt", "source", "target", "memory")
# What "attention_mask" goes with in transformers, whatever other inputs there are.
_TEXT = ("input_ids", "inputs_embeds", "input_values", "input_features")
_BESIDE_TEXT = ("token_type_ids", "position_ids")


class Masks:
    """The masks of one batch.

    Parameters
    ----------
    choice : "auto", None or dict
        As the `masks` of :func:`~skactland.extract_activations`.
    entries : dict of str to tensor
        What the network is shown, by the name of the argument; None for a single one.
    shown : ndarray of int
        Which inputs of the probe these are.
    """

    def __init__(self, choice, entries, shown):
        self.choice = choice
        self.entries = entries
        self.shown = shown
        names = [name for name in entries if name is not None and entries[name].ndim]
        known = [name for name in names if name.endswith((*_MASKS, *_LENGTHS))]
        # Of other names only the user can tell; "mask" marks padding here and tokens there.
        others = [name for name in names if "mask" in name]
        self._auto = [name for name in known or others if self._leaves_out(name)]
        self._sequences = [
            name
            for name in names
            if entries[name].ndim > 1 and name not in {*known, *others, *_BESIDE_TEXT}
        ]

    def of_layer(self, name, parts, n_tokens):
        """Return which tokens of a layer count, of shape (n, t); None if all do.

        Parameters
        ----------
        name : str
            The layer.
        parts : tuple of Part or None
            What its axis of tokens is known to count.
        n_tokens : int
            The size of that axis.

        Raises
        ------
        LayerOutputError
            If a mask may or may not belong to the layer, is of another length, or leaves an input
            no token.
        """
        if self.choice == "auto":
            key = self._known(name, parts, n_tokens) if self._auto else None
            values = None if key is None else self._tells(key)
        else:
            key, values = self._chosen(name)
        if values is None:
            return None
        mask = _mask(values, n_tokens, key)
        empty = ~mask.any(1).cpu().numpy()
        if empty.any():
            raise LayerOutputError(
                f"the mask {key!r} leaves input {self.shown[empty.argmax()]} of the probe no "
                "token; drop such inputs."
            )
        return mask

    def _leaves_out(self, name):
        """Tell whether a mask leaves out anything; if not, it does not matter whose it is."""
        values = self.entries[name]
        if values.ndim == 1:
            return len(values) > 0
        return bool((values != (not name.endswith(_PADDING))).any())

    def _chosen(self, name):
        """Return the mask that the user gave a layer, by the first name or glob that fits."""
        for pattern, value in (self.choice or {}).items():
            if not fits(name, pattern):
                continue
            if not isinstance(value, str):
                return pattern, None if value is None else self._shown(value)
            if value not in self.entries:
                raise LayerOutputError(
                    f"masks names {value!r}, which is no entry of the probe; it has "
                    f"{[key for key in self.entries if key is not None]}."
                )
            return value, self._tells(value)
        return None, None

    def _shown(self, values):
        """Return the part of an array for the whole probe that is shown."""
        values = values.cpu().numpy() if isinstance(values, torch.Tensor) else np.asarray(values)
        device = next(iter(self.entries.values())).device
        return torch.from_numpy(np.ascontiguousarray(values[self.shown])).to(device)

    def _tells(self, key):
        """Return an entry of the probe, True where a token counts, or lengths."""
        values = self.entries[key]
        if values.ndim == 1:
            return values
        if values.ndim > 2:
            raise _unclear(f"the mask {key!r} has {values.ndim} axes, and none of tokens alone")
        return values == 0 if key.endswith(_PADDING) else values

    def _known(self, name, parts, n_tokens):
        """Return the name of the mask of the input that a layer's tokens come from."""
        positions = [part.of for part in parts or () if isinstance(part.of, Positions)]
        entry = positions[0].entry if positions else None
        is_decoder = any("decoder" in part for part in name.split("."))
        if entry is None:  # where they come from is not known; of a single sequence, from there
            entry = self._sequences[0] if len(self._sequences) == 1 and not is_decoder else None
        if entry is None:
            raise _unclear(f"to which of {self._sequences} its tokens belong is not known")
        keys = [key for key in self._auto if self._belongs(key, entry)]
        if len(keys) > 1 or any("mask" in key and not key.endswith(_MASKS) for key in keys):
            raise _unclear(f"what the masks {keys} say of its tokens is not known")
        is_intact = len(parts or ()) == len(positions) == 1 and positions[0].intact
        if keys and not is_intact and n_tokens != self.entries[entry].shape[1]:
            raise _unclear(
                f"its {n_tokens} tokens are not the {self.entries[entry].shape[1]} of {entry!r}, "
                f"of which the mask {keys[0]!r} leaves some out"
            )
        return keys[0] if keys else None

    def _belongs(self, key, entry):
        """Tell whether a mask is that of an entry, by their names."""
        if _stream(key) or _stream(entry):
            return _stream(key) == _stream(entry)
        if key == "pixel_mask":
            return entry == "pixel_values"
        text = [name for name in self._sequences if name in _TEXT]
        return entry in {*_BESIDE_TEXT, *(text or self._sequences)}


def _stream(name):
    """Return which of several sequences a name speaks of, None if it does not say."""
    first = name.partition("_")[0]
    return first if first in _STREAMS else None


def _unclear(why):
    return LayerOutputError(
        f"{why}; say which tokens count, masks={{name of the layer or glob: name of an entry, or "
        "an array that is True where a token counts, or None}, or use tokens='flatten'."
    )


def _mask(values, n_tokens, key):
    """Return a mask of shape (n, t) from one, or from lengths; None if all tokens count."""
    if values.ndim == 1:
        if values.max() > n_tokens:
            raise _unclear(f"{key!r} has {int(values.max())} tokens, its output {n_tokens}")
        return torch.arange(n_tokens, device=values.device) < values[:, None]
    if values.ndim != 2 or values.shape[1] != n_tokens:
        shape = tuple(values.shape)
        raise _unclear(f"the mask {key!r} of shape {shape} does not fit its {n_tokens} tokens")
    if not ((values == 0) | (values == 1)).all():
        raise _unclear(f"the mask {key!r} holds other numbers than 0 and 1")
    return values.bool()


def check_masks(masks):
    """Refuse what says nothing about masks."""
    if masks is None or (isinstance(masks, str) and masks == "auto"):
        return
    if not isinstance(masks, dict):
        raise TypeError(
            'masks must be "auto", None, or a dict from names or globs of layers to an entry of '
            f"the probe, an array or None; got {type(masks).__name__}."
        )
    for pattern, value in masks.items():
        if not isinstance(pattern, str):
            raise TypeError(f"masks has {pattern!r} for a name; it must be a str.")
        if not (value is None or isinstance(value, str) or np.ndim(value) in (1, 2)):
            raise ValueError(
                f"masks[{pattern!r}] must be the name of an entry of the probe, an array of shape "
                f"(n_points, t), lengths of shape (n_points,), or None; got {value!r}."
            )
