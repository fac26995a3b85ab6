"""Landmarks and subsamples."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal
from scipy.spatial.distance import cdist

from skactland import PointSampler, RipsPersistence, farthest_points
from skactland.metrics import distance_matrix


@given(st.integers(0, 2**32 - 1), st.integers(1, 25), st.integers(1, 25), st.booleans())
def test_each_landmark_is_the_farthest_point(seed, n, n_points, has_ties):
    rng = np.random.default_rng(seed)
    cloud = rng.integers(0, 3, size=(n, 2)) if has_ties else rng.normal(size=(n, 2))
    indices, radius = farthest_points(cloud, n_points, random_state=seed)
    distances = cdist(cloud, cloud)
    assert len(indices) == len(set(indices)) == min(n, n_points)
    for i in range(1, len(indices)):
        to_nearest = distances[:, indices[:i]].min(axis=1)
        assert to_nearest[indices[i]] == to_nearest.max()
    assert_allclose(radius, distances[:, indices].min(axis=1).max())
    again = farthest_points(distances, n_points, metric="precomputed", random_state=seed)
    assert_array_equal(again[0], indices)


def test_landmarks_of_duplicates_are_different_points():
    indices, radius = farthest_points(np.zeros((6, 2)), 4)
    assert len(set(indices)) == 4
    assert radius == 0.0


def test_no_point():
    indices, radius = farthest_points(np.zeros((0, 2)), 4)
    assert len(indices) == 0
    assert radius == 0.0


def test_landmarks_in_another_metric_reach_every_component():
    cloud = np.concatenate([np.arange(6.0), 100 + np.arange(6.0)])[:, None]
    indices, radius = farthest_points(
        cloud, 2, metric="geodesic", metric_params={"n_neighbors": 1}, random_state=0
    )
    assert len({int(i) // 6 for i in indices}) == 2
    assert np.isfinite(radius)
    assert np.isinf(
        farthest_points(cloud, 1, metric="geodesic", metric_params={"n_neighbors": 1})[1]
    )


def test_landmarks_agree_with_the_function_in_size_and_radius(clouds):
    sampler = PointSampler(5, random_state=0).fit(clouds)
    radii = sampler.covering_radii(clouds)
    assert radii.shape == clouds.shape
    for cloud, sample, radius in zip(
        clouds.ravel(), sampler.transform(clouds).ravel(), radii.ravel(), strict=True
    ):
        assert sample.shape == (5, cloud.shape[1])
        assert_allclose(cdist(cloud, sample).min(axis=1).max(), radius)


def test_random_points_correspond_in_networks_and_layers(clouds):
    sampler = PointSampler(5, method="random", n_subsamples=3, random_state=0)
    samples = sampler.fit_transform(clouds)
    assert samples.shape == (6, 6)
    drawn = set()
    for b in range(3):
        first = samples[0, b]
        rows = [int(np.flatnonzero((clouds[0, 0] == x).all(axis=1))[0]) for x in first]
        assert rows == sorted(set(rows))
        drawn.add(tuple(rows))
        for i, j in np.ndindex(clouds.shape):
            assert_array_equal(samples[i, 3 * j + b], clouds[i, j][rows])
    assert len(drawn) == 3
    radii = sampler.covering_radii(clouds)
    expected = cdist(clouds[1, 1], samples[1, 4]).min(axis=1).max()
    assert_allclose(radii[1, 4], expected)


def test_seeds(clouds):
    for method in ("farthest", "random"):
        one = PointSampler(5, method=method, random_state=0).fit_transform(clouds)
        same = PointSampler(5, method=method, random_state=0).fit_transform(clouds)
        others = [
            PointSampler(5, method=method, random_state=s).fit_transform(clouds) for s in range(9)
        ]
        assert_array_equal(one[0, 0], same[0, 0])
        assert any((one[0, 0] != other[0, 0]).any() for other in others)


def test_n_jobs_does_not_matter(clouds):
    for method in ("farthest", "random"):
        one = PointSampler(5, method=method, n_subsamples=2, random_state=0).fit_transform(clouds)
        two = PointSampler(
            5, method=method, n_subsamples=2, random_state=0, n_jobs=2
        ).fit_transform(clouds)
        for a, b in zip(one.ravel(), two.ravel(), strict=True):
            assert_array_equal(a, b)


def test_small_clouds_pass_unchanged_and_types_are_kept(table_of):
    table = table_of([[np.ones((5, 2)), np.eye(6)]])
    table[0, 1] = table[0, 1].astype(np.float32)
    sampler = PointSampler(5, random_state=0).fit(table)
    samples = sampler.transform(table)
    assert samples[0, 0] is table[0, 0]
    assert samples[0, 1].shape == (5, 6)
    assert samples[0, 1].dtype == np.float32
    assert_allclose(sampler.covering_radii(table), [[0, np.sqrt(2)]])


@pytest.mark.parametrize("method", ["farthest", "random"])
def test_distance_matrices_lose_rows_and_columns(clouds, method):
    matrices = clouds.copy()
    for index in np.ndindex(clouds.shape):
        matrices[index] = distance_matrix(clouds[index])
    matrices[0, 0][0, 1:] = matrices[0, 0][1:, 0] = np.inf
    options = {"method": method, "random_state": 0}
    of_matrices = PointSampler(5, metric="precomputed", **options).fit_transform(matrices)
    of_clouds = PointSampler(5, **options).fit_transform(clouds)
    assert_allclose(of_matrices[3, 1], distance_matrix(of_clouds[3, 1]))
    assert of_matrices[0, 0].shape == (5, 5)


def test_names_go_down_the_pipeline(clouds):
    sampler = PointSampler(5).fit(clouds)
    assert sampler.get_feature_names_out(["fc1", "fc2"]).tolist() == ["fc1", "fc2"]
    sampler = PointSampler(5, n_subsamples=2).fit(clouds)
    names = sampler.get_feature_names_out(["fc1", "fc2"])
    assert names.tolist() == ["fc1__sample0", "fc1__sample1", "fc2__sample0", "fc2__sample1"]
    pipe = sampler.__class__(11, n_subsamples=2, random_state=0).set_output(transform="pandas")
    rips = RipsPersistence((0,)).set_output(transform="pandas")
    assert list(rips.fit_transform(pipe.fit_transform(clouds)))[1] == "x0__sample1__H0"


@pytest.mark.parametrize(
    ("parameters", "error", "message"),
    [
        ({"n_points": 0}, ValueError, "n_points must be at least 1"),
        ({"n_points": 2.5}, TypeError, "n_points must be an integer"),
        ({"n_subsamples": 0}, ValueError, "n_subsamples must be at least 1"),
        ({"n_points": None}, TypeError, "n_points must be an integer"),
        ({"n_subsamples": True}, TypeError, "n_subsamples must be an integer"),
        ({"method": "best"}, ValueError, "method must be one of"),
        ({"method": None}, ValueError, "method must be one of"),
        ({"metric": 3}, TypeError, "metric must be one of"),
        ({"metric_params": "x"}, TypeError, "metric_params must be a dict"),
        ({"metric": "precomputed", "metric_params": {"p": 1}}, TypeError, "takes nothing"),
        ({"random_state": "x"}, ValueError, "random_state must be None, an integer"),
        ({"n_jobs": "all"}, TypeError, "n_jobs must be an integer"),
        ({"n_jobs": 0}, ValueError, "n_jobs must not be 0"),
    ],
)
def test_bad_parameters(clouds, parameters, error, message):
    with pytest.raises(error, match=message):
        PointSampler(**parameters).fit(clouds)


@pytest.mark.parametrize("method", ["farthest", "random"])
@pytest.mark.parametrize("n_points", [5, 50])
def test_errors_name_the_cell(clouds, method, n_points):
    clouds[3, 1] = np.full((12, 2), np.nan)
    with pytest.raises(ValueError, match="row 3, column 1: 24 of 24 coordinates"):
        PointSampler(n_points, method=method).fit_transform(clouds)
    with pytest.raises(ValueError, match="n_points must be at least 1"):
        farthest_points(np.eye(3), 0)


def test_cells_that_are_frames_lose_points():
    import pandas as pd

    cloud = np.random.default_rng(0).normal(size=(100, 3))
    for method in ("farthest", "random"):
        sampler = PointSampler(20, method=method, random_state=0)
        found = sampler.fit_transform([pd.DataFrame(cloud, columns=["a", "b", "c"])])[0, 0]
        assert_array_equal(found, sampler.fit_transform([cloud])[0, 0])
        assert found.shape == (20, 3)


@pytest.mark.parametrize("exponent", [-1000, -520, 520, 1010])
def test_landmarks_at_every_scale(exponent):
    cloud = np.random.default_rng(0).normal(size=(30, 3))
    indices, radius = farthest_points(cloud, 8, random_state=0)
    found = farthest_points(np.ldexp(cloud, exponent), 8, random_state=0)
    assert_array_equal(found[0], indices)
    assert found[1] == np.ldexp(radius, exponent)
    with pytest.raises(ValueError, match="the cloud: points are farther apart"):
        farthest_points([[-1.7e308], [1.7e308]], 1)
