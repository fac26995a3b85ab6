"""Whatever is computed is the same to the last bit, compiled or not."""

import os
import pickle
import subprocess
import sys
import warnings
from itertools import pairwise
from pathlib import Path

import numba
import numpy as np
import pytest

import skactland
from skactland import (
    LandscapeVectorizer,
    PersistenceLandscape,
    SilhouetteVectorizer,
    landscape_distance,
    landscape_gram,
    landscape_values,
    rips_persistence,
)
from skactland.metrics import (
    distance_matrix,
    euclidean_distances,
    geodesic_distances,
    local_distances,
    scaled_distances,
    sphere_distances,
)

METRICS = {
    "euclidean": {},
    "geodesic": {"n_neighbors": 4},
    "local": {"quantile": 0.8},
    "scaled": {},
    "sphere": {},
}  # and their parameters


def clouds():
    """Small clouds: of both precisions, with ties and duplicates, of extreme scales."""
    rng = np.random.default_rng(0)
    yield from (rng.normal(size=(n, d)) for n in (12, 24, 37) for d in (1, 3, 6))
    yield rng.normal(size=(30, 9)).astype(np.float32)
    yield rng.integers(0, 4, (30, 2)).astype(float)
    yield np.repeat(rng.normal(size=(9, 3)), 3, axis=0)
    circle = np.linspace(0, 2 * np.pi, 20, endpoint=False)
    yield from (
        scale * np.column_stack([np.sin(circle), np.cos(circle)]) for scale in (1e-100, 1e100)
    )


def matrices():
    """Distance matrices: of the clouds, of whole numbers, and with points that are never joined."""
    yield from (distance_matrix(cloud) for cloud in clouds())
    rng = np.random.default_rng(1)
    for _ in range(20):
        lengths = np.triu(rng.integers(1, 9, (14, 14)).astype(float), 1)
        lengths[rng.random(lengths.shape) < 0.1] = np.inf
        lengths = np.triu(lengths, 1)
        yield lengths + lengths.T


def diagrams():
    rng = np.random.default_rng(2)
    yield np.empty((0, 2))
    for n_bars in (1, 2, 5, 20, 60):
        births = rng.exponential(size=n_bars)
        yield np.column_stack([births, births + rng.exponential(size=n_bars)])
        births = rng.integers(0, 5, n_bars)  # with ties
        yield np.column_stack([births, births + rng.integers(1, 5, n_bars)]).astype(float)


def landscapes():
    return [PersistenceLandscape.from_diagram(diagram) for diagram in diagrams()]


def distances():
    for cloud in clouds():
        yield euclidean_distances(cloud)
        yield scaled_distances(cloud)
        yield local_distances(cloud, quantile=0.8)
        yield sphere_distances(cloud)
        yield from (
            geodesic_distances(cloud, n_neighbors=4, weights=w) for w in ("hops", "lengths")
        )


def bars_of_clouds():
    for metric, params in METRICS.items():
        for cloud in clouds():
            yield from rips_persistence(cloud, (0,), metric=metric, metric_params=params)
            yield from rips_persistence(cloud, (0, 1), metric=metric, metric_params=params)


def bars_of_matrices():
    for matrix in matrices():
        yield from rips_persistence(matrix, (0,), metric="precomputed")
        for longest in (np.inf, np.median(matrix)):
            bars, simplices = rips_persistence(
                matrix, metric="precomputed", max_edge_length=longest, return_simplices=True
            )
            yield from [*bars, *simplices]


def values():
    nodes = np.linspace(0, 6, 25)
    yield from (landscape_values(diagram, nodes, n_landscapes=4) for diagram in diagrams())
    table = np.empty((6, 1), object)
    table[:, 0] = [*diagrams()][:6]
    yield LandscapeVectorizer().fit_transform(table)
    yield SilhouetteVectorizer().fit_transform(table)


def gram_matrices():
    some = [*diagrams()]
    yield landscape_gram(some)
    yield landscape_gram(some[1:], some[:4])
    yield landscape_distance(some)
    yield landscape_distance(some[1:], some[:4])


def arithmetic():
    ours = landscapes()
    for f, g in pairwise(ours):
        for h in (f + g, f - g, 0.3 * f, -g, PersistenceLandscape.mean([f, g, g])):
            yield from h.levels
            yield np.array([h.norm(p) for p in (1, 1.5, 2, 3, np.inf)])
        yield np.array([f.inner(g), f.distance(g), f.distance(g, 1)])
        yield f.integral()


CASES = [distances, bars_of_clouds, bars_of_matrices, values, gram_matrices, arithmetic]


def print_results():
    """Pickle what all cases yield to the standard output."""
    warnings.simplefilter("error")
    warnings.filterwarnings("ignore", "No bar in some degree above 0")
    pickle.dump({case.__name__: [*case()] for case in CASES}, sys.stdout.buffer)


@pytest.fixture(scope="module")
def results_of_the_other_way():
    """What the cases yield where nothing is compiled; compiled, if nothing is compiled here."""
    of_ours = Path(skactland.__file__).parents[1], Path(__file__).parent
    code = "from test_compiled_jit import print_results; print_results()"
    done = subprocess.run(
        [sys.executable, "-P", "-c", code],
        env={
            **os.environ,
            "NUMBA_DISABLE_JIT": str(int(not numba.config.DISABLE_JIT)),
            "PYTHONPATH": os.pathsep.join(map(str, of_ours)),
        },
        capture_output=True,
    )
    assert done.returncode == 0, done.stderr.decode()
    return pickle.loads(done.stdout)


@pytest.mark.filterwarnings("ignore:No bar in some degree above 0")
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.__name__)
def test_compiled_or_not_makes_no_difference(case, results_of_the_other_way):
    expected = results_of_the_other_way[case.__name__]
    found = [*case()]
    assert len(found) == len(expected) > 0
    for i, (one, other) in enumerate(zip(found, expected, strict=True)):
        assert (one.dtype, one.shape) == (other.dtype, other.shape), f"{case.__name__} {i}"
        assert one.tobytes() == other.tobytes(), f"{case.__name__} {i}: {one - other}"
