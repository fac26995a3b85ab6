"""What counts as a table of cells."""

import numpy as np
import pandas as pd
import polars as pl
import pytest
import scipy.sparse
import torch

from skactland import (
    BettiCurveVectorizer,
    ComplexityVectorizer,
    LandscapeKernel,
    LandscapeVectorizer,
    PersistenceImageVectorizer,
    PointSampler,
    RipsPersistence,
    SilhouetteVectorizer,
    landscape_gram,
)
from skactland._table import Table, layer_and_degree, map_cells, read_diagrams, read_names
from skactland.adapters import to_giotto, to_gudhi, to_persim, to_ripser
from skactland.displays import (
    ActivationLandscapeDisplay,
    BarcodeDisplay,
    ComplexityDisplay,
    DiagramDisplay,
    NetworkMapDisplay,
)
from skactland.inference import (
    confidence_band,
    independence_test,
    mean_difference_band,
    null_test,
    permutation_test,
    trend_test,
)

pytestmark = pytest.mark.usefixtures("no_screen")

CLOUD = np.zeros((4, 2))
COLUMNS = ["fc1__H0", "fc1__H1", "fc2__H0", "fc2__H1"]
LABELS = [0, 0, 0, 1, 1, 1]

#: All that read tables of diagrams and may be told the names of their columns.
TOLD_THE_NAMES = {
    "ActivationLandscapeDisplay": ActivationLandscapeDisplay.from_table,
    "BarcodeDisplay": BarcodeDisplay.from_table,
    "ComplexityDisplay": ComplexityDisplay.from_table,
    "DiagramDisplay": DiagramDisplay.from_table,
    "NetworkMapDisplay": NetworkMapDisplay.from_table,
    "to_giotto": to_giotto,
    "to_gudhi": to_gudhi,
    "to_persim": lambda X, **options: to_persim(X, 0, **options),
    "to_ripser": to_ripser,
}
#: The others, of clouds too.
READERS = TOLD_THE_NAMES | {
    "confidence_band": confidence_band,
    "independence_test": lambda X: independence_test(X, LABELS),
    "mean_difference_band": lambda X: mean_difference_band(X, LABELS),
    "permutation_test": lambda X: permutation_test(X, LABELS),
    "trend_test": lambda X: trend_test(X, LABELS),
    "landscape_gram": landscape_gram,
    "ComplexityVectorizer": ComplexityVectorizer().fit,
    "LandscapeKernel": LandscapeKernel().fit,
    "LandscapeVectorizer": LandscapeVectorizer().fit,
    "SilhouetteVectorizer": SilhouetteVectorizer().fit,
    "BettiCurveVectorizer": BettiCurveVectorizer().fit,
    "PersistenceImageVectorizer": PersistenceImageVectorizer().fit,
}
READERS_OF_CLOUDS = {
    "null_test": lambda X: null_test(X, n_nulls=9, correction=None),
    "PointSampler": lambda X: PointSampler(3).fit_transform(X),
    "RipsPersistence": lambda X: RipsPersistence().fit_transform(X),
}


def named(readers):
    return pytest.mark.parametrize("read", readers.values(), ids=list(readers))


@pytest.fixture
def cells(table_of):
    """Six networks, four columns of diagrams."""
    rng = np.random.default_rng(0)
    return table_of([[np.sort(rng.random((5, 2)), axis=1) for _ in COLUMNS] for _ in range(6)])


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


@named(READERS | READERS_OF_CLOUDS)
class TestRows:
    """A bare row looks like a column of networks; where its labels tell, it is refused."""

    def test_series_with_the_names_of_columns(self, read, cells):
        frame = pd.DataFrame(cells, columns=COLUMNS, index=[f"net{i}" for i in range(6)])
        parts = pd.MultiIndex.from_tuples([name.split("__") for name in COLUMNS])
        for row in (
            frame.iloc[0],
            frame.loc["net3"],
            pd.DataFrame(cells, columns=parts).iloc[0],
            pd.DataFrame(cells, columns=[0, 1, 2, "fc2__H1"]).iloc[0],
        ):
            with pytest.raises(TypeError, match=r"for one row write frame.iloc\[\[i\]\]"):
                read(row)

    def test_dicts(self, read, cells):
        with pytest.raises(TypeError, match=r"got dict; for one row write pandas.DataFrame"):
            read(dict(zip(COLUMNS, cells[0], strict=True)))


@named(TOLD_THE_NAMES)
def test_rows_with_as_many_names_as_cells(read, cells):
    for row in (cells[0], list(cells[0]), tuple(cells[0])):
        with pytest.raises(ValueError, match=r"if X is one row, put it in a list: \[row\]"):
            read(row, columns=COLUMNS)


@pytest.mark.parametrize(
    "estimator",
    [
        LandscapeVectorizer(),
        SilhouetteVectorizer(),
        BettiCurveVectorizer(),
        PersistenceImageVectorizer(),
        ComplexityVectorizer(),
        LandscapeKernel(),
    ],
    ids=lambda estimator: type(estimator).__name__,
)
def test_rows_given_to_a_fitted_estimator(estimator, cells):
    estimator.fit(cells)
    with pytest.raises(ValueError, match=r"fit saw 4 columns; for one row write \[row\]"):
        estimator.transform(cells[0])
    assert len(estimator.transform(cells[[0]])) == 1


