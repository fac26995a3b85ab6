"""Points of a circle, a sphere and a torus."""

import numpy as np

from skactland._checks import check_count, check_finite, check_seed


def make_circle(n_samples=100, *, radius=1.0, noise=0.0, random_state=None):
    """Return points drawn uniformly from a circle in the plane; Betti numbers (1, 1).

    Parameters
    ----------
    n_samples : int, default=100
        Number of points.
    radius : float, default=1.0
        Of the circle, about the origin.
    noise : float, default=0.0
        Standard deviation of normal noise that is added to each coordinate.
    random_state : int, RandomState or None, default=None
        Draws the points.

    Returns
    -------
    ndarray of shape (n_samples, 2)

    See Also
    --------
    make_sphere : One dimension more.

    Examples
    --------
    >>> from skactland.datasets import make_circle
    >>> make_circle(4, random_state=0).shape
    (4, 2)
    """
    rng, n = check_seed(random_state), check_count(n_samples, "n_samples")
    points = check_length(radius, "radius") * directions(rng, n, 2)
    return _with_noise(rng, points, noise)


def make_sphere(n_samples=100, *, dimension=2, radius=1.0, noise=0.0, random_state=None):
    """Return points drawn uniformly from a sphere; Betti numbers (1, 0, ..., 0, 1).

    Parameters
    ----------
    n_samples : int, default=100
        Number of points.
    dimension : int, default=2
        Of the sphere itself, at least 1; it lies in a space of one dimension more.
    radius : float, default=1.0
        Of the sphere, about the origin.
    noise : float, default=0.0
        Standard deviation of normal noise that is added to each coordinate.
    random_state : int, RandomState or None, default=None
        Draws the points.

    Returns
    -------
    ndarray of shape (n_samples, dimension + 1)

    See Also
    --------
    make_circle : One dimension less.
    make_torus : Another surface.

    Examples
    --------
    >>> import numpy as np
    >>> from skactland.datasets import make_sphere
    >>> np.linalg.norm(make_sphere(3, radius=2, random_state=0), axis=1)
    array([2., 2., 2.])
    """
    rng, n = check_seed(random_state), check_count(n_samples, "n_samples")
    outward = directions(rng, n, check_count(dimension, "dimension") + 1)
    return _with_noise(rng, check_length(radius, "radius") * outward, noise)


def make_torus(n_samples=100, *, radius=2.0, tube=1.0, noise=0.0, random_state=None):
    r"""Return points drawn uniformly, by area, from a torus in space; Betti numbers (1, 2, 1).

    The torus is :math:`(\sqrt{x^2 + y^2} - R)^2 + z^2 = r^2`.

    Parameters
    ----------
    n_samples : int, default=100
        Number of points.
    radius : float, default=2.0
        R, from the centre to the middle of the tube.
    tube : float, default=1.0
        The radius r of the tube, less than R.
    noise : float, default=0.0
        Standard deviation of normal noise that is added to each coordinate.
    random_state : int, RandomState or None, default=None
        Draws the points.

    Returns
    -------
    ndarray of shape (n_samples, 3)

    See Also
    --------
    make_sphere : Another surface.

    Examples
    --------
    >>> from skactland.datasets import make_torus
    >>> x, y, z = make_torus(50, random_state=0).T
    >>> bool(abs(((x**2 + y**2) ** 0.5 - 2) ** 2 + z**2 - 1).max() < 1e-12)
    True
    """
    rng, n = check_seed(random_state), check_count(n_samples, "n_samples")
    radius, tube = check_length(radius, "radius"), check_length(tube, "tube")
    if tube >= radius:
        raise ValueError(f"tube must be less than radius, {radius:g}, got {tube:g}.")
    return _with_noise(rng, around_circle(rng, np.full(n, tube), radius), noise)


def directions(rng, n_points, n_dimensions):
    """Draw points of the unit sphere."""
    normal = rng.normal(size=(n_points, n_dimensions))
    return normal / np.linalg.norm(normal, axis=1, keepdims=True)


def around_circle(rng, lengths, radius):
    """Draw points at some distances from a circle in space, uniform by area at each.

    The angle in the tube has a density proportional to radius + length * cos(angle); what an even
    draw has too little of outside, it has too much of inside, at the opposite angle.
    """
    angles = rng.uniform(0, 2 * np.pi, size=len(lengths))
    excess = -lengths * np.cos(angles) / radius
    angles[rng.uniform(size=len(lengths)) < excess] += np.pi
    around = rng.uniform(0, 2 * np.pi, size=len(lengths))
    from_axis = radius + lengths * np.cos(angles)
    return np.column_stack(
        [from_axis * np.cos(around), from_axis * np.sin(around), lengths * np.sin(angles)]
    )


def _with_noise(rng, points, noise):
    noise = check_length(noise, "noise", minimum=0.0)
    return points + rng.normal(scale=noise, size=points.shape) if noise else points


def check_length(value, name, *, minimum=None):
    """Return a finite length, positive unless a minimum is given."""
    length = check_finite(value, name)
    if length < (minimum or 0) or (minimum is None and length == 0):
        wanted = "positive" if minimum is None else f"at least {minimum:g}"
        raise ValueError(f"{name} must be finite and {wanted}, got {value}.")
    return length
