"""The column of predicted classes: where it comes from, and what every stage does with it."""

import copy
import inspect
import pickle

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
import torch
from numpy.testing import assert_array_equal
from torch import nn

import skactland
from skactland import (
    LabelledBars,
    LayerActivationExtractor,
    PointSampler,
    RipsPersistence,
    SnapshotRecorder,
    adapters,
    comparison,
    displays,
    extract_activations,
    inference,
    labelled_bars,
    labelled_merges,
    metrics,
    rips_persistence,
)
from skactland._checks import Classes

pytestmark = [
    pytest.mark.usefixtures("no_screen"),
    # Networks that were not trained say one class of all inputs now and then.
    pytest.mark.filterwarnings("ignore:.*of one class alone"),
]


@pytest.fixture
def extractor(probe):
    return LayerActivationExtractor(
        probe, layers="fc*", include_input=True, include_classes=True
    ).set_output(transform="pandas")


@pytest.fixture
def table(extractor, networks):
    return extractor.fit_transform(networks)


def predictions(network, probe):
    with torch.no_grad():
        return network(torch.as_tensor(probe, dtype=torch.float32)).argmax(1).numpy()


# ---- where it comes from


@pytest.mark.parametrize("output", ["default", "pandas", "polars"])
@pytest.mark.parametrize("batch_size", [256, 7])
def test_classes_are_those_of_the_largest_logit(extractor, networks, probe, output, batch_size):
    extractor.set_params(batch_size=batch_size).set_output(transform=output)
    found = extractor.fit_transform(networks)
    assert extractor.get_feature_names_out()[-1] == "classes"
    for row, network in zip(np.asarray(found), networks, strict=True):
        classes = row[-1]
        assert isinstance(classes, Classes)
        assert classes.dtype == np.int64
        assert_array_equal(classes, predictions(network, probe))


def test_they_come_last_beside_other_ends(make_network, probe):
    names = [f"include_{end}" for end in ("classes", "input", "softmax", "logits")]
    clouds = extract_activations(make_network(), probe, layers="fc1", **dict.fromkeys(names, True))
    assert list(clouds) == ["input", "fc1", "logits", "softmax", "classes"]


@pytest.mark.parametrize("shape", [(-1, 1), (-1,)])
def test_one_logit_is_told_by_its_sign(shape):
    class Binary(nn.Module):
        def __init__(self):
            super().__init__()
            self.fc = nn.Linear(3, 3)

        def forward(self, x):
            return self.fc(x)[:, 0].reshape(shape)

    torch.manual_seed(0)
    network, x = Binary(), torch.randn(40, 3)
    clouds = extract_activations(network, x, include_logits=True, include_classes=True)
    assert_array_equal(clouds["classes"], (clouds["logits"][:, 0] > 0).astype(int))
    assert set(clouds["classes"]) == {0, 1}


def scores_of(values):
    """A network whose logits are given, one row for each input."""

    class Given(nn.Module):
        def __init__(self):
            super().__init__()
            self.fc = nn.Linear(1, 1)

        def forward(self, x):
            return torch.tensor(values, dtype=torch.float32)[x[:, 0].long()] + 0 * self.fc(x)

    return Given(), torch.arange(len(values))[:, None].float()


def test_ties_go_to_the_first_class():
    scores = [
        [1.0, 1.0, 0.0],
        [0.0, 2.0, 2.0],
        [0.0, 0.0, 0.0],
        [-1.0, -2.0, -1.0],
        [0.0, 0.0, 1.0],
    ]
    classes = extract_activations(*scores_of(scores), include_classes=True)["classes"]
    assert classes.tolist() == [0, 1, 0, 0, 2]


def test_part_of_an_output_is_chosen_as_for_logits():
    class Two(nn.Module):
        def __init__(self):
            super().__init__()
            self.a, self.b = nn.Linear(3, 4), nn.Linear(3, 5)

        def forward(self, x):
            return {"policy": self.a(x), "value": self.b(x)}

    torch.manual_seed(0)
    network, x = Two(), torch.randn(20, 3)
    with pytest.raises(ValueError, match=r"column 'classes': .* choose one with `output`"):
        extract_activations(network, x, include_classes=True)
    clouds = extract_activations(network, x, include_classes=True, output="policy")
    assert_array_equal(clouds["classes"], clouds["a"].argmax(axis=1))


