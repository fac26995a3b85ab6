"""What is read of every network, checked once."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import torch

from skactland._checks import check_count, check_flag, check_option, closest_names
from skactland.activations._layers import fits
from skactland.activations._masks import check_masks, check_shapes
from skactland.activations._outputs import find_part, first_tensor
from skactland.activations._points import FEATURE_MAPS, TOKENS, Reduction

# The parameters that add columns which are no layers, in the order of these columns.
_INCLUDED = {
    "include_input": "input",
    "include_logits": "logits",
    "include_softmax": "softmax",
    "include_classes": "classes",
}
_LAYOUTS = ("auto", "channels_first", "channels_last")


@dataclass(frozen=True)
class Reading:
    """What is read of every network, in the words of :func:`~skactland.extract_activations`.

    `seed` is that of forward passes that draw random numbers.
    """

    layers: str | type | Callable | list | dict
    exclude: str | type | Callable | list | None
    n_layers: int | None
    call: str
    output: str | int | Callable | None
    feature_map: str
    tokens: str
    layout: str | dict
    masks: str | dict | None
    rows: str
    check: bool
    include_input: bool
    include_logits: bool
    include_softmax: bool
    include_classes: bool
    batch_size: int
    device: str | torch.device | None
    seed: int = 0

    def __post_init__(self):
        check_option(self.call, "call", ("last", "all"))
        check_option(self.feature_map, "feature_map", FEATURE_MAPS)
        check_option(self.tokens, "tokens", TOKENS)
        check_option(self.rows, "rows", ("independent", "dependent"))
        for name in ("check", *_INCLUDED):
            check_flag(getattr(self, name), name)
        check_count(self.batch_size, "batch_size")
        if self.n_layers is not None:
            check_count(self.n_layers, "n_layers")
        _check_layout(self.layout)
        check_masks(self.masks)
        _check_output(self.output)

    @property
    def ends(self):
        """The columns that are no layers: the network's input and what it makes of it."""
        return [end for name, end in _INCLUDED.items() if getattr(self, name)]

    @cached_property
    def reduction(self):
        """How outputs become rows."""
        return Reduction(self.feature_map, self.tokens)

    def layout_of(self, name):
        """Return the layout of a layer, "auto" where nothing is said of it."""
        if isinstance(self.layout, str):
            return "auto" if self.layout == "time_first" else self.layout
        return next((said for key, said in self.layout.items() if fits(name, key)), "auto")

    def takes_time_first(self, entry):
        """Tell whether an argument of the network, None if it is the only one, has time first."""
        if isinstance(self.layout, str):
            return self.layout == "time_first"
        key = "input" if entry is None else f"input.{entry}"
        return "time_first" in (self.layout.get(key), self.layout.get("input"))

    def check_entries(self, entries):
        """Refuse layouts of arguments that the network is not given."""
        there = ["input", *(f"input.{name}" for name in entries if name is not None)]
        for name in self.layout if isinstance(self.layout, dict) else ():
            if name.split(".")[0] == "input" and name not in there:
                raise ValueError(
                    f"layout names {name!r}, which is no part of the probe; it may name {there}."
                )

    def choose(self, output):
        """Return the tensor that is wanted of a layer's output, None if it holds none."""
        if callable(self.output):
            return first_tensor(self.output(output))
        if self.output is None or isinstance(output, torch.Tensor):
            return first_tensor(output)
        return first_tensor(find_part(output, self.output)[0])


def _check_layout(layout):
    """Refuse what is no layout; "time_first" is one of inputs alone."""
    if isinstance(layout, str):
        check_option(layout, "layout", (*_LAYOUTS, "time_first"))
        return
    if not isinstance(layout, dict):
        raise TypeError(
            f"layout must be one of {[*_LAYOUTS, 'time_first']}, or a dict of such by names or "
            f"globs of layers; got {layout!r}."
        )
    for name, said in layout.items():
        is_input = isinstance(name, str) and name.split(".")[0] == "input"
        options = (*_LAYOUTS, "time_first") if is_input else _LAYOUTS
        check_option(said, f"layout[{name!r}]", options)


def check_names(reading, layers, inputs):
    """Refuse layouts and masks of layers that there are not, and masks of another probe."""
    for parameter, given in (("layout", reading.layout), ("masks", reading.masks)):
        for name in given if isinstance(given, dict) else ():
            is_input = parameter == "layout" and name.split(".")[0] == "input"
            if not (is_input or any(fits(layer, name) for layer in layers)):
                raise ValueError(
                    f"{parameter} names {name!r}: there is no layer {name!r}; "
                    f"{closest_names(name, layers)}"
                )
    if isinstance(reading.masks, dict):
        check_shapes(reading.masks, inputs.n_points)


def _check_output(output):
    """Refuse what is neither a key nor an index nor a callable."""
    if output is None or callable(output):
        return
    if isinstance(output, bool) or not isinstance(output, (str, int)):
        raise TypeError(
            "output must be the key or index of a part, a callable from the output to a tensor, or "
            f"None; got {output!r}."
        )
