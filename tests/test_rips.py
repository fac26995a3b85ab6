"""Our own engine against GUDHI, bar for bar, and what it says of where bars come from."""

import os
import signal
import subprocess
import sys
import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from matrices import KINDS, finite_quantile
from numpy.testing import assert_allclose, assert_array_equal
from oracles import rips_bars as slow_bars
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from scipy.spatial.distance import pdist, squareform

from skactland import RipsPersistence, rips_persistence


def both(distances, limit=np.inf, degrees=(0, 1)):
    """The diagrams by either engine."""
    options = {"metric": "precomputed", "max_edge_length": limit}
    return (
        rips_persistence(distances, degrees, engine=engine, **options)
        for engine in ("lunes", "gudhi")
    )


def assert_agree(distances, limit=np.inf, degrees=(0, 1)):
    for ours, theirs in zip(*both(distances, limit, degrees), strict=True):
        assert_array_equal(ours, theirs)


def assert_agree_on_many(kind, n_cases, seed):
    rng = np.random.default_rng([sorted(KINDS).index(kind), seed])
    for _ in range(n_cases):
        distances = KINDS[kind](int(rng.integers(2, 60)), rng)
        assert_agree(distances)
        assert_agree(distances, limit=finite_quantile(distances, rng.random()))


@pytest.mark.filterwarnings("ignore:No bar in some degree above 0")
@pytest.mark.parametrize("kind", KINDS)
def test_agrees_with_gudhi(kind):
    assert_agree_on_many(kind, n_cases=100, seed=0)


@pytest.mark.fuzz
@pytest.mark.filterwarnings("ignore:No bar in some degree above 0")
@pytest.mark.parametrize("kind", KINDS)
def test_agrees_with_gudhi_on_many_more(kind):
    assert_agree_on_many(kind, n_cases=2000, seed=1)


@pytest.mark.parametrize("kind", ["plane", "space", "torus", "grid", "hops", "random integers"])
def test_agrees_with_gudhi_on_larger_clouds(kind):
    rng = np.random.default_rng(0)
    assert_agree(KINDS[kind](250, rng))


