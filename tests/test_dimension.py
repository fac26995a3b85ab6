"""Intrinsic dimensions: against definitions, known dimensions, and laws."""

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy.sparse.csgraph import minimum_spanning_tree
from scipy.spatial.distance import pdist, squareform

from skactland import DimensionVectorizer, intrinsic_dimension
from skactland.datasets import make_sphere

ESTIMATORS = ("ph", "twonn", "mle")


def dimension(cloud, estimator, **options):
    return intrinsic_dimension(cloud, (estimator,), random_state=0, **options)[estimator]


def cloud(n=60, d=3, seed=0):
    return np.random.default_rng(seed).normal(size=(n, d))


# Definitions


def test_two_nearest_by_its_definition():
    points = cloud()
    ratios = []
    for i, x in enumerate(points):
        first, second = sorted(np.linalg.norm(x - y) for j, y in enumerate(points) if j != i)[:2]
        ratios.append(second / first)
    ratios = np.sort(ratios)[:54]
    x, y = np.log(ratios), -np.log(1 - np.arange(1, 55) / 60)
    slope = np.linalg.lstsq(x[:, None], y, rcond=None)[0][0]
    assert_allclose(dimension(points, "twonn"), slope)


@pytest.mark.parametrize("k", [2, 5, 59])
def test_likelihood_by_its_definition(k):
    points = cloud()
    inverses = []
    for i, x in enumerate(points):
        near = sorted(np.linalg.norm(x - y) for j, y in enumerate(points) if j != i)[:k]
        # The estimate of Levina and Bickel at one point; MacKay and Ghahramani's mean of inverses.
        inverses.append(sum(np.log(near[-1] / t) for t in near[:-1]) / (k - 1))
    assert_allclose(dimension(points, "mle", n_neighbors=k), 1 / np.mean(inverses))


@pytest.mark.parametrize("power", [0.5, 1.0, 2.0])
def test_persistent_homology_by_its_definition(power):
    """With the same subsamples, of the points in the order of their sorted distances."""
    points = cloud(50)
    points = points[np.lexsort(np.sort(squareform(pdist(points)))[:, ::-1].T)]
    seed = np.random.RandomState(0).randint(np.iinfo(np.int32).max)
    generator = np.random.default_rng(seed)
    sizes = np.round(np.geomspace(10, 50, 10)).astype(int)
    means = []
    for size in sizes:
        rows = [generator.permutation(50)[:size] for _ in range(5 if size < 50 else 1)]
        trees = [minimum_spanning_tree(squareform(pdist(points[r]))).data for r in rows]
        means.append(np.mean([(tree**power).sum() for tree in trees]))
    slope = np.polyfit(np.log(sizes), np.log(means), 1)[0]
    assert_allclose(dimension(points, "ph", power=power), power / (1 - slope))


@pytest.mark.parametrize("estimator", ESTIMATORS)
def test_spheres_and_cubes(estimator):
    rng = np.random.default_rng(0)
    for d in (1, 2, 3):
        sphere = make_sphere(800, dimension=d, random_state=0)
        assert_allclose(dimension(sphere, estimator), d, rtol=0.12)
        cube = rng.random((800, d))
        assert_allclose(dimension(cube, estimator), d, rtol=0.12)
        turned = cube @ np.linalg.qr(rng.normal(size=(20, 20)))[0][:d]
        assert_allclose(dimension(turned, estimator), dimension(cube, estimator), rtol=1e-6)
    many = dimension(rng.random((800, 8)), estimator)
    assert 6 < many < 8.5  # too low, as is known


# Laws


@pytest.mark.parametrize("estimator", ESTIMATORS)
def test_scale_order_and_duplicates_do_not_matter(estimator):
    points = cloud()
    expected = dimension(points, estimator)
    for scale in (1e-150, 1e-3, 1e150):
        assert_allclose(dimension(scale * points, estimator), expected, rtol=1e-9)
    order = np.random.default_rng(1).permutation(60)
    assert dimension(points[order], estimator) == expected
    assert dimension(np.vstack([points, points[order[:20]]]), estimator) == expected
    single = points.astype(np.float32)
    assert dimension(single, estimator) == dimension(single.astype(float), estimator)


