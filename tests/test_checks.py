"""Where a value stands in an error, and which line a warning points at."""

import inspect
import warnings

import numpy as np
import pytest
from sklearn.pipeline import make_pipeline

from skactland import LandscapeVectorizer, RipsPersistence, landscape_gram, rips_persistence
from skactland._checks import at_place, check_diagram, warn_user

UNFINISHED = [[[0.0, np.inf], [1.0, np.inf], [0.0, 1.0]]]


class SpeaksForItself(ValueError):
    """An error whose message is not its argument."""

    def __str__(self):
        return "something of its own"


@pytest.mark.parametrize("kind", [ValueError, TypeError, MemoryError, OSError, RuntimeError])
def test_an_error_keeps_its_kind_and_says_where(kind):
    with pytest.raises(kind) as caught, at_place("row 3, column 'fc1'"):
        raise kind("too long")
    assert str(caught.value) == "row 3, column 'fc1': too long"
    assert not hasattr(caught.value, "__notes__")


def test_places_within_places_are_named_from_the_outside_in():
    expected = pytest.raises(ValueError, match=r"^network 2: layer 'fc1': NaN$")
    with expected, at_place("network 2"), at_place("layer 'fc1'"):
        raise ValueError("NaN")


@pytest.mark.parametrize(
    "error", [SpeaksForItself("x"), ValueError("one", "two"), ValueError(), OSError(2, "no file")]
)
def test_an_error_with_another_message_gets_a_note(error):
    with pytest.raises(type(error)) as caught, at_place("row 3"):
        raise error
    assert "row 3" in str(caught.value) or caught.value.__notes__ == ["This was row 3."]


@pytest.mark.parametrize("error", [KeyboardInterrupt, SystemExit, GeneratorExit])
def test_what_is_no_error_passes(error):
    with pytest.raises(error) as caught, at_place("row 3"):
        raise error("as it was")
    assert caught.value.args == ("as it was",)


def line_of(function):
    """The file and line at which the warning of a function is said to arise."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        function()
    assert len(caught) == 1
    return caught[0].filename, caught[0].lineno


@pytest.mark.parametrize(
    "call",
    [
        lambda: LandscapeVectorizer(essential="drop").fit_transform(UNFINISHED),
        lambda: LandscapeVectorizer().set_output(transform="pandas").fit_transform(UNFINISHED),
        lambda: make_pipeline(LandscapeVectorizer()).fit_transform(UNFINISHED),
        lambda: landscape_gram(UNFINISHED),
        lambda: RipsPersistence().fit_transform([np.eye(3)]),
        lambda: warn_user("straight"),
    ],
)
def test_a_warning_points_at_the_users_line(call):
    assert line_of(call) == (__file__, inspect.getsourcelines(call)[1])


@pytest.mark.parametrize("kind", [int, float, list])
def test_edges_that_have_lost_their_type_are_no_diagram(kind):
    edges = rips_persistence([[0, 0], [1, 0], [3, 0]], (0,), return_simplices=True)[1][0]
    lost = edges.tolist() if kind is list else np.array(edges.tolist(), dtype=kind)
    with pytest.raises(TypeError, match="looks like edges of degree 0"):
        check_diagram(lost)


@pytest.mark.parametrize("bars", [[[-1, -1]], [[-1, -1], [0, 1]], [[0.5, 2], [-1, -1]]])
def test_bars_of_no_length_at_minus_one_are_bars(bars):
    assert len(check_diagram(bars)) == len(bars)
