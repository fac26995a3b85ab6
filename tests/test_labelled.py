"""Labelled merge trees and neighbours: held against definitions, point by point."""

import pickle

import numpy as np
import pandas as pd
import polars as pl
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal
from oracles import merge_numbers
from sklearn.base import clone
from sklearn.compose import make_column_selector, make_column_transformer
from sklearn.linear_model import Ridge
from sklearn.model_selection import cross_val_predict
from sklearn.pipeline import make_pipeline, make_union
from sklearn.preprocessing import MinMaxScaler
from torch import nn

from skactland import (
    LabelledMergeVectorizer,
    LandscapeVectorizer,
    LayerActivationExtractor,
    NeighbourAgreement,
    PointSampler,
    RipsPersistence,
    labelled_merges,
    neighbour_agreement,
    spanning_trees,
)
from skactland.metrics import distance_matrix
from skactland.vectors._merges import MERGE_STATISTICS

rng = np.random.default_rng
#: Points with ties, with duplicates, and with neither; and classes that may be one alone.
labelled = st.builds(
    lambda seed, n, kind, k: (
        rng(seed).normal(size=(n, 2)) if kind == "none" else rng(seed).integers(0, kind, (n, 2)),
        rng(seed + 1).integers(0, k, n),
    ),
    st.integers(0, 10**6),
    st.integers(2, 11),
    st.sampled_from(["none", 2, 4, 100]),
    st.integers(1, 4),
)
one_class = pytest.mark.filterwarnings("ignore:.*of one class alone")


def as_dict(values):
    return dict(zip(MERGE_STATISTICS, values, strict=True))


@one_class
@given(labelled)
def test_numbers_are_as_they_are_defined(case):
    cloud, classes = case
    (edges,), (lengths,) = spanning_trees(cloud)
    expected = merge_numbers(len(cloud), edges.tolist(), lengths.tolist(), classes.tolist())
    found = labelled_merges(cloud, classes)
    assert list(found) == list(expected)
    for name, number in found.items():
        assert_allclose(number, expected[name], rtol=1e-12, atol=1e-12, err_msg=name)


@given(st.integers(0, 10**6), st.integers(2, 4))
def test_numbers_of_several_trees_are_means(seed, n_trees):
    cloud, classes = rng(seed).normal(size=(14, 3)), np.arange(14) % 3
    edges, lengths = spanning_trees(cloud, n_trees)
    each = [
        merge_numbers(14, tree.tolist(), of_tree.tolist(), classes.tolist())
        for tree, of_tree in zip(edges, lengths, strict=True)
    ]
    for name, number in labelled_merges(cloud, classes, n_trees).items():
        expected = np.mean([of_tree[name] for of_tree in each])
        assert_allclose(number, expected, rtol=1e-12, atol=1e-12, err_msg=name)


def of_points(cloud):
    """Classes that duplicates share, as a network's are that is shown them."""
    return (np.asarray(cloud) @ [3, 5] % 3).astype(int)


@one_class
@given(labelled, st.randoms(use_true_random=False), st.integers(1, 2))
def test_order_of_points_does_not_matter(case, random, n_trees):
    cloud = case[0]
    order = random.sample(range(len(cloud)), len(cloud))
    classes = of_points(cloud)

    def numbers(rows):
        try:
            return list(labelled_merges(cloud[rows], classes[rows], n_trees).values())
        except ValueError:  # so many trees are not there
            return []

    assert_allclose(numbers(order), numbers(slice(None)), rtol=1e-12, atol=1e-12)


@given(labelled, st.integers(-300, 300))
@one_class
def test_unit_of_length_does_not_matter(case, shift):
    cloud, classes = case
    expected = labelled_merges(cloud, classes)
    scaled = labelled_merges(np.ldexp(np.asarray(cloud, float), shift), classes)
    assert_allclose(list(scaled.values()), list(expected.values()), rtol=1e-12, atol=1e-12)


@one_class
@given(labelled)
def test_names_of_classes_do_not_matter(case):
    cloud, classes = case
    expected = labelled_merges(cloud, classes)
    for named in (
        classes * -7 + 3,
        classes.astype(np.uint8),
        classes.astype(float),
        [f"class {c}" for c in classes],
        np.array([f"class {c}" for c in classes], dtype=object),
        pd.Series(classes),
        torch.as_tensor(classes),
        classes.tolist(),
    ):
        found = labelled_merges(cloud, named)
        assert_allclose(list(found.values()), list(expected.values()), rtol=1e-12, atol=1e-12)


