"""Which inputs of the probe a network is shown, and when: the same for all networks."""

import numpy as np

# So many inputs show how a network works; they are shown once more than the others.
_LOOK = 4


class Schedule:
    """The inputs of a first look, and those of each batch.

    Parameters
    ----------
    inputs : Inputs
    indices : ndarray of int
        The inputs to show.
    reading : Reading

    Attributes
    ----------
    batches : list of (int, ndarray of int, callable)
        Where each begins, the inputs of the probe in it, and what takes them.
    seen : ndarray of int
        The inputs to look at first; `take_seen` takes them.
    places : ndarray of int
        The places in the first batch of the first of these, which are to agree with it.
    """

    def __init__(self, inputs, indices, reading):
        self.n_inputs = len(indices)
        size = self.n_inputs if reading.rows == "dependent" else reading.batch_size
        parts = {start: indices[start : start + size] for start in range(0, self.n_inputs, size)}
        self.batches = [(start, shown, inputs.taker(shown)) for start, shown in parts.items()]
        self.n_first = len(parts[0])
        self.seen, self.places = self._looked_at(inputs, indices, reading)
        self.n_seen = len(self.seen)
        self.take_seen = inputs.taker(self.seen)
        if not reading.check:
            self.places = self.places[:0]

    def _looked_at(self, inputs, indices, reading):
        """Return which inputs to look at, in a batch of another size than the first one.

        In the reverse order, as what depends on the inputs before it alone would agree in this; and
        those that are padded in the first batch, where there are such, since they alone may differ.
        Where rows depend on each other, or the first axis is to be trusted, all of the first batch.
        """
        first = np.arange(self.n_first)
        if reading.rows == "dependent" or not reading.check:
            places = first
        elif self.n_first == 1 < self.n_inputs:  # with another one, as it might depend on it
            return indices[:2], first
        elif self.n_first > 2:
            n_places = min(_LOOK, self.n_first - 1)
            places = inputs.padded(indices[: self.n_first])[:n_places]
            if not len(places):  # evenly spaced
                places = first[:n_places][::-1] * (self.n_first - 1) // (n_places - 1)
        else:
            places = np.resize(first[::-1], self.n_first + 1)
        return indices[places], places
