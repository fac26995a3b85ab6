"""The source of chance."""

import numpy as np


def check_rng(rng):
    """Return a generator of random numbers, as :func:`numpy.random.default_rng` makes it."""
    try:
        if isinstance(rng, (bool, np.bool_)):  # True would be the seed 1
            raise TypeError
        return np.random.default_rng(rng)
    except (TypeError, ValueError) as error:
        raise type(error)(
            "rng must be None, a non-negative integer or a numpy.random.Generator, such as "
            f"numpy.random.default_rng(0), got {rng!r}."
        ) from error