def test_groups_far_apart():
    """Two groups that their classes know: the only bar between them is the longest."""
    cloud = np.concatenate([rng(0).normal(size=(20, 2)), rng(1).normal(size=(30, 2)) + 100])
    found = labelled_merges(cloud, [0] * 20 + [1] * 30)
    assert found["share_between"] == 1 / 49
    assert found["rank_between"] == 48.5 / 49
    assert found["last_between"] == 1
    assert found["purity"] == 1
    assert found["n_classes"] == 2
    (_,), (lengths,) = spanning_trees(cloud)
    assert_allclose(found["mean_between"], lengths.max() / lengths.mean())
    assert_allclose(found["length_between"], lengths.max() / lengths.sum())


@pytest.mark.parametrize("n_trees", [1, 3])
def test_one_class_alone_gives_a_warning_and_stated_values(n_trees):
    cloud = rng(0).normal(size=(20, 3))
    with pytest.warns(UserWarning, match=r"classes: all points are of one class alone.*number of"):
        found = labelled_merges(cloud, np.zeros(20, int), n_trees)
    _, lengths = spanning_trees(cloud, n_trees)
    longest = (lengths.max(axis=1) / lengths.mean(axis=1)).mean()
    expected = [0, 0, 0, 1, longest, longest, longest, 0, 0, 1, 1]
    assert_allclose(list(found.values()), expected)


@one_class
@pytest.mark.parametrize(
    ("cloud", "classes", "expected"),
    [
        ([[1.0]], [4], [0, 0, 0, 1, 1, 1, 1, 0, 0, 1, 1]),
        ([[0], [1]], [0, 1], [1, 1, 1, 0.5, 1, 1, 1, 1, 0, 1, 2]),
        ([[0], [1]], [1, 1], [0, 0, 0, 1, 1, 1, 1, 0, 0, 1, 1]),
        # All points are equal: each merge is as long as any other.
        (np.zeros((4, 2)), [0, 0, 1, 1], [1 / 3, 1 / 3, 1 / 3, 0.5, 1, 1, 1, 1 / 3, 0, 0.5, 2]),
        # Within the class there are duplicates alone: the least that is told of their scale.
        (
            [[0], [0], [0], [1]],
            [0, 0, 0, 1],
            [1 / 3, 1, 1 / 3, 5 / 6, 3, 3, 3, 1, -np.log(3), 1, 2],
        ),
    ],
)
def test_small_and_flat_clouds(cloud, classes, expected):
    assert_allclose(list(labelled_merges(cloud, classes).values()), expected)


@one_class
@given(labelled)
def test_shares_are_shares_and_nothing_is_nan(case):
    found = labelled_merges(*case)
    assert np.isfinite(list(found.values())).all()
    for name in ("share_between", "length_between", "weight_between", "rank_between", "purity"):
        assert 0 <= found[name] <= 1 + 1e-12
    assert 0 <= found["last_between"] <= 1


def test_distances_instead_of_points():
    cloud, classes = rng(0).normal(size=(30, 4)), np.arange(30) % 4
    distances = distance_matrix(cloud)
    expected = labelled_merges(cloud, classes, 2)
    assert labelled_merges(distances, classes, 2, metric="precomputed") == expected
    assert neighbour_agreement(distances, classes, metric="precomputed") == neighbour_agreement(
        cloud, classes
    )


@pytest.mark.parametrize("function", [labelled_merges, neighbour_agreement])
@pytest.mark.parametrize(
    ("classes", "message"),
    [
        ([0, 1], "there are 2 classes for 10 points; one class a point"),
        (np.eye(10), r"expected classes.*shape \(10, 10\)"),
        ([0.5] * 10, "classes must be whole numbers.*got 0.5"),
        ([np.nan] * 10, "got nan"),
        ([None] * 10, "got None"),
        (["a", None] * 5, "got None"),
        ([1, "a"] * 5, "one type, got both words and numbers"),
        (3, r"got shape \(\)"),
    ],
)
def test_bad_classes_are_refused(function, classes, message):
    with pytest.raises((ValueError, TypeError), match=message):
        function(rng(0).normal(size=(10, 2)), classes)


