"""Functionals of diagrams against the landscapes that they are about."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy.stats import entropy

from skactland import ComplexityVectorizer, PersistenceLandscape, RipsPersistence, landscape_gram
from skactland.vectors._statistics import STATISTICS, Statistic


def test_norms_are_those_of_the_landscapes(diagrams):
    found = ComplexityVectorizer().fit_transform(diagrams).reshape(6, 4, 3)
    for i, j in np.ndindex(6, 4):
        landscape = PersistenceLandscape.from_diagram(diagrams[i, j])
        expected = [landscape.norm(1), landscape.norm(2), landscape.norm(np.inf)]
        assert_allclose(found[i, j], expected, rtol=1e-12, atol=1e-15)


def test_the_norm_of_a_network_is_the_root_of_the_sum_of_squares(diagrams):
    norms = ComplexityVectorizer(("l2",)).fit_transform(diagrams)
    assert_allclose((norms**2).sum(axis=1), np.diag(landscape_gram(diagrams)), rtol=1e-12)


def test_entropy_total_persistence_and_number_of_bars():
    statistics = ("entropy", "total_persistence", "n_bars")
    diagrams = [[[0, 1], [2, 5], [3, 3], [0, np.inf]], [[0, 4]], []]
    found = ComplexityVectorizer(statistics).fit_transform(diagrams)
    assert_allclose(found, [[entropy([1, 3]), 4, 2], [0, 4, 1], [0, 0, 0]], atol=1e-15)


def test_empty_diagrams_have_no_complexity():
    assert_array_equal(ComplexityVectorizer(list(STATISTICS)).fit_transform([[], [[1, 1]]]), 0)


def test_infinite_bars_are_cut_where_the_fitted_column_ends():
    vectorizer = ComplexityVectorizer(("sup",), essential="cut").fit([[[0, 6]]])
    assert_array_equal(vectorizer.transform([[[2, np.inf]]]), [[2]])
    with pytest.warns(UserWarning, match="row 0, column 0"):
        ComplexityVectorizer().fit_transform([[[2, np.inf]]])


@pytest.mark.parametrize("statistics", ["l2", (), ("l3",), ("l2", None)])
def test_bad_statistics(statistics):
    with pytest.raises(ValueError, match="statistics must be"):
        ComplexityVectorizer(statistics).fit([[[0, 1]]])


@pytest.mark.parametrize("statistics", [None, 3, "x", {"l1": 1}, {"l1"}, iter(["l1"]), np.nan])
def test_statistics_that_are_no_sequence(statistics):
    with pytest.raises(ValueError, match=r"statistics must be a sequence.*write \('l2',\)"):
        ComplexityVectorizer(statistics).fit([[[0, 1]]])


def test_statistics_that_are_asked_for_twice():
    with pytest.raises(ValueError, match="statistics must be different"):
        ComplexityVectorizer(("l1", "l2", "l1")).fit([[[0, 1]]])


BARS = np.array([[0, 1], [2, 5], [1, 1.5]])


@pytest.mark.parametrize("exponent", [*range(-1000, 1001, 100), -333, 333])
@pytest.mark.parametrize("name", STATISTICS)
def test_statistics_follow_the_scale_by_their_power_or_are_refused(name, exponent):
    plain = ComplexityVectorizer((name,)).fit_transform([BARS])
    scaled = [np.ldexp(BARS, exponent)]
    power = STATISTICS[name].power
    if abs(power * exponent) < 1020:
        found = ComplexityVectorizer((name,)).fit_transform(scaled)
        assert_allclose(found, plain * 2.0 ** (power * exponent), rtol=1e-14)
    elif exponent > 0:
        with pytest.raises(ValueError, match=rf"'{name}': The .* would be too large"):
            ComplexityVectorizer((name,)).fit(scaled)
        with pytest.raises(ValueError, match=r"row 1, column 'x0': The .* would be too large"):
            ComplexityVectorizer((name,)).fit([BARS]).transform([BARS, *scaled])
    else:
        with pytest.raises(ValueError, match=f"'{name}' is a filtration value to the power"):
            ComplexityVectorizer((name,)).fit(scaled)


def test_a_short_bar_beside_long_ones_counts_nothing():
    found = ComplexityVectorizer().fit_transform([[[0, 1e-200]], [[0, 1]]])
    assert_allclose(found, [[0, (1e-300) ** 1 * 12**-0.5, 5e-201], [0.25, 12**-0.5, 0.5]])


def test_bars_longer_than_any_number():
    largest = np.finfo(float).max
    found = ComplexityVectorizer(("sup", "entropy")).fit_transform([[[-largest, largest]]])
    assert_array_equal(found, [[largest, 0]])
    with pytest.raises(ValueError, match="total persistence would be too large"):
        ComplexityVectorizer(("total_persistence",)).fit_transform([[[-largest, largest]]])


def test_a_statistic_is_a_row_of_the_registry(monkeypatch):
    counted = Statistic("number of bars", 0, len, unit="bars")
    monkeypatch.setitem(STATISTICS, "number", counted)
    vectorizer = ComplexityVectorizer(("number",))
    assert_array_equal(vectorizer.fit_transform([BARS, []]), [[3], [0]])
    assert vectorizer.get_feature_names_out(["H1"]).tolist() == ["H1__number"]
    assert counted.label == "number of bars\n[bars]"


@pytest.mark.parametrize("name", STATISTICS)
def test_the_documentation_names_every_statistic(name):
    assert f'- "{name}": ' in ComplexityVectorizer.__doc__
    unit = STATISTICS[name].label.rpartition("\n")[2]
    without_power = {"entropy": "[nats]", "n_bars": "[bars]"}
    assert unit.startswith(without_power.get(name, "[filtration value"))


def test_simplices_beside_the_diagrams_are_left_out(clouds):
    table = RipsPersistence(return_simplices=True).set_output(transform="pandas")
    table = table.fit_transform(clouds)
    plain = RipsPersistence().set_output(transform="pandas").fit_transform(clouds)
    vectorizer = ComplexityVectorizer().fit(table)
    assert_array_equal(vectorizer.transform(table), ComplexityVectorizer().fit_transform(plain))
    expected = ComplexityVectorizer().fit(plain).get_feature_names_out()
    assert_array_equal(vectorizer.get_feature_names_out(), expected)
    assert (vectorizer.n_features_in_, len(vectorizer.diagram_columns_)) == (8, 4)
