"""Nonsense given to displays, adapters and data sets: an error that names the parameter."""

from functools import partial
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import Ridge
from sklearn.pipeline import make_pipeline

from skactland import LandscapeVectorizer, intrinsic_dimension, zoo_table
from skactland.adapters import (
    from_giotto,
    from_gudhi,
    from_persim,
    from_ripser,
    to_giotto,
    to_gudhi,
    to_persim,
    to_ripser,
)
from skactland.comparison import (
    bottleneck_distance,
    diagram_distances,
    layer_divergences,
    linear_cka,
    mtop_divergence,
    network_divergences,
    procrustes_distance,
    rsa,
    rtd,
    rtd_lite,
    svcca,
    wasserstein_distance,
)
from skactland.datasets import (
    make_circle,
    make_disc_grid,
    make_discs,
    make_linked_tori,
    make_nested_spheres,
    make_sphere,
    make_torus,
    read_idx,
)
from skactland.displays import (
    ActivationLandscapeDisplay,
    BandDisplay,
    BarcodeDisplay,
    ComplexityDisplay,
    DiagramDisplay,
    DivergenceDisplay,
    LoadingsDisplay,
    NetworkMapDisplay,
    PermutationTestDisplay,
)

pytestmark = pytest.mark.usefixtures("no_screen")

#: What no parameter takes that is not a file, a label or a switch.
NONSENSE = {
    "NaN": float("nan"),
    "bool": True,
    "object": object(),
    "set": {1, 2},
    "dict": {"a": 1},
    "complex": 1j,
    "bytes": b"ab",
    "class": int,
    "ragged": [[1], [1, 2]],
    "empty array": np.zeros(0),
    "array without axes": np.array(5),
    "huge integer": 10**400,
    "frame of numbers": pd.DataFrame({"a": [1, 2]}),
}
COLUMNS = ["fc1__H0", "fc1__H1"]
NODES = np.tile(np.linspace(0, 1, 5), (2, 1))
LEVELS = np.ones((2, 3, 5))
BAND = SimpleNamespace(t=NODES[0], mean=LEVELS[0], lower=LEVELS[0], upper=LEVELS[0], alpha=0.05)
RESULT = SimpleNamespace(null_distribution=np.arange(20.0), statistic=3.0, pvalue=0.5)
TABLE = np.empty((4, 2), dtype=object)
for i, j in np.ndindex(TABLE.shape):
    TABLE[i, j] = np.array([[0, 1.0 + i], [0.5, 2.0 + j]])
MODEL = make_pipeline(LandscapeVectorizer(2, 5), Ridge()).fit(TABLE, range(4))
NUMBERS = {"radius": 3.0, "noise": 0.0}
CLOUD = np.random.default_rng(0).normal(size=(12, 2))
PAIR = {"cloud": CLOUD, "other": CLOUD[::-1]}
BATCHES = {"n_batches": 2, "batch_size": 9, "random_state": 0}
TOPOLOGICAL = {**PAIR, "direction": "mean", "quantile": 0.9, **BATCHES}

