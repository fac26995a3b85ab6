"""A run over all rows: what is kept is read, the rest computed, and what fails is noted."""

import os
import re
import sys
import warnings
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

from joblib import delayed
from tqdm.auto import tqdm

from skactland._checks import warn_user
from skactland._table import as_they_come, has_bar
from skactland._torch import others_wait
from skactland.activations._sources import find_source
from skactland.zoos._work import Sent, outcome_of

# Larger arrays than this are not sent to processes but written to a file that they map.
_MAPPED = 10_000
# How warnings and errors name a row.
_NETWORK = re.compile(r"network \d+ \(.*?\)|row \d+")


def run(work, rows, *, n_jobs, stop, progress):
    """Return the outcome of each row.

    Parameters
    ----------
    work : Work
    rows : list
    n_jobs : int or None
    stop : bool
        Whether the first row that fails ends the run with its error.
    progress : bool
        Whether to show a bar, where there is someone to look at it.
    """
    outcomes, seen = [None] * len(rows), Counter()
    bar = tqdm(total=len(rows), desc="Networks", unit="network", disable=not _shows(progress))
    outcomes_as_they_come = closing(_outcomes(work, rows, n_jobs))
    with bar, _Warned() as warned, work.cache, outcomes_as_they_come as coming:
        for outcome in coming:
            warned.add(outcome.warned)
            if outcome.problem is not None:
                if stop:
                    raise outcome.error or RuntimeError(outcome.problem.message)
                seen["failures"] += 1
                bar.set_postfix(seen)
            outcomes[outcome.row] = outcome
            bar.update()
    return outcomes


def _shows(progress):
    """Tell whether a bar is wanted and seen: in a terminal or notebook, not in a log."""
    return has_bar(progress) and (sys.stderr.isatty() or "ipykernel" in sys.modules)


def _outcomes(work, rows, n_jobs):
    """Give outcomes as they come: first of the rows that are kept, then of the others."""
    left = {}
    for i, row in enumerate(rows):
        if find_source(row) is None:  # nothing to send, and it might not travel
            yield work.outcome(i, row)
        else:
            left[i] = row
    if others_wait():  # as in a builder or forward pass: threads would wait for this one for ever
        yield from (work.outcome(i, row) for i, row in left.items())
        return
    if not work.cache.is_empty:
        with ThreadPoolExecutor(min(4, os.cpu_count() or 1)) as pool:
            for outcome in pool.map(work.kept, list(left), list(left.values())):
                if outcome is not None:
                    del left[outcome.row]
                    yield outcome
    if left:
        yield from _computed(work, left, n_jobs)


def _computed(work, left, n_jobs):
    """Give outcomes of some rows, by position, as tasks of joblib."""
    sent = Sent(work)
    alone = all(find_source(row).weights_alone for row in left.values())
    # Modules travel badly: classes of a notebook, hooks, devices. joblib takes this as a hint.
    prefer = "processes" if alone else "threads"
    parallel = as_they_come(n_jobs, prefer=prefer, max_nbytes=_MAPPED)
    if not _stays_here(parallel):
        sent.check()
        # Workers may stand in another folder, as those that were begun before os.chdir.
        left = {i: _absolute(row) for i, row in left.items()}
    waiting = set(left)
    results = parallel(delayed(outcome_of)(sent, i, row) for i, row in left.items())
    try:
        for outcome in results:
            waiting.discard(outcome.row)
            yield outcome
    except GeneratorExit:  # the run has ended: a row failed, or the user pressed Ctrl-C
        if _stays_here(parallel):
            # Threads that are left within torch when the interpreter goes take it down with them.
            work.is_over = True
            for _ in results:
                pass
        raise
    except Exception as error:  # tasks return what rows raise: it is a worker that failed
        raise _lost(error, waiting, work.cache.is_in_use) from error


def _stays_here(parallel):
    """Tell whether tasks run in this process: in its threads, or one after the other.

    joblib gives a backend nothing to do if that has one worker.
    """
    backend = parallel._backend
    is_shared = getattr(backend, "supports_sharedmem", False)
    return is_shared or backend.effective_n_jobs(parallel.n_jobs) == 1


def _absolute(row):
    """Return a path as it is from any folder, and what is no path as it is."""
    return os.path.abspath(row) if isinstance(row, (str, os.PathLike)) else row


def _lost(error, waiting, is_kept):
    """Return the error of a run whose workers failed."""
    first = ", ".join(map(str, sorted(waiting)[:5]))
    kept = (
        "What was done is kept in `memory`: run again, and it goes on from there."
        if is_kept
        else "Give memory= a folder, so that another run goes on where this one ended."
    )
    return RuntimeError(
        f"The run ended with {len(waiting)} rows to do, of which {first} come first, as a worker "
        f"failed: {error!r}. If it was killed, a row may have needed more memory than there was: "
        f"use fewer workers, or a smaller probe. {kept}"
    )


class _Warned:
    """What rows were warned of: told once at the end, and of how many rows it was said."""

    def __enter__(self):
        self._recorded = warnings.catch_warnings(record=True)
        self._of_here = self._recorded.__enter__()
        warnings.simplefilter("always")
        self._told, self._seen = {}, set()
        return self

    def add(self, warned):
        """Note warnings, pairs of category and message."""
        for category, message in warned:
            alike = _NETWORK.sub("", message), category
            if _NETWORK.search(message):
                if (category, message) in self._seen:  # one that was opened for its key too
                    continue
                self._seen.add((category, message))
            first, n = self._told.get(alike, (message, 0))
            self._told[alike] = first, n + 1

    def __exit__(self, kind, error, traceback):
        self._recorded.__exit__(kind, error, traceback)
        self.add((w.category, str(w.message)) for w in self._of_here)
        if kind is None:
            for (_, category), (message, n) in self._told.items():
                others = f" The same of {n - 1} more." if n > 1 else ""
                warn_user(message + others, category)
