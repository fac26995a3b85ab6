"""Where compiled kernels are kept from one process to the next.

numba writes the code of a function to files beside its source, or in the folder NUMBA_CACHE_DIR,
and trusts them as long as that one source file stays the same. But the code contains that of the
functions it calls, from other files; and a file that was cut short raises whatever error unpickling
meets first. So these files carry a seal: a digest of the sources of all kernels, of numba's version
and of what the file holds. What has another seal is compiled anew, and overwritten.

The base classes are numba's own, which it does not document; they are the same from 0.61 to 0.68.
"""

import hashlib
import importlib.resources
import logging
import pickle
import warnings
from functools import cache
from pathlib import Path

from numba.core.caching import FunctionCache, IndexDataCacheFile

_SIZE = hashlib.sha256().digest_size
_has_warned = False
_has_told = False


def keep_on_disk(dispatcher, caller):
    """Let a function that numba compiles be kept; where nothing can be written, warn and go on.

    Parameters
    ----------
    dispatcher : Dispatcher
    caller : str
        Who calls it, part of the names of its files.
    """
    try:
        dispatcher._cache = _KernelCache(dispatcher.py_func, caller)
    except RuntimeError as error:  # numba tried all folders that it knows
        _warn_once(error)


@cache
def digest_of_sources():
    """Return a digest of all files of this package, as they are when the first kernel is met."""
    # Not by `__file__`: the package may lie in an archive.
    digests = (_digest(source) for source in _sources(importlib.resources.files(__package__)))
    return _digest(b"".join(digests))


def _sources(entry):
    """Yield the content of all Python files below a folder of the file system or of an archive."""
    if entry.name.endswith(".py"):
        yield entry.read_bytes()
    elif entry.name != "__pycache__" and entry.is_dir():
        # Sorted, as folders come in another order on another disk.
        for inner in sorted(entry.iterdir(), key=lambda inner: inner.name):
            yield from _sources(inner)


def _digest(content):
    return hashlib.sha256(content).digest()


class _KernelCache(FunctionCache):
    """The cache of one kernel."""

    def __init__(self, py_func, caller):
        super().__init__(py_func)
        # numba's own stamp is for kernels elsewhere, as in tests, and for sources in one archive.
        stamp = self._impl.locator.get_source_stamp(), digest_of_sources()
        # Of another name than numba's, which an older version would read without a look at seals.
        name = f"{self._impl.filename_base}.{caller}.sealed"
        self._cache_file = _SealedFiles(self.cache_path, name, stamp)

    def load_overload(self, sig, target_context):
        """Return what is kept of a signature; where nothing is, say that it is being compiled."""
        found = super().load_overload(sig, target_context)
        if found is None:
            _tell_once(self.cache_path)
        return found

    def save_overload(self, sig, data):
        """Write a compiled signature to disk; where that fails, it lasts as long as the process."""
        try:
            super().save_overload(sig, data)
        except OSError as error:
            _warn_once(error)


class _SealedFiles(IndexDataCacheFile):
    """The files of one kernel: an index of its signatures, and the code of each.

    Nothing is unpickled before its seal has been found right. numba replaces files as a whole, so
    that two processes that compile at once do no harm. But they may choose one name for the code of
    two signatures; so the code comes with its key.
    """

    def save(self, key, data):
        super().save(key, (key, data))

    def load(self, key):
        found = super().load(key)
        return found[1] if found is not None and found[0] == key else None

    def _save_index(self, overloads):
        with self._open_for_write(self._index_path) as file:
            file.write(self._dump(overloads))

    def _load_index(self):
        try:
            return self._read(self._index_path)
        except OSError:
            return {}

    def _load_data(self, name):
        return self._read(self._data_path(name))

    def _dump(self, content):
        data = super()._dump(content)
        return self._seal(data) + data

    def _read(self, path):
        content = Path(path).read_bytes()
        seal, data = content[:_SIZE], content[_SIZE:]
        if seal != self._seal(data):
            raise OSError(f"{path} is damaged, or of other sources")  # as good as missing
        return pickle.loads(data)

    def _seal(self, data):
        made_from = repr((self._version, self._source_stamp)).encode()
        return _digest(made_from + _digest(data))


def _tell_once(folder):
    global _has_told
    if not _has_told:
        # A warning would be an error where warnings are; of a logger that nobody has set up, Python
        # writes this to the standard error.
        logging.getLogger("skactland").warning(
            "skactland compiles what is called for the first time: up to half a minute, and once "
            "only, as the code is kept, in folders such as %s. All at once: python -m skactland",
            folder,
        )
        _has_told = True


def _warn_once(error):
    global _has_warned
    if not _has_warned:
        # Not by `_checks.warn_user`, which is on a floor above.
        warnings.warn(
            f"Compiled code cannot be kept, so every process compiles anew: {error}. Set the "
            "environment variable NUMBA_CACHE_DIR to a folder that can be written to.",
            UserWarning,
            stacklevel=2,
        )
        _has_warned = True
