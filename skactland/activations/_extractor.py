"""The transformer from networks to tables of point clouds."""

import copy

import numpy as np
from sklearn.utils.validation import check_is_fitted
from tqdm.auto import tqdm

from skactland._checks import at_place
from skactland._table import TableTransformer, empty_table
from skactland.activations._extraction import Extraction
from skactland.activations._sources import check_source, find_source, source_name


class LayerActivationExtractor(TableTransformer):
    """Activations of every layer of every network, as a table of point clouds.

    Rows are networks, columns are layers; a cell holds the layer's outputs on the probe, one point
    an input. All networks must have the columns of the first one seen in fit. They are run in
    evaluation mode and left as they were; checkpoints are loaded one at a time. See
    :func:`~skactland.extract_activations` for a single network, and for more on each parameter.

    Parameters
    ----------
    probe : array, tensor, mapping of them, Dataset, DataLoader, or Probe
        The inputs that every network is shown, without labels; clones share it. Inputs that are not
        rows of tensors, such as graphs, are for :class:`~skactland.Probe`.
    layers : str, type, callable, list or dict, default="leaf"
        Which layers: "leaf" (every module without submodules that the forward pass calls), a name,
        a glob, a module type, a callable ``(name, module) -> bool``, a list of names, globs and
        types, or a dict from names to those of their columns.
    exclude : str, type, callable, list or None, default=None
        Which of these layers to leave out, in the same words.
    n_layers : int or None, default=None
        Of these, take so many, evenly spaced in the order of execution, as columns ``depth0``,
        ``depth1``, ..., so that networks of different depth share their columns.
    include_input, include_logits, include_softmax : bool, default=False
        Add columns "input" (first), "logits" and "softmax" (last).
    call : {"last", "all"}, default="last"
        Which output counts of a module that one forward pass calls more than once: that of its
        last call, or each, as columns ``act@0``, ``act@1``, ...
    output : str, int, callable or None, default=None
        Which part of an output that is a tuple, dictionary or dataclass; by default the first
        tensor.
    feature_map : {"flatten", "gap", "positions"}, default="flatten"
        How feature maps become points.
    tokens : {"mean", "cls", "last", "flatten", "positions"}, default="mean"
        How sequences become points.
    layout : {"auto", "channels_first", "channels_last", "time_first"} or dict, default="auto"
        Which axis holds a layer's units: as known from where the output came from, or by name or
        glob of layers.
    masks : "auto", None, or dict, default="auto"
        Which tokens count: those that the probe's masks name, or by name or glob of layers.
    rows : {"independent", "dependent"}, default="independent"
        Whether each input's activations are its own; if not, all are shown in one batch.
    check : bool, default=True
        Whether to check that, on some inputs of each network.
    probe_labels : array of shape (n_points,) or None, default=None
        Classes of the inputs.
    classes : list or None, default=None
        Use the inputs of these classes only.
    by_class : bool, default=False
        Make a column of each layer and class: ``fc1__class3``.
    max_points : int or None, default=None
        Use a random subset of this many inputs, drawn over the whole probe in fit and the same for
        every network.
    batch_size : int, default=256
        Number of inputs in a forward pass.
    device : str, torch.device or None, default=None
        Where to run; by default where each network is, "auto" for the accelerator if there is one.
    network_builder : callable or None, default=None
        Returns the bare architecture for rows that are weights alone: without arguments, or from
        the row, where architectures differ.
    weights_key : str or None, default=None
        Under which name checkpoints hold the weights.
    strict : bool, default=True
        Whether the keys of such weights must be the network's.
    random_state : int, RandomState or None, default=None
        Draws the subset, and seeds forward passes that draw random numbers.
    spill : path or None, default=None
        Keep the cells as ``.npy`` files in this folder and return read-only memory maps, so that a
        table may be larger than the memory. Once the disk is full, cells stay in memory, with a
        warning.
    memory : path, joblib.Memory or None, default=None
        Cache the activations of each network, by content, for folds, grids, processes and runs.
    verbose : bool, default=False
        Show a progress bar over the networks.

    Attributes
    ----------
    layer_names_ : list of str
        The columns, in the order of execution.
    probe_indices_ : ndarray of shape (n_points,)
        The inputs of the probe that are used.

    See Also
    --------
    extract_activations : The same for a single network.
    RipsPersistence : Turns the table of clouds into one of persistence diagrams.

    Examples
    --------
    >>> import torch
    >>> from skactland import LayerActivationExtractor
    >>> networks = [torch.nn.Sequential(torch.nn.Linear(3, 4), torch.nn.Tanh()) for _ in range(2)]
    >>> extractor = LayerActivationExtractor(torch.zeros(10, 3), include_input=True)
    >>> table = extractor.fit_transform(networks)
    >>> table.shape, table[0, 1].shape
    ((2, 3), (10, 4))
    >>> extractor.get_feature_names_out()
    array(['input', '0', '1'], dtype=object)
    """

    def __init__(
        self,
        probe=None,
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
        verbose=False,
    ):
        self.probe = probe
        self.layers = layers
        self.exclude = exclude
        self.n_layers = n_layers
        self.include_input = include_input
        self.include_logits = include_logits
        self.include_softmax = include_softmax
        self.call = call
        self.output = output
        self.feature_map = feature_map
        self.tokens = tokens
        self.layout = layout
        self.masks = masks
        self.rows = rows
        self.check = check
        self.probe_labels = probe_labels
        self.classes = classes
        self.by_class = by_class
        self.max_points = max_points
        self.batch_size = batch_size
        self.device = device
        self.network_builder = network_builder
        self.weights_key = weights_key
        self.strict = strict
        self.random_state = random_state
        self.spill = spill
        self.memory = memory
        self.verbose = verbose

    def fit(self, X, y=None):
        """Learn the columns from the first network, and draw the subset of the probe.

        Parameters
        ----------
        X : sequence of torch modules, fitted skorch nets, state dicts or paths
            At least one.
        y : None
            Ignored.

        Returns
        -------
        LayerActivationExtractor
            The fitted estimator.
        """
        networks = check_networks(X)
        extraction = self._extraction()
        self._drawn = extraction.drawn
        self.probe_indices_ = extraction.indices
        name = source_name(networks[0], 0)
        with at_place(name):
            self.layer_names_ = extraction.columns(networks[0], name)
        return self

    def transform(self, X):
        """Compute the activations.

        Parameters
        ----------
        X : sequence of torch modules, fitted skorch nets, state dicts or paths
            Networks with the columns of those seen in fit.

        Returns
        -------
        table of clouds
            Object array of shape (n_networks, n_layers), or a data frame after ``set_output``;
            cells have shape (n_points, n_units).
        """
        check_is_fitted(self)
        networks = check_networks(X)
        extraction = self._extraction(drawn=self._drawn)
        table = empty_table(len(networks), len(self.layer_names_))
        with (
            extraction.cache,
            tqdm(total=len(networks), desc="Activations", disable=not self.verbose) as bar,
        ):
            for i, network in enumerate(networks):
                name = source_name(network, i)
                bar.set_postfix_str(name)
                with at_place(name):
                    clouds = extraction.clouds(network, name)
                    self._check_columns(clouds)
                for j, column in enumerate(self.layer_names_):
                    table[i, j] = clouds[column]
                bar.update()
        return table

    def __sklearn_clone__(self):
        """Return a clone that shares the probe, which scikit-learn would copy for every fold."""
        without_probe = copy.copy(self)
        without_probe.probe = None
        clone = super(LayerActivationExtractor, without_probe).__sklearn_clone__()
        clone.probe = self.probe
        return clone

    def _extraction(self, drawn=None):
        options = self.get_params(deep=False)
        del options["verbose"]
        return Extraction(**options, drawn=drawn)

    def _check_columns(self, clouds):
        """Refuse a network whose layers are not those of fit."""
        missing = [name for name in self.layer_names_ if name not in clouds]
        extra = [name for name in clouds if name not in self.layer_names_]
        if missing or extra:
            raise ValueError(
                f"it has other layers than the first network seen in fit, lacks {missing} "
                f"and adds {extra}. All networks of a table share their columns; choose layers "
                "that all of them have by name, or n_layers for networks of different depth."
            )

    def get_feature_names_out(self, input_features=None):
        """Return the names of the layers.

        Parameters
        ----------
        input_features : None
            Ignored; networks have no columns.

        Returns
        -------
        ndarray of str objects
        """
        check_is_fitted(self)
        return np.array(self.layer_names_, dtype=object)


def check_networks(X):
    """Return a sequence of networks as a list, without ever making an array of them.

    NumPy would take a network that has a length, such as a Sequential, apart.
    """
    if find_source(X) is not None:
        raise TypeError(
            f"X must be a sequence of networks, got a single {type(X).__name__}; write [network]."
        )
    if not np.iterable(X) or isinstance(X, bytes):
        raise TypeError(f"X must be a sequence of networks, got {type(X).__name__}.")
    networks = list(X)
    if not networks:
        raise ValueError("X is empty; at least one network is needed.")
    for i, network in enumerate(networks):
        with at_place(f"network {i}"):
            check_source(network)
    return networks