@pytest.mark.parametrize(
    ("end", "came"),
    [
        (nn.Unflatten(1, (2, 3)), r"torch.float32 of shape \(4, 2, 3\)"),
        (nn.Flatten(0), r"shape \(24, 1\)|counts"),
    ],
)
def test_networks_without_a_row_of_scores_are_refused(end, came):
    network = nn.Sequential(nn.Linear(3, 6), end)
    with pytest.raises(ValueError, match=f"column 'classes'.*({came})"):
        extract_activations(network, torch.randn(9, 3), layers="0", include_classes=True)
    extractor = LayerActivationExtractor(torch.randn(9, 3), layers="0", include_classes=True)
    (problem,) = extractor.problems([nn.Sequential(nn.Linear(3, 6)), network])
    assert problem.row == 1


def test_what_is_no_number_is_refused():
    network = nn.Linear(3, 2)
    nn.init.constant_(network.bias, float("nan"))
    with pytest.raises(ValueError, match=r"NaN or infinite"):
        extract_activations(nn.Sequential(network), torch.randn(9, 3), include_classes=True)


def test_a_layer_of_that_name_is_refused_with_the_remedy():
    network = nn.Sequential()
    network.add_module("classes", nn.Linear(3, 2))
    x = torch.randn(9, 3)
    with pytest.raises(
        ValueError, match="layer called 'classes' itself; use include_classes=False"
    ):
        extract_activations(network, x, include_classes=True)
    assert not isinstance(extract_activations(network, x)["classes"], Classes)


def test_nonsense_is_refused(probe, networks):
    with pytest.raises(TypeError, match="include_classes must be True or False"):
        LayerActivationExtractor(probe, include_classes="yes").fit(networks)


def test_of_the_points_that_are_used(make_network, probe):
    network = make_network()
    options = {"include_classes": True, "layers": "logits", "random_state": 0}
    clouds = extract_activations(network, probe, max_points=11, **options)
    assert_array_equal(clouds["classes"], clouds["logits"].argmax(axis=1))
    labels = np.arange(30) % 3
    clouds = extract_activations(network, probe, probe_labels=labels, by_class=True, **options)
    assert list(clouds) == [f"{n}__class{c}" for n in ("logits", "classes") for c in range(3)]
    for c in range(3):
        assert_array_equal(clouds[f"classes__class{c}"], clouds[f"logits__class{c}"].argmax(axis=1))
        assert isinstance(clouds[f"classes__class{c}"], Classes)


def test_kept_by_caches_files_copies_and_recorders(extractor, networks, probe, tmp_path):
    expected = [predictions(network, probe) for network in networks]
    extractor.set_params(memory=tmp_path / "cache", spill=tmp_path / "spilled")
    for _ in range(2):
        found = extractor.fit_transform(networks)["classes"]
        for cell, classes in zip(found, expected, strict=True):
            assert isinstance(cell, Classes)
            assert_array_equal(cell, classes)
    for again in (copy.deepcopy(found[0]), pickle.loads(pickle.dumps(found[0])), found[0][:5]):
        assert isinstance(again, Classes)
    recorder = SnapshotRecorder(extractor)
    for epoch, network in enumerate(networks[:3]):
        recorder.record(network, epoch)
    for cell, classes in zip(recorder.table()["classes"], expected, strict=False):
        assert isinstance(cell, Classes)
        assert_array_equal(cell, classes)


def test_without_the_column_the_cache_misses(extractor, networks, tmp_path):
    extractor.set_params(memory=tmp_path)
    extractor.fit_transform(networks)
    assert "classes" not in extractor.set_params(include_classes=False).fit_transform(networks)


# ---- what every stage does with it


