"""A thumbnail of each display, from one small zoo."""

from functools import cache

import numpy as np
from sklearn.datasets import load_digits
from sklearn.linear_model import Ridge
from sklearn.pipeline import make_pipeline

from pictures.base import panels
from skactland import LandscapeVectorizer, LayerActivationExtractor, RipsPersistence
from skactland import displays as shown
from skactland.comparison import layer_divergences
from skactland.inference import confidence_band, permutation_test
from skactland.training import multilayer_perceptron, train_to_accuracy, train_zoo

_X, _Y = load_digits(return_X_y=True)
_X = _X / 16
_PROBE = _X[500:620]
_SIZE = (3.2, 2.4)


def _train_one(random_state):
    """Train one perceptron, and return it untrained, half way and at the end."""
    network = multilayer_perceptron(64, [24, 24], 10)
    return train_to_accuracy(
        network,
        _X[:400],
        _Y[:400],
        thresholds=[0.5, 0.9],
        learning_rate=0.005,
        random_state=random_state,
    )


@cache
def _zoo():
    """Return the tables of clouds and of diagrams of five networks at two moments, by moment."""
    runs = train_zoo(_train_one, [{}] * 5, random_state=0)
    networks = [run.checkpoint_networks()[i] for i in (0, 1) for run in runs]
    extractor = LayerActivationExtractor(_PROBE, layers=["act*", "logits"], include_classes=True)
    clouds = extractor.set_output(transform="pandas").fit_transform(networks)
    diagrams = RipsPersistence().set_output(transform="pandas").fit_transform(clouds)
    return networks, clouds, diagrams, np.repeat(["early", "late"], 5)


def _axes(size=_SIZE):
    figure, (ax,) = panels(1, size=size)
    return figure, ax


def display_report():
    """Draw the page of one network."""
    networks, *_ = _zoo()
    display = shown.NetworkReportDisplay.from_network(
        networks[-1], _PROBE, layers=["act*", "logits"], image_shape=(8, 8)
    )
    return display.figure_


def display_landscape():
    """Draw the landscapes of one network."""
    figure, ax = _axes((5.0, 3.0))
    shown.ActivationLandscapeDisplay.from_table(_zoo()[2].iloc[[-1]], ax=ax)
    return figure


def display_complexity():
    """Draw the complexity of each layer, early and late."""
    figure, ax = _axes((4.6, 2.4))
    *_, diagrams, groups = _zoo()
    shown.ComplexityDisplay.from_table(diagrams, groups=groups, ax=ax)
    return figure


def display_diagram():
    """Draw bars as points."""
    figure, ax = _axes()
    shown.DiagramDisplay.from_table(_zoo()[2], row=-1, layers="act1", ax=ax)
    return figure


def display_barcode():
    """Draw bars as lines."""
    figure, ax = _axes()
    shown.BarcodeDisplay.from_table(_zoo()[2], row=-1, layers="act1", ax=ax)
    return figure


def display_loop():
    """Draw the longest loop of a layer."""
    figure, ax = _axes((4.6, 2.8))
    cloud = _zoo()[1]["act2"].iloc[-1]
    shown.LoopDisplay.from_cloud(cloud, 1, images=_PROBE.reshape(-1, 8, 8), ax=ax)
    return figure


def display_merge_tree():
    """Draw a merge tree by predicted classes."""
    figure, ax = _axes((5.6, 3.4))
    row = _zoo()[1].iloc[-1]
    shown.MergeTreeDisplay.from_cloud(row["logits"][:50], row["classes"][:50], ax=ax)
    return figure


def display_labelled_merges():
    """Draw the share of bars between classes by layer."""
    figure, ax = _axes()
    _, clouds, _, groups = _zoo()
    shown.LabelledMergeDisplay.from_table(clouds, groups=groups, ax=ax)
    return figure


def display_map():
    """Draw networks as points."""
    figure, ax = _axes()
    *_, diagrams, groups = _zoo()
    shown.NetworkMapDisplay.from_table(diagrams, y=groups, y_name="training", ax=ax)
    return figure


def display_loadings():
    """Draw the coefficients of a linear model."""
    figure, ax = _axes((5.0, 3.0))
    *_, diagrams, groups = _zoo()
    model = make_pipeline(LandscapeVectorizer(weighting="l2", clip=False), Ridge())
    model.fit(diagrams, groups == "late")
    shown.LoadingsDisplay.from_estimator(model, ax=ax)
    return figure


def display_permutation_test():
    """Draw a null distribution."""
    figure, ax = _axes()
    result = permutation_test(_zoo()[2], np.tile(["a", "b"], 5), rng=0)
    shown.PermutationTestDisplay.from_result(result, ax=ax)
    return figure


def display_band():
    """Draw a mean landscape with its band."""
    figure, ax = _axes()
    bands = confidence_band(_zoo()[2][["act1__H1"]], n_landscapes=2, n_resamples=199, rng=0)
    shown.BandDisplay.from_band(bands["act1__H1"], ax=ax)
    return figure


def display_divergence():
    """Draw the divergences of layers."""
    figure, ax = _axes()
    row = _zoo()[1].iloc[-1].drop("classes")
    shown.DivergenceDisplay.from_divergences(layer_divergences(row.to_dict()), ax=ax)
    return figure
