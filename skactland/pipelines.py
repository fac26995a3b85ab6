"""The whole feature map, from networks to numbers, as one Pipeline."""

from sklearn.pipeline import Pipeline

from skactland._checks import check_flag, closest_names
from skactland.activations import LayerActivationExtractor
from skactland.persistence import RipsPersistence
from skactland.sampling import PointSampler
from skactland.vectors import LandscapeVectorizer
from skactland.zoos import EachNetwork

__all__ = ["make_activation_landscape"]


def make_activation_landscape(probe, layers="leaf", *, one_at_a_time=False, **parameters):
    """Return the activation landscape as a feature map: a Pipeline from networks to features.

    Its steps are "activations" (:class:`~skactland.LayerActivationExtractor`), "points"
    (:class:`~skactland.PointSampler`, only if `n_points` is given), "persistence"
    (:class:`~skactland.RipsPersistence`) and "landscapes"
    (:class:`~skactland.LandscapeVectorizer`).

    For zoos of any size `one_at_a_time` puts all but the last into "diagrams", an
    :class:`~skactland.EachNetwork`, and gives the same features, to the last bit where torch has
    `n_threads` anyway. Then `n_jobs` is of networks, `memory` keeps diagrams and no clouds, and the
    names of nested parameters are longer: ``diagrams__pipeline__persistence__metric`` for
    ``persistence__metric``. It is not so by default, since a small zoo is better off without: what
    networks share, such as the cloud of the input, is worked on once for all, and clouds that are
    kept serve other metrics in a search.

    Parameters
    ----------
    probe : array, tensor, mapping of them, Dataset, DataLoader, or Probe
        The inputs that every network is shown.
    layers : str, type, callable, list or dict, default="leaf"
        Which layers, as in :class:`~skactland.LayerActivationExtractor`.
    one_at_a_time : bool, default=False
        Whether networks go through the stages one by one, so that their clouds are never there
        together, and may be worked on by processes or a cluster.
    **parameters
        Any parameter of the steps, by its name: `homology_dimensions`, `metric`, `n_landscapes`,
        `resolution`, `memory`, ... A name that several steps have (`memory`, `verbose`,
        `n_jobs`, `metric`, `random_state`) goes to all of them; but those that
        :class:`~skactland.EachNetwork` has, to it alone if there is one.

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
    >>> landscape = make_activation_landscape(np.zeros((50, 64)), one_at_a_time=True, n_jobs=2)
    >>> list(landscape.named_steps), landscape.named_steps["diagrams"].n_jobs
    (['diagrams', 'landscapes'], 2)
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
    if check_flag(one_at_a_time, "one_at_a_time"):
        each = EachNetwork(Pipeline(steps[:-1]))
        own = each.get_params(deep=False).keys() - {"pipeline"}
        each.set_params(**{name: parameters[name] for name in own & parameters.keys()})
        parameters = {name: value for name, value in parameters.items() if name not in own}
        _set(steps, parameters)
        return Pipeline([("diagrams", each), steps[-1]])
    _set(steps, parameters)
    return Pipeline(steps)


def _set(steps, parameters):
    """Give each parameter to all steps that have it."""
    known = {name for _, step in steps for name in step.get_params(deep=False)}
    for name in parameters:
        if name not in known:
            raise TypeError(f"No step has a parameter {name!r}; {_advice(name, known)}")
    for _, step in steps:
        own = step.get_params(deep=False)
        step.set_params(**{name: value for name, value in parameters.items() if name in own})


def _advice(name, known):
    """Return what to write instead of a parameter that there is not."""
    if name in PointSampler().get_params(deep=False):
        return "it belongs to the sampling of points; give n_points too."
    if name in EachNetwork().get_params(deep=False):
        return "it belongs to networks one by one; give one_at_a_time=True too."
    return closest_names(name, sorted(known))
