"""The feature map in one line."""

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from sklearn.base import clone
from sklearn.linear_model import Ridge
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import Pipeline, make_pipeline

from skactland import (
    LandscapeVectorizer,
    LayerActivationExtractor,
    PointSampler,
    RipsPersistence,
    make_activation_landscape,
)


def test_it_is_the_three_steps(networks, probe):
    made = make_activation_landscape(
        probe, "act*", homology_dimensions=(0,), metric="cityblock", n_landscapes=2, resolution=20
    )
    by_hand = make_pipeline(
        LayerActivationExtractor(probe, layers="act*"),
        RipsPersistence((0,), metric="cityblock"),
        LandscapeVectorizer(2, 20),
    )
    assert_array_equal(made.fit_transform(networks), by_hand.fit_transform(networks))
    names = made.get_feature_names_out()
    assert names.tolist() == by_hand.get_feature_names_out().tolist()
    assert names[0].startswith("act1__H0__k1__t")


def test_with_landmarks(networks, probe):
    made = make_activation_landscape(probe, n_points=20, method="random", random_state=0)
    by_hand = make_pipeline(
        LayerActivationExtractor(probe, random_state=0),
        PointSampler(20, method="random", random_state=0),
        RipsPersistence(),
        LandscapeVectorizer(),
    )
    assert_array_equal(made.fit_transform(networks), by_hand.fit_transform(networks))


def test_shared_names_go_to_every_step(probe, tmp_path):
    made = make_activation_landscape(
        probe, memory=tmp_path, metric="cosine", random_state=3, verbose=True, n_points=9
    )
    steps = made.named_steps
    assert steps["activations"].memory == steps["persistence"].memory == tmp_path
    assert steps["points"].metric == steps["persistence"].metric == "cosine"
    assert steps["points"].random_state == steps["activations"].random_state == 3
    assert [steps[name].verbose for name in ("activations", "persistence")] == [True, True]
    assert "points" not in make_activation_landscape(probe, n_points=None).named_steps


def test_in_cross_validation(networks, probe):
    model = make_pipeline(make_activation_landscape(probe), Ridge())
    scores = cross_val_score(clone(model), networks, np.arange(10.0), cv=3, error_score="raise")
    assert np.isfinite(scores).all()
    model.set_params(pipeline__landscapes__n_landscapes=2)


@pytest.mark.parametrize(
    "parameters",
    [
        {"layers": "act*", "n_landscapes": 2, "memory": None},
        {"layers": "act*", "n_points": 20, "method": "random", "random_state": 0},
        {"include_input": True, "homology_dimensions": (0, 1), "metric": "cosine"},
    ],
)
@pytest.mark.parametrize("output", ["default", "pandas"])
def test_one_at_a_time_gives_the_same(networks, probe, parameters, output):
    made = make_activation_landscape(probe, **parameters)
    each = make_activation_landscape(probe, one_at_a_time=True, n_jobs=2, **parameters)
    found = each.set_output(transform=output).fit_transform(networks)
    assert_array_equal(np.asarray(found), made.fit_transform(networks))
    assert each.get_feature_names_out().tolist() == made.get_feature_names_out().tolist()
    assert_array_equal(np.asarray(each.transform(networks[3:5])), np.asarray(found)[3:5])


def test_parameters_one_at_a_time(networks, probe, tmp_path):
    made = make_activation_landscape(
        probe, one_at_a_time=True, memory=tmp_path, n_jobs=2, verbose=True, n_points=9, metric="l1"
    )
    diagrams = made.named_steps["diagrams"]
    assert (diagrams.memory, diagrams.n_jobs, diagrams.verbose) == (tmp_path, 2, True)
    steps = diagrams.pipeline.named_steps
    assert list(steps) == ["activations", "points", "persistence"]
    assert steps["points"].metric == steps["persistence"].metric == "l1"
    assert steps["persistence"].memory is steps["activations"].memory is None
    grid = {
        "landscapes__n_landscapes": [1, 2],
        "diagrams__pipeline__persistence__homology_dimensions": [(0,), (0, 1)],
    }
    made.set_params(diagrams__verbose=False, diagrams__pipeline__points="passthrough")
    model = Pipeline([*made.steps, ("ridge", Ridge())])
    search = GridSearchCV(model, grid, cv=2, error_score="raise").fit(networks, np.arange(10.0))
    assert np.isfinite(search.cv_results_["mean_test_score"]).all()


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("on_error", "belongs to networks one by one; give one_at_a_time=True too"),
        ("n_landscape", r"No step has a parameter 'n_landscape'; did you mean 'n_landscapes'"),
        ("n_subsamples", "belongs to the sampling of points; give n_points too"),
        ("colour", "No step has a parameter 'colour'"),
    ],
)
def test_unknown_parameters(probe, name, message):
    with pytest.raises(TypeError, match=message):
        make_activation_landscape(probe, **{name: 1})


def test_one_at_a_time_is_a_switch(probe):
    with pytest.raises(TypeError, match="one_at_a_time must be True or False"):
        make_activation_landscape(probe, one_at_a_time=3)
    with pytest.raises(TypeError, match="'n_landscape'; did you mean 'n_landscapes'"):
        make_activation_landscape(probe, one_at_a_time=True, n_landscape=3)
