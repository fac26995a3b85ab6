"""The divergence of two clouds of different inputs."""

import numpy as np
from scipy.spatial.distance import cdist

from skactland._checks import at_place, check_cloud, check_count, check_option, check_seed
from skactland.comparison._doubled import loops_beside_collapsed
from skactland.comparison._rtd import DIRECTIONS
from skactland.metrics import euclidean_distances
from skactland.metrics._scale import from_scale, to_safe_scale


def mtop_divergence(
    cloud,
    other,
    *,
    direction="mean",
    n_batches=20,
    batch_sizes=(1000, 10_000),
    random_state=None,
):
    r"""Return the manifold topology divergence of two clouds in one space.

    The total length of the bars of degree 1 of the cloud P and the other one Q, where the points of
    Q are at distance 0 from each other: loops of P, and paths of P from one part of Q to another,
    that Q has no points along [1]_. The points need not be of the same inputs, nor as many.

    Parameters
    ----------
    cloud, other : arrays of shape (n_points, n_units) and (n_other_points, n_units)
        One point a row, in the same units.
    direction : {"mean", "forward", "backward"}, default="mean"
        "forward" is as above, :math:`\text{MTop-Div}(P, Q)` in [1]_, the topology of P that Q has
        not; "backward" is the same with the two swapped; "mean" the mean of both, which the authors
        advise for the evaluation of generated points. Where batches are drawn, each direction draws
        its own, so that only in expectation the mean is symmetric.
    n_batches : int, default=20
        The mean over so many batches, as in [1]_; one if it holds all points.
    batch_sizes : pair of int, default=(1000, 10000)
        The largest number of points of P and of Q in a batch; with "backward" the first is of the
        other cloud, which is P there. As in [1]_.
    random_state : int, RandomState or None, default=None
        Draws the batches, without replacement.

    Returns
    -------
    float
        In the units of the coordinates: distances are not scaled, since both clouds have one scale.

    Raises
    ------
    ValueError, TypeError
        If the clouds have not as many units, one has no points, or a parameter is out of range.
    MemoryError
        If a batch is too large for the memory that is available.

    See Also
    --------
    rtd : For clouds of the same inputs.

    References
    ----------
    .. [1] Barannikov, Trofimov, Sotnikov, Trimbach, Korotin, Filippov, Burnaev, "Manifold topology
       divergence: a framework for comparing data manifolds", NeurIPS 2021, arXiv:2106.04024.

    Examples
    --------
    A row of points, of which the other cloud has the ends alone. Steps of 1 make a path from end to
    end, until within 5 all of them are close to an end:

    >>> from skactland.comparison import mtop_divergence
    >>> row, ends = [[x] for x in range(11)], [[0], [10]]
    >>> mtop_divergence(row, ends, direction="forward")
    4.0
    >>> mtop_divergence(row, ends, direction="backward")
    0.0
    """
    check_option(direction, "direction", DIRECTIONS)
    n_batches = check_count(n_batches, "n_batches")
    sizes = _check_sizes(batch_sizes)
    generator = check_seed(random_state)
    points, others = _read(cloud, "the cloud"), _read(other, "the other cloud")
    if points.shape[1] != others.shape[1]:
        raise ValueError(
            f"the cloud has {points.shape[1]} units and the other one {others.shape[1]}; they must "
            "lie in one space. Clouds of the same inputs in different spaces are compared by rtd."
        )
    # Both at once, as they have one scale: squares of very large or small numbers are none.
    both, shift = to_safe_scale(np.vstack([points, others]))
    points, others = both[: len(points)], both[len(points) :]
    pairs = {"forward": [(points, others)], "backward": [(others, points)]}
    values = [
        _mean(*pair, sizes, n_batches, generator)
        for pair in pairs.get(direction) or [*pairs["forward"], *pairs["backward"]]
    ]
    return float(from_scale(np.array([np.mean(values)]), shift)[0])


def _read(cloud, place):
    with at_place(place):
        points = check_cloud(cloud)
        if len(points) == 0:
            raise ValueError("it has no points; there is nothing to compare.")
    return points


def _check_sizes(sizes):
    """Return the two numbers of points of a batch."""
    if not isinstance(sizes, (tuple, list)) or len(sizes) != 2:
        raise ValueError(f"batch_sizes must be two integers, got {sizes!r}.")
    return [check_count(size, "each of batch_sizes") for size in sizes]


def _mean(points, others, sizes, n_batches, generator):
    """Return the mean over batches of the divergence of some points from others."""
    is_whole = len(points) <= sizes[0] and len(others) <= sizes[1]
    values = [
        _divergence(_some(points, sizes[0], generator), _some(others, sizes[1], generator))
        for _ in range(1 if is_whole else n_batches)
    ]
    return np.mean(values)


def _some(points, size, generator):
    """Return a batch of points, or all of them."""
    return points if len(points) <= size else points[generator.permutation(len(points))[:size]]


def _divergence(points, others):
    return loops_beside_collapsed(cdist(others, points), euclidean_distances(points))
