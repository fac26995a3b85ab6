"""The grades of lengths, and the parts of the edges that they cut.

The *grade* of a length is floor(scale * length), where `scale` takes the threshold to the largest
grade: the order of grades is that of lengths, but for ties. The grades of a matrix take a quarter
of its memory, so that they are read faster than the lengths; and of points they are all that is
kept of their distances.
"""

import numpy as np

from skactland._compiled.jit import kernel

#: The grade of lengths beyond the threshold.
BEYOND = 65_535
# Edges of clouds that have more are fetched in parts of no more than these, but for ties.
_MOST_AT_ONCE = 2**25

# Edges are fetched in about so many parts; most clouds need the first ones alone.
_N_PARTS = 6
# Rows that tell how grades are distributed, about.
_N_ROWS = 8
# A tile is transposed in strips of so many rows.
_STRIP = 32


@kernel
def scale_of_grades(threshold):
    """Return the scale for a threshold: 0 where it is 0, or so small that it would be infinite.

    Parameters
    ----------
    threshold : float

    Returns
    -------
    float
    """
    scale = (BEYOND - 1) / threshold if threshold > 0 else np.inf
    # All grades are 0 then, so that sorting alone tells edges apart.
    return 0.0 if np.isinf(scale) else scale


@kernel
def write_grades(distances, threshold, grades):
    """Write the grade of each distance; return scale, where grade = floor(scale * length).

    Parameters
    ----------
    distances : float64 array of shape (n_rows, n)
    threshold : float
        Longer distances get the grade `BEYOND`.
    grades : uint16 array of shape (n_rows, n)
        Written in place.

    Returns
    -------
    float
    """
    scale = scale_of_grades(threshold)
    for i in range(len(distances)):
        row, out = distances[i], grades[i]
        for j in range(len(row)):
            # By way of int32, for which processors have an instruction that takes many at once.
            grade = np.uint16(np.int32(min(row[j], threshold) * scale))
            out[j] = grade if row[j] <= threshold else BEYOND
    return scale


def grades_of_tiles(tiles, threshold, grades):
    """Write the grades of points whose distances come in tiles; return scale.

    Parameters
    ----------
    tiles : object
        With `side`, its points for each tile, and `between`, such as `distances.differences.Tiles`.
    threshold : float
    grades : uint16 array of shape (n, n)
        Written in place.

    Returns
    -------
    float
    """
    n = len(grades)
    for start in range(0, n, tiles.side):
        stop = min(start + tiles.side, n)
        for other in range(0, start + 1, tiles.side):
            part = grades[start:stop, other : min(other + tiles.side, n)]
            write_grades(tiles.between(start, other), threshold, part)
            if start == other:
                _mirror_within(part)
            else:
                _mirror(part, grades[other : other + tiles.side, start:stop])
    return scale_of_grades(threshold)


@kernel
def _mirror_within(grades):
    """Write what is below the diagonal above it too, and zeros on it.

    Parameters
    ----------
    grades : uint16 array of shape (side, side)
        Changed in place.
    """
    for i in range(len(grades)):
        grades[i, i] = 0
        for j in range(i):
            grades[j, i] = grades[i, j]


@kernel
def _mirror(grades, transposed):
    """Write the transpose of some grades.

    Parameters
    ----------
    grades : uint16 array of shape (n_rows, n_columns)
    transposed : uint16 array of shape (n_columns, n_rows)
        Written in place.
    """
    # Going down a whole column would ask memory for a line at each entry.
    for first in range(0, len(grades), _STRIP):
        for j in range(len(transposed)):
            row = transposed[j, first : first + _STRIP]
            for i in range(len(row)):
                row[i] = grades[first + i, j]


def sample_grades(grades):
    """Return the grades up to the threshold of some points' edges, in increasing order.

    Parameters
    ----------
    grades : uint16 array of shape (n, n)

    Returns
    -------
    int64 array of shape (n_sampled,)
        Not empty, as it holds the grades of diagonal entries.
    """
    # Not the first rows: points that come one after the other may be of one part of the cloud.
    rows = grades[:: -(-len(grades) // _N_ROWS)]
    return np.sort(rows[rows < BEYOND], kind="stable").astype(np.int64)  # by digits: faster


def last_grades(sampled):
    """Return the last grade of each part of the edges up to the threshold, in increasing order.

    Parameters
    ----------
    sampled : int64 array of shape (n_sampled,)
        As `sample_grades` returns it; each part gets about as many edges.

    Returns
    -------
    int64 array of shape (_N_PARTS,)
    """
    inner = [sampled[len(sampled) * k // _N_PARTS] for k in range(1, _N_PARTS)]
    return np.append(inner, BEYOND - 1)


def counted_last_grades(grades):
    """Return the same where there is no room for all edges at once, so that parts are counted.

    Parameters
    ----------
    grades : uint16 array of shape (n, n)

    Returns
    -------
    last : int64 array of shape (n_parts,)
    n_most : int
        The edges of the largest part: `largest_part` at most, unless a single grade has more.
    """
    totals = np.cumsum(_count_grades(grades)[:BEYOND])
    wanted = largest_part(totals[-1])
    last, done, n_most = [], 0, 0
    while done < totals[-1]:
        # One grade at least, and all that fit beside it.
        one = np.searchsorted(totals, done, side="right")
        fitting = np.searchsorted(totals, done + wanted, side="right") - 1
        last.append(max(one, fitting))
        n_most = max(n_most, totals[last[-1]] - done)
        done = totals[last[-1]]
    return np.array([*last[:-1], BEYOND - 1]), int(n_most)


def largest_part(n_edges):
    """Return how many of some edges, of different lengths, a part has at most.

    Parameters
    ----------
    n_edges : int

    Returns
    -------
    int
    """
    return min(_MOST_AT_ONCE, -(-n_edges // _N_PARTS))


def most_at_once(n_edges):
    """Return how many of some edges there is room for, whatever their lengths.

    Parameters
    ----------
    n_edges : int

    Returns
    -------
    int
        All of them, unless they are very many.
    """
    return min(_MOST_AT_ONCE, n_edges)


@kernel
def _count_grades(grades):
    """Return how many edges each grade has.

    Parameters
    ----------
    grades : uint16 array of shape (n, n)

    Returns
    -------
    int64 array of shape (BEYOND + 1,)
    """
    counts = np.zeros(BEYOND + 1, np.int64)
    for i in range(len(grades)):
        row = grades[i, i + 1 :]
        for j in range(len(row)):
            counts[row[j]] += 1
    return counts