#: What stands on clouds, and an instance that takes the column by its rule.
ON_CLOUDS = {
    "DimensionVectorizer": skactland.DimensionVectorizer(n_neighbors=3),
    "LabelledMergeVectorizer": skactland.LabelledMergeVectorizer(2),
    "NeighbourAgreement": skactland.NeighbourAgreement(3),
    "PointSampler": PointSampler(5, method="random"),
    "RipsPersistence": RipsPersistence(),
}
#: What reads tables of diagrams, and how it is called.
ON_DIAGRAMS = {
    "ComplexityVectorizer": lambda X: skactland.ComplexityVectorizer().fit_transform(X),
    "BettiCurveVectorizer": lambda X: skactland.BettiCurveVectorizer(9).fit_transform(X),
    "PersistenceImageVectorizer": lambda X: skactland.PersistenceImageVectorizer().fit_transform(X),
    "LandscapeKernel": lambda X: skactland.LandscapeKernel().fit_transform(X),
    "LandscapeVectorizer": lambda X: skactland.LandscapeVectorizer(2, 9).fit_transform(X),
    "SilhouetteVectorizer": lambda X: skactland.SilhouetteVectorizer(9).fit_transform(X),
    "confidence_band": lambda X: inference.confidence_band(X, n_resamples=19, rng=0),
    "independence_test": lambda X: inference.independence_test(X, Y, n_resamples=19, rng=0),
    "landscape_distance": skactland.landscape_distance,
    "landscape_gram": skactland.landscape_gram,
    "mean_difference_band": lambda X: inference.mean_difference_band(X, G, n_resamples=19, rng=0),
    "diagram_distances": comparison.diagram_distances,
    "permutation_test": lambda X: inference.permutation_test(X, G, n_resamples=19, rng=0),
    "to_giotto": lambda X: adapters.to_giotto(X, layer="fc1"),
    "to_gudhi": lambda X: adapters.to_gudhi(X, layer="fc1"),
    "to_persim": lambda X: adapters.to_persim(X, 0, layer="fc1"),
    "to_ripser": lambda X: adapters.to_ripser(X, layer="fc1"),
    "trend_test": lambda X: inference.trend_test(X, Y, n_resamples=19, rng=0),
    **{
        name: getattr(displays, name).from_table
        for name in (
            "ActivationLandscapeDisplay",
            "BarcodeDisplay",
            "ComplexityDisplay",
            "DiagramDisplay",
            "NetworkMapDisplay",
            "NetworkReportDisplay",
        )
    },
}
Y, G = np.linspace(0, 1, 10), ["a", "b"] * 5
#: Functions of one cloud or diagram.
OF_ONE = {
    "distance_matrix": metrics.distance_matrix,
    "euclidean_distances": metrics.euclidean_distances,
    "farthest_points": lambda cell: skactland.farthest_points(cell, 3),
    "geodesic_distances": metrics.geodesic_distances,
    "intrinsic_dimension": skactland.intrinsic_dimension,
    "labelled_bars": lambda cell: labelled_bars(cell, np.empty((0, 2), int), []),
    "labelled_merges": lambda cell: labelled_merges(cell, np.zeros(30, int)),
    "landscape_values": lambda cell: skactland.landscape_values(cell, [0.0, 1.0]),
    "dependence_distances": metrics.dependence_distances,
    "local_distances": metrics.local_distances,
    "neighbour_agreement": lambda cell: skactland.neighbour_agreement(cell, np.zeros(30, int)),
    "bar_test": lambda cell: inference.bar_test(cell, n_nulls=9),
    "null_clouds": inference.null_clouds,
    "representative_loops": skactland.representative_loops,
    "rips_persistence": rips_persistence,
    "scaled_distances": metrics.scaled_distances,
    "spanning_trees": skactland.spanning_trees,
    "sphere_distances": metrics.sphere_distances,
    "universal_bar_test": inference.universal_bar_test,
    "PersistenceLandscape": skactland.PersistenceLandscape.from_diagram,
}
#: Functions of two clouds, of which either may be classes by mistake.
OF_TWO = {
    name: getattr(comparison, name)
    for name in ("linear_cka", "mtop_divergence", "procrustes_distance", "rsa", "rtd", "rtd_lite")
} | {"svcca": comparison.svcca}
#: Functions of two diagrams.
OF_TWO_DIAGRAMS = {
    name: getattr(comparison, name) for name in ("bottleneck_distance", "wasserstein_distance")
}
#: What is given neither tables of clouds or diagrams nor a cell of them.
OTHERS = {
    *("LabelledBars", "LayerActivationExtractor", "Probe", "SnapshotRecorder"),
    *("EachNetwork", "extract_activations", "make_activation_landscape", "zoo_table"),
    *("from_giotto", "from_gudhi", "from_persim", "from_ripser"),
    *("LabelledMergeDisplay", "MergeTreeDisplay"),  # these read them: test_labelled_displays.py
    "LoopDisplay",  # reads clouds alone: test_loop_display.py
    *("BandDisplay", "ConfidenceBand", "LoadingsDisplay", "PermutationTestDisplay"),
    *("BarTestResult", "NullTestResult", "PermutationTestResult", "ResamplingResult"),
    "null_test",  # reads clouds, and leaves classes out: test_nulls.py
    *("Divergences", "DivergenceDisplay"),
    *("layer_divergences", "network_divergences"),  # read clouds alone: test_divergences.py
    *("conditional_mutual_information", "granulated_kendall_tau"),
}


