"""Training one network to accuracy checkpoints."""

import copy
import math
from collections.abc import Mapping, Set
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np
import torch
from sklearn.exceptions import ConvergenceWarning
from torch import nn
from tqdm.auto import tqdm

from skactland._checks import (
    check_count,
    check_finite,
    check_flag,
    check_positive,
    check_seed,
    warn_user,
)
from skactland._torch import on_device, random_state_kept, training_flags_kept
from skactland.training._samples import check_network, check_samples
from skactland.training._snapshots import weights_on_cpu

# Inputs in one forward pass when a network is only measured.
_MEASURED_AT_ONCE = 1024


@dataclass(frozen=True, eq=False)
class Checkpoint:
    """A network as it was when its training accuracy first reached a threshold.

    Attributes
    ----------
    threshold : float
        The accuracy that was asked for.
    accuracy, loss : float
        Accuracy and mean cross entropy on the training set, in evaluation mode.
    epoch : int
        Epochs of training until then; 0 is the network as it came.
    state_dict : dict of str to tensor
        Its weights and buffers, on the CPU. Thresholds that are reached in one epoch share it.

    See Also
    --------
    train_to_accuracy : Makes them.
    """

    threshold: float
    accuracy: float
    loss: float
    epoch: int
    state_dict: dict = field(repr=False)


@dataclass(frozen=True, eq=False)
class TrainingRun:
    """A trained network and what happened on the way.

    Attributes
    ----------
    network : torch.nn.Module
        The network after the last epoch.
    checkpoints : list of Checkpoint
        One for each threshold that was reached, in increasing order.
    accuracy, loss : float
        Accuracy and mean cross entropy on the training set after the last epoch, in evaluation
        mode.
    n_epochs : int
        Epochs of training.
    converged : bool
        Whether the last threshold was reached.
    settings : dict
        The settings of this network in a zoo.

    See Also
    --------
    train_to_accuracy : Makes one.
    train_zoo : Makes many.
    """

    network: nn.Module = field(repr=False)
    checkpoints: list = field(repr=False)
    accuracy: float
    loss: float
    n_epochs: int
    converged: bool
    settings: dict = field(default_factory=dict)

    def checkpoint_networks(self):
        """Return the network at each checkpoint, as copies, in the order of the thresholds.

        Returns
        -------
        list of torch.nn.Module
            They can be rows of a table of their own, to follow one network through training.
        """
        networks = [copy.deepcopy(self.network) for _ in self.checkpoints]
        for network, checkpoint in zip(networks, self.checkpoints, strict=True):
            network.load_state_dict(checkpoint.state_dict)
        return networks


def loss_and_accuracy(network, X, y):
    """Return the mean cross entropy and the accuracy of a network, in evaluation mode.

    Parameters
    ----------
    network : torch.nn.Module
        Maps inputs to logits, (n_samples, n_classes). It is left as it was.
    X : array or tensor of shape (n_samples, ...)
        Inputs. Floating-point inputs take the network's precision.
    y : array or tensor of shape (n_samples,)
        Class numbers from 0.

    Returns
    -------
    loss, accuracy : float

    See Also
    --------
    train_to_accuracy : Trains to an accuracy.

    Examples
    --------
    >>> import torch
    >>> from skactland.training import loss_and_accuracy
    >>> logits = torch.tensor([[0.0, 0.0], [20.0, 0.0]])
    >>> loss, accuracy = loss_and_accuracy(torch.nn.Identity(), logits, [1, 0])
    >>> round(loss, 4), accuracy
    (0.3466, 0.5)
    """
    with training_flags_kept(check_network(network).modules()), on_device(network, None) as device:
        X, y = check_samples(network, X, y, device)
        return _loss_and_accuracy(network, X, y)


