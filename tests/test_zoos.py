"""Networks one at a time: equal to the plain pipeline, kept by content, failures told."""

import errno
import os
import re
import signal
import subprocess
import sys
import threading
import time
import warnings

import numpy as np
import pandas as pd
import pytest
import torch
from conftest import mlp
from joblib import parallel_config
from numpy.testing import assert_array_equal
from safetensors.torch import save_file
from sklearn.base import clone
from sklearn.linear_model import Ridge
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler

from skactland import (
    ComplexityVectorizer,
    EachNetwork,
    LandscapeVectorizer,
    LayerActivationExtractor,
    RipsPersistence,
)
from skactland._table import _entries
from skactland.zoos import _work
from skactland.zoos._each import _as_table

STEP = "layeractivationextractor"


@pytest.fixture
def paths(networks, tmp_path):
    found = [str(tmp_path / f"{i}.pt") for i in range(len(networks))]
    for network, path in zip(networks, found, strict=True):
        torch.save(network.state_dict(), path)
    return found


@pytest.fixture
def pipeline(probe):
    extractor = LayerActivationExtractor(probe, layers="act*", network_builder=lambda: mlp())
    return make_pipeline(extractor, RipsPersistence())


def assert_same(found, expected):
    assert found.shape == expected.shape
    for index in np.ndindex(expected.shape):
        assert found[index].dtype == expected[index].dtype
        assert_array_equal(found[index], expected[index])


@pytest.mark.parametrize("backend", ["sequential", "threading", "loky"])
def test_it_equals_the_plain_pipeline(pipeline, paths, networks, backend):
    expected = clone(pipeline).fit_transform(paths)
    pipeline.set_params(ripspersistence__n_jobs=2)
    with parallel_config(backend, n_jobs=2):
        each = EachNetwork(pipeline)
        assert_same(each.fit_transform(paths), expected)
    assert_same(each.set_params(n_jobs=2).fit_transform(networks), expected)
    assert each.get_feature_names_out().tolist()[0] == "act1__H0"


def test_it_equals_the_plain_pipeline_on_dask(pipeline, paths):
    from distributed import Client, LocalCluster

    expected = clone(pipeline).fit_transform(paths)
    cluster = LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=":0")
    with cluster, Client(cluster), parallel_config(backend="dask"):
        assert_same(EachNetwork(pipeline).fit_transform(paths), expected)


@pytest.mark.parametrize(
    ("step", "message"),
    [
        (LandscapeVectorizer(), r"'landscapevectorizer' .*learns from all rows.*after EachNetwork"),
        (StandardScaler(), r"'standardscaler' .*is not known not to.*learns_from_rows"),
        (make_pipeline(StandardScaler()), "'standardscaler'"),
    ],
)
def test_steps_that_learn_from_rows_are_refused(pipeline, paths, step, message):
    with pytest.raises(ValueError, match=message):
        EachNetwork(make_pipeline(pipeline, step)).fit(paths)


def test_stateless_steps_pass(pipeline, paths):
    chain = make_pipeline(pipeline, FunctionTransformer(), "passthrough")
    assert_same(EachNetwork(chain).fit_transform(paths), pipeline.fit_transform(paths))
    with pytest.raises(TypeError, match="must begin with a LayerActivationExtractor"):
        EachNetwork(make_pipeline(RipsPersistence())).fit(paths)
    with pytest.raises(ValueError, match="There is no pipeline"):
        EachNetwork().fit(paths)


@pytest.fixture
def count_computed(monkeypatch):
    """The rows that were computed in this process."""
    computed, compute = [], _work.Work._computed
    monkeypatch.setattr(_work.Work, "_computed", lambda *a: computed.append(a[1]) or compute(*a))
    return computed


