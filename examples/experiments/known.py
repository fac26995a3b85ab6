"""What else may be known of the networks of a noisy zoo, and what it is to beat.

Recipes, training sets without any network, what other networks say, and labels of the probe; and
the labelled merge trees of the probe's inputs, with their twin. One row a network.
"""

import numpy as np
import torch
from sklearn.neighbors import KNeighborsClassifier, NearestNeighbors
from sklearn.preprocessing import PolynomialFeatures

from skactland import labelled_merges, neighbour_agreement

N_TREES = 6


def predicted_classes(zoo, data):
    """Return the class that each network predicts for each input of the probe."""
    with torch.no_grad():
        logits = [network(torch.tensor(data.probe)) for network in zoo.networks]
    return torch.stack(logits).argmax(dim=2).numpy()


def recipe(zoo):
    """Return width, label noise and number of training samples, their squares and products."""
    sizes = [len(y) for _, y in zoo.training_sets]
    recipe = np.column_stack([np.log(zoo.widths), zoo.noises, np.log(sizes)])
    return PolynomialFeatures(2, include_bias=False).fit_transform(recipe)


def data_alone(zoo, data):
    """Return what the training sets tell without a network.

    Their size; how many samples have the label of their nearest other one, and that of most of
    their five nearest; and how the labels that nearest samples give to the probe lie on its tree.
    """
    rows = []
    for X, y in zoo.training_sets:
        near = NearestNeighbors(n_neighbors=5).fit(X).kneighbors(return_distance=False)
        votes = np.eye(data.n_classes)[y[near]].sum(axis=1)
        agree = (y[near[:, 0]] == y).mean(), (votes.argmax(axis=1) == y).mean()
        given = KNeighborsClassifier(1).fit(X, y).predict(data.probe)
        share = labelled_merges(data.probe, given)["share_between"]
        rows.append([np.log(len(y)), *agree, share])
    return np.array(rows)


def numbers_of(zoo, data):
    """Return the numbers by name."""
    predicted = predicted_classes(zoo, data)
    votes = np.eye(data.n_classes)[predicted].reshape(len(predicted), -1)
    pairs = votes @ votes.T / predicted.shape[1]
    merges = [labelled_merges(data.probe, classes, N_TREES) for classes in predicted]
    twin = [neighbour_agreement(data.probe, classes) for classes in predicted]
    return {
        "recipe": recipe(zoo),
        "data alone": data_alone(zoo, data),
        "agreement with the zoo": (pairs.sum(axis=1, keepdims=True) - 1) / (len(pairs) - 1),
        "labelled probe": (predicted == data.probe_labels).mean(axis=1, keepdims=True),
        "nearest inputs agree (twin)": np.array(twin)[:, None],
        "labelled merges": np.array([list(numbers.values()) for numbers in merges]),
    }
