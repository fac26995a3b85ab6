"""Thresholds are drawn where they belong: in the diagram that was tested."""

import numpy as np
import pandas as pd
import pytest

from skactland import RipsPersistence
from skactland.datasets import make_circle
from skactland.displays import ActivationLandscapeDisplay, DiagramDisplay
from skactland.inference import bar_test, universal_bar_test

pytestmark = pytest.mark.usefixtures("no_screen")


@pytest.fixture(scope="module")
def clouds():
    """Two layers of two networks."""
    seeds = np.arange(4).reshape(2, 2)
    cells = [[make_circle(30, noise=0.1, random_state=seed) for seed in row] for row in seeds]
    return pd.DataFrame(
        {f"fc{j + 1}": [row[j] for row in cells] for j in range(2)}, index=list("ab")
    )


@pytest.fixture(scope="module")
def table(clouds):
    return RipsPersistence().set_output(transform="pandas").fit_transform(clouds)


def with_lines(display):
    """Return the columns that have a line."""
    keys = getattr(display, "_lines", None)
    keys = keys if isinstance(keys, dict) else display._thresholds
    return sorted(f"{layer}__H{degree}" for layer, degree in keys)


DRAWINGS = {
    "diagram": DiagramDisplay.from_table,
    "landscape": ActivationLandscapeDisplay.from_table,
}


@pytest.fixture(params=sorted(DRAWINGS))
def draw(request):
    return DRAWINGS[request.param]


def results_of(clouds, table, row, layer):
    """Both tests of a layer, and one of its diagram in another order and rounding."""
    diagram = table[f"{layer}__H1"].loc[row]
    shuffled = np.random.default_rng(0).permutation(diagram).astype(np.float32)
    return [
        bar_test(clouds.loc[row, layer], n_nulls=19, rng=0),
        universal_bar_test(diagram),
        universal_bar_test(shuffled),
    ]


def test_a_result_is_drawn_in_its_diagram_alone(clouds, table, draw):
    one = table.iloc[[0]]
    for test in results_of(clouds, table, "a", "fc2"):
        assert with_lines(draw(one, threshold=test)) == ["fc2__H1"]
        assert with_lines(draw(one, threshold={"fc2__H1": test, "fc1__H0": 0.5})) == [
            "fc1__H0",
            "fc2__H1",
        ]
        twice = one[["fc2__H1"]].assign(fc3__H1=one["fc2__H1"])
        assert with_lines(draw(twice, threshold=test)) == ["fc2__H1", "fc3__H1"]
    assert with_lines(draw(one, threshold=0.5)) == sorted(table.columns)


def test_results_of_other_diagrams_are_refused(clouds, table, draw):
    one = table.iloc[[0]]
    for test in results_of(clouds, table, "b", "fc1"):
        with pytest.raises(
            ValueError, match=r"none of the columns .* was tested: the test is of d"
        ):
            draw(one, threshold=test)
        with pytest.raises(ValueError, match="column 'fc1__H1': the test is of another diagram"):
            draw(one, threshold={"fc1__H1": test})
        with pytest.raises(ValueError, match="column 'fc1__H0': the test is of degree 1"):
            draw(one, threshold={"fc1__H0": test})
    scaled = bar_test(clouds.loc["a", "fc1"], metric="scaled", n_nulls=19, rng=0)
    with pytest.raises(ValueError, match="was tested"):
        draw(one, threshold=scaled)


def test_a_mean_of_networks_has_no_test(clouds, table):
    test = results_of(clouds, table, "a", "fc1")[0]
    for threshold in (test, {"fc1__H1": test}):
        with pytest.raises(ValueError, match="of one network, and there are 2; give its row"):
            ActivationLandscapeDisplay.from_table(table, threshold=threshold)
    display = ActivationLandscapeDisplay.from_table(table, threshold=0.5)
    assert with_lines(display) == sorted(table.columns)
    assert with_lines(DiagramDisplay.from_table(table, threshold=test)) == ["fc1__H1"]
    with pytest.raises(ValueError, match="was tested"):
        DiagramDisplay.from_table(table, row=1, threshold=test)


def test_landscapes_alone_know_no_diagrams(clouds, table):
    test = results_of(clouds, table, "a", "fc1")[0]
    arrays = [[0, 1]] * 2, np.ones((2, 1, 2))
    with pytest.raises(ValueError, match=r"may be that of any of .*'fc1__H1': result"):
        ActivationLandscapeDisplay(["fc1__H1", "fc2__H1"], *arrays, threshold=test)
    for columns, threshold in (
        (["fc1__H0", "fc1__H1"], test),
        (["fc1__H1", "fc2__H1"], {"fc1__H1": test}),
    ):
        display = ActivationLandscapeDisplay(columns, *arrays, threshold=threshold)
        assert with_lines(display) == ["fc1__H1"]


def test_where_no_bar_can_stand_out_a_warning_says_so(clouds, table, draw):
    few = bar_test(clouds.loc["a", "fc1"], n_nulls=3, rng=0)
    with pytest.warns(UserWarning, match="'fc1__H1' has no line: .* alpha=0.05.* more nulls"):
        assert with_lines(draw(table.iloc[[0]], threshold=few)) == []
    empty = np.empty((0, 2))
    draw(
        [[empty, table.iloc[0, 1]]], columns=["a__H1", "b__H1"], threshold=universal_bar_test(empty)
    )
