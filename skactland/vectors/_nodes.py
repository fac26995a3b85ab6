"""The nodes of a grid: where they lie, and how they are written."""

import numpy as np


def equally_spaced(start, stop, n_nodes):
    """Return nodes from start to stop, both of them among the nodes."""
    if np.isfinite(stop - start):
        return np.linspace(start, stop, n_nodes)
    return 2 * np.linspace(start / 2, stop / 2, n_nodes)  # the window is wider than any number


def least_width(start, stop, n_nodes):
    """Return a width from which on the nodes of a window are different numbers."""
    # With four numbers to a step, rounding lets no two nodes fall together.
    return 4 * n_nodes * np.spacing(max(abs(start), abs(stop)))


def widened(start, stop, n_nodes):
    """Return a window, or one about it if it holds too few numbers for the nodes to differ.

    It grows towards zero, where numbers are denser, and beyond.
    """
    start, stop = float(start), float(stop)
    width = least_width(start, stop, n_nodes)
    if stop - start >= width:
        return start, stop
    return (stop - width, stop) if stop > 0 else (start, start + width)


def node_names(nodes):
    """Write different numbers differently, with as few decimals as that takes, but at least three.

    Where 17 decimals do not tell them apart, or numbers are too large to have any, it is in
    scientific notation, of which 17 digits tell any two numbers apart.
    """
    largest_with_decimals = 1 / np.finfo(float).eps
    notations = [f".{decimals}f" for decimals in range(3, 18)]
    if np.abs(nodes).max() > largest_with_decimals:
        notations = []
    notations += [f".{decimals}e" for decimals in range(3, 17)]
    for notation in notations:
        names = [format(t, notation) for t in nodes]
        if len(set(map(float, names))) == len(nodes):  # "-0.000" and "0.000" are the same
            break
    return names
