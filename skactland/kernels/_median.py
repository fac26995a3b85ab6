"""The median rule: how wide a Gaussian kernel is that knows its points alone."""

import numpy as np


def median_width(squares):
    """Return the squared width of a Gaussian kernel, the median of the squared distances of pairs.

    Where more than half of the pairs are equal, it is the mean of the others: a width that did not
    follow the scale of the points would make kernels, and p-values, depend on their unit. Where all
    are equal it is 1.

    Parameters
    ----------
    squares : array of shape (..., n, n)
        Squared distances.

    Returns
    -------
    array of shape (...)
    """
    pairs = squares[..., *np.triu_indices(squares.shape[-1], 1)]
    if not pairs.shape[-1]:  # one network, or none
        return np.ones(pairs.shape[:-1])
    medians = np.median(pairs, axis=-1)
    others = pairs.sum(axis=-1) / np.maximum(np.count_nonzero(pairs, axis=-1), 1)
    widths = np.where(medians > 0, medians, others)
    return np.where(widths > 0, widths, 1.0)
