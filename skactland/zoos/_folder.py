"""Which networks lie in a folder."""

import os
import re
from collections import Counter
from pathlib import Path, PurePosixPath

from skactland.activations._checkpoints import holds_weights

# Of a checkpoint that was stored in parts, each is a file that ends in its number.
_SHARD = re.compile(r"-\d{5}-of-\d{5}\.\w+$")


def find_networks(folder, pattern, but):
    """Return the paths below a folder that match a pattern, in the order of their names.

    Parameters
    ----------
    folder : Path
    pattern : str
    but : Path or None
        A file that is no network.

    Returns
    -------
    list of PurePosixPath
        Relative to the folder.
    """
    if not folder.is_dir():
        raise FileNotFoundError(f"folder must be a folder, and {str(folder)!r} is none.")
    if not isinstance(pattern, str) or not pattern.strip() or PurePosixPath(pattern).is_absolute():
        raise ValueError(
            "pattern must be what names of files look like below the folder, such as '*.pt', got "
            f"{pattern!r}."
        )
    found = [path for path in folder.rglob(pattern) if path != but]
    paths = [PurePosixPath(path.relative_to(folder).as_posix()) for path in found]
    paths = sorted((path for path in set(paths) if not _is_hidden(path)), key=_by_numbers)
    if not paths:
        raise ValueError(
            f"No file in {str(folder)!r} matches pattern={pattern!r}{_there_are(folder)}."
        )
    _check_whole(folder, pattern, paths)
    return paths


def _is_hidden(path):
    """Tell what editors and systems leave behind, such as ``.ipynb_checkpoints``."""
    return any(part.startswith(".") for part in path.parts)


def _by_numbers(path):
    """Return what to sort by so that epoch 10 comes after epoch 9."""
    pieces = re.split(r"(\d+)", str(path))
    return [int(piece) if i % 2 else piece for i, piece in enumerate(pieces)], str(path)


def _there_are(folder):
    """Return words for the kinds of files that are in a folder."""
    kinds = Counter(path.suffix for path in folder.rglob("*") if path.is_file())
    told = ", ".join(f"{n} *{kind}" for kind, n in kinds.most_common(5))
    return f"; there are {told}" if told else "; it holds no files"


def _check_whole(folder, pattern, paths):
    """Refuse what is no whole network, or is one twice."""
    shards = [path for path in paths if _SHARD.search(path.name)]
    if shards:
        raise ValueError(
            f"pattern={pattern!r} matches {named(shards)}, each a part of a network; match their "
            "folders, or their index: pattern='*.index.json'."
        )
    folders = {path for path in paths if (folder / path).is_dir()}
    empty = [path for path in paths if path in folders and not holds_weights(folder / path)]
    if empty:
        raise ValueError(
            f"pattern={pattern!r} matches folders that hold no weights as save_pretrained writes "
            f"them: {named(empty)}; match the networks alone."
        )
    within = [path for path in paths if folders.intersection(path.parents)]
    if within:
        raise ValueError(
            f"pattern={pattern!r} matches folders of save_pretrained and what is in them, "
            f"{named(within)}: networks would be there twice. Match either."
        )


def named(things):
    """Return words that name the first few of some things."""
    shown = ", ".join(repr(os.fspath(thing)) for thing in things[:5])
    return shown + (f" and {len(things) - 5} more" if len(things) > 5 else "")


def as_folder(folder):
    """Return the path of a folder."""
    if not isinstance(folder, (str, os.PathLike)):
        raise TypeError(f"folder must be the path of a folder, got {type(folder).__name__}.")
    return Path(folder)
