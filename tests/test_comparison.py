"""Divergences of two clouds: against definitions, the authors' numbers, and laws."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from oracles import cone_bars, rips_bars
from scipy.linalg import orthogonal_procrustes
from scipy.sparse.csgraph import minimum_spanning_tree
from scipy.spatial.distance import cdist, pdist, squareform
from scipy.stats import pearsonr, spearmanr

from skactland.comparison import (
    layer_divergences,
    linear_cka,
    mtop_divergence,
    procrustes_distance,
    rsa,
    rtd,
    rtd_lite,
    svcca,
)

TOPOLOGICAL = [rtd, rtd_lite]
SIMILARITIES = [linear_cka, svcca, rsa]
MATCHED = [*TOPOLOGICAL, *SIMILARITIES, procrustes_distance]
AS_THEY_ARE = {"metric": "precomputed", "quantile": None}


def matrices(largest=6):
    """Pairs of matrices of distances with ties and zeros, that need not obey the triangle."""

    def pair(n):
        lengths = st.lists(st.integers(0, 6), min_size=n * (n - 1) // 2, max_size=n * (n - 1) // 2)
        matrix = lengths.map(lambda x: squareform(np.array(x, float)) if x else np.zeros((1, 1)))
        return st.tuples(matrix, matrix)

    return st.integers(1, largest).flatmap(pair)


def random_pair(n=40, seed=0, n_units=(5, 3)):
    rng = np.random.default_rng(seed)
    return [rng.normal(size=(n, d)) for d in n_units]


def total(bars):
    return (bars[:, 1] - bars[:, 0]).sum()


def moved(cloud, seed=1):
    """The cloud turned, shifted and scaled, with two units more."""
    rng = np.random.default_rng(seed)
    wide = np.pad(cloud, ((0, 0), (0, 2)))
    turn, _ = np.linalg.qr(rng.normal(size=(wide.shape[1],) * 2))
    return 3 * wide @ turn + rng.normal(size=wide.shape[1])


# Topology


@given(matrices())
def test_rtd_is_that_of_the_mapping_cone(pair):
    w, other = pair
    expected = total(cone_bars(w, other))
    assert_allclose(rtd(w, other, direction="forward", **AS_THEY_ARE), expected)
    swapped = total(cone_bars(other, w))
    assert_allclose(rtd(w, other, direction="backward", **AS_THEY_ARE), swapped)
    assert_allclose(rtd(w, other, **AS_THEY_ARE), (expected + swapped) / 2)


@given(matrices(4))
def test_the_matrix_with_infinite_distances_has_the_same_bars(pair):
    w, other = pair
    half = np.where(np.tri(len(w), k=-1), np.inf, w)
    printed = np.block([[np.zeros_like(w), half.T], [half, np.minimum(w, other)]])
    found = rtd(w, other, direction="forward", **AS_THEY_ARE)
    assert_allclose(found, total(rips_bars(printed, 1)))


@given(matrices(9))
def test_rtd_lite_is_the_part_of_the_components(pair):
    w, other = pair

    def tree(distances):
        # What is 0 would count as missing.
        return minimum_spanning_tree(distances + 1 - np.eye(len(w))).sum() - (len(w) - 1)

    least = np.minimum(w, other)
    for direction, expected in {
        "forward": tree(w) - tree(least),
        "backward": tree(other) - tree(least),
        "mean": (tree(w) + tree(other)) / 2 - tree(least),
    }.items():
        light = rtd_lite(w, other, direction=direction, **AS_THEY_ARE)
        assert_allclose(light, expected, atol=1e-12)
        assert rtd(w, other, direction=direction, **AS_THEY_ARE) >= light - 1e-12


def test_the_number_that_the_authors_print():
    # https://github.com/IlyaTrofimov/RTD: rtd.rtd(P, Q) after np.random.seed(7).
    generator = np.random.RandomState(7)
    one, two = generator.rand(1000, 2), generator.rand(1000, 2)
    values = []
    for _ in range(10):
        rows = list(range(1000))
        generator.shuffle(rows)
        values.append(rtd(one[rows[:500]], two[rows[:500]]))
    assert_allclose(np.mean(values), 35.55234398557805, rtol=1e-9)


def test_the_other_number_that_the_authors_print():
    # https://github.com/IlyaTrofimov/MTopDiv, where clouds are swapped before they are drawn:
    # mtd.mtopdiv(P, Q, batch_size1=100, batch_size2=1000), after bars of one batch were shown.
    generator = np.random.RandomState(7)
    one, two = generator.rand(1000, 2), generator.rand(1000, 2)
    values = []
    for _ in range(21):
        others = two[generator.choice(1000, 1000, replace=False)]
        points = one[generator.choice(1000, 100, replace=False)]
        values.append(
            [mtop_divergence(points, others, direction=d) for d in ("forward", "backward")]
        )
    forward, backward = np.mean(values[1:], axis=0)
    assert_allclose(forward, 0.035247244, rtol=1e-6)
    assert backward > 10 * forward


@pytest.mark.parametrize("shape", [(1, 1), (1, 4), (4, 1), (4, 3), (3, 5)])
def test_mtop_divergence_is_that_of_the_collapsed_cloud(shape):
    for seed in range(5):
        rng = np.random.default_rng(seed)
        one, two = (rng.integers(0, 5, (n, 2)).astype(float) for n in shape)
        expected = []
        for points, others in ((one, two), (two, one)):
            distances = cdist(np.vstack([others, points]), np.vstack([others, points]))
            distances[: len(others), : len(others)] = 0
            expected.append(total(rips_bars(distances, 1)))
        found = [mtop_divergence(one, two, direction=d) for d in ("forward", "backward", "mean")]
        assert_allclose(found, [*expected, np.mean(expected)], atol=1e-12)


def clusters(n_clusters):
    """The points of one Gaussian, moved to some places around a circle, as in the paper."""
    points = np.random.default_rng(0).normal(size=(300, 2))
    angles = 2 * np.pi * (np.arange(300) * n_clusters // 300) / n_clusters
    shift = 10 * np.column_stack([np.cos(angles), np.sin(angles)])
    return points + shift * (n_clusters > 1)


def rings(n_rings):
    """The points of five rings, of which some have the radius of another, as in the paper."""
    radii = np.linspace(0.5, 1.5, 5)[np.maximum(np.arange(500) % 5, 5 - n_rings)]
    angles = 2 * np.pi * np.random.default_rng(0).random(500)
    return radii[:, None] * np.column_stack([np.cos(angles), np.sin(angles)])


def test_the_order_of_clusters():
    found = [rtd(clusters(1), clusters(n)) for n in (1, 2, 3, 4, 6, 12)]
    assert found[0] == 0
    assert (np.diff(found) > 0).all()


def test_the_order_of_rings():
    found = [rtd(rings(5), rings(n)) for n in (5, 4, 3, 2, 1)]
    assert found[0] == 0
    assert (np.diff(found) > 0).all()


# Laws


@pytest.mark.parametrize("compare", MATCHED)
def test_equal_clouds_and_isometries(compare):
    cloud, other = random_pair()
    alike = 1 if compare in SIMILARITIES else 0
    assert_allclose(compare(cloud, cloud), alike, atol=1e-12)
    assert_allclose(compare(cloud, moved(cloud)), alike, atol=1e-9)
    assert_allclose(compare(moved(cloud), moved(other, 2)), compare(cloud, other), rtol=1e-8)


@pytest.mark.parametrize("compare", MATCHED)
def test_symmetry_and_the_order_of_inputs(compare):
    cloud, other = random_pair()
    assert_allclose(compare(cloud, other), compare(other, cloud), rtol=1e-12)
    order = np.random.default_rng(2).permutation(len(cloud))
    assert_allclose(compare(cloud[order], other[order]), compare(cloud, other), rtol=1e-9)
    # but of one cloud alone it counts
    assert abs(compare(cloud, cloud[order]) - compare(cloud, cloud)) > 0.1


@pytest.mark.parametrize("compare", MATCHED)
@pytest.mark.parametrize("scale", [1e-150, 1e150])
def test_any_scale(compare, scale):
    cloud, other = random_pair()
    assert_allclose(compare(scale * cloud, other), compare(cloud, other), rtol=1e-9)


@pytest.mark.parametrize("compare", MATCHED)
def test_less_noise_is_nearer(compare):
    cloud, noise = random_pair(100, n_units=(5, 5))
    found = [compare(cloud, cloud + size * noise) for size in (0.01, 0.1, 1, 10)]
    sign = -1 if compare in SIMILARITIES else 1
    assert (np.diff(found) * sign > 0).all()


@pytest.mark.parametrize("divergence", TOPOLOGICAL)
def test_a_collapsed_cloud_has_no_components_to_join(divergence):
    cloud, _ = random_pair()
    point = np.ones((40, 3))
    assert divergence(point, point) == 0
    assert divergence(point, cloud, direction="forward") == 0
    tree = minimum_spanning_tree(squareform(pdist(cloud))).sum()
    found = divergence(point, cloud, direction="backward", quantile=None)
    assert_allclose(found, tree)


def test_a_quantile_counts_the_diagonal():
    cloud, other = random_pair()
    distances = [squareform(pdist(c)) for c in (cloud, other)]
    scaled = [d / np.quantile(d, 0.5) for d in distances]
    assert_allclose(rtd(cloud, other, quantile=0.5), rtd(*scaled, **AS_THEY_ARE))


@pytest.mark.parametrize("divergence", TOPOLOGICAL)
def test_batches(divergence):
    cloud, other = random_pair()
    options = {"n_batches": 3, "batch_size": 15}
    found = divergence(cloud, other, random_state=0, **options)
    generator = np.random.RandomState(0)
    rows = [generator.permutation(40)[:15] for _ in range(3)]
    assert_allclose(found, np.mean([divergence(cloud[r], other[r]) for r in rows]))
    matrices = [squareform(pdist(c)) for c in (cloud, other)]
    assert_allclose(divergence(*matrices, metric="precomputed", random_state=0, **options), found)
    assert divergence(cloud, other, random_state=1, **options) != found
    assert divergence(cloud, other, batch_size=None) == divergence(cloud, other)


def test_batches_of_different_inputs():
    cloud, other = random_pair(n_units=(3, 3))
    options = {"n_batches": 2, "batch_sizes": (10, 50), "random_state": 0}
    found = mtop_divergence(cloud, other[:20], direction="forward", **options)
    generator = np.random.RandomState(0)
    rows = [generator.permutation(40)[:10] for _ in range(2)]
    expected = [mtop_divergence(cloud[r], other[:20], direction="forward") for r in rows]
    assert_allclose(found, np.mean(expected))


# The usual companions


def test_cka_is_that_of_unbiased_estimates():
    def hsic(k, m):
        """Song et al., equation 5, word by word."""
        n, one = len(k), np.ones(len(k))
        k, m = k - np.diag(np.diag(k)), m - np.diag(np.diag(m))
        middle = (one @ k @ one) * (one @ m @ one) / ((n - 1) * (n - 2))
        return (np.trace(k @ m) + middle - 2 / (n - 2) * one @ k @ m @ one) / (n * (n - 3))

    for n in (4, 7, 40):
        cloud, other = random_pair(n)
        k, m = cloud @ cloud.T, other @ other.T
        expected = hsic(k, m) / np.sqrt(hsic(k, k) * hsic(m, m))
        assert_allclose(linear_cka(cloud, other), expected, rtol=1e-9)


def test_cka_of_independent_clouds_is_zero_in_the_mean():
    found = [linear_cka(*random_pair(20, seed, (200, 200))) for seed in range(40)]
    assert abs(np.mean(found)) < 0.05


def test_svcca_is_the_mean_of_canonical_correlations():
    cloud, other = random_pair()
    other = other + 2 * cloud[:, :3]
    centred = [c - c.mean(axis=0) for c in (cloud, other)]
    # The correlations are the roots of the eigenvalues of this product.
    a, b = centred
    product = np.linalg.solve(a.T @ a, a.T @ b) @ np.linalg.solve(b.T @ b, b.T @ a)
    squares = np.sort(np.linalg.eigvals(product).real)[-3:]
    assert_allclose(svcca(cloud, other, variance=1.0), np.sqrt(squares).mean(), rtol=1e-9)


def test_svcca_leaves_directions_of_little_variance_out():
    cloud, other = random_pair(n_units=(2, 2))
    noise = 0.01 * np.random.default_rng(5).normal(size=(40, 1))
    assert_allclose(svcca(np.hstack([cloud, noise]), other), svcca(cloud, other), atol=1e-2)
    assert svcca(np.hstack([cloud, noise]), other, variance=1.0) > svcca(cloud, other) - 1e-12


def test_procrustes_is_that_of_the_best_rotation():
    for n_units in ((5, 5), (5, 3), (2, 6), (60, 3)):
        cloud, other = random_pair(n_units=n_units)
        width = max(n_units)
        wide = [np.pad(c, ((0, 0), (0, width - c.shape[1]))) for c in (cloud, other)]
        wide = [c - c.mean(axis=0) for c in wide]
        a, b = (c / np.linalg.norm(c) for c in wide)
        turn, _ = orthogonal_procrustes(b, a)
        assert_allclose(procrustes_distance(cloud, other), np.linalg.norm(a - b @ turn), rtol=1e-9)


def test_rsa_is_the_correlation_of_distances():
    cloud, other = random_pair()
    pairs = pdist(cloud, "correlation"), pdist(other, "correlation")
    assert_allclose(rsa(cloud, other, metric="correlation"), spearmanr(*pairs).statistic)
    cloud = cloud.round()  # ties
    pairs = pdist(cloud), pdist(other)
    assert_allclose(rsa(cloud, other), spearmanr(*pairs).statistic)
    assert_allclose(rsa(cloud, other, method="pearson"), pearsonr(*pairs).statistic)


@pytest.mark.parametrize("method", ["spearman", "pearson"])
@pytest.mark.parametrize("scale", [1e-310, 1e-250, 1e250])
def test_rsa_of_distances_of_any_size(method, scale):
    pairs = [squareform(pdist(c)) for c in random_pair()]
    expected = rsa(*pairs, metric="precomputed", method=method)
    pairs[0] *= scale
    assert_allclose(rsa(*pairs, metric="precomputed", method=method), expected, rtol=1e-9)


# What is refused


@pytest.mark.parametrize("compare", MATCHED)
def test_clouds_of_other_inputs(compare):
    cloud, other = random_pair()
    with pytest.raises(ValueError, match="the cloud has 40 points and the other one 39; row i"):
        compare(cloud, other[1:])
    with pytest.raises(ValueError, match="the other cloud: 1 of 120 coordinates are NaN"):
        compare(cloud, np.where(np.arange(120).reshape(40, 3) == 7, np.nan, other))
    with pytest.raises(ValueError, match="the cloud: 0 points, and this comparison needs"):
        compare(cloud[:0], other[:0])


@pytest.mark.parametrize("compare", [*SIMILARITIES, procrustes_distance])
def test_clouds_without_shape(compare):
    cloud, _ = random_pair()
    with pytest.raises(ValueError, match=r"the other cloud: (its points|the dist).* equal"):
        compare(cloud, np.full((40, 3), 0.1))


def test_cka_of_one_point_that_stands_out():
    cloud, _ = random_pair()
    with pytest.raises(ValueError, match="the cloud: U-centring leaves nothing of it"):
        linear_cka(np.arange(40)[:, None] == 3, cloud)
    with pytest.raises(ValueError, match="3 points, and this comparison needs 4 at least"):
        linear_cka(cloud[:3], cloud[:3])


@pytest.mark.parametrize("divergence", TOPOLOGICAL)
def test_distances_that_cannot_be_scaled(divergence):
    nearly = np.zeros((40, 1))
    nearly[0] = 1
    with pytest.raises(
        ValueError, match=r"the cloud: the 0.9 quantile of the distances is 0.*None"
    ):
        divergence(nearly, nearly)
    assert divergence(nearly, nearly, quantile=None) == 0
    apart = np.array([[0, np.inf], [np.inf, 0]])
    with pytest.raises(ValueError, match="some of its distances are infinite"):
        divergence(apart, apart, metric="precomputed")


def test_clouds_in_different_spaces():
    with pytest.raises(ValueError, match=r"has 5 units and the other one 3; .* compared by rtd"):
        mtop_divergence(*random_pair())
    with pytest.raises(ValueError, match="the other cloud: it has no points"):
        mtop_divergence(np.ones((2, 1)), np.ones((0, 1)))
    with pytest.raises(ValueError, match="batch_sizes must be two integers, got 5"):
        mtop_divergence(np.ones((2, 1)), np.ones((2, 1)), batch_sizes=5)


@pytest.mark.parametrize(
    ("compare", "wrong", "message"),
    [
        (rtd, {"direction": "both"}, "direction must be one of"),
        (rtd_lite, {"quantile": 1.5}, "quantile must be None, or above 0 and at most 1"),
        (rtd, {"quantile": 0}, "quantile must be positive"),
        (rtd, {"n_batches": 0}, "n_batches must be at least 1"),
        (rtd, {"batch_size": 2.5}, "batch_size must be an integer"),
        (rtd, {"random_state": "a"}, "random_state must be"),
        (rtd, {"metric": 3}, "metric must be one of"),
        (svcca, {"variance": 2}, "variance must be above 0 and at most 1"),
        (rsa, {"method": "kendall"}, "method must be one of"),
        (mtop_divergence, {"direction": None}, "direction must be one of"),
    ],
)
def test_wrong_values(compare, wrong, message):
    cloud = np.eye(5)
    with pytest.raises((TypeError, ValueError), match=message):
        compare(cloud, cloud, **wrong)


@pytest.mark.parametrize("exponent", [-1000, -560, 520, 1000])
def test_mtop_of_clouds_of_any_size(exponent):
    rng = np.random.default_rng(3)
    points, others = rng.normal(size=(30, 4)), rng.normal(size=(20, 4))
    expected = mtop_divergence(points, others)
    scaled = mtop_divergence(np.ldexp(points, exponent), np.ldexp(others, exponent))
    assert_allclose(np.ldexp(scaled, -exponent), expected, rtol=1e-9)


def turned(points, seed=1):
    """Points after a random rotation, which rounds."""
    width = points.shape[1]
    return points @ np.linalg.qr(np.random.default_rng(seed).normal(size=(width, width)))[0]


def test_ranks_of_turned_points_are_theirs():
    points = (np.random.default_rng(0).random((12, 4)) > 0.5) * 1.0
    assert rsa(points, turned(points)) == pytest.approx(1, abs=1e-12)
    with pytest.raises(ValueError, match="distances of all pairs of its points are equal"):
        rsa(turned(np.eye(8)), points[:8])


def test_directions_of_one_variance_are_kept_together():
    points = np.zeros((8, 2))
    points[:4, 0] = points[4:, 1] = [1, -1, 1, -1]
    assert svcca(points, points[:, ::-1], variance=0.5) == pytest.approx(1)


def test_batches_of_too_few_points_are_refused():
    clouds = {name: np.random.default_rng(i).normal(size=(20, 3)) for i, name in enumerate("ab")}
    with pytest.raises(ValueError, match="batch_size is 2, and this comparison needs 4 points"):
        layer_divergences(clouds, measure="cka", batch_size=2)


def test_equidistant_points_leave_nothing_to_align():
    with pytest.raises(ValueError, match="equally far from each other"):
        linear_cka(np.eye(10), np.random.default_rng(0).normal(size=(10, 2)))
