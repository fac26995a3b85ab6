"""Digests by content: equal for copies, different after any change that could matter.

``joblib.hash`` pickles, so that a function counts by its name alone, a network differs with every
copy, and an array with its layout in memory. Here a function counts by its code and by all that the
code reads, a class by what it defines, an array by its numbers.

What is fed of a value is told by its kind. ``_kinds.py`` tells it of those of Python and NumPy;
rooms above register their own, as ``activations/_digest.py`` does those of torch.
"""

import copyreg
import functools
import types

import numpy as np
import xxhash

from skactland._table._code import is_of_library, version

# Known by their text, and equal where it is: whether two places hold one such object or two copies
# of it changes nothing. Exact types, since a subclass may hold more.
BY_TEXT = {type(None), bool, int, float, complex, str, bytes, range, type(...)}

# So many texts are held before they are fed.
_MANY = 1000


class Undigestible(TypeError):
    """There is content that cannot be seen, so that no digest could tell a change of it."""


def digest(*values):
    """Return a digest of some values, 32 hexadecimal digits.

    It is XXH3 of 128 bits (Collet, https://xxhash.com), forty times as fast as BLAKE2: of values
    that anyone has by accident no two have one digest, but whoever means to can make such. All that
    digests tell apart is the user's own.

    Raises
    ------
    Undigestible
        If there is content that cannot be seen, such as that of a generator.
    """
    return _feed_all(Digest(), values)


def _feed_all(whole, values):
    try:
        for value in values:
            whole.add(value)
    except Undigestible:
        raise
    except RecursionError as error:
        raise Undigestible("it is nested too deeply") from error
    except Exception as error:  # any, as the kinds of other packages refuse in their own ways
        raise Undigestible(f"{whole.place()} cannot be read ({error})") from error
    return whole.hexdigest()


class Digest:
    """A hash that is fed with values, types and lengths of all they hold.

    An object that comes again is fed as a reference to its first coming: so sharing is seen, cycles
    end, and what is shared is walked through once.

    Parameters
    ----------
    seen : dict, optional
        What has come already, by id.
    """

    def __init__(self, seen=None):
        self._hash = xxhash.xxh3_128()
        self._texts = []
        self._seen = seen or {}  # the objects are kept, lest an id be used again
        self._trail = []

    def hexdigest(self):
        """Return the digest of what was fed until now."""
        self._feed_texts()
        return self._hash.hexdigest()

    def add(self, value):
        """Feed one value, and all that it holds."""
        kind = type(value)
        if kind is np.memmap:  # numbers are the same on disk
            kind = np.ndarray
        if kind in BY_TEXT:
            self.text(f"{name_of(kind)} {value!r}")
        elif kind is tuple:
            # Not by reference: Python makes and merges constant tuples as it likes.
            self.text(name_of(kind))
            self.items(value)
        elif id(value) in self._seen:
            self.text(f"as before: {self._seen[id(value)][0]}")
        else:
            self._seen[id(value)] = len(self._seen), value
            self._add_kind(kind)
            _CONTENT_OF.get(kind, feed)(value, self)

    def _add_kind(self, kind):
        """Feed the type of a value: a class of the user's by all that it defines."""
        self.text(name_of(kind))
        if not is_of_library(kind.__module__):
            self.add(kind)
        elif kind.__module__ != "builtins":
            self.text(version(kind.__module__))

    def text(self, text):
        """Feed a text, after its length: no two sequences of texts are fed alike."""
        self._texts.append(f"{len(text)}:{text}")
        if len(self._texts) == _MANY:
            self._feed_texts()

    def _feed_texts(self):
        """Feed all texts that have come since, at once: of small networks they are what costs."""
        self._hash.update("".join(self._texts).encode(errors="surrogatepass"))
        self._texts.clear()

    def array(self, values):
        """Feed an array: its type, shape and numbers, in C order whatever theirs in memory."""
        self.text(f"{values.dtype} {values.shape}")
        if values.dtype.hasobject:
            self.items(values.ravel().tolist())
        else:
            self.numbers(np.ascontiguousarray(values).reshape(-1).view(np.uint8))

    def numbers(self, values):
        """Feed the bytes of an array without a gap, whose type and shape a text has told."""
        self._feed_texts()
        self._hash.update(values)

    def items(self, values):
        """Feed some values, after their number."""
        values = list(values)
        self.text(str(len(values)))
        for value in values:
            self.add(value)

    def named(self, pairs):
        """Feed values with their names, which tell where it was if one cannot be digested."""
        pairs = list(pairs)
        self.text(str(len(pairs)))
        for name, value in pairs:
            if type(name) is str and type(value) in BY_TEXT:
                # As one text, which begins with a quote as no other does.
                self.text(f"{name!r} = {name_of(type(value))} {value!r}")
                continue
            self.add(name)
            self._trail.append(name if isinstance(name, str) else "...")
            self.add(value)
            self._trail.pop()

    def unordered(self, values):
        """Feed some values whose order differs from process to process."""
        digests = []
        for value in values:
            branch = Digest(dict(self._seen))
            branch.add(value)
            digests.append(branch.hexdigest())
        self.items(sorted(digests))

    def place(self):
        """Return the name of what is being fed, as far as names have led there."""
        return ".".join(self._trail) or "it"

    def undigestible(self, value):
        """Return the error that says what cannot be digested."""
        kind = name_of(type(value))
        return Undigestible(f"{self.place()} is a {kind}, whose content cannot be seen")


