"""Two classes of points whose Betti numbers are known."""

import math
from numbers import Integral

import numpy as np

from skactland._checks import check_count, check_option, check_seed
from skactland.datasets._shapes import around_circle, check_length, directions

_GRID_OF_NINE = np.array([(x, y) for y in (-2, 0, 2) for x in (-2, 0, 2)]) / 3
_HEXAGON = np.array([(math.cos(k * math.pi / 3), math.sin(k * math.pi / 3)) for k in range(6)]) / 2
# Centres and radius of the discs in the square [-1, 1]^2, by the name of their arrangement.
_DISCS = {
    "nine": (_GRID_OF_NINE, 2 / 9),
    "six": (_HEXAGON, 1 / 6),
    "two": (np.array([(0.5, 0.0), (-0.5, 0.0)]), 1 / 3),
}
# Radii of the circle in the middle of a solid torus, and of the tube about it.
_CORE, _TUBE = 0.16, 0.05
# Radius of the ball, and the inner and outer radii of the two shells around it.
_BALL, _INNER_SHELL, _OUTER_SHELL = 0.06, (0.12, 0.16), (0.22, 0.26)


def make_discs(n_samples=1000, *, arrangement="nine", gap=0.0, random_state=None):
    r"""Return points of the square [-1, 1]^2, some of them in discs.

    Class 0 is the union of the discs, class 1 the rest of the square: k discs have Betti numbers
    (k, 0), and what is around them (1, k).

    Parameters
    ----------
    n_samples : int or pair of int, default=1000
        Number of points, half of them of each class; or the number of each class.
    arrangement : {"nine", "six", "two"}, default="nine"
        Which discs:

        - "nine": radius 2/9, on a grid of 3 x 3 with centres 2/3 apart, as data set D-I of [1]_
          (with radii of our own);
        - "six": radius 1/6, centred at :math:`e^{i k \pi / 3} / 2`;
        - "two": radius 1/3, centred at (-1/2, 0) and (1/2, 0).
    gap : float, default=0.0
        Points of class 1 keep at least this distance from the discs.
    random_state : int, RandomState or None, default=None
        Draws the points and shuffles them.

    Returns
    -------
    X : ndarray of shape (n_samples, 2)
        Uniform in each class; each disc has the same number of points, or one more.
    y : ndarray of shape (n_samples,)
        0 in the discs, 1 outside.

    Raises
    ------
    ValueError, TypeError
        If a parameter is out of range, or the gap leaves next to no room.

    See Also
    --------
    make_disc_grid : The points of a regular grid instead.

    References
    ----------
    .. [1] Naitzat, Zhitnikov, Lim, "Topology of deep neural networks", Journal of Machine Learning
       Research 21, 2020.

    Examples
    --------
    >>> from skactland.datasets import make_discs
    >>> X, y = make_discs((90, 300), arrangement="nine", random_state=0)
    >>> X.shape, int((y == 0).sum())
    ((390, 2), 90)
    """
    rng = check_seed(random_state)
    n_inside, n_outside = _check_class_sizes(n_samples)
    check_option(arrangement, "arrangement", _DISCS)
    centres, radius = _DISCS[arrangement]
    gap = check_length(gap, "gap", minimum=0.0)
    owners = _shared_out(n_inside, len(centres))
    inside = centres[owners] + radius * _ball(rng, n_inside, 2)
    outside = _rejected(rng, n_outside, lambda X: _clearance(X, arrangement) > gap, gap)
    return _labelled(rng, inside, outside)


def make_disc_grid(n_per_side=101, *, arrangement="six"):
    """Return a regular grid on the square [-1, 1]^2, some points of it in discs.

    Parameters
    ----------
    n_per_side : int, default=101
        Points along a side, the corners included.
    arrangement : {"nine", "six", "two"}, default="six"
        Which discs, as in :func:`make_discs`.

    Returns
    -------
    X : ndarray of shape (n_per_side**2, 2)
        Row by row from the corner (-1, -1): draw a sample rather than take the first rows.
    y : ndarray of shape (n_per_side**2,)
        0 in the closed discs, 1 outside.

    See Also
    --------
    make_linked_tori : Two classes in space.
    make_nested_spheres : Two classes in space.

    Examples
    --------
    >>> from skactland.datasets import make_disc_grid
    >>> X, y = make_disc_grid(5, arrangement="two")
    >>> X[y == 0]
    array([[-0.5,  0. ],
           [ 0.5,  0. ]])
    """
    check_option(arrangement, "arrangement", _DISCS)
    nodes = np.linspace(-1, 1, check_count(n_per_side, "n_per_side", minimum=2))
    X = np.stack(np.meshgrid(nodes, nodes), axis=-1).reshape(-1, 2)
    return X, (_clearance(X, arrangement) > 1e-12).astype(int)  # rounding on the rim


