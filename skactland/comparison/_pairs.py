"""All pairs of clouds, each prepared once, over batches of the same rows."""

from contextlib import suppress
from dataclasses import dataclass
from itertools import product

import numpy as np
from joblib import delayed

from skactland._checks import as_matrix, at_place, check_n_jobs
from skactland._table import Cache, as_they_come, digest, plain_array
from skactland.comparison._inputs import check_same_order
from skactland.comparison._matched import Measure, draw_batches
from skactland.comparison._measures import find_measure

_LIBRARIES = ("numba", "numpy", "scikit-learn", "scipy")


@dataclass(frozen=True)
class Comparison:
    """How clouds are compared: a measure, batches, and what keeps the results.

    Attributes
    ----------
    measure : Measure
    batching : tuple
        Number and size of batches, and the random state.
    n_jobs : int or None
    cache : Cache
    """

    measure: Measure
    batching: tuple
    n_jobs: int | None
    cache: Cache

    @classmethod
    def of(cls, measure, measure_params, n_batches, batch_size, random_state, n_jobs, memory):
        """Check the parameters."""
        found, params = find_measure(measure, measure_params)
        batching = n_batches, batch_size, random_state
        draw_batches(1, *batching)  # checks them
        cache = Cache(memory, "divergence", measure, params, libraries=_LIBRARIES)
        return cls(found, batching, check_n_jobs(n_jobs), cache)

    def matrix(self, clouds, others=None):
        """Return the divergences of all pairs, an array of shape (n_clouds, n_others).

        Parameters
        ----------
        clouds, others : dict of str to cloud
            By the words for where each stands. Without `others` the clouds among themselves.
        """
        everything = {**clouds, **(others or {})}
        n_points = self._n_points(everything)
        digests = {}
        if self.cache.is_in_use:
            digests = {
                place: digest(plain_array(as_matrix(everything[place]))) for place in everything
            }
        pairs = self._pairs(list(clouds), others)
        sums = dict.fromkeys(pairs, 0.0)
        batches = draw_batches(n_points, *self.batching)
        self.measure.check_batch(len(batches[0]), n_points)
        for rows in batches:
            for pair, value in self._batch(everything, pairs, rows, digests).items():
                sums[pair] += value / len(batches)
        return self._filled(sums, list(clouds), list(others or clouds))

    def _n_points(self, clouds):
        """Return the number of points, which all clouds must have."""
        counts = {}
        for place, cloud in clouds.items():
            with at_place(place):
                counts[place] = len(as_matrix(cloud))
                self.measure.check_size(counts[place])
        first = next(iter(counts))
        for place, count in counts.items():
            if count != counts[first]:
                raise ValueError(
                    f"{first} has {counts[first]} points and {place} has {count}; row i of all "
                    "clouds must belong to the same input. Leave some columns out, or let every "
                    "layer have one point an input."
                )
        check_same_order(clouds)
        return counts[first]

    def _pairs(self, places, others):
        """Return the pairs that must be computed."""
        if others is not None:
            return list(product(places, others))
        # A cloud is at 0 from itself.
        is_wanted = np.triu if self.measure.is_symmetric else np.array
        wanted = is_wanted(1 - np.eye(len(places), dtype=int))
        return [(places[i], places[j]) for i, j in np.argwhere(wanted)]

    def _batch(self, clouds, pairs, rows, digests):
        """Return the divergence of each pair in one batch, from the cache where it has it."""
        values = {}
        for one, two in pairs:
            with suppress(KeyError):
                values[one, two] = self.cache.find(digests.get(one), digests.get(two), rows)
        missing = [pair for pair in pairs if pair not in values]
        needed = dict.fromkeys(place for pair in missing for place in pair)
        run = as_they_come(self.n_jobs, prefer="threads")
        prepared = dict(run(delayed(_part)(p, self.measure, clouds[p], rows) for p in needed))
        run = as_they_come(self.n_jobs, prefer="threads")
        compare = self.measure.compare
        for pair, value in run(
            delayed(_compare)(pair, compare, *(prepared[place] for place in pair))
            for pair in missing
        ):
            self._keep(value, *(digests.get(place) for place in pair), rows)
            values[pair] = value
        return values

    def _keep(self, value, *content):
        self.cache.get(lambda: value, *content, name="a divergence")

    def _filled(self, values, rows, columns):
        """Return the matrix of all values, with those that follow from others."""
        out = np.zeros((len(rows), len(columns)))
        for i, j in np.ndindex(out.shape):
            pair = rows[i], columns[j]
            if pair in values:
                out[i, j] = values[pair]
            elif pair[::-1] in values:
                out[i, j] = values[pair[::-1]]
        return out


def _part(place, measure, cloud, rows):
    with at_place(place):
        return place, measure.part(cloud, rows)


def _compare(pair, compare, one, two):
    with at_place(" and ".join(pair)):
        return pair, compare(one, two)