def test_bad_clouds_and_options_are_refused():
    cloud = rng(0).normal(size=(10, 2))
    for options, message in [
        ({"n_trees": 0}, "n_trees must be at least 1"),
        ({"n_trees": 5}, "disjoint spanning trees.*n_trees=5 are wanted"),
        ({"metric": 1}, "metric must be one of"),
    ]:
        with pytest.raises((ValueError, TypeError), match=message):
            labelled_merges(cloud, np.arange(10) % 2, **options)
    with pytest.raises(ValueError, match=r"the cloud: .*NaN"):
        labelled_merges(np.full((3, 2), np.nan), [0, 1, 1])
    with pytest.raises(ValueError, match="the cloud: it has no points"):
        labelled_merges(np.empty((0, 2)), [])


# ---- neighbours


@given(st.integers(0, 10**6), st.integers(1, 8))
def test_agreement_is_as_it_is_defined(seed, k):
    cloud, classes = rng(seed).normal(size=(12, 3)), rng(seed).integers(0, 3, 12)
    distances = distance_matrix(cloud)
    agreeing = 0
    for i in range(12):
        nearest = sorted((d, j) for j, d in enumerate(distances[i]) if j != i)[:k]
        agreeing += sum(classes[j] == classes[i] for _, j in nearest)
    assert_allclose(neighbour_agreement(cloud, classes, k), agreeing / (12 * k))


@given(labelled.filter(lambda case: len(case[0]) > 3), st.randoms(use_true_random=False))
@one_class
def test_agreement_does_not_depend_on_the_order(case, random):
    cloud = case[0]
    order = random.sample(range(len(cloud)), len(cloud))
    classes = of_points(cloud)
    expected = neighbour_agreement(cloud, classes, 2)
    assert neighbour_agreement(cloud[order], classes[order], 2) == expected


def test_agreement_of_one_class_is_1_and_gives_a_warning():
    with pytest.warns(UserWarning, match="of one class alone"):
        assert neighbour_agreement(rng(0).normal(size=(10, 2)), np.ones(10), 3) == 1


def test_agreement_refuses_more_neighbours_than_there_are():
    with pytest.raises(ValueError, match="4 points have 3 neighbours each, and n_neighbors=8"):
        neighbour_agreement(rng(0).normal(size=(4, 2)), [0, 1, 0, 1])
    far = np.full((4, 4), np.inf)
    np.fill_diagonal(far, 0)
    with pytest.raises(ValueError, match="some of its distances are infinite"):
        neighbour_agreement(far, [0, 1, 0, 1], 2, metric="precomputed")


# ---- tables


@pytest.fixture
def extractor(probe):
    return LayerActivationExtractor(probe, layers="fc*", include_input=True, include_classes=True)


VECTORIZERS = [LabelledMergeVectorizer(2), NeighbourAgreement(4)]
# Networks that were not trained say one class of all inputs now and then.
both = pytest.mark.parametrize("vectorizer", VECTORIZERS, ids=lambda v: type(v).__name__)


def by_hand(vectorizer, cloud, classes):
    if isinstance(vectorizer, NeighbourAgreement):
        return [neighbour_agreement(cloud, classes, vectorizer.n_neighbors)]
    return list(labelled_merges(cloud, classes, vectorizer.n_trees).values())


@one_class
@both
@pytest.mark.parametrize("output", ["default", "pandas", "polars"])
def test_table_is_the_function_cell_by_cell(vectorizer, extractor, networks, output):
    table = extractor.set_output(transform=output).fit_transform(networks)
    vectorizer = clone(vectorizer)
    found = vectorizer.fit(table).transform(table)
    cells = table if output == "default" else table.to_numpy()
    expected = [
        [n for cloud in row[:-1] for n in by_hand(vectorizer, cloud, row[-1])] for row in cells
    ]
    assert_array_equal(found, expected)
    names = vectorizer.get_feature_names_out(extractor.get_feature_names_out())
    assert len(names) == found.shape[1]
    assert names[0] == "input__" + vectorizer._numbers[0]
    assert names[-1] == "fc2__" + vectorizer._numbers[-1]


@one_class
@both
def test_in_a_pipeline_names_go_through(vectorizer, extractor, networks):
    pipe = make_pipeline(extractor, clone(vectorizer))
    values = pipe.fit_transform(networks)
    names = pipe.get_feature_names_out()
    frame = pipe.set_output(transform="pandas").fit_transform(networks)
    assert frame.columns.tolist() == names.tolist()
    assert_array_equal(frame, values)
    assert isinstance(pipe.set_output(transform="polars").fit_transform(networks), pl.DataFrame)
    assert_array_equal(pickle.loads(pickle.dumps(pipe)).transform(networks), values)


