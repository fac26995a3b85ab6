"""The rows of a table of activations: networks, in whatever they are given."""

from collections.abc import Iterator, Mapping, Set

import numpy as np
import torch
from torch import nn

from skactland._checks import FIRST_ROW, at_place, warn_user
from skactland._table import is_frame
from skactland.activations._sources import check_source, find_source


def as_rows(X):
    """Return what is given as networks as a list, without looking at what the networks are.

    An array is never made of them: NumPy would take a network that has a length, such as a
    Sequential, apart.
    """
    if isinstance(X, (nn.ModuleDict, Mapping)) or _is_network(X):
        raise TypeError(_not_a_sequence(X))
    if isinstance(X, Set):
        raise TypeError("X is a set, whose order changes from run to run; give a list.")
    if is_frame(X):
        X = X.to_numpy()
    if isinstance(X, np.ndarray) and X.ndim == 2:
        X = _only_column(X)
    if not np.iterable(X) or isinstance(X, bytes):
        raise TypeError(f"X must be a sequence of networks, got {type(X).__name__}.")
    rows = list(X)
    if not rows:
        was_read = "; a generator can be read once: give a list" if isinstance(X, Iterator) else ""
        raise ValueError(f"X is empty; at least one network is needed{was_read}.")
    return rows


def readable_twice(X):
    """Return what is given as networks; of a generator, which fit would leave empty, the rows."""
    return as_rows(X) if isinstance(X, Iterator) else X


def _is_network(X):
    """Tell a single network from several, as a ModuleList holds them that has no forward."""
    only_holds = isinstance(X, nn.ModuleList) and type(X).forward is nn.ModuleList.forward
    return find_source(X) is not None and not only_holds


def _not_a_sequence(X):
    """Return the message for a single network, and for networks that are the values of names."""
    single = f"X must be a sequence of networks, got a single {type(X).__name__}; write [network]"
    if not isinstance(X, (nn.ModuleDict, Mapping)) or any(map(torch.is_tensor, X.values())):
        return f"{single}."
    keeps_names = ", or pandas.Series(X).to_frame(), whose index the table keeps"
    return (
        f"{single} or, if its values are networks, list(X.values())"
        f"{keeps_names if isinstance(X, dict) else ''}."
    )


def _only_column(X):
    """Return the rows of an array of one column."""
    if X.shape[1] != 1 and X.size and all(isinstance(row, nn.Module) for row in X.ravel()):
        raise TypeError(
            f"X is an array of shape {X.shape}, as NumPy takes networks apart that have a length; "
            "give the list itself, or choose the column that holds networks: X[:, [j]]."
        )
    if X.shape[1] != 1:
        raise TypeError(
            f"X must be one column of networks, got an array of shape {X.shape} and {X.dtype}; "
            "choose the column that holds them: X[:, [j]], or frame[[name]]."
        )
    return X[:, 0]


def check_networks(X):
    """Return networks as a list, if networks can come from all that it holds; nothing is opened."""
    rows = as_rows(X)
    for i, row in enumerate(rows):
        with at_place(f"network {FIRST_ROW.get() + i}"):
            check_source(row)
    return rows


def check_columns(found, columns):
    """Refuse a network whose columns are not those of fit."""
    missing = [name for name in columns if name not in found]
    extra = [name for name in found if name not in columns]
    if missing or extra:
        raise ValueError(
            f"it has other layers than the first network seen in fit, lacks {missing} "
            f"and adds {extra}. All networks of a table share their columns; choose layers "
            "that all of them have by name, or n_layers for networks of different depth."
        )


def warn_of_repeats(rows, X):
    """Warn of rows that are one network, as when it is kept at each epoch without being copied.

    Of an array only if all are: resampling, as in bagging, repeats rows of arrays on purpose.
    """
    positions = {}
    for i, row in enumerate(rows):
        source = find_source(row)
        positions.setdefault(i if source is None else source.identity(row), []).append(i)
    repeated = max(positions.values(), key=len)
    if len(repeated) == 1 or (isinstance(X, np.ndarray) and len(repeated) < len(rows)):
        return
    shown = ", ".join(map(str, repeated[:5])) + (", ..." if len(repeated) > 5 else "")
    warn_user(
        f"rows {shown} are the very same network, so that they are equal; to keep a network as it "
        "is during training, keep copy.deepcopy(network) or copy.deepcopy(network.state_dict())."
    )
