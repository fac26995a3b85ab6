"""Snapshots of one network as its training goes on."""

import copy
import math
import random
import sys
from contextlib import contextmanager
from numbers import Real

import numpy as np
import torch
from sklearn.base import clone

from skactland._checks import at_place, warn_user
from skactland._table import is_frame
from skactland._torch import on_device, random_state_kept
from skactland.activations._modules import unwrap
from skactland.training._callbacks import make_callback
from skactland.training._samples import check_network

# What marks parameters of which each process holds a part: torch's DTensor (FSDP, tensor
# parallelism), its older FSDP, DeepSpeed.
_MARKS_OF_SHARDS = ("placements", "_is_flat_param", "ds_id")


class SnapshotRecorder:
    """Keep one network at several moments of its training, as rows of a table.

    A snapshot is the clouds of the network at that moment, or its weights. Training goes on as if
    nobody had looked: training flags, gradients and the random states of torch, NumPy and Python
    are as before. Wrappers (DistributedDataParallel, ``torch.compile``) are looked through, and of
    several processes that train together only the first records.

    Parameters
    ----------
    extractor : transformer of networks or None, default=None
        What a snapshot is turned into at once: a :class:`~skactland.LayerActivationExtractor`, or
        a Pipeline that begins with one. A clone of it is fitted to the first snapshot, and
        transforms all. By default the weights are kept, copied to the CPU.

    Attributes
    ----------
    index_ : list of int or float
        The epoch or step of each snapshot.
    snapshots_ : list
        The snapshots: tables of one row or, without an extractor, state dicts. The latter are
        networks to a :class:`~skactland.LayerActivationExtractor` that has a `network_builder`.

    See Also
    --------
    LayerActivationExtractor : Turns networks, also weights and files of them, into a table.
    skactland.training.train_to_accuracy : Trains, and keeps the network at given accuracies.

    Notes
    -----
    A recorder follows one training: make one for each of several, and stack their tables.

    A network whose weights are sharded over processes (FSDP, DeepSpeed) is refused: reading it
    would need all of them. The checkpoints that such a training writes are networks as well.

    Examples
    --------
    >>> import torch
    >>> from skactland import LayerActivationExtractor, SnapshotRecorder
    >>> network = torch.nn.Sequential(torch.nn.Linear(3, 4), torch.nn.Tanh())
    >>> optimiser = torch.optim.SGD(network.parameters(), lr=0.1)
    >>> inputs = torch.eye(3)
    >>> recorder = SnapshotRecorder(LayerActivationExtractor(inputs))
    >>> for epoch in range(4):
    ...     recorder.record(network, epoch)
    ...     network(inputs).square().mean().backward()
    ...     optimiser.step()
    >>> recorder.table().shape, recorder.index_
    ((4, 2), [0, 1, 2, 3])
    """

    def __init__(self, extractor=None):
        is_usable = hasattr(extractor, "fit_transform") and hasattr(extractor, "transform")
        if extractor is not None and (isinstance(extractor, type) or not is_usable):
            raise TypeError(
                "extractor must be a transformer of networks, such as LayerActivationExtractor("
                f"probe), or None to keep weights; got {extractor!r}."
            )
        self.extractor = extractor
        self.clear()

    def clear(self):
        """Forget all snapshots, as before another training."""
        self.index_ = []
        self.snapshots_ = []
        self._fitted = None

    def record(self, network, index):
        """Keep the network as it is now.

        Parameters
        ----------
        network : torch.nn.Module
            The network in training, always the same.
        index : int or float
            How far training is: the number of epochs or steps until now, larger each time.

        Raises
        ------
        ValueError, TypeError
            If the index does not increase, the network is sharded over processes, or the extractor
            cannot read the first snapshot.

        Warns
        -----
        UserWarning
            If the extractor cannot read a later snapshot, such as one of a network that has
            diverged. It is left out, and does not end the training.
        """
        network = _check_whole(unwrap(check_network(network)))
        if not _leads_the_processes():
            return
        index = self._check_index(index)
        try:
            with at_place(f"the snapshot at {index}"):
                snapshot = self._snapshot(network)
        except ValueError as error:
            if not self.index_:  # what is wrong with the extractor is better known now
                raise
            warn_user(f"{error} This snapshot is left out.")
            return
        self.index_.append(index)
        self.snapshots_.append(snapshot)

    def table(self, extractor=None):
        """Return the table that has a row for each snapshot.

        Parameters
        ----------
        extractor : transformer of networks or None, default=None
            What turns the weights into a table, if weights were kept: with a `network_builder`. A
            clone of it is fitted.

        Returns
        -------
        table of shape (n_snapshots, n_columns)
            What the extractor makes of networks: an object array or, after its ``set_output``, a
            data frame. A pandas frame has the epochs or steps as its index, and later stages keep
            it.

        Raises
        ------
        ValueError
            If nothing has been recorded, or an extractor is missing or one too many.
        """
        if not self.index_:
            raise ValueError(
                "Nothing has been recorded yet; of processes that train together only the first "
                "records, and a callback that was cloned or copied has a recorder of its own."
            )
        if self.extractor is None and extractor is None:
            raise ValueError(
                "Weights were kept, which are no table yet; give table() an extractor, "
                "LayerActivationExtractor(probe, network_builder=...)."
            )
        if self.extractor is not None and extractor is not None:
            raise ValueError(
                "The snapshots are tables made by the extractor that the recorder has; write "
                "table(). To choose later, keep weights: SnapshotRecorder()."
            )
        if extractor is None:
            table = _stacked(self.snapshots_)
        else:
            table = clone(extractor).fit_transform(self.snapshots_)
        return table.set_axis(self.index_) if hasattr(table, "set_axis") else table

    def callback(self, framework, *, every=1, unit="epoch", submodule=None):
        """Return what a framework's trainer takes in its list of callbacks.

        It records the network before training and after every so many epochs or steps.

        Parameters
        ----------
        framework : {"lightning", "skorch", "transformers"}
            Whose trainer: Lightning (of the package ``lightning`` or ``pytorch_lightning``),
            skorch, or the Trainer of Hugging Face.
        every : int, default=1
            Record when the number of epochs or steps is a multiple of this one.
        unit : {"epoch", "step"}, default="epoch"
            What is counted. A step is one of the optimizer; in skorch, a batch.
        submodule : str or None, default=None
            The dotted name of the part that is recorded, such as the network that a LightningModule
            holds; by default the whole module.

        Returns
        -------
        lightning.pytorch.Callback, skorch.callbacks.Callback or transformers.TrainerCallback
            A training with skorch that begins anew clears the recorder first.

        Raises
        ------
        ImportError
            If the framework is not installed.
        ValueError, TypeError
            If there is no such framework or unit, or `every` is no positive integer.

        Examples
        --------
        >>> import torch
        >>> from skactland import SnapshotRecorder
        >>> from skactland.training import multilayer_perceptron
        >>> from skorch import NeuralNetClassifier
        >>> network = multilayer_perceptron(4, [8], 3)
        >>> recorder = SnapshotRecorder()
        >>> net = NeuralNetClassifier(network, criterion=torch.nn.CrossEntropyLoss, max_epochs=4,
        ...                           callbacks=[recorder.callback("skorch", every=2)], verbose=0)
        >>> _ = net.fit(torch.randn(60, 4), torch.arange(60) % 3)
        >>> recorder.index_
        [0, 2, 4]
        """
        return make_callback(framework, self, every, unit, submodule)

    def _snapshot(self, network):
        if self.extractor is None:
            return weights_on_cpu(network)
        with _generators_kept(network):
            if self._fitted is not None:
                return self._fitted.transform([network])
            fitted = clone(self.extractor)
            row = fitted.fit_transform([network])
            self._fitted = fitted
            return row

    def _check_index(self, index):
        """Return a number that is larger than those before, an integer where it is whole."""
        if not isinstance(index, Real) or isinstance(index, bool) or not math.isfinite(index):
            raise TypeError(f"index must be a finite number, the epoch or step, got {index!r}.")
        if self.index_ and index <= self.index_[-1]:
            raise ValueError(
                f"index must increase, got {index} after {self.index_[-1]}. A recorder follows one "
                "training: for another one make another recorder, or clear() this one."
            )
        return int(index) if index == int(index) else float(index)


