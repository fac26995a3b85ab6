"""What displays read of estimators."""

from sklearn.pipeline import Pipeline
from sklearn.utils.validation import check_is_fitted

from skactland.persistence import RipsPersistence


def diagrams_of(estimator, X):
    """Return the diagrams that a fitted pipeline makes of X on its way, and their columns."""
    steps = steps_of(estimator)
    is_rips = [isinstance(step, RipsPersistence) for step in steps]
    if not any(is_rips):
        raise TypeError(
            "The estimator must be a fitted RipsPersistence or a Pipeline that holds one, got "
            f"{type(estimator).__name__}."
        )
    names = None
    for step in steps[: is_rips.index(True) + 1]:
        check_is_fitted(step)
        X = step.transform(X)
        names = step.get_feature_names_out(names)
    return X, list(names)


def steps_of(estimator):
    """Return the steps of a pipeline, of pipelines within it too, in order."""
    # Told by what it holds: to import EachNetwork would be to import torch.
    estimator = getattr(estimator, "pipeline_", estimator)
    if not isinstance(estimator, Pipeline):
        # A step may be "passthrough".
        return [] if estimator is None or isinstance(estimator, str) else [estimator]
    return [part for _, step in estimator.steps for part in steps_of(step)]
