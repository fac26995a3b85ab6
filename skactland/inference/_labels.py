"""What goes with the rows of a table: groups and numbers."""

import numpy as np

from skactland._table import check_labels


def check_groups(groups, n_rows):
    """Return the names of at least two groups of two networks or more, and the code of each row."""
    names, codes = check_labels(groups, n_rows, "groups")
    if len(names) < 2:
        raise ValueError(f"groups: at least two different labels are needed, all are {names[0]!r}.")
    sizes = np.bincount(codes)
    if sizes.min() < 2:
        raise ValueError(
            f"groups: {names[sizes.argmin()]!r} is a group of one network, which shows no spread; "
            "every group needs at least two."
        )
    return names, codes


def check_response(y, n_rows):
    """Return numbers that go with the rows, an array of shape (n_rows,) or (n_rows, n_outputs)."""
    values = _numbers(y, n_rows)
    if values.ndim not in (1, 2) or len(values) != n_rows or not values.size:
        raise ValueError(
            f"y must hold one number for each of {n_rows} networks, got shape {values.shape}."
        )
    is_finite = np.isfinite(values.reshape(n_rows, -1)).all(axis=1)
    if not is_finite.all():
        raise ValueError(
            f"y: the value of network {int(np.flatnonzero(~is_finite)[0])} is NaN or infinite; "
            "drop that row of the table too."
        )
    if (values == values[0]).all():
        raise ValueError(f"y is constant ({values[0]}); there is nothing to relate it to.")
    return values


def _numbers(y, n_rows):
    """Return real numbers as float64; text that reads like numbers is more likely a mistake."""
    try:
        values = np.asarray(y)
        is_text = any(isinstance(value, str) for value in values.ravel().tolist())
        if values.dtype.kind in "fiubO" and not is_text:
            return values.astype(np.float64)
        came = f"{type(y).__name__} of dtype {values.dtype}"
    except (TypeError, ValueError):
        came = type(y).__name__
    raise TypeError(f"y must be numbers, one for each of {n_rows} networks, got {came}.")
