"""A zoo on disk, one network at a time: memory, workers, tasks, caches, traffic, kills.

    python tests/benchmarks/zoos.py
    python tests/benchmarks/zoos.py memory workers --n-networks 200

Checkpoints of small convolutional networks x 6 layers x 500 images of digits go through
EachNetwork, homology in degrees 0 and 1. They are made once, in --folder. Each part prints what it
must reach and what it reached; "resnet" and "many" have no target, and are the rates from which the
guide's page on scaling works out larger zoos. One thread a network, unless said otherwise.
"""

import argparse
import contextlib
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
import warnings
from pathlib import Path

import numpy as np
import torch
from joblib import Parallel, delayed, parallel_config
from small_zoos import (
    are_same,
    convolutional,
    images,
    nbytes,
    peak,
    perceptron,
    processor,
    residual,
    stages,
    workers_of,
    zoo,
)

from skactland import EachNetwork
from skactland._torch import Surroundings
from skactland.zoos._content import digest_of
from skactland.zoos._run import _MAPPED

MB = 1e6


def each_of(arguments, **options):
    return EachNetwork(stages(convolutional, images(arguments.n_points)), **options)


def timed(function):
    start = time.perf_counter()
    result = function()
    return time.perf_counter() - start, result


def spent(function):
    """Return the seconds of the clock and of processors that a call takes."""
    start, work = time.perf_counter(), processor()
    function()
    return time.perf_counter() - start, processor() - work


def row(what, target, reached, is_met):
    print(f"{what:<58}{target:>14}{reached:>16}   {'met' if is_met else 'MISSED'}", flush=True)


def note(what, value):
    print(f"{what:<58}{'':>14}{value:>16}", flush=True)


def one_run(arguments):
    """Print the peaks of a run of its own; part of `memory`."""
    paths = zoo(arguments.folder, convolutional, arguments.n_networks)
    each_of(arguments, n_jobs=arguments.n_jobs).fit_transform(paths)
    print(json.dumps([peak(), *(peak(worker) for worker in workers_of(os.getpid()))]))


def memory(arguments):
    for n_jobs in (1, 2):
        peaks = {}
        for n in (arguments.n_networks // 10, arguments.n_networks):
            command = [sys.executable, __file__, "one_run", "--folder", arguments.folder]
            command += ["--n-networks", str(n), "--n-points", str(arguments.n_points)]
            command += ["--n-jobs", str(n_jobs)]
            done = subprocess.run(command, capture_output=True, text=True, check=True)
            peaks[n] = json.loads(done.stdout.splitlines()[-1])
            told = ", ".join(f"{value / MB:.0f}" for value in peaks[n])
            note(f"{n} networks, n_jobs={n_jobs}: parent, workers", f"{told} MB")
        few, many = (max(values) for values in peaks.values())
        row(f"largest process, n_jobs={n_jobs}", "< 1000 MB", f"{many / MB:.0f} MB", many < 1e9)
        ratio = many / few
        row("ten times as many networks, its memory", "<= 1.20", f"{ratio:.2f}", ratio <= 1.2)


# Time


def workers(arguments):
    paths = zoo(arguments.folder, convolutional, arguments.n_networks)[: arguments.n_timed]
    one = each_of(arguments, n_jobs=1).fit(paths)
    two = each_of(arguments, n_jobs=2).fit(paths)
    expected = one.transform(paths[:10])
    assert are_same(two.transform(paths[:10]), expected)  # and the workers are there
    by_clock, by_processor = [], []
    for _ in range(arguments.repeats):
        (clock, work), (clock_of_two, work_of_two) = (
            spent(lambda each=each: each.transform(paths)) for each in (one, two)
        )
        by_clock.append(clock / clock_of_two)
        by_processor.append(2 * work / work_of_two)
        note(f"{len(paths)} networks, one and two workers", f"{clock:.1f}, {clock_of_two:.1f} s")
        note("the same, seconds of processors", f"{work:.1f}, {work_of_two:.1f} s")
    for way, ratios in (("the clock", by_clock), ("processors, both free", by_processor)):
        ratio = np.median(ratios)
        row(f"two workers against one, by {way}", ">= 1.7", f"{ratio:.2f}", ratio >= 1.7)
        note("least and most", f"{min(ratios):.2f}, {max(ratios):.2f}")


def tasks(arguments):
    """Print what a task takes of a processor beside its work, the plain pipeline of a row."""
    paths = zoo(arguments.folder, convolutional, arguments.n_networks)[: arguments.n_timed]
    each = each_of(arguments).fit(paths)
    for backend, n_jobs in (("sequential", 1), ("threading", 2), ("loky", 2)):
        parts = [paths[i::n_jobs] for i in range(n_jobs)]
        measured = []
        with parallel_config(backend, n_jobs=n_jobs):

            def plain(parts=parts):
                # With the same option joblib keeps the workers from one to the other.
                parallel = Parallel(max_nbytes=_MAPPED)
                parallel(delayed(plainly)(each.pipeline_, part) for part in parts)

            plain()  # workers have begun, and have all their code
            for _ in range(arguments.repeats):
                runs = plain, lambda: each.transform(paths)
                measured.append([spent(run)[1] for run in runs])
        work, both = 1e3 * np.median(measured, axis=0) / len(paths)
        note(f"work of a row, {backend}", f"{work:.1f} ms")
        beside = both - work
        row(f"a task beside it, {backend}", "< 5 ms", f"{beside:.2f} ms", beside < 5)


def plainly(pipeline, paths):
    """Take rows through a fitted pipeline, without EachNetwork."""
    with Surroundings.of_here(1).here():
        for path in paths:
            pipeline.transform([path])


def cache(arguments):
    paths = zoo(arguments.folder, convolutional, arguments.n_networks)[: arguments.n_timed]
    with tempfile.TemporaryDirectory() as folder:
        each = each_of(arguments, n_jobs=1, memory=folder).fit(paths)
        first, table = timed(lambda: each.transform(paths))
        again = [timed(lambda: each.transform(paths)) for _ in range(arguments.repeats)]
        assert all(are_same(found, table) for _, found in again)
        second = np.median([seconds for seconds, _ in again])
        note(f"{len(paths)} networks, first run", f"{first:.1f} s")
        note("second run, a row", f"{1e3 * second / len(paths):.2f} ms")
        row("first against second", ">= 20", f"{first / second:.0f}", first / second >= 20)
        kept = sum(path.stat().st_size for path in Path(folder).rglob("*") if path.is_file())
        note("kept, a row (diagrams alone)", f"{kept / len(paths) / 1e3:.1f} kB")
        note("diagrams, a row", f"{nbytes(table) / len(paths) / 1e3:.1f} kB")


# Traffic


def traffic(arguments):
    """Print the bytes that Dask's scheduler receives and sends for a row."""
    from distributed import Client, LocalCluster

    paths = zoo(arguments.folder, convolutional, arguments.n_networks)[: arguments.n_timed]
    each = each_of(arguments).fit(paths)
    cluster = LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=":0")
    with cluster, Client(cluster), parallel_config(backend="dask"):
        each.transform(paths[:4])
        with counted(int(cluster.scheduler_address.rpartition(":")[2])) as moved:
            table = each.transform(paths)
    own = nbytes(table) / len(paths)
    note("diagrams, a row", f"{own / 1e3:.1f} kB")
    for way, count in moved.items():
        told = f"{count / len(paths) / 1e3:.1f} kB"
        row(f"the scheduler {way}, a row", "<= twice that", told, count / len(paths) <= 2 * own)


