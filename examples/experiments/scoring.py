"""Predictions out of fold, and how well they agree with the truth."""

import numpy as np
from scipy.stats import kendalltau
from sklearn.base import clone
from sklearn.metrics import r2_score
from sklearn.model_selection import KFold, LeaveOneGroupOut


def make_folds(zoo, n_repeats, random_state):
    """Return by name each scheme: a list of partitions, each a list of (train, test) rows."""
    rows = np.arange(len(zoo.accuracies))
    logo = LeaveOneGroupOut()
    return {
        "5-fold": [
            list(KFold(5, shuffle=True, random_state=random_state + repeat).split(rows))
            for repeat in range(n_repeats)
        ],
        "new width": [list(logo.split(rows, groups=zoo.widths))],
        "new noise": [list(logo.split(rows, groups=zoo.noises))],
    }


def predict_out_of_fold(model, X, y, partitions):
    """Return the predictions of every partition, shape (n_partitions, n_networks).

    A copy of the model is fitted for each fold, on the rows outside it and nothing else.
    """
    predictions = np.full((len(partitions), len(y)), np.nan)
    for predicted, folds in zip(predictions, partitions, strict=True):
        for train, test in folds:
            predicted[test] = clone(model).fit(X.iloc[train], y[train]).predict(X.iloc[test])
    return predictions


def tau_within_cells(predicted, y, cells):
    """Return Kendall's tau within cells of equal hyperparameters, weighted by their pairs."""
    taus, weights = [], []
    for cell in np.unique(cells, axis=0):
        inside = (cells == cell).all(axis=1)
        tau = kendalltau(predicted[inside], y[inside]).statistic
        if np.isfinite(tau):  # a cell of one network, or of equal predictions, has no order
            taus.append(tau)
            weights.append(inside.sum() * (inside.sum() - 1))
    return np.average(taus, weights=weights) if taus else 0.0


def centred_in_cells(X, cells):
    """Return features less their mean over the networks of equal hyperparameters."""
    _, codes = np.unique(cells, axis=0, return_inverse=True)
    sums = np.zeros((codes.max() + 1, X.shape[1]))
    np.add.at(sums, codes.ravel(), X)
    return X - (sums / np.bincount(codes.ravel())[:, None])[codes.ravel()]


def predict_within_cells(model, X, zoo, partitions):
    """Return what a fit within cells predicts of a network less its cell, out of fold.

    Features are centred in cells, and accuracies by the mean of the cell's training rows: what
    differs between cells is neither learned from nor predicted.
    """
    _, codes = np.unique(np.column_stack([zoo.widths, zoo.noises]), axis=0, return_inverse=True)
    codes = codes.ravel()
    features, y = centred_in_cells(np.asarray(X, float), codes[:, None]), zoo.accuracies
    predictions = np.full((len(partitions), len(y)), np.nan)
    for predicted, folds in zip(predictions, partitions, strict=True):
        for train, test in folds:
            means = np.bincount(codes[train], y[train]) / np.maximum(np.bincount(codes[train]), 1)
            target = y[train] - means[codes[train]]
            predicted[test] = clone(model).fit(features[train], target).predict(features[test])
    return predictions


def tau_from_within(model, X, zoo, partitions):
    """Return tau within cells of a fit within cells, mean over the partitions."""
    cells = np.column_stack([zoo.widths, zoo.noises])
    predictions = predict_within_cells(model, X, zoo, partitions)
    return np.mean([tau_within_cells(p, zoo.accuracies, cells) for p in predictions])


def scores(predictions, zoo):
    """Return R2, tau, and tau within cells, as means over the partitions."""
    y, cells = zoo.accuracies, np.column_stack([zoo.widths, zoo.noises])
    return np.mean(
        [
            (r2_score(y, p), kendalltau(p, y).statistic, tau_within_cells(p, y, cells))
            for p in predictions
        ],
        axis=0,
    )


def bootstrap_difference(first, second, accuracies, n_resamples=2000, random_state=0):
    """Return the difference of R2 of two rows of a table, mean over zoos, and its 95 % interval.

    Arguments are lists with an entry a zoo: predictions (n_partitions, n_networks) of the two, and
    the truth. Networks are resampled within each zoo, the same for both.
    """
    rng = np.random.default_rng(random_state)
    draws = np.empty((len(accuracies), n_resamples))
    differences = []
    for i, (p, q, y) in enumerate(zip(first, second, accuracies, strict=True)):
        gain = ((q - y) ** 2).mean(axis=0) - ((p - y) ** 2).mean(axis=0)
        chosen = rng.integers(len(y), size=(n_resamples, len(y)))
        draws[i] = gain[chosen].mean(axis=1) / y[chosen].var(axis=1)
        differences.append(gain.mean() / y.var())
    low, high = np.quantile(draws.mean(axis=0), [0.025, 0.975])
    return float(np.mean(differences)), float(low), float(high)