# Each with good values; the parameters are made bad one at a time.
CALLS = [
    (
        ActivationLandscapeDisplay,
        {"columns": COLUMNS, "nodes": NODES, "values": LEVELS, "threshold": 1.0},
    ),
    (
        ActivationLandscapeDisplay.from_table,
        {"X": TABLE, "columns": COLUMNS, "n_landscapes": 2, "spread": None, "kind": "auto"}
        | {"groups": [1, 1, 2, 2], "group_name": "a"},
    ),
    (
        ActivationLandscapeDisplay,
        {"columns": COLUMNS, "nodes": NODES, "values": np.ones((1, 2, 3, 5)), "groups": ["a"]},
    ),
    (ActivationLandscapeDisplay.from_bands, {"bands": {"a": BAND}, "kind": "auto", "ax": None}),
    (BandDisplay, {"t": NODES[0], "mean": LEVELS[0], "lower": LEVELS[0], "upper": LEVELS[0]}),
    (BandDisplay.from_band, {"band": BAND, "n_landscapes": 1, "ax": None}),
    (BarcodeDisplay, {"diagrams": list(TABLE[0]), "columns": COLUMNS}),
    (BarcodeDisplay.from_table, {"X": TABLE, "row": 0, "layers": None, "columns": COLUMNS}),
    (
        ComplexityDisplay,
        {"columns": COLUMNS, "complexities": np.ones((4, 2)), "groups": [1, 1, 2, 2]}
        | {"statistic": "l2"},
    ),
    (
        ComplexityDisplay.from_table,
        {"X": TABLE, "columns": COLUMNS, "groups": None, "group_name": None, "statistic": "l2"}
        | {"essential": "drop", "confidence": 0.9, "ax": None},
    ),
    (rtd, TOPOLOGICAL),
    (rtd_lite, TOPOLOGICAL),
    (
        mtop_divergence,
        {**PAIR, "direction": "mean", "n_batches": 2, "batch_sizes": (5, 5), "random_state": 0},
    ),
    (linear_cka, PAIR),
    (procrustes_distance, PAIR),
    (rsa, {**PAIR, "method": "pearson"}),
    (svcca, {**PAIR, "variance": 0.9}),
    (
        layer_divergences,
        {"clouds": {"fc1": CLOUD}, "others": {"fc1": CLOUD}, "measure": "rtd"}
        | {**BATCHES, "measure_params": None},
    ),
    (network_divergences, {"X": [CLOUD, CLOUD], "names": ["a", "b"], "measure": "rtd", **BATCHES}),
    (partial(bottleneck_distance, other=TABLE[1, 0]), {"diagram": TABLE[0, 0]}),
    (
        partial(wasserstein_distance, other=TABLE[1, 0]),
        {"diagram": TABLE[0, 0], "order": 2, "internal_p": 2},
    ),
    (
        diagram_distances,
        {"X": TABLE, "others": TABLE, "names": list("abcd"), "other_names": list("abcd")}
        | {"measure": "bottleneck", "measure_params": None},
    ),
    (
        intrinsic_dimension,
        {"cloud": CLOUD, "estimators": ("mle",), "n_neighbors": 3, "power": 1, "random_state": 0},
    ),
    (DiagramDisplay.from_diagrams, {"diagrams": list(TABLE[0]), "homology_dimensions": (0, 1)}),
    (DiagramDisplay, {"diagrams": list(TABLE[0]), "columns": COLUMNS, "threshold": 0.5}),
    (
        DivergenceDisplay,
        {"values": np.eye(2), "rows": ["a", "b"], "columns": ["a", "b"], "title": "RTD"}
        | {"things": "layer"},
    ),
    (LoadingsDisplay, {"columns": COLUMNS, "nodes": NODES, "coefficients": LEVELS, "label": "c"}),
    (LoadingsDisplay.from_estimator, {"estimator": MODEL, "component": 0, "kind": "auto"}),
    (
        NetworkMapDisplay,
        {"embedding": np.ones((4, 2)), "explained": [0.5, 0.4], "y": [1, 2, 3, 4], "y_name": "a"}
        | {"groups": list("abcd"), "group_name": "b"},
    ),
    (NetworkMapDisplay.from_gram, {"gram": np.eye(4), "y": list("abcd"), "ax": None}),
    (NetworkMapDisplay.from_gram, {"gram": np.eye(4), "groups": list("abcd")}),
    (PermutationTestDisplay, vars(RESULT) | {"columns": ["a"]}),
    (PermutationTestDisplay.from_result, {"result": RESULT, "ax": None}),
    (from_giotto, {"diagrams": np.array([[[0, 1, 0.0]]]), "as_frame": False}),
    (from_gudhi, {"results": [[(0, (0, 1))]], "homology_dimensions": (0, 1), "as_frame": False}),
    (from_persim, {"diagrams": list(TABLE[:, 0]), "homology_dimension": 0, "as_frame": False}),
    (from_ripser, {"results": [list(TABLE[0])], "as_frame": False}),
    (to_giotto, {"X": TABLE, "layer": "fc1", "columns": COLUMNS, "infinity_value": None}),
    (to_gudhi, {"X": TABLE, "layer": "fc1", "columns": COLUMNS}),
    (to_persim, {"X": TABLE, "homology_dimension": 0, "layer": "fc1", "columns": COLUMNS}),
    (to_ripser, {"X": TABLE, "layer": "fc1", "columns": COLUMNS}),
    (make_circle, {"n_samples": 5, **NUMBERS, "random_state": 0}),
    (make_sphere, {"n_samples": 5, "dimension": 2, **NUMBERS, "random_state": 0}),
    (make_torus, {"n_samples": 5, "tube": 1.0, **NUMBERS, "random_state": 0}),
    (make_discs, {"n_samples": 5, "arrangement": "six", "gap": 0.0, "random_state": 0}),
    (make_disc_grid, {"n_per_side": 5, "arrangement": "six"}),
    (make_linked_tori, {"n_samples": 5, "random_state": 0}),
    (make_nested_spheres, {"n_samples": 5, "random_state": 0}),
    (read_idx, {"path": "file"}),
    (
        zoo_table,
        {"folder": Path(__file__).parent, "pattern": "test_w*.py", "unmatched": "raise"}
        | {
            "targets": pd.DataFrame(
                {"a": ["test_walkthroughs", "test_weights", "test_wrong_values"]}
            )
        }
        | {"key": "a", "groups": str},
    ),
]
# What a message calls the thing, where that is not the parameter.
SAID = {
    "X": "table|plain|row",
    "results": "a sequence|pairs|result|network",
    "bands": "band",
    "band": "band",
    "diagrams": "diagram|sequence|array of shape|networks",
    "layers": "layer",
    "clouds": "clouds|layer",
    "others": "others|layer",
    "nodes": "nodes|n_levels",
    "estimator": "estimator must",
    "gram": "gram|Gram",
    "homology_dimension": "homology_dimension|degree",
}
#: Which nonsense makes sense there after all.
SENSE = {
    ("as_frame", "bool"),
    ("diagram", "empty array"),
    ("internal_p", "huge integer"),
    ("random_state", "bool"),
    ("statistic", "bool"),
    ("statistic", "array without axes"),
    ("pvalue", "bool"),
    ("null_distribution", "frame of numbers"),
    ("n_landscapes", "huge integer"),
    ("n_batches", "huge integer"),
    ("batch_size", "huge integer"),
    ("n_samples", "huge integer"),
    ("n_per_side", "huge integer"),
    ("dimension", "huge integer"),
    ("homology_dimension", "huge integer"),
    ("homology_dimensions", "set"),
    ("homology_dimensions", "bytes"),
    ("columns", "frame of numbers"),
    ("rows", "frame of numbers"),
    ("groups", "class"),
}


#: Words of Python's own errors, which say nothing to users.
RIDDLES = ("no len()", "unsized", "not supported between", "is ambiguous", "not iterable")


@pytest.mark.parametrize("nonsense", NONSENSE)
@pytest.mark.parametrize(
    ("call", "good"), CALLS, ids=[getattr(call, "__qualname__", "") for call, _ in CALLS]
)
def test_errors_name_the_parameter(call, good, nonsense):
    for parameter in good:
        if (parameter, nonsense) not in SENSE:
            said = SAID.get(parameter, parameter)
            with pytest.raises((TypeError, ValueError, IndexError), match=said) as caught:
                call(**{**good, parameter: NONSENSE[nonsense]})
            assert not any(riddle in str(caught.value) for riddle in RIDDLES)


@pytest.mark.parametrize(
    ("call", "good"), CALLS, ids=[getattr(call, "__qualname__", "") for call, _ in CALLS]
)
def test_the_good_values_are_good(call, good):
    if call is not read_idx:
        call(**good)
