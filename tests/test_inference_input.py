"""What the tests and bands refuse, and what they say then."""

import inspect

import numpy as np
import pandas as pd
import pytest
from inference_tables import COLUMNS, random_table

from skactland.inference import (
    confidence_band,
    independence_test,
    mean_difference_band,
    permutation_test,
    trend_test,
)


@pytest.fixture
def table():
    return random_table(7)


@pytest.fixture
def frame(table):
    return pd.DataFrame(table, columns=COLUMNS)


@pytest.mark.parametrize(
    ("groups", "message"),
    [
        ([0, 0, 0, 0, 0, 0, 1], "1 is a group of one network"),
        (["a"] * 7, "at least two different labels are needed, all are 'a'"),
        ([0, 1, 0], r"one label for each of 7 networks, got shape \(3,\)"),
        ([0, 1, 0, np.nan, 1, 1, 0], "label of network 3 is missing"),
        (["a", "b", None, "a", "b", "a", "b"], "label of network 2 is missing"),
    ],
)
@pytest.mark.parametrize("function", [permutation_test, mean_difference_band])
def test_bad_groups(table, function, groups, message):
    with pytest.raises(ValueError, match=message):
        function(table, groups)


@pytest.mark.parametrize(
    ("y", "error", "message"),
    [
        ([1, 2, np.nan, 3, 4, 5, 6], ValueError, "value of network 2 is NaN or infinite"),
        ([1, 2, np.inf, 3, 4, 5, 6], ValueError, "value of network 2 is NaN or infinite"),
        ([3] * 7, ValueError, "y is constant"),
        ([1, 2], ValueError, r"one number for each of 7 networks, got shape \(2,\)"),
        (list("abcdefg"), TypeError, "y must be numbers"),
    ],
)
@pytest.mark.parametrize("function", [trend_test, independence_test])
def test_bad_responses(table, function, y, error, message):
    with pytest.raises(error, match=message):
        function(table, y)


@pytest.mark.parametrize(
    "function", [permutation_test, mean_difference_band, trend_test, independence_test]
)
def test_bad_tables(table, function):
    labels = [0, 1, 0, 1, 0, 1, 1]
    with pytest.raises(ValueError, match="No diagram of the table has a finite bar"):
        function([np.empty((0, 2))] * 7, labels)
    with pytest.raises(ValueError, match="No diagram of the table has a finite bar"):
        function([[[0, np.inf]]] * 7, labels)
    table[3, 1] = np.array([[0.0, 1.0], [2.0, 1.0]])
    with pytest.raises(ValueError, match="row 3, column 1: bar 1 dies at 1, before its birth"):
        function(table, labels)
    with pytest.raises(ValueError, match="Every row must have the same columns"):
        function([list(table[0]), list(table[1, :2])], [0, 1])
    with pytest.raises(ValueError, match="essential must be one of"):
        function(table, labels, essential="keep")


def test_bad_blocks(table):
    groups = [0, 1, 0, 1, 0, 1, 1]
    with pytest.raises(ValueError, match="2 networks of block 'q' have the same value of groups"):
        permutation_test(table, groups, blocks=list("ppqpqpp"))
    with pytest.raises(ValueError, match="blocks must hold one label for each of 7"):
        permutation_test(table, groups, blocks=[0, 1])
    with pytest.raises(ValueError, match=r"block 1 holds \[2, 1\]"):
        mean_difference_band(table, groups, blocks=[0, 0, 1, 1, 1, 2, 2])
    with pytest.raises(ValueError, match="each of the 7 values of y once in every block"):
        trend_test(table, np.arange(7), blocks=[0, 0, 0, 1, 1, 1, 1], statistic="page")


def test_bad_options(frame):
    groups = [0, 1, 0, 1, 0, 1, 1]
    for options, message in (
        ({"statistic": "t"}, "statistic must be one of"),
        ({"correction": "bonferroni"}, "correction must be one of"),
        ({"columns": "layers"}, "columns must be one of"),
        ({"columns": ["fc1__H2"]}, "no column is named 'fc1__H2'; did you mean"),
        ({"columns": []}, "columns is empty"),
        ({"n_resamples": 0}, "n_resamples must be at least 1"),
        ({"column_weights": {"fc1": -1}}, "must not be negative"),
        ({"statistic": lambda gram, labels: np.nan}, "must return one finite number"),
        ({"statistic": lambda gram, labels: labels}, "must return one finite number"),
    ):
        with pytest.raises(ValueError, match=message):
            permutation_test(frame, groups, **options)
    with pytest.raises(ValueError, match="named after a layer and a degree"):
        permutation_test(frame.to_numpy(), groups, columns="layer")
    with pytest.raises(ValueError, match="p must be a number between 1 and inf"):
        trend_test(frame, groups, p=0.5)
    with pytest.raises(ValueError, match='columns must be None or "degree"'):
        trend_test(frame, "layer", columns="layer")
    with pytest.raises(ValueError, match="layer 'fc2' has no column of degree H1"):
        trend_test(frame.drop(columns="fc2__H1"), "layer", columns="degree")
    with pytest.raises(ValueError, match="leave blocks out"):
        trend_test(frame, "layer", blocks=groups)
    with pytest.raises(ValueError, match="alpha must be between 0 and 1"):
        confidence_band(frame, alpha=5)
    with pytest.raises(ValueError, match=r"no 0.95 quantile; take at least 19"):
        confidence_band(frame, n_resamples=18)
    with pytest.raises(ValueError, match="at least two networks"):
        confidence_band(frame[:1])
    with pytest.raises(ValueError, match="a difference is one of two groups"):
        mean_difference_band(frame, [0, 0, 1, 1, 2, 2, 2])