class TestFrames:
    def test_names_that_are_no_strings(self, cells):
        parts = pd.MultiIndex.from_tuples([name.split("__") for name in COLUMNS])
        assert read_diagrams(pd.DataFrame(cells, columns=parts)).names == COLUMNS
        assert read_diagrams(pd.DataFrame(cells)).names == ["0", "1", "2", "3"]

    def test_the_index_does_not_matter(self, cells):
        frame = pd.DataFrame(cells, columns=COLUMNS, index=[3, 3, "a", None, -1, 2.5])
        for found, cell in zip(read_diagrams(frame).cells.ravel(), cells.ravel(), strict=True):
            assert found is cell

    @pytest.mark.parametrize("read", READERS.values(), ids=list(READERS))
    def test_names_that_are_there_twice(self, read, cells):
        frame = pd.DataFrame(cells, columns=["a__H0", "a__H1", "b__H0", "a__H1"])
        with pytest.raises(ValueError, match="2 are called 'a__H1'"):
            read(frame)

    def test_polars_objects_and_nested_lists(self, cells):
        expected = read_diagrams(cells).cells
        lists = {
            name: [cell.tolist() for cell in column]
            for name, column in zip(COLUMNS, cells.T, strict=True)
        }
        objects = {
            name: pl.Series(list(column), dtype=pl.Object)
            for name, column in zip(COLUMNS, cells.T, strict=True)
        }
        for frame in (pl.DataFrame(lists), pl.DataFrame(objects)):
            table = read_diagrams(frame)
            assert table.names == COLUMNS
            for found, cell in zip(table.cells.ravel(), expected.ravel(), strict=True):
                np.testing.assert_array_equal(found, cell)
            assert read_diagrams(frame[COLUMNS[2]]).names == [COLUMNS[2]]

    def test_a_column_keeps_its_name(self, cells):
        column = pd.DataFrame(cells, columns=COLUMNS)["fc2__H0"]
        assert read_diagrams(column).names == ["fc2__H0"]
        assert read_diagrams(column.rename("networks")).names == ["x0"]


@pytest.mark.parametrize(
    "cell",
    [
        None,
        np.nan,
        "diagram",
        [[0, 1], [2]],
        [[0, np.nan]],
        [[np.nan, 1]],
        [[0, 1, 2]],
        scipy.sparse.csr_array(np.eye(2)),
        {"dgms": []},
        [[0, 10**400]],
    ],
    ids=lambda cell: type(cell).__name__,
)
@named(READERS)
def test_errors_say_which_cell_is_bad(read, cells, cell):
    frame = pd.DataFrame(cells, columns=COLUMNS)
    frame.iat[2, 1] = cell
    with pytest.raises((TypeError, ValueError), match="row 2, column 'fc1__H1': "):
        read(frame)


@pytest.mark.parametrize(
    ("sparse", "remedy"),
    [
        (scipy.sparse.csr_array(np.eye(6)), "X.toarray()"),
        (scipy.sparse.lil_matrix(np.eye(6)), "X.toarray()"),
        (torch.eye(6).to_sparse(), "X.to_dense()"),
    ],
    ids=lambda value: type(value).__name__,
)
@named(READERS | READERS_OF_CLOUDS)
def test_a_sparse_array_is_no_table(read, sparse, remedy):
    with pytest.raises(TypeError) as caught:
        read(sparse)
    assert "got a sparse array of shape (6, 6); cells are dense" in str(caught.value)
    assert f"write [{remedy}]" in str(caught.value)


@named(READERS)
@pytest.mark.parametrize("extra", ["return_simplices", "return_cycles"])
def test_columns_of_simplices_are_left_out(read, extra, clouds):
    """Were they read, indices of points would be births and deaths."""
    given = pd.DataFrame(clouds, columns=["fc1", "fc2"])
    rips = RipsPersistence(**{extra: True}).set_output(transform="pandas")
    frame = rips.fit_transform(given).filter(like="fc1")
    frame[frame.columns[-1]] = None  # nothing of it is read
    read(frame)


@pytest.mark.parametrize(
    ("columns", "error", "message"),
    [
        (3, TypeError, "columns must be a sequence of names such as 'fc1__H1', got int"),
        ({"a", "b"}, TypeError, "got set"),
        ({"a": 1}, TypeError, "got dict"),
        (["a", None], TypeError, "got None among them"),
        (["a", np.nan], TypeError, "got nan among them"),
        ([("fc1", None)], TypeError, r"got \('fc1', None\) among them"),
        (["a", ["b"]], TypeError, r"got \['b'\] among them"),
        ([], ValueError, "columns is empty"),
        (["a", "a"], ValueError, "2 are called 'a'"),
        (["1", 1], ValueError, "2 are called '1'"),
    ],
)
def test_what_names_no_columns(columns, error, message):
    with pytest.raises(error, match=message):
        read_names(columns)


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


def test_simplices_under_the_name_of_diagrams_are_refused():
    table = RipsPersistence(return_simplices=True).fit_transform([CLOUD + np.eye(4, 2)])
    names = ["a__H0", "a__H1", "b__H0", "b__H1"]
    with pytest.raises(ValueError, match="'a__H1' is named as one of diagrams and holds simplices"):
        read_diagrams(table, names)