def test_rows_are_kept_by_content(pipeline, paths, tmp_path, count_computed):
    each = EachNetwork(pipeline, memory=tmp_path / "cache").fit(paths)
    expected = each.transform(paths)
    moved = str(tmp_path / "moved.pt")
    os.rename(paths[4], moved)
    assert_same(each.transform([*paths[:4], moved, *paths[5:]]), expected)
    assert len(count_computed) == 10, "a file that was moved is the same network"
    torch.save(mlp(99).state_dict(), paths[4])
    assert not np.array_equal(each.transform(paths)[4, 0], expected[4, 0])
    assert len(count_computed) == 11
    degree = {"pipeline__ripspersistence__homology_dimensions": (0,)}
    clone(each).set_params(**degree).fit(paths).transform(paths)
    assert len(count_computed) == 21


@pytest.mark.parametrize("n_jobs", [1, 2])
def test_failures_keep_their_rows(pipeline, paths, n_jobs):
    expected = clone(pipeline).fit_transform(paths)
    for i, content in [(0, b"xx"), (3, b"PK cut off")]:
        with open(paths[i], "wb") as file:
            file.write(content)
    os.remove(paths[5])
    each = EachNetwork(pipeline, n_jobs=n_jobs, on_error="mark")
    with pytest.warns(UserWarning, match=r"3 of 10 networks failed.*network 0 \(.*0\.pt\)"):
        table = each.fit_transform(paths)
    assert [problem.row for problem in each.problems_] == [0, 3, 5]
    assert {problem.step for problem in each.problems_} == {STEP}
    assert "no such file" in each.problems_[2].message
    assert all(cell is None for cell in table[[0, 3, 5]].ravel())
    assert_same(table[each.sound_], expected[[1, 2, 4, 6, 7, 8, 9]])
    with pytest.raises(TypeError, match="row 0"):
        LandscapeVectorizer().fit(table)
    each.set_params(on_error="raise").fit(paths[1:])
    with pytest.raises(ValueError, match=r"network 3 \(.*3\.pt\): the file"):
        each.transform([paths[1], paths[2], paths[4], paths[3]])


def test_a_checkpoint_that_changes_while_it_is_read(pipeline, paths, tmp_path, monkeypatch):
    compute = _work.Work._computed

    def changed(work, row):
        cells = compute(work, row)
        if row == paths[1]:
            torch.save(mlp(77).state_dict(), row)
        return cells

    for memory in (None, tmp_path / "cache"):
        torch.save(mlp(1).state_dict(), paths[1])
        each = EachNetwork(pipeline, memory=memory).fit(paths)
        monkeypatch.setattr(_work.Work, "_computed", changed)
        with pytest.raises(RuntimeError, match=r"network 1 .*changed while it was read"):
            each.transform(paths[:2])
        monkeypatch.undo()


def test_a_folder_that_changes_while_it_is_read(pipeline, tmp_path, monkeypatch):
    compute = _work.Work._computed
    folder = tmp_path / "checkpoint-5"
    folder.mkdir()
    save_file(mlp(1).state_dict(), folder / "model.safetensors")

    def changed(work, row):
        cells = compute(work, row)
        save_file(mlp(2).state_dict(), folder / "model.safetensors")
        return cells

    each = EachNetwork(pipeline, memory=tmp_path / "cache").fit([folder])
    for memory in (None, tmp_path / "cache"):
        monkeypatch.setattr(_work.Work, "_computed", changed)
        with pytest.raises(RuntimeError, match=r"network 0 .*changed while it was read"):
            each.set_params(memory=memory).transform([folder])
        monkeypatch.undo()
    assert_same(each.transform([folder]), clone(pipeline).fit_transform([folder]))


@pytest.mark.parametrize("n_jobs", [1, 2])
def test_numbers_of_networks_that_failed_are_nan(pipeline, paths, n_jobs):
    numbers = make_pipeline(pipeline, ComplexityVectorizer())
    expected = clone(numbers).fit_transform(paths)
    each = EachNetwork(numbers, n_jobs=n_jobs, on_error="mark").fit(paths)
    assert_array_equal(each.transform(paths), expected)
    diverged = mlp(3)
    torch.nn.init.constant_(diverged[0].bias, float("nan"))
    torch.save(diverged.state_dict(), paths[3])
    with pytest.warns(UserWarning, match=r"1 of 10 networks failed.*network 3 \(.*3\.pt\).*act1"):
        table = each.transform(paths)
    assert table.dtype == expected.dtype
    assert np.isnan(table[3]).all()
    assert_array_equal(table[each.sound_], expected[np.arange(10) != 3])
    with pytest.raises(ValueError, match="NaN"):
        Ridge().fit(table, np.arange(10))
    with pytest.raises(ValueError, match=r"'complexityvectorizer' .*learns from all rows"):
        EachNetwork(numbers.set_params(complexityvectorizer__essential="cut")).fit(paths)


