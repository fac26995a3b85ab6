"""The battery that every estimator of tables must pass.

scikit-learn's own ``check_estimator`` feeds two-dimensional arrays of numbers, which are no tables;
what it demands of a transformer is asked here of table inputs, and those of its checks that feed no
data are run as they are.
"""

import copy
import pickle

import numpy as np
import pandas as pd
import polars as pl
import pytest
from numpy.testing import assert_array_equal
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import Ridge
from sklearn.model_selection import cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.utils import estimator_checks

import skactland
from skactland import (
    BettiCurveVectorizer,
    ComplexityVectorizer,
    DimensionVectorizer,
    EachNetwork,
    LabelledBars,
    LabelledMergeVectorizer,
    LandscapeKernel,
    LandscapeVectorizer,
    LayerActivationExtractor,
    NeighbourAgreement,
    PersistenceImageVectorizer,
    PointSampler,
    Probe,
    RipsPersistence,
    SilhouetteVectorizer,
)

DATA_FREE_CHECKS = [
    estimator_checks.check_estimator_cloneable,
    estimator_checks.check_estimator_repr,
    estimator_checks.check_estimator_tags_renamed,
    estimator_checks.check_get_params_invariance,
    estimator_checks.check_mixin_order,
    estimator_checks.check_no_attributes_set_in_init,
    estimator_checks.check_parameters_default_constructible,
    estimator_checks.check_set_params,
    estimator_checks.check_valid_tag_types,
    estimator_checks.check_do_not_raise_errors_in_init_or_set_params,
]
#: Classes of the twelve points of each cloud.
PARITIES = np.arange(12) % 2
ON_DIAGRAMS = [
    LandscapeVectorizer,
    SilhouetteVectorizer,
    BettiCurveVectorizer,
    PersistenceImageVectorizer,
    ComplexityVectorizer,
    LandscapeKernel,
]
ON_CLOUDS = [
    PointSampler,
    RipsPersistence,
    DimensionVectorizer,
    LabelledMergeVectorizer,
    NeighbourAgreement,
]
ON_TABLES = [*ON_CLOUDS, *ON_DIAGRAMS, LabelledBars]
ESTIMATORS = [LayerActivationExtractor, EachNetwork, *ON_TABLES]


@pytest.fixture
def case(request, probe, networks, clouds, diagrams):
    """An estimator and an X of six rows for it."""
    with_edges = RipsPersistence((0,), return_simplices=True).fit_transform(clouds)
    return {
        LayerActivationExtractor: (LayerActivationExtractor(probe), networks[:6]),
        EachNetwork: (EachNetwork(make_pipeline(LayerActivationExtractor(probe))), networks[:6]),
        PointSampler: (PointSampler(5, n_subsamples=2, random_state=0), clouds),
        RipsPersistence: (RipsPersistence(), clouds),
        DimensionVectorizer: (DimensionVectorizer(("twonn", "mle"), n_neighbors=3), clouds),
        LabelledMergeVectorizer: (LabelledMergeVectorizer(2, classes=PARITIES), clouds),
        NeighbourAgreement: (NeighbourAgreement(3, classes=PARITIES), clouds),
        LandscapeVectorizer: (LandscapeVectorizer(resolution=10), diagrams),
        SilhouetteVectorizer: (SilhouetteVectorizer(resolution=10), diagrams),
        BettiCurveVectorizer: (BettiCurveVectorizer(resolution=10), diagrams),
        PersistenceImageVectorizer: (PersistenceImageVectorizer(resolution=3), diagrams),
        ComplexityVectorizer: (ComplexityVectorizer(), diagrams),
        LandscapeKernel: (LandscapeKernel(), diagrams),
        LabelledBars: (LabelledBars(classes=PARITIES), with_edges),
    }[request.param]


every = pytest.mark.parametrize("case", ESTIMATORS, indirect=True, ids=lambda e: e.__name__)
on_tables = pytest.mark.parametrize("case", ON_TABLES, indirect=True, ids=lambda e: e.__name__)


def assert_same(found, expected):
    """Equal to the last bit, cell by cell."""
    assert found.shape == expected.shape
    if expected.dtype == object:
        for index in np.ndindex(expected.shape):
            assert found[index].dtype == expected[index].dtype
            assert_array_equal(found[index], expected[index])
    else:
        assert_array_equal(found, expected)


def take(X, rows):
    return [X[i] for i in rows] if isinstance(X, list) else X[rows]


def frame(X, names=None):
    names = names or [f"column{j}" for j in range(X.shape[1])]
    return pd.DataFrame(X, columns=names)


@pytest.mark.parametrize("check", DATA_FREE_CHECKS, ids=lambda check: check.__name__)
@pytest.mark.parametrize("estimator", ESTIMATORS, ids=lambda e: e.__name__)
def test_checks_of_scikit_learn_without_data(estimator, check):
    check(estimator.__name__, estimator())


def test_battery_covers_every_public_estimator():
    public = [getattr(skactland, name) for name in skactland.__all__]
    assert {c for c in public if hasattr(c, "fit")} == set(ESTIMATORS)


