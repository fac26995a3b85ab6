"""What is refused before it is allocated, and what waits for the memory that others hold."""

import os
import subprocess
import sys
import threading

import numpy as np
import pytest

from skactland import PointSampler, RipsPersistence, farthest_points, rips_persistence
from skactland import _memory as _system
from skactland.metrics import _memory, distance_matrix
from skactland.metrics._memory import reserve_memory
from skactland.metrics._registry import METRICS
from skactland.persistence._engines import ENGINES

GB = 10**9


@pytest.fixture
def available(monkeypatch):
    """Say how much the machine has."""

    def say(n_bytes):
        monkeypatch.setattr(_memory, "available_memory", lambda: n_bytes)

    return say


def endless(n_points):
    """A cloud that takes no memory itself."""
    return np.broadcast_to(np.zeros((1, 1)), (n_points, 1))


# What does not fit


@pytest.mark.parametrize("metric", ["scaled", "geodesic", "local", "sphere", "cosine"])
def test_every_stage_asks_first(metric, available):
    available(GB)
    n, options = 40_000, {"metric": metric}
    message = r"40000 points need about .* GB, and 1.0 GB are available, enough for about \d+"
    for ask in (
        lambda cloud: distance_matrix(cloud, metric),
        lambda cloud: rips_persistence(cloud, **options),
        lambda cloud: farthest_points(cloud, 10, **options),
    ):
        with pytest.raises(MemoryError, match=f"{message}.*(PointSampler|metric)"):
            ask(endless(n))
    for stage in (RipsPersistence(**options), PointSampler(10, **options)):
        with pytest.raises(MemoryError, match=f"row 1, column 0: {message}"):
            stage.fit_transform([np.ones((5, 1)), endless(n)])


def test_a_degree_that_takes_more_is_refused_earlier(available, monkeypatch):
    engine, n = ENGINES["lunes"], 100
    assert engine.bytes_for((2,)) == engine.bytes_for((0, 2)) > engine.bytes_for((0, 1))
    monkeypatch.setattr(_memory, "_LITTLE", 0)
    available(engine.bytes_for((0, 1)) * n**2)
    cloud = np.random.default_rng(0).normal(size=(n, 2))
    assert len(rips_persistence(cloud)) == 2
    with pytest.raises(MemoryError, match="100 points need about"):
        rips_persistence(cloud, (0, 1, 2))


def test_the_sampler_names_remedies_that_need_no_matrix(available):
    available(GB)
    cloud = endless(40_000)
    with pytest.raises(MemoryError, match=r'metric="euclidean".*method="random"'):
        PointSampler(10, metric="scaled").fit_transform([cloud])
    assert PointSampler(10).fit_transform([cloud])[0, 0].shape == (10, 1)
    drawn = PointSampler(10, metric="scaled", method="random").fit_transform([cloud])
    assert drawn[0, 0].shape == (10, 1)


LIMITED = """
import resource, numpy as np
from skactland import rips_persistence
rips_persistence(np.random.default_rng(0).normal(size=(50, 2)))
for limit, kind in ((resource.RLIMIT_AS, "VmSize"), (resource.RLIMIT_DATA, "VmData")):
    in_use = int(next(x for x in open("/proc/self/status") if x.startswith(kind)).split()[1])
    resource.setrlimit(limit, (in_use * 1024 + 10**9, resource.RLIM_INFINITY))
    try:
        rips_persistence(np.broadcast_to(np.zeros((1, 1)), (20_000, 1)))
    except MemoryError as error:
        print(error)
    resource.setrlimit(limit, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
"""


def test_limits_of_the_process():
    command = [sys.executable, "-c", LIMITED]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    messages = done.stdout.splitlines()
    assert len(messages) == 2
    for message in messages:
        assert "the cloud: 20000 points need about" in message
        assert any(f"and {size} GB are available" in message for size in ("0.9", "1.0"))


def write_files(folder, files):
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({"proc/meminfo": "MemTotal: 9 kB\nMemAvailable:     5 kB\n"}, 5 * 1024),
        (
            {  # version 2: an unlimited group in a limited one, part of it cache
                "proc/self/cgroup": "0::/user/job\n",
                "groups/user/job/memory.max": "max\n",
                "groups/user/job/memory.current": "100\n",
                "groups/user/memory.max": "1000\n",
                "groups/user/memory.current": "700\n",
                "groups/user/memory.stat": "anon 500\ninactive_file 50\n",
            },
            350,
        ),
        (
            {  # version 1, in a container whose path begins outside of it
                "proc/self/cgroup": "5:cpu,cpuacct:/x\n4:memory:/docker/1\n0::/\n",
                "groups/memory/memory.limit_in_bytes": "1000\n",
                "groups/memory/memory.usage_in_bytes": "800\n",
                "groups/memory/memory.stat": "total_inactive_file 30\n",
            },
            230,
        ),
        (
            {  # more in use than allowed
                "proc/self/cgroup": "0::/\n",
                "groups/memory.max": "10\n",
                "groups/memory.current": "20\n",
            },
            0,
        ),
        ({}, None),
    ],
)
def test_limits_of_the_system(files, expected, tmp_path, monkeypatch):
    write_files(tmp_path, files)
    monkeypatch.setattr(_system, "_PROC", tmp_path / "proc")
    monkeypatch.setattr(_system, "_CGROUPS", tmp_path / "groups")
    assert _system.available_memory() == expected


