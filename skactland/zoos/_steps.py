"""The steps that a row goes through, and whether they may be given it alone."""

import numpy as np
from sklearn.base import clone
from sklearn.compose import ColumnTransformer
from sklearn.pipeline import FeatureUnion, Pipeline
from sklearn.utils import get_tags

from skactland._checks import FIRST_ROW
from skactland._table import digest
from skactland.activations import LayerActivationExtractor
from skactland.persistence import RipsPersistence
from skactland.sampling import PointSampler

_OF_CELLS = (LayerActivationExtractor, RipsPersistence, PointSampler)


def check_steps(pipeline):
    """Refuse a pipeline that cannot be given one network at a time, and say why.

    Returns
    -------
    list of (str, transformer)
        The steps, those of pipelines within too.
    """
    if pipeline is None:
        raise ValueError(
            "There is no pipeline: give the steps that each network goes through, such as "
            "EachNetwork(make_pipeline(LayerActivationExtractor(probe), RipsPersistence()))."
        )
    steps = list(steps_of("pipeline", pipeline))
    first = steps[0][1] if steps else None
    if not isinstance(first, LayerActivationExtractor):
        raise TypeError(
            "The pipeline must begin with a LayerActivationExtractor, as its rows are networks; "
            f"it begins with {type(first).__name__}."
        )
    for name, step in steps:
        _check_apart(name, step)
    return steps


def steps_of(name, step):
    """Give the steps that a step consists of, with their names; what passes all on is none."""
    if isinstance(step, Pipeline):
        for of_part, part in step.steps:
            yield from steps_of(of_part, part)
    elif not _is_none(step):
        yield name, step


def _is_none(step):
    return step is None or (isinstance(step, str) and step == "passthrough")


def _check_apart(name, step):
    """Refuse a step that learns from rows, or from what nothing tells that it does not."""
    for part in _parts(step):
        learns = getattr(part, "learns_from_rows", None)
        if learns is None:
            learns = get_tags(part).requires_fit
            why = (
                "is not known not to; if it treats every row alone, set learns_from_rows = False "
                "on its class"
            )
        else:
            why = "learns from all rows of fit, and is given one at a time"
        if learns:
            raise ValueError(
                f"Step {name!r} ({type(part).__name__}) {why}. Put it after EachNetwork: "
                "make_pipeline(EachNetwork(...), step)."
            )


def _parts(step):
    """Give the transformers that a step hands columns to, or itself."""
    if isinstance(step, ColumnTransformer):
        inner = [(name, part) for name, part, _ in step.transformers]
    elif isinstance(step, FeatureUnion):
        inner = step.transformer_list
    elif isinstance(step, Pipeline):
        inner = step.steps
    else:
        yield step
        return
    for _, part in inner:
        if not (_is_none(part) or part == "drop"):
            yield from _parts(part)


def fitted_on(pipeline, row, i):
    """Return a copy of a pipeline that has learned its columns from one row, the i-th.

    And what it makes of that row, if the last step makes no cells: those may be hours of work.
    """
    before = FIRST_ROW.set(i)
    try:
        fitted = clone(pipeline)
        (*_, (_, last)) = steps_of("pipeline", fitted)
        if isinstance(last, _OF_CELLS):
            return fitted.fit([row]), None
        return fitted, only_row(fitted.fit_transform([row]))
    finally:
        FIRST_ROW.reset(before)


def only_row(table):
    """Return the cells of a table of one row."""
    cells = table.to_numpy() if hasattr(table, "to_numpy") else table
    cells = cells.toarray() if hasattr(cells, "tocsr") else np.asarray(cells)
    if cells.ndim != 2 or len(cells) != 1:
        raise ValueError(
            f"the pipeline made a table of shape {cells.shape} of one network; every step must "
            "give one row for each."
        )
    return list(cells[0]) if cells.dtype == object else cells[0]


def set_since(pipeline, fitted):
    """Return the names of parameters that are not those that a pipeline was fitted with."""
    now = pipeline.get_params()
    same = {name for name in now.keys() & fitted.keys() if _is_same(now[name], fitted[name])}
    other = [name for name in {**now, **fitted} if name not in same]
    if not other and list(now) != list(fitted):
        return ["the order of its steps"]
    return [name for name in other if not any(o.startswith(f"{name}__") for o in other)]


def _is_same(value, other):
    if value is other:
        return True
    try:
        return digest(value) == digest(other)
    except TypeError:  # there is content that cannot be seen
        return False
