"""What the code of the start page draws: its blocks are run as they are printed there."""

import re
from contextlib import redirect_stdout
from functools import cache
from io import StringIO
from pathlib import Path

_PAGE = Path(__file__).parents[1] / "start.md"


@cache
def _figures():
    """Return the figures of the page by the class that draws them."""
    names, figures = {"__name__": "__main__"}, {}
    for block in re.findall(r"```python\n(.*?)```", _PAGE.read_text("utf-8"), flags=re.DOTALL):
        with redirect_stdout(StringIO()):
            exec(compile(block, str(_PAGE), "exec"), names)
        if "display" in names:
            display = names.pop("display")
            figures[type(display).__name__] = display.figure_
    return figures


def first_report():
    """Draw the page of one network."""
    return _figures()["NetworkReportDisplay"]


def first_map():
    """Draw the map of many."""
    return _figures()["NetworkMapDisplay"]
