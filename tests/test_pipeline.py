"""The whole path, from trained networks to a score, in scikit-learn's habits."""

import numpy as np
import pandas as pd
import pytest
import torch
from numpy.testing import assert_array_equal
from sklearn.compose import ColumnTransformer, make_column_selector
from sklearn.linear_model import Ridge
from sklearn.model_selection import GridSearchCV, cross_val_predict, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC, SVR

from skactland import (
    LandscapeKernel,
    LandscapeVectorizer,
    LayerActivationExtractor,
    Probe,
    RipsPersistence,
)


@pytest.fixture
def accuracies(networks, probe):
    """One number a network that its activations do determine."""
    with torch.no_grad():
        x = torch.tensor(probe, dtype=torch.float32)
        return np.array([network(x).std().item() for network in networks])


def features(probe, n_jobs=None):
    return (
        LayerActivationExtractor(probe, layers="leaf"),
        RipsPersistence(homology_dimensions=(0, 1), n_jobs=n_jobs),
        LandscapeVectorizer(n_landscapes=5, resolution=100),
    )


def test_cross_validation_does_not_depend_on_n_jobs(networks, accuracies, probe):
    scores = []
    for n_jobs in (1, 2):
        pipe = make_pipeline(*features(probe, n_jobs), StandardScaler(), Ridge())
        scores.append(cross_val_score(pipe, networks, accuracies, cv=3, error_score="raise"))
    assert_array_equal(*scores)
    assert np.isfinite(scores).all()


def test_cross_validation_in_processes(networks, accuracies, probe):
    pipe = make_pipeline(*features(Probe(probe)), StandardScaler(), Ridge())
    here = cross_val_predict(pipe, networks, accuracies, cv=3)
    there = cross_val_predict(pipe, networks, accuracies, cv=3, n_jobs=2)
    np.testing.assert_allclose(there, here, rtol=1e-6)


def test_grid_search(networks, accuracies, probe):
    pipe = make_pipeline(*features(probe), StandardScaler(), Ridge())
    grid = {
        "landscapevectorizer__n_landscapes": [1, 3, 5],
        "layeractivationextractor__layers": ["leaf", "fc*"],
        "ripspersistence__homology_dimensions": [(0,), (0, 1)],
    }
    search = GridSearchCV(pipe, grid, cv=2, error_score="raise").fit(networks, accuracies)
    assert len(search.cv_results_["params"]) == 12
    assert search.predict(networks[:3]).shape == (3,)


def test_kernel_machines(networks, accuracies, probe):
    labels = accuracies > np.median(accuracies)
    steps = features(probe)[:2]
    classifier = make_pipeline(*steps, LandscapeKernel(), SVC(kernel="precomputed"))
    assert cross_val_score(classifier, networks, labels, cv=2, error_score="raise").shape == (2,)
    regressor = make_pipeline(*steps, LandscapeKernel(), SVR(kernel="precomputed"))
    assert regressor.fit(networks, accuracies).predict(networks[:4]).shape == (4,)


def test_named_columns(networks, accuracies, probe):
    pipe = make_pipeline(*features(probe), StandardScaler(), Ridge())
    frame = pipe[:-1].set_output(transform="pandas").fit_transform(networks)
    assert isinstance(frame, pd.DataFrame)
    assert frame.shape == (10, 5 * 2 * 5 * 100)
    assert frame.columns[0] == "fc1__H0__k1__t0.000"
    assert frame.columns.is_unique
    pipe.fit(networks, accuracies)
    assert pipe[:-1].get_feature_names_out().tolist() == frame.columns.tolist()


def test_names_without_frames(networks, accuracies, probe):
    pipe = make_pipeline(*features(probe), StandardScaler(), Ridge()).fit(networks, accuracies)
    names = pipe[:-1].get_feature_names_out()
    assert names[0].startswith("fc1__H0__k1__t")
    assert names[-1].startswith("logits__H1__k5__t")
    assert pipe[:-1].transform(networks[:2]).shape == (2, len(names))
    layers = ["fc1", "act1", "fc2", "act2", "logits"]
    assert pipe[:1].get_feature_names_out().tolist() == layers


def test_errors_name_the_layer_where_columns_are_named(networks, probe):
    extractor, rips, _ = features(probe)
    clouds = extractor.set_output(transform="pandas").fit_transform(networks)
    clouds.loc[4, "fc2"] = clouds.loc[4, "fc2"] * np.nan
    with pytest.raises(ValueError, match="row 4, column 'fc2'"):
        rips.fit_transform(clouds)


def test_columns_are_picked_by_degree(networks, probe):
    extractor, rips, vectorizer = features(probe)
    pick = ColumnTransformer([("loops", vectorizer, make_column_selector(pattern="__H1$"))])
    pipe = make_pipeline(extractor, rips, pick).set_output(transform="pandas")
    frame = pipe.fit_transform(networks)
    assert frame.shape == (10, 5 * 5 * 100)
    assert all("__H1__" in name for name in frame.columns)


def test_a_degree_that_was_not_computed(networks, probe):
    extractor, rips, vectorizer = features(probe)
    clouds = extractor.fit_transform(networks)
    vectorizer.fit(rips.fit_transform(clouds))
    with pytest.raises(ValueError, match="X has 5 features, but LandscapeVectorizer is expecting"):
        vectorizer.transform(rips.set_params(homology_dimensions=(0,)).fit_transform(clouds))


def test_softmax_and_input_layers(networks, accuracies, probe):
    extractor = LayerActivationExtractor(probe, include_input=True, include_softmax=True)
    pipe = make_pipeline(extractor, *features(probe)[1:], StandardScaler(), Ridge())
    pipe.fit(networks, accuracies)
    values = pipe[:-2].transform(networks).reshape(10, 7, 2, 5, 100)
    assert (values[:, 0] == values[:1, 0]).all()
    assert not (values[:, 1] == values[:1, 1]).all()
