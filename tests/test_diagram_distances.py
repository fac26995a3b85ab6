"""Distances of diagrams: by definition, by laws, by an independent library, and as tables."""

import itertools

import numpy as np
import pandas as pd
import pytest
from gudhi import hera
from hypothesis import given, settings
from hypothesis import strategies as st
from joblib import parallel_config
from numpy.testing import assert_allclose, assert_array_equal
from scipy.optimize import linear_sum_assignment
from sklearn.cluster import AgglomerativeClustering

from skactland import RipsPersistence, rips_persistence
from skactland.comparison import bottleneck_distance, diagram_distances, wasserstein_distance
from skactland.datasets import make_circle

INF = np.inf
DISTANCES = {
    "bottleneck": bottleneck_distance,
    "wasserstein": wasserstein_distance,
    "order 2": lambda x, y: wasserstein_distance(x, y, order=2, internal_p=2),
}


def diagrams(seed, sizes=(4, 6), n_infinite=0):
    rng = np.random.default_rng(seed)
    out = []
    for size in sizes:
        bars = rng.random((size, 2)).cumsum(axis=1)
        bars[size - n_infinite :, 1] = INF
        out.append(bars)
    return out


def ways(one, two, q):
    """All pairs of bars, and of bars and the diagonal, with their distances: the definition."""
    points = [list(map(float, bar)) for bar in one]
    others = [list(map(float, bar)) for bar in two]

    def norm(x, y):
        differences = [0.0 if a == b else abs(a - b) for a, b in zip(x, y, strict=True)]
        return max(differences) if q == INF else sum(d**q for d in differences) ** (1 / q)

    def to_diagonal(bar):
        return norm(bar, [sum(bar) / 2] * 2) if bar[1] < INF else INF

    n, m = len(points), len(others)
    costs = np.zeros((n + m, n + m))
    for i, j in itertools.product(range(n), range(m)):
        costs[i, j] = norm(points[i], others[j])
    costs[:n, m:] = np.array([to_diagonal(bar) for bar in points])[:, None]
    costs[n:, :m] = np.array([to_diagonal(bar) for bar in others])
    return costs


def by_definition(one, two, p, q=INF):
    """The least over all permutations, for the few bars for which there is time."""
    costs = ways(one, two, q)
    rows = np.arange(len(costs))
    best = INF
    for columns in itertools.permutations(range(len(costs))):
        found = costs[rows, list(columns)]
        value = found.max(initial=0) if p == INF else (found**p).sum() ** (1 / p)
        best = min(best, value)
    return best


@pytest.mark.parametrize("sizes", [(3, 3), (2, 4), (1, 1), (0, 3), (3, 0), (0, 0)])
@pytest.mark.parametrize("n_infinite", [0, 1])
@pytest.mark.parametrize("q", [1, 1.5, 2, INF])
def test_the_least_over_all_matchings(sizes, n_infinite, q):
    one, two = diagrams(sum(sizes), sizes, min(n_infinite, *sizes))
    one[:1], two[:1] = np.round(one[:1], 1), np.round(two[:1], 1)
    for p in (1, 2, 3.5):
        found = wasserstein_distance(one, two, order=p, internal_p=q)
        assert_allclose(found, by_definition(one, two, p, q), rtol=1e-12)
    assert_allclose(bottleneck_distance(one, two), by_definition(one, two, INF), rtol=1e-14)


@pytest.mark.parametrize("p", [1, 2, 6])
@pytest.mark.parametrize("q", [1, 2, INF])
def test_many_bars_by_the_square_assignment_and_by_hera(p, q):
    rng = np.random.default_rng(0)
    clouds = rng.normal(size=(60, 3)), rng.normal(size=(80, 3))
    for one, two in zip(*map(rips_persistence, clouds), strict=True):
        found = wasserstein_distance(one, two, order=p, internal_p=q)
        finite = [bars[np.isfinite(bars[:, 1])] for bars in (one, two)]
        costs = ways(*finite, q) ** p
        rows, columns = linear_sum_assignment(costs)
        assert_allclose(found, costs[rows, columns].sum() ** (1 / p), rtol=1e-12)
        other = hera.wasserstein_distance(one, two, order=p, internal_p=q, delta=1e-4)
        assert_allclose(found, other, rtol=2e-4)
        worst = hera.bottleneck_distance(*finite, delta=1e-6)
        assert_allclose(bottleneck_distance(one, two), worst, rtol=1e-5)


