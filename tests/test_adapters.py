"""Diagrams from other packages, and back."""

import gudhi
import numpy as np
import pandas as pd
import pytest
from gudhi.sklearn.rips_persistence import RipsPersistence as GudhiRipsPersistence
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal
from persim import PersistenceImager, bottleneck
from persim.landscapes import PersLandscapeExact
from ripser import ripser

from skactland import RipsPersistence, landscape_values
from skactland.adapters import (
    from_giotto,
    from_gudhi,
    from_persim,
    from_ripser,
    to_giotto,
    to_gudhi,
    to_persim,
    to_ripser,
)

INF = np.inf
COLUMNS = ["fc1__H0", "fc1__H1", "fc2__H0", "fc2__H1"]


@pytest.fixture
def frame(clouds):
    """Six networks, layers fc1 and fc2, degrees 0 and 1."""
    given = pd.DataFrame(clouds, columns=["fc1", "fc2"])
    return RipsPersistence().set_output(transform="pandas").fit_transform(given)


def assert_same_tables(found, expected, **tolerances):
    found, expected = np.asarray(found), np.asarray(expected)
    assert found.shape == expected.shape
    for index in np.ndindex(expected.shape):
        assert found[index].dtype == np.float64
        assert_allclose(found[index], expected[index], **tolerances)


def by_layer(clouds, function):
    return {f"fc{j + 1}": [function(cloud) for cloud in clouds[:, j]] for j in range(2)}


def gudhi_persistence(cloud):
    tree = gudhi.RipsComplex(points=cloud, max_edge_length=INF).create_simplex_tree(2)
    return tree.persistence(homology_coeff_field=2, min_persistence=0)


def without_essential(frame):
    finite = frame.copy()
    for index in np.ndindex(frame.shape):
        bars = frame.iat[index]
        finite.iat[index] = bars[np.isfinite(bars[:, 1])]
    return finite


def test_ripser_gives_our_diagrams(clouds, frame):
    found = from_ripser(by_layer(clouds, lambda cloud: ripser(cloud, maxdim=1)), as_frame=True)
    assert found.columns.tolist() == COLUMNS
    assert_same_tables(found, frame, rtol=1e-6)


def test_gudhi_gives_our_diagrams(clouds, frame):
    found = from_gudhi(by_layer(clouds, gudhi_persistence), as_frame=True)
    assert found.columns.tolist() == COLUMNS
    assert_same_tables(found, frame, rtol=1e-6)


def test_gudhi_for_scikit_learn_gives_our_diagrams(clouds, frame):
    transformer = GudhiRipsPersistence(homology_dimensions=[0, 1], homology_coeff_field=2)
    found = from_ripser({"fc1": transformer.fit_transform(list(clouds[:, 0]))})
    assert_same_tables(found, frame.iloc[:, :2], rtol=1e-6)


def test_round_trips_are_exact(frame):
    for layer in ("fc1", "fc2"):
        expected = frame[[f"{layer}__H0", f"{layer}__H1"]]
        for go, back in ((to_ripser, from_ripser), (to_gudhi, from_gudhi)):
            found = back({layer: go(frame, layer=layer)}, as_frame=True)
            assert found.columns.tolist() == expected.columns.tolist()
            assert_same_tables(found, expected, rtol=0)
        for q in (0, 1):
            found = from_persim(to_persim(frame, q, layer=layer), q)
            assert_same_tables(found, expected[[f"{layer}__H{q}"]], rtol=0)


def test_round_trip_over_giotto_loses_the_essential_component_alone(frame):
    triples = {layer: to_giotto(frame, layer=layer) for layer in ("fc1", "fc2")}
    assert_same_tables(from_giotto(triples), without_essential(frame), rtol=0)


def test_lists_to_gudhi_come_in_its_order(clouds):
    found = to_gudhi(from_gudhi([gudhi_persistence(c) for c in clouds[:, 0]], as_frame=True))
    for ours, cloud in zip(found, clouds[:, 0], strict=True):
        theirs = gudhi_persistence(cloud)
        assert [q for q, _ in ours] == [q for q, _ in theirs]
        assert_allclose([bar for _, bar in ours], [bar for _, bar in theirs])


