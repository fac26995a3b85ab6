"""Activations of one network, from wherever it comes to wherever its points are kept."""

import os
import warnings
from functools import cached_property, partial

import torch
from sklearn.utils.validation import check_memory

from skactland import __version__
from skactland._table import trim_memory
from skactland.activations._digest import Undigestible, digest
from skactland.activations._forward import Reading, read_network
from skactland.activations._memmaps import spilled
from skactland.activations._probe import read_probe
from skactland.activations._sources import open_network, source_name
from skactland.activations._subset import check_every_class, check_labels, choose_points


class Extraction:
    """What is wanted of every network of a table, checked and drawn once.

    Parameters are those of :func:`~skactland.extract_activations`; `drawn` holds the inputs of the
    probe and the indices of those to use, if they were read and drawn before.
    """

    def __init__(
        self,
        probe,
        *,
        probe_labels,
        classes,
        by_class,
        max_points,
        random_state,
        network_builder,
        strict,
        spill,
        memory,
        drawn=None,
        **reading,
    ):
        self.reading = Reading(**reading)
        self.inputs = read_probe(probe) if drawn is None else drawn[0]
        n_points = self.inputs.n_points
        labels, classes = check_labels(probe_labels, classes, by_class, self.inputs)
        if drawn is None:
            self.indices = choose_points(n_points, labels, classes, max_points, random_state)
        else:
            self.indices = drawn[1]
        self.labels = labels[self.indices] if by_class else None
        if by_class:
            check_every_class(self.labels, classes)
        self.classes = classes
        self.network_builder = network_builder
        self.strict = strict
        self.spill = spill
        self.memory = check_memory(os.fspath(memory) if isinstance(memory, os.PathLike) else memory)

    def clouds(self, source, where):
        """Return the clouds of a network, by column."""
        network = open_network(source, self.network_builder, self.strict, where)
        read = partial(read_network, network, self.inputs, self.indices, self.reading, where)
        key = None if self.memory.location is None else self._key(network, where)
        clouds = read() if key is None else self.memory.cache(_read, ignore=["read"])(key, read)
        clouds = self._by_class(clouds)
        if self.spill is not None:
            clouds = {name: spilled(points, self.spill) for name, points in clouds.items()}
            trim_memory()
        return clouds

    def columns(self, source, where):
        """Return the names of the columns, which the first inputs tell."""
        network = open_network(source, self.network_builder, self.strict, where)
        first = self.indices[: self.reading.batch_size]
        clouds = read_network(network, self.inputs, first, self.reading, where)
        return [column for name in clouds for column in self._class_columns(name)]

    def _key(self, network, where):
        """Return what says which entry of a cache a network's activations are, None if nothing."""
        try:
            return digest(self._digest, _precision_of_computing(), network)
        except Undigestible as error:
            warnings.warn(
                f"{where}: its activations are not cached, as {error}. Keep such things out of "
                "networks and of the callables that are given with them.",
                UserWarning,
                stacklevel=4,
            )
            return None

    @cached_property
    def _digest(self):
        """A digest of all but the network that the activations depend on."""
        n, size = len(self.indices), self.reading.batch_size
        batches = (self.inputs.take(self.indices[i : i + size]) for i in range(0, n, size))
        shown = digest(*map(digest, batches))
        return digest(__version__, torch.__version__, vars(self.reading), shown)

    def _class_columns(self, name):
        if self.labels is None:
            return [name]
        return [f"{name}__class{label}" for label in self.classes]

    def _by_class(self, clouds):
        """Return the points alone, or those of each class by themselves."""
        if self.labels is None:
            return {name: points for name, (points, _) in clouds.items()}
        return {
            column: points[self.labels[owners] == label]
            for name, (points, owners) in clouds.items()
            for column, label in zip(self._class_columns(name), self.classes, strict=True)
        }


def _precision_of_computing():
    """Return the settings of the moment that change what a network computes."""
    kinds = {"cpu", getattr(torch.accelerator.current_accelerator(), "type", "cpu")}
    autocast = [
        (kind, torch.get_autocast_dtype(kind))
        for kind in sorted(kinds)
        if torch.is_autocast_enabled(kind)
    ]
    return autocast, torch.get_float32_matmul_precision(), torch.get_default_dtype()


