"""Which networks lie in a folder."""

import os
import re
from collections import Counter, defaultdict
from pathlib import Path, PurePosixPath

from skactland._checks import warn_user
from skactland.activations._checkpoints import holds_weights

# Of a checkpoint that was stored in parts, each is a file that ends in its number.
_SHARD = re.compile(r"-\d{5}-of-\d{5}\.\w+$")
# Two endings of files of torch.save.
_TWINS = (".pt", ".pth")


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
    trees = [folder, *_linked_folders(folder)]
    paths = _matches(folder, trees, pattern, but)
    if not paths:
        raise ValueError(
            f"No file in {str(folder)!r} matches pattern={pattern!r}{_there_are(trees)}."
        )
    _check_whole(folder, pattern, paths)
    _tell_left_out(folder, trees, pattern, paths)
    return paths


def _matches(folder, trees, pattern, but=None):
    """Return the paths below some folders that match a pattern, in the order of their names."""
    found = (path for tree in trees for path in tree.rglob(pattern) if path != but)
    paths = {PurePosixPath(path.relative_to(folder).as_posix()) for path in found}
    return sorted((path for path in paths if not _is_hidden(path)), key=_by_numbers)


def _linked_folders(folder):
    """Return the links below a folder to folders that have no name of their own there.

    ``rglob`` passes all links over. What ``latest`` leads to, within the folder, is there anyway;
    and links that lead back to where they lie never end.
    """
    found, above, left = [], [], [(folder, [folder.resolve()])]
    for top, within in left:  # which grows meanwhile
        for link, target in _links(top):
            if any(one.is_relative_to(target) for one in within):
                above += [link] if target not in within else []
            elif not any(_is_seen(target, one) for one in within):
                found.append(link)
                left.append((link, [*within, target]))
    if above:
        warn_user(f"{named(above)} lead to folders that hold them, and are passed over.")
    return found


def _links(top):
    """Give the links below a folder to folders, and where they lead."""
    for here, names, _ in os.walk(top):
        for link in (Path(here, name) for name in sorted(names)):
            if link.is_symlink():
                yield link, link.resolve()


def _is_seen(target, tree):
    """Tell whether a folder is within another one under names that are not passed over."""
    return target.is_relative_to(tree) and not _is_hidden(target.relative_to(tree))


def check_once(folder, paths, groups):
    """Refuse a network that links put into several groups, and warn of one that is there twice."""
    names = defaultdict(list)
    for path, group in zip(paths, groups, strict=True):
        stat = (folder / path).stat()
        names[stat.st_dev, stat.st_ino].append((path, group))
    for same in (same for same in names.values() if len(same) > 1):
        if len({(folder / path).resolve() for path, _ in same}) > 1:
            continue  # hard links are what stores of large files make of copies
        said = f"{named([path for path, _ in same])} are one file, by links"
        if len({group for _, group in same}) > 1:
            raise ValueError(
                f"{said}, in several groups: cross-validation would test on what it has learned. "
                "Match one of them by pattern, or give groups that hold both."
            )
        warn_user(f"{said}, and several rows; match one of them by pattern.")


def _is_hidden(path):
    """Tell what editors and systems leave behind, such as ``.ipynb_checkpoints``."""
    return any(part.startswith(".") for part in path.parts)


def _by_numbers(path):
    """Return what to sort by so that epoch 10 comes after epoch 9."""
    pieces = re.split(r"(\d+)", str(path))
    return [int(piece) if i % 2 else piece for i, piece in enumerate(pieces)], str(path)


def _there_are(trees):
    """Return words for the kinds of files that are in some folders."""
    files = (path for tree in trees for path in tree.rglob("*") if path.is_file())
    kinds = Counter(path.suffix for path in files)
    told = ", ".join(f"{n} *{kind}" for kind, n in kinds.most_common(5))
    return f"; there are {told}" if told else "; it holds no files"


def _tell_left_out(folder, trees, pattern, paths):
    """Warn of files that differ from the pattern by their ending alone: .pth or .PT, not .pt."""
    ending = next((e for e in _TWINS if pattern.lower().endswith(e)), None)
    if ending is None:
        return
    stem = pattern[: -len(ending)]
    stems = {path.with_suffix("") for path in paths}
    others = [
        path
        for path in _matches(folder, trees, f"{stem}.*")
        if path.suffix.lower() in _TWINS and path.with_suffix("") not in stems
    ]
    if others:
        warn_user(
            f"{len(others)} files differ from pattern={pattern!r} by their ending alone and are "
            f"left out: {named(others)}. pattern={stem + '.[pP][tT]*'!r} takes both."
        )


def _check_whole(folder, pattern, paths):
    """Refuse what is no whole network, or is one twice."""
    astray = [path for path in paths if not (folder / path).exists()]
    if astray:
        raise ValueError(f"{named(astray)} are links that lead nowhere; mend or remove them.")
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