LABELS = [0, 1, 0, 1, 0, 1, 1]
TESTS = [permutation_test, trend_test, independence_test]
BANDS = [confidence_band, mean_difference_band]
NOT_A_COUNT = [0, -1, 1.5, True, "x", None, np.nan, [3]]
NONSENSE = {
    "alpha": [0, 1, -0.1, 2, np.nan, np.inf, "x", None, True, [0.1]],
    "adaptive": ["yes", 1, None, []],
    "alternative": ["up", None, 1, True],
    "blocks": [3, "x", {0: 1}, set(LABELS), iter(LABELS), [0, 1], [[0]] * 7, [0] * 6 + [np.nan]],
    "columns": [3, b"fc1__H0", True, object(), "fc1", [], ["fc1"], [3], ["fc1__H0"] * 2],
    "column_weights": ["x", 3, [1], {"fc7": 1}, [-1, 1, 1, 1], [np.nan] * 4, [0] * 4],
    "correction": ["bonferroni", 1, True, [], "Holm"],
    "essential": ["keep", None, 1, True],
    "groups": [None, 3, "aabbaab", {0: 1}, set(LABELS), iter(LABELS), [0, 1], [[0, 1]] * 7],
    "n_jobs": [0, 1.5, True, "x", [2]],
    "n_landscapes": NOT_A_COUNT,
    "n_resamples": NOT_A_COUNT,
    "p": [0.5, -1, np.nan, "2", True, None, [2], 1j],
    "resolution": [1, *NOT_A_COUNT],
    "rng": ["x", True, -1, 1.5, object(), {0: 1}, [None]],
    "statistic": ["t", None, 3, ["mmd"]],
    "y": [
        None,
        3,
        "accuracy",
        {0: 1},
        set(LABELS),
        iter(LABELS),
        [0, 1],
        [1] * 7,
        list("0101011"),
        [1j] * 7,
        np.empty((7, 0)),
        [[0], [0, 1]] * 3,
        [*LABELS[:6], np.nan],
    ],
}


CASES = [
    pytest.param(function, name, NONSENSE[name], id=f"{function.__name__}-{name}")
    for function in (*TESTS, *BANDS)
    for name in NONSENSE
    if name in inspect.signature(function).parameters
]


def call(function, frame, **options):
    given = {"groups": LABELS, "y": LABELS}
    names = inspect.signature(function).parameters
    return function(frame, **({n: given[n] for n in given if n in names} | options))


def test_every_parameter_is_tried():
    for function in (*TESTS, *BANDS):
        assert set(inspect.signature(function).parameters) <= {"X", *NONSENSE}


@pytest.mark.parametrize(("function", "name", "values"), CASES)
def test_nonsense_is_refused_by_name(frame, function, name, values):
    for value in values:
        with pytest.raises((ValueError, TypeError), match=name):
            call(function, frame, **{name: value})


@pytest.mark.parametrize(
    ("labels", "error", "message"),
    [
        (["a", "b", np.nan, "a", "b", "a", "b"], ValueError, "label of network 2 is missing"),
        ([1, 2, pd.NA, 1, 2, 1, 2], ValueError, "label of network 2 is missing"),
        (pd.Series(["a", "b", None, "a", "b", "a", "b"]), ValueError, "network 2 is missing"),
        (["1", 1, 1, 1, 1, "1", "1"], TypeError, r"labels of one type .* got \['int', 'str'\]"),
        ({"a": 1}, TypeError, "sequence with one label for each of 7 networks, got dict"),
        ("aabbaab", TypeError, "sequence with one label for each of 7 networks, got str"),
    ],
)
def test_bad_labels(frame, labels, error, message):
    for name in ("groups", "blocks"):
        with pytest.raises(error, match=f"{name}.*{message}"):
            permutation_test(frame, **({"groups": LABELS} | {name: labels}))


@pytest.mark.parametrize(
    "labels",
    [
        list("aabbaab"),
        np.array([3.0, 1, 3, 1, 1, 1, 3]),
        pd.Series(LABELS, index=list("tuvwxyz")),
        pd.Categorical(list("aabbaab")),
        [True, False, True, True, False, False, True],
        range(0, 7),
    ],
)
def test_good_labels(frame, labels):
    if isinstance(labels, range):
        labels = [label // 4 for label in labels]
    result = permutation_test(frame, labels)
    assert result.groups == sorted(set(np.asarray(labels).tolist()))


@pytest.mark.parametrize("function", [*TESTS, *BANDS])
def test_warnings_point_at_the_users_line(frame, function):
    frame = frame.copy()
    frame.iat[2, 1] = np.array([[0.0, 1.0], [0.5, np.inf]])
    with pytest.warns(UserWarning, match="row 2, column 'fc1__H1'") as caught:
        call(function, frame)
    assert [warning.filename for warning in caught] == [__file__]


def test_bands_contain_landscapes_alone(frame):
    band = confidence_band(frame, n_resamples=19)["fc1__H0"]
    for value in (None, [[0, 1]], band):
        with pytest.raises(TypeError, match="landscape must be a PersistenceLandscape, got"):
            band.contains(value)
