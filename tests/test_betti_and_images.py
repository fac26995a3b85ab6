"""Betti curves and persistence images: by definition, by their laws, and as in GUDHI."""

from math import erf, sqrt

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal
from scipy.integrate import dblquad
from scipy.stats import norm

from skactland import BettiCurveVectorizer, PersistenceImageVectorizer, RipsPersistence

PLAIN = {"weighting": None, "clip": False}
D = [[1, 5], [2, 8], [3, 4], [5, 9], [6, 7]]
E = [[0, 3], [1, 4]]
bars = st.lists(st.tuples(st.integers(0, 6), st.integers(0, 6)).map(sorted), max_size=6)


@given(st.lists(bars, min_size=1, max_size=4))
def test_betti_curves_count_bars(diagrams):
    """With ties of nodes, births and deaths, bars of length zero and no bars at all."""
    diagrams = [np.array(one, dtype=float).reshape(-1, 2) for one in diagrams]
    vectorizer = BettiCurveVectorizer(13, sample_range=(0, 6), **PLAIN)
    found = vectorizer.fit_transform(diagrams)
    for row, diagram in zip(found, diagrams, strict=True):
        for t, count in zip(vectorizer.nodes_[0], row, strict=True):
            assert count == sum(birth <= t < death for birth, death in diagram)


def test_betti_curve_of_components_ends_at_one():
    cloud = np.random.default_rng(0).normal(size=(20, 3))
    diagrams = RipsPersistence((0,)).fit_transform([cloud])
    counts = BettiCurveVectorizer(9, **PLAIN).fit_transform(diagrams)[0]
    assert (counts[0], counts[-1]) == (19, 0)
    assert (np.diff(counts) <= 0).all()
    cut = BettiCurveVectorizer(9, essential="cut", **PLAIN).fit_transform(diagrams)[0]
    assert_array_equal(cut[:-1], counts[:-1] + 1)


def test_gudhi_counts_the_same():
    from gudhi.representations import BettiCurve

    diagram = np.random.default_rng(0).uniform(0, 1, (50, 2)).cumsum(axis=1)
    theirs = BettiCurve(resolution=60, sample_range=[0, 2]).fit_transform([diagram])
    ours = BettiCurveVectorizer(60, sample_range=(0, 2), **PLAIN).fit_transform([diagram])
    assert_array_equal(ours, theirs)


def test_betti_curves_under_l2():
    """Inner products of features are those of the step functions, by the trapezoidal rule."""
    options = {"sample_range": (0, 9), "clip": False}
    plain = BettiCurveVectorizer(400, weighting=None, **options).fit([E]).transform([D, E])
    weighted = BettiCurveVectorizer(400, weighting="l2", **options).fit([E]).transform([D, E])
    nodes = np.linspace(0, 9, 400)
    expected = [[np.trapezoid(a * b, nodes) for a in plain] for b in plain]
    assert_allclose(weighted @ weighted.T, expected)
    # The integral of the product of counts is the sum of the overlaps of bars.
    overlaps = sum(max(0, min(d, g) - max(b, e)) for b, d in D for e, g in E)
    assert weighted[0] @ weighted[1] == pytest.approx(overlaps, rel=0.01)


# ---- images


def definition(diagram, vectorizer, j=0):
    """The image of one diagram, bar by bar and pixel by pixel."""
    births, lengths = vectorizer.birth_edges_[j], vectorizer.length_edges_[j]
    deviation, n = vectorizer.bandwidths_[j], len(births) - 1

    def mass(centre, start, stop):
        a, b = ((end - centre) / deviation / sqrt(2) for end in (start, stop))
        return (erf(b) - erf(a)) / 2

    image = np.zeros((n, n))
    for birth, death in diagram:
        length = death - birth
        if length == 0 or np.isinf(length):
            continue
        weight = (length / vectorizer.longest_[j]) ** vectorizer.power
        for x, y in np.ndindex(n, n):
            image[x, y] += (
                weight * mass(birth, *births[x : x + 2]) * mass(length, *lengths[y : y + 2])
            )
    return image


