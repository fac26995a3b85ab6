"""What of a zoo cannot be read, told in one pass."""

import re
from typing import NamedTuple

from skactland._checks import at_place
from skactland.activations._rows import check_columns
from skactland.activations._sources import rows_known, source_name

# Enough to see NaN, a layer that is missing and a checkpoint that does not fit.
_N_INPUTS = 8
# Messages name layers in these words alone, whichever check or forward pass they come from.
_LAYER = re.compile(r"\blayer ('.*?'|\".*?\")")


class Problem(NamedTuple):
    """Why a network cannot be a row: its position, the layer if it lies in one, the message."""

    row: int
    layer: str | None
    message: str


def find_problems(extraction, rows, columns=None):
    """Return a problem for each of some networks that cannot be read.

    Parameters
    ----------
    extraction : Extraction
    rows : list
        What the networks come from; anything.
    columns : list of str or None
        Those of fit; by default those of the first network that can be read.
    """
    problems = []
    with rows_known(rows):
        for i, row in enumerate(rows):
            name = source_name(row, i)
            try:
                with at_place(name):
                    found = extraction.columns(row, name, n_inputs=_N_INPUTS)
                    columns = found if columns is None else columns
                    check_columns(found, columns)
            except Exception as error:  # whatever an architecture, or a reader of files, raises
                message = full_message(error)
                problems.append(Problem(i, layer_of(message), message))
    return problems


def layer_of(message):
    """Return the name of the layer that a message is about, None if it is about none."""
    layer = _LAYER.search(message)
    return layer and layer[1][1:-1]


def full_message(error):
    """Return what an error says, with the notes that it was given on its way."""
    return "\n".join([str(error) or type(error).__name__, *getattr(error, "__notes__", ())])
