"""All layers by all layers, all networks by all networks, and the picture of it."""

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.cluster import DBSCAN, AgglomerativeClustering
from sklearn.manifold import MDS
from sklearn.neighbors import KNeighborsClassifier

from skactland import extract_activations
from skactland._checks import Classes
from skactland.comparison import _pairs as pairs
from skactland.comparison import (
    layer_divergences,
    linear_cka,
    network_divergences,
    procrustes_distance,
    rsa,
    rtd,
    rtd_lite,
    svcca,
)
from skactland.displays import DivergenceDisplay
from skactland.metrics import distance_matrix

#: Measures, and the divergence of two clouds by each.
OF_TWO = {
    "cka": lambda x, y: 1 - linear_cka(x, y),
    "procrustes": procrustes_distance,
    "rsa": lambda x, y: 1 - rsa(x, y),
    "rtd": rtd,
    "rtd_lite": rtd_lite,
    "svcca": lambda x, y: 1 - svcca(x, y),
}


def layers(seed=0, n=30, names=("fc1", "fc2", "fc3")):
    rng = np.random.default_rng(seed)
    return {name: rng.normal(size=(n, 2 + i)) for i, name in enumerate(names)}


def table(n_networks=5, n=30):
    rows = [layers(seed, n) for seed in range(n_networks)]
    cells = np.empty((n_networks, 3), object)
    for i, row in enumerate(rows):
        for j, cloud in enumerate(row.values()):
            cells[i, j] = cloud
    return pd.DataFrame(cells, columns=list(rows[0]), index=[f"run {i}" for i in range(n_networks)])


@pytest.mark.parametrize("measure", OF_TWO)
def test_each_pair_is_that_of_its_clouds(measure):
    one, two = layers(0), layers(1, names=("a", "b"))
    found = layer_divergences(one, two, measure=measure)
    assert (found.rows, found.columns) == (["fc1", "fc2", "fc3"], ["a", "b"])
    expected = [[OF_TWO[measure](x, y) for y in two.values()] for x in one.values()]
    assert_allclose(found.values, expected, rtol=1e-12)
    among = layer_divergences(one, measure=measure)
    expected = [[OF_TWO[measure](x, y) for y in one.values()] for x in one.values()]
    assert_allclose(among.values, expected, rtol=1e-12, atol=1e-12)
    assert_array_equal(among.values, among.values.T)
    assert not np.diagonal(among.values).any()
    frame = among.to_frame()
    assert frame.index.tolist() == frame.columns.tolist() == list(one)
    assert_array_equal(frame, among.values)


@pytest.mark.parametrize("measure", ["rtd", "rtd_lite"])
def test_directions_go_from_rows_to_columns(measure):
    one = layers()
    forward = {"direction": "forward"}
    found = layer_divergences(one, measure=measure, measure_params=forward).values
    expected = [[OF_TWO[measure](x, y, **forward) for y in one.values()] for x in one.values()]
    assert_allclose(found, expected)
    assert abs(found - found.T).max() > 0.1


def test_parameters_of_the_measure_and_batches():
    one = layers(n=60)
    options = {"n_batches": 3, "batch_size": 20, "random_state": 4}
    params = {"metric": "cityblock", "quantile": 0.5}
    found = layer_divergences(one, measure_params=params, **options)
    expected = rtd(one["fc1"], one["fc3"], **params, **options)
    assert_allclose(found.values[0, 2], expected)


def test_networks_by_layer():
    X = table()
    found = network_divergences(X)
    assert list(found) == ["fc1", "fc2", "fc3"]
    for name, divergences in found.items():
        assert divergences.rows == divergences.columns == [f"run {i}" for i in range(5)]
        assert_allclose(divergences.values[1, 3], rtd(X[name].iloc[1], X[name].iloc[3]))
        assert_array_equal(divergences.values, divergences.values.T)
    plain = network_divergences(X.to_numpy())
    assert list(plain) == ["x0", "x1", "x2"]
    assert plain["x0"].rows == list("01234")
    assert network_divergences(X, names=list("abcde"))["fc1"].rows == list("abcde")


