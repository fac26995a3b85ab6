"""Results in a folder, each whole and as it was written, or as if it were not there."""

import pickle
from dataclasses import dataclass
from pathlib import Path

import joblib
import numpy as np
import xxhash

from skactland._table._digest import digest
from skactland._table._files import whole_file

# What a file begins with that holds arrays as they are; joblib's begin otherwise.
_PACKED = b"skactland, arrays as they are\n"


@dataclass(frozen=True)
class Entries:
    """A folder of results, laid out as :class:`joblib.Memory` lays out its own.

    Those that are to be compressed or mapped are written by joblib; others by pickle alone, which
    reads many small arrays ten times as fast. Either kind is read whatever is asked for, but that
    one of the second kind cannot be mapped.
    """

    folder: Path
    compress: bool | int | str | tuple = False
    mmap_mode: str | None = None

    def _path(self, key):
        return self.folder / key / "output.pkl"

    def read(self, key):
        """Return the result of a key; an error says that it is not there as it was written."""
        path = self._path(key)
        with open(path, "rb") as file:
            if file.read(len(_PACKED)) == _PACKED and self.mmap_mode is None:
                return _unpack(file, key)
        told, of_key, result = joblib.load(path, mmap_mode=self.mmap_mode)
        _check(told == digest(result) and of_key == key)
        return result

    def write(self, key, result):
        """Keep a result, whole or not at all, and return it, mapped if so wanted."""
        path = self._path(key)
        path.parent.mkdir(parents=True, exist_ok=True)
        with whole_file(path) as unfinished:
            if self.compress or self.mmap_mode:
                joblib.dump((digest(result), key, result), unfinished, compress=self.compress)
            else:
                with open(unfinished, "wb") as file:
                    _pack(result, key, file)
        return result if self.mmap_mode is None else self.read(key)


def _pack(result, key, file):
    """Write what is told of a result, and then the numbers of its arrays, which are not copied."""
    buffers = []
    head = pickle.dumps(result, protocol=5, buffer_callback=buffers.append)
    buffers = [np.frombuffer(buffer.raw(), np.uint8) for buffer in buffers]
    file.write(_PACKED)
    lengths = [len(buffer) for buffer in buffers]
    pickle.dump((_sum_of(head, buffers), key, head, lengths), file, protocol=5)
    for buffer in buffers:
        file.write(buffer)


def _unpack(file, key):
    """Return a result from a file that is open behind its first line."""
    told, of_key, head, lengths = pickle.load(file)
    _check(of_key == key)
    # NumPy's own memory, since that of a bytearray comes in small pages, twice as slowly.
    buffers = [np.empty(length, np.uint8) for length in lengths]
    _check(all(file.readinto(buffer) == len(buffer) for buffer in buffers))
    _check(told == _sum_of(head, buffers))
    return pickle.loads(head, buffers=buffers)


def _check(is_right):
    """Refuse an entry: a loss of power may leave zeros in a file, and files are moved by hand."""
    if not is_right:
        raise ValueError("The entry is not what was written.")


def _sum_of(head, buffers):
    """Return a check of a head and of buffers, at the speed at which memory is read."""
    whole = xxhash.xxh3_128(head)
    for buffer in buffers:
        whole.update(buffer)
    return whole.hexdigest()
