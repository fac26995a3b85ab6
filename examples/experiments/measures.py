"""Single numbers of networks that may tell how they generalise, the sign of each fixed beforehand.

Every number here is larger for the network that it expects to be more accurate on new inputs. What
it looks at beside the network is said in `ROWS`. Nothing is fitted. Which sign the landscape norms
and the quantile of distances have was seen on zoos with another seed than those of the tables; all
others are those of their sources.
"""

import numpy as np
import torch
from scipy.spatial.distance import pdist
from sklearn.metrics import davies_bouldin_score
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline

from skactland import (
    ComplexityVectorizer,
    LabelledMergeVectorizer,
    LayerActivationExtractor,
    NeighbourAgreement,
    RipsPersistence,
    labelled_merges,
)

#: The rows of a table, and what each looks at beside the network.
ROWS = {
    "labelled bars, six trees": "inputs",
    "labelled bars, one tree": "inputs",
    "labelled bars, first hidden layer": "inputs",
    "labelled bars, last hidden layer": "inputs",
    "labelled bars, logits": "inputs",
    "twin: 8 nearest inputs agree": "inputs",
    "landscape norm, degree 0": "inputs",
    "landscape norm, degree 1": "inputs",
    "distance quantile": "inputs",
    "mean confidence": "inputs",
    "number of parameters": "nothing",
    "spectral norms": "nothing",
    "margin over norms": "training set",
    "DBI x mixup": "training set",
    "data alone": "training set, inputs",
    "agreement with a second run": "inputs, one network",
    "agreement with the zoo": "inputs, the zoo",
    "ATC": "inputs, 150 labels",
    "accuracy on 150 labels": "150 labels",
}
#: Rows that need other networks, or labels of inputs that were not trained on.
NEEDS_MORE = tuple(ROWS)[-4:]
TWIN = "twin: 8 nearest inputs agree"
LABELLED = tuple(row for row in ROWS if row.startswith("labelled"))
N_TREES, N_LABELLED, N_OF_LAYERS, N_OF_LOOPS = 6, 150, 300, 150


def measures_of(zoo, n_jobs=None):
    """Return two data frames, one row a network.

    The first has the numbers of `ROWS`, but for the size of networks of one recipe and the training
    set where all have the same; the second all numbers of the six trees of the inputs.
    """
    import pandas as pd  # which the main example goes without: it takes single numbers alone

    outputs = Outputs.of(zoo)
    of_inputs, merges = numbers_of_inputs(zoo, n_jobs)
    numbers = of_inputs | numbers_of_layers(zoo, n_jobs)
    numbers |= numbers_of_weights(zoo, outputs) | numbers_of_predictions(zoo, outputs)
    numbers["data alone"] = numbers_of_data(zoo)
    frame = pd.DataFrame({name: numbers[name] for name in ROWS})
    for name in ("number of parameters", "data alone"):  # of one recipe, of one training set
        if frame[name].nunique() == 1:
            del frame[name]
    return frame, merges


class Outputs:
    """What the networks of a zoo say of its data.

    Attributes
    ----------
    train, probe, test : list of arrays of shape (n_samples, n_classes)
        Logits, one array a network; on its own training samples.
    """

    def __init__(self, train, probe, test):
        self.train, self.probe, self.test = train, probe, test

    @classmethod
    @torch.no_grad()
    def of(cls, zoo):
        """Run all networks."""
        X, probe, X_test = map(torch.tensor, (zoo.data.train[0], zoo.data.probe, zoo.data.test[0]))
        pairs = list(zip(zoo.networks, zoo.chosen, strict=True))
        return cls(
            [network(X[rows]).numpy() for network, rows in pairs],
            [network(probe).numpy() for network in zoo.networks],
            [network(X_test).numpy() for network in zoo.networks],
        )


def gaps_of(zoo):
    """Return the generalisation gap of each network: training accuracy less test accuracy."""
    outputs, (_, y), (_, y_test) = Outputs.of(zoo), zoo.data.train, zoo.data.test
    return np.array(
        [
            (train.argmax(axis=1) == y[rows]).mean() - (test.argmax(axis=1) == y_test).mean()
            for train, test, rows in zip(outputs.train, outputs.test, zoo.chosen, strict=True)
        ]
    )


# Topology, and its twin


def numbers_of_inputs(zoo, n_jobs):
    """Return the numbers of the inputs' trees and neighbours: one tree for all networks."""
    extractor = LayerActivationExtractor(
        zoo.data.probe, layers="logits", include_input=True, include_classes=True
    ).set_output(transform="pandas")
    table = extractor.fit_transform(zoo.networks).drop(columns="logits")
    trees = [
        LabelledMergeVectorizer(n, n_jobs=n_jobs)
        .set_output(transform="pandas")
        .fit_transform(table)
        for n in (N_TREES, 1)
    ]
    neighbours = NeighbourAgreement(n_jobs=n_jobs).fit_transform(table)
    shares = [-tree["input__share_between"].to_numpy() for tree in trees]
    names = "labelled bars, six trees", "labelled bars, one tree", TWIN
    return dict(zip(names, (*shares, neighbours[:, 0]), strict=True)), trees[0]


def _merges(n_trees, n_jobs):
    return LabelledMergeVectorizer(n_trees, n_jobs=n_jobs).set_output(transform="pandas")


