"""Features that no scaler blows up: fences of values, and columns of one scale."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.preprocessing import MinMaxScaler, RobustScaler, StandardScaler

from skactland import (
    BettiCurveVectorizer,
    LandscapeVectorizer,
    PersistenceImageVectorizer,
    SilhouetteVectorizer,
    landscape_gram,
)

PLAIN = {"weighting": None, "clip": False}
WEIGHTINGS = ["balanced", "l2", None]
# Rounding of a sum of n terms, and of quartiles that lie between two values.
SLACK = 1 + 1e-9


def few_reach(n_networks, rng):
    """Return a table of two columns in which some networks have long bars, and most have none."""
    table = np.empty((n_networks, 2), dtype=object)
    for i, j in np.ndindex(table.shape):
        births = rng.uniform(0, 1, rng.integers(0, 4))
        lengths = rng.exponential(1.0, len(births)) ** 3
        table[i, j] = np.column_stack([births, births + lengths])
    return table


def scaled_rows(scaler, vectorizer, seen, later):
    scaler.fit(vectorizer.fit_transform(seen))
    rows = np.vstack([seen, later])
    return abs(scaler.transform(vectorizer.transform(rows)))


@pytest.mark.parametrize("weighting", WEIGHTINGS)
@pytest.mark.parametrize(
    "vectorizer_class", [LandscapeVectorizer, SilhouetteVectorizer, BettiCurveVectorizer]
)
@settings(max_examples=20)
@given(st.integers(2, 40), st.integers(0, 2**32 - 1))
@example(2, 0)
@example(3, 0)
@example(5, 1)
def test_no_row_is_beyond_what_a_scaler_may_make_of_it(vectorizer_class, weighting, n, seed):
    rng = np.random.default_rng(seed)
    seen, later = few_reach(n, rng), few_reach(20, rng)
    vectorizer = vectorizer_class(resolution=8, weighting=weighting)
    for scaler, bound in (
        (StandardScaler(), np.sqrt(n - 1)),  # Samuelson's inequality
        (MinMaxScaler(), 1.0),
        (RobustScaler(), 4.0),
    ):
        assert scaled_rows(scaler, vectorizer, seen, later).max() <= bound * SLACK


@pytest.mark.parametrize("scaler", [StandardScaler(), MinMaxScaler(), RobustScaler()])
def test_without_fences_they_are_beyond_it(scaler):
    """What the law above forbids does happen: a node that one of nine networks barely reaches."""
    short, barely, long = ([[0.0, end]] for end in (1.0, 1.05, 1.9))
    seen = [*[short] * 5, *[barely] * 4]
    window = {"sample_range": (0, 1), "n_landscapes": 1, "resolution": 11}
    for clip in (True, False):
        vectorizer = LandscapeVectorizer(clip=clip, **window)
        scaler.fit(vectorizer.fit_transform(seen))
        found = abs(scaler.transform(vectorizer.transform([long]))).max()
        assert (found <= 4) == clip


@given(
    st.lists(st.lists(st.integers(0, 9), min_size=2, max_size=2), min_size=2, max_size=30),
)
def test_fences_are_those_of_the_definition(ends):
    """Over all networks by hand, quartiles by NumPy one feature at a time."""
    diagrams = [[[0.0, float(max(pair))], [0.0, float(min(pair))]] for pair in ends]
    options = {"n_landscapes": 2, "resolution": 7, "sample_range": (0, 10)}
    plain = LandscapeVectorizer(**options, **PLAIN).fit_transform(diagrams)
    vectorizer = LandscapeVectorizer(**options, weighting=None).fit(diagrams)
    limited = vectorizer.transform(diagrams)
    for j, values in enumerate(plain.T):
        a, b = np.percentile(values, 25), np.percentile(values, 75)
        least = max(min(values), a - 3 * (b - a))
        largest = min(max(values), b + 3 * (b - a))
        assert_allclose(vectorizer.limits_.reshape(2, -1)[:, j], (least, largest), atol=1e-14)
        expected = [min(max(value, least), largest) for value in values]
        assert_allclose(limited[:, j], expected, atol=1e-14)


def test_what_lies_between_the_fences_is_exact():
    diagrams = [[[0.0, 1.0 + 0.01 * i]] for i in range(8)]
    options = {"n_landscapes": 1, "resolution": 5, "sample_range": (0, 0.8)}
    limited = LandscapeVectorizer(weighting=None, **options).fit_transform(diagrams)
    assert_array_equal(limited, LandscapeVectorizer(**PLAIN, **options).fit_transform(diagrams))


def test_what_is_constant_in_fit_stays_so():
    seen = [[[0.0, 2.0]]] * 6
    vectorizer = LandscapeVectorizer(2, 5, weighting=None).fit(seen)
    later = vectorizer.transform([[[0.0, 1.5], [0.5, 2.0]], []])
    assert_array_equal(later, [[0, 0.5, 1, 0.5, 0, *[0] * 5]] * 2)


@pytest.mark.parametrize("weighting", WEIGHTINGS)
def test_a_single_network_limits_nothing(weighting):
    later = [[[0.0, 4.0]], [[1.0, 2.0]], []]
    fitted = [
        LandscapeVectorizer(1, 5, weighting=weighting, clip=clip).fit([[[0.0, 3.0]]])
        for clip in (True, False)
    ]
    assert_array_equal(*(vectorizer.transform(later) for vectorizer in fitted))
    assert np.ptp(fitted[0].transform(later), axis=0).max() > 0


@pytest.mark.parametrize(
    "vectorizer_class",
    [
        LandscapeVectorizer,
        SilhouetteVectorizer,
        BettiCurveVectorizer,
        PersistenceImageVectorizer,
    ],
)
def test_columns_are_of_one_scale(vectorizer_class, diagrams):
    """The mean squared norm of each column is 1, that of a column without bars 0."""
    empty = np.empty((len(diagrams), 1), dtype=object)
    empty[:, 0] = [np.empty((0, 2))] * len(diagrams)
    table = np.hstack([diagrams, empty])
    vectorizer = vectorizer_class()
    features = vectorizer.fit_transform(table).reshape(len(table), table.shape[1], -1)
    norms = (features**2).sum(axis=2).mean(axis=0)
    assert_allclose(norms, [1] * diagrams.shape[1] + [0])
    plain = vectorizer.set_params(weighting=None).fit_transform(table)
    scales = vectorizer.set_params(weighting="balanced").fit(table).scales_
    assert_allclose(plain.reshape(features.shape), features * scales[:, None])
    assert scales[-1] == 1


def test_balanced_features_approach_the_balanced_kernel(diagrams):
    gram = landscape_gram(diagrams, column_weights="balanced")
    errors = []
    for resolution in (51, 401):
        vectorizer = LandscapeVectorizer(resolution=resolution, clip=False)
        features = vectorizer.fit_transform(diagrams)
        errors.append(abs(features @ features.T - gram).max() / gram.max())
    assert errors[1] < 1e-3
    assert errors[1] < errors[0] / 5


@pytest.mark.parametrize("exponent", [-990, -600, 600, 990])
@pytest.mark.parametrize(
    "vectorizer",
    [
        LandscapeVectorizer(),
        SilhouetteVectorizer(1.5),
        BettiCurveVectorizer(),
        PersistenceImageVectorizer(1.5),
    ],
)
def test_features_have_no_scale(vectorizer, exponent, diagrams):
    expected = vectorizer.fit_transform(diagrams)
    table = np.empty(diagrams.shape, dtype=object)
    for i, j in np.ndindex(table.shape):
        table[i, j] = np.ldexp(diagrams[i, j], exponent)
    assert_array_equal(vectorizer.fit_transform(table), expected)


@pytest.mark.parametrize("weighting", WEIGHTINGS)
def test_the_order_of_networks_does_not_matter(weighting):
    rng = np.random.default_rng(0)
    seen, later = few_reach(25, rng), few_reach(5, rng)
    expected, found = (
        LandscapeVectorizer(weighting=weighting).fit(rows).transform(later)
        for rows in (seen, seen[rng.permutation(25)])
    )
    assert_array_equal(found, expected)


def test_coefficients_come_back_in_the_scale_of_their_column(diagrams):
    """Inner products of functions that come back are those of features, but for the step."""
    vectorizer = LandscapeVectorizer(3, 200).fit(diagrams)
    rng = np.random.default_rng(0)
    coefficients = rng.normal(size=(diagrams.shape[1], 3, 1)) * np.sin(np.linspace(0, 3, 200))
    features = vectorizer.transform(diagrams)
    functions = vectorizer.to_landscapes(coefficients.ravel())
    steps = vectorizer.nodes_[:, 1] - vectorizer.nodes_[:, 0]
    for row, landscapes in zip(features, vectorizer.to_landscapes(features), strict=True):
        products = [f.inner(g) for f, g in zip(functions, landscapes, strict=True)]
        assert_allclose((products / steps).sum(), row @ coefficients.ravel(), rtol=1e-2)


def test_clip_is_a_flag():
    with pytest.raises(TypeError, match="clip must be True or False, got 'fences'"):
        LandscapeVectorizer(clip="fences").fit([[[0, 1]]])


def test_names_and_frames_are_those_of_the_functions(diagrams):
    frame = pd.DataFrame(diagrams, columns=["fc1__H0", "fc1__H1", "fc2__H0", "fc2__H1"])
    limited, plain = (LandscapeVectorizer(2, 5, **o).fit(frame) for o in ({}, PLAIN))
    assert_array_equal(limited.get_feature_names_out(), plain.get_feature_names_out())
    assert limited.limits_.shape == (2, 4, 2, 5)
    assert not hasattr(plain, "limits_")
