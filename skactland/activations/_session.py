"""The reading of one network: a first look at a few inputs, then all of them."""

from contextlib import nullcontext
from functools import partial

import numpy as np

from skactland._checks import at_place
from skactland._torch import seed_generators
from skactland.activations._agreement import disagreement, tolerance
from skactland.activations._axes import Axes
from skactland.activations._column import Column
from skactland.activations._ends import class_scores, input_rows, logits, predicted_classes, softmax
from skactland.activations._layers import first_names
from skactland.activations._look import Look
from skactland.activations._masks import Masks
from skactland.activations._outputs import (
    LayerOutputError,
    SameForAll,
    Unreadable,
    arrangement,
    check_tensor,
    plain,
)
from skactland.activations._recorder import Recorder

# What is read of a network's output, by column.
_OF_LOGITS = {"logits": lambda values: values, "softmax": softmax, "classes": class_scores}
# So many inputs show how a network works; they are shown once more than the others.
_LOOK = 4
# What is said if that fails, as of a program that was exported for one size of batch alone.
_CHECK = (
    " This batch checks that inputs have rows of their own; check=False shows whole batches alone."
)


class Session:
    """The reading of one network: a first look, then all inputs, batch after batch.

    Parameters
    ----------
    forward : Forward
    modules : dict of str to Module
    wanted : dict of str to bool
        Names of layers, and whether they are wanted only as leaves.
    indices : ndarray of int
        The inputs to show.
    reading : Reading
    """

    def __init__(self, forward, modules, wanted, indices, reading):
        firsts = first_names(modules)
        self.forward = forward
        self.modules = {name: module for name, module in modules.items() if firsts[name] == name}
        self.wanted = wanted
        self.indices = indices
        self.reading = reading
        self.batch_size = reading.batch_size
        if reading.rows == "dependent":
            self.batch_size = len(indices)
        self.places = self._looked_at()
        self.seen_indices = indices[self.places]
        self.look, self.seen_masks = self._look()
        if self._must_follow():
            self.look, self.seen_masks = self._look(follow=True)

    def _n_first(self):
        """Return the number of inputs in the first batch."""
        return min(self.batch_size, len(self.indices))

    def _looked_at(self):
        """Return which inputs of the first batch to look at: some, in a batch of another size.

        In the reverse order, as what depends on the inputs before it alone would agree in this.
        Where rows depend on each other, or the first axis is to be trusted, all of them.
        """
        n_first = self._n_first()
        if self.reading.rows == "dependent" or not self.reading.check:
            return np.arange(n_first)
        if n_first > 2:
            return np.linspace(n_first - 1, 0, min(_LOOK, n_first - 1)).astype(int)
        return np.resize(np.arange(n_first)[::-1], n_first + 1)

    def _look(self, follow=False, shift=0):
        """Show some inputs, with all modules listened to; `follow` what becomes of their axes."""
        args, kwargs, entries = self.forward.batch(self.seen_indices)
        self.reading.check_entries(entries)
        axes = Axes(entries, (args, kwargs)) if follow else None
        look = Look(self.modules, self.wanted, self.reading, axes)
        # Other numbers than in the batches, lest what is random agree.
        is_same = self.reading.rows == "dependent"
        seed_generators(self.reading.seed + shift + (not is_same), self.forward.device)
        hint = "" if len(self.places) == self._n_first() else _CHECK
        with look.listening(), axes or nullcontext():
            output = self.forward(args, kwargs, hint)
        look.note_parts("the network", output)
        look.check_parts()
        for end, tensor in self._ends(entries, output):
            with at_place(f"column {end!r}"):
                look.note((end, 0), tensor)
        return look, Masks(self.reading.masks, entries, self.seen_indices)

    def _ends(self, entries, output):
        """Yield the columns that are no layers, of those that are wanted."""
        for end in self.reading.ends:
            with at_place(f"column {end!r}"):
                if end == "input":
                    yield end, input_rows(entries)
                else:
                    yield end, _OF_LOGITS[end](logits(output, self.reading.output))

    def _must_follow(self):
        """Tell whether some output has axes beside those of inputs and units."""
        tensors = [seen for seen in self.look.seen.values() if seen.tensor is not None]
        n_seen = len(self.places)  # packed and nested sequences have no shape
        return any(not s.shape or s.shape[0] != n_seen or len(s.shape) > 2 for s in tensors)

    def is_leaf_to_read(self, key):
        """Tell whether a leaf has activations; where they are counted out, whether it seems so."""
        seen = self.look.seen[key]
        if seen.is_constant:
            return False
        if self.reading.n_layers is None:  # else it is told, once all is known
            return True
        try:
            check_tensor(seen.tensor, None)
            arrangement(tuple(plain(seen.tensor)[0].shape), len(self.seen_indices), seen.axes)
        except LayerOutputError:
            return False
        return True

    def read(self, names):
        """Return the points of some columns, and why others are left out.

        Parameters
        ----------
        names : dict of (str, int) to str
            What the columns are called, by layer and call.

        Returns
        -------
        points : dict of str to (ndarray, ndarray)
            Points, and each point's input, in the order of `names`.
        left_out : dict of str to str
            Layers without activations, and what they give.
        """
        n_inputs = len(self.indices)
        close = partial(tolerance, network=self.forward.network)
        columns = {
            key: Column(key[0], self.look.seen[key], self.places, n_inputs, self.reading, close)
            for key in names
        }
        recorder = Recorder(self.modules, columns, self._course(columns), self.reading)
        seed_generators(self.reading.seed, self.forward.device)
        with recorder.listening():
            for start in range(0, n_inputs, self.batch_size):
                shown = self.indices[start : start + self.batch_size]
                args, kwargs, entries = self.forward.batch(shown)
                masks = Masks(self.reading.masks, entries, shown)
                recorder.begin(start, len(shown), masks, self.seen_masks)
                output = self.forward(args, kwargs)
                for end, tensor in self._ends(entries, output):
                    recorder.write((end, 0), tensor, tensor)
                if start == 0:
                    left_out = self._settle(columns, len(shown))
                else:
                    self._refuse({key: c.problem for key, c in columns.items() if c.problem})
        points = {}
        for key in list(columns):
            with at_place(f"{'column' if key[0] in self.reading.ends else 'layer'} {key[0]!r}"):
                of_key, owners = columns.pop(key).points()
                # From the logits of all batches: those of a class apart agree to rounding, their
                # largest may not.
                is_classes = key == ("classes", 0)
                points[names[key]] = predicted_classes(of_key) if is_classes else of_key, owners
        return points, left_out

    def _course(self, columns):
        """Return the calls of a forward pass, after which it may end; None if it may not.

        It may not where the network's output is wanted, or a module is called more than once.
        """
        calls = [name for name in self.look.calls if any(name == key[0] for key in columns)]
        is_whole = set(self.reading.ends) & set(_OF_LOGITS)
        return None if is_whole or len(set(calls)) < len(calls) else calls

    def _settle(self, columns, n_shown):
        """Tell what the first batch showed: layers that hold no activations, or other ones.

        Returns
        -------
        dict of str to str
            Which layers are left out, and why; tables of positions and the like without a word.
        """
        problems = {key: column.problem for key, column in columns.items() if column.problem}
        left_out = {key: p for key, p in problems.items() if self._is_left_out(key, p)}
        is_nothing_left = not any(key[0] in self.wanted for key in columns if key not in left_out)
        self._refuse(problems if is_nothing_left else _without(problems, left_out))
        for key, column in columns.items():
            if column.deviation:
                raise disagreement(
                    key[0],
                    column.deviation,
                    len(self.seen_indices),
                    n_shown,
                    lambda shift, key=key: self._look(shift=shift)[0].seen[key].tensor,
                )
        for column in columns.values():
            column.seen.tensor = None
        for key in left_out:
            del columns[key]
        return {
            name: str(problem)
            for (name, _), problem in left_out.items()
            if not isinstance(problem, SameForAll)
        }

    def _refuse(self, problems):
        """Raise what cannot be read, all of it in one message."""
        if problems:
            raise LayerOutputError(" ".join(_told(problems, self.reading.ends)))

    def _is_left_out(self, key, problem):
        """Tell whether a layer that cannot be read was not asked for but as one of all leaves."""
        return self.wanted.get(key[0], False) and isinstance(problem, Unreadable)


def _without(problems, some):
    return {key: problem for key, problem in problems.items() if key not in some}


def _told(problems, ends):
    """Return what cannot be read and why, layers of the same reason together."""
    names = {}
    for (name, _), problem in problems.items():
        names.setdefault((str(problem), "column" if name in ends else "layer"), []).append(name)
    for (problem, kind), those in names.items():
        yield f"{', '.join(f'{kind} {name!r}' for name in those)}: {problem}"
