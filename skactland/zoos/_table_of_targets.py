"""Targets as they are given: a csv file or a data frame, and what is written in it."""

import codecs
import warnings
from io import StringIO
from pathlib import Path

from skactland._table import is_frame
from skactland.zoos._folder import named

# What begins a text that is not plain UTF-8; of four bytes before those of two, which begin alike.
_MARKS = [
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
]
# pandas unpacks these, and hands out the text.
_PACKED = {".gz", ".bz2", ".zip", ".xz", ".zst", ".tar", ".tgz"}


def file_of(targets, folder):
    """Return the path of a file of targets."""
    if not isinstance(targets, (str, Path)):
        raise TypeError(
            "targets must be a data frame, or the path of a csv file in the folder, got "
            f"{type(targets).__name__}."
        )
    file = folder / targets
    if not file.is_file():
        what = "is a folder" if file.is_dir() else "is not there"
        where = f" in {str(folder)!r}; of one that lies elsewhere give the absolute path"
        raise FileNotFoundError(
            f"targets must be a file, and {str(targets)!r} {what}"
            f"{'' if Path(targets).is_absolute() else where}."
        )
    return file


def read_targets(targets):
    """Return targets, of a frame or file, as a data frame, and what is written in each column."""
    return _of_frame(targets) if is_frame(targets) else _of_file(targets)


def _of_frame(targets):
    import pandas as pd

    _check_names(list(targets.columns))
    values = targets
    if not isinstance(values, pd.DataFrame):
        values = pd.DataFrame({name: list(targets[name]) for name in targets.columns})
    missing = values.isna()
    return values, {
        name: ["" if lost else str(v) for v, lost in zip(column, missing[name], strict=True)]
        for name, column in values.items()
    }


def _of_file(file):
    import pandas as pd

    shown = repr(str(file))
    options = {"encoding": _encoding(file)}
    try:
        _check_names(pd.read_csv(file, header=None, nrows=1, dtype=str, **options).iloc[0].tolist())
        # Else of "017" 17 would be left, and a run called "NA" would be none; and lines that are
        # longer than the first would lend the columns one another's names.
        options["index_col"] = False
        with warnings.catch_warnings():
            warnings.simplefilter("error", pd.errors.ParserWarning)
            written = pd.read_csv(file, dtype=str, keep_default_na=False, **options)
        stays = written.apply(lambda column: column.str.strip() != "").any(axis=1)
        if not stays.all():  # spreadsheets leave blank rows, beside which 7 would be read as 7.0
            written = written[stays]
            file, options["encoding"] = StringIO(written.to_csv(index=False)), None
        return pd.read_csv(file, **options), written.to_dict("list")
    except pd.errors.ParserWarning as error:
        raise ValueError(
            f"targets: rows of {shown} are longer than its first line, which names the columns, so "
            "that values would stand under other names; name all columns, or give a data frame."
        ) from error
    except UnicodeError as error:
        raise ValueError(
            f"targets: {shown} is no text in UTF-8 ({error}). Save it so, or give a data frame: "
            "pandas.read_csv(path, encoding=...), such as 'latin-1' or 'utf-16'."
        ) from error
    except (pd.errors.EmptyDataError, pd.errors.ParserError) as error:
        raise ValueError(f"targets: {shown} cannot be read as csv: {error}.") from error


def _encoding(file):
    """Return the encoding that a file begins by naming, UTF-8 if it names none."""
    if file.suffix.lower() in _PACKED:
        return "utf-8"
    with open(file, "rb") as opened:
        begins = opened.read(1000)
    named_by_mark = next((name for mark, name in _MARKS if begins.startswith(mark)), None)
    if named_by_mark is None and b"\0" in begins:  # letters of two bytes would be read as columns
        raise ValueError(
            f"targets: {str(file)!r} is no text in UTF-8, as it holds zero bytes. Save it so, or "
            "give a data frame: pandas.read_csv(path, encoding='utf-16-le')."
        )
    return named_by_mark or "utf-8"


def _check_names(names):
    repeated = sorted({str(name) for name in names if names.count(name) > 1})
    if repeated:
        raise ValueError(f"targets has several columns called {named(repeated)}; rename them.")