@one_class
@both
def test_given_classes_are_those_of_all_networks(vectorizer, extractor, networks):
    truth = np.array(["no", "yes"])[np.arange(30) % 2]
    table = extractor.fit_transform(networks)
    vectorizer = clone(vectorizer).set_params(classes=truth)
    found = vectorizer.fit_transform(table)
    expected = [[n for c in row[:-1] for n in by_hand(vectorizer, c, truth)] for row in table]
    assert_array_equal(found, expected)
    assert_array_equal(vectorizer.fit_transform(table[:, :-1]), expected)
    found = vectorizer.set_params(classes=truth.tolist()).fit_transform(table)
    assert_array_equal(found, expected)


@one_class
@both
@pytest.mark.parametrize("n_jobs", [1, 2])
def test_equal_clouds_are_worked_on_once(vectorizer, extractor, networks, monkeypatch, n_jobs):
    from skactland.vectors import _agreement, _labelled

    seen = []
    for module, name in ((_labelled, "trees_of_cloud"), (_agreement, "_neighbours")):
        original = getattr(module, name)
        monkeypatch.setattr(
            module, name, lambda cloud, *a, f=original: (seen.append(cloud.shape), f(cloud, *a))[1]
        )
    table = extractor.fit_transform(networks)
    for i in range(1, 5):
        table[i, 0] = table[i, 0].copy()
    expected = clone(vectorizer).fit(table).transform(table)
    assert len(seen) == 1 + 2 * len(networks)  # the inputs, fc1, fc2
    one_by_one = [clone(vectorizer).fit(table).transform(table[[i]])[0] for i in range(10)]
    assert_array_equal(expected, one_by_one)
    parallel = clone(vectorizer).set_params(n_jobs=n_jobs).fit(table).transform(table)
    assert_array_equal(parallel, expected)


def test_inputs_of_a_table_are_one_array(extractor, networks):
    table = extractor.fit_transform(networks)
    assert all(cell is table[0, 0] for cell in table[:, 0])
    assert table[0, 1] is not table[1, 1]
    extractor.set_params(by_class=True, probe_labels=np.arange(30) % 2)
    table = extractor.fit_transform([*networks[:3], networks[3].double()])
    for j in range(2):
        assert table[0, j] is table[1, j] is table[2, j]
        assert table[3, j].dtype == np.float64  # the inputs as this network takes them
        assert_allclose(table[3, j], table[2, j], rtol=1e-6)


@one_class
def test_trees_are_cached(extractor, networks, tmp_path, monkeypatch):
    from skactland.vectors import _labelled

    table = extractor.fit_transform(networks)
    expected = LabelledMergeVectorizer(memory=tmp_path).fit(table).transform(table)
    assert_array_equal(LabelledMergeVectorizer().fit(table).transform(table), expected)

    def no_trees(*_):
        raise TypeError("there are none")

    monkeypatch.setattr(_labelled, "trees_of_cloud", no_trees)
    assert_array_equal(
        LabelledMergeVectorizer(memory=tmp_path).fit(table).transform(table), expected
    )
    with pytest.raises(TypeError, match="there are none"):
        LabelledMergeVectorizer(3, memory=tmp_path).fit(table).transform(table)
    with pytest.raises(TypeError, match="memory must be"):
        LabelledMergeVectorizer(memory=3).fit(table)


def constant(n_inputs=4):
    network = nn.Sequential()
    network.add_module("fc1", nn.Linear(n_inputs, 8))
    network.add_module("fc2", nn.Linear(8, 3))
    nn.init.zeros_(network.fc2.weight)
    return network


@one_class
def test_landscapes_and_merges_of_one_table(extractor, networks):
    """Side by side by a union of the whole table, or by its columns."""
    landscapes = make_pipeline(RipsPersistence((0,)), LandscapeVectorizer(2, 9))
    merges = LabelledMergeVectorizer(2)
    union = make_pipeline(extractor, make_union(clone(landscapes), clone(merges)))
    table = extractor.fit_transform(networks)
    expected = np.hstack([landscapes.fit_transform(table), merges.fit_transform(table)])
    assert_array_equal(union.fit_transform(networks), expected)
    names = union.get_feature_names_out()
    assert names[0].startswith("pipeline__input__H0__k1__t")
    assert names[-1] == "labelledmergevectorizer__fc2__n_classes"

    frame = extractor.set_output(transform="pandas").fit_transform(networks)
    chosen = make_column_transformer(
        (clone(landscapes), make_column_selector("^fc")), (clone(merges), ["input", "classes"])
    )
    found = chosen.fit_transform(frame)
    by_column = [landscapes.fit_transform(table[:, 1:3]), merges.fit_transform(table[:, [0, 3]])]
    assert_array_equal(found, np.hstack(by_column))
    folds = cross_val_predict(make_pipeline(union, MinMaxScaler(), Ridge()), networks, range(10))
    assert np.isfinite(folds).all()


