"""Quadratic forms of labels: what lies between groups, for many relabellings at once."""

import numpy as np

from skactland.inference._geometry import centred
from skactland.inference._statistic import TIE


class GroupForms:
    """The sums of squares between groups of points, of which inner products are given.

    One matrix product serves many labellings. The matrices are centred, so the last group, which is
    all points but those of the others, needs no product of its own.

    Parameters
    ----------
    matrices : array of shape (n_tests, n_rows, n_rows)
        Inner products, about any origin.
    sizes : array of shape (n_groups,)
        How many rows each group has.

    Attributes
    ----------
    totals : array of shape (n_tests,)
        The sum of squares about the mean of all points.
    """

    def __init__(self, matrices, sizes):
        matrices = centred(matrices)
        self.sizes = sizes
        self._side_by_side = np.concatenate(matrices, axis=1)
        self.totals = np.trace(matrices, axis1=1, axis2=2)

    def between_groups(self, labellings):
        r"""Return :math:`\sum_g n_g \|m_g - m\|^2`, shape (n_labellings, n_tests)."""
        squares, _ = self._contract(labellings)
        return np.einsum("gbt,g->bt", squares, 1 / self.sizes)

    def between_pairs(self, labellings):
        r"""Return :math:`\sum_{g < h} \|m_g - m_h\|^2`, shape (n_labellings, n_tests).

        It is :math:`G \sum_g \|m_g\|^2 - \|\sum_g m_g\|^2`. What is rounding alone becomes zero.
        """
        squares, of_sums = self._contract(labellings)
        norms = np.einsum("gbt,g->bt", squares, 1 / self.sizes**2)
        values = len(self.sizes) * norms - of_sums
        return np.where(values > TIE * self.scale_of_pairs, values, 0.0)

    @property
    def scale_of_pairs(self):
        """What `between_pairs` is rounded by: it adds up parts of the total, over the sizes."""
        return self.totals / self.sizes.min()

    def _contract(self, labellings):
        """Return the squared norms of the sums of the groups, and that of the sum of their means.

        Shapes (n_groups, n_labellings, n_tests) and (n_labellings, n_tests). Since all points sum
        to zero, the sum of the means needs no term of the last group: its points count
        :math:`1 / n_g - 1 / n_G` times instead.
        """
        squares = []
        rest = product_of_rest = weights = product_of_weights = 0.0
        for group, size in enumerate(self.sizes[:-1]):
            members = (labellings == group).astype(np.float64)
            product = (members @ self._side_by_side).reshape(len(members), len(self.totals), -1)
            squares.append(_dot(product, members))
            factor = 1 / size - 1 / self.sizes[-1]
            rest, product_of_rest = rest + members, product_of_rest + product
            weights = weights + factor * members
            product_of_weights = product_of_weights + factor * product
        squares.append(_dot(product_of_rest, rest))
        return np.stack(squares), _dot(product_of_weights, weights)


def _dot(product, members):
    return np.einsum("bti,bi->bt", product, members)