@contextlib.contextmanager
def counted(port):
    """Count what goes through the sockets of a scheduler, which is in this process as its client.

    The client's are those at whose other end is the scheduler's port.
    """
    from tornado.iostream import IOStream

    moved = {"receives": 0, "sends": 0}
    plain = {"receives": IOStream.read_from_fd, "sends": IOStream.write_to_fd}

    def counting(way):
        def call(stream, *given):
            n = plain[way](stream, *given)
            with contextlib.suppress(AttributeError, OSError):  # it was closed
                moved[way] += 0 if stream.socket.getpeername()[1] == port else n or 0
            return n

        return call

    IOStream.read_from_fd, IOStream.write_to_fd = counting("receives"), counting("sends")
    try:
        yield moved
    finally:
        IOStream.read_from_fd, IOStream.write_to_fd = plain.values()


# Kills


def killed_run(arguments):
    """Say when the rows begin, and leave a file when they are done; part of `kills`."""
    paths = zoo(arguments.folder, convolutional, arguments.n_networks)[: arguments.n_killed]
    each = each_of(arguments, n_jobs=2, memory=arguments.memory).fit(paths)
    print("begins", flush=True)
    each.transform(paths)
    Path(arguments.memory, "done").touch()


def kills(arguments):
    paths = zoo(arguments.folder, convolutional, arguments.n_networks)[: arguments.n_killed]
    resumed = each_of(arguments).fit(paths)
    expected = resumed.transform(paths)
    rng, equal, caught, n_kept = random.Random(arguments.seed), 0, 0, []
    for i in range(arguments.kills):
        with tempfile.TemporaryDirectory() as folder:
            caught += kill(arguments, folder, of_parent=i % 2 == 0, rng=rng)
            n_kept.append(sum(1 for _ in Path(folder).rglob("output.pkl")))
            with warnings.catch_warnings():
                warnings.simplefilter("error")
                equal += are_same(resumed.set_params(memory=folder).transform(paths), expected)
    note(f"of {arguments.kills} runs, killed before their end", f"{caught}")
    note(
        f"rows kept of {len(paths)}: least, median, most",
        "{:.0f}, {:.0f}, {:.0f}".format(*np.quantile(n_kept, [0, 0.5, 1])),
    )
    row("resumed runs equal to undisturbed", "all", f"{equal}", equal == arguments.kills)


