"""Which row of a table of targets belongs to which network of a folder."""

import re
from collections import defaultdict
from dataclasses import dataclass
from pathlib import PurePosixPath
from string import Formatter

from skactland._checks import closest_names
from skactland.zoos._folder import named

_WHOLE = re.compile(r"\s*[+-]?\d+\s*")


@dataclass
class Match:
    """What the rows of a table of targets name.

    Attributes
    ----------
    row_of : dict of int to int
        Of each network that is named, by position, the row that does.
    unknown, unclear, repeated : list of str
        What names no network, several, and one that another row names too.
    without : list of PurePosixPath
        Networks that no row names.
    """

    row_of: dict
    unknown: list
    unclear: list
    repeated: list
    without: list

    def problems(self, drop):
        """Return words for whatever keeps networks and rows from belonging to each other."""
        said = [
            (self.unclear, "names several networks", "write paths from the folder on"),
            (
                self.repeated,
                "names networks that another row names too",
                "keep one row of each, or, if it takes several columns to name one, say how by "
                "key='{run}/epoch_{epoch}.pt'",
            ),
        ]
        if not drop:
            leave = "correct the names, or leave both out by unmatched='drop'"
            said += [
                (self.unknown, "names no network that was found", leave),
                (self.without, "is named by no row", leave),
            ]
        return [f"{named(names)} {what}: {remedy}" for names, what, remedy in said if names]


class Names:
    """The names under which the networks of a folder may be told: from `folder` on, or short.

    A network is named by its path, with or without its ending; all networks of a run by that of
    their folder. Short are the last parts of these.
    """

    def __init__(self, folder, paths):
        self.paths = paths
        self._of_folder = folder.resolve().name
        self._from_folder, self._short = defaultdict(set), defaultdict(set)
        below = defaultdict(list)
        for i, path in enumerate(paths):
            stem = path if (folder / path).is_dir() else path.with_suffix("")
            for name in {path, stem}:
                self._add(name, frozenset([i]))
            for above in path.parents[:-1]:
                below[above].append(i)
        for above, positions in below.items():
            self._add(above, frozenset(positions))
        self._folders = set(map(str, below))

    def _add(self, name, positions):
        self._from_folder[str(name)].add(positions)
        self._short[name.name].add(positions)

    def find(self, name):
        """Return the sets of networks that a name may stand for."""
        path = PurePosixPath(name.replace("\\", "/"))
        if name in self._folders:
            # A folder here may have the name of a file elsewhere: which is meant, nothing says.
            return self._from_folder[name] | self._short.get(name, set())
        if str(path) in self._from_folder:
            return self._from_folder[str(path)]
        if str(path) in self._short:
            return self._short[str(path)]
        # Written where the folder lay, or from a folder above it.
        for i, part in enumerate(path.parts[:-1]):
            rest = str(PurePosixPath(*path.parts[i + 1 :]))
            if part == self._of_folder and rest in self._from_folder:
                return self._from_folder[rest]
        return set()

    def match(self, values):
        """Return what names stand for."""
        match = Match({}, [], [], [], [])
        for row, value in enumerate(values):
            found = self.find(value)
            if len(found) != 1:
                (match.unclear if found else match.unknown).append(value)
                continue
            (positions,) = found
            if any(i in match.row_of for i in positions):
                match.repeated.append(value)
            match.row_of.update(dict.fromkeys(positions, row))
        match.without = [path for i, path in enumerate(self.paths) if i not in match.row_of]
        return match


def match_rows(names, columns, key, rows, drop):
    """Return for each network that is left the row of targets that belongs to it.

    Parameters
    ----------
    names : Names
    columns : dict of str to list of str
        What is written in each column.
    key : str or None
        The column that names networks, or how names are made of several.
    rows : list of dict
        The values of each row.
    drop : bool
        Whether networks and rows may be without each other.

    Returns
    -------
    dict of int to int
    """
    match = names.match(_written(columns, key, rows)) if key else _find(names, columns, drop)
    problems = match.problems(drop)
    if not problems and not match.row_of:
        problems = [f"{named(match.unknown)} names no network that was found"]
    if problems:
        raise ValueError(
            f"Networks and targets do not belong together one by one. {'. '.join(problems)}."
        )
    return match.row_of


def _written(columns, key, rows):
    """Return the names that a column holds, or that are made of several."""
    if "{" in key:
        return _made_of_several(columns, key, rows)
    if key not in columns:
        raise ValueError(
            f"targets has no column {key!r}; {closest_names(key, [*map(str, columns)])}"
        )
    return columns[key]


def _made_of_several(columns, key, rows):
    """Return the names that are made of several columns; of a row that lacks one of these none."""
    made = []
    try:
        used = {re.split(r"[.\[]", name)[0] for _, name, *_ in Formatter().parse(key) if name}
        for i, row in enumerate(rows):
            texts = {name: written[i] for name, written in columns.items()}
            is_whole = all(texts.get(name, key).strip() for name in used)
            made.append(_filled(key, texts, row) if is_whole else "")
    except (KeyError, ValueError, IndexError, AttributeError) as error:
        at = f" from row {len(made)}" if made else ""
        raise ValueError(
            f"key={key!r} cannot be filled in{at}: {error!r}; the columns are {list(columns)}."
        ) from error
    return made


def _filled(key, texts, row):
    """Return a name from what is written in a row; from its numbers if their format is told."""
    try:
        return key.format_map(texts)  # so 007 stays 007, and 0.10 is not 0.1
    except ValueError:
        return key.format_map({name: _whole(texts[name], value) for name, value in row.items()})


def _whole(text, value):
    """Return a number as it is written: 7 is read as 7.0 where another row lacks it."""
    if _WHOLE.fullmatch(text):
        return int(text)
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _find(names, columns, drop):
    """Return what the one column names that names networks. Numbers name none by themselves."""
    wordy = {name: values for name, values in columns.items() if not all(map(_is_number, values))}
    matches = {name: names.match(values) for name, values in wordy.items()}
    matches = {name: match for name, match in matches.items() if match.row_of or match.unclear}
    good = [match for match in matches.values() if match.row_of and not match.problems(drop)]
    if good and all(match.row_of == good[0].row_of for match in good):
        return good[0]
    if len(matches) == 1:
        return next(iter(matches.values()))
    if not matches:
        raise ValueError(
            f"No column of targets names networks: the columns are {list(columns)}, the networks "
            f"{named(names.paths)}. Say by key= which does, or how names are made of columns, as "
            "by key='run_{run:03d}/epoch_{epoch}.pt'; targets in another format may be a data "
            "frame."
        )
    told = "; ".join(
        f"{name!r} ({', '.join(match.problems(drop)) or 'each once'})"
        for name, match in matches.items()
    )
    raise ValueError(
        f"Several columns of targets name networks, in different ways: {told}. Say by key= which "
        "is meant."
    )


def _is_number(value):
    try:
        float(value)
    except ValueError:
        return False
    return True