@every
def test_fit_returns_self_and_is_idempotent(case):
    estimator, X = case
    assert estimator.fit(X) is estimator
    once = estimator.transform(X)
    assert_same(estimator.fit(X).transform(X), once)
    assert_same(clone(estimator).fit_transform(X), once)
    assert_same(clone(estimator).fit(X, [0] * 6).transform(X), once)


@every
def test_fit_rewrites_no_parameter(case):
    estimator, X = case
    before = {name: pickle.dumps(value) for name, value in estimator.get_params().items()}
    ids = {name: id(value) for name, value in estimator.get_params().items()}
    estimator.fit(X).transform(X)
    after = estimator.get_params()
    assert {name: pickle.dumps(value) for name, value in after.items()} == before
    assert {name: id(value) for name, value in after.items()} == ids


@every
def test_learned_attributes_end_in_an_underscore(case):
    estimator, X = case
    new = set(vars(estimator.fit(X))) - set(clone(estimator).get_params())
    assert all(name.endswith("_") or name.startswith("_") for name in new)


@every
def test_unfitted(case):
    estimator, X = case
    with pytest.raises(NotFittedError):
        estimator.transform(X)
    with pytest.raises(NotFittedError):
        estimator.get_feature_names_out()


@every
def test_input_is_unchanged(case):
    estimator, X = case
    before = copy.deepcopy(X)
    estimator.fit(X).transform(X)
    if isinstance(X, list):
        for network, old in zip(X, before, strict=True):
            for a, b in zip(network.parameters(), old.parameters(), strict=True):
                assert a.equal(b)
    else:
        assert_same(X, before)


@on_tables
def test_read_only_input(case):
    estimator, X = case
    expected = clone(estimator).fit_transform(X)
    locked = copy.deepcopy(X)
    for cell in locked.ravel():
        cell.flags.writeable = False
    locked.flags.writeable = False
    assert_same(estimator.fit(locked).transform(locked), expected)


# Not of simplices, which are known by their type.
@pytest.mark.parametrize(
    "case", [*ON_CLOUDS, *ON_DIAGRAMS], indirect=True, ids=lambda e: e.__name__
)
def test_memory_mapped_cells(case, tmp_path):
    estimator, X = case
    mapped = X.copy()
    for i, j in np.ndindex(X.shape):
        np.save(tmp_path / f"{i}-{j}.npy", X[i, j])
        mapped[i, j] = np.load(tmp_path / f"{i}-{j}.npy", mmap_mode="r")
    assert_same(clone(estimator).fit_transform(mapped), estimator.fit_transform(X))


@every
def test_rows_do_not_know_each_other(case):
    estimator, X = case
    whole = estimator.fit(X).transform(X)
    rows = [5, 0, 3]
    assert_same(estimator.transform(take(X, rows)), whole[rows])
    for i in range(6):
        assert_same(estimator.transform(take(X, [i])), whole[[i]])


def is_same(found, expected):
    """Tell whether tables are equal to the last bit."""
    try:
        assert_same(found, expected)
    except AssertionError:
        return False
    return True


@every
def test_it_says_whether_it_learns_from_rows(case):
    """EachNetwork gives steps one row at a time by this word, and nothing else stands behind it."""
    estimator, X = case
    of_some, of_others = (clone(estimator).fit(take(X, rows)) for rows in ([0, 1, 2], [3, 4, 5]))
    assert is_same(of_some.transform(X), of_others.transform(X)) != estimator.learns_from_rows


@every
def test_pickle(case):
    estimator, X = case
    expected = estimator.fit(X).transform(X)
    assert_same(pickle.loads(pickle.dumps(estimator)).transform(X), expected)


@every
@pytest.mark.parametrize("library", ["pandas", "polars"])
def test_set_output(case, library):
    estimator, X = case
    plain = clone(estimator).fit(X)
    expected = plain.transform(X)
    framed = estimator.set_output(transform=library).fit_transform(X)
    assert isinstance(framed, {"pandas": pd.DataFrame, "polars": pl.DataFrame}[library])
    assert list(framed.columns) == plain.get_feature_names_out().tolist()
    assert_same(framed.to_numpy(), expected)


@on_tables
@pytest.mark.parametrize("library", ["pandas", "polars"])
def test_frames_come_in(case, library):
    estimator, X = case
    expected = clone(estimator).fit_transform(X)
    names = [f"column{j}" for j in range(X.shape[1])]
    given = frame(X)
    if library == "polars":
        columns = {n: pl.Series(list(X[:, j]), dtype=pl.Object) for j, n in enumerate(names)}
        given = pl.DataFrame(columns)
    assert_same(estimator.fit(given).transform(given), expected)
    assert estimator.feature_names_in_.tolist() == names
    assert estimator.n_features_in_ == X.shape[1]
    if estimator.get_feature_names_out().shape != (6,):
        assert estimator.get_feature_names_out()[0].startswith("column0__")


@on_tables
def test_pandas_index_is_kept(case):
    estimator, X = case
    given = frame(X).set_axis(list("abcdef"))
    framed = estimator.set_output(transform="pandas").fit_transform(given)
    assert framed.index.tolist() == list("abcdef")


