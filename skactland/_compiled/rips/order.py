"""In which order points are tried as the apex of a lune."""

import numpy as np

from skactland._compiled.jit import kernel


def density_peaks_first(grades, near):
    """Return the points in an order that begins with those in the middle of dense places.

    The density of a point is the number of its near points, and points come by the number of their
    near points that are denser than they are themselves. The first of them in a lune is joined to
    most of the others, so that its star alone floods nearly all of the lune. An order by density
    alone would leave the points of a thin place to the end.

    Parameters
    ----------
    grades : uint16 array of shape (n, n)
        As `grades.write_grades` writes them.
    near : int
        The grade up to which points are near each other.

    Returns
    -------
    int64 array of shape (n,)
    """
    densities = _densities(grades, near)
    # Stable, since which triangle is told to end a bar may hang on the order of equal points.
    return np.argsort(_count_denser(grades, near, densities), kind="stable")


@kernel
def _densities(grades, near):
    """Return the number of near points of each point, itself among them.

    Parameters
    ----------
    grades : uint16 array of shape (n, n)
    near : int

    Returns
    -------
    uint16 array of shape (n,)
        Like grades, so that `_count_denser` compares many at once.
    """
    densities = np.empty(len(grades), np.uint16)
    for u in range(len(grades)):
        row, n_near = grades[u], 0
        for v in range(len(row)):
            n_near += row[v] <= near
        densities[u] = min(n_near, 65_535)  # of 65,536 points all may be near
    return densities


@kernel
def _count_denser(grades, near, densities):
    """Return the number of near points of each point that are denser.

    Parameters
    ----------
    grades : uint16 array of shape (n, n)
    near : int
    densities : uint16 array of shape (n,)

    Returns
    -------
    uint16 array of shape (n,)
    """
    counts = np.empty(len(grades), np.uint16)
    for u in range(len(grades)):
        row, density, n_denser = grades[u], densities[u], 0
        for v in range(len(row)):
            n_denser += (row[v] <= near) & (densities[v] > density)
        counts[u] = min(n_denser, 65_535)
    return counts
