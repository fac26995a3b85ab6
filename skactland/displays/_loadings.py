"""What a linear model has learned, as landscapes by layer."""

import math

import numpy as np
from sklearn.utils.validation import check_is_fitted

from skactland._checks import check_count
from skactland._table import column_names
from skactland.displays._base import check_text
from skactland.displays._estimators import steps_of
from skactland.displays._functions import Functions, FunctionsDisplay, check_functions
from skactland.vectors._grid import GridVectorizer


class LoadingsDisplay(FunctionsDisplay):
    """Coefficients of a linear model, or loadings of a PCA, drawn as landscapes by layer.

    A linear model on landscape features has one coefficient for each column, level and filtration
    value: a function beside each level, which says where, and in which direction, its height
    counts.

    Parameters
    ----------
    columns : list of str
        Names such as ``fc1__H1``, one for each layer and degree.
    nodes : ndarray of shape (n_columns, n_nodes)
        The filtration values of the features.
    coefficients : ndarray of shape (n_columns, n_levels, n_nodes)
        The coefficients.
    label : str, default="coefficient"
        What they are called.

    Attributes
    ----------
    axes_ : ndarray of Axes
        As in :class:`ActivationLandscapeDisplay`.
    figure_ : matplotlib.figure.Figure

    See Also
    --------
    ActivationLandscapeDisplay : The landscapes that such a model reads.

    Examples
    --------
    >>> import matplotlib
    >>> matplotlib.use("Agg")
    >>> from sklearn.linear_model import Ridge
    >>> from sklearn.pipeline import make_pipeline
    >>> from skactland import LandscapeVectorizer
    >>> from skactland.displays import LoadingsDisplay
    >>> diagrams = [[[0, 1.0]], [[0, 1.1]], [[0, 3.0]], [[0, 3.2]]]
    >>> model = make_pipeline(LandscapeVectorizer(2, 50), Ridge()).fit(diagrams, [1, 1, 3, 3])
    >>> LoadingsDisplay.from_estimator(model).coefficients.shape
    (1, 2, 50)
    """

    def __init__(self, columns, nodes, coefficients, *, label="coefficient"):
        self.columns, self.nodes, self.coefficients = check_functions(
            columns, nodes, coefficients, "coefficients"
        )
        self.label = check_text(label, "label")

    @classmethod
    def from_estimator(cls, estimator, *, component=0, kind="auto", ax=None):
        """Draw what the last step of a fitted pipeline has learned.

        Parameters
        ----------
        estimator : Pipeline
            Fitted; holds a :class:`~skactland.LandscapeVectorizer`,
            :class:`~skactland.SilhouetteVectorizer` or :class:`~skactland.BettiCurveVectorizer`,
            and ends with an estimator that has `coef_` or `components_`. With
            ``weighting="l2", clip=False`` the functions drawn are those whose inner products with
            landscapes the model computes. Between them may stand steps that keep the features
            (scalers), select some of them, or have `components_` (PCA). Neither scalers nor
            balanced columns are undone: the coefficients are those of scaled features, and
            comparable with each other.
        component : int, default=0
            Which component, or row of `coef_` (class or target).
        kind : {"auto", "curves", "heatmap"}, default="auto"
            As for :meth:`ActivationLandscapeDisplay.from_table`.
        ax : Axes, array of Axes or None, default=None
            Where to draw. The place of a single axes is divided if several are needed.

        Returns
        -------
        LoadingsDisplay
        """
        steps = [_unwrapped(step) for step in steps_of(_unwrapped(estimator))]
        vectorizer, columns, later = _split_at_vectorizer(steps)
        coefficients, label = _learned(later[-1], component)
        # From the model back to the landscapes: the transpose of what each step does to features.
        for step in reversed(later[:-1]):
            coefficients = _pulled_back(step, coefficients)
        values = _on_nodes(vectorizer, coefficients)
        display = cls(columns, vectorizer.nodes_, values, label=label)
        return display.plot(kind=kind, ax=ax)

    def _functions(self):
        return Functions(
            self.columns,
            self.nodes,
            self.coefficients,
            signed=True,
            label=self.label or "",
            nothing="all zero",
        )


def _unwrapped(estimator):
    """Return the fitted estimator that a search or a transformer of targets holds."""
    for name in ("best_estimator_", "regressor_"):
        if hasattr(estimator, name):
            return _unwrapped(getattr(estimator, name))
    return estimator


def _split_at_vectorizer(steps):
    """Return the vectorizer, the names of its columns, and the steps after it."""
    names = None
    for position, step in enumerate(steps):
        if isinstance(step, GridVectorizer):
            check_is_fitted(step)
            later = [s for part in steps[position + 1 :] for s in steps_of(part)]
            if later:
                return step, list(column_names(step, names)), later
            break
        if not hasattr(step, "get_feature_names_out"):
            break
        names = step.get_feature_names_out(names)
    raise TypeError(
        "The estimator must be a fitted Pipeline with a LandscapeVectorizer and, after it, a step "
        f"that has coef_ or components_; got the steps {[type(s).__name__ for s in steps]}."
    )


def _on_nodes(vectorizer, coefficients):
    """Return coefficients of features as functions on the nodes, (n_columns, n_levels, n_nodes)."""
    n_columns, n_nodes = vectorizer.nodes_.shape
    n_features = len(vectorizer.get_feature_names_out())
    if len(coefficients) != n_features:
        raise ValueError(
            f"The last step has {len(coefficients)} coefficients and the landscapes {n_features} "
            "features; steps between them must keep the features, select some, or have components_."
        )
    values = np.zeros((n_columns, n_features // (n_columns * n_nodes), n_nodes))
    for function, nodes, rows in zip(
        vectorizer.to_landscapes(coefficients), vectorizer.nodes_, values, strict=True
    ):
        rows[: function.n_levels] = function(nodes)
    return values


def _learned(model, component):
    """Return the coefficients of a model, or the loadings of one component, and their name."""
    for name, label in (("coef_", "coefficient"), ("components_", "loading")):
        if hasattr(model, name):
            rows = np.atleast_2d(getattr(model, name))
            check_count(component, "component", minimum=-math.inf)
            if not -len(rows) <= component < len(rows):
                raise ValueError(f"There is no component {component}; there are {len(rows)}.")
            return np.asarray(rows[component], dtype=float), label
    raise TypeError(
        f"{type(model).__name__} has neither coef_ nor components_; only linear models have "
        "loadings."
    )


def _pulled_back(step, coefficients):
    """Return coefficients of what comes into a step, from those of what comes out of it."""
    if hasattr(step, "components_"):
        return coefficients @ step.components_
    if hasattr(step, "get_support"):
        whole = np.zeros(step.get_support().shape)
        whole[step.get_support()] = coefficients
        return whole
    return coefficients
