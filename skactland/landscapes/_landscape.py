"""Persistence landscapes: the functions of a diagram, and their algebra."""

from itertools import pairwise
from numbers import Real

import numpy as np

from skactland._checks import as_array, check_count, check_diagram, check_option
from skactland._compiled.landscapes.levels import tidy
from skactland._compiled.landscapes.tents import critical_points
from skactland.landscapes import _algebra
from skactland.landscapes._arithmetic import Arithmetic
from skactland.landscapes._bars import ESSENTIAL_POLICIES, finite_bars
from skactland.landscapes._levels import check_coefficients, read_levels
from skactland.landscapes._scale import bars_in_unit, unit_exponent


class PersistenceLandscape(Arithmetic):
    r"""A sequence of piecewise-linear functions, held exactly.

    The landscape of a diagram is :math:`\lambda_k(t) = k`-th largest of
    :math:`\max(0, \min(t - b_i, d_i - t))` over its bars :math:`(b_i, d_i)` [1]_; see
    :meth:`from_diagram`. Landscapes form a vector space with an inner product: sums, multiples and
    means are taken level by level, where a level that is missing is zero. All of it is computed at
    the critical points, without a grid, and differs from the exact value by rounding alone.

    Parameters
    ----------
    levels : sequence of arrays of shape (n_points, 2)
        The critical points (t, height) of :math:`\lambda_1, \lambda_2, \dots`, in units of the
        filtration value: t increases, and the first and last heights are zero, as the function is
        outside of them. An empty array is the zero function.

    Raises
    ------
    ValueError, TypeError
        If a level is no such array.

    See Also
    --------
    landscape_values : Values of the first levels of a diagram's landscape on a grid.
    LandscapeKernel : Inner products of many landscapes at once.

    References
    ----------
    .. [1] Bubenik, "Statistical topological data analysis using persistence landscapes", Journal
       of Machine Learning Research 16, 2015.

    Examples
    --------
    >>> from skactland import PersistenceLandscape
    >>> landscape = PersistenceLandscape.from_diagram([[0, 4], [1, 3]])
    >>> landscape
    PersistenceLandscape(n_levels=2, support=(0, 4))
    >>> landscape.levels[1]
    array([[1., 0.],
           [2., 1.],
           [3., 0.]])
    >>> landscape([1, 2])
    array([[1., 2.],
           [0., 1.]])
    >>> other = PersistenceLandscape.from_diagram([[0, 2]])
    >>> PersistenceLandscape.mean([landscape, other]) == (landscape + other) / 2
    True
    >>> landscape.norm(p=1), landscape.distance(other, p=float("inf"))
    (5.0, 2.0)
    """

    def __init__(self, levels):
        self._hold(*tidy(*read_levels(levels)))

    @classmethod
    def _of(cls, points, starts):
        """Return the landscape that a kernel has written in its tidy form."""
        landscape = cls.__new__(cls)
        landscape._hold(points, starts)
        return landscape

    def _hold(self, points, starts):
        depth = np.searchsorted(starts, len(points))  # zero levels at the end are left out
        self._points, self._starts = points, starts[: depth + 1]
        for array in (self._points, self._starts):
            array.flags.writeable = False

    def __reduce__(self):
        # Arrays come out of a pickle, or a deep copy, writeable: they are held anew.
        return PersistenceLandscape._of, (self._points, self._starts)

    @classmethod
    def from_diagram(cls, diagram, *, essential="drop", end=np.inf):
        """Return the landscape of a persistence diagram, with all its levels.

        Parameters
        ----------
        diagram : array of shape (n_bars, 2)
            Rows (birth, death), in any order.
        essential : {"drop", "cut"}, default="drop"
            Bars with infinite death have no landscape: they are left out, as in reduced homology,
            or die at `end`.
        end : float, default=inf
            Where infinite bars are cut; must be finite if ``essential="cut"``.

        Returns
        -------
        PersistenceLandscape
            Computed in O(n log n) steps and those that it takes to write the levels down.

        Raises
        ------
        ValueError, TypeError
            If a bar dies before its birth or has NaN coordinates, or there is nowhere to cut.
        """
        check_option(essential, "essential", ESSENTIAL_POLICIES)
        if not isinstance(end, Real) or isinstance(end, bool):
            raise TypeError(f"end must be a number, got {end!r}.")
        if essential == "cut" and not np.isfinite(end):
            raise ValueError(f'essential="cut" needs a finite end, got end={end}.')
        bars = finite_bars(check_diagram(diagram), essential, end)
        # In a unit, because the sum of birth and death, whose half is the peak, may overflow.
        exponent = unit_exponent(bars)
        points, starts = critical_points(bars_in_unit(bars, exponent), len(bars))
        return cls._of(*tidy(np.ldexp(points, exponent), starts))

    @classmethod
    def mean(cls, landscapes, weights=None):
        """Return the mean of some landscapes, level by level.

        Parameters
        ----------
        landscapes : sequence of PersistenceLandscape
            At least one; they may have different numbers of levels.
        weights : sequence of float or None, default=None
            Divided by their sum, as in :func:`numpy.average`.

        Returns
        -------
        PersistenceLandscape

        Raises
        ------
        ValueError, TypeError
            If there is no landscape, or the weights do not match or sum to zero.
        """
        landscapes = _check_landscapes(landscapes)
        weights = np.ones(len(landscapes)) if weights is None else weights
        weights = check_coefficients(weights, "weights", len(landscapes))
        if not landscapes or weights.sum() == 0:
            raise ValueError(
                "A mean needs at least one landscape, and weights that do not sum to zero; got "
                f"{len(landscapes)} landscapes with weights {weights.tolist()}."
            )
        return cls.linear_combination(landscapes, weights / weights.sum())

    @classmethod
    def linear_combination(cls, landscapes, coefficients):
        """Return the sum of multiples of some landscapes, level by level.

        They are added in pairs, then pairs of pairs, and so on: O(n log m) steps for n critical
        points in m landscapes, and a rounding error that grows with log m.

        Parameters
        ----------
        landscapes : sequence of PersistenceLandscape
            They may have different numbers of levels; the sum of none is zero.
        coefficients : sequence of float
            One for each.

        Returns
        -------
        PersistenceLandscape

        Raises
        ------
        ValueError, TypeError
            If the coefficients are not finite or not as many, an item is no landscape, or heights
            of the sum are too large for floating-point numbers.
        """
        landscapes = _check_landscapes(landscapes)
        factors = check_coefficients(coefficients, "coefficients", len(landscapes))
        return cls._of(*_algebra.sum_of_multiples([f._held for f in landscapes], factors))

    @property
    def _held(self):
        return self._points, self._starts

    @property
    def levels(self):
        """The critical points (t, height) of each level, as a tuple of read-only arrays.

        Points at which a level does not bend are left out, and so are zero levels at the end:
        equal functions have equal points.
        """
        return tuple(self._points[a:b] for a, b in pairwise(self._starts))

    @property
    def n_levels(self):
        """The number of levels, which is also the length; 0 for the zero landscape."""
        return len(self._starts) - 1

    @property
    def support(self):
        """The least and the largest t between which some level is not zero; (0, 0) if none is."""
        t = self._points[:, 0]
        return (float(t.min()), float(t.max())) if len(t) else (0.0, 0.0)

    def __len__(self):
        return self.n_levels

    def __repr__(self):
        start, stop = self.support
        return f"PersistenceLandscape(n_levels={self.n_levels}, support=({start:g}, {stop:g}))"

    def __call__(self, t):
        """Return the values at t, of shape ``(n_levels, *np.shape(t))``."""
        t = as_array(t, "t must be numbers").astype(np.float64, copy=False)
        if np.isnan(t).any():
            raise ValueError("t must not be NaN: a landscape has no value there.")
        values = np.zeros((self.n_levels, *t.shape))
        for k, level in enumerate(self.levels):
            if len(level):
                values[k] = np.interp(t, *level.T)  # beyond its ends: zero, as there
        return values

    def __getitem__(self, index):
        if not isinstance(index, slice):
            raise TypeError(
                f"Landscapes are sliced by level, as in landscape[:3], got [{index!r}]; the "
                "critical points of a single level are landscape.levels[k]."
            )
        return PersistenceLandscape(self.levels[index])

    def truncate(self, n_levels):
        """Return the landscape of the first levels alone.

        Parameters
        ----------
        n_levels : int
            How many; all if there are fewer.

        Returns
        -------
        PersistenceLandscape
        """
        return self[: check_count(n_levels, "n_levels", minimum=0)]

    def __eq__(self, other):
        if not isinstance(other, PersistenceLandscape):
            return NotImplemented
        same_starts = np.array_equal(self._starts, other._starts)
        return same_starts and np.array_equal(self._points, other._points)

    __hash__ = None

    def inner(self, other):
        r"""Return the inner product :math:`\sum_k \int \lambda_k(t)\, \mu_k(t)\, dt`.

        Parameters
        ----------
        other : PersistenceLandscape
            Levels that only one of the two has count as zero.

        Returns
        -------
        float
            In units of the cubed filtration value.

        Raises
        ------
        ValueError, TypeError
            If the other is no landscape, or floating-point numbers end before the product.
        """
        _check_landscape(other)
        return _algebra.inner(self._held, other._held)

    def norm(self, p=2):
        r"""Return the norm :math:`(\sum_k \int |\lambda_k(t)|^p\, dt)^{1/p}`.

        For the landscape of a diagram this is
        :math:`(\sum_i (d_i - b_i)^{p+1} / (2^p (p + 1)))^{1/p}`. ``p=inf`` gives the largest
        absolute value.

        Parameters
        ----------
        p : float, default=2
            Between 1 and infinity.

        Returns
        -------
        float
            In units of the filtration value to the power 1 + 1/p.

        Raises
        ------
        ValueError
            If p is no such number, or floating-point numbers end before the norm.
        """
        if not isinstance(p, Real) or isinstance(p, bool) or not p >= 1:
            raise ValueError(f"p must be a number between 1 and inf, got {p!r}.")
        return _algebra.norm(self._held, p)

    def distance(self, other, p=2):
        r"""Return the norm of the difference.

        It is taken of the difference itself, so landscapes that are close lose no more digits than
        the subtraction of their heights does. Those are rounded as filtration values are: at
        machine precision :math:`\epsilon`, the largest filtration value M and a support of length
        L, the result may be wrong by :math:`4 \epsilon M (L K)^{1/p}`, for K levels, besides a
        relative error of a few :math:`\epsilon`. Bars that differ by 1e-9 of their size have a
        distance right to about 7 digits.

        Parameters
        ----------
        other : PersistenceLandscape
            Levels that only one of the two has count as zero.
        p : float, default=2
            As in :meth:`norm`.

        Returns
        -------
        float
        """
        return (self - _check_landscape(other)).norm(p)

    def integral(self):
        """Return the integral of each level.

        Returns
        -------
        ndarray of shape (n_levels,)
            In units of the squared filtration value.
        """
        return _algebra.integrals(self._held)


def _check_landscapes(landscapes):
    """Return landscapes as a list."""
    if isinstance(landscapes, PersistenceLandscape) or not np.iterable(landscapes):
        raise TypeError(
            "Expected a sequence of PersistenceLandscape, got a "
            f"{type(landscapes).__name__}; for a single one write [landscape]."
        )
    return [_check_landscape(landscape) for landscape in landscapes]


def _check_landscape(landscape):
    if not isinstance(landscape, PersistenceLandscape):
        raise TypeError(
            f"Expected a PersistenceLandscape, got {type(landscape).__name__}; make one of a "
            "diagram by PersistenceLandscape.from_diagram(diagram)."
        )
    return landscape
