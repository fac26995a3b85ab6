"""What a fitted EachNetwork knows: parameters of its pipeline, and what its rows are made of."""

import copy
import pickle

import numpy as np
import pytest
import torch
from numpy.testing import assert_array_equal
from sklearn.base import clone
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer

from skactland import (
    ComplexityVectorizer,
    EachNetwork,
    LayerActivationExtractor,
    PointSampler,
    RipsPersistence,
    make_activation_landscape,
)


@pytest.fixture
def each(probe):
    extractor = LayerActivationExtractor(probe, layers="act*")
    return EachNetwork(make_pipeline(extractor, RipsPersistence((0,)), ComplexityVectorizer()))


CHANGES = {
    "pipeline__layeractivationextractor__probe": np.ones((5, 4)),
    "pipeline__layeractivationextractor__layers": ["act1"],
    "pipeline__ripspersistence": RipsPersistence((1,)),
    "pipeline__ripspersistence__metric": "cityblock",
    "pipeline__complexityvectorizer": "passthrough",
    "pipeline": LayerActivationExtractor(torch.zeros(5, 4)),
}


@pytest.mark.parametrize("name", CHANGES)
def test_what_is_set_after_fit_is_refused(each, networks, name):
    each.fit(networks[:2])
    each.set_params(**{name: CHANGES[name]})
    said = name.removeprefix("pipeline__") if name != "pipeline" else "batch_size"
    with pytest.raises(ValueError, match=rf"changed after fit.*\b{said}.*; fit again"):
        each.transform(networks[:2])
    expected = clone(each.pipeline).fit_transform(networks[:2])
    found = each.fit_transform(networks[:2])
    assert found.shape == expected.shape
    for cell, wanted in zip(found.ravel(), expected.ravel(), strict=True):
        assert_array_equal(cell, wanted)


def test_what_is_the_same_after_fit_is_not(each, networks, probe):
    """Copies, pickles, and what was set to what it was."""
    expected = each.fit_transform(networks[:2])
    each.set_params(pipeline__ripspersistence__metric="euclidean", n_jobs=1)
    each.set_params(pipeline__layeractivationextractor__probe=probe.copy())
    for fitted in (each, copy.deepcopy(each), pickle.loads(pickle.dumps(each))):
        assert_array_equal(fitted.transform(networks[:2]), expected)


def test_steps_in_another_order_are_refused(probe, networks):
    pipeline = make_pipeline(
        LayerActivationExtractor(probe), PointSampler(20), PointSampler(10), RipsPersistence((0,))
    )
    each = EachNetwork(pipeline).fit(networks[:1])
    pipeline.steps[1:3] = pipeline.steps[2:0:-1]
    with pytest.raises(ValueError, match=r"changed after fit.*order.*; fit again"):
        each.transform(networks[:1])


def test_landscapes_one_at_a_time_are_refused_as_well(probe, networks):
    landscape = make_activation_landscape(probe, "act*", one_at_a_time=True).fit(networks)
    landscape.set_params(diagrams__pipeline__persistence__metric="cityblock")
    with pytest.raises(ValueError, match=r"persistence__metric; fit again"):
        landscape.transform(networks)


def narrow(table):
    return np.array([[len(cell) for cell in row] for row in table], dtype=np.float32)


@pytest.mark.parametrize(
    ("last", "kind"),
    [
        (ComplexityVectorizer(), np.float64),
        (FunctionTransformer(narrow), np.float32),
        (None, object),
        (FunctionTransformer(), object),
        (FunctionTransformer(lambda table: narrow(table) > 0), np.float16),
    ],
)
@pytest.mark.filterwarnings("ignore:.* networks failed")
def test_rows_that_all_fail_are_of_the_kind_of_others(each, networks, last, kind):
    each.set_params(on_error="mark", pipeline__complexityvectorizer=last)
    sound = each.fit(networks[:2]).transform(networks[:2])
    none = each.transform([None, 3.0])
    assert none.dtype == kind
    assert none.shape == sound.shape
    assert not each.sound_.any()
    assert all(x is None for x in none.flat) if kind is object else np.isnan(none).all()
    assert np.vstack([sound, none]).dtype == np.result_type(sound, none)