@pytest.mark.filterwarnings("ignore:No bar in some degree above 0")
@settings(deadline=None, max_examples=100)
@given(st.integers(2, 10), st.data())
def test_agrees_with_the_reduction_of_the_boundary_matrix(n, data):
    lengths = data.draw(arrays(float, n * (n - 1) // 2, elements=st.integers(0, 6).map(float)))
    distances = squareform(lengths)
    for degree, bars in enumerate(rips_persistence(distances, metric="precomputed")):
        assert_array_equal(bars, slow_bars(distances, degree))


def test_degree_zero_alone_agrees():
    rng = np.random.default_rng(0)
    for kind, make in KINDS.items():
        distances = make(40, rng)
        assert_agree(distances, degrees=(0,))
        assert_agree(distances, finite_quantile(distances, 0.5), degrees=(0,))
        alone = rips_persistence(distances, (0,), metric="precomputed")[0]
        beside = rips_persistence(distances, (0, 1), metric="precomputed", engine="lunes")[0]
        assert_array_equal(alone, beside, err_msg=kind)


@pytest.mark.filterwarnings("ignore:No bar in some degree above 0")
@settings(deadline=None, max_examples=100)
@given(st.integers(0, 30), st.integers(1, 5), st.sampled_from([1.0, 0.1]), st.data())
def test_degree_zero_of_points_needs_no_matrix(n, d, unit, data):
    points = unit * data.draw(arrays(float, (n, d), elements=st.integers(0, 6).map(float)))
    distances = squareform(pdist(points)) if n > 1 else np.zeros((n, n))
    limit = data.draw(st.sampled_from([np.inf, 0.0, 3 * unit]))
    options = {"max_edge_length": limit, "return_simplices": True}
    (bars,), (edges,) = rips_persistence(points, (0,), **options)
    expected = rips_persistence(distances, (0,), metric="precomputed", **options)[0][0]
    assert_allclose(bars, expected, rtol=1e-14)
    ends = edges[edges[:, 0] >= 0]
    assert_allclose(distances[ends[:, 0], ends[:, 1]], bars[np.isfinite(bars[:, 1]), 1], rtol=1e-14)
    assert_spans(ends)


def test_degree_zero_of_many_points_at_once():
    points = np.random.default_rng(0).normal(size=(2500, 3))
    distances = squareform(pdist(points))
    for engine in ("lunes", "gudhi"):
        expected = rips_persistence(distances, (0,), metric="precomputed", engine=engine)[0]
        assert_allclose(rips_persistence(points, (0,))[0], expected, rtol=1e-14)


def assert_spans(edges):
    """Check that edges make no cycle."""
    graph = coo_array((np.ones(len(edges)), edges.T), shape=(100, 100))
    assert connected_components(graph, directed=False)[0] == 100 - len(edges)


@pytest.mark.parametrize("kind", ["torus", "grid", "random integers"])
def test_order_of_the_points_does_not_matter(kind):
    rng = np.random.default_rng(0)
    distances = KINDS[kind](80, rng)
    expected = rips_persistence(distances, metric="precomputed")
    for _ in range(5):
        order = rng.permutation(80)
        moved = rips_persistence(distances[np.ix_(order, order)], metric="precomputed")
        for bars, reference in zip(moved, expected, strict=True):
            assert_array_equal(bars, reference)


# Simplices


@pytest.mark.parametrize("kind", ["plane", "torus", "grid", "random integers", "hops"])
@pytest.mark.parametrize("degrees", [(0,), (0, 1), (1,)])
@pytest.mark.parametrize("quantile", [0.3, 1])
def test_simplices_have_the_lengths_of_their_bars(kind, degrees, quantile):
    distances = KINDS[kind](60, np.random.default_rng(0))
    options = {"metric": "precomputed", "max_edge_length": np.quantile(distances, quantile)}
    diagrams, simplices = rips_persistence(distances, degrees, return_simplices=True, **options)
    for q, bars, ends in zip(degrees, diagrams, simplices, strict=True):
        assert ends.shape == (len(bars), 2 + 3 * q)
        assert_array_equal((ends == -1).any(axis=1), np.isinf(bars[:, 1]))
        dead = np.isfinite(bars[:, 1])
        if q == 0:
            assert_array_equal(distances[tuple(ends[dead].T)], bars[dead, 1])
            continue
        assert_array_equal(distances[ends[:, 0], ends[:, 1]], bars[:, 0])
        u, v, w = ends[dead, 2:].T
        assert_array_equal(distances[u, v], bars[dead, 1])
        assert (np.maximum(distances[u, w], distances[v, w]) <= bars[dead, 1]).all()


def test_the_loop_of_a_square_is_traced_to_its_corners():
    square = [[9, 9], [0, 0], [1, 0], [1, 1.1], [0, 1.1]]
    diagrams, simplices = rips_persistence(square, (1,), return_simplices=True)
    assert len(diagrams[0]) == 1
    birth, death = simplices[0][0, :2], simplices[0][0, 2:]
    assert set(birth) in ({2, 3}, {1, 4})
    assert set(death) < {1, 2, 3, 4}
    assert set(death[:2]) in ({1, 3}, {2, 4})


def test_simplices_in_a_table(clouds):
    rips = RipsPersistence((0, 1), return_simplices=True)
    table = rips.set_output(transform="pandas").fit_transform(clouds)
    assert list(table.columns[:4]) == ["x0__H0", "x0__H0__simplices", "x0__H1", "x0__H1__simplices"]
    diagrams, simplices = rips_persistence(clouds[2, 1], return_simplices=True)
    assert_array_equal(table.loc[2, "x1__H1"], diagrams[1])
    assert_array_equal(table.loc[2, "x1__H1__simplices"], simplices[1])


# Memory, caches, threads, clusters, interrupts


def test_clouds_that_do_not_fit_are_refused_before_anything_is_allocated():
    row = np.zeros((1, 1))
    endless = np.broadcast_to(row, (10_000_000, 1))
    message = (
        r"row 0, column 0: 10000000 points need about .* GB, .* about \d+ points.*PointSampler"
    )
    with pytest.raises(MemoryError, match=message):
        RipsPersistence().fit_transform([endless])


def test_the_cache_is_by_content(clouds, tmp_path, monkeypatch):
    from skactland.persistence import _rips as persistence

    calls = []
    compute = persistence.rips_bars
    monkeypatch.setattr(persistence, "rips_bars", lambda *a: calls.append(1) or compute(*a))

    def count(X, **changes):
        calls.clear()
        RipsPersistence(memory=tmp_path).set_params(**changes).fit_transform(X)
        return len(calls)

    assert count(clouds) == 12
    assert count(clouds.copy()) == 0
    assert count(clouds[::-1], n_jobs=2) == 0
    other = clouds.copy()
    other[0, 0] = other[0, 0] + 1e-9
    assert count(other) == 1
    assert count(clouds, homology_dimensions=(1,)) == 12
    assert count(clouds, metric="cosine") == 12
    expected = RipsPersistence().fit_transform(clouds)
    found = RipsPersistence(memory=tmp_path).fit_transform(clouds)
    for index in np.ndindex(expected.shape):
        assert_array_equal(found[index], expected[index])


def test_threads_give_the_same_table_every_time():
    rng = np.random.default_rng(0)
    clouds = [rng.normal(size=(60, 3)) for _ in range(12)]
    expected = RipsPersistence(n_jobs=1).fit_transform(clouds)
    for _ in range(100):
        found = RipsPersistence(n_jobs=2).fit_transform(clouds)
        for index in np.ndindex(expected.shape):
            assert_array_equal(found[index], expected[index])


INTERRUPTED = """
import sys, numpy as np
from skactland import RipsPersistence
clouds = list(np.random.default_rng(0).normal(size=(60, 300, 3)))
print("started", flush=True)
RipsPersistence(engine="gudhi", n_jobs=2, memory=sys.argv[1]).fit_transform(clouds)
"""


def test_interrupt_leaves_a_usable_cache_and_no_worker(tmp_path, monkeypatch):
    from skactland.persistence import _rips as persistence

    process = subprocess.Popen(
        [sys.executable, "-c", INTERRUPTED, str(tmp_path)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )
    assert process.stdout.readline() == b"started\n"
    deadline = time.monotonic() + 300
    while len(list(tmp_path.rglob("output.pkl"))) < 4 and time.monotonic() < deadline:
        time.sleep(0.01)
    os.kill(process.pid, signal.SIGINT)
    _, errors = process.communicate(timeout=300)
    assert b"KeyboardInterrupt" in errors
    with pytest.raises(ProcessLookupError):
        os.killpg(process.pid, 0)

    kept = len(list(tmp_path.rglob("output.pkl")))
    calls = []
    compute = persistence.rips_bars
    monkeypatch.setattr(persistence, "rips_bars", lambda *a: calls.append(1) or compute(*a))
    clouds = list(np.random.default_rng(0).normal(size=(60, 300, 3)))
    RipsPersistence(engine="gudhi", memory=tmp_path).fit_transform(clouds)
    assert 4 <= kept < 60
    assert len(calls) == 60 - kept


@pytest.mark.parametrize("n", [10, 60, 150])
def test_loops_of_a_complete_bipartite_graph(n):
    """All edges of one length at once, and all loops: more than one block of edges has room for."""
    side = np.arange(n) % 2
    distances = np.where(side[:, None] != side, 1.0, 2.0)
    np.fill_diagonal(distances, 0)
    components, loops = rips_persistence(distances, metric="precomputed")
    assert components.tolist() == [[0, 1]] * (n - 1) + [[0, np.inf]]
    assert loops.tolist() == [[1, 2]] * (n // 2 - 1) ** 2


@pytest.mark.parametrize("n", [60, 130])
@pytest.mark.parametrize("spread", [1e-13, 0.1])
def test_lengths_so_close_that_few_grades_tell_them_apart(n, spread):
    rng = np.random.default_rng(n)
    for n_parts in (1, 3):  # of one part, random lengths; of three, many loops that live long
        part = np.arange(n) % n_parts
        steps = np.triu(rng.integers(0, 5000, (n, n)), 1)
        lengths = 1 + spread * (steps + steps.T) / 5000
        distances = np.where(part[:, None] != part, lengths, lengths + (n_parts > 1) * 0.5)
        np.fill_diagonal(distances, 0)
        assert_agree(distances)


def test_a_dask_cluster_gives_the_same_table(clouds):
    from distributed import Client, LocalCluster
    from joblib import parallel_config

    expected = RipsPersistence().fit_transform(clouds)
    with (
        LocalCluster(n_workers=1, threads_per_worker=2, dashboard_address=":0") as cluster,
        Client(cluster),
        parallel_config(backend="dask"),
    ):
        found = RipsPersistence().fit_transform(clouds)
    for index in np.ndindex(expected.shape):
        assert_array_equal(found[index], expected[index])
