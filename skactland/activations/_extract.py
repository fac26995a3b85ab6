"""Activations of one network."""

import torch
from torch import nn

from skactland._checks import check_count, check_option
from skactland.activations._layers import select_layers
from skactland.activations._networks import (
    check_network,
    named_layers,
    network_name,
    precision,
    undisturbed,
)
from skactland.activations._probe import check_probe, draw_points, take
from skactland.activations._recording import LayerOutputError, Recorder, first_tensor


def extract_activations(
    network,
    probe,
    *,
    layers="leaf",
    include_input=False,
    include_softmax=False,
    call="last",
    max_points=None,
    batch_size=256,
    device=None,
    random_state=None,
):
    r"""Return the activations of a network's layers on a set of probe inputs.

    The network runs in evaluation mode, without gradients, and is left as it was: training flags,
    buffers, device, hooks and torch's random state.

    Parameters
    ----------
    network : torch.nn.Module
        Wrappers (DataParallel, ``torch.compile``) are looked through, and compiled code runs
        uncompiled.
    probe : array or tensor of shape (n_points, ...), or Probe
        One input a row, without labels. Floating-point inputs take the network's precision.
    layers : str, type, callable, or list, default="leaf"
        Which layers, by their names in ``network.named_modules()``:

        - "leaf": every module without submodules that the forward pass calls;
        - a name, or a glob such as ``"blocks.*.act"``, where ``*`` stands for one part of a dotted
          name and ``**`` for any number of parts;
        - a module type such as ``torch.nn.ReLU``;
        - a callable ``(name, module) -> bool``;
        - a list of names, globs and types.
    include_input : bool, default=False
        Put the flattened inputs first, as a layer called "input".
    include_softmax : bool, default=False
        Put the softmax of the network's output last, as a layer called "softmax".
    call : {"last", "all"}, default="last"
        Which output counts of a module that one forward pass calls more than once: that of its
        last call, or each, as layers ``act@0``, ``act@1``, ...
    max_points : int or None, default=None
        Use a random subset of this many inputs, if the probe has more.
    batch_size : int, default=256
        Number of inputs in a forward pass.
    device : str, torch.device or None, default=None
        Where to run; by default where the network is. It is moved back afterwards.
    random_state : int, RandomState or None, default=None
        Draws the subset.

    Returns
    -------
    dict of str to ndarray of shape (n_points, n_units)
        A cloud for each layer, in the order of execution; outputs with more than two axes are
        flattened, of nested outputs the first tensor is taken. float32, or float64 where the layer
        computes in it.

    Raises
    ------
    ValueError, TypeError
        If there is no such layer (the closest names are shown), a named layer is never called, the
        probe does not fit the network, an activation is NaN or infinite, or an output has no
        floating-point tensor whose first axis is the batch.

    Examples
    --------
    >>> import torch
    >>> from skactland import extract_activations
    >>> network = torch.nn.Sequential(torch.nn.Linear(3, 5), torch.nn.ReLU(), torch.nn.Linear(5, 2))
    >>> clouds = extract_activations(network, torch.zeros(10, 3))
    >>> {name: cloud.shape for name, cloud in clouds.items()}
    {'0': (10, 5), '1': (10, 5), '2': (10, 2)}
    """
    inputs = check_probe(probe)
    indices = draw_points(len(inputs), max_points, random_state)
    return activations_on(
        network,
        inputs,
        indices,
        where=network_name(network),
        layers=layers,
        include_input=include_input,
        include_softmax=include_softmax,
        call=call,
        batch_size=batch_size,
        device=device,
    )


def activations_on(
    network,
    inputs,
    indices,
    *,
    where,
    layers,
    include_input,
    include_softmax,
    call,
    batch_size,
    device,
):
    """Return the clouds of a network on some inputs, by layer."""
    check_option(call, "call", ("last", "all"))
    network = check_network(network, where)
    modules = named_layers(network)
    names = select_layers(modules, layers, where)
    _check_free({"input": include_input, "softmax": include_softmax}, names, where)
    recorder = Recorder({name: modules[name] for name in names}, len(indices), call, where)
    with undisturbed(network, device, where) as device, recorder.listening():
        for start in range(0, len(indices), check_count(batch_size, "batch_size")):
            rows = indices[start : start + batch_size]
            batch = take(inputs, rows, precision(network), device)
            recorder.start_batch(start, start + len(rows))
            if include_input:
                recorder.write("input", batch if batch.is_floating_point() else batch.float())
            output = _forward(network, batch, modules, where)
            if include_softmax:
                recorder.write("softmax", _softmax(output, where))
    clouds = recorder.clouds()
    _check_called(names, clouds, layers, where)
    return clouds


def _forward(network, batch, modules, where):
    """Run a network on a batch; say at which layer it fails, if it does."""
    try:
        return network(batch)
    except (LayerOutputError, torch.OutOfMemoryError):
        raise
    except Exception as error:
        names = {module: name for name, module in modules.items()}
        layer = _innermost_layer(error, names)
        at = f" at layer {layer!r} ({type(modules[layer]).__name__})" if layer else ""
        raise ValueError(
            f"{where} failed{at} on a batch of the probe, shape {tuple(batch.shape)} and "
            f"{batch.dtype}: {error} Check that each row of the probe is an input as this network "
            "takes it."
        ) from error


def _innermost_layer(error, names):
    """Return the name of the layer that was running last when an error was raised, if any."""
    layer, frame = None, error.__traceback__
    while frame is not None:
        running = frame.tb_frame.f_locals.get("self")
        if isinstance(running, nn.Module):
            layer = names.get(running, layer)
        frame = frame.tb_next
    return layer


def _softmax(output, where):
    """Return the class probabilities that a network's logits stand for."""
    logits = first_tensor(output)
    if logits is None or logits.ndim != 2 or not logits.is_floating_point():
        shape = None if logits is None else tuple(logits.shape)
        raise LayerOutputError(
            f"{where}: include_softmax needs logits of shape (n_points, n_classes) as the "
            f"network's output, got {type(output).__name__} of shape {shape}."
        )
    return torch.softmax(logits.float() if logits.dtype.itemsize < 4 else logits, dim=1)


def _check_free(included, names, where):
    """Refuse to add a layer under a name that the network uses itself."""
    for name, wanted in included.items():
        if wanted and name in names:
            raise ValueError(
                f"{where} has a layer called {name!r} itself; use include_{name}=False, or leave "
                "that layer out of `layers`."
            )


def _check_called(names, clouds, layers, where):
    """Refuse layers that were asked for and that the forward pass never called.

    "leaf" asks for those that are called; it is refused only if none is.
    """
    called = {label.rpartition("@")[0] for label in clouds} | set(clouds)
    idle = [name for name in names if name not in called]
    if idle and (layers != "leaf" or len(idle) == len(names)):
        raise ValueError(
            f"{where}: the forward pass never called {', '.join(map(repr, idle))}; choose other "
            "`layers`."
        )