def test_walk_over_all_that_is_public():
    public = {
        name
        for room in (skactland, metrics, inference, comparison, adapters, displays)
        for name in room.__all__
    }
    assert public == {*ON_CLOUDS, *ON_DIAGRAMS, *OF_ONE, *OF_TWO, *OF_TWO_DIAGRAMS, *OTHERS}


@pytest.mark.parametrize("name", ON_CLOUDS)
def test_stages_on_clouds(name, table):
    estimator = ON_CLOUDS[name].set_output(transform="pandas")
    assert "classes" in inspect.getdoc(type(estimator))
    found = estimator.fit_transform(table)
    assert found.columns.tolist() == estimator.get_feature_names_out().tolist()
    plain = table.to_numpy()
    again = estimator.set_output(transform="default").fit(plain).transform(plain)
    assert again.shape == found.shape
    # Classes where clouds were in fit are refused by name.
    turned = table.copy()
    turned["fc2"] = turned["classes"]
    with pytest.raises(TypeError, match=r"row 0, column 'fc2': .*got predicted classes.*leave"):
        estimator.fit(table).transform(turned)


def test_persistence_leaves_them_out_or_passes_them_on_beside_simplices(table):
    persistence = RipsPersistence((0,)).set_output(transform="pandas")
    names = persistence.fit_transform(table).columns.tolist()
    assert names == ["input__H0", "fc1__H0", "fc2__H0"]
    persistence.set_params(return_simplices=True)
    found = persistence.fit_transform(table)
    assert found.columns[-2:].tolist() == ["fc2__H0__simplices", "classes"]
    assert all(a is b for a, b in zip(found["classes"], table["classes"], strict=True))
    persistence.set_params(homology_dimensions=(0, 1), return_simplices=False, return_cycles=True)
    found = persistence.fit_transform(table)
    assert found.columns[-4:].tolist() == ["fc2__H0", "fc2__H1", "fc2__H1__cycles", "classes"]
    moved = table[["classes", "input", "fc1", "fc2"]]
    assert persistence.fit_transform(moved).columns.tolist() == found.columns.tolist()


def test_landmarks_refuse_them(table):
    with pytest.raises(
        ValueError, match=r"Column 'classes' .* use method=\"random\", or max_points"
    ):
        PointSampler(5).fit(table)
    sampler = PointSampler(5, method="random").fit(table)
    assert sampler.covering_radii(table).shape == (10, 3)
    with pytest.raises(ValueError, match="Column 'classes' holds predicted classes"):
        sampler.set_params(method="farthest").transform(table)


def test_small_clouds_pass_whole(table):
    found = PointSampler(30, method="random").set_output(transform="pandas").fit_transform(table)
    for before, after in zip(table["classes"], found["classes"], strict=True):
        assert_array_equal(before, after)
        assert isinstance(after, Classes)


@pytest.fixture
def diagrams(table):
    persistence = RipsPersistence((0, 1), return_simplices=True).set_output(transform="pandas")
    return persistence.fit_transform(table[["fc1", "fc2", "classes"]])