@pytest.mark.parametrize("estimator", ESTIMATORS)
def test_metrics(estimator):
    points = cloud()
    distances = squareform(pdist(points))
    found = dimension(distances, estimator, metric="precomputed")
    assert_allclose(found, dimension(points, estimator), rtol=1e-9)
    for order in map(np.random.default_rng(0).permutation, [60] * 5):
        again = dimension(distances[np.ix_(order, order)], estimator, metric="precomputed")
        assert again == found
    twice = np.r_[:60, :20]
    again = dimension(distances[np.ix_(twice, twice)], estimator, metric="precomputed")
    assert again == found
    found = dimension(points, estimator, metric="minkowski", metric_params={"p": 1})
    assert found == dimension(points, estimator, metric="cityblock")


def test_seeds():
    points = cloud()
    found = [intrinsic_dimension(points, ("ph",), random_state=s)["ph"] for s in (0, 0, 1)]
    assert found[0] == found[1] != found[2]
    for state in (None, 3, np.int64(4), np.random.RandomState(0)):
        vectorizer = DimensionVectorizer(("ph",), random_state=state).fit([points])
        again = intrinsic_dimension(points, ("ph",), random_state=vectorizer.seed_)["ph"]
        assert vectorizer.transform([points])[0, 0] == vectorizer.transform([points])[0, 0] == again
        if isinstance(state, int | np.integer):
            assert again == intrinsic_dimension(points, ("ph",), random_state=state)["ph"]
    # Of the others none is drawn.
    assert intrinsic_dimension(points, ("mle",)) == intrinsic_dimension(points, ("mle",))


@pytest.mark.parametrize("scale", [1, 1 / 3, 1e-5])
def test_points_that_have_the_same_distances(scale):
    """Of a grid the points are in orbits; their coordinates tell them apart."""
    grid = np.random.default_rng(0).integers(0, 3, size=(90, 4)).astype(float)
    expected = dimension(grid, "ph")
    shuffled = grid[np.random.default_rng(1).permutation(90)]
    assert_allclose(dimension(scale * shuffled, "ph"), expected, rtol=1e-9)


# What is refused or warned of


@pytest.mark.parametrize(("d", "power"), [(1, 2.0), (2, 3.0), (2, 7.5)])
def test_powers_beyond_the_dimension_are_refused(d, power):
    sphere = make_sphere(300, dimension=d, random_state=0)
    with pytest.raises(
        ValueError, match=r'the cloud: its dimension by "ph" .* take a smaller power'
    ):
        dimension(sphere, "ph", power=power)
    assert_allclose(dimension(sphere, "ph", power=d / 2), d, rtol=0.15)
    options = {"power": power, "random_state": 0}
    assert set(intrinsic_dimension(sphere, ("mle", "twonn"), **options)) == {"mle", "twonn"}
    with pytest.raises(ValueError, match="row 1, column 'fc1': its dimension"):
        DimensionVectorizer(**options).fit_transform(pd.DataFrame({"fc1": [cloud(60, 9), sphere]}))


@pytest.mark.parametrize("estimator", ESTIMATORS)
def test_too_few_different_points(estimator):
    options = {"n_neighbors": 5}
    dimension(cloud(10, 1), estimator, **options)
    with pytest.raises(ValueError, match="the cloud: 40 points, of which 1 are different, and 10"):
        dimension(np.ones((40, 3)), estimator, **options)
    with pytest.raises(ValueError, match="9 points, of which 9 are different"):
        dimension(cloud(9), estimator, **options)
    with pytest.raises(ValueError, match="0 points, of which 0"):
        dimension(np.ones((0, 3)), estimator, **options)
    apart = np.where(np.eye(12), 0, np.inf)
    with pytest.raises(ValueError, match="some of its distances are infinite"):
        dimension(apart, estimator, metric="precomputed", **options)


def test_likelihood_needs_its_neighbours():
    with pytest.raises(ValueError, match="20 are different, and 21 different ones are needed"):
        dimension(cloud(20), "mle")
    dimension(cloud(21), "mle")
    dimension(cloud(20), "ph")


