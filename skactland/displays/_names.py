"""Names of layers and groups as they are written into pictures: short, in lines, as they are."""

import math
import re

import numpy as np

# Points by which a letter is wide, and a line high, in parts of the size of the font.
_WIDTH, _HEIGHT = 0.6, 1.35
_MOST_LINES = 3


def plain(text):
    """Return what matplotlib writes as this text: a dollar sign would begin mathematics."""
    return str(text).replace("$", r"\$")


def common_prefix(names):
    """Return the parts, up to a dot, with which all names begin that have several parts.

    It is empty unless there are two such names, and what is left still tells all names apart.
    """
    parts = [name.split(".") for name in names if "." in name]
    if len(parts) < 2:
        return ""
    n_shared = 0
    # The last part of a name always stays.
    for of_all in zip(*(name[:-1] for name in parts), strict=False):
        if len(set(of_all)) > 1:
            break
        n_shared += 1
    prefix = "".join(f"{part}." for part in parts[0][:n_shared])
    return prefix if len({name.removeprefix(prefix) for name in names}) == len(names) else ""


def short_names(names):
    """Return names without what they have in common."""
    prefix = common_prefix(names)
    return [name.removeprefix(prefix) for name in names]


def wrapped(name, n_letters):
    """Return a name as text in lines of some letters, broken after dots and the like.

    What does not fit into three lines is left out in the middle.
    """
    n_letters = max(int(n_letters), 4)
    room = _MOST_LINES * n_letters
    while True:
        lines = _lines(name if len(name) <= room else _elided(name, room), n_letters)
        if len(lines) <= _MOST_LINES:
            return plain("\n".join(lines))
        room -= 1


def _elided(name, n_letters):
    """Return a name with dots for its middle."""
    end = (n_letters - 1) // 2
    return f"{name[: n_letters - 1 - end]}…{name[len(name) - end :]}"


def _lines(name, n_letters):
    """Return the lines of a name, each as full as it gets."""
    lines = [""]
    for piece in re.findall(r"[^._/\s-]*[._/\s-]*", name):
        while len(piece) > n_letters:  # a long word is broken where the line ends
            lines.append(piece[:n_letters])
            piece = piece[n_letters:]
        if len(lines[-1]) + len(piece) > n_letters:
            lines.append("")
        lines[-1] += piece
    return [line for line in lines if line] or [""]


def elided(name, n_letters):
    """Return a name as text in one line of at most some letters."""
    return plain(name if len(name) <= n_letters else _elided(name, n_letters))


def letters_within(ax, size="medium", *, is_high=False):
    """Return how many letters of some size are as wide as axes, or as axes are high."""
    from matplotlib.font_manager import FontProperties

    box = ax.get_window_extent()
    points = 72 * (box.height if is_high else box.width) / ax.figure.dpi
    return points / (_WIDTH * FontProperties(size=size).get_size_in_points())


def set_title(ax, text, **options):
    """Write the name of a panel above it, in as many lines as it needs."""
    ax.set_title(wrapped(text, letters_within(ax)), fontsize="medium", **options)


def name_layers(ax, layers):
    """Write the names of layers, short, below an axis: side by side if they fit, or upright.

    Where there is no room for all of them, every second, third, ... is named.
    """
    names = short_names(layers)
    letters = letters_within(ax, "small") / len(names)
    texts = [wrapped(name, letters) for name in names]
    is_upright = max(map(len, names)) > 2 * letters
    step = 1
    if is_upright:
        texts = [elided(name, 40) for name in names]
        step = _step(letters)
    places = range(0, len(names), step)
    ax.set_xticks(places, texts[::step], rotation=90 if is_upright else 0)
    prefix = common_prefix(layers)
    ax.set_xlabel(plain(f"layer of {prefix[:-1]}" if prefix else "layer"))


def name_rows(ax, names, size="medium"):
    """Write names beside rows of height 1, each in a line, or as many as there is room for."""
    step = _step(letters_within(ax, size, is_high=True) / len(names))
    places = np.arange(0, len(names), step)
    texts = [elided(name, 40) for name in short_names(names)]
    ax.set_yticks(places + 0.5, texts[::step])
    ax.set_ylim(len(names), 0)  # the first on top
    return step


def _step(letters):
    """Return how many names share the room of which each has that of some letters in a line."""
    return max(1, math.ceil(_HEIGHT / _WIDTH / letters))


def upright_height(layers, width):
    """Return the inches that names below an axis of some width need when they stand upright."""
    longest = max(map(len, short_names(layers)))
    letter = _WIDTH * 8.5 / 72
    return 0.0 if longest * letter < width / len(layers) else min(longest, 40) * letter


_NUMBER = re.compile(r"([0-9]+)")


def natural_key(name):
    """Return by what names are sorted such that g2 comes before g10."""
    # Every second part is a number.
    parts = _NUMBER.split(str(name))
    return [int(part) if i % 2 else part for i, part in enumerate(parts)]