def numbers(result):
    """The arrays of whatever a reader of diagrams returns."""
    if isinstance(result, np.ndarray) and result.dtype == object and result.ndim:
        return numbers(result.ravel().tolist())
    if isinstance(result, (np.ndarray, float, np.floating)):
        return [np.asarray(result)]
    if isinstance(result, (list, tuple)):
        return [n for part in result for n in numbers(part)]
    if isinstance(result, dict):
        return numbers(list(result.values()))
    if not hasattr(result, "__dict__"):
        return [np.asarray(result, dtype=object)]
    # What displays keep of matplotlib, axes_ and figure_, is drawn anew each time.
    return numbers([v for name, v in sorted(vars(result).items()) if not name.endswith("_")])


@pytest.mark.parametrize("name", ON_DIAGRAMS)
def test_readers_of_diagrams_leave_them_out(name, diagrams):
    read = ON_DIAGRAMS[name]
    kept = [column for column in diagrams if "simplices" not in column and column != "classes"]
    expected, found = numbers(read(diagrams[kept])), numbers(read(diagrams))
    plt.close("all")
    assert len(found) == len(expected) > 0
    for a, b in zip(found, expected, strict=True):
        assert_array_equal(np.asarray(a, object), np.asarray(b, object))
    with pytest.raises(ValueError, match="no column of diagrams, only of simplices or classes"):
        read(diagrams[["classes"]])


@pytest.mark.parametrize("name", OF_ONE)
def test_functions_of_one_cell_refuse_them(name):
    with pytest.raises(
        TypeError, match=r"got predicted classes, one a point.*leave that column out"
    ):
        OF_ONE[name](Classes.of(np.arange(30) % 3))


@pytest.mark.parametrize("name", OF_TWO)
def test_functions_of_two_clouds_refuse_them(name):
    cloud, classes = np.eye(30), Classes.of(np.arange(30) % 3)
    for pair in ((cloud, classes), (classes, cloud)):
        with pytest.raises(
            TypeError, match=r"cloud: .*got predicted classes.*leave that column out"
        ):
            OF_TWO[name](*pair)


@pytest.mark.parametrize("name", OF_TWO_DIAGRAMS)
def test_functions_of_two_diagrams_refuse_them(name):
    diagram, classes = np.array([[0.0, 1.0]]), Classes.of(np.arange(30) % 3)
    for pair in ((diagram, classes), (classes, diagram)):
        with pytest.raises(TypeError, match=r"diagram: .*got predicted classes.*leave that column"):
            OF_TWO_DIAGRAMS[name](*pair)


# ---- bars within and between


@pytest.mark.parametrize("output", ["default", "pandas", "polars"])
def test_bars_of_every_layer(table, output):
    persistence = RipsPersistence((0,), return_simplices=True).set_output(transform="pandas")
    whole = persistence.fit_transform(table)
    bars = LabelledBars().set_output(transform=output)
    found = np.asarray(bars.fit_transform(whole))
    assert bars.get_feature_names_out().tolist() == [
        f"{layer}__{kind}__H0"
        for layer in ("input", "fc1", "fc2")
        for kind in ("within", "between")
    ]
    for i, j in np.ndindex(10, 3):
        within, between = found[i, 2 * j : 2 * j + 2]
        both = np.sort(np.concatenate([within, between])[:, 1])
        assert_array_equal(both, whole.iloc[i, 2 * j][:, 1])
        share = labelled_merges(table.iloc[i, j], table.loc[i, "classes"])["share_between"]
        assert len(between) / 29 == pytest.approx(share)
        assert np.isinf(within[:, 1]).sum() == 1


def test_bars_are_told_by_their_edges():
    bars = [[0.0, 1.0], [0.0, 2.0], [0.0, 3.0], [0.0, np.inf], [0.0, np.inf]]
    edges = np.array([[0, 1], [1, 2], [0, 3], [-1, -1], [-1, -1]])
    within, between = labelled_bars(bars, edges, ["a", "a", "b", "b"])
    assert within.tolist() == [bars[0], bars[3], bars[4]]
    assert between.tolist() == [bars[1], bars[2]]
    within, between = labelled_bars(np.empty((0, 2)), np.empty((0, 2), int), [])
    assert within.shape == between.shape == (0, 2)


