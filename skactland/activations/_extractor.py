"""The transformer from networks to tables of point clouds."""

import numpy as np
from sklearn.utils.validation import check_is_fitted
from torch import nn
from tqdm.auto import tqdm

from skactland._checks import check_count
from skactland._tables import TableTransformer, empty_table
from skactland.activations._extract import activations_on
from skactland.activations._networks import check_network, network_name
from skactland.activations._probe import check_probe, draw_points


class LayerActivationExtractor(TableTransformer):
    """Activations of every layer of every network, as a table of point clouds.

    Rows are networks, columns are layers; a cell holds the layer's outputs on the probe, one point
    an input. All networks must have the layers of the first one seen in fit. Networks are run in
    evaluation mode and left as they were. See :func:`~skactland.extract_activations` for a single
    network.

    Parameters
    ----------
    probe : array or tensor of shape (n_points, ...), or Probe
        The inputs that every network is shown, one a row, without labels. Wrap a large one in
        :class:`~skactland.Probe`, which ``clone`` does not copy.
    layers : str, type, callable, or list, default="leaf"
        Which layers: "leaf" (every module without submodules that the forward pass calls), a name,
        a glob, a module type, a callable ``(name, module) -> bool``, or a list of names, globs and
        types.
    include_input : bool, default=False
        Put the flattened inputs first, as a column called "input".
    include_softmax : bool, default=False
        Put the softmax of the network's output last, as a column called "softmax".
    call : {"last", "all"}, default="last"
        Which output counts of a module that one forward pass calls more than once: that of its
        last call, or each, as columns ``act@0``, ``act@1``, ...
    max_points : int or None, default=None
        Use a random subset of this many inputs, if the probe has more. It is drawn in fit, the
        same for every network.
    batch_size : int, default=256
        Number of inputs in a forward pass.
    device : str, torch.device or None, default=None
        Where to run; by default where each network is. It is moved back afterwards.
    random_state : int, RandomState or None, default=None
        Draws the subset.
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
        include_input=False,
        include_softmax=False,
        call="last",
        max_points=None,
        batch_size=256,
        device=None,
        random_state=None,
        verbose=False,
    ):
        self.probe = probe
        self.layers = layers
        self.include_input = include_input
        self.include_softmax = include_softmax
        self.call = call
        self.max_points = max_points
        self.batch_size = batch_size
        self.device = device
        self.random_state = random_state
        self.verbose = verbose

    def fit(self, X, y=None):
        """Learn the columns from the first network, and draw the subset of the probe.

        Parameters
        ----------
        X : sequence of torch.nn.Module
            At least one network.
        y : None
            Ignored.

        Returns
        -------
        LayerActivationExtractor
            The fitted estimator.
        """
        networks = check_networks(X)
        inputs = check_probe(self.probe)
        self.probe_indices_ = draw_points(len(inputs), self.max_points, self.random_state)
        first_batch = self.probe_indices_[: check_count(self.batch_size, "batch_size")]
        self.layer_names_ = list(self._clouds(networks[0], 0, inputs, first_batch))
        return self

    def transform(self, X):
        """Compute the activations.

        Parameters
        ----------
        X : sequence of torch.nn.Module
            Networks with the layers of those seen in fit.

        Returns
        -------
        table of clouds
            Object array of shape (n_networks, n_layers), or a data frame after ``set_output``;
            cells have shape (n_points, n_units).
        """
        check_is_fitted(self)
        networks = check_networks(X)
        inputs = check_probe(self.probe)
        table = empty_table(len(networks), len(self.layer_names_))
        with tqdm(total=len(networks), desc="Activations", disable=not self.verbose) as bar:
            for i, network in enumerate(networks):
                bar.set_postfix_str(network_name(network, i))
                clouds = self._clouds(network, i, inputs, self.probe_indices_)
                self._check_columns(clouds, network_name(network, i))
                for j, name in enumerate(self.layer_names_):
                    table[i, j] = clouds[name]
                bar.update()
        return table

    def _clouds(self, network, index, inputs, indices):
        return activations_on(
            network,
            inputs,
            indices,
            where=network_name(network, index),
            layers=self.layers,
            include_input=self.include_input,
            include_softmax=self.include_softmax,
            call=self.call,
            batch_size=self.batch_size,
            device=self.device,
        )

    def _check_columns(self, clouds, where):
        """Refuse a network whose layers are not those of fit."""
        missing = [name for name in self.layer_names_ if name not in clouds]
        extra = [name for name in clouds if name not in self.layer_names_]
        if missing or extra:
            raise ValueError(
                f"{where} has other layers than the first network seen in fit: it lacks {missing} "
                f"and adds {extra}. All networks of a table share their columns; choose layers "
                "that all of them have, by name."
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
    if isinstance(X, nn.Module):
        raise TypeError(
            f"X must be a sequence of networks, got a single {type(X).__name__}; write [network]."
        )
    if isinstance(X, (str, bytes, dict)) or not np.iterable(X):
        raise TypeError(f"X must be a sequence of torch modules, got {type(X).__name__}.")
    networks = list(X)
    if not networks:
        raise ValueError("X is empty; at least one network is needed.")
    for i, network in enumerate(networks):
        check_network(network, f"network {i}")
    return networks
