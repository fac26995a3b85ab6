"""The feature map in one line."""

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from sklearn.base import clone
from sklearn.linear_model import Ridge
from sklearn.model_selection import cross_val_score
from sklearn.pipeline import make_pipeline

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
    ("name", "message"),
    [
        ("n_landscape", r"No step has a parameter 'n_landscape'; did you mean 'n_landscapes'"),
        ("n_subsamples", "belongs to the sampling of points; give n_points too"),
        ("colour", "No step has a parameter 'colour'"),
    ],
)
def test_unknown_parameters(probe, name, message):
    with pytest.raises(TypeError, match=message):
        make_activation_landscape(probe, **{name: 1})