def test_given_classes(table):
    persistence = RipsPersistence((0,), return_simplices=True).set_output(transform="pandas")
    whole = persistence.fit_transform(table)
    truth = np.arange(30) % 2
    found = LabelledBars(classes=truth).fit_transform(whole)
    for i, j in np.ndindex(10, 3):
        expected = labelled_bars(*whole.iloc[i, 2 * j : 2 * j + 2], truth)
        for part, of_bars in zip(found[i, 2 * j : 2 * j + 2], expected, strict=True):
            assert_array_equal(part, of_bars)


def test_names_without_a_layer():
    (bars,), (edges,) = rips_persistence([[0], [1], [3]], (0,), return_simplices=True)
    row = pd.DataFrame([[bars, edges]], columns=["H0", "H0__simplices"])
    found = LabelledBars(classes=[0, 0, 1]).fit(row).get_feature_names_out()
    assert found.tolist() == ["within__H0", "between__H0"]


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        (["fc1__H0", "fc1__H0__simplices"], "has no classes of its points.*include_classes=True"),
        (["fc1__H0", "classes"], "no column of simplices next to it"),
        (["fc1__H0"], "no column of simplices next to it"),
        (["fc1__H1", "fc1__H1__simplices", "classes"], "is of degree 1, and edges end bars of deg"),
        (["classes"], "no column of diagrams"),
    ],
)
def test_tables_that_cannot_be_parted(diagrams, columns, message):
    with pytest.raises(ValueError, match=message):
        LabelledBars().fit(diagrams[columns])


@pytest.mark.parametrize(
    ("edges", "classes", "message"),
    [
        ([[0, 1]], [0, 1], r"expected the edges of 2 bars.*got int64 of shape \(1, 2\)"),
        ([[0.0, 1.0], [1.0, 2.0]], [0, 1, 1], "got float64"),
        ([[0, 1], [1, 2]], [0, 1], "there are 2 classes, and bars end at point 2"),
        ([[0, 1], [1, 2]], [0, 1, None], "got None"),
    ],
)
def test_bars_that_cannot_be_parted(edges, classes, message):
    with pytest.raises(ValueError, match=message):
        labelled_bars([[0, 1], [0, 2]], edges, classes)


class Named(nn.Module):
    """Its hidden layer is called as the column of classes is."""

    def __init__(self, n_units):
        super().__init__()
        self.classes, self.out = nn.Linear(3, n_units), nn.Linear(n_units, 2)

    def forward(self, x):
        return self.out(self.classes(x))


@pytest.mark.parametrize("n_units", [1, 4])
def test_a_layer_that_is_called_classes_is_a_layer(n_units):
    torch.manual_seed(0)
    network, x = Named(n_units), torch.randn(20, 3)
    found = extract_activations(network, x)["classes"]
    np.testing.assert_array_equal(found, network.classes(x).detach())
    with pytest.raises(ValueError, match="a layer called 'classes'"):
        extract_activations(network, x, include_classes=True)


@pytest.mark.parametrize(
    "compute", [lambda c: (c[:, None] == np.arange(3)) * 1.0, lambda c: c.reshape(-1, 1) * 0.5]
)
def test_what_is_computed_from_classes_is_a_cloud(compute):
    cells = np.empty((2, 1), object)
    for i in range(2):
        cells[i, 0] = compute(Classes.of(np.arange(30) % 3))
    table = RipsPersistence((0,)).fit_transform(cells)
    assert table.shape == (2, 1)


def test_one_output_that_is_a_probability_is_warned_of():
    torch.manual_seed(0)
    network, x = nn.Sequential(nn.Linear(3, 1), nn.Sigmoid()), torch.randn(20, 3)
    with pytest.warns(UserWarning, match=r"lies within \[0, 1\] for all inputs"):
        extract_activations(network, x, include_classes=True)
    found = extract_activations(
        network,
        x,
        include_classes=True,
        layers="0",
        output=lambda y: y.logit() if y.min() >= 0 else y,
    )
    np.testing.assert_array_equal(found["classes"], network[0](x)[:, 0].detach() > 0)
