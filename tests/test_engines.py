"""What the rows of the table of engines promise."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_array_equal
from oracles import rips_bars as slow_bars
from scipy.spatial.distance import pdist, squareform

from skactland import RipsPersistence, rips_persistence
from skactland.persistence._engines import ENGINES, Engine

pytestmark = pytest.mark.filterwarnings("ignore:No bar in some degree above 0")


def normal(*shape, seed=0):
    return np.random.default_rng(seed).normal(size=shape)


def degrees_of(engine):
    return tuple(range(min(ENGINES[engine].highest_degree, 2) + 1))


@pytest.mark.parametrize("engine", ENGINES)
@given(seed=st.integers(0, 2**32 - 1), n=st.integers(0, 9), has_ties=st.booleans())
def test_every_engine_is_exact(engine, seed, n, has_ties):
    rng = np.random.default_rng(seed)
    points = rng.integers(0, 3, size=(n, 2)) if has_ties else rng.normal(size=(n, 2))
    distances = squareform(pdist(points)) if n > 1 else np.zeros((n, n))
    degrees = degrees_of(engine)
    found = rips_persistence(distances, degrees, metric="precomputed", engine=engine)
    for degree, bars in zip(degrees, found, strict=True):
        assert_array_equal(bars, slow_bars(distances, degree))


@pytest.mark.parametrize("engine", ENGINES)
def test_every_engine_keeps_what_its_row_says(engine):
    row, cloud = ENGINES[engine], normal(12, 2)
    options = {"engine": engine, "return_simplices": row.has_simplices}
    for field in row.fields or (2, 3, 65_521):
        found = rips_persistence(cloud, degrees_of(engine), coefficient_field=field, **options)
        if row.has_simplices:
            assert all(len(s) == len(bars) for bars, s in zip(*found, strict=True))
    for metric in row.of_points:
        by_points = rips_persistence(cloud, metric=metric, homology_dimensions=(0,), engine=engine)
        assert_array_equal(by_points[0], rips_persistence(cloud, (0,), engine="gudhi")[0])


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({"homology_dimensions": (0,)}, "tree"),
        ({"homology_dimensions": (0,), "coefficient_field": 3, "return_simplices": True}, "tree"),
        ({}, "lunes"),
        ({"homology_dimensions": (1,), "return_simplices": True}, "lunes"),
        ({"homology_dimensions": (2,)}, "lunes"),
        ({"homology_dimensions": (0, 2), "return_simplices": True}, "lunes"),
        ({"homology_dimensions": (3,)}, "gudhi"),
        ({"coefficient_field": 3}, "gudhi"),
    ],
)
def test_auto_takes_the_first_that_can(options, expected, monkeypatch):
    called = []
    for name, row in list(ENGINES.items()):

        def compute(*args, name=name, row=row):
            called.append(name)
            return row.function(*args)

        monkeypatch.setitem(ENGINES, name, replace(row, function=compute, of_points={}))
    rips_persistence(normal(8, 2), **options)
    assert called == [expected]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"engine": "ripser"}, r"engine must be one of \['auto', 'gudhi', 'lunes', 'tree'\]"),
        (
            {"engine": "lunes", "homology_dimensions": (0, 3)},
            "engine='lunes' cannot do degree 3; engine='gudhi' can",
        ),
        (
            {"engine": "lunes", "coefficient_field": 3},
            "cannot do coefficient_field=3; engine='gudhi' can",
        ),
        ({"engine": "tree"}, "engine='tree' cannot do degree 1; engine='lunes' can"),
        (
            {"engine": "gudhi", "return_simplices": True},
            "cannot do return_simplices=True; engine='lunes' can",
        ),
        (
            {"return_simplices": True, "homology_dimensions": (3,), "coefficient_field": 3},
            "engine='lunes' cannot do degree 3 and coefficient_field=3; "
            "engine='gudhi' cannot do return_simplices=True; ask for less",
        ),
    ],
)
def test_what_an_engine_cannot_do(options, message):
    with pytest.raises(ValueError, match=message):
        rips_persistence(normal(10, 2), **options)
    with pytest.raises(ValueError, match=message):
        RipsPersistence(**options).fit([normal(10, 2)])


def test_clouds_that_are_too_large_for_an_engine(monkeypatch):
    monkeypatch.setitem(ENGINES, "lunes", replace(ENGINES["lunes"], largest_cloud=9))
    small, large = normal(9, 2), normal(10, 2)
    expected = rips_persistence(large, engine="gudhi")
    for bars, of_gudhi in zip(rips_persistence(large), expected, strict=True):
        assert_array_equal(bars, of_gudhi)
    for options in ({"engine": "lunes"}, {"return_simplices": True}):
        message = r"engine='lunes' cannot do 10 points \(9 at most\).*PointSampler"
        with pytest.raises(ValueError, match=f"the cloud: .*{message}"):
            rips_persistence(large, **options)
        with pytest.raises(ValueError, match=f"row 1, column 0: .*{message}"):
            RipsPersistence(**options).fit_transform([small, large])
    _, simplices = rips_persistence(large, (0,), return_simplices=True)
    assert simplices[0].shape == (10, 2)


def test_a_new_engine_is_one_row(monkeypatch):
    """Of the complex without edges."""

    def apart(distances, degrees, max_edge_length, coefficient_field):
        bars = [np.tile([0, np.inf], (len(distances) if q == 0 else 0, 1)) for q in degrees]
        return bars, [None] * len(degrees)

    monkeypatch.setitem(ENGINES, "apart", Engine(apart, bytes_per_pair=8, highest_degree=3))
    cloud = normal(5, 2)
    assert_array_equal(rips_persistence(cloud, engine="apart")[0], [[0, np.inf]] * 5)
    assert RipsPersistence(engine="apart").fit_transform([cloud])[0, 0].shape == (5, 2)
    with pytest.raises(ValueError, match="engine='apart' cannot do degree 4"):
        rips_persistence(cloud, (4,), engine="apart")


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("exponent", [-1000, -900, -520, -300, 300, 520, 900, 1010])
def test_bars_scale_with_the_cloud_to_the_last_bit(engine, exponent):
    degrees = degrees_of(engine)
    for cloud in (normal(25, 3), np.maximum(normal(25, 3, seed=1), 0)):
        scaled = rips_persistence(np.ldexp(cloud, exponent), degrees, engine=engine)
        for bars, expected in zip(scaled, rips_persistence(cloud, degrees), strict=True):
            assert_array_equal(bars, np.ldexp(expected, exponent))


@pytest.mark.parametrize("degrees", [(0,), (0, 1)])
def test_points_farther_apart_than_the_largest_number(degrees):
    cloud = [[-1.5e308], [1.5e308], [0]]
    with pytest.raises(ValueError, match="the cloud: points are farther apart than the largest"):
        rips_persistence(np.array(cloud)[:2], degrees)
    with pytest.raises(ValueError, match="row 0, column 0: points are farther apart"):
        RipsPersistence(degrees).fit_transform([np.array(cloud)[:2]])


def test_what_a_signal_raises_is_no_error_of_the_data(monkeypatch):
    """Machine code that returns while Ctrl-C is handled makes a SystemError of it."""

    def interrupted(*_):
        inner = SystemError("unpickling returned a result with an exception set")
        inner.__cause__ = KeyboardInterrupt()
        raise SystemError("the kernel returned a result with an exception set") from inner

    engine = replace(ENGINES["lunes"], function=interrupted)
    monkeypatch.setitem(ENGINES, "lunes", engine)
    with pytest.raises(KeyboardInterrupt):
        rips_persistence(np.eye(5))
