"""Rips persistence against the definition, published values and laws."""

import warnings

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from joblib import parallel_config
from numpy.testing import assert_allclose, assert_array_equal
from oracles import rips_bars
from scipy.spatial.distance import pdist, squareform
from sklearn.base import clone
from sklearn.pipeline import make_pipeline

from skactland import PointSampler, RipsPersistence, rips_persistence
from skactland.metrics import distance_matrix
from skactland.persistence import _tree

SQRT2 = np.sqrt(2)


def polygon(n):
    angles = 2 * np.pi * np.arange(n) / n
    return np.column_stack([np.cos(angles), np.sin(angles)])


def hops(n):
    """Distances along a cycle of n points."""
    gap = np.abs(np.subtract.outer(np.arange(n), np.arange(n)))
    return np.minimum(gap, n - gap).astype(float)


def test_unit_square():
    components, loops = rips_persistence([[0, 0], [1, 0], [1, 1], [0, 1]])
    assert_array_equal(components, [[0, 1], [0, 1], [0, 1], [0, np.inf]])
    assert_allclose(loops, [[1, SQRT2]], rtol=1e-15)


@pytest.mark.parametrize("n", [4, 5, 6, 7, 12, 30])
def test_regular_polygon(n):
    loops = rips_persistence(polygon(n), (1,))[0]
    expected = [[2 * np.sin(np.pi / n), 2 * np.sin(np.pi * np.ceil(n / 3) / n)]]
    longest = loops[np.argmax(loops[:, 1] - loops[:, 0])][None]
    assert_allclose(longest, expected, rtol=1e-14)
    # Other bars can only come from rounding, among the sides or the diagonals that should be equal.
    assert (np.diff(loops, axis=1) > 1e-12).sum() == 1


@pytest.mark.parametrize("n", [4, 5, 9, 20])
def test_cycle_in_the_hop_metric(n):
    components, loops = rips_persistence(hops(n), metric="precomputed")
    assert_array_equal(loops, [[1, np.ceil(n / 3)]])
    assert_array_equal(components, [[0, 1]] * (n - 1) + [[0, np.inf]])


def test_octahedron_in_degree_two():
    octahedron = np.vstack([np.eye(3), -np.eye(3)])
    sphere = rips_persistence(octahedron, (2,))[0]
    assert_allclose(sphere, [[SQRT2, 2]], rtol=1e-15)


def test_coefficient_field_tells_a_projective_plane_apart():
    # The six-vertex triangulation of the projective plane, subdivided once: its vertices, edges
    # and triangles at hop distance 1 if one contains the other, else 2 (a flag complex).
    triangles = [
        (0, 1, 2), (0, 2, 3), (0, 3, 4), (0, 4, 5), (0, 1, 5),
        (1, 2, 4), (2, 4, 5), (2, 3, 5), (1, 3, 5), (1, 3, 4),
    ]  # fmt: skip
    edges = {frozenset(pair) for t in triangles for pair in [t[:2], t[1:], t[::2]]}
    cells = [frozenset([v]) for v in range(6)] + sorted(edges, key=sorted)
    cells += [frozenset(t) for t in triangles]
    distances = np.array(
        [[0 if a == b else 1 if a < b or b < a else 2 for b in cells] for a in cells]
    )
    mod2 = rips_persistence(distances, (1, 2), metric="precomputed", coefficient_field=2)
    mod3 = rips_persistence(distances, (1, 2), metric="precomputed", coefficient_field=3)
    assert [len(d) for d in mod2] == [1, 1]
    assert [len(d) for d in mod3] == [0, 0]


coordinates = st.integers(0, 3).map(float)


@settings(deadline=None, max_examples=60)
@given(arrays(float, st.tuples(st.integers(1, 7), st.integers(1, 3)), elements=coordinates))
def test_clouds_with_ties_and_duplicates(points):
    distances = squareform(pdist(points))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        found = rips_persistence(points, (0, 1, 2))
    for degree, bars in enumerate(found):
        assert_array_equal(bars, rips_bars(distances, degree))