# What runs at once


def reserve(n_bytes):
    return reserve_memory(1, n_bytes, "Use less.")


def test_threads_wait_until_there_is_room(available):
    available(GB)
    order, first_is_in, may_leave = [], threading.Event(), threading.Event()

    def first():
        with reserve(0.7 * GB):
            first_is_in.set()
            assert may_leave.wait(60)
            order.append("first leaves")

    def second():
        with reserve(0.6 * GB):
            order.append("second enters")

    threads = [threading.Thread(target=first), threading.Thread(target=second)]
    threads[0].start()
    assert first_is_in.wait(60)
    threads[1].start()
    with reserve(0.2 * GB):  # fits beside the first
        order.append("third enters")
    may_leave.set()
    for thread in threads:
        thread.join(60)
    assert order == ["third enters", "first leaves", "second enters"]
    assert not _memory._reserved


def test_no_more_is_held_at_once_than_there_is(available):
    available(GB)
    in_use, most, lock = [0], [0], threading.Lock()

    def work(size):
        with reserve(size):
            with lock:
                in_use[0] += size
                most[0] = max(most[0], in_use[0])
            np.ones(100_000).sum()
            with lock:
                in_use[0] -= size

    sizes = np.random.default_rng(0).integers(GB // 10, GB, size=60)
    threads = [threading.Thread(target=work, args=(int(size),)) for size in sizes]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert GB // 10 <= most[0] <= GB
    assert in_use == [0]


def test_errors_release_what_was_held(available):
    available(GB)
    for _ in range(3):
        with pytest.raises(ZeroDivisionError), reserve(0.9 * GB):
            raise ZeroDivisionError
    with pytest.raises(MemoryError, match="Use less"), reserve(1.1 * GB):
        pass
    with reserve(0.9 * GB):
        pass


def test_what_does_not_fit_alone_is_refused_once_it_is_alone(available):
    available(GB)
    is_in, errors = threading.Event(), []

    def too_large():
        is_in.set()
        try:
            with reserve(2 * GB):
                pass
        except MemoryError as error:
            errors.append(error)

    thread = threading.Thread(target=too_large)
    with reserve(0.5 * GB):
        thread.start()
        assert is_in.wait(60)
    thread.join(60)
    assert len(errors) == 1


def test_a_thread_does_not_wait_for_itself(available):
    """As a metric does that computes persistence itself."""
    available(GB)
    with reserve(0.9 * GB), reserve(0.9 * GB):
        pass
    assert not _memory._reserved


def test_a_metric_may_start_threads_that_need_memory_themselves(available, monkeypatch):
    bytes_per_pair = max(METRICS["scaled"].bytes_per_pair, ENGINES["lunes"].bytes_per_pair)
    available(bytes_per_pair * 40**2)  # for one of the inner cells, and nothing beside it
    monkeypatch.setattr(_memory, "_LITTLE", 0)
    clouds = list(np.random.default_rng(0).normal(size=(2, 40, 2)))

    def by_homology(x, y):
        RipsPersistence((0, 1), metric="scaled", n_jobs=2).fit_transform(clouds)
        return abs(x - y)[0]

    cloud = np.arange(3.0)[:, None]
    found = rips_persistence(cloud, (0,), metric=by_homology)
    assert len(found[0]) == 3
    assert not _memory._reserved


@pytest.mark.filterwarnings("ignore:This process:DeprecationWarning")  # it has threads, and forks
def test_a_forked_process_begins_anew(available):
    available(GB)
    with reserve(0.9 * GB):
        child = os.fork()
        if child == 0:
            os._exit(len(_memory._reserved))
        assert os.waitpid(child, 0)[1] == 0
        assert len(_memory._reserved) == 1


def test_cells_that_fit_one_after_the_other_give_the_same_table(available, monkeypatch):
    monkeypatch.setattr(_memory, "_LITTLE", 0)
    clouds = list(np.random.default_rng(0).normal(size=(12, 40, 2)))
    expected = RipsPersistence().fit_transform(clouds)
    available(50 * 40**2)
    found = RipsPersistence(n_jobs=4).fit_transform(clouds)
    for index in np.ndindex(expected.shape):
        assert np.array_equal(found[index], expected[index])


def test_memory_that_runs_out_after_all_is_told_with_the_remedy():
    with (
        pytest.raises(MemoryError, match=r"4000 points do not fit.*\(no more\)\. Take fewer\."),
        reserve_memory(4000, 8, "Take fewer."),
    ):
        raise MemoryError("no more")