@pytest.mark.parametrize(
    "index", [["a"] * 5, [1, "1", 2, 3, 4], [None, np.nan, "a", "b", "c"], [np.nan, 1, 2, 3, 4]]
)
def test_an_index_that_names_no_networks_is_told(index):
    X = table().set_axis(pd.Index(index, dtype=object))
    options = {"measure": "rtd_lite"}
    with pytest.warns(UserWarning, match=r"called by their positions; give names, .* the index"):
        assert network_divergences(X, **options)["fc1"].rows == list("01234")
    assert network_divergences(X, names=list("abcde"), **options)["fc1"].rows == list("abcde")


def test_parts_of_an_index_are_joined():
    X = table().set_axis(pd.MultiIndex.from_product([["a"], range(5)]))
    rows = network_divergences(X, measure="rtd_lite")["fc1"].rows
    assert rows == [f"a__{i}" for i in range(5)]


@pytest.mark.parametrize(
    "labels", [range(40), [f"input {i}" for i in range(40)], [0, 0, *range(38)]]
)
def test_inputs_in_another_order_are_refused(labels):
    """Where both clouds are data frames that say so; other labels say nothing."""
    frame = pd.DataFrame(layers(n=40)["fc1"], index=labels)
    mixed = frame.sample(frac=1, random_state=0)
    assert rtd_lite(frame, frame.to_numpy()) == rtd_lite(frame, frame.reset_index(drop=True)) == 0
    assert rtd_lite(frame, frame.set_axis(range(50, 90))) == 0
    message = "have the same index in another order"
    for measure in OF_TWO.values():
        with pytest.raises(ValueError, match=f"the cloud and the other cloud {message}"):
            measure(frame, mixed)
    with pytest.raises(ValueError, match=f"layer 'a' and layer 'b' of the others {message}"):
        layer_divergences({"a": frame}, {"b": mixed})
    cells = pd.DataFrame({"fc1": [frame, frame + 1, mixed]})
    with pytest.raises(ValueError, match=f"row 0, column 'fc1' and row 2, column 'fc1' {message}"):
        network_divergences(cells)


@pytest.mark.parametrize("size", [1, 2])
def test_batches_in_which_all_shapes_are_alike_are_refused(size):
    one = layers(n=40)
    for measure in (rtd, rtd_lite):
        with pytest.raises(ValueError, match=f"batch_size is {size}, and this comparison needs 3"):
            measure(one["fc1"], one["fc2"], batch_size=size)
        assert measure(one["fc1"][:size], one["fc2"][:size], batch_size=size) == 0
    with pytest.raises(ValueError, match="needs 3"):
        layer_divergences(one, batch_size=size)


@pytest.mark.parametrize("n_jobs", [1, 2])
def test_jobs_and_cache_do_not_matter(n_jobs, tmp_path, monkeypatch):
    one, two = layers(n=40), layers(1, n=40)
    options = {"n_batches": 2, "batch_size": 25, "random_state": 0}
    expected = layer_divergences(one, two, **options).values
    options |= {"n_jobs": n_jobs, "memory": tmp_path}
    assert_array_equal(layer_divergences(one, two, **options).values, expected)
    # From the cache, but for the layer that is new.
    computed = []
    compare = pairs._compare

    def seen(pair, *arguments):
        computed.append(pair)
        return compare(pair, *arguments)

    monkeypatch.setattr(pairs, "_compare", seen)
    assert_array_equal(layer_divergences(one, two, **options).values, expected)
    assert computed == []
    layer_divergences(one, {**two, "new": two["fc1"][::-1]}, **options)
    assert len(computed) == 6
    assert all(other == "layer 'new' of the others" for _, other in computed)
    layer_divergences(one, two, measure_params={"quantile": 0.5}, **options)
    assert len(computed) == 6 + 18