def name_of(value):
    """Return the full name of a class or function."""
    return f"{value.__module__}.{value.__qualname__}"


# Of exactly these types, whose subclasses may hold more.
_CONTENT_OF = {
    list: lambda values, whole: whole.items(values),
    dict: lambda values, whole: whole.named(values.items()),
    slice: lambda s, whole: whole.items((s.start, s.stop, s.step)),
    types.MappingProxyType: lambda values, whole: whole.named(values.items()),
}


@functools.singledispatch
def feed(value, whole):
    """Feed what a value holds; of a kind that nothing else is known of, what makes a copy of it.

    Other kinds are registered, ``@feed.register(kind)``, and hold for subclasses.
    """
    if _is_tensor(value):  # where the room that knows torch is not in use
        whole.array(plain_array(value))
        return
    if hasattr(value, "__wrapped__") and is_of_library(type(value).__module__):
        # A cached or compiled function; numba keeps its options beside it.
        whole.items((value.__wrapped__, getattr(value, "targetoptions", None)))
        return
    reduce = copyreg.dispatch_table.get(type(value), lambda value: value.__reduce_ex__(2))
    try:
        parts = reduce(value)
    except Exception as error:  # any, as classes say in their own ways that they have none
        raise whole.undigestible(value) from error
    if isinstance(parts, str):  # the name of a global object
        whole.text(parts)
        return
    state, entries, pairs = (*parts[2:5], None, None, None)[:3]
    whole.items(parts[:2])
    whole.add(state)
    whole.items(entries or ())
    whole.items(pairs or ())


def plain_array(values):
    """Return the numbers of a tensor or list as an array; what is none is returned as it is.

    So that numbers count as the same in whatever they come.
    """
    if isinstance(values, np.ndarray):
        return values
    if _is_tensor(values):
        values = values.detach().cpu()
        # NumPy has no bfloat16; double holds all that is narrower.
        return (values.double() if "bfloat16" in str(values.dtype) else values).numpy()
    try:
        return np.asarray(values)
    except ValueError:  # rows of different lengths, which a check is to refuse with its place
        return values


def _is_tensor(value):
    """Tell a tensor without importing torch; a text file has a ``detach`` too, which empties it."""
    return hasattr(value, "__array__") and hasattr(value, "detach")