@on_tables
def test_columns_not_seen_in_fit(case):
    estimator, X = case
    given = frame(X)
    estimator.fit(given)
    with pytest.raises(ValueError, match="unseen at fit time"):
        estimator.transform(given.rename(columns={"column0": "other"}))
    with pytest.raises(ValueError, match="same order as they were in fit"):
        estimator.transform(given[given.columns[::-1]])
    with pytest.raises(ValueError, match="yet now missing"):
        estimator.transform(given.iloc[:, 1:])
    estimator.fit(X)
    with pytest.raises(ValueError, match=f"X has 1 features, but .* is expecting {X.shape[1]}"):
        estimator.transform(X[:, :1])


@every
def test_in_a_pipeline(case):
    estimator, X = case
    expected = clone(estimator).fit_transform(X)
    pipe = make_pipeline(estimator).fit(X)
    assert_same(pipe.transform(X), expected)
    assert len(pipe.get_feature_names_out()) == expected.shape[1]


@every
def test_diagram_in_notebooks(case):
    estimator, X = case
    assert type(estimator).__name__ in estimator._repr_html_()
    assert type(estimator).__name__ in estimator.fit(X)._repr_html_()


@every
def test_set_params_takes_effect(case):
    estimator, X = case
    change = {
        "LayerActivationExtractor": {"layers": "fc1"},
        "EachNetwork": {"pipeline__layeractivationextractor__layers": "fc1"},
        "PointSampler": {"n_subsamples": 1},
        "RipsPersistence": {"homology_dimensions": (0,)},
        "DimensionVectorizer": {"n_neighbors": 4},
        "LabelledMergeVectorizer": {"n_trees": 3},
        "NeighbourAgreement": {"n_neighbors": 4},
        "LandscapeVectorizer": {"n_landscapes": 1},
        "SilhouetteVectorizer": {"power": 3},
        "BettiCurveVectorizer": {"weighting": "l2"},
        "PersistenceImageVectorizer": {"power": 3},
        "ComplexityVectorizer": {"statistics": ("entropy",)},
        "LandscapeKernel": {"essential": "cut"},
        "LabelledBars": {"classes": np.zeros(12, int)},
    }[type(estimator).__name__]
    before = clone(estimator).fit_transform(X)
    changed = estimator.set_params(**change).fit_transform(X)
    pairs = zip(changed.ravel(), before.ravel(), strict=False)
    assert changed.shape != before.shape or not all(np.array_equal(a, b) for a, b in pairs)


@pytest.mark.parametrize("backend", ["threading", "loky", "sequential"])
def test_n_jobs_and_backend_do_not_matter(clouds, backend):
    from joblib import parallel_config

    expected = RipsPersistence().fit_transform(clouds)
    with parallel_config(backend=backend, n_jobs=2):
        assert_same(RipsPersistence().fit_transform(clouds), expected)
        assert_same(RipsPersistence(n_jobs=1).fit_transform(clouds), expected)
    assert_same(RipsPersistence(n_jobs=2).fit_transform(clouds), expected)


# Words


def test_bars_are_quiet_within_a_search(clouds, capsys):
    model = make_pipeline(RipsPersistence(verbose=True), ComplexityVectorizer(), Ridge())
    cross_val_score(model, clouds, np.arange(6.0), cv=2)
    assert "Persistent homology" not in capsys.readouterr().err
    model.fit(clouds, np.arange(6.0))
    assert "Persistent homology" in capsys.readouterr().err


def test_repr_says_what_the_probe_is(probe):
    assert repr(LayerActivationExtractor(probe)) == (
        f"LayerActivationExtractor(probe={Probe(probe)!r})"
    )
    assert repr(LayerActivationExtractor(Probe(probe))) == repr(LayerActivationExtractor(probe))
    assert repr(LayerActivationExtractor()) == "LayerActivationExtractor()"


@pytest.mark.parametrize("stage", [RipsPersistence, LandscapeVectorizer, PointSampler])
def test_networks_are_told_where_they_belong(networks, stage):
    with pytest.raises(TypeError, match="LayerActivationExtractor makes clouds"):
        stage().fit_transform([networks[0]])
    with pytest.raises(TypeError, match="LayerActivationExtractor makes clouds"):
        stage().fit_transform(networks[0])


def test_what_is_read_once_is_refused(clouds):
    with pytest.raises(TypeError, match=r"got generator; write list\(X\)"):
        RipsPersistence().fit(cloud for cloud in clouds)


@pytest.mark.parametrize(("given", "meant"), [("geodesik", "geodesic"), ("euclidian", "euclidean")])
def test_metric_that_is_misspelt(clouds, given, meant):
    with pytest.raises(ValueError, match=f"no metric '{given}'; did you mean '{meant}'"):
        RipsPersistence(metric=given).fit_transform(clouds)


def test_metrics_of_scikit_learn_that_fail_say_why(clouds):
    with pytest.raises(ValueError, match=r"'haversine' failed on .*distance only valid in"):
        RipsPersistence(metric="haversine").fit_transform([np.eye(3)])
