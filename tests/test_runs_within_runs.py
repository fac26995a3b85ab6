"""Builders and forward passes that take networks through a pipeline themselves."""

import threading
import warnings

import pytest
import torch
from joblib import parallel_config
from numpy.testing import assert_array_equal
from torch import nn

from skactland import EachNetwork, LayerActivationExtractor, _torch
from skactland.activations import _isolation, _kept, _sources


class Lock:
    """One that nobody waits for in vain, so that a test which fails does not hang."""

    def __init__(self):
        self._lock = threading.RLock()
        self._is_owned = self._lock._is_owned
        self.release = self._lock.release

    def acquire(self):
        assert self._lock.acquire(timeout=10), "it would wait for ever"

    def __enter__(self):
        self.acquire()

    def __exit__(self, *_):
        self.release()


@pytest.fixture(autouse=True)
def _lock(monkeypatch):
    lock = Lock()
    for module in (_torch, _isolation, _kept, _sources):
        monkeypatch.setattr(module, "ONE_AT_A_TIME", lock)


class Net(nn.Sequential):
    def __init__(self):
        super().__init__(nn.Linear(4, 6), nn.Tanh())


@pytest.mark.parametrize("within", ["builder", "forward"])
@pytest.mark.parametrize("is_cached", [False, True])
@pytest.mark.parametrize("n_jobs", [1, 2])
def test_runs_within_runs_do_not_wait_for_each_other(probe, tmp_path, within, is_cached, n_jobs):
    """The outer one keeps other threads from networks, and the inner one has threads."""
    path = tmp_path / "0.pt"
    torch.save(Net().state_dict(), path)

    def each_of(builder, **options):
        return EachNetwork(LayerActivationExtractor(probe, network_builder=builder), **options)

    def inner():
        with parallel_config("threading"):
            each = each_of(Net, n_jobs=2, memory=tmp_path / "cache" if is_cached else None)
            return each.fit_transform([path] * 3)

    class Running(Net):
        def forward(self, x):
            self.found = inner() if within == "forward" else None
            return super().forward(x)

    def build():
        if within == "builder":
            inner()
        return Running()

    expected = each_of(Net).fit_transform([str(path)])
    with parallel_config("threading"), warnings.catch_warnings():
        warnings.filterwarnings("ignore", ".*(very same network|not cached)")
        found = each_of(build, n_jobs=n_jobs).fit_transform([path] * 3)
    for row in found:
        for cell, wanted in zip(row, expected[0], strict=True):
            assert_array_equal(cell, wanted)
