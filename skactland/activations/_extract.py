"""Activations of one network."""

from skactland._checks import at_place
from skactland.activations._extraction import Extraction
from skactland.activations._isolation import Row
from skactland.activations._sources import source_name


def extract_activations(
    network,
    probe,
    *,
    layers="leaf",
    exclude=None,
    n_layers=None,
    include_input=False,
    include_logits=False,
    include_softmax=False,
    include_classes=False,
    call="last",
    output=None,
    feature_map="flatten",
    tokens="mean",
    points="inputs",
    layout="auto",
    masks="auto",
    rows="independent",
    check=True,
    probe_labels=None,
    classes=None,
    by_class=False,
    max_points=None,
    batch_size=256,
    device=None,
    network_builder=None,
    weights_key=None,
    strict=True,
    random_state=None,
    spill=None,
    memory=None,
):
    r"""Return the activations of a network's layers on a set of probe inputs.

    The network runs in evaluation mode, without gradients, and is left as it was: training flags,
    buffers, plain attributes of its modules, device, hooks, and the random states of torch, NumPy
    and Python. Each forward pass finds it as the first did.

    Parameters
    ----------
    network : torch.nn.Module, skorch net, state dict, or path
        A module; wrappers (DataParallel, ``torch.compile``) are looked through, and compiled code
        runs uncompiled. Or a fitted skorch net. Or, with `network_builder`, a state dict or the
        path of a checkpoint: ``.safetensors``, a file of :func:`torch.save`, which is read without
        running code from it, or a folder or an index of shards as ``save_pretrained`` writes them.
    probe : array, tensor, mapping of them, Dataset, DataLoader, or Probe
        The inputs, without labels; the first axis counts them. A mapping is passed by keyword. Of a
        torch Dataset or DataLoader the targets are ignored, and so is the order of a shuffling
        loader. Inputs that are not rows, such as graphs, texts or constants, come as
        ``Probe(items, collate=...)``. Floating-point inputs take the precision of the network's
        parameters, if that is one.
    layers : str, type, Module, callable, list or dict, default="leaf"
        Which layers, by their names in ``network.named_modules()``, all of them where a module has
        several:

        - "leaf": the innermost modules that the forward pass calls, and modules that compute beyond
          those that they call: what they give is none of what these gave, nor a view of it, as in
          attention, and in blocks that end in a sum. Less those that give the same for all inputs,
          such as embeddings of positions; and less those that hold no activations, of which one
          warning tells. Functions that are no modules, such as ``torch.relu``, are no layers;
        - a name, or a glob such as ``"blocks.*.act"``, where ``*`` stands for one part of a dotted
          name and ``**`` for any number of parts;
        - a module type such as ``torch.nn.ReLU``, or a module of this very network;
        - a callable ``(name, module) -> bool``;
        - a list of these;
        - a dict from names to those of their columns.
    exclude : str, type, Module, callable, list or None, default=None
        Which of these layers to leave out, in the same words; only a glob may match none.
    n_layers : int or None, default=None
        Of these layers, take so many, evenly spaced in the order of execution and with the first
        and the last among them (one: the first), as columns ``depth0``, ``depth1``, ...: networks
        of different depth then share their columns.
    include_input, include_logits, include_softmax : bool, default=False
        Put the flattened inputs first, as a layer called "input"; the network's output last, as
        "logits"; its softmax, as "softmax". A single logit z stands for two classes, with logits
        (0, z). Of an output with several tensors, `output` says which, or its part "logits" is it.
    include_classes : bool, default=False
        Put the class that the network predicts for each input last of all, as "classes": that of
        its largest logit, the first of equal ones; of a single logit z class 1 where z > 0, else 0.
        The output must be one row of logits, or of other scores, an input. No true label is used.
    call : {"last", "all"}, default="last"
        Which output counts of a module that one forward pass calls more than once: that of its
        last call, or each, as layers ``act@0``, ``act@1``, ...
    output : str, int, callable or None, default=None
        Which part of an output that is a tuple, dictionary or dataclass: its key or index; or a
        callable from any output to a tensor. It holds for layers and for the network's own output,
        which gives logits, softmax and classes. By default, or where an output has no such part,
        the first tensor; if none has, that is an error.
    feature_map : {"flatten", "gap", "positions"}, default="flatten"
        How feature maps become points, outputs of four axes and more, and those of three axes with
        their channels first: all units of an input, the means over positions (global average
        pooling), or each position of each input as a point of its own.
    tokens : {"mean", "cls", "last", "flatten", "positions"}, default="mean"
        How sequences become points, outputs of three axes with their features last: the mean over
        tokens, the first or the last token, all units, or each token as a point of its own. Tokens
        that a mask leaves out do not count (except in "flatten").
    points : {"inputs", "units"}, default="inputs"
        What the points of a cloud are: inputs, with a coordinate for each unit; or units, with a
        coordinate for each input, the transpose, whose distance is that of how they respond:
        see :func:`~skactland.metrics.dependence_distances`. Then the classes of inputs are those of
        no points, and `include_classes` is refused.
    layout : {"auto", "channels_first", "channels_last", "time_first"} or dict, default="auto"
        Which axis holds the units of a layer of three axes and more, of which all reductions but
        "flatten" must know. "auto" goes by what is known: by the kinds of modules and operations
        that an output came from, through views, sums and elementwise functions; where that does not
        tell, an error asks. A dict gives layouts by name or glob, ``{"stages.**":
        "channels_last"}``; the layers that it leaves out are "auto". "time_first" says of the
        network's inputs that it takes them as (t, n, ...), of the key "input" in a dict (or
        "input.NAME" for one argument of several): the probe still counts inputs on its first axis.
    masks : "auto", None, or dict, default="auto"
        Which tokens of which layers count. A dict gives, by name or glob of layers, the name of an
        entry of the probe, an array of shape (n_points, t) that is True where a token counts,
        integer lengths of shape (n_points,), None or "auto", which also holds for the layers that
        it leaves out. "auto" applies the probe's masks ("attention_mask", "text_attention_mask",
        "decoder_attention_mask", "src_key_padding_mask", "lengths", ...) to the tokens of the input
        that they belong to by their names, wherever these go; None applies none. A mask that may or
        may not belong to a layer is an error where the reduction depends on it.
    rows : {"independent", "dependent"}, default="independent"
        Whether each input's activations are its own. Where they also depend on the other inputs
        of the batch (batch statistics, attention across inputs, one graph of all) or on chance,
        "dependent" shows all inputs in one batch, with the generators of random numbers seeded by
        `random_state`.
    check : bool, default=True
        Whether to show some inputs of each network twice, in batches of different size: the axis
        that follows the size is that of the inputs, and their activations must agree to rounding.
        So must those of a network that draws random numbers, under other seeds; and inputs that a
        function pads to the longest of their batch are shown in a shorter one. An error names the
        layer that does not, and why. False trusts that the first axis is that
        of the inputs.
    probe_labels : array of shape (n_points,) or None, default=None
        Classes of the inputs.
    classes : list or None, default=None
        Use the inputs of these classes only.
    by_class : bool, default=False
        Make a cloud of each class by itself: layers ``fc1__class3``.
    max_points : int or None, default=None
        Use a random subset of this many inputs, drawn over the whole probe (or the classes wanted).
    batch_size : int, default=256
        Number of inputs in a forward pass.
    device : str, torch.device or None, default=None
        Where to run; by default where the network is, "auto" for the accelerator if there is one.
        The network is moved back afterwards.
    network_builder : callable or None, default=None
        Returns the bare architecture for weights alone: without arguments, or from the path or
        state dict, ``network_builder(row)``, where architectures differ.
    weights_key : str or None, default=None
        Under which name a checkpoint holds the weights, such as "ema" or "generator.state"; by
        default under one of those that training loops commonly use.
    strict : bool, default=True
        Whether the keys of such weights must be the network's, as in ``load_state_dict``. If not, a
        warning names those that stay as `network_builder` made them.
    random_state : int, RandomState or None, default=None
        Draws the subset, and seeds the forward passes of each network alike; None seeds these with
        0, and draws another subset each time.
    spill : path or None, default=None
        Keep the points as ``.npy`` files in this folder, named by content, and return read-only
        memory maps of them. Once the disk is full, the rest stays in memory, with a warning.
    memory : path, joblib.Memory or None, default=None
        Cache the activations, by a digest of the network's weights and code, the probe and the
        options above: of its classes and functions, and of all that these read from their modules.
        Installed packages count by their version. A network with content that cannot be seen is not
        cached, nor is one when the disk is full; a warning says so.

    Returns
    -------
    dict of str to ndarray of shape (n_points, n_units)
        A cloud for each layer, in the order of execution. float32, or float64 where the layer
        computes in it. "classes" is no cloud but int64 of shape (n_points,), of a type of its own,
        by which stages that want clouds know it.

    Raises
    ------
    ValueError, TypeError
        If there is no such layer (the closest names are shown), a named layer is never called or
        holds no activations, the probe does not fit the network or changes from reading to reading,
        an activation is NaN or infinite, an input's activations are not its own, the axis of units
        or the mask of a layer is needed and not known, or a checkpoint cannot be read, would need
        to run code, or does not fit the network.
    FileNotFoundError
        If there is no file at a path.
    OSError
        If `spill` is not a folder that can be written to.

    See Also
    --------
    LayerActivationExtractor : The same for many networks, as a table.

    Notes
    -----
    Four inputs, or a whole batch where that must be, are shown once more than the others: they tell
    which layers are called, and what their axes are. From then on a forward pass ends at the last
    layer that is wanted, if it has called them once each and in this order. A network whose later
    calls depend on its inputs is read whole with ``include_logits=True``.

    Axes are followed from the probe on, through each of torch's operations: sizes that happen to
    agree say nothing. What is computed beside torch, in NumPy say, is not followed.

    One network is read at a time, also where several threads ask.

    Examples
    --------
    >>> import torch
    >>> from skactland import extract_activations
    >>> network = torch.nn.Sequential(torch.nn.Linear(3, 5), torch.nn.ReLU(), torch.nn.Linear(5, 2))
    >>> clouds = extract_activations(network, torch.zeros(10, 3))
    >>> {name: cloud.shape for name, cloud in clouds.items()}
    {'0': (10, 5), '1': (10, 5), '2': (10, 2)}
    """
    extraction = Extraction(
        probe,
        layers=layers,
        exclude=exclude,
        n_layers=n_layers,
        include_input=include_input,
        include_logits=include_logits,
        include_softmax=include_softmax,
        include_classes=include_classes,
        call=call,
        output=output,
        feature_map=feature_map,
        tokens=tokens,
        points=points,
        layout=layout,
        masks=masks,
        rows=rows,
        check=check,
        probe_labels=probe_labels,
        classes=classes,
        by_class=by_class,
        max_points=max_points,
        batch_size=batch_size,
        device=device,
        network_builder=network_builder,
        weights_key=weights_key,
        strict=strict,
        random_state=random_state,
        spill=spill,
        memory=memory,
    )
    name = source_name(network)
    with extraction.cache, at_place(name), Row() as row:
        return extraction.clouds(network, name, row)