@pytest.mark.parametrize("p", [1, 3, 8, 10])
@pytest.mark.parametrize("q", [1, 2, INF])
@pytest.mark.parametrize("step", [1e-14, 1e-7, 1e-2, 1])
def test_diagrams_that_hardly_differ(p, q, step):
    """Powers of lengths hide no differences: neither who is matched to whom nor what that costs."""
    rng = np.random.default_rng(0)
    near = np.array([[1.0, 3.0]] * 3 + [[5.0, 5.0 + step]])
    one, two = near[1:], near[:3] + step * rng.normal(size=(3, 2))
    found = wasserstein_distance(one, two, order=p, internal_p=q)
    assert_allclose(found, by_definition(one, two, p, q), rtol=1e-11)
    # Bars so far apart that each can be matched to its own alone.
    far = np.add.outer(10.0 * np.arange(50), [0.0, 5.0])
    moved = far + step * rng.uniform(-1, 1, size=far.shape)
    costs = np.linalg.norm(moved - far, ord=q, axis=1)
    found = wasserstein_distance(far, rng.permutation(moved), order=p, internal_p=q)
    assert_allclose(found, np.linalg.norm(costs, ord=p), rtol=1e-11)


numbers = st.floats(0, 8, width=16)
few = st.lists(st.tuples(numbers, st.one_of(numbers, st.just(INF))), max_size=5).map(
    lambda pairs: [[birth, birth + length] for birth, length in pairs]
)


@settings(max_examples=40)
@given(few, few, few, st.sampled_from(sorted(DISTANCES)))
def test_laws(one, two, three, name):
    """A metric, but for bars of no length; ties, duplicates and infinite bars included."""
    d = DISTANCES[name]
    assert d(one, one) == 0
    assert d(one, one[::-1]) == 0
    assert d(one, [*one, [1.0, 1.0]]) == 0
    assert_allclose(d(one, two), d(two, one), rtol=1e-12)
    assert d(one, three) <= (d(one, two) + d(two, three)) * (1 + 1e-12) + 1e-12
    scaled = [[4.0 * birth, 4.0 * death] for birth, death in one]
    twice = [[4.0 * birth, 4.0 * death] for birth, death in two]
    assert_allclose(d(scaled, twice), 4 * d(one, two), rtol=1e-12)
    assert (d(one, two) == INF) == (np.isinf(one).sum() != np.isinf(two).sum())
    if name == "bottleneck" and d(one, two) < INF:
        found = np.array([wasserstein_distance(one, two, order=p) for p in (1, 3, 10)])
        sizes = (len(one) + len(two)) ** np.array([1, 1 / 3, 0.1])
        assert (d(one, two) <= found * (1 + 1e-12)).all()
        assert (found <= sizes * d(one, two) * (1 + 1e-12)).all()


@pytest.mark.parametrize("scale", [2.0**-1000, 2.0**-300, 2.0**300, 2.0**1000])
def test_any_scale(scale):
    one, two = diagrams(0, n_infinite=1)
    for d in DISTANCES.values():
        assert_allclose(d(scale * one, scale * two), scale * d(one, two), rtol=1e-12)
    high = [wasserstein_distance(scale * each, scale * two, order=10) for each in (one, two)]
    assert_allclose(high[0], scale * wasserstein_distance(one, two, order=10), rtol=1e-12)
    assert bottleneck_distance(scale * one, scale * two) <= high[0]
    assert high[1] == 0


def test_what_no_number_holds_is_refused():
    largest = np.finfo(float).max
    many = [[0, largest]] * 4
    with pytest.raises(ValueError, match=r"The distance of the diagrams .*too large"):
        wasserstein_distance(many, [])
    assert_allclose(bottleneck_distance(many, []), largest / 2)


def test_many_bars_beside_few_and_more_than_fit():
    one = np.column_stack([np.zeros(10**5), np.linspace(1, 2, 10**5)])
    assert_allclose(wasserstein_distance(one, one[-1:]), (one[:, 1].sum() - 2) / 2)
    huge = np.tile(one, (40, 1))
    with pytest.raises(MemoryError, match="use the bottleneck distance"):
        wasserstein_distance(huge, huge + 1)


def test_stability():
    """No value changes by more than points move: less than twice the step in each distance."""
    rng = np.random.default_rng(0)
    cloud = rng.normal(size=(40, 3))
    steps = rng.normal(size=(40, 3))
    steps *= 0.1 / np.linalg.norm(steps, axis=1, keepdims=True)
    for one, two in zip(rips_persistence(cloud), rips_persistence(cloud + steps), strict=True):
        assert 0 < bottleneck_distance(one, two) <= 0.2 * (1 + 1e-12)


# ---- tables


