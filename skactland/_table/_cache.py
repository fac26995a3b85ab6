"""The package's one cache: results on disk, by the content of all that they depend on."""

import functools
import os
from contextlib import suppress
from pathlib import Path

import joblib

from skactland import __version__
from skactland._checks import warn_user
from skactland._table._code import version
from skactland._table._digest import Undigestible, digest
from skactland._table._entries import Entries


@functools.cache
def own_code():
    """Return a digest of this package's own source files, worked out once in a process.

    The version alone would not do: it stays from commit to commit, and whoever changes a kernel
    would be given the results of the old one. Reading half a megabyte takes 10 to 20 ms; the files'
    times of change would take 1 ms, but differ from checkout to checkout, and miss an edit within
    the clock's resolution. That an edit of any room empties all caches costs time, never truth.
    """
    folder = Path(__file__).parents[1]
    files = {path.relative_to(folder).as_posix(): path for path in folder.rglob("*.py")}
    return digest(__version__, {name: files[name].read_bytes() for name in sorted(files)})


def check_memory(memory):
    """Return the folder of entries that a path or :class:`joblib.Memory` means, None if none."""
    if isinstance(memory, (str, os.PathLike)):
        return Entries(Path(memory) / "joblib" / "skactland")
    if memory is None or (isinstance(memory, joblib.Memory) and memory.store_backend is None):
        return None
    if not isinstance(memory, joblib.Memory) or memory.backend != "local":
        raise TypeError(
            "memory must be None, a path, or a joblib.Memory with the backend 'local', got "
            f"{memory!r}."
        )
    mmap_mode = None if memory.compress else memory.mmap_mode  # what is compressed has no map
    return Entries(Path(memory.store_backend.location) / "skactland", memory.compress, mmap_mode)


class Cache:
    """What one stage computes, kept on disk under a digest of what it was computed from.

    Used as a context: at its end one warning tells what was not kept and why, if anything was not.
    Results are returned in any case. Until then nothing is said, since a worker's thread does not
    know the line of the user's that a warning should point at.

    Parameters
    ----------
    memory : path, joblib.Memory or None
        Where; None keeps nothing. Entries lie as joblib's own do, so that ``reduce_size`` and
        ``clear`` of a :class:`joblib.Memory` there work on them.
    *shared
        What all results depend on: the options of the stage.
    libraries : sequence of str
        The distributions whose versions may change a result.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder, Cache(folder, "squares") as cache:
    ...     [cache.get(lambda: print("computed") or 3**2, 3) for _ in range(2)]
    computed
    [9, 9]
    """

    def __init__(self, memory, *shared, libraries=()):
        self._entries = check_memory(memory)
        self._process = os.getpid()
        self._missed = []
        if self._entries is not None:
            code = own_code(), {library: version(library) for library in libraries}
            self._shared = self._key("all results", *code, *shared)

    def get(self, compute, *content, name="a result"):
        """Return ``compute()``, or what was kept of it.

        Parameters
        ----------
        compute : callable without arguments
        *content
            What this result depends on, beside what all do.
        name : str
            What the result is of, for the warning.
        """
        return self.get_by(self.key(*content, name=name), compute, name)

    def key(self, *content, name="a result"):
        """Return what a result of some content is kept under, None where it is not kept."""
        return self._key(name, self._shared, *content) if self.is_in_use else None

    def get_by(self, key, compute, name):
        """Return ``compute()``, or what was kept of it, by its key."""
        if key is None:
            return compute()
        with suppress(Exception):  # none is there; or one cut short or garbled, which fails anyhow
            return self._entries.read(key)
        result = compute()
        try:
            return self._entries.write(key, result)
        except OSError as error:
            self._miss(f"{name}: not cached in {str(self._entries.folder)!r} ({error}).")
            return result

    def find(self, *content):
        """Return what was kept of some content; a KeyError if nothing was."""
        return self.find_by(self.key(*content))

    def find_by(self, key):
        """Return what was kept under a key; a KeyError if nothing was."""
        try:
            return self._entries.read(key)
        except Exception as error:  # none, or one cut short or garbled
            raise KeyError(key) from error

    @property
    def is_in_use(self):
        """Whether results are kept."""
        return self._entries is not None and self._shared is not None

    @property
    def is_empty(self):
        """Whether nothing was kept by anyone."""
        return not self.is_in_use or not self._entries.folder.is_dir()

    def _key(self, name, *content):
        """Return a digest, None where there is something that cannot be seen."""
        try:
            return digest(*content)
        except Undigestible as error:
            self._miss(
                f"{name}: not cached, as {error}. Keep such things out of networks, metrics, and "
                "the functions and variables that they use."
            )
            return None

    def _miss(self, message):
        """Note what was not cached; a copy in another process has no end to tell it at."""
        self._missed.append(message)
        if os.getpid() != self._process:
            warn_user(message)

    def __enter__(self):
        return self

    def __exit__(self, kind, error, traceback):
        if self._missed and kind is None:
            others = len(self._missed) - 1
            warn_user(self._missed[0] + (f" Nor were {others} more." if others else ""))
        self._missed = []