def test_infinite_dimensions_are_told():
    simplex = np.eye(30)  # all points are equally far
    with pytest.warns(
        UserWarning, match=r"The dimension of the cloud \(ph\), and of 2 more is inf"
    ):
        found = intrinsic_dimension(simplex, random_state=0)
    assert found == dict.fromkeys(ESTIMATORS, np.inf)
    table = pd.DataFrame({"fc1": [cloud(30), simplex], "fc2": [cloud(30), cloud(30, seed=1)]})
    with pytest.warns(UserWarning, match=r"row 1, column 'fc1', and of 2 more is infinite"):
        values = DimensionVectorizer().fit_transform(table)
    assert np.isinf(values[1, :3]).all()
    assert np.isfinite(values[0]).all()


def test_long_edges_move_the_dimension_by_trees_alone():
    points = cloud(200)
    outlier, clusters = points.copy(), points.copy()
    outlier[0] = 50, 0, 0
    clusters[100:] += 1e4, 0, 0
    for estimator in ("twonn", "mle"):
        expected = dimension(points, estimator)
        for moved in (outlier, clusters):
            assert_allclose(dimension(moved, estimator), expected, rtol=0.25)
    of_seeds = [
        [intrinsic_dimension(c, ("ph",), random_state=seed)["ph"] for seed in range(1, 6)]
        for c in (points, outlier)
    ]
    assert np.ptp(of_seeds[0]) < 0.5 < 10 < np.ptp(of_seeds[1])
    assert 1 < dimension(clusters, "ph") < 1.1
    outlier[0] = 5000, 0, 0
    with pytest.warns(UserWarning, match=r'"ph", some point lies far .* a larger `power`'):
        assert intrinsic_dimension(outlier, ("ph",), random_state=1)["ph"] == np.inf


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"estimators": "ph"}, r"estimators must be a sequence .* write \(\"ph\",\)"),
        ({"estimators": ()}, "estimators must be a sequence"),
        ({"estimators": ("pca",)}, "each of estimators must be one of"),
        ({"estimators": ("ph", "ph")}, "estimators must be different"),
        ({"n_neighbors": 1}, "n_neighbors must be at least 2"),
        ({"power": 0}, "power must be positive"),
        ({"metric": "nearly"}, "there is no metric 'nearly'"),
        ({"random_state": "a"}, "random_state must be"),
    ],
)
def test_wrong_values(wrong, message):
    with pytest.raises((TypeError, ValueError), match=message):
        intrinsic_dimension(cloud(), **wrong)
    with pytest.raises((TypeError, ValueError), match=message):
        DimensionVectorizer(**wrong).fit([cloud()]).transform([cloud()])


# The table


def test_of_every_layer(tmp_path):
    table = pd.DataFrame({f"fc{j}": [cloud(40, 3, i + 3 * j) for i in range(3)] for j in range(2)})
    vectorizer = DimensionVectorizer(("mle", "ph"), random_state=0, memory=tmp_path)
    found = vectorizer.fit_transform(table)
    names = vectorizer.get_feature_names_out().tolist()
    assert names == ["fc0__mle", "fc0__ph", "fc1__mle", "fc1__ph"]
    for (i, j), d in np.ndenumerate(found):
        assert d == dimension(table.iloc[i, j // 2], names[j][5:])
    assert_array_equal(vectorizer.set_params(n_jobs=2).fit_transform(table), found)  # as kept
    assert list(tmp_path.rglob("*"))
    other = vectorizer.set_params(random_state=1).fit_transform(table)
    assert_array_equal(other[:, ::2], found[:, ::2])
    assert (other[:, 1::2] != found[:, 1::2]).all()


@pytest.mark.parametrize("estimator", ["twonn", "mle"])
@pytest.mark.parametrize("scale", [1.0, 0.1, 1 / 3])
def test_a_grid_has_no_dimension_at_any_scale(estimator, scale):
    line = np.arange(50.0)[:, None] * scale
    if estimator == "mle":
        line = np.linalg.qr(np.random.default_rng(0).normal(size=(50, 50)))[0] * scale
    with pytest.warns(UserWarning, match="is infinite"):
        found = intrinsic_dimension(line, (estimator,), n_neighbors=2)
    assert found == {estimator: np.inf}
