"""What counts as a table of cells."""

import numpy as np
import pandas as pd
import polars as pl
import pytest

from skactland._table import Table, layer_and_degree, map_cells

CLOUD = np.zeros((4, 2))


@pytest.mark.parametrize(
    ("given", "shape"),
    [
        ([CLOUD, CLOUD], (2, 1)),
        ((CLOUD, CLOUD[:2]), (2, 1)),
        (np.zeros((3, 4, 2)), (3, 1)),
        ([[CLOUD, CLOUD], [CLOUD, CLOUD]], (2, 2)),
        ([[[0, 1], [1, 2]]], (1, 1)),
        ([[], CLOUD], (2, 1)),
        (pd.Series([CLOUD, CLOUD]), (2, 1)),
        (pd.DataFrame({"a": [CLOUD, CLOUD], "b": [CLOUD, CLOUD]}), (2, 2)),
        (pl.DataFrame({"a": pl.Series([CLOUD, CLOUD], dtype=pl.Object)}), (2, 1)),
    ],
)
def test_accepted_forms(given, shape):
    table = Table.read(given, "clouds").cells
    assert table.dtype == object
    assert table.shape == shape
    assert all(np.ndim(cell) in (1, 2) for cell in table.ravel())


def test_equal_shapes_do_not_melt():
    table = Table.read([CLOUD, CLOUD], "clouds").cells
    assert table[0, 0] is CLOUD


def test_object_tables_pass_through(clouds):
    assert Table.read(clouds, "clouds").cells is clouds


@pytest.mark.parametrize(
    ("given", "error", "message"),
    [
        (CLOUD, TypeError, r"got an array of shape \(4, 2\); for a single cell write \[cell\]"),
        ([1.0, 2.0], TypeError, "list of single values"),
        ("clouds", TypeError, "got str"),
        ([], ValueError, "empty"),
        (np.empty((0, 2), dtype=object), ValueError, "0 rows and 2 columns"),
        ([[CLOUD, CLOUD], [CLOUD]], ValueError, r"rows of \[1, 2\] clouds"),
        (pd.DataFrame({"a": [1.0]}), TypeError, "plain float64 values"),
    ],
)
def test_refused_forms(given, error, message):
    with pytest.raises(error, match=message):
        Table.read(given, "clouds")


def test_map_cells_keeps_places(clouds):
    for n_jobs in (1, 2):
        found = map_cells(lambda cell: [cell], Table.read(clouds, "clouds"), n_jobs=n_jobs)
        for i, j in np.ndindex(clouds.shape):
            assert found[i, j][0] is clouds[i, j]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("fc1__H1", ("fc1", 1)),
        ("block__H0__H12", ("block__H0", 12)),
        ("fc1", ("fc1", None)),
        ("fc1__H", ("fc1__H", None)),
        ("fc1__H1__simplices", ("fc1__H1__simplices", None)),
        (3, ("3", None)),
    ],
)
def test_layer_and_degree_of_a_column(name, expected):
    assert layer_and_degree(name) == expected