def numbers_of_layers(zoo, n_jobs):
    """Return what the clouds of layers tell: bars between classes, landscapes, distances."""
    rows = {}
    for depth in np.unique(zoo.recipes[:, 1]).astype(int):
        chosen = np.flatnonzero(zoo.recipes[:, 1] == depth)
        # The last hidden layer has one name, whatever the depth.
        layers = {"act1": "first", f"act{depth}": "last", "logits": "logits"}
        extractor = LayerActivationExtractor(
            zoo.data.probe[:N_OF_LAYERS], layers=layers, include_classes=True
        ).set_output(transform="pandas")
        table = extractor.fit_transform([zoo.networks[i] for i in chosen])
        for i, values in zip(chosen, _numbers_of_clouds(table, n_jobs), strict=True):
            rows[i] = values
    names = (*LABELLED[2:], "landscape norm, degree 0", "landscape norm, degree 1")
    values = np.array([rows[i] for i in range(len(rows))]).T
    return dict(zip((*names, "distance quantile"), values, strict=True))


def _numbers_of_clouds(table, n_jobs):
    shares = _merges(1, n_jobs).fit_transform(table).filter(like="share_between").to_numpy()
    clouds = [cloud[:N_OF_LOOPS] for cloud in table["last"]]
    rips = RipsPersistence(metric="scaled", n_jobs=n_jobs)
    norms = make_pipeline(rips, ComplexityVectorizer(["l2"])).fit_transform(clouds)
    quantiles = np.array([np.quantile(pdist(cloud), [0.05, 0.5]) for cloud in table["last"]])
    spread = quantiles[:, 0] / quantiles[:, 1]
    return np.column_stack([-shares, norms, spread])


def numbers_of_data(zoo):
    """Return the share of bars between the classes that the nearest training sample has.

    No network is in it: it differs between networks that have training samples of their own.
    """
    (X, y), probe = zoo.data.train, zoo.data.probe
    sets, position = np.unique(zoo.chosen, axis=0, return_inverse=True)
    nearest = KNeighborsClassifier(1)
    shares = [
        labelled_merges(probe, nearest.fit(X[rows], y[rows]).predict(probe))["share_between"]
        for rows in sets
    ]
    return -np.array(shares)[position.ravel()]


# Weights and training set


def numbers_of_weights(zoo, outputs):
    """Return numbers of the weights, and of the training set as a network has it.

    "DBI x mixup" won the competition (Natekar and Sharma 2020): the Davies-Bouldin index of the
    training classes in the last hidden layer, times the error on the means of all pairs of training
    samples of one class.
    """
    X, y = zoo.data.train
    rows = []
    for network, chosen, logits in zip(zoo.networks, zoo.chosen, outputs.train, strict=True):
        log_norm = sum(
            torch.linalg.matrix_norm(p.detach().flatten(1), 2).log().item()
            for p in network.parameters()
            if p.ndim > 1
        )
        classes = y[chosen]
        own = np.take_along_axis(logits, classes[:, None], axis=1)[:, 0]
        others = np.where(np.eye(logits.shape[1], dtype=bool)[classes], -np.inf, logits)
        margin = np.quantile(own - others.max(axis=1), 0.1)
        index, error = _index_and_mixup(network, X[chosen], classes)
        size = sum(p.numel() for p in network.parameters())
        rows.append((size, -log_norm, margin * np.exp(-log_norm), -index * error))
    names = "number of parameters", "spectral norms", "margin over norms", "DBI x mixup"
    return dict(zip(names, np.array(rows).T, strict=True))


@torch.no_grad()
def _index_and_mixup(network, X, y):
    """Return the Davies-Bouldin index of the last hidden layer, and the error on mixed samples."""
    hidden = network[:-1](torch.tensor(X)).flatten(1).numpy()
    # All pairs of one class: a sample with the next one alone is hardly ever mistaken.
    first, second = np.nonzero(np.triu(y[:, None] == y, 1))
    mixed = network(torch.tensor((X[first] + X[second]) / 2)).argmax(dim=1).numpy()
    return davies_bouldin_score(hidden, y), (mixed != y[first]).mean()


# Predictions


def numbers_of_predictions(zoo, outputs):
    """Return confidence, agreements, and what the labels of some inputs of the probe tell."""
    logits = torch.tensor(np.array(outputs.probe))
    confidence = logits.softmax(dim=2).amax(dim=2).numpy()
    predicted = logits.argmax(dim=2).numpy()
    is_right = predicted[:, :N_LABELLED] == zoo.data.probe_labels[:N_LABELLED]
    # Rows of one-hot predictions: their products count the inputs that two networks agree on.
    votes = np.eye(logits.shape[2], dtype=np.float32)[predicted].reshape(len(predicted), -1)
    pairs = votes @ votes.T / predicted.shape[1]
    partner = partners(zoo)
    return {
        "mean confidence": confidence.mean(axis=1),
        "agreement with a second run": pairs[np.arange(len(pairs)), partner],
        "agreement with the zoo": (pairs.sum(axis=1) - 1) / (len(pairs) - 1),
        "ATC": _above_threshold(confidence, is_right),
        "accuracy on 150 labels": is_right.mean(axis=1),
    }


def partners(zoo):
    """Return for each network the next one of its recipe, or itself if there is no other."""
    _, recipe = np.unique(zoo.recipes, axis=0, return_inverse=True)
    partner = np.empty(len(recipe.ravel()), dtype=int)
    for code in np.unique(recipe):
        rows = np.flatnonzero(recipe.ravel() == code)
        partner[rows] = np.roll(rows, -1)
    return partner


def _above_threshold(confidence, is_right):
    """Return the share of inputs that are above a threshold of confidence (Garg et al. 2022).

    The threshold of a network is such that as many of the labelled inputs are above it as it has
    right.
    """
    shares = []
    for values, right in zip(confidence, is_right, strict=True):
        threshold = np.quantile(values[:N_LABELLED], 1 - right.mean())
        shares.append((values >= threshold).mean())
    return np.array(shares)
