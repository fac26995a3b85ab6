"""The one door for arrays: from tensors, frames, lists and objects to real numbers."""

import numpy as np

from skactland._checks._typed import are_classes


def as_array(values, expected):
    """Return the real numbers of a cell as an array, in the type that they came in.

    The one door for what a cell may be: an array, a tensor of any device and precision, a list of
    equal rows, a data frame. What would lose something on the way is refused.

    Parameters
    ----------
    values : array-like
        A point cloud, a distance matrix or a diagram.
    expected : str
        What it should be, for the message.
    """
    if are_classes(values):
        raise TypeError(
            f"{expected}, got predicted classes, one a point, as include_classes=True of the "
            "extractor adds them; leave that column out."
        )
    got = f"{expected}, got {type(values).__name__}"
    if is_network(values):
        raise TypeError(f"{got}: a network, of which LayerActivationExtractor makes clouds.")
    if hasattr(values, "detach") and hasattr(values, "__array__"):  # a file has a detach as well
        values = _from_tensor(values, got)
    elif hasattr(values, "columns") and hasattr(values, "to_numpy"):
        values = values.to_numpy()
    if isinstance(values, np.ma.MaskedArray) and np.ma.is_masked(values):
        raise TypeError(
            f"{expected}, got a masked array with {np.ma.count_masked(values)} masked values; "
            "drop those points, or fill them."
        )
    if hasattr(values, "tocoo"):
        raise TypeError(f"{got}, which is sparse; write .toarray().")
    try:
        array = np.asarray(values)
    except (TypeError, ValueError, RuntimeError) as error:  # whatever an __array__ raises
        raise TypeError(f"{got}: {error}") from error
    if array.dtype.kind == "O":
        array = _from_objects(array, got)
    # Floating-point numbers, integers with and without sign, truth values.
    if array.dtype.kind not in "fiub":
        raise TypeError(f"{got} of dtype {array.dtype}.")
    return array


def _from_tensor(tensor, got):
    """Return the numbers of a tensor, which may have a gradient, and be elsewhere or quantised."""
    try:
        tensor = tensor.detach().cpu()
        tensor = tensor.dequantize() if tensor.is_quantized else tensor
        if not tensor.is_complex() and tensor.dtype.itemsize <= 2:
            tensor = tensor.double()  # NumPy knows no bfloat16
        return tensor.numpy()
    except (TypeError, RuntimeError) as error:  # sparse, nested, or without values ("meta")
        raise TypeError(f"{got}: {error}") from error


def _from_objects(array, got):
    """Return the numbers of an array of Python objects; None and pandas' NA become NaN."""
    if array.ndim == 0:  # None, a set, a generator: NumPy takes each for one value
        raise TypeError(f"{got}.")
    if any(isinstance(value, (str, bytes)) for value in array.flat):
        raise TypeError(f"{got} with words in it.")
    try:
        return np.array(array.tolist(), dtype=np.float64)  # also of lists, as in polars
    except (TypeError, ValueError, OverflowError) as error:
        raise TypeError(f"{got}: {error}") from error


def is_network(value):
    """Tell whether something is a module of torch, without torch."""
    return hasattr(value, "forward") and hasattr(value, "state_dict")


def as_matrix(values):
    """Return a two-dimensional array of real numbers, in the type that they came in."""
    matrix = as_array(values, "expected a two-dimensional array of real numbers")
    if matrix.ndim != 2:
        raise ValueError(
            f"expected a two-dimensional array, got shape {matrix.shape}; "
            "a cloud of n points on a line has shape (n, 1)."
        )
    return matrix


def check_matrix(values):
    """Return a two-dimensional float64 array, without looking at its entries."""
    return as_matrix(values).astype(np.float64, copy=False)