def test_as_distances_for_scikit_learn():
    """Three networks that are the same but for noise and rotation, and three others."""
    rng = np.random.default_rng(0)
    circle, line = rng.normal(size=(40, 2)), np.linspace(0, 3, 40)[:, None] ** [1, 2]
    circle /= np.linalg.norm(circle, axis=1, keepdims=True)
    kinds = [circle] * 3 + [line] * 3
    clouds = [cloud + 0.01 * rng.normal(size=cloud.shape) for cloud in kinds]
    expected = np.repeat([0, 1], 3)
    for measure in OF_TWO:
        values = network_divergences(clouds, measure=measure)["x0"].values
        model = AgglomerativeClustering(2, metric="precomputed", linkage="average")
        assert len(set(zip(model.fit_predict(values), expected, strict=True))) == 2, measure
    radius = values[:3, :3].max() * 1.01
    assert DBSCAN(eps=radius, min_samples=2, metric="precomputed").fit(values).labels_[0] == 0
    nearest = KNeighborsClassifier(2, metric="precomputed").fit(values, expected)
    assert nearest.score(values, expected) == 1
    model = MDS(2, metric="precomputed", n_init=1, init="random", random_state=0)
    places = model.fit_transform(values)
    middles = places[:3].mean(axis=0), places[3:].mean(axis=0)
    spread = max(np.linalg.norm(places[:3] - middles[0], axis=1))
    assert np.linalg.norm(middles[0] - middles[1]) > 2 * spread


def test_of_networks(make_network, probe):
    clouds = extract_activations(make_network(), probe, include_classes=True, layers="fc*")
    found = layer_divergences(clouds)
    assert found.rows == [name for name in clouds if name != "classes"]
    again = layer_divergences(clouds, extract_activations(make_network(), probe, layers="fc*"))
    assert_allclose(np.diagonal(again.values), 0, atol=1e-12)
    frame = pd.DataFrame({"fc1": [clouds["fc1"]], "classes": [clouds["classes"]]})
    assert layer_divergences(frame).rows == ["fc1"]
    assert list(network_divergences(frame)) == ["fc1"]


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_rounding_of_dead_units_is_no_shape(dtype):
    """A layer of one answer, whose rows differ in the last digits by the batches they ran in."""
    one = layers(n=60)["fc3"]
    constant = np.tile(np.random.default_rng(0).normal(size=8).astype(dtype), (60, 1))
    rounded = constant.copy()
    for j in range(8):
        rounded[: 7 * j + 3, j] = np.nextafter(rounded[: 7 * j + 3, j], dtype(9))
    for measure in (rtd, rtd_lite):
        assert measure(one, rounded) == measure(one, constant)
        matrix = distance_matrix(rounded)  # of which nothing is known
        assert measure(distance_matrix(one), matrix, metric="precomputed") != measure(one, constant)
    for measure, message in (
        (linear_cka, "differ by rounding alone"),
        (procrustes_distance, "differ by rounding alone"),
        (svcca, "differ by rounding alone"),
        (rsa, "equal, but for rounding"),
    ):
        with pytest.raises(ValueError, match=f"the other cloud: .*{message}"):
            measure(one, rounded)
    # Small units beside a large one are shape.
    beside = np.column_stack([np.full(60, dtype(1e9)), one.astype(dtype)])
    assert_allclose(rtd(one, beside), 0, atol=1e-3)


# What is refused


def test_clouds_of_other_inputs_are_named():
    one = layers()
    with pytest.raises(
        ValueError, match=r"layer 'fc1' has 30 points and layer 'fc3' has 29; row i"
    ):
        layer_divergences({**one, "fc3": one["fc3"][1:]})
    with pytest.raises(ValueError, match=r"layer 'fc1' has 30 .* 'a' of the others has 3"):
        layer_divergences(one, {"a": np.eye(3)})
    X = table()
    X.iloc[2, 1] = np.eye(7)
    with pytest.raises(
        ValueError, match=r"row 0, column 'fc2' has 30 .* row 2, column 'fc2' has 7"
    ):
        network_divergences(X)
    with pytest.raises(ValueError, match="layer 'fc2': its points are all equal"):
        layer_divergences({**one, "fc2": np.ones((30, 2))}, measure="cka")
    with pytest.raises(
        ValueError, match=r"clouds: Column 'labels' holds one value a point.*classes"
    ):
        layer_divergences({**one, "labels": list("ab") * 15})
    with pytest.raises(ValueError, match="layer 'fc2': 1 of 60 coordinates are NaN"):
        layer_divergences({**one, "fc2": np.where(np.arange(60).reshape(30, 2) == 3, np.nan, 1)})


