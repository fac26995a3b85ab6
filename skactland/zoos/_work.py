"""What a worker does with one network, and how that work gets to it."""

import os
import pickle
import threading
import time
import traceback
import warnings
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, NamedTuple
from uuid import uuid4

import numpy as np
from joblib import parallel_config, wrap_non_picklable_objects
from sklearn import config_context

from skactland._checks import FIRST_ROW, at_place
from skactland._table import Cache, trim_memory
from skactland._torch import generators_as, states_of_generators
from skactland.activations._problems import full_message, layer_of
from skactland.activations._sources import check_source, source_name
from skactland.zoos._content import is_told_by_bytes, key_of, seal_of, state_of_files
from skactland.zoos._steps import only_row


class RowProblem(NamedTuple):
    """Why a network has no row: its position, the step, the layer if it lies in one, and words."""

    row: int
    step: str | None
    layer: str | None
    message: str


@dataclass
class Outcome:
    """What became of a row: its cells, or a problem; and what was warned of in another process."""

    row: int
    cells: Any = None
    problem: RowProblem | None = None
    error: Exception | None = None
    warned: list = field(default_factory=list)


class _StepFailed(Exception):
    """An error that a step raised, with the step's name."""

    def __init__(self, step, error):
        super().__init__(step)
        self.step, self.error = step, error


@dataclass
class Work:
    """All that a worker needs to know to turn a network into a row.

    Attributes
    ----------
    steps : list of (str, transformer)
        Fitted.
    cache : Cache
    surroundings : Surroundings
        How torch and linear algebra are set.
    config : dict
        How scikit-learn is set.
    generators : tuple
        The random states of the process where the run was begun: what a builder draws and weights
        do not replace is the same in all processes.
    is_over : bool
        Whether the run has ended, so that rows that wait in its threads are not begun.
    """

    steps: list
    cache: Cache
    surroundings: Any
    config: dict
    generators: tuple = field(default_factory=states_of_generators)
    home: tuple = field(default_factory=lambda: (os.getpid(), threading.get_ident()))
    is_over: bool = False

    def outcome(self, i, row):
        """Return what becomes of a row; whatever goes wrong is in it."""
        if self.is_over:
            return Outcome(i)
        is_away = os.getpid() != self.home[0]
        with ExitStack() as stack:
            # Of this process they are recorded by who began the run.
            warned = stack.enter_context(warnings.catch_warnings(record=True)) if is_away else []
            if is_away:
                warnings.simplefilter("always")
                stack.enter_context(generators_as(self.generators))
            if (os.getpid(), threading.get_ident()) != self.home:
                # Rows are what runs at once. A step that has jobs of its own would start more
                # threads than there are processors, and on a cluster tasks that wait for others.
                stack.enter_context(parallel_config(backend="sequential", n_jobs=1))
                stack.enter_context(config_context(**self.config))
                stack.enter_context(self.surroundings.here())
            stack.callback(FIRST_ROW.reset, FIRST_ROW.set(i))
            outcome = self._outcome(i, row)
        if is_away:
            outcome.warned = [(w.category, str(w.message)) for w in warned]
            _trim_at_times()
        return outcome

    def _outcome(self, i, row):
        name, step = source_name(row, 0), None
        try:
            return Outcome(i, self._cells(row, name))
        except Exception as raised:  # whatever a step raises: the run goes on, or ends, elsewhere
            error = raised
            if isinstance(raised, _StepFailed):
                step, error = raised.step, raised.error
            if name not in str(error):
                error = _placed(error, name)
            message = full_message(error)
            problem = RowProblem(i, step, layer_of(message), message)
            return Outcome(i, problem=problem, error=_portable(error, self.home))

    def _cells(self, row, name):
        """Return the cells of a row, kept or computed."""
        before = state_of_files(row)
        try:
            check_source(row)
            key = self._key(row, name)
        except Exception as error:  # what the first step would raise
            raise _StepFailed(self.steps[0][0], error) from error

        def compute():
            cells = self._computed(row)
            if key is not None and is_told_by_bytes(row, self._extractor):
                _check_same(key, self._key(row, name))
            else:
                _check_same(before, state_of_files(row))
            return cells

        return self.cache.get_by(key, compute, name)

    def _key(self, row, name):
        return key_of(row, self._extractor, self.cache, name)

    @property
    def _extractor(self):
        return self.steps[0][1]

    def _computed(self, row):
        table = [row]
        for name, step in self.steps:
            try:
                table = step.transform(table)
            except Exception as error:
                raise _StepFailed(name, error) from error
        return only_row(table)

    def kept(self, i, row):
        """Return the outcome of a row that is in the cache, None if it is not."""
        try:
            return Outcome(i, self.cache.find_by(self._key(row, source_name(row, i))))
        except Exception:  # not kept, or not to be read here; where it is computed, it is told
            return None


