"""Files that are there whole or not at all."""

import os
from contextlib import contextmanager
from uuid import uuid4


@contextmanager
def whole_file(path):
    """Give a name to write a file under; it gets its own only when it is complete.

    Whoever reads at the same time, or after a crash, finds the whole file or none.
    """
    # In the same folder: only within a file system is a name given at once.
    unfinished = path.with_name(f"{path.stem}.{uuid4().hex}.unfinished")
    try:
        yield unfinished
        os.replace(unfinished, path)
    finally:
        unfinished.unlink(missing_ok=True)
