"""A network to train and its samples, checked against each other."""

import numpy as np
import torch
from torch import nn

from skactland._torch import precision


def check_network(network):
    """Return what is to be trained, if it is a module."""
    if not isinstance(network, nn.Module):
        raise TypeError(f"network must be a torch.nn.Module, got {type(network).__name__}.")
    return network


def check_samples(network, X, y, device):
    """Return inputs and labels as tensors on a device, once the network is seen to take them."""
    X, y = _check_tensor(X, "X"), _check_tensor(y, "y")
    if y.ndim != 1 or y.is_floating_point():
        raise ValueError(
            f"y must be a vector of class numbers 0, 1, ..., got shape {tuple(y.shape)} and "
            f"{y.dtype}; sklearn.preprocessing.LabelEncoder makes them from other labels."
        )
    if X.ndim == 0 or len(X) != len(y) or len(y) == 0:
        raise ValueError(
            f"X and y must have one row for each sample, at least one, got shapes "
            f"{tuple(X.shape)} and {tuple(y.shape)}."
        )
    wrong = ~torch.isfinite(X.reshape(len(X), -1)).all(dim=1)
    if wrong.any():
        raise ValueError(
            f"X contains NaN or infinite values in {int(wrong.sum())} of {len(X)} samples (first: "
            f"{int(wrong.int().argmax())}); drop or impute them."
        )
    X = X.to(device, precision(network) if X.is_floating_point() else None)
    n_classes = _count_classes(network, X[:1])
    if y.min() < 0 or y.max() >= n_classes:
        raise ValueError(
            f"y has class numbers from {int(y.min())} to {int(y.max())}, but the network has "
            f"outputs 0 to {n_classes - 1}; give it more outputs, or encode the labels by "
            "sklearn.preprocessing.LabelEncoder."
        )
    return X, y.to(device, torch.long)


def _check_tensor(values, name):
    """Return numbers as a tensor; an array is copied, as torch does not take read-only ones."""
    if isinstance(values, torch.Tensor):
        return values.detach()
    array = np.asarray(values)
    if array.dtype.kind not in "fiub":
        raise TypeError(
            f"{name} must hold numbers, got {type(values).__name__} of dtype {array.dtype}; encode "
            "anything else first (labels: sklearn.preprocessing.LabelEncoder)."
        )
    return torch.tensor(array)


def _count_classes(network, inputs):
    """Return the number of logits that a network gives for an input."""
    network.eval()  # in which BatchNorm takes a single sample
    try:
        with torch.no_grad():
            logits = network(inputs)
    except Exception as error:
        raise ValueError(
            f"The network ({type(network).__name__}) failed on the first sample of X, of shape "
            f"{tuple(inputs.shape[1:])} and {inputs.dtype}: {error} Check that each row of X is an "
            "input as the network takes it."
        ) from error
    if not isinstance(logits, torch.Tensor) or logits.ndim != 2:
        came = tuple(logits.shape) if isinstance(logits, torch.Tensor) else type(logits).__name__
        raise ValueError(
            f"The network must return logits of shape (n_samples, n_classes), got {came} for one "
            "sample."
        )
    return logits.shape[1]
