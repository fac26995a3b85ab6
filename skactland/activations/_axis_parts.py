"""What an axis counts, and how that is taken apart and put together.

An axis is written as a tuple of :class:`Part`: merging axes joins their parts, splitting one takes
them apart again, so that ``(n, t, d) -> (n * t, d) -> (n, t, d)`` loses nothing.
"""

from dataclasses import dataclass, replace
from math import prod

INPUTS = "inputs"  # counts the inputs of the batch
UNITS = "units"  # holds the units, features or channels of a layer


@dataclass(frozen=True)
class Positions:
    """Positions, tokens or time steps, and the axis of the probe that they come from.

    They are `intact` as long as position i is that of the probe; a convolution, a selection or a
    token put in front makes others of them, which come from that input still.
    """

    entry: str | None
    axis: int
    intact: bool = True


@dataclass(frozen=True)
class Share:
    """A factor of an axis of so many units, such as heads, or the units of each head."""

    total: int


@dataclass(frozen=True)
class Part:
    """What an axis, or a factor of one, counts.

    `of` is `INPUTS`, `UNITS`, `Positions`, a `Share` of units, or None where that is unknown.
    """

    of: object
    size: int


def axis(of, size):
    return (Part(of, size),)


def unknown(shape):
    return tuple(axis(None, size) for size in shape)


def size_of(parts):
    return prod(part.size for part in parts)


def moved(parts, size):
    """Return an axis whose positions are no longer those of the probe, or of which a part is left.

    Units stay units, and positions come from the same input still; which inputs are left cannot be
    told.
    """
    found = {part.of for part in parts}
    if found == {UNITS}:
        return axis(UNITS, size)
    positions = [of for of in found if isinstance(of, Positions)]
    if positions and len({of.entry for of in positions}) == 1 and len(positions) == len(found):
        return axis(replace(positions[0], intact=False), size)
    return axis(None, size)


def without_units(axes):
    """Return axes of which none holds units any more, as after a layer that makes others."""
    return tuple(
        tuple(Part(None, part.size) if is_of_units(part) else part for part in parts)
        for parts in axes
    )


def is_of_units(part):
    """Tell whether a part of an axis counts units, all or some."""
    return part.of == UNITS or isinstance(part.of, Share)


def whole(parts):
    """Return an axis with units put together again where all their factors meet."""
    (of,) = found if len(found := {part.of for part in parts}) == 1 else (None,)
    if isinstance(of, Share) and size_of(parts) == of.total:
        return axis(UNITS, of.total)
    return parts


def take(parts, size):
    """Take an axis of a size from the front of some parts; None if they do not divide so."""
    taken = []
    while size > 1:
        if not parts:
            return None
        part = parts.pop(0)
        if size % part.size == 0:
            taken.append(part)
            size //= part.size
        elif part.size % size == 0:
            front, rest = (_factor(part, s) for s in (size, part.size // size))
            parts.insert(0, rest)
            taken.append(front)
            size = 1
        else:
            return None
    return tuple(taken) or axis(None, 1)


def _factor(part, size):
    """Return a factor of a part: a share of its units, positions that no longer are the probe's."""
    if part.of == UNITS:
        return Part(Share(part.size), size)
    return Part(part.of, size) if isinstance(part.of, Share) else moved((part,), size)[0]


def cut(parts, size):
    """Return an axis of positions with others before none of them."""
    if len(parts) == 1 and isinstance(parts[0].of, Positions):
        return axis(parts[0].of, size)
    return parts if size_of(parts) == size else moved(parts, size)


def is_better(parts, than):
    """Tell whether an axis is known for sure where another is not."""
    return _certainty(parts) > _certainty(than)


def _certainty(parts):
    """Units and inputs are what they are; positions of the probe may turn out to be units."""
    return min((_CERTAINTY.get(part.of, 1 if part.of else 0) for part in parts), default=0)


_CERTAINTY = {INPUTS: 2, UNITS: 2}