def weights_on_cpu(network):
    """Return a copy of the weights and buffers; a state dict itself changes with its network."""
    state = network.state_dict()
    for name, value in state.items():
        is_tensor = isinstance(value, torch.Tensor)
        state[name] = value.detach().to("cpu", copy=True) if is_tensor else copy.deepcopy(value)
    return state


def _check_whole(network):
    """Refuse a network that the first process alone cannot read: it would wait for the others."""
    for name, parameter in network.named_parameters():
        if any(hasattr(parameter, mark) for mark in _MARKS_OF_SHARDS):
            raise ValueError(
                f"The weights of the network are sharded over processes (the first: {name!r}, a "
                f"{type(parameter).__name__}), and a recorder reads them in one; keep the "
                "checkpoints that the training writes, and read those."
            )
    return network


def _leads_the_processes():
    """Tell whether this is the only process that trains the network, or the first of several."""
    group = torch.distributed
    return not (group.is_available() and group.is_initialized()) or group.get_rank() == 0


@contextmanager
def _generators_kept(network):
    """Put back all random states that training may draw from: a probe may draw from them too."""
    of_python, of_numpy = random.getstate(), np.random.get_state()
    try:
        with on_device(network, None) as device, random_state_kept(device):
            yield
    finally:
        random.setstate(of_python)
        np.random.set_state(of_numpy)


def _stacked(rows):
    """Return tables of one row as one table, a data frame by the library that they come from."""
    if not is_frame(rows[0]):
        return np.concatenate(rows)
    library = type(rows[0]).__module__.partition(".")[0]
    return sys.modules[library].concat(rows)