@settings(max_examples=30)
@given(st.lists(bars, min_size=1, max_size=3), st.sampled_from([0, 1, 2.5]), st.integers(1, 5))
def test_images_by_definition(diagrams, power, resolution):
    diagrams = [np.array(one, dtype=float).reshape(-1, 2) for one in diagrams]
    vectorizer = PersistenceImageVectorizer(power, resolution, **PLAIN)
    found = vectorizer.fit_transform(diagrams).reshape(-1, resolution, resolution)
    for image, diagram in zip(found, diagrams, strict=True):
        assert_allclose(image, definition(diagram, vectorizer), atol=1e-13)


def test_pixels_are_integrals_of_the_density():
    vectorizer = PersistenceImageVectorizer(resolution=4, bandwidth=0.8, **PLAIN).fit([D])
    found = vectorizer.transform([D]).reshape(4, 4)

    def density(length, birth):
        return sum(
            (d - b) / 6 * norm.pdf(birth, b, 0.8) * norm.pdf(length, d - b, 0.8) for b, d in D
        )

    for x, y in ((0, 0), (1, 2), (3, 1)):
        sides = *vectorizer.birth_edges_[0, x : x + 2], *vectorizer.length_edges_[0, y : y + 2]
        assert found[x, y] == pytest.approx(dblquad(density, *sides)[0], rel=1e-7)


def test_coarse_images_are_sums_of_fine_ones_and_all_is_in_the_plane():
    window = {"birth_range": (-40, 50), "length_range": (-40, 50), "bandwidth": 0.7, **PLAIN}
    coarse = PersistenceImageVectorizer(resolution=3, **window).fit_transform([D])
    fine = PersistenceImageVectorizer(resolution=12, **window).fit_transform([D])
    sums = fine.reshape(3, 4, 3, 4).sum(axis=(1, 3))
    assert_allclose(sums, coarse.reshape(3, 3), atol=1e-13)
    assert coarse.sum() == pytest.approx(sum(d - b for b, d in D) / 6)


def test_far_pixels_keep_their_digits():
    window = {"birth_range": (20, 30), "length_range": (0, 2), "bandwidth": 1.0, **PLAIN}
    above = PersistenceImageVectorizer(0, 1, **window).fit_transform([[[0, 1]]])
    window["birth_range"] = (-30, -20)
    below = PersistenceImageVectorizer(0, 1, **window).fit_transform([[[0, 1]]])
    assert above == pytest.approx(norm.sf(20) * (norm.cdf(1) - norm.cdf(-1)), rel=1e-10, abs=0)
    assert_allclose(above, below, rtol=1e-10)


def test_gudhi_samples_the_same_density():
    """Their pixels are samples of the density; so small ones of ours agree with them."""
    from gudhi.representations import PersistenceImage

    diagram = np.random.default_rng(0).uniform(0, 1, (20, 2)).cumsum(axis=1)
    n, step = 41, 2 / 40
    theirs = PersistenceImage(
        bandwidth=0.3, weight=lambda bar: bar[1], resolution=[n, n], im_range=[0, 2, 0, 2]
    ).fit_transform([diagram])
    edge = (-step / 2, 2 + step / 2)
    vectorizer = PersistenceImageVectorizer(
        1, n, bandwidth=0.3, birth_range=edge, length_range=edge, **PLAIN
    )
    ours = vectorizer.fit_transform([diagram]).reshape(n, n) * vectorizer.longest_ / step**2
    theirs = theirs.reshape(n, n)
    assert (
        min(abs(ours - image).max() for image in (theirs.T, theirs[::-1].T, theirs))
        < 0.005 * theirs.max()
    )


def test_windows_of_images(table_of):
    table = pd.DataFrame(table_of([[D, E], [E, []]]), columns=["fc1__H1", "fc2__H1"])
    vectorizer = PersistenceImageVectorizer(resolution=4).fit(table)
    # Births from 0 to 6 and lengths up to 6: the deviation is a quarter of 6.
    assert_allclose(vectorizer.birth_edges_[0, [0, -1]], [-3, 9])
    assert_allclose(vectorizer.length_edges_[0, [0, -1]], [0, 9])
    assert_allclose(vectorizer.bandwidths_, [1.5, 0.75])
    assert_array_equal(vectorizer.longest_, [6, 3])
    vectorizer.set_params(grid="degree").fit(table)
    assert_array_equal(*vectorizer.birth_edges_)
    assert_array_equal(vectorizer.longest_, [6, 6])
    edges = vectorizer.birth_edges_.copy()
    vectorizer.transform(table.iloc[:1])
    assert_array_equal(vectorizer.birth_edges_, edges)
    with pytest.raises(ValueError, match='grid="degree" reads the degree from names'):
        vectorizer.fit(table.to_numpy())


