"""How the landscapes of a table's rows lie to each other, at whatever scale they are."""

from dataclasses import dataclass

import numpy as np
from joblib import Parallel, delayed

from skactland._checks import check_n_jobs
from skactland.kernels._median import median_width
from skactland.kernels._products import (
    inner_products_of_tables,
    squared_distance_of_rows,
    squared_norms,
    weighted_sum,
)
from skactland.kernels._weights import check_column_weights
from skactland.landscapes._scale import to_unit_scale

# Where a squared distance is a smaller part than this of the squared norms that it is the
# difference of, too many digits cancel, and the difference of the landscapes is integrated instead.
_NEAR = 1e-4


@dataclass(frozen=True)
class Geometry:
    """Inner products and squared distances of the rows' landscapes, for each set of columns.

    Attributes
    ----------
    products, squares : arrays of shape (n_sets, n_rows, n_rows)
        In units of ``4.0 ** exponents``, in which the largest are of order 1.
    exponents : int array of shape (n_sets,)
        The unit of a distance, of which the square is that of the above, is two to this power.
    """

    products: np.ndarray
    squares: np.ndarray
    exponents: np.ndarray

    @property
    def products_about_mean(self):
        """Inner products of the rows less their mean, from the squared distances.

        They keep the digits that differences of `products` lose where rows are close to each other.
        """
        return centred(-self.squares / 2)


def landscape_geometry(bars, names, sets, column_weights, n_jobs):
    """Return the geometry of a table of bars.

    Squared norms go with the cube of the scale: at 1e-108 they would be zero. So every column is
    brought to unit scale first, by powers of two, which costs no digit; the power of the sum is
    kept beside it.
    """
    check_n_jobs(n_jobs)
    scaled, exponents = to_unit_scale(bars, names)
    norms = squared_norms(scaled, None)
    weights = check_column_weights(column_weights, names, norms)
    # Weights in two parts: times the cube of a column's unit, they may leave the doubles.
    factors, powers = np.frexp(weights)
    if not isinstance(column_weights, str):
        powers = powers + 3 * exponents  # "balanced" weights have undone the scale already
    used = np.flatnonzero((weights > 0) & norms.any(axis=0))
    products = Parallel(n_jobs=n_jobs, prefer="threads")(
        delayed(inner_products_of_tables)(None, scaled[:, [j]], None, np.ones(1)) for j in used
    )
    of_column = dict(zip(used.tolist(), products, strict=True))
    shape = len(sets), len(bars), len(bars)
    found = Geometry(np.zeros(shape), np.zeros(shape), np.zeros(len(sets), dtype=int))
    for i, columns in enumerate(sets):
        columns = np.intersect1d(columns, used)
        if len(columns):
            found.exponents[i] = -(-powers[columns].max() // 2)  # rounded up
            shares = np.ldexp(factors[columns], powers[columns] - 2 * found.exponents[i])
            found.products[i] = weighted_sum([of_column[j] for j in columns], shares)
            found.squares[i] = _squares(found.products[i], scaled[:, columns], shares)
    return found


def _squares(products, bars, weights):
    """Return the squared distances of rows, to nearly all digits also where rows are close."""
    norms = np.diagonal(products)
    sums = norms[:, None] + norms
    squares = sums - 2 * products
    np.fill_diagonal(squares, 0.0)
    is_near = np.triu((squares <= _NEAR * sums) & (sums > 0), 1)
    for i, j in np.argwhere(is_near):
        squares[i, j] = squared_distance_of_rows(bars[i], bars[j], None, weights)
        squares[j, i] = squares[i, j]
    return squares


def centred(matrices):
    """Return matrices whose rows and columns sum to zero: the mean of the points is the origin."""
    rows = matrices.mean(axis=-1, keepdims=True)
    return matrices - rows - np.swapaxes(rows, -1, -2) + rows.mean(axis=-2, keepdims=True)


def gaussian(squares):
    """Return the Gaussian kernel of points, its squared width the median of squared distances."""
    return np.exp(-squares / median_width(squares)[..., None, None])
