"""A zoo as it lies in a folder, as a table of networks, targets and groups."""

import os
from numbers import Number
from pathlib import PurePath

from skactland._checks import check_option, closest_names
from skactland._table import is_frame, is_missing
from skactland.zoos._folder import as_folder, check_once, find_networks, named
from skactland.zoos._table_of_targets import file_of, read_targets
from skactland.zoos._targets import Names, match_rows


def zoo_table(folder, pattern="*.pt", targets=None, *, key=None, groups=None, unmatched="raise"):
    r"""Return the networks of a folder, with their targets and what belongs together.

    Two layouts are read as they are. A folder for each run with its checkpoints, and targets with
    a row for each checkpoint (named ``run_017/epoch_03.pt``) or for each run (``run_017``)::

        zoo/metrics.csv
        zoo/run_017/epoch_03.pt
        zoo/run_017/epoch_04.pt

    Or checkpoints beside each other, and targets with a row for each (``017.pt``, or ``net017``
    of a file ``net017.pt``). Then nothing says which come of one run, so `groups` must.

    Nothing is matched by order or by chance: each network must have one row, and each row must
    name one network, or all of one folder, which then have the same targets.

    Parameters
    ----------
    folder : path
        Where the zoo lies.
    pattern : str, default="\*.pt"
        What the names of networks look like, at any depth, as in ``pathlib.Path.rglob``:
        ``"last_*.pt"``, ``"*/seed_?/*.safetensors"``; ``"checkpoint-*"`` matches folders of
        ``save_pretrained``. What begins with a dot is left out, and what links within `folder` lead
        to is found under its own name; hard links are files of their own. Of ``.pt``, ``.pth`` and
        ``.PT`` a warning tells what is left out, but for names that are taken with another ending.
    targets : path, pandas.DataFrame or None, default=None
        A csv file, its path from `folder` on, or a data frame. None is for networks alone. The file
        is in UTF-8, or begins with the mark of UTF-16; blank rows are left out.
    key : str or None, default=None
        The column of `targets` that names networks; or how names are made of several, as in
        ``str.format``: ``"run_{run:03d}/epoch_{epoch}.pt"``. A name is a path from `folder` on,
        with or without its ending, or its last part, if that is of one network or folder alone. By
        default the column, not one of numbers, that names all networks.
    groups : str, callable or None, default=None
        What networks share that must not be torn apart by cross-validation: a column of `targets`;
        or a function of the path from `folder` on, a ``pathlib.PurePosixPath``, as in
        ``groups=lambda path: path.name.split("_")[0]``. ``groups=str`` makes each a group of its
        own. By default the uppermost folder that a network lies in.
    unmatched : {"raise", "drop"}, default="raise"
        What becomes of networks without a row and of rows without a network.

    Returns
    -------
    pandas.DataFrame
        A row a network, epoch 10 after epoch 9: "path", which opens it from anywhere, "group", and
        the columns of `targets`. The index has the paths from `folder` on.

    Raises
    ------
    ValueError
        If networks and rows do not belong together one by one, with the names of those that do not;
        if several columns name networks, or none; if groups cannot be told, or links put one
        network into several.
    FileNotFoundError
        If there is no such folder or file.
    ModuleNotFoundError
        If pandas is not installed.

    See Also
    --------
    EachNetwork : Takes the paths through a pipeline one at a time.
    sklearn.model_selection.GroupKFold : Keeps groups together.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> from skactland import zoo_table
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     for name in ("run_1/epoch_9.pt", "run_1/epoch_10.pt", "run_2/epoch_9.pt"):
    ...         path = Path(folder) / name
    ...         path.parent.mkdir(exist_ok=True)
    ...         path.touch()
    ...     _ = (Path(folder) / "metrics.csv").write_text("run,accuracy\nrun_1,0.9\nrun_2,0.8")
    ...     table = zoo_table(folder, targets="metrics.csv")
    >>> table[["group", "accuracy"]]
                       group  accuracy
    network
    run_1/epoch_9.pt   run_1       0.9
    run_1/epoch_10.pt  run_1       0.9
    run_2/epoch_9.pt   run_2       0.8

    So ``cross_val_score(model, table["path"], table["accuracy"], groups=table["group"],
    cv=GroupKFold())`` is one line.
    """
    import pandas as pd  # late, as the package does without

    drop = check_option(unmatched, "unmatched", ("raise", "drop")) == "drop"
    if key is not None and (targets is None or not isinstance(key, str)):
        raise TypeError(f"key must be a column of targets, which must be given; got {key!r}.")
    folder = as_folder(folder)
    file = None if targets is None or is_frame(targets) else file_of(targets, folder)
    paths = find_networks(folder, pattern, file)
    if targets is None:
        found, order = pd.DataFrame(index=range(len(paths))), range(len(paths))
    else:
        values, written = read_targets(targets if file is None else file)
        rows = values.to_dict("records")
        row_of = match_rows(Names(folder, paths), written, key, rows, drop)
        order = sorted(row_of)
        found = values.iloc[[row_of[i] for i in order]]
    paths = [paths[i] for i in order]
    index = pd.Index(map(str, paths), name="network")
    table = pd.DataFrame({"path": [os.path.abspath(folder / p) for p in paths]}, index=index)
    table["group"] = _groups(groups, paths, found, targets)
    check_once(folder, paths, table["group"])
    own = {key, groups if isinstance(groups, str) else None}
    clash = [name for name in found if name in table and name not in own]
    if clash:
        raise ValueError(
            f"targets has a column {clash[0]!r}, and so has the table that is made; rename it, or "
            f"say that it is meant by {'key' if clash[0] == 'path' else 'groups'}={clash[0]!r}."
        )
    return table.join(found.set_axis(index).drop(columns=[n for n in found if n in table]))


def _groups(groups, paths, found, targets):
    """Return the group of each network."""
    if groups is None:
        tops = [path.parts[0] for path in paths if len(path.parts) > 1]
        if len(tops) == len(paths) and (len(set(tops)) > 1 or len(paths) == 1):
            return tops
        raise ValueError(
            "The folders do not tell which networks belong together, as "
            f"{named(paths[:2])} are not in folders of different runs. Give groups: a column of "
            "targets, a function such as lambda path: path.name.split('_')[0], or, if each network "
            "is a run of its own, groups=str."
        )
    if callable(groups):
        return _check_groups([groups(path) for path in paths], paths)
    if not isinstance(groups, str):
        raise TypeError(
            f"groups must be a column of targets or a function of a path, got {groups!r}."
        )
    if targets is None:
        raise ValueError(
            f"groups={groups!r} is a column of targets, and there are none: give targets, or a "
            "function of the path."
        )
    if groups not in found:
        raise ValueError(
            f"targets has no column {groups!r}; {closest_names(groups, [*map(str, found)])}"
        )
    without = [path for path, is_lost in zip(paths, found[groups].isna(), strict=True) if is_lost]
    if without:
        raise ValueError(f"Column {groups!r} of targets says no group of {named(without)}.")
    return found[groups].tolist()


def _check_groups(told, paths):
    """Return groups that a function told, if they are names or numbers that can be compared."""
    for path, group in zip(paths, told, strict=True):
        if not isinstance(group, (str, Number, PurePath, tuple)) or is_missing(group):
            raise ValueError(
                f"groups must give a name or number for each network, and gives {group!r} for "
                f"{str(path)!r}."
            )
    try:
        sorted(set(told))
    except TypeError as error:
        raise ValueError(
            f"groups must give names or numbers that can be sorted into groups: {error}."
        ) from error
    return told
