"""The whole feature map, from networks to numbers, as one Pipeline."""

from sklearn.pipeline import Pipeline

from skactland._checks import closest_names
from skactland.activations import LayerActivationExtractor
from skactland.persistence import RipsPersistence
from skactland.sampling import PointSampler
from skactland.vectors import LandscapeVectorizer

__all__ = ["make_activation_landscape"]


def make_activation_landscape(probe, layers="leaf", **parameters):
    """Return the activation landscape as a feature map: a Pipeline from networks to features.

    Its steps are "activations" (:class:`~skactland.LayerActivationExtractor`), "points"
    (:class:`~skactland.PointSampler`, only if `n_points` is given), "persistence"
    (:class:`~skactland.RipsPersistence`) and "landscapes"
    (:class:`~skactland.LandscapeVectorizer`).

    Parameters
    ----------
    probe : array, tensor, mapping of them, Dataset, DataLoader, or Probe
        The inputs that every network is shown.
    layers : str, type, callable, list or dict, default="leaf"
        Which layers, as in :class:`~skactland.LayerActivationExtractor`.
    **parameters
        Any parameter of the steps, by its name: `homology_dimensions`, `metric`, `n_landscapes`,
        `resolution`, `memory`, ... A name that several steps have (`memory`, `verbose`,
        `n_jobs`, `metric`, `random_state`) goes to all of them.

    Returns
    -------
    sklearn.pipeline.Pipeline
        Not fitted.

    Raises
    ------
    TypeError
        If no step has such a parameter; names those that are closest.

    See Also
    --------
    LandscapeKernel : Takes the place of the last step where a kernel is wanted.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.linear_model import Ridge
    >>> from sklearn.pipeline import make_pipeline
    >>> from skactland import make_activation_landscape
    >>> landscape = make_activation_landscape(np.zeros((50, 64)), layers="act*", n_landscapes=3)
    >>> list(landscape.named_steps)
    ['activations', 'persistence', 'landscapes']
    >>> model = make_pipeline(landscape, Ridge())
    """
    steps = [
        ("activations", LayerActivationExtractor(probe, layers=layers)),
        ("points", PointSampler()),
        ("persistence", RipsPersistence()),
        ("landscapes", LandscapeVectorizer()),
    ]
    if parameters.get("n_points") is None:
        parameters = {name: value for name, value in parameters.items() if name != "n_points"}
        del steps[1]
    known = {name for _, step in steps for name in step.get_params(deep=False)}
    for name in parameters:
        if name not in known:
            raise TypeError(f"No step has a parameter {name!r}; {_advice(name, known)}")
    for _, step in steps:
        own = step.get_params(deep=False)
        step.set_params(**{name: value for name, value in parameters.items() if name in own})
    return Pipeline(steps)


def _advice(name, known):
    """Return what to write instead of a parameter that there is not."""
    if name in PointSampler().get_params(deep=False):
        return "it belongs to the sampling of points; give n_points too."
    return closest_names(name, sorted(known))