@pytest.fixture
def table():
    clouds = pd.DataFrame(
        {
            "fc1": [make_circle(20, radius=1 + i, random_state=i) for i in range(4)],
            "fc2": [np.random.default_rng(i).normal(size=(15 + i, 3)) for i in range(4)],
        },
        index=list("abcd"),
    )
    return (
        RipsPersistence(return_simplices=True).set_output(transform="pandas").fit_transform(clouds)
    )


@pytest.mark.parametrize("measure", ["bottleneck", "wasserstein"])
def test_each_pair_is_that_of_its_diagrams(table, measure):
    found = diagram_distances(table, measure=measure)
    assert list(found) == ["fc1__H0", "fc1__H1", "fc2__H0", "fc2__H1"]
    for name, distances in found.items():
        assert distances.rows == distances.columns == list("abcd")
        expected = [[DISTANCES[measure](x, y) for y in table[name]] for x in table[name]]
        assert_allclose(distances.values, expected, rtol=1e-12, atol=1e-300)
        assert_array_equal(distances.values, distances.values.T)
        assert not np.diagonal(distances.values).any()
    others = diagram_distances(table.iloc[:1], table.iloc[1:], measure=measure)
    assert others["fc1__H1"].rows == ["a"]
    assert others["fc1__H1"].columns == list("bcd")
    assert_allclose(others["fc1__H1"].values, found["fc1__H1"].values[:1, 1:], rtol=1e-12)


def test_parameters_names_and_jobs(table):
    params = {"order": 2, "internal_p": 2}
    found = diagram_distances(table, measure_params=params, names=list("wxyz"))
    assert found["fc2__H1"].title == "Wasserstein distance of order 2"
    assert found["fc2__H1"].rows == list("wxyz")
    expected = DISTANCES["order 2"](table["fc2__H1"].iloc[1], table["fc2__H1"].iloc[3])
    assert_allclose(found["fc2__H1"].values[1, 3], expected)
    with parallel_config(backend="threading"):
        again = diagram_distances(table, measure_params=params, n_jobs=2)
    for name in found:
        assert_array_equal(again[name].values, found[name].values)
    cells = table[["fc1__H1"]].to_numpy()
    plain = diagram_distances(cells, cells, other_names=list("stuv"))["x0"]
    assert (plain.rows, plain.columns) == (list("0123"), list("stuv"))
    assert diagram_distances([[[0, 1]]])["x0"].values.tolist() == [[0.0]]


@pytest.mark.usefixtures("no_screen")
def test_scikit_learn_and_the_picture_take_them(table):
    found = diagram_distances(table)["fc1__H1"]
    model = AgglomerativeClustering(2, metric="precomputed", linkage="single")
    groups = model.fit_predict(found.values)
    assert (groups == groups[3]).sum() in (1, 3)
    assert found.plot().axes_[0, 0].get_xlabel() == "network"
    infinite = diagram_distances([[[0, 1], [0, INF]], [[0, 1]], [[0, INF]]])["x0"]
    assert_array_equal(np.isinf(infinite.values), [[0, 1, 0], [1, 0, 1], [0, 1, 0]])
    infinite.plot()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"measure": "hausdorff"}, "measure must be one of"),
        ({"measure_params": {"power": 2}}, "the measure 'wasserstein' takes order, internal_p"),
        ({"measure": "bottleneck", "measure_params": {"order": 2}}, "takes nothing"),
        ({"measure_params": {"order": 0.5}}, "order must be a number between 1 and 10, got 0.5"),
        ({"measure_params": {"order": INF}}, "between 1 and 10, got inf; .* bottleneck"),
        ({"measure_params": {"internal_p": True}}, "internal_p must be a number"),
        ({"n_jobs": 0}, "n_jobs must not be 0"),
        ({"names": ["a"]}, "names has 1 names, and the table 4 networks"),
        ({"other_names": ["a"]}, "other_names are those of `others`"),
        ({"others": [[[0, 1]]]}, "X and others must have the same columns"),
        ({"others": 3}, "others: Expected a table of diagrams"),
    ],
)
def test_wrong_values(table, options, message):
    with pytest.raises((TypeError, ValueError), match=message):
        diagram_distances(table, **options)


def test_wrong_diagrams(table):
    for d in DISTANCES.values():
        with pytest.raises(ValueError, match="the other diagram: bar 0 dies at 1, before its"):
            d([[0, 1]], [[2, 1]])
    table.iloc[2, 0] = np.ones((3, 3))
    with pytest.raises(ValueError, match="row 2, column 'fc1__H0': a persistence diagram has sh"):
        diagram_distances(table)
