"""Which tokens of which layers count.

A mask belongs to the tokens of one input of the network, under the names that libraries give them:
"attention_mask" to "input_ids", "decoder_attention_mask" to "decoder_input_ids",
"src_key_padding_mask" to "src", "lengths" to the only sequence there is. Where the tokens of a
layer come from, its axes tell (:mod:`~skactland.activations._axes`).
"""

import numpy as np
import torch

from skactland.activations._axis_parts import Positions
from skactland.activations._layers import said_of
from skactland.activations._outputs import LayerOutputError

_PADDING = ("padding_mask", "padding")  # true where nothing is, as in torch
_MASKS = ("attention_mask", "pixel_mask", *_PADDING)
_LENGTHS = ("lengths", "length", "seq_lens", "seq_len")
_STREAMS = ("decoder", "encoder", "src", "tgt", "source", "target", "memory")
_KINDS = ("bool", "int8", "int1", "int3", "int6", "uint")
# What "attention_mask" goes with in transformers, whatever other inputs there are.
_TEXT = ("input_ids", "inputs_embeds", "input_values", "input_features")
_BESIDE_TEXT = ("token_type_ids", "position_ids", "bbox")
# Images have no tokens that a mask of texts could be for.
_IMAGES = ("pixel", "image", "video")
# What may follow the name of an entry in that of its mask.
_ENDS = ("attention_mask", "key_padding_mask", "padding_mask", "padding", "mask", *_LENGTHS)


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
        names = [name for name in entries if isinstance(name, str) and entries[name].ndim]
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
        said = self._said_of(name)
        if isinstance(said, str) and said == "auto":
            said = self._known(name, parts, n_tokens) if self._auto else None
        if said is None:
            return None
        if isinstance(said, str):
            key, values = said, self._tells(said)
        else:
            key, values = name, self._shown(said)
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

    def _said_of(self, name):
        """Return what is said of a layer's mask: "auto", an entry of the probe, array or None."""
        said = self.choice if isinstance(self.choice, dict) else {"**": self.choice}
        value = said_of(name, said, "auto")
        if isinstance(value, str) and value not in (*self.entries, "auto"):
            raise LayerOutputError(
                f"masks names {value!r}, which is no entry of the probe; it has "
                f"{[key for key in self.entries if key is not None]}."
            )
        return value

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
        if not positions:
            raise _unclear(f"from which of {self._sequences} its tokens come is not known")
        entry = positions[0].entry  # there are masks, so it has a name
        keys = [key for key in self._auto if entry == key or entry in self._owners(key)]
        keys = [key for key in keys if _is_named_in(key, entry)] or keys
        if not keys:
            self._check_unmasked(entry)
            return None
        if any(not self._is_owned(key, entry) for key in keys) or not self._are_equal(keys):
            raise _unclear(f"which of the masks {self._auto} its tokens have is not known")
        key = keys[0]
        if not key.endswith((*_MASKS, *_LENGTHS)):
            raise _unclear(f"whether {key!r} marks tokens or padding is not known")
        # Lengths hold of the first tokens, however many follow.
        n_masked = n_tokens if self.entries[key].ndim == 1 else self.entries[entry].shape[1]
        if len(parts) > 1 or not positions[0].intact or n_tokens != n_masked:
            raise _unclear(
                f"its {n_tokens} tokens come from those of {entry!r}, but are other ones, so that "
                f"which of them {key!r} leaves out is not known"
            )
        return key

    def _owners(self, key):
        """Return the entries whose mask one is by its name, more than one if that is not clear."""
        if key == "pixel_mask":
            return {"pixel_values"}
        named = {name for name in self._sequences if _is_named_in(key, name)}
        if named:
            return named
        same = {name for name in self._sequences if _stream(name) == _stream(key)}
        text = {name for name in same if name in _TEXT}
        owners = text or same or set(self._sequences)
        return owners | set(_BESIDE_TEXT) if text else owners

    def _is_owned(self, key, entry):
        """Tell whether a mask is that of one sequence alone, and an entry this or goes with it."""
        others = self._owners(key) - {*_BESIDE_TEXT, entry}
        return not others or entry == key or (entry in _BESIDE_TEXT and len(others) == 1)

    def _are_equal(self, keys):
        """Tell whether masks say the same, so that it does not matter which of them holds."""
        values = [self.entries[key] for key in keys]
        kinds = {key.endswith(_PADDING) for key in keys}
        return len(kinds) == 1 and all(
            value.shape == values[0].shape and bool((value == values[0]).all()) for value in values
        )

    def _check_unmasked(self, entry):
        """Refuse a sequence that has no mask by its name, and that may well have that of a text."""
        of_text = [key for key in self._auto if _stream(key) is None and key != "pixel_mask"]
        is_other = _stream(entry) is not None or any(word in entry for word in _IMAGES)
        own = [key for key in of_text if not any(_is_named_in(key, n) for n in self._sequences)]
        if own and not is_other:
            raise _unclear(f"whether {own} are masks of {entry!r} too is not known")


def _is_named_in(key, name):
    """Tell whether the name of a mask begins with that of an entry, or with its first words."""
    stem = next((key.removesuffix(end) for end in _ENDS if key.endswith(end)), "").rstrip("_")
    return bool(stem) and (name == stem or name.startswith(f"{stem}_"))


def _stream(name):
    """Return which of several sequences a name speaks of, None if it does not say."""
    first = name.partition("_")[0]
    return first if first in _STREAMS else None


def is_mask(name):
    """Tell whether an entry is called as masks and lengths are."""
    return isinstance(name, str) and name.endswith((*_MASKS, *_LENGTHS))


def may_be_mask(name, values):
    """Tell whether an entry may be the mask of another, or lengths: it has a name, and no units."""
    return name is not None and values.ndim in (1, 2)


def _unclear(why):
    return LayerOutputError(
        f"{why}; say which tokens count, masks={{name of the layer or glob: name of an entry, or "
        "an array that is True where a token counts, or None}, or use tokens='flatten'."
    )


def _mask(values, n_tokens, key):
    """Return a mask of shape (n, t) from one, or from lengths; None if all tokens count."""
    if values.ndim == 1:
        if values.max() > n_tokens:
            longest = int(values.max())
            raise _unclear(f"{key!r} has a length of {longest}, its output {n_tokens} tokens")
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
        raise (ValueError if isinstance(masks, str) else TypeError)(
            "masks must be 'auto', None, or a dict from names or globs of layers to an entry of "
            f"the probe, an array, 'auto' or None; got {masks!r}."
        )
    for pattern, value in masks.items():
        if not isinstance(pattern, str):
            raise TypeError(f"masks has {pattern!r} for a name; it must be a str.")
        if value is None or isinstance(value, str):
            continue
        kind = getattr(value, "dtype", None) or np.asarray(value).dtype
        if np.ndim(value) not in (1, 2) or str(kind).rpartition(".")[2][:4] not in _KINDS:
            raise TypeError(
                f"masks[{pattern!r}] must be the name of an entry of the probe, an array of shape "
                "(n_points, t) that is True where a token counts, integer lengths of shape "
                f"(n_points,), or None; got {type(value).__name__} of shape {np.shape(value)} and "
                f"{kind}."
            )


def check_shapes(masks, n_points):
    """Refuse arrays that are for another number of inputs than the probe has."""
    for pattern, value in masks.items():
        if not (value is None or isinstance(value, str)) and len(value) != n_points:
            raise ValueError(
                f"masks[{pattern!r}] has shape {tuple(np.shape(value))}, for another number of "
                f"inputs than the {n_points} of the probe."
            )
