"""How well numbers order the networks of zoos, with intervals over recipes and zoos.

A zoo is resampled recipe by recipe, so that networks of one recipe come and go together, and zoos
are resampled before that: what is told of three zoos is uncertain by how zoos differ.
"""

import numpy as np
from sklearn.linear_model import RidgeCV
from sklearn.metrics import r2_score
from sklearn.model_selection import GroupKFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler, PolynomialFeatures

from skactland.inference import conditional_mutual_information, granulated_kendall_tau

ALPHAS = np.logspace(-4, 4, 17)


def signs_of_pairs(values):
    """Return the sign of the difference for each ordered pair of networks."""
    return np.sign(np.subtract.outer(values, values))


def tau(values, target, weights=None):
    """Return Kendall's tau-b; pairs count by the product of their weights, in each row of these.

    Parameters
    ----------
    values, target : array of shape (n_networks,)
    weights : array of shape (n_resamples, n_networks), optional
        How often each network is in a resample. A network makes no pair with itself.

    Returns
    -------
    array of shape (n_resamples,), or float without weights
    """
    first, second = signs_of_pairs(values), signs_of_pairs(target)
    given = np.ones((1, len(values))) if weights is None else weights
    sums = [
        np.einsum("bi,bi->b", given @ matrix, given)
        for matrix in (first * second, first**2, second**2)
    ]
    taus = sums[0] / np.sqrt(np.maximum(sums[1] * sums[2], 1e-300))
    return taus if weights is not None else float(taus[0])


def resample_recipes(recipes, n_resamples, rng):
    """Return how often each network is in each resample of the recipes."""
    _, codes = np.unique(recipes, axis=0, return_inverse=True)
    codes = codes.ravel()
    if codes.max() == 0:  # one recipe: networks are drawn
        codes = np.arange(len(codes))
    n_recipes = codes.max() + 1
    counts = rng.multinomial(n_recipes, np.full(n_recipes, 1 / n_recipes), size=n_resamples)
    return counts[:, codes]


def interval(draws, rng):
    """Return the 95 % interval of a mean over zoos from draws of shape (n_zoos, n_resamples)."""
    zoos = rng.integers(len(draws), size=draws.T.shape)
    return np.quantile(draws[zoos, np.arange(draws.shape[1])[:, None]].mean(axis=1), [0.025, 0.975])


def score_rows(zoos, tables, gaps, n_resamples=100, random_state=0):
    """Return for each row its scores: means over zoos, the worst zoo, intervals.

    Parameters
    ----------
    zoos : list of Zoo
    tables : list of data frames
        One row a network and one column a number, larger if accuracy should be.
    gaps : list of arrays
        Generalisation gaps.

    Returns
    -------
    dict of str to dict of str to number, pair or list
        "tau" and "CMI" are means over the zoos, with "tau interval" and "CMI interval", "tau worst"
        and "CMI worst"; "granulated" is a mean, None for zoos of one recipe. "taus" are those of
        the zoos.
    """
    rng = np.random.default_rng(random_state)
    weights = [resample_recipes(zoo.recipes, n_resamples, rng) for zoo in zoos]
    return {
        row: _scores([table[row].to_numpy() for table in tables], zoos, gaps, weights, rng)
        for row in tables[0]
    }


def _scores(values, zoos, gaps, weights, rng):
    conditions = [conditions_of(zoo) for zoo in zoos]
    each = list(zip(values, gaps, conditions, strict=True))
    taus = [tau(v, -gap) for v, gap, _ in each]
    told = [100 * conditional_mutual_information(v, gap, c) for v, gap, c in each]
    tau_draws = np.array([tau(v, -gap, w) for (v, gap, _), w in zip(each, weights, strict=True)])
    told_draws = np.array(
        [
            [100 * _told(v, gap, c, w) for w in ws]
            for (v, gap, c), ws in zip(each, weights, strict=True)
        ]
    )
    granulated = None
    if conditions[0].shape[1]:
        granulated = float(np.mean([granulated_kendall_tau(v, -gap, c) for v, gap, c in each]))
    return {
        "tau": float(np.mean(taus)),
        "tau interval": interval(tau_draws, rng),
        "tau worst": min(taus),
        "CMI": float(np.mean(told)),
        "CMI interval": interval(told_draws, rng),
        "CMI worst": min(told),
        "granulated": granulated,
        "taus": taus,
        "CMIs": told,
    }


def _told(values, gap, conditions, weights):
    drawn = weights > 0  # fewer pairs to go through
    return conditional_mutual_information(
        values[drawn], gap[drawn], conditions[drawn], sample_weight=weights[drawn]
    )


def conditions_of(zoo):
    """Return the hyperparameters that differ between the networks of a zoo."""
    return zoo.recipes[:, [len(np.unique(column)) > 1 for column in zoo.recipes.T]]


def recipe_features(zoo):
    """Return the hyperparameters that differ, and their products by pairs."""
    conditions = conditions_of(zoo)
    if not conditions.shape[1]:
        return np.empty((len(conditions), 0))
    return PolynomialFeatures(interaction_only=True, include_bias=False).fit_transform(
        MinMaxScaler().fit_transform(conditions)
    )


def predict_out_of_fold(features, target, recipes):
    """Return ridge predictions of networks whose recipes were not fitted on, in ten folds.

    For zoos of one recipe folds are of networks.
    """
    _, groups = np.unique(recipes, axis=0, return_inverse=True)
    groups = groups.ravel() if groups.max() else np.arange(len(target))
    if not features.shape[1]:
        return np.full(len(target), np.mean(target))
    predicted = np.empty(len(target))
    # Folds of shuffled recipes: their order is that of the grid.
    folds = GroupKFold(min(10, len(np.unique(groups))), shuffle=True, random_state=0)
    for train, test in folds.split(features, groups=groups):
        model = make_pipeline(MinMaxScaler(clip=True), RidgeCV(ALPHAS))
        predicted[test] = model.fit(features[train], target[train]).predict(features[test])
    return predicted


def gain(first, second, targets, zoos, n_resamples=1000, random_state=0):
    """Return R2 of the second predictions less that of the first, by zoo, and an interval.

    Predictions are held fixed; recipes are resampled, then zoos.
    """
    rng = np.random.default_rng(random_state)
    draws, gains = [], []
    for p, q, y, zoo in zip(first, second, targets, zoos, strict=True):
        weights = resample_recipes(zoo.recipes, n_resamples, rng)
        better = (p - y) ** 2 - (q - y) ** 2
        means = weights @ y / weights.sum(axis=1)
        spread = weights @ y**2 / weights.sum(axis=1) - means**2
        draws.append(weights @ better / weights.sum(axis=1) / spread)
        gains.append(r2_score(y, q) - r2_score(y, p))
    return np.array(gains), interval(np.array(draws), rng)