def kill(arguments, folder, of_parent, rng):
    """Kill a run or one of its workers at a random moment, and tell whether it was not done."""
    command = [sys.executable, __file__, "killed_run", "--folder", arguments.folder]
    command += ["--memory", folder, "--n-points", arguments.n_points]
    command += ["--n-killed", arguments.n_killed, "--n-networks", arguments.n_networks]
    options = {"stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL, "start_new_session": True}
    with subprocess.Popen(list(map(str, command)), **options) as run:
        assert run.stdout.readline() == b"begins\n"
        # Workers import for seconds before their first row.
        while not any(Path(folder).rglob("output.pkl")):
            time.sleep(0.01)
        time.sleep(rng.uniform(0, arguments.seconds))
        victims = [run.pid] if of_parent else workers_of(run.pid)  # none if it is done
        with contextlib.suppress(ProcessLookupError):
            os.kill(rng.choice(victims or [run.pid]), signal.SIGKILL)
        run.wait(timeout=300)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(run.pid, signal.SIGKILL)  # workers whose parent was killed wait for ever
        return not Path(folder, "done").exists()


# Larger networks, and more of them


def resnet(arguments):
    """Print what a network of the size of ResNet-18 takes, stage by stage."""
    paths = zoo(arguments.folder, residual, 3)
    probe = np.random.default_rng(0).normal(size=(arguments.n_points, 3, 32, 32)).astype(np.float32)
    pipeline = stages(residual, probe, layers="encoder.stages.*.layers.*")
    each = EachNetwork(pipeline).fit(paths)
    with Surroundings.of_here(1).here():
        note("file", f"{os.path.getsize(paths[0]) / MB:.0f} MB")
        note("its digest", f"{timed(lambda: digest_of(paths[0]))[0]:.3f} s")
        extractor, rips = each.pipeline_.named_steps.values()
        note("a network built and its weights read", f"{timed(lambda: loaded(paths[0]))[0]:.2f} s")
        seconds, clouds = timed(lambda: extractor.transform(paths[1:2]))
        note("the same, and its activations", f"{seconds:.2f} s")
        note(
            f"clouds, {clouds.shape[1]} layers of {arguments.n_points} points",
            f"{nbytes(clouds) / MB:.0f} MB",
        )
        seconds, diagrams = timed(lambda: rips.transform(clouds))
        note("homology in degrees 0 and 1", f"{seconds:.2f} s")
        note("diagrams", f"{nbytes(diagrams) / 1e3:.0f} kB")
    note("a task, all in all", f"{timed(lambda: each.transform(paths[2:]))[0]:.2f} s")
    note("largest resident set", f"{peak() / MB:.0f} MB")


def loaded(path):
    network = residual()
    network.load_state_dict(torch.load(path, weights_only=True))


def many(arguments):
    """Print how a run of very many networks fares, and its second run."""
    paths = zoo(arguments.folder, perceptron, arguments.n_many)
    pipeline = stages(perceptron, images(50))
    with tempfile.TemporaryDirectory() as folder:
        each = EachNetwork(pipeline, n_jobs=2, memory=folder).fit(paths)
        each.transform(paths[:4])
        before = peak()
        for run in ("first", "second"):
            seconds, table = timed(lambda: each.transform(paths))
            note(f"{len(paths)} networks, {run} run", f"{seconds:.1f} s")
            note("a row", f"{1e3 * seconds / len(paths):.2f} ms")
        size = sum(path.stat().st_size for path in Path(folder).rglob("output.pkl"))
        note("kept, a row", f"{size / len(paths) / 1e3:.2f} kB")
        note("diagrams, a row", f"{nbytes(table) / len(paths) / 1e3:.2f} kB")
        note("diagrams, all", f"{nbytes(table) / MB:.0f} MB")
        note("the parent's largest resident set grew by", f"{(peak() - before) / MB:.0f} MB")
        told = ", ".join(f"{peak(worker) / MB:.0f}" for worker in workers_of(os.getpid()))
        note("workers", f"{told} MB")


PARTS = [memory, workers, tasks, cache, traffic, kills, resnet, many]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    names = [part.__name__ for part in (*PARTS, one_run, killed_run)]
    parser.add_argument("parts", nargs="*", default=names[: len(PARTS)], choices=names)
    parser.add_argument("--folder", type=Path, default=Path(tempfile.gettempdir(), "small-zoos"))
    parser.add_argument("--n-networks", type=int, default=1000)
    parser.add_argument("--n-points", type=int, default=500)
    parser.add_argument("--n-timed", type=int, default=200, help="networks where time is taken")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--n-jobs", type=int, default=1, help="of one_run")
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument(
        "--n-killed", type=int, default=100, help="networks of a run that is killed"
    )
    parser.add_argument("--seconds", type=float, default=2, help="in which it is killed")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--memory", help="of killed_run")
    parser.add_argument("--n-many", type=int, default=10_000)
    arguments = parser.parse_args()
    functions = {part.__name__: part for part in (*PARTS, one_run, killed_run)}
    torch.set_num_threads(1)
    for name in arguments.parts:
        if functions[name] in PARTS:
            print(f"\n{name:<58}{'target':>14}{'reached':>16}")
        functions[name](arguments)


if __name__ == "__main__":
    main()
