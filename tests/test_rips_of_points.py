"""Degrees 0 and 1 of Euclidean clouds without their matrix, against those with it."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_array_equal

from skactland import rips_persistence
from skactland._compiled.rips import grades
from skactland.metrics import _memory
from skactland.persistence._engines import ENGINES
from skactland.persistence._lunes import bytes_of_points

seeds = st.integers(0, 2**32 - 1)
LUNES = ENGINES["lunes"]
KINDS = {
    "normal": lambda rng, shape: rng.normal(size=shape),
    "lattice": lambda rng, shape: rng.integers(0, 3, shape) * 1.0,
    "one place": lambda rng, shape: np.ones(shape),
    "large": lambda rng, shape: rng.normal(size=shape) * 1e200,
    "small": lambda rng, shape: rng.normal(size=shape) * 1e-200,
    "far away": lambda rng, shape: rng.normal(size=shape) + 1e6,
}


def choose_route(patch, is_without):
    """Let clouds of any size go without a matrix, or none."""
    ways = {name: replace(way, fewest_points=0) for name, way in LUNES.of_points.items()}
    patch.setitem(ENGINES, "lunes", replace(LUNES, of_points=ways if is_without else {}))


def both(cloud, **options):
    """The bars and simplices with and without the matrix."""
    results = []
    for is_without in (False, True):
        with pytest.MonkeyPatch.context() as patch:
            choose_route(patch, is_without)
            # So few that most clouds need several parts, and some more room than there is first.
            patch.setattr(grades, "_MOST_AT_ONCE", 300)
            results.append(rips_persistence(cloud, return_simplices=True, **options))
    return results


@pytest.mark.filterwarnings("ignore:No bar in some degree above 0")
@settings(deadline=None, max_examples=80)
@given(
    seeds,
    st.integers(0, 60),
    st.sampled_from([1, 2, 5, 30, 130, 260]),
    st.sampled_from(sorted(KINDS)),
    st.sampled_from([np.float64, np.float32]),
    st.sampled_from([np.inf, 0.0, 0.5, 1.0]),
)
def test_bars_are_the_same_to_the_last_bit(seed, n, d, kind, dtype, share):
    with np.errstate(over="ignore", under="ignore"):
        cloud = KINDS[kind](np.random.default_rng(seed), (n, d)).astype(dtype)
    if not np.isfinite(cloud).all():
        return
    size = np.abs(cloud - cloud[:1]).max(initial=0) if n else 1.0
    limit = np.inf if share == np.inf else share * float(size)
    (expected, edges), (found, others) = both(cloud, max_edge_length=limit)
    for ours, theirs in zip(found, expected, strict=True):
        assert ours.tobytes() == theirs.tobytes()
    assert_array_equal(others[0], edges[0])
    assert_array_equal(others[1][:, :2], edges[1][:, :2])
    # Of the triangle that ends a bar the longest edge is determined, and the third point is not.
    assert_array_equal(*(np.sort(each[1][:, 2:4]) for each in (others, edges)))


@pytest.mark.parametrize("d", [3, 200])
def test_bars_of_several_tiles_are_the_same(d):
    (expected, _), (found, _) = both(np.random.default_rng(0).normal(size=(900, d)))
    for ours, theirs in zip(found, expected, strict=True):
        assert ours.tobytes() == theirs.tobytes()


def test_a_cloud_fits_whose_matrix_does_not(monkeypatch):
    n, d = 200, 2
    cloud = np.random.default_rng(0).normal(size=(n, d))
    monkeypatch.setattr(_memory, "_LITTLE", 0)
    monkeypatch.setattr(_memory, "available_memory", lambda: bytes_of_points(n, d))
    choose_route(monkeypatch, is_without=False)
    with pytest.raises(MemoryError, match="200 points need about"):
        rips_persistence(cloud)
    choose_route(monkeypatch, is_without=True)
    assert len(rips_persistence(cloud)[1])
    # What needs distances from all points still has the matrix.
    for options in ({"return_cycles": True}, {"metric_params": {"method": "differences"}}):
        with pytest.raises(MemoryError, match="200 points need about"):
            rips_persistence(cloud, **options)
    with pytest.raises(MemoryError, match="200 points need about"):
        rips_persistence(cloud, (0, 1, 2))


def test_a_cloud_that_does_not_fit_without_its_matrix_either(monkeypatch):
    monkeypatch.setattr(_memory, "available_memory", lambda: 10**9)
    endless = np.broadcast_to(np.zeros((1, 1)), (30_000, 1))
    with pytest.raises(MemoryError, match=r"30000 points need about 6.0 GB.*PointSampler"):
        rips_persistence(endless)


def test_coordinates_are_checked_without_a_matrix_too(monkeypatch):
    choose_route(monkeypatch, is_without=True)
    with pytest.raises(ValueError, match=r"1 of 20 coordinates are NaN"):
        rips_persistence(np.where(np.arange(20).reshape(10, 2) == 3, np.nan, 1.0))
