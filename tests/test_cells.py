"""What may stand in a cell, at every stage, and where the error says that something else stands."""

import numpy as np
import pandas as pd
import pytest
import torch
from numpy.testing import assert_array_equal
from scipy import sparse

from skactland import (
    BettiCurveVectorizer,
    ComplexityVectorizer,
    LandscapeKernel,
    LandscapeVectorizer,
    PersistenceImageVectorizer,
    PointSampler,
    RipsPersistence,
    SilhouetteVectorizer,
    farthest_points,
    rips_persistence,
)
from skactland.metrics import distance_matrix

CLOUD = np.random.default_rng(0).normal(size=(12, 2))
DIAGRAM = np.sort(np.random.default_rng(1).uniform(size=(6, 2)), axis=1)


class Foreign:
    """An array of another library, which NumPy can ask for its values."""

    def __init__(self, values):
        self.values = values

    def __array__(self, dtype=None, copy=None):
        if self.values is None:
            raise RuntimeError("the values are on another device")
        return np.asarray(self.values, dtype)


def masked(row):
    cell = np.ma.masked_array(np.sort(CLOUD, axis=1))
    cell[row] = np.ma.masked
    return cell


def frame(**columns):
    return pd.DataFrame(columns)


NO_CELLS = {
    "None": None,
    "a number": 3,
    "a NumPy number": np.float64(3),
    "a word": "x",
    "an object": object(),
    "a set": {1, 2},
    "a dict": {"a": [1, 2]},
    "a generator": (i for i in range(3)),
    "ragged rows": [[1, 2], [3]],
    "ragged arrays": np.array([np.zeros(2), np.zeros(3)], dtype=object),
    "words in a list": [["1", "2"]],
    "words among objects": np.array([["1", 2.0]], dtype=object),
    "words in a frame": frame(a=["1"], b=["2"]),
    "no value": [[1, None]],
    "no value in a frame": frame(a=pd.array([1, None], dtype="Float64"), b=[1, 2]),
    "NaN": np.full((12, 2), np.nan),
    "NaN in a frame": frame(a=[1, np.nan], b=[2, 3]),
    "minus infinity": np.full((12, 2), -np.inf),
    "three dimensions": np.zeros((2, 2, 2)),
    "one dimension": np.zeros(3),
    "a series": pd.Series([1.0, 2]),
    "complex numbers": 1j * CLOUD,
    "complex objects": np.array([[1j, 2]], dtype=object),
    "dates": np.array([["2020-01-01", "2020-01-02"]], dtype="M8[D]"),
    "durations": np.array([[1, 2]], dtype="m8[D]"),
    "records": np.zeros(3, dtype=[("a", float), ("b", float)]),
    "masked": masked(3),
    "a sparse matrix": sparse.csr_matrix(CLOUD),
    "a sparse array": sparse.coo_array(CLOUD),
    "an integer that is too large": [[10**400, 10**401]],
    "a foreign array that fails": Foreign(None),
    "a foreign array of words": Foreign([["x"]]),
    "a complex tensor": 1j * torch.ones(4, 2),
    "a sparse tensor": torch.eye(2).to_sparse(),
    "a tensor without values": torch.zeros(4, 2, device="meta"),
    "a network": torch.nn.Linear(2, 2),
}
STAGES_OF_CLOUDS = {
    "persistence": RipsPersistence(),
    "persistence of components": RipsPersistence((0,)),
    "persistence by GUDHI": RipsPersistence(engine="gudhi"),
    "persistence in another metric": RipsPersistence(metric="cosine"),
    "persistence of matrices": RipsPersistence(metric="precomputed"),
    "landmarks": PointSampler(5),
    "landmarks in another metric": PointSampler(5, metric="cosine"),
    "random points": PointSampler(5, method="random"),
    "all points": PointSampler(50),
}
STAGES_OF_DIAGRAMS = {
    "landscapes": LandscapeVectorizer(),
    "silhouettes": SilhouetteVectorizer(),
    "betti curves": BettiCurveVectorizer(),
    "images": PersistenceImageVectorizer(),
    "complexity": ComplexityVectorizer(),
    "kernel": LandscapeKernel(),
}
FUNCTIONS = {
    "persistence": rips_persistence,
    "distances": distance_matrix,
    "landmarks": lambda cloud: farthest_points(cloud, 5),
}


