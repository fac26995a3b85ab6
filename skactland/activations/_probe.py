"""The probe: the inputs that are shown to every network."""

import numpy as np
import torch
from sklearn.utils import check_random_state

from skactland._checks import check_count


class Probe:
    """Inputs shared by reference when an estimator that holds them is cloned.

    scikit-learn deep-copies plain parameters with every ``clone``, and cross-validation clones a
    pipeline for every fold. A large set of inputs is worth wrapping: ``Probe(inputs)`` stands
    wherever the array itself could.

    Parameters
    ----------
    inputs : array or tensor of shape (n_points, ...)
        One input a row. No labels.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.base import clone
    >>> from skactland import LayerActivationExtractor, Probe
    >>> extractor = LayerActivationExtractor(Probe(np.zeros((100, 64))))
    >>> clone(extractor).probe is extractor.probe
    True
    """

    def __init__(self, inputs):
        self.inputs = inputs

    def __sklearn_clone__(self):
        return self

    def __repr__(self):
        return f"Probe({type(self.inputs).__name__} of shape {tuple(np.shape(self.inputs))})"


def check_probe(probe):
    """Return the inputs of a probe as a NumPy array or a tensor, finite and not empty."""
    inputs = probe.inputs if isinstance(probe, Probe) else probe
    if inputs is None:
        raise ValueError(
            "There is no probe: give the inputs that every network is shown, "
            "LayerActivationExtractor(probe) with an array or tensor of shape (n_points, ...)."
        )
    inputs = inputs.detach() if isinstance(inputs, torch.Tensor) else _as_numbers(inputs)
    if inputs.ndim == 0 or len(inputs) == 0:
        raise ValueError(
            f"The probe has shape {tuple(inputs.shape)}; it needs at least one input, one a row."
        )
    finite = torch.isfinite(inputs) if isinstance(inputs, torch.Tensor) else np.isfinite(inputs)
    if not finite.all():
        raise ValueError(
            "The probe contains NaN or infinite values; drop or impute those inputs first."
        )
    return inputs


def _as_numbers(inputs):
    """Return inputs that are no tensor as a numeric array."""
    try:
        array = np.asarray(inputs)
    except ValueError as error:
        raise ValueError(f"The probe's inputs differ in shape: {error}") from error
    if array.dtype.kind not in "fiub":
        raise TypeError(
            f"The probe must be an array or tensor of numbers, got {type(inputs).__name__} of "
            f"dtype {array.dtype}."
        )
    return array


def draw_points(n_points, max_points, random_state):
    """Return the indices of a random subset of the probe, in increasing order."""
    if max_points is None or check_count(max_points, "max_points") >= n_points:
        return np.arange(n_points)
    draw = check_random_state(random_state).choice(n_points, max_points, replace=False)
    return np.sort(draw)


def take(inputs, indices, dtype, device):
    """Return some inputs as a tensor on a device; floating point takes the network's precision."""
    if isinstance(inputs, torch.Tensor):
        rows = inputs[torch.as_tensor(indices, device=inputs.device)]
    else:
        rows = torch.from_numpy(np.ascontiguousarray(inputs[indices]))
    return rows.to(device=device, dtype=dtype if rows.is_floating_point() else None)
