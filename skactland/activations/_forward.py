"""One network, shown some inputs: which layers are read, and what their columns are called."""

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass

import torch
from torch import nn

from skactland._checks import check_count, check_option
from skactland._torch import precision
from skactland.activations._arguments import as_arguments, call_arguments
from skactland.activations._hooks import LastLayerReached, LayerOutputError, Recorder
from skactland.activations._isolation import undisturbed
from skactland.activations._layers import evenly_spaced, select_layers
from skactland.activations._modules import named_layers
from skactland.activations._points import FEATURE_MAPS, TOKENS, find_part, first_tensor


@dataclass(frozen=True)
class Reading:
    """What is read of every network, in the words of :func:`~skactland.extract_activations`."""

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
    batch_size: int
    device: str | torch.device | None

    def __post_init__(self):
        check_option(self.call, "call", ("last", "all"))
        check_option(self.feature_map, "feature_map", FEATURE_MAPS)
        check_option(self.tokens, "tokens", TOKENS)
        check_count(self.batch_size, "batch_size")
        if self.n_layers is not None:
            check_count(self.n_layers, "n_layers")

    @property
    def ends(self):
        """The columns that are no layers: the network's input and what it makes of it."""
        wanted = {
            "input": self.include_input,
            "logits": self.include_logits,
            "softmax": self.include_softmax,
        }
        return [name for name, is_wanted in wanted.items() if is_wanted]


def read_network(network, inputs, indices, reading):
    """Return, by column in the order of execution, a layer's points and each point's input."""
    modules = named_layers(network)
    columns = select_layers(modules, reading.layers, reading.exclude)
    for end in reading.ends:
        if end in columns or end in columns.values():
            raise ValueError(
                f"it has a layer called {end!r} itself; use include_{end}=False, or leave "
                "that layer out of `layers`."
            )
    with undisturbed(network, reading.device) as device:

        def show(names, shown):
            wanted = {name: modules[name] for name in modules if name in names}
            return _show(network, inputs, shown, wanted, reading, device)

        if reading.n_layers is None:
            clouds = show(columns, indices)
            _check_called(columns, clouds, reading.layers)
            names = [_column(key, columns) for key in clouds]
            if len(set(names)) < len(names):
                raise ValueError(f"two layers would share a name among {names}; rename one.")
            return dict(zip(names, clouds.values(), strict=True))
        # The order of execution, which two inputs tell, says which layers to take.
        order = [key for key in show(columns, indices[:2]) if key[0] in columns]
        _check_called(columns, order, reading.layers)
        depths = evenly_spaced(order, reading.n_layers)
        clouds = show({name for name, _ in depths}, indices)
        depths |= {(end, None): end for end in reading.ends}
        return {depths[key]: cloud for key, cloud in clouds.items() if key in depths}


def _column(key, columns):
    """Return the name of a column: that of the layer, and of the call if there is more than one."""
    name, call = key
    return columns.get(name, name) if call is None else f"{columns[name]}@{call}"


def _show(network, inputs, indices, modules, reading, device):
    """Return the clouds of some layers, by (name, call)."""
    recorder = Recorder(
        modules,
        network,
        call=reading.call,
        output=reading.output,
        feature_map=reading.feature_map,
        tokens=reading.tokens,
        stop_early=not (reading.include_logits or reading.include_softmax),
        may_skip=_is_leaf(reading.layers),
    )
    names = {module: name for name, module in named_layers(network).items()}
    dtype = precision(network)
    with recorder.listening():
        for start in range(0, len(indices), reading.batch_size):
            shown = indices[start : start + reading.batch_size]
            batch = as_arguments(inputs.take(shown), dtype, device)
            mask = _mask(batch, shown)
            with recorder.batch(len(shown), mask), suppress(LastLayerReached):
                if reading.include_input:
                    recorder.write("input", _input(batch))
                output = _forward(network, batch, names)
                if reading.include_logits:
                    recorder.write("logits", _logits(output))
                if reading.include_softmax:
                    recorder.write("softmax", _softmax(_logits(output)))
    return recorder.clouds()


def _forward(network, batch, names):
    """Run a network on a batch; say at which layer it fails, if it does."""
    args, kwargs = call_arguments(batch, network)
    try:
        return network(*args, **kwargs)
    except (LayerOutputError, torch.OutOfMemoryError):
        raise
    except Exception as error:
        layer = _innermost_layer(error, names)
        at = "" if layer is None else f" at layer {names[layer]!r} ({type(layer).__name__})"
        raise ValueError(
            f"it failed{at} on a batch of the probe, {_describe(batch)}: {error} Check that "
            "each row of the probe is an input as this network takes it, of the type and scale of "
            "those in training."
        ) from error


def _innermost_layer(error, names):
    """Return the layer that was running last when an error was raised, if any."""
    layer, frame = None, error.__traceback__
    while frame is not None:
        running = frame.tb_frame.f_locals.get("self")
        if isinstance(running, nn.Module) and running in names:
            layer = running
        frame = frame.tb_next
    return layer


def _describe(batch):
    """Return the shape and type of a batch in words."""
    if isinstance(batch, Mapping):
        return ", ".join(f"{key}: {_describe(part)}" for key, part in batch.items())
    return f"shape {tuple(batch.shape)} and {batch.dtype}"


def _mask(batch, indices):
    """Return which tokens of a batch count, if it says so."""
    mask = batch.get("attention_mask") if isinstance(batch, Mapping) else None
    if mask is None or mask.ndim != 2:
        return None
    mask = mask.bool()
    empty = ~mask.any(1).cpu().numpy()
    if empty.any():
        raise ValueError(
            f"the attention_mask leaves input {indices[empty.argmax()]} of the probe no "
            "token; drop such inputs."
        )
    return mask


def _input(batch):
    """Return a batch as points."""
    if isinstance(batch, Mapping):
        raise LayerOutputError(
            f"include_input needs a probe of one array, and it has {list(batch)}."
        )
    rows = batch.flatten(1) if batch.ndim > 1 else batch
    return rows if rows.is_floating_point() else rows.float()


def _logits(output):
    """Return what a network gives, or the part of it that is called so."""
    return first_tensor(find_part(output, "logits")[0])


def _softmax(logits):
    """Return the class probabilities that a network's logits stand for."""
    if not isinstance(logits, torch.Tensor) or logits.ndim != 2 or not logits.is_floating_point():
        shape = tuple(getattr(logits, "shape", ()))
        raise LayerOutputError(
            "include_softmax needs logits of shape (n_points, n_classes) as the network's output, "
            f"got shape {shape}."
        )
    return torch.softmax(logits.float() if logits.dtype.itemsize < 4 else logits, dim=1)


def _check_called(columns, clouds, layers):
    """Refuse layers that were asked for and that the forward pass never called.

    "leaf" asks for those that are called; it is refused only if none is.
    """
    called = {name for name, _ in clouds}
    idle = [name for name in columns if name not in called]
    if idle and (not _is_leaf(layers) or len(idle) == len(columns)):
        raise ValueError(
            f"the forward pass never called {', '.join(map(repr, idle))}; choose other "
            "`layers`, or name these in `exclude`."
        )


def _is_leaf(layers):
    return isinstance(layers, str) and layers == "leaf"