def _read(key, read):
    """Read a network; the key alone says which entry of a cache this is."""
    return read()


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
    call="last",
    output=None,
    feature_map="flatten",
    tokens="mean",
    probe_labels=None,
    classes=None,
    by_class=False,
    max_points=None,
    batch_size=256,
    device=None,
    network_builder=None,
    strict=True,
    random_state=None,
    spill=None,
    memory=None,
):
    r"""Return the activations of a network's layers on a set of probe inputs.

    The network runs in evaluation mode, without gradients, and is left as it was: training flags,
    buffers, device, hooks and torch's random state.

    Parameters
    ----------
    network : torch.nn.Module, skorch net, state dict, or path
        A module; wrappers (DataParallel, ``torch.compile``) are looked through, and compiled code
        runs uncompiled. Or a fitted skorch net. Or, with `network_builder`, a state dict or the
        path of a checkpoint: ``.safetensors``, or a file of :func:`torch.save`, which is read
        without running code from it.
    probe : array, tensor, mapping of them, Dataset, DataLoader, or Probe
        The inputs, without labels; the first axis counts them. A mapping is passed by keyword, and
        an "attention_mask" in it says which tokens count. Of a torch Dataset or DataLoader the
        targets are ignored, and so is the order of a shuffling loader. Floating-point inputs take
        the network's precision.
    layers : str, type, callable, list or dict, default="leaf"
        Which layers, by their names in ``network.named_modules()``:

        - "leaf": every module without submodules that the forward pass calls, less those that give
          the same for all inputs, such as embeddings of positions;
        - a name, or a glob such as ``"blocks.*.act"``, where ``*`` stands for one part of a dotted
          name and ``**`` for any number of parts;
        - a module type such as ``torch.nn.ReLU``;
        - a callable ``(name, module) -> bool``;
        - a list of names, globs and types;
        - a dict from names to those of their columns.
    exclude : str, type, callable, list or None, default=None
        Which of these layers to leave out, in the same words.
    n_layers : int or None, default=None
        Of these layers, take so many, evenly spaced in the order of execution and with the first
        and the last among them (one: the first), as columns ``depth0``, ``depth1``, ...: networks
        of different depth then share their columns.
    include_input, include_logits, include_softmax : bool, default=False
        Put the flattened inputs first, as a layer called "input"; the network's output last, as
        "logits"; its softmax, as "softmax".
    call : {"last", "all"}, default="last"
        Which output counts of a module that one forward pass calls more than once: that of its
        last call, or each, as layers ``act@0``, ``act@1``, ...
    output : str, int, callable or None, default=None
        Which part of an output that is a tuple, dictionary or dataclass: its key or index, or a
        callable from the output to a tensor. By default, or where an output has no such part, the
        first tensor; if none has, that is an error.
    feature_map : {"flatten", "gap", "positions"}, default="flatten"
        How outputs of shape (n, c, h, w, ...), and those of one-dimensional convolutions and what
        follows them, (n, c, l), become points: all units of an input, the means over
        positions (global average pooling), or each position of each input as a point of its own.
    tokens : {"mean", "cls", "last", "flatten", "positions"}, default="mean"
        How other outputs of shape (n, t, d) become points: the mean over tokens, the first or the
        last token, all units, or each token as a point of its own. Tokens that the probe's
        "attention_mask" leaves out do not count (except in "flatten").
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
        Without arguments, returns the bare architecture for weights alone.
    strict : bool, default=True
        Whether the keys of such weights must be the network's, as in ``load_state_dict``.
    random_state : int, RandomState or None, default=None
        Draws the subset.
    spill : path or None, default=None
        Keep the points as ``.npy`` files in this folder, named by content, and return read-only
        memory maps of them.
    memory : path, joblib.Memory or None, default=None
        Cache the activations, by a digest of the network's weights and code, the probe and the
        options above: of its classes and functions, and of the functions, classes, numbers, strings
        and arrays that these read from their modules. Installed packages count by their version. A
        network with content that cannot be seen is not cached, and gives a warning.

    Returns
    -------
    dict of str to ndarray of shape (n_points, n_units)
        A cloud for each layer, in the order of execution. float32, or float64 where the layer
        computes in it.

    Raises
    ------
    ValueError, TypeError
        If there is no such layer (the closest names are shown), a named layer is never called, the
        probe does not fit the network or changes from reading to reading, an activation is NaN or
        infinite, an output has no floating-point tensor whose first axis is the batch, or a
        checkpoint cannot be read, would need to run code, or does not fit the network.
    FileNotFoundError
        If there is no file at a path.

    Notes
    -----
    From the second batch on, a forward pass ends at the last layer that is wanted, if it has called
    them once each and in the order of the first batch. A network whose later calls depend on its
    inputs is read whole with ``include_logits=True``.

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
    wanted = dict(locals())
    del wanted["network"]
    return Extraction(**wanted).clouds(network, source_name(network))
