"""Features on a grid."""

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from oracles import landscape_table

from skactland import LandscapeVectorizer, RipsPersistence, landscape_values

D = [[1, 5], [2, 8], [3, 4], [5, 9], [6, 7]]
E = [[0, 3], [1, 4]]


def test_order_is_column_then_level_then_node(table_of):
    table = table_of([[D, E], [E, D]])
    vectorizer = LandscapeVectorizer(n_landscapes=3, resolution=7).fit(table)
    features = vectorizer.transform(table).reshape(2, 2, 3, 7)
    for i, j in np.ndindex(2, 2):
        expected = landscape_table(table[i, j], vectorizer.nodes_[j], 3)
        assert_array_equal(features[i, j], expected)


def test_windows_come_from_fit_by_column_and_include_their_ends(table_of):
    table = table_of([[D, E], [D, [[2, np.inf]]]])
    vectorizer = LandscapeVectorizer(resolution=3).fit(table)
    with pytest.warns(UserWarning, match="row 1, column 1"):
        vectorizer.transform(table)
    assert_array_equal(vectorizer.nodes_, [[1, 5, 9], [0, 2, 4]])
    vectorizer.transform(table_of([[[[0, 100]], E]]))
    assert_array_equal(vectorizer.nodes_, [[1, 5, 9], [0, 2, 4]])


def test_one_window_for_all(table_of):
    vectorizer = LandscapeVectorizer(resolution=3, sample_range=(0, 10)).fit(table_of([[D, E]]))
    assert_array_equal(vectorizer.nodes_, [[0, 5, 10], [0, 5, 10]])


def test_empty_diagrams_are_zeros(table_of):
    table = table_of([[D, []], [[], []]])
    features = LandscapeVectorizer(2, 4).fit_transform(table)
    assert features[0, :8].max() > 0
    assert features[0, 8:].max() == features[1].max() == 0
    assert len(set(LandscapeVectorizer(2, 4).fit(table).get_feature_names_out())) == 16


def test_more_levels_than_bars_are_zeros():
    features = LandscapeVectorizer(4, 10).fit_transform([E]).reshape(4, 10)
    assert features[1].max() > 0
    assert features[2:].max() == 0


def test_essential_component_is_dropped_or_cut():
    diagram = [[0, 2], [0, 4], [0, np.inf]]
    dropped = LandscapeVectorizer(3, 5).fit_transform([diagram]).reshape(3, 5)
    assert_array_equal(dropped, landscape_values(diagram[:2], range(5), 3))
    cut = LandscapeVectorizer(3, 5, essential="cut").fit_transform([diagram]).reshape(3, 5)
    assert_array_equal(cut, landscape_values([*diagram[:2], [0, 4]], range(5), 3))


def test_dropping_an_unfinished_loop_gives_a_warning():
    square = np.array([[0, 0], [1, 0], [1, 1], [0, 1]])
    rips = RipsPersistence(max_edge_length=1.2)
    diagrams = rips.fit_transform([square])
    with pytest.warns(UserWarning, match="Infinite bars other than the one essential component"):
        LandscapeVectorizer().fit_transform(diagrams)
    features = LandscapeVectorizer(1, 3, sample_range=(0, 3), essential="cut").fit_transform(
        diagrams
    )
    assert_array_equal(features, [[0, 1.5, 0, 0, 0.5, 0]])


def test_names():
    vectorizer = LandscapeVectorizer(2, 5).fit([D, E])
    names = vectorizer.get_feature_names_out(["fc1__H1"])
    assert names[0] == "fc1__H1__k1__t0.000"
    assert names[-1] == "fc1__H1__k2__t9.000"
    assert len(names) == len(set(names)) == 10
    assert vectorizer.get_feature_names_out()[0] == "x0__k1__t0.000"


def test_names_of_narrow_windows_stay_apart():
    names = LandscapeVectorizer(1, 50).fit([[[1, 1 + 1e-6]]]).get_feature_names_out()
    assert len(set(names)) == 50


@pytest.mark.parametrize(
    ("parameters", "error", "message"),
    [
        ({"n_landscapes": 0}, ValueError, "n_landscapes must be at least 1"),
        ({"resolution": 0}, ValueError, "resolution must be at least 2"),
        ({"resolution": 10.0}, TypeError, "resolution must be an integer"),
        ({"sample_range": (1, 1)}, ValueError, "start < stop"),
        ({"sample_range": (0, np.inf)}, ValueError, "finite"),
        ({"sample_range": 3}, TypeError, "pair"),
        ({"essential": "keep"}, ValueError, r"one of \['cut', 'drop'\]"),
    ],
)
def test_bad_parameters(parameters, error, message):
    with pytest.raises(error, match=message):
        LandscapeVectorizer(**parameters).fit([D])


def test_errors_name_the_cell(table_of):
    with pytest.raises(ValueError, match="row 1, column 0: bar 0 dies at 1"):
        LandscapeVectorizer().fit([D, [[2, 1]]])
