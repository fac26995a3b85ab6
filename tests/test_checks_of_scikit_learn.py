"""scikit-learn's own checks of estimators, on cells in the place of numbers.

The checks make two-dimensional arrays of numbers, which are no tables of ours. An adapter turns
each number into a cell, a cloud or a diagram that depends on it, before the estimator sees it, and
where a stage returns cells, each of these into a number. Whatever a check demands then, of the
order of rows, of fitting twice, of names, of pickles, is demanded of the estimator.
LayerActivationExtractor, whose rows are networks, and LabelledBars, whose columns come in pairs,
can be given nothing of the kind: for them there is test_estimators.
"""

import sys
from functools import partial

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.utils import estimator_checks

from skactland import (
    BettiCurveVectorizer,
    ComplexityVectorizer,
    LabelledMergeVectorizer,
    LandscapeKernel,
    LandscapeVectorizer,
    NeighbourAgreement,
    PersistenceImageVectorizer,
    PointSampler,
    RipsPersistence,
    SilhouetteVectorizer,
)

#: Checks of what a number in an array may be, or of arrays that are not two-dimensional. A table is
#: refused in words of its own, and test_tables, test_cells and test_checks hold which.
OF_NUMBERS = {
    "check_array_api_input": "a cell is on no device",
    "check_complex_data": "asks for words about complex numbers; ours are about cells",
    "check_dtype_object": "an array of objects is what a table is",
    "check_estimator_sparse_array": "cells are dense",
    "check_estimator_sparse_matrix": "cells are dense",
    "check_estimators_empty_data_messages": "ours name rows and columns",
    "check_fit1d": "a list of cells is a table of one column",
    "check_fit2d_predict1d": "a list of cells is a table of one column",
    "check_transformer_preserve_dtypes": "features are float64, whatever cells are",
}
#: These stages look at a cell when they transform it; in fit there is nothing to learn of it.
NOT_IN_FIT = {
    (stage, "check_estimators_nan_inf")
    for stage in (RipsPersistence, PointSampler, LabelledMergeVectorizer, NeighbourAgreement)
}


def as_diagram(number):
    """Return a diagram of two bars that depends on a number, which may be NaN or infinite."""
    if not np.isfinite(number):
        return np.array([[number, number]])
    return np.array([[0.0, abs(number)], [abs(number) / 2, abs(number) + abs(np.sin(number))]])


def as_cloud(number):
    """Return a cloud of twelve points that depends on a number."""
    i = np.arange(12.0)
    x = number if np.isfinite(number) else 1.0
    points = np.column_stack([np.sin(i * i + x), np.cos(i * (1 + i) - x), i % 5 + np.sin(x * i)])
    points[0, 0] = points[0, 0] if np.isfinite(number) else number
    return points


def as_cells(X, as_cell):
    """Return numbers as cells, in a frame if they came in one; what else X may be as it is."""
    if hasattr(X, "iloc"):
        return type(X)(as_cells(X.to_numpy(), as_cell), columns=X.columns, index=X.index)
    numbers = np.asarray(X)
    if numbers.ndim != 2 or numbers.dtype.kind not in "fiu":
        return X
    cells = np.empty(numbers.shape, object)
    for place in np.ndindex(cells.shape):
        cells[place] = as_cell(float(numbers[place]))
    return cells


def as_numbers(found):
    """Return a number for each cell of a table; numbers as they are."""
    if not (isinstance(found, np.ndarray) and found.dtype == object):
        return found
    numbers = np.empty(found.shape)
    for place in np.ndindex(found.shape):
        finite = found[place][np.isfinite(found[place])]
        numbers[place] = finite @ np.arange(1, len(finite) + 1)
    return numbers


def on_numbers(estimator_class, as_cell):
    """Return a class like another, but for numbers in the place of cells."""

    class OnNumbers(estimator_class):
        def fit(self, X, y=None):
            return super().fit(as_cells(X, as_cell), y)

        def transform(self, X):
            return as_numbers(super().transform(as_cells(X, as_cell)))

        def fit_transform(self, X, y=None):
            # A class that has its own is called with cells, and calls what is above with cells.
            return as_numbers(super().fit_transform(as_cells(X, as_cell), y))

        def __sklearn_tags__(self):
            tags = super().__sklearn_tags__()
            tags.input_tags.two_d_array = True  # or scikit-learn runs one check
            return tags

    OnNumbers.__name__ = OnNumbers.__qualname__ = f"{estimator_class.__name__}OnNumbers"
    setattr(sys.modules[__name__], OnNumbers.__name__, OnNumbers)  # where pickle finds it
    return OnNumbers


PARITIES = np.arange(12) % 2
ESTIMATORS = [
    on_numbers(RipsPersistence, as_cloud)(),
    on_numbers(PointSampler, as_cloud)(5, random_state=0),
    on_numbers(LabelledMergeVectorizer, as_cloud)(1, classes=PARITIES),
    on_numbers(NeighbourAgreement, as_cloud)(3, classes=PARITIES),
    on_numbers(LandscapeVectorizer, as_diagram)(resolution=5),
    on_numbers(SilhouetteVectorizer, as_diagram)(resolution=5),
    on_numbers(BettiCurveVectorizer, as_diagram)(resolution=5),
    on_numbers(PersistenceImageVectorizer, as_diagram)(resolution=3),
    on_numbers(ComplexityVectorizer, as_diagram)(),
    on_numbers(LandscapeKernel, as_diagram)(),
]


def named(check):
    return (check.func if isinstance(check, partial) else check).__name__


def cases():
    for estimator in ESTIMATORS:
        for i, check in enumerate(estimator_checks._yield_all_checks(estimator, legacy=True)):
            is_left_out = (type(estimator).__base__, named(check)) in NOT_IN_FIT
            if named(check) not in OF_NUMBERS and not is_left_out:
                name = f"{type(estimator).__name__}-{named(check)}-{i}"
                yield pytest.param(estimator, check, id=name)


@pytest.mark.parametrize(("estimator", "check"), list(cases()))
def test_check(estimator, check):
    check(type(estimator).__name__, clone(estimator))


def test_battery_is_all_of_it():
    for estimator in ESTIMATORS:
        names = [named(c) for c in estimator_checks._yield_all_checks(estimator, legacy=True)]
        assert len(set(names) - set(OF_NUMBERS)) >= 30
    assert all(hasattr(estimator_checks, name) for name in OF_NUMBERS)


@pytest.mark.parametrize("stage", sorted((stage for stage, _ in NOT_IN_FIT), key=str))
@pytest.mark.parametrize("number", [np.nan, np.inf])
def test_what_is_not_seen_in_fit_is_seen_in_transform(stage, number):
    (estimator,) = [e for e in ESTIMATORS if isinstance(e, stage)]
    with pytest.raises(ValueError, match=r"row 0, column 0: .*(NaN|finite|infinite)"):
        clone(estimator).fit_transform(np.array([[number], [1.0]]))
