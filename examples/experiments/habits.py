"""What people write by habit after a table of diagrams: representations, scalers and estimators."""

import warnings

import numpy as np
from scipy.stats import kendalltau
from sklearn.ensemble import RandomForestRegressor
from sklearn.kernel_ridge import KernelRidge
from sklearn.linear_model import Ridge, RidgeCV
from sklearn.metrics import r2_score
from sklearn.model_selection import KFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import (
    FunctionTransformer,
    KernelCenterer,
    MinMaxScaler,
    StandardScaler,
)
from sklearn.svm import SVR

from skactland import (
    ComplexityVectorizer,
    LandscapeVectorizer,
    SilhouetteVectorizer,
    landscape_gram,
)

PLAIN = {"weighting": None, "clip": False}
ALPHAS = np.logspace(-3, 5, 17)


def _log_quantiles(table):
    """Return log(1 + q) of ten quantiles of the lengths of each diagram's finite bars."""
    levels = np.linspace(0.05, 0.95, 10)
    lengths = [
        [np.diff(bars[np.isfinite(bars[:, 1])]).ravel() for bars in row] for row in table.to_numpy()
    ]
    return np.log1p(
        [
            np.ravel([np.quantile(v, levels) if len(v) else 0 * levels for v in row])
            for row in lengths
        ]
    )


REPRESENTATIONS = {
    "5 levels x 100, as they are": LandscapeVectorizer(5, 100, **PLAIN),
    "all levels x 30, as they are": LandscapeVectorizer(**PLAIN),
    "all levels x 30, balanced": LandscapeVectorizer(clip=False),
    "LandscapeVectorizer()": LandscapeVectorizer(),
    "LandscapeVectorizer(5)": LandscapeVectorizer(5),
    "SilhouetteVectorizer()": SilhouetteVectorizer(),
    "log norms": make_pipeline(ComplexityVectorizer(), FunctionTransformer(np.log1p)),
    "log quantiles of lengths": FunctionTransformer(_log_quantiles),
}


class _RobustScaler:
    """RobustScaler without its loop over the features, which takes longer than all else here."""

    def fit(self, X):
        lower, self.median, upper = np.quantile(X, [0.25, 0.5, 0.75], axis=0)
        width = upper - lower
        self.width = np.where(width < 10 * np.finfo(float).eps, 1.0, width)
        return self

    def transform(self, X):
        return (X - self.median) / self.width


SCALERS = {
    "none": lambda: FunctionTransformer(),
    "standard": StandardScaler,
    "min-max": MinMaxScaler,
    "min-max, clip": lambda: MinMaxScaler(clip=True),
    "robust": _RobustScaler,
}
ESTIMATORS = {"Ridge": Ridge(), "RidgeCV": RidgeCV(ALPHAS), "SVR": SVR()}


def in_few_coordinates(seen, later):
    """Return rows in as many coordinates as there are rows, with the same inner products.

    Estimators of inner products and distances cannot tell, and need no time for 45,000 features.
    """
    both = np.vstack([seen, later]) - seen.mean(axis=0)
    values, vectors = np.linalg.eigh(both @ both.T)
    turned = vectors * np.sqrt(np.maximum(values, 0))
    return turned[: len(seen)], turned[len(seen) :]


def _default_gamma(X, n_features):
    """Return what SVR() takes for gamma, if features without values are counted too."""
    n_values = len(X) * n_features
    variance = (X**2).sum() / n_values - (X.sum() / n_values) ** 2
    return 1 / (n_features * variance) if variance > 0 else 1.0


def predict_after_scalers(seen, later, y, with_forest):
    """Return predictions by (scaler, estimator)."""
    # What no row has, no scaler makes anything of.
    used = (np.ptp(seen, axis=0) > 0) | (np.ptp(later, axis=0) > 0)
    n_features, seen, later = len(used), seen[:, used], later[:, used]
    predictions = {}
    for name, make_scaler in SCALERS.items():
        scaler = make_scaler().fit(seen)
        X, Z = scaler.transform(seen), scaler.transform(later)
        gamma = _default_gamma(X, n_features)
        if X.shape[1] > len(seen) + len(later):
            X, Z = in_few_coordinates(X, Z)
        for estimator, model in ESTIMATORS.items():
            if estimator == "SVR":
                model = SVR(gamma=gamma)
            predictions[name, estimator] = model.fit(X, y).predict(Z)
    if with_forest:
        forest = RandomForestRegressor(max_features="sqrt", random_state=0)
        predictions["none", "forest"] = forest.fit(seen, y).predict(later)
    return predictions


def predict_by_kernels(grams, seen, later, y):
    """Return predictions by (columns' weights, estimator) from Gram matrices of each column."""
    predictions = {}
    for name in ("plain", "balanced"):
        weights = np.ones(len(grams))
        if name == "balanced":
            weights /= np.mean(grams[:, seen, seen], axis=1)
        gram = np.tensordot(weights, grams, 1)
        X, Z = gram[np.ix_(seen, seen)], gram[np.ix_(later, seen)]
        predictions[name, "SVR"] = SVR(kernel="precomputed").fit(X, y).predict(Z)
        centerer, ridge = KernelCenterer().fit(X), KernelRidge(kernel="precomputed")
        ridge.fit(centerer.transform(X), y - y.mean())
        predictions[name, "KernelRidge, centred"] = ridge.predict(centerer.transform(Z)) + y.mean()
    return predictions


def draws(n_networks, size, n_draws, random_state):
    """Return random rows of a zoo, and five folds of each draw."""
    for i in range(n_draws):
        rows = np.random.default_rng([random_state, i]).permutation(n_networks)[:size]
        yield rows, list(KFold(5, shuffle=True, random_state=i).split(rows))


def score(table, y, size, n_draws, with_forest, random_state=0):
    """Return records of R2 and tau, out of fold, for each draw of networks from a zoo."""
    grams = np.array([landscape_gram(table[[name]]) for name in table])
    records = []
    for rows, folds in draws(len(y), size, n_draws, random_state):
        X, truth = table.iloc[rows], y[rows]
        predicted = {}
        for seen, later in folds:
            found = predict_by_kernels(grams, rows[seen], rows[later], truth[seen])
            found = {("kernel", *key): values for key, values in found.items()}
            for name, model in REPRESENTATIONS.items():
                features = model.fit_transform(X.iloc[seen]), model.transform(X.iloc[later])
                with warnings.catch_warnings():
                    warnings.simplefilter("ignore")  # ill-conditioned fits are the matter here
                    values = predict_after_scalers(*features, truth[seen], with_forest)
                found |= {(name, *key): predictions for key, predictions in values.items()}
            for key, values in found.items():
                predicted.setdefault(key, np.empty(size))[later] = values
        names = ("representation", "scaler", "estimator")
        records += [
            dict(zip(names, key, strict=True))
            | {"R2": r2_score(truth, values), "tau": kendalltau(truth, values).statistic}
            for key, values in predicted.items()
        ]
    return records