def test_persim_takes_what_goes_to_it(frame):
    components = to_persim(without_essential(frame), 0, layer="fc1")
    images = PersistenceImager(pixel_size=0.5).fit_transform(components)
    assert len(images) == 6
    assert bottleneck(components[0], components[0]) == 0
    row = to_ripser(frame[frame["fc1__H1"].map(len) > 0], layer="fc1")[0]
    height = max(height for _, height in PersLandscapeExact(row, hom_deg=1).critical_pairs[0])
    assert_allclose(
        height, landscape_values(row[1], np.linspace(0, 5, 100_001), 1).max(), rtol=1e-4
    )


def test_format_of_giotto():
    """As giotto-tda documents it: degrees side by side, padded with (least birth, same, degree)."""
    table = np.empty((2, 2), object)
    table[0] = [np.array([[0, 1.0], [0, INF]]), np.array([[0.5, 2], [1, 3]])]
    table[1] = [np.array([[0, 2.0], [0, 4], [0, INF]]), np.empty((0, 2))]
    expected = [
        [[0, 1, 0], [0, 0, 0], [0.5, 2, 1], [1, 3, 1]],
        [[0, 2, 0], [0, 4, 0], [0.5, 0.5, 1], [0.5, 0.5, 1]],
    ]
    assert_array_equal(to_giotto(table, columns=["H0", "H1"]), expected)
    back = from_giotto(np.array(expected), as_frame=True)
    assert back.columns.tolist() == ["H0", "H1"]
    assert_array_equal(back.loc[0, "H1"], [[0.5, 2], [1, 3]])
    assert back.loc[1, "H1"].shape == (0, 2)


def test_other_infinite_bars_need_a_value_for_giotto():
    table = [[np.array([[0, INF], [0, INF]]), np.array([[1, INF]])]]
    with pytest.raises(ValueError, match=r"row 0 has 1 infinite bars of degree 0.*infinity_value"):
        to_giotto(table, columns=["H0", "H1"])
    found = to_giotto(table, columns=["H0", "H1"], infinity_value=7)
    assert_array_equal(found, [[[0, 7, 0], [1, 7, 1]]])
    with pytest.raises(ValueError, match=r"infinity_value=0.5: bar 0 dies at 0.5, before"):
        to_giotto(table, columns=["H0", "H1"], infinity_value=0.5)


@given(
    st.lists(
        st.lists(
            st.tuples(
                st.integers(0, 2),
                st.tuples(st.integers(0, 5), st.integers(0, 5) | st.just(INF)).map(sorted),
            ),
            max_size=8,
        ),
        min_size=1,
        max_size=4,
    )
)
def test_pairs_to_table_and_back(results):
    """Zero-length bars alone are lost; order, repeated bars and empty degrees do not matter."""
    expected = [sorted((q, tuple(bar)) for q, bar in pairs if bar[0] < bar[1]) for pairs in results]
    table = from_gudhi(results, homology_dimensions=(0, 1, 2), as_frame=True)
    assert [sorted(pairs) for pairs in to_gudhi(table)] == expected
    again = from_ripser(to_ripser(table), as_frame=True)
    assert [sorted(pairs) for pairs in to_gudhi(again)] == expected


@st.composite
def tables(draw):
    """Tables of up to three layers, all with degrees 0 and 1, as they leave RipsPersistence."""
    layers = draw(st.lists(st.sampled_from(["fc1", "block.0", "a__b"]), min_size=1, unique=True))
    columns = [f"{layer}__H{q}" for layer in layers for q in (0, 1)]
    bar = st.tuples(st.integers(0, 5), st.integers(1, 5) | st.just(INF))
    table = np.empty((draw(st.integers(1, 3)), len(columns)), object)
    for index in np.ndindex(table.shape):
        bars = sorted((birth, birth + length) for birth, length in draw(st.lists(bar, max_size=4)))
        table[index] = np.reshape(np.array(bars, float), (-1, 2))
    return pd.DataFrame(table, columns=columns), layers


@given(tables())
def test_every_layer_comes_back(given_table):
    frame, layers = given_table
    degrees = {"homology_dimensions": (0, 1), "as_frame": True}

    def there(go, **options):
        return {layer: go(frame, layer=layer, **options) for layer in layers}

    for back in (from_ripser(there(to_ripser), **degrees), from_gudhi(there(to_gudhi), **degrees)):
        assert back.columns.tolist() == frame.columns.tolist()
        assert_same_tables(back, frame, rtol=0)
    for q in (0, 1):
        found = from_persim({layer: to_persim(frame, q, layer=layer) for layer in layers}, q)
        assert_same_tables(found, frame[[f"{layer}__H{q}" for layer in layers]], rtol=0)


