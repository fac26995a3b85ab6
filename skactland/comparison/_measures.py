"""The measures by name, for tables of clouds.

To add one: write a function of its parameters that returns a `Measure`, and its row here.
"""

import inspect
from collections.abc import Mapping

from skactland._checks import check_option
from skactland.comparison._geometry import (
    cka_measure,
    procrustes_measure,
    svcca_measure,
)
from skactland.comparison._rsa import rsa_measure
from skactland.comparison._rtd import rtd_lite_measure, rtd_measure

MEASURES = {
    "cka": cka_measure,
    "procrustes": procrustes_measure,
    "rsa": rsa_measure,
    "rtd": rtd_measure,
    "rtd_lite": rtd_lite_measure,
    "svcca": svcca_measure,
}


def find_measure(name, params, measures=MEASURES):
    """Return a measure by its name, and its parameters as a dict; both are checked."""
    make = measures[check_option(name, "measure", measures)]
    if params is not None and not isinstance(params, Mapping):
        raise TypeError(
            f'measure_params must be a dict such as {{"metric": "geodesic"}}, or None; got '
            f"{params!r}."
        )
    params = dict(params or {})
    known = list(inspect.signature(make).parameters)
    unknown = [param for param in params if param not in known]
    if unknown:
        raise TypeError(
            f"the measure {name!r} takes {', '.join(known) or 'nothing'} in measure_params, got "
            f"{', '.join(map(repr, unknown))}."
        )
    return make(**params), params
