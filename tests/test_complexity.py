"""Functionals of diagrams against the landscapes that they are about."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy.stats import entropy

from skactland import ComplexityVectorizer, PersistenceLandscape, landscape_gram


def test_norms_are_those_of_the_landscapes(diagrams):
    found = ComplexityVectorizer().fit_transform(diagrams).reshape(6, 4, 3)
    for i, j in np.ndindex(6, 4):
        landscape = PersistenceLandscape.from_diagram(diagrams[i, j])
        expected = [landscape.norm(1), landscape.norm(2), landscape.norm(np.inf)]
        assert_allclose(found[i, j], expected, rtol=1e-12, atol=1e-15)


def test_the_norm_of_a_network_is_the_root_of_the_sum_of_squares(diagrams):
    norms = ComplexityVectorizer(("l2",)).fit_transform(diagrams)
    assert_allclose((norms**2).sum(axis=1), np.diag(landscape_gram(diagrams)), rtol=1e-12)


def test_entropy_and_total_persistence():
    statistics = ("entropy", "total_persistence")
    diagrams = [[[0, 1], [2, 5], [3, 3], [0, np.inf]], [[0, 4]], []]
    found = ComplexityVectorizer(statistics).fit_transform(diagrams)
    assert_allclose(found, [[entropy([1, 3]), 4], [0, 4], [0, 0]], atol=1e-15)


def test_empty_diagrams_have_no_complexity():
    statistics = ("l1", "l2", "sup", "total_persistence", "entropy")
    assert_array_equal(ComplexityVectorizer(statistics).fit_transform([[], [[1, 1]]]), 0)


def test_infinite_bars_are_cut_where_the_fitted_column_ends():
    vectorizer = ComplexityVectorizer(("sup",), essential="cut").fit([[[0, 6]]])
    assert_array_equal(vectorizer.transform([[[2, np.inf]]]), [[2]])
    with pytest.warns(UserWarning, match="row 0, column 0"):
        ComplexityVectorizer().fit_transform([[[2, np.inf]]])


@pytest.mark.parametrize("statistics", ["l2", (), ("l3",), ("l2", None)])
def test_bad_statistics(statistics):
    with pytest.raises(ValueError, match="statistics must be"):
        ComplexityVectorizer(statistics).fit([[[0, 1]]])
