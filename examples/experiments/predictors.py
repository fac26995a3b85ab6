"""What test accuracy is predicted from: numbers that cost little, landscapes, and the learners.

Every function takes a zoo and gives one row a network. Nothing here looks at test accuracies: what
is fitted (windows of grids, scales, weights, penalties) is a step of a pipeline, fitted in folds.
"""

import numpy as np
import torch
from scipy.spatial.distance import pdist
from sklearn.compose import ColumnTransformer, TransformedTargetRegressor
from sklearn.ensemble import RandomForestRegressor
from sklearn.linear_model import RidgeCV
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import FunctionTransformer, MinMaxScaler, StandardScaler
from sklearn.svm import SVR

from skactland import (
    ComplexityVectorizer,
    LandscapeKernel,
    LandscapeVectorizer,
    LayerActivationExtractor,
    RipsPersistence,
)

ALPHAS = np.logspace(-4, 8, 25)
QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)
# As many as a landscape can have: in degree 0 of n points there are n - 1.
ALL_LEVELS = 150


#: The rows of numbers, and all of them together.
PLAIN = (
    "training loss, accuracy",
    "weight norms",
    "weight statistics",
    "margins",
    "distance quantiles",
    "confidence",
    "all numbers",
)

# Numbers


def training_outcome(zoo):
    """Return the logarithm of the training loss, and the training accuracy."""
    return np.array([[np.log(run.loss), run.accuracy] for run in zoo.runs])


def _weights(network):
    return [p.detach() for p in network.parameters() if p.ndim == 2]


def weight_norms(zoo):
    """Return the Frobenius and the spectral norm of every layer's weights."""
    return np.array(
        [
            [
                torch.linalg.matrix_norm(w, order).item()
                for w in _weights(net)
                for order in ("fro", 2)
            ]
            for net in zoo.networks
        ]
    )


def weight_statistics(zoo):
    """Return mean, deviation and quantiles of every layer's weights, and of its biases."""
    return np.array(
        [
            np.concatenate(
                [
                    [p.mean(), p.std(), *np.quantile(p, QUANTILES)]
                    for p in (p.detach().numpy() for p in net.parameters())
                ]
            )
            for net in zoo.networks
        ]
    )


@torch.no_grad()
def margins(zoo):
    """Return quantiles of the margins on the training set, raw and over the product of norms.

    The margin of a sample is the logit of its training label less the largest other one; the
    product is that of the layers' spectral norms, which bounds the Lipschitz constant.
    """
    rows = []
    for net, (X, y) in zip(zoo.networks, zoo.training_sets, strict=True):
        logits = net(torch.tensor(X)).numpy()
        own = np.take_along_axis(logits, y[:, None], axis=1)[:, 0]
        np.put_along_axis(logits, y[:, None], -np.inf, axis=1)
        values = np.quantile(own - logits.max(axis=1), QUANTILES)
        product = np.prod([torch.linalg.matrix_norm(w, 2).item() for w in _weights(net)])
        rows.append([*values, *(values / product), np.log(product)])
    return np.array(rows)


def distance_quantiles(clouds):
    """Return, for each layer, log(1 + q) of quantiles q of the distances between probe points."""
    levels = np.linspace(0.05, 0.95, 10)
    return np.log1p(
        [np.concatenate([np.quantile(pdist(cloud), levels) for cloud in row]) for row in clouds]
    )


def confidence(clouds):
    """Return mean and quantiles of the largest softmax probability, and the mean entropy."""
    rows = []
    for softmax in clouds[:, -1]:
        top = softmax.max(axis=1)
        entropy = -(softmax * np.log(np.maximum(softmax, 1e-12))).sum(axis=1).mean()
        rows.append([top.mean(), *np.quantile(top, QUANTILES), entropy])
    return np.array(rows)


def numbers_of(zoo, clouds):
    """Return every baseline's numbers by name, and all of them side by side."""
    numbers = [
        training_outcome(zoo),
        weight_norms(zoo),
        weight_statistics(zoo),
        margins(zoo),
        distance_quantiles(clouds),
        confidence(clouds),
    ]
    return dict(zip(PLAIN, [*numbers, np.hstack(numbers)], strict=True))


# Topology


def clouds_of(networks, probe, memory=None):
    """Return the table of activations: every hidden layer, the logits and, last, the softmax."""
    extractor = LayerActivationExtractor(
        probe, layers=["act*", "logits"], include_softmax=True, memory=memory
    )
    return extractor.set_output(transform="pandas").fit_transform(networks)


def diagrams_of(clouds, metric="euclidean", memory=None, n_jobs=None, verbose=False):
    """Return the table of diagrams in degrees 0 and 1, a data frame."""
    rips = RipsPersistence(metric=metric, n_jobs=n_jobs, memory=memory, verbose=verbose)
    return rips.set_output(transform="pandas").fit_transform(clouds)


# Learners: each chooses its own penalties inside the rows that it is given.


def ridge():
    """Return ridge regression on features brought to their range in fit, and clipped to it."""
    return make_pipeline(MinMaxScaler(clip=True), RidgeCV(ALPHAS))


def forest(random_state):
    """Return a random forest that tries the square root of the features at each split."""
    return RandomForestRegressor(100, max_features="sqrt", random_state=random_state)


def svr(param_grid, *steps):
    """Return support vector regression of the standardised target, tuned by inner folds."""
    pipeline = Pipeline([*steps])
    search = GridSearchCV(pipeline, param_grid, scoring="neg_mean_squared_error", cv=3)
    return TransformedTargetRegressor(search, transformer=StandardScaler())


def learners_of_numbers(random_state):
    """Return the three learners for a table of numbers."""
    grid = {"svr__C": [0.1, 1, 10, 100], "svr__gamma": ["scale", 0.01]}
    steps = ("scale", StandardScaler()), ("svr", SVR(epsilon=0.05))
    return {"ridge": ridge(), "forest": forest(random_state), "SVR": svr(grid, *steps)}


def landscapes(n_landscapes=ALL_LEVELS):
    """Return the transformer of diagrams to values of landscapes on grids learned in fit."""
    return LandscapeVectorizer(n_landscapes, resolution=30, weighting=None, clip=False)


def landscape_norms():
    """Return the transformer of diagrams to log(1 + norm), with three norms for each diagram."""
    return make_pipeline(ComplexityVectorizer(), FunctionTransformer(np.log1p))


def learners_of_diagrams(random_state, memory=None):
    """Return the three learners for a table of diagrams: features on grids, and the kernel."""
    kernel = LandscapeKernel(kernel="rbf", column_weights="balanced", memory=memory)
    grid = {
        "kernel__normalize": [False, True],
        "svr__C": [1, 10, 100],
    }
    steps = ("kernel", kernel), ("svr", SVR(kernel="precomputed", epsilon=0.05))
    return {
        "ridge": make_pipeline(landscapes(), ridge()),
        "forest": make_pipeline(landscapes(), forest(random_state)),
        "SVR": svr(grid, *steps),
    }


def learners_of_norms(random_state):
    """Return the three learners for a table of diagrams that are told their norms alone."""
    learners = learners_of_numbers(random_state)
    return {name: make_pipeline(landscape_norms(), model) for name, model in learners.items()}


def learners_of_both(n_numbers, random_state):
    """Return the three learners for a table of numbers, then diagrams that give their norms."""
    both = ColumnTransformer(
        [
            ("numbers", "passthrough", slice(0, n_numbers)),
            ("norms", landscape_norms(), slice(n_numbers, None)),
        ]
    )
    learners = learners_of_numbers(random_state)
    return {name: make_pipeline(both, model) for name, model in learners.items()}
