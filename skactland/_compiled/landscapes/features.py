"""Kernels that compare landscapes by their features, which `projections` writes.

The features of a landscape in a cell are two for each level that is not zero there, level by level;
those that a landscape lacks are zero.
"""

import numpy as np

from skactland._compiled.jit import kernel


@kernel
def add_products(features_x, starts_x, features_y, starts_y, symmetric, products):
    """Add the inner products of the features of all rows of two columns, in some cells.

    Sums go cell by cell and level by level, each term added to what is there: so an entry is the
    same to the last bit whatever other rows there are, and however cells are dealt into calls.

    Parameters
    ----------
    features_x : float64 array of shape (n_features_x,)
    starts_x : int64 array of shape (n_x, n_cells + 1)
        Where the features of each row start in each cell, and where the row ends.
    features_y : float64 array of shape (n_features_y,)
    starts_y : int64 array of shape (n_y, n_cells + 1)
    symmetric : bool
        Whether the two columns are the same; then what is below the diagonal is left out.
    products : float64 array of shape (n_x, n_y)
        Changed in place.
    """
    n_y = len(starts_y)
    widths = np.diff(starts_y)
    panel = np.zeros((max(widths.max(), 0) + 7, n_y)) if widths.size else np.zeros((7, 0))
    for cell in range(starts_x.shape[1] - 1):
        widest = widths[:, cell].max()
        panel[: widest + 7] = 0.0
        for j in range(n_y):
            begin = starts_y[j, cell]
            for e in range(widths[j, cell]):
                panel[e, j] = features_y[begin + e]
        for e in range(0, widest, 8):
            for i in range(len(starts_x)):
                begin = starts_x[i, cell] + e
                n_there = min(starts_x[i, cell + 1] - begin, 8)
                if n_there > 0:
                    _add_eight(
                        features_x[begin : begin + n_there],
                        panel[e : e + 8],
                        i if symmetric else 0,
                        products[i],
                    )


@kernel
def _add_eight(features, panel, first, sums):
    """Add the products of up to eight features and as many rows of a panel to sums.

    Parameters
    ----------
    features : float64 array of shape (n_features,)
        Not more than eight.
    panel : float64 array of shape (8, n)
    first : int
        The first column of the panel that counts.
    sums : float64 array of shape (n,)
        Changed in place.
    """
    if len(features) < 8:
        for e in range(len(features)):
            for j in range(first, len(sums)):
                sums[j] += features[e] * panel[e, j]
        return
    f0, f1, f2, f3 = features[0], features[1], features[2], features[3]
    f4, f5, f6, f7 = features[4], features[5], features[6], features[7]
    # Eight at once, so that a sum is read and written once for all of them.
    for j in range(first, len(sums)):
        total = sums[j]
        total += f0 * panel[0, j]
        total += f1 * panel[1, j]
        total += f2 * panel[2, j]
        total += f3 * panel[3, j]
        total += f4 * panel[4, j]
        total += f5 * panel[5, j]
        total += f6 * panel[6, j]
        total += f7 * panel[7, j]
        sums[j] = total


@kernel
def squared_gap(features_x, starts_x, features_y, starts_y):
    """Return the squared distance of the features of two landscapes.

    Parameters
    ----------
    features_x : float64 array of shape (n_features_x,)
    starts_x : int64 array of shape (n_cells + 1,)
    features_y : float64 array of shape (n_features_y,)
    starts_y : int64 array of shape (n_cells + 1,)

    Returns
    -------
    float
    """
    total = 0.0
    for cell in range(len(starts_x) - 1):
        begin_x, begin_y = starts_x[cell], starts_y[cell]
        n_x, n_y = starts_x[cell + 1] - begin_x, starts_y[cell + 1] - begin_y
        for e in range(max(n_x, n_y)):
            x = features_x[begin_x + e] if e < n_x else 0.0
            y = features_y[begin_y + e] if e < n_y else 0.0
            total += (x - y) * (x - y)
    return total