def train_to_accuracy(
    network,
    X,
    y,
    *,
    thresholds=(0.2, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.99),
    max_epochs=1000,
    batch_size=64,
    learning_rate=1e-3,
    weight_decay=0.0,
    random_state=None,
    device=None,
    verbose=False,
):
    """Train a classifier, and keep it at each training accuracy that it reaches.

    Adam minimises the cross entropy on shuffled mini-batches. Before training and after each epoch
    the accuracy on the whole training set is measured in evaluation mode; training ends when it
    reaches the last threshold.

    Parameters
    ----------
    network : torch.nn.Module
        Maps inputs to logits, (n_samples, n_classes). It is trained in place; its training flags,
        its device and torch's random state are put back.
    X : array or tensor of shape (n_samples, ...)
        Inputs. Floating-point inputs take the network's precision.
    y : array or tensor of shape (n_samples,)
        Class numbers from 0.
    thresholds : sequence of float, default=(0.2, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.99)
        Increasing training accuracies in (0, 1] at which to keep a checkpoint. An epoch that
        passes several gives them all the same state.
    max_epochs : int, default=1000
        End here if the last threshold is not reached.
    batch_size : int, default=64
        Largest number of inputs in a mini-batch; an epoch is cut into nearly equal ones.
    learning_rate, weight_decay : float, default=1e-3, 0.0
        Of :class:`torch.optim.Adam`.
    random_state : int, RandomState or None, default=None
        Shuffles the mini-batches and seeds torch (dropout).
    device : str, torch.device or None, default=None
        Where to train; by default where the network is, "auto" for the accelerator if there is one.
    verbose : bool, default=False
        Show a progress bar over the epochs.

    Returns
    -------
    TrainingRun
        The network, its checkpoints, and the final loss and accuracy.

    Raises
    ------
    ValueError, TypeError
        If the inputs are not finite, the labels are not class numbers of the network's outputs, the
        thresholds do not increase, nothing can be trained, or the loss diverges.

    Warns
    -----
    ConvergenceWarning
        If the last threshold was not reached.

    See Also
    --------
    train_zoo : Many runs, in parallel.
    skactland.SnapshotRecorder : Keeps snapshots of a loop of yours.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from skactland.training import multilayer_perceptron, train_to_accuracy
    >>> X, y = load_iris(return_X_y=True)
    >>> run = train_to_accuracy(multilayer_perceptron(4, [16], 3), X, y, thresholds=[0.8, 0.9],
    ...                         learning_rate=0.01, random_state=0)
    >>> run.converged, [checkpoint.threshold for checkpoint in run.checkpoints]
    (True, [0.8, 0.9])
    >>> len(run.checkpoint_networks())
    2
    """
    thresholds = _check_thresholds(thresholds)
    check_count(max_epochs, "max_epochs")
    check_count(batch_size, "batch_size")
    adam_options = _check_adam_options(learning_rate, weight_decay)
    check_flag(verbose, "verbose")
    seed = check_seed(random_state).randint(2**31 - 1)
    checkpoints = []
    with (
        training_flags_kept(check_network(network).modules()),
        on_device(network, device) as device,
        random_state_kept(device, seed),
        tqdm(desc="Training", total=max_epochs, unit="epoch", disable=not verbose) as bar,
    ):
        X, y = check_samples(network, X, y, device)
        adam = torch.optim.Adam(_trainable(network), **adam_options)
        for epoch, (loss, accuracy) in enumerate(_epochs(network, X, y, adam, batch_size)):
            _check_loss(loss, epoch, learning_rate)
            reached = [t for t in thresholds[len(checkpoints) :] if t <= accuracy]
            state = weights_on_cpu(network) if reached else None
            checkpoints += [Checkpoint(t, accuracy, loss, epoch, state) for t in reached]
            bar.set_postfix(loss=loss, accuracy=accuracy, refresh=False)
            bar.update(min(epoch, 1))  # epoch 0 is before the first
            if len(checkpoints) == len(thresholds) or epoch == max_epochs:
                break
    run = TrainingRun(network, checkpoints, accuracy, loss, epoch, accuracy >= thresholds[-1])
    if not run.converged:
        warn_user(
            f"The training accuracy is {accuracy:.4g} after {epoch} epochs, short of the last "
            f"threshold, {thresholds[-1]:g}; raise max_epochs or learning_rate, or widen the "
            "network.",
            ConvergenceWarning,
        )
    return run


def _epochs(network, X, y, optimiser, batch_size):
    """Train epoch by epoch; give the loss and the accuracy before the first and after each."""
    n_batches = math.ceil(len(X) / batch_size)
    optimiser.zero_grad()
    while True:
        yield _loss_and_accuracy(network, X, y)
        network.train()
        # Nearly equal parts: BatchNorm refuses to train on a last batch of one.
        for batch in torch.randperm(len(X)).tensor_split(n_batches):
            nn.functional.cross_entropy(network(X[batch]), y[batch]).backward()
            optimiser.step()
            optimiser.zero_grad()


@torch.no_grad()
def _loss_and_accuracy(network, X, y):
    network.eval()
    loss = n_correct = 0
    for inputs, labels in zip(X.split(_MEASURED_AT_ONCE), y.split(_MEASURED_AT_ONCE), strict=True):
        logits = network(inputs)
        loss += nn.functional.cross_entropy(logits, labels, reduction="sum").item()
        n_correct += (logits.argmax(dim=1) == labels).sum().item()
    # Of sums, since the last batch is shorter.
    return loss / len(y), n_correct / len(y)


def _trainable(network):
    parameters = [parameter for parameter in network.parameters() if parameter.requires_grad]
    if not parameters:
        raise ValueError("The network has no parameter that requires a gradient: nothing to train.")
    return parameters


def _check_thresholds(thresholds):
    """Return accuracies as a tuple of increasing numbers in (0, 1]."""
    # A set would come in any order, and the letters of a string one by one.
    if isinstance(thresholds, (str, bytes, Mapping, Set)) or not np.iterable(thresholds):
        raise TypeError(
            f"thresholds must be a sequence such as [0.5, 0.9], got {thresholds!r}; for a single "
            "one write [0.9]."
        )
    thresholds = [check_finite(t, "each of thresholds") for t in thresholds]
    increasing = all(low < high for low, high in pairwise((0.0, *thresholds)))
    if not thresholds or not increasing or not thresholds[-1] <= 1:
        raise ValueError(
            f"thresholds must be increasing accuracies in (0, 1], at least one; got {thresholds}."
        )
    return thresholds


def _check_adam_options(learning_rate, weight_decay):
    """Return the options of Adam by their names in torch."""
    if check_finite(weight_decay, "weight_decay") < 0:
        raise ValueError(f"weight_decay must not be negative, got {weight_decay}.")
    return {
        "lr": check_positive(learning_rate, "learning_rate"),
        "weight_decay": float(weight_decay),
    }


def _check_loss(loss, epoch, learning_rate):
    """Stop where training has diverged, or could not start."""
    if not math.isfinite(loss):
        remedy = (
            f"lower the learning rate, {learning_rate:g}, or scale X"
            if epoch
            else "its weights are not finite, or X is far too large"
        )
        raise ValueError(
            f"The training loss of the network is {loss} after epoch {epoch}: {remedy}."
        )
