"""The transformer from networks to tables of point clouds."""

import copy

import numpy as np
from sklearn.utils.validation import check_is_fitted
from torch import nn
from tqdm.auto import tqdm

from skactland._checks import at_place
from skactland._table import TableTransformer, empty_table, has_bar
from skactland.activations._extraction import Extraction
from skactland.activations._isolation import Row
from skactland.activations._probe import Probe
from skactland.activations._problems import find_problems
from skactland.activations._rows import (
    as_rows,
    check_columns,
    check_networks,
    readable_twice,
    warn_of_repeats,
)
from skactland.activations._sources import rows_known, source_name

# So many networks are read before other threads have their turn.
_IN_A_ROW = 32


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
    layers : str, type, Module, callable, list or dict, default="leaf"
        Which layers: "leaf" (the innermost modules that the forward pass calls, and those that
        compute beyond these), a name, a glob, a module or its type, a callable ``(name, module) ->
        bool``, a list of these, or a dict from names to those of their columns.
    exclude : str, type, Module, callable, list or None, default=None
        Which of these layers to leave out, in the same words.
    n_layers : int or None, default=None
        Of these, take so many, evenly spaced in the order of execution, as columns ``depth0``,
        ``depth1``, ..., so that networks of different depth share their columns.
    include_input, include_logits, include_softmax : bool, default=False
        Add columns "input" (first), "logits" and "softmax" (last).
    include_classes : bool, default=False
        Add a column "classes", the last: the class that the network predicts for each input, int64
        of shape (n_points,), of no true label. It is no cloud:
        :class:`~skactland.LabelledMergeVectorizer` and :class:`~skactland.NeighbourAgreement` read
        it, and the docstrings of other stages say what they do with it.
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
    points : {"inputs", "units"}, default="inputs"
        What the points of a cloud are; of units the coordinates are the inputs.
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
        Returns the bare architecture for rows that are weights alone. One that cannot be called
        without arguments is given the row (path, folder or state dict), for architectures that
        differ.
    weights_key : str or None, default=None
        Under which name checkpoints hold the weights.
    strict : bool, default=True
        Whether the keys of such weights must be the network's; if not, a warning tells which are.
    random_state : int, RandomState or None, default=None
        Draws the subset, and seeds the forward passes of each network alike.
    spill : path or None, default=None
        Keep the cells as ``.npy`` files in this folder and return read-only memory maps, so that a
        table may be larger than the memory. Once the disk is full, cells stay in memory, with a
        warning.
    memory : path, joblib.Memory or None, default=None
        Cache the activations of each network, by content, for folds, grids, processes and runs.
    verbose : bool, default=False
        Show a progress bar over the networks, but for searches and cross-validations.

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

    learns_from_rows = False

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
        verbose=False,
    ):
        self.probe = probe
        self.layers = layers
        self.exclude = exclude
        self.n_layers = n_layers
        self.include_input = include_input
        self.include_logits = include_logits
        self.include_softmax = include_softmax
        self.include_classes = include_classes
        self.call = call
        self.output = output
        self.feature_map = feature_map
        self.tokens = tokens
        self.points = points
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
            At least one: a list, a generator, a series, or one column of a frame or array.
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
        with rows_known(networks), at_place(name):
            self.layer_names_ = extraction.columns(networks[0], name)
        return self

    def fit_transform(self, X, y=None):
        """Learn the columns, and compute the activations.

        Parameters
        ----------
        X : sequence of torch modules, fitted skorch nets, state dicts or paths
            As for `fit`. Those of a generator are all kept.
        y : None
            Ignored.

        Returns
        -------
        table of clouds
            As from `transform`.
        """
        return super().fit_transform(readable_twice(X), y)

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
        warn_of_repeats(networks, X)
        extraction = self._extraction(drawn=self._drawn)
        table = empty_table(len(networks), len(self.layer_names_))
        with (
            extraction.cache,
            rows_known(networks),
            tqdm(total=len(networks), desc="Activations", disable=not has_bar(self.verbose)) as bar,
            Row() as row,
        ):
            for i, network in enumerate(networks):
                if i % _IN_A_ROW == 0 or not isinstance(network, nn.Module):
                    row.end()  # what opens a network may draw, and other threads may wait
                name = source_name(network, i)
                bar.set_postfix_str(name)
                with at_place(name):
                    clouds = extraction.clouds(network, name, row)
                    check_columns(clouds, self.layer_names_)
                for j, column in enumerate(self.layer_names_):
                    table[i, j] = clouds[column]
                for j in range(extraction.n_input_columns if i else 0):
                    if _are_same(table[i, j], table[i - 1, j]):
                        table[i, j] = table[i - 1, j]  # one array, not one a network
                bar.update()
        return table

    def __repr__(self, N_CHAR_MAX=700):
        # Of what the probe is, as nobody reads the numbers.
        shown = copy.copy(self)
        if self.probe is not None and not isinstance(self.probe, Probe):
            shown.probe = Probe(self.probe)
        return super(LayerActivationExtractor, shown).__repr__(N_CHAR_MAX)

    def __sklearn_clone__(self):
        """Return a clone that shares the probe, which scikit-learn would copy for every fold."""
        without_probe = copy.copy(self)
        without_probe.probe = None
        clone = super(LayerActivationExtractor, without_probe).__sklearn_clone__()
        clone.probe = self.probe
        return clone

    def problems(self, X):
        """Tell which networks could not be rows, and why, before hours of work.

        Each is opened and shown a few inputs; what goes wrong is collected, not raised. Fitted or
        not: the columns that all must have are those of fit, else those of the first network that
        can be read.

        Parameters
        ----------
        X : sequence of torch modules, fitted skorch nets, state dicts or paths
            Networks, and whatever else there is among them.

        Returns
        -------
        list of named tuples (row, layer, message)
            One for each network that cannot be read, ``pandas.DataFrame(problems)`` as a table: its
            position in X, the name of the layer at fault (None if it lies in none), and the message
            of the error that `transform` would raise.

        Examples
        --------
        >>> import torch
        >>> from skactland import LayerActivationExtractor
        >>> networks = [torch.nn.Sequential(torch.nn.Linear(3, 4)) for _ in range(3)]
        >>> _ = torch.nn.init.constant_(networks[1][0].bias, float("nan"))  # it diverged
        >>> extractor = LayerActivationExtractor(torch.zeros(10, 3))
        >>> problems = extractor.problems(networks)
        >>> [(problem.row, problem.layer) for problem in problems]
        [(1, '0')]
        >>> to_drop = {problem.row for problem in problems}
        >>> sound = [network for i, network in enumerate(networks) if i not in to_drop]
        >>> extractor.fit_transform(sound).shape
        (2, 1)
        """
        if not hasattr(self, "layer_names_"):
            return find_problems(self._extraction(), as_rows(X))
        extraction = self._extraction(drawn=self._drawn)
        return find_problems(extraction, as_rows(X), self.layer_names_)

    def _content(self):
        """Return what rows of `transform` depend on beside the network, for a digest."""
        of_run = {"probe", "memory", "spill", "verbose"}
        options = {k: v for k, v in self.get_params(deep=False).items() if k not in of_run}
        return options, self.layer_names_, self._extraction(drawn=self._drawn).content

    def _extraction(self, drawn=None):
        options = self.get_params(deep=False)
        del options["verbose"]
        return Extraction(**options, drawn=drawn)

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


def _are_same(cloud, other):
    return cloud.dtype == other.dtype and np.array_equal(cloud, other)