def table_with(cell, good):
    table = pd.DataFrame({"fc1": [None, None], "fc2": [None, None]}, dtype=object)
    for i, j in np.ndindex(2, 2):
        table.iat[i, j] = good
    table.iat[1, 1] = cell
    return table


@pytest.mark.parametrize("kind", NO_CELLS)
@pytest.mark.parametrize("stage", STAGES_OF_CLOUDS)
def test_errors_of_stages_of_clouds_name_the_cell(stage, kind):
    good = distance_matrix(CLOUD) if stage == "persistence of matrices" else CLOUD
    with pytest.raises((TypeError, ValueError), match=r"^row 1, column 'fc2': .+"):
        STAGES_OF_CLOUDS[stage].fit_transform(table_with(NO_CELLS[kind], good))


@pytest.mark.parametrize("kind", NO_CELLS)
@pytest.mark.parametrize("stage", STAGES_OF_DIAGRAMS)
def test_errors_of_stages_of_diagrams_name_the_cell(stage, kind):
    with pytest.raises((TypeError, ValueError), match=r"^row 1, column 'fc2': .+"):
        STAGES_OF_DIAGRAMS[stage].fit_transform(table_with(NO_CELLS[kind], DIAGRAM))


@pytest.mark.parametrize("kind", NO_CELLS)
@pytest.mark.parametrize("function", FUNCTIONS)
def test_functions_of_one_cloud_say_what_they_expect(function, kind):
    message = "expected a two-dimensional array|coordinates are NaN or infinite"
    with pytest.raises((TypeError, ValueError), match=message):
        FUNCTIONS[function](NO_CELLS[kind])


CELLS = {
    "an array in single precision": CLOUD.astype(np.float32),
    "a read-only array": np.broadcast_to(CLOUD, CLOUD.shape),
    "an array by columns": np.asfortranarray(CLOUD),
    "integers": np.arange(24).reshape(12, 2) ** 2,
    "booleans": CLOUD > 0,
    "objects": CLOUD.astype(object),
    "rows": CLOUD.tolist(),
    "a frame": pd.DataFrame(CLOUD),
    "a frame of nullable numbers": pd.DataFrame(CLOUD, columns=["a", "b"]).astype("Float64"),
    "an unmasked masked array": np.ma.masked_array(CLOUD),
    "a foreign array": Foreign(CLOUD),
    "a tensor": torch.tensor(CLOUD),
    "a tensor with a gradient": torch.tensor(CLOUD, requires_grad=True),
    "a tensor in half precision": torch.tensor(CLOUD).to(torch.bfloat16),
}


def values_of(cell):
    """The numbers of a cell, by another way."""
    if torch.is_tensor(cell):
        return cell.detach().double().numpy()
    return np.array(np.asarray(cell).tolist(), dtype=float)


@pytest.mark.parametrize("kind", CELLS)
@pytest.mark.parametrize("stage", [s for s in STAGES_OF_CLOUDS if s != "persistence of matrices"])
def test_cells_of_every_kind_are_read_by_points(stage, kind):
    estimator = STAGES_OF_CLOUDS[stage]
    if hasattr(estimator, "random_state"):
        estimator.set_params(random_state=0)
    found = estimator.fit_transform(table_with(CELLS[kind], CLOUD))[1]
    expected = estimator.fit_transform(table_with(values_of(CELLS[kind]), CLOUD))[1]
    for cell, values in zip(found, expected, strict=True):
        if stage == "all points" and cell is CELLS[kind]:
            continue
        assert_array_equal(cell, values)


@pytest.mark.filterwarnings("ignore:torch.quantize_per_tensor:UserWarning")
def test_quantised_tensors_are_what_they_stand_for():
    tensor = torch.quantize_per_tensor(torch.tensor(CLOUD).float(), 0.1, 0, torch.qint8)
    assert_array_equal(distance_matrix(tensor), distance_matrix(tensor.dequantize()))