def test_images_of_degree_zero_and_of_nothing():
    diagrams = [[[0, 1], [0, 2], [0, np.inf]], [[0, 2], [0, np.inf]], []]
    vectorizer = PersistenceImageVectorizer(resolution=5, **PLAIN)
    found = vectorizer.fit_transform(diagrams).reshape(3, 5, 5)
    assert_allclose(found[0], definition(diagrams[0], vectorizer), atol=1e-13)
    assert found[0].sum() == pytest.approx(1.5, abs=0.15)
    assert found[2].max() == 0
    assert PersistenceImageVectorizer().fit_transform([[], [[1, 1]]]).max() == 0
    cut = vectorizer.set_params(essential="cut").fit_transform(diagrams).reshape(3, 5, 5)
    assert_allclose(cut[1], definition([[0, 2], [0, 2]], vectorizer), atol=1e-13)
    with pytest.warns(UserWarning, match="Infinite bars other than the one essential"):
        PersistenceImageVectorizer().fit_transform([[[1, 2], [1, np.inf]]])


def test_images_far_from_the_origin():
    far = [[1e9, 1e9 + 2**-20]]
    vectorizer = PersistenceImageVectorizer(resolution=3).fit([far])
    assert (np.diff(vectorizer.birth_edges_) > 0).all()
    assert len(set(vectorizer.get_feature_names_out())) == 9


def test_names_of_images():
    vectorizer = PersistenceImageVectorizer(
        resolution=2, birth_range=(0, 2), length_range=(0, 4)
    ).fit([D])
    names = vectorizer.get_feature_names_out(["fc1__H1"]).tolist()
    assert names == [f"fc1__H1__b{b}__l{y}" for b in ("0.500", "1.500") for y in ("1.000", "3.000")]
    # The second feature is of births between 0 and 1 and lengths between 2 and 4.
    window = {"bandwidth": 0.01, "birth_range": (0, 2), "length_range": (0, 4), **PLAIN}
    found = PersistenceImageVectorizer(0, 2, **window).fit_transform([[[0.5, 3.5]]])
    assert_allclose(found, [[0, 1, 0, 0]], atol=1e-12)


@pytest.mark.parametrize(
    ("parameters", "error", "message"),
    [
        ({"power": -1}, ValueError, "power must be a finite number"),
        ({"power": True}, ValueError, "power must be a finite number"),
        ({"resolution": 0}, ValueError, "resolution must be at least 1"),
        ({"resolution": (5, 5)}, TypeError, "resolution must be an integer"),
        ({"bandwidth": 0}, ValueError, "bandwidth must be positive"),
        ({"bandwidth": "auto"}, TypeError, "bandwidth must be a number"),
        ({"birth_range": (1, 1)}, ValueError, "birth_range.*start < stop"),
        ({"length_range": (0, np.inf)}, ValueError, "length_range.*finite"),
        ({"length_range": 3}, TypeError, "length_range.*pair"),
        ({"grid": "layer"}, ValueError, "grid must be one of"),
        ({"weighting": "l2"}, ValueError, "weighting must be one of"),
        ({"clip": 1}, TypeError, "clip must be True or False"),
        ({"essential": "keep"}, ValueError, "essential must be one of"),
    ],
)
def test_bad_parameters_of_images(parameters, error, message):
    with pytest.raises(error, match=message):
        PersistenceImageVectorizer(**parameters).fit([D])


def test_what_images_cannot_hold():
    with pytest.raises(ValueError, match="longer than the largest floating-point number"):
        PersistenceImageVectorizer().fit([[[-1.5e308, 1.5e308]]])
    with pytest.raises(ValueError, match="leave no room for a window"):
        PersistenceImageVectorizer().fit([[[-1.7e308, -1.6e308], [1.6e308, 1.7e308]]])
    vectorizer = PersistenceImageVectorizer(power=400).fit([[[0, 1]]])
    with pytest.raises(ValueError, match="A bar is 1e\\+03 times as long as the longest in fit"):
        vectorizer.transform([[[0, 1000]]])