@given(tables())
def test_every_layer_comes_back_over_giotto(given_table):
    """Less one component of each cloud; other infinite bars with the death that they were given."""
    frame, layers = given_table
    triples = {layer: to_giotto(frame, layer=layer, infinity_value=99) for layer in layers}
    if all(array.size == 0 for array in triples.values()):
        with pytest.raises(ValueError, match="No network has a diagram"):
            from_giotto(triples)
        return
    found = from_giotto(triples, as_frame=True)
    for name in found.columns:
        for back, bars in zip(found[name], frame[name], strict=True):
            essential = np.flatnonzero(np.isinf(bars[:, 1]))[: 1 if name.endswith("H0") else 0]
            expected = np.delete(np.where(np.isinf(bars), 99, bars), essential, axis=0)
            assert_array_equal(back, expected[np.lexsort(expected.T[::-1])])


def test_degrees_are_selected():
    pairs = [(0, (0, 1)), (2, (1, 2))]
    assert from_gudhi([pairs]).shape == (1, 2)
    assert from_gudhi([pairs], homology_dimensions=(0, 1, 2)).shape == (1, 3)
    dgms = [np.empty((0, 2)), np.array([[1, 2]])]
    assert_array_equal(from_ripser([dgms], homology_dimensions=(1,))[0, 0], [[1, 2]])


def test_a_table_goes_on_through_the_pipeline(clouds):
    from skactland import LandscapeVectorizer

    table = from_ripser([ripser(cloud) for cloud in clouds[:, 0]], as_frame=True)
    names = LandscapeVectorizer().fit(table).get_feature_names_out()
    assert names[0].startswith("H0__k1__t0")


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: from_ripser({"dgms": []}), r"write \[result\]"),
        (lambda: from_ripser([np.ones((3, 2))]), r"network 0: expected a result of ripser"),
        (lambda: from_ripser([]), "at least one"),
        (lambda: from_ripser({"a": [[[]]], "b": []}), "the same networks"),
        (lambda: from_ripser([[[]], [[], []]]), "same maxdim"),
        (lambda: from_ripser([[[]]], homology_dimensions=(1,)), r"Degrees \[1\] were not computed"),
        (lambda: from_ripser({"a": [[[[2, 1]]]]}), "layer 'a': network 0, degree 0: bar 0 dies"),
        (lambda: from_ripser({"a": 3}), "layer 'a': expected a sequence"),
        (lambda: from_gudhi([[(0, 1, 2)]]), "network 0: expected GUDHI's list of pairs"),
        (lambda: from_gudhi([[(-1, (0, 1))]]), "at least 0"),
        (lambda: from_giotto(np.ones((3, 3))), r"expected an array of shape \(n_networks, n_tri"),
        (lambda: from_gudhi([[]]), "name the degrees"),
        (
            lambda: from_persim(pd.DataFrame({"a": [1]}), 1),
            "a sequence, one item a network, got D",
        ),
        (
            lambda: from_ripser({"a": [[[[0, 1], [2]]]]}),
            "layer 'a': network 0, degree 0: expect",
        ),
        (lambda: from_persim([np.zeros((0, 2)), None], 1), "network 1, degree 1: .* got NoneType"),
        (lambda: from_giotto({"a": [[1], [1, 2]]}), "layer 'a': expected an array of shape"),
        (lambda: from_persim([], 1, as_frame="no"), "as_frame must be True or False, got 'no'"),
        (lambda: from_giotto(np.full((1, 2, 3), 0.5)), "must be integers from 0"),
        (lambda: from_persim([np.ones((2, 3))], 1), "network 0, degree 1: a persistence diagram"),
        (lambda: to_ripser([[[0, 1]]]), "Column 'x0' does not tell its degree"),
        (lambda: to_ripser([[[0, 1]]], columns=["H1"]), "use to_persim"),
        (lambda: to_ripser([[[0, 1]]], columns=["a", "b"]), "name each of the 1 columns"),
        (lambda: to_persim([[[0, 1]]], 1, columns=["H0"]), r"no degree 1 among \(0,\)"),
        (lambda: to_gudhi([[[0, 1]]], layer="b", columns=["a__H0"]), "no layer 'b'; there are"),
    ],
)
def test_errors(call, message):
    with pytest.raises((ValueError, TypeError), match=message):
        call()


def test_a_layer_must_be_chosen_among_several(frame):
    with pytest.raises(ValueError, match=r"2 layers; choose layer= among \['fc1', 'fc2'\]"):
        to_ripser(frame)