def _trim_at_times():
    """Give memory back once a second: it takes some milliseconds, and the next row asks for it."""
    now = time.monotonic()
    if now > _trimmed["at"] + 1:
        _trimmed["at"] = now
        trim_memory()


_trimmed = {"at": float("-inf")}


def _placed(error, name):
    """Return an error that says of which network it is."""
    try:
        with at_place(name):
            raise error
    except Exception as placed:
        return placed


def _check_same(before, after):
    if before != after:
        raise RuntimeError(
            "the checkpoint changed while it was read, and its row would be of neither; wait until "
            "training has written it, and run again."
        )


def _portable(error, home):
    """Return an error that can be raised in the process where the run was begun."""
    if os.getpid() == home[0]:
        return error
    said = "".join(traceback.format_exception(error))
    error.__cause__ = error.__context__ = None
    error.add_note(f"In the worker:\n{said}")
    try:
        pickle.loads(pickle.dumps(error))
    except Exception:  # classes that cannot be made of their message, or that only workers know
        return None
    return error


class Sent:
    """Work that is pickled once, with however many tasks it goes.

    It arrives as an array of bytes, which joblib gives processes as a map of one file, and Dask
    sends to each worker once, as it does with all that is large.
    """

    def __init__(self, work):
        self._work = work

    @cached_property
    def _packed(self):
        # Functions and classes of a notebook, and lambdas, go by what they do.
        packed = pickle.dumps(wrap_non_picklable_objects(self._work, keep_wrapper=False))
        return uuid4().hex, np.frombuffer(packed, np.uint8), seal_of(self._work.steps)

    def check(self):
        """Refuse what cannot be pickled."""
        try:
            self.__reduce__()
        except Exception as error:  # whatever the parts of a pipeline raise
            raise TypeError(
                f"The pipeline cannot be sent to other processes: {error} Keep open files, locks "
                "and the like out of the builder and the probe; or let threads do the work: with "
                "joblib.parallel_config('threading')."
            ) from error

    def __sizeof__(self):
        return self._packed[1].nbytes

    def __reduce__(self):
        return _Arrived, self._packed

    def open(self):
        """Return the work."""
        return self._work


class _Arrived:
    """Work as it came to a worker."""

    def __init__(self, key, packed, seal):
        self.key, self.packed, self.seal = key, packed, seal

    def open(self):
        """Return the work, unpickled once in a process."""
        with _OPENING:
            if self.key not in _opened:
                while len(_opened) > 1:  # two runs may take turns
                    del _opened[next(iter(_opened))]
                work = pickle.loads(self.packed)
                if self.seal is not None and seal_of(work.steps) != self.seal:
                    raise RuntimeError(
                        "a function or class of the pipeline, such as its builder or metric, is "
                        "another one here than where the run was begun: its module was changed "
                        "after this worker had imported it, or keeps what changes as it runs; "
                        "joblib.parallel_config('threading') has one state for all"
                    )
                _opened[self.key] = work
            return _opened[self.key]


_OPENING = threading.Lock()
_opened = {}


def outcome_of(sent, i, row):
    """Return what becomes of a row: a task."""
    try:
        work = sent.open()
    except Exception as error:
        raise RuntimeError(
            f"a worker cannot read the pipeline: {error!r}. It needs the packages and modules that "
            "are in use here, in the same versions; restart workers once a module has changed (of "
            "loky by joblib.externals.loky.get_reusable_executor().shutdown())."
        ) from error
    return work.outcome(i, row)