@settings(deadline=None, max_examples=60)
@given(st.integers(2, 7), st.data())
def test_arbitrary_symmetric_matrices_and_limits(n, data):
    lengths = data.draw(arrays(float, n * (n - 1) // 2, elements=st.integers(0, 5).map(float)))
    limit = data.draw(st.sampled_from([0.0, 1.0, 2.5, 4.0, np.inf]))
    distances = squareform(lengths)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        found = rips_persistence(distances, (0, 1), metric="precomputed", max_edge_length=limit)
    beyond = np.where(distances <= limit, distances, np.inf)
    for degree, bars in enumerate(found):
        expected = rips_bars(beyond, degree)
        assert_array_equal(bars, expected[np.isfinite(expected[:, 0])])


def test_rows_are_sorted_and_float64():
    cloud = np.random.default_rng(0).normal(size=(60, 3)).astype(np.float32)
    for bars in rips_persistence(cloud):
        assert bars.dtype == np.float64
        assert_array_equal(bars, bars[np.lexsort((bars[:, 1], bars[:, 0]))])
        assert (bars[:, 0] < bars[:, 1]).all()


def test_deaths_are_distances_to_the_last_bit():
    cloud = np.random.default_rng(0).normal(size=(40, 3))
    distances = squareform(pdist(cloud))
    components, loops = rips_persistence(cloud)
    assert np.isin(loops, distances).all()
    assert np.isin(components[:-1], distances).all()


def test_relabelling_scaling_and_isometry():
    rng = np.random.default_rng(0)
    cloud = rng.normal(size=(40, 3))
    reference = rips_persistence(cloud)
    rotation = np.linalg.qr(rng.normal(size=(3, 3)))[0]
    for moved, scale in [
        (cloud[rng.permutation(40)], 1),
        (2 * cloud, 2),
        (cloud @ rotation + 5, 1),
    ]:
        for bars, expected in zip(rips_persistence(moved), reference, strict=True):
            assert_allclose(bars, scale * expected, rtol=1e-9)


def test_stability_under_noise():
    from gudhi import bottleneck_distance

    rng = np.random.default_rng(0)
    cloud = rng.normal(size=(50, 2))
    noise = rng.uniform(-0.05, 0.05, size=cloud.shape)
    radius = np.linalg.norm(noise, axis=1).max()
    for before, after in zip(rips_persistence(cloud), rips_persistence(cloud + noise), strict=True):
        assert bottleneck_distance(before, after) <= 2 * radius + 1e-12


@pytest.mark.parametrize("metric", ["manhattan", "cosine", "chebyshev", "sqeuclidean"])
def test_scikit_learn_metrics(metric):
    from sklearn.metrics import pairwise_distances

    cloud = np.random.default_rng(0).normal(size=(25, 4))
    distances = pairwise_distances(cloud, metric=metric)
    found = rips_persistence(cloud, metric=metric)
    for bars, expected in zip(
        found, rips_persistence(distances, metric="precomputed"), strict=True
    ):
        assert_array_equal(bars, expected)


def test_metric_params_and_callable():
    cloud = np.random.default_rng(0).normal(size=(25, 4))
    minkowski = rips_persistence(cloud, metric="minkowski", metric_params={"p": 3})
    by_hand = rips_persistence(cloud, metric=lambda x, y: (np.abs(x - y) ** 3).sum() ** (1 / 3))
    for bars, expected in zip(by_hand, minkowski, strict=True):
        assert_allclose(bars, expected, rtol=1e-12)


def test_euclidean_keeps_duplicates_and_near_duplicates_apart():
    far = 1e6 + np.array([[0.0], [0.0], [1e-6]])
    expected = [[0, 0, far[2, 0] - far[0, 0]]] * 2
    assert_array_equal(distance_matrix(far)[:2], expected)


def test_no_point_and_one_point_are_defined():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        assert [d.shape for d in rips_persistence(np.empty((0, 3)))] == [(0, 2), (0, 2)]
        components, loops = rips_persistence([[1.0, 2.0]])
        assert_array_equal(components, [[0, np.inf]])
        assert loops.shape == (0, 2)
        alone = rips_persistence([[0.0]], metric="precomputed")
        assert_array_equal(alone[0], [[0, np.inf]])


def test_duplicates_collapse_to_a_point():
    components, loops = rips_persistence(np.ones((5, 2)))
    assert_array_equal(components, [[0, np.inf]])
    assert len(loops) == 0


def test_few_points_in_many_dimensions_give_a_warning():
    cloud = np.vstack(
        [
            np.eye(43, 768),
        ]
    )
    with pytest.warns(UserWarning, match=r"43 points in 768 dimensions.*more probe points"):
        rips_persistence(cloud)
    with pytest.warns(UserWarning, match=r"row 1, column 0 \(3 points in 2 dimensions\)"):
        RipsPersistence().fit_transform([polygon(8), polygon(3)])


def test_warnings_point_at_the_line_of_the_user():
    """However many frames of ours and of scikit-learn's are between."""
    rips, few = RipsPersistence(), [polygon(3)]
    for warn in (
        lambda: rips_persistence(polygon(3)),
        lambda: rips.fit_transform(few),
        lambda: RipsPersistence(n_jobs=2).fit(few).transform(few * 2),
        lambda: make_pipeline(PointSampler(3), RipsPersistence()).fit_transform(few),
        lambda: RipsPersistence().set_output(transform="pandas").fit_transform(few),
        lambda: clone(rips).fit(few).transform(few),
    ):
        with pytest.warns(UserWarning, match="No bar in some degree above 0") as caught:
            warn()
        assert {warning.filename for warning in caught} == {__file__}


def test_no_warning_where_a_degree_is_empty_for_other_reasons():
    rips_persistence(np.arange(10.0)[:, None])
    rips_persistence(polygon(3), (0,))


@pytest.mark.parametrize(
    ("cloud", "message"),
    [
        ([[0, np.nan], [1, 1]], r"1 of 4 coordinates are NaN or infinite \(first in point 0\)"),
        ([[0, 1], [np.inf, 1]], r"first in point 1"),
        ([0, 1, 2], r"shape \(n, 1\)"),
        (np.zeros((2, 2, 2)), "two-dimensional"),
        (np.zeros((3, 0)), "3 points without coordinates"),
    ],
)
def test_bad_clouds(cloud, message):
    with pytest.raises(ValueError, match=message):
        rips_persistence(cloud)


@pytest.mark.parametrize(
    ("distances", "message"),
    [
        ([[0, 1], [2, 0]], "not symmetric"),
        ([[0, -1], [-1, 0]], "negative values"),
        ([[1, 1], [1, 0]], "diagonal of the distance matrix is not zero"),
        ([[0, np.nan], [np.nan, 0]], "the distances contain NaN"),
        ([[0, -np.inf], [-np.inf, 0]], "negative values"),
        ([[0, np.inf], [1, 0]], "not symmetric"),
        ([[0, 1, 2], [1, 0, 1]], r"square, got shape \(2, 3\)"),
    ],
)
def test_bad_distances(distances, message):
    with pytest.raises(ValueError, match=message):
        rips_persistence(distances, metric="precomputed")


def test_rounding_is_not_taken_for_asymmetry():
    distances = squareform(pdist(np.random.default_rng(0).normal(size=(20, 3))))
    reference = rips_persistence(distances, metric="precomputed")
    for noisy, tolerance in [
        (distances * (1 + 1e-15 * np.triu(np.ones((20, 20)))), 1e-13),
        ((distances * (1 + 1e-7 * np.triu(np.ones((20, 20))))).astype(np.float32), 1e-6),
    ]:
        found = rips_persistence(noisy, (0,), metric="precomputed")
        assert_allclose(found[0], reference[0], rtol=tolerance)


@pytest.mark.parametrize(
    ("parameters", "error", "message"),
    [
        ({"homology_dimensions": ()}, ValueError, "empty"),
        ({"homology_dimensions": (-1, 0)}, ValueError, "at least 0, got -1"),
        ({"homology_dimensions": (1, 0)}, ValueError, r"write \(0, 1\)"),
        ({"homology_dimensions": (1, 1)}, ValueError, "increase strictly"),
        ({"homology_dimensions": 1}, TypeError, "sequence such as"),
        ({"homology_dimensions": "01"}, TypeError, "sequence such as"),
        ({"homology_dimensions": (0.5,)}, TypeError, "integer"),
        ({"coefficient_field": 4}, ValueError, "prime"),
        ({"coefficient_field": 1}, ValueError, "at least 2"),
        ({"coefficient_field": 65_537}, ValueError, "no larger than 65521"),
        ({"max_edge_length": -1}, ValueError, "non-negative"),
        ({"max_edge_length": np.nan}, ValueError, "non-negative"),
        ({"max_edge_length": "long"}, TypeError, "number"),
        ({"max_edge_length": True}, TypeError, "number"),
        ({"max_edge_length": None}, TypeError, "number"),
        ({"homology_dimensions": {0, 1}}, TypeError, "sequence such as"),
        ({"homology_dimensions": {0: 1}}, TypeError, "sequence such as"),
        ({"homology_dimensions": iter((0, 1))}, TypeError, "sequence such as"),
        ({"homology_dimensions": None}, TypeError, "sequence such as"),
        ({"coefficient_field": 2.0}, TypeError, "integer"),
        ({"return_simplices": "x"}, TypeError, "return_simplices must be True or False"),
        ({"return_simplices": None}, TypeError, "return_simplices must be True or False"),
        ({"return_cycles": 1}, TypeError, "return_cycles must be True or False"),
        ({"engine": None}, ValueError, "engine must be one of"),
        ({"metric": None}, TypeError, "metric must be one of"),
        ({"metric": object()}, TypeError, "metric must be one of"),
        ({"metric_params": "x"}, TypeError, "metric_params must be a dict"),
        ({"metric": "precomputed", "metric_params": {"p": 2}}, TypeError, "takes nothing"),
        ({"metric": "no such metric"}, ValueError, "there is no metric 'no such metric'"),
    ],
)
def test_bad_parameters(parameters, error, message):
    with pytest.raises(error, match=message):
        rips_persistence(polygon(5), **parameters)
    with pytest.raises(error, match=message):
        RipsPersistence(**parameters).fit_transform([polygon(5)])


@pytest.mark.parametrize(
    ("parameters", "error", "message"),
    [
        ({"verbose": "x"}, TypeError, "verbose must be True or False"),
        ({"verbose": 2}, TypeError, "verbose must be True or False"),
        ({"n_jobs": "x"}, TypeError, "n_jobs must be an integer or None"),
        ({"n_jobs": 1.0}, TypeError, "n_jobs must be an integer or None"),
        ({"n_jobs": 0}, ValueError, "n_jobs must not be 0"),
    ],
)
def test_bad_parameters_of_the_estimator(parameters, error, message):
    with pytest.raises(error, match=message):
        RipsPersistence(**parameters).fit([polygon(5)])


def test_errors_name_the_cell(clouds):
    import pandas as pd

    clouds[3, 1] = np.full((5, 2), np.nan)
    with pytest.raises(ValueError, match="row 3, column 1: 10 of 10 coordinates"):
        RipsPersistence().fit_transform(clouds)
    frame = pd.DataFrame(clouds, columns=["fc1", "fc2"])
    with pytest.raises(ValueError, match="row 3, column 'fc2'"):
        RipsPersistence(n_jobs=2).fit_transform(frame)


def test_table_agrees_with_the_function_cell_by_cell(clouds):
    table = RipsPersistence((0, 1, 2), n_jobs=2).fit_transform(clouds)
    assert table.shape == (6, 6)
    for i, j in np.ndindex(clouds.shape):
        for degree, bars in enumerate(rips_persistence(clouds[i, j], (0, 1, 2))):
            assert_array_equal(table[i, 3 * j + degree], bars)


def test_names(clouds):
    rips = RipsPersistence((0, 2)).fit(clouds)
    assert rips.get_feature_names_out().tolist() == ["x0__H0", "x0__H2", "x1__H0", "x1__H2"]
    assert rips.get_feature_names_out(["fc1", "fc2"])[3] == "fc2__H2"
    with pytest.raises(ValueError, match="length equal to number of features"):
        rips.get_feature_names_out(["fc1"])


def test_progress_bar(clouds, capsys):
    RipsPersistence().fit_transform(clouds)
    assert capsys.readouterr().err == ""
    RipsPersistence(verbose=True).fit_transform(clouds)
    assert "Persistent homology: 100%" in capsys.readouterr().err


# Other arrays, other backends


def assert_tables_equal(found, expected):
    assert found.shape == expected.shape
    for index in np.ndindex(expected.shape):
        assert_array_equal(found[index], expected[index])


def test_tensors_are_clouds(clouds):
    expected = RipsPersistence().fit_transform(clouds)
    tensors = np.empty_like(clouds)
    for index in np.ndindex(clouds.shape):
        tensors[index] = torch.tensor(clouds[index], requires_grad=True)
    assert_tables_equal(RipsPersistence().fit_transform(tensors), expected)
    cloud = torch.randn(20, 2).to(torch.bfloat16)
    for found, wanted in zip(
        rips_persistence(cloud), rips_persistence(cloud.double().numpy()), strict=True
    ):
        assert_array_equal(found, wanted)
    distances = torch.cdist(cloud.float(), cloud.float())
    distances = (distances + distances.T) / 2
    rips_persistence(distances.fill_diagonal_(0).requires_grad_(), metric="precomputed")


@pytest.mark.parametrize("cloud", [1j * np.ones((4, 2)), np.array([["1"]]), 1j * torch.ones(4, 2)])
def test_what_is_no_cloud_of_real_numbers(cloud):
    with pytest.raises(TypeError, match=r"row 0, column 0: expected .* real numbers, got"):
        RipsPersistence().fit_transform([cloud])


@pytest.mark.filterwarnings("ignore:This process:DeprecationWarning")  # it has threads, and forks
def test_a_backend_without_generators(clouds):
    expected = RipsPersistence().fit_transform(clouds)
    with parallel_config(backend="multiprocessing", n_jobs=2):
        assert_tables_equal(RipsPersistence().fit_transform(clouds), expected)


def test_a_wide_cloud_by_itself_has_the_threads_of_the_context(monkeypatch, table_of):
    used, by_groups = [], _tree.spanning_tree_by_groups

    def noted(points, n_threads):
        used.append(n_threads)
        return by_groups(points, n_threads)

    monkeypatch.setattr(_tree, "spanning_tree_by_groups", noted)
    monkeypatch.setattr("os.cpu_count", lambda: 4)
    cloud = np.random.default_rng(0).normal(size=(700, 25))
    (alone,) = rips_persistence(cloud, (0,))
    with parallel_config("threading", n_jobs=3):
        (shared,) = rips_persistence(cloud, (0,))
        RipsPersistence((0,)).fit_transform(table_of([[cloud[:30]], [cloud[30:60]]]))
    assert_array_equal(shared, alone)
    assert used == [1, 3, 1, 1], "cells of a table are shared among threads, not within"
