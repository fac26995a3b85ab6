"""Messages: where a value stands, which line of the user's led here, which name was meant."""

import difflib
import sys
import warnings
from contextvars import ContextVar

#: Which row the first one is, in messages: a table may be a part of one, as where each network is
#: taken through the stages alone.
FIRST_ROW = ContextVar("first row", default=0)


class at_place:
    """Begin the message of an error raised within by where the value at fault stands.

    A context manager; a class, as it is entered for every call of every layer.

    Parameters
    ----------
    words : str
        Such as "row 3, column 'fc1'". Places within places are named from the outside in.
    """

    __slots__ = ("words",)

    def __init__(self, words):
        self.words = words

    def __enter__(self):
        """Begin."""

    def __exit__(self, kind, error, traceback):
        """Name the place in an error, and let it pass."""
        if not isinstance(error, Exception):
            return
        if len(error.args) == 1 and isinstance(error.args[0], str):
            error.args = (f"{self.words}: {error.args[0]}",)
        if self.words not in str(error):  # some classes write their messages themselves
            error.add_note(f"This was {self.words}.")


# Between the user's line and ours may stand wrappers of these.
_PASSED_OVER = {"skactland", "sklearn", "joblib", "contextlib", "functools", "concurrent"}


def warn_user(message, category=UserWarning):
    """Give a warning that points at the line of the user's that led here.

    Parameters
    ----------
    message : str
    category : type, default=UserWarning
    """
    level, frame = 1, sys._getframe()
    while frame.f_back and frame.f_globals.get("__name__", "").split(".")[0] in _PASSED_OVER:
        level, frame = level + 1, frame.f_back
    warnings.warn(message, category, stacklevel=level)


def closest_names(name, names):
    """Return words that point to the names most like `name`."""
    close = difflib.get_close_matches(str(name), names, n=3, cutoff=0.4)
    shown = close or list(names)[:10]
    words = "did you mean" if close else "the names are"
    more = "" if close or len(names) <= len(shown) else ", ..."
    return f"{words} {', '.join(map(repr, shown))}{more}{'?' if close else '.'}"