@pytest.mark.parametrize(
    ("values", "of_failed"),
    [
        ([1, 2], np.nan),
        ([True, False], np.nan),
        ([1j, 2.0], np.nan),
        ([1, 0.5], np.nan),
        (["ab", "abcd"], None),
    ],
)
def test_rows_of_other_kinds_than_the_first(values, of_failed):
    rows = [_work.Outcome(i, np.array([value])) for i, value in enumerate(values)]
    assert _as_table(rows, None).ravel().tolist() == values
    failed = _work.Outcome(2, problem=_work.RowProblem(2, None, None, "no"))
    assert_array_equal(_as_table([*rows, failed], None).ravel().tolist(), [*values, of_failed])


def test_what_cannot_travel(pipeline, paths):
    held = threading.Lock()
    pipeline.set_params(layeractivationextractor__network_builder=lambda: held and mlp())
    with pytest.raises(TypeError, match=r"cannot be sent to other processes.*threads"):
        EachNetwork(pipeline, n_jobs=2).fit(paths).transform(paths)


KILLED = """
import sys, torch, numpy as np
from sklearn.pipeline import make_pipeline
from skactland import EachNetwork, LayerActivationExtractor, RipsPersistence
from skactland.training import multilayer_perceptron
def build():
    return multilayer_perceptron(4, (8, 6), 3, activation=torch.nn.Tanh)
probe = np.random.default_rng(0).normal(size=(30, 4))
steps = LayerActivationExtractor(probe, layers="act*", network_builder=build), RipsPersistence()
each = EachNetwork(make_pipeline(*steps), memory=sys.argv[1]).fit(sys.argv[2:])
print("fitted", flush=True)
while True:
    each.transform(sys.argv[2:])
"""


