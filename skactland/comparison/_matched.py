"""Two clouds of the same inputs, whole or by batches of their rows."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from skactland._checks import as_matrix, at_place, check_count, check_seed
from skactland.comparison._inputs import check_same_order


@dataclass(frozen=True)
class Measure:
    """How far two clouds of the same inputs are from each other, in two steps.

    What depends on one cloud alone is worked out once for all that it is compared with.

    Attributes
    ----------
    prepare : callable
        Of a cloud, to what `compare` takes.
    compare : callable
        Of two prepared clouds, to a float: 0 if they are alike.
    title : str
        What the number is, for pictures.
    is_symmetric : bool
        Whether the order of the two does not matter.
    fewest : int
        The number of points without which it is not defined.
    is_of_matrices : bool
        Whether clouds are distance matrices, of which a part is rows and columns.
    """

    prepare: Callable
    compare: Callable
    title: str
    is_symmetric: bool = True
    fewest: int = 1
    is_of_matrices: bool = False

    def part(self, cloud, rows):
        """Return some points of a cloud, prepared."""
        points = as_matrix(cloud)
        if len(rows) < len(points):
            points = points[np.ix_(rows, rows)] if self.is_of_matrices else points[rows]
        return self.prepare(points)

    def check_size(self, n_points):
        """Refuse clouds of too few points."""
        if n_points < self.fewest:
            raise ValueError(
                f"{n_points} points, and this comparison needs {self.fewest} at least; take more "
                "inputs."
            )

    def check_batch(self, size, n_points):
        """Refuse batches of too few points; up to scale, all of two are alike."""
        fewest = max(self.fewest, 3 if size < n_points else 0)
        if size < fewest:
            raise ValueError(
                f"batch_size is {size}, and this comparison needs {fewest} points at least."
            )


def draw_batches(n_points, n_batches, batch_size, random_state):
    """Return the rows of each batch, sorted: all of them once where one batch holds them all."""
    n_batches = check_count(n_batches, "n_batches")
    generator = check_seed(random_state)
    size = n_points if batch_size is None else check_count(batch_size, "batch_size")
    if size >= n_points:
        return [np.arange(n_points)]
    return [np.sort(generator.permutation(n_points)[:size]) for _ in range(n_batches)]


def mean_of_batches(measure, cloud, other, n_batches=1, batch_size=None, random_state=None):
    """Return the mean of a measure over batches of two clouds' rows."""
    with at_place("the cloud"):
        n_points = len(as_matrix(cloud))
        measure.check_size(n_points)
    with at_place("the other cloud"):
        n_others = len(as_matrix(other))
    if n_points != n_others:
        raise ValueError(
            f"the cloud has {n_points} points and the other one {n_others}; row i of both must "
            "belong to the same input. For clouds of different inputs there is mtop_divergence."
        )
    check_same_order({"the cloud": cloud, "the other cloud": other})
    values = []
    batches = draw_batches(n_points, n_batches, batch_size, random_state)
    measure.check_batch(len(batches[0]), n_points)
    for rows in batches:
        with at_place("the cloud"):
            one = measure.part(cloud, rows)
        with at_place("the other cloud"):
            two = measure.part(other, rows)
        values.append(measure.compare(one, two))
    return float(np.mean(values))


def one_less_product(one, two):
    """Return one less the inner product of two arrays of norm 1."""
    # By the difference, which keeps the digits where the two are nearly equal.
    return float(((one - two) ** 2).sum() / 2)