def test_what_is_no_row_of_layers():
    with pytest.raises(ValueError, match=r"clouds: the table has 5 rows.*network_divergences"):
        layer_divergences(table())
    with pytest.raises(ValueError, match="others: the dict is empty"):
        layer_divergences(layers(), {})
    with pytest.raises(ValueError, match="no column of clouds, only of predicted classes"):
        layer_divergences({"classes": Classes.of(np.arange(30))})
    with pytest.raises(ValueError, match="names has 2 names, and the table 5 networks"):
        network_divergences(table(), names=["a", "b"])


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"measure": "mtop"}, "measure must be one of"),
        ({"measure": rtd}, "measure must be one of"),
        ({"measure_params": 3}, "measure_params must be a dict"),
        ({"measure_params": {"metrik": 1}}, "the measure 'rtd' takes direction, quantile"),
        ({"measure": "cka", "measure_params": {1: 1}}, "takes nothing in measure_params, got 1"),
        ({"measure_params": {"quantile": 7}}, "quantile must be"),
        ({"n_batches": 0}, "n_batches must be at least 1"),
        ({"batch_size": "all"}, "batch_size must be an integer"),
        ({"random_state": -1}, "random_state must be"),
        ({"n_jobs": 0}, "n_jobs must not be 0"),
        ({"memory": 3}, "memory must be None, a path"),
    ],
)
def test_wrong_values(wrong, message):
    with pytest.raises((TypeError, ValueError), match=message):
        layer_divergences(layers(), **wrong)
    with pytest.raises((TypeError, ValueError), match=message):
        network_divergences(table(), **wrong)


# The picture


@pytest.mark.usefixtures("no_screen")
def test_the_picture_shows_the_matrix_in_its_order():
    found = layer_divergences(layers())
    display = found.plot()
    assert isinstance(display, DivergenceDisplay)
    (mesh,) = display.axes_[0, 0].collections
    assert_array_equal(mesh.get_array(), found.values)
    ax = display.axes_[0, 0]
    assert [t.get_text() for t in ax.get_xticklabels()] == found.columns
    assert [t.get_text() for t in ax.get_yticklabels()] == found.rows
    assert ax.get_ylim() == (3, 0)  # the first on top
    (bar,) = [each for each in display.figure_.axes if each is not ax]
    assert bar.get_ylabel() == "RTD"
    ax = network_divergences(table(2))["fc1"].plot().axes_[0, 0]
    assert ax.get_xlabel() == "network"


@pytest.mark.usefixtures("no_screen")
def test_infinite_divergences_are_drawn_and_negative_ones_refused():
    values = np.array([[0.0, np.inf, 3.0], [np.inf, 0.0, 1.0], [3.0, 1.0, 0.0]])
    ax = DivergenceDisplay(values, ["a", "b", "c"]).plot().axes_[0, 0]
    (mesh,) = ax.collections
    assert_array_equal(np.ma.getmaskarray(mesh.get_array()), np.isinf(values))
    assert mesh.get_clim() == (0, 3)
    signs = {text.get_position() for text in ax.texts if text.get_text() == r"$\infty$"}
    assert signs == {(1, 0.5), (0, 1.5)}
    for nothing in (np.inf, 0.0):
        (mesh,) = DivergenceDisplay([[nothing]], ["a"]).plot().axes_[0, 0].collections
        assert mesh.get_clim() == (0, 1)
    with pytest.raises(ValueError, match=r"values must not be negative, got -1: .*1 - values"):
        DivergenceDisplay(-values[2:, 1:2], ["a"])
