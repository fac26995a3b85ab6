"""Whether what is about to be computed fits into memory, next to what runs already.

Matrices of distances are what a process runs out of memory with. Whoever is about to allocate some
reserves it first. The threads of a process share what is available: one whose matrices do not fit
next to those of the others waits until they are done, and is refused if they do not fit alone.
"""

import os
import threading
from contextlib import contextmanager

from skactland._memory import available_memory

# Asking how much is available takes longer than the homology of a small cloud.
_LITTLE = 3 * 10**7

_changed = threading.Condition()
#: Bytes reserved by each thread, by its identifier.
_reserved = {}
#: Bytes that were available when nothing was reserved last; None if the system does not say.
_available = None


def _forget():
    """Begin anew in a process that was forked: the threads that hold reservations are not there."""
    global _changed
    _changed = threading.Condition()
    _reserved.clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget)


@contextmanager
def reserve_memory(n_points, bytes_per_pair, remedy):
    """Hold memory for matrices of all pairs of points while the body of the statement runs.

    Parameters
    ----------
    n_points : int
    bytes_per_pair : float
        At the peak.
    remedy : str
        A sentence for the message: what to do if there are too many points.

    Raises
    ------
    MemoryError
        If so much is not available, even when nothing else runs; says how many points would fit.
    """
    thread, needed = threading.get_ident(), bytes_per_pair * n_points**2
    # A thread that holds memory already must not wait for others, which may be waiting for it.
    if needed <= _LITTLE or thread in _reserved:
        yield
        return
    try:
        with _changed:
            _wait_for(needed, n_points, bytes_per_pair, remedy)
            _reserved[thread] = needed
        yield
    except MemoryError as error:
        if thread not in _reserved:  # refused before anything was allocated
            raise
        # The estimate is the least that was measured, of memory that is touched: a limit may count
        # more.
        raise MemoryError(
            f"{n_points} points do not fit into memory ({error}). {remedy}"
        ) from error
    finally:
        with _changed:
            _reserved.pop(thread, None)
            _changed.notify_all()


@contextmanager
def lend_memory():
    """Let other threads have what this one holds, while a function of a user's runs in the body.

    It may start threads that reserve memory themselves, and wait for them: they must not wait for
    this one.
    """
    thread = threading.get_ident()
    with _changed:
        held = _reserved.pop(thread, None)
        _changed.notify_all()
    try:
        yield
    finally:
        if held is not None:
            with _changed:
                _reserved[thread] = held


def _wait_for(needed, n_points, bytes_per_pair, remedy):
    """Return once there is room next to what the other threads have reserved."""
    global _available
    while True:
        if not _reserved:
            # Not later: part of what is reserved is allocated then, and would count twice.
            _available = available_memory()
        if _available is None or needed + sum(_reserved.values()) <= _available:
            return
        if not _reserved:
            raise MemoryError(
                f"{n_points} points need about {needed / 1e9:.1f} GB, and "
                f"{_available / 1e9:.1f} GB are available, enough for about "
                f"{int((_available / bytes_per_pair) ** 0.5)} points. {remedy}"
            )
        _changed.wait()