@both
def test_constant_classifiers_are_warned_of(vectorizer, extractor, make_network):
    networks = [make_network(), constant(), constant()]
    extractor.set_params(layers="fc1")
    table = extractor.fit_transform(networks)
    with pytest.warns(
        UserWarning, match=r"row 1, column 2, and 1 more: all points are of one class"
    ):
        values = clone(vectorizer).fit(table).transform(table)
    assert np.isfinite(values).all()


@one_class
@both
def test_columns_are_told_by_type_or_by_name(vectorizer, extractor, networks):
    frame = extractor.set_output(transform="pandas").fit_transform(networks)
    expected = clone(vectorizer).fit_transform(frame)
    plain = frame.assign(classes=[np.array(cell) for cell in frame["classes"]])
    assert_array_equal(clone(vectorizer).fit_transform(plain), expected)
    words = frame.assign(classes=[[f"c{c}" for c in cell] for cell in frame["classes"]])
    assert_array_equal(clone(vectorizer).fit_transform(words), expected)
    # A layer may be called "classes".
    renamed = frame.rename(columns={"fc1": "classes", "classes": "predicted"})
    assert_array_equal(clone(vectorizer).fit_transform(renamed), expected)


@one_class
@both
def test_table_without_classes_is_refused(vectorizer, extractor, networks):
    table = extractor.fit_transform(networks)
    with pytest.raises(ValueError, match=r"Column 'x0' has no classes.*include_classes=True"):
        clone(vectorizer).fit(table[:, :-1])
    with pytest.raises(ValueError, match="no column of clouds, only of predicted classes"):
        clone(vectorizer).fit(table[:, -1:])
    with pytest.raises(ValueError, match=r"Column 'x0' has no classes.*set_output"):
        clone(vectorizer).fit(np.hstack([table, table[:, -1:]]))
    with pytest.raises(ValueError, match="classes: classes must be whole numbers"):
        clone(vectorizer).set_params(classes=[0.5]).fit(table)
    with pytest.raises(ValueError, match="n_jobs must not be 0"):
        clone(vectorizer).set_params(n_jobs=0).fit(table)


@one_class
@both
def test_wrong_lengths_say_where(vectorizer, extractor, networks):
    table = extractor.set_output(transform="pandas").fit_transform(networks)
    fitted = clone(vectorizer).fit(table)
    table.loc[3, "classes"] = table.loc[3, "classes"][:7]
    with pytest.raises(ValueError, match="row 3, column 'classes': there are 7 classes for 30"):
        fitted.transform(table)
    fitted = clone(vectorizer).set_params(classes=[0, 1]).fit(table)
    with pytest.raises(ValueError, match="classes: there are 2 classes for 30 points"):
        fitted.transform(table)


@one_class
@both
def test_samples_and_classes_have_classes_of_their_own(vectorizer, networks, probe):
    extractor = LayerActivationExtractor(
        probe, layers="fc1", include_classes=True, by_class=True, probe_labels=np.arange(30) % 2
    ).set_output(transform="pandas")
    sampler = PointSampler(9, method="random", n_subsamples=2).set_output(transform="pandas")
    table = sampler.fit_transform(extractor.fit_transform(networks))
    assert table.columns.tolist() == [
        f"{name}__class{label}__sample{b}"
        for name in ("fc1", "classes")
        for label in (0, 1)
        for b in (0, 1)
    ]
    found = clone(vectorizer).set_output(transform="pandas").fit_transform(table)
    for label, b in np.ndindex(2, 2):
        ending = f"__class{label}__sample{b}"
        expected = by_hand(
            vectorizer, table.loc[0, "fc1" + ending], table.loc[0, "classes" + ending]
        )
        columns = [f"fc1{ending}__{number}" for number in vectorizer._numbers]
        assert_array_equal(found.loc[0, columns], expected)


def test_sampled_classes_are_those_of_the_points_drawn(networks, probe):
    extractor = LayerActivationExtractor(probe, layers="logits", include_classes=True)
    table = PointSampler(7, method="random").fit_transform(extractor.fit_transform(networks))
    for logits, classes in table:
        assert_array_equal(classes, logits.argmax(axis=1))