def make_linked_tori(n_samples=2000, *, random_state=None):
    """Return nine pairs of linked solid tori in space.

    It is data set D-II of [1]_. Of each pair one torus is of class 0 and lies flat, the other of
    class 1 stands upright through its hole. Both classes have Betti numbers (9, 9, 0).

    Parameters
    ----------
    n_samples : int or pair of int, default=2000
        Number of points, half of them of each class; or the number of each class.
    random_state : int, RandomState or None, default=None
        Draws the points and shuffles them.

    Returns
    -------
    X : ndarray of shape (n_samples, 3)
        Uniform by volume in each torus, core circles of radius 0.16 and tubes of radius 0.05; the
        pairs are 2/3 apart, on a grid of 3 x 3. Each torus has the same number of points, or one
        more than others of its class.
    y : ndarray of shape (n_samples,)
        0 or 1.

    See Also
    --------
    make_torus : One of them.
    make_nested_spheres : Two classes, one around the other.

    References
    ----------
    .. [1] Naitzat, Zhitnikov, Lim, "Topology of deep neural networks", Journal of Machine Learning
       Research 21, 2020. The sizes are our own.

    Examples
    --------
    >>> from skactland.datasets import make_linked_tori
    >>> X, y = make_linked_tori(180, random_state=0)
    >>> X.shape, int(y.sum())
    ((180, 3), 90)
    """
    rng = check_seed(random_state)
    n_flat, n_upright = _check_class_sizes(n_samples)
    flat, upright = _solid_torus(rng, n_flat), _solid_torus(rng, n_upright)[:, [0, 2, 1]]
    flat[:, 0] -= _CORE / 2
    upright[:, 0] += _CORE / 2
    return _labelled(rng, _spread_over_nine(flat), _spread_over_nine(upright))


def make_nested_spheres(n_samples=2000, *, random_state=None):
    """Return nine nests of a ball and two shells in space.

    It is data set D-III of [1]_. Class 0 is the shell between the ball and the outer shell, which
    are class 1. Class 0 has Betti numbers (9, 0, 9), class 1 (18, 0, 9).

    Parameters
    ----------
    n_samples : int or pair of int, default=2000
        Number of points, half of them of each class; or the number of each class.
    random_state : int, RandomState or None, default=None
        Draws the points and shuffles them.

    Returns
    -------
    X : ndarray of shape (n_samples, 3)
        Uniform by volume in each part: a ball of radius 0.06, shells from 0.12 to 0.16 and from
        0.22 to 0.26; the nests are 2/3 apart, on a grid of 3 x 3. In class 1 every fifth point is
        in a ball.
    y : ndarray of shape (n_samples,)
        0 or 1.

    See Also
    --------
    make_sphere : One of them.
    make_linked_tori : Two classes that are linked.

    References
    ----------
    .. [1] Naitzat, Zhitnikov, Lim, "Topology of deep neural networks", Journal of Machine Learning
       Research 21, 2020. The sizes are our own.

    Examples
    --------
    >>> from skactland.datasets import make_nested_spheres
    >>> X, y = make_nested_spheres((90, 180), random_state=0)
    >>> X.shape, int(y.sum())
    ((270, 3), 180)
    """
    rng = check_seed(random_state)
    n_between, n_rest = _check_class_sizes(n_samples)
    n_balls = n_rest // 5
    rest = [
        _spread_over_nine(_BALL * _ball(rng, n_balls, 3)),
        _spread_over_nine(_shell(rng, n_rest - n_balls, *_OUTER_SHELL)),
    ]
    between = _spread_over_nine(_shell(rng, n_between, *_INNER_SHELL))
    return _labelled(rng, between, np.concatenate(rest))


def _ball(rng, n_points, n_dimensions):
    """Draw points of the unit ball."""
    # The volume within r goes with r^d: even in volume is the root of even.
    radii = rng.uniform(size=(n_points, 1)) ** (1 / n_dimensions)
    return radii * directions(rng, n_points, n_dimensions)


def _shell(rng, n_points, inner, outer):
    """Draw points of space between two spheres."""
    cubes = rng.uniform(inner**3, outer**3, size=(n_points, 1))
    return np.cbrt(cubes) * directions(rng, n_points, 3)


def _solid_torus(rng, n_points):
    return around_circle(rng, _TUBE * np.sqrt(rng.uniform(size=n_points)), _CORE)


def _rejected(rng, n_points, is_wanted, gap):
    """Draw points of the square that are wanted, and give up if hardly any is."""
    kept = np.empty((0, 2))
    for _ in range(100):
        # Without a gap 65 % of the square or more are outside the discs, so that once will do.
        drawn = rng.uniform(-1, 1, size=(2 * n_points + 100, 2))
        kept = np.concatenate([kept, drawn[is_wanted(drawn)]])
        if len(kept) >= n_points:
            return kept[:n_points]
    raise ValueError(f"gap={gap:g} leaves next to no room outside the discs; make it smaller.")


def _clearance(points, arrangement):
    """Return how far points are outside the nearest disc; negative inside."""
    centres, radius = _DISCS[arrangement]
    return np.linalg.norm(points[:, None] - centres, axis=2).min(axis=1) - radius


def _shared_out(n_points, n_parts):
    """Return the part that each point belongs to, as evenly as can be."""
    return np.arange(n_points) % n_parts


def _spread_over_nine(points):
    """Move points of space to the nine places of a grid, in turn."""
    places = np.column_stack([_GRID_OF_NINE, np.zeros(9)])
    return points + places[_shared_out(len(points), 9)]


def _labelled(rng, first, second):
    """Return the points of two classes, shuffled, and their labels."""
    order = rng.permutation(len(first) + len(second))
    labels = np.repeat([0, 1], [len(first), len(second)])
    return np.concatenate([first, second])[order], labels[order]


def _check_class_sizes(n_samples):
    """Return the numbers of points of two classes."""
    if isinstance(n_samples, Integral) and not isinstance(n_samples, bool):
        half = check_count(n_samples, "n_samples") // 2
        return int(n_samples) - half, half
    # A pair has an order: the two sizes in a set could be those of either class.
    sizes = n_samples.tolist() if isinstance(n_samples, np.ndarray) else n_samples
    if not isinstance(sizes, (tuple, list)) or len(sizes) != 2:
        raise TypeError(
            f"n_samples must be an integer, or a pair of them, one a class; got {n_samples!r}."
        )
    return tuple(check_count(n, "each of n_samples", minimum=0) for n in sizes)