@pytest.mark.parametrize("n_jobs", [1, 2])
def test_a_full_disk(pipeline, paths, tmp_path, monkeypatch, n_jobs):
    """The run goes on and says so; what was written of an entry is not taken for one."""
    expected = clone(pipeline).fit_transform(paths)
    pack = _entries._pack

    def on_a_full_disk(result, key, file):
        pack(result, key, file)
        file.truncate(file.tell() // 2)
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    each = EachNetwork(pipeline, memory=tmp_path / "cache", n_jobs=n_jobs).fit(paths)
    monkeypatch.setattr(_entries, "_pack", on_a_full_disk)
    with (
        parallel_config("threading"),
        pytest.warns(UserWarning, match=r"\d\.pt\): not cached in .*No space left.* 9 more"),
    ):
        assert_same(each.transform(paths), expected)
    assert not [path for path in (tmp_path / "cache").rglob("*") if path.is_file()]
    monkeypatch.undo()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert_same(each.transform(paths), expected)
        assert_same(each.transform(paths), expected)


def test_a_killed_worker(pipeline, paths, tmp_path, count_computed):
    """The run ends with what to do, and goes on from what was kept."""
    expected = clone(pipeline).fit_transform(paths)
    armed, cache = tmp_path / "armed", tmp_path / "cache"

    def build():
        if armed.exists() and len(list(cache.rglob("*.pkl"))) >= 4:
            os.kill(os.getpid(), signal.SIGKILL)
        return mlp()

    pipeline.set_params(layeractivationextractor__network_builder=build)
    each = EachNetwork(pipeline, n_jobs=2, memory=cache).fit(paths)
    armed.touch()
    with pytest.raises(RuntimeError, match=r"with \d+ rows to do.* a worker failed.*run again"):
        each.transform(paths)
    armed.unlink()
    n_kept = len(list(cache.rglob("*.pkl")))
    assert 4 <= n_kept < 10
    assert_same(each.set_params(n_jobs=None).transform(paths), expected)
    assert len(count_computed) == 10 - n_kept


@pytest.mark.parametrize("wait", [0.001, 0.01, 0.03])
def test_a_killed_run_resumes(pipeline, paths, tmp_path, wait):
    expected = clone(pipeline).fit_transform(paths)
    command = [sys.executable, "-c", KILLED, str(tmp_path / "cache"), *paths]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        assert process.stdout.readline() == b"fitted\n"
        time.sleep(wait)
        os.kill(process.pid, signal.SIGKILL)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = EachNetwork(pipeline, memory=tmp_path / "cache").fit_transform(paths)
    assert_same(found, expected)


def test_relative_paths_are_those_of_this_process(pipeline, paths, tmp_path, monkeypatch):
    """Workers stand where they were begun, and a folder there may have networks of these names."""
    for folder, order in (("one", (0, 1)), ("other", (1, 0))):
        (tmp_path / folder).mkdir()
        for name, i in zip("ab", order, strict=True):
            (tmp_path / folder / name).symlink_to(os.path.abspath(paths[i]))
    each = EachNetwork(pipeline, n_jobs=2)
    found = []
    for folder in ("one", "other"):
        monkeypatch.chdir(tmp_path / folder)
        found.append(each.fit_transform(["a", "b"]))
    assert_same(found[0], found[1][::-1])


def test_a_worker_with_another_version_of_a_module_refuses(pipeline, paths):
    each = EachNetwork(pipeline).fit(paths)
    steps = each.pipeline_.steps
    work = _work.Work(steps, None, None, {})
    key, packed, seal = _work.Sent(work)._packed
    assert _work._Arrived(key, packed, seal).open().steps[0][0] == steps[0][0]
    with pytest.raises(RuntimeError, match="another one here than where the run was begun"):
        _work._Arrived("other", packed, "0" * 32).open()


def test_rows_are_kept_whichever_was_first(pipeline, paths, tmp_path):
    """A step that sees the rows of fit, and does not go by them, makes no other keys of them."""
    numbers = make_pipeline(*(step for _, step in pipeline.steps), ComplexityVectorizer())
    expected = clone(numbers).fit_transform(paths)
    each = EachNetwork(numbers, memory=tmp_path / "cache")
    assert_array_equal(each.fit_transform(paths), expected)
    n_entries = sum(path.is_file() for path in (tmp_path / "cache").rglob("*"))
    assert_array_equal(each.fit_transform(paths[::-1]), expected[::-1])
    assert sum(path.is_file() for path in (tmp_path / "cache").rglob("*")) == n_entries


def test_what_builders_draw_is_the_same_in_every_process(probe, tmp_path):
    """Of weights that no checkpoint holds; each network begins where the generators stood."""

    class Waves(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.register_buffer("turns", torch.randn(4, 8), persistent=False)
            self.out = torch.nn.Linear(8, 3)

        def forward(self, x):
            return self.out(torch.cos(x @ self.turns))

    paths = [str(tmp_path / f"{i}.pt") for i in range(6)]
    for path in paths:
        torch.save(Waves().state_dict(), path)
    extractor = LayerActivationExtractor(probe, layers="out", network_builder=lambda: Waves())
    each = EachNetwork(make_pipeline(extractor, RipsPersistence((0,))))
    expected = each.fit_transform(paths)
    assert_same(each.set_params(n_jobs=2).fit_transform(paths), expected)


@pytest.mark.parametrize("n_jobs", [1, 2])
@pytest.mark.parametrize("cached", [False, True])
def test_what_is_no_network_is_marked(pipeline, paths, tmp_path, n_jobs, cached):
    """As a column of paths has where one is missing; whatever it is, it need not travel."""
    rows = [
        None,
        paths[0],
        float("nan"),
        3.5,
        b"x",
        pd.NA,
        threading.Lock(),
        "",
        paths[1],
        torch.nn,
    ]
    memory = tmp_path / "cache" if cached else None
    each = EachNetwork(pipeline, n_jobs=n_jobs, memory=memory, on_error="mark")
    expected = clone(pipeline).fit_transform(paths[:2])
    for _ in range(2):
        with pytest.warns(UserWarning, match=r"8 of 10 networks failed.*network 0 \(NoneType\)"):
            table = each.fit_transform(rows)
        assert_same(table[each.sound_], expected)
        assert np.flatnonzero(each.sound_).tolist() == [1, 8]
    assert [problem.row for problem in each.problems_] == [0, 2, 3, 4, 5, 6, 7, 9]
    assert {problem.step for problem in each.problems_} == {STEP}
    assert re.match(r"network 2 \(float\): expected .*, got float", each.problems_[1].message)
    with pytest.warns(UserWarning, match="1 of 3 networks failed"):
        each.fit_transform(pd.Series([*paths[:2], None]))
    with pytest.raises(TypeError, match=r"network 0: expected .* got NoneType"):
        each.set_params(on_error="raise").fit(rows)


def test_errors_name_the_row(pipeline, paths):
    for i in (0, 1):
        with open(paths[i], "wb") as file:
            file.write(b"x")
    each = EachNetwork(pipeline, on_error="mark")
    message = r"None of 3 networks can be read.*\. The first: network 0 \(.*0\.pt\): the file"
    with pytest.raises(ValueError, match=message):
        each.fit([paths[0], paths[1], None])
    with pytest.raises(ValueError, match=r"The first: network 0: expected .* NoneType"):
        each.fit([None, paths[0]])
    with pytest.raises(ValueError, match=r"network 1 \(.*1\.pt\): the file"):
        each.set_params(on_error="raise").fit([paths[2], paths[1]]).transform([paths[2], paths[1]])


def test_a_run_that_raises_has_ended(pipeline, paths):
    """No thread works on: within torch it would take the interpreter down as that ends."""
    is_other_begun, begun, ended, failing = threading.Event(), [], [], ["none in fit"]

    def step(table):
        if threading.current_thread() is failing[0]:
            is_other_begun.wait(30)
            raise ValueError("it fails")
        begun.append(0)
        is_other_begun.set()
        time.sleep(0.3)
        ended.append(0)
        return table

    def build():
        failing.append(threading.current_thread())
        return mlp()

    extractor = pipeline[0].set_params(network_builder=build)
    each = EachNetwork(make_pipeline(extractor, FunctionTransformer(step), pipeline[1]), n_jobs=2)
    with parallel_config("threading"):
        each.fit(paths[:1])
        is_other_begun.clear()
        failing.clear()
        with pytest.raises(ValueError, match="it fails"):
            each.transform(paths)
    assert len(begun) == len(ended) < len(paths)


def test_a_call_that_raised_leaves_no_problems_of_another(pipeline, paths):
    each = EachNetwork(pipeline, on_error="mark").fit(paths)
    for method in ("transform", "fit_transform", "fit"):
        with pytest.warns(UserWarning, match="1 of 2 networks failed"):
            each.transform([paths[0], None])
        assert each.sound_.tolist() == [True, False]
        with pytest.raises((TypeError, ValueError)):
            getattr(each, method)([None] if method != "transform" else paths[0])
        assert not hasattr(each, "problems_")
        assert not hasattr(each, "sound_")


@pytest.mark.parametrize("backend", ["sequential", "loky", "multiprocessing", "threading"])
def test_one_job_needs_nothing_that_travels(pipeline, paths, backend):
    """Nor are paths other than they were given, which a builder may go by."""
    held, seen = threading.Lock(), []

    def build(row):
        seen.append(row)
        return held and mlp()

    expected = clone(pipeline).fit_transform(paths)
    relative = [os.path.relpath(path) for path in paths]
    pipeline.set_params(layeractivationextractor__network_builder=build)
    with parallel_config(backend):
        assert_same(EachNetwork(pipeline, n_jobs=1).fit_transform(relative), expected)
    assert seen == [relative[0], relative[0], *relative], "fit, and then transform"
