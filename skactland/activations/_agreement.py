"""Whether an input's activations are its own, and if not, why."""

import itertools

import numpy as np
import torch

from skactland._torch import all_modules
from skactland.activations._outputs import LayerOutputError, plain

_EPS = {np.dtype(kind): np.finfo(kind).eps for kind in (np.float32, np.float64)}


def rounding(network):
    """Return the rounding error of a network's coarsest weights, 0 if it has none.

    Quantised ones have eight bits.
    """
    modules = all_modules(network)
    parameters = itertools.chain.from_iterable(module._parameters.values() for module in modules)
    types = {p.dtype for p in parameters if p is not None and p.is_floating_point()}
    eps = max((torch.finfo(kind).eps for kind in types), default=0.0)
    if any(".quantized" in type(module).__module__ for module in modules):
        eps = max(eps, 2**-7)
    return eps


def tolerance(dtype, of_weights, device):
    """Return by how much activations may differ that are the same, in terms of their scale.

    Sums are taken in another order in a batch of another size: the square root of the rounding
    error of the coarsest numbers that are computed with at this moment, as a network may switch
    autocast on for some of its layers. ``of_weights()`` is the error of the network's weights.
    """
    eps = max(torch.finfo(dtype).eps, of_weights())
    if torch.is_autocast_enabled("cpu"):
        eps = max(eps, torch.finfo(torch.get_autocast_dtype("cpu")).eps)
    if device.type != "cpu":  # which may round float32 to ten bits, as TF32
        eps = max(eps, 2**-10)
    return eps**0.5


def deviation(before, rows, tolerance):
    """Return by how much rows differ from those before, in terms of their scale; 0 if tolerable.

    Parameters
    ----------
    before, rows : ndarray of one shape
    tolerance : float
    """
    if not rows.size:
        return 0.0
    with np.errstate(all="ignore"):  # what is not finite is told of once all is there
        scale = np.maximum(np.abs(before).max(), np.abs(rows).max())
        largest = np.abs(before - rows).max() / scale
    return float(largest) if largest > tolerance else 0.0


def surely_agree(pairs):
    """Tell, of pairs of arrays, which have the same rows by the least tolerance there may be.

    Of all at once, as for small arrays it is the number of operations that costs.

    Parameters
    ----------
    pairs : list of (ndarray, ndarray)
        Each pair has one shape, of at least one column, and all have as many rows.

    Returns
    -------
    ndarray of bool
        False says nothing yet.
    """
    before, rows = (np.concatenate(arrays, axis=1) for arrays in zip(*pairs, strict=True))
    widths = [array.shape[1] for array, _ in pairs]
    starts = [0, *itertools.accumulate(widths[:-1])]
    least = np.array([_EPS[array.dtype] for array, _ in pairs]) ** 0.5
    with np.errstate(all="ignore"):
        largest = np.maximum.reduceat(np.abs(before - rows).max(axis=0), starts)
        scale = np.maximum.reduceat(np.abs(before).max(axis=0), starts)
        return largest <= least * scale


def disagreement(name, deviation, n_seen, n_shown, look_again):
    """Return the error of a layer that gave the same inputs other activations the second time.

    Parameters
    ----------
    name : str
        The layer.
    deviation : float
        By how much they differ, in terms of their scale.
    n_seen, n_shown : int
        The sizes of the two batches.
    look_again : callable
        ``look_again(shift)`` repeats the first look with a shifted seed, and gives the layer's
        output.
    """
    first, same, other = look_again(0), look_again(0), look_again(1)
    by = "" if deviation == float("inf") else f", by {deviation:.1g} of their scale"
    if not are_equal(first, same):
        why = (
            f"remembers earlier calls: the same inputs, shown again, gave other activations{by}. "
            "Reset what it keeps before each forward pass, or seed a generator of its own there"
        )
    elif not are_equal(first, other):
        why = (
            f"is random: the same inputs gave other activations{by}. Switch the randomness off, or "
            "use rows='dependent', which shows all inputs in one batch with generators seeded by "
            "random_state"
        )
    else:
        why = (
            "gives rows that depend on the other inputs of the batch: the same inputs gave other "
            f"activations among {n_seen} inputs and among {n_shown}{by}. Use rows='dependent', "
            "which shows all inputs in one batch"
        )
    return LayerOutputError(
        f"layer {name!r} {why}; or leave out this layer and those after it. check=False trusts it."
    )


def are_equal(output, other):
    """Tell whether a layer gave the same twice, to the last bit."""
    if output is None or other is None:
        return output is other
    output, other = plain(output)[0], plain(other)[0]
    return output.shape == other.shape and torch.equal(output, other)
